// Package oauthtest is an OAuth 2.1 and OpenID Connect authorization server with a
// resource server beside it, for tests and for the demonstration. It is complete
// enough to sign a person in with a real browser, strict enough to judge a client,
// and it misbehaves on request: every fault is a field of Behaviour that may be
// switched while the server runs.
//
// # Terminology
//
// An endpoint is a named address of the server; every request to one is recorded.
// A family is everything that one consent has led to: its refresh tokens, each of
// which replaces the one before, and their access tokens. A canary is a secret that
// the server made: it contains Marker, so that a test can search for it anywhere. A
// violation is something that a careful client does not do, noted even where the
// server goes along with it. The virtual clock is the machine's plus what Advance
// has added.
package oauthtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options are what stays the same while a server runs. The zero value is a server
// on plain http whose issuer has no path.
type Options struct {
	TLS        bool             // https with a certificate authority of its own, see CA
	Host       string           // the host in its addresses; empty: 127.0.0.1. It listens on 127.0.0.1 only
	Name       string           // on its pages; empty: none
	IssuerPath string           // a path issuer, such as /tenant/one
	APIPath    string           // the path of the resource server's base URL; empty: /api, "/" for none
	Clients    []Client         // registered from the start; nil: PublicClient and ConfidentialClient
	Unrecorded bool             // requests are not kept: for a server that runs for long
	Set        func(*Behaviour) // changes the default behaviour before the first request
}

// The clients of a server that was started without any of its own. Both may be
// redirected to /oauth/callback on every loopback port.
const (
	PublicClient       = "desktop"
	ConfidentialClient = "backend"
)

// Server is a running authorization server. All methods may be called concurrently.
type Server struct {
	options              Options
	as, api, other, bare *listener
	certificates         *certificates
	key                  *ecdsa.PrivateKey
	stop                 chan struct{}
	working              sync.WaitGroup // listeners and handlers

	mu         sync.Mutex
	closed     bool
	behaviour  Behaviour
	offset     time.Duration
	requests   []*Request
	arrived    chan struct{} // closed and replaced by every request
	violations []string
	secrets    []string
	passwords  map[string]string
	clients    map[string]*Client
	tickets    map[string]*authorization
	pushed     map[string]*pushed
	codes      map[string]*code
	tokens     map[string]*token
	devices    map[string]*device
	nonces     map[string]time.Time
	proofs     map[string]bool
	seen       map[string]bool // states, challenges and nonces that have led to a code
	reuses     int
	everNew    int
}

type listener struct {
	server *http.Server
	url    string
}

// Start starts a server. Close it after use.
func Start(o Options) (*Server, error) {
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if o.APIPath == "" {
		o.APIPath = "/api"
	}
	o.APIPath, o.IssuerPath = strings.TrimSuffix(o.APIPath, "/"), strings.TrimSuffix(o.IssuerPath, "/")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("oauthtest: make a key: %w", err)
	}
	s := &Server{
		options: o, key: key, stop: make(chan struct{}), arrived: make(chan struct{}), behaviour: Default(),
		passwords: map[string]string{}, clients: map[string]*Client{}, tickets: map[string]*authorization{},
		pushed: map[string]*pushed{}, codes: map[string]*code{}, tokens: map[string]*token{},
		devices: map[string]*device{}, nonces: map[string]time.Time{}, proofs: map[string]bool{}, seen: map[string]bool{},
	}
	if o.TLS {
		if s.certificates, err = newCertificates(o.Host); err != nil {
			return nil, fmt.Errorf("oauthtest: make certificates: %w", err)
		}
	}
	if o.Set != nil {
		o.Set(&s.behaviour)
	}
	s.registerFirst(o.Clients)
	if err := s.listen(); err != nil {
		s.Close()
		return nil, fmt.Errorf("oauthtest: %w", err)
	}
	return s, nil
}

// listen opens the four listeners and only then serves on them, because handlers
// name each other's addresses.
func (s *Server) listen() error {
	var sockets []net.Listener
	for _, l := range []struct {
		to     **listener
		secure bool
	}{{&s.as, s.options.TLS}, {&s.api, s.options.TLS}, {&s.other, s.options.TLS}, {&s.bare, false}} {
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			for _, open := range sockets {
				_ = open.Close()
			}
			return err
		}
		_, port, _ := net.SplitHostPort(socket.Addr().String())
		scheme := "http"
		if l.secure {
			scheme = "https"
			socket = tls.NewListener(socket, s.tlsConfig())
		}
		*l.to = &listener{url: scheme + "://" + net.JoinHostPort(s.options.Host, port)}
		sockets = append(sockets, socket)
	}
	for i, l := range []*listener{s.as, s.api, s.other, s.bare} {
		handler := [...]http.Handler{s.serverRoutes(), s.resourceRoutes(), s.otherRoutes(), s.otherRoutes()}[i]
		l.server = &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(discard{}, "", 0)}
		s.working.Go(func() { _ = l.server.Serve(sockets[i]) })
	}
	return nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Close ends the server, its open connections and whatever it lets hang, and waits
// until all that has ended. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
	}
	s.mu.Unlock()
	for _, l := range []*listener{s.as, s.api, s.other, s.bare} {
		if l != nil && l.server != nil {
			_ = l.server.Close()
		}
	}
	s.working.Wait()
}

// begin reports whether a handler may work, which then calls working.Done.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.working.Add(1)
	}
	return !s.closed
}

// Issuer returns the issuer identifier.
func (s *Server) Issuer() string { return s.as.url + s.options.IssuerPath }

// API returns the base URL of the resource server, which stands on an origin of its
// own and is also its resource identifier.
func (s *Server) API() string { return s.api.url + s.options.APIPath }

// Other returns an origin that belongs to nobody: what arrives there is recorded as
// endpoint Other.
func (s *Server) Other() string { return s.other.url }

// Plain returns an origin like Other that speaks plain http even with TLS.
func (s *Server) Plain() string { return s.bare.url }

// CA returns the certificate authority as PEM, nil without TLS.
func (s *Server) CA() []byte {
	if s.certificates == nil {
		return nil
	}
	return s.certificates.ca
}

// URL returns the address of an endpoint of the authorization server, also of one
// that metadata does not name at the moment.
func (s *Server) URL(e Endpoint) string {
	switch e {
	case MetadataOIDC:
		return s.Issuer() + wellKnownOIDC
	case MetadataOIDCInserted:
		return s.as.url + wellKnownOIDC + s.options.IssuerPath
	case MetadataOAuth:
		return s.as.url + wellKnownOAuth + s.options.IssuerPath
	case MetadataOAuthAppended:
		return s.Issuer() + wellKnownOAuth
	case ResourceChallenged:
		return s.api.url + challengedPath
	case ResourceAtPath:
		return s.api.url + wellKnownResource + s.options.APIPath
	case ResourceAtRoot:
		return s.api.url + wellKnownResource
	case API:
		return s.API()
	case Other:
		return s.Other()
	default:
		return s.as.url + "/" + string(e)
	}
}

// Set changes the behaviour between two requests. The change must not call methods of
// the server that tell about its state.
func (s *Server) Set(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
	s.behaviour.Faults = maps.Clone(s.behaviour.Faults)
}

// Advance moves the virtual clock, back when d is negative.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// Now returns the virtual time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Server) now() time.Time { return time.Now().Add(s.offset) }

// current returns a copy of the behaviour that Set does not change.
func (s *Server) current() (Behaviour, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour.clone(), s.now()
}

// sameOrigin reports whether two addresses differ in scheme, host or port.
func sameOrigin(a, b string) bool {
	x, errA := url.Parse(a)
	y, errB := url.Parse(b)
	return errA == nil && errB == nil && x.Scheme == y.Scheme && x.Host == y.Host
}
