package tool

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const deepSchema = `{"type":"object","properties":{` +
	`"id":{"type":"integer","format":"int64","minimum":1,"description":"The id  of\nthe thing, which is long enough to be cut off at some step"},` +
	`"kind":{"type":"string","enum":["a","b"],"title":"Kind","example":"a"},` +
	`"body":{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":"object","properties":{"c":{"type":"string"}}}}}}},"required":["a"],"additionalProperties":false},` +
	`"one":{"oneOf":[{"type":"string","maxLength":3},{"type":"integer"}],"not":{"type":"object","properties":{"x":{"const":1}}}}` +
	`},"required":["id","one"],"additionalProperties":false}`

func TestBrevity(t *testing.T) {
	for name, c := range map[string]struct {
		b    brevity
		want string
	}{
		"levels and words": {brevity{levels: 3, argument: 12}, `{"type":"object","properties":{` +
			`"id":{"type":"integer","format":"int64","minimum":1,"description":"The id of th…"},"kind":{"type":"string","enum":["a","b"]},` +
			`"body":{"type":"object","properties":{"a":{"type":"array","items":{}}},"required":["a"],"additionalProperties":false},` +
			`"one":{"anyOf":[{"type":"string","maxLength":3},{"type":"integer"}]}},"required":["id","one"],"additionalProperties":false}`},
		"bare": {brevity{levels: 2, bare: true}, `{"type":"object","properties":{"id":{"type":"integer"},"kind":{"type":"string","enum":["a","b"]},` +
			`"body":{"type":"object","required":["a"],"properties":{"a":{}}},"one":{}},"required":["id","one"]}`},
		"names": {brevity{levels: 2, bare: true, names: true}, `{"type":"object","properties":{"id":{"type":"integer"},"kind":{"type":"string"},` +
			`"body":{"type":"object","required":["a"],"properties":{"a":{}}},"one":{}},"required":["id","one"]}`},
		"required": {brevity{levels: 2, bare: true, names: true, required: true}, `{"type":"object","properties":{"id":{"type":"integer"},"one":{}},"required":["id","one"]}`},
	} {
		if got := string(c.b.arguments(parsed([]byte(deepSchema)))); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, c.want)
		}
	}
	if got := string(steps()[0].arguments(nil)); got != `{"type":"object"}` {
		t.Error(got)
	}
}

// many is a profile of many tools, which together cost too much.
func many(t testing.TB, n int, exposure string) *Set {
	t.Helper()
	p, _, err := profiles.Load("p.toml", []byte("[server]\nname = \"s\"\n[openapi]\nsource = \"api.json\"\n[exposure]\n"+exposure), profiles.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var tools []*Tool
	for i := range n {
		tools = append(tools, &Tool{Name: fmt.Sprintf("tool_%03d", i), Title: "Do it", Description: "Do it\n\n" + strings.Repeat("It is done. ", 80), ReadOnly: i%2 == 0,
			Idempotent: i%2 == 0, InputSchema: json.RawMessage(deepSchema), Request: Request{Method: "GET", URL: "https://api.example.com/x"},
			Params: []Param{{Name: "id", Wire: "id", In: InQuery, Type: "integer", Required: true}}})
	}
	s, err := CompileWith(p, tools)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCompactList: the list keeps to its budget, every tool and every required argument
// is in it, and a call is still checked against the whole schema.
func TestCompactList(t *testing.T) {
	whole := many(t, 40, "mode = \"list\"\n")
	if whole.Compact() || len(whole.List()) != whole.Size() {
		t.Fatal("a list that is cheap enough is cut")
	}
	for _, budget := range []int{12000, 8000, 4000, 2700, 1} {
		s := many(t, 40, fmt.Sprintf("mode = \"list\"\nlistTokens = %d\n", budget))
		var list []struct {
			Name, Title, Description string
			InputSchema              struct {
				Properties map[string]any
				Required   []string
			}
			Annotations map[string]any
		}
		if err := json.Unmarshal(s.List(), &list); err != nil || len(list) != 40 {
			t.Fatalf("%d: %d tools, %v", budget, len(list), err)
		}
		if !s.Compact() || s.Size() != whole.Size() || budget > 1 && Tokens(len(s.List())) > budget || s.Version() == whole.Version() {
			t.Errorf("%d: %d bytes of %d", budget, len(s.List()), s.Size())
		}
		for i, one := range list {
			if len(one.InputSchema.Required) != 2 || one.InputSchema.Properties["id"] == nil || one.InputSchema.Properties["one"] == nil {
				t.Errorf("%d: %s has %v", budget, one.Name, one.InputSchema)
			}
			if !strings.HasPrefix(one.Description, "It is done.") || one.Annotations["title"] != "Do it" || (one.Annotations["readOnlyHint"] == true) != (i%2 == 0) {
				t.Errorf("%d: %s: %q %v", budget, one.Name, one.Description, one.Annotations)
			}
		}
		one, _ := s.Tool("tool_001")
		if string(one.InputSchema) != string(must1(whole.Tool("tool_001")).InputSchema) || len(one.Description) < 500 {
			t.Errorf("%d: the tool itself is cut", budget)
		}
		if _, err := one.Arguments(json.RawMessage(`{"id":1,"one":"a","body":{"b":1}}`)); err == nil {
			t.Errorf("%d: what is not listed is not checked", budget)
		}
	}
	for exposure, want := range map[string][2]bool{ // searched, compact
		"listTokens = 1\n":                                               {true, false},
		"mode = \"search\"\nlistTokens = 1\n":                            {true, false},
		"budgetTokens = 1000000\nmaxTools = 50\nlistTokens = 4000\n":     {false, true},
		"budgetTokens = 1000000\nmaxTools = 50\nlistTokens = 10000000\n": {false, false},
	} {
		if s := many(t, 40, exposure); s.Searched() != want[0] || s.Compact() != want[1] {
			t.Errorf("%s: searched %v, compact %v", exposure, s.Searched(), s.Compact())
		}
	}
}

func must1(t *Tool, _ bool) *Tool { return t }

// FuzzBrevity: what is listed at any step allows everything that the schema allows.
func FuzzBrevity(f *testing.F) {
	f.Add(deepSchema, `{"id":1,"one":"abc","body":{"a":[{"b":{"c":"x"}}]}}`)
	f.Add(`{"type":"object","properties":{"a":{"oneOf":[{"type":"object","properties":{"x":{"const":1}},"required":["x"]},{"type":"object","properties":{"x":{"const":2}}}]}}}`, `{"a":{"x":2}}`)
	f.Add(`{"type":"object","properties":{"a":{"not":{"properties":{"x":{"type":"string"}},"required":["x"]}}}}`, `{"a":{"x":1}}`)
	f.Add(`{"type":"object","properties":{"a":{"if":{"properties":{"x":{"const":1}}},"then":{"required":["y"]},"else":{"required":["z"]}}}}`, `{"a":{"x":2,"z":1}}`)
	f.Add(`{"type":"object","properties":{"a":{"contains":{"type":"object","required":["x"],"properties":{"x":{"const":1}}},"maxContains":1}}}`, `{"a":[{"x":1},{"x":2}]}`)
	f.Add(`{"type":"object","properties":{"a":{"type":"array","items":{"type":"array","items":{"enum":[1]}},"prefixItems":[{"const":1}]}},"patternProperties":{"^x":{"type":"string"}},"additionalProperties":{"type":"integer"}}`, `{"a":[1,[1]],"x":"1","b":2}`)
	f.Fuzz(func(t *testing.T, schema, value string) {
		var v any
		root := parsed([]byte(schema))
		if json.Unmarshal([]byte(value), &v) != nil || root == nil || !valid(schema, v) {
			return
		}
		for i, b := range steps() {
			if short := string(b.arguments(root)); !valid(short, v) {
				t.Errorf("step %d refuses %s:\n%s, of\n%s", i, value, short, schema)
			}
		}
	})
}

func valid(schema string, value any) bool {
	var s jsonschema.Schema
	if json.Unmarshal([]byte(schema), &s) != nil {
		return false
	}
	r, err := s.Resolve(nil)
	return err == nil && r.Validate(value) == nil
}

func BenchmarkCompact(b *testing.B) {
	s := many(b, 400, "mode = \"list\"\n")
	b.ReportAllocs()
	for b.Loop() {
		compactList(s.tools, 60000)
	}
}
