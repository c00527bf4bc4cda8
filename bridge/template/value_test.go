package template

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

func TestNative(t *testing.T) {
	for raw, want := range map[string]any{
		`null`:                            nil,
		`true`:                            true,
		`false`:                           false,
		`"x"`:                             "x",
		`"\u00fc\n"`:                      "ü\n",
		`5`:                               5,
		`-1.25`:                           -1.25,
		`[]`:                              []any{},
		`{}`:                              map[string]any{},
		`[1,"a",null,[true],{"k":2.5}]`:   []any{1, "a", nil, []any{true}, map[string]any{"k": 2.5}},
		`{"a":[1],"b":{"c":1e2},"a":"x"}`: map[string]any{"a": "x", "b": map[string]any{"c": 100}},
		`[12345678901234567890]`:          []any{json.Number("12345678901234567890")},
	} {
		if got := (value{gjson.Parse(raw)}).native(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v", raw, got)
		}
	}
	if got := (value{}).native(); got != nil {
		t.Error(got)
	}
}

func TestValueAsJSON(t *testing.T) {
	for raw, want := range map[string]string{
		``:                             "null",
		`null`:                         "null",
		`"a b"`:                        `"a b"`,
		`1.50`:                         "1.50",
		`[1,2]`:                        "[1,2]",
		"{ \"a\" :\t[ 1,\r\n2 ] }":     `{"a":[1,2]}`,
		`{"a":"<\u003c> \n","b c":""}`: `{"a":"<\u003c> \n","b c":""}`,
	} {
		if got := (value{gjson.Parse(raw)}).json(); got != want {
			t.Errorf("%s: %s", raw, got)
		}
	}
}

func TestGet(t *testing.T) {
	type names map[string]string
	inner := map[string]any{"x": map[string]any{"y": 1}, "l": []any{1}, "v": value{gjson.Parse(`{"w":[5]}`)}, "n": nil}
	for _, c := range []struct {
		base any
		path string
		want any
	}{
		{inner, "x.y", 1},
		{inner, "x", inner["x"]},
		{inner, "x.z", nil},
		{inner, "z.y", nil},
		{inner, "l.0", nil}, // lists of functions have no members
		{inner, "n.x", nil},
		{names{"a": "b"}, "a", "b"},
		{names{"a": "b"}, "c", nil},
		{names{"a": "b"}, "a.b", nil},
		{map[int]string{1: "a"}, "1", nil},
		{nil, "a", nil},
		{"text", "a", nil},
		{5, "a", nil},
	} {
		if got := get(c.base, c.path); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v of %v: %v", c.path, c.base, got)
		}
	}
	if got := text(get(inner, "v.w.0")); got != "5" {
		t.Error(got)
	}
}

func TestNativeNumber(t *testing.T) {
	for raw, want := range map[string]any{
		"7":                     7,
		"-0":                    0,
		"1.5":                   1.5,
		"1e3":                   1000,
		"2.0":                   2,
		"0.1":                   0.1,
		"1e-7":                  1e-7,
		"12345678901234567890":  json.Number("12345678901234567890"),
		"-12345678901234567890": json.Number("-12345678901234567890"),
		"0.1234567890123456789": json.Number("0.1234567890123456789"),
		"1e999":                 json.Number("1e999"),
		"1e30":                  1e30,
		"9007199254740993":      9007199254740993,
	} {
		if got := nativeNumber(raw); got != want {
			t.Errorf("%s: %T %v, want %T %v", raw, got, got, want, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	v := func(s string) value { return value{gjson.Parse(s)} }
	for _, c := range []struct {
		of   any
		want string // "": none
	}{
		{1, "1"},
		{uint8(2), "2"},
		{1.5, "3/2"},
		{float32(0.5), "1/2"},
		{math.NaN(), ""},
		{math.Inf(1), ""},
		{"5", ""},
		{nil, ""},
		{true, ""},
		{json.Number("12"), "12"},
		{json.Number("x"), ""},
		{v(`12345678901234567890`), "12345678901234567890"},
		{v(`1e2`), "100"},
		{v(`"5"`), ""},
		{v(`1e999999999`), ""},
		{v(`1e-999999999`), ""},
		{v(strings.Repeat("9", 5000)), ""},
	} {
		r, ok := number(c.of)
		if ok != (c.want != "") || ok && r.RatString() != c.want {
			t.Errorf("%.40v: %v %v", c.of, r, ok)
		}
	}
	for _, c := range []struct {
		of   any
		want int64
		ok   bool
	}{
		{5, 5, true},
		{5.9, 5, true},
		{-5.9, -5, true},
		{" 7 ", 7, true},
		{"7.5", 0, false},
		{"x", 0, false},
		{nil, 0, false},
		{v(`3.7`), 3, true},
		{v(`1e30`), 0, false},
		{v(`"12"`), 12, true},
		{json.Number("9"), 9, true},
		{uint64(math.MaxUint64), 0, false},
		{math.Inf(1), 0, false},
	} {
		if n, err := whole(c.of); n != c.want && c.ok || (err == nil) != c.ok {
			t.Errorf("%v: %d %v", c.of, n, err)
		}
	}
}

func TestCompare(t *testing.T) {
	v := func(s string) value { return value{gjson.Parse(s)} }
	for _, c := range []struct {
		a, b  any
		order int
		alike bool
	}{
		{1, 2, -1, true},
		{2.0, 2, 0, true},
		{v("12345678901234567891"), v("12345678901234567890"), 1, true},
		{"a", "b", -1, true},
		{v(`"a"`), "a", 0, true},
		{v("5"), "5", 0, true},
		{v("5"), "6", -1, true},
		{v("42"), "42.0", 0, true},
		{"1e1", 10, 0, true},
		{v(`"5"`), 5, 0, true},
		{"42", "42.0", -1, true}, // two texts
		{v("5"), "x", -1, false},
		{"", 0, -1, false},
		{v(`"x"`), 1.5, 1, false},
		{"0x10", 16, -1, false}, // no number of JSON
		{strings.Repeat("[", 5000), 5, 1, false},
		{v("true"), true, 0, true},
		{true, "true", 0, false},
		{v("true"), v(`"true"`), 0, false},
		{nil, "", 0, true},
		{v("null"), nil, 0, true},
		{v("[1]"), "[1]", 0, true},
		{v("1.0"), 1, 0, true},
		{json.Number("1"), 1, 0, true},
	} {
		if order, alike := compare(c.a, c.b); order != c.order || alike != c.alike {
			t.Errorf("%.20v and %.20v: %d %v", c.a, c.b, order, alike)
		}
		if order, alike := compare(c.b, c.a); order != -c.order || alike != c.alike {
			t.Errorf("%.20v and %.20v: %d %v", c.b, c.a, order, alike)
		}
	}
}

// FuzzValues holds the laws of values: what prints is what is written, toJson writes
// the same value on one line, range goes over
// every item, and a value is as true for a function as for a condition.
func FuzzValues(f *testing.F) {
	f.Add(document)
	f.Add(things)
	for _, s := range []string{`[1,2.50,-0,1e3,1E-2,12345678901234567890]`, `{"a":"\ud83d\ude00\u0000\ud800","a":1}`, ` [ ] `, "\"<\\/>\"", `[[[{}]]]`, `{"":{"":""}}`, "99E-999", "1e999"} {
		f.Add(s)
	}
	whole, err := Parse("t", "{{.}}")
	if err != nil {
		f.Fatal(err)
	}
	asJSON, err := Parse("t", "{{. | toJson}}")
	if err != nil {
		f.Fatal(err)
	}
	count, err := Parse("t", "{{$n := 0}}{{range .}}{{$n = add $n 1}}{{end}}{{$n}}")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data string) {
		if !json.Valid([]byte(data)) || len(data) > 10_000 || deep(data) {
			return
		}
		v := value{gjson.Parse(data)}
		printed, err := whole.Render([]byte(data), env())
		if err != nil || v.r.Type != gjson.Null && v.r.Type != gjson.String && printed != strings.Trim(data, " \t\r\n") {
			t.Fatalf("%q printed %q, %v", data, printed, err)
		}
		compact, err := asJSON.Render([]byte(data), env())
		if err != nil || !json.Valid([]byte(compact)) || strings.ContainsAny(compact, "\r\n\t") {
			t.Fatalf("%q as JSON: %q, %v", data, compact, err)
		}
		if again := (value{gjson.Parse(compact)}); !reflect.DeepEqual(again.native(), v.native()) {
			t.Fatalf("%q as JSON: %q", data, compact)
		}
		if v.r.IsArray() {
			n, err := count.Render([]byte(data), env())
			if want := fmt.Sprint(len(v.r.Array())); err != nil || n != want {
				t.Fatalf("%q: %s items, want %s, %v", data, n, want, err)
			}
		}
		if truth(v) != truth(v.native()) {
			t.Fatalf("%q: true for conditions, false for functions, or the other way round", data)
		}
	})
}
