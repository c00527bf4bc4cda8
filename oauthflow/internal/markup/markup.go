// Package markup writes HTML: what a program's author wrote as it is, and every text
// from elsewhere escaped. It does what our few pages need of html/template, which
// reads its templates at run time and weighs far more.
//
// # Terminology
//
// Markup is HTML of the program itself. A text is anything else; it stands between
// tags or in a quoted attribute, never in a script, a style, a URL that could have a
// scheme, or a name.
package markup

import (
	"html"
	"strings"
)

// HTML is markup of the program itself: only constants become one without a
// conversion.
type HTML string

// Writer collects a page. The zero Writer is empty. It is not safe for concurrent use.
type Writer struct{ b strings.Builder }

// Add writes markup, in which each # is replaced by the next text, escaped. A # that
// has no text stays, and a text that has no # is left out.
func (w *Writer) Add(markup HTML, texts ...string) {
	rest := string(markup)
	for _, text := range texts {
		before, after, found := strings.Cut(rest, "#")
		if !found {
			break
		}
		w.b.WriteString(before)
		w.b.WriteString(html.EscapeString(text))
		rest = after
	}
	w.b.WriteString(rest)
}

// If adds markup around a text that is not empty.
func (w *Writer) If(markup HTML, text string) {
	if text != "" {
		w.Add(markup, text)
	}
}

// String returns the page.
func (w *Writer) String() string { return w.b.String() }
