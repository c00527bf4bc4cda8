package bridge

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/secret"
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
	looking := *plain
	looking.Control = func(_, address string, _ syscall.RawConn) error {
		if host, _, err := net.SplitHostPort(address); err != nil || private(host) {
			return errPrivate
		}
		return nil
	}
	s.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if ctx.Value(strangerKey{}) == addr {
			return s.dial(ctx, &looking, network, addr)
		}
		return s.dial(ctx, plain, network, addr)
	}
	return s
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
