package oauthtest

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// TestTokenShapes changes the token endpoint's answer.
func TestTokenShapes(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*Behaviour)
		check func(a answer) bool
	}{
		{"no expires_in", func(b *Behaviour) { b.Tokens.OmitExpiresIn = true }, func(a answer) bool { return a.doc["expires_in"] == nil }},
		{"expires_in as text", func(b *Behaviour) { b.Tokens.StringExpiresIn = true }, func(a answer) bool { return a.text("expires_in") == "3600" }},
		{"form", func(b *Behaviour) { b.Tokens.FormUnlessAsked = true }, func(a answer) bool {
			form, err := url.ParseQuery(a.body)
			return err == nil && strings.HasPrefix(form.Get("access_token"), Marker) && strings.Contains(a.header.Get("Content-Type"), "form")
		}},
		{"type", func(b *Behaviour) { b.Tokens.Type = "mac" }, func(a answer) bool { return a.text("token_type") == "mac" }},
		{"narrower", func(b *Behaviour) { b.Tokens.Grant = []string{"openid"} }, func(a answer) bool { return a.text("scope") == "openid" }},
		{"scope not said", func(b *Behaviour) { b.Tokens.OmitScope = true }, func(a answer) bool { return a.doc["scope"] == nil }},
		{"no refresh", func(b *Behaviour) { b.Tokens.NoRefresh = true }, func(a answer) bool { return a.doc["refresh_token"] == nil && a.text("access_token") != "" }},
		{"offline parameter missing", func(b *Behaviour) { b.Tokens.OfflineParameters = url.Values{"access_type": {"offline"}} }, func(a answer) bool { return a.doc["refresh_token"] == nil }},
		{"huge", func(b *Behaviour) { b.Tokens.Pad = 5 << 20 }, func(a answer) bool { return len(a.body) > 5<<20 }},
		{"large tokens", func(b *Behaviour) { b.Tokens.AccessPad, b.Tokens.RefreshPad = 3000, 16000 }, func(a answer) bool {
			return len(a.text("access_token")) > 3000 && len(a.text("refresh_token")) > 16000
		}},
		{"malformed", func(b *Behaviour) { b.Tokens.Raw = `{"access_token":` }, func(a answer) bool { return a.body == `{"access_token":` }},
		{"content type", func(b *Behaviour) { b.Tokens.ContentType = "text/html" }, func(a answer) bool {
			return a.text("access_token") != "" && a.header.Get("Content-Type") == "text/html"
		}},
		{"no ID token", func(b *Behaviour) { b.LoginIDToken.Omit = true }, func(a answer) bool { return a.doc["id_token"] == nil }},
	} {
		p := newSignIn(t, Options{Set: c.set})
		verifier := oauth2.GenerateVerifier()
		a := post(t, p.s.URL(Token), "grant_type", "authorization_code", "client_id", PublicClient, "redirect_uri", p.config.RedirectURL,
			"code", p.callback(verifier).Get("code"), "code_verifier", verifier)
		if a.status != 200 || !c.check(a) {
			t.Errorf("%s: %d %.400s", c.name, a.status, a.body)
		}
	}
}

// TestIDTokens reads claims at login and at refresh.
func TestIDTokens(t *testing.T) {
	claims := func(token *oauth2.Token) map[string]any {
		text, _ := token.Extra("id_token").(string)
		parts := strings.Split(text, ".")
		var doc map[string]any
		if len(parts) == 3 {
			data, _ := base64.RawURLEncoding.DecodeString(parts[1])
			_ = json.Unmarshal(data, &doc)
		}
		return doc
	}
	p := newSignIn(t, Options{})
	p.config.Scopes = append(p.config.Scopes, "email", "profile")
	token := p.login()
	c := claims(token)
	if c["iss"] != p.s.Issuer() || c["aud"] != PublicClient || c["nonce"] != p.s.Requests(Authorize)[0].Query.Get("nonce") || c["email"] != "ada@example.test" || c["name"] != "Ada" {
		t.Errorf("claims %v", c)
	}
	p.s.Set(func(b *Behaviour) {
		b.RefreshIDToken = IDToken{Expired: true, Override: map[string]any{"iss": "https://elsewhere.example", "aud": nil}}
	})
	renewed, err := p.renew(token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	c = claims(renewed)
	if exp, _ := c["exp"].(float64); c["iss"] != "https://elsewhere.example" || c["aud"] != nil || int64(exp) > time.Now().Unix() {
		t.Errorf("claims at refresh %v", c)
	}
	if keys := get(t, p.s.URL(Keys)); !strings.Contains(keys.body, `"kid":"first"`) {
		t.Errorf("keys %s", keys.body)
	}
}

// TestTokenExchange is RFC 8693, right and wrong.
func TestTokenExchange(t *testing.T) {
	p := newSignIn(t, Options{})
	token := p.login()
	ask := func() answer {
		return post(t, p.s.URL(Token), "grant_type", exchangeGrant, "client_id", ConfidentialClient, "client_secret", p.s.Secret(ConfidentialClient),
			"subject_token", token.AccessToken, "subject_token_type", accessTokenType, "scope", "read")
	}
	if a := ask(); a.text("issued_token_type") != accessTokenType || a.text("scope") != "read" {
		t.Errorf("answer %d %s", a.status, a.body)
	}
	p.s.Set(func(b *Behaviour) { b.Tokens.IssuedType = "urn:ietf:params:oauth:token-type:jwt" })
	if a := ask(); a.text("issued_token_type") == accessTokenType {
		t.Errorf("answer %s", a.body)
	}
	p.s.Kill(token.AccessToken)
	wantError(t, ask(), "invalid_request")
}

// TestQuirks are parameters that only some servers want.
func TestQuirks(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) {
		b.Authorization.ScopeParameter = "user_scope"
		b.Authorization.NeedParameters = url.Values{"audience": {"books"}}
	}})
	if q := p.callback(oauth2.GenerateVerifier()); q.Get("error") != "invalid_request" {
		t.Errorf("callback %v", q)
	}
	token := p.login(oauth2.SetAuthURLParam("audience", "books"), oauth2.SetAuthURLParam("user_scope", "write"))
	if token.Extra("scope") != "write" {
		t.Errorf("scope %v", token.Extra("scope"))
	}
}
