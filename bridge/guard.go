package bridge

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

type (
	originKey   struct{} // of a context: the origin that the plan is for
	strangerKey struct{} // of a context: host:port of another origin, whose addresses are looked at
)

// errPrivate and errCredential are why the guard lets a request not pass.
var (
	errPrivate    = errors.New("the address is inside of a private network")
	errCredential = errors.New("the request carries more than another origin may get")
	errNoOrigin   = errors.New("the request is for no origin")
)

// guard is the last gate before the network. To the origin of the plan, which is
// in the request's context, a request goes over home. To any other it goes over
// away, which has no client certificate and reaches no private address, and only
// when it carries nothing but harmless headers. Without an origin it goes nowhere.
type guard struct {
	home *http.Transport
	away *stranger
	mask *secret.Masker
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	origin, _ := r.Context().Value(originKey{}).(string)
	switch {
	case origin == "":
		return nil, closing(r, errNoOrigin)
	case r.URL.Scheme+"://"+r.URL.Host == origin, credential.Origin(r.URL.String()) == credential.Origin(origin):
		return g.home.RoundTrip(r)
	case !g.harmless(r):
		return nil, closing(r, errCredential)
	}
	return g.away.RoundTrip(r)
}

func closing(r *http.Request, err error) error {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return err
}

// harmless reports a request that another origin may get.
func (g *guard) harmless(r *http.Request) bool {
	for name := range r.Header {
		if name != "Accept" && name != "Accept-Encoding" && name != "User-Agent" {
			return false
		}
	}
	address := r.URL.String()
	return r.ContentLength == 0 && g.mask.String(address) == address
}

// CloseIdleConnections is what http.Client asks for by this name.
func (g *guard) CloseIdleConnections() {
	g.home.CloseIdleConnections()
	g.away.CloseIdleConnections()
}

// stranger is the transport to hosts that only a redirect named.
type stranger struct {
	*http.Transport
	dial func(ctx context.Context, d *net.Dialer, network, addr string) (net.Conn, error)
}

// newStranger returns a transport like home, whose connections to the host in the
// context's strangerKey are refused when its name turns out to be a private
// address. A proxy is the person's own choice and is not looked at.
func newStranger(home *http.Transport, plain *net.Dialer) *stranger {
	s := &stranger{Transport: home.Clone(), dial: loopbackOnly}
	s.TLSClientConfig = home.TLSClientConfig.Clone()
	s.TLSClientConfig.Certificates = nil
	s.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tls.Certificate{}, nil }
	checked := checking(plain)
	s.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if ctx.Value(strangerKey{}) == addr {
			return s.dial(ctx, checked, network, addr)
		}
		return s.dial(ctx, plain, network, addr)
	}
	return s
}

// checking returns a dialer that connects to no private address.
func checking(plain *net.Dialer) *net.Dialer {
	d := *plain
	d.Control = func(_, address string, _ syscall.RawConn) error {
		if host, _, err := net.SplitHostPort(address); err != nil || private(host) {
			return errPrivate
		}
		return nil
	}
	return &d
}

// looking returns how the API's own host is dialled: when only a document named it,
// which the context's strangerKey says, its name must not turn out to be a private
// address.
func looking(plain *net.Dialer) func(ctx context.Context, network, addr string) (net.Conn, error) {
	checked := checking(plain)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if ctx.Value(strangerKey{}) == addr {
			return loopbackOnly(ctx, checked, network, addr)
		}
		return loopbackOnly(ctx, plain, network, addr)
	}
}

// personsHosts are the hosts that the person's own profile names, in lower case.
func personsHosts(p *profiles.Profile) map[string]bool {
	hosts := map[string]bool{}
	addresses := []string{p.Server.BaseURL}
	if p.OpenAPI != nil {
		addresses = append(addresses, p.OpenAPI.Source)
	}
	for _, host := range append(slices.Clone(p.HTTP.AllowPrivate), p.HTTP.AllowInsecure...) {
		addresses = append(addresses, "//"+host)
	}
	for _, address := range addresses {
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			hosts[strings.ToLower(u.Hostname())] = true
		}
	}
	return hosts
}

// learned refuses a request to a private address that only a document named, and
// makes the dialer look at what a public name turns out to be.
func (s *sender) learned(plan *request.Plan, req *http.Request) (*http.Request, error) {
	host := strings.ToLower(req.URL.Hostname())
	if !plan.Tool.Imported || s.persons[host] {
		return req, nil
	}
	if private(host) {
		return nil, refuseLearned(req.URL)
	}
	return req.WithContext(context.WithValue(req.Context(), strangerKey{}, hostPort(req.URL))), nil
}

// private reports whether a host is literally an address of this machine, of a
// private network (RFC 1918, RFC 4193, RFC 6598) or of no network at all.
func private(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() || shared.Contains(ip)
}

func refuseLearned(u *url.URL) error {
	return &SendError{Kind: result.BackendUnreachable, Host: u.Host, Message: "only the document names it, and it is inside of a private network",
		hint: "if that is meant, write it into the profile: baseUrl under [server], or http.allowPrivate = [" + strconv.Quote(u.Hostname()) + "]"}
}
