package doc

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

var jsonCases = []readCase{
	{"scalars", `[null, true, false, "a", -0.5e+3]`, `[null,true,false,"a",-0.5e+3]`},
	{"every digit", `{"n": 12345678901234567890, "f": 0.10, "e": 1E400}`, `{"n":12345678901234567890,"f":0.10,"e":1E400}`},
	{"escapes", `"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\té😀\""},
	{"lone surrogate", `"\ud800x"`, "\"\uFFFDx\""},
	{"surrogate and no other", `"\ud800A"`, "\"\uFFFDA\""},
	{"members in order", `{"b": 1, "a": {"d": [], "c": {}}}`, `{"b":1,"a":{"d":[],"c":{}}}`},
	{"repeated key", "{\"a\": 1,\n \"a\": 2}", "{\"a\":2}\nwarning f:2:2: duplicate key \"a\" (first on line 1); the later value is used"},
	{"trailing commas", "[1,\n{\"a\": 2,},]", "[1,{\"a\":2}]\nwarning f:2:8: a trailing comma\nwarning f:2:10: a trailing comma"},
	{"byte order mark", "\ufeff[1]", "[1]\nwarning f:1:1: the document begins with a byte order mark"},
	{"utf-16 little", "\xff\xfe[\x001\x00]\x00", "[1]\nwarning f:1:1: the document is UTF-16: UTF-8 is expected"},
	{"utf-16 big", "\xfe\xff\x00[\x001\x00]", "[1]\nwarning f:1:1: the document is UTF-16: UTF-8 is expected"},
	{"utf-16 unmarked", "[\x001\x00]\x00", "[1]\nwarning f:1:1: the document is UTF-16: UTF-8 is expected"},
	{"utf-16 big unmarked", "\x00[\x001\x00]", "[1]\nwarning f:1:1: the document is UTF-16: UTF-8 is expected"},
	{"bad bytes", "{\n\"a\": \"x\xffy\"}", "{\"a\":\"x\uFFFDy\"}\nwarning f:2:8: the document has bytes that are not UTF-8: replaced"},
	{"column counts characters", "[\"äöü€😀\", x]", "error f:1:11: expected a value, found other text"},
	{"empty", ``, `error f:1:1: expected a value, found the end of the document`},
	{"unclosed", "{\"a\": [1,\n  2", `error f:2:4: expected ',' or ']', found the end of the document`},
	{"more after it", `{} {}`, `error f:1:4: expected the end of the document, found '{'`},
	{"no colon", `{"a" 1}`, `error f:1:6: expected ':' after the key, found other text`},
	{"bare key", `{a: 1}`, `error f:1:2: expected a key in double quotes, found other text`},
	{"no value", `{"a": }`, `error f:1:7: expected a value, found '}'`},
	{"only a comma", `[,]`, `error f:1:2: expected a value, found ','`},
	{"two commas", `[1,,]`, `error f:1:4: expected a value, found ','`},
	{"leading zero", `[01]`, `error f:1:2: a number that JSON does not allow`},
	{"plus", `[+1]`, `error f:1:2: expected a value, found '+'`},
	{"no fraction", `[1.]`, `error f:1:2: a number that JSON does not allow`},
	{"no exponent", `[1e]`, `error f:1:2: a number that JSON does not allow`},
	{"line end in a string", "[\"a\nb\"]", `error f:1:4: a control character inside a string`},
	{"bad escape", `["a\x"]`, `error f:1:4: an escape that JSON does not allow`},
	{"short escape", `["\u12"]`, `error f:1:3: an escape that JSON does not allow`},
	{"open string", `["a`, `error f:1:2: a string without its closing quote`},
	{"open string after an escape", `["a\n`, `error f:1:2: a string without its closing quote`},
	{"comment", "[1] // no", `error f:1:5: expected the end of the document, found '/'`},
	{"not a word", `[nul]`, `error f:1:2: expected a value, found other text`},
	{"words together", `[truefalse]`, `error f:1:6: expected ',' or ']', found other text`},
}

func TestParseJSON(t *testing.T) { readCases(t, ParseJSON, jsonCases) }

func TestJSONPositions(t *testing.T) {
	n, _, err := ParseJSON("f", []byte("{\n  \"a\": [\n    1,\r\n    {\"é\": \"ü\", \"c\": true}\n  ]\n}"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"": "f:1:1", "a": "f:2:8", "a[0]": "f:3:5", "a[1]": "f:4:5", "a[1].é": "f:4:11", "a[1].c": "f:4:21",
		"a[1].none": "f:4:5", "a[7].x": "f:2:8", "b.c": "f:1:1",
	} {
		if got := n.PosAt(path).String(); got != want {
			t.Errorf("PosAt(%q) = %s, want %s", path, got, want)
		}
	}
	if got := n.At("a[1]").Members[1].KeyPos.String(); got != "f:4:16" {
		t.Errorf("the key c stands at %s, want f:4:16", got)
	}
}

func TestJSONLimits(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, _, err := ParseJSON("f", deep(MaxDepth)); err != nil {
		t.Errorf("%d levels: %v", MaxDepth, err)
	}
	for _, in := range [][]byte{deep(MaxDepth + 2), []byte(strings.Repeat("[", 1<<20)), []byte(strings.Repeat(`{"a":`, 1<<18))} {
		if _, _, err := ParseJSON("f", in); err == nil || !strings.Contains(err.Error(), "levels of nesting") {
			t.Errorf("%d bytes of nesting: %v", len(in), err)
		}
	}
	var b strings.Builder
	for range 1000 {
		b.WriteString(`"k":1,`)
	}
	n, w, err := ParseJSON("f", []byte("{"+b.String()+`"z":2}`))
	if err != nil || len(n.Members) != 2 || len(w) != maxWarnings+1 {
		t.Errorf("1000 repetitions: %d members, %d warnings, %v", len(n.Members), len(w), err)
	}
}

func TestFromJSON(t *testing.T) {
	if n, err := FromJSON([]byte(`{"a":[1]}`)); err != nil || string(n.JSON()) != `{"a":[1]}` {
		t.Errorf("%s, %v", n.JSON(), err)
	}
	for _, bad := range []string{`{"a":1,"a":2}`, `[1,]`, ``, "\ufeff1"} {
		if _, err := FromJSON([]byte(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestManyKeysStayUnique(t *testing.T) {
	in := `{"a0":0,"a1":0,"a2":0,"a3":0,"a4":0,"a5":0,"a6":0,"a7":0,"a8":0,"a9":0,"b0":0,"b1":0,"b2":0,"a3":{"x":1,"x":2}}`
	n, w, err := ParseJSON("f", []byte(in))
	if err != nil || len(n.Members) != 13 || len(w) != 2 || string(n.Get("a3").JSON()) != `{"x":2}` {
		t.Errorf("%s %v %v", n.JSON(), w, err)
	}
}

// FuzzParseJSON: what encoding/json reads is read the same; an error is inside the
// document.
func FuzzParseJSON(f *testing.F) {
	for _, c := range jsonCases {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, _, err := ParseJSON("f", data)
		if err != nil {
			if json.Valid(data) && !strings.Contains(err.Error(), "levels of nesting") && !utf16Like(data) {
				t.Fatalf("valid JSON is refused: %v", err)
			}
			positioned(t, err, lineCount(data)+len(data))
			return
		}
		inside(t, n, lineCount(data)+len(data))
		out := n.JSON()
		if !json.Valid(out) {
			t.Fatalf("not JSON: %q", out)
		}
		if json.Valid(data) && utf8.Valid(data) && !utf16Like(data) && !sameJSON(t, data, out) {
			t.Fatalf("%q is read as %q", data, out)
		}
		again, err := FromJSON(out)
		if err != nil || string(again.JSON()) != string(out) {
			t.Fatalf("%q does not stay the same: %v", out, err)
		}
	})
}

// utf16Like reports whether the document is read as UTF-16, which JSON's own
// grammar never allows inside but a NUL could look like.
func utf16Like(data []byte) bool { return strings.IndexByte(string(data), 0) >= 0 }

// TestSmallDocumentsTakeLittle holds the arguments of a call, which are read with
// every call, to a memory of their size.
func TestSmallDocumentsTakeLittle(t *testing.T) {
	const most, rounds = 4 << 10, 100
	data := []byte(`{"id": "abc", "limit": 30, "tags": ["a", "b"]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		if _, err := FromJSON(data); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) / rounds; took > most {
		t.Errorf("%d bytes of memory for %d of JSON", took, len(data))
	}
}
