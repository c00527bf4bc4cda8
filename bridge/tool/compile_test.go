package tool

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

func TestCompileRequest(t *testing.T) {
	s := compile(t, `
[server]
name = "s"
baseUrl = "https://h.example/base/"
config = { tenant = "acme" }

[[tools]]
name = "b"
title = "Title"
description = "Text"
errorResponseTemplate = "error {{.message}}"
[[tools.args]]
name = "id"
position = "Path"
required = true
[[tools.args]]
name = "q"
type = "array"
position = "query"
style = "form"
[[tools.args]]
name = "r"
type = "array"
position = "query"
style = "form"
explode = false
[tools.requestTemplate]
url = "/users/{id}?x=1"
method = "patch"
argsToFormBody = true
body = ""
[[tools.requestTemplate.headers]]
key = "X-A"
value = "{{.config.tenant}}"
[tools.responseTemplate]
prependBody = "<"
appendBody = ">"

[[tools]]
name = "a"
responseTemplate = { body = "hello {{.config.tenant}}" }

[[tools]]
name = "c"
requestTemplate = { url = "https://other.example", argsToJsonBody = true }
`)
	names := ""
	for _, tl := range s.Tools() {
		names += tl.Name
	}
	if names != "abc" || len(s.All()) != 3 {
		t.Fatalf("tools %q", names)
	}
	b, ok := s.Tool("b")
	if !ok || b.Request.URL != "https://h.example/base/users/{id}?x=1" || b.Request.Method != "PATCH" || b.Request.Bulk != BulkToForm || b.Path != "/users/{id}" {
		t.Errorf("b: %+v %q", b.Request, b.Path)
	}
	if b.Response != (Response{Prepend: "<", Append: ">", ErrorBody: "error {{.message}}"}) || string(b.Config) != `{"tenant":"acme"}` || b.Imported {
		t.Errorf("b: %+v %s", b.Response, b.Config)
	}
	if want := (Param{Name: "id", Wire: "id", In: InPath, Type: "string", Required: true}); !jsonschema.Same(parsed(mustJSON(t, b.Params[0])), parsed(mustJSON(t, want))) {
		t.Errorf("param %+v", b.Params[0])
	}
	if !b.Params[1].Explode || b.Params[2].Explode {
		t.Errorf("explode %+v", b.Params)
	}
	ts, err := b.Templates()
	if err != nil || len(ts.Headers) != 1 || ts.Headers[0].IsStatic() || ts.ErrorResponse.Text() != "error {{.message}}" || !ts.Body.IsStatic() {
		t.Errorf("templates %+v, %v", ts, err)
	}
	a, _ := s.Tool("a")
	if a.Request.URL != "" || a.Request.Method != "" || a.Path != "" || !a.ReadOnly || a.Destructive {
		t.Errorf("a: %+v", a)
	}
	c, _ := s.Tool("c")
	if c.Request.Method != "GET" || c.Path != "/" || c.Request.Bulk != BulkToJSON {
		t.Errorf("c: %+v %q", c.Request, c.Path)
	}
	if _, ok := s.Tool("zzz"); ok {
		t.Error("a tool that is not there")
	}
	if s.Profile().Server.Name != "s" {
		t.Error("another profile")
	}
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPathOf(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"/":                                    "/",
		"/a/{id}":                              "/a/{id}",
		"/a?x={{.args.x}}":                     "/a",
		"/a/{{.args.x}}?y=1":                   "/a/{{.args.x}}",
		`/a/{{printf "?#%s" .args.x}}/b#frag`:  `/a/{{printf "?#%s" .args.x}}/b`,
		"https://h.example":                    "/",
		"https://h.example?x=1":                "/",
		"https://h.example/a/b":                "/a/b",
		"https://{{.config.host}}/a":           "/a",
		"{{.config.base}}/a/{id}?x":            "/a/{id}",
		"{{.config.base}}":                     "/",
		"{{.config.a}}://{{.config.b}}:80/x#y": "/x",
		"/a?next=https://x.example/b":          "/a",
		"/a/https://x.example/b":               "/a/https://x.example/b",
		"{{.config.base}}?x=/y":                "/",
		"/{{":                                  "/{{",
	} {
		if got := pathOf(in); got != want {
			t.Errorf("pathOf(%q) = %q, want %q", in, got, want)
		}
	}
}

// A deny rule means a tool wherever its host comes from.
func TestDenyWithHostFromConfig(t *testing.T) {
	s := compile(t, `
[server]
name = "s"
config = { base = "https://h.example" }
[policy]
deny = ["DELETE /**"]
[[tools]]
name = "d"
requestTemplate = { url = "{{.config.base}}/users/{{.args.id}}", method = "delete" }
[[tools.args]]
name = "id"
type = "integer"
`)
	if len(s.Tools()) != 0 {
		t.Error("the tool is not denied")
	}
}

func TestAnnotations(t *testing.T) {
	for _, c := range []struct {
		method, more                      string
		readOnly, destructive, idempotent bool
	}{
		{"GET", "", true, false, true}, {"HEAD", "", true, false, true}, {"options", "", true, false, true}, {"query", "", true, false, true},
		{"POST", "", false, true, false}, {"PATCH", "", false, true, false}, {"PUT", "", false, true, true}, {"DELETE", "", false, true, true},
		{"TRACE", "", false, false, true}, {"PROPFIND", "", false, true, false},
		{"POST", "readOnly = true", true, false, true}, {"POST", "destructive = false", false, false, false}, {"POST", "idempotent = true", false, true, true},
		{"GET", "readOnly = false", false, true, true}, {"GET", "readOnly = false\ndestructive = false", false, false, true},
		{"GET", "destructive = true", false, true, true}, {"GET", "destructive = true\nreadOnly = true", true, false, true},
		{"PUT", "idempotent = false", false, true, false}, {"DELETE", "readOnly = true\nidempotent = false", true, false, false},
	} {
		tool := single(t, "[[tools]]\nname = \"t\"\n"+c.more+"\nrequestTemplate = { url = \"/x\", method = \""+c.method+"\" }\n")
		if tool.ReadOnly != c.readOnly || tool.Destructive != c.destructive || tool.Idempotent != c.idempotent {
			t.Errorf("%s %q: readOnly %v destructive %v idempotent %v", c.method, c.more, tool.ReadOnly, tool.Destructive, tool.Idempotent)
		}
		if tool.ReadOnly && tool.Destructive {
			t.Errorf("%s %q: reads only and destroys", c.method, c.more)
		}
	}
}

const three = `
[[tools]]
name = "issues_list"
requestTemplate = { url = "/issues", method = "GET" }
[[tools]]
name = "issues_create"
requestTemplate = { url = "/issues", method = "POST" }
[[tools]]
name = "admin_wipe"
requestTemplate = { url = "/admin/all", method = "DELETE" }
`

func TestPolicy(t *testing.T) {
	for _, c := range []struct{ head, want string }{
		{"", "admin_wipe issues_create issues_list"},
		{"allowTools = []", ""},
		{`allowTools = ["issues_list"]`, "issues_list"},
		{`allowTools = ["issues_*"]`, "issues_create issues_list"},
		{`allowTools = ["issues_*", "nothing"]`, "issues_create issues_list"},
		{"[policy]\nreadOnly = true", "issues_list"},
		{"[policy]\ndeny = [\"admin_*\"]", "issues_create issues_list"},
		{"[policy]\ndeny = [\"DELETE /**\", \"POST /issues\"]", "issues_list"},
		{"[policy]\ndeny = [\"/issues\"]", "admin_wipe"},
		{"allowTools = [\"issues_*\"]\n[policy]\ndeny = [\"*_create\"]\nreadOnly = true", "issues_list"},
	} {
		s := compile(t, "[server]\nname = \"s\"\nbaseUrl = \"https://h.example\"\n"+c.head+"\n"+three)
		var got []string
		for _, tl := range s.Tools() {
			got = append(got, tl.Name)
			if _, denied := s.Denied(tl.Name); denied {
				t.Errorf("%q: %s is listed and denied", c.head, tl.Name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: tools %v, want %s", c.head, got, c.want)
		}
		var listed []struct{ Name string }
		if err := json.Unmarshal(s.List(), &listed); err != nil || len(listed) != len(got) {
			t.Errorf("%q: the list has %v, %v", c.head, listed, err)
		}
		for _, tl := range s.All() {
			_, callable := s.Tool(tl.Name)
			reason, denied := s.Denied(tl.Name)
			if callable == denied || denied != (reason != "") {
				t.Errorf("%q: %s callable %v, denied %v %q", c.head, tl.Name, callable, denied, reason)
			}
		}
	}
	s := compile(t, "[server]\nname = \"s\"\nbaseUrl = \"https://h.example\"\n[policy]\nreadOnly = true\nconfirm = [\"DELETE /**\"]\n"+three)
	if reason, _ := s.Denied("issues_create"); reason != "policy.readOnly allows only tools that read" {
		t.Errorf("reason %q", reason)
	}
	if _, ok := s.Denied("nothing"); ok {
		t.Error("a tool that is not there is denied")
	}
	if !s.Confirm(s.All()[0]) || s.Confirm(s.All()[1]) {
		t.Error("confirm")
	}
}

func TestRuleThatMeansNoTool(t *testing.T) {
	s := compile(t, "[server]\nname = \"s\"\nbaseUrl = \"https://h.example\"\n[policy]\ndeny = [\"admin_wpie\", \"x_*\", \"admin_*\", \"admin_wipe\", \"PROPFIND /**\"]\nconfirm = [\"zzz\", \"POST /nope\", \"/**\"]\n"+three)
	if !has(s.Warnings(), "policy.deny[0]", "did you mean admin_wipe?") || !has(s.Warnings(), "policy.deny[1]", "matches no tool") ||
		!has(s.Warnings(), "policy.confirm[0]", "no tool") || !has(s.Warnings(), "policy.confirm[1]", "matches no tool") || len(s.Warnings()) != 4 {
		t.Errorf("warnings %v", s.Warnings())
	}
}

func TestTemplateErrors(t *testing.T) {
	p := load(t, `
[[tools]]
name = "fine"
requestTemplate = { url = "/x", method = "GET" }
[[tools]]
name = "a"
errorResponseTemplate = "{{"
[tools.requestTemplate]
url = "/x/{{.args.a | uper}}"
method = "POST"
body = "{{if}}"
[[tools.requestTemplate.headers]]
key = "X-A"
value = "fine"
[[tools.requestTemplate.headers]]
key = "X-B"
value = "{{env \"HOME\"}}"
[tools.responseTemplate]
body = "{{end}}"
`)
	list := failures(t, p)
	want := []string{"tools[1].requestTemplate.url", "tools[1].requestTemplate.headers[1].value", "tools[1].requestTemplate.body",
		"tools[1].responseTemplate.body", "tools[1].errorResponseTemplate"}
	if len(list) != len(want) {
		t.Fatalf("errors:\n%v", list)
	}
	for i, e := range list {
		if e.Key != want[i] || !strings.Contains(e.Message, "line ") {
			t.Errorf("error %d: %v", i, e)
		}
		if p.Pos(e.Key).Line == 0 {
			t.Errorf("%s has no place in the file", e.Key)
		}
	}
	if !strings.Contains(list[0].Message, "uper") || list[0].Hint != "did you mean upper?" || list.Hint() != list[0].Hint {
		t.Errorf("%v, hint %q", list[0], list[0].Hint)
	}
	if !strings.Contains(list[1].Message, "env") || strings.Count(list.Error(), "\n") != 4 {
		t.Errorf("%v", list)
	}
	var one *Error
	if !errors.As(list, &one) || one != list[0] {
		t.Error("the errors do not unwrap")
	}
}

// What profiles.Check refuses is refused here too where going on would be wrong.
func TestCompileRefuses(t *testing.T) {
	get := profiles.RequestTemplate{URL: "https://h.example/x", Method: "GET"}
	key := []profiles.SecurityScheme{{ID: "key", Type: profiles.APIKey, In: "header", Name: "X-Key"}}
	for name, c := range map[string]struct {
		p             profiles.Profile
		key, part, do string
	}{
		"twice":    {profiles.Profile{Tools: []profiles.Tool{{Name: "a", RequestTemplate: get}, {Name: "a", RequestTemplate: get}}}, "tools[1].name", "another tool of the name a", "name of its own"},
		"no name":  {profiles.Profile{Tools: []profiles.Tool{{RequestTemplate: get}}}, "tools[0].name", "missing", ""},
		"reserved": {profiles.Profile{Tools: []profiles.Tool{{Name: "search_tools", RequestTemplate: get}}}, "tools[0].name", "reserved", "another name"},
		"nothing":  {profiles.Profile{Tools: []profiles.Tool{{Name: "a"}}}, "tools[0].requestTemplate.url", "missing", ""},
		"argument twice": {profiles.Profile{Tools: []profiles.Tool{{Name: "a", RequestTemplate: get, Args: []profiles.Arg{{Name: "x"}, {Name: "x"}}}}},
			"tools[0].args[1].name", "another argument", ""},
		"type": {profiles.Profile{Tools: []profiles.Tool{{Name: "a", RequestTemplate: get, Args: []profiles.Arg{{Name: "x", Type: "int"}}}}}, "tools[0].args[0].type", `"int"`, "integer"},
		"upstream": {profiles.Profile{Server: profiles.Server{SecuritySchemes: key}, Tools: []profiles.Tool{{Name: "a", RequestTemplate: profiles.RequestTemplate{URL: get.URL,
			Security: profiles.Security{{{ID: "kye"}}}}}}}, "tools[0].requestTemplate.security", `"kye"`, "did you mean key?"},
		"default upstream": {profiles.Profile{Server: profiles.Server{DefaultUpstreamSecurity: profiles.Security{{{ID: "zzz"}}}},
			Tools: []profiles.Tool{{Name: "a", RequestTemplate: get}}}, "tools[0].requestTemplate.security", `"zzz"`, "define it"},
		"downstream": {profiles.Profile{Tools: []profiles.Tool{{Name: "a", RequestTemplate: get, Security: &profiles.Downstream{ID: "zzz"}}}}, "tools[0].security", `"zzz"`, "define it"},
		"passthrough to nothing": {profiles.Profile{Server: profiles.Server{SecuritySchemes: key},
			Tools: []profiles.Tool{{Name: "a", RequestTemplate: get, Security: &profiles.Downstream{ID: "key", Passthrough: true}}}}, "tools[0].requestTemplate.security", "exactly one", "id ="},
		"passthrough by the server": {profiles.Profile{Server: profiles.Server{SecuritySchemes: key, PassthroughAuthHeader: true, DefaultDownstreamSecurity: &profiles.Downstream{ID: "key"}},
			Tools: []profiles.Tool{{Name: "a", RequestTemplate: get}}}, "tools[0].requestTemplate.security", "exactly one", "id ="},
		"passthrough to two": {profiles.Profile{Server: profiles.Server{SecuritySchemes: key}, Tools: []profiles.Tool{{Name: "a", Security: &profiles.Downstream{ID: "key", Passthrough: true},
			RequestTemplate: profiles.RequestTemplate{URL: get.URL, Security: profiles.Security{{{ID: "key"}}, {{ID: "key"}}}}}}}, "tools[0].requestTemplate.security", "exactly one", ""},
	} {
		t.Run(name, func(t *testing.T) {
			list := failures(t, &c.p)
			if len(list) != 1 || list[0].Key != c.key || !strings.Contains(list[0].Message, c.part) || !strings.Contains(list[0].Hint, c.do) {
				t.Errorf("got %v (%q)", list, list.Hint())
			}
		})
	}
}

func TestTemplateWarnings(t *testing.T) {
	s := compile(t, `
[[tools]]
name = "t"
[[tools.args]]
name = "text"
[[tools.args]]
name = "n"
type = "integer"
[[tools.args]]
name = "list"
type = "array"
[[tools.args]]
name = "id"
position = "query"
[[tools.args]]
name = "ok"
position = "path"
[tools.requestTemplate]
url = "/{ok}/{id}/{nobody}/{{.args.text}}/{{.args.n}}/{{urlquery .args.text}}?l={{.args.list}}&{{if .args.id}}a{{end}}&t={{.args.text}}"
method = "POST"
body = "{{.args.txet}} {{.args.text}} {{.args.txet}}"
[[tools.requestTemplate.headers]]
key = "X"
value = "{{.args.gone}}"
[tools.responseTemplate]
body = "{{.args.reply}}"
`)
	url := "tools[0].requestTemplate.url"
	w := s.Warnings()
	for _, c := range []struct{ key, part string }{
		{url, "{{.args.text}} stands unescaped"}, {url, "{{.args.list}} stands unescaped"}, {url, `{id} is sent as it stands: give the argument id position = "path"`},
		{url, `there is no argument "nobody"`}, {"tools[0].requestTemplate.body", "did you mean text?"}, {"tools[0].requestTemplate.headers[0].value", ".args.gone"},
	} {
		if !has(w, c.key, c.part) {
			t.Errorf("no warning %s … %s", c.key, c.part)
		}
	}
	if len(w) != 6 {
		t.Errorf("warnings: %v", w)
	}
	direct := compile(t, "[[tools]]\nname = \"d\"\nresponseTemplate = { body = \"{{.args.x}}\" }\n")
	if !has(direct.Warnings(), "tools[0].responseTemplate.body", "always empty") {
		t.Errorf("warnings: %v", direct.Warnings())
	}
	host := compile(t, "[server]\nname = \"s\"\n[[tools]]\nname = \"h\"\nrequestTemplate = { url = \"https://{h}.example/\", method = \"GET\" }\n[[tools.args]]\nname = \"h\"\nposition = \"path\"\n")
	if !has(host.Warnings(), url, "stands in the host") {
		t.Errorf("warnings: %v", host.Warnings())
	}
	clean := compile(t, withArgs("[[tools.args]]\nname = \"a\"\nposition = \"query\"\n"))
	if len(clean.Warnings()) != 0 {
		t.Errorf("warnings: %v", clean.Warnings())
	}
}

// Templates are parsed once, also when tools are compiled.
func TestTemplatesAreKept(t *testing.T) {
	tool := single(t, withArgs("[[tools.args]]\nname = \"a\"\n"))
	one, err1 := tool.Templates()
	two, err2 := tool.Templates()
	if one != two || err1 != nil || err2 != nil || one.URL == nil {
		t.Error("templates are parsed again")
	}
	bad := &Tool{Request: Request{URL: "{{"}, Response: Response{Body: "{{end}}"}}
	if _, err := bad.Templates(); err == nil || !strings.Contains(err.Error(), "unclosed") {
		t.Errorf("want the first error, got %v", err)
	}
}

func TestVersion(t *testing.T) {
	base := head + "[[tools]]\nname = \"t\"\nrequestTemplate = { url = \"/x\", method = \"POST\", body = \"a\" }\n"
	version := func(toml string) string { return compile(t, toml).Version() }
	first := version(base)
	if first == "" || version(base) != first || version("# comment\n"+base) != first {
		t.Error("equal profiles have different versions")
	}
	seen := map[string]string{first: "base"}
	for name, toml := range map[string]string{
		"body":        strings.Replace(base, `body = "a"`, `body = "b"`, 1),
		"url":         strings.Replace(base, `"/x"`, `"/y"`, 1),
		"name":        strings.Replace(base, `name = "t"`, `name = "u"`, 1),
		"description": base + "[[tools.args]]\nname = \"a\"\ndescription = \"x\"\n",
		"position":    base + "[[tools.args]]\nname = \"a\"\nposition = \"query\"\n",
		"timeout":     base + "[http]\ntimeout = \"5s\"\n",
		"confirm":     base + "[policy]\nconfirm = [\"t\"]\n",
	} {
		v := version(toml)
		if other := seen[v]; other != "" {
			t.Errorf("%s has the version of %s", name, other)
		}
		seen[v] = name
	}
}
