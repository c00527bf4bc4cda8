package result

import (
	"fmt"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// clean makes text fit for a person and a model, and masks it as a whole: what is cut
// off it later was masked before. A hidden character can hide a credential, and so can
// an escape that a template or a page had decoded.
func (s *shaper) clean(text string) string {
	return plaintext.Clean(string(s.options.Mask([]byte(plaintext.Clean(text)))))
}

// mask masks a text that was cut, or a whole one.
func (s *shaper) mask(text []byte, cut bool) []byte {
	if cut {
		return s.options.MaskBeginning(text)
	}
	return s.options.Mask(text)
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// noteRoom is kept free for the note when text is cut. The note tells how many
// characters are shown, so it is written after that number is known.
const noteRoom = 300

// moreRoom is kept free as well for what Options.More says.
const moreRoom = 300

// fit cuts text at a good place so that it is at most the limit with its note, less
// the characters that the caller reserves for other items. note stands at the end in
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
	total := runes(text)
	if total+runes(note) <= limit {
		return text + note, note != ""
	}
	room := noteRoom
	if s.options.More != nil {
		room += moreRoom
	}
	shown := safe(text, max(limit-room, limit/2))
	n := runes(shown)
	note = fmt.Sprintf("\n[cut: %d of %d characters are shown]%s", n, total, note)
	if s.options.More != nil {
		if more := plaintext.Clean(s.options.More(text, n)); more != "" {
			note = fmt.Sprintf("\n[cut: %d of %d characters are shown; %s]", n, total, more)
		}
	}
	return shown + plaintext.First(note, limit-n), true
}
