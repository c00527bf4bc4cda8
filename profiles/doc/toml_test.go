package doc

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

var tomlCases = []readCase{
	{"kinds", "a = 1\nb = 'x'\nc = [1.5, true, \"y\"]\nd = { e = {} }\n", `{"a":1,"b":"x","c":[1.5,true,"y"],"d":{"e":{}}}`},
	{"tables", "[a]\nx = 1\n[a.b]\ny = 2\n[c.d.e]\n[c]\nz = 3\n", `{"a":{"x":1,"b":{"y":2}},"c":{"d":{"e":{}},"z":3}}`},
	{"arrays of tables", "[[a]]\nx = 1\n[a.b]\ny = 2\n[[a]]\n[[a.c]]\n[[a.c]]\nz = 1\n", `{"a":[{"x":1,"b":{"y":2}},{"c":[{},{"z":1}]}]}`},
	{"dotted keys", "a.b.c = 1\na.b.d = 2\n\"x.y\".'z' = 3\n3.14 = 4", `{"a":{"b":{"c":1,"d":2}},"x.y":{"z":3},"3":{"14":4}}`},
	{"sub-table of a dotted key", "[f]\na.c = 1\n[f.a.t]\nx = 1", `{"f":{"a":{"c":1,"t":{"x":1}}}}`},
	{"inline over lines", "a = {\n  b = 1, # one\n  c.d = 2,\n}\n", `{"a":{"b":1,"c":{"d":2}}}`},
	{"lists over lines", "a = [ # one\n 1,\n\n 2, ]\n", `{"a":[1,2]}`},
	{"numbers as written", "a = 0x1F\nb = 0o17\nc = 0b101\nd = 1_000\ne = +7\nf = 1e5\ng = -0", `{"a":31,"b":15,"c":5,"d":1000,"e":7,"f":1e5,"g":-0}`},
	{"every digit", "a = 12345678901234567890\nb = [1e400, 0xFFFFFFFFFFFFFFFFFF]\nc = -99999999999999999999", `{"a":12345678901234567890,"b":[1e400,4722366482869645213695],"c":-99999999999999999999}`},
	{"no numbers", "a = inf\nb = -nan\nc = 1979-05-27T07:32:00Z\nd = 07:32\ne = 1979-05-27 07:32:00.5", `{"a":"inf","b":"-nan","c":"1979-05-27T07:32:00Z","d":"07:32","e":"1979-05-27 07:32:00.5"}`},
	{"strings", `a = "\b\t\n\f\r\e\"\\\x41\u00e9\U0001F600"`, "{\"a\":\"\\u0008\\t\\n\\u000c\\r\\u001b\\\"\\\\Aé😀\"}"},
	{"multi-line", "a = \"\"\"\nx\\\n   y\r\nz\"\"\"\nb = '''\n\\n''q'''''\n", `{"a":"xy\nz","b":"\\n''q''"}`},
	{"quotes inside", "a = \"\"\"\"\"x\"\"\"\"\"\n", `{"a":"\"\"x\"\""}`},
	{"byte order mark", "\ufeffa = 1", `{"a":1}`},
	{"windows", "a = 1\r\n[b]\r\nc = 2\r\n", `{"a":1,"b":{"c":2}}`},
	{"empty", "# nothing", `{}`},
	{"empty key", `"" = 1`, `{"":1}`},

	{"twice", "a = 1\na = 2", `error f:2:1: the key "a" is already defined`},
	{"table twice", "[a]\n[a]", `error f:2:2: the key "a" is already defined`},
	{"table and value", "a = 1\n[a.b]", `error f:2:2: the key "a" is already defined`},
	{"table of an inline table", "a = {}\n[a.b]", `error f:2:2: the key "a" is already defined`},
	{"dotted inside inline", "a = { b.c = 1 }\na.b.d = 1", `error f:2:1: the key "a" is already defined`},
	{"dotted into a table", "[a.b]\n[a]\nb.c = 1", `error f:3:1: the key "b" is already defined`},
	{"header of a dotted table", "[f]\na.c = 1\n[f.a]", `error f:3:4: the key "a" is already defined`},
	{"array of tables over a list", "a = []\n[[a]]", `error f:2:3: the key "a" is already defined`},
	{"table over an array of tables", "[[a]]\n[a]", `error f:2:2: the key "a" is already defined`},
	{"no value", "a =\nb = 1", `error f:1:4: expected a value, found the end of the line`},
	{"no quotes", "key = secret-token", `error f:1:7: this is no number, date, true or false; text stands in quotes`},
	{"no quotes but digits", "key = 12ab34", `error f:1:7: this is no number, date, true or false; text stands in quotes`},
	{"no equals", "a 1", `error f:1:3: expected '=' after the key, found other text`},
	{"no key", "= 1", `error f:1:1: expected a key, found '='`},
	{"two values", "a = 1 2", `error f:1:7: expected the end of the line, found other text`},
	{"open string", "a = \"x\nb = 1", `error f:1:7: a string without its closing quote: it ends with its line`},
	{"open to the end", "a = '''x", `error f:1:5: a string without its closing quote`},
	{"bad escape", `a = "C:\dir"`, `error f:1:8: an escape that TOML does not allow; a string in single quotes has none`},
	{"surrogate", `a = "\ud800"`, `error f:1:6: an escape that TOML does not allow; a string in single quotes has none`},
	{"control character", "a = \"x\x01\"", `error f:1:7: a control character inside a string`},
	{"control in a comment", "# x\x01", `error f:1:4: a control character in a comment`},
	{"open list", "a = [1", `error f:1:7: expected ',' or ']', found the end of the document`},
	{"open table name", "[a", `error f:1:3: expected ']' after the table's name, found the end of the document`},
	{"half an array", "[[a]", `error f:1:4: expected ']]' after the table's name, found ']'`},
	{"multi-line key", `"""a""" = 1`, `error f:1:1: a key cannot be a multi-line string`},
	{"leading zero", "a = 012", `error f:1:5: this is no number, date, true or false; text stands in quotes`},
	{"bad underscore", "a = 1__0", `error f:1:5: this is no number, date, true or false; text stands in quotes`},
	{"bad date", "a = 2020-02-31", `error f:1:5: invalid datetime: …`},
	{"bad bytes", "a = 'x'\nb = '\xff'", `error f:2:6: a TOML file must be UTF-8 text`},
	{"nul", "a = 'x'\n\x00", `error f:2:1: a TOML file must be UTF-8 text`},
	{"utf-16", "\xff\xfea\x00", `error f:1:1: a TOML file must be UTF-8 text`},
}

func parseTOML(file string, data []byte) (*Node, []Warning, error) {
	n, err := ParseTOML(file, data)
	return n, nil, err
}

func TestParseTOML(t *testing.T) { readCases(t, parseTOML, tomlCases) }

func TestTOMLPositions(t *testing.T) {
	const in = `# c
title = "é" # x
[server]
  name = 'n'
  config = { a = 1, b.c = [
    10,
    { d = 2 },
  ] }
[[server.securitySchemes]]
id = "one"
[[server.securitySchemes]]
id = "two"
flows.authorizationCode.tokenUrl = "u"
  [server.securitySchemes.client]
  scopes = ["a", "b"]
`
	n, err := ParseTOML("f", []byte(in))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"title": "f:2:9", "server": "f:3:2", "server.name": "f:4:10", "server.config": "f:5:12",
		"server.config.a": "f:5:18", "server.config.b": "f:5:21", "server.config.b.c": "f:5:27",
		"server.config.b.c[0]": "f:6:5", "server.config.b.c[1].d": "f:7:11",
		"server.securitySchemes": "f:9:10", "server.securitySchemes[0]": "f:9:10", "server.securitySchemes[1]": "f:11:10",
		"server.securitySchemes[1].id": "f:12:6", "server.securitySchemes[1].flows.authorizationCode.tokenUrl": "f:13:36",
		"server.securitySchemes[1].client": "f:14:27", "server.securitySchemes[1].client.scopes[1]": "f:15:18",
		"server.securitySchemes[1].nothing.here": "f:11:10", "server.securitySchemes[9]": "f:9:10",
	} {
		if got := n.PosAt(path).String(); got != want {
			t.Errorf("PosAt(%q) = %s, want %s", path, got, want)
		}
	}
	if got := n.At("server.securitySchemes[1]").Members[1].KeyPos.String(); got != "f:13:1" {
		t.Errorf("the dotted key stands at %s", got)
	}
}

func TestTOMLLimits(t *testing.T) {
	for name, in := range map[string]string{
		"brackets": "a = " + strings.Repeat("[", 1<<20),
		"braces":   strings.Repeat("a={", 1<<18),
		"dots":     strings.Repeat("a.", 1<<19) + "a = 1",
		"header":   "[" + strings.Repeat("a.", 1<<19) + "a]",
		"together": "[" + strings.Repeat("a.", 60) + "a]\n" + strings.Repeat("b.", 60) + "b = 1",
		"arrays":   "a = " + strings.Repeat("[", 101) + strings.Repeat("]", 101),
	} {
		_, err := ParseTOML("f", []byte(in))
		if err == nil || !strings.Contains(err.Error(), "levels of nesting") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseTOML("f", []byte("a = "+strings.Repeat("[", 99)+strings.Repeat("]", 99))); err != nil {
		t.Error(err)
	}
	var many strings.Builder
	for i := range 20_000 {
		many.WriteString("k" + strconv.Itoa(i) + " = 1\n")
	}
	if n, err := ParseTOML("f", []byte(many.String())); err != nil || len(n.Members) != 20_000 {
		t.Errorf("20000 keys: %v", err)
	}
}

func TestNoSecretInTOMLErrors(t *testing.T) {
	const secret = "hunter2topsecret"
	for _, in := range []string{
		"a = " + secret, "a = \"" + secret, "a = '" + secret + "\n'", "a = [" + secret + "]", "a = 1_" + secret,
		"a = \"" + secret + "\" x", "a = 20" + secret, "a = 2020-01-01" + secret, "a = \"\\q" + secret + "\"", secret, "a = +" + secret,
		"a = 0x" + secret, "a = \"\"\"" + secret, "a = 1__" + strings.Repeat("7", 30), "a = 1.7e7_" + "_5",
	} {
		_, err := ParseTOML("f", []byte(in))
		if err == nil {
			t.Errorf("%q is accepted", in)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "777") || strings.Contains(err.Error(), "1.7") {
			t.Errorf("%q: the error shows the value: %v", in, err)
		}
	}
}

func TestWithoutValues(t *testing.T) {
	for in, want := range map[string]string{
		`Invalid integer "12__3": underscores`: `invalid integer …: underscores`,
		`expected value but found "x" instead`: `expected value but found … instead`,
		`found '"quoted"' here`:                `found … here`,
		`found 'it's' here`:                    `found …`,
		``:                                     ``,
	} {
		if got := withoutValues(in); strings.Contains(got, "quoted") || want != got && in != `found '"quoted"' here` {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// FuzzParseTOML: what the scanner accepts has the values that the library reads,
// at places inside the document; and the scanner accepts no less than the library.
func FuzzParseTOML(f *testing.F) {
	for _, c := range tomlCases {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := ParseTOML("f", data)
		var want map[string]any
		libraryErr := libraryTOML(string(data), &want)
		if err != nil {
			positioned(t, err, lineCount(data))
			return
		}
		inside(t, n, lineCount(data))
		if libraryErr != nil {
			if !strings.Contains(libraryErr.Error(), "out of range") {
				t.Fatalf("accepted, but the library says %v", libraryErr)
			}
			return
		}
		compareTOML(t, n, want)
	})
}

func libraryTOML(text string, into *map[string]any) (err error) {
	defer func() {
		if recover() != nil {
			err = errLibrary
		}
	}()
	_, err = toml.Decode(text, into)
	return err
}

var errLibrary = &Error{Message: "the library panicked"}

// compareTOML compares a node with a value of the library.
func compareTOML(t *testing.T, n *Node, want any) {
	t.Helper()
	if n == nil {
		t.Fatalf("missing: %v", want)
	}
	switch want := want.(type) {
	case map[string]any:
		if n.Kind != Table || len(n.Members) != len(want) {
			t.Fatalf("%s: %s, want %d members", n.Pos, n.JSON(), len(want))
		}
		for k, v := range want {
			compareTOML(t, n.Get(k), v)
		}
	case []map[string]any:
		items := make([]any, len(want))
		for i := range want {
			items[i] = want[i]
		}
		compareTOML(t, n, items)
	case []any:
		if n.Kind != List || len(n.Items) != len(want) {
			t.Fatalf("%s: %s, want %d items", n.Pos, n.JSON(), len(want))
		}
		for i := range want {
			compareTOML(t, n.Items[i], want[i])
		}
	case string:
		if n.Kind != String || n.Text != strings.ReplaceAll(want, "\r\n", "\n") && n.Text != want {
			t.Fatalf("%s: %q, want %q", n.Pos, n.Text, want)
		}
	case bool:
		if n.Kind != Bool || n.Bool != want {
			t.Fatalf("%s: %v, want %v", n.Pos, n.Bool, want)
		}
	case int64:
		if n.Kind != Number || string(n.JSON()) != strconv.FormatInt(want, 10) && !(want == 0 && string(n.JSON()) == "-0") {
			t.Fatalf("%s: %s, want %d", n.Pos, n.JSON(), want)
		}
	case float64:
		var got float64
		if math.IsInf(want, 0) || math.IsNaN(want) {
			if n.Kind != String {
				t.Fatalf("%s: %s, want %v as text", n.Pos, n.JSON(), want)
			}
		} else if err := json.Unmarshal(n.JSON(), &got); err != nil || got != want {
			t.Fatalf("%s: %s, want %v", n.Pos, n.JSON(), want)
		}
	case time.Time:
		if n.Kind != String {
			t.Fatalf("%s: %s, want a date as text", n.Pos, n.JSON())
		}
	default:
		t.Fatalf("a value of type %s", reflect.TypeOf(want))
	}
}
