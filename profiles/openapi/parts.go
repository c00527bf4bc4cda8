package openapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
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

func (a *parts) get(name string) node {
	for _, k := range a.keywords {
		if k.name == name {
			return k.value
		}
	}
	return node{}
}

// description is one line for the model: what the document says, and what of other
// keywords is worth a word.
func (a *parts) description() string {
	s := oneLine(a.get("description").begin(4 * maxDescription))
	if title := oneLine(a.get("title").begin(maxDescription)); s == "" && strings.Contains(title, " ") { // else it is a type's name
		s = title
	}
	s = cut(s, maxDescription)
	add := func(more string) {
		if s != "" && !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "…") && !strings.HasSuffix(s, ":") {
			s += "."
		}
		s = strings.TrimSpace(s + " " + more)
	}
	if a.get("deprecated").isTrue() && !strings.Contains(strings.ToLower(s), "deprecated") {
		add("Deprecated.")
	}
	switch format, encoding := a.get("format").str(), a.get("contentEncoding").str(); {
	case a.bytes():
		add(fileHint)
	case format == "byte" || encoding == "base64":
		if !strings.Contains(strings.ToLower(s), "base64") {
			add(bytesHint)
		}
	}
	if e := a.example(); e != "" && !strings.Contains(s, e) {
		add("Example: " + e)
	}
	if a.note != "" {
		add(a.note)
	}
	return s
}

// example is a short scalar example of text or a number that nothing else explains.
func (a *parts) example() string {
	const most = 40
	if a.get("enum").exists() || a.get("const").exists() || a.get("default").exists() || a.get("type").str() == "boolean" {
		return ""
	}
	e := a.get("example")
	if !e.exists() {
		if e = a.get("examples"); e.kind() == list {
			e = e.first()
		}
	}
	if s := e.text(); s != "" && len(s) <= most && oneLine(s) == s {
		return s
	}
	return ""
}

// bytes reports a value that is sent as it is and may come from a file.
func (a *parts) bytes() bool {
	if !a.c.files {
		return false
	}
	encoding := a.get("contentEncoding").str()
	return a.get("type").str() == "file" || a.get("format").str() == "binary" || encoding == "binary" ||
		encoding == "" && a.get("contentMediaType").exists() && a.get("type").str() == "string"
}

// write writes the schema.
func (a *parts) write(level int) converted {
	w := &writer{parts: a, out: &doc.Node{Kind: doc.Table}, level: level, height: 1, low: a.low}
	w.types()
	if s := a.description(); s != "" {
		w.put("description", textNode(s), len(s))
	}
	for _, k := range a.keywords {
		w.keyword(k)
	}
	w.properties()
	w.unions()
	if len(a.rest) > 0 {
		w.others()
	}
	return converted{w.out, w.size + 2, w.height, w.low}
}
