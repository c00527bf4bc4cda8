package secret

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// form is a text to mask. It is found as it stands and however its characters, all or
// some of them, are escaped: percent-encoded as in a URL or a form, as JSON escapes, as
// character references of HTML, and these in one another, three deep.
type form struct {
	text   string
	prefix uint32 // its first bytes, when no encoder changes them; see short
	short  bool   // it has no such prefix
}

// prefixBytes is how many bytes of a form are looked up at once.
const prefixBytes = 4

func newForm(s string) *form {
	f := &form{text: s, short: len(s) < prefixBytes}
	for i := 0; i < prefixBytes && !f.short; i++ {
		f.short = !isPlain(s[i])
		f.prefix |= uint32(s[i]) << (8 * i)
	}
	return f
}

// isPlain holds for what every encoder writes as it is.
func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

// longest returns how many bytes the form takes at most.
func (f *form) longest() int { return maxUnit * len(f.text) }

// written returns the texts of which each shows the secret s: s itself, its hexadecimal
// digits, and its base64 in both alphabets, alone or within the base64 of a longer
// text. What surrounds s there decides over the bits at its ends, so that up to one
// character of base64 on each side is not part of the text.
func written(s string) []string {
	out := []string{s, hex.EncodeToString([]byte(s)), strings.ToUpper(hex.EncodeToString([]byte(s)))}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := enc.EncodeToString([]byte(s))
		out = append(out, whole, strings.TrimRight(whole, "="))
		for before := range 3 {
			text := enc.EncodeToString(append(make([]byte, before), s...))
			out = append(out, text[(8*before+5)/6:8*(before+len(s))/6])
		}
	}
	return out
}

// match returns how many bytes at the beginning of b are the form, 0 when they are
// not it. more means that b ends before that is certain: what follows may show that
// the form stands here, or a longer writing of it.
func (f *form) match(b []byte) (n int, more bool) {
	left := 3*len(f.text) + 32 // steps: a text of nothing but escapes can be read in very many ways
	return walk(b, 0, f.text, &left)
}

func walk(b []byte, at int, rest string, left *int) (n int, more bool) {
	for rest != "" && at < len(b) && !isEscape(b[at]) {
		if b[at] != rest[0] {
			return 0, false
		}
		at, rest = at+1, rest[1:]
	}
	switch {
	case rest == "":
		return at, false
	case at == len(b):
		return 0, true
	}
	var ways units
	more = ways.read(b[at:], deepest)
	for _, u := range ways.list[:ways.n] {
		width := u.begins(rest)
		if *left--; width == 0 || *left < 0 {
			continue
		}
		k, open := walk(b, at+u.size, rest[width:], left)
		n, more = max(n, k), more || open
	}
	return n, more
}

// isEscape holds for what an escape of URLs, forms, JSON and HTML begins with.
func isEscape(c byte) bool { return c == '%' || c == '\\' || c == '&' || c == '+' }

// deepest is how often a character may be escaped, maxUnit how many bytes it then
// takes at most, and entity the characters of the longest reference of HTML that is
// read, without & and ;.
const (
	deepest = 3
	maxUnit = 32
	entity  = 8
)

// unit is one way to read the beginning of a text: as a byte, or as a character.
type unit struct {
	size  int // bytes that it takes
	value rune
	whole bool // value is a character; else a byte of one
}

// begins returns how many bytes of rest are the unit's value; 0 when it does not
// begin with it.
func (u unit) begins(rest string) int {
	if !u.whole || u.value < utf8.RuneSelf {
		if rune(rest[0]) == u.value {
			return 1
		}
		return 0
	}
	if r, size := utf8.DecodeRuneInString(rest); r == u.value {
		return size
	}
	return 0
}

// first returns the first byte of the unit's value.
func (u unit) first() byte {
	if !u.whole {
		return byte(u.value)
	}
	var room [utf8.UTFMax]byte
	utf8.EncodeRune(room[:], u.value)
	return room[0]
}

// units are the ways to read the beginning of a text.
type units struct {
	n    int
	list [12]unit
}

func (us *units) add(u unit) {
	if u.size > maxUnit || us.n == len(us.list) {
		return
	}
	for _, other := range us.list[:us.n] {
		if other == u {
			return
		}
	}
	us.list[us.n] = u
	us.n++
}

// read adds the ways to read the beginning of b, which is not empty, with at most
// depth escapes in one another. more means that b ends inside of an escape.
func (us *units) read(b []byte, depth int) (more bool) {
	if depth == 0 || !isEscape(b[0]) {
		us.add(unit{size: 1, value: rune(b[0])})
		return false
	}
	more = us.read(b, depth-1)
	for i := 0; i < us.n; i++ {
		u := us.list[i]
		rest, open := b[u.size:], false
		switch u.value {
		case '%':
			open = us.percent(rest, u.size)
		case '\\':
			open = us.backslash(rest, u.size, depth)
		case '&':
			open = us.reference(rest, u.size, depth)
		case '+':
			if u.size == 1 {
				us.add(unit{size: 1, value: ' '})
			}
		}
		more = more || open
	}
	return more
}

// percent reads what stands behind a percent sign that takes size bytes.
func (us *units) percent(rest []byte, size int) (more bool) {
	v, ok := hexadecimal(rest[:min(len(rest), 2)])
	if ok && len(rest) >= 2 {
		us.add(unit{size: size + 2, value: v})
	}
	return ok && len(rest) < 2
}

// backslash reads \u0041, \/ and the like behind a backslash that takes size bytes.
func (us *units) backslash(rest []byte, size, depth int) (more bool) {
	if len(rest) == 0 {
		return true
	}
	if rest[0] == 'u' {
		return us.unicode(rest[1:], size+1, depth)
	}
	var next units
	more = next.read(rest, depth-1)
	for _, u := range next.list[:next.n] {
		if u.value < utf8.RuneSelf {
			if i := strings.IndexByte(`"\/bfnrt'`, byte(u.value)); i >= 0 {
				us.add(unit{size: size + u.size, value: rune("\"\\/\b\f\n\r\t'"[i]), whole: true})
			}
		}
	}
	return more
}

// unicode reads the digits of \u0041, and the pair that a character beyond 16 bits is.
func (us *units) unicode(rest []byte, size, depth int) (more bool) {
	v, ok := hexadecimal(rest[:min(len(rest), 4)])
	switch {
	case !ok || len(rest) < 4:
		return ok
	case !utf16.IsSurrogate(v):
		us.add(unit{size: size + 4, value: v, whole: true})
		return false
	}
	rest, size = rest[4:], size+4
	if len(rest) == 0 {
		return true
	}
	var next units
	more = next.read(rest, depth-1)
	for _, u := range next.list[:next.n] {
		if u.value != '\\' {
			continue
		}
		digits := rest[u.size:]
		if len(digits) > 0 && digits[0] != 'u' {
			continue
		}
		if len(digits) < 5 {
			more = true
			continue
		}
		if low, ok := hexadecimal(digits[1:5]); ok && utf16.DecodeRune(v, low) != utf8.RuneError {
			us.add(unit{size: size + u.size + 5, value: utf16.DecodeRune(v, low), whole: true})
		}
	}
	return more
}

// reference reads what stands behind the & of a character reference of HTML.
func (us *units) reference(rest []byte, size, depth int) (more bool) {
	name := make([]byte, 0, entity+2)
	for name = append(name, '&'); len(name) < cap(name); {
		if len(rest) == 0 {
			return true
		}
		var next units
		more = next.read(rest, depth-1)
		u := next.list[next.n-1] // the one with the most escapes
		rest, size = rest[u.size:], size+u.size
		switch c := u.value; {
		case c == ';':
			if r := []rune(html.UnescapeString(string(append(name, ';')))); len(r) == 1 {
				us.add(unit{size: size, value: r[0], whole: true})
			}
			return false
		case c == '#' || c < utf8.RuneSelf && isPlain(byte(c)):
			name = append(name, byte(c))
		default:
			return more
		}
	}
	return false
}

// hexadecimal reads digits of either case; none are 0.
func hexadecimal(digits []byte) (rune, bool) {
	v := rune(0)
	for _, c := range digits {
		at := strings.IndexByte("0123456789abcdef", c|0x20)
		if c < '0' || at < 0 {
			return 0, false
		}
		v = v<<4 | rune(at)
	}
	return v, true
}
