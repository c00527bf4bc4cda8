package bridge

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/regular"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// ConfigError is a setting of the network that cannot be used.
type ConfigError struct {
	Key string // such as "http.caFile"
	Err error
}

// Error names the setting.
func (e *ConfigError) Error() string { return e.Key + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *ConfigError) Hint() string { return "correct " + e.Key }

// newTransport returns the settings of the transports for a profile, and the proxy:
// TLS 1.2 and newer, the system's authorities and those that are configured,
// connections kept.
func newTransport(o Options, mask *secret.Masker) (*http.Transport, *outbound.Proxy, error) {
	p := o.Set.Profile()
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := authorities(tlsConfig, p, o.CAFile); err != nil {
		return nil, nil, err
	}
	if p.HTTP.ClientCert != "" {
		cert, err := keyPair(beside(p, "http.clientCert", p.HTTP.ClientCert), beside(p, "http.clientKey", p.HTTP.ClientKey))
		if err != nil {
			return nil, nil, &ConfigError{Key: "http.clientCert", Err: err}
		}
		tlsConfig.Certificates = []tls.Certificate{cert}
	}
	proxy, err := proxyFor(o)
	if err != nil {
		return nil, nil, err
	}
	for _, password := range proxy.Passwords() {
		mask.AddBasic(secret.New(password))
	}
	return &http.Transport{
		TLSClientConfig:        tlsConfig,
		OnProxyConnectResponse: connected,
		TLSHandshakeTimeout:    15 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // bounded after decompression by the sender
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost:    64, // as many as calls run: a busy server makes none anew
		IdleConnTimeout:        90 * time.Second,
		// A connection that died unseen is found out before many calls wait for it.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}, proxy, nil
}

// Network returns how other servers than the backend are reached for a profile, such
// as an authorization server: with its authorities and its proxy. What cannot be read
// is left out here; [Bridge.Ready] says why.
func Network(o Options) oauthflow.Network {
	var n oauthflow.Network
	var c tls.Config
	if err := authorities(&c, o.Set.Profile(), o.CAFile); err == nil {
		n.Roots = c.RootCAs
	}
	if proxy, err := proxyFor(o); err == nil {
		n.Proxy = proxy
	}
	return n
}

// authorities adds the configured certificates to the system's.
func authorities(c *tls.Config, p *profiles.Profile, fallback string) error {
	key, file := "http.caFile", ""
	switch {
	case p.HTTP.CAFile != "":
		file = beside(p, key, p.HTTP.CAFile)
	case fallback != "":
		key, file = "caFile in config.toml", fallback
	default:
		return nil
	}
	data, err := regular.Read(file, maxPEM)
	if err != nil {
		return &ConfigError{Key: key, Err: err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(data) {
		return &ConfigError{Key: key, Err: fmt.Errorf("%s holds no certificate in PEM form", file)}
	}
	c.RootCAs = pool
	return nil
}

// maxPEM is the most bytes of a file of certificates or of a key.
const maxPEM = 4 << 20

// keyPair is tls.LoadX509KeyPair for files that somebody else may have put there.
func keyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := regular.Read(certFile, maxPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := regular.Read(keyFile, maxPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// beside returns a path that is relative to the file that wrote the key.
func beside(p *profiles.Profile, key, path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if user, err := os.UserHomeDir(); err == nil {
			return filepath.Join(user, rest)
		}
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(p.Dir(key), path)
}

// proxyFor returns the proxy of the profile, else of config.toml, else of the
// environment; nil for none.
func proxyFor(o Options) (*outbound.Proxy, error) {
	key, text := "http.proxy", o.Set.Profile().HTTP.Proxy
	if text == "" {
		key, text = "proxy in config.toml", o.Proxy
	}
	if text == "" {
		return outbound.EnvironmentProxy(o.Environ), nil
	}
	proxy, err := outbound.ReadProxy(text)
	if err != nil {
		return nil, &ConfigError{Key: key, Err: err}
	}
	return proxy, nil
}
