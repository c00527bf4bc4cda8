package schema

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Subschemas says whether a keyword holds one schema ('1'), a list ('l') or a table
// ('t') of them (JSON Schema 2020-12, section 10); 0: none.
func Subschemas(keyword string) byte {
	switch keyword {
	case "items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else":
		return '1'
	case "anyOf", "oneOf", "allOf", "prefixItems":
		return 'l'
	case "properties", "patternProperties", "dependentSchemas":
		return 't'
	}
	return 0
}

// Unlisted reports keywords that are not listed: those that need a reference to be
// followed, those of OpenAPI that say nothing to a model, and two that are not
// checked.
func Unlisted(keyword string) bool {
	switch strings.ToLower(keyword) {
	case "definitions", "id", "xml", "externaldocs", "discriminator", "unevaluateditems", "unevaluatedproperties",
		"additionalitems", "dependencies", "contentschema":
		return true
	}
	return strings.HasPrefix(keyword, "$") || strings.HasPrefix(keyword, "x-") || strings.HasPrefix(keyword, "\x00")
}

// Misspelt returns the keyword that one written in another case stands for. Readers
// that compare without case would take it for that.
func Misspelt(keyword string) string {
	for _, known := range [...]string{"type", "properties", "required", "items", "enum", "const", "description", "default", "title", "format", "pattern",
		"additionalProperties", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "nullable", "example", "examples",
		"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
		"minItems", "maxItems", "uniqueItems", "prefixItems", "contains", "minContains", "maxContains",
		"minProperties", "maxProperties", "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas",
		"deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType"} {
		if keyword != known && strings.EqualFold(keyword, known) {
			return known
		}
	}
	return ""
}

// Essential reports keywords without which a model cannot make a value.
func Essential(keyword string) bool { return keyword == "type" || keyword == "required" }

// Lawful returns the value of a keyword as the meta-schema of JSON Schema 2020-12
// has it, and what it must be when it is another one: fixed is then what was meant, or
// nil. One wrong value costs a client the whole list.
func Lawful(keyword string, v *doc.Node) (fixed *doc.Node, want string) {
	switch keyword {
	case "type":
		return lawfulType(v)
	case "required":
		return nameList(v)
	case "enum":
		if v.Kind == doc.List && len(v.Items) > 0 {
			return v, ""
		}
		return nil, "a list of values"
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		if isFinite(v) {
			return v, ""
		}
		return nil, "a number"
	case "multipleOf":
		if isFinite(v) && Compare(v.Text, "0") > 0 {
			return v, ""
		}
		return nil, "a number above 0"
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains":
		if n, ok := Count(v); ok && n >= 0 {
			return Whole(v), ""
		}
		return nil, "an integer from 0"
	case "uniqueItems", "deprecated", "readOnly", "writeOnly":
		return only(v, v.Kind == doc.Bool, "true or false")
	case "title", "description", "format", "pattern", "contentEncoding", "contentMediaType":
		return only(v, v.Kind == doc.String, "text")
	case "examples":
		return only(v, v.Kind == doc.List, "a list of values")
	case "dependentRequired":
		return lawfulDependent(v)
	}
	return only(v, readable(v), "of numbers that 64 bits can hold")
}

// readable reports a value all of whose numbers readers with 64-bit floats take.
func readable(v *doc.Node) bool {
	if v.Kind == doc.Number && !isFinite(v) {
		return false
	}
	return !slices.ContainsFunc(v.Items, func(n *doc.Node) bool { return !readable(n) }) &&
		!slices.ContainsFunc(v.Members, func(m doc.Member) bool { return !readable(m.Value) })
}

// only returns a value that is as it should be.
func only(v *doc.Node, ok bool, want string) (fixed *doc.Node, wanted string) {
	if ok {
		return v, ""
	}
	return nil, want
}

// isFinite reports a number that readers with 64-bit floats take.
func isFinite(v *doc.Node) bool {
	if v.Kind != doc.Number {
		return false
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	return err == nil && !math.IsInf(f, 0)
}

func lawfulType(v *doc.Node) (fixed *doc.Node, want string) {
	want = "one of " + strings.Join(KindNames(), ", ")
	words := []*doc.Node{v}
	switch v.Kind {
	case doc.String:
		if KindOf(v.Text) != 0 {
			return v, ""
		}
		words = words[:0]
		for word := range strings.FieldsFuncSeq(v.Text, func(r rune) bool { return r == '|' || r == ',' }) {
			words = append(words, Text(strings.TrimSpace(word)))
		}
	case doc.List:
		words = v.Items
	}
	list := &doc.Node{Kind: doc.List}
	exact := v.Kind == doc.List
	for _, word := range words {
		near := word.Text
		if word.Kind != doc.String || KindOf(near) == 0 {
			exact = false
			if near = nearKind(word.Text); near == "" {
				return nil, want // any type, for all that is known
			}
		}
		if !slices.ContainsFunc(list.Items, func(n *doc.Node) bool { return n.Text == near }) {
			list.Items = append(list.Items, Text(near))
		}
	}
	switch {
	case len(list.Items) == 0:
		return nil, want
	case exact:
		return list, ""
	case len(list.Items) == 1:
		return list.Items[0], want
	}
	return list, want
}

// nearKind returns the type that was probably meant.
func nearKind(word string) string {
	word = strings.ToLower(strings.TrimSpace(word))
	switch word {
	case "int", "int32", "int64", "long", "short", "bigint", "uint", "biginteger":
		return "integer"
	case "float", "double", "decimal", "numeric", "bigdecimal", "float32", "float64":
		return "number"
	case "str", "text", "date", "file", "uuid", "guid", "date-time", "datetime", "email", "uri", "url", "password", "char", "byte", "binary":
		return "string"
	case "bool":
		return "boolean"
	case "list", "set":
		return "array"
	case "dict", "map", "struct", "hash":
		return "object"
	case "nil", "none":
		return "null"
	case "any", "mixed", "unknown", "anytype", "json":
		return ""
	}
	return plaintext.Nearest(word, KindNames())
}

// nameList returns a list of texts without repetitions.
func nameList(v *doc.Node) (fixed *doc.Node, want string) {
	if v.Kind != doc.List {
		return nil, "a list of names"
	}
	out := &doc.Node{Kind: doc.List}
	seen := map[string]bool{}
	for _, item := range v.Items {
		if item.Kind != doc.String {
			return nil, "a list of names"
		}
		if !seen[item.Text] {
			seen[item.Text] = true
			out.Items = append(out.Items, item)
		}
	}
	return out, ""
}

func lawfulDependent(v *doc.Node) (fixed *doc.Node, want string) {
	if v.Kind != doc.Table {
		return nil, "a table of lists of names"
	}
	out := &doc.Node{Kind: doc.Table}
	for _, m := range v.Members {
		list, wrong := nameList(m.Value)
		if wrong != "" {
			return nil, "a table of lists of names"
		}
		Put(out, m.Key, list)
	}
	return out, ""
}

// Normal rewrites what older dialects say otherwise: OpenAPI 3.0's nullable and
// example, draft 4's boolean exclusiveMinimum, draft 3's required: true in a
// property, an object or an array that does not say that it is one.
func Normal(n *doc.Node) *doc.Node {
	out := &doc.Node{Kind: doc.Table, Members: slices.Clone(n.Members)}
	if v := out.Get("nullable"); v != nil {
		Drop(out, "nullable")
		if v.Kind == doc.Bool && v.Bool {
			nullable(out)
		}
	}
	if v := out.Get("example"); v != nil {
		if Drop(out, "example"); out.Get("examples") == nil {
			Put(out, "examples", &doc.Node{Kind: doc.List, Items: []*doc.Node{v}})
		}
	}
	bound(out, "minimum", "exclusiveMinimum")
	bound(out, "maximum", "exclusiveMaximum")
	if v := out.Get("required"); v != nil && v.Kind == doc.Bool {
		Drop(out, "required") // its parent has it
	}
	lift(out)
	Typed(out)
	return out
}

// Typed names the type of an object or an array that does not say that it is one.
func Typed(n *doc.Node) {
	switch {
	case n.Get("type") != nil || Restricted(n):
	case n.Get("properties") != nil:
		Put(n, "type", Text("object"))
	case n.Get("items") != nil:
		Put(n, "type", Text("array"))
	}
}

// Restricted reports that other keywords say what a value is.
func Restricted(n *doc.Node) bool {
	return slices.ContainsFunc(n.Members, func(m doc.Member) bool {
		switch m.Key {
		case "anyOf", "oneOf", "allOf", "enum", "const", "not", "if":
			return true
		}
		return false
	})
}

// nullable lets null through beside the type (OpenAPI 3.0.3: only beside one).
func nullable(n *doc.Node) {
	t := n.Get("type")
	if t == nil || t.Kind != doc.String || t.Text == "null" {
		return
	}
	Put(n, "type", &doc.Node{Kind: doc.List, Items: []*doc.Node{t, Text("null")}})
	if enum := n.Get("enum"); enum != nil && enum.Kind == doc.List &&
		!slices.ContainsFunc(enum.Items, func(v *doc.Node) bool { return v.Kind == doc.Null }) {
		Put(n, "enum", &doc.Node{Kind: doc.List, Items: append(slices.Clone(enum.Items), &doc.Node{})})
	}
}

func bound(n *doc.Node, inclusive, exclusive string) {
	v := n.Get(exclusive)
	if v == nil || v.Kind != doc.Bool {
		return
	}
	Drop(n, exclusive)
	if limit := n.Get(inclusive); v.Bool && limit != nil {
		Drop(n, inclusive)
		Put(n, exclusive, limit)
	}
}

// lift puts the names of properties with required: true into the object's list.
func lift(n *doc.Node) {
	properties := n.Get("properties")
	if properties == nil || properties.Kind != doc.Table {
		return
	}
	var more []*doc.Node
	for _, m := range properties.Members {
		if r := m.Value.Get("required"); r != nil && r.Kind == doc.Bool && r.Bool {
			more = append(more, Text(m.Key))
		}
	}
	if len(more) == 0 {
		return
	}
	list := &doc.Node{Kind: doc.List}
	if old := n.Get("required"); old != nil && old.Kind == doc.List {
		list.Items = slices.Clone(old.Items)
	}
	list.Items = append(list.Items, more...)
	Put(n, "required", list)
}
