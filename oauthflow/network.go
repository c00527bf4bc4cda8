package oauthflow

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

const (
	handshakeTimeout = 10 * time.Second
	maxRedirects     = 3
	maxHeader        = 64 << 10
)

// network is the only way out. Named hosts may be anywhere; others must be public.
type network struct {
	trusted outbound.Hosts // that may be private
	local   bool           // one of them is this machine
	out     *outbound.Transport

	reader, poster *http.Client
}

func newNetwork(c Network) *network {
	n := &network{trusted: outbound.NewHosts(slices.Concat(c.Named, c.AllowPrivate)...)}
	for _, one := range n.trusted.List() {
		host, _, err := outbound.ReadHost(one)
		n.local = n.local || err == nil && outbound.Loopback(host)
	}
	n.out = outbound.New(outbound.Options{Base: &http.Transport{
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots},
		TLSHandshakeTimeout:    handshakeTimeout,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        5 * time.Second,
	}, Proxy: c.Proxy, Resolver: c.Resolver, Dial: c.Dial})
	n.reader = &http.Client{Transport: n, CheckRedirect: n.follow}
	n.poster = &http.Client{Transport: n, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return n
}

// Reader returns a client for documents of which c.Named are the hosts that the person
// named. It follows few redirects, and only to https or this machine; every other host
// must be public when the connection is made, but for what a proxy connects to. It has
// no deadline of its own. Errors are those of http.Client.
func Reader(c Network) *http.Client { return newNetwork(c).reader }

// CloseIdleConnections is what http.Client asks for by this name.
func (n *network) CloseIdleConnections() { n.close() }

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	return n.out.RoundTrip(r.WithContext(outbound.WithNamed(r.Context(), n.trusts(r.URL))))
}

// close ends the connections that nobody uses.
func (n *network) close() { n.out.CloseIdleConnections() }

// trusts reports a host that may be private: a named one, and this machine under
// another of its names when one of them is named.
func (n *network) trusts(u *url.URL) bool {
	return n.trusted.Has(u) || n.local && outbound.Loopback(u.Hostname())
}

// follow judges a redirect of a metadata document, whose target is learned from the
// place that sent it.
func (n *network) follow(r *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	if from.Scheme == "https" && r.URL.Scheme != "https" {
		return errors.New("a redirect leads from https to http")
	}
	if _, err := n.check(r.URL.String(), from.String()); err != nil {
		return fmt.Errorf("a redirect leads elsewhere: %w", err)
	}
	return nil
}

// check returns the address when it may be asked or opened. from is the document that
// it was learned from; empty when the profile names it. Plain http goes only to this
// machine, and only when the person named it or a document on this machine did.
func (n *network) check(raw, from string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || len(raw) > maxAddress || strings.ContainsFunc(raw, notPlain) || u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("%.100q is not an address", raw)
	case u.User != nil:
		return nil, errors.New("an address must hold no user name") // it is not shown: it may hold a password
	case strings.Contains(raw, "#"):
		return nil, fmt.Errorf("%.100q has a fragment", raw)
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%.100q is not https", raw)
	case outbound.HostPort(u) == "":
		return nil, fmt.Errorf("%.100q is not an address", raw)
	case u.Scheme == "http" && !outbound.Loopback(u.Hostname()):
		return nil, fmt.Errorf("%.100q is not https", raw)
	case outbound.Private(u.Hostname()) && !n.trusted.Has(u) && !n.besides(u, from):
		return nil, fmt.Errorf("%.100q: %w", raw, outbound.ErrPrivate)
	}
	return u, nil
}

// besides reports that a document on this machine, which is trusted, names another
// place on this machine.
func (n *network) besides(u *url.URL, from string) bool {
	if !n.local || !outbound.Loopback(u.Hostname()) {
		return false
	}
	document, err := url.Parse(from)
	return from == "" || err == nil && outbound.Loopback(document.Hostname())
}
