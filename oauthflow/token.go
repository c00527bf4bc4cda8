package oauthflow

import (
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// Token is what a server granted, with all that is needed to use, renew and revoke
// it. Printing one shows no secret.
type Token struct {
	Access, Refresh   secret.Value
	Type              string    // "Bearer" or "DPoP"
	Issued            time.Time // when the answer came
	Expiry            time.Time // zero: the server told none and none is assumed (Config.ExpiresIn)
	Scopes            []string  // granted; what was asked when the server named none
	Issuer            string    // empty when neither profile nor metadata name one
	Resource          string    // sent as resource on authorization, token and refresh; empty: none
	RedirectURI       string
	ClientID          string       // as used, also from registration
	ClientSecret      secret.Value // from registration only; empty with Config.ClientSecret
	RegistrationToken secret.Value // RFC 7592, kept as a secret
	Key               secret.Value // DPoP private key (PKCS#8, base64); empty without DPoP
	Identity          string       // email, preferred name or subject of the ID token; empty: not told
	Endpoints         Endpoints    // as used, so that refreshing and revoking need no discovery
	AuthMethod        string       // client_secret_basic, client_secret_post, none
	Staying           string       // of a sign-in that cannot be renewed: the line of the profile's client table that would change that; empty: none is known
	Warning           string       // what was wrong without making the token useless; empty: nothing
}
