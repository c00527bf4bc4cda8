// Package plaintext makes text from outside fit to be read: by a person on a
// terminal, in a question or on a page, and by a model. It is the one place that
// decides which characters are hidden, how a text is shortened and quoted, and which
// word is the nearest.
//
// # Hidden characters
//
// A character is hidden when people do not see it but a model or a terminal reads it.
//
//	kind                           characters                     what becomes of it
//	controls                       Cc, but tab, LF and CR         removed
//	line and paragraph separator   U+2028, U+2029                 a blank
//	bidirectional controls         U+061C, U+200E, U+200F,        removed
//	                               U+202A-202E, U+2066-2069
//	zero width, invisible          U+200B, U+2060-2065, U+FEFF,   removed
//	operators, old format controls U+206A-206F, U+034F
//	soft hyphen                    U+00AD                         removed
//	interlinear annotation         U+FFF9-FFFB                    removed
//	tags                           U+E0000-E007F                  removed, but in the flags of England, Scotland, Wales
//	variation selectors            U+FE00-FE0D, U+E0100-E01EF     removed: they only choose among shapes of one character
//	emoji and text style           U+FE0E, U+FE0F                 one is kept behind an emoji, a digit, # or *
//	joiners                        U+200C, U+200D                 one is kept behind a letter or a mark of a script that
//	                                                              needs it (Arabic, Indic and their like); U+200D also
//	                                                              between two emoji
//	Mongolian selectors            U+180B-180F                    one is kept behind a Mongolian letter
//	fillers, inherent vowels       U+115F, U+1160, U+3164,        removed
//	                               U+FFA0, U+17B4, U+17B5
//	other format characters        the rest of Cf                 removed, but those that are drawn: Arabic, Syriac and
//	                                                              Kaithi number signs, Egyptian joiners
//	noncharacters                  U+FFFE, U+FDD0 and their like  removed
//	bytes that are not UTF-8                                      U+FFFD
//
// Everything else stays as it is: letters, marks, symbols, blanks of every width.
package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns s as valid UTF-8 without the hidden characters that the package
// comment lists. Cleaning a second time changes nothing. A text without any is
// returned as it is.
func Clean(s string) string { return filter(s, -1) }

// Show returns s for a place where a stranger's words stand among ours, a terminal or
// a question: as [Clean], but each hidden character, and each of private use, is
// U+FFFD, so that nothing vanishes unseen. Tab and line feed stay; a carriage return
// is shown, as it would write over the line.
func Show(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r == '\r' || unicode.Is(unicode.Co, r) {
			return unicode.ReplacementChar
		}
		return r
	}, filter(s, unicode.ReplacementChar))
}

// OneLine returns s cleaned and on one line: every run of blanks and line ends is one
// blank, and there is none at the ends.
func OneLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// IsHidden reports a character that is hidden wherever it stands.
func IsHidden(r rune) bool {
	switch {
	case r < ' ':
		return r != '\n' && r != '\t' && r != '\r'
	case r < 0x7f:
		return false
	case r < 0xa0 || r == 0xad || r == 0x2028 || r == 0x2029:
		return true
	}
	if r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe {
		return true
	}
	if !unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
		return false
	}
	return !unicode.Is(unicode.Prepended_Concatenation_Mark, r) && (r < 0x13430 || r > 0x1345f)
}

// filter replaces what is hidden where it stands; a negative replacement removes it.
func filter(s string, with rune) string {
	if isPlain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	last := rune(0) // the character before that is kept
	changed := false
	for i, skip := 0, 0; i < len(s); i += skip {
		r, size := utf8.DecodeRuneInString(s[i:])
		skip = size
		switch flag := flagTags(s[i:], last); {
		case flag > 0:
			b.WriteString(s[i : i+flag])
			skip, last = flag, r
			continue
		case IsHidden(r) && !joins(last, r, s[i+size:]):
			changed = true
			if r == '\u2028' || r == '\u2029' {
				r = ' '
			} else if r = with; r < 0 {
				continue
			}
		}
		b.WriteRune(r)
		last = r
	}
	if !changed {
		return s
	}
	return b.String()
}

// isPlain reports ASCII text with nothing to remove, as most is.
func isPlain(s string) bool {
	for i := range len(s) {
		if b := s[i]; b >= 0x7f || b < ' ' && b != '\t' && b != '\n' && b != '\r' {
			return false
		}
	}
	return true
}

// joins reports whether a character that is hidden elsewhere has a meaning between
// the one that was kept before it and the text behind it.
func joins(before, r rune, rest string) bool {
	switch {
	case r == zwnj:
		return needsJoiners(before)
	case r == zwj:
		if needsJoiners(before) {
			return true
		}
		next, _ := utf8.DecodeRuneInString(rest)
		return isEmoji(next) && (isEmoji(before) || before == textStyle || before == emojiStyle)
	case r == textStyle || r == emojiStyle:
		return isEmoji(before) || before >= '0' && before <= '9' || before == '#' || before == '*'
	case r >= 0x180b && r <= 0x180f:
		return unicode.Is(unicode.Mongolian, before) && !unicode.In(before, unicode.Cf, unicode.Variation_Selector)
	}
	return false
}

const (
	zwnj       = '\u200c'
	zwj        = '\u200d'
	textStyle  = '\ufe0e'
	emojiStyle = '\ufe0f'
)

// needsJoiners holds for letters and marks of the scripts whose words are written
// with joiners and non-joiners (Unicode 16, chapters 9, 12, 13 and 16).
func needsJoiners(r rune) bool {
	return r >= 0x600 && unicode.In(r, unicode.L, unicode.M) && (unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mandaic,
		unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil,
		unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
		unicode.Balinese, unicode.Javanese) || isArabicMark(r))
}

// isArabicMark holds for the vowel signs that Arabic shares with other scripts.
func isArabicMark(r rune) bool { return r >= 0x64b && r <= 0x655 || r == 0x670 }

// isEmoji holds for what may be part of an emoji: pictographs, symbols, skin tones.
func isEmoji(r rune) bool {
	switch {
	case r == 0xa9, r == 0xae, r == 0x203c, r == 0x2049, r == 0x3030, r == 0x303d:
		return true
	case r >= 0x1f3fb && r <= 0x1f3ff: // skin tones
		return true
	case r >= 0x2122 && r <= 0x2bff, r >= 0x3297 && r <= 0x3299, r >= 0x1f000 && r <= 0x1faff:
		return unicode.IsSymbol(r) || r == 0x2139
	}
	return false
}

// flagTags returns the length of the tags at the beginning of s that make the black
// flag before them that of England, Scotland or Wales: the only ones of the emoji
// that are recommended for general interchange (UTS 51, appendix C).
func flagTags(s string, before rune) int {
	if before != 0x1f3f4 {
		return 0
	}
	for _, region := range []string{"gbeng", "gbsct", "gbwls"} {
		tags := strings.Map(func(r rune) rune { return r + 0xe0000 }, region) + "\U000e007f"
		if strings.HasPrefix(s, tags) {
			return len(tags)
		}
	}
	return 0
}
