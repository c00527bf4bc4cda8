package schema

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

// maxRepeat is the most that RE2 repeats.
const maxRepeat = 1000

// PortablePattern reports whether a pattern is one for every reader of tool lists:
// RE2, Rust's regex and ECMA-262 with the flag u, in the syntax that they have in
// common and read alike. One other pattern makes some of them refuse the whole list.
func PortablePattern(p string) bool {
	if _, err := syntax.Parse(p, syntax.Perl); err != nil {
		return false
	}
	s := patternScanner{p: p}
	for s.i < len(p) {
		if !s.atom() {
			return false
		}
	}
	return true
}

// patternScanner reads a pattern that RE2 takes. repeatable reports that a quantifier
// may follow.
type patternScanner struct {
	p          string
	i          int
	repeatable bool
}

func (s *patternScanner) atom() bool {
	c := s.p[s.i]
	s.i++
	switch c {
	case '\\':
		return s.escape(`.*+?^$|()[]{}/`, "dDwWsSbBnrtfvx")
	case '[':
		return s.class()
	case '(':
		s.repeatable = false
		if strings.HasPrefix(s.p[s.i:], "?") {
			if !strings.HasPrefix(s.p[s.i:], "?:") {
				return false
			}
			s.i += 2
		}
		return true
	case '*', '+', '?', '{':
		return s.quantifier(c)
	case '}', ']':
		return false
	case '^', '$', '|':
		s.repeatable = false
		return true
	}
	s.repeatable = true
	return true
}

// escape reads what stands behind a backslash: a character of syntax or one of the
// letters.
func (s *patternScanner) escape(signs, letters string) bool {
	if s.i >= len(s.p) {
		return false
	}
	c := s.p[s.i]
	s.i++
	s.repeatable = c != 'b' && c != 'B'
	switch {
	case c == 'x':
		if len(s.p)-s.i < 2 || !isHex(s.p[s.i]) || !isHex(s.p[s.i+1]) {
			return false
		}
		s.i += 2
		return true
	case strings.IndexByte(letters, c) >= 0:
		return true
	}
	return strings.IndexByte(signs, c) >= 0
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// class reads a class behind its [. A hyphen is one between two characters, the first
// or the last; signs that some readers take for operators are not there.
func (s *patternScanner) class() bool {
	if strings.HasPrefix(s.p[s.i:], "^") {
		s.i++
	}
	first, before := true, false // before: a single character, which may begin a range
	for s.i < len(s.p) {
		rest := s.p[s.i:]
		switch c := rest[0]; {
		case c == ']':
			s.i++
			s.repeatable = true
			return !first
		case c == '[', strings.HasPrefix(rest, "&&"), strings.HasPrefix(rest, "~~"), strings.HasPrefix(rest, "--"):
			return false
		case c == '-' && !first && !strings.HasPrefix(rest, "-]"):
			s.i++
			if !before || !s.rangeEnd() {
				return false
			}
			before = false
		case c == '\\':
			s.i++
			if !s.escape(`.*+?^$|()[]{}/-`, "dDwWsSnrtfvx") {
				return false
			}
			before = strings.IndexByte("dDwWsS", rest[1]) < 0
		default:
			s.i++
			before = true
		}
		first = false
	}
	return false
}

func (s *patternScanner) rangeEnd() bool {
	if s.i >= len(s.p) || s.p[s.i] == '[' {
		return false
	}
	c := s.p[s.i]
	s.i++
	return c != '\\' || s.escape(`.*+?^$|()[]{}/-`, "nrtfvx")
}

// quantifier reads one, with the ? that makes it lazy.
func (s *patternScanner) quantifier(c byte) bool {
	if !s.repeatable {
		return false
	}
	s.repeatable = false
	if c == '{' {
		inner, _, closed := strings.Cut(s.p[s.i:], "}")
		low, high, ranged := strings.Cut(inner, ",")
		n, err := strconv.Atoi(low)
		if !closed || err != nil || n > maxRepeat || low != strconv.Itoa(n) {
			return false
		}
		if ranged && high != "" {
			if m, err := strconv.Atoi(high); err != nil || m < n || m > maxRepeat {
				return false
			}
		}
		s.i += len(inner) + 1
	}
	if strings.HasPrefix(s.p[s.i:], "?") {
		s.i++
	}
	return true
}

// Pattern returns a pattern without the slashes and flags in which some authors write
// it, as in /^[a-z]+$/i.
func Pattern(p string) string {
	end := strings.LastIndexByte(p, '/')
	if end < 2 || p[0] != '/' || strings.Trim(p[end+1:], "gimsuyvdxADJU") != "" {
		return p
	}
	inner, flags := p[1:end], p[end+1:]
	if flags == "" && inner[0] != '^' && inner[len(inner)-1] != '$' {
		return p // a text between slashes
	}
	if on := strings.Map(func(r rune) rune {
		if strings.ContainsRune("ims", r) {
			return r
		}
		return -1
	}, flags); on != "" {
		return "(?" + on + ")" + inner
	}
	return inner
}

// CompilePattern returns a pattern for checking values, or nil when it is one that
// Go's regexp does not know, or reads otherwise than its author meant.
func CompilePattern(p string) *regexp.Regexp {
	p = Pattern(p)
	if strange(p) {
		return nil
	}
	for _, variant := range [...]func(string) string{func(s string) string { return s }, fromDialects} {
		if re, err := regexp.Compile(variant(p)); err == nil {
			return re
		}
	}
	return nil
}

// fromDialects writes what Java, .NET, PCRE, Python and ECMA-262 have beyond RE2 in
// the terms of RE2, where there are such: never so that more is refused.
func fromDialects(p string) string {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		rest := p[i:]
		switch {
		case strings.HasPrefix(rest, `\u`) && len(rest) >= 6 && strings.Trim(rest[2:6], "0123456789abcdefABCDEF") == "":
			b.WriteString(`\x{` + rest[2:6] + `}`)
			i += 5
		case strings.HasPrefix(rest, `\u{`), strings.HasPrefix(rest, `\Z`), strings.HasPrefix(rest, `\h`):
			b.WriteString(map[byte]string{'u': `\x`, 'Z': `\z`, 'h': `[ \t]`}[rest[1]])
			i++
		case rest[0] == '\\' && len(rest) > 1:
			b.WriteString(rest[:2])
			i++
		case strings.HasPrefix(rest, "(?>"):
			b.WriteString("(?:")
			i += 2
		case (rest[0] == '*' || rest[0] == '+' || rest[0] == '?' || rest[0] == '}') && len(rest) > 1 && rest[1] == '+':
			b.WriteByte(rest[0]) // possessive
			i++
		default:
			b.WriteByte(rest[0])
		}
	}
	return b.String()
}

// strange reports what RE2 takes and another dialect reads otherwise: operators in
// classes, a backslash that was escaped once too often.
func strange(p string) bool {
	in := false
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\':
			if i++; i+1 < len(p) && p[i] == '\\' && strings.IndexByte("dDwWsS", p[i+1]) >= 0 {
				return true
			}
		case !in:
			in = c == '['
		case c == ']':
			in = false
		case c == '[' && !strings.HasPrefix(p[i:], "[:"), strings.HasPrefix(p[i:], "&&"):
			return true
		case c == '[':
			if end := strings.Index(p[i:], ":]"); end > 0 {
				i += end + 1
			}
		}
	}
	return false
}
