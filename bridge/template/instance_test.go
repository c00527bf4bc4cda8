package template

import (
	"strings"
	"testing"
)

// TestAfterAnError renders again with an instance that has failed: neither its steps
// nor its depth, dictionaries or draws are left over.
func TestAfterAnError(t *testing.T) {
	for _, c := range []struct{ name, text, bad, good, want string }{
		{
			"too deep",
			`{{define "r"}}{{if .more}}{{template "r" .}}{{end}}x{{end}}{{template "r" .}}`,
			`{"more":true}`, `{"more":false}`, "x",
		},
		{
			"too many steps",
			`{{range .n}}{{end}}done`,
			`{"n":99999999}`, `{"n":9}`, "done",
		},
		{
			"too much output",
			`{{range .n}}{{repeat 1000000 "x" | trunc 1000000}}{{end}}`,
			`{"n":20}`, `{"n":0}`, "",
		},
		{
			"a failing function within templates",
			`{{define "r"}}{{if .bad}}{{fail "no"}}{{end}}{{.v}}{{end}}{{define "q"}}{{template "r" .}}{{end}}{{template "q" .}}`,
			`{"bad":true}`, `{"v":1}`, "1",
		},
		{
			"a panic of a function",
			`{{chunk .n (list 1 2)}}`,
			`{"n":0}`, `{"n":1}`, "[[1],[2]]",
		},
		{
			"draws",
			`{{randNumeric 5}}{{if .bad}}{{fail "no"}}{{end}}`,
			`{"bad":true}`, `{}`, mustRender(t, `{{randNumeric 5}}`),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			parsed, err := Parse("t", c.text)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if out, err := parsed.Render([]byte(c.bad), env()); err == nil || out != "" {
					t.Errorf("%.40q, %v", out, err)
				}
				if out, err := parsed.Render([]byte(c.good), env()); err != nil || out != c.want {
					t.Errorf("afterwards %.40q, %v; want %q", out, err, c.want)
				}
			}
		})
	}
}

func mustRender(t *testing.T, text string) string {
	t.Helper()
	out, err := render(t, text, `{}`)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFastAndSlowAgree renders paths without the engine and with it.
func TestFastAndSlowAgree(t *testing.T) {
	paths := []string{".args.name", ".args.big", ".args.f", ".args.yes", ".args.null", ".args.absent", ".args.list", ".args.list.1", ".args.obj.deep", ".args.html", ".args.markup", ".nothing.at.all"}
	for _, form := range []string{"{{%}}", "a{{%}}b{{%}}", "{{urlquery %}}", "{{% | urlquery}}", "{{toJson %}}", "{{% | toJson}}", " {{- % -}} "} {
		for _, path := range paths {
			text := strings.ReplaceAll(form, "%", path)
			fast, err := Parse("t", text)
			if err != nil {
				t.Fatal(err)
			}
			slow, err := Parse("t", text+"{{if false}}{{end}}")
			if err != nil {
				t.Fatal(err)
			}
			if fast.simple == nil || slow.simple != nil {
				t.Fatalf("%s: both go the same way", text)
			}
			a, err1 := fast.Render([]byte(document), env())
			b, err2 := slow.Render([]byte(document), env())
			if a != b || err1 != nil || err2 != nil {
				t.Errorf("%s: %q and %q, %v, %v", text, a, b, err1, err2)
			}
		}
	}
}

// TestFewAllocations: what most profiles have costs little.
func TestFewAllocations(t *testing.T) {
	data := []byte(document)
	for text, most := range map[string]float64{
		"https://h.example/x":                               0,
		"https://{{.config.host}}/x/{{.args.name}}":         3,
		"https://{{.config.host}}/x?q={{urlquery .args.n}}": 4,
	} {
		parsed, err := Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(100, func() {
			if _, err := parsed.Render(data, Env{}); err != nil {
				t.Error(err)
			}
		})
		if n > most {
			t.Errorf("%s: %v allocations, want at most %v", text, n, most)
		}
	}
}

// TestDataIsNotChanged: data may be used by others while it is rendered.
func TestDataIsNotChanged(t *testing.T) {
	data := []byte(document)
	for _, text := range []string{`{{.args.name}}`, `{{range $k, $v := .args}}{{$k}}{{$v}}{{end}}`, `{{$o := .args.obj | default (dict)}}{{toJson $o}}`, `{{sortAlpha .args.list}}{{reverse .args.nums}}`} {
		parsed, err := Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		first, err := parsed.Render(data, env())
		if err != nil {
			t.Fatal(err)
		}
		if string(data) != document {
			t.Fatalf("%s changes the data", text)
		}
		copied := []byte(document)
		second, err := parsed.Render(copied, env())
		clear(copied)
		if err != nil || second != first || strings.Contains(second, "\x00") {
			t.Errorf("%s keeps the data: %q, %v", text, second, err)
		}
	}
}
