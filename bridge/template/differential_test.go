package template

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	tt "text/template"
)

// agree renders a template with the executor and with Go's own.
func agree(t *testing.T, text string, data []byte) {
	t.Helper()
	parsed, err := Parse("t", text)
	if err != nil {
		return
	}
	got, err := parsed.Render(data, env())
	want, wanted := oracle("t", text, data, env())
	if passed(err) || passed(wanted) {
		return // they do not count alike
	}
	if got != want || (err == nil) != (wanted == nil) {
		t.Errorf("%q over %.200q:\n got %.300q, %v\nwant %.300q, %v", text, data, got, err, want, wanted)
		return
	}
	if err == nil {
		return
	}
	a, b := err.(*Error), wanted.(*Error)
	exact := !strings.HasPrefix(b.Message, "can't give") // Go shows the pipeline or what it evaluated last
	if b.Message != "it cannot be rendered" && (a.Message != b.Message || exact && (a.Line != b.Line || a.Col != b.Col)) {
		t.Errorf("%q: %d:%d %q, want %d:%d %q", text, a.Line, a.Col, a.Message, b.Line, b.Col, b.Message)
	}
}

// TestExecutorsAgree renders generated templates. (Those of the other tests are
// compared where they are rendered.)
func TestExecutorsAgree(t *testing.T) {
	errs, loops := 0, 0
	for n := range uint64(4_000) {
		g := &generator{r: rand.New(rand.NewPCG(n, 1))}
		text := g.template()
		if _, err := render(t, text, things); err != nil { // which compares
			errs++
		}
		if strings.Contains(text, "range") {
			loops++
		}
	}
	if errs < 200 || errs > 3_500 || loops < 1_000 {
		t.Errorf("the generated templates are too much alike: %d have errors, %d loops", errs, loops)
	}
}

// FuzzExecutors: for any template and data both executors print the same, or fail.
func FuzzExecutors(f *testing.F) {
	for n := range uint64(50) {
		g := &generator{r: rand.New(rand.NewPCG(n, 2))}
		f.Add(g.template(), things)
	}
	for _, s := range []string{`{{.a 5}}`, `{{nil}}`, `{{1i}} {{'a'}} {{0x1p4}} {{0xE}}`, `{{or true ($x := 1)}}{{$x}}`, `{{print ($x := 1)}}{{$x}}`, `{{(gjson "a").b}}`,
		`{{range $x = .}}{{end}}`, `{{break}}`, `{{. | gjson}}`, `{{print and}}`, `{{1 | and}}`, `{{template "x" $y := .a}}{{$y}}{{define "x"}}{{.}}{{end}}`} {
		f.Add(s, `{"a":{"b":1}}`)
	}
	f.Fuzz(func(t *testing.T, text, data string) {
		if strings.Contains(text, "$ ") || strings.Contains(text, "$,") || strings.Contains(text, "$:") || strings.Contains(text, "$=") {
			return // gjson looks below the root, whatever is called $
		}
		agree(t, text, []byte(data))
	})
}

// generator writes templates that Go's parser takes, with few exceptions.
type generator struct {
	r     *rand.Rand
	vars  int // that are declared: $v0, $v1 …
	loops int // that are open
	left  int // blocks that may still be written
}

func (g *generator) one(of ...string) string { return of[g.r.IntN(len(of))] }

func (g *generator) template() string {
	g.left = 3 + g.r.IntN(10)
	text := `{{define "t0"}}` + g.block(1) + `{{end}}`
	g.vars = 0
	return text + `{{define "t1"}}{{.}}{{template "t0" .}}{{end}}` + g.block(3)
}

// block writes nodes, and forgets what they declare.
func (g *generator) block(depth int) string {
	vars := g.vars
	var b strings.Builder
	for range 1 + g.r.IntN(4) {
		b.WriteString(g.node(depth))
	}
	g.vars = vars
	return b.String()
}

func (g *generator) node(depth int) string {
	if g.left--; depth == 0 || g.left < 0 {
		return "{{" + g.pipe(1) + "}}"
	}
	switch g.r.IntN(12) {
	case 0:
		return g.one("a ", "b\n", " é ", "{", "{{- /* no */ -}}")
	case 1:
		p := g.pipe(2)
		g.vars++
		return fmt.Sprintf("{{$v%d := %s}}", g.vars-1, p)
	case 2:
		if g.vars > 0 {
			return fmt.Sprintf("{{$v%d = %s}}", g.r.IntN(g.vars), g.pipe(2))
		}
	case 3, 4:
		return g.branch("if", depth)
	case 5:
		return g.branch("with", depth)
	case 6, 7, 8:
		return g.loop(depth)
	case 9:
		return fmt.Sprintf(`{{template %q %s}}`, g.one("t0", "t1"), g.pipe(1))
	case 10:
		if g.loops > 0 {
			return fmt.Sprintf("{{if %s}}{{%s}}{{end}}", g.pipe(1), g.one("break", "continue"))
		}
	}
	return "{{" + g.pipe(2) + "}}"
}

func (g *generator) branch(word string, depth int) string {
	vars, p := g.vars, g.pipe(2)
	if g.r.IntN(4) == 0 {
		p = fmt.Sprintf("$v%d := %s", g.vars, p)
		g.vars++
	}
	text := "{{" + word + " " + p + "}}" + g.block(depth-1)
	switch g.r.IntN(4) {
	case 0:
		text += "{{else}}" + g.block(depth-1)
	case 1:
		text += "{{else " + word + " " + g.pipe(1) + "}}" + g.block(depth-1) + "{{else}}" + g.block(0)
	}
	g.vars = vars
	return text + "{{end}}"
}

func (g *generator) loop(depth int) string {
	vars, p := g.vars, g.one(".l", ".objs", ".o", "$.l", "$.n", "3", ".s", "(list 1 .num)", `(dict "b" 1 "a" .)`, g.pipe(1))
	switch g.r.IntN(5) {
	case 0:
		p = fmt.Sprintf("$v%d := %s", g.vars, p)
		g.vars++
	case 1:
		p = fmt.Sprintf("$v%d, $v%d := %s", g.vars, g.vars+1, p)
		g.vars += 2
	case 2:
		if g.vars > 0 {
			p = fmt.Sprintf("$v%d = %s", g.r.IntN(g.vars), p)
		}
	}
	g.loops++
	text := "{{range " + p + "}}" + g.block(depth-1)
	g.loops--
	if g.r.IntN(3) == 0 {
		text += "{{else}}" + g.block(depth-1)
	}
	g.vars = vars
	return text + "{{end}}"
}

func (g *generator) pipe(depth int) string {
	text := g.command(depth)
	for g.r.IntN(4) == 0 {
		text += " | " + g.one("upper", "print 1", "len", "and .t", "or .e", "eq .num", "default 5", "gjson", "toJson", "not", "list", "index .l", `printf "%v-%v" .z`, ".o", "html", "js", "urlquery", "trunc 3")
	}
	return text
}

func (g *generator) command(depth int) string {
	if depth == 0 || g.r.IntN(3) == 0 {
		return g.operand(depth)
	}
	text := g.one("print", "println", "len", "and", "or", "not", "eq", "ne", "lt", "index", "slice", "upper", "list", "dict", "default", "gjson", "fail", "add", "join", "toJson", "printf", "empty", "ternary", "set", "first", "html", "js")
	for range 1 + g.r.IntN(3) {
		text += " " + g.operand(depth-1)
	}
	return text
}

func (g *generator) operand(depth int) string {
	if g.vars > 0 && g.r.IntN(3) == 0 {
		return fmt.Sprintf("$v%d%s", g.r.IntN(g.vars), g.one("", "", ".id", ".o.k"))
	}
	if depth > 0 && g.r.IntN(3) == 0 {
		return "(" + g.pipe(depth-1) + ")" + g.one("", "", ".id", ".k.x")
	}
	return g.one(".", ".", "$", ".s", ".num", ".neg", ".f", ".t", ".z", ".e", ".null", ".absent", ".l", ".l.0", ".o", ".o.m.x", ".objs", ".objs.1.name", "$.mixed", "$.o", ".id",
		`"x"`, `"l.1"`, "`<&'`", "0", "7", "-1", "1.5", "true", "false", "nil", "'a'", "now", "dict", "0x1F", "1e3")
}

// TestExecutorAgreesWithGo renders templates over data that Go's executor knows, too,
// without the oracle's changes.
func TestExecutorAgreesWithGo(t *testing.T) {
	data := map[string]any{"s": "x", "n": 5, "zero": 0, "none": []any{}, "l": []any{1, 2}, "o": map[string]any{"k": "v"}, "t": true}
	for _, text := range []string{
		`{{$x := .n}}{{if $x := .zero}}a{{else}}{{$x}}{{end}}{{$x}}`, `{{with $x := .none}}a{{else}}{{$x}}{{.s}}{{end}}`, `{{range $x := .none}}a{{else}}{{$x}}{{len $x}}{{end}}`,
		`{{$x := 1}}{{range $x = .l}}{{end}}{{$x}}`, `{{$x := 1}}{{$i := 1}}{{range $i, $x = .l}}{{end}}{{$i}}{{$x}}`, `{{$x := 1}}{{range $x = .none}}{{end}}{{$x}}`,
		`{{range $i, $x := .l}}{{if eq $i 0}}{{continue}}{{end}}{{$x}}{{end}}`, `{{range .l}}{{range $.l}}{{break}}x{{end}}{{.}}{{end}}`, `{{range .l}}{{.}}{{break}}{{end}}`,
		`{{range .l}}a{{range $.none}}{{else}}{{break}}x{{end}}b{{end}}`, `{{range .l}}a{{range $.none}}{{else}}{{continue}}x{{end}}b{{end}}`,
		`{{range $k, $v := .o}}{{$k}}{{$v}}{{end}}`, `{{define "t"}}{{$x := .}}{{$x}}{{end}}{{$x := 1}}{{template "t" .s}}{{$x}}`, `{{block "b" .o}}{{.k}}{{end}}`,
		`{{and .zero (index .l 9)}}{{or .s (index .l 9)}}{{and 1 2 3}}{{or 0 0 ""}}`, `{{or true ($x := 1)}}{{$x}}`, `{{print ($x := 1)}}{{$x}}`, `{{"a" | printf "%s%s" "b"}}`,
		`{{1}} {{1.5}} {{'a'}} {{0x1F}} {{1e3}} {{true}} {{1i}}`, `{{nil}}`, `{{.s 1}}`, `{{$x := .o}}{{$x.k}}{{(.o).k}}{{$.o.k}}`, `{{if .t}}{{$y := 2}}{{$y}}{{end}}`, `{{18446744073709551615}}`,
		`{{with .o}}{{.k}}{{else with .s}}{{.}}{{end}}`, `{{if .zero}}{{else if .n}}n{{else}}e{{end}}`, `{{len .s}}{{len .l}}{{slice "abc" 1 2}}{{not .zero}}`, `{{template "t" $y := .s}}{{$y}}{{define "t"}}{{.}}{{end}}`,
		`{{html "<a'\"&>"}}{{js "<a'\"&=>\n"}}{{urlquery "a b&c"}}`, `{{range 3}}{{.}}{{end}}{{range $i := 3}}{{$i}}{{end}}`,
	} {
		var b strings.Builder
		parsed, err := tt.New("root").Parse(text)
		if err == nil {
			err = parsed.Execute(&b, data)
		}
		got, ours := render(t, text, `{"s":"x","n":5,"zero":0,"none":[],"l":[1,2],"o":{"k":"v"},"t":true}`)
		if (err == nil) != (ours == nil) || err == nil && got != b.String() {
			t.Errorf("%s: %q, %v; Go has %q, %v", text, got, ours, b.String(), err)
		}
	}
}

// FuzzEscapeJS holds escapeJS against Go's.
func FuzzEscapeJS(f *testing.F) {
	for _, s := range []string{"", "plain", `\'"<>&=`, "\n\t\x00\x7f", "é日\u2028\u00a0", "\xff\xc3", "\ufffd", "a\U0001F511"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := escapeJS(s), tt.JSEscapeString(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	})
}

// passed holds for an error of a bound.
func passed(err error) bool {
	if err == nil {
		return false
	}
	for _, bound := range []error{errSteps, errOutput, errDepth} {
		if strings.Contains(err.Error(), bound.Error()) {
			return true
		}
	}
	return false
}
