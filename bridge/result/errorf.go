package result

import (
	"fmt"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// hintChars is the most characters that one hint may have.
const hintChars = 1000

// Errorf returns an error result: the message as the first text item and, when
// hint is not empty, what to type or do next as a further one. Both are made
// valid UTF-8 without control characters, and the message is at most
// profiles.DefaultMaxResultChars long. Neither is masked here.
func Errorf(kind Kind, hintText string, format string, args ...any) *Result {
	message := plaintext.First(plaintext.Clean(fmt.Sprintf(format, args...)), profiles.DefaultMaxResultChars-hintChars)
	r := &Result{Content: []Content{{Type: "text", Text: message}}, IsError: true, Kind: kind}
	r.AddHint(hintText)
	return r
}

// AddHint appends a hint as a further text item. An empty one adds nothing.
func (r *Result) AddHint(text string) {
	if text = plaintext.Clean(text); text != "" {
		r.Content = append(r.Content, hint(text))
	}
}

func hint(text string) Content {
	return Content{Type: "text", Text: plaintext.First(plaintext.Clean(text), hintChars), Meta: map[string]any{MetaSource: FromBridge}}
}

// errorf is Errorf within the limit of this result.
func (s *shaper) errorf(kind Kind, hintText string, format string, args ...any) *Result {
	r := Errorf(kind, hintText, format, args...)
	reserved := 0
	for _, c := range r.Content[1:] {
		reserved += runes(c.Text)
	}
	if reserved > s.options.MaxChars/2 {
		r.Content, reserved = r.Content[:1], 0
	}
	r.Content[0].Text = plaintext.First(r.Content[0].Text, s.options.MaxChars-reserved)
	return r
}

// hints makes the further items that quote the backend, as far as they fit, and
// returns the characters that they take. They never take more than half of a
// result.
func (s *shaper) hints(texts []string) (items []Content, reserved int) {
	for _, text := range texts {
		c := outside(plaintext.First(s.clean(text), hintChars))
		if n := runes(c.Text); n > 0 && reserved+n <= s.options.MaxChars/2 {
			items, reserved = append(items, c), reserved+n
		}
	}
	return items, reserved
}
