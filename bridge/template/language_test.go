package template

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

// TestLanguage renders the constructs of Go's template language, each of which is
// rewritten before it runs.
func TestLanguage(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"text alone", "a{b}c", "a{b}c"},
		{"braces of JSON", `{"a":"{{.s}}","b":{"c":{{.n}}}}`, `{"a":"x","b":{"c":5}}`},
		{"trimmed before", "a \n {{- .s}}", "ax"},
		{"trimmed after", "{{.s -}} \n b", "xb"},
		{"a comment", "a{{/* note */}}b", "ab"},
		{"a literal", `{{"q"}}{{1}}{{1.5}}{{true}}{{'a'}}`, "q11.5true97"},
		{"a raw literal", "{{`a\\b`}}", `a\b`},
		{"if", `{{if .n}}a{{end}}{{if .zero}}b{{end}}`, "a"},
		{"else", `{{if .zero}}a{{else}}b{{end}}`, "b"},
		{"else if", `{{if .zero}}a{{else if .n}}b{{else}}c{{end}}`, "b"},
		{"if with a variable", `{{if $x := .s}}{{$x}}{{end}}`, "x"},
		{"if with a false variable", `{{if $x := .zero}}a{{else}}b{{end}}`, "b"},
		{"if with a call", `{{if eq .s "x"}}a{{end}}{{if not (eq .s "x")}}b{{end}}`, "a"},
		{"with", `{{with .o}}{{.k}}{{end}}`, "v"},
		{"with and the root", `{{with .o}}{{$.s}}{{.k}}{{end}}`, "xv"},
		{"with else", `{{with .zero}}a{{else}}b{{end}}`, "b"},
		{"with else with", `{{with .zero}}a{{else with .s}}{{.}}{{end}}`, "x"},
		{"with a variable", `{{with $y := .o}}{{$y.k}}{{.k}}{{end}}`, "vv"},
		{"range", `{{range .l}}<{{.}}>{{end}}`, "<1><2>"},
		{"range else", `{{range .none}}a{{else}}b{{end}}`, "b"},
		{"range over a number", `{{range .n}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}{{range .zero}}x{{else}}none{{end}}{{range $i, $x := .n}}{{$i}}{{$x}}{{break}}{{end}}`, "0123401none00"},
		{"range over a text", `{{range .ü}}{{.}}.{{end}}{{range $i, $c := "aöb"}}{{$i}}{{$c}}{{end}}{{range ""}}x{{else}}none{{end}}`, "ö.0a1ö3bnone"},
		{"range over null and nothing", `{{range .null}}x{{else}}a{{end}}{{range .absent}}x{{else}}b{{end}}{{range .n.absent}}x{{else}}c{{end}}`, "abc"},
		{"range over a number that a function made", `{{range add 1 1}}{{.}}{{end}}{{range float64 "2.9"}}{{.}}{{end}}`, "0101"},
		{"a path with numbers", `{{.ll.0.1}} {{.tree.0.c.0.v}} {{(.ll).0.0}} {{$x := .tree}}{{$x.1.v}} {{$.l.0}} {{len .ll.0}} {{.l.7}}`, "2 2 1 3 1 2 "},
		{"numbers that are no paths", `{{add 1.5 1}} {{.5}} {{print 1.0 .l.0 .5}} {{index .l 1}}`, "2 0.5 1 1 0.5 2"},
		{"names that begin with a digit", `{{.codes.2fa}} {{.codes.0.x}}`, "y z"},
		{"a text that looks like a path", `{{print ".ll.0" "$x.0" ")" (print ".0.1")}} .ll.0 {{/* .ll.0 */}}`, ".ll.0 $x.0 ) .0.1 .ll.0 "},
		{"short circuits", `{{and .zero (fail "no")}}{{or .s (fail "no")}}{{if and .absent (gt (atoi (fail "no")) 1)}}{{end}}{{.zero | and .zero}}{{.s | or .zero}}`, "0x0x"},
		{"and and or return what they were given", `{{and .s .none}} {{or .zero .none}} {{(or .zero .o).k}} {{or .absent}} {{and .o | toJson}} {{or .none nil | len}}`, `[] [] v  {"k":"v"} 0`},
		{"gjson below the dot", `{{range .tree}}{{gjson "c.#"}},{{end}}{{with .o}}{{gjson "k"}}{{gjson "s"}}{{end}}`, "1,,vx"},
		{"gjson behind a pipe", `{{"l.#" | gjson}} {{gjson (print "l" | printf "%s.#")}}`, "2 2"},
		{"range with both variables", `{{range $i, $x := .l}}{{$i}}{{$x}},{{end}}`, "01,12,"},
		{"range inside range", `{{range .ll}}{{range .}}{{.}}{{end}};{{end}}`, "12;3;"},
		{"range and the root", `{{range .l}}{{$.s}}{{end}}`, "xx"},
		{"range over a call", `{{range list 1 2}}{{.}}{{end}}{{range $k, $v := dict "a" 1}}{{$k}}{{$v}}{{end}}`, "12a1"},
		{"break", `{{range .l}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}`, "1"},
		{"continue", `{{range .l}}{{if eq . 1}}{{continue}}{{end}}{{.}}{{end}}`, "2"},
		{"a variable outside of a loop", `{{$x := 0}}{{range .l}}{{$x = .}}{{end}}{{$x}}`, "2"},
		{"shadowing", `{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}`, "21"},
		{"a declaration prints nothing", `[{{$x := .s}}]`, "[]"},
		{"a template", `{{define "a"}}({{.}}){{end}}{{template "a" .s}}{{template "a" .n}}`, "(x)(5)"},
		{"a template without data", `{{define "a"}}[{{.s}}]{{end}}{{template "a"}}`, "[]"},
		{"a block", `{{block "b" .o}}{{.k}}{{end}}`, "v"},
		{"a template within a template", `{{define "a"}}a{{template "b" .}}{{end}}{{define "b"}}{{.s}}{{end}}{{template "a" .}}`, "ax"},
		{"recursion with an end", `{{define "r"}}{{range .}}{{.v}}{{template "r" .c}}{{end}}{{end}}{{template "r" .tree}}`, "123"},
		{"parentheses", `{{(index .ll 0)}}{{(.o).k}}{{len (print .s .s)}}`, "[1,2]v3"},
		{"pipes", `{{.s | upper | repeat 2 | printf "%s!"}}`, "XX!"},
		{"a pipe into a condition", `{{if .s | eq "x"}}a{{end}}`, "a"},
		{"a path below a variable", `{{$o := .deep}}{{$o.a.b}}{{$.deep.a.b}}`, "cc"},
		{"a path through a text", `[{{.s.k.j}}]`, "[]"},
		{"a path through a list", `[{{.l.k}}]`, "[]"},
		{"unicode", `{{.ü}}{{upper .ü}}`, "öÖ"},
		{"nil", `{{eq .absent .alsoAbsent}}{{default "d" nil}}`, ""},
		{"the whole", `{{gjson "@this" | len}}`, "13"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(t, c.text, `{"s":"x","n":5,"zero":0,"none":[],"l":[1,2],"ll":[[1,2],[3]],"o":{"k":"v"},"ü":"ö","deep":{"a":{"b":"c"}},
				"tree":[{"v":1,"c":[{"v":2}]},{"v":3}],"null":null,"codes":{"2fa":"y","0":{"x":"z"}},"last":true}`)
			if c.name == "nil" { // Go's own rule: nil is no command's argument alone
				if err == nil && got != "trued" {
					t.Error(got)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

// TestPositions holds where errors say that they are.
func TestPositions(t *testing.T) {
	for _, c := range []struct {
		text      string
		line, col int
	}{
		{"{{", 1, 0},
		{"a\nb\n{{if}}", 3, 0},
		{"a\n{{nofunction .x}}", 2, 3},
		{"a\n  {{.x | env}}", 2, 10},
		{"{{and}}", 1, 3},
		{"a\n\n  {{index (list 1) 7}}", 3, 5},
		{"{{upper 1 2}}", 1, 3},
		{"x\n{{template \"absent\"}}", 2, 12},
		{"{{range until 9999999}}{{end}}", 1, 9},
		{"{{.a.0.b.1}}{{nofunction}}", 1, 15},
		{"ü{{.a.0.b.1}}\n{{.a.0.0}}ü{{fail \"x\"}}", 2, 15},
		{"{{define \"a\"}}\n{{fail .x}}{{end}}{{template \"a\" .}}", 2, 3},
	} {
		_, err := render(t, c.text, `{}`)
		var e *Error
		if !errors.As(err, &e) || e.Line != c.line || c.col > 0 && e.Col != c.col || e.Name != "t" {
			t.Errorf("%q: %v (%#v), want line %d, column %d", c.text, err, e, c.line, c.col)
		}
	}
}

// TestInstancesDoNotShare renders one template with different data at once; no
// rendering sees another's data, clock or randomness.
func TestInstancesDoNotShare(t *testing.T) {
	parsed, err := Parse("t", `{{$d := dict}}{{range $i, $x := .l}}{{$_ := set $d (print $i) $x}}{{end}}{{toJson $d}}{{randNumeric 20}}`)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			e := env()
			e.Seed[1] = byte(n)
			item := strings.Repeat(string(rune('a'+n)), 3)
			want := ""
			for range 50 {
				got, err := parsed.Render([]byte(`{"l":["`+item+`"]}`), e)
				if want == "" {
					want = got
				}
				if err != nil || got != want || !strings.HasPrefix(got, `{"0":"`+item+`"}`) {
					t.Errorf("%q, want %q: %v", got, want, err)
				}
			}
		})
	}
	group.Wait()
}

// FuzzArguments: no function panics or hangs for any argument, and no error holds
// the data.
func FuzzArguments(f *testing.F) {
	for _, call := range []string{"upper .a", "index .b 0", "slice .a 1 2", `printf "%5.2f" .a`, "set .b .a 1", "join .a .b", `regexFind .a "x"`, "untilStep .a .b 3", "gjson .a"} {
		f.Add(call, `"x"`, `[1,{"k":null}]`)
	}
	f.Add("repeat .b .a", `"x"`, `-9223372036854775808`)
	f.Fuzz(func(t *testing.T, call, a, b string) {
		parsed, err := Parse("t", "{{"+call+"}}")
		if err != nil {
			return
		}
		_, err = parsed.Render([]byte(`{"a":`+a+`,"b":`+b+`,"mark":"m4rk3r"}`), env())
		if err == nil {
			return
		}
		if e, ok := err.(*Error); !ok || strings.Contains(e.Error(), "m4rk3r") && !strings.Contains(call, "m4rk3r") {
			t.Fatalf("%T %v", err, err)
		}
	})
}
