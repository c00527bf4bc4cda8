package oauthflow

import (
	"context"
	"crypto/x509"
	"net"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// Config is one client of one authorization server: what a profile says, without
// tokens. It is plain data.
type Config struct {
	// Where the server is. What is set wins over metadata.
	Issuer       string    // the issuer expected; empty: learned from DiscoveryURL or resource metadata
	DiscoveryURL string    // openIdConnectUrl
	Endpoints    Endpoints // of the profile (flows.*)
	API          string    // the API's base URL, for RFC 9728 resource metadata when nothing above is known
	Metadata     string    // resource_metadata of a 401 challenge; empty: the well-known places of API

	// Who we are.
	ClientID     string       // empty: dynamic registration; an https URL: a Client ID Metadata Document
	ClientSecret secret.Value // empty: a public client
	ClientName   string       // for registration; empty: mcp-bridge
	Registered   Registration // an earlier dynamic registration; used while issuer and redirect fit
	Grant        Grant

	// What is asked.
	Scopes             []string
	Resource           string // absolute URL; ResourceOff; empty: what resource metadata named
	Offline            bool   // a refresh token is asked for in the server's way, by offline_access where its metadata list that
	AssumePKCE         bool   // the server supports S256 although its metadata do not say so
	DPoP, PAR          bool
	ScopeParam         string            // parameter that carries the scopes; empty: scope
	ExtraParams        map[string]string // of the authorization request; reserved names are refused
	RefreshScope       bool              // send scope when a token is refreshed
	RefreshRedirectURI bool              // send redirect_uri when a token is refreshed
	ExpiresIn          time.Duration     // assumed when the server tells none; 0: 1 h for what can be renewed, else for ever; negative: for ever
	Redirect           Redirect

	Network Network
}

// Endpoints are the addresses of an authorization server. Empty ones are not known.
type Endpoints struct {
	Authorization, Token, Refresh, Device, Revocation, Introspection, Registration, PAR string
}

// Redirect is where the browser brings the answer.
type Redirect struct {
	Host string // 127.0.0.1 (also when empty), [::1] or localhost
	Port int    // 0: the kernel's choice
	Path string // empty: /oauth/callback
}

// Registration is a client that a server made for us (RFC 7591).
type Registration struct {
	Issuer       string
	ClientID     string
	ClientSecret secret.Value
	AuthMethod   string       // token_endpoint_auth_method
	Token        secret.Value // registration_access_token (RFC 7592)
	RedirectURI  string
	Scopes       []string // that it was made for, or was granted; what goes beyond is asked as another client
}

// Grant is how a token is got.
type Grant string

// The grants. The zero Grant is AuthorizationCode.
const (
	AuthorizationCode   Grant = "authorizationCode"
	ClientCredentials   Grant = "clientCredentials"
	DeviceAuthorization Grant = "deviceAuthorization"
)

// ResourceOff as Config.Resource means that no resource is ever sent.
const ResourceOff = "off"

// Network is how the authorization server is reached.
type Network struct {
	Roots        *x509.CertPool  // nil: the system's
	Proxy        *outbound.Proxy // nil: none
	Named        []string        // hosts, or host:port, that the person's own profile names, which may be private or loopback
	AllowPrivate []string        // hosts, or host:port, of http.allowPrivate
	Resolver     *net.Resolver   // looks names up; nil: the system's
	// Dial, when it is set, makes the connections in place of a net.Dialer; then it is up
	// to it what the names of learned hosts may lead to.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}
