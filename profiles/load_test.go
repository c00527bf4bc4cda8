package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

func owned(string) (bool, string) { return true, "" }

// files is a file system in memory.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	if text, ok := f[filepath.ToSlash(name)]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// load loads a profile that must be right.
func load(t *testing.T, text string) *Profile {
	t.Helper()
	p, _, err := Load("p.toml", []byte(text), Options{Private: owned})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// report returns everything that Load says of a text, a line each.
func report(text string, opts Options) string {
	_, warns, err := Load("p.toml", []byte(text), opts)
	var lines []string
	if err != nil {
		lines = append(lines, err.Error())
	}
	for _, w := range warns {
		lines = append(lines, "warning "+w.String())
	}
	return strings.Join(lines, "\n")
}

const whole = `
description = "Everything"

[server]
name = "all"
version = "1.2"
baseUrl = "https://api.example.com/v1"
instructions = """
Two
lines"""
allowTools = ["get_*"]
config = { tenant = "acme", big = 12345678901234567890 }
passthroughAuthHeader = true

[[server.securitySchemes]]
id = "basic"
type = "http"
scheme = "Basic"
defaultCredential = { command = ["op", "read", "x"] }

[[server.securitySchemes]]
id = "key"
type = "apiKey"
in = "header"
name = "X-Key"
defaultCredential = { env = "API_KEY" }

[[server.securitySchemes]]
id = "oauth"
type = "oauth2"
[server.securitySchemes.flows.authorizationCode]
authorizationUrl = "https://auth.example.com/authorize"
tokenUrl = "https://auth.example.com/token"
issuer = "https://auth.example.com"
[server.securitySchemes.flows.authorizationCode.scopes]
"read:issues" = "read"
[server.securitySchemes.client]
id = "my-client"
secret = { file = "secret.txt" }
scopes = ["read:issues"]
redirect = { host = "localhost", port = 8765, path = "/cb" }
resource = "off"
pkce = "assume-s256"
dpop = true
extraParams = { audience = "a" }
refresh = { scope = true }
expiresIn = "1h"

[server.defaultUpstreamSecurity]
id = "oauth"
scopes = ["read:issues"]

[server.defaultDownstreamSecurity]
id = "basic"

[openapi]
source = "api.yaml"
digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
include = { tags = ["issues"], methods = ["GET"], paths = ["/repos/**"] }
exclude = { deprecated = true }
overlays = ["o.yaml"]
forceSecurity = true
[[openapi.overrides]]
match = "POST /repos/*"
name = "create"
readOnly = false
hidden = true
security = [{ id = "key" }, [{ id = "basic" }, { id = "oauth", scopes = ["a"] }], {}]

[exposure]
mode = "search"
budgetTokens = 5000
maxTools = 10
maxResultChars = 1000

[http]
timeout = "1m30s"
caFile = "ca.pem"
clientCert = "c.pem"
clientKey = "k.pem"
proxy = "http://127.0.0.1:3128"
maxResponseBytes = 1000000
retries = 0
headers = { "X-Version" = "2022" }
followRedirects = false
allowInsecure = ["intranet:8080"]
allowPrivate = ["10.0.0.1"]

[policy]
readOnly = true
deny = ["admin_*"]
confirm = ["DELETE /**"]
files = ["/tmp"]
saveTo = "/tmp/out"

[[tools]]
name = "get_user"
title = "User"
description = "One user"
readOnly = true
destructive = false
idempotent = true
legacyOnly = true
errorResponseTemplate = "{{.error}}"
outputSchema = '''
{ "type": "object",
  "properties": { "z": { "default": null }, "a": {} } }'''
[tools.security]
id = "basic"
passthrough = true
credential = "literal-secret"
[[tools.args]]
name = "id"
description = "The id"
type = "integer"
required = true
default = 12345678901234567890
enum = [12345678901234567890, 2]
position = "Path"
style = "simple"
explode = false
[[tools.args]]
name = "list"
type = "array"
items = { type = "string" }
[tools.requestTemplate]
url = "https://api.example.com/users/{id}?q={{.args.list}}"
method = "get"
headers = [{ key = "X-A", value = "{{.config.tenant}}" }]
argsToUrlParam = true
security = { id = "key", credential = { keychain = true } }
[tools.responseTemplate]
prependBody = "a"
appendBody = "b"

[[tools]]
name = "direct"
[tools.responseTemplate]
body = "hello"
`

func TestLoadEverything(t *testing.T) {
	p := load(t, whole)
	yes, no, zero := true, false, 0
	// A few of every kind; the round trip in the tests of Encode compares the rest.
	for _, c := range []struct{ got, want any }{
		{p.Name, "p"},
		{p.File, "p.toml"},
		{p.Private, true},
		{p.Sources, []string{"p.toml"}},
		{p.Server.Instructions, "Two\nlines"},
		{*p.Server.AllowTools, []string{"get_*"}},
		{string(p.Server.Config), `{"tenant":"acme","big":12345678901234567890}`},
		{p.Server.SecuritySchemes[0].Scheme, "basic"},
		{p.Server.SecuritySchemes[0].DefaultCredential, &Reference{Command: []string{"op", "read", "x"}}},
		{p.Server.SecuritySchemes[1].DefaultCredential, &Reference{Env: "API_KEY"}},
		{p.Server.SecuritySchemes[2].Flows.AuthorizationCode.Scopes, map[string]string{"read:issues": "read"}},
		{p.Server.SecuritySchemes[2].Client.Redirect, Redirect{"localhost", 8765, "/cb"}},
		{p.Server.SecuritySchemes[2].Client.ExpiresIn, Duration(time.Hour)},
		{p.Server.DefaultUpstreamSecurity, Security{{{ID: "oauth", Scopes: []string{"read:issues"}}}}},
		{p.OpenAPI.Exclude.Deprecated, &yes},
		{p.OpenAPI.Overrides[0].ReadOnly, &no},
		{p.OpenAPI.Overrides[0].Security, Security{{{ID: "key"}}, {{ID: "basic"}, {ID: "oauth", Scopes: []string{"a"}}}, {}}},
		{p.HTTP.Timeout, Duration(90 * time.Second)},
		{p.HTTP.Retries, &zero},
		{p.HTTP.FollowRedirects, &no},
		{p.HTTP.Headers, map[string]HTTPHeader{"X-Version": {Text: "2022"}}},
		{p.Tools[0].Security.Credential, &Reference{Literal: secret.New("literal-secret")}},
		{string(p.Tools[0].OutputSchema), `{"type":"object","properties":{"z":{"default":null},"a":{}}}`},
		{string(p.Tools[0].Args[0].Default), `12345678901234567890`},
		{p.Tools[0].Args[0].Position, "path"},
		{string(p.Tools[0].Args[1].Items), `{"type":"string"}`},
		{p.Tools[0].RequestTemplate.Security, Security{{{ID: "key", Credential: &Reference{Keychain: true}}}}},
		{p.Tools[0].RequestTemplate.Method, "get"},
		{p.Tools[1].ResponseTemplate.Body, "hello"},
		{p.At("tools[0].requestTemplate.url"), "p.toml:127:7"},
		{p.At("tools[0].requestTemplate.body"), "p.toml:126:8"},
		{p.At("tools[9]"), "p.toml:96:3"},
		{p.Dir("server"), "."},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %#v, want %#v", c.got, c.want)
		}
	}
}

func TestAtWithoutAFile(t *testing.T) {
	p := &Profile{File: "made"}
	if p.At("tools[0]") != "made" || p.Pos("x") != (doc.Pos{File: "made"}) {
		t.Error(p.At("tools[0]"), p.Pos("x"))
	}
}

func TestExtends(t *testing.T) {
	f := files{
		"dir/base.toml": `
description = "base"
[server]
name = "base"
baseUrl = "https://base.example.com"
config = { a = 1, b = { c = 2, d = 3 } }
[[server.securitySchemes]]
id = "one"
type = "http"
scheme = "bearer"
defaultCredential = { env = "ONE" }
[[server.securitySchemes]]
id = "two"
type = "http"
scheme = "basic"
[server.defaultUpstreamSecurity]
id = "one"
credential = { env = "BASE" }
[http]
timeout = "5s"
headers = { A = "1", B = "2" }
[policy]
deny = ["x"]
[[tools]]
name = "first"
description = "first of base"
[[tools.args]]
name = "p"
description = "p of base"
[[tools.args]]
name = "q"
[tools.requestTemplate]
url = "/first"
method = "GET"
headers = [{ key = "X-A", value = "1" }, { key = "X-B", value = "2" }]
[[tools]]
name = "second"
[tools.requestTemplate]
url = "/second"
method = "GET"
`,
	}
	const child = `
extends = "base"
[server]
name = "child"
config = { b = { c = 9 } }
[[server.securitySchemes]]
id = "three"
type = "http"
scheme = "bearer"
[[server.securitySchemes]]
id = "one"
defaultCredential = { file = "f" }
[server.defaultUpstreamSecurity]
id = "two"
[http]
headers = { B = "3" }
[policy]
deny = []
[[tools]]
name = "third"
responseTemplate = { body = "x" }
[[tools]]
name = "first"
description = "first of child"
[[tools.args]]
name = "q"
description = "q of child"
[tools.requestTemplate]
headers = [{ key = "x-b", value = "9" }]
`
	p, _, err := Load("dir/p.toml", []byte(child), Options{Read: f.read, Private: owned})
	if err != nil {
		t.Fatal(err)
	}
	names := func(n int, name func(int) string) string {
		var out []string
		for i := range n {
			out = append(out, name(i))
		}
		return strings.Join(out, " ")
	}
	tool := p.Tools[0]
	for _, c := range []struct{ got, want any }{
		{p.Extends, "base"},
		{p.Description, "base"},
		{p.Server.Name, "child"},
		{p.Server.BaseURL, "https://base.example.com"},
		{string(p.Server.Config), `{"a":1,"b":{"d":3,"c":9}}`},
		{names(len(p.Server.SecuritySchemes), func(i int) string { return p.Server.SecuritySchemes[i].ID }), "one two three"},
		{p.Server.SecuritySchemes[0].DefaultCredential, &Reference{File: "f"}},
		{p.Server.SecuritySchemes[0].Scheme, "bearer"},
		{p.Server.DefaultUpstreamSecurity, Security{{{ID: "two"}}}},
		{p.HTTP.Headers, map[string]HTTPHeader{"A": {Text: "1"}, "B": {Text: "3"}}},
		{p.HTTP.Timeout, Duration(5 * time.Second)},
		{len(p.Policy.Deny), 0},
		{names(len(p.Tools), func(i int) string { return p.Tools[i].Name }), "first second third"},
		{tool.Description, "first of child"},
		{names(len(tool.Args), func(i int) string { return tool.Args[i].Name + "/" + tool.Args[i].Description }), "p/p of base q/q of child"},
		{tool.RequestTemplate.URL, "/first"},
		{tool.RequestTemplate.Headers, []Header{{"X-A", "1"}, {"x-b", "9"}}},
		{p.Sources, []string{"dir/p.toml", filepath.Join("dir", "base.toml")}},
		{p.At("tools[0].requestTemplate.url"), filepath.Join("dir", "base.toml") + ":33:7"},
		{p.At("tools[0].description"), "dir/p.toml:24:15"},
		{p.Dir("http.timeout"), "dir"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %#v, want %#v", c.got, c.want)
		}
	}
}

func TestExtendsErrors(t *testing.T) {
	f := files{
		"a.toml":           "extends = 'b'\nserver.name = 'a'",
		"b.toml":           "extends = 'sub/../a.toml'\nserver.name = 'b'",
		"bad.toml":         "server.name =",
		"wrong.toml":       "server.name = 'w'\nserver.nam = 'x'",
		"profiles/in.toml": "server.name = 'in'",
	}
	for i := range 30 {
		f[fmt.Sprintf("n%d.toml", i)] = fmt.Sprintf("extends = 'n%d'", i+1)
	}
	opts := Options{Read: f.read, Private: owned, Folder: "profiles"}
	for _, c := range []struct{ in, want string }{
		{"extends = 'in'", ""},
		{"extends = 'profiles/in.toml'", ""},
		{"extends = 'a'", "b.toml:1:11: extends: profiles extend each other in a circle: a.toml → b.toml → a.toml"},
		{"extends = './p.toml'", "p.toml:1:11: extends: there is no p.toml"},
		{"extends = 'none'", "p.toml:1:11: extends: there is no none.toml and no profiles/none.toml"},
		{"extends = '../x'", `p.toml:1:11: extends: "../x": a name begins with a letter or a digit`},
		{"extends = 1", "p.toml:1:11: extends: must be the name of a profile or the path of one"},
		{"extends = ''", "p.toml:1:11: extends: must be the name of a profile or the path of one"},
		{"extends = 'bad'", "bad.toml:1:14: expected a value, found the end of the document"},
		{"extends = 'wrong'", "wrong.toml:2:8: server.nam: unknown key (allowed: name, version, baseUrl, instructions, allowTools, config, securitySchemes, defaultUpstreamSecurity, defaultDownstreamSecurity, passthroughAuthHeader; did you mean name?)"},
		{"extends = 'n0'", "n15.toml:1:11: extends: more than 16 profiles extend each other: p.toml → n0.toml → n1.toml → n2.toml → n3.toml → n4.toml → n5.toml → n6.toml → n7.toml → n8.toml → n9.toml → n10.toml → n11.toml → n12.toml → n13.toml → n14.toml → n15.toml"},
	} {
		if got := filepath.ToSlash(report(c.in, opts)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
	if got := report("extends = 'a'", Options{}); got != "p.toml:1:11: extends: another profile cannot be read here" {
		t.Error(got)
	}
	_, _, err := Load("p.toml", []byte("extends = 'x'"), Options{Read: func(string) ([]byte, error) { return nil, fs.ErrPermission }})
	if err == nil || err.Error() != "p.toml:1:11: extends: permission denied" {
		t.Error(err)
	}
}

func TestPrivate(t *testing.T) {
	f := files{"base.toml": "server.name = 'x'\n[[server.securitySchemes]]\nid = 'k'\ntype = 'http'\nscheme = 'bearer'\ndefaultCredential = { env = 'K' }"}
	open := func(file string) (bool, string) {
		if strings.HasPrefix(file, "base") {
			return false, "others can write it"
		}
		return true, ""
	}
	for _, c := range []struct {
		name    string
		in      string
		ask     func(string) (bool, string)
		private bool
		want    string
	}{
		{"owned", "extends = 'base'", owned, true, ""},
		{"a parent that is open", "extends = 'base'", open, false, "base.toml: server.securitySchemes[0].defaultCredential: { env }, { file }, { keychain } and { command } are not honoured: others can write it"},
		{"nobody asked", "server.name = 'x'", nil, false, ""},
		{"nobody asked, but needed", "extends = 'base'", nil, false, "base.toml: server.securitySchemes[0].defaultCredential: { env }, { file }, { keychain } and { command } are not honoured: the file was not read from a private folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, warns, err := Load("p.toml", []byte(c.in), Options{Read: f.read, Private: c.ask})
			if err != nil {
				t.Fatal(err)
			}
			if p.Private != c.private {
				t.Errorf("Private is %v", p.Private)
			}
			last := ""
			if len(warns) > 0 {
				last = warns[len(warns)-1].String()
			}
			if last != c.want {
				t.Errorf("got %s\nwant %s", last, c.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	_, _, err := Load("p.toml", []byte("server.nam = 1\nhttp.timeout = 3"), Options{})
	var all Errors
	if !errors.As(err, &all) || len(all) != 2 {
		t.Fatalf("%v", err)
	}
	if all.Hint() != "write name at p.toml:1:8" {
		t.Error(all.Hint())
	}
	var one *doc.Error
	if !errors.As(err, &one) || one.Key != "server.nam" {
		t.Errorf("the first error is %v", one)
	}
	if (Errors{}).Hint() != "" {
		t.Error("no error has a hint")
	}
}

func TestCheckInMemory(t *testing.T) {
	p := &Profile{Server: Server{Name: "x", SecuritySchemes: []SecurityScheme{{ID: "a", Type: HTTPScheme, Scheme: "Bearer", DefaultCredential: &Reference{Literal: secret.New("geheim")}}}}}
	warns, err := Check(p)
	if err != nil || len(warns) != 1 || p.Server.SecuritySchemes[0].Scheme != "bearer" {
		t.Errorf("%v %v", warns, err)
	}
	p.Tools = []Tool{{Name: "t", RequestTemplate: RequestTemplate{URL: "https://x.test", Method: "GET",
		Security: Security{{{ID: "a"}, {ID: "b", Credential: &Reference{Literal: secret.New("geheim")}}}}}}}
	p.Server.DefaultUpstreamSecurity = Security{{{ID: "c"}}}
	warns, err = Check(p)
	const want = "server.defaultUpstreamSecurity.id: no security scheme has the id \"c\" (allowed: a)\n" +
		"tools[0].requestTemplate.security[0][1].id: no security scheme has the id \"b\" (allowed: a)"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	if len(warns) != 2 || warns[1].Key != "tools[0].requestTemplate.security[0][1].credential" || strings.Contains(fmt.Sprint(warns), "geheim") {
		t.Errorf("%v", warns)
	}
}
