package oauthtest

import (
	"maps"
	"net/url"
	"time"
)

// Behaviour is what the server does and what it does wrong. Change it with Set, and
// replace maps and slices rather than writing into ones read before. Where a field is
// called Override, its entries replace the members of the document, and nil removes
// one.
type Behaviour struct {
	Consent     Decision // Ask shows the page, Allow and Deny answer the GET at once
	User        string   // who signs in when nobody is asked
	AskPassword bool     // the page also wants Password(user)
	Scopes      []string // advertised and granted; a scope that is not here is invalid_scope
	Resources   []string // resource indicators known besides API()

	Metadata         Metadata
	ResourceMetadata ResourceMetadata
	Authorization    Authorization
	Clients          ClientRules
	Tokens           Tokens
	Refresh          Refresh
	LoginIDToken     IDToken // at the exchange of a code or device code
	RefreshIDToken   IDToken // at refresh
	DPoP             DPoP
	Push             PushRules
	Device           DeviceRules
	Registration     Registrations
	API              APIRules
	TLS              TLSFaults

	// Faults are played before, instead of, or after the work of an endpoint.
	Faults map[Endpoint]Fault
}

// Decision is what a person, or the server in their place, decides.
type Decision int

// The decisions.
const (
	Ask Decision = iota
	Allow
	Deny
)

// Metadata shapes the authorization server's metadata.
type Metadata struct {
	At       []Endpoint     // the locations that answer, others are 404; nil: all
	PKCE     []string       // code_challenge_methods_supported; nil: the member is missing
	Issuer   string         // in place of the issuer
	Pad      int            // bytes of filler, for a huge body
	Raw      string         // sent in place of the document
	Offline  bool           // offline_access is among the scopes
	CIMD     bool           // client_id_metadata_document_supported
	Override map[string]any // such as "token_endpoint": "http://…", "authorization_endpoint": "javascript:…"
}

// ResourceMetadata shapes the RFC 9728 document.
type ResourceMetadata struct {
	At       []Endpoint
	Resource string   // in place of the API's base URL
	Servers  []string // authorization_servers; nil: the issuer
	Scopes   []string // scopes_supported; nil: the member is missing
	Pad      int
	Raw      string
	Override map[string]any
}

// Authorization are the rules of the authorization endpoint and its answer.
type Authorization struct {
	ISSAdvertised   bool // authorization_response_iss_parameter_supported
	ISS             ISS  // what the answer says, success or error
	Error           string
	Description     string        // with Error: every request is redirected back with it
	CodeLifetime    time.Duration // of the virtual clock
	PKCEOptional    bool          // an authorization without a challenge is accepted
	RefuseS256      bool          // S256 is refused, as by a server that knows only plain
	NeedParameters  url.Values    // invalid_request without them, such as audience
	ScopeParameter  string        // where scopes are looked for; empty: scope
	NeedResource    bool          // invalid_target without resource, here, at the exchange and at refresh
	RefuseResource  bool          // invalid_target with one
	ExactPort       bool          // loopback redirects are compared with their port
	Extra           url.Values    // added to every answer, repeated parameters too
	ReplaceState    string        // sent in place of the state
	AnswerPlainCode string        // sent in place of the code, which is not issued
}

// ISS is the iss parameter of an authorization response (RFC 9207).
type ISS int

// The values of iss.
const (
	ISSRight ISS = iota
	ISSAbsent
	ISSWrong
	ISSSlash // the issuer with a slash more
)

// ClientRules are how clients may authenticate at the token endpoint.
type ClientRules struct {
	Methods     []string // advertised and accepted; "none", "client_secret_basic", "client_secret_post"
	Unsaid      bool     // the metadata does not say so
	BurnOnBasic bool     // a Basic header of a client that must not send one consumes the code
}

// Tokens shapes answers of the token endpoint.
type Tokens struct {
	Lifetime        time.Duration // of access tokens, by the virtual clock
	OmitExpiresIn   bool
	StringExpiresIn bool
	Form            bool     // application/x-www-form-urlencoded
	FormUnlessAsked bool     // the same, but for requests whose Accept names JSON
	Type            string   // token_type; empty: Bearer, or DPoP when a proof was sent
	Grant           []string // granted scopes; nil: those asked
	OmitScope       bool
	NoRefresh       bool
	OfflineOnly     bool // a refresh token only when offline_access was granted
	// OfflineParameters: a refresh token only when the authorization request had
	// them, such as access_type=offline.
	OfflineParameters url.Values
	Pad               int // bytes of filler in the answer
	AccessPad         int // bytes of filler in every access token
	RefreshPad        int
	IDTokenPad        int
	Raw               string // sent in place of the answer, after the work
	ContentType       string
	IssuedType        string // issued_token_type of a token exchange; empty: the right one
	Override          map[string]any
}

// Refresh are the rules of the refresh grant.
type Refresh struct {
	Rotate          bool
	Grace           time.Duration // a replaced token works this long, by the virtual clock
	KeepFamily      bool          // a replaced token is refused but revokes nothing
	Lifetime        time.Duration // 0: for ever
	RefuseEarly     bool          // invalid_request while an access token of the family is valid
	NeedScope       bool
	NeedRedirectURI bool
	Error           string // every refresh is refused with it; the token is not consumed
	Description     string
}

// IDToken shapes ID tokens, which are issued when openid was granted.
type IDToken struct {
	Omit         bool
	Expired      bool
	BadSignature bool
	Raw          string         // sent in its place
	Override     map[string]any // "iss", "aud", "nonce", "exp", …
}

// DPoP are the rules of RFC 9449.
type DPoP struct {
	Algorithms    []string // dpop_signing_alg_values_supported; nil: the member is missing
	Require       bool     // at the token endpoint
	ServerNonce   bool     // the authorization server demands a nonce
	APINonce      bool     // the resource server demands a nonce
	RenewNonce    bool     // every answer brings a new nonce
	NonceLifetime time.Duration
	Downgrade     bool // the token is Bearer although a proof was sent
}

// PushRules are the rules of RFC 9126.
type PushRules struct {
	Offered  bool // the metadata names the endpoint
	Required bool
	Lifetime time.Duration
}

// DeviceRules are the rules of RFC 8628.
type DeviceRules struct {
	Decision     Decision // Ask waits for the page or Decide
	After        int      // polls answered authorization_pending before Decision counts
	Interval     time.Duration
	Lifetime     time.Duration
	SlowDown     int // the first polls answered slow_down
	OmitInterval bool
	OmitComplete bool // no verification_uri_complete
	Override     map[string]any
}

// Registrations are the rules of RFC 7591 and RFC 7592.
type Registrations struct {
	Offered     bool   // the metadata names the endpoint
	Error       string // every registration is refused with it
	Description string
	NeedNative  bool // a loopback redirect is refused without application_type native
	Secret      bool // a secret is issued even to a client that asked for none
	Unmanaged   bool // no registration_access_token
	NeedToken   bool // InitialToken() as bearer
	Override    map[string]any
}

// APIRules are the rules of the resource server.
type APIRules struct {
	Open           bool     // no token is asked for
	Challenges     []string // raw WWW-Authenticate values of every 401
	OmitMetadata   bool     // no resource_metadata in challenges
	ChallengeScope string
	AnyAudience    bool // tokens for other resources are accepted
	NeedDPoP       bool
}

// TLSFaults break the certificate or the protocol, with Options.TLS.
type TLSFaults struct {
	Expired   bool
	WrongName bool
	Untrusted bool
	Old       bool // at most TLS 1.1
}

// Default returns the behaviour of a good server that asks the person.
func Default() Behaviour {
	return Behaviour{
		User:          "ada",
		Scopes:        []string{"openid", "profile", "email", "offline_access", "read", "write"},
		Metadata:      Metadata{PKCE: []string{"S256"}, Offline: true},
		Authorization: Authorization{ISSAdvertised: true, CodeLifetime: time.Minute},
		Clients:       ClientRules{Methods: []string{"none", "client_secret_basic", "client_secret_post"}},
		Tokens:        Tokens{Lifetime: time.Hour},
		Refresh:       Refresh{Rotate: true},
		DPoP:          DPoP{Algorithms: []string{"ES256"}, NonceLifetime: 5 * time.Minute},
		Push:          PushRules{Offered: true, Lifetime: time.Minute},
		Device:        DeviceRules{Interval: 5 * time.Second, Lifetime: 10 * time.Minute},
		Registration:  Registrations{Offered: true, NeedNative: true},
		Faults:        map[Endpoint]Fault{},
	}
}

// clone copies what Set might change in place.
func (b Behaviour) clone() Behaviour {
	b.Faults = maps.Clone(b.Faults)
	for _, m := range []*map[string]any{
		&b.Metadata.Override, &b.ResourceMetadata.Override, &b.Tokens.Override, &b.LoginIDToken.Override,
		&b.RefreshIDToken.Override, &b.Device.Override, &b.Registration.Override,
	} {
		*m = maps.Clone(*m)
	}
	return b
}

// override applies Override to a document.
func override(doc, changes map[string]any) {
	for name, value := range changes {
		if value == nil {
			delete(doc, name)
		} else {
			doc[name] = value
		}
	}
}
