// Package result turns a backend's response into the result of an MCP tool
// call. It is pure: no clock, no network, no files.
//
// # Terminology
//
// A result is what tools/call answers: a list of content items, optional
// structured content, and whether it is an error. A response is what the
// backend sent.
package result

import "encoding/json"

// Kind names why a call gave an error result. Hosts read it in
// _meta["mcp-bridge/error"].kind; the texts are a published contract.
type Kind string

// The closed list of kinds (DESIGN section 13).
const (
	SignInNeeded        Kind = "sign-in-needed"
	SignInPending       Kind = "sign-in-pending"
	KeychainUnavailable Kind = "keychain-unavailable"
	CredentialMissing   Kind = "credential-missing"
	DeniedByPolicy      Kind = "denied-by-policy"
	NotConfirmed        Kind = "not-confirmed"
	InvalidArguments    Kind = "invalid-arguments"
	TemplateFailed      Kind = "template-failed"
	BackendUnreachable  Kind = "backend-unreachable"
	TLSFailed           Kind = "tls-failed"
	Timeout             Kind = "timeout"
	TooLarge            Kind = "too-large"
	HTTPStatus          Kind = "http-status"
	RedirectRefused     Kind = "redirect-refused"
	TooManyCalls        Kind = "too-many-calls"
	Interrupted         Kind = "interrupted"
	Internal            Kind = "internal"
)

// Content is one item of a result, in the words of the MCP schema.
type Content struct {
	Type     string // "text", "image", "audio" or "resource" (a blob)
	Text     string // for "text"
	Data     []byte // for "image", "audio" and "resource"; encoded as base64
	MIMEType string // for "image", "audio" and "resource"
	URI      string // for "resource"
	Meta     map[string]any
}

// Result is the outcome of one tool call. A failure of any kind is a Result
// with IsError set, never a protocol error, so that the model can react.
type Result struct {
	Content    []Content
	Structured json.RawMessage // structuredContent; nil when there is none
	IsError    bool
	Kind       Kind // empty unless IsError
	Meta       map[string]any
	Err        error // the cause of an error, for this program; never part of an answer
	// Questions are asked of the person before there is an outcome. With them
	// everything else of the result is left aside.
	Questions []Question
}
