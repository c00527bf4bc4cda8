package oauthflow

import (
	"context"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// What a grant needs the profile alone can tell; what is missing is named before
// anything is sent.
func TestGrantsNeedTheirEndpoints(t *testing.T) {
	s := newServer(t)
	s.device(t, nil, "ok")
	all := Endpoints{Authorization: s.URL + "/authorize", Token: s.URL + "/token", Device: s.URL + "/device"}
	for name, row := range map[string]struct {
		without func(*Endpoints)
		grant   Grant
		run     func(*Flow) error
		asks    string // when everything is there
	}{
		"browser, no address": {func(e *Endpoints) { e.Authorization = "" }, AuthorizationCode, beginning(t), ""},
		"browser, no token":   {func(e *Endpoints) { e.Token = "" }, AuthorizationCode, beginning(t), ""},
		"device, no address":  {func(e *Endpoints) { e.Device = "" }, DeviceAuthorization, onDevice(t), "/device"},
		"device, no token":    {func(e *Endpoints) { e.Token = "" }, DeviceAuthorization, onDevice(t), "/device"},
		"client, no token":    {func(e *Endpoints) { e.Token = "" }, ClientCredentials, alone(t), "/token"},
	} {
		t.Run(name, func(t *testing.T) {
			profile := func(e Endpoints) func(*Config) {
				return func(c *Config) {
					c.Issuer, c.Endpoints, c.Grant = "", e, row.grant
					if row.grant == ClientCredentials {
						c.ClientSecret = secret.New("s-e-c-r-e-t")
					}
				}
			}
			s.mu.Lock()
			s.seen = nil
			s.mu.Unlock()
			part := all
			row.without(&part)
			wants(t, row.run(s.flow(t, profile(part))), Configuration) // nothing tells where to ask
			for _, gone := range []string{"authorization_endpoint", "token_endpoint", "device_authorization_endpoint"} {
				delete(s.meta, gone)
			}
			f := s.flow(t, profile(part), func(c *Config) { c.Issuer = s.URL })
			if e := wants(t, row.run(f), Unusable); s.paths() != wellKnown {
				t.Errorf("%v, asked %s", e, s.paths())
			}
			s.mu.Lock()
			s.seen = nil
			s.mu.Unlock()
			if err := row.run(s.flow(t, profile(all))); err != nil && err != context.Canceled || s.paths() != row.asks {
				t.Errorf("%v, asked %q, want %q", err, s.paths(), row.asks)
			}
		})
	}
}

func beginning(t *testing.T) func(*Flow) error {
	return func(f *Flow) error {
		_, err := f.begin(t.Context(), callback, nil)
		return err
	}
}

func onDevice(t *testing.T) func(*Flow) error {
	return func(f *Flow) error {
		f.sleep = func(context.Context, time.Duration) error { return context.Canceled }
		_, err := f.Device(t.Context(), nil, func(DevicePrompt) {})
		return err
	}
}

func alone(t *testing.T) func(*Flow) error {
	return func(f *Flow) error {
		_, err := f.ClientCredentials(t.Context(), nil)
		return err
	}
}

func TestScopesOfAChallengeAreChecked(t *testing.T) {
	s := newServer(t)
	_, err := s.flow(t).begin(t.Context(), callback, []string{"read\nwrite"})
	wants(t, err, Configuration)
	_, err = s.flow(t).Device(t.Context(), []string{`a"b`}, nil)
	wants(t, err, Configuration)
	_, err = s.flow(t, func(c *Config) { c.Grant, c.ClientSecret = ClientCredentials, secret.New("s-e-c-r-e-t") }).Device(t.Context(), nil, nil)
	wants(t, err, Configuration)
}
