package oauthtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// proof is the payload of a DPoP proof (RFC 9449, section 4.2).
type proof struct {
	ID     string `json:"jti"`
	Method string `json:"htm"`
	URL    string `json:"htu"`
	Issued int64  `json:"iat"`
	Hash   string `json:"ath"`
	Nonce  string `json:"nonce"`
}

// tokenProof checks the proof of a request to the token endpoint and returns the
// thumbprint of its key, empty without a proof.
func (s *Server) tokenProof(c *call) (string, *refusal) {
	headers := c.r.Header.Values("DPoP")
	if len(headers) == 0 && !c.b.DPoP.Require {
		return "", nil
	}
	jkt, problem := s.checkProof(c, "", c.b.DPoP.ServerNonce)
	switch problem {
	case "":
		return jkt, nil
	case needNonce:
		return "", refuse("use_dpop_nonce", "a nonce is required")
	default:
		return "", refuse("invalid_dpop_proof", problem)
	}
}

// address is what htu must be: the request's address without query and fragment.
func address(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host + r.URL.EscapedPath()
	}
	return "http://" + r.Host + r.URL.EscapedPath()
}

// needNonce is the problem of a proof without a good nonce.
const needNonce = "nonce"

// checkProof checks the proof of a request and returns the thumbprint of its key, or
// what is wrong. It hands out a nonce where one is needed.
func (s *Server) checkProof(c *call, accessToken string, nonce bool) (jkt, problem string) {
	headers := c.r.Header.Values("DPoP")
	if len(headers) != 1 {
		return "", "one DPoP header is required"
	}
	p, jkt, problem := parseProof(headers[0])
	if problem != "" {
		return "", problem
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if problem := s.checkClaims(c, p, accessToken); problem != "" {
		return "", problem
	}
	if s.proofs[jkt+" "+p.ID] {
		s.violate("dpop: a proof was sent twice")
		return "", "the proof was used before"
	}
	s.proofs[jkt+" "+p.ID] = true
	if nonce && !s.checkNonce(c, p.Nonce) {
		return "", needNonce
	}
	return jkt, ""
}

// checkClaims judges the payload of a proof.
func (s *Server) checkClaims(c *call, p proof, accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	age := s.now().Unix() - p.Issued
	switch {
	case p.ID == "":
		return "jti is missing"
	case p.Method != c.r.Method:
		return "htm differs"
	case p.URL != address(c.r):
		return "htu differs"
	case age > 300 || age < -300:
		return "iat is too far from now"
	case accessToken != "" && p.Hash != encode(sum[:]):
		return "ath differs"
	}
	return ""
}

// checkNonce reports whether a nonce was handed out by this origin and is still good.
// It hands out a new one where that is needed.
func (s *Server) checkNonce(c *call, nonce string) bool {
	until, known := s.nonces[c.r.Host+" "+nonce]
	good := known && s.now().Before(until)
	if good && !c.b.DPoP.RenewNonce {
		return true
	}
	delete(s.nonces, c.r.Host+" "+nonce)
	fresh := rand.Text()
	s.nonces[c.r.Host+" "+fresh] = s.now().Add(c.b.DPoP.NonceLifetime)
	c.w.Header().Set("DPoP-Nonce", fresh)
	return good
}

// ExpireNonces makes every nonce that was handed out invalid.
func (s *Server) ExpireNonces() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonces = map[string]time.Time{}
}

// parseProof checks form and signature.
func parseProof(text string) (p proof, jkt, problem string) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return p, "", "the proof is not a JWT"
	}
	var header struct {
		Type      string            `json:"typ"`
		Algorithm string            `json:"alg"`
		Key       map[string]string `json:"jwk"`
	}
	if !decodeJSON(parts[0], &header) || !decodeJSON(parts[1], &p) {
		return p, "", "the proof is not a JWT"
	}
	if header.Type != "dpop+jwt" || header.Algorithm != "ES256" {
		return p, "", "typ or alg is wrong"
	}
	if header.Key["d"] != "" {
		return p, "", "the proof holds a private key"
	}
	key := publicKey(header.Key)
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if key == nil || err != nil || len(signature) != 64 {
		return p, "", "jwk or signature is malformed"
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return p, "", "the signature is wrong"
	}
	// RFC 7638: the required members in lexical order.
	print := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + header.Key["x"] + `","y":"` + header.Key["y"] + `"}`))
	return p, encode(print[:]), ""
}

// publicKey reads a P-256 key; nil: it is not one.
func publicKey(jwk map[string]string) *ecdsa.PublicKey {
	x, errX := base64.RawURLEncoding.DecodeString(jwk["x"])
	y, errY := base64.RawURLEncoding.DecodeString(jwk["y"])
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 || jwk["kty"] != "EC" || jwk["crv"] != "P-256" {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil
	}
	return key
}

func decodeJSON(part string, to any) bool {
	data, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(data, to) == nil
}

// tokenOf finds the access token of a request and checks how it was sent.
func (s *Server) tokenOf(c *call) (*token, *refusal) {
	value, sent, dpop := presented(c.r)
	s.mu.Lock()
	if c.r.URL.Query().Has("access_token") || c.form.Has("access_token") {
		s.violate("api: access token in query or form")
	}
	t := s.tokens[value]
	good := t != nil && t.access && t.alive(s.now())
	s.mu.Unlock()
	switch {
	case !sent:
		return nil, &refusal{status: http.StatusUnauthorized}
	case !good:
		return nil, unauthorized("invalid_token", "the access token is unknown, revoked or has expired")
	case dpop != (t.jkt != "") || c.b.API.NeedDPoP && !dpop:
		return nil, unauthorized("invalid_token", "the token was sent with the wrong scheme")
	case !dpop:
		return t, nil
	}
	jkt, problem := s.checkProof(c, value, c.b.DPoP.APINonce)
	switch {
	case problem == needNonce:
		return nil, unauthorized("use_dpop_nonce", "a nonce is required")
	case problem != "":
		return nil, unauthorized("invalid_dpop_proof", problem)
	case jkt != t.jkt:
		return nil, unauthorized("invalid_token", "the token is bound to another key")
	}
	return t, nil
}

// presented reads the Authorization header.
func presented(r *http.Request) (value string, sent, dpop bool) {
	scheme, value, found := strings.Cut(r.Header.Get("Authorization"), " ")
	dpop = strings.EqualFold(scheme, "DPoP")
	return value, found && (dpop || strings.EqualFold(scheme, "Bearer")), dpop
}

func unauthorized(code, description string) *refusal {
	return &refusal{http.StatusUnauthorized, code, description}
}
