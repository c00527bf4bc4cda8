package request

import (
	"encoding/json"
	"errors"
	"mime"
	"mime/multipart"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func TestOriginOf(t *testing.T) {
	for in, want := range map[string]string{
		"https://Example.COM":             "https://example.com",
		"https://example.com:443/x":       "https://example.com",
		"http://example.com:80":           "http://example.com",
		"http://example.com:443":          "http://example.com:443",
		"HTTPS://example.com:8443?x#y":    "https://example.com:8443",
		" https://[2001:DB8::1]:443/a ":   "https://[2001:db8::1]",
		"http://[::1]:8080":               "http://[::1]:8080",
		"https://example.com:":            "https://example.com",
		"https://bücher.example/":         "https://xn--bcher-kva.example",
		"https://example.com/@evil.com/x": "https://example.com",
		"https://example.com?@evil.com":   "https://example.com",
		"https://example.com#@evil.com":   "https://example.com",
	} {
		if got, err := originOf(in); err != nil || got != want {
			t.Errorf("originOf(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "/x", "example.com", "ftp://h/", "https:///x", "https://", "https://u@h/", "https://u:p@h/", `https://h\x`,
		`https:\\h`, "https://h:x/", "https://a b/", "https://h%2f/", "https://{h}/", "javascript://h/", "https://[::1/", "https:///\\h"} {
		if got, err := originOf(in); err == nil {
			t.Errorf("originOf(%q) = %q, want an error", in, got)
		}
	}
}

func TestFixedAuthority(t *testing.T) {
	for in, want := range map[string]string{
		"https://h/{{.args.a}}":   "https://h",
		"https://h?{{.args.a}}":   "https://h",
		"https://h#{{.args.a}}":   "https://h",
		"https://h:1":             "https://h:1",
		"https://h":               "https://h",
		" \nhttps://h/x{{.a}} \n": "https://h",
	} {
		if got, ok := fixedAuthority(in); !ok || got != want {
			t.Errorf("fixedAuthority(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"https://h{{.a}}/", "https://{{.a}}", "{{.a}}://h/", "{{.a}}", "https{{.a}}", "/x"} {
		if got, ok := fixedAuthority(in); ok {
			t.Errorf("fixedAuthority(%q) = %q, want none", in, got)
		}
	}
}

func TestClimbs(t *testing.T) {
	for _, in := range []string{"..", ".", "/..", "a/../b", `a\..\b`, "a/./b", "%2e%2E", "a/%2e./b", "a%2f..%5Cb", "/."} {
		if !climbs(in) {
			t.Errorf("climbs(%q) = false", in)
		}
	}
	for _, in := range []string{"", "/", "...", "a..b", "/.well-known/x", "..a", "a/b", "%252e%252e", "a/.../b"} {
		if climbs(in) {
			t.Errorf("climbs(%q) = true", in)
		}
	}
}

func TestLegalize(t *testing.T) {
	for in, want := range map[string]string{
		"/a b": "/a%20b", "/a%20b": "/a%20b", "/100%": "/100%25", "/%zz%4": "/%25zz%254", "/é": "/%C3%A9", "/a{b}|^`\"<>\\": "/a%7Bb%7D%7C%5E%60%22%3C%3E%5C",
		"/a:@!$&'()*+,;=-._~": "/a:@!$&'()*+,;=-._~", "/a[b]?#": "/a%5Bb%5D%3F%23", "/\x00\x7f": "/%00%7F", "%": "%25", "%4": "%254", "%41": "%41",
	} {
		if got := legalize(in, inPath); got != want {
			t.Errorf("legalize(%q) = %q, want %q", in, got, want)
		}
	}
	if got := legalize("a[b]=?&c={}#", inQuery); got != "a[b]=?&c=%7B%7D%23" {
		t.Errorf("query: %q", got)
	}
}

func TestEditQuery(t *testing.T) {
	f := func(pairs ...string) (out []field) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, field{pairs[i], pairs[i+1]})
		}
		return out
	}
	for _, c := range []struct {
		query string
		add   []field
		want  string
	}{
		{"", nil, ""},
		{"a=%7e&b;c&&", nil, "a=%7e&b;c&&"},
		{"a=1&b=2", f("a", "x"), "b=2&a=x"},
		{"a+b=1&a%20b=2&A=3", f("a b", "x"), "A=3&a+b=x"},
		{"a&b", f("a", ""), "b&a="},
		{"%zz=1", f("%zz", "2"), "%25zz=2"},
		{"a=1", f("a", "x", "a", "y"), "a=x&a=y"},
	} {
		if got := editQuery(c.query, c.add); got != c.want {
			t.Errorf("editQuery(%q, %v) = %q, want %q", c.query, c.add, got, c.want)
		}
	}
}

func TestHeaderValue(t *testing.T) {
	for _, name := range []string{"", "a b", "a:", "é", "Host", "host", "CONTENT-LENGTH", "connection", "TE", "Trailer", "upgrade", "Proxy-Authorization"} {
		if _, problem := headerValue(name, "x"); problem == "" {
			t.Errorf("header %q is accepted", name)
		}
	}
	for _, value := range []string{"a\rb", "a\nb", "a\x00b", "a\x7fb", "a\x1bb", "a\r\nb: c"} {
		if _, problem := headerValue("X-A", value); problem == "" {
			t.Errorf("value %q is accepted", value)
		}
	}
	if got, problem := headerValue("X-A", "\t a\tb é "); got != "a\tb é" || problem != "" {
		t.Errorf("value %q, %q", got, problem)
	}
	if got := quoteName("a\r\nb\t"); got != "a??b?" {
		t.Errorf("quoteName = %q", got)
	}
}

func TestSetCookies(t *testing.T) {
	for _, c := range []struct{ old, pair, want string }{
		{"", "a=1", "a=1"}, {"b=2", "a=1", "b=2; a=1"}, {"a=0;b=2; ;a=9", "a=1", "b=2; a=1"}, {"flag; aa=1", "a=", "flag; aa=1; a="},
	} {
		h := map[string][]string{"Cookie": {c.old}}
		if setCookies(h, c.pair); h["Cookie"][0] != c.want {
			t.Errorf("%q and %q: %q, want %q", c.old, c.pair, h["Cookie"][0], c.want)
		}
	}
}

func multipartTool(contentType string) *tool.Tool {
	return &tool.Tool{
		Params:      []tool.Param{{Name: "a", In: tool.InBody}, {Name: "f", In: tool.InBody}},
		InputSchema: json.RawMessage(`{"properties":{"f":{"type":"array","items":{"type":"string","format":"byte","contentMediaType":"image/png"}}}}`),
		Request:     tool.Request{Method: "POST", URL: "https://h/", Headers: []profiles.Header{{Key: "Content-Type", Value: contentType}}},
	}
}

func TestMultipartIsReadBack(t *testing.T) {
	args := tool.Args{"a": json.RawMessage(`"line\r\n--mine\r\n"`), "f": json.RawMessage(`["AAE=","Ag=="]`)}
	for _, contentType := range []string{"multipart/form-data", "multipart/form-data; boundary=mine", "Multipart/Form-Data; boundary=other", "multipart/form-data; boundary="} {
		p := plan(t, multipartTool(contentType), args)
		_, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(contentType, "other") != (params["boundary"] == "other") {
			t.Errorf("%s: boundary %q", contentType, params["boundary"])
		}
		form, err := multipart.NewReader(strings.NewReader(string(p.Body)), params["boundary"]).ReadForm(1 << 20)
		if err != nil {
			t.Fatalf("%s: %v", contentType, err)
		}
		if got := form.Value["a"]; len(got) != 1 || got[0] != "line\r\n--mine\r\n" {
			t.Errorf("%s: a = %q", contentType, got)
		}
		if got := form.File["f"]; len(got) != 2 || got[0].Size != 2 || got[1].Size != 1 || got[0].Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: f = %+v", contentType, got)
		}
	}
}

func TestMultipartRefuses(t *testing.T) {
	for contentType, args := range map[string]tool.Args{
		"multipart/form-data":                                      {"f": json.RawMessage(`"?"`)},
		"multipart/form-data; boundary=a":                          {"a": json.RawMessage(`[1`)},
		"multipart/form-data;boundary=b":                           {"a": json.RawMessage(`{`)},
		"multipart/form-data; boundary=\"bad\x7f\"; a=b":           {"a": json.RawMessage(`tru`)},
		`multipart/form-data; boundary="` + "ü" + `"`:              {"a": json.RawMessage(`1`)},
		"multipart/form-data; boundary=" + strings.Repeat("x", 99): {"a": json.RawMessage(`1`)},
	} {
		var e *Error
		if p, err := New(multipartTool(contentType), args, template.Env{}); !errors.As(err, &e) {
			t.Errorf("%s: %v, %v", contentType, p, err)
		}
	}
}

func TestPartHeaderHoldsNoLineBreak(t *testing.T) {
	h := part{name: "a\"\r\nX: 1", file: "f\n\\", kind: "a/b\r\nX: 1"}.header()
	for name, values := range h {
		if strings.ContainsAny(values[0], "\r\n") {
			t.Errorf("%s: %q", name, values[0])
		}
	}
	if got, want := h.Get("Content-Disposition"), `form-data; name="a\"%0D%0AX: 1"; filename="f%0A\\"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestConfigThatIsNotJSON(t *testing.T) {
	tl := &tool.Tool{Config: json.RawMessage("{"), Request: tool.Request{URL: "https://h/{{.config.a}}"}}
	var e *Error
	if _, err := New(tl, nil, template.Env{}); !errors.As(err, &e) {
		t.Errorf("error %v", err)
	}
}

func TestConcurrentPlans(t *testing.T) {
	tl := &tool.Tool{Name: "t", Params: []tool.Param{{Name: "q"}},
		Request: tool.Request{URL: "https://h/x?q={{.args.q}}", Headers: []profiles.Header{{Key: "X-Q", Value: "{{.args.q}}"}}}}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			p, err := New(tl, tool.Args{"q": json.RawMessage(`"v"`)}, template.Env{})
			if err != nil || p.URL != "https://h/x?q=v" || p.Header.Get("X-Q") != "v" {
				t.Errorf("plan %v, %v", p, err)
			}
		})
	}
	wg.Wait()
}

// TestReservedPath holds that a slash stays where the template asks for it, and that
// nothing else of a URL can be changed there.
func TestReservedPath(t *testing.T) {
	make := func(reserved bool, style string) *tool.Tool {
		return &tool.Tool{Name: "r", Imported: true, Request: tool.Request{Method: "GET", URL: "https://api.example.com/v1/{name}:x"},
			Params: []tool.Param{{Name: "name", Wire: "name", In: tool.InPath, Style: style, Reserved: reserved}}}
	}
	for _, c := range []struct {
		reserved    bool
		style, args string
		want        string
	}{
		{true, "simple", `"projects/p"`, "/v1/projects/p:x"},
		{true, "simple", `"a/b c/ä?x=1#y%2F"`, "/v1/a/b%20c/%C3%A4%3Fx=1%23y%252F:x"},
		{true, "", `"a/b"`, "/v1/a/b:x"},
		{true, "matrix", `"a/b"`, "/v1/;name=a/b:x"},
		{false, "simple", `"projects/p"`, "/v1/projects%2Fp:x"},
		{true, "simple", `"../admin"`, "segment"},
		{true, "simple", `"a/../../admin"`, "segment"},
		{true, "simple", `"a/%2e%2e/b"`, "segment"},
		{true, "simple", `"a/./b"`, "segment"},
		{true, "simple", `""`, "is empty"},
		{true, "simple", `"@evil.example/x"`, "/v1/@evil.example/x:x"},
	} {
		p, err := New(make(c.reserved, c.style), tool.Args{"name": []byte(c.args)}, template.Env{})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			if got = p.URL; p.Origin != "https://api.example.com" {
				t.Errorf("%s: the origin %s", c.args, p.Origin)
			}
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.args, got, c.want)
		}
	}
}
