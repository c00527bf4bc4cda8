package template

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapeJS writes a text so that it can stand in a string of JavaScript, as Go's js
// does.
func escapeJS(s string) string {
	plain := func(r rune) bool {
		return r >= ' ' && r < utf8.RuneSelf && !strings.ContainsRune(`\'"<>&=`, r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for j, r := range s {
		switch {
		case r == '\\' || r == '\'' || r == '"':
			b.WriteByte('\\')
			b.WriteRune(r)
		case plain(r):
			b.WriteByte(byte(r))
		case r == utf8.RuneError: // also what is no UTF-8 stays
			_, n := utf8.DecodeRuneInString(s[j:])
			b.WriteString(s[j : j+n])
		case r >= utf8.RuneSelf && unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	return b.String()
}
