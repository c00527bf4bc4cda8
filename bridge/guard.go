package bridge

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

type originKey struct{} // of a context: the origin that the plan is for

// errCredential and errNoOrigin are why the guard lets a request not pass.
var (
	errCredential = errors.New("the request carries more than another origin may get")
	errNoOrigin   = errors.New("the request is for no origin")
)

// guard is the last gate before the network. To the origin of the plan, which is
// in the request's context, a request goes over home. To any other it goes over
// away, which has no client certificate, and only when it carries nothing but harmless
// headers. Without an origin it goes nowhere. Which hosts may be private is judged
// by both alike.
type guard struct {
	home, away *outbound.Transport
	mask       *secret.Masker
}

// newGuard returns the gate over transports with the settings of base.
func newGuard(base *http.Transport, proxy *outbound.Proxy, mask *secret.Masker) *guard {
	bare := base.Clone()
	bare.TLSClientConfig.Certificates = nil
	bare.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tls.Certificate{}, nil }
	return &guard{
		home: outbound.New(outbound.Options{Base: base, Proxy: proxy}),
		away: outbound.New(outbound.Options{Base: bare, Proxy: proxy}),
		mask: mask,
	}
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	origin, _ := r.Context().Value(originKey{}).(string)
	switch to := outbound.OriginOf(r.URL); {
	case origin == "" || to == "":
		return nil, closing(r, errNoOrigin)
	case to == outbound.Origin(origin):
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

// named reports whether the person named the host of an address that is called for a
// plan, so that it may be private: in the profile, or as the host of a tool that is
// the profile's own. A host that only a document named has to be public.
func (s *sender) named(plan *request.Plan, to *url.URL) bool {
	if s.persons.Has(to) {
		return true
	}
	home, err := url.Parse(plan.Origin)
	return err == nil && !plan.Tool.Imported && home.Hostname() == to.Hostname() && !s.onlyPublic.Has(to)
}

func refuseLearned(u *url.URL) error {
	return &SendError{Kind: result.BackendUnreachable, Host: u.Host, Message: "only the document names it, and it is inside of a private network",
		hint: "if that is meant, write it into the profile: baseUrl under [server], or http.allowPrivate = [" + strconv.Quote(u.Hostname()) + "]"}
}
