package template

import (
	"strings"
	"testing"
	"text/template/parse"
)

func TestScanMarksNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"no action .a.0":                        "",
		"{{.a}} {{.a.b}} {{$x.a}} {{1.5}}":      "",
		"{{.a.0}}":                              "{{.a.^0}}",
		"{{.a.0.b.12.c}}":                       "{{.a.^0.b.^12.c}}",
		"{{$x.0}} {{$.0.a}}":                    "{{$x.^0}} {{$.^0.a}}",
		"{{(f .a).0.b}}":                        "{{(f .a).^0.b}}",
		"{{.0.a}} {{.0.1}} {{.0}} {{.5 }}":      "{{.^0.a}} {{.^0.^1}} {{.0}} {{.5 }}",
		"{{f .a.0 1.5 .5 0.5 1e3 0x1.8p1}}":     "{{f .a.^0 1.5 .5 0.5 1e3 0x1.8p1}}",
		"{{.a.2fa}}":                            "{{.a.^2fa}}",
		"{{- .a.0 -}} .a.0 {{.b.1}}":            "{{- .a.^0 -}} .a.0 {{.b.^1}}",
		`{{f ".a.0" .b.1}}`:                     `{{f ".a.0" .b.^1}}`,
		"{{f `.a.0}}` .b.1}}":                   "{{f `.a.0}}` .b.^1}}",
		`{{f "\".a.0" '\'' .b.1}}`:              `{{f "\".a.0" '\'' .b.^1}}`,
		"{{/* .a.0 */}}{{.b.1}}":                "{{/* .a.0 */}}{{.b.^1}}",
		"{{- /* }} .a.0 */ -}}{{.b.1}}":         "{{- /* }} .a.0 */ -}}{{.b.^1}}",
		"{{.ü.0.é1}}":                           "{{.ü.^0.é1}}",
		"{{.a.0":                                "{{.a.^0",
		"{{\"":                                  "",
		"{{`":                                   "",
		"{{/*":                                  "",
		"{{'":                                   "",
		"{{.":                                   "",
		"{{.a.}} {{..0}} {{.a..0}} {{-}} {{- }": "",
		"{{\"a\n.a.0}}":                         "{{\"a\n.a.^0}}", // Go refuses it
	} {
		got, _ := scan(text)
		if want == "" {
			want = text
		}
		if want = strings.ReplaceAll(want, "^", mark); got != want {
			t.Errorf("%s: %s", text, strings.ReplaceAll(got, mark, "^"))
		}
		if unmarked(got) != text {
			t.Errorf("%s: unmarked %s", text, unmarked(got))
		}
	}
}

func TestScanMeasuresDepth(t *testing.T) {
	for text, want := range map[string]int{
		"":                               0,
		"{{.}}{{.}}":                     0,
		"{{if a}}{{if b}}{{end}}{{end}}": 2,
		"{{if a}}{{else if b}}{{else if c}}{{end}}{{if d}}{{end}}":     3,
		"{{- range a}}{{end}}{{  with b}}{{end}}":                      1,
		"{{end}}{{end}}{{end}}{{if x}}":                                1,
		"{{define `a`}}{{block `b` .}}{{end}}{{end}}{{print ((1))}}":   2,
		"{{if a}}{{if b}}{{else with c}}{{end}}{{end}}{{if d}}{{end}}": 3,
		"{{if a}}{{/*{{end}}*/}}{{if b}}":                              2,
		"{{if `{{end}}`}}{{if \"{{end}}\"}}{{if '}'}}":                 3,
		"{{if a}}x end {{end}}{{if b}}":                                1,
		"{{(1)}} ((((":                                                 1,
		"{{f (\")\" (\")\" (`)` (')'":                                  4,
	} {
		if _, got := scan(text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// FuzzScan: the marks are all that changes; what Go's parser reads is not nested more
// deeply than the scanner says; and marks break nothing that Go accepts.
func FuzzScan(f *testing.F) {
	for _, s := range []string{"{{.a.0.b}}", "{{if .a}}{{else if (.b.1)}}{{end}}", "{{/* { */}}{{f `}}` \"\\\"\" '\\''}}", "{{- range $x := .1.a -}}{{end}}", "{{define \"x\"}}{{end}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		source, depth := scan(text)
		if !strings.Contains(text, mark) && unmarked(source) != text {
			t.Fatalf("%q became %q", text, source)
		}
		read := func(text string) *parse.Tree {
			tree := parse.New("t")
			tree.Mode = parse.SkipFuncCheck
			if _, err := tree.Parse(text, "", "", map[string]*parse.Tree{}); err != nil {
				return nil
			}
			return tree
		}
		if len(text) > 10_000 {
			return
		}
		tree, plain := read(source), read(text)
		if tree == nil && plain != nil {
			t.Fatalf("%q is refused when it is marked", text)
		}
		if tree != nil && levels(tree.Root) > depth {
			t.Fatalf("%q: %d levels, %d were seen", text, levels(tree.Root), depth)
		}
	})
}

// levels is how many blocks stand in each other.
func levels(l *parse.ListNode) int {
	most := 0
	if l == nil {
		return 0
	}
	for _, n := range l.Nodes {
		var b *parse.BranchNode
		switch n := n.(type) {
		case *parse.IfNode:
			b = &n.BranchNode
		case *parse.WithNode:
			b = &n.BranchNode
		case *parse.RangeNode:
			b = &n.BranchNode
		default:
			continue
		}
		most = max(most, 1+levels(b.List), 1+levels(b.ElseList))
	}
	return most
}
