package oauthflow

import (
	"context"
	"errors"
	"net/url"
	"time"
)

var errNotBuilt = errors.New("not built yet")

// Flow speaks for one Config. It is safe for concurrent use. What discovery found is
// kept for the life of the Flow.
type Flow struct {
	config Config
}

// New checks a Config. Every error is an *Error of kind Configuration.
func New(c Config) (*Flow, error) { return &Flow{config: c}, nil }

// redirect returns where the browser brings the answer, with the defaults filled in.
func (f *Flow) redirect() Redirect {
	r := f.config.Redirect
	if r.Host == "" {
		r.Host = "127.0.0.1"
	}
	if r.Path == "" {
		r.Path = "/oauth/callback"
	}
	return r
}

// Server is an authorization server as its metadata and the profile describe it,
// checked.
type Server struct {
	Issuer       string
	Endpoints    Endpoints
	S256         bool // PKCE with S256 is advertised
	Assumed      bool // S256 is not advertised, the profile says assume-s256
	Iss          bool // authorization_response_iss_parameter_supported (RFC 9207)
	RequirePAR   bool
	DPoP         []string // dpop_signing_alg_values_supported
	Scopes       []string // scopes_supported
	AuthMethods  []string // token_endpoint_auth_methods_supported
	Grants       []string // grant_types_supported
	ClientIDURL  bool     // client_id_metadata_document_supported
	Resource     string   // of resource metadata
	ResourceAsks []string // scopes_supported of resource metadata
}

// Server finds the authorization server, or returns what an earlier call found.
func (f *Flow) Server(ctx context.Context) (*Server, error) {
	return nil, fail(Unusable, "discover", errNotBuilt)
}

// attempt is one authorization request: from begin to one exchange.
type attempt struct {
	address string // what the browser opens
	state   string
}

// begin finds the server, registers and pushes the request as far as the server wants
// that, and makes the address that the browser opens. scopes are asked beyond the
// Config's. Nothing may be opened when it fails.
func (f *Flow) begin(ctx context.Context, redirectURI string, scopes []string) (*attempt, error) {
	return nil, fail(Unusable, "authorize", errNotBuilt)
}

// matches compares the state of a callback in constant time.
func (a *attempt) matches(state string) bool { return false }

// verify judges a callback whose state matches: the four rows of RFC 9207, then error,
// then code. An *Error of kind IssuerMismatch ends the attempt; Denied and Refused are
// the server's answer.
func (a *attempt) verify(q url.Values) (code string, err error) {
	return "", fail(Unusable, "authorize", errNotBuilt)
}

// again reports whether err, of verify, only means that a pushed request ran out; it
// then has been pushed once more, and the browser is to be sent to a.address. It is
// true at most once.
func (a *attempt) again(ctx context.Context, err error) bool { return false }

// exchange turns the code into a Token, at most once for an attempt.
func (a *attempt) exchange(ctx context.Context, code string) (Token, error) {
	return Token{}, fail(Unusable, "exchange", errNotBuilt)
}

// DevicePrompt is what a person needs to sign in on another device.
type DevicePrompt struct {
	Address, CompleteAddress, UserCode string
	Expires                            time.Time
}

// Device signs in on another device (RFC 8628).
func (f *Flow) Device(ctx context.Context, scopes []string, show func(DevicePrompt)) (Token, error) {
	return Token{}, fail(Unusable, "device", errNotBuilt)
}

// ClientCredentials gets a token for the client itself.
func (f *Flow) ClientCredentials(ctx context.Context, scopes []string) (Token, error) {
	return Token{}, fail(Unusable, "exchange", errNotBuilt)
}

// Refresh renews a token with one request.
func (f *Flow) Refresh(ctx context.Context, t Token) (Token, error) {
	return Token{}, fail(Unusable, "refresh", errNotBuilt)
}

// Revoke takes the refresh token back, then the access token.
func (f *Flow) Revoke(ctx context.Context, t Token) error {
	return fail(Unusable, "revoke", errNotBuilt)
}

// Introspect asks whether the server still knows the token; confidential clients only.
func (f *Flow) Introspect(ctx context.Context, t Token) (active bool, err error) {
	return false, fail(Unusable, "introspect", errNotBuilt)
}

// Proof returns a DPoP proof for an API request with this token (RFC 9449).
func (t Token) Proof(method, address, nonce string, now time.Time) (string, error) {
	return "", fail(Unusable, "proof", errNotBuilt)
}

// Challenge is one challenge of a WWW-Authenticate header.
type Challenge struct {
	Scheme  string
	Token68 string
	Params  map[string]string // keys in lower case
}

// ParseChallenges reads the values of WWW-Authenticate headers.
func ParseChallenges(values []string) []Challenge { return nil }
