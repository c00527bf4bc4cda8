package plaintext

import (
	"encoding/json"
	"strings"
)

// CleanJSON returns a JSON text without hidden characters, whether they stand in it as
// they are or as escapes such as \u202e, so that none is there once it is decoded. Its
// numbers, blanks and the order of its members stay. What is no JSON comes out as
// [Clean] makes it.
func CleanJSON(text string) string {
	text = Clean(text)
	if !mayEscape(text) || !json.Valid([]byte(text)) {
		return text
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		end := i + 1
		for text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end++
		if literal := text[i:end]; mayEscape(literal) {
			var s string
			if json.Unmarshal([]byte(literal), &s) == nil {
				if clean := Clean(s); clean != s {
					b.WriteString(text[done:i])
					b.WriteString(JSONString(clean))
					done = end
				}
			}
		}
		i = end - 1
	}
	return b.String() + text[done:]
}

// mayEscape reports a text in which an escape could stand for a hidden character.
func mayEscape(text string) bool {
	return strings.Contains(text, `\u`) || strings.Contains(text, `\b`) || strings.Contains(text, `\f`)
}

// JSONString returns s as a JSON string with only the escapes that JSON needs. What is
// not UTF-8 is written as U+FFFD.
func JSONString(s string) string { return string(AppendJSON(nil, s)) }

// AppendJSON appends what [JSONString] returns.
func AppendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < ' ' || r == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}
