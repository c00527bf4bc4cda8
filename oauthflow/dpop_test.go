package oauthflow

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

type proofClaims struct {
	JTI, HTM, HTU, Nonce, ATH string
	IAT                       int64
}

// readProof checks a proof's signature with the key in its header, as a server does,
// and returns its claims and the key's thumbprint (RFC 7638).
func readProof(t *testing.T, text string) (proofClaims, string) {
	t.Helper()
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("no JWT: %q", text)
	}
	var header struct {
		Typ, Alg string
		JWK      struct{ Kty, Crv, X, Y, D string }
	}
	var claims proofClaims
	for i, v := range []any{&header, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(b, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if header.Typ != "dpop+jwt" || header.Alg != "ES256" || header.JWK.Kty != "EC" || header.JWK.Crv != "P-256" || header.JWK.D != "" {
		t.Errorf("header %+v", header)
	}
	x, _ := base64.RawURLEncoding.DecodeString(header.JWK.X)
	y, _ := base64.RawURLEncoding.DecodeString(header.JWK.Y)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		t.Fatal(err)
	}
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(signature) != 64 || !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature is not the key's")
	}
	print := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + header.JWK.X + `","y":"` + header.JWK.Y + `"}`))
	return claims, b64(print[:])
}

func TestProofOfAToken(t *testing.T) {
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	token := Token{Access: secret.New("access-1"), Key: key}
	now := time.Unix(1234, 0)
	text, err := token.Proof("get", "https://api.example.com/v1/a%2Fb?q=1#f", "nonce-1", now)
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := readProof(t, text)
	sum := sha256.Sum256([]byte("access-1"))
	if want := (proofClaims{JTI: claims.JTI, HTM: "GET", HTU: "https://api.example.com/v1/a%2Fb", Nonce: "nonce-1", ATH: b64(sum[:]), IAT: 1234}); claims != want {
		t.Errorf("claims %+v, want %+v", claims, want)
	}
	again, _ := token.Proof("GET", "https://api.example.com/v1", "", now)
	if other, _ := readProof(t, again); other.JTI == claims.JTI || other.JTI == "" || other.Nonce != "" {
		t.Errorf("claims %+v", other)
	}
	for name, bad := range map[string]Token{"no key": {}, "no base64": {Key: secret.New("*")}, "no key in it": {Key: secret.New("AAAA")}} {
		_, err := bad.Proof("GET", "https://api.example.com", "", now)
		if e := wants(t, err, Configuration); strings.Contains(e.Error(), "AAAA") {
			t.Errorf("%s: %v", name, e)
		}
	}
	_, err = token.Proof("GET", "/v1", "", now)
	wants(t, err, Configuration)
}

// demanding makes the token endpoint want a proof with the nonce n-1, n-2, … that it
// told last, and a jti that it has not seen.
func (s *server) demanding(t *testing.T) *[]string {
	seen := map[string]bool{}
	var thumbprints []string
	nonce := 0
	s.on("/token", func(w http.ResponseWriter, r *http.Request) {
		claims, print := readProof(t, r.Header.Get("DPoP"))
		if seen[claims.JTI] || claims.HTM != "POST" || claims.HTU != s.URL+"/token" || claims.ATH != "" {
			t.Errorf("claims %+v", claims)
		}
		seen[claims.JTI] = true
		w.Header().Set("DPoP-Nonce", fmt.Sprint("n-", nonce+1))
		if claims.Nonce != fmt.Sprint("n-", nonce) || nonce == 0 {
			nonce++
			write(w, 400, map[string]any{"error": "use_dpop_nonce"})
			return
		}
		nonce++
		thumbprints = append(thumbprints, print)
		write(w, 200, s.token)
	})
	return &thumbprints
}

func TestDPoP(t *testing.T) {
	s := newServer(t)
	s.token["token_type"] = "dPoP"
	prints := s.demanding(t)
	f := s.flow(t, func(c *Config) { c.DPoP = true })
	token, err := begin(t, f).exchange(t.Context(), "code-1")
	if err != nil || token.Type != "DPoP" || token.Key.IsZero() {
		t.Fatalf("%+v, %v", token, err)
	}
	if n := len(s.of("/token")); n != 2 {
		t.Errorf("asked %d times", n)
	}
	if token, err = f.Refresh(t.Context(), token); err != nil || token.Type != "DPoP" || token.Key.IsZero() {
		t.Fatalf("%+v, %v", token, err)
	}
	if n := len(s.of("/token")); n != 3 {
		t.Errorf("asked %d times: the nonce is not kept", n)
	}
	// Another process has the key from the record, and no nonce.
	if _, err = s.flow(t).Refresh(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if p := *prints; len(p) != 3 || p[0] != p[1] || p[1] != p[2] {
		t.Errorf("keys %v", p)
	}
	if other, err := begin(t, f).exchange(t.Context(), "code-2"); err != nil || other.Key == token.Key {
		t.Errorf("the key of another sign-in is used: %v", err)
	}
}

func TestDPoPNonceOnce(t *testing.T) {
	s := newServer(t)
	s.on("/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("DPoP-Nonce", "n")
		write(w, 400, map[string]any{"error": "use_dpop_nonce"})
	})
	_, err := begin(t, s.flow(t, func(c *Config) { c.DPoP = true })).exchange(t.Context(), "c")
	if e := wants(t, err, Refused); e.Code != "use_dpop_nonce" || len(s.of("/token")) != 2 {
		t.Errorf("%v after %d requests", e, len(s.of("/token")))
	}
	_, err = begin(t, s.flow(t)).exchange(t.Context(), "c")
	if wants(t, err, Refused); len(s.of("/token")) != 3 {
		t.Error("a flow without DPoP follows a nonce")
	}
}

func TestDowngradeIsRefused(t *testing.T) {
	s := newServer(t)
	f := s.flow(t, func(c *Config) { c.DPoP = true })
	token, err := begin(t, f).exchange(t.Context(), "c")
	wants(t, err, Unusable)
	if !token.Access.IsZero() || len(s.of("/revoke")) != 2 {
		t.Errorf("%+v, asked %s", token, s.paths())
	}
	s.meta["dpop_signing_alg_values_supported"] = []string{"RS256"}
	_, err = s.flow(t, func(c *Config) { c.DPoP = true }).begin(t.Context(), callback, nil)
	wants(t, err, Unusable)
}
