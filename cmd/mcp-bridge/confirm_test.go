package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// shelf is an API whose one tool takes a book away after a person has said yes, and
// the number of books that were taken.
func shelf(t *testing.T) (*person, *atomic.Int32) {
	t.Helper()
	var taken atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		taken.Add(1)
		_, _ = w.Write([]byte("took " + r.URL.Path))
	}))
	t.Cleanup(s.Close)
	p := newPerson(t)
	p.write(".mcp-bridge/profiles/shelf.toml", "[server]\nname = \"shelf\"\n[policy]\nconfirm = [\"DELETE /**\"]\n[[tools]]\nname = \"take\"\n"+
		"[[tools.args]]\nname = \"id\"\nposition = \"path\"\nrequired = true\n[tools.requestTemplate]\nurl = \""+s.URL+"/books/{id}\"\nmethod = \"DELETE\"\n")
	p.run("", "use", "shelf")
	return p, &taken
}

// TestConfirmTypeScript asks the person through the official TypeScript client.
func TestConfirmTypeScript(t *testing.T) {
	p, taken := shelf(t)
	for _, c := range []struct {
		elicit string
		want   string
		taken  int32
	}{
		{`{"capability":{},"answer":{"action":"decline"}}`, "said no", 0},
		{`{"capability":{"form":{}},"answer":{"action":"cancel"}}`, "--yes", 0},
		{`{"capability":{"form":{}},"answer":{"action":"accept","content":{"confirm":false}}}`, "did not tick the box", 0},
		{`{"capability":{"form":{},"url":{}},"answer":{"action":"accept","content":{"confirm":true}}}`, "took /books/7", 1},
	} {
		s := p.typescriptAsked(c.elicit)
		if _, err := s.in.Write([]byte(`{"method":"call","params":{"name":"take","arguments":{"id":"7"}}}` + "\n")); err != nil {
			t.Fatal(err)
		}
		if asked := string(s.next("asked")); !strings.Contains(asked, "/books/7") {
			t.Error(asked)
		}
		var got called
		if err := json.Unmarshal(s.next("ok"), &got); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.text(), c.want) || taken.Load() != c.taken || got.IsError != (c.taken == 0) {
			t.Errorf("%s: %+v, %d taken", c.elicit, got, taken.Load())
		}
	}
	// A client that cannot ask is told what a person may type.
	s := p.typescript()
	got := s.call("take", `{"id":"8"}`)
	if !got.IsError || !strings.Contains(got.text(), `mcp-bridge call take --profile shelf --args '{"id":"8"}' --yes`) || taken.Load() != 1 {
		t.Errorf("%+v, %d taken", got, taken.Load())
	}
	if out := p.run("", "call", "take", "--profile", "shelf", "--args", `{"id":"8"}`, "--yes"); !strings.Contains(out, "took /books/8") {
		t.Error(out)
	}
}

// TestConfirmGo asks through the Go SDK's client, in each revision that can.
func TestConfirmGo(t *testing.T) {
	p, taken := shelf(t)
	for _, version := range []string{"2025-06-18", "2025-11-25", "2026-07-28"} {
		for _, action := range []string{"decline", "accept"} {
			before := taken.Load()
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			var asked []string
			client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, &mcp.ClientOptions{
				ElicitationHandler: func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
					asked = append(asked, r.Params.Message)
					return &mcp.ElicitResult{Action: action, Content: map[string]any{"confirm": true}}, nil
				}})
			cmd := exec.CommandContext(ctx, binary(t), "serve")
			cmd.Env = p.environ()
			session, err := client.Connect(ctx, &mcp.CommandTransport{Command: cmd}, &mcp.ClientSessionOptions{ProtocolVersion: version})
			if err != nil {
				t.Fatal(err)
			}
			r, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "take", Arguments: map[string]any{"id": "7"}})
			if err != nil || r.IsError != (action == "decline") || len(asked) != 1 || !strings.Contains(asked[0], "/books/7") {
				t.Errorf("%s %s: %+v, %v, asked %q", version, action, r, err, asked)
			}
			if got := taken.Load() - before; got != 1 && action == "accept" || got != 0 && action == "decline" {
				t.Errorf("%s %s: %d taken", version, action, got)
			}
			if err := session.Close(); err != nil {
				t.Error(err)
			}
			cancel()
		}
	}
}

// TestPolicy: what the policy denies is not listed, and a call of it is answered with
// the reason; nothing that a model can write changes that.
func TestPolicy(t *testing.T) {
	p, taken := shelf(t)
	const file = ".mcp-bridge/profiles/shelf.toml"
	text, err := os.ReadFile(filepath.Join(p.home, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, policy := range []string{"readOnly = true", "deny = [\"take\"]", "deny = [\"DELETE /books/**\"]"} {
		p.write(file, strings.Replace(string(text), "[policy]\n", "[policy]\n"+policy+"\n", 1))
		s := p.typescriptAsked(`{"capability":{"form":{}},"answer":{"action":"accept","content":{"confirm":true}}}`)
		if got := s.names(); len(got) != 0 {
			t.Errorf("%s: %v is listed", policy, got)
		}
		for _, arguments := range []string{`{"id":"7"}`, `{"id":"7","confirm":true,"yes":true,"approved":true}`} {
			got := s.call("take", arguments)
			if !got.IsError || !strings.Contains(string(got.Meta["mcp-bridge/error"]), "denied-by-policy") || taken.Load() != 0 {
				t.Errorf("%s: %+v, %d taken", policy, got, taken.Load())
			}
		}
	}
}
