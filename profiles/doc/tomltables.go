package doc

import (
	"bytes"
	"strings"
)

// TOMLTable is a table header of a TOML file and the bytes up to the next one.
type TOMLTable struct {
	Name       []string // the header's key, in parts
	Array      bool     // one of an array of tables
	Start, End int      // byte offsets of the header's line, and after the last line that belongs to it
	Body       int      // byte offset after the header's line
}

// TOMLTables finds the table headers of a file that is TOML. It knows as much TOML as
// that takes: comments, the four kinds of string, and arrays over several lines. Blank
// lines and comments before a header belong to no table.
func TOMLTables(data []byte) []TOMLTable {
	var out []TOMLTable
	depth, at := 0, 0
	if bytes.HasPrefix(data, []byte("\ufeff")) {
		at = len("\ufeff")
	}
	for at < len(data) {
		end := lineEnd(data, at)
		line := bytes.TrimLeft(data[at:end], " \t")
		if depth == 0 && len(line) > 0 && line[0] == '[' {
			if n := len(out); n > 0 {
				out[n-1].End = at
			}
			out = append(out, TOMLTable{Name: headerName(line), Array: bytes.HasPrefix(line, []byte("[[")), Start: at, End: len(data), Body: end})
			at = end
			continue
		}
		at, depth = skipLine(data, at, depth)
	}
	for i := range out {
		out[i].End = trimTail(data, out[i].Body, out[i].End)
	}
	return out
}

// lineEnd returns the offset after the line end that follows at.
func lineEnd(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(data)
}

// skipLine goes over one line, or over several when a string or an array does.
func skipLine(data []byte, at, depth int) (int, int) {
	for at < len(data) {
		switch b := data[at]; b {
		case '\n':
			return at + 1, depth
		case '#':
			return lineEnd(data, at), depth
		case '"', '\'':
			at = skipString(data, at, b)
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		}
		at++
	}
	return at, depth
}

// skipString returns the offset behind the string that starts at at.
func skipString(data []byte, at int, quote byte) int {
	triple := bytes.Repeat([]byte{quote}, 3)
	if bytes.HasPrefix(data[at:], triple) {
		for i := at + 3; i < len(data); i++ {
			if data[i] == '\\' && quote == '"' {
				i++
				continue
			}
			if bytes.HasPrefix(data[i:], triple) {
				return i + 3
			}
		}
		return len(data)
	}
	for i := at + 1; i < len(data); i++ {
		switch {
		case data[i] == '\\' && quote == '"':
			i++
		case data[i] == quote:
			return i + 1
		case data[i] == '\n':
			return i
		}
	}
	return len(data)
}

// headerName splits the key of a header into its parts.
func headerName(line []byte) []string {
	text := strings.TrimLeft(string(line), "[")
	var parts []string
	var part strings.Builder
	for i := 0; i < len(text); i++ {
		switch b := text[i]; b {
		case '"', '\'':
			end := skipString([]byte(text), i, b)
			part.WriteString(strings.Trim(text[i:end], string(b)))
			i = end - 1
		case '.', ']':
			parts = append(parts, part.String())
			part.Reset()
			if b == ']' {
				return parts
			}
		case ' ', '\t':
		default:
			part.WriteByte(b)
		}
	}
	return append(parts, part.String())
}

// trimTail leaves blank lines and comments at the end of a table to what follows.
func trimTail(data []byte, from, to int) int {
	end := from
	for at := from; at < to; {
		next := min(lineEnd(data, at), to)
		line := bytes.TrimSpace(data[at:next])
		if len(line) > 0 && line[0] != '#' {
			end = next
		}
		at = next
	}
	return end
}

// TOMLValue returns the offsets of the value of a key that is written on a line of its
// own in data[from:to], the body of a table; ok is false when there is none.
func TOMLValue(data []byte, from, to int, key string) (start, end int, ok bool) {
	for at := from; at < to; {
		line := data[at:lineEnd(data, at)]
		if name, value := keyOf(line); name == key {
			start = at + value
			return start, valueEnd(data, start), true
		}
		at, _ = skipLines(data, at)
	}
	return 0, 0, false
}

// skipLines is skipLine for a line with all that its brackets hold.
func skipLines(data []byte, at int) (next, depth int) {
	for next, depth = skipLine(data, at, 0); depth > 0 && next < len(data); {
		next, depth = skipLine(data, next, depth)
	}
	return next, depth
}

// keyOf returns the key at the start of a line, if it is a single one, and where its
// value starts.
func keyOf(line []byte) (key string, value int) {
	text := string(line)
	i := len(text) - len(strings.TrimLeft(text, " \t"))
	start := i
	switch {
	case i < len(text) && (text[i] == '"' || text[i] == '\''):
		i = skipString(line, i, text[i])
		key = strings.Trim(text[start:i], text[start:start+1])
	default:
		for i < len(text) && !strings.ContainsRune(" \t=.#\r\n", rune(text[i])) {
			i++
		}
		key = text[start:i]
	}
	rest := strings.TrimLeft(text[i:], " \t")
	if key == "" || !strings.HasPrefix(rest, "=") {
		return "", 0
	}
	rest = strings.TrimLeft(rest[1:], " \t")
	return key, len(text) - len(rest)
}

// valueEnd returns the offset behind the value that starts at at.
func valueEnd(data []byte, at int) int {
	end, depth := at, 0
	for i := at; i < len(data); {
		switch b := data[i]; b {
		case '"', '\'':
			i = skipString(data, i, b)
			end = i
			continue
		case '#':
			if depth == 0 {
				return end
			}
			i = lineEnd(data, i)
			continue
		case '\n':
			if depth == 0 {
				return end
			}
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if b := data[i]; b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			end = i + 1
		}
		i++
	}
	return end
}
