package profiles

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Warning is something odd in a profile that does not stop it from being used.
type Warning = doc.Warning

// Errors is everything that is wrong with a profile, in the order of the files
// and lines. It is never empty when it is returned as an error.
type Errors []*doc.Error

// Error returns one line for each: "FILE:LINE:COL: KEY: message (allowed: …; did
// you mean …?)". It never shows a credential.
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

// sortByPlace puts errors in the order of sources, lines and columns.
func (e Errors) sortByPlace(sources []string) {
	slices.SortStableFunc(e, func(a, b *doc.Error) int {
		return cmp.Or(
			cmp.Compare(slices.Index(sources, a.Pos.File), slices.Index(sources, b.Pos.File)),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
}

// NameError is a name of a profile or an account that cannot be used, or one that
// stands for nothing.
type NameError struct {
	Name    string
	Message string
	Type    string // what to type next, or ""
}

// Error returns the name and what is wrong with it.
func (e *NameError) Error() string {
	if e.Name == "" {
		return e.Message
	}
	return quote(e.Name) + ": " + e.Message
}

// Hint says what to type next.
func (e *NameError) Hint() string { return e.Type }

// sortWarnings puts warnings in the same order.
func sortWarnings(w []Warning, sources []string) {
	slices.SortStableFunc(w, func(a, b Warning) int {
		return cmp.Or(
			cmp.Compare(slices.Index(sources, a.Pos.File), slices.Index(sources, b.Pos.File)),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
}
