package result

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func TestErrorf(t *testing.T) {
	r := Errorf(SignInNeeded, "run: mcp-bridge login p\x00", "no %s\x1b", "token")
	if !r.IsError || r.Kind != SignInNeeded || len(r.Content) != 2 || r.Content[0].Text != "no token" || r.Content[1].Text != "run: mcp-bridge login p" {
		t.Errorf("result %+v", r)
	}
	if r.Content[1].Meta[MetaSource] != FromBridge {
		t.Errorf("hint meta %v", r.Content[1].Meta)
	}
	if r := Errorf(Internal, "", "x"); len(r.Content) != 1 {
		t.Errorf("an empty hint makes an item: %+v", r)
	}
	r = Errorf(Internal, strings.Repeat("h", 5000), "%s", strings.Repeat("é", 300_000))
	total := 0
	for _, c := range r.Content {
		total += runes(c.Text)
	}
	if total > profiles.DefaultMaxResultChars {
		t.Errorf("an error of %d characters", total)
	}
}

func TestAddHint(t *testing.T) {
	r := &Result{}
	r.AddHint("")
	r.AddHint("\x00")
	r.AddHint("type this")
	if len(r.Content) != 1 || r.Content[0].Text != "type this" {
		t.Errorf("content %+v", r.Content)
	}
}

func TestDirect(t *testing.T) {
	o := optionsFile{Mask: "SECRET99", MaxChars: 100}.options()
	tl := &tool.Tool{Name: "d", OutputSchema: json.RawMessage(`{"type":"object"}`)}
	r := Direct(tl, "hi SECRET99\x07", o)
	if r.IsError || len(r.Content) != 1 || r.Content[0].Text != "hi [secret]" || r.Structured != nil || r.Content[0].Meta != nil {
		t.Errorf("result %+v", r)
	}
	if r := Direct(tl, `{"a":1}`, o); string(r.Structured) != `{"a":1}` {
		t.Errorf("structured %s", r.Structured)
	}
	if r := Direct(tl, strings.Repeat("x", 101), o); runes(r.Content[0].Text) > 100 || !strings.Contains(r.Content[0].Text, "[cut: 50 of 101") {
		t.Errorf("text %q", r.Content[0].Text)
	}
	if r := Direct(tl, "", o); r.Content[0].Text != "" {
		t.Errorf("text %q", r.Content[0].Text)
	}
}

func TestDefaultLimit(t *testing.T) {
	body := bytes.Repeat([]byte("é"), profiles.DefaultMaxResultChars)
	r := FromResponse(&tool.Tool{}, Response{Status: 200, Body: body}, Options{})
	if r.Content[0].Text != string(body) {
		t.Error("text at the limit is changed")
	}
	r = FromResponse(&tool.Tool{}, Response{Status: 200, Body: append(body, 'x')}, Options{})
	if n := runes(r.Content[0].Text); n > profiles.DefaultMaxResultChars || !strings.Contains(r.Content[0].Text, "[cut: 99700 of 100001 characters are shown]") {
		t.Errorf("%d characters, ending %q", n, r.Content[0].Text[len(r.Content[0].Text)-60:])
	}
}

func TestMoreGetsTheWholeText(t *testing.T) {
	whole := strings.Repeat("0123456789", 500)
	var kept string
	var at int
	o := Options{MaxChars: 1000, More: func(text string, shown int) string { kept, at = text, shown; return "go on" }}
	r := FromResponse(&tool.Tool{}, Response{Status: 200, Body: []byte(whole)}, o)
	if kept != whole || !strings.HasPrefix(r.Content[0].Text, whole[:at]) || !strings.HasSuffix(r.Content[0].Text, "; go on]") {
		t.Errorf("kept %d, shown %d, text ends %q", len(kept), at, r.Content[0].Text[at:])
	}
	o.More = func(string, int) string { return strings.Repeat("long ", 500) }
	if r := FromResponse(&tool.Tool{}, Response{Status: 200, Body: []byte(whole)}, o); runes(r.Content[0].Text) > 1000 {
		t.Errorf("%d characters with a long note", runes(r.Content[0].Text))
	}
}

func TestTruncatedInsideACharacter(t *testing.T) {
	for _, body := range []string{"aé\xc3", "a漢\xe6\xbc", "a\xf0\x9f\x98"} {
		r := FromResponse(&tool.Tool{}, Response{Status: 200, Body: []byte(body), Truncated: true}, Options{})
		if strings.Contains(r.Content[0].Text, "\uFFFD") {
			t.Errorf("%q gives %q", body, r.Content[0].Text)
		}
	}
	plain := http.Header{"Content-Type": {"text/plain"}}
	r := FromResponse(&tool.Tool{}, Response{Status: 200, Header: plain, Body: []byte("a\xffb\xc3"), Truncated: true}, Options{})
	if !strings.HasPrefix(r.Content[0].Text, "a\uFFFDb\n[cut") {
		t.Errorf("text %q", r.Content[0].Text)
	}
}

func TestControlCharactersHideNoSecret(t *testing.T) {
	o := optionsFile{Mask: "SECRET99"}.options()
	for _, status := range []int{200, 500} {
		r := FromResponse(&tool.Tool{}, Response{Status: status, Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("x SEC\x00RET\x1b99 y")}, o)
		if strings.Contains(r.Content[0].Text, "SECRET99") {
			t.Errorf("status %d: %q", status, r.Content[0].Text)
		}
	}
}

func TestCondense(t *testing.T) {
	for in, want := range map[string]string{
		"<html></html>": "an HTML page without text",
		"<html><head><title>T</title></head><body>a<br>b&lt;</body></html>": "T – a b<",
		"<p " + strings.Repeat("x", 100):                                    "<p " + strings.Repeat("x", 100),
		"<body>" + strings.Repeat("w ", 600):                                strings.TrimSpace(plaintext.First(strings.Repeat("w ", 600), condensedChars)) + "  … (HTML page, condensed)",
	} {
		if got := (&shaper{options: withDefaults(Options{})}).condense(in); got != want {
			t.Errorf("condense(%.30q) = %q, want %q", in, got, want)
		}
	}
}

func TestMessage(t *testing.T) {
	for in, want := range map[string]string{
		`{"message":"a","detail":"b"}`: "a", `{"detail":"b","title":"c"}`: "b", `{"error":"invalid_grant","error_description":"d"}`: "d",
		`{"errors":[{"message":"e"},{"message":"f"}]}`: "e", `{"errors":["g"]}`: "g", `{"error":{"error":{"error":{"error":"deep"}}}}`: "",
		`"text"`: "", `[1]`: "", `{"message":1}`: "", `{}`: "", `{"title":"t","status":404}`: "t", `x`: "",
	} {
		if got := (&shaper{options: withDefaults(Options{})}).message([]byte(in)); got != want {
			t.Errorf("message(%s) = %q, want %q", in, got, want)
		}
	}
	if (&shaper{options: withDefaults(Options{})}).message([]byte(`{"message":"`+strings.Repeat("x", 70<<10)+`"}`)) != "" {
		t.Error("a large body is searched")
	}
}

func TestSelect(t *testing.T) {
	for _, c := range []struct{ expression, document, want string }{
		{".", `{"b":1.0,"a":12345678901234567890}`, `{"a":12345678901234567890,"b":1.0}`},
		{".[] | .x", `[{"x":"<é>"},{"x":null},{"x":true}]`, "\"<é>\"\nnull\ntrue"},
		{"length", `[1,2]`, "2"},
		{".[0] + 1", `[1.5]`, "2.5"},
		{"[.[]|select(.>1)]", `[1,2,3]`, "[2,3]"},
		{"empty", `1`, ""},
		{"1, halt, 2", `1`, "1"},
	} {
		got, err := Select(context.Background(), c.expression, []byte(c.document), 1000)
		if err != nil || string(got) != c.want {
			t.Errorf("%s over %s = %s, %v, want %s", c.expression, c.document, got, err, c.want)
		}
	}
}

func TestSelectRefuses(t *testing.T) {
	for _, expression := range []string{".[", "unknown_function", "input", ".a.b", `error("x")`, `import "a" as a; .`, `include "a"; .`,
		"[range(100000)]", "repeat(.)", `"x" * 100000`, "def f: f; f", ".[500000000] = 1", ".[0] |= 2", ".[0] += 2", "[.[] | (.[500000000] //= 1)]", "setpath([500000000]; 1)",
		"{a: [fromstream([[500000000],1])]}", "pick(.[500000000])", `"\(setpath([500000000]; 1))"`, "def f: setpath([500000000]; 1); f",
		"_modify(.[0]; 1)", "if . then setpath([5]; 1) else . end", "try setpath([5]; 1)", "reduce .[] as $x (.; setpath([5]; 1))", "-setpath([5]; 1)",
		".[setpath([5]; 1)]", "[limit(setpath([5]; 1); 1)]", "label $l | setpath([5]; 1)", `@json "\(setpath([5];1))"`, ". as [$a] | setpath([5]; 1)",
		". as {(setpath([5]; 1)): $a} | 1"} {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		got, err := Select(ctx, expression, []byte(`[1]`), 10_000)
		cancel()
		var e *SelectError
		if strings.Contains(expression, "setpath") && !strings.Contains(fmt.Sprint(err), "select only reads") {
			t.Errorf("%s: %v", expression, err)
		}
		if !errors.As(err, &e) || e.Hint() == "" || e.Unwrap() == nil || got != nil {
			t.Errorf("%s: %.40s, %v", expression, got, err)
		}
	}
}

func TestSelectEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Select(ctx, "def f: f; f", []byte("1"), 100); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// check states the law of every result: valid UTF-8 without control characters,
// within the limit, structured content that is JSON, and no known secret.
func check(t *testing.T, r *Result, maxChars int, secret string) {
	t.Helper()
	total := 0
	for _, c := range r.Content {
		total += runes(c.Text)
		for _, s := range []string{c.Text, c.MIMEType, c.URI} {
			if !utf8.ValidString(s) {
				t.Fatalf("not UTF-8: %q", s)
			}
			if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) }) {
				t.Fatalf("control character in %q", s)
			}
			if strings.Contains(s, secret) {
				t.Fatalf("the secret is shown in %q", s)
			}
		}
		if bytes.Contains(c.Data, []byte(secret)) {
			t.Fatalf("the secret is in the data %q", c.Data)
		}
		if (c.Type == "text") != (c.Data == nil) {
			t.Fatalf("item %+v", c)
		}
	}
	if total > maxChars {
		t.Fatalf("%d characters, at most %d allowed: %+v", total, maxChars, r)
	}
	if len(r.Content) == 0 || r.IsError != (r.Kind != "") {
		t.Fatalf("result %+v", r)
	}
	if r.Structured != nil && (!json.Valid(r.Structured) || !utf8.Valid(r.Structured) || r.IsError || bytes.Contains(r.Structured, []byte(secret))) {
		t.Fatalf("structured %s", r.Structured)
	}
}

func FuzzFromResponse(f *testing.F) {
	names, err := filepath.Glob("testdata/result/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for i, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		tl, r, o := load(f, a)
		f.Add(r.Status, r.Header.Get("Content-Type"), r.Header.Get("Location"), r.Body, o.MaxChars, byte(i), tl.Response.Body, o.Select)
	}
	f.Add(200, "text/plain", "", []byte("S3C\x00RET S3CRET"), 10, byte(1), "", "")
	f.Add(502, "text/html", "S3CRET", []byte("<html><title>S3CRET</title"), 30, byte(5), "{{.a}}", ".")
	f.Fuzz(func(t *testing.T, status int, contentType, location string, body []byte, maxChars int, options byte, template, selection string) {
		const secret = "S3CRET"
		if len(template) > 60 || len(selection) > 60 || strings.Contains(template, "{{") && strings.Contains(template, "e") {
			template, selection = "", "" // what templates and jq can do is tested elsewhere
		}
		tl := &tool.Tool{Name: "fuzz", Imported: options&1 != 0, Response: tool.Response{Body: template}}
		if options&2 != 0 {
			tl.OutputSchema = json.RawMessage(`{}`)
		}
		if options&4 != 0 {
			tl.Response.ErrorBody, tl.Response.Prepend = template, "before "
		}
		o := optionsFile{Mask: secret, MaxChars: maxChars, Select: selection}.options()
		if strings.Contains(template+selection, "S3C") {
			t.Skip("the profile and the call do not hold the secret")
		}
		r := Response{Status: status, Body: body, Truncated: options&8 != 0,
			Header: http.Header{"Content-Type": {contentType}, "Location": {location}, "Retry-After": {location}}}
		if maxChars <= 0 {
			maxChars = profiles.DefaultMaxResultChars
		}
		check(t, FromResponse(tl, r, o), maxChars, secret)
		if again := FromResponse(tl, r, o); dump(t, again) != dump(t, FromResponse(tl, r, o)) {
			t.Fatal("the same response gives two results")
		}
	})
}

func FuzzSelect(f *testing.F) {
	for _, s := range []string{".", ".a[]?", "keys", "to_entries", "..", "1e1000", `"\(.)"`, "@base64", "[.[]|tostring]", "path(..)", "nan"} {
		f.Add(s, `{"a":[1,"x",{"b":1.50}]}`)
	}
	f.Fuzz(func(t *testing.T, expression, document string) {
		if len(expression) > 40 || strings.ContainsAny(expression, "*+=") || strings.Contains(expression, "range") {
			t.Skip("growth is bounded by time, not tested here")
		}
		got, err := Select(context.Background(), expression, []byte(document), 10_000)
		if err != nil {
			if got != nil {
				t.Fatalf("output with an error: %s", got)
			}
			return
		}
		for line := range bytes.SplitSeq(got, []byte("\n")) {
			if len(got) > 0 && !json.Valid(line) {
				t.Fatalf("%s over %s: not JSON: %s", expression, document, line)
			}
		}
	})
}

func BenchmarkFromResponse(b *testing.B) {
	body := []byte(`{"items":[` + strings.Repeat(`{"id":12345,"name":"a name of some length"},`, 200) + `{}]}`)
	r := Response{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	tl := &tool.Tool{Name: "t", Imported: true}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		FromResponse(tl, r, Options{})
	}
}

func BenchmarkFromResponseCut(b *testing.B) {
	body := bytes.Repeat([]byte("some words and ü "), 1<<19)
	r := Response{Status: 200, Header: http.Header{"Content-Type": {"text/plain"}}, Body: body}
	tl := &tool.Tool{Name: "t"}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		FromResponse(tl, r, Options{})
	}
}

func TestTemplateThatFails(t *testing.T) {
	broken := `{{fail "odd"}}`
	r := FromResponse(&tool.Tool{Response: tool.Response{Body: broken}}, Response{Status: 200, Body: []byte(`{"a":1}`)}, Options{})
	if !r.IsError || r.Kind != TemplateFailed || !strings.HasPrefix(r.Content[0].Text, "responseTemplate.body cannot be rendered: ") {
		t.Errorf("result %+v", r)
	}
	r = FromResponse(&tool.Tool{Response: tool.Response{ErrorBody: broken}}, Response{Status: 404, Body: []byte(`{"a":1}`)}, Options{})
	if r.Kind != HTTPStatus || r.Content[0].Text != `call failed, status: 404, response: {"a":1}` || len(r.Content) != 2 ||
		!strings.HasPrefix(r.Content[1].Text, "errorResponseTemplate cannot be rendered: ") {
		t.Errorf("result %+v", r)
	}
}
