package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

func TestOrderOfACall(t *testing.T) {
	sent := 0
	s := server(t, func(w http.ResponseWriter, r *http.Request) { sent++; echo(w, r) })
	r := newRig(t, s.URL, bearer+toolTOML("open", "asked", "admin")+`[[tools.args]]
name = "n"
type = "integer"
position = "query"
[[tools]]
name = "direct"
[tools.responseTemplate]
body = "hello {{.args.x}}"
[[tools.args]]
name = "x"
[policy]
confirm = ["asked"]
deny = ["admin"]
`)
	r.fails("nowhere", "{}", result.InvalidArguments, "nowhere")
	r.fails("admin", "{}", result.DeniedByPolicy, "policy.deny")
	r.fails("open", "[]", result.InvalidArguments, "must be an object")
	r.fails("asked", `{}`, result.NotConfirmed, "mcp-bridge call asked --profile p --yes")
	r.works("direct", `{"x":"you"}`, "hello you")
	if sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
	r.works("open", "{}", "Authorization: Bearer [secret]")
	if out := r.calls(context.Background(), Call{Tool: "asked", Approved: true}); out.IsError {
		t.Error(all(out))
	}
	if !r.NeedsConfirmation("asked") || r.NeedsConfirmation("open") {
		t.Error("NeedsConfirmation is wrong")
	}
	plan, err := r.Plan(Call{Tool: "open"})
	if err != nil || !strings.Contains(plan.String(), "GET "+s.URL+"/open") || strings.Contains(plan.String(), canary) {
		t.Errorf("%v %v", plan, err)
	}
}

// TestConfirmCommand: what a person is told to type means this very call, in the shells of
// their system, whatever the model chose, and nothing in it is hidden.
func TestConfirmCommand(t *testing.T) {
	r := newRig(t, "https://api.example.com", toolTOML("a")+"[[tools.args]]\nname = \"x\"\n[policy]\nconfirm = [\"a\"]\n")
	const input = "mcp-bridge call a --profile p --args - --yes, and give it the arguments as JSON on standard input"
	for _, c := range []struct{ os, arguments, want string }{
		{"linux", `{"x":"it's"}`, `--args '{"x":"it\u0027s"}' --yes`},
		{"darwin", "{\"x\":\"日本 \u202e\u200b💥\"}", `--args '{"x":"\u65e5\u672c \u202e\u200b\ud83d\udca5"}' --yes`},
		{"linux", "{ \"x\":\n\"$(id) `id` \\u0000\" }", "--args '{\"x\":\"$(id) `id` \\u0000\"}' --yes"},
		{"linux", `{"x":"` + strings.Repeat("long ", 200) + `"}`, input},
		{"windows", `{"x":"plain"}`, input},
		{"windows", `{"x":"x\" & calc & \""}`, input},
		{"windows", `{"x":"' ; calc ; '"}`, input},
		{"windows", "{}", "mcp-bridge call a --profile p --yes"},
	} {
		r.o.OS = c.os
		out := r.fails("a", c.arguments, result.NotConfirmed, c.want)
		if text := all(out); strings.ContainsAny(text, "\u202e\u200b") || c.os == "windows" && strings.Contains(text, "calc") {
			t.Errorf("%s, %s: %s", c.os, c.arguments, text)
		}
	}
	r.o.OS, r.o.Profile = "windows", `C:\Users\a b & calc\p.toml`
	r.fails("a", `{}`, result.NotConfirmed, `mcp-bridge call a --profile "C:\Users\a b & calc\p.toml" --yes`)
	r.o.Profile = `C:\Users\%USERNAME%\p.toml`
	r.fails("a", `{"x":"y"}`, result.NotConfirmed, `mcp-bridge call a --profile NAME --args - --yes (with the name in place of NAME`)
}

// TestFailsClosed: without a credential nothing is sent.
func TestFailsClosed(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) { t.Error("a request was sent") })
	schemes := `
[[server.securitySchemes]]
id = "stored"
type = "apiKey"
in = "header"
name = "X-Key"
defaultCredential = { keychain = true }
[[server.securitySchemes]]
id = "env"
type = "http"
scheme = "bearer"
defaultCredential = { env = "NOT_SET" }
[[server.securitySchemes]]
id = "oauth"
type = "oauth2"
[server.securitySchemes.flows.authorizationCode]
authorizationUrl = "https://a.example/a"
tokenUrl = "https://a.example/t"
`
	tools := ""
	for _, id := range []string{"stored", "env", "oauth"} {
		tools += toolTOML(id) + "security = { id = \"" + id + "\" }\n"
	}
	r := newRig(t, s.URL, schemes+tools)
	r.fails("stored", "{}", result.CredentialMissing, "mcp-bridge login p --scheme stored")
	r.fails("env", "{}", result.CredentialMissing, "NOT_SET is not set")
	r.fails("oauth", "{}", result.SignInNeeded, "sign-in needed")
	r.save("stored", canary, "https://elsewhere.example")
	r.fails("stored", "{}", result.SignInNeeded, "has not been approved")
}

// TestSchemes: each scheme's place, several at once, alternatives, and masking of
// what the backend echoes.
func TestSchemes(t *testing.T) {
	s := server(t, echo)
	r := newRig(t, s.URL, `
[[server.securitySchemes]]
id = "basic"
type = "http"
scheme = "basic"
[[server.securitySchemes]]
id = "header"
type = "apiKey"
in = "header"
name = "X-Key"
[[server.securitySchemes]]
id = "query"
type = "apiKey"
in = "query"
name = "k"
[[server.securitySchemes]]
id = "cookie"
type = "apiKey"
in = "cookie"
name = "c"
`+toolTOML("basic")+"security = { id = \"basic\" }\n"+toolTOML("header")+"security = { id = \"header\" }\n"+
		toolTOML("query")+"security = { id = \"query\" }\n"+toolTOML("cookie")+"security = { id = \"cookie\" }\n"+
		toolTOML("both")+"security = [ [ { id = \"basic\" }, { id = \"query\" } ] ]\n"+
		toolTOML("either")+"security = [ { id = \"cookie\" }, { id = \"header\" } ]\n")
	r.save("basic", "ada:"+canary, s.URL)
	r.save("header", canary, s.URL)
	r.save("query", canary, s.URL)
	r.works("basic", "{}", "Authorization: Basic [secret]")
	r.works("header", "{}", "X-Key: [secret]")
	r.works("query", "{}", "GET /query?k=[secret]")
	r.works("both", "{}", "GET /both?k=[secret]")
	r.works("both", "{}", "Authorization: Basic [secret]")
	r.works("either", "{}", "X-Key: [secret]") // there is no cookie
	r.save("cookie", canary, s.URL)
	r.works("either", "{}", "Cookie: c=[secret]")
}

const passthrough = `
[[server.securitySchemes]]
id = "down"
type = "http"
scheme = "bearer"
[[server.securitySchemes]]
id = "up"
type = "apiKey"
in = "header"
name = "X-Key"
[[tools]]
name = "me"
security = { id = "down", passthrough = true }
[tools.requestTemplate]
url = "BASE/me"
method = "GET"
security = { id = "up" }
[[tools]]
name = "plain"
[tools.requestTemplate]
url = "BASE/plain"
method = "GET"
`

// TestPassthrough: the three carriers in their order, then nothing.
func TestPassthrough(t *testing.T) {
	s := server(t, echo)
	r := newRig(t, s.URL, passthrough)
	r.fails("me", "{}", result.CredentialMissing, "mcp-bridge login p --scheme down")
	r.save("down", "stored-token-"+canary, s.URL)
	r.works("me", "{}", "X-Key: [secret]")

	r = newRig(t, s.URL, passthrough, "MCP_BRIDGE_CLIENT_AUTHORIZATION=Bearer env-"+canary, "MCP_BRIDGE_CLIENT_HEADER_X_OTHER="+canary)
	r.works("me", "{}", "X-Key: [secret]")
	meta := map[string]json.RawMessage{"mcp-bridge/headers": json.RawMessage(`{"authorization":"Bearer meta-token-1","X-Other":"not-for-you"}`)}
	out := r.calls(context.Background(), Call{Tool: "me", Meta: meta})
	if text := all(out); !strings.Contains(text, "X-Key: [secret]") || strings.Contains(text, "meta-token-1") || strings.Contains(text, "X-Other") || strings.Contains(text, "Authorization") {
		t.Error(text)
	}
	// A tool without passthrough gets nothing of it.
	if out := r.calls(context.Background(), Call{Tool: "plain", Meta: meta}); strings.Contains(all(out), "meta-token") || strings.Contains(all(out), "secret") {
		t.Error(all(out))
	}
	bad := map[string]json.RawMessage{"mcp-bridge/headers": json.RawMessage(`[]`)}
	if out := r.calls(context.Background(), Call{Tool: "me", Meta: bad}); out.Kind != result.InvalidArguments {
		t.Error(out.Kind)
	}
}

// TestPassthroughPrefersTheClient: a configured credential is used only when the
// client sent none.
func TestPassthroughPrefersTheClient(t *testing.T) {
	got := ""
	s := server(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header.Get("X-Key") })
	text := strings.Replace(passthrough, `name = "X-Key"`, "name = \"X-Key\"\ndefaultCredential = \"configured-1\"", 1)
	r := newRig(t, s.URL, text)
	if r.get("me", "{}"); got != "configured-1" {
		t.Error(got)
	}
	meta := map[string]json.RawMessage{"mcp-bridge/headers": json.RawMessage(`{"Authorization":"Bearer meta-token-1"}`)}
	if r.calls(context.Background(), Call{Tool: "me", Meta: meta}); got != "meta-token-1" {
		t.Error(got)
	}
	meta["mcp-bridge/headers"] = json.RawMessage(`{"Authorization":"Basic bm8="}`) // another scheme's word is no credential
	if r.calls(context.Background(), Call{Tool: "me", Meta: meta}); got != "configured-1" {
		t.Error(got)
	}
}

func TestPassthroughAuthHeader(t *testing.T) {
	got := []string{}
	s := server(t, func(w http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("Authorization")) })
	r := newRig(t, s.URL, "[server]\npassthroughAuthHeader = true\n"+toolTOML("a"))
	meta := map[string]json.RawMessage{"mcp-bridge/headers": json.RawMessage(`{"Authorization":"Digest as-it-came"}`)}
	r.calls(context.Background(), Call{Tool: "a", Meta: meta})
	r.get("a", "{}")
	if len(got) != 2 || got[0] != "Digest as-it-came" || got[1] != "" {
		t.Errorf("%q", got)
	}
}

// TestRejectedCommand: a command's credential that the backend refuses is made
// once more; any other is not tried again.
func TestRejected(t *testing.T) {
	requests := 0
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		w.WriteHeader(http.StatusUnauthorized)
	})
	r := newRig(t, s.URL, "[[server.securitySchemes]]\nid = \"k\"\ntype = \"http\"\nscheme = \"bearer\"\n"+toolTOML("a")+"security = { id = \"k\" }\n", "PATH="+os.Getenv("PATH"))
	r.save("k", canary, s.URL)
	r.fails("a", "{}", result.HTTPStatus, "store another: mcp-bridge login p --scheme k")
	if requests != 1 {
		t.Errorf("%d requests", requests)
	}
}

func TestHeadersOfTheProfile(t *testing.T) {
	s := server(t, echo)
	r := newRig(t, s.URL, toolTOML("a")+"[http]\nheaders = { X-Team = \"blue\" }\n")
	r.works("a", "{}", "X-Team: blue")
	r.works("a", "{}", "User-Agent: mcp-bridge/1")
}
