package tool_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// oneTool compiles a tool with an object, a list and a number.
func oneTool(properties, items string) (*tool.Tool, error) {
	p := &profiles.Profile{Tools: []profiles.Tool{{
		Name: "t",
		Args: []profiles.Arg{
			{Name: "o", Type: "object", Properties: json.RawMessage(properties), Required: true},
			{Name: "l", Type: "array", Items: json.RawMessage(items)},
			{Name: "n", Type: "integer", Default: json.RawMessage("7")},
			{Name: "s"},
		},
		RequestTemplate: profiles.RequestTemplate{URL: "https://h.example/", Method: "POST", ArgsToJSONBody: true},
	}}}
	set, err := tool.Compile(p)
	if err != nil {
		return nil, err
	}
	return set.All()[0], nil
}

func encode(args tool.Args) []byte {
	out, err := json.Marshal(args)
	if err != nil {
		return nil
	}
	return out
}

// longNumber matches what the oracle, which computes with float64, rounds.
var longNumber = regexp.MustCompile(`[0-9.]{15,}|[0-9][eE]`)

// FuzzArgumentsOracle: nothing panics; what passes conforms to the listed schema by
// the judgement of another implementation; and it passes again, unchanged.
func FuzzArgumentsOracle(f *testing.F) {
	for _, s := range [][3]string{
		{`{"a":{"type":"integer"}}`, `{"type":"string"}`, `{"o":{"a":"5"},"l":[1,true,"x"],"n":"12","s":3}`},
		{`{"a":{"anyOf":[{"type":"integer"},{"type":"null"}]}}`, `{}`, `{"o":{"a":"9007199254740993"}}`},
		{`{"a":{"type":"object","required":["b"],"additionalProperties":false,"properties":{"b":{"enum":[1,"x"]}}}}`, `{"oneOf":[{"type":"string","pattern":"^a"},{"const":5}]}`, `{"o":"{\"a\":{\"b\":1}}","l":"[\"ab\",5]"}`},
		{`{"a":{"type":["array","null"],"uniqueItems":true,"contains":{"type":"number","exclusiveMinimum":1}}}`, `{"type":"object","patternProperties":{"^x":{"type":"boolean"}},"propertyNames":{"maxLength":2}}`, `{"o":{"a":[1,2.0,2]},"l":[{"x":"true"}]}`},
		{`{"a":{"if":{"type":"string"},"then":{"minLength":2},"else":{"maximum":3}}}`, `{"not":{"type":"null"},"allOf":[{"type":"boolean"}]}`, `{"o":{"a":4},"l":["true",null]}`},
		{`{"a":{"dependentRequired":{"x":["y"]},"minProperties":1},"b b":{"type":"number"}}`, `{"prefixItems":[{"type":"string"},false]}`, `{"o":{"a":{"x":1},"b b":"1.50"},"l":[]}`},
		{`{"a":true,"b":false}`, `{"type":"array"}`, `{"o":{"a":null},"l":[[]],"n":null,"s":null}`},
		{`x`, `7`, `[]`}, {`{}`, `{}`, `{"o":{},"n":3.9}`}, {`{}`, `{}`, "{\"o\":{},\"s\":\"\x00\xff\"}"}, {`{}`, `{}`, `{"o":{},"o":5}`},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, properties, items, given string) {
		one, err := oneTool(properties, items)
		if err != nil || !json.Valid([]byte(properties)) || !json.Valid([]byte(items)) {
			return
		}
		if !json.Valid(one.InputSchema) {
			t.Fatalf("the listed schema is not JSON: %s", one.InputSchema)
		}
		args, err := one.Arguments(json.RawMessage(given))
		if err != nil {
			if _, ok := err.(*tool.ArgumentError); !ok {
				t.Fatalf("%T with %v", err, args)
			}
			return
		}
		raw := encode(args)
		again, err := one.Arguments(raw)
		if err != nil || !bytes.Equal(encode(again), raw) {
			t.Fatalf("%s\nagain: %s %v\nschema %s", raw, encode(again), err, one.InputSchema)
		}
		if one.Renamed == nil {
			askOracle(t, one, raw)
		}
	})
}

// askOracle skips what the two are known to see differently: the oracle computes
// with float64, knows no nullable, and holds formats and patterns by its own rules.
func askOracle(t *testing.T, one *tool.Tool, raw []byte) {
	schema := string(one.InputSchema)
	if longNumber.Match(raw) || longNumber.MatchString(schema) || strings.Contains(schema, "multipleOf") || strings.Contains(schema, "nullable") {
		return
	}
	var s jsonschema.Schema
	if json.Unmarshal(one.InputSchema, &s) != nil {
		return
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		return
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return
	}
	if err := resolved.Validate(value); err != nil {
		t.Fatalf("%s passes, but not by the oracle: %v\nschema %s", raw, err, schema)
	}
}

// TestExamplesCompile compiles every profile that the documentation shows, and
// reads its list back.
func TestExamplesCompile(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../../docs/examples", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".toml" {
			return err
		}
		seen++
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			p, _, err := profiles.Load(path, data, profiles.Options{})
			if err != nil {
				t.Fatal(err)
			}
			set, err := tool.Compile(p)
			if err != nil {
				t.Fatal(err)
			}
			var list []struct {
				Name        string
				InputSchema jsonschema.Schema
				Annotations map[string]any
			}
			if err := json.Unmarshal(set.List(), &list); err != nil || len(list) != len(set.Tools()) {
				t.Fatalf("%d tools, %d listed, %v", len(set.Tools()), len(list), err)
			}
			for _, one := range list {
				if _, err := one.InputSchema.Resolve(nil); err != nil || one.InputSchema.Type != "object" || len(one.Annotations) != 5 {
					t.Errorf("%s: %v %v", one.Name, err, one.Annotations)
				}
			}
			if len(p.Tools) > 0 && len(set.All()) != len(p.Tools) {
				t.Errorf("%d of %d tools", len(set.All()), len(p.Tools))
			}
		})
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatal(seen, err)
	}
}

// TestHostileArguments: what a model or an attacker may send, none of which may
// take long or end the process.
func TestHostileArguments(t *testing.T) {
	one, err := oneTool(`{"a":{"type":"array","uniqueItems":true},"b":{"type":"number","multipleOf":0.01},"c":{"type":"integer"}}`, `{"anyOf":[{"type":"integer"},{"type":"string","pattern":"^(a+)+$"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	digits := strings.Repeat("9", 1<<20)
	for _, c := range []struct {
		name, given string
		ok          bool
	}{
		{"100,000 levels", `{"o":{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}}`, false},
		{"100,000 levels in text", `{"o":"` + strings.Repeat("[", 100_000) + `"}`, false},
		{"levels in text in levels", `{"o":"{\"a\":` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + `}"}`, true},
		{"1 MB text", `{"o":{},"s":"` + strings.Repeat("x", 1<<20) + `"}`, true},
		{"1 MB key", `{"o":{},"` + strings.Repeat("x", 1<<20) + `":1}`, true},
		{"a million digits", `{"o":{"c":` + digits + `}}`, true},
		{"a million digits in text", `{"o":{"c":"` + digits + `"}}`, true},
		{"a million digits by step", `{"o":{"b":` + digits + `.505}}`, false},
		{"a huge exponent", `{"o":{"c":1e999999999}}`, false},
		{"a tiny exponent", `{"o":{"c":1e-999999999}}`, false},
		{"a pattern that backtracks", `{"o":{},"l":["` + strings.Repeat("a", 10_000) + `b"]}`, false},
		{"many different items", `{"o":{"a":[` + strings.Repeat(`"x",`, 20_000) + `1]}}`, false},
		{"many keys", `{"o":{` + manyKeys(20_000) + `}}`, true},
		{"NUL", `{"o":{},"s":"a\u0000b"}`, true},
		{"no UTF-8", "{\"o\":{},\"s\":\"\xff\"}", false},
		{"half a surrogate", `{"o":{},"s":"\ud800"}`, true},
		{"a list", `[]`, false}, {"a text", `"x"`, false}, {"nothing", ``, false}, {"null", `null`, false}, {"two objects", `{"o":{}}{}`, false}, {"half an object", `{"o":`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			args, err := one.Arguments(json.RawMessage(c.given))
			if (err == nil) != c.ok {
				t.Fatalf("%.200v", err)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			for name, raw := range args {
				if !json.Valid(raw) {
					t.Errorf("%s is not JSON", name)
				}
			}
		})
	}
}

// TestManyFormsEnd: every item of a long list against each of many forms is more
// work than a call may make.
func TestManyFormsEnd(t *testing.T) {
	forms := make([]string, 1200)
	for i := range forms {
		forms[i] = `{"const":` + itoa(i) + `}`
	}
	one, err := oneTool(`{}`, `{"anyOf":[`+strings.Join(forms, ",")+`]}`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = one.Arguments(json.RawMessage(`{"o":{},"l":[` + strings.Repeat("5555,", 20_000) + `1]}`))
	if err == nil {
		t.Error("no error")
	}
	if _, err := one.Arguments(json.RawMessage(`{"o":{},"l":[` + strings.Repeat("5,", 500) + `1199]}`)); err != nil {
		t.Error(err)
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + json.Number(itoa(i)).String() + `":1`)
	}
	return b.String()
}

func itoa(n int) string {
	raw, _ := json.Marshal(n)
	return string(raw)
}

func BenchmarkCompileThousand(b *testing.B) {
	p := &profiles.Profile{}
	for i := range 1000 {
		p.Tools = append(p.Tools, profiles.Tool{Name: "tool_" + itoa(i), Description: "d",
			Args:            []profiles.Arg{{Name: "id", Type: "integer", Position: "path"}, {Name: "q", Position: "query"}},
			RequestTemplate: profiles.RequestTemplate{URL: "https://{{.config.host}}/x/{id}", Method: "GET"}})
	}
	for b.Loop() {
		if _, err := tool.Compile(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkArgumentsOfOneTool(b *testing.B) {
	one, err := oneTool(`{"a":{"type":"integer"}}`, `{"type":"string"}`)
	if err != nil {
		b.Fatal(err)
	}
	raw := json.RawMessage(`{"o":{"a":"5"},"l":["x","y"],"n":12,"s":"text"}`)
	for b.Loop() {
		if _, err := one.Arguments(raw); err != nil {
			b.Fatal(err)
		}
	}
}
