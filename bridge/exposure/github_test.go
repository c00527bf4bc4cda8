package exposure

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/catalog"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/search"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

var githubOnce = sync.OnceValues(func() (*tool.Set, error) {
	dir := os.Getenv("MCP_BRIDGE_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "openapi")
	}
	data, err := os.ReadFile(filepath.Join(dir, "github-api.json"))
	if err != nil {
		return nil, err
	}
	return compileDocument(data)
})

func compileDocument(data []byte) (*tool.Set, error) {
	d, err := openapi.Read(context.Background(), openapi.Source{Name: "github-api.json", Data: data}, openapi.Options{})
	if err != nil {
		return nil, err
	}
	p := &profiles.Profile{Name: "github", Description: "GitHub REST API", OpenAPI: &profiles.OpenAPI{}, Server: profiles.Server{SecuritySchemes: d.Schemes}}
	return tool.CompileWith(p, catalog.Tools(d))
}

// github is the compiled real document, which is tested where it is there.
func github(t testing.TB) *tool.Set {
	t.Helper()
	set, err := githubOnce()
	if os.IsNotExist(err) && os.Getenv("MCP_BRIDGE_TEST_ALL") != "1" {
		t.Skip("the real documents are missing: set MCP_BRIDGE_OPENAPI")
	}
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestGitHub: more than a thousand tools cost a client less than 1,500 tokens, and are
// found, described and called.
func TestGitHub(t *testing.T) {
	e := New(github(t), nil)
	if tokens := (len(e.List()) + 3) / 4; !e.Searching() || tokens > 1500 {
		t.Errorf("searching %v, %d tokens", e.Searching(), tokens)
	}
	for query, want := range map[string]string{
		"list open issues of a repository": "issues_list_for_repo",
		"create an issue":                  "issues_create",
		"add a label to an issue":          "issues_add_labels",
	} {
		var got struct{ Tools []found }
		r := e.Call(SearchTools, json.RawMessage(`{"query":"`+query+`"}`), 0, nil)
		if err := json.Unmarshal(r.Structured, &got); err != nil || len(got.Tools) != defaultLimit || !strings.Contains(r.Content[0].Text, `"`+want+`"`) {
			t.Errorf("%s: %s", query, r.Content[0].Text)
		}
	}
	r := e.Call(DescribeTool, json.RawMessage(`{"names":["issues_create"]}`), 0, nil)
	if !strings.Contains(texts(r), `"callWith":"call_write_tool"`) {
		t.Errorf("%s", texts(r))
	}
	r = e.Call(CallReadTool, json.RawMessage(`{"name":"issues_create"}`), 0, nil)
	if r.Kind != result.InvalidArguments {
		t.Errorf("%+v", r)
	}
}

func BenchmarkGitHub(b *testing.B) {
	set := github(b)
	index := sync.OnceValue(func() *search.Index { return search.Build(Entries(set)) })
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			New(set, index)
		}
	})
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			search.Build(Entries(set))
		}
	})
	b.Run("search", func(b *testing.B) {
		e := New(set, index)
		b.ReportAllocs()
		for b.Loop() {
			e.Call(SearchTools, json.RawMessage(`{"query":"list open issues of a repository"}`), 0, nil)
		}
	})
}
