package template

import (
	"strings"
	"testing"
	"time"
)

func env() Env {
	return Env{Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seed: [32]byte{1}}
}

const document = `{"args":{"name":"a b&c","n":0,"one":1,"f":1.5,"big":12345678901234567890,"e":1e3,"yes":true,"no":false,"null":null,"empty":"",
"list":["x","y"],"nums":[3,1,2],"obj":{"k":"v<","deep":{"a":[{"id":7,"n":"p"},{"id":8,"n":"q"}]}},"none":[],"digits":"42"},"config":{"host":"h.example"}}`

func TestRender(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		// higress.md 1.6, row by row.
		{"data", `{{.config.host}}/{{.args.name}}`, "h.example/a b&c"},
		{"dot paths", `{{.args.obj.deep.a}}`, `[{"id":7,"n":"p"},{"id":8,"n":"q"}]`},
		{"gjson from the root", `{{gjson "args.obj.deep.a.#(id==8).n"}}`, "q"},
		{"gjson inside range", `{{range .args.list}}{{.}}{{gjson "args.one"}}{{end}}`, "x1y1"},
		{"gjson with every item", `{{gjson "args.obj.deep.a.#.id"}}`, "[7,8]"},
		{"absent prints nothing", `[{{.args.absent}}{{.args.absent.deeper}}]`, "[]"},
		{"absent is false", `{{if .args.absent}}yes{{else}}no{{end}}`, "no"},
		{"null", `[{{.args.null}}]{{if .args.null}}yes{{end}}`, "[]"},
		{"text is raw", `{{.args.name}}`, "a b&c"},
		{"number", `{{.args.one}} {{.args.f}} {{.args.e}}`, "1 1.5 1e3"},
		{"all digits", `{{.args.big}}`, "12345678901234567890"},
		{"boolean", `{{.args.yes}} {{.args.no}}`, "true false"},
		{"array is JSON", `{{.args.list}}`, `["x","y"]`},
		{"object is JSON", `{{.args.obj.k}} {{.args.obj.deep.a}}`, `v< [{"id":7,"n":"p"},{"id":8,"n":"q"}]`},
		{"zero is false", `{{if .args.n}}y{{else}}n{{end}}`, "n"},
		{"empty list is false", `{{if .args.none}}y{{else}}n{{end}}{{with .args.none}}y{{else}}n{{end}}`, "nn"},
		{"sprig", `{{upper .args.name}} {{.args.name | upper | trunc 3}}`, "A B&C A B"},
		{"toJson embeds", `{"o":{{toJson .args.obj.deep}},"s":{{.args.name | toJson}},"n":{{toJson .args.big}}}`, `{"o":{"a":[{"id":7,"n":"p"},{"id":8,"n":"q"}]},"s":"a b&c","n":12345678901234567890}`},
		{"join of a list", `{{join ", " .args.list}} {{.args.list | join "-"}}`, "x, y x-y"},
		{"len", `{{len .args.list}} {{len .args.obj}} {{len .args.name}} {{.args.list | len}}`, "2 2 5 2"},
		{"index", `{{index .args.list 1}} {{index .args.obj "k"}} {{(index .args.obj.deep.a 0).n}}`, "y v< p"},
		{"eq", `{{eq .args.one 1}} {{eq .args.name "a b&c"}} {{eq .args.yes true}} {{eq .args.f 1.5}} {{ne .args.one 2}} {{eq .args.one 3 1}}`, "true true true true true true"},
		{"order", `{{lt .args.one 2}} {{gt .args.big 5}} {{le .args.f 1.5}} {{ge .args.n 1}}`, "true true true false"},
		{"pipe into a built-in", `{{.args.name | urlquery}} {{urlquery .args.name}} {{.args.list | len}}`, "a+b%26c a+b%26c 2"},
		{"range over an array", `{{range $i, $v := .args.list}}{{$i}}={{$v}};{{end}}`, "0=x;1=y;"},
		{"range over an object", `{{range $k, $v := .args.obj}}{{$k}} {{end}}`, "k deep "},
		{"range over objects", `{{range .args.obj.deep.a}}{{.id}}:{{.n}} {{end}}`, "7:p 8:q "},
		{"range over nothing", `{{range .args.none}}x{{else}}none{{end}}{{range .args.absent}}x{{else}}none{{end}}`, "nonenone"},
		{"range with one variable", `{{range $v := .args.list}}{{$v}}{{end}}`, "xy"},
		{"break and continue", `{{range .args.nums}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}`, "3"},
		{"with", `{{with .args.obj}}{{.k}}{{end}}{{with .args.absent}}x{{else}}y{{end}}`, "v<y"},
		{"variables", `{{$x := .args.obj}}{{$x.k}} {{$x.deep.a}}{{$y := 1}}{{$y = 2}}{{$y}}`, `v< [{"id":7,"n":"p"},{"id":8,"n":"q"}]2`},
		{"and or not", `{{and .args.yes .args.one}} {{or .args.empty .args.name}} {{not .args.n}} {{if and .args.yes (not .args.no)}}ok{{end}}`, "1 a b&c true ok"},
		{"templates", `{{define "x"}}<{{.}}>{{end}}{{template "x" .args.one}}{{block "y" .args.f}}({{.}}){{end}}`, "<1>(1.5)"},
		{"comments and trim", "a {{- /* note */ -}} b", "ab"},
		{"printf", `{{printf "%s|%v|%d|%5.1f|%q" .args.name .args.list .args.one .args.f .args.digits}}`, `a b&c|["x","y"]|1|  1.5|"42"`},
		{"default", `{{default "d" .args.absent}} {{.args.empty | default "d"}} {{default "d" .args.name}}`, "d d a b&c"},
		{"arithmetic", `{{add .args.one 2}} {{mul .args.digits 2}} {{sub 5 .args.one}}`, "3 84 4"},
		{"ternary", `{{ternary "a" "b" .args.yes}}{{.args.no | ternary "a" "b"}}`, "ab"},
		{"dict", `{{$d := dict "a" .args.one "b" (list 1 2)}}{{$d.a}} {{toJson $d}}`, `1 {"a":"1","b":[1,2]}`},
		{"clock", `{{now | date "2006-01-02"}}`, "2026-01-02"},
		{"quote", `{{quote .args.name}} {{squote .args.one}}`, `"a b&c" '1'`},
		{"ip", `[{{getRealIP}}{{getSocketIP}}]`, "[]"},
		{"fromJson", `{{$o := fromJson "{\"a\":{\"b\":5}}"}}{{$o.a.b}}`, "5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			parsed, err := Parse("url", c.text)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // an instance is used again
				got, err := parsed.Render([]byte(document), env())
				if err != nil || got != c.want {
					t.Fatalf("got %q, %v; want %q", got, err, c.want)
				}
			}
		})
	}
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
		{`{{.items.0.id}}`, "unexpected", "gjson"},
		{`{{template "nowhere"}}`, "", ""},
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

func TestArgs(t *testing.T) {
	for text, want := range map[string][]ArgUse{
		`/{{.args.a}}`:                          {{"a", false}},
		`/{{urlquery .args.a}}`:                 {{"a", true}},
		`/{{.args.a | upper | urlquery}}`:       {{"a", true}},
		`{{if .args.c}}{{.args.b.c}}{{end}}`:    {{"b", false}},
		`{{range $.args.l}}x{{end}}`:            {{"l", false}},
		`{{.config.host}}`:                      nil,
		`{{with .args.a}}{{.}}{{end}}`:          {{"a", false}},
		`{{printf "%s" (urlquery .args.deep)}}`: {{"deep", true}},
	} {
		parsed, err := Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		got := parsed.Args()
		if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
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
	f.Fuzz(func(t *testing.T, text, data string) {
		parsed, err := Parse("t", text)
		if err != nil {
			return
		}
		a, err1 := parsed.Render([]byte(data), env())
		b, err2 := parsed.Render([]byte(data), env())
		if a != b || (err1 == nil) != (err2 == nil) {
			t.Fatalf("%q %v, then %q %v", a, err1, b, err2)
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
