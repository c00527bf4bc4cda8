package tool

import (
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const schemes = `
[[server.securitySchemes]]
id = "bearer"
type = "http"
scheme = "Bearer"
defaultCredential = { keychain = true }
[[server.securitySchemes]]
id = "basic"
type = "http"
scheme = "basic"
[[server.securitySchemes]]
id = "key"
type = "apiKey"
in = "query"
name = "k"
[[server.securitySchemes]]
id = "digest"
type = "http"
scheme = "digest"
[[server.securitySchemes]]
id = "mtls"
type = "mutualTLS"
[[server.securitySchemes]]
id = "oidc"
type = "openIdConnect"
openIdConnectUrl = "https://h.example/.well-known/openid-configuration"
`

func secured(server, tool string) string {
	return "[server]\nname = \"s\"\nbaseUrl = \"https://h.example\"\n" + server + schemes + "\n[[tools]]\nname = \"t\"\n" + tool
}

// shape writes the requirements as "bearer+key | basic" with their records.
func shape(t *Tool) string {
	var out []string
	for _, alternative := range t.Security {
		var all []string
		for _, r := range alternative {
			s := r.Scheme.ID
			if r.Record != s {
				s += "(" + r.Record + ")"
			}
			all = append(all, s)
		}
		out = append(out, strings.Join(all, "+"))
	}
	return strings.Join(out, " | ")
}

func TestUpstreamSecurity(t *testing.T) {
	const request = `requestTemplate = { url = "/x", method = "GET" `
	for _, c := range []struct{ server, tool, want string }{
		{"", request + "}", ""},
		{"defaultUpstreamSecurity = { id = \"key\" }\n", request + "}", "key"},
		{"defaultUpstreamSecurity = { id = \"key\" }\n", request + `, security = { id = "bearer" } }`, "bearer"},
		// The whole object falls back, no field of it.
		{"defaultUpstreamSecurity = { id = \"key\", credential = { keychain = true } }\n", request + `, security = { id = "key" } }`, "key"},
		{"", request + `, security = { id = "key", credential = { keychain = true } } }`, "key(tool:t)"},
		{"", request + `, security = { id = "key", credential = { env = "X" } } }`, "key"},
		{"defaultUpstreamSecurity = { id = \"key\", credential = { keychain = true } }\n", request + "}", "key(tool:t)"},
		{"", request + `, security = [[{ id = "bearer" }, { id = "key" }], { id = "basic" }] }`, "bearer+key | basic"},
		{"defaultUpstreamSecurity = { id = \"key\" }\n", request + `, security = [] }`, ""},
		{"defaultUpstreamSecurity = { id = \"key\" }\n", `responseTemplate = { body = "x" }`, ""},
	} {
		tool := single(t, secured(c.server, c.tool))
		if got := shape(tool); got != c.want {
			t.Errorf("%s%s: %s, want %s", c.server, c.tool, got, c.want)
		}
	}
}

// Requirements point into the profile, so that a reference's file is known.
func TestSchemesAreTheProfiles(t *testing.T) {
	p := load(t, secured("", `requestTemplate = { url = "/x", method = "GET", security = { id = "key", scopes = ["a"] } }`))
	s, err := Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	r := s.All()[0].Security[0][0]
	if r.Scheme != &p.Server.SecuritySchemes[2] || len(r.Scopes) != 1 || r.Credential != nil {
		t.Errorf("%+v", r)
	}
}

func TestDownstreamSecurity(t *testing.T) {
	const request = "requestTemplate = { url = \"/x\", method = \"GET\", security = { id = \"key\" } }\n"
	for _, c := range []struct {
		server, tool string
		id, record   string
		passthrough  bool
	}{
		{"", request, "-", "", false},
		{"", request + "security = { id = \"bearer\", passthrough = true }\n", "bearer", "bearer", true},
		{"", request + "security = { id = \"bearer\" }\n", "bearer", "bearer", false},
		{"", request + "security = { id = \"bearer\", credential = { keychain = true } }\n", "bearer", "tool:t", false},
		{"defaultDownstreamSecurity = { id = \"basic\", passthrough = true }\n", request, "basic", "basic", true},
		// No field falls back: the tool's entry does not ask for passthrough.
		{"defaultDownstreamSecurity = { id = \"basic\", passthrough = true }\n", request + "security = { id = \"bearer\" }\n", "bearer", "bearer", false},
		{"passthroughAuthHeader = true\n", request, "", "", true},
		{"passthroughAuthHeader = true\n", request + "security = { id = \"bearer\" }\n", "bearer", "bearer", true},
		{"passthroughAuthHeader = true\n", "requestTemplate = { url = \"/x\", method = \"GET\" }\n", "", "", true},
		{"passthroughAuthHeader = true\n", "responseTemplate = { body = \"x\" }\n", "-", "", false},
	} {
		d := single(t, secured(c.server, c.tool)).Downstream
		switch {
		case d == nil:
			if c.id != "-" {
				t.Errorf("%s%s: nil", c.server, c.tool)
			}
			continue
		case c.id == "-":
			t.Errorf("%s%s: %+v", c.server, c.tool, d)
			continue
		}
		id := ""
		if d.Scheme != nil {
			id = d.Scheme.ID
		}
		if id != c.id || d.Passthrough != c.passthrough || d.Record != c.record {
			t.Errorf("%s%s: %s %s %v", c.server, c.tool, id, d.Record, d.Passthrough)
		}
	}
}

func TestToolsThatCannotAuthenticate(t *testing.T) {
	for security, want := range map[string]string{
		`{ id = "bearer" }`: "", `{ id = "oidc" }`: "", `[{ id = "bearer" }, { id = "digest" }]`: "", `[]`: "",
		`[{ id = "bearer" }, { id = "key" }]`:                    "",
		`[[{ id = "bearer" }, { id = "key" }]]`:                  "",
		`{ id = "digest" }`:                                      `the security scheme "digest" cannot be used: HTTP digest`,
		`{ id = "mtls" }`:                                        `"mtls" cannot be used: it needs a client certificate; write clientCert`,
		`[[{ id = "bearer" }, { id = "oidc" }]]`:                 "the schemes bearer and oidc both need the Authorization header",
		`[[{ id = "key" }, { id = "digest" }], { id = "mtls" }]`: `; the security scheme "mtls" cannot be used`,
	} {
		s := compile(t, secured("", `requestTemplate = { url = "/x", method = "GET", security = `+security+` }`))
		key := "tools[0].requestTemplate.security"
		if got := has(s.Warnings(), key, "cannot authenticate"); got != (want != "") || want != "" && !has(s.Warnings(), key, want) {
			t.Errorf("%s: %v", security, s.Warnings())
		}
		// The requirements stay: calls are refused, nothing is sent without a credential.
		if want != "" && len(s.All()[0].Security) == 0 {
			t.Errorf("%s: the requirement is gone", security)
		}
	}
	with := compile(t, secured("", `requestTemplate = { url = "/x", method = "GET", security = { id = "mtls" } }`)+"\n[http]\nclientCert = \"c.pem\"\nclientKey = \"k.pem\"\n")
	if has(with.Warnings(), "tools[0].requestTemplate.security", "") {
		t.Errorf("%v", with.Warnings())
	}
	bare := &profiles.Profile{Server: profiles.Server{SecuritySchemes: []profiles.SecurityScheme{{ID: "a", Type: profiles.APIKey}, {ID: "b", Type: "odd"}}}, Tools: []profiles.Tool{
		{Name: "a", RequestTemplate: profiles.RequestTemplate{URL: "https://h.example", Security: profiles.Security{{{ID: "a"}}}}},
		{Name: "b", RequestTemplate: profiles.RequestTemplate{URL: "https://h.example", Security: profiles.Security{{{ID: "b"}}}}}}}
	s, err := Compile(bare)
	if err != nil || !has(s.Warnings(), "tools[0].requestTemplate.security", "in which header") || !has(s.Warnings(), "tools[1].requestTemplate.security", `its type "odd" is unknown`) {
		t.Errorf("%v, %v", s, err)
	}
}

func imported(security [][]Requirement) *Tool {
	return &Tool{Name: "op", Operation: "op", Path: "/ops/{id}", Request: Request{Method: "GET", URL: "https://h.example/ops/{id}"},
		InputSchema: []byte(`{"type":"object","properties":{}}`), Security: security}
}

func TestImportedSecurity(t *testing.T) {
	named := func(ids ...string) [][]Requirement {
		out := [][]Requirement{}
		for _, id := range ids {
			out = append(out, []Requirement{{Scheme: &profiles.SecurityScheme{ID: id}}})
		}
		return out
	}
	const server = "defaultUpstreamSecurity = { id = \"key\" }\n"
	const openapi = "[openapi]\nsource = \"o.yaml\"\ndigest = \"" + "0000000000000000000000000000000000000000000000000000000000000000" + "\"\n"
	for name, c := range map[string]struct {
		server, more string
		security     [][]Requirement
		want         string
	}{
		"says nothing":     {server, "", nil, "key"},
		"says none":        {server, "", named(), ""},
		"says none, force": {server, "forceSecurity = true\n", named(), "key"},
		"says its own":     {server, "forceSecurity = true\n", named("bearer", "basic"), "bearer | basic"},
		"unknown":          {server, "", named("zzz"), "zzz"},
		"override":         {server, "[[openapi.overrides]]\nmatch = \"GET /ops/*\"\nsecurity = { id = \"basic\", credential = { keychain = true } }\n", named("bearer"), "basic(tool:op)"},
		"other override":   {server, "[[openapi.overrides]]\nmatch = \"GET /other\"\nsecurity = { id = \"basic\" }\n", named("bearer"), "bearer"},
		"nothing anywhere": {"", "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := load(t, "[server]\nname = \"s\"\nbaseUrl = \"https://h.example\"\n"+c.server+schemes+openapi+c.more)
			s, err := CompileWith(p, []*Tool{imported(c.security)})
			if err != nil {
				t.Fatal(err)
			}
			op := s.All()[0]
			if got := shape(op); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if warned := has(s.Warnings(), "openapi", `op cannot authenticate, so calls will be refused: the security scheme "zzz" cannot be used`); warned != (c.want == "zzz") {
				t.Errorf("warnings %v", s.Warnings())
			}
			if c.want == "bearer" && op.Security[0][0].Scheme != &p.Server.SecuritySchemes[0] {
				t.Error("the scheme is not the profile's")
			}
			if !op.Imported {
				t.Error("not imported")
			}
		})
	}
}

func TestImportedPassthrough(t *testing.T) {
	p := load(t, "[server]\nname = \"s\"\nbaseUrl = \"https://h.example\"\ndefaultDownstreamSecurity = { id = \"bearer\", passthrough = true }\n"+schemes)
	key := [][]Requirement{{{Scheme: &profiles.SecurityScheme{ID: "key"}}}}
	s, err := CompileWith(p, []*Tool{imported(key)})
	if err != nil || s.All()[0].Downstream == nil || !s.All()[0].Downstream.Passthrough {
		t.Errorf("%v, %v", s, err)
	}
	s, err = CompileWith(p, []*Tool{imported([][]Requirement{})})
	if err != nil || s.All()[0].Downstream != nil || !has(s.Warnings(), "openapi op", "not passed through") {
		t.Errorf("%v, %v", s, err)
	}
}

func TestImportedNames(t *testing.T) {
	p := load(t, three)
	twice := func(name string) *Tool { o := imported(nil); o.Name = name; return o }
	if _, err := CompileWith(p, []*Tool{twice("issues_list")}); err == nil || !strings.Contains(err.Error(), "another tool of the name issues_list") {
		t.Errorf("%v", err)
	}
	if _, err := CompileWith(p, []*Tool{twice("read_result")}); err == nil || !strings.Contains(err.Error(), "reserved") {
		t.Errorf("%v", err)
	}
	broken := twice("x")
	broken.InputSchema = []byte("{")
	if _, err := CompileWith(p, []*Tool{broken}); err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Errorf("%v", err)
	}
	odd := twice("x")
	odd.Params = []Param{{Name: "filter[id]", In: InQuery}, {Name: "filter_id", In: InQuery}}
	odd.InputSchema = []byte(`{"type":"object","properties":{"filter[id]":{"type":"integer"},"filter_id":{"type":"string"}},"required":["filter[id]"],"additionalProperties":false}`)
	s, err := CompileWith(p, []*Tool{odd})
	if err != nil {
		t.Fatal(err)
	}
	x, _ := s.Tool("x")
	if x.Params[0].Name != "filter_id_665d" || x.Params[0].Wire != "filter[id]" || x.Params[1].Wire != "filter_id" {
		t.Errorf("params %+v", x.Params)
	}
	for _, in := range []string{`{"filter_id_665d":"5"}`, `{"filter[id]":5}`} {
		got, err := x.Arguments([]byte(in))
		if err != nil || asJSON(t, got) != `{"filter_id_665d":5}` {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	if _, err := x.Arguments([]byte(`{}`)); err == nil || !strings.Contains(err.Error(), "/filter_id_665d is required") {
		t.Errorf("%v", err)
	}
}
