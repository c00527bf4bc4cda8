package oauthflow

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

// What a token response gives can stand in a header, and lives a sane time.
func FuzzTokenResponse(f *testing.F) {
	f.Add("application/json", `{"access_token":"a","token_type":"bearer","expires_in":"3600","scope":"a b"}`)
	f.Add("application/json", `{"access_token":"a","expires_in":1e400,"scope":["a","b"],"refresh_token":"b"}`)
	f.Add("application/x-www-form-urlencoded", "access_token=a&scope=repo%2Cgist&token_type=bearer")
	f.Add("text/plain", "error=x&error_description=y")
	f.Add("", `{"error":{"code":"x","message":"`+"\x1b"+`"}}`)
	f.Fuzz(func(t *testing.T, kind, body string) {
		a := &answer{host: "as.example", status: 400, header: http.Header{"Content-Type": {kind}}, body: []byte(body)}
		e := a.refusal("exchange", nil, time.Time{})
		harmless(t, e.Code, maxCode)
		harmless(t, e.Description, maxDescription)
		g, err := readGranted(a, time.Unix(1000, 0))
		if err != nil {
			harmless(t, err.Error(), 200)
			return
		}
		for _, v := range []string{g.access.Reveal(), g.refresh.Reveal()} {
			if strings.ContainsFunc(v, notPlain) || len(v) > maxToken {
				t.Fatalf("token %q", v)
			}
		}
		if g.access.IsZero() || g.life < 0 || g.life > 10*366*24*time.Hour || checkScopes(g.scopes) != nil {
			t.Fatalf("%+v", g)
		}
	})
}

// harmless fails the test when a terminal or a model would do something with a text
// of a server.
func harmless(t *testing.T, text string, most int) {
	t.Helper()
	if n := utf8.RuneCountInString(text); n > most+1 || !utf8.ValidString(text) {
		t.Fatalf("%d characters: %q", n, text)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Fatalf("%q", text)
	}
}

// Metadata that are accepted are the issuer's, and every address in them is one that
// may be asked.
func FuzzMetadata(f *testing.F) {
	f.Add(`{"issuer":"https://as.example","token_endpoint":"https://as.example/t","code_challenge_methods_supported":["S256"]}`)
	f.Add(`{"issuer":"https://as.example","authorization_endpoint":"javascript:x"}`)
	f.Add(`{"issuer":"https://as.example","token_endpoint":"https://10.0.0.1/t"}`)
	f.Add(`{"issuer":"https://as.example","token_endpoint":7,"scopes_supported":"x"}`)
	f.Add(`{"issuer":"https://as.example/","registration_endpoint":"http://127.0.0.1/"}`)
	f.Add(`{"resource":"https://as.example","authorization_servers":["https://as.example"]}`)
	flow, err := New(Config{Issuer: "https://as.example", API: "https://as.example"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := &answer{host: "as.example", status: 200, header: http.Header{}, body: []byte(body)}
		s := &Server{Issuer: "https://as.example"}
		if err := flow.readServer(s, a, ""); err != nil {
			harmless(t, err.Error(), 1000)
		} else {
			for name, address := range s.Endpoints.byName() {
				if address == "" {
					continue
				}
				if u, err := flow.net.check(address, ""); err != nil || u.Scheme != "https" || outbound.Private(u.Hostname()) {
					t.Fatalf("%s %q", name, address)
				}
			}
		}
		m, err := flow.readResource(a, place{is: []string{"https://as.example"}})
		if err == nil && m.resource != "https://as.example" && m.resource != "https://as.example/" {
			t.Fatalf("%+v", m)
		}
	})
}

// An ID token that is accepted is of the issuer, for the client, and names somebody
// harmlessly.
func FuzzIDToken(f *testing.F) {
	const issuer, nonce = "https://as.example", "nonce-1"
	f.Add(idToken(issuer, nonce, nil))
	f.Add(idToken(issuer, "other", nil))
	f.Add(idToken("", nonce, map[string]any{"aud": []string{"client", "x"}, "email": "a\x1b"}))
	f.Add("a.b.c")
	f.Add("e30.e30.")
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		now := time.Now()
		who, err := readIDToken(token, expected{issuer: issuer, clientID: "client", nonce: nonce, now: now})
		if err != nil {
			harmless(t, err.Error(), 200)
			return
		}
		harmless(t, who, 200)
		if _, err := readIDToken(token, expected{issuer: issuer, clientID: "client", nonce: "another", now: now}); err == nil || who == "" {
			t.Fatalf("accepted for any sign-in: %q", token)
		}
	})
}

// A DNS name, an address and a URL never end in a panic, and what passes is plain.
func FuzzAddress(f *testing.F) {
	for _, address := range []string{"https://as.example/", "http://localhost:1/x", "http://[::1%25a]/", "https://a@b/", "https://[::ffff:10.0.0.1]/"} {
		f.Add(address, "http://127.0.0.1/")
	}
	n := newNetwork(Network{Named: []string{"127.0.0.1"}})
	f.Fuzz(func(t *testing.T, address, from string) {
		u, err := n.check(address, from)
		if err != nil {
			return
		}
		host := u.Hostname()
		if u.User != nil || strings.ContainsFunc(address, notPlain) || u.Scheme != "https" && (u.Scheme != "http" || !outbound.Loopback(host)) ||
			outbound.Private(host) && !outbound.Loopback(host) {
			t.Fatalf("%q from %q", address, from)
		}
	})
}
