package tool

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// FuzzCompile: whatever a profile says, compiling it ends, twice alike, with errors
// that have a key or with a list that every client reads; and every tool is either
// callable or denied.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		head + three,
		secured("defaultUpstreamSecurity = { id = \"key\" }\n", "requestTemplate = { url = \"/{id}/{{.args.x | uper}}?{x\", method = \"get\", security = [[{ id = \"bearer\" }, { id = \"oidc\" }], { id = \"digest\" }] }\nsecurity = { id = \"basic\", passthrough = true }\n"),
		withArgs("[[tools.args]]\nname = \"filter[id]\"\ntype = \"object\"\nproperties = { \"@type\" = { required = true, nullable = true, type = \"int\" } }\ndefault = { \"@type\" = \"5\" }\n"),
		withArgs("[[tools.args]]\nname = \"a\"\ntype = \"array\"\nitems = { anyOf = [{ \"$ref\" = \"#\" }], enum = [1] }\nenum = [\"[1]\"]\n"),
		head + "allowTools = [\"*_x\"]\n[policy]\ndeny = [\"GET /**\", \"a\"]\nreadOnly = true\n[[tools]]\nname = \"a\"\noutputSchema = { type = \"object\", properties = { \"a b\" = {} } }\nresponseTemplate = { body = \"{{range .args}}{{end}}\" }\n",
		"[server]\nname = \"s\"\npassthroughAuthHeader = true\n[[tools]]\nname = \"a.b\"\nrequestTemplate = { url = \"{{.config.a}}://{{`}}`}}?x\", headers = [{ key = \"A\", value = \"{{\" }] }\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, toml string) {
		p, _, err := profiles.Load("p.toml", []byte(toml), profiles.Options{})
		if err != nil {
			return
		}
		s, err := Compile(p)
		if err != nil {
			var list Errors
			if !errors.As(err, &list) || len(list) == 0 || s != nil {
				t.Fatalf("%T %v", err, s)
			}
			for _, e := range list {
				if e.Key == "" || e.Message == "" {
					t.Errorf("an error without place or message: %v", e)
				}
			}
			return
		}
		again, err := Compile(p)
		if err != nil || string(again.List()) != string(s.List()) || again.Version() != s.Version() || !slices.Equal(again.Warnings(), s.Warnings()) {
			t.Errorf("compiling twice differs: %v", err)
		}
		if !json.Valid(s.List()) {
			t.Errorf("the list is not JSON: %s", s.List())
		}
		for _, tool := range s.All() {
			_, callable := s.Tool(tool.Name)
			if _, denied := s.Denied(tool.Name); denied == callable {
				t.Errorf("%s: denied %v, callable %v", tool.Name, denied, callable)
			}
			if goPatterns(tool) {
				checkListed(t, tool)
			}
			for _, p := range tool.Params {
				if !jsonschema.LegalKey(p.Name) {
					t.Errorf("the argument %q is listed", p.Name)
				}
			}
			if _, err := tool.Templates(); err != nil {
				t.Errorf("%s: a compiled tool's template: %v", tool.Name, err)
			}
			if _, err := tool.Arguments([]byte(`{}`)); err != nil && !errors.As(err, new(*ArgumentError)) {
				t.Errorf("%T", err)
			}
		}
	})
}

// goPatterns reports that the independent validator knows every pattern.
func goPatterns(tool *Tool) bool {
	ok := true
	var walk func(n *doc.Node)
	walk = func(n *doc.Node) {
		for _, item := range n.Items {
			walk(item)
		}
		for _, m := range n.Members {
			if m.Key == "pattern" && m.Value.Kind == doc.String {
				_, err := regexp.Compile(m.Value.Text)
				ok = ok && err == nil
			}
			if m.Key == "patternProperties" {
				for _, p := range m.Value.Members {
					_, err := regexp.Compile(p.Key)
					ok = ok && err == nil
				}
			}
			walk(m.Value)
		}
	}
	for _, schema := range [][]byte{tool.InputSchema, tool.OutputSchema} {
		if n := parsed(schema); n != nil {
			walk(n)
		}
	}
	return ok
}

// FuzzListed: whatever schemas a profile holds, what is listed is a schema of JSON
// Schema 2020-12 that every client takes, within the limits, and what is listed is
// listed unchanged when it comes in again.
func FuzzListed(f *testing.F) {
	for _, s := range []string{
		`{"x":{"type":"integer","minimum":1,"exclusiveMinimum":true}}`, `{"x":{"type":["string","nul"]},"y":{"type":"str"}}`,
		`{"a b":{"properties":{"c d":{"required":true},"e":{"required":["f","f"]}},"dependentRequired":{"c d":["e"]},"dependentSchemas":{"c d":{}}}}`,
		`{"x":{"anyOf":[{"$ref":"#"},true,false,5,null]},"y":{"oneOf":{}},"z":{"items":[{},{}]},"w":{"prefixItems":[],"not":[]}}`,
		`{"x":{"enum":[]},"y":{"const":null},"z":{"pattern":"(?=a)"},"w":{"multipleOf":-1,"maxLength":-1,"minItems":1.5}}`,
		`{"x":` + nested(40, "d") + `}`, `{"properties":{"properties":{"properties":{}}},"required":{"required":true}}`, `[]`, `{"x":{"type":"array","additionalProperties":true}}`,
		`{"x":{"minimum":1e999,"default":1e5,"examples":5,"example":6,"nullable":true,"type":"string","enum":["a"]}}`,
		`{"x":{"patternProperties":{"^a":{"type":"int"}},"propertyNames":{"maxLength":"5"},"if":{},"then":{"required":[1]},"else":false}}`,
		`{"arg":{"":1e700},"x":{"strange":{"of":[1,{"n":-1e999}]},"const":1e400}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, properties string) {
		p := withProperties(properties)
		p.Tools[0].OutputSchema = json.RawMessage(`{"type":"object","properties":` + properties + `,"additionalProperties":false}`)
		if !json.Valid(p.Tools[0].OutputSchema) {
			p.Tools[0].OutputSchema = nil
		}
		s, err := Compile(p)
		if err != nil {
			t.Fatalf("a schema that is not understood is no error: %v", err)
		}
		tool := s.All()[0]
		if !goPatterns(tool) {
			return
		}
		checkListed(t, tool)
		if n := len(tool.appendListing(nil)); n > maxListed && !has(s.Warnings(), "tools[0]", "clients may refuse") {
			t.Errorf("%d bytes are listed", n)
		}
		if strings.Contains(string(tool.InputSchema), cutNote) || tool.Renamed != nil {
			return
		}
		inner := parsed(tool.InputSchema).Get("properties").Get("a")
		twice, err := Compile(withProperties(`{"b":` + string(inner.JSON()) + `}`))
		if err != nil {
			t.Fatal(err)
		}
		again := parsed(twice.All()[0].InputSchema).Get("properties").Get("a").Get("properties").Get("b")
		if string(again.JSON()) != string(inner.JSON()) && !strings.Contains(string(again.JSON()), cutNote) {
			t.Errorf("listed twice:\n%s\n%s", inner.JSON(), again.JSON())
		}
	})
}

// FuzzRenamed: keys that clients refuse come back from the request's arguments as
// they were in the profile, whether a model uses the listed or the wire name.
func FuzzRenamed(f *testing.F) {
	for _, s := range []string{"filter[id]", "@type", "a b", "größe", "", "$", strings.Repeat("x", 65), "a.b-c_d", "type_2", "\x00\n", "a/b~c"} {
		f.Add(s, "a_b")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		one, two = strings.ToValidUTF8(one, "?"), strings.ToValidUTF8(two, "!")
		if one == two {
			return
		}
		q1, q2 := quoted(one), quoted(two)
		s, err := Compile(withProperties(`{` + q1 + `:{"type":"integer"},` + q2 + `:{"type":"array","items":{"type":"object","properties":{` + q1 + `:{"type":"string"}}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		tool := s.All()[0]
		checkListed(t, tool)
		in := `{"a":{` + q1 + `:"5",` + q2 + `:[{` + q1 + `:7}]}}`
		got, err := tool.Arguments([]byte(in))
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		if want := `{` + q1 + `:5,` + q2 + `:[{` + q1 + `:"7"}]}`; string(got["a"]) != want {
			t.Errorf("got %s, want %s", got["a"], want)
		}
	})
}
