package tool

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// params makes the parameters of a hand-written tool and returns its input schema
// as the profile states it.
func (c *compiler) params(t *Tool, args []profiles.Arg) *doc.Node {
	properties, required := &doc.Node{Kind: doc.Table}, &doc.Node{Kind: doc.List}
	for i, name := range c.argumentNames(args) {
		a := &args[i]
		kind := a.Type
		if kind == "" {
			kind = "string"
		}
		t.Params = append(t.Params, Param{
			Name: name, Wire: a.Name, In: Position(strings.ToLower(a.Position)), Type: kind, Required: a.Required,
			Default: a.Default, Style: a.Style, Explode: explode(a),
		})
		m := doc.Member{Key: a.Name, Value: c.argument(a, kind, doc.Index("args", i))}
		if name != a.Name {
			m = renamedMember(name, m)
		}
		properties.Members = append(properties.Members, m)
		if a.Required {
			required.Items = append(required.Items, jsonschema.Text(name))
		}
	}
	root := jsonschema.Table("type", jsonschema.Text("object"), "properties", properties)
	if len(required.Items) > 0 {
		jsonschema.Put(root, "required", required)
	}
	return root
}

// argumentNames returns the listed names: those of the profile, and another one
// where clients refuse it.
func (c *compiler) argumentNames(args []profiles.Arg) []string {
	taken := make(map[string]bool, len(args))
	for i := range args {
		if taken[args[i].Name] {
			c.fail(doc.Index("args", i)+".name", "there is another argument of the name "+quoted(args[i].Name), "give each argument a name of its own")
		}
		taken[args[i].Name] = true
	}
	names := make([]string, len(args))
	for i := range args {
		if names[i] = args[i].Name; jsonschema.LegalKey(names[i]) {
			continue
		}
		names[i] = jsonschema.ListedKey(args[i].Name, taken)
		taken[names[i]] = true
		c.warn(doc.Index("args", i)+".name", "is listed as "+names[i]+", because clients refuse "+quoted(plaintext.ShortenBytes(args[i].Name, 80))+
			"; it is sent as it is")
	}
	return names
}

// legalParams gives the arguments of an imported tool names that clients take, in
// its parameters and in its input schema.
func (t *Tool) legalParams(root *doc.Node) {
	properties, required := root.Get("properties"), root.Get("required")
	if properties == nil {
		properties = &doc.Node{Kind: doc.Table}
	}
	taken := map[string]bool{}
	for i := range t.Params {
		taken[t.Params[i].Name] = true
	}
	for i := range t.Params {
		p := &t.Params[i]
		if p.Wire == "" {
			p.Wire = p.Name
		}
		if jsonschema.LegalKey(p.Name) {
			continue
		}
		old := p.Name
		p.Name = jsonschema.ListedKey(old, taken)
		taken[p.Name] = true
		for j := range properties.Members {
			if properties.Members[j].Key == old {
				properties.Members[j] = renamedMember(p.Name, properties.Members[j])
			}
		}
		if required == nil {
			continue
		}
		for j, item := range required.Items {
			if item.Text == old {
				required.Items[j] = jsonschema.Text(p.Name)
			}
		}
	}
}

// renamedMember lists a property under another name, with its own one as the title.
func renamedMember(listed string, m doc.Member) doc.Member {
	if m.Key == "" || m.Value.Kind != doc.Table {
		return doc.Member{Key: listed, Value: m.Value}
	}
	own := plaintext.Shorten(m.Key, 200)
	value := &doc.Node{Kind: doc.Table, Members: slices.Clone(m.Value.Members)}
	if title := value.Get("title"); title != nil && title.Text != "" {
		own += " (" + title.Text + ")"
	}
	jsonschema.Put(value, "title", jsonschema.Text(own))
	return doc.Member{Key: listed, Value: value}
}

// explode is what the profile says, else OpenAPI's default for the style.
func explode(a *profiles.Arg) bool {
	if a.Explode != nil {
		return *a.Explode
	}
	return a.Style == "form" || a.Style == "deepObject" || a.Style == "cookie"
}

// argument makes an argument's schema: what upstream lists. Values of enum and
// default take the argument's type where their meaning is certain, so that
// enum: ["1", "2"] of an integer can be satisfied.
func (c *compiler) argument(a *profiles.Arg, kind, at string) *doc.Node {
	want := jsonschema.KindOf(kind)
	if want == 0 || kind == "null" {
		c.fail(at+".type", "unknown type "+quoted(kind), "write string, integer, number, boolean, array or object")
	}
	s := jsonschema.Table("type", jsonschema.Text(kind))
	if a.Description != "" {
		jsonschema.Put(s, "description", jsonschema.Text(a.Description))
	}
	if len(a.Enum) > 0 {
		list := &doc.Node{Kind: doc.List}
		for _, raw := range a.Enum {
			if v := parsed(raw); v != nil {
				list.Items = append(list.Items, jsonschema.Coerce(want, v))
			}
		}
		jsonschema.Put(s, "enum", list)
	}
	if v := parsed(a.Default); v != nil {
		jsonschema.Put(s, "default", jsonschema.Coerce(want, v))
	}
	if v := parsed(a.Items); v != nil && kind == "array" {
		jsonschema.Put(s, "items", v)
	}
	if v := parsed(a.Properties); v != nil && kind == "object" {
		jsonschema.Put(s, "properties", v)
	}
	return s
}

// defaults warns of a default that the listed schema refuses. It is sent all the
// same, as upstream does.
func (c *compiler) defaults(t *Tool, root *doc.Node) {
	for i := range t.Params {
		p := &t.Params[i]
		v := parsed(p.Default)
		if v == nil || t.Imported {
			continue
		}
		s := prepared(root.Get("properties").Get(p.Name), nil)
		check := t.checker(&s)
		if err := check.check(s.root, check.repair(s.root, v), nil); err != nil {
			e, _ := err.(*ArgumentError)
			c.warn(doc.Index("args", i)+".default", strings.TrimPrefix(e.Pointer+" "+e.Message, " ")+"; it is sent all the same")
		}
	}
}

// parsed returns JSON as a tree, nil when it is none.
func parsed(raw []byte) *doc.Node {
	if len(raw) == 0 {
		return nil
	}
	switch first := raw[0]; {
	case first == '{' || first == '[' || bytes.IndexByte(raw, '\\') >= 0 || !utf8.Valid(raw) || !json.Valid(raw):
	case first == '"':
		return jsonschema.Text(string(raw[1 : len(raw)-1]))
	case first == 't' || first == 'f':
		return &doc.Node{Kind: doc.Bool, Bool: first == 't'}
	case jsonschema.IsNumber(string(raw)):
		return &doc.Node{Kind: doc.Number, Text: string(raw)}
	}
	n, err := doc.FromJSON(raw)
	if err != nil {
		return nil
	}
	return n
}
