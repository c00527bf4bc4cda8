package higress

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Error is one thing in a configuration that stops its import.
type Error struct {
	Detail doc.Error // the position, the key and what is wrong there
	Next   string    // what to write instead, or ""
}

// Error returns "FILE:LINE:COL: KEY: message". It never shows a credential.
func (e *Error) Error() string { return e.Detail.Error() }

// Hint says what to write instead.
func (e *Error) Hint() string {
	if e.Next != "" {
		return e.Next
	}
	return e.Detail.Hint()
}

// Unwrap returns the position, key and message as a *doc.Error.
func (e *Error) Unwrap() error { return &e.Detail }

// Errors is everything that stops an import, in the document's order. It is never
// empty when it is returned as an error.
type Errors []*Error

// Error returns one line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Hint says what to write instead of the first thing that is wrong.
func (e Errors) Hint() string {
	if len(e) == 0 {
		return ""
	}
	return e[0].Hint()
}

// Unwrap returns the single errors.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Detail.Pos.Line, b.Detail.Pos.Line), cmp.Compare(a.Detail.Pos.Col, b.Detail.Pos.Col))
	})
}

// fromDoc gives a parser's error our form, and a position where it has none.
func fromDoc(err error, file string) *Error {
	var one *doc.Error
	if !errors.As(err, &one) {
		one = &doc.Error{Message: err.Error()}
	}
	e := &Error{Detail: *one}
	if e.Detail.Pos.Line == 0 {
		e.Detail.Pos = doc.Pos{File: file, Line: 1, Col: 1}
	}
	return e
}

// warnings returns what was noted, in the document's order.
func (r *reader) warnings() []Warning {
	slices.SortStableFunc(r.odd, func(a, b oddity) int {
		return cmp.Or(cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.pos.Col, b.pos.Col))
	})
	var out []Warning
	for _, o := range r.odd {
		out = append(out, Warning{At: o.pos.String(), Key: o.key, Message: o.message + alsoOn(o.more)})
	}
	return out
}

// alsoOn names the first further lines of a warning.
func alsoOn(lines []int) string {
	const most = 5
	if len(lines) == 0 {
		return ""
	}
	var named []string
	for _, line := range lines[:min(len(lines), most)] {
		named = append(named, strconv.Itoa(line))
	}
	text := " (also on line " + strings.Join(named, ", ")
	if more := len(lines) - most; more > 0 {
		text += " and at " + strconv.Itoa(more) + " more places"
	}
	return text + ")"
}
