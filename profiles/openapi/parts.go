package openapi

import (
	"slices"
	"strconv"
)

// parts is one schema with what it refers to and what allOf adds to it, before it
// is written.
type parts struct {
	c          *converter
	keywords   []keyword
	properties []property
	places     map[string]int // of properties, when there are many
	required   []string
	needed     map[string]bool // what is in required
	rest       []keyword       // what contradicts an earlier keyword: stands in an allOf of its own
	nullable   bool
	closed     bool // additionalProperties: false
	merged     int  // schemas with properties
	low        int
	note       string // of a reference that leads back
}

type keyword struct {
	name  string
	value node
}

// property is one property, perhaps of several schemas of an allOf.
type property struct {
	name string
	from []node
}

// add takes a schema in. What was taken in before wins. member: it is one of several
// of an allOf.
func (a *parts) add(n node, member bool) {
	a.c.nodes--
	a.c.total++
	if a.c.nodes < 0 || !n.isTable() {
		return
	}
	ref, refers := n.ref()
	all := n.get("allOf")
	for k, v := range n.members {
		name := k.text()
		if refers && !a.c.r.beside(name) || name == "$ref" || name == "allOf" && all.kind() == list {
			continue
		}
		a.keyword(name, v, member)
	}
	if n.get("properties").isTable() {
		a.merged++
	}
	if refers {
		a.refer(n, ref, member)
	}
	alone := all.size(2) == 1
	for one := range all.items {
		a.add(one, member || !alone)
	}
}

// beside reports whether a keyword counts that stands beside a $ref. Before 3.1
// none does by the letter; authors mean these.
func (r *reader) beside(name string) bool {
	if !r.swagger && r.minor >= 1 {
		return true
	}
	switch name {
	case "description", "nullable", "x-nullable", "readOnly", "writeOnly", "deprecated", "default", "example":
		return true
	}
	return false
}

func (a *parts) refer(n node, ref string, member bool) {
	to, reason := a.c.target(n)
	if reason != "" {
		a.c.r.warn(n.at(), reason)
		return
	}
	if at := a.c.open(to); at >= 0 {
		a.low = min(a.low, at)
		a.note = "See " + lastToken(ref) + " above."
		return
	}
	a.c.stack = append(a.c.stack, to)
	a.add(to, member)
}

// keyword takes one keyword in.
func (a *parts) keyword(name string, v node, member bool) {
	switch name {
	case "properties":
		for k, p := range v.members {
			if k.text() != "$ref" || !p.isText() { // text: it stands for properties, and is none
				a.property(k.text(), p)
			}
		}
		if _, ok := v.ref(); ok {
			to, reason := a.c.r.resolve(v)
			if reason != "" {
				a.c.r.warn(v.at(), reason)
			}
			for k, p := range to.members {
				a.property(k.text(), p)
			}
		}
	case "required":
		if v.kind() == list {
			for _, s := range v.strings() {
				a.need(s)
			}
		}
	case "nullable", "x-nullable":
		a.nullable = a.nullable || v.isTrue() && !member
	case "additionalProperties":
		if v.kind() == falsehood {
			a.closed = true
			return
		}
		a.single(name, v)
	case "type", "title", "description", "format", "pattern", "default", "example", "examples", "enum", "const", "deprecated", "readOnly", "writeOnly",
		"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
		"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "minContains", "maxContains",
		"contentEncoding", "contentMediaType", "items", "prefixItems", "patternProperties", "propertyNames", "contains",
		"oneOf", "anyOf", "not", "dependentRequired", "dependentSchemas", "discriminator":
		a.single(name, v)
	}
}

func (a *parts) need(name string) {
	if a.needed == nil {
		a.needed = map[string]bool{}
	}
	if !a.needed[name] {
		a.needed[name] = true
		a.required = append(a.required, name)
	}
}

func (a *parts) property(name string, p node) {
	if a.places == nil {
		a.places = map[string]int{}
	}
	if i, known := a.places[name]; known {
		if !slices.Contains(a.properties[i].from, p) {
			a.properties[i].from = append(a.properties[i].from, p)
		}
		return
	}
	a.places[name] = len(a.properties)
	a.properties = append(a.properties, property{name, []node{p}})
}

// single takes in a keyword that may stand once.
func (a *parts) single(name string, v node) {
	for i := range a.keywords {
		if k := &a.keywords[i]; k.name == name {
			a.both(k, v)
			return
		}
	}
	a.keywords = append(a.keywords, keyword{name, v})
}

// both lets two values of one keyword hold together.
func (a *parts) both(k *keyword, v node) {
	if k.value == v {
		return
	}
	switch k.name {
	case "type":
		if k.value.str() == "number" && v.str() == "integer" {
			k.value = v
		}
	case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties":
		if float(v) > float(k.value) {
			k.value = v
		}
	case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties":
		if float(v) < float(k.value) {
			k.value = v
		}
	case "oneOf", "anyOf", "not", "items", "pattern", "enum", "multipleOf", "contains", "prefixItems", "patternProperties", "additionalProperties":
		if !sameValue(k.value, v, 1000) {
			a.rest = append(a.rest, keyword{k.name, v})
		}
	}
}

func float(n node) float64 {
	f, _ := strconv.ParseFloat(n.text(), 64)
	return f
}

// sameValue compares two values, of at most so many entries.
func sameValue(a, b node, most uint32) bool {
	if a.kind() != b.kind() {
		return false
	}
	x, y := a.t.entries[a.i].next-a.i, b.t.entries[b.i].next-b.i
	if x != y || x > most {
		return false
	}
	for i := range x {
		p, q := node{a.t, a.i + i}, node{b.t, b.i + i}
		if p.kind() != q.kind() || p.text() != q.text() {
			return false
		}
	}
	return true
}
