// Package profiles holds the profile document: one TOML file that describes an
// API, how its tools look, and its policy.
//
// # Terminology
//
// Field names are those of Higress's MCP server configuration and of OpenAPI. A
// security scheme says how a credential is carried; a requirement points at a
// scheme by its id. Upstream is bridge to backend, downstream is client to
// bridge. Passthrough hands the client's own credential on to the backend. A
// reference says where a credential is kept; only a literal reference holds one.
//
// The document types below are what a file says, already checked for keys,
// types and dangling references by [Load]. What they mean is compiled by
// package bridge/tool.
package profiles

import (
	"encoding/json"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Profile is one profile document.
type Profile struct {
	// Name is the profile's name: its file name without ".toml".
	Name string `key:"-"`
	// File is where it was read from, as given. Empty for one made in memory.
	File string `key:"-"`
	// Private reports whether the person owns the file and nobody else can write
	// it. Only then are { command }, { file }, { env } and { keychain } references
	// honoured.
	Private bool `key:"-"`
	// Sources lists File and every file it extends, File first.
	Sources []string `key:"-"`
	// Secrets lists the values of server.config and http.headers that are credentials,
	// as [Load] and [Check] find them.
	Secrets []SecretValue `key:"-"`
	// source is the merged document, which knows every key's position; nil for a
	// profile made in memory.
	source *doc.Node

	Extends     string   `key:"extends"`
	Description string   `key:"description"`
	Server      Server   `key:"server"`
	OpenAPI     *OpenAPI `key:"openapi"` // nil when the profile imports no document
	Exposure    Exposure `key:"exposure"`
	HTTP        HTTP     `key:"http"`
	Policy      Policy   `key:"policy"`
	Tools       []Tool   `key:"tools"`
}

// Server is the [server] table: Higress's "server" object, and more.
type Server struct {
	Name                      string           `key:"name"`
	Version                   string           `key:"version"`
	BaseURL                   string           `key:"baseUrl"`
	Instructions              string           `key:"instructions"`
	AllowTools                *[]string        `key:"allowTools"` // nil: all; empty: none; names and globs
	Config                    json.RawMessage  `key:"config"`     // a JSON object; template data .config, with references as they are written
	SecuritySchemes           []SecurityScheme `key:"securitySchemes"`
	DefaultUpstreamSecurity   Security         `key:"defaultUpstreamSecurity"`
	DefaultDownstreamSecurity *Downstream      `key:"defaultDownstreamSecurity"`
	PassthroughAuthHeader     bool             `key:"passthroughAuthHeader"`
}

// SchemeType is the type of a security scheme, as OpenAPI spells it.
type SchemeType string

// The scheme types of OpenAPI 3.2.
const (
	HTTPScheme    SchemeType = "http"
	APIKey        SchemeType = "apiKey"
	OAuth2        SchemeType = "oauth2"
	OpenIDConnect SchemeType = "openIdConnect"
	MutualTLS     SchemeType = "mutualTLS"
)

// SecurityScheme is one entry of server.securitySchemes.
type SecurityScheme struct {
	ID                string     `key:"id"`
	Type              SchemeType `key:"type"`
	Description       string     `key:"description"`
	Scheme            string     `key:"scheme"` // http: "basic" or "bearer", lower case after Load
	In                string     `key:"in"`     // apiKey: "header", "query" or "cookie"
	Name              string     `key:"name"`   // apiKey: the header, query or cookie name
	DefaultCredential *Reference `key:"defaultCredential"`

	OpenIDConnectURL string       `key:"openIdConnectUrl"`
	Issuer           string       `key:"issuer"` // what the authorization server calls itself; that of a flow wins
	Flows            *Flows       `key:"flows"`
	Client           *OAuthClient `key:"client"`
}

// Reference says where a credential comes from. Exactly one field is set; a
// plain string in the file is a Literal, as in Higress.
type Reference struct {
	Literal  secret.Value
	Env      string   // name of an environment variable
	File     string   // path of a file; relative to the profile's folder
	Keychain bool     // stored by `mcp-bridge login`
	Command  []string // program and arguments; its first output line is the credential
}

// Requirement points at a scheme, and may name a credential of its own
// (requestTemplate.security in Higress).
type Requirement struct {
	ID         string     `key:"id"`
	Credential *Reference `key:"credential"`
	Scopes     []string   `key:"scopes"`
}

// Security is a list of alternatives (OR), each a list of requirements that must
// hold together (AND). nil says nothing; an empty alternative means "no
// credential needed".
type Security [][]Requirement

// Downstream is tools[].security: how the client's own credential is taken, and
// whether it is passed through to the backend.
type Downstream struct {
	ID          string     `key:"id"`
	Passthrough bool       `key:"passthrough"`
	Credential  *Reference `key:"credential"`
}

// Flows is the flows object of an oauth2 scheme, with OpenAPI 3.2's key names.
type Flows struct {
	Implicit            *Flow `key:"implicit"`
	Password            *Flow `key:"password"`
	ClientCredentials   *Flow `key:"clientCredentials"`
	AuthorizationCode   *Flow `key:"authorizationCode"`
	DeviceAuthorization *Flow `key:"deviceAuthorization"`
}

// Flow is one OAuth flow's endpoints. Scopes maps a scope to its description.
type Flow struct {
	AuthorizationURL       string            `key:"authorizationUrl"`
	TokenURL               string            `key:"tokenUrl"`
	RefreshURL             string            `key:"refreshUrl"`
	DeviceAuthorizationURL string            `key:"deviceAuthorizationUrl"`
	Scopes                 map[string]string `key:"scopes"`
	Issuer                 string            `key:"issuer"`
	RevocationURL          string            `key:"revocationUrl"`
	IntrospectionURL       string            `key:"introspectionUrl"`
}

// OAuthClient is the [server.securitySchemes.client] table: this bridge as a
// client of the authorization server.
type OAuthClient struct {
	ID     string     `key:"id"`
	Secret *Reference `key:"secret"`
	Grant  string     `key:"grant"` // authorizationCode (default), clientCredentials, deviceAuthorization
	Scopes []string   `key:"scopes"`
	// OfflineAccess asks for what keeps a person signed in, where the server offers it,
	// beside the scopes; without scopes it is asked for anyway, unless it is false.
	OfflineAccess *bool             `key:"offlineAccess"`
	Redirect      Redirect          `key:"redirect"`
	Resource      string            `key:"resource"` // absolute URL, "off", or empty
	PKCE          string            `key:"pkce"`     // "S256" (default) or "assume-s256"
	DPoP          bool              `key:"dpop"`
	PAR           bool              `key:"par"`
	ScopeParam    string            `key:"scopeParam"`
	ExtraParams   map[string]string `key:"extraParams"`
	Refresh       RefreshOptions    `key:"refresh"`
	ExpiresIn     Duration          `key:"expiresIn"` // assumed when the server tells none
}

// Redirect is the loopback redirect URI. Port 0 lets the system choose.
type Redirect struct {
	Host string `key:"host"`
	Port int    `key:"port"`
	Path string `key:"path"`
}

// RefreshOptions are what some providers want on a refresh besides the token.
type RefreshOptions struct {
	Scope       bool `key:"scope"`
	RedirectURI bool `key:"redirectUri"`
}

// OpenAPI is the [openapi] table: an imported document and the selection from it.
type OpenAPI struct {
	Source        string     `key:"source"`
	Digest        string     `key:"digest"`
	Include       Selection  `key:"include"`
	Exclude       Selection  `key:"exclude"`
	Overlays      []string   `key:"overlays"`
	Overrides     []Override `key:"overrides"`
	ForceSecurity bool       `key:"forceSecurity"`
	// Server is the origin that the document had for the API when it was imported. See
	// [Profile.BaseOrigin].
	Server string `key:"server"`
}

// Selection picks operations. Every list that is not empty must match.
type Selection struct {
	Tags       []string `key:"tags"`
	Methods    []string `key:"methods"`
	Paths      []string `key:"paths"`
	Operations []string `key:"operations"`
	Deprecated *bool    `key:"deprecated"`
}

// Override changes how matching operations look or authenticate.
type Override struct {
	Match       string   `key:"match"`     // "METHOD path-glob"
	Operation   string   `key:"operation"` // or an operationId
	Name        string   `key:"name"`
	Description string   `key:"description"`
	Security    Security `key:"security"`
	ReadOnly    *bool    `key:"readOnly"`
	Hidden      bool     `key:"hidden"`
}

// Exposure is the [exposure] table: what a client is shown.
type Exposure struct {
	Mode           string `key:"mode"` // auto (default), list, search
	BudgetTokens   int    `key:"budgetTokens"`
	MaxTools       int    `key:"maxTools"`
	ListTokens     int    `key:"listTokens"`
	MaxResultChars int    `key:"maxResultChars"`
}

// HTTP is the [http] table: how requests are sent.
type HTTP struct {
	Timeout          Duration              `key:"timeout"`
	CAFile           string                `key:"caFile"`
	ClientCert       string                `key:"clientCert"`
	ClientKey        string                `key:"clientKey"`
	Proxy            string                `key:"proxy"`
	MaxResponseBytes int64                 `key:"maxResponseBytes"`
	Retries          *int                  `key:"retries"` // nil: the default
	Headers          map[string]HTTPHeader `key:"headers"`
	FollowRedirects  *bool                 `key:"followRedirects"` // nil: by kind of tool
	AllowInsecure    []string              `key:"allowInsecure"`   // host:port of plain http backends
	AllowPrivate     []string              `key:"allowPrivate"`    // hosts, or host:port, that may be private though only a document names them
	OnlyPublic       []string              `key:"onlyPublic"`      // hosts that only an imported document named: they have to be public
}

// Policy is the [policy] table.
type Policy struct {
	ReadOnly bool     `key:"readOnly"`
	Deny     []string `key:"deny"`
	Confirm  []string `key:"confirm"`
	Files    []string `key:"files"`
	SaveTo   string   `key:"saveTo"`
}

// Tool is one entry of [[tools]]: a tool written by hand or taken from Higress.
type Tool struct {
	Name                  string            `key:"name"`
	Title                 string            `key:"title"`
	Description           string            `key:"description"`
	Security              *Downstream       `key:"security"`
	Args                  []Arg             `key:"args"`
	RequestTemplate       RequestTemplate   `key:"requestTemplate"`
	ResponseTemplate      ResponseTemplate  `key:"responseTemplate"`
	ErrorResponseTemplate string            `key:"errorResponseTemplate"`
	OutputSchema          json.RawMessage   `key:"outputSchema"` // a JSON object, or nil
	ReadOnly              *bool             `key:"readOnly"`     // nil: by the method
	Destructive           *bool             `key:"destructive"`
	Idempotent            *bool             `key:"idempotent"`
	LegacyOnly            bool              `key:"legacyOnly"` // Higress; accepted, without effect
	Meta                  map[string]string `key:"-"`
}

// Arg is one argument of a hand-written tool.
type Arg struct {
	Name        string            `key:"name"`
	Description string            `key:"description"`
	Type        string            `key:"type"` // string (default), integer, number, boolean, array, object
	Required    bool              `key:"required"`
	Default     json.RawMessage   `key:"default"` // any JSON value; nil when absent
	Enum        []json.RawMessage `key:"enum"`
	Items       json.RawMessage   `key:"items"`      // a JSON schema
	Properties  json.RawMessage   `key:"properties"` // an object of JSON schemas
	Position    string            `key:"position"`   // path, query, header, cookie, body or empty
	Style       string            `key:"style"`      // OpenAPI styles; empty: Higress's JSON text
	Explode     *bool             `key:"explode"`
}

// RequestTemplate says how arguments become a request.
type RequestTemplate struct {
	URL            string   `key:"url"`
	Method         string   `key:"method"`
	Headers        []Header `key:"headers"`
	Body           string   `key:"body"`
	ArgsToJSONBody bool     `key:"argsToJsonBody"`
	ArgsToURLParam bool     `key:"argsToUrlParam"`
	ArgsToFormBody bool     `key:"argsToFormBody"`
	Security       Security `key:"security"`
}

// Header is one header of a request template; the value is a template.
type Header struct {
	Key   string `key:"key"`
	Value string `key:"value"`
}

// ResponseTemplate says how a response becomes text.
type ResponseTemplate struct {
	Body        string `key:"body"`
	PrependBody string `key:"prependBody"`
	AppendBody  string `key:"appendBody"`
}
