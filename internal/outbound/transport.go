package outbound

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// ErrPrivate is why a learned host is not called.
var ErrPrivate = errors.New("the address is inside of a private network and nobody named it")

const dialTimeout = 15 * time.Second

type (
	namedKey struct{} // of a context: the person named the host of the request
	proxyKey struct{} // of a context: the proxy that was chosen for the request
)

// WithNamed marks the requests of a context: whether the person named their host.
// Without the mark nobody did.
func WithNamed(ctx context.Context, named bool) context.Context {
	return context.WithValue(ctx, namedKey{}, named)
}

// Options is what a [Transport] is made of.
type Options struct {
	Base  *http.Transport // its settings are taken; its dialer and proxy are not
	Proxy *Proxy          // nil: none
	// Resolver looks names up; nil: the system's.
	Resolver *net.Resolver
	// Dial, when it is set, makes the connections in place of a net.Dialer; then it is
	// up to it what the names of learned hosts may lead to.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Transport is the last gate before the network. A request whose host the person named
// ([WithNamed]) may go anywhere. Any other reaches public addresses alone, which is
// looked at when the connection is made, so that a name cannot change what it stands
// for in between; over a proxy, which is the person's own choice, names are the proxy's
// to look up, and private IP addresses and names are refused all the same. The host is
// judged and dialled in the form of [Host]. Connections of the two kinds are never
// shared. It is safe for concurrent use.
type Transport struct {
	proxy                  *Proxy
	named, public, proxied *http.Transport
}

// New returns a Transport. It connects to nothing yet.
func New(o Options) *Transport {
	plain := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Resolver: o.Resolver}
	checked := *plain
	checked.Control = func(_, address string, _ syscall.RawConn) error {
		if host, _, err := net.SplitHostPort(address); err != nil || Private(host) {
			return ErrPrivate
		}
		return nil
	}
	dial := func(d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			if o.Dial != nil {
				return o.Dial(ctx, network, address)
			}
			return dialHost(ctx, d, network, address)
		}
	}
	t := &Transport{proxy: o.Proxy, named: o.Base.Clone(), public: o.Base.Clone(), proxied: o.Base.Clone()}
	t.named.Proxy, t.named.DialContext = nil, dial(plain)
	t.public.Proxy, t.public.DialContext = nil, dial(&checked)
	t.proxied.DialContext = dial(plain) // connects to proxies alone
	t.proxied.Proxy = func(r *http.Request) (*url.URL, error) {
		if proxy, ok := r.Context().Value(proxyKey{}).(*url.URL); ok {
			return proxy, nil
		}
		return nil, ErrPrivate
	}
	return t
}

// dialHost makes the name localhost mean this machine, whatever a resolver says:
// plain http is allowed to it.
func dialHost(ctx context.Context, d *net.Dialer, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host != "localhost" {
		return d.DialContext(ctx, network, address)
	}
	conn, err := d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		if six, sixErr := d.DialContext(ctx, network, net.JoinHostPort("::1", port)); sixErr == nil {
			return six, nil
		}
	}
	return conn, err
}

// RoundTrip implements http.RoundTripper. Its errors are those of http.Transport,
// [ErrPrivate], what is wrong with the host, and what is wrong with the proxy.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r, err := canonical(r)
	if err != nil {
		return nil, refuse(r, err)
	}
	named, _ := r.Context().Value(namedKey{}).(bool)
	if !named && Private(r.URL.Hostname()) {
		return nil, refuse(r, ErrPrivate)
	}
	proxy, err := t.proxy.For(r)
	switch {
	case err != nil:
		return nil, refuse(r, err)
	case proxy != nil:
		return t.proxied.RoundTrip(r.WithContext(context.WithValue(r.Context(), proxyKey{}, proxy)))
	case named:
		return t.named.RoundTrip(r)
	}
	return t.public.RoundTrip(r)
}

// CloseIdleConnections is what http.Client asks for by this name.
func (t *Transport) CloseIdleConnections() {
	t.named.CloseIdleConnections()
	t.public.CloseIdleConnections()
	t.proxied.CloseIdleConnections()
}

// canonical returns the request with the host in the form of [Host]; on an error, the
// request as it was.
func canonical(r *http.Request) (*http.Request, error) {
	u := *r.URL
	if err := Canonical(&u); err != nil || u.Host == r.URL.Host {
		return r, err
	}
	out := *r
	if out.Host == r.URL.Host {
		out.Host = ""
	}
	out.URL = &u
	return &out, nil
}

func refuse(r *http.Request, err error) error {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return err
}
