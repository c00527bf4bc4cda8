package oauthtest

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// newIDToken signs an ID token (OpenID Connect Core, section 2). The lock must be
// held.
func (s *Server) newIDToken(b Behaviour, g *granted) string {
	rules, now := g.idToken, s.now()
	if rules.Raw != "" {
		return rules.Raw
	}
	user := g.family.user
	claims := map[string]any{
		"iss": s.Issuer(), "aud": g.family.client, "sub": subject(user), "iat": now.Unix(),
		"exp": now.Add(b.Tokens.Lifetime).Unix(), "auth_time": g.family.openTime.Unix(),
	}
	if g.family.nonce != "" {
		claims["nonce"] = g.family.nonce
	}
	for name, value := range person(user, g.family.scopes) {
		claims[name] = value
	}
	if rules.Expired {
		claims["exp"] = now.Add(-24 * time.Hour).Unix()
	}
	if b.Tokens.IDTokenPad > 0 {
		claims["filler"] = strings.Repeat("x", b.Tokens.IDTokenPad)
	}
	override(claims, rules.Override)
	value := s.sign(claims, rules.BadSignature)
	s.secrets = append(s.secrets, value)
	return value
}

// subject is the stable name of a person.
func subject(user string) string { return "person-" + user }

// person is what the scopes tell about somebody.
func person(user string, scopes []string) map[string]any {
	out := map[string]any{}
	for _, scope := range scopes {
		switch scope {
		case "profile":
			out["preferred_username"], out["name"] = user, strings.ToUpper(user[:1])+user[1:]
		case "email":
			out["email"], out["email_verified"] = user+"@example.test", true
			if strings.Contains(user, "@") {
				out["email"] = user
			}
		}
	}
	return out
}

func (s *Server) sign(claims map[string]any, bad bool) string {
	header, _ := json.Marshal(map[string]string{"alg": "ES256", "typ": "JWT", "kid": "first"})
	payload, err := json.Marshal(claims)
	if err != nil {
		payload = []byte("{}")
	}
	signed := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(signed))
	r, t, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		return signed + "."
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	t.FillBytes(signature[32:])
	if bad {
		signature[10] ^= 1
	}
	return signed + "." + encode(signature)
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// keys answers with the public key of ID tokens (RFC 7517).
func (s *Server) keys(c *call) {
	point, err := s.key.PublicKey.Bytes()
	if err != nil {
		http.Error(c.w, err.Error(), http.StatusInternalServerError)
		return
	}
	sendJSON(c.w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "first", "x": encode(point[1:33]), "y": encode(point[33:]),
	}}})
}

// userInfo answers who an access token speaks for.
func (s *Server) userInfo(c *call) {
	t, fault := s.tokenOf(c)
	if fault != nil {
		s.challenge(c, fault)
		return
	}
	doc := person(t.family.user, t.scopes)
	doc["sub"] = subject(t.family.user)
	sendJSON(c.w, http.StatusOK, doc)
}
