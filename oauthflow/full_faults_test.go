package oauthflow

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/leaktest"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

func TestFullMetadataThatLeadAstray(t *testing.T) {
	for name, change := range map[string]func(*full, *oauthtest.Behaviour){
		"plain http": func(s *full, b *oauthtest.Behaviour) {
			b.Metadata.Override = map[string]any{"token_endpoint": "http://as.example/token"}
		},
		"huge": func(_ *full, b *oauthtest.Behaviour) { b.Metadata.Pad = 10 << 20 },
		"private redirect": func(_ *full, b *oauthtest.Behaviour) {
			b.Faults = map[oauthtest.Endpoint]oauthtest.Fault{oauthtest.MetadataOAuth: {Status: 302, Location: "https://169.254.169.254/latest"}}
		},
		"plain redirect": func(s *full, b *oauthtest.Behaviour) {
			b.Faults = map[oauthtest.Endpoint]oauthtest.Fault{oauthtest.MetadataOAuth: {Status: 302, Location: s.Plain()}}
		},
		"many redirects": func(s *full, b *oauthtest.Behaviour) {
			b.Faults = map[oauthtest.Endpoint]oauthtest.Fault{oauthtest.MetadataOAuth: {Status: 302, Location: s.URL(oauthtest.Hop) + "?n=9&to=" + url.QueryEscape(s.Other())}}
		},
		"cut": func(_ *full, b *oauthtest.Behaviour) {
			b.Faults = map[oauthtest.Endpoint]oauthtest.Fault{oauthtest.MetadataOAuth: {Cut: 100}}
		},
		"untrusted": func(_ *full, b *oauthtest.Behaviour) { b.TLS.Untrusted = true },
		"expired":   func(_ *full, b *oauthtest.Behaviour) { b.TLS.Expired = true },
		"old":       func(_ *full, b *oauthtest.Behaviour) { b.TLS.Old = true },
		"name":      func(_ *full, b *oauthtest.Behaviour) { b.TLS.WrongName = true },
	} {
		s := startFull(t, nil)
		fresh := oauthtest.Default()
		change(s, &fresh)
		s.Set(func(b *oauthtest.Behaviour) { *b = fresh })
		if _, err := s.flow().begin(t.Context(), callback, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
		if n := len(s.Requests(oauthtest.Other, oauthtest.Authorize, oauthtest.Token)); n > 0 {
			t.Errorf("%s: %d requests where none may go", name, n)
		}
	}
}

func TestFullIss(t *testing.T) {
	for _, row := range []struct {
		advertised bool
		iss        oauthtest.ISS
		ok         bool
	}{
		{true, oauthtest.ISSRight, true}, {true, oauthtest.ISSAbsent, false}, {true, oauthtest.ISSWrong, false}, {true, oauthtest.ISSSlash, false},
		{false, oauthtest.ISSRight, true}, {false, oauthtest.ISSAbsent, true}, {false, oauthtest.ISSWrong, false},
	} {
		for _, refused := range []bool{false, true} {
			s := startFull(t, func(b *oauthtest.Behaviour) {
				b.Authorization.ISSAdvertised, b.Authorization.ISS = row.advertised, row.iss
				if refused {
					b.Authorization.Error, b.Authorization.Description = "invalid_scope", "words of the server"
				}
			})
			_, err := s.login(s.flow())
			switch {
			case !row.ok:
				if e := wants(t, err, IssuerMismatch); strings.Contains(e.Error(), "words") || s.Count(oauthtest.Token) > 0 {
					t.Errorf("%+v: %v", row, e)
				}
			case refused:
				if e := wants(t, err, Refused); e.Code != "invalid_scope" || e.Description != "words of the server" {
					t.Errorf("%+v: %v", row, e)
				}
			case err != nil:
				t.Errorf("%+v: %v", row, err)
			}
		}
	}
}

func TestFullRedirectsOfPosts(t *testing.T) {
	for _, endpoint := range []oauthtest.Endpoint{oauthtest.Token, oauthtest.Register, oauthtest.Push, oauthtest.Revoke, oauthtest.Device} {
		for _, status := range []int{302, 307, 308} {
			s := startFull(t, func(b *oauthtest.Behaviour) {
				b.Registration.Offered, b.Push.Offered, b.Push.Required = true, true, true
			})
			set := func() {
				s.Set(func(b *oauthtest.Behaviour) {
					b.Faults = map[oauthtest.Endpoint]oauthtest.Fault{endpoint: {Status: status, Location: "{other}"}}
				})
			}
			f := s.flow(func(c *Config) { c.ClientID = "" })
			var err error
			switch endpoint {
			case oauthtest.Revoke:
				var token Token
				if token, err = s.login(f); err != nil {
					t.Fatal(err)
				}
				set()
				err = f.Revoke(t.Context(), token)
			case oauthtest.Device:
				set()
				_, err = f.Device(t.Context(), nil, func(DevicePrompt) {})
			default:
				set()
				_, err = s.login(f)
			}
			wants(t, err, Unusable)
			if n := s.Count(oauthtest.Other); n > 0 {
				t.Errorf("%s, %d: %d requests elsewhere", endpoint, status, n)
			}
		}
	}
}

func TestFullErrorsShowNothingThatWeSent(t *testing.T) {
	for _, endpoint := range []oauthtest.Endpoint{oauthtest.Token, oauthtest.Push, oauthtest.Revoke, oauthtest.Register} {
		s := startFull(t, func(b *oauthtest.Behaviour) {
			b.Registration.Offered, b.Push.Offered, b.Push.Required = true, true, true
			b.DPoP.Algorithms = []string{"ES256"}
			b.Faults = map[oauthtest.Endpoint]oauthtest.Fault{endpoint: {Status: 400, Echo: true, Pad: 1 << 10}}
		})
		f := s.flow(func(c *Config) { c.DPoP = true })
		var err error
		if endpoint == oauthtest.Revoke {
			token := Token{Access: secret.New("access-canary-token"), Refresh: secret.New("refresh-canary-token"), Issuer: s.Issuer(),
				ClientID: oauthtest.PublicClient, Endpoints: Endpoints{Token: s.URL(oauthtest.Token), Revocation: s.URL(oauthtest.Revoke)}}
			err = f.Revoke(t.Context(), token)
		} else {
			if endpoint == oauthtest.Register {
				f = s.flow(func(c *Config) { c.ClientID = "" })
			}
			_, err = s.login(f)
		}
		e := wants(t, err, Refused)
		if len(e.Description) > 4*maxDescription+4 || strings.ContainsAny(e.Error(), "\x1b\r\n\x00\a") {
			t.Errorf("%s: %q", endpoint, e.Error())
		}
		for _, canary := range append(s.Secrets(), "access-canary-token", "refresh-canary-token") {
			if strings.Contains(e.Error(), canary) {
				t.Errorf("%s: shows %q: %v", endpoint, canary, e)
			}
		}
	}
}

func TestFullPushThatRanOut(t *testing.T) {
	s := startFull(t, func(b *oauthtest.Behaviour) {
		b.Push.Offered, b.Push.Required, b.Push.Lifetime = true, true, time.Minute
	})
	f := s.flow()
	a := begin(t, f)
	first := a.address
	_, err := a.verify(url.Values{"error": {"invalid_request_uri"}, "iss": {s.Issuer()}})
	if !a.again(t.Context(), err) || a.address == first || s.Count(oauthtest.Push) != 2 {
		t.Fatalf("not pushed again: %v", err)
	}
	code, err := a.verify(s.callback(a))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.exchange(t.Context(), code); err != nil {
		t.Error(err)
	}
	s.careful()
}

func TestFullDevice(t *testing.T) {
	s := startFull(t, func(b *oauthtest.Behaviour) {
		b.Device.Decision, b.Device.After, b.Device.SlowDown = oauthtest.Allow, 2, 1
	})
	f := s.flow()
	f.sleep = func(ctx context.Context, d time.Duration) error { s.Advance(d); return ctx.Err() }
	f.now = s.Now
	var shown DevicePrompt
	token, err := f.Device(t.Context(), []string{"openid"}, func(p DevicePrompt) { shown = p })
	if err != nil || token.Identity == "" || shown.UserCode == "" || shown.CompleteAddress == "" {
		t.Fatalf("%+v, %+v, %v", token, shown, err)
	}
	s.serves(token)
	s.careful()
	s.Set(func(b *oauthtest.Behaviour) { b.Device.Decision = oauthtest.Deny })
	_, err = f.Device(t.Context(), nil, func(DevicePrompt) {})
	wants(t, err, Denied)
	s.Set(func(b *oauthtest.Behaviour) { b.Device.Decision = oauthtest.Ask })
	_, err = f.Device(t.Context(), nil, func(DevicePrompt) {})
	wants(t, err, TimedOut)
}

func TestFullBadIDTokenIsRevoked(t *testing.T) {
	s := startFull(t, func(b *oauthtest.Behaviour) { b.LoginIDToken.Override = map[string]any{"nonce": "other"} })
	_, err := s.login(s.flow(), "openid")
	wants(t, err, Unusable)
	if len(s.AccessTokens())+len(s.RefreshTokens()) > 0 {
		t.Error("the tokens live on")
	}
	s = startFull(t, func(b *oauthtest.Behaviour) { b.RefreshIDToken.Expired = true })
	f := s.flow()
	token, err := s.login(f, "openid")
	if err != nil {
		t.Fatal(err)
	}
	if token, err = f.Refresh(t.Context(), token); err != nil || token.Warning == "" {
		t.Errorf("%+v, %v", token, err)
	}
	s.serves(token)
}

func TestFullServersThatHang(t *testing.T) {
	for _, endpoint := range []oauthtest.Endpoint{oauthtest.MetadataOAuth, oauthtest.Push, oauthtest.Token} {
		s := startFull(t, func(b *oauthtest.Behaviour) {
			b.Push.Offered, b.Push.Required = true, true
			b.Faults = map[oauthtest.Endpoint]oauthtest.Fault{endpoint: {Hang: true}}
		})
		f := s.flow()
		if endpoint == oauthtest.MetadataOAuth {
			f.readTimeout = time.Millisecond
		} else {
			f.postTimeout = 500 * time.Millisecond
		}
		_, err := s.login(f)
		if e := wants(t, err, Unreachable); !strings.Contains(e.Error(), "no answer in time") || s.Count(endpoint) > 1 {
			t.Errorf("%s: %v after %d requests", endpoint, e, s.Count(endpoint))
		}
	}
}

// A server on this machine may speak plain http when the person named it.
func TestFullOnThisMachine(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		s := startFull(t, nil, func(o *oauthtest.Options) { o.TLS, o.Host = false, host })
		byAPI := func(c *Config) { c.Issuer, c.API, c.Network.Named = "", s.API(), []string{host} }
		f := s.flow(byAPI)
		token, err := s.login(f, "openid")
		if err != nil {
			t.Fatal(err)
		}
		s.serves(token)
		if token, err = s.flow(byAPI).Refresh(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if err = f.Revoke(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if token.Resource != s.API() {
			t.Errorf("resource %q, want %q", token.Resource, s.API())
		}
		s.careful()
	}
}

// Nothing is left running after a sign-in.
func TestFullLeavesNothingBehind(t *testing.T) {
	s := startFull(t, nil)
	leaktest.Do(t, func() {
		for range 5 {
			f := s.flow()
			token, err := s.login(f)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Revoke(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
	})
}
