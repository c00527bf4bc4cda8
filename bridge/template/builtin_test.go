package template

import (
	"reflect"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestPrintf holds what the verbs make of values, and the bounds of widths.
func TestPrintf(t *testing.T) {
	const data = `{"s":"text","n":42,"f":2.5,"neg":-7,"big":123456789012345678901234567890,"t":true,"l":[1,"a"],"o":{"k":"v"},"null":null,"e":1e3}`
	for text, want := range map[string]string{
		`{{printf "%s" .s}}`:                         "text",
		`{{printf "%10s|%-10s|" .s .s}}`:             "      text|text      |",
		`{{printf "%q %q" .s .n}}`:                   `"text" "42"`,
		`{{printf "%x %X" .s .s}}`:                   "74657874 74657874",
		`{{printf "%.2s" .s}}`:                       "te",
		`{{printf "%d %5d %05d %+d" .n .n .n .n}}`:   "42    42 00042 +42",
		`{{printf "%x %o %b %c" .n .n .n .n}}`:       "2a 52 101010 *",
		`{{printf "%d" .neg}}`:                       "-7",
		`{{printf "%d" .big}}`:                       "123456789012345678901234567890",
		`{{printf "%d" .e}}`:                         "1000",
		`{{printf "%d" .f}}`:                         "2",
		`{{printf "%.3f %e %g" .f .f .f}}`:           "2.500 2.500000e+00 2.5",
		`{{printf "%.1f" .n}}`:                       "42.0",
		`{{printf "%v %v %v %v" .s .n .f .t}}`:       "text 42 2.5 true",
		`{{printf "%v %s" .l .o}}`:                   `[1,"a"] {"k":"v"}`,
		`{{printf "%+v %#v" .o .s}}`:                 `{"k":"v"} text`,
		`{{printf "%t %t" .t .n}}`:                   "true true",
		`{{printf "[%s%v]" .null .absent}}`:          "[]",
		`{{printf "%d%%" .n}}`:                       "42%",
		`{{printf "%[2]s %[1]s" .s .n}}`:             "42 text",
		`{{printf "id 1234567890 %s" .s}}`:           "id 1234567890 text", // digits that are no width
		`{{printf "%s 12345%d" .s .n}}`:              "text 1234542",
		`{{printf "100%"}}`:                          "100%!(NOVERB)",
		`{{printf "%d" "x"}}`:                        "%!d(string=x)",
		`{{printf "%s %v" (list 1 2) (dict "a" 1)}}`: `[1,2] {"a":1}`,
		`{{printf "%p" (semver "1.2.3")}}`:           "%!p(string=1.2.3)", // no address: it would differ each time
		`{{.n | printf "%d of %d" 1}}`:               "1 of 42",
		`{{printf .s}}`:                              "text",
	} {
		if got, err := render(t, text, data); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	for text, message := range map[string]string{
		`{{printf "%99999d" 1}}`:              "at most 4 digits",
		`{{printf "%.99999f" 1.5}}`:           "at most 4 digits",
		`{{printf "%-0099999s" "x"}}`:         "at most 4 digits",
		`{{printf "%[99999]d" 1}}`:            "at most 4 digits",
		`{{printf "%*d" 5 1}}`:                "written as a number",
		`{{printf "%.*f" 5 1.0}}`:             "written as a number",
		`{{printf "%[1]*d" 5}}`:               "written as a number",
		`{{printf (repeat 9000 "%9999d") 1}}`: "too much",
		`{{printf}}`:                          "wants an argument",
	} {
		if out, err := render(t, text, data); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %d bytes, %v", text, len(out), err)
		}
	}
}

// TestListsOfTexts holds join and toStrings over lists from the data and from
// functions.
func TestListsOfTexts(t *testing.T) {
	const data = `{"l":["a",1,2.50,true,null,{"b":"<"},[1,2]],"s":"text","o":{"a":1},"none":[],"null":null}`
	for text, want := range map[string]string{
		`{{join "," .l}}`:                             `a,1,2.50,true,{"b":"<"},[1,2]`,
		`{{.l | join ""}}`:                            `a12.50true{"b":"<"}[1,2]`,
		`{{join 0 .l}}`:                               `a0102.500true0{"b":"<"}0[1,2]`,
		`{{join "," .s}}`:                             "text",
		`{{join "," .o}}`:                             `{"a":1}`,
		`[{{join "," .none}}]`:                        "[]",
		`[{{join "," .null}}]`:                        "[]",
		`[{{join "," .absent}}]`:                      "[]",
		`{{join "-" (list 1 "b" nil 2.5)}}`:           "1-b-2.5",
		`{{join "-" (splitList "," "a,b")}}`:          "a-b",
		`{{join "-" (until 3)}}`:                      "0-1-2",
		`{{join "-" (list (list 1) (dict "a" "<"))}}`: `[1]-{"a":"<"}`,
		`{{toStrings .l}}`:                            `["a","1","2.50","true","{\"b\":\"<\"}","[1,2]"]`,
		`{{toStrings 5}}`:                             `["5"]`,
		`{{toStrings .absent}}`:                       `[]`,
		`{{len (toStrings .l)}}`:                      "6",
		`{{.l | toStrings | last}}`:                   "[1,2]",
	} {
		if got, err := render(t, text, data); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestWhatPassesThrough: functions that choose give back what they were given, as it
// is written.
func TestWhatPassesThrough(t *testing.T) {
	const data = `{"o":{"z":1.50,"a":"<"},"big":12345678901234567890,"zero":0,"no":false,"e":"","none":[],"null":null,"s":"text"}`
	for text, want := range map[string]string{
		`{{default "d" .o}}`:            `{"z":1.50,"a":"<"}`,
		`{{.o | default "d" | toJson}}`: `{"z":1.50,"a":"<"}`,
		`{{(default "d" .o).z}}`:        "1.50",
		`{{default .o .none}}`:          `{"z":1.50,"a":"<"}`,
		`{{default "d" .big}}`:          "12345678901234567890",
		`{{default "d" .zero}}{{default "d" .no}}{{default "d" .e}}{{default "d" .null}}{{default "d" .none}}{{default "d" .absent}}`: "dddddd",
		`{{default "d"}}`:                             "d",
		`{{coalesce .zero .e .o "x"}}`:                `{"z":1.50,"a":"<"}`,
		`[{{coalesce .zero .e}}{{coalesce}}]`:         "[]",
		`{{ternary .o .s true}}{{ternary .o .s .no}}`: `{"z":1.50,"a":"<"}text`,
		`{{ternary 1 2 "false"}}{{ternary 1 2 "true"}}{{ternary 1 2 .zero}}{{ternary 1 2 .absent}}{{ternary 1 2 .o}}`: "21221",
		`{{empty .o}} {{empty .none}} {{empty .zero}} {{empty .absent}} {{empty "x"}}`:                                "false true true true false",
		`{{all .o .s}} {{all .o .e}} {{all}} {{any .e .o}} {{any .e .zero}} {{any}}`:                                  "true false true true false false",
		`{{quote .o}} {{quote .s .null .absent "x"}} {{squote .big .zero}}`:                                           `"{\"z\":1.50,\"a\":\"<\"}" "text" "x" '12345678901234567890' '0'`,
		`{{cat .o .null .s}}`:                 `{"z":1.50,"a":"<"} text`,
		`{{toString .o}}{{toString .absent}}`: `{"z":1.50,"a":"<"}`,
		`{{and .s .o}}{{or .e .o}}`:           `{"z":1.50,"a":"<"}{"z":1.50,"a":"<"}`,
	} {
		if got, err := render(t, text, data); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestToJSON holds which characters are escaped, and what is absent.
func TestToJSON(t *testing.T) {
	const data = `{"s":"<a&b>","o": { "x" : [ 1 , 2 ] , "y z" : "a  b" },"null":null,"raw":"\u003c","big":12345678901234567890}`
	for text, want := range map[string]string{
		`{{toJson .s}}`:                               `"<a&b>"`,
		`{{toJson .raw}}`:                             `"\u003c"`,
		`{{toJson .o}}`:                               `{"x":[1,2],"y z":"a  b"}`,
		`{{toJson .null}}{{toJson .absent}}`:          "nullnull",
		`{{toJson "<"}}{{toRawJson "<"}}`:             `"\u003c""<"`,
		`{{toJson (list "<" .big)}}`:                  `["\u003c",12345678901234567890]`,
		`{{toRawJson (dict "a" .o)}}`:                 `{"a":{"x":[1,2],"y z":"a  b"}}`,
		`{{toPrettyJson .o.x}}`:                       "[\n  1,\n  2\n]",
		`{{toJson (list)}}{{toJson (dict)}}`:          "[]{}",
		`{{toJson 1.5}}{{toJson true}}{{toJson nil}}`: "1.5truenull",
		`{{toJson .}}`:                                `{"s":"<a&b>","o":{"x":[1,2],"y z":"a  b"},"null":null,"raw":"\u003c","big":12345678901234567890}`,
		`{{fromJson (toJson .o) | toJson}}`:           `{"x":[1,2],"y z":"a  b"}`,
	} {
		if got, err := render(t, text, data); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestListOf(t *testing.T) {
	v := func(s string) value { return value{gjson.Parse(s)} }
	for _, c := range []struct {
		of   any
		want []any
	}{
		{nil, nil},
		{"x", []any{"x"}},
		{5, []any{5}},
		{[]any{1, "a"}, []any{1, "a"}},
		{[]string{"a", "b"}, []any{"a", "b"}},
		{[2]int{1, 2}, []any{1, 2}},
		{[]int{}, []any{}},
		{map[string]any{"a": 1}, []any{map[string]any{"a": 1}}},
	} {
		if got := listOf(c.of); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v", c.of, got)
		}
	}
	list := listOf(v(`[1,{"a":2}]`))
	if len(list) != 2 || text(list[1]) != `{"a":2}` || len(listOf(v(`[]`))) != 0 || len(listOf(v(`{"a":1}`))) != 1 {
		t.Error(list)
	}
}

// TestConditions: what the oracle gives Go's and and or comes back as it was.
func TestConditions(t *testing.T) {
	for _, x := range []any{nil, "", "x", 0, 1, false, true, []any{}, []any{1}, map[string]any{}, value{}, value{gjson.Parse(`0`)}, value{gjson.Parse(`{"a":1}`)}} {
		c := condition(x)
		if got := unconditioned(c); !reflect.DeepEqual(got, x) {
			t.Errorf("%v came back as %v", x, got)
		}
		f, isFalsy := c.(falsy)
		if isFalsy == truth(x) || isFalsy && len(f) != 0 {
			t.Errorf("%v: %v", x, c)
		}
	}
}
