package tool

import (
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// importedTool compiles an imported tool whose one argument has a schema.
func importedTool(t testing.TB, schema string) *Tool {
	t.Helper()
	one := &Tool{Name: "t", Request: Request{Method: "POST", URL: "https://h.example/x"}, Params: []Param{{Name: "a", In: InBody}},
		InputSchema: []byte(`{"type":"object","properties":{"a":` + schema + `},"additionalProperties":false}`)}
	s, err := CompileWith(&profiles.Profile{}, []*Tool{one})
	if err != nil {
		t.Fatal(err)
	}
	return s.All()[0]
}

// givable fails unless each argument of a tool has a value, made from what is listed,
// that the check takes.
func givable(t testing.TB, one *Tool) {
	t.Helper()
	root := parsed(one.InputSchema)
	putPatterns(root, one.Patterns)
	properties := root.Get("properties")
	if properties == nil {
		return
	}
	s := prepared(root, nil)
	for _, m := range properties.Members {
		found := false
		for variant := 0; variant < 12 && !found; variant++ {
			v := jsonschema.Sample(m.Value, variant)
			if v == nil {
				continue
			}
			args := jsonschema.Table(m.Key, v)
			for _, required := range items(root.Get("required")) {
				if other := properties.Get(required.Text); required.Text != m.Key {
					if v := jsonschema.Sample(other, 0); v != nil {
						jsonschema.Put(args, required.Text, v)
					}
				}
			}
			got, err := one.Arguments(args.JSON())
			found = err == nil && (got[m.Key] != nil || v.Kind == doc.Null)
			if c := one.checker(&s); c.check(m.Value, v, nil) != nil {
				found = false
			}
		}
		if !found {
			_, err := one.Arguments(jsonschema.Table(m.Key, jsonschema.Sample(m.Value, 0)).JSON())
			t.Errorf("%s: no value was found for %s: %.2000s: %v", one.Name, m.Key, m.Value.JSON(), err)
		}
	}
}

func items(n *doc.Node) []*doc.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// TestContradictions: what a document says against itself is decided for the sender,
// in the list and in the check.
func TestContradictions(t *testing.T) {
	for _, c := range []struct{ schema, listed, takes string }{
		// Values of another type.
		{`{"type":"string","enum":[1.10,2.0,1.10]}`, `{"type":"string","enum":["1.10","2.0"]}`, `"1.10" 1.10 "2.0"`},
		{`{"type":"integer","enum":["1","2"]}`, `{"type":"integer","enum":[1,2]}`, `1 "2"`},
		{`{"type":"boolean","enum":["true","false"]}`, `{"type":"boolean","enum":[true,false]}`, `true "false"`},
		{`{"type":"integer","enum":["small","large"]}`, `{"type":"string","enum":["small","large"]}`, `"small"`},
		{`{"type":"number","enum":["1.50","2"]}`, `{"type":"number","enum":[1.50,2]}`, `1.5 "2"`},
		{`{"type":"string","enum":["a",null]}`, `{"type":["string","null"],"enum":["a",null]}`, `"a" null`},
		{`{"type":["string","null"],"enum":["a","b",null]}`, `{"type":["string","null"],"enum":["a","b",null]}`, `"b" null`},
		{`{"enum":["a",1,2]}`, `{"anyOf":[{"type":"string","enum":["a"]},{"type":"integer","enum":[1,2]}]}`, `"a" 1`},
		{`{"type":"object","enum":["A","B"]}`, `{"type":"string","enum":["A","B"]}`, `"A"`},
		{`{"type":"object","properties":{"x":{"type":"string"}},"enum":["A"]}`, `{"type":"object","properties":{"x":{"type":"string"}}}`, `{"x":"y"}`},
		{`{"type":"array","enum":["a","b"]}`, `{"type":"array","items":{"enum":["a","b"]}}`, `["a"] ["a","b"]`},
		{`{"type":"array","items":{"type":"integer"},"enum":["1","2"]}`, `{"type":"array","items":{"type":"integer","enum":[1,2]}}`, `[1] ["2"]`},
		{`{"type":"string","enum":[]}`, `{"type":"string"}`, `"x"`},
		{`{"type":"integer","const":"5"}`, `{"type":"integer","const":5}`, `5 "5"`},
		{`{"type":"string","enum":["a"],"minLength":5,"pattern":"^b"}`, `{"type":"string","enum":["a"]}`, `"a"`},
		{`{"enum":["a","b"],"const":"c"}`, `{"enum":["a","b","c"]}`, `"a" "c"`},
		// Bounds.
		{`{"type":"string","minLength":5,"maxLength":2}`, `{"type":"string"}`, `"" "abc"`},
		{`{"type":"string","maxLength":0}`, `{"type":"string"}`, `"abc"`},
		{`{"type":"integer","minimum":10,"maximum":1}`, `{"type":"integer"}`, `0 5 100`},
		{`{"type":"number","minimum":1,"exclusiveMaximum":1}`, `{"type":"number"}`, `1`},
		{`{"type":"integer","minimum":0.2,"maximum":0.8}`, `{"type":"integer"}`, `0`},
		{`{"type":"integer","exclusiveMinimum":true,"minimum":3,"exclusiveMaximum":4}`, `{"type":"integer"}`, `3`},
		{`{"type":"integer","minimum":1,"maximum":4,"multipleOf":5}`, `{"type":"integer","minimum":1,"maximum":4}`, `2`},
		{`{"type":"integer","multipleOf":-2}`, `{"type":"integer"}`, `3`},
		{`{"type":"integer","maximum":9223372036854775807,"minimum":1}`, `{"type":"integer","minimum":1}`, `9223372036854775808`},
		{`{"type":"array","items":{"type":"string"},"minItems":3,"maxItems":1}`, `{"type":"array","items":{"type":"string"}}`, `["a"]`},
		{`{"type":"array","items":{"enum":["a","b"]},"uniqueItems":true,"minItems":3}`, `{"type":"array","items":{"enum":["a","b"]},"minItems":3}`, `["a","b","a"]`},
		{`{"type":"object","minProperties":2,"additionalProperties":false,"properties":{"x":{"type":"string"}}}`,
			`{"type":"object","additionalProperties":false,"properties":{"x":{"type":"string"}}}`, `{"x":"a"} {}`},
		{`{"type":"object","maxProperties":1,"required":["x","y"],"properties":{"x":{"type":"string"},"y":{"type":"string"}}}`,
			`{"type":"object","required":["x","y"],"properties":{"x":{"type":"string"},"y":{"type":"string"}}}`, `{"x":"a","y":"b"}`},
		// Objects.
		{`{"type":"object","required":["y"],"additionalProperties":false,"properties":{"x":{"type":"string"}}}`,
			`{"type":"object","additionalProperties":false,"properties":{"x":{"type":"string"}}}`, `{} {"x":"a"}`},
		{`{"type":"object","required":["y"],"properties":{"x":{"type":"string"}}}`, `{"type":"object","required":["y"],"properties":{"x":{"type":"string"},"y":{}}}`, `{"y":1}`},
		{`{"type":"object","required":["id"],"properties":{"id":{"type":"string","readOnly":true}}}`, `{"type":"object","properties":{"id":{"type":"string","readOnly":true}}}`, `{}`},
		{`{"type":"object","properties":{"x":{"type":"string"}},"additionalProperties":false,"allOf":[{"properties":{"y":{"type":"string"}},"additionalProperties":false}]}`,
			`{"type":"object","properties":{"x":{"type":"string"}},"allOf":[{"properties":{"y":{"type":"string"}},"type":"object"}]}`, `{"x":"a","y":"b"}`},
		{`{"type":"object","additionalProperties":false,"oneOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"string"}}}]}`,
			`{"type":"object","anyOf":[{"properties":{"a":{"type":"string"}},"type":"object"},{"properties":{"b":{"type":"string"}},"type":"object"}]}`, `{"a":"x"} {"b":"x"}`},
		// Compositions.
		{`{"oneOf":[{"type":"integer"},{"type":"number"}]}`, `{"anyOf":[{"type":"integer"},{"type":"number"}]}`, `5 5.5`},
		{`{"anyOf":[{"type":"string"}],"oneOf":[{"minLength":1},{"minLength":2}]}`, `{"anyOf":[{"type":"string"}],"allOf":[{"anyOf":[{"minLength":1},{"minLength":2}]}]}`, `"ab"`},
		{`{"allOf":[{"type":"string"},{"type":"integer"}]}`, `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `"a" 5`},
		{`{"type":"string","not":{"type":"string"}}`, `{"type":"string"}`, `"a"`},
		{`{"type":"string","if":{"minLength":0},"then":{"type":"integer"},"else":{"type":"integer"}}`, `{"type":"string"}`, `"a"`},
		{`{"type":"object","oneOf":[{"type":"string"},{"properties":{"x":{"type":"string"}}}]}`,
			`{"anyOf":[{"type":"string"},{"properties":{"x":{"type":"string"}},"type":"object"}]}`, `"a" {"x":"b"}`},
		{`{"anyOf":[false,{"type":"string"},{"type":"string"}]}`, `{"anyOf":[{"type":"string"}]}`, `"a"`},
		{`false`, `{}`, `1 "a"`},
		// Types.
		{`{"type":"any"}`, `{}`, `1 "a" {}`}, {`{"type":"file"}`, `{"type":"string"}`, `"a"`}, {`{"type":"Float"}`, `{"type":"number"}`, `1.5`},
		{`{"type":"string|null"}`, `{"type":["string","null"]}`, `"a" null`}, {`{"type":["int","None"]}`, `{"type":["integer","null"]}`, `5 null`},
		{`{"type":"object","items":{"type":"string"}}`, `{"type":["array","object"],"items":{"type":"string"}}`, `{"a":1} ["a"]`},
		{`{"type":"string","properties":{"x":{"type":"integer"}}}`, `{"type":["string","object"],"properties":{"x":{"type":"integer"}}}`, `"a" {"x":1}`},
		{`{"items":[{"type":"string"},{"type":"integer"}]}`, `{"items":{"anyOf":[{"type":"string"},{"type":"integer"}]},"type":"array"}`, `["a",5]`},
		{`{"type":"array","prefixItems":[{"type":"string"},{"type":"string"}],"items":false}`, `{"type":"array","items":{"type":"string"},"maxItems":2}`, `["a","b"]`},
		// Defaults, examples, formats.
		{`{"type":"integer","default":"ten","examples":["5","x"]}`, `{"type":"integer","examples":[5]}`, `5`},
		{`{"type":"integer","format":"date"}`, `{"type":"integer"}`, `5`},
		{`{"type":"string","format":"phone"}`, `{"type":"string","description":"Format: phone."}`, `"5"`},
		{`{"type":"integer","enum":[1,12345678901234567890]}`, `{"type":"integer","description":"One of: 1, 12345678901234567890."}`, `12345678901234567890`},
	} {
		one := importedTool(t, c.schema)
		got := string(parsed(one.InputSchema).Get("properties").Get("a").JSON())
		if got != c.listed {
			t.Errorf("%s:\n got %s\nwant %s", c.schema, got, c.listed)
		}
		for value := range strings.FieldsSeq(c.takes) {
			if _, err := one.Arguments([]byte(`{"a":` + value + `}`)); err != nil {
				t.Errorf("%s: %s is refused: %v", c.schema, value, err)
			}
		}
		checkListed(t, one)
		givable(t, one)
	}
}
