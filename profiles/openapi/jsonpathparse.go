package openapi

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// selector picks children of a value.
type selector func(q *query, m match, yield func(match))

// pathParser reads a JSONPath expression.
type pathParser struct {
	s       string
	i       int
	problem string
	depth   int
}

// parsePath reads a path that begins with $. problem says what cannot be read.
func parsePath(s string) (segments []segment, problem string) {
	p := &pathParser{s: strings.TrimSpace(s)}
	if !p.take("$") {
		return nil, "it must begin with $"
	}
	segments = p.segments()
	if p.problem == "" && p.i < len(p.s) {
		p.fail("unexpected " + quote(p.s[p.i:]))
	}
	return segments, p.problem
}

func (p *pathParser) fail(message string) {
	if p.problem == "" {
		p.problem = message + " at character " + strconv.Itoa(p.i+1)
	}
}

func (p *pathParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *pathParser) take(word string) bool {
	if strings.HasPrefix(p.s[p.i:], word) {
		p.i += len(word)
		return true
	}
	return false
}

func (p *pathParser) segments() []segment {
	var out []segment
	for p.problem == "" {
		from := p.i
		p.space()
		switch {
		case p.take(".."):
			out = append(out, p.dotted(true))
		case p.take("."):
			out = append(out, p.dotted(false))
		case p.take("["):
			out = append(out, segment{p.bracket(), false})
		default:
			p.i = from
			return out
		}
	}
	return out
}

// dotted reads what follows a dot, or two.
func (p *pathParser) dotted(deep bool) segment {
	switch {
	case deep && p.take("["):
		return segment{p.bracket(), true}
	case p.take("*"):
		return segment{[]selector{pickAll}, deep}
	}
	from := p.i
	for p.i < len(p.s) {
		c, size := utf8.DecodeRuneInString(p.s[p.i:])
		if c != '_' && (c < '0' || c > '9' || p.i == from) && (c|0x20 < 'a' || c|0x20 > 'z' || c >= utf8.RuneSelf) && c < utf8.RuneSelf && (c != '-' || p.i == from) {
			break
		}
		p.i += size
	}
	if p.i == from {
		p.fail("a name is missing")
	}
	return segment{[]selector{pickName(p.s[from:p.i])}, deep}
}

// bracket reads selectors up to the closing bracket.
func (p *pathParser) bracket() []selector {
	var out []selector
	for {
		p.space()
		out = append(out, p.selector())
		p.space()
		if p.take("]") || p.problem != "" {
			return out
		}
		if !p.take(",") {
			p.fail(`"," or "]" is missing`)
			return nil
		}
	}
}

func (p *pathParser) selector() selector {
	switch {
	case p.take("*"):
		return pickAll
	case p.take("?"):
		test := p.or()
		return func(q *query, m match, yield func(match)) {
			pickAll(q, m, func(inner match) {
				if test != nil && q.visits <= maxVisits && test(q, inner.n) {
					yield(inner)
				}
			})
		}
	case p.i < len(p.s) && (p.s[p.i] == '\'' || p.s[p.i] == '"'):
		return pickName(p.quoted())
	}
	start := p.integer()
	p.space()
	if !p.take(":") {
		if start == nil {
			p.fail("a name in quotes, an index, *, a slice or a filter is missing")
			return nil
		}
		return pickIndex(*start)
	}
	p.space()
	end := p.integer()
	p.space()
	by := 1
	if p.take(":") {
		p.space()
		if n := p.integer(); n != nil {
			by = *n
		}
	}
	return pickSlice(start, end, by)
}

func (p *pathParser) integer() *int {
	from := p.i
	p.take("-")
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	n, err := strconv.Atoi(p.s[from:p.i])
	if err != nil || n > 1<<30 || n < -1<<30 {
		if p.i > from {
			p.fail("a number that cannot be an index")
		}
		return nil
	}
	return &n
}

// quoted reads a name in single or double quotes, with JSON's escapes.
func (p *pathParser) quoted() string {
	mark := p.s[p.i]
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == mark:
			p.i++
			return b.String()
		case c == '\\' && p.i+1 < len(p.s):
			p.i++
			if at := strings.IndexByte(`bfnrt`, p.s[p.i]); at >= 0 {
				b.WriteByte("\b\f\n\r\t"[at])
			} else if p.s[p.i] == 'u' && p.i+4 < len(p.s) {
				n, err := strconv.ParseUint(p.s[p.i+1:p.i+5], 16, 16)
				if err != nil {
					p.fail("an escape that is none")
				}
				b.WriteRune(rune(n))
				p.i += 4
			} else {
				b.WriteByte(p.s[p.i])
			}
		default:
			b.WriteByte(c)
		}
	}
	p.fail("a closing quote is missing")
	return ""
}
