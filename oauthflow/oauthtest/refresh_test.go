package oauthtest

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// renew refreshes with x/oauth2.
func (p *signIn) renew(refresh string) (*oauth2.Token, error) {
	return p.config.TokenSource(p.ctx, &oauth2.Token{RefreshToken: refresh}).Token()
}

func wantGrantError(t *testing.T, err error, code string) {
	t.Helper()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

// TestReuseKillsTheFamily rotates twice and presents the first token again.
func TestReuseKillsTheFamily(t *testing.T) {
	p := newSignIn(t, Options{})
	first := p.login()
	second, err := p.renew(first.RefreshToken)
	if err != nil || second.RefreshToken == first.RefreshToken || !p.s.Alive(second.AccessToken) {
		t.Fatalf("refresh: %+v, %v", second, err)
	}
	_, err = p.renew(first.RefreshToken)
	wantGrantError(t, err, "invalid_grant")
	if p.s.Alive(second.AccessToken) || p.s.Alive(second.RefreshToken) || p.s.Reuses() != 1 {
		t.Error("the family is alive")
	}
	_, err = p.renew(second.RefreshToken)
	wantGrantError(t, err, "invalid_grant")
	if len(p.s.AccessTokens())+len(p.s.RefreshTokens()) != 0 {
		t.Error("something is alive")
	}
}

// TestGrace presents a replaced token within and after the grace period.
func TestGrace(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) { b.Refresh.Grace = time.Minute }})
	first := p.login()
	for range 2 {
		if _, err := p.renew(first.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	p.s.Advance(2 * time.Minute)
	_, err := p.renew(first.RefreshToken)
	wantGrantError(t, err, "invalid_grant")
	if len(p.s.RefreshTokens()) != 0 {
		t.Error("the family is alive")
	}
}

// TestRefreshRules are the refresh quirks of servers in the field.
func TestRefreshRules(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*Behaviour)
		more  []string
		want  string // an error code; empty: it works
		alive bool   // the old refresh token still works afterwards
	}{
		{"rotates", func(*Behaviour) {}, nil, "", false},
		{"keeps", func(b *Behaviour) { b.Refresh.Rotate = false }, nil, "", true},
		{"early", func(b *Behaviour) { b.Refresh.RefuseEarly = true }, nil, "invalid_request", true},
		{"scope missing", func(b *Behaviour) { b.Refresh.NeedScope = true }, nil, "invalid_request", true},
		{"scope sent", func(b *Behaviour) { b.Refresh.NeedScope = true }, []string{"scope", "read"}, "", false},
		{"scope widened", func(*Behaviour) {}, []string{"scope", "read write"}, "invalid_scope", true},
		{"redirect missing", func(b *Behaviour) { b.Refresh.NeedRedirectURI = true }, nil, "invalid_request", true},
		{"redirect sent", func(b *Behaviour) { b.Refresh.NeedRedirectURI = true }, []string{"redirect_uri", "http://127.0.0.1:4711/oauth/callback"}, "", false},
		{"resource missing", func(b *Behaviour) { b.Authorization.NeedResource = true }, nil, "invalid_target", true},
		{"told", func(b *Behaviour) { b.Refresh.Error = "temporarily_unavailable" }, nil, "temporarily_unavailable", true},
		{"outage", func(b *Behaviour) { b.Faults[Token] = Fault{Status: 503, Body: `{"error":"out"}`, RetryAfter: "120"} }, nil, "out", true},
		{"lost after work", func(b *Behaviour) { b.Faults[Token] = Fault{After: true, Status: 500, Body: `{"error":"lost"}`} }, nil, "lost", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newSignIn(t, Options{})
			token := p.login()
			p.s.Set(c.set)
			a := post(t, p.s.URL(Token), append([]string{"grant_type", "refresh_token", "client_id", PublicClient, "refresh_token", token.RefreshToken}, c.more...)...)
			if c.want != "" {
				wantError(t, a, c.want)
			} else if a.status != 200 {
				t.Errorf("answer %d %s", a.status, a.body)
			}
			if p.s.Alive(token.RefreshToken) != c.alive {
				t.Errorf("alive %v, want %v", !c.alive, c.alive)
			}
		})
	}
}

// TestClock lets tokens expire by the virtual clock.
func TestClock(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) { b.Refresh.Lifetime = 2 * time.Hour }})
	token := p.login()
	p.s.Advance(61 * time.Minute)
	if a := get(t, p.s.API(), "Authorization", "Bearer "+token.AccessToken); a.status != 401 {
		t.Errorf("status %d after the expiry", a.status)
	}
	if _, err := p.renew(token.RefreshToken); err != nil {
		t.Error(err)
	}
	p.s.Advance(-61 * time.Minute)
	if !p.s.Alive(token.AccessToken) {
		t.Error("the access token is dead before its expiry")
	}
}

// TestResource grants a resource and asks for less care at refresh.
func TestResource(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) { b.Resources = []string{"https://second.example"} }})
	token := p.login(oauth2.SetAuthURLParam("resource", "https://second.example"))
	if a := get(t, p.s.API(), "Authorization", "Bearer "+token.AccessToken); a.status != 401 {
		t.Errorf("the API accepts a token for another resource: %d", a.status)
	}
	p.s.Forget()
	if _, err := p.renew(token.RefreshToken); err != nil {
		t.Fatal(err)
	}
	if v := p.s.Violations(); len(v) != 1 {
		t.Errorf("violations %q: x/oauth2 sends no resource at refresh", v)
	}
}
