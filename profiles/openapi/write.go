package openapi

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

const (
	maxEnum    = 100 // values
	maxEnumLen = 8192
	maxDefault = 100 // bytes of JSON
)

// writer writes one schema.
type writer struct {
	*parts
	out    *doc.Node
	level  int
	size   int
	height int
	low    int
}

func (w *writer) put(name string, v *doc.Node, size int) {
	w.out.Members = append(w.out.Members, doc.Member{Key: name, Value: v})
	w.size += len(name) + size + 6
}

// child writes a schema inside of this one.
func (w *writer) child(n node) *doc.Node { return w.took(w.c.schema(n, w.level+1)) }

func (w *writer) took(in converted) *doc.Node {
	w.size += in.size
	w.height = max(w.height, in.height+1)
	w.low = min(w.low, in.low)
	return in.n
}

// typeNames returns the types that the schema allows, as far as it says.
func (w *writer) typeNames() []string {
	v, union := w.get("type"), w.get("oneOf").exists() || w.get("anyOf").exists()
	switch {
	case w.bytes(), v.str() == "file":
		return []string{"string"}
	case v.isText() && v.str() != "":
		return []string{v.str()}
	case v.kind() == list:
		return v.strings()
	case w.note != "" || len(w.parts.properties) > 0 && !union:
		return []string{"object"}
	case w.get("items").isTable() && !union:
		return []string{"array"}
	}
	return nil
}

// types writes the type, with null where that is allowed.
func (w *writer) types() {
	names := w.typeNames()
	if w.nullable && len(names) > 0 && !slices.Contains(names, "null") {
		names = append(names, "null")
	}
	switch len(names) {
	case 0:
	case 1:
		w.put("type", textNode(names[0]), len(names[0]))
	default:
		l := &doc.Node{Kind: doc.List}
		for _, name := range names {
			l.Items = append(l.Items, textNode(name))
		}
		w.put("type", l, 12*len(names))
	}
}

// keyword writes a keyword that holds no schema, or one.
func (w *writer) keyword(k keyword) {
	switch k.name {
	case "type", "title", "description", "example", "examples", "deprecated", "readOnly", "writeOnly", "discriminator", "oneOf", "anyOf":
	case "format", "contentEncoding", "contentMediaType":
		if !w.bytes() {
			w.copy(k)
		}
	case "default":
		if k.value.span() > maxDefault {
			return
		}
		if v := w.c.value(k.value); len(v.JSON()) <= maxDefault {
			w.put("default", v, len(v.JSON()))
		}
	case "enum":
		w.enum(k.value)
	case "items":
		if one := k.value; one.kind() == list { // of Swagger 2.0 and drafts before 2020-12
			w.put("items", schema.Union(w.list(one).Items), 0)
		} else {
			w.put("items", w.child(one), 0)
		}
	case "additionalProperties":
		if k.value.kind() == truth {
			w.put("additionalProperties", &doc.Node{Kind: doc.Bool, Bool: true}, 4)
		} else {
			w.put("additionalProperties", w.child(k.value), 0)
		}
	case "not", "contains", "propertyNames":
		w.put(k.name, w.child(k.value), 0)
	case "prefixItems":
		w.put(k.name, w.list(k.value), 0)
	case "patternProperties", "dependentSchemas":
		w.put(k.name, w.tables(k.value), 0)
	default:
		w.copy(k)
	}
}

func (w *writer) copy(k keyword) {
	const most = 2000 // entries: more is a mistake
	if k.value.span() > most {
		return
	}
	v := w.c.value(k.value)
	w.put(k.name, v, len(v.JSON()))
}

func (w *writer) list(n node) *doc.Node {
	l := &doc.Node{Kind: doc.List}
	for item := range n.items {
		l.Items = append(l.Items, w.child(item))
	}
	return l
}

func (w *writer) tables(n node) *doc.Node {
	t := &doc.Node{Kind: doc.Table}
	for k, v := range n.members {
		t.Members = append(t.Members, doc.Member{Key: k.text(), Value: w.child(v)})
		w.size += len(k.text()) + 4
	}
	return t
}

// enum writes the values, or the first of very many in words.
func (w *writer) enum(n node) {
	l, size, more := &doc.Node{Kind: doc.List}, 0, false
	for item := range n.items {
		if more = len(l.Items) >= maxEnum && size > maxEnumLen; more {
			break
		}
		v := w.c.value(item)
		l.Items = append(l.Items, v)
		size += len(v.JSON()) + 1
	}
	switch {
	case len(l.Items) == 0:
	case more:
		var first []string
		for _, item := range l.Items[:20] {
			first = append(first, string(item.JSON()))
		}
		w.describe("One of: " + strings.Join(first, ", ") + ", …")
	default:
		if w.nullable && !slices.ContainsFunc(l.Items, func(i *doc.Node) bool { return i.Kind == doc.Null }) {
			l.Items = append(l.Items, &doc.Node{})
		}
		w.put("enum", l, size)
	}
}

// describe adds a sentence to the description.
func (w *writer) describe(sentence string) {
	sentence = cut(sentence, maxDescription)
	for i := range w.out.Members {
		if m := &w.out.Members[i]; m.Key == "description" {
			m.Value = textNode(m.Value.Text + " " + sentence)
			w.size += len(sentence)
			return
		}
	}
	w.put("description", textNode(sentence), len(sentence))
}

// properties writes the properties that a request may have, and which of them it
// must have.
func (w *writer) properties() {
	var gone map[string]bool
	if len(w.parts.properties) > 0 {
		t := &doc.Node{Kind: doc.Table, Members: make([]doc.Member, 0, len(w.parts.properties))}
		for _, p := range w.parts.properties {
			if w.answered(p) {
				if gone == nil {
					gone = map[string]bool{}
				}
				gone[p.name] = true
				continue
			}
			t.Members = append(t.Members, doc.Member{Key: p.name, Value: w.property(p)})
			w.size += len(p.name) + 4
			if p.from[0].get("required").isTrue() { // of draft 3
				w.need(p.name)
			}
		}
		if len(t.Members) > 0 {
			w.put("properties", t, 2)
		}
	}
	w.required = slices.DeleteFunc(w.required, func(s string) bool { return gone[s] })
	if len(w.required) > 0 {
		l := &doc.Node{Kind: doc.List}
		for _, name := range w.required {
			l.Items = append(l.Items, textNode(name))
			w.size += len(name) + 3
		}
		w.put("required", l, 2)
	}
	if w.closed && w.merged <= 1 && !slices.ContainsFunc(w.keywords, func(k keyword) bool { return k.name == "additionalProperties" }) {
		w.put("additionalProperties", &doc.Node{Kind: doc.Bool}, 5)
	}
}

// answered reports a property that only answers have.
func (w *writer) answered(p property) bool {
	for _, n := range p.from {
		if n.get("readOnly").isTrue() {
			return true
		}
		if to, reason := w.c.r.resolve(n); reason == "" && to.get("readOnly").isTrue() {
			return true
		}
	}
	return false
}

func (w *writer) property(p property) *doc.Node {
	if len(p.from) == 1 {
		return w.child(p.from[0])
	}
	if w.level+1 > w.c.levels {
		w.c.cuts++
		return w.took(w.c.shallow(p.from[0]))
	}
	base := len(w.c.stack)
	a := &parts{c: w.c, low: far}
	for _, n := range p.from {
		a.add(n, true)
	}
	out := a.write(w.level + 1)
	w.c.stack = w.c.stack[:base]
	return w.took(out)
}
