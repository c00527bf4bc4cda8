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

// Nearest returns the word among the given ones that word is a likely misspelling
// of, comparing without case and counting inserted, deleted, changed and swapped
// letters. It is "" when nothing is near; the first of several equally near wins.
func Nearest(word string, among []string) string {
	if len(word) > 64 {
		return ""
	}
	w := []rune(strings.ToLower(word))
	best, bestDistance := "", len(w)/3+1
	if bestDistance > 3 {
		bestDistance = 3
	}
	for _, candidate := range among {
		if len(candidate) > 64 {
			continue
		}
		c := []rune(strings.ToLower(candidate))
		if d := distance(w, c); d < len(c) && (d < bestDistance || d == bestDistance && best == "") {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// distance counts the edits between two words (optimal string alignment).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
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
