package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold returns text as words are compared: compatible writings are one (Unicode's NFKC:
// full and half width, ligatures), and letters of alphabets have lost their accents, so
// that é is e, ß is ss and ø is o. Marks that are vowels of a script stay.
func fold(text string) string {
	if isASCII(text) {
		return text
	}
	var b strings.Builder
	for _, r := range norm.NFKC.String(text) {
		if r < 0x80 || !hasAccents(r) {
			b.WriteRune(r)
			continue
		}
		for _, part := range norm.NFD.String(string(r)) {
			if !unicode.Is(unicode.Mn, part) {
				b.WriteString(letterOf(part))
			}
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// hasAccents holds for the scripts whose marks are accents, and for the marks that stand
// behind a letter with which no one character is composed.
func hasAccents(r rune) bool {
	return unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Inherited) || unicode.Is(unicode.Arabic, r) && unicode.Is(unicode.Mn, r) ||
		unicode.Is(unicode.Hebrew, r) && unicode.Is(unicode.Mn, r)
}

// letterOf returns what people type for a letter that Unicode does not take apart; for
// any other the letter.
func letterOf(r rune) string {
	switch r {
	case 'ß':
		return "ss"
	case 'ẞ':
		return "SS"
	case 'ø':
		return "o"
	case 'Ø':
		return "O"
	case 'ł':
		return "l"
	case 'Ł':
		return "L"
	case 'æ':
		return "ae"
	case 'Æ':
		return "AE"
	case 'œ':
		return "oe"
	case 'Œ':
		return "OE"
	case 'đ', 'ð':
		return "d"
	case 'Đ', 'Ð':
		return "D"
	case 'þ':
		return "th"
	case 'Þ':
		return "TH"
	case 'ħ':
		return "h"
	case 'Ħ':
		return "H"
	case 'ı':
		return "i"
	case 'ŧ':
		return "t"
	case 'Ŧ':
		return "T"
	case 'ŋ':
		return "n"
	case 'Ŋ':
		return "N"
	}
	return string(r)
}

// isRunOn reports a character of a script that puts no blanks between words, or, as
// Korean does, writes endings onto them.
func isRunOn(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan) ||
		r == 'ー' || r == '々'
}

// addRunOn adds what stands for words in a run of such characters: each two that are
// neighbours, or the one there is.
func addRunOn(run string, add func(word string)) {
	before := -1
	for i, r := range run {
		if before >= 0 {
			add(run[before : i+len(string(r))])
		}
		before = i
	}
	if before == 0 {
		add(run)
	}
}

// characters calls add with each character of the scripts that [isRunOn] holds for: a
// query may be a single one of them.
func characters(text string, add func(character string)) {
	if isASCII(text) {
		return
	}
	for _, r := range fold(text) {
		if isRunOn(r) && isWord(r) {
			add(string(r))
		}
	}
}
