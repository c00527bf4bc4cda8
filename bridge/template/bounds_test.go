package template

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp/syntax"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

func TestSize(t *testing.T) {
	nested, deepest := any(1), map[string]any{}
	for range maxLevels + 1 {
		nested = []any{nested}
	}
	for at, j := deepest, 0; j <= maxLevels; j++ {
		inner := map[string]any{}
		at["a"], at = inner, inner
	}
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
		{nested, maxProduct, 2 * maxProduct}, // functions recurse
		{deepest, maxProduct, 2 * maxProduct},
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
		_, err := bounded(name, in)
		return err != nil
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
		{"uniq", []any{make([]any, 1000)}, false},
		{"uniq", []any{make([]any, 10_000)}, true},
		{"without", []any{make([]any, 1000), "a"}, false},
		{"shuffle", []any{long + long}, true},
		{"upper", []any{long}, false},
		{"fromJson", []any{long}, false},
		{"fromJson", []any{strings.Repeat(long, 5)}, true},
		{"regexMatch", []any{"a+b", long}, false},
		{"regexMatch", []any{strings.Repeat("a?", 5000), long}, true},
		{"regexMatch", []any{strings.Repeat("a?", 50_000), "x"}, true},
		{"regexMatch", []any{strings.Repeat("(?:x?){1000}", 30), "x"}, true},
		{"regexMatch", []any{"(", long}, false}, // regexp itself says so
		{"trimAll", []any{long, long}, true},
		{"trimAll", []any{" \t", long}, false},
		{"uniq", []any{[]any{long, long, long, long}}, false},
		{"mustWithout", []any{make([]any, 1000), long}, false},
	} {
		if got := refused(c.name, c.args...); got != c.want {
			t.Errorf("%s of %d arguments: refused %v, want %v", c.name, len(c.args), got, c.want)
		}
	}
}

func TestTimesDoesNotOverflow(t *testing.T) {
	for _, c := range []struct{ a, b, least, most int }{
		{0, 5, 0, 0},
		{3, 4, 12, 12},
		{maxProduct, 1, maxProduct, maxProduct},
		{maxProduct, 2, maxProduct + 1, maxProduct + 1},
		{math.MaxInt, math.MaxInt, maxProduct + 1, maxProduct + 1},
		{math.MaxInt, 0, 0, 0},
	} {
		if n := times(c.a, c.b); n < c.least || n > c.most {
			t.Errorf("%d times %d: %d", c.a, c.b, n)
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
		{nil, ""},
		{"s", "s"},
		{value{gjson.Parse(`"s"`)}, "s"},
		{value{gjson.Parse(`1e5`)}, "1e5"},
		{value{}, ""},
		{time.Second, "1s"},
		{errors.New("e"), "e"},
		{[]byte("b"), "b"},
		{[]any{1, "a", nil}, `[1,"a",null]`},
		{map[string]any{"b": 1, "a": value{gjson.Parse(`{"x":1.0}`)}}, `{"a":{"x":1.0},"b":1}`},
		{1.5, "1.5"},
		{true, "true"},
		{[]any{value{}}, "[null]"},
		{[]string{"a"}, `["a"]`},
		{[2]int{1, 2}, "[1,2]"},
		{[]any{func() {}}, ""},
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
		{nil, false},
		{"", false},
		{"x", true},
		{0, false},
		{1, true},
		{0.0, false},
		{false, false},
		{true, true},
		{[]any{}, false},
		{[]any{nil}, true},
		{map[string]any{}, false},
		{time.Time{}, true},
		{[0]int{}, false},
		{value{}, false},
		{value{gjson.Parse(`0`)}, false},
		{value{gjson.Parse(`0.0`)}, false},
		{value{gjson.Parse(`"false"`)}, true},
		{value{gjson.Parse(`false`)}, false},
		{value{gjson.Parse(`true`)}, true},
		{value{gjson.Parse(`null`)}, false},
		{value{gjson.Parse(`{}`)}, false},
		{value{gjson.Parse(`{"a":null}`)}, true},
		{value{gjson.Parse(`[]`)}, false},
		{value{gjson.Parse(`[[]]`)}, true},
	} {
		if got := truth(c.of); got != c.want {
			t.Errorf("%#v: %v", c.of, got)
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
		{v(`"s"`), reflect.TypeFor[string](), "s"},
		{5, reflect.TypeFor[string](), "5"},
		{nil, reflect.TypeFor[string](), ""},
		{v(`true`), reflect.TypeFor[bool](), true},
		{"false", reflect.TypeFor[bool](), false},
		{"x", reflect.TypeFor[bool](), true},
		{v(`5`), reflect.TypeFor[int](), 5},
		{"5", reflect.TypeFor[int64](), int64(5)},
		{"five", reflect.TypeFor[int](), nil},
		{v(`"x"`), reflect.TypeFor[int32](), nil},
		{v(`1.5`), reflect.TypeFor[float64](), 1.5},
		{"x", reflect.TypeFor[float64](), nil},
		{v(`["a",1]`), reflect.TypeFor[[]any](), []any{"a", 1}},
		{v(`{"a":[null]}`), reflect.TypeFor[map[string]any](), map[string]any{"a": []any{nil}}},
		{v(`{"a":1}`), reflect.TypeFor[any](), map[string]any{"a": 1}},
		{v(`5`), reflect.TypeFor[map[string]any](), nil},
		{"x", reflect.TypeFor[[]any](), nil},
		{"2026-01-02T03:04:05Z", reflect.TypeFor[time.Time](), env().Now},
		{"x", reflect.TypeFor[time.Time](), nil},
		{"5", reflect.TypeFor[time.Duration](), time.Duration(5)},
		{5, reflect.TypeFor[uint8](), uint8(5)},
		{nil, reflect.TypeFor[[]any](), nil},
		{"x", reflect.TypeFor[fmt.Stringer](), nil},
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

func TestSimple(t *testing.T) {
	for text, want := range map[string]bool{
		`a{{.b}}c`:                           true,
		`{{.a.b}}{{.c}}`:                     true,
		`{{/* note */}}{{.a}}`:               true,
		`{{.}}`:                              false,
		`{{$.a}}`:                            false,
		`{{upper .a}}`:                       false,
		`{{.a | upper}}`:                     false,
		`{{urlquery .a.b}}{{.a | urlquery}}`: true,
		`{{toJson .a}}{{.a | toJson}}`:       true,
		`{{urlquery "x"}}`:                   false,
		`{{urlquery .a .b}}`:                 false,
		`{{.a | urlquery | upper}}`:          false,
		`{{.a.0.b}}`:                         true,
		`{{"x" | urlquery}}`:                 false,
		`{{$x := urlquery .a}}`:              false,
		`{{.a | urlquery .b}}`:               false,
		`{{$x := .a}}`:                       false,
		`{{if .a}}{{end}}`:                   false,
		`{{"x"}}`:                            false,
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

func TestProgramSize(t *testing.T) {
	for pattern, want := range map[string][2]int{"abc": {1, 10}, "(a|b){100}": {100, 1000}, "[a-z]+": {1, 10}, strings.Repeat("x{1000}", 10): {10_000, 30_000}, "": {0, 2}} {
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := syntax.Compile(re.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		got := programSize(re)
		if got < want[0] || got > want[1] || got < len(prog.Inst)/3 {
			t.Errorf("%.20s: %d, want %v; the program has %d instructions", pattern, got, want, len(prog.Inst))
		}
	}
}

func TestSteps(t *testing.T) {
	for _, c := range []struct{ a, b, per, want int }{
		{0, 5, 256, 0},
		{256, 10, 256, 10},
		{1 << 20, 1 << 20, 256, MaxSteps + 1},
		{math.MaxInt, math.MaxInt, 64, MaxSteps + 1}, // and no overflow
		{1, MaxSteps * 64, 64, MaxSteps},
	} {
		if got := steps(c.a, c.b, c.per); got != c.want {
			t.Errorf("%d times %d: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
