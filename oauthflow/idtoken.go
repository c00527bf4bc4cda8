package oauthflow

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// skew is how far the clocks of server and machine may be apart.
const skew = 5 * time.Minute

// expected is what an ID token must say.
type expected struct {
	issuer   string // empty: not known
	clientID string
	nonce    string // empty: none was sent
	now      time.Time
}

// readIDToken checks the claims of an ID token that came straight from the token
// endpoint, so that TLS stands for its signature (OpenID Connect Core, section
// 3.1.3.7, point 6). It returns who signed in: the address, the preferred name or the
// subject.
func readIDToken(token string, want expected) (identity string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("the ID token is no signed JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", errors.New("the ID token is no JWT")
	}
	var o object
	if json.Unmarshal(payload, &o) != nil || o == nil {
		return "", errors.New("the ID token is no JWT")
	}
	if err := checkClaims(o, want); err != nil {
		return "", err
	}
	for _, name := range []string{"email", "preferred_username", "sub"} {
		if v := clean(o.text(name), nil, 200); v != "" {
			return v, nil
		}
	}
	return "", errors.New("the ID token names nobody")
}

// ofTenant returns the issuer of a tenant where the metadata have a pattern for all.
func ofTenant(issuer, tid string) string {
	if tid == "" || strings.ContainsAny(tid, "/{}?#") {
		return issuer
	}
	return strings.Replace(issuer, tenant, tid, 1)
}

func checkClaims(o object, want expected) error {
	audience := o.list("aud")
	if one := o.text("aud"); one != "" {
		audience = []string{one}
	}
	expires := time.Unix(int64(max(0, min(o.number("exp"), 1<<40))), 0)
	switch azp := o.text("azp"); {
	case o.text("iss") == "" || want.issuer != "" && o.text("iss") != ofTenant(want.issuer, o.text("tid")):
		return errors.New("the ID token is of another issuer")
	case !slices.Contains(audience, want.clientID):
		return errors.New("the ID token is for another client")
	case azp != "" && len(audience) > 1 && azp != want.clientID:
		return errors.New("the ID token was issued to another client")
	case !want.now.Before(expires.Add(skew)):
		return errors.New("the ID token has expired")
	case want.nonce != "" && subtle.ConstantTimeCompare([]byte(o.text("nonce")), []byte(want.nonce)) != 1:
		return errors.New("the ID token is of another sign-in")
	}
	return nil
}
