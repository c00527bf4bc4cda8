package secret

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// form is a text to mask. It is found as it stands and in every encoding that the
// text of a URL, a form or a JSON string may have, also when only some of its
// characters are encoded: encoders differ in which ones they leave alone.
type form struct {
	text   string
	plain  []byte    // its beginning that no encoder changes: what is searched for
	starts [256]bool // the bytes that it may begin with
}

func newForm(s string) *form {
	f := &form{text: s, plain: []byte(s)}
	if n := strings.IndexFunc(s, func(r rune) bool { return !isPlain(r) }); n >= 0 {
		f.plain = f.plain[:n]
	}
	f.starts[s[0]] = true
	if len(f.plain) == 0 {
		f.starts['%'], f.starts['\\'], f.starts['+'] = true, true, s[0] == ' ' || s[0] == '+'
	}
	return f
}

// isPlain holds for what every encoder writes as it is.
func isPlain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.'
}

// longest returns how many bytes the form takes at most: \u0000 for each of its own.
func (f *form) longest() int { return 6 * len(f.text) }

// span is a part of a text.
type span struct{ start, end int }

// find returns the first place of b from which the form stands, at or behind from;
// both ends are len(b) when there is none.
func (f *form) find(b []byte, from int) span {
	for at := from; at < len(b); at++ {
		if len(f.plain) > 0 {
			n := bytes.Index(b[at:], f.plain)
			if n < 0 {
				break
			}
			at += n
		} else if !f.starts[b[at]] {
			continue
		}
		if n, _ := f.match(b[at:]); n > 0 {
			return span{at, at + n}
		}
	}
	return span{len(b), len(b)}
}

// match returns how many bytes at the beginning of b are the form, 0 when they are
// not it. more means that b ends before that is certain: what follows may show that
// the form stands here, or a longer writing of it.
func (f *form) match(b []byte) (n int, more bool) {
	switch k := min(len(b), len(f.text)); {
	case string(b[:k]) != f.text[:k]:
	case k == len(f.text):
		n = k
	default:
		more = true
	}
	if len(f.plain) == len(f.text) {
		return n, more
	}
	for _, percent := range []bool{true, false} {
		k, open := f.encoded(b, percent)
		n, more = max(n, k), more || open
	}
	return n, more
}

// encoded is match for a text in which each character may be written as an escape of
// JSON or, with percent, of a URL; then a percent sign is always one.
func (f *form) encoded(b []byte, percent bool) (n int, more bool) {
	at, rest := 0, f.text
	for rest != "" {
		if at == len(b) {
			return 0, true
		}
		size, width := 1, 1 // in b, of rest
		switch c := b[at]; {
		case c == '%' && percent:
			size, width = percentByte(b[at:], rest)
		case c == '\\':
			size, width = jsonEscape(b[at:], rest)
		case c == '+' && percent && rest[0] == ' ':
		case c != rest[0]:
			return 0, false
		}
		if size == 0 {
			return 0, width > 0
		}
		at, rest = at+size, rest[width:]
	}
	return at, false
}

// percentByte reads %41 where rest begins with an A. It returns how much it takes of
// both: 0 and 0 when it is something else, 0 and 1 when b is too short to tell.
func percentByte(b []byte, rest string) (size, width int) {
	if len(b) < 3 {
		return 0, 1
	}
	if v, ok := hex(b[1:3]); !ok || v != rune(rest[0]) {
		return 0, 0
	}
	return 3, 1
}

// jsonEscape reads \u0041, \/ and the like, as percentByte does.
func jsonEscape(b []byte, rest string) (size, width int) {
	if len(b) < 2 {
		return 0, 1
	}
	if b[1] != 'u' {
		if at := strings.IndexByte(`"\/bfnrt`, b[1]); at >= 0 && "\"\\/\b\f\n\r\t"[at] == rest[0] {
			return 2, 1
		}
		return 0, 0
	}
	want, width := utf8.DecodeRuneInString(rest)
	size = 6
	if want > 0xffff {
		size = 12
	}
	if len(b) < size {
		return 0, 1
	}
	got, ok := hex(b[2:6])
	if low, pair := hex(b[size-4 : size]); size == 12 && pair && b[6] == '\\' && b[7] == 'u' {
		got = utf16.DecodeRune(got, low)
	}
	if !ok || got != want {
		return 0, 0
	}
	return size, width
}

// hex reads hexadecimal digits of either case.
func hex(digits []byte) (rune, bool) {
	v := rune(0)
	for _, c := range digits {
		at := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if c < '0' || at < 0 {
			return 0, false
		}
		v = v<<4 | rune(at)
	}
	return v, true
}
