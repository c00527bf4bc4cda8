package outbound

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// Proxy says over which proxy a request goes. A nil Proxy is none. It is safe for
// concurrent use.
type Proxy struct {
	choose        func(*url.URL) (*url.URL, error) // returns one of the stand-ins
	http, https   *url.URL
	httpE, httpsE error
}

// standIn stands for a proxy while the rules for exceptions are applied: which proxy
// it is, and whether its address is any good, does not matter to them.
const (
	standInHTTP  = "http://http.invalid"
	standInHTTPS = "http://https.invalid"
)

// ProxyError is an environment variable whose proxy cannot be used.
type ProxyError struct {
	Variable string // such as HTTPS_PROXY
	Err      error
}

// Error names the variable, and does not show its value.
func (e *ProxyError) Error() string { return "the proxy in " + e.Variable + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ProxyError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *ProxyError) Hint() string { return "correct the environment variable " + e.Variable }

// ReadProxy reads a proxy as the profile and config.toml name it: the address of one
// (http, https, socks5 or socks5h), or "off" for none, which is returned as nil. The
// error says what is wrong without showing the text, which may hold a password.
func ReadProxy(text string) (*Proxy, error) {
	if text == "off" {
		return nil, nil
	}
	if !strings.Contains(text, "://") {
		return nil, errors.New(`must be "off" or the address of a proxy, such as "http://127.0.0.1:3128"`)
	}
	u, err := proxyURL(text)
	if err != nil {
		return nil, err
	}
	return newProxy(httpproxy.Config{HTTPProxy: standInHTTP, HTTPSProxy: standInHTTPS}, u, u, nil, nil), nil
}

// EnvironmentProxy reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY of an environment, whose
// lower-case spellings win as in curl. As is the custom, the address needs no scheme;
// "off" is none. What is wrong with an address is an error of [Proxy.For], once the
// proxy is needed.
func EnvironmentProxy(environ []string) *Proxy {
	env := proxyVariables(environ)
	var c httpproxy.Config
	c.NoProxy = env["NO_PROXY"]
	read := func(name, standIn string, to *string) (*url.URL, error) {
		text := env[name]
		if text == "" || text == "off" {
			return nil, nil
		}
		*to = standIn
		if !strings.Contains(text, "://") {
			text = "http://" + text
		}
		u, err := proxyURL(text)
		if err != nil {
			return nil, &ProxyError{Variable: name, Err: err}
		}
		return u, nil
	}
	forHTTP, errHTTP := read("HTTP_PROXY", standInHTTP, &c.HTTPProxy)
	forHTTPS, errHTTPS := read("HTTPS_PROXY", standInHTTPS, &c.HTTPSProxy)
	return newProxy(c, forHTTP, forHTTPS, errHTTP, errHTTPS)
}

func newProxy(c httpproxy.Config, forHTTP, forHTTPS *url.URL, errHTTP, errHTTPS error) *Proxy {
	return &Proxy{choose: c.ProxyFunc(), http: forHTTP, https: forHTTPS, httpE: errHTTP, httpsE: errHTTPS}
}

// For returns the proxy for a request; nil for none. This machine is never asked for
// over a proxy.
func (p *Proxy) For(r *http.Request) (*url.URL, error) {
	if p == nil {
		return nil, nil
	}
	chosen, err := p.choose(r.URL)
	switch {
	case err != nil || chosen == nil:
		return nil, err
	case chosen.Host == "http.invalid":
		return p.http, p.httpE
	}
	return p.https, p.httpsE
}

// Passwords returns user and password of each proxy that has one, as "user:password".
func (p *Proxy) Passwords() []string {
	var out []string
	if p == nil {
		return nil
	}
	for _, u := range []*url.URL{p.http, p.https} {
		if u == nil {
			continue
		}
		if password, ok := u.User.Password(); ok {
			out = append(out, u.User.Username()+":"+password)
		}
	}
	return slices.Compact(out)
}

func proxyURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return nil, errors.New("is not an address")
	}
	host, err := Host(u.Hostname())
	switch {
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		return nil, errors.New("must begin with http, https or socks5")
	case errors.Is(err, errEmpty):
		return nil, errors.New("has no host")
	case err != nil:
		return nil, err
	case !validPort(u.Port()):
		return nil, errPort
	}
	u.Host = join(host, u.Port(), u.Scheme)
	return u, nil
}

func proxyVariables(environ []string) map[string]string {
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
