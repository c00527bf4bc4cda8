package oauthflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// Flow speaks for one Config. It is safe for concurrent use. What discovery found, and
// the client that a server made for us, are kept for the life of the Flow.
type Flow struct {
	config Config
	net    *network
	now    func() time.Time
	sleep  func(ctx context.Context, d time.Duration) error

	readTimeout, postTimeout time.Duration

	turn  chan struct{} // held while found is looked for
	found *Server

	mu         sync.Mutex
	registered Registration
	nonces     map[string]string // of DPoP, by origin
}

// New checks a Config. Every error is an *Error of kind Configuration: an address that
// is not https, a grant that is not supported, a reserved parameter. It asks nobody.
func New(c Config) (*Flow, error) {
	if c.Grant == "" {
		c.Grant = AuthorizationCode
	}
	f := &Flow{config: c, net: newNetwork(c.Network), now: time.Now, sleep: sleep, readTimeout: readTimeout, postTimeout: postTimeout,
		turn: make(chan struct{}, 1), nonces: map[string]string{}}
	if c.Registered.Issuer != "" { // else it could be another server's
		f.registered = c.Registered
	}
	if err := f.config.check(f.net); err != nil {
		return nil, fail(Configuration, "configure", err)
	}
	return f, nil
}

// sleep waits, or returns ctx's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// redirect returns where the browser brings the answer, with the defaults filled in.
func (f *Flow) redirect() Redirect { return f.config.Redirect.filled() }

func (r Redirect) filled() Redirect {
	if r.Host == "" {
		r.Host = "127.0.0.1"
	}
	if r.Path == "" {
		r.Path = "/oauth/callback"
	}
	return r
}

// scopes returns what is asked: the Config's and more, each once; when that is
// nothing, what resource metadata list; and what it takes to be renewed.
func (f *Flow) scopes(s *Server, more []string) ([]string, error) {
	var all []string
	for _, scope := range slices.Concat(f.config.Scopes, more) {
		if !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	if err := checkScopes(more); err != nil {
		return nil, fail(Configuration, "authorize", err)
	}
	if len(all) == 0 && checkScopes(s.ResourceScopes) == nil {
		all = slices.Clone(s.ResourceScopes)
	}
	if extra := s.stay().scope; f.config.Offline && f.config.Grant != ClientCredentials && extra != "" && !slices.Contains(all, extra) {
		all = append(all, extra)
	}
	return all, nil
}

// resourceFor returns what is sent as resource; empty: nothing.
func (f *Flow) resourceFor(s *Server) string {
	switch r := f.config.Resource; {
	case r == ResourceOff:
		return ""
	case r != "":
		return r
	case checkResource(s.Resource) == nil:
		return s.Resource
	}
	return ""
}

var errNoEndpoint = errors.New("neither the profile nor the server's metadata name the address")

// need returns an *Error when the server has no such endpoint.
func need(stage, what, address string) error {
	if address == "" {
		return fail(Unusable, stage, fmt.Errorf("%w: %s", errNoEndpoint, what))
	}
	return nil
}

// secretOf returns the secret that belongs to a client id: a configured one is not
// sent with an id that a server gave.
func (f *Flow) secretOf(id string, own secret.Value) secret.Value {
	if !own.IsZero() || id != f.config.ClientID {
		return own
	}
	return f.config.ClientSecret
}
