package oauthflow

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

func TestRefresh(t *testing.T) {
	s := newServer(t)
	f := s.flow(t)
	token, err := f.Refresh(t.Context(), s.granted())
	if err != nil {
		t.Fatal(err)
	}
	if got := s.paths(); got != "/token" {
		t.Errorf("asked %s", got)
	}
	r := s.of("/token")[0]
	want := "client_id=client&grant_type=refresh_token&refresh_token=refresh-0&resource=https%3A%2F%2Fapi.example.com%2F"
	if r.form.Encode() != want || r.header.Get("Authorization") != "" {
		t.Errorf("sent %s, want %s", r.form.Encode(), want)
	}
	if token.Access.Reveal() != "access-1" || token.Refresh.Reveal() != "refresh-1" || token.Identity != "jo@example.com" || token.RedirectURI != callback ||
		token.Resource != "https://api.example.com/" || token.Issuer != s.URL || token.Endpoints != s.granted().Endpoints || token.Warning != "" {
		t.Errorf("%+v", token)
	}
	delete(s.token, "refresh_token")
	if token, err = f.Refresh(t.Context(), token); err != nil || token.Refresh.Reveal() != "refresh-1" {
		t.Errorf("the old refresh token is lost: %v, %v", token.Refresh.IsZero(), err)
	}
}

func TestRefreshSettings(t *testing.T) {
	s := newServer(t)
	for name, row := range map[string]struct {
		change func(*Config)
		token  func(*Token)
		want   string
	}{
		"scope":        {func(c *Config) { c.RefreshScope, c.Scopes = true, []string{"read", "write"} }, nil, "scope=read"},
		"redirect":     {func(c *Config) { c.RefreshRedirectURI = true }, nil, "redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Foauth%2Fcallback"},
		"resource off": {func(c *Config) { c.Resource = ResourceOff }, nil, "&grant_type=refresh_token&refresh_token=refresh-0$"},
		"post": {func(c *Config) { c.ClientSecret = secret.New("s-e-c-r-e-t") }, func(t *Token) { t.AuthMethod = authPost },
			"client_secret=s-e-c-r-e-t"},
	} {
		token := s.granted()
		if row.token != nil {
			row.token(&token)
		}
		if _, err := s.flow(t, row.change).Refresh(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		all := s.of("/token")
		if got := "&" + all[len(all)-1].form.Encode() + "$"; !strings.Contains(got, row.want) {
			t.Errorf("%s: sent %s, want %s", name, got, row.want)
		}
	}
	token := s.granted()
	token.Endpoints.Refresh = s.URL + "/renew"
	_, err := s.flow(t).Refresh(t.Context(), token)
	if wants(t, err, Refused); len(s.of("/renew")) != 1 {
		t.Error("the endpoint for refreshing is not used")
	}
}

func TestRefreshGoesNowhereElse(t *testing.T) {
	s := newServer(t)
	for name, row := range map[string]struct {
		change func(*Config)
		token  func(*Token)
		kind   Kind
	}{
		"no refresh token": {nil, func(t *Token) { t.Refresh = secret.Value{} }, Configuration},
		"other issuer":     {func(c *Config) { c.Issuer = "https://other.example" }, nil, IssuerMismatch},
		"http":             {nil, func(t *Token) { t.Endpoints.Token = "http://as.example/token" }, Unusable},
		"private":          {nil, func(t *Token) { t.Endpoints.Token = "https://10.0.0.1/token" }, Unusable},
		"issuer found":     {nil, func(t *Token) { t.Endpoints, t.Issuer = Endpoints{}, "" }, IssuerMismatch},
	} {
		token := s.granted()
		if row.token != nil {
			row.token(&token)
		}
		change := row.change
		if change == nil {
			change = func(*Config) {}
		}
		_, err := s.flow(t, change).Refresh(t.Context(), token)
		wants(t, err, row.kind)
		if len(s.of("/token")) > 0 {
			t.Errorf("%s: something was sent", name)
		}
	}
	// A configured secret goes with the configured id only.
	token := s.granted()
	token.ClientID = "given"
	if _, err := s.flow(t, func(c *Config) { c.ClientSecret = secret.New("s-e-c-r-e-t") }).Refresh(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if r := s.of("/token")[0]; r.header.Get("Authorization") != "" || r.form.Has("client_secret") {
		t.Error("the secret of another client was sent")
	}
	// A record without addresses finds them.
	token = s.granted()
	token.Endpoints = Endpoints{}
	if got, err := s.flow(t).Refresh(t.Context(), token); err != nil || got.Endpoints.Token != s.URL+"/token" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefreshErrors(t *testing.T) {
	for name, row := range map[string]struct {
		status int
		body   any
		kind   Kind
		wait   time.Duration
	}{
		"refused":        {400, map[string]any{"error": "invalid_grant"}, InvalidGrant, 0},
		"GitHub":         {200, map[string]any{"error": "bad_refresh_token"}, InvalidGrant, 0},
		"client":         {401, map[string]any{"error": "invalid_client"}, Refused, 0},
		"target":         {400, map[string]any{"error": "invalid_target"}, Refused, 0},
		"outage":         {503, map[string]any{"error": "invalid_grant"}, Unreachable, 9 * time.Second},
		"too many":       {429, nil, Unreachable, 9 * time.Second},
		"unreadable":     {200, "text", Unusable, 0},
		"other type":     {200, map[string]any{"access_token": "a", "token_type": "mac"}, Unusable, 0},
		"without tokens": {200, map[string]any{}, Unusable, 0},
	} {
		s := newServer(t)
		s.on("/token", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "9")
			write(w, row.status, row.body)
		})
		_, err := s.flow(t).Refresh(t.Context(), s.granted())
		if e := wants(t, err, row.kind); e.Stage != "refresh" || e.RetryAfter != row.wait {
			t.Errorf("%s: %+v", name, e)
		}
		if n := len(s.of("/token")); n != 1 {
			t.Errorf("%s: asked %d times", name, n)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "-5": 0, "x": 0, "99999999999999": maxWait, "Sun, 01 Nov 2026 00:01:00 GMT": time.Minute,
		"Sun, 01 Nov 2020 00:01:00 GMT": 0, "Fri, 01 Jan 2100 00:01:00 GMT": maxWait, " 5 ": 5 * time.Second, "9223372036854775807": maxWait,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// A connection that fails before the request is written is tried once more; one that
// fails later is not, because the server may have used the refresh token up.
func TestRefreshIsNotRepeatedBlindly(t *testing.T) {
	s := newServer(t)
	var dials atomic.Int32
	failing := func(fail int32) func(*Config) {
		dials.Store(0)
		return func(c *Config) {
			c.Network.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if dials.Add(1) <= fail {
					return nil, errors.New("no way")
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			}
		}
	}
	if _, err := s.flow(t, failing(1)).Refresh(t.Context(), s.granted()); err != nil {
		t.Error(err)
	}
	_, err := s.flow(t, failing(2)).Refresh(t.Context(), s.granted())
	wants(t, err, Unreachable)

	s.on("/token", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	before := len(s.of("/token"))
	_, err = s.flow(t).Refresh(t.Context(), s.granted())
	wants(t, err, Unreachable)
	if n := len(s.of("/token")) - before; n != 1 {
		t.Errorf("asked %d times", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.on("/token", func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	if _, err = s.flow(t).Refresh(ctx, s.granted()); err != context.Canceled {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestIDTokenAtRefreshCostsNothing(t *testing.T) {
	s := newServer(t)
	for _, id := range []string{"broken", idToken("https://other.example", "", nil), idToken(s.URL, "", map[string]any{"aud": "x"})} {
		s.token["id_token"] = id
		token, err := s.flow(t).Refresh(t.Context(), s.granted())
		if err != nil || token.Warning == "" || token.Refresh.Reveal() != "refresh-1" || token.Identity != "jo@example.com" {
			t.Errorf("%+v, %v", token, err)
		}
	}
	s.token["id_token"] = idToken(s.URL, "", map[string]any{"email": "al@example.com"})
	old := s.granted()
	old.Identity = ""
	if token, err := s.flow(t).Refresh(t.Context(), old); err != nil || token.Warning != "" || token.Identity != "al@example.com" {
		t.Errorf("%+v, %v", token, err)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	s := newServer(t)
	s.TLS.MaxVersion = tls.VersionTLS11
	_, err := s.flow(t).Server(t.Context())
	wants(t, err, Unreachable)
	f, err := New(Config{Issuer: s.URL, Network: Network{Named: []string{"127.0.0.1"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.TLS.MaxVersion = 0
	_, err = f.Server(t.Context())
	if e := wants(t, err, Unreachable); !strings.Contains(e.Hint(), "caFile") {
		t.Errorf("an unknown authority: %v, hint %q", e, e.Hint())
	}
}
