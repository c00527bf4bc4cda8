package result

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text fit for a person and a model: valid UTF-8, without control
// characters other than tab and line ends.
func clean(s string) string {
	if plain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			return -1
		}
		return r
	}, s)
}

// plain reports whether s is ASCII text with nothing to remove, as most is.
func plain(s string) bool {
	for i := range len(s) {
		if b := s[i]; b >= 0x7f || b < ' ' && b != '\t' && b != '\n' && b != '\r' {
			return false
		}
	}
	return true
}

// clean does the same and masks again when something was removed: a control
// character can hide a credential from the mask.
func (s *shaper) clean(text string) string {
	out := clean(text)
	if len(out) != len(text) {
		out = clean(string(s.options.Mask([]byte(out))))
	}
	return out
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// first returns the first n characters of s.
func first(s string, n int) string {
	if len(s) <= n {
		return s // at least as many bytes as characters
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// noteRoom is kept free for the note when text is cut. The note tells how many
// characters are shown, so it is written after that number is known.
const noteRoom = 300

// fit cuts text so that it is at most the limit with its note, less the
// characters that the caller reserves for other items. note stands at the end in
// any case when it is not empty. The second result reports whether something is
// missing from text.
func (s *shaper) fit(text, note string, reserved int) (string, bool) {
	limit := max(s.options.MaxChars-reserved, 0)
	if note != "" {
		note = "\n" + note
	}
	if len(text)+len(note) <= limit { // at least as many bytes as characters
		return text + note, note != ""
	}
	if total := runes(text); total+runes(note) > limit {
		shown := max(limit-noteRoom, limit/2)
		note = fmt.Sprintf("\n[cut: %d of %d characters are shown]%s", shown, total, note)
		if s.options.More != nil {
			if more := clean(s.options.More(text, shown)); more != "" {
				note = fmt.Sprintf("\n[cut: %d of %d characters are shown; %s]", shown, total, more)
			}
		}
		return first(text, shown) + first(note, limit-shown), true
	}
	return text + note, note != ""
}
