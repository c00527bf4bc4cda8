package bridge

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// TestLearnedAddresses: a document leads into no private network, unless the person's
// own profile names the host.
func TestLearnedAddresses(t *testing.T) {
	asked := 0
	s := server(t, func(http.ResponseWriter, *http.Request) { asked++ })
	for text, reaches := range map[string]bool{
		"[server]\n[openapi]\nsource = \"https://api.example.com/openapi.json\"\n":                                             false,
		"[server]\n[openapi]\nsource = \"openapi.yaml\"\n":                                                                     false,
		"[server]\nbaseUrl = \"BASE\"\n[openapi]\nsource = \"openapi.yaml\"\n":                                                 true,
		"[server]\n[openapi]\nsource = \"BASE/openapi.json\"\n":                                                                true,
		"[server]\n[openapi]\nsource = \"openapi.yaml\"\n[http]\nallowPrivate = [\"127.0.0.1\"]\n":                             true,
		"[server]\n[openapi]\nsource = \"openapi.yaml\"\n[http]\nallowPrivate = [\"10.0.0.1\"]\n":                              false,
		"[server]\nbaseUrl = \"https://api.example.com\"\n[openapi]\nsource = \"openapi.yaml\"\n[exposure]\nmode = \"list\"\n": false,
	} {
		p, _, err := profiles.Load("p.toml", []byte(strings.NewReplacer("BASE", s.URL, "[server]\n", "[server]\nname = \"s\"\n").Replace(text)), profiles.Options{})
		if err != nil {
			t.Fatal(text, err)
		}
		set, err := tool.CompileWith(p, []*tool.Tool{{Name: "get", InputSchema: []byte(`{"type":"object"}`), Request: tool.Request{Method: "GET", URL: s.URL + "/x"}, Path: "/x"}})
		if err != nil {
			t.Fatal(err)
		}
		b := New(Options{Set: set, Resolver: credential.New(credential.Options{Profile: p})})
		before := asked
		r := b.Call(context.Background(), Call{Tool: "get"})
		if (asked > before) != reaches || r.IsError == reaches || !reaches && (r.Kind != result.BackendUnreachable || !strings.Contains(all(r), "allowPrivate")) {
			t.Errorf("%s: asked %d, %s", text, asked-before, all(r))
		}
	}
}
