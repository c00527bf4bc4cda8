package oauthtest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// TestCode signs somebody in through the page and uses the token.
func TestCode(t *testing.T) {
	p := newSignIn(t, Options{})
	token := p.login(oauth2.SetAuthURLParam("login_hint", "grace"))
	if token.Type() != "Bearer" || token.RefreshToken == "" || token.Extra("id_token") == nil || time.Until(token.Expiry) < 59*time.Minute {
		t.Errorf("token %+v", token)
	}
	a := get(t, p.s.API()+"/anything?x=1", "Authorization", "Bearer "+token.AccessToken)
	if a.status != http.StatusOK || a.text("user") != "grace" {
		t.Errorf("API answered %d %s", a.status, a.body)
	}
	u := get(t, p.s.URL(UserInfo), "Authorization", "Bearer "+token.AccessToken)
	if u.text("sub") != "person-grace" {
		t.Errorf("userinfo answered %s", u.body)
	}
	if v := p.s.Violations(); len(v) != 0 {
		t.Errorf("violations %q", v)
	}
	for _, secret := range []string{token.AccessToken, token.RefreshToken} {
		if !strings.Contains(secret, Marker) || !slices.Contains(p.s.Secrets(), secret) {
			t.Errorf("%q is no canary", secret)
		}
	}
	if p.s.Count(Token) != 1 || p.s.Grants("authorization_code") != 1 || p.s.Requests(API)[0].Query.Get("x") != "1" {
		t.Errorf("requests %+v", p.s.Requests())
	}
}

// TestCodeIsForOnce checks that a second use takes the tokens of the first along.
func TestCodeIsForOnce(t *testing.T) {
	p := newSignIn(t, Options{})
	verifier := oauth2.GenerateVerifier()
	code := p.callback(verifier).Get("code")
	token, err := p.config.Exchange(p.ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.config.Exchange(p.ctx, code, oauth2.VerifierOption(verifier))
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
		t.Errorf("second exchange: %v", err)
	}
	if p.s.Alive(token.AccessToken) || p.s.Alive(token.RefreshToken) {
		t.Error("the tokens of the first exchange still work")
	}
}

// TestExchangeRefusals are exchanges that must not work.
func TestExchangeRefusals(t *testing.T) {
	verifier := strings.Repeat("v", 43)
	for _, c := range []struct {
		name    string
		change  map[string]string
		advance time.Duration
		want    string
	}{
		{"wrong verifier", map[string]string{"code_verifier": strings.Repeat("w", 43)}, 0, "invalid_grant"},
		{"no verifier", map[string]string{"code_verifier": ""}, 0, "invalid_grant"},
		{"short verifier", map[string]string{"code_verifier": "v"}, 0, "invalid_grant"},
		{"other redirect", map[string]string{"redirect_uri": "http://127.0.0.1:1/oauth/callback"}, 0, "invalid_grant"},
		{"other client", map[string]string{"client_id": "nobody"}, 0, "invalid_client"},
		{"late", nil, 2 * time.Minute, "invalid_grant"},
		{"unknown resource", map[string]string{"resource": "https://elsewhere.example"}, 0, "invalid_target"},
		{"unknown grant", map[string]string{"grant_type": "password"}, 0, "unsupported_grant_type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newSignIn(t, Options{})
			form := map[string]string{
				"grant_type": "authorization_code", "client_id": PublicClient, "redirect_uri": p.config.RedirectURL,
				"code": p.callback(verifier).Get("code"), "code_verifier": verifier,
			}
			for name, value := range c.change {
				form[name] = value
			}
			var pairs []string
			for name, value := range form {
				pairs = append(pairs, name, value)
			}
			p.s.Advance(c.advance)
			wantError(t, post(t, p.s.URL(Token), pairs...), c.want)
		})
	}
}

// TestAuthorizeRefusals are requests that the authorization endpoint refuses, on a
// page or at the redirect address.
func TestAuthorizeRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		option oauth2.AuthCodeOption
		set    func(*Behaviour)
		want   string // an error at the callback; empty: a page
	}{
		{"client", oauth2.SetAuthURLParam("client_id", "nobody"), nil, ""},
		{"redirect path", oauth2.SetAuthURLParam("redirect_uri", "http://127.0.0.1:1/elsewhere"), nil, ""},
		{"redirect host", oauth2.SetAuthURLParam("redirect_uri", "http://10.0.0.1/oauth/callback"), nil, ""},
		{"exact port", nil, func(b *Behaviour) { b.Authorization.ExactPort = true }, ""},
		{"implicit", oauth2.SetAuthURLParam("response_type", "token"), nil, "unsupported_response_type"},
		{"plain", oauth2.SetAuthURLParam("code_challenge_method", "plain"), nil, "invalid_request"},
		{"S256 refused", nil, func(b *Behaviour) { b.Authorization.RefuseS256 = true }, "invalid_request"},
		{"no challenge", oauth2.SetAuthURLParam("code_challenge", ""), nil, "invalid_request"},
		{"scope", oauth2.SetAuthURLParam("scope", "everything"), nil, "invalid_scope"},
		{"resource needed", nil, func(b *Behaviour) { b.Authorization.NeedResource = true }, "invalid_target"},
		{"resource refused", oauth2.SetAuthURLParam("resource", "https://a.example"), func(b *Behaviour) { b.Authorization.RefuseResource = true }, "invalid_target"},
		{"fragment", oauth2.SetAuthURLParam("resource", "https://a.example/#x"), nil, "invalid_target"},
		{"ordered", nil, func(b *Behaviour) { b.Authorization.Error = "temporarily_unavailable" }, "temporarily_unavailable"},
		{"pushed only", nil, func(b *Behaviour) { b.Push.Required = true }, "invalid_request"},
		{"denied", nil, func(b *Behaviour) { b.Consent = Deny }, "access_denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newSignIn(t, Options{})
			if c.set != nil {
				p.s.Set(c.set)
			}
			options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(oauth2.GenerateVerifier())}
			if c.option != nil {
				options = append(options, c.option)
			}
			v, err := Browser(nil, p.config.AuthCodeURL("s", options...), func(r *Robot) { r.Callback = func(string) string { return "" } })
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && (v.Callback != "" || v.Status != http.StatusBadRequest) {
				t.Errorf("callback %q, status %d", v.Callback, v.Status)
			}
			if c.want != "" && !strings.Contains(v.Callback, "error="+c.want+"&") {
				t.Errorf("callback %q, want %s; page %s", v.Callback, c.want, v.Page)
			}
		})
	}
}

// TestISS checks the four ways of RFC 9207, for success and for errors.
func TestISS(t *testing.T) {
	for _, advertised := range []bool{true, false} {
		for _, iss := range []ISS{ISSRight, ISSAbsent, ISSWrong, ISSSlash} {
			for _, decision := range []Decision{Allow, Deny} {
				p := newSignIn(t, Options{Set: func(b *Behaviour) {
					b.Authorization.ISSAdvertised, b.Authorization.ISS, b.Consent = advertised, iss, decision
				}})
				q := p.callback(oauth2.GenerateVerifier())
				want := [...]string{p.s.Issuer(), "", p.s.Other(), p.s.Issuer() + "/"}[iss]
				if q.Get("iss") != want || q.Has("iss") == (iss == ISSAbsent) || q.Has("code") != (decision == Allow) {
					t.Errorf("%v %v %v: %v", advertised, iss, decision, q)
				}
				doc := get(t, p.s.URL(MetadataOAuth)).doc
				if said, _ := doc["authorization_response_iss_parameter_supported"].(bool); said != advertised {
					t.Errorf("advertised %v, want %v", said, advertised)
				}
			}
		}
	}
}

// TestClientCredentials uses each way of authentication.
func TestClientCredentials(t *testing.T) {
	s := start(t, Options{})
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		config := clientcredentials.Config{
			ClientID: ConfidentialClient, ClientSecret: s.Secret(ConfidentialClient), TokenURL: s.URL(Token), Scopes: []string{"read"}, AuthStyle: style,
		}
		token, err := config.Token(t.Context())
		if err != nil || token.RefreshToken != "" || !s.Alive(token.AccessToken) {
			t.Errorf("token %+v, %v", token, err)
		}
	}
	s.Set(func(b *Behaviour) { b.Clients.Methods = []string{"client_secret_basic"} })
	wantError(t, post(t, s.URL(Token), "grant_type", "client_credentials", "client_id", ConfidentialClient, "client_secret", s.Secret(ConfidentialClient)), "invalid_client")
	wantError(t, post(t, s.URL(Token), "grant_type", "client_credentials", "client_id", PublicClient), "invalid_client")
	s.Set(func(b *Behaviour) { b.Clients.Methods = Default().Clients.Methods })
	wantError(t, post(t, s.URL(Token), "grant_type", "client_credentials", "client_id", PublicClient), "unauthorized_client")
}

// TestBurnOnBasic is the server that loses the code to x/oauth2's first guess.
func TestBurnOnBasic(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) { b.Clients.BurnOnBasic = true }})
	p.config.Endpoint.AuthStyle = oauth2.AuthStyleAutoDetect
	verifier := oauth2.GenerateVerifier()
	code := p.callback(verifier).Get("code")
	if _, err := p.config.Exchange(p.ctx, code, oauth2.VerifierOption(verifier)); err == nil {
		t.Error("the exchange worked")
	}
	if p.s.Count(Token) != 2 || len(p.s.Violations()) == 0 {
		t.Errorf("%d requests, violations %q", p.s.Count(Token), p.s.Violations())
	}
}
