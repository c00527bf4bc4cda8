package importer

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

const document = `{"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "servers": [{"url": "https://api.example.com"}],
"components": {"securitySchemes": {"basicAuth": {"type": "http", "scheme": "basic"}, "bearerAuth": {"type": "http", "scheme": "bearer"}}},
"security": [{"basicAuth": []}, {"bearerAuth": []}],
"paths": {"/a": {"get": {"operationId": "a", "responses": {}}}, "/b": {"get": {"operationId": "b", "security": [], "responses": {}}}}}`

func read(t *testing.T) *openapi.Document {
	t.Helper()
	d, err := openapi.Read(t.Context(), openapi.Source{Name: "o.json", Data: []byte(document)}, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func load(t *testing.T, text string) *profiles.Profile {
	t.Helper()
	p, _, err := profiles.Load("p.toml", []byte(text), profiles.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

func encoded(t *testing.T, p *profiles.Profile) string {
	t.Helper()
	out, err := profiles.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestFreshProfile: --auth means what it names and nothing else, alternatives too.
func TestFreshProfile(t *testing.T) {
	for flags, want := range map[string][]string{
		"bearer":              {`id = "bearerAuth"`, `defaultUpstreamSecurity = { id = "bearerAuth" }`, "forceSecurity = true", `security = { id = "bearerAuth" }`, "!basicAuth"},
		"apiKey:header:X-Key": {`name = "X-Key"`, `security = { id = "apiKey" }`, "!bearerAuth", "!basicAuth"},
		"none":                {`security = []`, "!securitySchemes", "!forceSecurity", "!defaultUpstreamSecurity"},
		"basic bearer":        {`defaultUpstreamSecurity = [{ id = "basicAuth" }, { id = "bearerAuth" }]`, "!overrides"},
	} {
		d := read(t)
		p := &profiles.Profile{OpenAPI: &profiles.OpenAPI{Source: "o.json"}, Server: profiles.Server{SecuritySchemes: d.Schemes}}
		a, err := ParseAuth(strings.Fields(flags), nil, "", "")
		if err == nil {
			err = a.Apply(p, d, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		text := encoded(t, p)
		for _, w := range want {
			if out, no := strings.CutPrefix(w, "!"); no == strings.Contains(text, out) {
				t.Errorf("%s: %s\n%s", flags, w, text)
			}
		}
	}
	a, _ := ParseAuth([]string{"bearer"}, nil, "id", "")
	if err := a.Apply(&profiles.Profile{OpenAPI: &profiles.OpenAPI{}}, read(t), true); hintOf(err) == "" {
		t.Errorf("a client id without a sign-in: %v", err)
	}
}

const written = `# mine
description = "x" # kept

[server]
name = "t"   # a comment
baseUrl = "https://api.example.com"

# about the key
[[server.securitySchemes]]
id = "bearerAuth"
type = "http"
scheme = "bearer"

[[server.securitySchemes]]
id = "oidc"
type = "openIdConnect"
openIdConnectUrl = "https://a.example/.well-known/openid-configuration"

[openapi]
source = "o.json"
# why
[[openapi.overrides]]
match = "GET /b"
security = { id = "oidc" }

[policy]
readOnly = true # at the end`

// TestEdits: an edited text is the profile that is wanted, and every line that was there
// is there still, in its order.
func TestEdits(t *testing.T) {
	inline := strings.Replace(written, `name = "t"   # a comment`, "name = \"t\"\n\"defaultUpstreamSecurity\" = [ # which\n  { id = \"oidc\" },\n] # those", 1)
	table := strings.Replace(written, "# about the key", "[server.defaultUpstreamSecurity]\nid = \"oidc\"\n\n# about the key", 1)
	client := strings.Replace(written, "\n[openapi]", "[server.securitySchemes.client]\nid = \"old\" # mine\nscopes = [\n  \"a\", # one\n]\n\n[openapi]", 1)
	forced := strings.Replace(written, "# why\n", "# why\nforceSecurity = false\n[[openapi.overrides]]\nmatch = \"/**\"\nsecurity = { id = \"oidc\" }\n", 1)
	for name, text := range map[string]string{"plain": written, "inline": inline, "table": table, "client": client, "forced": forced, "crlf": strings.ReplaceAll(written, "\n", "\r\n")} {
		for _, c := range []struct{ auth, scope, id, redirect string }{
			{auth: "bearer"}, {auth: "basic"}, {auth: "none"}, {auth: "apiKey:header:X-One apiKey:query:two"},
			{auth: "oidc=https://b.example", scope: "openid x", id: "me", redirect: "8765/cb"},
			{auth: "oidc=https://a.example", scope: "openid"}, {id: "new"}, {scope: "a b", redirect: "/x"},
		} {
			p := load(t, text)
			a, err := ParseAuth(strings.Fields(c.auth), []string{c.scope}, c.id, c.redirect)
			if err != nil {
				t.Fatal(err)
			}
			want := Copy(p)
			before := encoded(t, p)
			if err := a.Apply(want, read(t), false); err != nil {
				t.Fatal(err)
			}
			if encoded(t, p) != before {
				t.Fatal("the profile itself was changed")
			}
			out, ok := Edit(text, p, want)
			if !ok || encoded(t, load(t, out)) != encoded(t, want) {
				t.Errorf("%s, %+v: %v\n%s\nwant\n%s", name, c, ok, out, encoded(t, want))
			}
			if name == "crlf" && bytes.Count([]byte(out), []byte("\r\n")) != strings.Count(out, "\n") {
				t.Errorf("%+v: mixed line ends", c)
			}
			for _, kept := range []string{"# mine", "# kept", "# a comment", "# about the key", "# why", "readOnly = true # at the end", "match = \"GET /b\""} {
				if strings.Contains(text, kept) && !strings.Contains(out, kept) {
					t.Errorf("%s, %+v: %s is gone:\n%s", name, c, kept, out)
				}
			}
		}
	}
}

// TestEditsThatCannotBe: a text whose keys stand elsewhere is left alone, or is found out
// by comparing.
func TestEditsThatCannotBe(t *testing.T) {
	const dotted = "server.name = \"t\"\nserver.securitySchemes = [{ id = \"k\", type = \"http\", scheme = \"bearer\" }]\nopenapi.source = \"o.json\"\n"
	p := load(t, dotted)
	a, _ := ParseAuth([]string{"basic"}, nil, "", "")
	want := Copy(p)
	if err := a.Apply(want, read(t), false); err != nil {
		t.Fatal(err)
	}
	if out, ok := Edit(dotted, p, want); ok {
		if fresh, _, err := profiles.Load("p.toml", []byte(out), profiles.Options{}); err == nil && encoded(t, fresh) == encoded(t, want) {
			t.Errorf("it can:\n%s", out)
		}
	}
}
