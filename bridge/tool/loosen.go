package tool

import (
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// composing are the keywords that can contradict others in ways which only a try shows,
// the ones that are worth least first.
func composing() []string {
	return []string{"not", "if", "dependentSchemas", "dependentRequired", "propertyNames", "contains", "uniqueItems", "minItems", "minProperties", "patternProperties",
		"allOf", "anyOf"}
}

// loosen lets go of keywords until there is a value that satisfies a schema: no argument
// may be one that nobody can give.
func loosen(n *doc.Node) {
	if jsonschema.Never(n) && len(n.Members) == 1 {
		return // on purpose: what holds it knows what to do
	}
	var there []string
	for _, key := range composing() {
		if n.Get(key) != nil && (key != "anyOf" || len(n.Members) > 1) {
			there = append(there, key)
		}
	}
	if len(there) == 0 || satisfiable(n) {
		return
	}
	defer jsonschema.Typed(n)
	for _, key := range there { // one alone
		if without := let(n, key); satisfiable(without) {
			n.Members = without.Members
			return
		}
	}
	for _, key := range there {
		if n.Members = let(n, key).Members; satisfiable(n) {
			return
		}
	}
}

// let returns a schema without one of its composing keywords. What cannot hold together
// may hold one by one.
func let(n *doc.Node, key string) *doc.Node {
	out := &doc.Node{Kind: doc.Table, Members: append([]doc.Member(nil), n.Members...)}
	value := out.Get(key)
	jsonschema.Drop(out, key)
	switch key {
	case "if":
		jsonschema.Drop(out, "then")
		jsonschema.Drop(out, "else")
	case "contains":
		jsonschema.Drop(out, "minContains")
		jsonschema.Drop(out, "maxContains")
	case "allOf":
		if out.Get("anyOf") == nil && len(value.Items) > 1 {
			jsonschema.Put(out, "anyOf", value)
			if !satisfiable(out) {
				jsonschema.Drop(out, "anyOf")
			}
		}
	}
	return out
}

// satisfiable reports that a value for the schema was found.
func satisfiable(n *doc.Node) bool {
	const most = 6 // tries
	s := prepared(n, nil)
	for variant := range most {
		if v := jsonschema.Sample(n, variant); v != nil {
			c := checker{schema: &s, quiet: true, steps: new(int)}
			if c.check(n, v, nil) == nil {
				return true
			}
		}
	}
	return false
}

// unlistedPatterns takes the patterns that are not listed out of a schema and returns
// them by their places.
func (l *limiter) unlistedPatterns(root *doc.Node) map[string]string {
	if !l.patterns {
		return nil
	}
	found := map[string]string{}
	takePatterns(root, "", found)
	return found
}

func takePatterns(n *doc.Node, at string, into map[string]string) {
	for i := 0; i < len(n.Members); i++ {
		m := n.Members[i]
		if m.Key == jsonschema.UnlistedPattern {
			into[at] = m.Value.Text
			jsonschema.Drop(n, m.Key)
			i--
			continue
		}
		takePatterns(m.Value, at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(m.Key), into)
	}
	for i, item := range n.Items {
		takePatterns(item, at+"/"+strconv.Itoa(i), into)
	}
}

// putPatterns is the reverse.
func putPatterns(root *doc.Node, patterns map[string]string) {
	for pointer, pattern := range patterns {
		if n := root.Pointer(pointer); n != nil {
			jsonschema.Put(n, jsonschema.UnlistedPattern, jsonschema.Text(pattern))
		}
	}
}
