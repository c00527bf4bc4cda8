package doc

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var yamlCases = []readCase{
	{"kinds", "a: 1\nb: text\nc: [x, 2.50, true, ~]\nd: {e: 'f'}\n", `{"a":1,"b":"text","c":["x",2.50,true,null],"d":{"e":"f"}}`},
	{"numbers as written", "a: 1.10\nb: 0x1F\nc: 0o17\nd: 1_000\ne: 12345678901234567890123\nf: +3\ng: 0777", `{"a":1.10,"b":31,"c":15,"d":1000,"e":12345678901234567890123,"f":3,"g":511}`},
	{"no numbers", "a: .inf\nb: .nan\nc: 2020-01-01\nd: '12'\ne: !!str 12\nf: 1:30", `{"a":".inf","b":".nan","c":"2020-01-01","d":"12","e":"12","f":"1:30"}`},
	{"words", "a: yes\nb: on\nc: True\nd: !!bool maybe\ne: null\nf:", `{"a":"yes","b":"on","c":true,"d":"maybe","e":null,"f":null}`},
	{"keys are text", "200: ok\ntrue: yes\n1.0: x\nnull: n", `{"200":"ok","true":"yes","1.0":"x","null":"n"}`},
	{"blocks", "a: |\n  x\n   y\nb: >-\n  p\n  q\n", `{"a":"x\n y\n","b":"p q"}`},
	{"alias", "a: &x {k: [1]}\nb: *x\n", `{"a":{"k":[1]},"b":{"k":[1]}}`},
	{"merge", "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3\n", `{"a":{"k":1,"l":2},"b":{"l":3,"k":1}}`},
	{"merge of several", "a: &x {k: 1}\nc: &y {k: 2, m: 3}\nb: {<<: [*x, *y]}\n", `{"a":{"k":1},"c":{"k":2,"m":3},"b":{"k":1,"m":3}}`},
	{"merge of none", "b: {<<: 3}", `error f:1:9: a merge key needs a table or a list of tables`},
	{"repeated key", "a: 1\nb: 2\na: 3\n", "{\"a\":3,\"b\":2}\nwarning f:3:1: duplicate key \"a\" (first on line 1); the later value is used"},
	{"a list as a key", "? [a]\n: 1\nb: 2", "{\"b\":2}\nwarning f:1:3: a key that is not text: left out"},
	{"several documents", "a: 1\n---\nb: 2\n", "{\"a\":1}\nwarning f:1:1: the file holds several YAML documents: only the first is read"},
	{"empty", "# nothing\n", `null`},
	{"tab", "a:\n\t- b\n", `error f:2:1: found character that cannot start any token`},
	{"unknown anchor", "a: *nobody", `error f:1:1: unknown anchor 'nobody' referenced`},
	{"unclosed", "a: [1, 2\nb: 3\n", `error f:1:1: did not find expected ',' or ']'`},
	{"alias in itself", "a: &x [*x]", `error f:1:8: the alias stands inside what it stands for`},
	{"bad bytes", "a: \xff", "{\"a\":\"\uFFFD\"}\nwarning f:1:4: the document has bytes that are not UTF-8: replaced"},
	{"text", "only text", `"only text"`},
}

func TestParseYAML(t *testing.T) { readCases(t, ParseYAML, yamlCases) }

func TestParseByContent(t *testing.T) {
	for _, c := range []struct{ file, in, want string }{
		{"f.yaml", "a: 1", `{"a":1}`},
		{"f", " \n{\"a\": 1}", `{"a":1}`},
		{"f.json", "{a: 1}", `error f.json:1:2: expected a key in double quotes, found other text`},
		{"f.yaml", "{a: 1} # flow", `{"a":1}`},
		{"f.YML", "[a, b]", `["a","b"]`},
		{"f.yaml", "{a: [1}", `error f.yaml:1:2: expected a key in double quotes, found other text`},
		{"f", "", `null`},
		{"f", "a: [", `error f:1:1: did not find expected node content`},
		{"f.json", "\ufeff{\"a\": 1,}", "{\"a\":1}\nwarning f.json:1:1: the document begins with a byte order mark\nwarning f.json:1:8: a trailing comma"},
	} {
		if got := outcome(Parse(c.file, []byte(c.in))); got != c.want {
			t.Errorf("%s %q\n got %s\nwant %s", c.file, c.in, got, c.want)
		}
	}
}

func TestYAMLLimits(t *testing.T) {
	bomb := "a0: &a0 [x, x]\n"
	for i := 1; i < 40; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	chain := "a0: &a0 [x]\n"
	for i := 1; i < 1200; i++ {
		chain += fmt.Sprintf("a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	for name, in := range map[string]string{
		"bomb": bomb, "chain": chain,
		"brackets":      strings.Repeat("[", 1<<20),
		"closed":        strings.Repeat("[", 1200) + strings.Repeat("]", 1200),
		"braces":        strings.Repeat("{a: ", 1<<18),
		"dashes":        strings.Repeat("- ", 1<<19),
		"question":      strings.Repeat("? ", 1<<19),
		"keys by lines": nestedKeys(1200),
	} {
		_, _, err := ParseYAML("f", []byte(in))
		if err == nil {
			t.Errorf("%s is accepted", name)
			continue
		}
		positioned(t, err, strings.Count(in, "\n")+1)
	}
	if _, _, err := ParseYAML("f", []byte(nestedKeys(200))); err != nil {
		t.Error(err)
	}
}

func nestedKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestYAMLPositions(t *testing.T) {
	n, _, err := ParseYAML("f", []byte("a: &x\n  - ü: 1\n    b: 'two'\nc: *x\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a": "f:1:4", "a[0]": "f:2:5", "a[0].b": "f:3:8", "c": "f:4:4", "c[0].b": "f:3:8"} {
		if got := n.PosAt(path).String(); got != want {
			t.Errorf("PosAt(%q) = %s, want %s", path, got, want)
		}
	}
}

var signInside = regexp.MustCompile(`^[-+]?0[box][-+]`)

// FuzzParseYAML: every position is inside the document, and what the library
// decodes into Go values is the same tree.
func FuzzParseYAML(f *testing.F) {
	for _, c := range yamlCases {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 2000 {
			return
		}
		n, w, err := ParseYAML("f", data)
		lines := len(data) + 2 // YAML knows more line ends than the line feed
		if err != nil {
			positioned(t, err, lines)
			return
		}
		inside(t, n, lines)
		if n.Kind != Table || len(w) > 0 {
			return
		}
		var want map[string]any
		if yaml.Unmarshal(data, &want) != nil {
			return
		}
		for key, v := range want {
			s, isText := v.(string)
			got := n.Get(key)
			if got != nil && signInside.MatchString(got.Text) {
				continue // text by YAML 1.2 (section 10.3.2); the library takes a sign behind 0o
			}
			if isText && (got == nil || got.Kind != String || got.Text != s) {
				t.Fatalf("%q: the library reads %q, the tree has %s", key, s, got.JSON())
			}
			if i, ok := v.(int); ok && (got == nil || new(big.Int).SetInt64(int64(i)).String() != string(got.JSON())) {
				t.Fatalf("%q: the library reads %d, the tree has %s", key, i, got.JSON())
			}
		}
	})
}
