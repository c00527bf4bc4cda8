package oauthtest

// Endpoint names an address of the server in records, faults and counters. The value
// of most is the path below the authorization server's origin.
type Endpoint string

// Endpoints. Those of metadata stand for one location each: with an issuer that has
// no path, the inserted and the appended form are one address, recorded as
// MetadataOAuth and MetadataOIDC.
const (
	MetadataOAuth         Endpoint = "oauth-authorization-server"          // RFC 8414, section 3: path inserted
	MetadataOAuthAppended Endpoint = "oauth-authorization-server-appended" // not in any RFC, met in the field
	MetadataOIDC          Endpoint = "openid-configuration"                // OpenID Connect Discovery: path before it
	MetadataOIDCInserted  Endpoint = "openid-configuration-inserted"       // RFC 8414, section 5
	ResourceChallenged    Endpoint = "oauth-protected-resource-challenged" // the address that a challenge names
	ResourceAtPath        Endpoint = "oauth-protected-resource-at-path"    // RFC 9728, section 3.1
	ResourceAtRoot        Endpoint = "oauth-protected-resource"            // the same without the API's path
	Keys                  Endpoint = "keys"                                // the ID tokens' public key
	Authorize             Endpoint = "authorize"                           // the authorization endpoint
	Consent               Endpoint = "consent"                             // where the consent page's form goes
	Token                 Endpoint = "token"                               // RFC 6749, section 3.2
	Revoke                Endpoint = "revoke"                              // RFC 7009
	Introspect            Endpoint = "introspect"                          // RFC 7662
	UserInfo              Endpoint = "userinfo"                            // OpenID Connect Core, section 5.3
	Register              Endpoint = "register"                            // RFC 7591
	Registration          Endpoint = "registration"                        // RFC 7592, one client's own address
	Push                  Endpoint = "par"                                 // RFC 9126
	Device                Endpoint = "device_authorization"                // RFC 8628, section 3.1
	Verify                Endpoint = "device"                              // where a person types the user code
	Hop                   Endpoint = "hop"                                 // ?n=3&to=URL: n redirects and then to URL
	API                   Endpoint = "api"                                 // everything below the API's base URL
	Other                 Endpoint = "other"                               // everything at the origins Other and Plain
	Unknown               Endpoint = "unknown"                             // any other path; answered 404
	Any                   Endpoint = "any"                                 // in Faults only: the whole authorization server
)

const (
	wellKnownOIDC     = "/.well-known/openid-configuration"
	wellKnownOAuth    = "/.well-known/oauth-authorization-server"
	wellKnownResource = "/.well-known/oauth-protected-resource"
	challengedPath    = "/challenged/resource-metadata.json"
)

// Marker stands in every secret that the server makes.
const Marker = "canary-"
