package doc

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is what is wrong at one place of a document.
type Error struct {
	Pos     Pos
	Key     string   // the path of the key, "" for a syntax error
	Message string   // what is wrong
	Allowed []string // what may stand there instead, when that is a short list
	Nearest string   // the allowed word that was probably meant, or ""
}

// Error returns "FILE:LINE:COL: KEY: message (allowed: …; did you mean …?)".
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Pos.String(), e.Key} {
		if part != "" {
			b.WriteString(part)
			b.WriteString(": ")
		}
	}
	b.WriteString(e.Message)
	var more []string
	if len(e.Allowed) > 0 {
		more = append(more, "allowed: "+strings.Join(e.Allowed, ", "))
	}
	if e.Nearest != "" {
		more = append(more, "did you mean "+e.Nearest+"?")
	}
	if len(more) > 0 {
		b.WriteString(" (" + strings.Join(more, "; ") + ")")
	}
	return b.String()
}

// Hint says what to write instead, or where to look.
func (e *Error) Hint() string {
	at := e.Pos.String()
	if at == "" {
		at = "the document"
	}
	switch {
	case e.Nearest != "":
		return "write " + e.Nearest + " at " + at
	case len(e.Allowed) > 0:
		return "write one of " + strings.Join(e.Allowed, ", ") + " at " + at
	}
	return "correct " + at
}

// Warning is something odd in a document that does not stop it from being used.
type Warning struct {
	Pos     Pos
	Key     string // the path of the key, or ""
	Message string
}

// String returns "FILE:LINE:COL: KEY: message".
func (w Warning) String() string {
	return (&Error{Pos: w.Pos, Key: w.Key, Message: w.Message}).Error()
}

// printable reports whether s has only characters that can be shown as they are.
func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}
