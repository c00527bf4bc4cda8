package doc

import (
	"strings"
	"testing"
	"unicode/utf8"
)

var writeCases = []struct{ in, line, text string }{
	{"", `""`, `""`},
	{"plain", `"plain"`, `"plain"`},
	{`a"b`, `'a"b'`, `'a"b'`},
	{`C:\dir`, `'C:\dir'`, `'C:\dir'`},
	{`it's "x"`, `"it's \"x\""`, `"it's \"x\""`},
	{"a\tb", `"a\tb"`, `"a\tb"`},
	{"é😀", `"é😀"`, `"é😀"`},
	{"\x00\x7f\r", `"\u0000\u007f\r"`, `"\u0000\u007f\r"`},
	{"a\nb", `"a\nb"`, "\"\"\"\na\nb\"\"\""},
	{"\n", `"\n"`, "\"\"\"\n\n\"\"\""},
	{"{{ \"\\n\" }}\n", ``, "'''\n{{ \"\\n\" }}\n'''"},
	{"say \"hi\"\n\"", ``, "\"\"\"\nsay \"hi\"\n\\\"\"\"\""},
	{"x\"\"\"y\n", ``, "\"\"\"\nx\\\"\\\"\"y\n\"\"\""},
	{"\\ '''\n'", ``, "\"\"\"\n\\\\ '''\n'\"\"\""},
	{"a\r\nb\\", ``, "\"\"\"\na\\r\nb\\\\\"\"\""},
}

func TestTOMLStrings(t *testing.T) {
	for _, c := range writeCases {
		if got := TOMLText(c.in); got != c.text {
			t.Errorf("TOMLText(%q) = %s, want %s", c.in, got, c.text)
		}
		if got := TOMLLine(c.in); c.line != "" && !strings.Contains(c.in, "\n") && got != c.line {
			t.Errorf("TOMLLine(%q) = %s, want %s", c.in, got, c.line)
		}
	}
}

func TestTOMLKey(t *testing.T) {
	for in, want := range map[string]string{"a-B_1": "a-B_1", "": `""`, "a.b": `"a.b"`, "é": `"é"`, `q"`: `'q"'`} {
		if got := TOMLKey(in); got != want {
			t.Errorf("TOMLKey(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestNodeTOML(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":[1,"x",true,{}],"b c":{"d":1e5}}`: `{ a = [1, "x", true, {}], "b c" = { d = 1e5 } }`,
		`[]`:                                    `[]`,
		`12345678901234567890`:                  `12345678901234567890`,
	} {
		n, err := FromJSON([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := n.TOML(); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", in, got, err, want)
		}
	}
	for in, want := range map[string]string{`{"a":null}`: "TOML has no null", `[null]`: "TOML has no null",
		strings.Repeat("[", 90) + strings.Repeat("]", 90): "nested too deep for TOML"} {
		n, err := FromJSON([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.TOML(); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

// FuzzTOMLStrings: every text that is written is read again as it was.
func FuzzTOMLStrings(f *testing.F) {
	for _, c := range writeCases {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			s = strings.ToValidUTF8(s, "?")
		}
		in := TOMLKey(s) + " = [" + TOMLLine(s) + ", " + TOMLText(s) + "]"
		n, err := ParseTOML("f", []byte(in))
		if err != nil {
			t.Fatalf("%v in %s", err, in)
		}
		for _, item := range n.Get(s).Items {
			if item.Text != s {
				t.Fatalf("%q is read as %q from %s", s, item.Text, in)
			}
		}
		if strings.Contains(TOMLLine(s), "\n") {
			t.Fatalf("not one line: %q", TOMLLine(s))
		}
	})
}

// FuzzNodeTOML: JSON without null goes through TOML without a change.
func FuzzNodeTOML(f *testing.F) {
	for _, c := range jsonCases {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := FromJSON(data)
		if err != nil {
			return
		}
		text, err := n.TOML()
		if err != nil {
			return
		}
		again, err := ParseTOML("f", []byte("v = "+text))
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if got, want := string(again.Get("v").JSON()), string(n.JSON()); got != want {
			t.Fatalf("%s becomes %s by %s", want, got, text)
		}
	})
}
