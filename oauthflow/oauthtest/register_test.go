package oauthtest

import (
	"net/http"
	"strings"
	"testing"
)

func register(t *testing.T, s *Server, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.URL(Register), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(t, nil, req)
}

// TestRegister registers, uses and deletes clients.
func TestRegister(t *testing.T) {
	s := start(t, Options{})
	native := `{"redirect_uris":["http://127.0.0.1:4711/oauth/callback"],"token_endpoint_auth_method":"none","application_type":"native","grant_types":["authorization_code","refresh_token"]}`
	a := register(t, s, native)
	if a.status != http.StatusCreated || a.text("client_secret") != "" || !s.Registered(a.text("client_id")) {
		t.Fatalf("answer %d %s", a.status, a.body)
	}
	p := newSignIn(t, Options{})
	p.s, p.config.ClientID = s, a.text("client_id")
	p.config.Endpoint.AuthURL, p.config.Endpoint.TokenURL = s.URL(Authorize), s.URL(Token)
	p.config.RedirectURL = "http://127.0.0.1:9999/oauth/callback"
	token := p.login()

	del, _ := http.NewRequest(http.MethodDelete, a.text("registration_client_uri"), nil)
	if refused := do(t, nil, del); refused.status != http.StatusUnauthorized {
		t.Errorf("deleting without token: %d", refused.status)
	}
	del.Header.Set("Authorization", "Bearer "+a.text("registration_access_token"))
	if done := do(t, nil, del); done.status != http.StatusNoContent || s.Registered(p.config.ClientID) || s.Alive(token.RefreshToken) {
		t.Errorf("deleting: %d %s", done.status, done.body)
	}
	if s.Count(Registration) != 2 {
		t.Errorf("%d requests", s.Count(Registration))
	}

	for _, c := range []struct {
		name, body string
		set        func(*Registrations)
		want       string
	}{
		{"web client on loopback", strings.Replace(native, "native", "web", 1), nil, "invalid_redirect_uri"},
		{"plain http", strings.Replace(native, "127.0.0.1", "example.com", 1), nil, "invalid_redirect_uri"},
		{"no redirect", `{}`, nil, "invalid_redirect_uri"},
		{"no JSON", `redirect_uris=x`, nil, "invalid_client_metadata"},
		{"refused", native, func(r *Registrations) { r.Error, r.Description = "invalid_redirect_uri", "the port is taken" }, "invalid_redirect_uri"},
		{"needs a token", native, func(r *Registrations) { r.NeedToken = true }, "invalid_token"},
	} {
		s.Set(func(b *Behaviour) {
			b.Registration = Default().Registration
			if c.set != nil {
				c.set(&b.Registration)
			}
		})
		t.Run(c.name, func(t *testing.T) { wantError(t, register(t, s, c.body), c.want) })
	}
	if a := register(t, s, native, "Authorization", "Bearer "+s.InitialToken()); a.status != http.StatusCreated {
		t.Errorf("with the initial token: %d %s", a.status, a.body)
	}
	s.Set(func(b *Behaviour) { b.Registration = Registrations{Secret: true, Unmanaged: true} })
	if a := register(t, s, native); a.text("client_secret") == "" || a.text("registration_access_token") != "" {
		t.Errorf("answer %s", a.body)
	}
}

// TestRevoke revokes by access token, by refresh token and by a stranger.
func TestRevoke(t *testing.T) {
	p := newSignIn(t, Options{})
	one, two := p.login(), p.login()
	revoke := func(token, client string) answer {
		return post(t, p.s.URL(Revoke), "token", token, "client_id", client)
	}
	wantError(t, revoke("", PublicClient), "invalid_request")
	wantError(t, revoke(one.RefreshToken, ConfidentialClient), "invalid_client")
	if a := revoke("unknown", PublicClient); a.status != http.StatusOK {
		t.Errorf("an unknown token: %d", a.status)
	}
	if revoke(one.AccessToken, PublicClient); p.s.Alive(one.AccessToken) || !p.s.Alive(one.RefreshToken) {
		t.Error("the access token alone must be revoked")
	}
	if revoke(two.RefreshToken, PublicClient); p.s.Alive(two.AccessToken) || p.s.Alive(two.RefreshToken) {
		t.Error("the family must be revoked")
	}
	introspect := func(token string, client ...string) answer {
		return post(t, p.s.URL(Introspect), append(client, "token", token)...)
	}
	wantError(t, introspect(one.RefreshToken, "client_id", PublicClient), "invalid_client")
	own := []string{"client_id", ConfidentialClient, "client_secret", p.s.Secret(ConfidentialClient)}
	if a := introspect(one.RefreshToken, own...); a.doc["active"] != true || a.text("username") != "ada" {
		t.Errorf("answer %s", a.body)
	}
	if a := introspect(two.RefreshToken, own...); a.doc["active"] != false {
		t.Errorf("answer %s", a.body)
	}
}
