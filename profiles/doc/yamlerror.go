package doc

import (
	"strconv"
	"strings"
)

// tooDeepYAML refuses the two ways to nest that cost one byte a level, before the
// library spends its time on them.
func tooDeepYAML(file, text string) *Error {
	deep, dashes := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '[' || c == '{':
			deep, dashes = deep+1, 0
		case c == ' ':
		case c == '-' || c == '?' || c == ':':
			dashes++
		default:
			deep, dashes = 0, 0
		}
		if deep > 10*MaxDepth || dashes > 10*MaxDepth {
			return &Error{Pos: posOf(file, text, i), Message: "more than " + strconv.Itoa(MaxDepth) + " levels of nesting"}
		}
	}
	return nil
}

// crowded reports a text that may have more values than the library should make nodes
// of: each of them takes a line, or a character that this counts.
func crowded(text string) bool {
	const most = 1_500_000
	n := 0
	for i := 0; i < len(text) && n <= most; i++ {
		switch text[i] {
		case '\n', ',', '[', '{':
			n++
		case ':', '-', '?':
			if i+1 < len(text) && text[i+1] <= ' ' {
				n++
			}
		}
	}
	return n > most
}

// TooMany is the message of an error about a document that has more values than any
// real one.
const TooMany = "the document has too many values"

// maxValues is how many values JSON may have.
const maxValues = 2_000_000

// yamlError gives the library's error a position: it tells a line at most.
func yamlError(file, text string, err error) *Error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	e := &Error{Pos: Pos{file, 1, 1}, Message: message}
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if line, err := strconv.Atoi(number); err == nil {
			e.Pos.Line = max(1, min(line, strings.Count(text, "\n")+1))
			e.Message = what
		}
	}
	return e
}
