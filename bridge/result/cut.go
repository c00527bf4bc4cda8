package result

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// window is the part of the shown text, from its end, in which a good place to cut is
// looked for: a fifth of it, at most so many bytes.
const window = 4000

// safe returns the beginning of s that ends at a good place at or before its first n
// characters: behind a line, an element of JSON, a sentence or a word, and never
// inside an escape of JSON. It returns a text that is n long when there is no such
// place near.
func safe(s string, n int) string {
	head := plaintext.First(s, n)
	if len(head) == len(s) {
		return head
	}
	from := len(head) - min(len(head)/5, window)
	tail := head[from:]
	ends := []string{"\n", ". ", " "}
	if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
		ends = []string{"\n", "},", "],", `",`, ",", " "}
	}
	for _, end := range ends {
		if i := strings.LastIndex(tail, end); i >= 0 {
			return head[:from+i+len(end)]
		}
	}
	if n := len(head) - escape(head); n > 0 {
		return head[:n]
	}
	return head
}

// escape returns how many bytes at the end of head are part of an escape of JSON.
func escape(head string) int {
	i := strings.LastIndexByte(head, '\\')
	if i < 0 || len(head)-i > 5 {
		return 0
	}
	before := len(head[:i]) - len(strings.TrimRight(head[:i], `\`))
	rest := head[i+1:]
	if before%2 == 0 && (rest == "" || rest[0] == 'u') {
		return len(head) - i
	}
	return 0
}

// Page returns a part of a text that was kept when it was cut: what stands behind its
// first offset characters, as far as it fits, and a note that says which part it is.
// next makes the part of the note that says how to go on from there; it is not
// called for the last part. maxChars is as in [Options].
func Page(whole string, offset, maxChars int, next func(offset int) string) *Result {
	o := withDefaults(Options{MaxChars: maxChars})
	total := runes(whole)
	if offset >= total && total > 0 || offset < 0 {
		return Errorf(InvalidArguments, "", "offset is %d, and the result has the characters 0 to %d", offset, total-1)
	}
	rest := whole[len(plaintext.First(whole, offset)):]
	note := fmt.Sprintf("\n[characters %d to %d of %d: this is the end]", offset, total, total)
	if total-offset+runes(note) <= o.MaxChars {
		return &Result{Content: []Content{outside(rest + note)}}
	}
	shown := safe(rest, max(o.MaxChars-noteRoom, o.MaxChars/2))
	n := runes(shown)
	note = fmt.Sprintf("\n[characters %d to %d of %d; %s]", offset, offset+n, total, next(offset+n))
	return &Result{Content: []Content{outside(shown + plaintext.First(note, o.MaxChars-n))}}
}

// Document returns the JSON document in a text that was kept: the text, or what
// stands behind its first line, as in the text of an error. nil: there is none.
func Document(text string) []byte {
	if json.Valid([]byte(text)) {
		return []byte(text)
	}
	if _, rest, ok := strings.Cut(text, "\n"); ok && json.Valid([]byte(rest)) {
		return []byte(rest)
	}
	return nil
}

// outlineChars bounds an outline.
const outlineChars = 200

// Outline says in a few words what a JSON text holds, so that the reader knows what
// can be selected: "an array of 120", "an object of items (array of 120), total".
// Empty for what is neither an array nor an object.
func Outline(text string) string {
	text = strings.TrimLeft(text, " \t\r\n")
	if text == "" || text[0] != '{' && text[0] != '[' {
		return ""
	}
	if text[0] == '[' {
		return sizeOf(json.RawMessage(text))
	}
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &members) != nil {
		return ""
	}
	var names []string
	for name, value := range members {
		if size := sizeOf(value); size != "" {
			name += " (" + size + ")"
		}
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // what can be taken apart, first
		if x, y := strings.HasSuffix(a, ")"), strings.HasSuffix(b, ")"); x != y {
			return map[bool]int{true: -1, false: 1}[x]
		}
		return strings.Compare(a, b)
	})
	out := "an object of "
	for i, name := range names {
		if i > 0 {
			out += ", "
		}
		if utf8.RuneCountInString(out+name) > outlineChars {
			return out + "…"
		}
		out += name
	}
	return plaintext.Clean(out)
}

// sizeOf says how many elements an array has; empty for another value.
func sizeOf(value json.RawMessage) string {
	var elements []json.RawMessage
	if len(value) == 0 || value[0] != '[' || json.Unmarshal(value, &elements) != nil {
		return ""
	}
	return fmt.Sprintf("an array of %d", len(elements))
}

// Selected applies a jq expression to a document that was kept and shows the outcome
// from its character offset on. The error results are those of [FromResponse].
func Selected(ctx context.Context, expression string, document []byte, offset int, o Options) *Result {
	s := &shaper{tool: &tool.Tool{Imported: true}, options: withDefaults(o)}
	s.options.Select, s.options.Context = expression, ctx
	out, err := s.selected(document)
	if err != nil {
		return s.selectFailed(err)
	}
	text := s.clean(string(out))
	if text == "" {
		text = s.nothing()
	}
	if text = text[len(plaintext.First(text, max(offset, 0))):]; text == "" {
		return s.errorf(InvalidArguments, "", "offset is %d, and select gave fewer characters", offset)
	}
	text, _ = s.fit(text, "", 0)
	return &Result{Content: []Content{outside(text)}}
}
