package oauthflow

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	dialTimeout  = 10 * time.Second
	maxRedirects = 3
	maxHeader    = 64 << 10
)

// errPrivate is why a learned address is not asked.
var errPrivate = errors.New("the address is inside of a private network and nobody named it")

// network is the only way out. Named hosts may be anywhere; others must be public,
// which is looked at when the connection is made, so that a name cannot change what
// it stands for in between.
type network struct {
	trusted map[string]bool // hosts that may be private
	local   bool            // one of them is this machine
	proxy   func(*http.Request) (*url.URL, error)
	direct  *http.Transport
	proxied *http.Transport
	plain   *net.Dialer
	guarded *net.Dialer
	dial    func(ctx context.Context, network, address string) (net.Conn, error)

	reader, poster *http.Client
}

func newNetwork(c Network) *network {
	n := &network{trusted: map[string]bool{}, proxy: c.Proxy, dial: c.Dial}
	for _, host := range slices.Concat(c.Named, c.AllowPrivate) {
		host = bare(host)
		n.trusted[host] = true
		n.local = n.local || thisMachine(host)
	}
	n.plain = &net.Dialer{Timeout: dialTimeout}
	n.guarded = &net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		if host, _, err := net.SplitHostPort(address); err != nil || private(host) {
			return errPrivate
		}
		return nil
	}}
	n.direct = &http.Transport{
		DialContext:            n.connect,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots},
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        5 * time.Second,
	}
	n.proxied = n.direct.Clone()
	n.proxied.Proxy = c.Proxy
	n.proxied.DialContext = n.toProxy
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

// RoundTrip implements http.RoundTripper. Over a proxy, which is the person's own
// choice, the addresses of names are the proxy's to look at.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if n.proxy == nil {
		return n.direct.RoundTrip(r)
	}
	proxy, err := n.proxy(r)
	switch {
	case err != nil:
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	case proxy == nil:
		return n.direct.RoundTrip(r)
	}
	return n.proxied.RoundTrip(r)
}

// close ends the connections that nobody uses.
func (n *network) close() {
	n.direct.CloseIdleConnections()
	n.proxied.CloseIdleConnections()
}

func (n *network) toProxy(ctx context.Context, network, address string) (net.Conn, error) {
	if n.dial != nil {
		return n.dial(ctx, network, address)
	}
	return n.plain.DialContext(ctx, network, address)
}

func (n *network) connect(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	host = bare(host)
	switch {
	case n.dial != nil:
		if private(host) && !n.trusts(host) {
			return nil, errPrivate
		}
		return n.dial(ctx, network, address)
	case host == "localhost" && n.trusts(host):
		// It means this machine whatever a resolver says: plain http is allowed to it.
		conn, err := n.plain.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			if six, sixErr := n.plain.DialContext(ctx, network, net.JoinHostPort("::1", port)); sixErr == nil {
				return six, nil
			}
		}
		return conn, err
	case n.trusts(host):
		return n.plain.DialContext(ctx, network, address)
	}
	return n.guarded.DialContext(ctx, network, address)
}

// trusts reports a host that may be private: a named one, and this machine under
// another of its names when one of them is named.
func (n *network) trusts(host string) bool { return n.trusted[host] || n.local && thisMachine(host) }

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
	host := bare(u.Hostname())
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%.100q is not https", raw)
	case u.Scheme == "http" && !thisMachine(host):
		return nil, fmt.Errorf("%.100q is not https", raw)
	case private(host) && !n.trusted[host] && !n.besides(host, from):
		return nil, fmt.Errorf("%.100q: %w", raw, errPrivate)
	}
	return u, nil
}

// besides reports that a document on this machine, which is trusted, names another
// place on this machine.
func (n *network) besides(host, from string) bool {
	if !n.local || !thisMachine(host) {
		return false
	}
	u, err := url.Parse(from)
	return from == "" || err == nil && thisMachine(bare(u.Hostname()))
}

// bare writes a host as it is compared: in lower case, without brackets, zone and
// final dot.
func bare(host string) string {
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	host, _, _ = strings.Cut(host, "%")
	return host
}

// thisMachine reports the three literals that plain http may go to.
func thisMachine(host string) bool {
	return host == "127.0.0.1" || host == "::1" || host == "localhost"
}

// private reports a host that is literally no public address: this machine, a private
// or shared network (RFC 1918, 4193, 6598), link-local, multicast, reserved, or IPv6
// that carries such an IPv4 address.
func private(host string) bool {
	host = bare(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	if ip.Is4() {
		return private4(ip)
	}
	raw := ip.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(ip): // NAT64
		return private4(netip.AddrFrom4([4]byte(raw[12:])))
	case netip.MustParsePrefix("2002::/16").Contains(ip): // 6to4
		return private4(netip.AddrFrom4([4]byte(raw[2:6])))
	}
	return !ip.IsGlobalUnicast() || ip.IsPrivate() || netip.MustParsePrefix("::/64").Contains(ip) ||
		netip.MustParsePrefix("fec0::/10").Contains(ip)
}

func private4(ip netip.Addr) bool {
	b := ip.As4()
	switch {
	case !ip.IsGlobalUnicast(), ip.IsPrivate(), b[0] == 0, b[0] == 127, b[0] >= 240:
		return true
	case b[0] == 100 && b[1]&0xc0 == 64, b[0] == 198 && b[1]&0xfe == 18, b[0] == 192 && b[1] == 0 && b[2] == 0:
		return true
	}
	return false
}
