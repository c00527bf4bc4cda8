package doc

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// warnings collects oddities; after maxWarnings it only counts.
type warnings struct {
	list []Warning
	more int
}

const maxWarnings = 100

func (w *warnings) add(pos Pos, message string) {
	if len(w.list) >= maxWarnings {
		w.more++
		return
	}
	w.list = append(w.list, Warning{Pos: pos, Message: message})
}

func (w *warnings) all() []Warning {
	if w.more > 0 {
		w.list = append(w.list, Warning{Pos: w.list[len(w.list)-1].Pos, Message: "and more of the same kinds"})
		w.more = 0
	}
	return w.list
}

// decodeText returns a document's text as valid UTF-8 without a byte order mark,
// and warns of everything it had to repair.
func decodeText(file string, data []byte, w *warnings) string {
	start := Pos{file, 1, 1}
	switch {
	case len(data) >= 3 && string(data[:3]) == "\xef\xbb\xbf":
		w.add(start, "the document begins with a byte order mark")
		data = data[3:]
	case len(data) >= 2 && (string(data[:2]) == "\xff\xfe" || string(data[:2]) == "\xfe\xff"):
		w.add(start, "the document is UTF-16: UTF-8 is expected")
		return fromUTF16(data[2:], data[0] == 0xff)
	case len(data) >= 4 && data[0] == 0 && data[1] != 0:
		w.add(start, "the document is UTF-16: UTF-8 is expected")
		return fromUTF16(data, false)
	case len(data) >= 4 && data[0] != 0 && data[1] == 0 && data[2] != 0:
		w.add(start, "the document is UTF-16: UTF-8 is expected")
		return fromUTF16(data, true)
	}
	if utf8.Valid(data) {
		return string(data)
	}
	text := strings.ToValidUTF8(string(data), "\uFFFD")
	w.add(posOf(file, text, notUTF8(string(data))), "the document has bytes that are not UTF-8: replaced")
	return text
}

// notUTF8 returns the offset of the first byte that is not UTF-8, or the length.
func notUTF8(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(s)
}

func fromUTF16(data []byte, little bool) string {
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		if little {
			units = append(units, uint16(data[i])|uint16(data[i+1])<<8)
		} else {
			units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
		}
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF")
}

// posOf returns the position of a byte offset, for the rare case: it counts from
// the beginning.
func posOf(file, text string, off int) Pos {
	if off > len(text) {
		off = len(text)
	}
	before := text[:off]
	line := strings.Count(before, "\n") + 1
	before = before[strings.LastIndexByte(before, '\n')+1:]
	return Pos{file, line, utf8.RuneCountInString(before) + 1}
}
