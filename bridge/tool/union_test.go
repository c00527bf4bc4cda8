package tool

import (
	"strings"
	"testing"
)

// TestUnionMessages: whoever sends a value that fits no form is told what to change.
func TestUnionMessages(t *testing.T) {
	const pets = `{"oneOf":[{"type":"object","required":["kind"],"properties":{"kind":{"const":"cat"},"meow":{"type":"integer"}}},
		{"type":"object","required":["kind"],"properties":{"kind":{"enum":["dog","wolf"]},"bark":{"type":"boolean"}}},{"type":"null"}]}`
	const inherited = `{"anyOf":[{"allOf":[{"type":"object","properties":{"t":{"const":1}},"required":["t"]},{"properties":{"a":{"type":"string"}}}]},
		{"allOf":[{"type":"object","properties":{"t":{"const":2}},"required":["t"]},{"properties":{"b":{"type":"string"}}}]}]}`
	const users = `{"oneOf":[{"type":"object","required":["username"],"properties":{"username":{"type":"string"}}},
		{"type":"object","required":["userId"],"properties":{"userId":{"type":"string"}}}]}`
	for _, c := range []struct {
		schema, value, pointer string
		words                  string // of the message and the hint
	}{
		{pets, `{"kind":"bird"}`, "/a/kind", `must be one of "cat", "dog", "wolf"`},
		{pets, `{"kind":"dgo"}`, "/a/kind", `did you mean dog?`},
		{pets, `{"meow":1}`, "/a/kind", `is required: it must be one of "cat", "dog", "wolf"`},
		{pets, `{"kind":"cat","meow":"loud"}`, "/a/meow", `must be an integer`},
		{pets, `{"kind":"wolf","bark":"loud"}`, "/a/bark", `must be a boolean`},
		{pets, `"cat"`, "/a", `must be an object or null, not a string`},
		{inherited, `{"t":3}`, "/a/t", `must be one of 1, 2`},
		{inherited, `{"t":2,"b":{}}`, "/a/b", `must be a string`},
		{users, `{}`, "/a", `either /username is required, or /userId is required`},
		{users, `{"username":[]}`, "/a/username", `must be a string`},
		{`{"anyOf":[{"enum":["a","b"]},{"enum":["c"]}]}`, `"d"`, "/a", `must be one of "a", "b", "c"`},
		{`{"anyOf":[{"type":"string","pattern":"^a"},{"type":"string","maxLength":2},{"type":"integer"}]}`, `"bcd"`, "/a", `either must match the pattern ^a, or must have at most 2 characters`},
		{`{"anyOf":[{"type":"string","maxLength":2},{"type":"integer"}]}`, `"bcd"`, "/a", `must have at most 2 characters`},
		{`{"anyOf":[{"type":"array","items":{"type":"integer"}},{"type":"array","items":{"type":"object","properties":{"id":{"type":"integer"}}}}]}`, `[{"id":"x"}]`, "/a/0/id", `must be an integer`},
	} {
		_, err := importedTool(t, c.schema).Arguments([]byte(`{"a":` + c.value + `}`))
		e, _ := err.(*ArgumentError)
		if e == nil || e.Pointer != c.pointer || !strings.Contains(e.Message+" "+e.Hint(), c.words) {
			t.Errorf("%s for %s: %+v, want %s %s", c.value, c.schema, e, c.pointer, c.words)
		}
	}
}
