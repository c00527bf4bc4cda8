package clientconfig

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// tomlTable is a table header of a TOML file and the bytes up to the next one.
type tomlTable struct {
	name       []string // the header's key, in parts
	start, end int      // of the header's line, and of the last line that belongs to it
	body       int      // after the header's line
}

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// tables finds the table headers. It knows as much TOML as that takes: comments,
// the four kinds of string, and arrays over several lines.
func tables(data []byte) []tomlTable {
	var out []tomlTable
	depth, at := 0, 0
	if bytes.HasPrefix(data, bom) {
		at = len(bom)
	}
	for at < len(data) {
		end := lineEnd(data, at)
		line := bytes.TrimLeft(data[at:end], " \t")
		if depth == 0 && len(line) > 0 && line[0] == '[' {
			if n := len(out); n > 0 {
				out[n-1].end = at
			}
			out = append(out, tomlTable{name: headerName(line), start: at, end: len(data), body: end})
			at = end
			continue
		}
		at, depth = skipLine(data, at, depth)
	}
	for i := range out {
		out[i].end = trimTail(data, out[i].body, out[i].end)
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

// ofServer reports whether a table is the server's own or inside of it.
func (t tomlTable) ofServer(name string) bool {
	return len(t.name) >= 2 && t.name[0] == "mcp_servers" && t.name[1] == name
}

func (c Client) addTOML(data []byte, e Entry) (Edit, error) {
	newline := "\n"
	if bytes.Contains(data, []byte("\r\n")) {
		newline = "\r\n"
	}
	body := tomlEntry(e, newline)
	old, found, err := c.findTOML(data, e.Name)
	if err != nil {
		return Edit{}, err
	}
	if found {
		if !old.Ours() && old.Command != e.Command {
			return Edit{}, c.taken(e.Name, 0, 0)
		}
		if old.runs(e) {
			return Edit{}, nil
		}
		edit, ok := removeTOML(data, e.Name)
		if !ok {
			return Edit{}, &Error{Client: c.ID, Message: "the server " + e.Name + " is not written as a table of its own", hint: c.byHand("write it as a table")}
		}
		edit.New = body
		return edit, nil
	}
	if n, _ := c.parseTOML(data); n.Get("mcp_servers") != nil && !hasServerTables(data) {
		return Edit{}, &Error{Client: c.ID, Message: "mcp_servers is written as an inline table, which cannot be extended", hint: c.byHand("write it as tables")}
	}
	lead := ""
	switch {
	case len(bytes.TrimSpace(bytes.TrimPrefix(data, bom))) == 0:
	case !bytes.HasSuffix(data, []byte("\n")):
		lead = newline + newline
	default:
		lead = newline
	}
	return Edit{Offset: len(data), New: lead + body}, nil
}

// hasServerTables reports whether a header begins with mcp_servers.
func hasServerTables(data []byte) bool {
	return slices.ContainsFunc(tables(data), func(t tomlTable) bool { return len(t.name) > 0 && t.name[0] == "mcp_servers" })
}

// tomlEntry writes the entry as a table of its own.
func tomlEntry(e Entry, newline string) string {
	key := e.Name
	if !bareKey.MatchString(key) {
		key = tomlString(key)
	}
	quoted := make([]string, len(e.Args))
	for i, a := range e.Args {
		quoted[i] = tomlString(a)
	}
	rows := []string{"[mcp_servers." + key + "]", "command = " + tomlString(e.Command), "args = [" + strings.Join(quoted, ", ") + "]"}
	if len(e.Env) > 0 {
		var pairs []string
		for k, v := range e.Env {
			pairs = append(pairs, tomlString(k)+" = "+tomlString(v))
		}
		sort.Strings(pairs)
		rows = append(rows, "env = { "+strings.Join(pairs, ", ")+" }")
	}
	return strings.Join(rows, newline) + newline
}

// tomlString quotes s; JSON's escapes are a subset of TOML's, except for DEL.
func tomlString(s string) string {
	text, err := marshal(s)
	if err != nil {
		return `""`
	}
	return strings.ReplaceAll(text, "\x7f", `\u007F`)
}

// removeTOML cuts every table of the server.
func removeTOML(data []byte, name string) (Edit, bool) {
	from, to := -1, -1
	for _, t := range tables(data) {
		if !t.ofServer(name) {
			if from >= 0 {
				break
			}
			continue
		}
		if from < 0 {
			from = t.start
		}
		to = t.end
	}
	if from < 0 {
		return Edit{}, false
	}
	return Edit{Offset: from, Old: string(data[from:to])}, true
}

// parseTOML parses the file; an error has the place of the mistake.
func (c Client) parseTOML(data []byte) (*doc.Node, error) {
	n, err := doc.ParseTOML(c.ID, bytes.TrimPrefix(data, bom))
	var bad *doc.Error
	switch {
	case err == nil:
		return n, nil
	case errors.As(err, &bad):
		return nil, &Error{Client: c.ID, Line: bad.Pos.Line, Col: bad.Pos.Col, Message: bad.Message, hint: c.byHand("repair the file")}
	}
	return nil, err
}

// findTOML reads command, args and env of the server's table, however it is
// written.
func (c Client) findTOML(data []byte, name string) (Entry, bool, error) {
	root, err := c.parseTOML(data)
	if err != nil {
		return Entry{}, false, err
	}
	server := root.Get("mcp_servers").Get(name)
	if server == nil {
		return Entry{}, false, nil
	}
	e := entryOfJSON(server.JSON())
	e.Name = name
	return e, true, nil
}
