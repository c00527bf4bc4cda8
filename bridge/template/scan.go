package template

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mark stands before a part of a path that begins with a digit: Go's parser reads
// .items.0.id only when each part begins with a letter. It is a letter that no
// template has before a digit.
const mark = "ᛜ"

// unmarked takes the marks out of a path or a message.
func unmarked(s string) string {
	if !strings.Contains(s, mark) {
		return s
	}
	return strings.ReplaceAll(s, mark, "")
}

// scanner reads a template as Go's lexer does, before that: it marks the numbers in
// paths, and measures how deep blocks and parentheses stand in each other, because
// Go's parser recurses.
type scanner struct {
	text    string
	at      int
	out     strings.Builder // what Go's parser gets; empty until the first mark
	copied  int             // of text, to out
	open    []int           // for each open block, the "else if"s in it
	blocks  int             // levels that are open
	parens  int
	deepest int
}

// scan returns the template for Go's parser and its depth.
func scan(text string) (source string, depth int) {
	s := &scanner{text: text}
	for {
		n := strings.Index(text[s.at:], "{{")
		if n < 0 {
			break
		}
		s.at += n + 2
		if s.has("-") && s.at+1 < len(text) && strings.IndexByte(" \t\r\n", text[s.at+1]) >= 0 {
			s.at += 2
		}
		if s.has("/*") {
			s.skipTo("*/")
			continue
		}
		s.action()
	}
	if s.copied == 0 {
		return text, s.deepest
	}
	s.out.WriteString(text[s.copied:])
	return s.out.String(), s.deepest
}

func (s *scanner) has(prefix string) bool { return strings.HasPrefix(s.text[s.at:], prefix) }

// skipTo goes behind what comes next, or to the end.
func (s *scanner) skipTo(what string) {
	if n := strings.Index(s.text[s.at:], what); n >= 0 {
		s.at += n + len(what)
		return
	}
	s.at = len(s.text)
}

// action reads up to the closing braces.
func (s *scanner) action() {
	s.parens = 0
	words := 0
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case s.has("}}"):
			s.at += 2
			return
		case c == '"' || c == '\'':
			s.quoted(c)
		case c == '`':
			s.at++
			s.skipTo("`")
		case c == '(':
			s.at++
			s.parens++
			s.deepest = max(s.deepest, s.parens)
		case c == ')':
			s.at++
			s.parens--
			s.parts()
		case c == '$':
			s.at++
			s.word()
			s.parts()
		case c == '.':
			s.field()
		case '0' <= c && c <= '9':
			s.number()
		case s.wordLength() > 0:
			s.keyword(s.word(), words)
			words++
		default:
			s.at++
		}
	}
}

// quoted goes behind a quoted text or character, which ends with its line.
func (s *scanner) quoted(quote byte) {
	for s.at++; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case quote:
			s.at++
			return
		case '\n':
			return
		}
	}
	s.at = len(s.text)
}

// wordLength returns how many bytes of letters and digits come next.
func (s *scanner) wordLength() int {
	n := 0
	for s.at+n < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[s.at+n:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		n += size
	}
	return n
}

func (s *scanner) word() string {
	start := s.at
	s.at += s.wordLength()
	return s.text[start:s.at]
}

// number goes behind a number, so that its dot is not taken for a path.
func (s *scanner) number() {
	for s.at < len(s.text) && (s.text[s.at] == '.' || s.wordLength() > 0) {
		s.at += max(1, s.wordLength())
	}
}

// field reads a path. What begins with a number is one when it goes on: .0.id, but
// .5 is a number.
func (s *scanner) field() {
	dot := s.at
	s.at++
	if n := s.wordLength(); n > 0 && isDigit(s.text[s.at]) {
		s.at += n
		goesOn := s.has(".") && func() bool { s.at++; n := s.wordLength(); s.at--; return n > 0 }()
		if !goesOn {
			return
		}
	}
	s.at = dot
	s.parts()
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parts reads the parts of a path behind what they are parts of.
func (s *scanner) parts() {
	for s.has(".") {
		s.at++
		n := s.wordLength()
		if n > 0 && isDigit(s.text[s.at]) {
			s.out.WriteString(s.text[s.copied:s.at])
			s.out.WriteString(mark)
			s.copied = s.at
		}
		if s.at += n; n == 0 {
			return
		}
	}
}

// keyword keeps count of the blocks. An "else if" is one level more, as in Go's
// parser.
func (s *scanner) keyword(word string, place int) {
	switch {
	case place == 0 && word == "end":
		if last := len(s.open) - 1; last >= 0 {
			s.blocks -= 1 + s.open[last]
			s.open = s.open[:last]
		}
	case place == 0 && (word == "if" || word == "range" || word == "with" || word == "block" || word == "define"):
		s.blocks++
		s.open = append(s.open, 0)
	case place == 1 && (word == "if" || word == "with") && len(s.open) > 0: // behind else, or no template
		s.blocks++
		s.open[len(s.open)-1]++
	}
	s.deepest = max(s.deepest, s.blocks)
}
