package clientconfig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

var bom = []byte("\xef\xbb\xbf")

// parseJSON parses the file; skip is the length of its byte order mark. A nil
// value stands for an empty file.
func (c Client) parseJSON(data []byte) (root *hujson.Value, skip int, err error) {
	body := data
	if bytes.HasPrefix(body, bom) {
		body, skip = body[len(bom):], len(bom)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, skip, nil
	}
	if at, deep := tooDeep(body); deep {
		line, col := place(data, at+skip)
		return nil, 0, &Error{Client: c.ID, Line: line, Col: col, Message: fmt.Sprintf("nested more than %d levels deep", maxDepth)}
	}
	v, err := hujson.Parse(body)
	if err != nil {
		return nil, 0, &Error{Client: c.ID, Line: 0, Message: strings.TrimPrefix(err.Error(), "hujson: "),
			hint: c.byHand("repair the file")}
	}
	if c.Format == JSON && !v.IsStandard() {
		return nil, 0, &Error{Client: c.ID, Message: "the file holds comments or trailing commas, and " + c.Name + " ignores such a file",
			hint: "take the comments and trailing commas out, then run install again"}
	}
	if _, ok := v.Value.(*hujson.Object); !ok {
		return nil, 0, &Error{Client: c.ID, Line: 1, Col: 1, Message: "the file is not a JSON object",
			hint: "repair the file, or see what to add by hand: mcp-bridge install " + c.ID + " --print"}
	}
	return &v, skip, nil
}

// tooDeep looks for nesting beyond maxDepth before a recursive parser sees it.
func tooDeep(data []byte) (int, bool) {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case inString && b == '\\':
			i++
		case b == '"':
			inString = !inString
		case inString:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return i, true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return 0, false
}

// member returns the last member of that name, as JSON parsers do.
func member(o *hujson.Object, name string) *hujson.ObjectMember {
	for i := len(o.Members) - 1; i >= 0; i-- {
		if text(o.Members[i].Name) == name {
			return &o.Members[i]
		}
	}
	return nil
}

// text returns the string that a literal stands for.
func text(v hujson.Value) string {
	l, ok := v.Value.(hujson.Literal)
	if !ok {
		return ""
	}
	return l.String()
}

// addJSON inserts or replaces the entry.
func (c Client) addJSON(data []byte, e Entry, force bool) (Edit, error) {
	root, skip, err := c.parseJSON(data)
	if err != nil {
		return Edit{}, err
	}
	f := file{data: data, skip: skip}
	f.detect(root)
	if root == nil {
		body, err := c.nested(e, c.Path, "", f.indent, f.newline)
		return Edit{Offset: skip, Old: string(data[skip:]), New: body + f.newline}, err
	}
	at := root
	for i, key := range c.Path {
		o, ok := at.Value.(*hujson.Object)
		if !ok {
			return f.notAnObject(c, at, c.Path[i-1])
		}
		m := member(o, key)
		if m == nil || isNull(m.Value) {
			if m != nil {
				return f.replace(m.Value, func(prefix string) (string, error) {
					return c.nested(e, c.Path[i+1:], prefix, f.indent, f.style(o))
				})
			}
			return f.insert(*at, o, key, func(prefix, newline string) (string, error) {
				return c.nested(e, c.Path[i+1:], prefix, f.indent, newline)
			})
		}
		at = &m.Value
	}
	servers, ok := at.Value.(*hujson.Object)
	if !ok {
		return f.notAnObject(c, at, c.Path[len(c.Path)-1])
	}
	if m := member(servers, e.Name); m != nil {
		old := entryOf(m.Value)
		if !force && !old.Ours() && old.Command != e.Command {
			line, col := place(data, m.Name.StartOffset+skip)
			return Edit{}, c.taken(e.Name, line, col)
		}
		if old.Runs(e) {
			return Edit{}, nil
		}
		return f.replace(m.Value, func(prefix string) (string, error) {
			return c.object(e, prefix, f.indent, f.style(servers))
		})
	}
	return f.insert(*at, servers, e.Name, func(prefix, newline string) (string, error) {
		return c.object(e, prefix, f.indent, newline)
	})
}

// nested returns the entry inside the objects that path names.
func (c Client) nested(e Entry, path []string, prefix, indent, newline string) (string, error) {
	keys := append(append([]string{}, path...), e.Name)
	space := newline
	deep := prefix + strings.Repeat(indent, len(keys))
	if newline == "" {
		deep = ""
	}
	body, err := c.object(e, deep, indent, newline)
	if err != nil {
		return "", err
	}
	for i := len(keys) - 1; i >= 0; i-- {
		name, err := marshal(keys[i])
		if err != nil {
			return "", err
		}
		inner, outer := "", ""
		if newline != "" {
			inner, outer = space+prefix+strings.Repeat(indent, i+1), space+prefix+strings.Repeat(indent, i)
		}
		body = "{" + inner + name + ": " + body + outer + "}"
	}
	return body, nil
}

func isNull(v hujson.Value) bool {
	l, ok := v.Value.(hujson.Literal)
	return ok && string(l) == "null"
}

// removeJSON takes the entry out, together with the comma that belongs to it.
func (c Client) removeJSON(data []byte, name string) (Edit, bool, error) {
	root, skip, err := c.parseJSON(data)
	if err != nil || root == nil {
		return Edit{}, false, err
	}
	at := root
	for _, key := range c.Path {
		o, ok := at.Value.(*hujson.Object)
		if !ok {
			return Edit{}, false, nil
		}
		m := member(o, key)
		if m == nil {
			return Edit{}, false, nil
		}
		at = &m.Value
	}
	o, ok := at.Value.(*hujson.Object)
	if !ok {
		return Edit{}, false, nil
	}
	for i := range o.Members {
		m := o.Members[i]
		if text(m.Name) != name {
			continue
		}
		from, to, kept := cut(o, i, data[skip:])
		from, to = from+skip, to+skip
		return Edit{Offset: from, Old: string(data[from:to]), New: kept}, true, nil
	}
	return Edit{}, false, nil
}

// cut returns the range that goes with the member i of o, and what of it stays: the
// comments, and the line ends that they need.
func cut(o *hujson.Object, i int, data []byte) (from, to int, kept string) {
	m := o.Members[i]
	from, to = m.Name.StartOffset, m.Value.EndOffset
	switch {
	case i+1 < len(o.Members): // up to the next name, so that the comma goes too
		next := o.Members[i+1].Name
		if comment(m.Value.AfterExtra) || comment(next.BeforeExtra) {
			return from, next.StartOffset - len(next.BeforeExtra), string(m.Value.AfterExtra)
		}
		return from - len(trailingIndent(m.Name.BeforeExtra)), next.StartOffset - len(trailingIndent(next.BeforeExtra)), ""
	case i > 0: // from the end of the value before, with the comma behind that
		before := o.Members[i-1].Value
		kept = string(before.AfterExtra)
		if comment(m.Name.BeforeExtra) {
			kept += string(bytes.TrimRight(m.Name.BeforeExtra, " \t\r\n"))
		}
		if rest := bytes.TrimLeft(data[to:], " \t"); strings.Contains(kept, "//") && !bytes.HasPrefix(rest, []byte("\n")) && !bytes.HasPrefix(rest, []byte("\r\n")) {
			kept += "\n"
		}
		return before.EndOffset, to, kept
	}
	return from - len(m.Name.BeforeExtra) + len(commented(m.Name.BeforeExtra)), to + len(m.Value.AfterExtra) + trailingComma(data, to+len(m.Value.AfterExtra)), ""
}

// comment reports whether an extra holds more than white space.
func comment(extra []byte) bool { return len(bytes.TrimSpace(extra)) > 0 }

// commented is an extra up to the end of its last comment.
func commented(extra []byte) []byte {
	if !comment(extra) {
		return nil
	}
	return extra
}

// trailingComma is 1 when a comma stands at the offset.
func trailingComma(data []byte, at int) int {
	if at < len(data) && data[at] == ',' {
		return 1
	}
	return 0
}

// trailingIndent is the white space after the last comment of an extra.
func trailingIndent(extra []byte) []byte {
	trimmed := bytes.TrimRight(extra, " \t\r\n")
	return extra[len(trimmed):]
}

func (c Client) findJSON(data []byte, name string) (Entry, bool, error) {
	servers, err := c.serversJSON(data)
	if err != nil || servers == nil {
		return Entry{}, false, err
	}
	m := member(servers, name)
	if m == nil {
		return Entry{}, false, nil
	}
	e := entryOf(m.Value)
	e.Name = name
	return e, true, nil
}

// serversJSON returns the object that holds the client's servers; nil when there is
// none.
func (c Client) serversJSON(data []byte) (*hujson.Object, error) {
	root, _, err := c.parseJSON(data)
	if err != nil || root == nil {
		return nil, err
	}
	at := root
	for _, key := range c.Path {
		o, ok := at.Value.(*hujson.Object)
		if !ok {
			return nil, nil
		}
		m := member(o, key)
		if m == nil {
			return nil, nil
		}
		at = &m.Value
	}
	servers, _ := at.Value.(*hujson.Object)
	return servers, nil
}

// namesJSON returns the names of the client's servers in the order of the file.
func (c Client) namesJSON(data []byte) ([]string, error) {
	servers, err := c.serversJSON(data)
	if err != nil || servers == nil {
		return nil, err
	}
	var names []string
	for i := range servers.Members {
		names = append(names, text(servers.Members[i].Name))
	}
	return names, nil
}

// entryOf reads the entry that v holds; what has another shape is left empty.
func entryOf(v hujson.Value) Entry {
	w := v.Clone()
	w.Standardize()
	return entryOfJSON(w.Pack())
}

func entryOfJSON(data []byte) Entry {
	var e struct {
		Command string            `json:"command"`
		Args    []string          `json:"args"`
		Env     map[string]string `json:"env"`
	}
	_ = json.Unmarshal(data, &e)
	return Entry{Command: e.Command, Args: e.Args, Env: e.Env}
}
