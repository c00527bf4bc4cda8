package tool

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// head is what every profile of these tests begins with.
const head = `
[server]
name = "s"
baseUrl = "https://h.example/base/"
`

// load reads a profile as the program does.
func load(t testing.TB, toml string) *profiles.Profile {
	t.Helper()
	if !strings.Contains(toml, "[server]") {
		toml = head + toml
	}
	p, _, err := profiles.Load("p.toml", []byte(toml), profiles.Options{Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		t.Fatalf("the test's profile: %v\n%s", err, toml)
	}
	return p
}

func compile(t testing.TB, toml string) *Set {
	t.Helper()
	s, err := Compile(load(t, toml))
	if err != nil {
		t.Fatalf("compile: %v\n%s", err, toml)
	}
	return s
}

// single compiles a profile with one tool.
func single(t testing.TB, toml string) *Tool {
	t.Helper()
	s := compile(t, toml)
	if len(s.All()) != 1 {
		t.Fatalf("%d tools", len(s.All()))
	}
	return s.All()[0]
}

// withArgs returns a tool with the given [[tools.args]] tables.
func withArgs(args string) string {
	return "[[tools]]\nname = \"t\"\nrequestTemplate = { url = \"/x\", method = \"GET\" }\n" + args
}

// schemaTool is a tool with one input schema and no parameters.
func schemaTool(properties string) *Tool {
	return &Tool{Name: "t", InputSchema: json.RawMessage(`{"type":"object","properties":` + properties + `}`)}
}

// failures compiles and returns the errors.
func failures(t testing.TB, p *profiles.Profile) Errors {
	t.Helper()
	s, err := Compile(p)
	var list Errors
	if !errors.As(err, &list) || s != nil {
		t.Fatalf("want Errors, got %v, %v", s, err)
	}
	return list
}

// asJSON writes arguments as one object.
func asJSON(t testing.TB, a Args) string {
	t.Helper()
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatalf("arguments are not JSON: %v", err)
	}
	return string(data)
}

// oracle makes an independent validator of a listed schema.
func oracle(t testing.TB, schema []byte) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(schema, &s); err != nil {
		t.Fatalf("the listed schema: %v\n%s", err, schema)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatalf("the listed schema: %v\n%s", err, schema)
	}
	return r
}

func has(warnings []Warning, key, part string) bool {
	for _, w := range warnings {
		if w.Key == key && strings.Contains(w.Message, part) {
			return true
		}
	}
	return false
}
