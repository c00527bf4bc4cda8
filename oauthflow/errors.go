package oauthflow

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind tells what a caller can do about an Error.
type Kind string

// The kinds of Error.
const (
	Configuration  Kind = "configuration"   // the Config cannot work as it is
	Denied         Kind = "denied"          // the person declined
	TimedOut       Kind = "timed out"       // nobody answered in time
	Refused        Kind = "refused"         // by the server; see Code
	InvalidGrant   Kind = "invalid grant"   // the code or refresh token is not, or no longer, good
	Unreachable    Kind = "unreachable"     // network, 5xx, 429: the same may work later
	Unusable       Kind = "unusable"        // metadata or a response that must not be used
	IssuerMismatch Kind = "issuer mismatch" // somebody else answered than was asked
	PortBusy       Kind = "port busy"       // the pinned port of the redirect is taken
	NoPKCE         Kind = "no PKCE"         // the server does not say that it supports S256
)

// ErrNoRevocation means that the server has no revocation endpoint.
var ErrNoRevocation = errors.New("the authorization server has no revocation endpoint")

// NotAcceptedError is what a Store returns when the token is good and is not kept all the
// same: the page then says why, and not that the computer failed.
type NotAcceptedError struct{ Why string }

// Error returns why.
func (e *NotAcceptedError) Error() string { return e.Why }

// Error is every error of this package but a context's own and ErrNoRevocation. It
// never holds a secret.
type Error struct {
	Kind        Kind
	Stage       string        // "configure", "discover", "register", "authorize", "exchange", "refresh", "revoke", "device", "introspect" or "proof"
	Code        string        // error code of RFC 6749 and its relatives, as the server sent it
	Description string        // of the server, bounded and cleaned; never with IssuerMismatch
	RetryAfter  time.Duration // the server's wish; 0: none
	Host        string        // of the server
	Issuer      string        // with IssuerMismatch of "discover": what the server calls itself, when that is an address
	Unverified  []string      // with TimedOut: what came meanwhile and did not prove that it belongs to the sign-in
	Err         error         // the cause; may be nil
}

// Error returns what happened on one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sign-in: %s", e.Stage)
	if e.Host != "" {
		fmt.Fprintf(&b, " (%s)", e.Host)
	}
	fmt.Fprintf(&b, ": %s", e.Kind)
	if e.Code != "" {
		fmt.Fprintf(&b, ": %s", e.Code)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Description != "" {
		fmt.Fprintf(&b, "; the server says: %q", e.Description)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// fail builds an Error without a server's words.
func fail(kind Kind, stage string, err error) *Error {
	return &Error{Kind: kind, Stage: stage, Err: err}
}
