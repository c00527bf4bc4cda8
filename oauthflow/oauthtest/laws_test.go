package oauthtest

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// FuzzRedirect: a redirect address is allowed only if it is registered, or differs
// from a registered loopback one in nothing but the port.
func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{
		"http://127.0.0.1:80/oauth/callback", "http://127.0.0.1/oauth/callback", "http://[::1]:1/oauth/callback", "http://localhost/oauth/callback?x",
		"http://127.0.0.1@evil.example/oauth/callback", "http://127.0.0.1:1/oauth/callback#x", "https://127.0.0.1/oauth/callback",
		"http://127.0.0.1.evil.example/oauth/callback", "com.example:/cb", "//127.0.0.1/oauth/callback", "http://127.0.0.1:x/oauth/callback", "",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	c := &Client{Redirects: []string{"http://127.0.0.1/oauth/callback", "http://[::1]/oauth/callback", "com.example:/cb"}}
	f.Fuzz(func(t *testing.T, redirect string, exact bool) {
		if !redirectAllowed(c, redirect, exact) {
			return
		}
		for _, known := range c.Redirects {
			if redirect == known {
				return
			}
		}
		u, err := url.Parse(redirect)
		if err != nil || exact || !loopback(u.Hostname()) || u.Scheme != "http" || u.EscapedPath() != "/oauth/callback" ||
			u.RawQuery != "" || u.User != nil || strings.Contains(redirect, "#") {
			t.Errorf("%q is allowed (exact %v)", redirect, exact)
		}
	})
}

// FuzzProof: whatever is sent as a proof, the judge neither panics nor accepts what
// has no signature of its key.
func FuzzProof(f *testing.F) {
	f.Add("")
	f.Add("..")
	f.Add("e30.e30.")
	f.Add("eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoiQSIsInkiOiJBIn19.e30.AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if _, jkt, problem := parseProof(text); (jkt == "") != (problem != "") || problem == "" {
			t.Errorf("%q is accepted for key %q", text, jkt)
		}
	})
}

// TestViolations are manners that the server notes and forgives.
func TestViolations(t *testing.T) {
	verifier := oauth2.GenerateVerifier()
	for _, c := range []struct {
		name string
		do   func(p *signIn)
		want string
	}{
		{"careful", func(p *signIn) { p.login() }, ""},
		{"no nonce", func(p *signIn) { get(p.t, p.config.AuthCodeURL(verifier)) }, "nonce"},
		{"short state", func(p *signIn) { p.config.Scopes = nil; get(p.t, p.config.AuthCodeURL("s")) }, "state"},
		{"verifier twice", func(p *signIn) { p.callback(verifier); p.callback(verifier) }, "code_challenge of an earlier"},
		{"query", func(p *signIn) { post(p.t, p.s.URL(Token)+"?x=1") }, "in the query"},
		{"password grant", func(p *signIn) {
			post(p.t, p.s.URL(Token), "grant_type", "password", "client_id", PublicClient)
		}, "password grant"},
		{"public basic", func(p *signIn) { post(p.t, p.s.URL(Token), "Authorization", "Basic ZGVza3RvcDo=") }, "public client"},
		{"bearer", func(p *signIn) {
			post(p.t, p.s.URL(Token), "Authorization", "Bearer x", "client_id", PublicClient)
		}, "another scheme"},
		{"twice", func(p *signIn) {
			wantError(p.t, post(p.t, p.s.URL(Token), "scope", "a", "scope", "b"), "invalid_request")
		}, ""},
		{"GET", func(p *signIn) { wantError(p.t, get(p.t, p.s.URL(Token)), "invalid_request") }, ""},
	} {
		p := newSignIn(t, Options{})
		c.do(p)
		if v := strings.Join(p.s.Violations(), "\n"); (c.want == "") != (v == "") || !strings.Contains(v, c.want) {
			t.Errorf("%s: violations %q, want %q", c.name, v, c.want)
		}
	}
}
