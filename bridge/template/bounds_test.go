package template

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"github.com/tidwall/gjson"
)

func TestSize(t *testing.T) {
	shared := []any{strings.Repeat("x", 1000)}
	for range 100 { // as a tree this has 2 to the power of 100 texts
		shared = []any{shared, shared}
	}
	for _, c := range []struct {
		of          any
		least, most int
	}{
		{"abc", 3, 3},
		{[]byte("abc"), 3, 3},
		{value{gjson.Parse(`[1,2]`)}, 5, 5},
		{[]string{"a", "b"}, 2, 40},
		{[]any{"a", 1}, 17, 60},
		{map[string]any{"k": "v"}, 2, 40},
		{[]int{1, 2, 3}, 3 * 16, 3*64 + 16},
		{map[string]string{"a": "b"}, 16, 100},
		{1, 1, 16},
		{nil, 0, 16},
		{shared, maxProduct, 2 * maxProduct},
	} {
		if n := size([]any{c.of}); n < c.least || n > c.most {
			t.Errorf("%.40v: %d, want %d to %d", reflect.TypeOf(c.of), n, c.least, c.most)
		}
	}
}

func TestProduct(t *testing.T) {
	refused := func(name string, args ...any) bool {
		in := make([]reflect.Value, len(args))
		for j, a := range args {
			in[j] = reflect.ValueOf(a)
		}
		return bounded(name, in) != nil
	}
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name string
		args []any
		want bool
	}{
		{"repeat", []any{10, "x"}, false},
		{"repeat", []any{65, long}, true},
		{"repeat", []any{math.MaxInt, "x"}, true},
		{"repeat", []any{math.MinInt, "x"}, true},
		{"until", []any{1_000_000}, false},
		{"until", []any{2_000_000}, true},
		{"until", []any{math.MinInt}, true},
		{"untilStep", []any{0, 1 << 40, 1 << 39}, true},
		{"seq", []any{1, 1_000_000_000}, true},
		{"seq", []any{"1", "1000000000"}, false}, // never so called: it takes numbers
		{"indent", []any{4, long}, false},
		{"indent", []any{1000, strings.Repeat("\n", 1<<20)}, true},
		{"replace", []any{"x", "y", long}, false},
		{"replace", []any{"x", strings.Repeat("y", 100), long}, true},
		{"replace", []any{"", strings.Repeat("y", 100), long}, true},
		{"splitList", []any{",", long}, false},
		{"splitList", []any{"", long + long}, true},
		{"split", []any{"x", long + long}, true},
		{"splitn", []any{"x", 5, long + long}, true},
		{"regexReplaceAll", []any{"x", long, "yy"}, false},
		{"regexReplaceAll", []any{"x", long, strings.Repeat("$0", 10)}, true},
		{"regexFindAll", []any{"x", long, 5}, false},
		{"regexFindAll", []any{"", long + long + long, 5}, true},
		{"wrapWith", []any{5, strings.Repeat("|", 100), long}, true},
		{"join", []any{strings.Repeat(",", 10_000), make([]any, 10_000)}, true},
		{"join", []any{",", make([]any, 10_000)}, false},
		{"uniq", []any{make([]any, 1000)}, false},
		{"uniq", []any{make([]any, 10_000)}, true},
		{"without", []any{make([]any, 1000), "a"}, false},
		{"shuffle", []any{long + long}, true},
		{"upper", []any{long}, false},
	} {
		if got := refused(c.name, c.args...); got != c.want {
			t.Errorf("%s of %d arguments: refused %v, want %v", c.name, len(c.args), got, c.want)
		}
	}
}

func TestTimesDoesNotOverflow(t *testing.T) {
	for _, c := range []struct{ a, b, least, most int }{
		{0, 5, 0, 0}, {3, 4, 12, 12}, {maxProduct, 1, maxProduct, maxProduct}, {maxProduct, 2, maxProduct + 1, maxProduct + 1},
		{math.MaxInt, math.MaxInt, maxProduct + 1, maxProduct + 1}, {math.MaxInt, 0, 0, 0},
	} {
		if n := times(c.a, c.b); n < c.least || n > c.most {
			t.Errorf("%d times %d: %d", c.a, c.b, n)
		}
	}
}

func TestNestingOfText(t *testing.T) {
	some := strings.Repeat("{{.}}", maxNesting+1) // so that it is worth looking
	for text, want := range map[string]int{
		some:                                    0,
		some + "{{if a}}{{if b}}{{end}}{{end}}": 2,
		some + "{{if a}}{{else if b}}{{else if c}}{{end}}{{if d}}{{end}}":     3,
		some + "{{- range a}}{{end}}{{  with b}}{{end}}":                      1,
		some + "{{end}}{{end}}{{end}}{{if x}}":                                1,
		some + "{{define `a`}}{{block `b` .}}{{end}}{{end}}{{print ((1))}}":   2,
		some + "{{if a}}{{if b}}{{else with c}}{{end}}{{end}}{{if d}}{{end}}": 3,
	} {
		if got := nesting(text); got != want {
			t.Errorf("%s: %d, want %d", strings.TrimPrefix(text, some), got, want)
		}
	}
}

func TestDeep(t *testing.T) {
	for _, c := range []struct {
		data string
		want bool
	}{
		{strings.Repeat("[", maxLevels) + strings.Repeat("]", maxLevels), false},
		{strings.Repeat("[", maxLevels+1), true},
		{strings.Repeat(`{"a":[`, maxLevels/2) + "1", false},
		{strings.Repeat(`{"a":[`, maxLevels/2) + "[", true},
		{`"` + strings.Repeat("[", 5000) + `"`, false},
		{`"` + strings.Repeat(`\"[`, 5000) + `"`, false},
		{`"\\"` + strings.Repeat("[", 5000), true},
		{strings.Repeat("[]", 5000), false},
		{strings.Repeat("]", 5000), false},
		{`"` + strings.Repeat("x", 5000) + `\`, false},
	} {
		if got := deep([]byte(c.data)); got != c.want {
			t.Errorf("%.20q: %v", c.data, got)
		}
	}
}

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{"uper": "upper", "tojson": "toJson", "urlqery": "urlquery", "Lower": "lower", "zzzzzzzz": "",
		strings.Repeat("a", 1000): "", "trnc": "trunc"} {
		if got := nearest(word); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "axc", 1}, {"abc", "ac", 1}, {"kitten", "sitting", 3}, {"abcdefgh", "x", 4}} {
		if got := distance(c.a, c.b, 4); got != c.want {
			t.Errorf("%q %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestEscapePath(t *testing.T) {
	document := `{"a.b":1,"*":2,"a|b":3,"#":4,"@this":5,"{x}":6,"(":7,"!v":8,"a\\b":9,"?":10,"ü":11,"":12,"plain":13,"[0]":14}`
	gjson.Parse(document).ForEach(func(key, want gjson.Result) bool {
		if key.Str == "" {
			return true // GJSON has no path for it
		}
		if got := gjson.Get(document, escapePath(key.Str)); got.Raw != want.Raw {
			t.Errorf("%q: %s, want %s", key.Str, got.Raw, want.Raw)
		}
		return true
	})
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		of   any
		want string
	}{
		{nil, ""}, {"s", "s"}, {value{gjson.Parse(`"s"`)}, "s"}, {value{gjson.Parse(`1e5`)}, "1e5"}, {value{}, ""},
		{time.Second, "1s"}, {errors.New("e"), "e"}, {[]byte("b"), "b"}, {[]any{1, "a", nil}, `[1,"a",null]`},
		{map[string]any{"b": 1, "a": value{gjson.Parse(`{"x":1.0}`)}}, `{"a":{"x":1.0},"b":1}`}, {1.5, "1.5"}, {true, "true"},
		{[]any{value{}}, "[null]"}, {[]string{"a"}, `["a"]`}, {[2]int{1, 2}, "[1,2]"}, {[]any{func() {}}, ""},
	} {
		if got := text(c.of); got != c.want && c.want != "" {
			t.Errorf("%v: %q, want %q", c.of, got, c.want)
		}
	}
}

func TestTruth(t *testing.T) {
	for _, c := range []struct {
		of   any
		want bool
	}{
		{nil, false}, {"", false}, {"x", true}, {0, false}, {1, true}, {0.0, false}, {false, false}, {true, true}, {[]any{}, false}, {[]any{nil}, true},
		{map[string]any{}, false}, {time.Time{}, true}, {[0]int{}, false}, {value{}, false}, {value{gjson.Parse(`0`)}, false}, {value{gjson.Parse(`0.0`)}, false},
		{value{gjson.Parse(`"false"`)}, true}, {value{gjson.Parse(`false`)}, false}, {value{gjson.Parse(`true`)}, true}, {value{gjson.Parse(`null`)}, false},
		{value{gjson.Parse(`{}`)}, false}, {value{gjson.Parse(`{"a":null}`)}, true}, {value{gjson.Parse(`[]`)}, false}, {value{gjson.Parse(`[[]]`)}, true},
	} {
		if got := truth(c.of); got != c.want {
			t.Errorf("%#v: %v", c.of, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		of   any
		want string // "": none
	}{
		{1, "1"}, {uint8(2), "2"}, {1.5, "3/2"}, {float32(0.5), "1/2"}, {math.NaN(), ""}, {math.Inf(1), ""}, {"5", ""}, {nil, ""},
		{value{gjson.Parse(`12345678901234567890`)}, "12345678901234567890"}, {value{gjson.Parse(`1e2`)}, "100"}, {value{gjson.Parse(`"5"`)}, ""},
		{value{gjson.Parse(`1e999999999`)}, ""}, {value{gjson.Parse(`1e-999999999`)}, ""}, {value{gjson.Parse(strings.Repeat("9", 5000))}, ""}, {true, ""},
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
		{5, 5, true}, {5.9, 5, true}, {-5.9, -5, true}, {" 7 ", 7, true}, {"7.5", 0, false}, {"x", 0, false}, {nil, 0, false}, {value{gjson.Parse(`3.7`)}, 3, true},
		{value{gjson.Parse(`1e30`)}, 0, false}, {value{gjson.Parse(`"12"`)}, 12, true}, {uint64(math.MaxUint64), 0, false}, {math.Inf(1), 0, false},
	} {
		if n, err := whole(c.of); n != c.want && c.ok || (err == nil) != c.ok {
			t.Errorf("%v: %d %v", c.of, n, err)
		}
	}
}

func TestCompare(t *testing.T) {
	v := func(s string) value { return value{gjson.Parse(s)} }
	for _, c := range []struct {
		a, b       any
		order      int
		comparable bool
	}{
		{1, 2, -1, true}, {2.0, 2, 0, true}, {v("12345678901234567891"), v("12345678901234567890"), 1, true}, {"a", "b", -1, true}, {v(`"a"`), "a", 0, true},
		{v("5"), "5", 0, true}, {v("5"), "6", -1, false}, {v("true"), true, 0, true}, {nil, "", 0, true}, {v("[1]"), "[1]", 0, true}, {v("1.0"), 1, 0, true},
	} {
		if order, ok := compare(c.a, c.b); order != c.order || ok != c.comparable {
			t.Errorf("%v and %v: %d %v", c.a, c.b, order, ok)
		}
	}
}

func TestConvert(t *testing.T) {
	v := func(s string) value { return value{gjson.Parse(s)} }
	for _, c := range []struct {
		of   any
		to   reflect.Type
		want any // nil: refused
	}{
		{v(`"s"`), reflect.TypeFor[string](), "s"}, {5, reflect.TypeFor[string](), "5"}, {nil, reflect.TypeFor[string](), ""},
		{v(`true`), reflect.TypeFor[bool](), true}, {"false", reflect.TypeFor[bool](), false}, {"x", reflect.TypeFor[bool](), true},
		{v(`5`), reflect.TypeFor[int](), 5}, {"5", reflect.TypeFor[int64](), int64(5)}, {"five", reflect.TypeFor[int](), nil}, {v(`"x"`), reflect.TypeFor[int32](), nil},
		{v(`1.5`), reflect.TypeFor[float64](), 1.5}, {"x", reflect.TypeFor[float64](), nil},
		{v(`["a",1]`), reflect.TypeFor[[]any](), []any{"a", "1"}}, {v(`{"a":[null]}`), reflect.TypeFor[map[string]any](), map[string]any{"a": []any{""}}},
		{v(`{"a":1}`), reflect.TypeFor[any](), map[string]any{"a": "1"}}, {v(`5`), reflect.TypeFor[map[string]any](), nil}, {"x", reflect.TypeFor[[]any](), nil},
		{"2026-01-02T03:04:05Z", reflect.TypeFor[time.Time](), env().Now}, {"x", reflect.TypeFor[time.Time](), nil}, {"5", reflect.TypeFor[time.Duration](), time.Duration(5)},
		{5, reflect.TypeFor[uint8](), uint8(5)}, {nil, reflect.TypeFor[[]any](), nil}, {"x", reflect.TypeFor[fmt.Stringer](), nil},
	} {
		got, err := convert(c.of, c.to)
		if c.want == nil {
			if err == nil {
				t.Errorf("%v to %v: %v", c.of, c.to, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got.Interface(), c.want) {
			t.Errorf("%v to %v: %v, %v", c.of, c.to, got, err)
		}
	}
	if zero, err := convert(nil, reflect.TypeFor[any]()); err != nil || zero.IsValid() && !zero.IsNil() {
		t.Error(zero, err)
	}
}

func TestHolds(t *testing.T) {
	d := map[string]any{"a": 1}
	other := map[string]any{"list": []any{map[string]any{"d": d}}}
	deepest := any(1)
	for range 100 {
		deepest = []any{deepest, deepest}
	}
	for _, c := range []struct {
		x    any
		want bool
	}{{d, true}, {other, true}, {[]any{1, d}, true}, {map[string]any{"a": 1}, false}, {nil, false}, {"x", false}, {map[string]any(nil), false}, {deepest, true}} {
		left := 1000
		if got := holds(c.x, d, &left); got != c.want {
			t.Errorf("%.50v: %v", reflect.TypeOf(c.x), got)
		}
	}
	if len(d) != 1 {
		t.Error("looking has changed the dictionary")
	}
}

func TestDuplicate(t *testing.T) {
	inner := map[string]any{"x": []any{1}}
	from := map[string]any{"i": inner}
	to := duplicate(from).(map[string]any)
	if !reflect.DeepEqual(from, to) {
		t.Fatal(to)
	}
	to["i"].(map[string]any)["x"].([]any)[0] = 2
	if inner["x"].([]any)[0] != 1 {
		t.Error("the copy shares its lists")
	}
}

// TestArgUses holds what counts as escaped: a function that encodes, wherever the
// argument stands below it.
func TestArgUses(t *testing.T) {
	for text, want := range map[string]string{
		`{{.args.a}}`: "a-", `{{ .args.a.b.c }}`: "a-", `{{urlquery .args.a}}`: "a+", `{{.args.a | urlquery}}`: "a+", `{{.args.a | trim | urlquery | lower}}`: "a+",
		`{{urlquery (print .args.a .args.b)}}`: "a+b+", `{{print (urlquery .args.a) .args.b}}`: "a+b-", `{{toJson .args.a}}`: "a-", `{{len .args.a}}`: "a+",
		`{{if .args.a}}{{.args.b}}{{else}}{{.args.c}}{{end}}`: "b-c-", `{{range .args.a}}{{$.args.b}}{{end}}`: "a-b-", `{{with $x := .args.a}}{{$x}}{{end}}`: "a-",
		`{{template "t2" .args.a}}{{define "t2"}}{{end}}`: "a-", `{{.config.a}}{{.args}}{{$.args}}{{"args"}}`: "", `{{b64enc .args.a}}{{sha256sum .args.b}}`: "a+b+", `text`: "",
	} {
		parsed, err := Parse("t", text)
		if err != nil {
			t.Fatal(text, err)
		}
		got := ""
		for _, use := range parsed.Args() {
			got += use.Name + map[bool]string{true: "+", false: "-"}[use.Escaped]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if argUses(&parse.NilNode{}, false) != nil || argUses((*parse.ListNode)(nil), false) != nil || pipeUses(nil, false) != nil {
		t.Error("nothing has uses")
	}
}

func TestSimple(t *testing.T) {
	for text, want := range map[string]bool{
		`a{{.b}}c`: true, `{{.a.b}}{{.c}}`: true, `{{/* note */}}{{.a}}`: true, `{{.}}`: false, `{{$.a}}`: false, `{{upper .a}}`: false, `{{.a | upper}}`: false,
		`{{$x := .a}}`: false, `{{if .a}}{{end}}`: false, `{{"x"}}`: false,
	} {
		parsed, err := Parse("t", text)
		if err != nil || (parsed.simple != nil) != want {
			t.Errorf("%s: %v %v", text, parsed.simple, err)
		}
	}
	if parsed, err := Parse("t", "plain"); err != nil || !parsed.IsStatic() || parsed.Text() != "plain" {
		t.Error(err)
	}
	big := `{"a":"` + strings.Repeat("x", 1<<20) + `"}`
	if _, err := render(t, strings.Repeat("{{.a}}", 9), big); err == nil || !strings.Contains(err.Error(), "larger than 8 MiB") {
		t.Error(err)
	}
}

func TestBrokenInstance(t *testing.T) {
	i := &instance{}
	if _, err := i.run("t", value{}, env()); err == nil {
		t.Error("no error")
	}
}
