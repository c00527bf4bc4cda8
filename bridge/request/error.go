package request

import (
	"fmt"
	"strings"
)

// Kind says why no request could be made. The texts are those of the bridge's
// error results.
type Kind string

// The kinds of error that this package reports.
const (
	InvalidArguments  Kind = "invalid-arguments"  // the arguments cannot be sent
	TemplateFailed    Kind = "template-failed"    // the profile's template cannot be sent
	CredentialMissing Kind = "credential-missing" // a requirement has no usable credential
)

// Error says why a plan, a request or a carrier could not be made. Its text
// holds no credential and no argument value, only names.
type Error struct {
	Kind    Kind
	Tool    string // the tool's name; empty for a carrier
	Part    string // the part of the request, such as "url", "header X-Id" or "body"
	Pointer string // JSON pointer of the argument at fault; empty when there is none
	Message string
	Err     error // the cause, or nil
	hint    string
}

// Error returns tool, part, argument, message and cause, in this order.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Tool != "" {
		fmt.Fprintf(&b, "tool %s: ", e.Tool)
	}
	if e.Part != "" {
		fmt.Fprintf(&b, "%s: ", e.Part)
	}
	if e.Pointer != "" {
		fmt.Fprintf(&b, "argument %s ", e.Pointer)
	}
	b.WriteString(e.Message)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do next. It may be empty.
func (e *Error) Hint() string { return e.hint }

// argError is an argument that cannot be sent. name is the argument's name.
func argError(part, name, message, hint string) *Error {
	return &Error{Kind: InvalidArguments, Part: part, Pointer: pointer(name), Message: message, hint: hint}
}

// profileError is a profile whose template cannot be sent.
func profileError(part, message, hint string) *Error {
	return &Error{Kind: TemplateFailed, Part: part, Message: message, hint: hint}
}

// pointer returns the JSON pointer (RFC 6901) of a member of the arguments.
func pointer(name string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
