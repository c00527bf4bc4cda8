package template

import (
	"strings"
	"testing"
	"time"
)

func env() Env {
	return Env{Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seed: [32]byte{1}}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, message, hint string }{
		{"a\n{{.args.x | uper}}", "line 2: there is no function uper", "did you mean upper?"},
		{`{{env "HOME"}}`, "not allowed", ""},
		{`{{expandenv "$HOME"}}`, "not allowed", ""},
		{`{{getHostByName "x"}}`, "not allowed", ""},
		{`{{genPrivateKey "rsa"}}`, "not allowed", ""},
		{`{{call .x}}`, "not allowed", ""},
		{`{{if .x}}`, "unexpected EOF", ""},
		{`{{.items.user-name}}`, "bad character", `{{gjson "a.b-c"}}`},
		{`{{.a | 5}}`, "non executable command", ""},
		{`{{.a 5}}`, "", ""},
		{`{{and}}`, "and: wants an argument", ""},
		{`{{fail "say what is missing"}}`, "fail: say what is missing", ""},
		{`{{upper}}`, "upper: wants 1 argument, not 0", ""},
		{`{{date "2006"}}`, "date: wants 2 arguments, not 1", ""},
		{`{{template "nowhere"}}`, "there is no template nowhere", "define"},
		{`{{define "x"}}{{.a}}{{end}}{{define "x"}}{{.b}}{{end}}`, "multiple definition", ""},
		{strings.Repeat("{{if .a}}", 100_000), "levels deep", ""},
		{"{{" + strings.Repeat("(", 100_000) + "}}", "levels deep", ""},
	} {
		parsed, err := Parse("url", c.text)
		if err == nil {
			if _, err = parsed.Render([]byte(`{}`), env()); err == nil {
				t.Errorf("%.40q: no error", c.text)
				continue
			}
		}
		e, ok := err.(*Error)
		if !ok || !strings.Contains(e.Error(), c.message) || !strings.Contains(e.Hint(), c.hint) {
			t.Errorf("%.40q: %v (hint %q), want %q (hint %q)", c.text, err, e.Hint(), c.message, c.hint)
		}
	}
}

// TestBounds runs templates that loop or explode: each ends with an error.
func TestBounds(t *testing.T) {
	long := `{"s":"` + strings.Repeat("x", 1<<20) + `","l":[` + strings.Repeat("1,", 5000) + `1]}`
	for _, text := range []string{
		`{{range .l}}{{if $.s}}{{end}}{{end}}{{range .l}}{{if $.s}}{{end}}{{end}}`,
		`{{range until 100000000}}x{{end}}`,
		`{{range $i := .l}}{{range $j := $.l}}{{range $k := $.l}}x{{end}}{{end}}{{end}}`,
		`{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}`,
		`{{define "r"}}{{template "r" .}}{{template "r" .}}{{end}}{{template "r" .}}`,
		`{{repeat 1000000000 "x"}}`,
		`{{repeat 100 .s}}`,
		`{{range .l}}{{$.s}}{{end}}`,
		`{{printf "%999999999d" 1}}`,
		`{{printf "%*d" 999999999 1}}`,
		`{{indent 999999999 "x"}}`,
		`{{replace "x" .s .s}}`,
		`{{regexReplaceAll "x" .s .s}}`,
		`{{randAlpha 999999999}}`,
		`{{seq 1 999999999}}`,
		`{{untilStep 0 999999999 1}}`,
		`{{$x := .s}}{{range .l}}{{$x = cat $x $x}}{{end}}`,
		`{{range .l}}{{upper $.s | lower | upper}}{{end}}`,
		`{{index .l 999999999}}{{fail "x"}}`,
	} {
		parsed, err := Parse("t", text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		out, err := parsed.Render([]byte(long), env())
		if err == nil {
			t.Errorf("%s: no error, %d bytes", text, len(out))
		} else if strings.Contains(err.Error(), "xxxx") {
			t.Errorf("%s: the error holds data", text)
		}
		// The next rendering is not affected.
		if out, err := parsed.Render([]byte(`{"s":"","l":[]}`), env()); err != nil && !strings.Contains(text, "9999") && !strings.Contains(text, "until") &&
			!strings.Contains(text, "define") && !strings.Contains(text, "1000") {
			t.Errorf("%s: afterwards %q, %v", text, out, err)
		}
	}
}

func TestSameEnvSameOutput(t *testing.T) {
	parsed, err := Parse("t", `{{uuidv4}} {{randAlphaNum 8}} {{randInt 1 100}} {{shuffle "abcdef"}} {{now}} {{randNumeric 4}}`)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := parsed.Render([]byte(`{}`), env())
	b, err2 := parsed.Render([]byte(`{}`), env())
	other := env()
	other.Seed[0] = 9
	c, err3 := parsed.Render([]byte(`{}`), other)
	if err1 != nil || err2 != nil || err3 != nil || a != b || a == c {
		t.Errorf("%q %q %q %v %v %v", a, b, c, err1, err2, err3)
	}
}

func TestConcurrentRendering(t *testing.T) {
	parsed, err := Parse("t", `{{range .l}}{{upper .}}{{end}}`)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	for range 8 {
		go func() {
			out := ""
			for range 200 {
				out, _ = parsed.Render([]byte(`{"l":["a","b"]}`), env())
			}
			done <- out
		}()
	}
	for range 8 {
		if out := <-done; out != "AB" {
			t.Error(out)
		}
	}
}

// FuzzRender: no template and no data panic or hang, the same input gives the same
// output, and text without an action is its own rendering.
func FuzzRender(f *testing.F) {
	for _, s := range []string{`{{.a}}`, `{{range .l}}{{.}}{{end}}`, `{{define "x"}}{{end}}{{template "x"}}`, `{{index .l 0 | upper}}`, `plain`, `{{printf "%v%d" .a .b}}`,
		`{{toJson .}}`, `{{slice .s 1 2}}`, `{{substr 0 5 .s}}`, `{{regexFind .a .b}}`, `{{dig "a" "b" "c" .d}}`} {
		f.Add(s, `{"a":1,"l":["x"],"s":"abc","d":{"a":{"b":2}}}`)
	}
	for _, c := range higressRows {
		f.Add(c.text, document)
	}
	for _, c := range functionCases {
		f.Add(c.text, things)
	}
	f.Fuzz(func(t *testing.T, text, data string) {
		parsed, err := Parse("t", text)
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Message == "" || e.Line > 1+strings.Count(text, "\n") || e.Col > len(text)+1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		a, err1 := parsed.Render([]byte(data), env())
		b, err2 := parsed.Render([]byte(data), env())
		if a != b || (err1 == nil) != (err2 == nil) {
			t.Fatalf("%q %v, then %q %v", a, err1, b, err2)
		}
		fresh, err := Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		if c, err3 := fresh.Render([]byte(data), env()); c != a || (err3 == nil) != (err1 == nil) {
			t.Fatalf("%q %v, of another template %q %v", a, err1, c, err3)
		}
		if e, ok := err1.(*Error); err1 != nil && (!ok || a != "" || e.Message == "" || e.Line < 0 || e.Col < 0) {
			t.Fatalf("%#v with %q", err1, a)
		}
		if len(a) > MaxOutput {
			t.Fatalf("%d bytes", len(a))
		}
		if !strings.Contains(text, "{{") && a != text {
			t.Fatalf("%q became %q", text, a)
		}
	})
}

func BenchmarkRenderPaths(b *testing.B) {
	parsed, _ := Parse("t", `https://{{.config.host}}/x/{{.args.name}}`)
	for b.Loop() {
		if _, err := parsed.Render([]byte(document), env()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRenderFunctions(b *testing.B) {
	parsed, _ := Parse("t", `{{range .args.list}}{{upper .}} {{end}}`)
	for b.Loop() {
		if _, err := parsed.Render([]byte(document), env()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("t", `{{range .args.list}}{{upper . | trunc 3}} {{end}}{{if eq .args.one 1}}{{urlquery .args.name}}{{end}}`); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFirstRender is a template that is rendered once, as after a long pause.
func BenchmarkFirstRender(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parsed, err := Parse("t", `{{range .args.list}}{{upper . | trunc 3}} {{end}}{{if eq .args.one 1}}{{urlquery .args.name}}{{end}}`)
		if err == nil {
			_, err = parsed.Render([]byte(document), env())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRenderStatic(b *testing.B) {
	parsed, _ := Parse("t", "https://h.example/x")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parsed.Render([]byte(document), env()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRenderResponse is a list of 1,000 objects made into lines of text.
func BenchmarkRenderResponse(b *testing.B) {
	parsed, _ := Parse("t", "{{range .items}}- {{.id}}: {{.name}}{{if .open}} (open){{end}}\n{{end}}")
	data := []byte(`{"items":[` + strings.Repeat(`{"id":12345,"name":"a name","open":true,"more":{"a":[1,2,3]}},`, 999) + `{"id":1}]}`)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parsed.Render(data, env()); err != nil {
			b.Fatal(err)
		}
	}
}
