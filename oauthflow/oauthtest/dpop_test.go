package oauthtest

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// exchange exchanges a fresh code with a proof.
func (p *prover) exchange(in *signIn, proof string) answer {
	verifier := oauth2.GenerateVerifier()
	return post(p.t, p.s.URL(Token), "DPoP", proof, "grant_type", "authorization_code", "client_id", PublicClient,
		"code", in.callback(verifier).Get("code"), "redirect_uri", in.config.RedirectURL, "code_verifier", verifier)
}

// TestDPoP binds tokens to a key and refuses what RFC 9449 wants refused.
func TestDPoP(t *testing.T) {
	in := newSignIn(t, Options{})
	s := in.s
	p, thief := newProver(t, s), newProver(t, s)
	proof := p.proof("POST", s.URL(Token), "", "", nil)
	first := p.exchange(in, proof)
	if first.text("token_type") != "DPoP" {
		t.Fatalf("answer %d %s", first.status, first.body)
	}
	wantError(t, p.exchange(in, proof), "invalid_dpop_proof")
	if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], "twice") {
		t.Errorf("violations %q", v)
	}
	access := first.text("access_token")
	address := s.API() + "/thing"
	for _, c := range []struct {
		name, scheme, proof string
		status              int
	}{
		{"good", "DPoP", p.proof("GET", address, access, "", nil), 200},
		{"query is not part of htu", "DPoP", p.proof("GET", address+"?x=1", access, "", nil), 401},
		{"bearer", "Bearer", "", 401},
		{"no proof", "DPoP", "", 401},
		{"other key", "DPoP", thief.proof("GET", address, access, "", nil), 401},
		{"other method", "DPoP", p.proof("POST", address, access, "", nil), 401},
		{"no token hash", "DPoP", p.proof("GET", address, access, "", map[string]any{"ath": nil}), 401},
		{"no id", "DPoP", p.proof("GET", address, access, "", map[string]any{"jti": nil}), 401},
		{"old", "DPoP", p.proof("GET", address, access, "", map[string]any{"iat": 1}), 401},
	} {
		header := []string{"Authorization", c.scheme + " " + access}
		if c.proof != "" {
			header = append(header, "DPoP", c.proof)
		}
		if a := get(t, address+"?x=1", header...); a.status != c.status {
			t.Errorf("%s: answer %d %s, want %d", c.name, a.status, a.body, c.status)
		}
	}
	refresh := []string{"grant_type", "refresh_token", "client_id", PublicClient, "refresh_token", first.text("refresh_token")}
	wantError(t, post(t, s.URL(Token), refresh...), "invalid_grant")
	wantError(t, post(t, s.URL(Token), append(refresh, "DPoP", thief.proof("POST", s.URL(Token), "", "", nil))...), "invalid_grant")
	if a := post(t, s.URL(Token), append(refresh, "DPoP", p.proof("POST", s.URL(Token), "", "", nil))...); a.status != 200 {
		t.Errorf("refresh answered %d %s", a.status, a.body)
	}
}

// TestDPoPNonces meets servers that demand nonces, and ones that downgrade.
func TestDPoPNonces(t *testing.T) {
	in := newSignIn(t, Options{Set: func(b *Behaviour) {
		b.DPoP.Require, b.DPoP.ServerNonce, b.DPoP.APINonce = true, true, true
	}})
	s := in.s
	p := newProver(t, s)
	wantError(t, post(t, s.URL(Token), "grant_type", "refresh_token", "client_id", PublicClient), "invalid_dpop_proof")
	asked := p.exchange(in, p.proof("POST", s.URL(Token), "", "", nil))
	wantError(t, asked, "use_dpop_nonce")
	nonce := asked.header.Get("DPoP-Nonce")
	good := p.exchange(in, p.proof("POST", s.URL(Token), "", nonce, nil))
	if good.status != 200 || good.header.Get("DPoP-Nonce") != "" {
		t.Fatalf("answer %d %s", good.status, good.body)
	}
	access := good.text("access_token")
	a := get(t, s.API(), "Authorization", "DPoP "+access, "DPoP", p.proof("GET", s.API(), access, "", nil))
	if a.status != http.StatusUnauthorized || !strings.Contains(a.header.Get("WWW-Authenticate"), `error="use_dpop_nonce"`) || a.header.Get("DPoP-Nonce") == "" {
		t.Errorf("answer %d %v", a.status, a.header)
	}
	nonce = a.header.Get("DPoP-Nonce")
	s.Set(func(b *Behaviour) { b.DPoP.RenewNonce = true })
	a = get(t, s.API(), "Authorization", "DPoP "+access, "DPoP", p.proof("GET", s.API(), access, nonce, nil))
	if a.status != 200 || a.header.Get("DPoP-Nonce") == "" {
		t.Errorf("answer %d %v", a.status, a.header)
	}
	s.ExpireNonces()
	a = get(t, s.API(), "Authorization", "DPoP "+access, "DPoP", p.proof("GET", s.API(), access, a.header.Get("DPoP-Nonce"), nil))
	if a.status != 401 {
		t.Errorf("an expired nonce is accepted: %d", a.status)
	}
	s.Set(func(b *Behaviour) { b.DPoP.Downgrade, b.DPoP.ServerNonce = true, false })
	if a := p.exchange(in, p.proof("POST", s.URL(Token), "", "", nil)); a.text("token_type") != "Bearer" {
		t.Errorf("answer %s", a.body)
	}
}
