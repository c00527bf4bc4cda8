package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
)

// maxKey is the longest key of a property that every client takes.
const maxKey = 64

// LegalKey reports whether every client takes a property's key: 1 to 64 of the
// characters A-Z a-z 0-9 _ . -
func LegalKey(s string) bool {
	for i := range len(s) {
		if !legalByte(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= maxKey
}

func legalByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '.' || b == '-'
}

// ListedKey makes a legal key of any other that is not taken yet: filter[id] becomes
// filter_id, and other scripts are written in Latin letters. A key of which nothing is
// left, or whose name is taken, gets some digits that only depend on the key: what else
// a tool declares does not change them.
func ListedKey(key string, taken map[string]bool) string {
	const digits = 4
	base := cleaned(Latin(key), maxKey-4)
	if base != "" && !taken[base] {
		return base
	}
	if base == "" {
		base = "arg"
	}
	hash := Digits(key, sha256.Size)
	base = base[:min(len(base), maxKey-1-digits)]
	for n := digits; ; n++ {
		if legal := base[:min(len(base), maxKey-1-n)] + "_" + hash[:n]; !taken[legal] || n == len(hash) {
			return legal
		}
	}
}

// Digits returns n hexadecimal digits, at most 64, that only depend on a text.
func Digits(s string, n int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:n]
}

// cleaned keeps the characters of a legal key, with _ in place of others between them.
func cleaned(s string, most int) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf && legalByte(byte(r)):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		if b.Len() >= most {
			break
		}
	}
	return strings.TrimRight(b.String(), "_")
}

// Latin writes a text in letters of ASCII, as far as that can be: 用户 becomes "Yong Hu",
// größe "grosse", id stays.
func Latin(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			latin := unidecode.Unidecode(string(r))
			if r >= utf8.RuneSelf {
				latin = strings.Trim(latin, "'`\"") // soft and hard signs, stops
			}
			b.WriteString(latin)
			continue
		}
		b.WriteByte(' ') // what a sign stands for is no name
	}
	return strings.TrimSpace(b.String())
}
