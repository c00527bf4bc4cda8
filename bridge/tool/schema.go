package tool

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// The limits of what is listed, from the strictest client.
const (
	maxSchemaLevels = 32
	maxSchemaBytes  = 60 << 10 // of the 64 KiB of one listed tool
	maxDescription  = 4 << 10
)

// property is one member of an input schema.
type property struct {
	name     string
	required bool
	schema   *doc.Node
}

func text(s string) *doc.Node { return &doc.Node{Kind: doc.String, Text: s} }

// schemaOf makes an argument's schema: what upstream lists, and every array with
// items, which some clients insist on.
func schemaOf(a *profiles.Arg, kind string) *doc.Node {
	s := &doc.Node{Kind: doc.Table}
	put := func(key string, v *doc.Node) {
		if v != nil {
			s.Members = append(s.Members, doc.Member{Key: key, Value: v})
		}
	}
	put("type", text(kind))
	if a.Description != "" {
		put("description", text(a.Description))
	}
	put("default", parsed(a.Default))
	if len(a.Enum) > 0 {
		list := &doc.Node{Kind: doc.List}
		for _, v := range a.Enum {
			if n := parsed(v); n != nil {
				list.Items = append(list.Items, n)
			}
		}
		put("enum", list)
	}
	switch kind {
	case "array":
		if items := parsed(a.Items); items != nil {
			put("items", items)
		} else {
			put("items", &doc.Node{Kind: doc.Table})
		}
	case "object":
		put("properties", parsed(a.Properties))
	}
	return s
}

func parsed(raw json.RawMessage) *doc.Node {
	if len(raw) == 0 {
		return nil
	}
	n, err := doc.FromJSON(raw)
	if err != nil {
		return nil
	}
	return n
}

// inputSchema puts the properties together and keeps the result within the limits.
func (c *compiler) inputSchema(properties []property) json.RawMessage {
	all, required := &doc.Node{Kind: doc.Table}, &doc.Node{Kind: doc.List}
	for _, p := range properties {
		all.Members = append(all.Members, doc.Member{Key: p.name, Value: p.schema})
		if p.required {
			required.Items = append(required.Items, text(p.name))
		}
	}
	root := &doc.Node{Kind: doc.Table, Members: []doc.Member{{Key: "type", Value: text("object")}, {Key: "properties", Value: all}}}
	if len(required.Items) > 0 {
		root.Members = append(root.Members, doc.Member{Key: "required", Value: required})
	}
	raw, message := limitSchema(root, maxSchemaBytes)
	if message != "" {
		c.warn("args", message)
	}
	return raw
}

// limitSchema writes a schema without references, with items in every array, at
// most maxSchemaLevels deep and within limit bytes: first descriptions are
// trimmed, then depth is cut. The message says what was done; empty: nothing.
func limitSchema(root *doc.Node, limit int) (json.RawMessage, string) {
	l := limiter{levels: maxSchemaLevels, description: maxDescription}
	raw := l.schema(root, 1).JSON()
	for _, step := range []limiter{{levels: maxSchemaLevels, description: 200}, {levels: maxSchemaLevels, description: 60},
		{levels: 12}, {levels: 6}, {levels: 4}, {levels: 3}, {levels: 2}} {
		if len(raw) <= limit {
			break
		}
		l.done = append(l.done, "it is larger than clients bear")
		step.done = l.done
		l = step
		raw = l.schema(root, 1).JSON()
	}
	if len(l.done) == 0 {
		return raw, ""
	}
	slices.Sort(l.done)
	return raw, "the listed schema was simplified: " + strings.Join(slices.Compact(l.done), ", ")
}

// limiter rewrites schemas.
type limiter struct {
	levels      int
	description int // the most bytes of a description
	done        []string
}

// children are the keywords that hold one schema, a list of them, or a table of
// them (JSON Schema 2020-12, section 10).
var children = map[string]byte{
	"items": '1', "additionalProperties": '1', "not": '1', "contains": '1', "propertyNames": '1', "if": '1', "then": '1', "else": '1',
	"anyOf": 'l', "oneOf": 'l', "allOf": 'l', "prefixItems": 'l',
	"properties": 't', "patternProperties": 't', "dependentSchemas": 't',
}

const cutNote = "Nested more deeply than is shown here."

func (l *limiter) schema(n *doc.Node, level int) *doc.Node {
	if n == nil || n.Kind != doc.Table {
		return &doc.Node{Kind: doc.Table} // true, or nothing that is a schema
	}
	out := &doc.Node{Kind: doc.Table}
	cut, items := false, false
	for _, m := range n.Members {
		switch {
		case m.Key == "$ref" || m.Key == "$defs" || m.Key == "definitions" || m.Key == "$schema" || m.Key == "$id":
			if m.Key == "$ref" {
				l.done = append(l.done, "references are left out")
			}
		case children[m.Key] != 0 && level >= l.levels:
			cut = true
		case children[m.Key] != 0:
			items = items || m.Key == "items"
			out.Members = append(out.Members, doc.Member{Key: m.Key, Value: l.child(m, level)})
		case m.Key == "description" && m.Value.Kind == doc.String:
			if s := shorten(m.Value.Text, l.description); s != "" {
				out.Members = append(out.Members, doc.Member{Key: m.Key, Value: text(s)})
			}
		default:
			out.Members = append(out.Members, m)
		}
	}
	if isArray(n) && !items {
		out.Members = append(out.Members, doc.Member{Key: "items", Value: &doc.Node{Kind: doc.Table}})
	}
	if cut {
		l.done = append(l.done, "deep levels are cut")
		return note(out)
	}
	return out
}

func isArray(n *doc.Node) bool {
	kind := n.Get("type")
	return kind != nil && kind.Kind == doc.String && kind.Text == "array"
}

// note says in a description that something was cut.
func note(n *doc.Node) *doc.Node {
	for i, m := range n.Members {
		if m.Key == "description" {
			n.Members[i].Value = text(m.Value.Text + " " + cutNote)
			return n
		}
	}
	n.Members = append(n.Members, doc.Member{Key: "description", Value: text(cutNote)})
	return n
}

func (l *limiter) child(m doc.Member, level int) *doc.Node {
	v := m.Value
	switch kind := children[m.Key]; {
	case kind == '1' && v.Kind == doc.Bool:
		return v
	case kind == 'l' && v.Kind == doc.List:
		out := &doc.Node{Kind: doc.List}
		for _, item := range v.Items {
			out.Items = append(out.Items, l.schema(item, level+1))
		}
		return out
	case kind == 't' && v.Kind == doc.Table:
		out := &doc.Node{Kind: doc.Table}
		for _, item := range v.Members {
			out.Members = append(out.Members, doc.Member{Key: item.Key, Value: l.schema(item.Value, level+1)})
		}
		return out
	case kind == '1' && v.Kind == doc.List: // items as a list, of old drafts
		if len(v.Items) > 0 {
			return l.schema(v.Items[0], level+1)
		}
	}
	return l.schema(v, level+1)
}

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if most == 0 {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[:most], "")) + "…"
}
