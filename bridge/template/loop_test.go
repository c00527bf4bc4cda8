package template

import (
	"fmt"
	"testing"

	"github.com/tidwall/gjson"
)

// TestMembers holds what range goes over.
func TestMembers(t *testing.T) {
	v := func(s string) value { return value{gjson.Parse(s)} }
	for _, c := range []struct {
		of   any
		want string // "!" is refused
	}{
		{v(`[7,"a",[1]]`), "0=7 1=a 2=[1] "},
		{v(`{"b":1,"a":{"x":2}}`), `b=1 a={"x":2} `},
		{v(`{"a":1,"a":2}`), "a=1 a=2 "},
		{v(`[]`), ""},
		{v(`{}`), ""},
		{v(`"aö"`), "0=a 1=ö "},
		{v(`""`), ""},
		{v(`3`), "0=0 1=1 2=2 "},
		{v(`2.9`), "0=0 1=1 "},
		{v(`0`), ""},
		{v(`-5`), ""},
		{v(`null`), ""},
		{value{}, ""},
		{v(`true`), "!"},
		{v(`false`), "!"},
		{v(`1e300`), "!"},
		{nil, ""},
		{2, "0=0 1=1 "},
		{int64(1), "0=0 "},
		{2.5, "0=0 1=1 "},
		{"xy", "0=x 1=y "},
		{true, "!"},
		{struct{}{}, "!"},
		{[]any{1, nil}, "0=1 1=<nil> "},
		{[]string{"a", "b"}, "0=a 1=b "},
		{[2]int{5, 6}, "0=5 1=6 "},
		{map[string]any{"b": 1, "a": nil}, "a=<nil> b=1 "},
		{map[string]string{"b": "x", "a": "y"}, "a=y b=x "},
		{map[string]any(nil), ""},
		{&struct{}{}, "!"},
	} {
		seq, ok := members(c.of)
		if !ok {
			if c.want != "!" {
				t.Errorf("%v is refused", c.of)
			}
			continue
		}
		got := ""
		for k, x := range seq {
			got += fmt.Sprintf("%v=%v ", k, x)
		}
		seq(func(_, _ any) bool { return false }) // it can stop
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.of, got, c.want)
		}
	}
}

// TestLoops renders what loops print around and behind their items.
func TestLoops(t *testing.T) {
	const data = `{"l":[3,1,2],"o":{"b":1,"a":2},"n":3,"s":"ab","ll":[[1,2],[],[3]],"objs":[{"id":1,"t":["x"]},{"id":2,"t":[]}]}`
	for text, want := range map[string]string{
		`{{range $i, $x := .l}}{{if $i}}, {{end}}{{$x}}{{end}}`:                                   "3, 1, 2",
		`{{range $i, $x := .l}}{{if eq $i 1}}{{continue}}{{end}}{{$x}}{{end}}`:                    "32",
		`{{range $k, $v := .o}}{{$k}}{{$v}}{{end}}`:                                               "b1a2", // in the order of the document
		`{{range $k, $v := dict "b" 1 "a" 2}}{{$k}}{{$v}}{{end}}`:                                 "a2b1", // a dictionary has none
		`{{range .ll}}{{range .}}{{.}}{{else}}-{{end}};{{end}}`:                                   "12;-;3;",
		`{{range $i, $x := .ll}}{{range $j, $y := $x}}{{$i}}{{$j}}{{$y}} {{end}}{{end}}`:          "001 012 203 ",
		`{{range .objs}}{{$id := .id}}{{range .t}}{{$id}}{{.}}{{else}}{{$id}}none{{end}} {{end}}`: "1x 2none ",
		`{{$last := ""}}{{range .l}}{{$last = .}}{{end}}{{$last}}`:                                "2",
		`{{$sum := 0}}{{range .l}}{{$sum = add $sum .}}{{end}}{{$sum}}`:                           "6",
		`{{range $x := .l}}{{$x}}{{break}}{{end}}`:                                                "3",
		`{{range sortAlpha .l}}{{.}}{{end}}{{range reverse .l}}{{.}}{{end}}`:                      "123213",
		`{{range keys .o | sortAlpha}}{{.}}={{index $.o .}} {{end}}`:                              "a=2 b=1 ",
		`{{range until .n}}{{.}}{{end}}{{range .n}}{{.}}{{end}}`:                                  "012012",
		`{{range chunk 2 .l}}{{join "," .}};{{end}}`:                                              "3,1;2;",
		`{{range $c := .s}}{{$c}}.{{end}}`:                                                        "a.b.",
		`{{range first .ll}}{{.}}{{end}}`:                                                         "12",
		`{{range (index .objs 0).t}}{{.}}{{end}}`:                                                 "x",
		`{{range splitList "," "a,b"}}[{{.}}]{{end}}`:                                             "[a][b]",
	} {
		if got, err := render(t, text, data); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}
