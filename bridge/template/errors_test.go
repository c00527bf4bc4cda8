package template

import (
	"errors"
	"strings"
	"testing"
)

// TestErrors holds what a person reads: where, what, and what to write instead.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		text      string
		line, col int
		message   string
		hint      string
	}{
		// Of the language.
		{"{{", 1, 0, "unclosed action", ""},
		{"{{.a", 1, 0, "unclosed action", ""},
		{"{{if .a}}", 1, 0, "unexpected EOF", ""},
		{"a\n{{end}}", 2, 0, "unexpected {{end}}", ""},
		{"{{.a.b-c}}", 1, 0, "bad character U+002D '-'", `write a path with a hyphen as {{gjson "a.b-c"}}`},
		{"{{.a.0.}}", 1, 0, "unexpected <.> in operand", ""},
		{"{{$x}}", 1, 0, `undefined variable "$x"`, ""},
		{"{{break}}", 1, 0, "{{break}} outside {{range}}", ""},
		{"{{define 5}}{{end}}", 1, 0, "unexpected \"5\" in define clause", ""},
		{"{{/* x }}", 1, 0, "unclosed comment", ""},
		{`{{define "x"}}a{{end}}{{define "x"}}b{{end}}`, 1, 0, `template: multiple definition of template "x"`, ""},
		// Of functions.
		{"a\n b {{uper .x}}", 2, 6, "there is no function uper", "did you mean upper?"},
		{"{{.x | tojson}}", 1, 8, "there is no function tojson", "did you mean toJson?"},
		{"{{print (zzzzzzzz 1)}}", 1, 10, "there is no function zzzzzzzz", ""},
		{"{{if env \"X\"}}{{end}}", 1, 6, "the function env is not allowed: it reads the environment or the network", ""},
		{"{{bcrypt .x}}", 1, 3, "the function bcrypt is not allowed: it makes or uses keys", ""},
		{"{{__out 1}}", 1, 3, "the function __out is not allowed: it is no function for templates", ""},
		{"{{template \"y\" .}}", 1, 12, "there is no template y", `define it: {{define "y"}}…{{end}}`},
		{"{{define \"x\"}}\n\n{{nope}}{{end}}", 3, 3, "there is no function nope", ""},
		{"{{.a.0.b}}{{.a.1}} {{nope}}", 1, 22, "there is no function nope", ""},
		{"{{and}}", 1, 3, "and: wants an argument", ""},
		// Of rendering.
		{"{{upper}}", 1, 3, "upper: wants 1 argument, not 0", ""},
		{"{{repeat 1}}", 1, 3, "repeat: wants 2 arguments, not 1", ""},
		{"{{dig \"a\"}}", 1, 3, "dig: does not take these arguments", ""},
		{"{{merge}}", 1, 3, "merge: wants 1 argument or more, not 0", ""},
		{"{{len}}", 1, 3, "len: wants an argument", ""},
		{"{{lt 1}}", 1, 3, "lt: wants 2 arguments, not 1", ""},
		{"{{repeat .s \"x\"}}", 1, 3, "repeat: argument 1 must be a whole number", ""},
		{"{{round .s 1}}{{substr .s 1 .s}}", 1, 17, "substr: argument 1 must be a whole number", ""},
		{"{{keys .s}}", 1, 3, "keys: argument 1 must be map[string]interface {}", ""},
		{"{{fail \"say what is wrong\"}}", 1, 3, "fail: say what is wrong", ""},
		{"{{fail .s}}", 1, 3, "fail: does not take these arguments", ""},
		{"{{print \"x\" | fail}}", 1, 15, "fail: does not take these arguments", ""},
		{"{{.a 5}}", 1, 3, "can't give argument to non-function", ""},
		{"{{range .t}}{{end}}", 1, 9, "range: wants a list, a dictionary, a number or a text", ""},
		{"{{index .s.s 1 2}}{{index (list 1) 1}}", 1, 21, "index: there is no such item", ""},
		{"{{define \"r\"}}{{template \"r\"}}{{end}}{{template \"r\"}}", 1, 0, "templates call each other too deeply", ""},
		{"{{range 2000000}}{{end}}", 1, 0, "it takes too many steps", ""},
		{"{{range 20}}{{repeat 1000000 \"x\"}}{{end}}", 0, 0, "its output is larger than 8 MiB", ""},
	} {
		out, err := render(t, c.text, `{"s":"d4ta","t":true}`)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %.40q, %v", c.text, out, err)
			continue
		}
		if e.Line != c.line || c.col > 0 && e.Col != c.col || !strings.HasPrefix(e.Message, c.message) || e.Hint() != c.hint || e.Name != "t" {
			t.Errorf("%q: %d:%d %q, hint %q", c.text, e.Line, e.Col, e.Message, e.Hint())
		}
		if strings.Contains(e.Error()+e.Hint(), "d4ta") || strings.Contains(e.Error(), mark) || strings.Contains(e.Error(), "\x00") || strings.Contains(e.Error(), "__get") {
			t.Errorf("%q: the error shows too much: %s", c.text, e.Error())
		}
		if !strings.HasPrefix(e.Error(), "template line ") && c.line > 0 || strings.HasSuffix(e.Error(), ".") {
			t.Errorf("%q: %s", c.text, e.Error())
		}
	}
}

func TestErrorsAreShort(t *testing.T) {
	for _, text := range []string{
		"{{" + strings.Repeat("nofunction", 100_000) + "}}",
		"{{template \"" + strings.Repeat("x", 100_000) + "\"}}",
		"{{fail \"" + strings.Repeat("x", 100_000) + "\"}}",
		"{{\"" + strings.Repeat("x", 100_000),
		strings.Repeat("{{.a}}", 200_000),
	} {
		_, err := render(t, text, "{}")
		var e *Error
		if !errors.As(err, &e) || len(e.Error()) > 1000 || len(e.Hint()) > 110_000 {
			t.Errorf("%.20q: %d bytes", text, len(err.Error()))
		}
	}
	e := &Error{Message: "m"}
	if e.Error() != "template: m" || e.Hint() != "" {
		t.Error(e.Error(), e.Hint())
	}
	if _, err := Parse("t", "{{"+strings.Repeat(" ", maxText)+"}}"); err == nil {
		t.Error("a template without end is parsed")
	}
}
