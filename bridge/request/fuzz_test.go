package request

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// fuzzTool is a tool with an argument in every place.
func fuzzTool(options byte) *tool.Tool {
	styles := []string{"", "form", "deepObject", "pipeDelimited", "simple", "label", "matrix", "spaceDelimited"}
	style, explode := styles[options&7], options&8 != 0
	param := func(name string, in tool.Position) tool.Param {
		return tool.Param{Name: name, In: in, Style: style, Explode: explode}
	}
	t := &tool.Tool{
		Name:     "fuzz",
		Imported: options&16 != 0,
		Params: []tool.Param{param("p", tool.InPath), param("q", tool.InQuery), param("X-H", tool.InHeader),
			param("c", tool.InCookie), param("b", tool.InBody), param("u", "")},
		Request: tool.Request{
			Method:  "POST",
			URL:     "https://api.example.com/v1/{p}/{{.args.u}}/x?own=1&raw={{.args.q}}",
			Headers: []profiles.Header{{Key: "X-T", Value: "t {{.args.u}}"}, {Key: "Cookie", Value: "t=1"}},
			Bulk:    []tool.Bulk{tool.NoBulk, tool.BulkToJSON, tool.BulkToForm, tool.BulkToURL}[options>>5&3],
		},
	}
	if options&128 != 0 {
		t.Request.Body = `{"u":"{{.args.u}}"}`
	}
	return t
}

const fuzzPrefix = "https://api.example.com/v1/"

// FuzzPlan states the laws of a plan: origin and literal prefix stay, no header
// value holds a line break, the same input gives the same bytes, and nothing
// panics. The last one holds for arguments that are not JSON too.
func FuzzPlan(f *testing.F) {
	for _, v := range []string{`"a"`, `"../b"`, `"a/../b"`, `"a\r\nb"`, `"?x#y&z=1;%2e%2e"`, `"@evil.example:1/"`, `[1,"a",{"b":[]}]`,
		`{"a":{"b":1e6},"..":".."}`, `12345678901234567890`, `null`, `true`, `"\u0000\ud800é"`, `{`, ``, `"\\..\\"`, `"%2E%2e"`} {
		for _, options := range []byte{0, 1 | 8, 2, 16, 32, 64 | 128, 96 | 5} {
			f.Add(v, v, options)
		}
	}
	f.Fuzz(func(t *testing.T, v, w string, options byte) {
		tl := fuzzTool(options)
		args := tool.Args{}
		for i, p := range tl.Params {
			if i%2 == 0 {
				args[p.Name] = json.RawMessage(v)
			} else {
				args[p.Name] = json.RawMessage(w)
			}
		}
		p, err := New(tl, args, template.Env{})
		if err != nil {
			var e *Error
			if p != nil || !errors.As(err, &e) || e.Kind == "" {
				t.Fatalf("plan %v with error %v", p, err)
			}
			return
		}
		if p.Origin != "https://api.example.com" || !strings.HasPrefix(p.URL, fuzzPrefix) {
			t.Fatalf("the URL moved: %s (origin %s)", p.URL, p.Origin)
		}
		u, err := url.Parse(p.URL)
		if err != nil || u.Host != "api.example.com" || u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.String() != p.URL {
			t.Fatalf("URL %q parses to %v, %v", p.URL, u, err)
		}
		if clean := u.JoinPath().EscapedPath(); !strings.HasPrefix(clean, "/v1/") {
			t.Fatalf("the path climbs: %s, cleaned %s", p.URL, clean)
		}
		for name, values := range p.Header {
			if len(values) != 1 || !isToken(name) || strings.ContainsAny(values[0], "\r\n\x00") {
				t.Fatalf("header %q: %q", name, values)
			}
		}
		again, err := New(tl, args, template.Env{})
		if err != nil || again.String() != p.String() || !bytes.Equal(again.Body, p.Body) {
			t.Fatalf("planned twice, two plans:\n%v\n%v (%v)", p, again, err)
		}
		if _, err := p.MarshalJSON(); err != nil {
			t.Fatal(err)
		}
		r, err := p.Request(context.Background(), nil)
		if err != nil {
			t.Fatalf("the plan cannot be sent: %v\n%v", err, p)
		}
		if _, err := httputil.DumpRequestOut(r, true); err != nil {
			t.Fatalf("the transport refuses the plan: %v\n%v", err, p)
		}
	})
}

// FuzzHost: whatever stands in the URL template, arguments decide no origin.
func FuzzHost(f *testing.F) {
	for _, s := range []string{"https://{{.args.a}}/", "https://h{{.args.a}}", "{{.args.a}}://h/", "https://h:{{.args.a}}", "https://{a}.h/",
		"https://h/{{.args.a}}", "{{.args.a}}", "{{.config.base}}{{.args.a}}", "https://h{{if .args.a}}.evil{{end}}/", " https://h\t/", "https://h{{- .args.a}}",
		"{{/* c */}}https://h{{.args.a}}", "https://u@h/{{.args.a}}", `https:\\h\{{.args.a}}`, "https://h#{{.args.a}}", "https://h?{{.args.a}}"} {
		for _, v := range []string{".evil.example/", "@evil.example/", ":99", "https", "x", "", `\evil`, "//evil/"} {
			f.Add(s, v)
		}
	}
	f.Fuzz(func(t *testing.T, source, value string) {
		if len(source) > 200 || strings.Count(source, "{{") > 3 || strings.Contains(source, "range") {
			t.Skip("templates are tested elsewhere")
		}
		make := func(value string) string {
			raw, _ := json.Marshal(value)
			tl := &tool.Tool{Name: "t", Config: json.RawMessage(`{"base":"https://h:444"}`), Request: tool.Request{URL: source},
				Params: []tool.Param{{Name: "a"}, {Name: "b", Wire: "a", In: tool.InPath}}}
			p, err := New(tl, tool.Args{"a": raw, "b": raw}, template.Env{})
			if err != nil || p.Direct {
				return ""
			}
			u, err := url.Parse(p.URL)
			if err != nil {
				t.Fatalf("URL %q: %v", p.URL, err)
			}
			if got, problem := originOf(u.Scheme + "://" + u.Host); problem != nil || got != p.Origin {
				t.Fatalf("URL %q has origin %q, not %q", p.URL, got, p.Origin)
			}
			return p.Origin
		}
		one, other := make(value), make("x")
		if one != "" && other != "" && one != other {
			t.Fatalf("template %q: origin %s for %q, %s for x", source, one, value, other)
		}
	})
}

// FuzzPathArgument: an accepted path argument is one segment that decodes back to
// itself.
func FuzzPathArgument(f *testing.F) {
	for _, s := range []string{"a", "a/b", "..", "%2e", "a b+c", "é\x00", "{p}", "", ".", "a\\..", "?#&;=", "...", "%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ToValidUTF8(value, "\uFFFD")
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		tl := &tool.Tool{Params: []tool.Param{{Name: "p", In: tool.InPath}}, Request: tool.Request{URL: "https://h/a/{p}/z"}}
		p, err := New(tl, tool.Args{"p": raw}, template.Env{})
		if err != nil {
			if value != "" && !climbs(value) {
				t.Fatalf("%q is refused: %v", value, err)
			}
			return
		}
		parts := strings.Split(strings.TrimPrefix(p.URL, "https://h/"), "/")
		if len(parts) != 3 || parts[0] != "a" || parts[2] != "z" {
			t.Fatalf("%q is not one segment: %s", value, p.URL)
		}
		if got, err := url.PathUnescape(parts[1]); err != nil || got != value {
			t.Fatalf("%q decodes to %q, %v", value, got, err)
		}
	})
}

// FuzzSecret: a credential stands in the request exactly once, where its scheme
// puts it, and in no plan and no error.
func FuzzSecret(f *testing.F) {
	for kind := range byte(8) {
		f.Add("MARK-1234", kind, false)
		f.Add("us:MARK-5678", kind, true)
		f.Add("MARK\nX: 1", kind, false)
		f.Add("Bearer MARK;1", kind, false)
		f.Add("Basic MARK", kind, true)
	}
	kinds := []*profiles.SecurityScheme{
		scheme("http", "basic", "", ""), scheme("http", "bearer", "", ""), scheme("oauth2", "", "", ""), scheme("openIdConnect", "", "", ""),
		scheme("apiKey", "", "header", "X-Key"), scheme("apiKey", "", "query", "key"), scheme("apiKey", "", "cookie", "sid"), nil,
	}
	f.Fuzz(func(t *testing.T, value string, kind byte, passthrough bool) {
		value += "~MARK~"
		s := kinds[kind%8]
		p := plan(t, issueTool(), issueArgs())
		if p.Security = nil; s != nil {
			p.Security = [][]tool.Requirement{{{Scheme: s}}}
		}
		r, err := p.Request(context.Background(), []Credential{{Scheme: s, Value: secret.New(value), Passthrough: passthrough}})
		if strings.Contains(p.String(), "~MARK~") {
			t.Fatal("the plan holds the credential")
		}
		if err != nil {
			if r != nil || strings.Contains(err.Error(), "MARK") {
				t.Fatalf("request %v, error %v", r, err)
			}
			return
		}
		place := ""
		switch {
		case s != nil && s.In == "header":
			place = r.Header.Get("X-Key")
			r.Header.Del("X-Key")
		case s != nil && s.In == "query":
			q := r.URL.Query()
			place = q.Get("key")
			q.Del("key")
			r.URL.RawQuery = q.Encode()
		case s != nil && s.In == "cookie":
			place = strings.TrimPrefix(r.Header.Get("Cookie"), "sid=")
			r.Header.Del("Cookie")
		default:
			place = r.Header.Get("Authorization")
			r.Header.Del("Authorization")
			if _, coded, ok := strings.Cut(place, "Basic "); ok && !strings.Contains(place, value) {
				plain, err := base64.StdEncoding.DecodeString(coded)
				if err != nil {
					t.Fatal(err)
				}
				place = string(plain)
			}
		}
		if !strings.HasSuffix(place, value) {
			t.Fatalf("the credential is not in its place: %q", place)
		}
		rest := dump(t, r)
		if strings.Contains(rest, "MARK") || strings.Contains(rest, base64.StdEncoding.EncodeToString([]byte(value))) {
			t.Fatalf("the credential is elsewhere too:\n%s", rest)
		}
	})
}

// FuzzGolden runs every golden case with one argument replaced: no input panics.
func FuzzGolden(f *testing.F) {
	names, _ := filepath.Glob("testdata/plan/*.txtar")
	var tools []*tool.Tool
	for i, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		var tl tool.Tool
		if err := json.Unmarshal(fileNamed(a, "tool.json"), &tl); err != nil {
			f.Fatal(err)
		}
		tools = append(tools, &tl)
		f.Add(i, string(fileNamed(a, "args.json")))
	}
	f.Fuzz(func(t *testing.T, i int, text string) {
		tl := tools[max(i, -i-1)%len(tools)]
		var args tool.Args
		if json.Unmarshal([]byte(text), &args) != nil {
			t.Skip("not an object")
		}
		p, err := New(tl, args, template.Env{})
		if err != nil {
			return
		}
		for _, values := range p.Header {
			for _, v := range values {
				if strings.ContainsAny(v, "\r\n") {
					t.Fatalf("a line break in a header:\n%v", p)
				}
			}
		}
		_ = p.String()
	})
}
