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

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// ofServer reports whether a table is the server's own or inside of it.
func ofServer(t doc.TOMLTable, name string) bool {
	return len(t.Name) >= 2 && t.Name[0] == "mcp_servers" && t.Name[1] == name
}

func (c Client) addTOML(data []byte, e Entry, force bool) (Edit, error) {
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
		if !force && !old.Ours() && old.Command != e.Command {
			return Edit{}, c.taken(e.Name, 0, 0)
		}
		if old.Runs(e) {
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
	return slices.ContainsFunc(doc.TOMLTables(data), func(t doc.TOMLTable) bool { return len(t.Name) > 0 && t.Name[0] == "mcp_servers" })
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
	for _, t := range doc.TOMLTables(data) {
		if !ofServer(t, name) {
			if from >= 0 {
				break
			}
			continue
		}
		if from < 0 {
			from = t.Start
		}
		to = t.End
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
