package schema

import (
	"slices"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// branches mends the keywords that hold schemas for the same value. Authors write
// oneOf for "one of these", and the forms overlap: it counts as anyOf. A schema that
// refuses further properties refuses none that its neighbours declare.
func branches(n *doc.Node) {
	if one := n.Get("oneOf"); one != nil {
		union := possible(one)
		Drop(n, "oneOf")
		switch all := n.Get("allOf"); {
		case n.Get("anyOf") == nil:
			Put(n, "anyOf", union)
		case all == nil:
			Put(n, "allOf", &doc.Node{Kind: doc.List, Items: []*doc.Node{Table("anyOf", union)}})
		default:
			Put(n, "allOf", &doc.Node{Kind: doc.List, Items: append(slices.Clone(all.Items), Table("anyOf", union))})
		}
	}
	if some := n.Get("anyOf"); some != nil {
		Put(n, "anyOf", possible(some))
		typed(n)
	}
	for _, key := range [...]string{"anyOf", "allOf"} {
		if v := n.Get(key); v != nil && len(v.Items) == 0 {
			Drop(n, key)
		}
	}
	open(n)
}

// possible returns the forms of a union that some value satisfies, each once.
func possible(union *doc.Node) *doc.Node {
	out := &doc.Node{Kind: doc.List}
	seen := map[string]bool{}
	for _, one := range union.Items {
		if k := Key(one); !seen[k] && !Never(one) {
			seen[k] = true
			out.Items = append(out.Items, one)
		}
	}
	return out
}

// typed moves a type that excludes some forms of the union beside it to the forms that
// name none.
func typed(n *doc.Node) {
	kinds, ok := Declared(n)
	union := n.Get("anyOf")
	if !ok || !slices.ContainsFunc(union.Items, func(one *doc.Node) bool {
		k, ok := Declared(one)
		return ok && k&kinds == 0
	}) {
		return
	}
	out := &doc.Node{Kind: doc.List}
	for _, one := range union.Items {
		if _, ok := Declared(one); !ok && one.Kind == doc.Table && !Restricted(one) {
			one = &doc.Node{Kind: doc.Table, Members: slices.Clone(one.Members)}
			setKinds(one, kinds)
		}
		out.Items = append(out.Items, one)
	}
	Put(n, "anyOf", out)
	Drop(n, "type")
}

// open lets every part of a composition allow the properties of the others.
func open(n *doc.Node) {
	all := names(n, map[string]bool{})
	own := n.Get("properties")
	if !allDeclared(own, all) {
		opened(n)
	}
	shared := map[string]bool{} // what a part has beside it, whatever the choice
	if own != nil {
		for _, m := range own.Members {
			shared[m.Key] = true
		}
	}
	if parts := n.Get("allOf"); parts != nil {
		for _, one := range parts.Items {
			names(one, shared)
		}
		openEach(n, "allOf", all)
	}
	for _, key := range [...]string{"anyOf", "then", "else"} {
		openEach(n, key, shared)
	}
}

func openEach(n *doc.Node, key string, beside map[string]bool) {
	v := n.Get(key)
	if v == nil {
		return
	}
	change := func(one *doc.Node) *doc.Node {
		if one.Kind != doc.Table || allDeclared(one.Get("properties"), beside) {
			return one
		}
		out := &doc.Node{Kind: doc.Table, Members: slices.Clone(one.Members)}
		opened(out)
		return out
	}
	if v.Kind != doc.List {
		Put(n, key, change(v))
		return
	}
	out := &doc.Node{Kind: doc.List}
	for _, one := range v.Items {
		out.Items = append(out.Items, change(one))
	}
	Put(n, key, out)
}

// opened drops what refuses or bounds further properties.
func opened(n *doc.Node) {
	if v := n.Get("additionalProperties"); v != nil && !(v.Kind == doc.Bool && v.Bool) {
		Drop(n, "additionalProperties")
	}
}

func allDeclared(properties *doc.Node, names map[string]bool) bool {
	for name := range names {
		if properties.Get(name) == nil {
			return false
		}
	}
	return true
}

// names collects the properties that a schema and its parts declare.
func names(n *doc.Node, into map[string]bool) map[string]bool {
	if p := n.Get("properties"); p != nil {
		for _, m := range p.Members {
			into[m.Key] = true
		}
	}
	for _, key := range [...]string{"allOf", "anyOf", "oneOf"} {
		if v := n.Get(key); v != nil {
			for _, one := range v.Items {
				names(one, into)
			}
		}
	}
	for _, key := range [...]string{"then", "else"} {
		if v := n.Get(key); v != nil {
			names(v, into)
		}
	}
	return into
}
