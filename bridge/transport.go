package bridge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

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

// newTransport returns the transport for a profile: TLS 1.2 and newer, the system's
// authorities and those that are configured, connections kept. The dialer is the
// one that it uses.
func newTransport(o Options, mask *secret.Masker) (*http.Transport, *net.Dialer, error) {
	p := o.Set.Profile()
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := authorities(tlsConfig, p, o.CAFile); err != nil {
		return nil, nil, err
	}
	if p.HTTP.ClientCert != "" {
		cert, err := tls.LoadX509KeyPair(beside(p, "http.clientCert", p.HTTP.ClientCert), beside(p, "http.clientKey", p.HTTP.ClientKey))
		if err != nil {
			return nil, nil, &ConfigError{Key: "http.clientCert", Err: err}
		}
		tlsConfig.Certificates = []tls.Certificate{cert}
	}
	proxy, err := proxyFor(o, mask)
	if err != nil {
		return nil, nil, err
	}
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: proxy,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return loopbackOnly(ctx, dialer, network, addr)
		},
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
	}, dialer, nil
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
	if proxy, err := proxyFor(o, secret.NewMasker()); err == nil {
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
	data, err := os.ReadFile(file)
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

// proxyFor returns the proxy function: the profile's, else config.toml's, else the
// environment's; never for this machine itself.
func proxyFor(o Options, mask *secret.Masker) (func(*http.Request) (*url.URL, error), error) {
	key, text := "http.proxy", o.Set.Profile().HTTP.Proxy
	if text == "" {
		key, text = "proxy in config.toml", o.Proxy
	}
	if text != "" {
		proxy, err := parseProxy(text, mask)
		if err != nil {
			return nil, &ConfigError{Key: key, Err: err}
		}
		return func(r *http.Request) (*url.URL, error) {
			if thisMachine(r.URL.Hostname()) {
				return nil, nil
			}
			return proxy, nil
		}, nil
	}
	env := environment(o.Environ)
	forHTTPS, forHTTP := proxyIn(env, "HTTPS_PROXY", mask), proxyIn(env, "HTTP_PROXY", mask)
	return func(r *http.Request) (*url.URL, error) {
		if thisMachine(r.URL.Hostname()) || exempt(env["NO_PROXY"], r.URL) {
			return nil, nil
		}
		if r.URL.Scheme == "http" {
			return forHTTP()
		}
		return forHTTPS()
	}, nil
}

// proxyIn returns a function that reads the proxy of one variable once it is needed:
// what nothing uses may be wrong.
func proxyIn(env map[string]string, name string, mask *secret.Masker) func() (*url.URL, error) {
	return sync.OnceValues(func() (*url.URL, error) {
		if env[name] == "" {
			return nil, nil
		}
		proxy, err := parseProxy(env[name], mask)
		if err != nil {
			return nil, &ConfigError{Key: "the proxy in " + name, Err: err}
		}
		return proxy, nil
	})
}

func thisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return profiles.LoopbackHost(host) || err == nil && ip.Unmap().IsLoopback()
}

// parseProxy reads a proxy's address and makes its password known to the masker.
func parseProxy(text string, mask *secret.Masker) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, errors.New("is not an address") // the text may hold a password
	}
	if password, ok := u.User.Password(); ok {
		mask.AddBasic(secret.New(u.User.Username() + ":" + password))
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u, nil
	}
	return nil, errors.New("must begin with http, https or socks5")
}

// environment returns the proxy variables, whose lower-case spellings win as in
// curl.
func environment(environ []string) map[string]string {
	out := map[string]string{}
	for _, lower := range []bool{false, true} {
		for _, pair := range environ {
			name, value, _ := strings.Cut(pair, "=")
			upper := strings.ToUpper(name)
			if (upper == "HTTP_PROXY" || upper == "HTTPS_PROXY" || upper == "NO_PROXY") && (name != upper) == lower && value != "" {
				out[upper] = value
			}
		}
	}
	return out
}

// exempt reports whether NO_PROXY names the host: itself, a domain above it, a
// network that it lies in, or *.
func exempt(list string, u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	for entry := range strings.SplitSeq(strings.ToLower(list), ",") {
		entry = strings.TrimSpace(entry)
		if _, _, err := net.SplitHostPort(entry); err == nil {
			if entry == strings.ToLower(hostPort(u)) {
				return true
			}
			continue
		}
		if _, network, err := net.ParseCIDR(entry); err == nil && ip != nil && network.Contains(ip) {
			return true
		}
		domain := strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
		if entry == "*" || domain != "" && (host == domain || strings.HasSuffix(host, "."+domain)) {
			return true
		}
	}
	return false
}

// loopbackOnly makes the name localhost mean this machine, whatever a resolver
// says: plain http is allowed to it.
func loopbackOnly(ctx context.Context, d *net.Dialer, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || !strings.EqualFold(host, "localhost") {
		return d.DialContext(ctx, network, addr)
	}
	conn, err := d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		if six, sixErr := d.DialContext(ctx, network, net.JoinHostPort("::1", port)); sixErr == nil {
			return six, nil
		}
	}
	return conn, err
}
