package oauthflow

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// newKey returns a fresh P-256 key as Token.Key holds it.
func newKey() (secret.Value, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return secret.Value{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return secret.Value{}, err
	}
	return secret.New(base64.StdEncoding.EncodeToString(der)), nil
}

// readKey is the way back. Its errors do not show the key.
func readKey(v secret.Value) (*ecdsa.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(v.Reveal())
	if err != nil {
		return nil, errors.New("the DPoP key is damaged")
	}
	any, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := any.(*ecdsa.PrivateKey)
	if err != nil || !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the DPoP key is damaged")
	}
	return key, nil
}

// proof makes a DPoP proof (RFC 9449, section 4.2): a JWT over the method and the
// address without query and fragment, with a fresh jti. access, when there is one, is
// bound by its hash.
func proof(key secret.Value, method, address, nonce string, access secret.Value, now time.Time) (string, error) {
	private, err := readKey(key)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", errors.New("no address to prove for")
	}
	u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment, u.User = "", false, "", "", nil
	point, err := private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return "", err
	}
	header := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]string{
		"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}}
	claims := map[string]any{"jti": random(), "htm": strings.ToUpper(method), "htu": u.String(), "iat": now.Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if !access.IsZero() {
		sum := sha256.Sum256([]byte(access.Reveal()))
		claims["ath"] = b64(sum[:])
	}
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + b64(signature), nil
}

// part encodes a member of a JWT, which always is a map of plain values.
func part(v any) string {
	text, _ := json.Marshal(v)
	return b64(text)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// random returns 256 bits for a state, a nonce or a jti.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails
	return b64(b)
}

// Proof returns the DPoP proof for one API request with this token: for the DPoP
// header, beside "Authorization: DPoP TOKEN". nonce is the last DPoP-Nonce of the
// API's origin; empty when it sent none. A token without a key gives an *Error of kind
// Configuration.
func (t Token) Proof(method, address, nonce string, now time.Time) (string, error) {
	if t.Key.IsZero() {
		return "", fail(Configuration, "proof", errors.New("the token is not bound to a key"))
	}
	p, err := proof(t.Key, method, address, nonce, t.Access, now)
	if err != nil {
		return "", fail(Configuration, "proof", err)
	}
	return p, nil
}
