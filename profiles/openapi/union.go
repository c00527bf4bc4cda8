package openapi

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// unions writes oneOf and anyOf.
func (w *writer) unions() {
	for _, name := range [...]string{"oneOf", "anyOf"} {
		n := w.get(name)
		if n.kind() != list || !n.first().exists() {
			continue
		}
		if w.constants(n) {
			continue
		}
		l := &doc.Node{Kind: doc.List}
		for branch := range n.items {
			l.Items = append(l.Items, w.branch(branch))
		}
		if w.nullable && !hasKeyword(w.out, "type") {
			l.Items = append(l.Items, table1("type", textNode("null")))
		}
		w.put(name, l, 2)
	}
}

// constants writes a union of single values, each with a word on what it means, as an
// enum and a description: often a union of many stands beside an enum of one.
func (w *writer) constants(n node) bool {
	const most = 1000
	if n.size(most) == most || w.get("enum").size(most) == most {
		return false
	}
	allowed := map[string]bool{}
	for item := range w.get("enum").items {
		allowed[string(w.c.value(item).JSON())] = true
	}
	l, size, words := &doc.Node{Kind: doc.List}, 0, []string{}
	for branch := range n.items {
		if !single(branch) {
			return false
		}
		v := w.c.value(branch.get("const"))
		text := v.JSON()
		if len(allowed) > 0 && !allowed[string(text)] {
			continue
		}
		l.Items = append(l.Items, v)
		size += len(text) + 1
		if what := first(branch.get("description"), branch.get("title")).str(); what != "" {
			words = append(words, string(text)+": "+strings.TrimSuffix(plaintext.OneLine(what), "."))
		}
	}
	if len(l.Items) == 0 || size > maxEnumLen {
		return false
	}
	if len(allowed) == 0 {
		if w.nullable {
			l.Items = append(l.Items, &doc.Node{})
		}
		w.put("enum", l, size)
	}
	if len(words) > 0 {
		w.describe(strings.Join(words, "; ") + ".")
	}
	return true
}

// single reports a schema that allows one value, and says no more about it.
func single(n node) bool {
	if k := n.get("const").kind(); k == absent || k == table || k == list {
		return false
	}
	for k := range n.members {
		switch name := k.text(); name {
		case "const", "title", "description", "type", "format", "deprecated":
		default:
			if !strings.HasPrefix(name, "x-") {
				return false
			}
		}
	}
	return true
}

func hasKeyword(n *doc.Node, name string) bool { return n.Get(name) != nil }

// branch writes one branch of a union. Where the document says which value of a
// property means it, that value is fixed.
func (w *writer) branch(n node) *doc.Node {
	out := w.child(n)
	d := w.get("discriminator")
	name := d.get("propertyName").str()
	ref, refers := n.ref()
	if name == "" || !refers {
		return out
	}
	var values []*doc.Node
	mapping := d.get("mapping")
	if mapping.span() > 2000 { // it would be read for every branch
		return out
	}
	for k, v := range mapping.members {
		if to := v.str(); to == ref || to == lastToken(ref) {
			values = append(values, textNode(k.text()))
		}
	}
	if len(values) == 0 {
		if mapping.size(1) > 0 {
			return out
		}
		values = []*doc.Node{textNode(lastToken(ref))}
	}
	p := out.Get("properties").Get(name)
	if kind := p.Get("type"); kind == nil || kind.Text != "string" || hasKeyword(p, "enum") || hasKeyword(p, "const") {
		return out
	}
	w.size += 20 * len(values)
	if len(values) == 1 {
		return with(out, "properties", with(out.Get("properties"), name, with(p, "const", values[0])))
	}
	return with(out, "properties", with(out.Get("properties"), name, with(p, "enum", &doc.Node{Kind: doc.List, Items: values})))
}

// with returns a copy of a table in which key has a value.
func with(n *doc.Node, key string, v *doc.Node) *doc.Node {
	out := &doc.Node{Kind: doc.Table, Members: slices.Clone(n.Members)}
	for i := range out.Members {
		if out.Members[i].Key == key {
			out.Members[i].Value = v
			return out
		}
	}
	out.Members = append(out.Members, doc.Member{Key: key, Value: v})
	return out
}

// others writes what cannot be merged.
func (w *writer) others() {
	l := &doc.Node{Kind: doc.List}
	for _, k := range w.rest {
		inner := &writer{parts: &parts{c: w.c, keywords: []keyword{k}, low: far}, out: &doc.Node{Kind: doc.Table}, level: w.level + 1, height: 1, low: far}
		if k.name == "oneOf" || k.name == "anyOf" {
			inner.unions()
		} else {
			inner.keyword(k)
		}
		l.Items = append(l.Items, w.took(converted{inner.out, inner.size + 2, inner.height, inner.low}))
	}
	w.put("allOf", l, 2)
}
