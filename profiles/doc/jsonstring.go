package doc

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string; the cursor stands on its opening quote.
func (p *jsonParser) text() (string, *Error) {
	open := p.pos()
	p.off++
	from := p.off
	for p.off < len(p.s) {
		switch b := p.s[p.off]; {
		case b == '"':
			s := p.s[from:p.off]
			p.off++
			return s, nil
		case b == '\\':
			return p.escaped(from, open)
		case b < ' ':
			return "", p.fail("a control character inside a string")
		case b&0xC0 == 0x80:
			p.wide++
		}
		p.off++
	}
	return "", &Error{Pos: open, Message: "a string without its closing quote"}
}

// escaped reads on at the first backslash of a string that began at from.
func (p *jsonParser) escaped(from int, open Pos) (string, *Error) {
	var b strings.Builder
	b.WriteString(p.s[from:p.off])
	for p.off < len(p.s) {
		switch c := p.s[p.off]; {
		case c == '"':
			p.off++
			return b.String(), nil
		case c == '\\':
			r, n := jsonEscape(p.s[p.off:])
			if n == 0 {
				return "", p.fail("an escape that JSON does not allow")
			}
			b.WriteRune(r)
			p.off += n
		case c < ' ':
			return "", p.fail("a control character inside a string")
		default:
			if c&0xC0 == 0x80 {
				p.wide++
			}
			b.WriteByte(c)
			p.off++
		}
	}
	return "", &Error{Pos: open, Message: "a string without its closing quote"}
}

// jsonEscape returns the character that s's leading escape stands for and its
// length, 0 when it is none. A lone surrogate becomes U+FFFD.
func jsonEscape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	r, ok := hexRune(s, 4)
	if s[1] != 'u' || !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 8 && s[6] == '\\' && s[7] == 'u' {
		if low, ok := hexRune(s[6:], 4); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, 12
			}
		}
	}
	return utf8.RuneError, 6
}

// hexRune reads n hexadecimal digits after the two bytes of an escape.
func hexRune(s string, n int) (rune, bool) {
	if len(s) < 2+n {
		return 0, false
	}
	var v uint64
	for _, c := range []byte(s[2 : 2+n]) {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | uint64(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v<<4 | uint64(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	if v > 0x7fffffff {
		return 0, false
	}
	return rune(v), true
}
