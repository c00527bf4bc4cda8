package request

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func plan(t testing.TB, tl *tool.Tool, args tool.Args) *Plan {
	t.Helper()
	p, err := New(tl, args, template.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func issueTool() *tool.Tool {
	bearerS := &profiles.SecurityScheme{ID: "signIn", Type: profiles.OAuth2}
	return &tool.Tool{
		Name: "create_issue",
		Params: []tool.Param{
			{Name: "owner", In: tool.InPath, Type: "string"}, {Name: "repo", In: tool.InPath, Type: "string"},
			{Name: "labels", In: tool.InQuery, Type: "array", Style: "form", Explode: true},
			{Name: "page", In: tool.InQuery, Type: "integer"}, {Name: "X-Version", In: tool.InHeader, Type: "string"},
			{Name: "body", In: tool.InBody, Type: "object"},
		},
		Imported: true,
		Request: tool.Request{Method: "POST", URL: "https://api.example.com/repos/{owner}/{repo}/issues",
			Headers: []profiles.Header{{Key: "Content-Type", Value: "application/json"}}},
		Security: [][]tool.Requirement{{{Scheme: bearerS}}},
	}
}

func issueArgs() tool.Args {
	return tool.Args{"owner": json.RawMessage(`"ann"`), "repo": json.RawMessage(`"a b"`), "labels": json.RawMessage(`["x","y"]`),
		"page": json.RawMessage("12345678901234567890"), "X-Version": json.RawMessage(`"1"`), "body": json.RawMessage(`{"title":"t"}`)}
}

func TestPlanJSON(t *testing.T) {
	got, err := json.Marshal(plan(t, issueTool(), issueArgs()))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"method":"POST","url":"https://api.example.com/repos/ann/a%20b/issues?labels=x\u0026labels=y\u0026page=12345678901234567890",` +
		`"headers":{"Accept":"application/json, */*;q=0.8","Content-Type":"application/json","X-Version":"1"},"body":"{\"title\":\"t\"}","security":["signIn"]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPlanJSONAlternativesBytesAndDirect(t *testing.T) {
	a, b := &profiles.SecurityScheme{ID: "a"}, &profiles.SecurityScheme{ID: "b"}
	p := &Plan{Method: "PUT", URL: "https://h/", Body: []byte{0xff, 0}, Security: [][]tool.Requirement{{{Scheme: a}, {Scheme: b}}, {{Scheme: a}}, {}}}
	got, err := p.MarshalJSON()
	want := `{"method":"PUT","url":"https://h/","headers":{},"body":"","bodyBase64":"/wA=","security":["a","b"],"alternatives":[["a","b"],["a"],[]]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	if s := p.String(); !strings.Contains(s, "(security: a + b or a or none)") || !strings.Contains(s, "2 bytes that are not text") {
		t.Errorf("String = %s", s)
	}
	direct := &Plan{Direct: true, DirectText: "<hello>"}
	if got, _ := direct.MarshalJSON(); !strings.Contains(string(got), `"direct":true,"text":"<hello>"`) || !strings.Contains(string(got), `"security":[]`) {
		t.Errorf("direct = %s", got)
	}
	if _, err := direct.Request(context.Background(), nil); err == nil {
		t.Error("a direct plan gives a request")
	}
}

func TestRequestCanBeMadeAgain(t *testing.T) {
	p := plan(t, issueTool(), issueArgs())
	before := p.String()
	for _, token := range []string{"one", "two"} {
		r, err := p.Request(context.Background(), []Credential{{Scheme: p.Security[0][0].Scheme, Value: secret.New(token)}})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("Authorization = %q", got)
		}
		if r.ContentLength != int64(len(p.Body)) {
			t.Errorf("ContentLength = %d", r.ContentLength)
		}
		for range 2 { // a redirect or a retry of the transport reads it again
			body, err := r.GetBody()
			if err != nil {
				t.Fatal(err)
			}
			if data, _ := io.ReadAll(body); string(data) != string(p.Body) {
				t.Errorf("body = %q", data)
			}
		}
		r.Header.Set("X-Version", "changed")
	}
	if after := p.String(); after != before {
		t.Errorf("the plan changed:\n%s\n%s", before, after)
	}
	empty := plan(t, &tool.Tool{Request: tool.Request{URL: "https://h/x"}}, nil)
	if r, err := empty.Request(context.Background(), nil); err != nil || r.ContentLength != 0 || r.Body != http.NoBody {
		t.Errorf("a plan without a body: %v, %v", r, err)
	}
}

func TestRequestHonoursTheContext(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, "v")
	r, err := plan(t, &tool.Tool{Request: tool.Request{URL: "https://h/x"}}, nil).Request(ctx, nil)
	if err != nil || r.Context().Value(key{}) != "v" {
		t.Errorf("the context is lost: %v", err)
	}
}

func TestCredentialErrorsPrintNoCredential(t *testing.T) {
	for _, s := range []*profiles.SecurityScheme{
		scheme("http", "basic", "", ""), scheme("http", "bearer", "", ""), scheme("http", "digest", "", ""), scheme("oauth2", "", "", ""),
		scheme("apiKey", "", "header", "X"), scheme("apiKey", "", "header", "bad name"), scheme("apiKey", "", "query", "k"),
		scheme("apiKey", "", "cookie", "c"), scheme("apiKey", "", "x", "c"), scheme("strange", "", "", ""), nil,
	} {
		for _, v := range []string{"SECRET\n", "SECRET\r\nX: 1", "\x00SECRET", "SECRET\x7f", "SECRET\t", "SECRET;é"} {
			p := &Plan{Method: "GET", URL: "https://h/x"}
			c := Credential{Scheme: s, Value: secret.New(v)}
			_, err := p.Request(context.Background(), []Credential{c})
			query := s != nil && s.In == "query" || s != nil && s.Scheme == "basic"
			var e *Error
			if !errors.As(err, &e) && !(v == "SECRET;é" && query) {
				t.Errorf("%v with %q: no error", s, v)
			}
			if text := fmt.Sprintf("%v %+v %s", err, c, fmt.Sprint(c)); strings.Contains(text, "SECRET") {
				t.Errorf("printed: %s", text)
			}
		}
	}
}

func TestWithHeaders(t *testing.T) {
	p := plan(t, issueTool(), issueArgs())
	q, err := p.WithHeaders(map[string]string{"x-team": " core ", "accept": "text/csv"})
	if err != nil {
		t.Fatal(err)
	}
	if q.Header.Get("X-Team") != "core" || q.Header.Get("Accept") != p.Header.Get("Accept") {
		t.Errorf("headers = %v", q.Header)
	}
	if p.Header.Get("X-Team") != "" {
		t.Error("the plan changed")
	}
	for name, value := range map[string]string{"Host": "x", "a b": "x", "X-A": "a\nb", "Content-Length": "1"} {
		var e *Error
		if _, err := p.WithHeaders(map[string]string{name: value}); !errors.As(err, &e) || e.Kind != TemplateFailed || e.Hint() == "" {
			t.Errorf("%s: %q: %v", name, value, err)
		}
	}
	if q, err := (&Plan{}).WithHeaders(map[string]string{"A": "b"}); err != nil || q.Header.Get("A") != "b" {
		t.Errorf("an empty plan: %v, %v", q, err)
	}
}

func TestErrorText(t *testing.T) {
	cause := errors.New("cause")
	e := &Error{Kind: InvalidArguments, Tool: "t", Part: "body", Pointer: pointer("a/b~c"), Message: "is odd", Err: cause, hint: "h"}
	if got, want := e.Error(), "tool t: body: argument /a~1b~0c is odd: cause"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(e, cause) || e.Hint() != "h" {
		t.Error("cause or hint is lost")
	}
}

func TestTemplateErrors(t *testing.T) {
	for name, tl := range map[string]*tool.Tool{
		"url":    {Name: "x", Request: tool.Request{URL: "https://h/{{fail \"odd\"}}"}},
		"body":   {Name: "x", Request: tool.Request{URL: "https://h/", Body: "{{fail \"odd\"}}"}},
		"header": {Name: "x", Request: tool.Request{URL: "https://h/", Headers: []profiles.Header{{Key: "A", Value: "{{fail \"odd\"}}"}}}},
		"direct": {Name: "x", Response: tool.Response{Body: "{{fail \"odd\"}}"}},
		"parse":  {Name: "x", Request: tool.Request{URL: "https://h/{{"}},
	} {
		var e *Error
		if _, err := New(tl, tool.Args{}, template.Env{}); !errors.As(err, &e) || e.Kind != TemplateFailed || e.Tool != "x" || e.Err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArgumentsThatAreNotJSON(t *testing.T) {
	for _, raw := range []string{"", "{", "[1", "tru", `"`} {
		for _, in := range []tool.Position{tool.InPath, tool.InQuery, tool.InHeader, tool.InCookie, tool.InBody} {
			for _, style := range []string{"", "form", "deepObject", "simple", "label", "matrix"} {
				tl := &tool.Tool{Params: []tool.Param{{Name: "a", In: in, Style: style}}, Request: tool.Request{URL: "https://h/{a}"}}
				if in != tool.InPath {
					tl.Request.URL = "https://h/"
				}
				var e *Error
				if p, err := New(tl, tool.Args{"a": json.RawMessage(raw)}, template.Env{}); !errors.As(err, &e) || e.Kind != InvalidArguments {
					t.Errorf("%q in %s (%s): %v, %v", raw, in, style, p, err)
				}
			}
		}
	}
}

func BenchmarkNew(b *testing.B) {
	tl, args := issueTool(), issueArgs()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(tl, args, template.Env{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewTemplates(b *testing.B) {
	tl := &tool.Tool{Name: "t", Params: []tool.Param{{Name: "q", Type: "string"}},
		Request: tool.Request{Method: "POST", URL: "https://h/x?q={{.args.q}}", Body: `{"q":"{{.args.q}}"}`,
			Headers: []profiles.Header{{Key: "X-Q", Value: "{{.args.q}}"}}}}
	args := tool.Args{"q": json.RawMessage(`"abc"`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(tl, args, template.Env{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	p := plan(b, issueTool(), issueArgs())
	creds := []Credential{{Scheme: p.Security[0][0].Scheme, Value: secret.New("token")}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Request(context.Background(), creds); err != nil {
			b.Fatal(err)
		}
	}
}
