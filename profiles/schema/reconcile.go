package schema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// UnlistedPattern is the member in which [Reconcile] keeps a pattern that is checked
// but not listed. Whoever lists the schema takes it out.
const UnlistedPattern = "\x00pattern"

// Undeclared says what becomes of names that are required and not declared.
type Undeclared int

const (
	Declare Undeclared = iota // for clients that refuse such
	Release                   // they are not required: no schemas may be added inside
	Keep
)

// Reconcile mends one schema, not those inside of it, whose keywords contradict each
// other, so that there are values that satisfy it, and takes out what clients do not
// bear. It decides for the sender of a value: what one keyword lets through stays
// possible, and the backend has the last word. The schema's keywords are those that
// [Lawful] returns, the schemas inside are mended already. n is changed and returned;
// notes are sentences for its description, on what it does not say any more.
func Reconcile(n *doc.Node, required Undeclared) (notes []string) {
	branches(n)
	widen(n)
	notes = values(n)
	notes = append(notes, texts(n)...)
	numbers(n)
	lists(n)
	objects(n, required)
	samples(n)
	return notes
}

// widen completes a type beside which stand the keywords of another one: an object
// with items, a text with properties.
func widen(n *doc.Node) {
	kinds, ok := Declared(n)
	if !ok || Restricted(n) {
		return
	}
	scalars := Null | Boolean | Number | Integer | String
	if p := n.Get("properties"); p != nil && len(p.Members) > 0 && !kinds.Has(Object) && kinds&^scalars == 0 {
		setKinds(n, kinds|Object)
	}
	if i := n.Get("items"); i != nil && len(i.Members) > 0 && !kinds.Has(Array) && (kinds&^scalars == 0 || n.Get("properties") == nil) {
		setKinds(n, kinds|Array)
	}
}

// setKinds writes the types that a schema allows.
func setKinds(n *doc.Node, k Kinds) {
	list := &doc.Node{Kind: doc.List}
	for _, name := range KindNames() {
		if one := KindOf(name); k&one == one && !(name == "integer" && k.Has(Number)) {
			list.Items = append(list.Items, Text(name))
		}
	}
	v := list
	if len(list.Items) == 1 {
		v = list.Items[0]
	}
	if n.Get("type") == nil {
		n.Members = slices.Insert(n.Members, 0, doc.Member{Key: "type", Value: v})
		return
	}
	Put(n, "type", v)
}

// values brings enum and const to the declared type, and the type to values that are
// of another one. Where values are listed, they alone decide.
func values(n *doc.Node) (notes []string) {
	enum, only := n.Get("enum"), n.Get("const")
	if enum == nil && only == nil {
		return nil
	}
	kinds, declared := Declared(n)
	var list []*doc.Node
	if enum != nil {
		list = enum.Items
	}
	if only != nil {
		list = append(slices.Clip(list), only)
	}
	list = distinct(kinds, list)
	if !slices.ContainsFunc(list, kinds.fitsValue) {
		switch {
		case kinds.Has(Array) && ofItems(n, list):
			Drop(n, "enum")
			Drop(n, "const")
			return nil
		case kinds.Has(Object) && n.Get("properties") != nil:
			Drop(n, "enum")
			Drop(n, "const")
			return nil
		}
	}
	if declared && slices.ContainsFunc(list, func(v *doc.Node) bool { return !kinds.Fits(v) }) {
		var of Kinds
		for _, v := range list {
			of |= KindOfValue(v)
		}
		setKinds(n, of)
	}
	if slices.ContainsFunc(list, func(v *doc.Node) bool { return !exact(v) }) {
		Drop(n, "enum")
		Drop(n, "const")
		return []string{"One of: " + words(list) + "."}
	}
	writeValues(n, enum, only, list)
	return nil
}

func (k Kinds) fitsValue(v *doc.Node) bool { return k.Fits(v) && v.Kind != doc.Null }

// writeValues lists what values found, each value once.
func writeValues(n, enum, only *doc.Node, list []*doc.Node) {
	if enum == nil {
		Put(n, "const", list[0])
	} else {
		Drop(n, "const")
		Put(n, "enum", &doc.Node{Kind: doc.List, Items: list})
	}
	for _, m := range slices.Clone(n.Members) { // all else about a value is said
		switch m.Key {
		case "items", "prefixItems", "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas":
			Drop(n, m.Key)
			continue
		}
		if bounds(m.Key) != 0 {
			Drop(n, m.Key)
		}
	}
	split(n)
}

// distinct returns the values in the form that the kinds want, each once.
func distinct(kinds Kinds, list []*doc.Node) []*doc.Node {
	var out []*doc.Node
	seen := map[string]bool{}
	for _, v := range list {
		if v.Kind != doc.String || !kinds.Has(Array|Object) {
			v = Coerce(kinds, v)
		}
		if k := Key(v); !seen[k] {
			seen[k] = true
			out = append(out, v)
		}
	}
	return out
}

// ofItems moves the values of an enum beside an array to its items, which it means.
func ofItems(n *doc.Node, list []*doc.Node) bool {
	list = slices.DeleteFunc(slices.Clone(list), func(v *doc.Node) bool { return v.Kind == doc.Null })
	items := n.Get("items")
	if items == nil || items.Kind != doc.Table {
		items = &doc.Node{Kind: doc.Table}
	}
	if len(list) == 0 || items.Get("enum") != nil || items.Get("const") != nil || items.Get("properties") != nil {
		return true
	}
	inner := &doc.Node{Kind: doc.Table, Members: slices.Clone(items.Members)}
	Put(inner, "enum", &doc.Node{Kind: doc.List, Items: list})
	values(inner)
	Put(n, "items", inner)
	return true
}

// split writes an enum of several types as a union of enums of one: some clients only
// know those. null may stand beside any other.
func split(n *doc.Node) {
	enum := n.Get("enum")
	if enum == nil || n.Get("anyOf") != nil {
		return
	}
	var of Kinds
	groups := map[Kinds][]*doc.Node{}
	for _, v := range enum.Items {
		k := KindOfValue(v)
		if k.Has(Number) {
			k = Number | Integer
		}
		groups[k] = append(groups[k], v)
		of |= k
	}
	if nulls := of & Null; len(groups)-int(nulls) <= 1 {
		return
	}
	if len(groups[Integer]) > 0 && len(groups[Number|Integer]) > 0 {
		groups[Number|Integer] = append(groups[Number|Integer], groups[Integer]...)
		delete(groups, Integer)
		if len(groups) == 1 {
			return
		}
	}
	union := &doc.Node{Kind: doc.List}
	for _, name := range KindNames() {
		k := KindOf(name)
		list := groups[k]
		if len(list) == 0 {
			continue
		}
		one := Table("type", Text(name))
		if k == Array {
			Put(one, "items", &doc.Node{Kind: doc.Table})
		}
		if k != Null {
			Put(one, "enum", &doc.Node{Kind: doc.List, Items: list})
		}
		union.Items = append(union.Items, one)
	}
	Drop(n, "type")
	Drop(n, "enum")
	Put(n, "anyOf", union)
}

// samples drops a default and examples that are none.
func samples(n *doc.Node) {
	kinds, declared := Declared(n)
	enum := n.Get("enum")
	good := func(v *doc.Node) (*doc.Node, bool) {
		if declared {
			v = Coerce(kinds, v)
		}
		return v, (!declared || kinds.Fits(v)) && exact(v) &&
			(enum == nil || slices.ContainsFunc(enum.Items, func(one *doc.Node) bool { return Same(one, v) }))
	}
	if v := n.Get("default"); v != nil {
		if v, ok := good(v); ok {
			Put(n, "default", v)
		} else {
			Drop(n, "default")
		}
	}
	if list := n.Get("examples"); list != nil {
		out := &doc.Node{Kind: doc.List}
		for _, v := range list.Items {
			if v, ok := good(v); ok {
				out.Items = append(out.Items, v)
			}
		}
		if Put(n, "examples", out); len(out.Items) == 0 {
			Drop(n, "examples")
		}
	}
}

// exact reports a value all of whose numbers every reader keeps: JavaScript's are
// exact up to 2^53.
func exact(v *doc.Node) bool {
	if v.Kind == doc.Number {
		return !beyond(v)
	}
	return !slices.ContainsFunc(v.Items, func(n *doc.Node) bool { return !exact(n) }) &&
		!slices.ContainsFunc(v.Members, func(m doc.Member) bool { return !exact(m.Value) })
}

func beyond(v *doc.Node) bool {
	const most = "9007199254740991"
	return !isFinite(v) || Compare(v.Text, most) > 0 || Compare(v.Text, "-"+most) < 0
}

// words lists values in a sentence.
func words(list []*doc.Node) string {
	const most = 20
	var out []string
	for _, v := range list[:min(len(list), most)] {
		out = append(out, string(v.JSON()))
	}
	if len(list) > most {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// formats are those that validators know, with the types that they are for.
func formats(name string) Kinds {
	switch name {
	case "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
		"uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex",
		"byte", "binary", "password":
		return String
	case "int32", "int64", "float", "double":
		return Number | Integer
	}
	return 0
}

// texts mends the keywords of texts.
func texts(n *doc.Node) (notes []string) {
	if f := n.Get("format"); f != nil {
		kinds, _ := Declared(n)
		if known := formats(f.Text); !kinds.Has(known) {
			Drop(n, "format")
			if known == 0 && plain(f.Text) && kinds.Has(String|Number|Integer) {
				notes = append(notes, "Format: "+f.Text+".")
			}
		}
	}
	between(n, "minLength", "maxLength")
	if p := n.Get("pattern"); p != nil {
		notes = append(notes, pattern(n, p.Text)...)
	}
	return notes
}

// plain reports a name that says something in a description.
func plain(s string) bool {
	const most = 40
	return s != "" && len(s) <= most && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// pattern mends a pattern: one that no text satisfies is left out, and so are lengths
// that no text has which it matches. One that only some clients take is kept unlisted.
func pattern(n *doc.Node, text string) (notes []string) {
	re := CompilePattern(text)
	if re != nil {
		least, most := lengths(n)
		if _, ok := MatchingText(re, least, most); !ok {
			if _, ok := MatchingText(re, 0, -1); ok {
				Drop(n, "minLength")
				Drop(n, "maxLength")
			} else {
				re = nil
			}
		}
	}
	Drop(n, "pattern")
	listed := Pattern(text)
	switch {
	case re != nil && PortablePattern(listed):
		Put(n, "pattern", Text(listed))
	case re != nil:
		Put(n, UnlistedPattern, Text(text))
		const most = 100
		if len(text) <= most && strings.IndexByte(text, '\n') < 0 {
			notes = append(notes, "Must match the pattern "+text+" .")
		}
	}
	return notes
}

func lengths(n *doc.Node) (least, most int) {
	most = -1
	if limit, ok := Count(n.Get("minLength")); ok {
		least = limit
	}
	if limit, ok := Count(n.Get("maxLength")); ok {
		most = limit
	}
	return least, most
}

// between drops counts that exclude each other, and those that are beyond what every
// reader can count. A greatest length of 0 is one that nobody set.
func between(n *doc.Node, least, most string) {
	for _, key := range [...]string{least, most} {
		if v := n.Get(key); v != nil && beyond(v) {
			Drop(n, key)
		}
	}
	if v := n.Get(most); v != nil && most == "maxLength" && Compare(v.Text, "0") == 0 {
		Drop(n, most)
	}
	if low, high := n.Get(least), n.Get(most); low != nil && high != nil && Compare(low.Text, high.Text) > 0 {
		Drop(n, least)
		Drop(n, most)
	}
}

// count writes a count.
func count(n int) *doc.Node { return &doc.Node{Kind: doc.Number, Text: strconv.Itoa(n)} }
