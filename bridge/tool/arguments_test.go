package tool

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

const every = `{
	"s":{"type":"string"},"i":{"type":"integer"},"n":{"type":"number"},"b":{"type":"boolean"},
	"a":{"type":"array","items":{"type":"integer"}},
	"o":{"type":"object","properties":{"x":{"type":"integer"},"y":{"type":"string"},"z":{"type":"array","items":{"type":"object","properties":{"k":{"type":"boolean"}}}}},"required":["x"]},
	"any":{}, "free":{"type":"object"}, "map":{"type":"object","additionalProperties":{"type":"integer"}},
	"e":{"type":"string","enum":["red","green"]},"en":{"enum":[1,2]},"c":{"const":5},
	"nul":{"type":["integer","null"]},"si":{"type":["string","integer"]},"ib":{"type":["integer","boolean"]},"is":{"type":["integer","string"]},
	"min":{"type":"number","minimum":1.5,"exclusiveMaximum":10},"mul":{"type":"number","multipleOf":0.01},
	"len":{"type":"string","minLength":2,"maxLength":3},"pat":{"type":"string","pattern":"^[a-z]+$"},
	"un":{"type":"array","items":{},"uniqueItems":true,"maxItems":3,"minItems":1},
	"any1":{"anyOf":[{"type":"integer"},{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"],"additionalProperties":false}]},
	"one":{"oneOf":[{"type":"integer"},{"type":"number"}]},"all":{"allOf":[{"type":"integer"},{"minimum":3}]},"not":{"type":"string","not":{"const":"x"}},
	"closed":{"type":"object","properties":{"name":{"type":"string"}},"additionalProperties":false},
	"tuple":{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":{"type":"boolean"}},
	"cont":{"type":"array","items":{},"contains":{"type":"integer"},"minContains":1,"maxContains":2},
	"pp":{"type":"object","patternProperties":{"^n_":{"type":"integer"}},"additionalProperties":false,"minProperties":1,"maxProperties":2},
	"pn":{"type":"object","propertyNames":{"maxLength":2}},
	"dep":{"type":"object","properties":{"a":{},"b":{}},"dependentRequired":{"a":["b"]},"dependentSchemas":{"b":{"minProperties":2}}},
	"cond":{"type":"object","properties":{"t":{"type":"string"},"v":{}},"if":{"properties":{"t":{"const":"i"}}},"then":{"properties":{"v":{"type":"integer"}}},"else":{"properties":{"v":{"type":"string"}}}}
}`

// Every value that is accepted, and what it becomes.
func TestArgumentsAccepts(t *testing.T) {
	tool := schemaTool(every)
	for _, c := range []struct{ in, want string }{
		{``, `{}`},
		{`null`, `{}`},
		{` {} `, `{}`},
		{"\n null", `{}`},
		// As declared.
		{`{"s":"a","i":1,"n":1.5,"b":true}`, `{"b":true,"i":1,"n":1.5,"s":"a"}`},
		// Digits are kept.
		{`{"i":12345678901234567890123}`, `{"i":12345678901234567890123}`},
		{`{"n":1.10}`, `{"n":1.10}`},
		{`{"n":1e3}`, `{"n":1e3}`},
		{`{"n":-0}`, `{"n":-0}`},
		{`{"n":1E+2}`, `{"n":1E+2}`},
		{`{"any":[9007199254740993,{"x":1.0}]}`, `{"any":[9007199254740993,{"x":1.0}]}`},
		// Text that is wholly a number or a boolean.
		{`{"i":"5"}`, `{"i":5}`},
		{`{"i":"-9007199254740993"}`, `{"i":-9007199254740993}`},
		{`{"n":"1.50"}`, `{"n":1.50}`},
		{`{"n":"5"}`, `{"n":5}`},
		{`{"i":"5.0"}`, `{"i":5}`},
		{`{"i":"1e3"}`, `{"i":1000}`},
		{`{"b":"true"}`, `{"b":true}`},
		{`{"b":"False"}`, `{"b":false}`},
		{`{"ib":"true"}`, `{"ib":true}`},
		{`{"ib":"7"}`, `{"ib":7}`},
		// Integers by value.
		{`{"i":5.0}`, `{"i":5}`},
		{`{"i":2e2}`, `{"i":200}`},
		// A number or a boolean where text is declared.
		{`{"s":12345678901234567890}`, `{"s":"12345678901234567890"}`},
		{`{"s":1.0}`, `{"s":"1.0"}`},
		{`{"s":true}`, `{"s":"true"}`},
		{`{"s":false}`, `{"s":"false"}`},
		// Text where text is declared stays, whatever it looks like.
		{`{"s":"5"}`, `{"s":"5"}`},
		{`{"s":"[1]"}`, `{"s":"[1]"}`},
		{`{"si":"5"}`, `{"si":"5"}`},
		{`{"si":5}`, `{"si":5}`},
		{`{"any":"5"}`, `{"any":"5"}`},
		{`{"is":3.5}`, `{"is":"3.5"}`},
		// JSON text.
		{`{"a":"[1,2]"}`, `{"a":[1,2]}`},
		{`{"a":" [ \"3\" ] "}`, `{"a":[3]}`},
		{`{"o":"{\"x\":\"7\"}"}`, `{"o":{"x":7}}`},
		{`{"free":"{\"x\":\"7\"}"}`, `{"free":{"x":"7"}}`},
		// Nested.
		{`{"o":{"x":"1","y":2,"z":"[{\"k\":\"true\"},{\"k\":null}]","w":null}}`, `{"o":{"x":1,"y":"2","z":[{"k":true},{}],"w":null}}`},
		{`{"a":["1",2.0]}`, `{"a":[1,2]}`},
		{`{"map":{"p":"5"}}`, `{"map":{"p":5}}`},
		// null.
		{`{"i":null,"s":null,"o":null}`, `{}`},
		{`{"nul":null}`, `{"nul":null}`},
		{`{"any":null}`, `{"any":null}`},
		{`{"nul":"5"}`, `{"nul":5}`},
		// What is not declared.
		{`{"zzz":1,"i":2}`, `{"i":2}`},
		// The last of a repeated key counts.
		{`{"i":1,"i":2}`, `{"i":2}`},
		{`{"i":"x","i":2}`, `{"i":2}`},
		{`{"i":2,"i":null}`, `{}`},
		{`{"o":{"x":1,"x":2}}`, `{"o":{"x":2}}`},
		// Values that are listed.
		{`{"e":"red"}`, `{"e":"red"}`},
		{`{"en":"1"}`, `{"en":1}`},
		{`{"en":2.0}`, `{"en":2}`},
		{`{"c":"5"}`, `{"c":5}`},
		{`{"c":5.0}`, `{"c":5}`},
		// Bounds, exactly.
		{`{"min":1.5}`, `{"min":1.5}`},
		{`{"min":9.999999999999999999999}`, `{"min":9.999999999999999999999}`},
		{`{"mul":19.99}`, `{"mul":19.99}`},
		{`{"len":"éß"}`, `{"len":"éß"}`},
		{`{"len":12}`, `{"len":"12"}`},
		{`{"pat":"abc"}`, `{"pat":"abc"}`},
		{`{"un":[1,"1",true]}`, `{"un":[1,"1",true]}`},
		// Forms.
		{`{"any1":5}`, `{"any1":5}`},
		{`{"any1":"5"}`, `{"any1":5}`},
		{`{"any1":{"x":"5"}}`, `{"any1":{"x":5}}`},
		{`{"any1":"{\"x\":5}"}`, `{"any1":{"x":5}}`},
		{`{"one":1.5}`, `{"one":1.5}`},
		{`{"all":"4"}`, `{"all":4}`},
		{`{"not":"y"}`, `{"not":"y"}`},
		{`{"tuple":["1",2,"true"]}`, `{"tuple":[1,"2",true]}`},
		{`{"cont":[1,"a"]}`, `{"cont":[1,"a"]}`},
		{`{"pp":{"n_a":1}}`, `{"pp":{"n_a":1}}`},
		{`{"pn":{"ab":1}}`, `{"pn":{"ab":1}}`},
		{`{"dep":{"a":1,"b":2}}`, `{"dep":{"a":1,"b":2}}`},
		{`{"cond":{"t":"i","v":1}}`, `{"cond":{"t":"i","v":1}}`},
		{`{"cond":{"t":"s","v":"1"}}`, `{"cond":{"t":"s","v":"1"}}`},
		// Text as it came.
		{`{"s":"\u0000\r\n\u2028😀<&>"}`, `{"s":"\u0000\r\n` + "\u2028😀<&>" + `"}`},
	} {
		got, err := tool.Arguments(json.RawMessage(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		// Compared as text, so that digits count; encoding/json escapes some characters.
		var w, g map[string]json.RawMessage
		if json.Unmarshal([]byte(c.want), &w) != nil || json.Unmarshal([]byte(asJSON(t, got)), &g) != nil {
			t.Fatalf("%s: the test is wrong", c.in)
		}
		if len(w) != len(got) {
			t.Errorf("%s: got %s, want %s", c.in, asJSON(t, got), c.want)
		}
		for k, v := range w {
			if string(got[k]) != string(v) {
				t.Errorf("%s: %s is %s, want %s", c.in, k, got[k], v)
			}
		}
	}
}

// Everything that is refused, with the pointer, a part of the message and of the hint.
func TestArgumentsRefuses(t *testing.T) {
	tool := schemaTool(every)
	for _, c := range []struct{ in, pointer, message, hint string }{
		{`[]`, "", "must be an object, not an array", ""},
		{`"a"`, "", "must be an object, not a string", ""},
		{`5`, "", "must be an object, not an integer", ""},
		{`{`, "", "are not JSON", ""},
		{`{"i":1,}`, "", "are not JSON", ""},
		{`{"i":1} x`, "", "are not JSON", ""},
		{"\xef\xbb\xbf{}", "", "are not JSON", ""},
		{"{\"s\":\"\xff\"}", "", "are not UTF-8", ""},
		{`{"i":3.9}`, "/i", "must be an integer, not a number with a fraction", ""},
		{`{"i":"3.9"}`, "/i", "must be an integer, not a number with a fraction", ""},
		{`{"i":"five"}`, "/i", "must be an integer, not a string", ""},
		{`{"i":""}`, "/i", "must be an integer, not a string", ""},
		{`{"i":" 5"}`, "/i", "must be an integer", ""},
		{`{"i":"05"}`, "/i", "must be an integer", ""},
		{`{"i":"0x5"}`, "/i", "must be an integer", ""},
		{`{"i":"1_000"}`, "/i", "must be an integer", ""},
		{`{"i":"5,5"}`, "/i", "must be an integer", ""},
		{`{"i":"NaN"}`, "/i", "must be an integer", ""},
		{`{"i":true}`, "/i", "must be an integer, not a boolean", ""},
		{`{"i":[5]}`, "/i", "must be an integer, not an array", ""},
		{`{"b":1}`, "/b", "must be a boolean, not a number", ""},
		{`{"b":"yes"}`, "/b", "must be a boolean, not a string", ""},
		{`{"s":[1]}`, "/s", "must be a string, not an array", ""},
		{`{"s":{}}`, "/s", "must be a string, not an object", ""},
		{`{"a":"1,2"}`, "/a", "must be an array, not a string", ""},
		{`{"a":"{}"}`, "/a", "must be an array, not a string", ""},
		{`{"a":"[1"}`, "/a", "must be an array", ""},
		{`{"a":[1,"x"]}`, "/a/1", "must be an integer, not a string", ""},
		{`{"a":[null]}`, "/a/0", "must be an integer, not null", ""},
		{`{"o":{}}`, "/o/x", "is required", "send an integer"},
		{`{"o":{"x":null}}`, "/o/x", "must be an integer, not null", ""},
		{`{"o":{"x":1,"z":[{"k":"maybe"}]}}`, "/o/z/0/k", "must be a boolean", ""},
		{`{"e":"rde"}`, "/e", `must be one of "red", "green"`, "did you mean red?"},
		{`{"e":"blue"}`, "/e", "must be one of", ""},
		{`{"en":3}`, "/en", "must be one of 1, 2", ""},
		{`{"c":6}`, "/c", "must be 5", ""},
		{`{"nul":"x"}`, "/nul", "must be an integer or null, not a string", ""},
		{`{"min":1.4999999999999999999999}`, "/min", "must be at least 1.5", ""},
		{`{"min":10}`, "/min", "must be less than 10", ""},
		{`{"min":1e999999999}`, "/min", "must be less than 10", ""},
		{`{"mul":0.005}`, "/mul", "must be a multiple of 0.01", ""},
		{`{"mul":1e5000}`, "/mul", "must be a multiple of", ""},
		{`{"len":"a"}`, "/len", "must have at least 2 characters", ""},
		{`{"len":"abcd"}`, "/len", "must have at most 3 characters", ""},
		{`{"pat":"A"}`, "/pat", "must match the pattern ^[a-z]+$", ""},
		{`{"un":[]}`, "/un", "must have at least 1 item", ""},
		{`{"un":[1,2,3,4]}`, "/un", "at most 3 items", ""},
		{`{"un":[1,1.0]}`, "/un/1", "is a duplicate in the list", ""},
		{`{"un":[{"a":1,"b":2},{"b":2,"a":1.0}]}`, "/un/1", "duplicate", ""},
		{`{"any1":true}`, "/any1", "must be an integer or an object, not a boolean", ""},
		{`{"any1":{"y":1}}`, "/any1/x", "is required", ""},
		{`{"one":1}`, "/one", "more than one of the forms", ""},
		{`{"all":2}`, "/all", "must be at least 3", ""},
		{`{"not":"x"}`, "/not", "form that is not allowed", ""},
		{`{"closed":{"nmae":"x"}}`, "/closed/nmae", "is unknown", "did you mean name?"},
		{`{"closed":{"zzzzz":"x"}}`, "/closed/zzzzz", "is unknown", "allowed are name"},
		{`{"tuple":[1,"a",1]}`, "/tuple/2", "must be a boolean", ""},
		{`{"cont":["a"]}`, "/cont", "at least 1 item of the form", ""},
		{`{"cont":[1,2,3]}`, "/cont", "at most 2 items of the form", ""},
		{`{"pp":{"x":1}}`, "/pp/x", "is unknown", ""},
		{`{"pp":{"n_a":"x"}}`, "/pp/n_a", "must be an integer", ""},
		{`{"pp":{}}`, "/pp", "at least 1 member", ""},
		{`{"pp":{"n_a":1,"n_b":1,"n_c":1}}`, "/pp", "at most 2 members", ""},
		{`{"pn":{"abc":1}}`, "/pn/abc", "a name that is not allowed", ""},
		{`{"dep":{"a":1}}`, "/dep/b", "is required beside a", ""},
		{`{"dep":{"b":1}}`, "/dep", "at least 2 members", ""},
		{`{"cond":{"t":"i","v":"x"}}`, "/cond/v", "must be an integer", ""},
		{`{"cond":{"t":"s","v":1}}`, "/cond/v", "must be a string", ""},
		{`{"closed":{"a/b~c\u001b[2J":"x"}}`, "/closed/a~1b~0c\ufffd[2J", "is unknown", ""},
	} {
		got, err := tool.Arguments(json.RawMessage(c.in))
		var e *ArgumentError
		if !errors.As(err, &e) {
			t.Errorf("%s: got %s, %v, want an ArgumentError", c.in, asJSON(t, got), err)
			continue
		}
		if got != nil || e.Tool != "t" || e.Pointer != c.pointer || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Hint(), c.hint) {
			t.Errorf("%s:\n got %q %q (%q)\nwant %q %q (%q)", c.in, e.Pointer, e.Message, e.Hint(), c.pointer, c.message, c.hint)
		}
		if c.pointer != "" && !strings.Contains(err.Error(), "argument "+c.pointer+" ") {
			t.Errorf("%s: %q does not name the argument", c.in, err)
		}
	}
}

// An error shows names and limits, never a value.
func TestArgumentErrorShowsNoValue(t *testing.T) {
	tool := schemaTool(every)
	for _, in := range []string{`{"i":"hunter2"}`, `{"e":"hunter2"}`, `{"pat":"HUNTER2hunter2"}`, `{"len":"hunter2"}`, `{"o":{"x":"hunter2"}}`, `{"c":"hunter2"}`, `{"any1":"hunter2"}`,
		`{"s":["hunter2"]}`, `{"un":["hunter2","hunter2"]}`, `{"s":"hunter2"`, `"hunter2"`, `{"i":hunter2}`} {
		_, err := tool.Arguments(json.RawMessage(in))
		var e *ArgumentError
		if !errors.As(err, &e) || strings.Contains(strings.ToLower(err.Error()+e.Hint()), "hunter2") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestArgumentsOfImportedTool(t *testing.T) {
	tool := schemaTool(`{"owner":{"type":"string"},"page":{"type":"integer","default":7}}`)
	tool.Imported = true
	tool.Params = []Param{{Name: "owner", Wire: "owner"}, {Name: "page", Wire: "page", Default: json.RawMessage("7")}}
	for in, hint := range map[string]string{`{"onwer":"x"}`: "did you mean owner?", `{"zzz":1}`: "the tool takes owner, page"} {
		_, err := tool.Arguments(json.RawMessage(in))
		var e *ArgumentError
		if !errors.As(err, &e) || e.Message != "is unknown" || e.Hint() != hint {
			t.Errorf("%s: %v", in, err)
		}
	}
	got, err := tool.Arguments(json.RawMessage(`{"owner":"x"}`))
	if err != nil || asJSON(t, got) != `{"owner":"x"}` {
		t.Errorf("a document's default was sent: %v, %v", got, err)
	}
	none := &Tool{Name: "n", Imported: true, InputSchema: json.RawMessage(`{"type":"object"}`)}
	var e *ArgumentError
	if _, err := none.Arguments([]byte(`{"a":1}`)); !errors.As(err, &e) || e.Hint() != "the tool takes none" {
		t.Errorf("%v", err)
	}
}

func TestDefaultsAndRequired(t *testing.T) {
	tool := single(t, withArgs(`
[[tools.args]]
name = "limit"
type = "integer"
default = "10"
[[tools.args]]
name = "tags"
type = "array"
default = ["a"]
items = { type = "string" }
[[tools.args]]
name = "id"
required = true
[[tools.args]]
name = "both"
required = true
default = "d"
[[tools.args]]
name = "plain"
`))
	got, err := tool.Arguments([]byte(`{"id":7,"other":1}`))
	if err != nil || asJSON(t, got) != `{"both":"d","id":"7","limit":10,"tags":["a"]}` {
		t.Errorf("got %s, %v", asJSON(t, got), err)
	}
	got, err = tool.Arguments([]byte(`{"id":"","limit":null,"tags":[],"both":"x"}`))
	if err != nil || asJSON(t, got) != `{"both":"x","id":"","limit":10,"tags":[]}` {
		t.Errorf("got %s, %v", asJSON(t, got), err)
	}
	for _, in := range []string{`{}`, `{"id":null}`, ``} {
		_, err := tool.Arguments([]byte(in))
		var e *ArgumentError
		if !errors.As(err, &e) || e.Pointer != "/id" || e.Message != "is required" || e.Hint() != "send a string" {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// A default that the schema refuses is sent as upstream does, and said.
func TestUnfitDefault(t *testing.T) {
	s := compile(t, withArgs(`
[[tools.args]]
name = "mode"
enum = ["a", "b"]
default = ""
[[tools.args]]
name = "fits"
type = "integer"
default = "5"
`))
	got, err := s.All()[0].Arguments(nil)
	if err != nil || asJSON(t, got) != `{"fits":5,"mode":""}` {
		t.Errorf("got %s, %v", asJSON(t, got), err)
	}
	if !has(s.Warnings(), "tools[0].args[0].default", "must be one of") || has(s.Warnings(), "tools[0].args[1].default", "") {
		t.Errorf("warnings %v", s.Warnings())
	}
}

func TestDeepArguments(t *testing.T) {
	tool := schemaTool(every)
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		in string
		ok bool
	}{
		{`{"any":` + nested(900) + `}`, true},
		{`{"any":` + nested(1001) + `}`, false},
		{`{"any":` + nested(200_000) + `}`, false},
		{`{"a":"` + nested(1001) + `"}`, false},
		{`{"any":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000) + `}`, false},
		{`{"free":"{\"x\":` + nested(998) + `}"}`, true},
		{`{"o":{"x":1,"z":"` + nested(1000) + `"}}`, false},
	} {
		got, err := tool.Arguments([]byte(c.in))
		if (err == nil) != c.ok {
			t.Errorf("%.40s… (%d bytes): %v", c.in, len(c.in), err)
		}
		if err != nil {
			continue
		}
		if _, err := tool.Arguments([]byte(asJSON(t, got))); err != nil {
			t.Errorf("%.40s…: what came out is refused: %v", c.in, err)
		}
	}
}

// Numbers of a million digits are data like any other; they cost no time.
func TestLongNumbers(t *testing.T) {
	long := strings.Repeat("7", 1_000_000)
	tool := schemaTool(every)
	for in, ok := range map[string]bool{`{"i":` + long + `}`: true, `{"i":"` + long + `"}`: true, `{"n":0.` + long + `}`: true, `{"i":` + long + `.5}`: false,
		`{"min":` + long + `}`: false, `{"un":[` + long + `]}`: true, `{"un":[` + long + `,` + long + `]}`: false, `{"i":1e400}`: true, `{"i":1e401}`: false} {
		if _, err := tool.Arguments([]byte(in)); (err == nil) != ok {
			t.Errorf("%.20s…: %v", in, err)
		}
	}
}

func TestConforms(t *testing.T) {
	tool := &Tool{Name: "t", OutputSchema: json.RawMessage(`{"type":"object","properties":{"id":{"type":"integer"},"s":{"type":"string","pattern":"^a"}},"required":["id"]}`)}
	for in, ok := range map[string]bool{`{"id":1}`: true, `{"id":1,"more":[]}`: true, `{"id":"1"}`: false, `{}`: false, `[]`: false, ``: false, `{"id":1,"s":"b"}`: false,
		"{\"id\":1,\"s\":\"a\xff\"}": false, `{"id":1}x`: false} {
		if err := tool.Conforms([]byte(in)); (err == nil) != ok {
			t.Errorf("%s: %v", in, err)
		}
	}
	if (&Tool{}).Conforms([]byte(`{}`)) == nil || (&Tool{OutputSchema: []byte("{")}).Conforms([]byte(`{}`)) == nil {
		t.Error("a document conforms to no schema")
	}
}

func TestBrokenSchema(t *testing.T) {
	if _, err := (&Tool{Name: "t", InputSchema: []byte("{")}).Arguments([]byte(`{}`)); err == nil || !strings.Contains(err.Error(), "schema is not JSON") {
		t.Errorf("%v", err)
	}
	got, err := (&Tool{Name: "t"}).Arguments([]byte(`{"a":1}`))
	if err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	tool := single(t, withArgs("[[tools.args]]\nname = \"i\"\ntype = \"integer\"\n"))
	fresh := &Tool{Name: "f", InputSchema: tool.InputSchema, OutputSchema: tool.InputSchema, Request: tool.Request}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := fresh.Arguments([]byte(`{"i":"5"}`))
			if err != nil || string(got["i"]) != "5" {
				t.Errorf("%v, %v", got, err)
			}
			if ts, err := fresh.Templates(); err != nil || ts.URL.Text() != "https://h.example/base/x" {
				t.Errorf("%v, %v", ts, err)
			}
			if err := fresh.Conforms([]byte(`{"i":5}`)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Long lists against wide schemas end: the work of one call is bounded.
func TestWorkIsBounded(t *testing.T) {
	list := func(of string, n int) string { return strings.TrimSuffix(strings.Repeat(of+",", n), ",") }
	for name, c := range map[string]struct{ schema, in string }{
		"anyOf":   {`{"l":{"type":"array","items":{"anyOf":[` + list(`{"const":"a"}`, 1500) + `]}}}`, `{"l":[` + list(`"b"`, 50_000) + `]}`},
		"oneOf":   {`{"l":{"type":"array","items":{"oneOf":[` + list(`{"type":"integer","minimum":5.5}`, 1500) + `]}}}`, `{"l":[` + list(`"3"`, 50_000) + `]}`},
		"allOf":   {`{"l":{"type":"array","items":{"allOf":[` + list(`{"maximum":5.5}`, 1500) + `]}}}`, `{"l":[` + list(`3`, 50_000) + `]}`},
		"not":     {`{"l":{"type":"array","items":{"not":{"anyOf":[` + list(`{"const":"a"}`, 1500) + `]}}}}`, `{"l":[` + list(`"b"`, 50_000) + `]}`},
		"members": {`{"l":{"type":"object","patternProperties":{` + list(`"^a.*b$":{"type":"string"}`, 1) + patterns(2000) + `}}}`, `{"l":{` + manyMembers(20_000) + `}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var e *ArgumentError
			if _, err := schemaTool(c.schema).Arguments([]byte(c.in)); !errors.As(err, &e) || e.Pointer != "/l" || e.Message != "is too much to be checked" || e.Hint() == "" {
				t.Errorf("%.200v", err)
			}
		})
	}
	for name, c := range map[string]struct{ schema, in string }{
		"enum":     {`{"l":{"type":"array","items":{"enum":[` + list(`1.5`, 5000) + `]}}}`, `{"l":[` + list(`"1.5"`, 50_000) + `]}`},
		"nesting":  {`{"l":` + strings.Repeat(`{"anyOf":[{"type":"integer"},{"type":"array","items":`, 14) + `{}` + strings.Repeat(`}]}`, 14) + `}`, `{"l":` + strings.Repeat("[", 14) + list(`"x"`, 300_000) + strings.Repeat("]", 14) + `}`},
		"distinct": {`{"l":{"type":"array","uniqueItems":true}}`, `{"l":[{` + manyMembers(100_000) + `},{` + manyMembers(99_999) + `}]}`},
	} {
		if _, err := schemaTool(c.schema).Arguments([]byte(c.in)); err != nil {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	// What grows only with the arguments is not bounded here.
	if _, err := schemaTool(every).Arguments([]byte(`{"a":[` + list("1", 1_100_000) + `]}`)); err != nil {
		t.Error(err)
	}
}

func patterns(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"^p%d.*z":{}`, i)
	}
	return b.String()
}

func manyMembers(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(`"m%d":1`, i)
	}
	return strings.Join(parts, ",")
}
