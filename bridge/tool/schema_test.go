package tool

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// argument compiles one argument and returns its listed schema and the warnings.
func argument(t *testing.T, toml string) (string, []Warning) {
	t.Helper()
	s := compile(t, withArgs("[[tools.args]]\nname = \"a\"\n"+toml))
	root, err := doc.FromJSON(s.All()[0].InputSchema)
	if err != nil {
		t.Fatal(err)
	}
	oracle(t, s.All()[0].InputSchema)
	return string(root.Get("properties").Get("a").JSON()), s.Warnings()
}

func TestArgumentSchema(t *testing.T) {
	for _, c := range []struct{ in, want, key, warning string }{
		{``, `{"type":"string"}`, "", ""},
		{"type = \"integer\"\ndescription = \"how many\"\ndefault = 5\nenum = [1, 5]", `{"type":"integer","description":"how many","enum":[1,5],"default":5}`, "", ""},
		// Values of another type than the argument's take it where that is certain.
		{"type = \"integer\"\nenum = [\"1\", \"2\", \"x\"]\ndefault = \"2\"", `{"default":2,"anyOf":[{"type":"string","enum":["x"]},{"type":"integer","enum":[1,2]}]}`, "", ""},
		{"enum = [1, true]", `{"type":"string","enum":["1","true"]}`, "", ""},
		{"type = \"array\"", `{"type":"array","items":{}}`, "", ""},
		{"type = \"array\"\nitems = { type = \"object\", properties = { k = { type = \"array\" } } }",
			`{"type":"array","items":{"type":"object","properties":{"k":{"type":"array","items":{}}}}}`, "", ""},
		{"type = \"object\"\nproperties = { x = { type = \"integer\", minimum = 1, format = \"int32\" } }",
			`{"type":"object","properties":{"x":{"type":"integer","minimum":1,"format":"int32"}}}`, "", ""},
		{"type = \"object\"", `{"type":"object"}`, "", ""},
		// Without effect, as upstream.
		{"type = \"string\"\nitems = { type = \"string\" }", `{"type":"string"}`, "", ""},
		// What older dialects say otherwise.
		{"type = \"object\"\nproperties = { x = { type = \"string\", required = true }, y = { type = \"string\", required = false } }",
			`{"type":"object","properties":{"x":{"type":"string"},"y":{"type":"string"}},"required":["x"]}`, "", ""},
		{"type = \"object\"\nproperties = { x = { type = \"string\", nullable = true, enum = [\"a\"] } }",
			`{"type":"object","properties":{"x":{"type":["string","null"],"enum":["a",null]}}}`, "", ""},
		{"type = \"array\"\nitems = { type = \"number\", minimum = 1, exclusiveMinimum = true, maximum = 9, exclusiveMaximum = false, example = 3 }",
			`{"type":"array","items":{"type":"number","maximum":9,"examples":[3],"exclusiveMinimum":1}}`, "", ""},
		{"type = \"array\"\nitems = { properties = { x = { items = { type = \"string\" } } } }",
			`{"type":"array","items":{"properties":{"x":{"items":{"type":"string"},"type":"array"}},"type":"object"}}`, "", ""},
		// What no client takes.
		{"type = \"array\"\nitems = { \"$ref\" = \"#/x\", type = \"string\", \"$defs\" = {} }", `{"type":"array","items":{"type":"string"}}`, "", "references are left out"},
		{"type = \"array\"\nitems = { type = \"string\", minlength = 3 }", `{"type":"array","items":{"type":"string"}}`, "tools[0].args[0].items.minlength", "did you mean minLength?"},
		{"type = \"array\"\nitems = { type = \"int\" }", `{"type":"array","items":{"type":"integer"}}`, "tools[0].args[0].items.type", `is read as "integer"`},
		{"type = \"array\"\nitems = { type = \"string\", minLength = \"3\", pattern = 5, enum = [], xml = {}, x-a = 1 }", `{"type":"array","items":{"type":"string"}}`,
			"tools[0].args[0].items.minLength", "an integer from 0"},
		{"type = \"object\"\nproperties = { x = { anyOf = {} , allOf = [], minimum = 1.5, maxLength = 3.0, multipleOf = 0, uniqueItems = 1, required = \"a\" } }",
			`{"type":"object","properties":{"x":{"minimum":1.5,"maxLength":3}}}`, "tools[0].args[0].properties.x.anyOf", "a list of schemas"},
		{"type = \"object\"\nproperties = { x = { type = [\"string\", \"null\", \"string\"], required = [\"a\", \"a\"], dependentRequired = { a = [\"b\", \"b\"] } } }",
			`{"type":"object","properties":{"x":{"type":["string","null"],"dependentRequired":{"a":["b"]}}}}`, "", ""},
		{"type = \"object\"\nproperties = { x = true, y = false, z = { additionalProperties = false, not = true, items = [{ type = \"string\" }], properties = 5 } }",
			`{"type":"object","properties":{"x":{},"z":{"additionalProperties":false,"items":{"type":"string"},"type":"array"}}}`,
			"tools[0].args[0].properties.z.properties", "a table of schemas"},
	} {
		got, warnings := argument(t, c.in)
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.in, got, c.want)
		}
		if c.warning != "" && !has(warnings, strings.TrimSuffix("tools[0]."+strings.TrimPrefix(c.key, "tools[0]."), "."), c.warning) {
			t.Errorf("%s: warnings %v", c.in, warnings)
		}
		if c.warning == "" && len(warnings) != 0 && !strings.Contains(c.in, `"x"]`) {
			t.Errorf("%s: warnings %v", c.in, warnings)
		}
	}
}

func TestNamesThatClientsRefuse(t *testing.T) {
	s := compile(t, withArgs(`
[[tools.args]]
name = "filter[id]"
required = true
position = "query"
[[tools.args]]
name = "filter_id"
[[tools.args]]
name = "größe"
[[tools.args]]
name = "$"
[[tools.args]]
name = "`+strings.Repeat("x", 65)+`"
[[tools.args]]
name = "body"
type = "object"
properties = { "@type" = { type = "integer" }, "a b" = { type = "array", items = { properties = { "@type" = { type = "string" } }, additionalProperties = true } }, type = { type = "string" } }
`))
	tool := s.All()[0]
	want := []string{"filter_id_665d", "filter_id", "grosse", "arg_09fc", strings.Repeat("x", 60), "body"}
	for i, p := range tool.Params {
		if p.Name != want[i] || !jsonschema.LegalKey(p.Name) {
			t.Errorf("parameter %d is listed as %q, want %q", i, p.Name, want[i])
		}
	}
	if tool.Params[0].Wire != "filter[id]" || !has(s.Warnings(), "tools[0].args[0].name", "listed as filter_id_665d") {
		t.Errorf("%+v %v", tool.Params[0], s.Warnings())
	}
	if len(tool.Renamed) != 2 || tool.Renamed["type_e27d"] != "@type" || tool.Renamed["a_b"] != "a b" {
		t.Errorf("renamed %v", tool.Renamed)
	}
	checkListed(t, tool)
	// Listed and wire names are both understood; wire names come out, but not in data
	// of no declared form.
	for _, in := range []string{
		`{"filter_id_665d":7,"body":{"type_e27d":"5","a_b":[{"type_e27d":1,"free":{"type_e27d":1,"@type":2}}],"type":"x"}}`,
		`{"filter[id]":"7","body":{"@type":5,"a b":"[{\"@type\":\"1\",\"free\":{\"type_e27d\":1,\"@type\":2}}]","type":"x"}}`,
	} {
		got, err := tool.Arguments([]byte(in))
		if err != nil || asJSON(t, got) != `{"body":{"@type":5,"a b":[{"@type":"1","free":{"type_e27d":1,"@type":2}}],"type":"x"},"filter_id_665d":"7"}` {
			t.Errorf("%s: %s, %v", in, asJSON(t, got), err)
		}
	}
	var e *ArgumentError
	if _, err := tool.Arguments([]byte(`{"filter[id]":"7","body":{"@type":"x"}}`)); !errors.As(err, &e) || e.Pointer != "/body/type_e27d" {
		t.Errorf("%v", err)
	}
}

// checkListed holds what every client wants of a listed tool.
func checkListed(t testing.TB, tool *Tool) {
	t.Helper()
	listed := tool.appendListing(nil)
	if !json.Valid(listed) || !utf8.Valid(listed) {
		t.Fatalf("%s: not JSON: %s", tool.Name, listed)
	}
	oracle(t, tool.InputSchema)
	in := parsed(tool.InputSchema)
	if in.Get("type").Text != "object" {
		t.Errorf("%s: the root is no object: %.100s", tool.Name, tool.InputSchema)
	}
	for _, key := range []string{"anyOf", "oneOf", "allOf", "enum", "not", "if"} {
		if in.Get(key) != nil {
			t.Errorf("%s: %s at the root", tool.Name, key)
		}
	}
	checkSchema(t, in, 1)
	if tool.OutputSchema != nil {
		oracle(t, tool.OutputSchema)
		out := parsed(tool.OutputSchema)
		if out.Get("type").Text != "object" {
			t.Errorf("%s: the output's root is no object", tool.Name)
		}
		checkSchema(t, out, 1)
	}
}

func checkSchema(t testing.TB, n *doc.Node, level int) {
	t.Helper()
	if level > maxLevels {
		t.Errorf("more than %d levels", maxLevels)
	}
	if isArray(n) && n.Get("items") == nil {
		t.Errorf("an array without items: %.100s", n.JSON())
	}
	for _, m := range n.Members {
		if jsonschema.Unlisted(m.Key) {
			t.Errorf("%s is listed", m.Key)
		}
		switch jsonschema.Subschemas(m.Key) {
		case '1':
			checkSchema(t, m.Value, level+1)
		case 'l':
			for _, item := range m.Value.Items {
				checkSchema(t, item, level+1)
			}
		case 't':
			for _, item := range m.Value.Members {
				if m.Key == "properties" && !jsonschema.LegalKey(item.Key) {
					t.Errorf("the key %q is listed", item.Key)
				}
				checkSchema(t, item.Value, level+1)
			}
		}
	}
}

// nested returns a schema that is n levels deep.
func nested(n int, description string) string {
	return strings.Repeat(`{"type":"object","description":"`+description+`","properties":{"p":`, n-1) + `{"type":"string"}` + strings.Repeat("}}", n-1)
}

func withProperties(properties string) *profiles.Profile {
	return &profiles.Profile{Tools: []profiles.Tool{{Name: "t", Description: "what it does", RequestTemplate: profiles.RequestTemplate{URL: "https://h.example/x"},
		Args: []profiles.Arg{{Name: "a", Type: "object", Properties: json.RawMessage(properties)}}}}}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		levels int
		cut    bool
	}{{30, false}, {31, true}, {500, true}} {
		s, err := Compile(withProperties(`{"q":` + nested(c.levels, "d") + `}`)) // below the root and the argument
		if err != nil {
			t.Fatal(err)
		}
		tool := s.All()[0]
		checkListed(t, tool)
		if cut := strings.Contains(string(tool.InputSchema), cutNote); cut != c.cut || cut != has(s.Warnings(), "tools[0]", "deep levels are cut") {
			t.Errorf("%d levels: cut %v, warnings %v", c.levels, cut, s.Warnings())
		}
	}
}

func TestSizes(t *testing.T) {
	long := strings.Repeat("word ", 100)
	wide := func(n int, property string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf(`"p%d":%s`, i, property)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	values := make([]string, 3000)
	for i := range values {
		values[i] = fmt.Sprintf(`"value-%d-%s"`, i, "xxxxxxxxxxxxxxxxxxxxxxx")
	}
	for name, c := range map[string]struct {
		properties string
		has, not   string
	}{
		"small":        {wide(3, `{"type":"string","description":"`+long+`"}`), long[:400], ""},
		"descriptions": {wide(300, `{"type":"string","description":"`+long+`"}`), `word…`, long},
		"deep":         {wide(200, nested(20, long)), cutNote, "word"},
		"enum":         {`{"e":{"type":"string","enum":[` + strings.Join(values, ",") + `]}}`, cutNote, "value-7"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Compile(withProperties(c.properties))
			if err != nil {
				t.Fatal(err)
			}
			tool := s.All()[0]
			checkListed(t, tool)
			if n := len(tool.appendListing(nil)); n > maxListed {
				t.Errorf("%d bytes are listed", n)
			}
			if !strings.Contains(string(tool.InputSchema), c.has) || c.not != "" && strings.Contains(string(tool.InputSchema), c.not) {
				t.Errorf("listed: %.300s", tool.InputSchema)
			}
			if has(s.Warnings(), "tools[0]", "larger than 64 KiB") != (name != "small") {
				t.Errorf("warnings %v", s.Warnings())
			}
		})
	}
	huge := withProperties(`{}`)
	huge.Tools[0].Description = strings.Repeat("ü<\x01", 100_000)
	huge.Tools[0].OutputSchema = json.RawMessage(`{"type":"object","properties":` + wide(5000, `{"type":"string"}`) + `}`)
	s, err := Compile(huge)
	if err != nil || len(s.List()) > maxListed+2 {
		t.Fatalf("%d bytes, %v", len(s.List()), err)
	}
	if s.All()[0].OutputSchema != nil || !has(s.Warnings(), "tools[0].outputSchema", "not listed") {
		t.Errorf("warnings %v", s.Warnings())
	}
	many := withProperties(`{}`)
	for i := range 5000 {
		many.Tools[0].Args = append(many.Tools[0].Args, profiles.Arg{Name: fmt.Sprintf("argument%d", i)})
	}
	if s, err = Compile(many); err != nil || !has(s.Warnings(), "tools[0]", "clients may refuse it") {
		t.Errorf("%v", err)
	}
}

func TestOutputSchema(t *testing.T) {
	for in, want := range map[string]string{
		`{"type":"object","properties":{"id":{"type":"integer"}}}`: `{"type":"object","properties":{"id":{"type":"integer"}}}`,
		`{"properties":{"id":{"type":"integer"}}}`:                 `{"properties":{"id":{"type":"integer"}},"type":"object"}`,
		`{"type":"array"}`: ``,
		`{"anyOf":[]}`:     ``,
		`{"type":"object","properties":{"@id":{"type":"integer"},"b":{}},"additionalProperties":false}`: `{"type":"object","properties":{"b":{}}}`,
		`{"type":"object","properties":{"x":{"$ref":"#/$defs/x"}},"$defs":{"x":{}},"$schema":"s"}`:      `{"type":"object","properties":{"x":{}}}`,
	} {
		p := withProperties(`{}`)
		p.Tools[0].OutputSchema = json.RawMessage(in)
		s, err := Compile(p)
		if err != nil {
			t.Fatal(err)
		}
		tool := s.All()[0]
		if got := string(tool.OutputSchema); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
		checkListed(t, tool)
		if (want == "") != has(s.Warnings(), "tools[0].outputSchema", "not listed") {
			t.Errorf("%s: warnings %v", in, s.Warnings())
		}
		if want != "" && tool.Conforms([]byte(`{"@id":1,"id":1,"b":2}`)) != nil {
			t.Errorf("%s: a fitting document does not conform", in)
		}
	}
}

func TestList(t *testing.T) {
	s := compile(t, `
[[tools]]
name = "b"
title = "The \"B\""
description = "<b> & \u0007 ü"
requestTemplate = { url = "/x", method = "DELETE" }
outputSchema = { type = "object" }
[[tools.args]]
name = "z"
required = true
[[tools.args]]
name = "a"
type = "integer"
[[tools]]
name = "a"
responseTemplate = { body = "x" }
`)
	const want = `[{"name":"a","inputSchema":{"type":"object","properties":{}},` +
		`"annotations":{"title":"a","readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}},` +
		`{"name":"b","title":"The \"B\"","description":"<b> & \u0007 ü","inputSchema":{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}},"required":["z"]},` +
		`"outputSchema":{"type":"object"},"annotations":{"title":"The \"B\"","readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":true}}]`
	if string(s.List()) != want {
		t.Errorf("got  %s\nwant %s", s.List(), want)
	}
	for _, tool := range s.Tools() {
		if n := len(tool.appendListing(nil)); tool.Tokens() < n/5 || tool.Tokens() > n {
			t.Errorf("%s: %d tokens for %d bytes", tool.Name, tool.Tokens(), n)
		}
	}
	if empty := compile(t, ""); string(empty.List()) != "[]" || len(empty.Tools()) != 0 || empty.Version() == "" {
		t.Errorf("an empty profile lists %s", empty.List())
	}
}

// The examples that users see are compiled without a warning about schemas.
func TestDocumentedExamples(t *testing.T) {
	files, err := filepath.Glob("../../docs/examples/*.toml")
	if err != nil || len(files) == 0 {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatal("docs/examples has no profiles")
		}
		t.Skip("docs/examples has no profiles")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, _, err := profiles.Load(file, data, profiles.Options{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		s, err := Compile(p)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for _, tool := range s.All() {
			checkListed(t, tool)
		}
	}
}
