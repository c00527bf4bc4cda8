package higress

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// row is one configuration and what becomes of it. want is compared with the
// profile's values at the paths of get; errs and warns must each be part of the
// error or the warning at that place, in order, and there must be no others.
type row struct {
	name  string
	yaml  string
	errs  []string
	warns []string
	want  func(p *profiles.Profile) (got, want any)
}

// tool returns a configuration of one tool that holds these lines.
func tool(lines ...string) string {
	return "server: {name: s, securitySchemes: [{id: a, type: http, scheme: bearer}, {id: b, type: apiKey, in: query, name: k}]}\n" +
		"tools:\n- name: t\n  " + strings.Join(lines, "\n  ") + "\n"
}

const send = "requestTemplate: {url: 'https://x.example/', method: GET}"

// server returns a configuration with a server of these lines and one tool.
func server(lines ...string) string {
	return "server:\n  " + strings.Join(lines, "\n  ") + "\ntools: [{name: t, " + send + "}]\n"
}

func TestImport(t *testing.T) {
	for _, rows := range [][]row{topRows(), serverRows(), schemeRows(), securityRows(), toolRows(), argRows(), requestRows(), responseRows()} {
		for _, c := range rows {
			t.Run(c.name, func(t *testing.T) { c.run(t) })
		}
	}
}

func (c row) run(t *testing.T) {
	i, err := Import("f.yaml", []byte(c.yaml), Options{})
	var got []string
	var list Errors
	if errors.As(err, &list) {
		for _, e := range list {
			got = append(got, e.Error())
			if e.Detail.Pos.Line == 0 || e.Hint() == "" {
				t.Errorf("no position or hint: %v, %q", e, e.Hint())
			}
		}
	}
	same(t, "errors", got, c.errs)
	got = nil
	for _, w := range i.Warnings {
		got = append(got, w.At+": "+w.Key+": "+w.Message)
	}
	same(t, "warnings", got, c.warns)
	if err != nil || c.want == nil {
		return
	}
	if got, want := c.want(i.Profile); !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v\nwant %#v", got, want)
	}
	roundTrip(t, i)
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for n := range want {
		if !strings.Contains(got[n], want[n]) {
			t.Errorf("%s: %s\nwant part: %s", what, got[n], want[n])
		}
	}
}

// roundTrip writes the profile and reads it again.
func roundTrip(t *testing.T, i *Imported) {
	t.Helper()
	text := encode(t, i.Profile)
	again, _, err := profiles.Load("again.toml", []byte(text), profiles.Options{Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if b := encode(t, again); b != text {
		t.Errorf("written:\n%s\nread and written:\n%s", text, b)
	}
}

// topRows are the rows of the top level.
func topRows() []row {
	return []row{
		{name: "neither server nor toolSet", yaml: "tools: [{name: t}]\n", errs: []string{"f.yaml:1:1: server: is missing"}},
		{name: "toolSet", yaml: "toolSet:\n  name: s\n  serverTools: [{serverName: a, tools: [t]}]\n", errs: []string{"f.yaml:2:3: toolSet: a toolSet puts"}},
		{name: "toolSet and server", yaml: server("name: s") + "toolSet: {name: s}\n", errs: []string{"f.yaml:4:10: toolSet: a toolSet puts"}},
		{name: "toolSet null, as the converter's JSON has it", yaml: `{"ToolSet": null, "Server": {"Name": "s"}, "Tools": [{"Name": "t", "RequestTemplate": {"URL": "https://x.example/", "Method": "GET", "ArgsToUrlParam": true}}]}`,
			warns: []string{"1:2: ToolSet: is read as toolSet", "Server: is read as server", "server.Name: is read as name", "Tools: is read as tools", "tools[0].Name: is read as name",
				"RequestTemplate: is read as requestTemplate", "URL: is read as url", "Method: is read as method", "ArgsToUrlParam: is read as argsToUrlParam"},
			want: func(p *profiles.Profile) (any, any) { return p.Tools[0].RequestTemplate.ArgsToURLParam, true }},
		{name: "server no table", yaml: "server: s\ntools: []\n", errs: []string{"f.yaml:1:9: server: must be a table, not a string"}},
		{name: "not a table", yaml: "- a\n", errs: []string{"f.yaml:1:1: the document is a list"}},
		{name: "empty", yaml: "", errs: []string{"f.yaml:1:1: the document is null"}},
		{name: "not YAML", yaml: "server: {name: s\n", errs: []string{"f.yaml:"}},
		{name: "unknown field", yaml: server("name: s") + "tool: []\nx-note: 1\n",
			warns: []string{"f.yaml:4:1: tool: is not a field of Higress's and is left out, as Higress does; did you mean tools?", "f.yaml:5:1: x-note: is not a field"}},
		{name: "tools no list", yaml: "server: {name: s}\ntools: {t: {}}\n", errs: []string{"f.yaml:2:8: tools: must be a list, not a table"}},
		{name: "tools text", yaml: "server: {name: s}\ntools: t\n", errs: []string{"f.yaml:2:8: tools: must be a list, not a string"}},
		{name: "compiled-in server", yaml: "server:\n  name: quark-search\n  config: {region: x}\n", errs: []string{"f.yaml:2:3: tools: there are no tools: Higress takes the server for one that is compiled"}},
		{name: "no tools", yaml: "server: {name: s}\ntools: []\n", errs: []string{"f.yaml:1:9: tools: there are no tools"}},
		{name: "allowTools absent", yaml: server("name: s"), want: func(p *profiles.Profile) (any, any) { return p.Server.AllowTools == nil, true }},
		{name: "allowTools", yaml: server("name: s") + "allowTools: [t]\n", want: func(p *profiles.Profile) (any, any) { return *p.Server.AllowTools, []string{"t"} }},
		{name: "allowTools empty allows none", yaml: server("name: s") + "allowTools: []\n",
			want: func(p *profiles.Profile) (any, any) {
				return p.Server.AllowTools != nil && len(*p.Server.AllowTools) == 0, true
			}},
		{name: "allowTools null allows none", yaml: server("name: s") + "allowTools:\n", warns: []string{"f.yaml:4:1: allowTools: is empty: no tool is allowed"},
			want: func(p *profiles.Profile) (any, any) {
				return p.Server.AllowTools != nil && len(*p.Server.AllowTools) == 0, true
			}},
		{name: "allowTools has no patterns", yaml: server("name: s") + "allowTools: ['*', t]\n", warns: []string{`f.yaml:4:14: server.allowTools[0]: "*" is no tool's name`},
			want: func(p *profiles.Profile) (any, any) { return *p.Server.AllowTools, []string{"t"} }},
		{name: "allowTools unknown", yaml: server("name: s") + "allowTools: [get_usr, t]\n", warns: []string{`f.yaml:4:14: server.allowTools[0]: "get_usr" matches no tool`}},
		{name: "allowTools under server", yaml: server("name: s", "allowTools: [t]"), want: func(p *profiles.Profile) (any, any) { return *p.Server.AllowTools, []string{"t"} }},
		{name: "allowTools twice", yaml: server("name: s", "allowTools: [x]") + "allowTools: [t]\n", warns: []string{"f.yaml:3:15: server.allowTools: gives way"},
			want: func(p *profiles.Profile) (any, any) { return *p.Server.AllowTools, []string{"t"} }},
	}
}

func serverRows() []row {
	return []row{
		{name: "server.name missing", yaml: server("version: 1.0.0"), errs: []string{"f.yaml:2:3: server.name: the server has no name"}},
		{name: "server.name empty", yaml: server("name: ''"), errs: []string{"f.yaml:2:3: server.name: the server has no name"}},
		{name: "server.name null", yaml: server("name:", "version: v"), errs: []string{"f.yaml:2:3: server.name: the server has no name"}},
		{name: "server.name number", yaml: server("name: 12"), want: func(p *profiles.Profile) (any, any) { return p.Server.Name, "12" }},
		{name: "server.name boolean", yaml: server("name: true"), want: func(p *profiles.Profile) (any, any) { return p.Server.Name, "true" }},
		{name: "several errors, in the document's order", yaml: "server: {passthroughAuthHeader: 7, name: s}\ntools: [{name: 1, args: [{name: 2, default: [[null]]}]}]\n",
			errs: []string{"f.yaml:2:45: tools[0].args[0].default: holds null"}},
		{name: "several wrong types, in the document's order", yaml: "tools: [{name: 1, args: [{name: 2}]}]\nserver: {passthroughAuthHeader: 7, name: s}\n",
			errs: []string{"f.yaml:1:16: tools[0].name: must be a string", "f.yaml:1:33: tools[0].args[0].name: must be a string", "f.yaml:2:33: server.passthroughAuthHeader: must be true or false"}},
		{name: "fields that only a profile has", yaml: server("name: s", "baseUrl: https://x.example", "securitySchemes: [{id: a, type: http, scheme: bearer, client: {}}]") + "policy: {}\n",
			warns: []string{"f.yaml:3:3: server.baseUrl: is not a field of Higress's and is left out, as Higress does; a profile has it", "client: is not a field of Higress's and is left out, as Higress does; a profile has it",
				"f.yaml:6:1: policy: is not a field of Higress's and is left out, as Higress does; a profile has it"}},
		{name: "server.name table", yaml: server("name: {a: b}"), errs: []string{"f.yaml:2:9: server.name: must be a string, not a table"}},
		{name: "server.version", yaml: server("name: s", "version: 2.0.1"), want: func(p *profiles.Profile) (any, any) { return p.Server.Version, "2.0.1" }},
		{name: "server.version trimmed", yaml: server("name: s", "version: ' 2 '"), want: func(p *profiles.Profile) (any, any) { return p.Server.Version, "2" }},
		{name: "server.version number", yaml: server("name: s", "version: 1.0"), want: func(p *profiles.Profile) (any, any) { return p.Server.Version, "1.0" }},
		{name: "server.type rest", yaml: server("name: s", "type: rest")},
		{name: "server.type other", yaml: server("name: s", "type: grpc"), warns: []string{`f.yaml:3:9: server.type: "grpc" is no type of Higress's: the server is read as rest`}},
		{name: "server.type mcp-proxy", yaml: "server:\n  name: s\n  type: mcp-proxy\n  mcpServerURL: https://x.example/mcp\n  transport: http\n  typo: 1\n",
			errs: []string{"f.yaml:3:9: server.type: mcp-proxy stands before another MCP server"}},
		{name: "server.type mcp-proxy in other case, with schemes", yaml: "server: {name: s, type: MCP-Proxy, timeout: 5000, protocolStrategy: x, securitySchemes: [{id: a, type: http, scheme: bearer, foo: 1}]}\ntools: []\n",
			errs: []string{"f.yaml:1:25: server.type: mcp-proxy stands before another MCP server"}},
		{name: "toolSet with what is odd", yaml: "toolSet: {name: s, serverTools: [{serverNam: a}]}\nserver: {name: s, timeout: 1}\n",
			errs: []string{"f.yaml:1:10: toolSet: a toolSet puts the tools of several servers together"}},
		{name: "rest with settings of mcp-proxy", yaml: server("name: s", "timeout: 5000"), warns: []string{"f.yaml:3:3: server.timeout: is a setting of type: mcp-proxy"}},
		{name: "proxy settings without proxy", yaml: server("name: s", "timeout: 5000", "protocolStrategy: auto"),
			warns: []string{"f.yaml:3:3: server.timeout: is a setting of type: mcp-proxy", "f.yaml:4:3: server.protocolStrategy: chooses"}},
		{name: "server.config", yaml: server("name: s", "config: {b: 1, a: {c: [true, 12345678901234567890, null]}}"),
			want: func(p *profiles.Profile) (any, any) {
				return string(p.Server.Config), `{"b":1,"a":{"c":[true,12345678901234567890,null]}}`
			}},
		{name: "server.config null", yaml: server("name: s", "config:"), want: func(p *profiles.Profile) (any, any) { return p.Server.Config == nil, true }},
		{name: "server.config no object", yaml: server("name: s", "config: [1]"), errs: []string{"f.yaml:3:11: server.config: must be a table"}},
		{name: "server.config with a credential", yaml: server("name: s", "config: {apiKey: abc, token: '', region: eu}"),
			want: func(p *profiles.Profile) (any, any) { return len(p.Secrets), 1 }},
		{name: "server.config with a reference", yaml: server("name: s", "config: {apiKey: {command: [rm, file]}, b: [{a: {env: HOME}}]}"),
			errs: []string{"f.yaml:3:20: server.config.apiKey: refers to a credential of this machine", "f.yaml:3:51: server.config.b[0].a: refers to a credential of this machine"}},
		{name: "server.passthroughAuthHeader", yaml: server("name: s", "passthroughAuthHeader: true"),
			want: func(p *profiles.Profile) (any, any) { return p.Server.PassthroughAuthHeader, true }},
		{name: "server.passthroughAuthHeader of a wrong type", yaml: server("name: s", "passthroughAuthHeader: 'yes'"),
			errs: []string{"f.yaml:3:26: server.passthroughAuthHeader: must be true or false, not a string"}},
		{name: "unknown field of server", yaml: server("name: s", "securitySchema: []"),
			warns: []string{"f.yaml:3:3: server.securitySchema: is not a field of Higress's and is left out, as Higress does; did you mean securitySchemes?"}},
		{name: "as articles print it", yaml: "server: {name: s}\nsecuritySchemes: [{id: a, type: http, scheme: bearer}]\ntools:\n- name: t\n  args:\n  requestTemplate: {url: 'https://x.example/', method: GET, security: {id: a}}\n",
			warns: []string{"f.yaml:2:18: securitySchemes: stands at the top level, as articles print it", "f.yaml:5:3: tools[0].args: is empty: the tool takes no arguments"},
			want:  func(p *profiles.Profile) (any, any) { return p.Server.SecuritySchemes[0].ID, "a" }},
		{name: "as articles print it, without a server", yaml: "securitySchemes: [{id: a, type: http, scheme: bearer}]\ntools: [{name: t, " + send + "}]\n",
			warns: []string{`f.yaml:1:1: server: is missing; the server is called "higress"`, "securitySchemes: stands at the top level"},
			want:  func(p *profiles.Profile) (any, any) { return p.Server.Name, "higress" }},
		{name: "securitySchemes twice", yaml: server("name: s", "securitySchemes: [{id: a, type: http, scheme: bearer}]") + "securitySchemes: []\n",
			warns: []string{"f.yaml:5:18: securitySchemes: stands at the top level, too, where Higress does not read it"}},
	}
}

func schemeRows() []row {
	scheme := func(text string) string { return server("name: s", "securitySchemes:", "- {id: a, "+text+"}") }
	first := func(p *profiles.Profile) profiles.SecurityScheme { return p.Server.SecuritySchemes[0] }
	return []row{
		{name: "http basic", yaml: scheme("type: http, scheme: basic"), want: func(p *profiles.Profile) (any, any) {
			return first(p), profiles.SecurityScheme{ID: "a", Type: "http", Scheme: "basic"}
		}},
		{name: "http Bearer", yaml: scheme("type: http, scheme: Bearer"), want: func(p *profiles.Profile) (any, any) { return first(p).Scheme, "bearer" }},
		{name: "apiKey header", yaml: scheme("type: apiKey, in: header, name: X-K"), want: func(p *profiles.Profile) (any, any) {
			return first(p), profiles.SecurityScheme{ID: "a", Type: "apiKey", In: "header", Name: "X-K"}
		}},
		{name: "apiKey query", yaml: scheme("type: apiKey, in: query, name: k"), want: func(p *profiles.Profile) (any, any) { return first(p).In, "query" }},
		{name: "apiKey cookie, which Higress cannot do", yaml: scheme("type: apiKey, in: cookie, name: k"), want: func(p *profiles.Profile) (any, any) { return first(p).In, "cookie" }},
		{name: "apiKey without name", yaml: scheme("type: apiKey, in: query"), errs: []string{"f.yaml:4:5: server.securitySchemes[0].name: missing"}},
		{name: "http digest", yaml: scheme("type: http, scheme: digest"), want: func(p *profiles.Profile) (any, any) { return first(p).Scheme, "digest" }},
		{name: "oauth2 without flows", yaml: scheme("type: oauth2"), want: func(p *profiles.Profile) (any, any) { return first(p).Type, profiles.OAuth2 }},
		{name: "oauth2 with flows", yaml: scheme("type: oauth2, flows: {authorizationCode: {authorizationUrl: 'https://a.example/', tokenUrl: 'https://a.example/t', scopes: {r: read}}}"),
			want: func(p *profiles.Profile) (any, any) {
				return first(p).Flows.AuthorizationCode.Scopes, map[string]string{"r": "read"}
			}},
		{name: "openIdConnect", yaml: scheme("type: openIdConnect, openIdConnectUrl: 'https://a.example/.well-known/openid-configuration'"),
			want: func(p *profiles.Profile) (any, any) { return first(p).Type, profiles.OpenIDConnect }},
		{name: "unknown type", yaml: scheme("type: bearer"), errs: []string{"f.yaml:4:19: server.securitySchemes[0].type: unknown value"}},
		{name: "defaultCredential", yaml: scheme("type: http, scheme: basic, defaultCredential: 'u:p'"),
			want: func(p *profiles.Profile) (any, any) { return first(p).DefaultCredential.Literal.Reveal(), "u:p" }},
		{name: "defaultCredential empty is none", yaml: scheme("type: http, scheme: basic, defaultCredential: ''"),
			want: func(p *profiles.Profile) (any, any) { return first(p).DefaultCredential == nil, true }},
		{name: "defaultCredential is no reference", yaml: scheme("type: http, scheme: basic, defaultCredential: {command: [id]}"),
			errs: []string{"f.yaml:4:59: server.securitySchemes[0].defaultCredential: must be a string, not a table"}},
		{name: "defaultCredential placeholder", yaml: scheme("type: http, scheme: bearer, defaultCredential: '${TOKEN}'"),
			warns: []string{"f.yaml:4:60: server.securitySchemes[0].defaultCredential: looks like a placeholder"}},
		{name: "client is the profile's", yaml: scheme("type: oauth2, client: {id: x, secret: {command: [id]}}"),
			warns: []string{"f.yaml:4:27: server.securitySchemes[0].client: is not a field of Higress's"},
			want:  func(p *profiles.Profile) (any, any) { return first(p).Client == nil, true }},
		{name: "same id twice: the last wins", yaml: server("name: s", "securitySchemes:", "- {id: a, type: http, scheme: basic}", "- {id: a, type: http, scheme: bearer}"),
			warns: []string{`f.yaml:4:5: server.securitySchemes[0]: "a" is a duplicate of line 5`},
			want: func(p *profiles.Profile) (any, any) {
				return len(p.Server.SecuritySchemes) == 1 && first(p).Scheme == "bearer", true
			}},
		{name: "OpenAPI's table", yaml: server("name: s", "securitySchemes:", "  a: {type: http, scheme: bearer}"),
			errs: []string{"f.yaml:4:5: server.securitySchemes: must be a list, not a table"}},
	}
}

func securityRows() []row {
	up := func(p *profiles.Profile) profiles.Security { return p.Tools[0].RequestTemplate.Security }
	return []row{
		{name: "requestTemplate.security", yaml: tool("requestTemplate: {url: 'https://x.example/', method: GET, security: {id: a, credential: c}}"),
			want: func(p *profiles.Profile) (any, any) {
				return up(p)[0][0].ID + up(p)[0][0].Credential.Literal.Reveal(), "ac"
			}},
		{name: "requestTemplate.security as a list", yaml: tool("requestTemplate: {url: 'https://x.example/', method: GET, security: [{a: []}]}"),
			errs: []string{"f.yaml:4:71: tools[0].requestTemplate.security: is a list, which Higress refuses"}},
		{name: "requestTemplate.security as an empty list", yaml: tool("requestTemplate: {url: 'https://x.example/', method: GET, security: []}"),
			errs: []string{"f.yaml:4:71: tools[0].requestTemplate.security: is a list"}},
		{name: "requestTemplate.security without id", yaml: tool("requestTemplate: {url: 'https://x.example/', method: GET, security: {credential: c}}"),
			warns: []string{"f.yaml:4:71: tools[0].requestTemplate.security: names no scheme"}, want: func(p *profiles.Profile) (any, any) { return up(p) == nil, true }},
		{name: "requestTemplate.security empty", yaml: tool("requestTemplate: {url: 'https://x.example/', method: GET, security: {}}"),
			want: func(p *profiles.Profile) (any, any) { return up(p) == nil, true }},
		{name: "requestTemplate.security.passthrough", yaml: tool("requestTemplate: {url: 'https://x.example/', method: GET, security: {id: a, passthrough: true}}"),
			warns: []string{"f.yaml:4:92: tools[0].requestTemplate.security.passthrough: has no effect here"}},
		{name: "requestTemplate.security.credential is no reference", yaml: tool("requestTemplate: {url: 'https://x.example/', method: GET, security: {id: a, credential: {env: HOME}}}"),
			errs: []string{"f.yaml:4:91: tools[0].requestTemplate.security.credential: must be a string, not a table"}},
		{name: "requestTemplate.security undefined", yaml: tool("requestTemplate: {url: 'https://x.example/', method: GET, security: {id: bearr}}"),
			errs: []string{`f.yaml:4:76: tools[0].requestTemplate.security.id: no security scheme has the id "bearr" (allowed: a, b)`}},
		{name: "tool security", yaml: tool("security: {id: a, passthrough: true}", "requestTemplate: {url: 'https://x.example/', method: GET, security: {id: b}}"),
			want: func(p *profiles.Profile) (any, any) {
				return *p.Tools[0].Security, profiles.Downstream{ID: "a", Passthrough: true}
			}},
		{name: "tool security as a list", yaml: tool("security: [{id: a}]", send), errs: []string{"f.yaml:4:13: tools[0].security: is a list"}},
		{name: "tool security undefined", yaml: tool("security: {id: nowhere}", send), errs: []string{`f.yaml:4:18: tools[0].security.id: no security scheme has the id "nowhere"`}},
		{name: "tool security without id falls back whole", yaml: tool("security: {passthrough: true}", send), warns: []string{"f.yaml:4:13: tools[0].security: names no scheme"},
			want: func(p *profiles.Profile) (any, any) { return p.Tools[0].Security == nil, true }},
		{name: "passthrough without upstream scheme", yaml: tool("security: {id: a, passthrough: true}", send),
			errs: []string{"f.yaml:4:34: tools[0].security.passthrough: passthrough needs exactly one scheme"}},
		{name: "tool security credential beside the request's", yaml: tool("security: {id: a, credential: c}", "requestTemplate: {url: 'https://x.example/', method: GET, security: {id: b, credential: d}}"),
			warns: []string{"f.yaml:4:33: tools[0].security.credential: is left out"}, want: func(p *profiles.Profile) (any, any) { return p.Tools[0].Security.Credential == nil, true }},
		{name: "defaults", yaml: server("name: s", "securitySchemes: [{id: a, type: http, scheme: bearer}]", "defaultUpstreamSecurity: {id: a}", "defaultDownstreamSecurity: {id: a, passthrough: true}"),
			want: func(p *profiles.Profile) (any, any) {
				return []any{p.Server.DefaultUpstreamSecurity, *p.Server.DefaultDownstreamSecurity},
					[]any{profiles.Security{{{ID: "a"}}}, profiles.Downstream{ID: "a", Passthrough: true}}
			}},
		{name: "default undefined", yaml: server("name: s", "defaultUpstreamSecurity: {id: a}"), errs: []string{"f.yaml:3:33: server.defaultUpstreamSecurity.id: no security scheme"}},
		{name: "default as a list", yaml: server("name: s", "defaultUpstreamSecurity: [{id: a}]"), errs: []string{"f.yaml:3:28: server.defaultUpstreamSecurity: is a list"}},
		{name: "default downstream credential", yaml: server("name: s", "securitySchemes: [{id: a, type: http, scheme: bearer}]", "defaultDownstreamSecurity: {id: a, credential: c}"),
			warns: []string{"f.yaml:4:50: server.defaultDownstreamSecurity.credential: has no effect in Higress"}},
	}
}

func toolRows() []row {
	return []row{
		{name: "tools[].name missing", yaml: "server: {name: s}\ntools:\n- " + send + "\n", errs: []string{"f.yaml:3:3: tools[0].name: missing"}},
		{name: "tools[].name null entry", yaml: "server: {name: s}\ntools:\n-\n", errs: []string{"tools[0]: must be a table, not null"}},
		{name: "tools[].name of a wrong type", yaml: "server: {name: s}\ntools:\n- name: 7\n  " + send + "\n", errs: []string{"f.yaml:3:9: tools[0].name: must be a string, not a number"}},
		{name: "tools[].name that clients refuse", yaml: "server: {name: s}\ntools:\n- {name: get item, " + send + "}\n- {name: 查询, " + send + "}\n- {name: get_item, " + send + "}\n- {name: read_result, " + send + "}\nallowTools: [get item]\n",
			warns: []string{"f.yaml:3:10: tools[0].name: cannot be used", "f.yaml:4:10: tools[1].name: cannot be used", "f.yaml:6:10: tools[3].name: cannot be used"},
			want: func(p *profiles.Profile) (any, any) {
				return []string{p.Tools[0].Name, p.Tools[1].Name, p.Tools[2].Name, p.Tools[3].Name, (*p.Server.AllowTools)[0]}, []string{"get_item_2", "Cha_Xun", "get_item", "read_result_2", "get_item_2"}
			}},
		{name: "description", yaml: tool("description: d", send), want: func(p *profiles.Profile) (any, any) { return p.Tools[0].Description, "d" }},
		{name: "legacyOnly", yaml: tool("legacyOnly: true", send), want: func(p *profiles.Profile) (any, any) { return p.Tools[0].LegacyOnly, true }},
		{name: "outputSchema", yaml: tool("outputSchema: {type: object, properties: {z: {type: string}, a: {}}}", send),
			want: func(p *profiles.Profile) (any, any) {
				return string(p.Tools[0].OutputSchema), `{"type":"object","properties":{"z":{"type":"string"},"a":{}}}`
			}},
		{name: "outputSchema no object", yaml: tool("outputSchema: [1]", send), errs: []string{"f.yaml:4:17: tools[0].outputSchema: must be a table"}},
		{name: "case differs", yaml: tool("Description: d", "requesttemplate: {URL: 'https://x.example/', method: GET}"),
			warns: []string{"f.yaml:4:3: tools[0].Description: is read as description", "f.yaml:5:3: tools[0].requesttemplate: is read as requestTemplate", "URL: is read as url"},
			want: func(p *profiles.Profile) (any, any) {
				return p.Tools[0].Description + p.Tools[0].RequestTemplate.URL, "dhttps://x.example/"
			}},
		{name: "typo", yaml: tool("requesttemplat: {url: 'https://x.example/'}"), errs: []string{"f.yaml:3:3: tools[0].requestTemplate.url: missing"},
			warns: []string{"f.yaml:4:3: tools[0].requesttemplat: is not a field of Higress's and is left out, as Higress does; did you mean requestTemplate?"}},
		{name: "the same unknown field at several places", yaml: tool("args: [{name: a, format: x},", "  {name: b, format: y},", "  {name: c, format: z}]", send),
			warns: []string{"f.yaml:4:20: tools[0].args[0].format: is not a field of Higress's and is left out, as Higress does (also on line 5, 6)"}},
	}
}

func argRows() []row {
	arg := func(text string) string { return tool("args:", "- {name: a, "+text+"}", send) }
	a := func(p *profiles.Profile) profiles.Arg { return p.Tools[0].Args[0] }
	rows := []row{
		{name: "args[].type absent", yaml: arg("description: d"), want: func(p *profiles.Profile) (any, any) { return a(p), profiles.Arg{Name: "a", Description: "d"} }},
		{name: "args[].type unknown", yaml: arg("type: file"), warns: []string{`f.yaml:5:21: tools[0].args[0].type: "file" is no JSON schema type; it is read as string`}},
		{name: "args[].type int", yaml: arg("type: Int"), warns: []string{"it is read as integer"}, want: func(p *profiles.Profile) (any, any) { return a(p).Type, "integer" }},
		{name: "args[].type list", yaml: arg("type: [string, 'null']"), errs: []string{"f.yaml:5:21: tools[0].args[0].type: must be a string, not a list"}},
		{name: "args[].name missing", yaml: tool("args: [{type: string}]", send), errs: []string{"f.yaml:4:10: tools[0].args[0].name: missing"}},
		{name: "args[] same name twice", yaml: tool("args:", "- {name: a, type: string}", "- {name: a, type: integer}", send),
			warns: []string{`f.yaml:5:5: tools[0].args[0]: "a" is a duplicate of line 6`}, want: func(p *profiles.Profile) (any, any) { return len(p.Tools[0].Args) == 1 && a(p).Type == "integer", true }},
		{name: "args a table", yaml: tool("args: {a: {type: string}}", send), errs: []string{"f.yaml:4:9: tools[0].args: must be a list, not a table"}},
		{name: "required", yaml: arg("required: true"), want: func(p *profiles.Profile) (any, any) { return a(p).Required, true }},
		{name: "required of a wrong type", yaml: arg("required: 'true'"), errs: []string{"f.yaml:5:25: tools[0].args[0].required: must be true or false, not a string"}},
		{name: "default", yaml: arg("type: object, default: {z: 1, a: 12345678901234567890}"), want: func(p *profiles.Profile) (any, any) { return string(a(p).Default), `{"z":1,"a":12345678901234567890}` }},
		{name: "default null is none", yaml: arg("default: null"), want: func(p *profiles.Profile) (any, any) { return a(p).Default == nil, true }},
		{name: "default with null in it", yaml: arg("type: object, default: {z: null}"), errs: []string{"f.yaml:5:38: tools[0].args[0].default: holds null"}},
		{name: "enum", yaml: arg("enum: [x, y]"), want: func(p *profiles.Profile) (any, any) {
			return len(a(p).Enum) == 2 && string(a(p).Enum[1]) == `"y"`, true
		}},
		{name: "enum with null", yaml: arg("enum: [x, null]"), warns: []string{"f.yaml:5:25: tools[0].args[0].enum[1]: is null and is left out"}, want: func(p *profiles.Profile) (any, any) { return len(a(p).Enum), 1 }},
		{name: "items", yaml: arg("type: array, items: {type: object, properties: {p: {type: array, items: {enum: [1, null]}}}, required: [p]}"),
			want: func(p *profiles.Profile) (any, any) {
				return string(a(p).Items), `{"type":"object","properties":{"p":{"type":"array","items":{"enum":[1,null]}}},"required":["p"]}`
			}},
		{name: "properties", yaml: arg("type: object, properties: {z: {type: string}, a: {type: object, properties: {b: {}}}}"),
			want: func(p *profiles.Profile) (any, any) {
				return string(a(p).Properties), `{"z":{"type":"string"},"a":{"type":"object","properties":{"b":{}}}}`
			}},
		{name: "properties no object", yaml: arg("type: object, properties: [z]"), errs: []string{"f.yaml:5:41: tools[0].args[0].properties: must be a table"}},
		{name: "position unknown", yaml: arg("position: form"), warns: []string{`f.yaml:5:25: tools[0].args[0].position: "form" is no position; the argument has none, as in Higress`}, want: func(p *profiles.Profile) (any, any) { return a(p).Position, "" }},
		{name: "position misspelled", yaml: arg("position: quary"), warns: []string{"did you mean query?"}},
		{name: "style is the profile's", yaml: arg("style: form"), warns: []string{"f.yaml:5:15: tools[0].args[0].style: is not a field of Higress's and is left out, as Higress does; a profile has it: write it there"}},
	}
	for word, want := range map[string]string{"Integer": "integer", "long": "integer", "double": "number", "bool": "boolean", "list": "array", "dict": "object", "str": "string"} {
		rows = append(rows, row{name: "args[].type " + word, yaml: arg("type: " + word), warns: []string{"it is read as " + want}, want: func(p *profiles.Profile) (any, any) { return a(p).Type, want }})
	}
	for _, position := range []string{"path", "query", "header", "cookie", "body", "Query", "BODY"} {
		yaml := tool("args: [{name: a, position: "+position+"}]", "requestTemplate: {url: 'https://x.example/{a}', method: GET}")
		rows = append(rows, row{name: "position " + position, yaml: yaml, want: func(p *profiles.Profile) (any, any) { return a(p).Position, strings.ToLower(position) }})
	}
	for _, kind := range []string{"string", "integer", "number", "boolean", "array", "object"} {
		rows = append(rows, row{name: "args[].type " + kind, yaml: arg("type: " + kind), want: func(p *profiles.Profile) (any, any) { return a(p).Type, kind }})
	}
	return rows
}

func requestRows() []row {
	q := func(p *profiles.Profile) profiles.RequestTemplate { return p.Tools[0].RequestTemplate }
	request := func(text string) string {
		return tool("requestTemplate: {url: 'https://x.example/', method: POST, " + text + "}")
	}
	return []row{
		{name: "neither url nor body", yaml: tool("requestTemplate: {method: GET}"), errs: []string{"f.yaml:4:20: tools[0].requestTemplate.url: missing"}},
		{name: "url and method", yaml: request(""), want: func(p *profiles.Profile) (any, any) {
			return q(p), profiles.RequestTemplate{URL: "https://x.example/", Method: "POST"}
		}},
		{name: "url of a wrong type", yaml: tool("requestTemplate: {url: [x], method: GET}"), errs: []string{"f.yaml:4:26: tools[0].requestTemplate.url: must be a string, not a list"}},
		{name: "url is only a path", yaml: tool("requestTemplate: {url: /x, method: GET}"), warns: []string{"f.yaml:4:26: tools[0].requestTemplate.url: a path needs server.baseUrl"}},
		{name: "url is not encrypted", yaml: tool("requestTemplate: {url: 'http://x.example/', method: GET}"), warns: []string{"f.yaml:4:26: tools[0].requestTemplate.url: requests to x.example are refused"}},
		{name: "url ends with a line break", yaml: tool("requestTemplate:", "  method: GET", "  url: |", "    https://x.example/"), warns: []string{"f.yaml:6:10: tools[0].requestTemplate.url: ends with a line break"},
			want: func(p *profiles.Profile) (any, any) { return q(p).URL, "https://x.example/" }},
		{name: "no method", yaml: tool("requestTemplate: {url: 'https://x.example/'}"), warns: []string{"f.yaml:4:20: tools[0].requestTemplate: no method"}},
		{name: "headers", yaml: request("headers: [{key: X-A, value: '{{.args.a}}'}, {key: Notion-Version, value: 2022-06-28}]"), want: func(p *profiles.Profile) (any, any) {
			return q(p).Headers, []profiles.Header{{Key: "X-A", Value: "{{.args.a}}"}, {Key: "Notion-Version", Value: "2022-06-28"}}
		}},
		{name: "header without key", yaml: request("headers: [{key: '', value: v}, {value: w}, {key: X-A, value: v}]"),
			warns: []string{"f.yaml:4:72: tools[0].requestTemplate.headers[0]: has no key", "headers[1]: has no key"}, want: func(p *profiles.Profile) (any, any) { return len(q(p).Headers), 1 }},
		{name: "header with a credential", yaml: request("headers: [{key: Authorization, value: Bearer abc}]"), warns: []string{`headers[0].value: held the credential of "Authorization" as text: it is server.config.authorization now`},
			want: func(p *profiles.Profile) (any, any) { return q(p).Headers[0].Value, "Bearer {{.config.authorization}}" }},
		{name: "headers a table", yaml: request("headers: {X-A: v}"), errs: []string{"f.yaml:4:71: tools[0].requestTemplate.headers: must be a list, not a table"}},
		{name: "body", yaml: request("body: '{\"a\": {{toJson .args.a}}}'"), want: func(p *profiles.Profile) (any, any) { return q(p).Body, `{"a": {{toJson .args.a}}}` }},
		{name: "argsToJsonBody", yaml: request("argsToJsonBody: true"), want: func(p *profiles.Profile) (any, any) { return q(p).ArgsToJSONBody, true }},
		{name: "argsToUrlParam", yaml: request("argsToUrlParam: true"), want: func(p *profiles.Profile) (any, any) { return q(p).ArgsToURLParam, true }},
		{name: "argsToFormBody", yaml: request("argsToFormBody: true"), want: func(p *profiles.Profile) (any, any) { return q(p).ArgsToFormBody, true }},
		{name: "two bulk options", yaml: request("argsToJsonBody: true, argsToFormBody: true"), errs: []string{"f.yaml:4:100: tools[0].requestTemplate.argsToFormBody: cannot stand beside argsToJsonBody"}},
		{name: "body and a bulk option", yaml: request("body: b, argsToJsonBody: true"), warns: []string{"argsToJsonBody: has no effect beside body"},
			want: func(p *profiles.Profile) (any, any) { return p.Tools[0].RequestTemplate.ArgsToJSONBody, false }},
		{name: "body and argsToUrlParam", yaml: request("body: b, argsToUrlParam: true")},
	}
}

func responseRows() []row {
	return []row{
		{name: "responseTemplate.body", yaml: tool(send, "responseTemplate: {body: '{{.a}}'}"), want: func(p *profiles.Profile) (any, any) { return p.Tools[0].ResponseTemplate.Body, "{{.a}}" }},
		{name: "responseTemplate empty", yaml: tool(send, "responseTemplate: {}")},
		{name: "prependBody and appendBody", yaml: tool(send, "responseTemplate: {prependBody: p, appendBody: q}"),
			want: func(p *profiles.Profile) (any, any) {
				return p.Tools[0].ResponseTemplate, profiles.ResponseTemplate{PrependBody: "p", AppendBody: "q"}
			}},
		{name: "body with prependBody", yaml: tool(send, "responseTemplate: {body: b, prependBody: p}"), errs: []string{"f.yaml:5:21: tools[0].responseTemplate: has body and prependBody"}},
		{name: "body with appendBody", yaml: tool(send, "responseTemplate: {body: b, appendBody: p}"), errs: []string{"f.yaml:5:21: tools[0].responseTemplate: has body"}},
		{name: "errorResponseTemplate", yaml: tool(send, `errorResponseTemplate: '{{gjson "_headers.\\:status"}}'`),
			want: func(p *profiles.Profile) (any, any) {
				return p.Tools[0].ErrorResponseTemplate, `{{gjson "_headers.\\:status"}}`
			}},
		{name: "direct response", yaml: tool("responseTemplate: {body: '{{now}}'}"), want: func(p *profiles.Profile) (any, any) { return p.Tools[0].RequestTemplate, profiles.RequestTemplate{} }},
		{name: "direct response with a request", yaml: tool("requestTemplate: {method: GET}", "responseTemplate: {body: b}"), warns: []string{"f.yaml:4:20: tools[0].requestTemplate: has no url, so nothing is sent"}},
		{name: "direct response with prependBody alone", yaml: tool("responseTemplate: {prependBody: b}"), errs: []string{"tools[0].requestTemplate.url: missing"}},
	}
}

func TestDuplicateTools(t *testing.T) {
	i, err := Import("f.yaml", []byte("server: {name: s}\ntools:\n- {name: t, description: first, "+send+"}\n- {name: u, "+send+"}\n- {name: t, description: second, "+send+"}\n- {name: v, requestTemplate: {url: /v, method: GET}}\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(i.Profile.Tools) != 3 || i.Profile.Tools[0].Description != "first" || i.Operations != 4 {
		t.Errorf("%d tools of %d, %q", len(i.Profile.Tools), i.Operations, i.Profile.Tools[0].Description)
	}
	want := []Skipped{{Name: "t", At: "f.yaml:5:3", Reason: "duplicate of the tool on line 3; Higress keeps the first"}}
	if !reflect.DeepEqual(i.Skipped, want) {
		t.Errorf("skipped %+v", i.Skipped)
	}
	// The keys are those of the profile, the places those of the document.
	if at := i.At("tools[2].requestTemplate.url"); at != "f.yaml:6:36" {
		t.Errorf("at %s", at)
	}
	if at := i.At("tools[2].responseTemplate.body"); at != "f.yaml:6:3" {
		t.Errorf("at %s", at)
	}
	if i.Title != "s" {
		t.Errorf("title %q", i.Title)
	}
}

// TestNames renames more tools than can be tried one by one.
func TestNames(t *testing.T) {
	var b strings.Builder
	b.WriteString("server: {name: s}\ntools:\n")
	const many = 2000
	for n := range many {
		b.WriteString("- {name: 'a" + strings.Repeat("!", n%50) + strings.Repeat("?", n/50+1) + "', responseTemplate: {body: b}}\n")
	}
	i, err := Import("f.yaml", []byte(b.String()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, tool := range i.Profile.Tools {
		if seen[tool.Name] || !profiles.ValidToolName(tool.Name) {
			t.Fatalf("name %q", tool.Name)
		}
		seen[tool.Name] = true
	}
	if !seen["a"] || !seen["a_"+strconv.Itoa(many)] {
		t.Error("the names are not numbered")
	}
	for name, want := range map[string]string{"get item": "get_item", "a//b": "a_b", "é": "e", "--": "tool_" + schema.Digits("--", 4), "获取用户": "Huo_Qu_Yong_Hu", "🎉": "tool_" + schema.Digits("🎉", 4), strings.Repeat("x", 200): strings.Repeat("x", 120)} {
		if got := legalName(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
	if got := quote(strings.Repeat("é", 100)); len(got) > 70 || !strings.HasSuffix(got, "…\"") {
		t.Error(got)
	}
}

func TestOptions(t *testing.T) {
	i, err := Import("f.yaml", []byte("securitySchemes: [{id: a, type: http, scheme: basic}]\ntools: [{name: t, requestTemplate: {url: /x, method: GET}}]\n"), Options{Name: "mine", BaseURL: "https://x.example"})
	if err != nil || i.Profile.Server.Name != "mine" || i.Profile.Server.BaseURL != "https://x.example" {
		t.Fatal(err, i.Profile)
	}
	for _, w := range i.Warnings {
		if strings.Contains(w.Message, "baseUrl") {
			t.Error(w)
		}
	}
	if _, err = Import("f.yaml", []byte(server("name: s")), Options{BaseURL: "x"}); err == nil || !strings.Contains(err.Error(), "f.yaml:2:3: server.baseUrl") {
		t.Error(err)
	}
}

func TestHints(t *testing.T) {
	for text, want := range map[string]string{
		tool("requestTemplate: {url: 'https://x.example/', security: [{b: []}]}"):                                                 `write security: { id: "b" } at f.yaml:4:58`,
		tool("requestTemplate: {url: 'https://x.example/', security: [{id: a}]}"):                                                 `write security: { id: "a" }`,
		tool("requestTemplate: {url: 'https://x.example/', security: []}"):                                                        "write security: { id: SCHEME }",
		server("name: s", "securitySchemes: [{id: backend, type: http, scheme: basic}]", "defaultUpstreamSecurity: {id: bakend}"): "write backend at f.yaml:4:33",
		"server: {name: s, type: mcp-proxy}\n":                                                                                    "add that MCP server to the client itself",
		tool("requestTemplate: {method: GET}"):                                                                                    "write an absolute https URL as requestTemplate.url, or responseTemplate.body alone",
		tool(send, "responseTemplate: {body: b, prependBody: p}"):                                                                 "leave out body, or prependBody and appendBody",
		tool("requestTemplate: {url: 'https://x.example/', method: GET, argsToJsonBody: true, argsToUrlParam: true}"):             "keep one of argsToJsonBody",
		tool("security: {id: a, passthrough: true}", send):                                                                        "in the tool's requestTemplate",
		server("name: s", "defaultUpstreamSecurity: {id: bakend}"):                                                                "define the scheme in server.securitySchemes",
		server("name: s", "securitySchemes: [{id: a, type: openIdConnect}]"):                                                      "write openIdConnectUrl: https://",
		server("name: s", "securitySchemes: [{id: a, type: htp}]"):                                                                "write http at f.yaml:3:",
		"server: {name: s}\ntools: [{" + send + "}]\n":                                                                            "write name: NAME",
		"toolSet: {name: s}\n":           "add the servers it names one by one",
		"server: {name: quark-search}\n": "add its tools, or import the API's OpenAPI document",
		"tools: []\n":                    "write server: { name: NAME }",
		server("name: s", "securitySchemes: {a: {type: http}}"):                                     "write securitySchemes as a list, each entry with id:",
		server("name: s", "securitySchemes: [{id: a, type: http, defaultCredential: {env: HOME}}]"): "{ env }, { file } and { command } belong into the profile",
	} {
		_, err := Import("f.yaml", []byte(text), Options{})
		var hinted interface{ Hint() string }
		var at *doc.Error
		if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), want) || !errors.As(err, &at) || at.Pos.Line == 0 {
			t.Errorf("%v: hint %q, want %q", err, hinted.Hint(), want)
		}
	}
	if (Errors{}).Hint() != "" {
		t.Error("a hint for nothing")
	}
}
