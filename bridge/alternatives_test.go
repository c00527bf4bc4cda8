package bridge

import (
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const fourSchemes = `
[[server.securitySchemes]]
id = "basic"
type = "http"
scheme = "basic"
[[server.securitySchemes]]
id = "key"
type = "apiKey"
in = "header"
name = "X-Key"
[[server.securitySchemes]]
id = "bearer"
type = "http"
scheme = "bearer"
[[server.securitySchemes]]
id = "oauth"
type = "oauth2"
[server.securitySchemes.flows.authorizationCode]
authorizationUrl = "https://login.example.com/authorize"
tokenUrl = "https://login.example.com/token"
`

// TestWhichAlternativeIsAskedFor: without any credential, a sign-in comes before a bearer
// token, a key, and a user name with a password; a stored credential comes before all.
func TestWhichAlternativeIsAskedFor(t *testing.T) {
	for _, c := range []struct{ security, stored, want string }{
		{`[{ id = "basic" }, { id = "bearer" }]`, "", "bearer"},
		{`[{ id = "basic" }, { id = "key" }, { id = "bearer" }]`, "", "bearer"},
		{`[{ id = "key" }, { id = "basic" }, { id = "oauth" }]`, "", "oauth"},
		{`[{ id = "basic" }, { id = "key" }]`, "", "key"},
		{`[[{ id = "bearer" }, { id = "basic" }], { id = "key" }]`, "", "key"},
		{`[{ id = "bearer" }, { id = "basic" }]`, "basic", ""},
		{`[{ id = "oauth" }, { id = "key" }, { id = "basic" }]`, "key", ""},
	} {
		r := newRig(t, "https://api.example.com", fourSchemes+toolTOML("x")+"security = "+c.security+"\n")
		if c.stored != "" {
			r.save(c.stored, canary, "https://api.example.com")
			text := all(r.get("x", "{}"))
			if strings.Contains(text, "sign-in") || strings.Contains(text, "no credential") {
				t.Errorf("%s with %s stored: %s", c.security, c.stored, text)
			}
			continue
		}
		kind := result.CredentialMissing
		if c.want == "oauth" {
			kind = result.SignInNeeded
		}
		r.fails("x", "{}", kind, "the scheme "+c.want)
	}
}

// TestSchemesThatCannotBeUsed: a call that needs one says the sentence that check, add
// and login say, and names no command that fails; another alternative is taken first.
func TestSchemesThatCannotBeUsed(t *testing.T) {
	for _, s := range []profiles.SecurityScheme{
		{ID: "b", Type: profiles.HTTPScheme, Scheme: "digest"},
		{ID: "b", Type: profiles.HTTPScheme, Scheme: "token"},
		{ID: "b", Type: profiles.APIKey},
		{ID: "b", Type: profiles.OAuth2, Flows: &profiles.Flows{Password: &profiles.Flow{TokenURL: "https://h.example/token"}}},
		{ID: "b", Type: profiles.OAuth2, Flows: &profiles.Flows{Implicit: &profiles.Flow{AuthorizationURL: "https://h.example/authorize"}}},
		{ID: "b", Type: profiles.OpenIDConnect},
		{ID: "b", Type: "bearer"},
		{ID: "b", Type: profiles.MutualTLS},
		{ID: "b"},
	} {
		importedTool := func(security [][]tool.Requirement) *tool.Tool {
			return &tool.Tool{Name: "op", Operation: "op", Path: "/ops", Request: tool.Request{Method: "GET", URL: "https://api.example.com/ops"},
				InputSchema: []byte(`{"type":"object","properties":{}}`), Security: security}
		}
		bad := []tool.Requirement{{Scheme: &s}}
		text := fourSchemes + "[openapi]\nsource = \"o.yaml\"\ndigest = \"" + strings.Repeat("0", 64) + "\"\n"
		r := newRigWith(t, "https://api.example.com", text, []*tool.Tool{importedTool([][]tool.Requirement{bad})})
		want := r.Bridge.o.Set.Profile().Unusable(&s)
		out := r.fails("op", "{}", result.CredentialMissing, want.Error())
		if got := all(out); !strings.Contains(got, want.Hint()) || strings.Contains(got, "--scheme b") {
			t.Errorf("%+v: %s", s, got)
		}
		key := []tool.Requirement{{Scheme: &profiles.SecurityScheme{ID: "key"}}}
		r = newRigWith(t, "https://api.example.com", text, []*tool.Tool{importedTool([][]tool.Requirement{bad, key})})
		r.fails("op", "{}", result.CredentialMissing, "--scheme key")
	}
}
