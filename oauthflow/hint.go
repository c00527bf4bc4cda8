package oauthflow

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

const (
	tryAgain = "try again; what is stored is kept"
	signIn   = "type `mcp-bridge login`"

	// SchemeInProfile stands in a hint for the table of the scheme, of which this package
	// knows neither the name nor the file.
	SchemeInProfile = "the profile's security scheme"

	allowPrivate = "when the host is yours, name it in the profile: http.allowPrivate = [\"HOST\"]"
)

// Hint says what to do next, in the words of a profile and of the command line.
func (e *Error) Hint() string {
	switch e.Kind {
	case Configuration:
		return e.configurationHint()
	case Denied, TimedOut:
		return signIn + " to try once more"
	case InvalidGrant:
		return signIn + " to sign in again"
	case Unreachable:
		return e.unreachableHint()
	case Unusable:
		return e.unusableHint()
	case IssuerMismatch:
		return e.issuerHint()
	case PortBusy:
		return "end the program that uses the port, or set client.redirect.port to another one that the server knows"
	case NoPKCE:
		return `when the server's documentation says that it supports PKCE with S256, set client.pkce = "assume-s256" in the profile`
	}
	return e.refusedHint()
}

func (e *Error) configurationHint() string {
	if errors.Is(e.Err, outbound.ErrPrivate) {
		return allowPrivate
	}
	switch e.Stage {
	case "discover":
		return "set openIdConnectUrl, issuer, or authorizationUrl and tokenUrl of a flow, in " + SchemeInProfile
	case "register":
		return "register a client with the server and set client.id in the profile"
	case "refresh":
		return signIn
	}
	return "correct " + SchemeInProfile + ", then type `mcp-bridge check`"
}

func (e *Error) unreachableHint() string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](e.Err); ok {
		return "when the server has a certificate of your own authority, set http.caFile in the profile or caFile in config.toml"
	}
	if e.RetryAfter > 0 {
		return fmt.Sprintf("try again in %s; what is stored is kept", e.RetryAfter.Round(time.Second))
	}
	return tryAgain
}

func (e *Error) unusableHint() string {
	switch {
	case errors.Is(e.Err, outbound.ErrPrivate):
		return allowPrivate
	case e.Stage == "discover":
		return "set openIdConnectUrl to the address of the server's metadata (…" + wellKnownOIDC + "), or issuer, or the endpoints (flows.authorizationCode with authorizationUrl and tokenUrl) in " + SchemeInProfile
	case e.Stage == "refresh":
		return signIn
	case errors.Is(e.Err, errNoEndpoint):
		return "set the address in the profile (flows), when the server's documentation has it; else use another client.grant"
	}
	return "ask who runs the authorization server"
}

func (e *Error) issuerHint() string {
	switch e.Stage {
	case "discover":
		if e.Issuer == "" {
			return "set issuer in " + SchemeInProfile + " to exactly what the server calls itself, when it is the right server"
		}
		return "when this is the right server, add this line to " + SchemeInProfile + ", above its flows and client tables:\n  issuer = \"" + e.Issuer + "\""
	case "authorize":
		return "somebody may have tried to take the sign-in over; " + signIn + " to begin anew"
	}
	return signIn + " for the issuer that the profile names"
}

func (e *Error) refusedHint() string {
	switch e.Code {
	case "invalid_client", "unauthorized_client":
		return "check client.id and client.secret in the profile against what the server has registered"
	case "invalid_scope":
		return "edit client.scopes in the profile to scopes that the server knows, then " + signIn
	case "invalid_target":
		return `set client.resource in the profile to what the server expects, or to "off"`
	case "invalid_redirect_uri":
		if e.Stage == "register" {
			return "set client.redirect (host, port, path) in the profile to an address that the server takes, or register a client there and set client.id"
		}
		return "set client.redirect (host, port, path) in the profile to what the server has registered"
	case "invalid_request_uri":
		return "the request that was pushed to the server has expired or was used; " + signIn + " to begin anew"
	case "invalid_request":
		if e.Stage == "authorize" {
			return "check that the redirect URI and client.id are those that the server has registered"
		}
	case "invalid_dpop_proof":
		return "set client.dpop = true in the profile; where it is set, set this machine's clock right; then " + signIn
	case "unsupported_grant_type":
		return "set client.grant in the profile to one that the server supports"
	case "login_required", "interaction_required", "consent_required":
		return signIn + " to try once more"
	}
	return "see what the server says, and check client in " + SchemeInProfile
}
