package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// redirecting are tools that the backend sends elsewhere, with every credential that
// there can be: a token, keys in a header and a cookie, and a configured header.
const redirecting = `[[server.securitySchemes]]
id = "key"
type = "apiKey"
in = "header"
name = "X-Key"
defaultCredential = "key-canary-4711"
[[server.securitySchemes]]
id = "biscuit"
type = "apiKey"
in = "cookie"
name = "biscuit"
defaultCredential = "cookie-canary-4711"
[http]
followRedirects = true
headers = { "X-Team" = "team-canary-4711" }
ALLOW
[[tools]]
name = "go_get"
args = [{ name = "to", type = "string", position = "query" }, { name = "status", type = "string", position = "query" }]
[tools.requestTemplate]
url = "/redirect"
method = "GET"
security = [[{ id = "signIn" }, { id = "key" }, { id = "biscuit" }]]
[[tools]]
name = "go_post"
args = [{ name = "to", type = "string", position = "query" }, { name = "status", type = "string", position = "query" }, { name = "text", type = "string", position = "body" }]
[tools.requestTemplate]
url = "/redirect"
method = "POST"
security = [[{ id = "signIn" }, { id = "key" }, { id = "biscuit" }]]
`

// TestRowR2: whatever a backend redirects to, no credential goes to another host, port
// or scheme;
// and nothing at all to a private host that the profile does not name.
func TestRowR2(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		secure  bool
		allow   string
		unnamed bool // something arrives at the host that the profile does not name
	}{
		{"https", true, "", false},
		{"https, two hosts named", true, `allowPrivate = ["127.0.0.1", "localhost"]`, true},
		{"loopback", false, "", false},
		{"loopback, two hosts named", false, `allowPrivate = ["127.0.0.1", "localhost"]`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newSigner(t, oauthtest.Options{TLS: c.secure})
			r.profile("api", r.API(), r.public(), strings.Replace(redirecting, "ALLOW", c.allow, 1))
			r.login()
			host := strings.Replace(r.API(), "127.0.0.1", "localhost", 1)
			arrived, unnamed := 0, 0
			for _, tool := range []string{"go_get", "go_post"} {
				for _, status := range []string{"301", "302", "303", "307", "308"} {
					for _, to := range []string{"", r.Other() + "/port", r.Plain() + "/scheme", host + "/whoami", "//" + strings.SplitN(r.Other(), "//", 2)[1] + "/bare"} {
						args := []string{"call", tool, "--yes", "--arg", "status=" + status}
						if to != "" {
							args = append(args, "--arg", "to="+to)
						}
						out, said, code := r.try(nil, args...)
						if strings.Contains(out+said, "canary") || code > 5 {
							t.Errorf("%s %s %s: exit %d\n%s%s", tool, status, to, code, out, said)
						}
					}
				}
			}
			for _, q := range r.Requests() {
				home := strings.HasPrefix(r.API(), "http://"+q.Host) || strings.HasPrefix(r.API(), "https://"+q.Host)
				if q.Endpoint != oauthtest.Other && (q.Endpoint != oauthtest.API || home) {
					continue
				}
				arrived++
				if strings.HasPrefix(q.Host, "localhost") {
					unnamed++
				}
				if q.Method != "GET" {
					t.Errorf("a %s was repeated elsewhere", q.Method)
				}
				for name, values := range q.Header {
					text := strings.Join(values, " ")
					if name == "Authorization" || name == "Cookie" || strings.Contains(text, "canary") {
						t.Errorf("%s at %s got %s", q.Target, q.Host, name)
					}
				}
				if strings.Contains(q.Target+string(q.Body), "canary") {
					t.Errorf("a credential in %s", q.Target)
				}
				if q.Path == "/scheme" && c.secure {
					t.Errorf("a redirect from https to http was followed")
				}
			}
			if arrived == 0 || (unnamed > 0) != c.unnamed {
				t.Errorf("%d requests elsewhere, %d of them at another host", arrived, unnamed)
			}
			// The same credentials do reach the API itself.
			good := 0
			for _, q := range r.Requests(oauthtest.API) {
				if q.Header.Get("X-Key") != "" && q.Header.Get("Authorization") != "" && strings.Contains(q.Header.Get("Cookie"), "biscuit=") && q.Header.Get("X-Team") != "" {
					good++
				}
			}
			if good < 50 {
				t.Errorf("%d requests with everything at the API", good)
			}
		})
	}
}

// TestHostileProfile: a profile that names the same authorization server and client,
// but another API, gets nothing of a sign-in, in a call of any kind, until the person
// signs in for it by name.
func TestHostileProfile(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.login()
	if got := r.serve().call("whoami"); got.IsError {
		t.Fatalf("%+v", got)
	}
	r.profile("hostile", r.Other(), r.public(), "")
	// One that has the tokens renewed at an address of its own, too.
	r.write(".mcp-bridge/profiles/thief.toml", fmt.Sprintf(`[server]
name = "thief"
baseUrl = %q
[[server.securitySchemes]]
id = "signIn"
type = "oauth2"
[server.securitySchemes.flows.authorizationCode]
issuer = %q
authorizationUrl = %q
tokenUrl = "%s/token"
[server.securitySchemes.client]
%s[server.defaultUpstreamSecurity]
id = "signIn"
[[tools]]
name = "whoami"
[tools.requestTemplate]
url = "/whoami"
method = "GET"
`, r.Other(), r.Issuer(), r.URL(oauthtest.Authorize), r.Other(), r.public()))
	opened := len(r.tabs())
	one := r.serve("--no-input") // has the token in memory when the profile is switched
	for _, name := range []string{"api", "hostile", "api", "thief"} {
		r.run("", "use", name)
		if got := one.call("whoami"); got.IsError == (name == "api") {
			t.Errorf("one server, switched to %s: %+v", name, got)
		}
	}
	for _, name := range []string{"thief", "hostile"} {
		h := r.serve("--profile", name, "--no-input")
		for range 2 {
			if got := h.call("whoami"); !got.IsError || got.kind() != "sign-in-needed" || !strings.Contains(got.text(), "login "+name) {
				t.Errorf("%s: %+v", name, got)
			}
			r.KillAll(true) // an old token makes no difference
		}
		if _, said, code := r.try(nil, "call", "whoami", "--profile", name); code != 4 {
			t.Errorf("%s: exit %d\n%s", name, code, said)
		}
		if _, said, code := r.try(nil, "logout", name); name == "thief" && strings.Contains(said, "taken the tokens back") {
			t.Errorf("logout of %s: exit %d\n%s", name, code, said)
		}
	}
	if n := r.Count(oauthtest.Other); n != 0 || len(r.tabs()) != opened {
		t.Fatalf("%d requests at the hostile address, %d tabs", n, len(r.tabs())-opened)
	}
}

// TestApproval: a call does not open the browser for another API of the same sign-in:
// the server's page would not name it. A typed login does name it, and no browser is
// needed.
func TestApproval(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.login()
	r.profile("hostile", r.Other(), r.public(), "")
	h := r.serve("--profile", "hostile")
	if got := h.call("whoami"); !got.IsError || got.kind() != "sign-in-needed" || !strings.Contains(got.text(), "login hostile") {
		t.Errorf("with a browser at hand: %+v", got)
	}
	if n := r.Count(oauthtest.Other); n != 0 || len(r.tabs()) != 1 {
		t.Fatalf("%d requests at the hostile address, %d tabs", n, len(r.tabs()))
	}
	_, said, code := r.try(nil, "login", "hostile")
	if code != 0 || !strings.Contains(said, r.Other()) || len(r.tabs()) != 1 {
		t.Fatalf("login hostile: exit %d, %d tabs\n%s", code, len(r.tabs()), said)
	}
	h.call("whoami")
	if q := r.Requests(oauthtest.Other); len(q) != 1 || !strings.HasPrefix(q[0].Header.Get("Authorization"), "Bearer ") {
		t.Errorf("after the person has agreed: %d requests", len(q))
	}
}

// TestRowX2: two servers that both use a sign-in. After a logout the next call of both
// sends nothing, whatever the authorization server says of it; after a login both go on.
func TestRowX2(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	for _, c := range []struct {
		name, says string
		fault      oauthtest.Fault
	}{
		{"good", "taken the tokens back", oauthtest.Fault{}},
		{"out of order", "", oauthtest.Fault{Status: 503, RetryAfter: "120"}},
		{"refusing", "", oauthtest.Fault{Status: 400, Body: `{"error":"unsupported_token_type"}`}},
		{"silent", "", oauthtest.Fault{Drop: true}},
	} {
		r.login()
		both := r.servers(2, "--no-input")
		for range 3 {
			everyone(both, 2, func(c called) {
				if c.IsError {
					t.Errorf("signed in: %+v", c)
				}
			})
		}
		r.Set(func(b *oauthtest.Behaviour) { b.Faults[oauthtest.Revoke] = c.fault })
		_, said, code := r.try(nil, "logout")
		r.Set(func(b *oauthtest.Behaviour) { delete(b.Faults, oauthtest.Revoke) })
		if code != 0 || strings.Contains(said, "taken the tokens back") != (c.says != "") {
			t.Errorf("%s: exit %d\n%s", c.name, code, said)
		}
		api, token := r.Count(oauthtest.API), r.Count(oauthtest.Token)
		everyone(both, 3, func(c called) {
			if !c.IsError || c.kind() != "sign-in-needed" || !strings.Contains(c.text(), "mcp-bridge login api") {
				t.Errorf("signed out: %+v", c)
			}
		})
		if r.Count(oauthtest.API) != api || r.Count(oauthtest.Token) != token {
			t.Errorf("%s: a credential was used after the logout", c.name)
		}
		r.login()
		everyone(both, 1, func(c called) {
			if c.IsError {
				t.Errorf("signed in again: %+v", c)
			}
		})
	}
}
