package tool

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// nest puts what is given beside the arguments to where it belongs: body.title, or
// body.labels[0], inside of body, and title too where an imported tool has it in one
// argument only. A name that an argument has always means that argument.
func (t *Tool) nest(c checker, given *doc.Node, s *schema) (*doc.Node, error) {
	properties := s.root.Get("properties")
	out := &doc.Node{Kind: doc.Table}
	var inner []doc.Member // what is no argument
	for _, m := range given.Members {
		if s.property(properties, t.argumentName(m.Key, s)) == nil {
			inner = append(inner, m)
			continue
		}
		out.Members = append(out.Members, m)
	}
	for tries := len(inner) * len(inner); len(inner) > 0; tries-- {
		m := inner[0]
		inner = inner[1:]
		path := t.inside(m.Key, s)
		if path == nil && t.Imported {
			owner, err := c.owner(m.Key, properties)
			if err != nil {
				return nil, err
			}
			if owner != "" {
				path = []string{owner, m.Key}
			}
		}
		if path == nil {
			jsonschema.Put(out, m.Key, m.Value)
			continue
		}
		value, ok := placed(out.Get(path[0]), path[1:], m.Value)
		if !ok && tries > 0 && len(inner) > 0 && len(path) > 2 { // perhaps behind another item
			inner = append(inner, m)
			continue
		}
		if !ok {
			return nil, c.fail((*place)(nil).member(m.Key), "belongs to "+path[0]+", and cannot be put there", belongs(path))
		}
		jsonschema.Put(out, path[0], value)
	}
	return out, nil
}

// inside reads a path of names and places, as in body.labels[0], that begins with an
// argument; nil: it is none.
func (t *Tool) inside(key string, s *schema) []string {
	at := strings.IndexAny(key, ".[")
	if at <= 0 {
		return nil
	}
	head := t.argumentName(key[:at], s)
	schema := s.property(s.root.Get("properties"), head)
	if schema == nil {
		return nil
	}
	path := []string{head}
	for rest := key[at:]; rest != ""; {
		if rest[0] == '[' {
			token, after, closed := strings.Cut(rest[1:], "]")
			if !closed || token == "" {
				return nil
			}
			path, rest = append(path, token), after
			continue
		}
		rest = strings.TrimPrefix(rest, ".")
		token := rest
		if schema = inner(schema, path[1:]); schema.Get("properties").Get(rest) == nil { // else a name with dots
			if end := strings.IndexAny(rest, ".["); end >= 0 {
				token = rest[:end]
			}
		}
		if token == "" {
			return nil
		}
		path, rest = append(path, token), rest[len(token):]
		schema = s.property(s.root.Get("properties"), head)
	}
	return path
}

// inner returns the schema at a path inside of another; nil where that says nothing.
func inner(schema *doc.Node, path []string) *doc.Node {
	for _, token := range path {
		if next := schema.Get("properties").Get(token); next != nil {
			schema = next
			continue
		}
		schema = schema.Get("items")
	}
	return schema
}

// owner finds the argument that alone has a property of this name. The error says where
// one stands that is in several, or deeper.
func (c checker) owner(name string, properties *doc.Node) (string, error) {
	if properties == nil {
		return "", nil
	}
	var owners, deeper []string
	for _, m := range properties.Members {
		if c.hasProperty(m.Value, name) {
			owners = append(owners, m.Key)
			continue
		}
		for _, p := range declared(m.Value) {
			if c.hasProperty(p.Value, name) && !slices.Contains(deeper, m.Key+"."+p.Key) {
				deeper = append(deeper, m.Key+"."+p.Key)
			}
		}
	}
	if len(owners) == 1 {
		return owners[0], nil
	}
	if len(owners) == 0 && len(deeper) != 1 {
		return "", nil
	}
	places := append(owners, deeper...)
	return "", c.fail((*place)(nil).member(name), "is unknown: it belongs to "+strings.Join(places, " or "), belongs(append(strings.Split(places[0], "."), name)))
}

// belongs is the hint that writes an argument at its place.
func belongs(path []string) string {
	text := "…"
	for i := len(path) - 1; i >= 0; i-- {
		text = "{" + quoted(path[i]) + ": " + text + "}"
	}
	return "send " + text
}

// declared lists the properties of a schema, whatever form is meant.
func declared(schema *doc.Node) (out []doc.Member) {
	for _, form := range forms(appendSchema(nil, schema)) {
		if p := form.Get("properties"); p != nil {
			out = append(out, p.Members...)
		}
	}
	return out
}

func (c checker) hasProperty(schema *doc.Node, name string) bool {
	listed, renamed := c.listed[name]
	return slices.ContainsFunc(declared(schema), func(m doc.Member) bool { return m.Key == name || renamed && m.Key == listed })
}

// placed returns a value with another one at a path inside. false: something else is
// there, or an item before it is missing.
func placed(in *doc.Node, path []string, v *doc.Node) (*doc.Node, bool) {
	if in != nil && in.Kind == doc.String { // JSON text, as models and people write it
		if n, message := jsonschema.ReadJSON([]byte(in.Text)); message == "" {
			in = n
		}
	}
	if in != nil && in.Kind == doc.Null {
		in = nil
	}
	if len(path) == 0 {
		return v, in == nil
	}
	i, err := strconv.ParseUint(path[0], 10, 16)
	if in == nil && err == nil {
		in = &doc.Node{Kind: doc.List}
	}
	if in == nil {
		in = &doc.Node{Kind: doc.Table}
	}
	out := &doc.Node{Kind: in.Kind, Items: slices.Clone(in.Items), Members: slices.Clone(in.Members)}
	switch {
	case in.Kind == doc.Table:
		value, ok := placed(in.Get(path[0]), path[1:], v)
		jsonschema.Put(out, path[0], value)
		return out, ok
	case in.Kind != doc.List || err != nil || int(i) > len(in.Items):
		return nil, false
	case int(i) == len(in.Items):
		out.Items = append(out.Items, nil)
	}
	value, ok := placed(out.Items[i], path[1:], v)
	out.Items[i] = value
	return out, ok
}
