// Package secret holds the one type in which credentials travel through the
// bridge, and the masking of credentials that a backend or an error echoes.
//
// # Terminology
//
// A secret is any byte sequence that grants access: an API key, a password, a
// token, an authorization code, a code verifier, a client secret. To mask is to
// replace a known secret in text by [Mask].
package secret

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// Mask is what stands in the place of a secret in any text. It tells neither
// the secret's length nor any part of it.
const Mask = "[secret]"

// Value is a secret that cannot be printed by accident: every formatter, logger
// and encoder writes [Mask] in its place. The zero Value is the absent secret
// and prints as the empty string. Values are immutable, comparable and safe for
// concurrent use.
type Value struct {
	// A handle and no string: fmt calls no method of an unexported field, so that a
	// struct with a Value inside would print the text. Of a handle it prints an address.
	h unique.Handle[string]
}

// New returns s as a secret.
func New(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{unique.Make(s)}
}

// Reveal returns the secret itself. Only the code that puts a credential into a
// request, a keychain or a token request calls it.
func (v Value) Reveal() string {
	if v.IsZero() {
		return ""
	}
	return v.h.Value()
}

// IsZero reports whether v is the absent (empty) secret.
func (v Value) IsZero() bool { return v == Value{} }

// String returns Mask, or "" for the zero Value.
func (v Value) String() string {
	if v.IsZero() {
		return ""
	}
	return Mask
}

// GoString returns the same as String, so that %#v is safe.
func (v Value) GoString() string { return v.String() }

// Format writes the same as String for every verb.
func (v Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, v.String()) }

// LogValue keeps the secret out of structured logs.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }

// MarshalText keeps the secret out of JSON, TOML, YAML and any other encoding
// that asks for text.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
