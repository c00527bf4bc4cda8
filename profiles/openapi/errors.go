package openapi

import "strings"

// Error is why a document cannot be read.
type Error struct {
	At      string // FILE:LINE:COL
	Message string
	Err     error // the cause, or nil
	hint    string
}

// Error returns "FILE:LINE:COL: message".
func (e *Error) Error() string {
	if e.At == "" || strings.HasPrefix(e.Message, e.At) {
		return e.Message
	}
	return e.At + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *Error) Hint() string { return e.hint }
