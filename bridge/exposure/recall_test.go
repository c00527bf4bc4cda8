package exposure

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/catalog"
	"github.com/mcp-bridge/mcp-bridge/bridge/search"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// importedSet is the set of a real document, as a profile that imports it has it.
func importedSet(t *testing.T, file string) *tool.Set {
	t.Helper()
	dir := os.Getenv("MCP_BRIDGE_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "openapi")
	}
	file = filepath.Join(dir, filepath.FromSlash(file))
	data, err := os.ReadFile(file)
	if err != nil {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("the API descriptions are not there: name their folder in MCP_BRIDGE_OPENAPI")
	}
	below := os.DirFS(filepath.Dir(file))
	d, err := openapi.Read(t.Context(), openapi.Source{Name: filepath.Base(file), Data: data,
		Open: func(rel string) ([]byte, error) { return fs.ReadFile(below, rel) }}, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := tool.CompileWith(&profiles.Profile{OpenAPI: &profiles.OpenAPI{}, Server: profiles.Server{SecuritySchemes: d.Schemes}}, catalog.Tools(d))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestRecall: tasks in plain words find the tool that does them, from the document to
// the answer. Package search says how the tasks were made.
func TestRecall(t *testing.T) {
	for _, c := range []struct {
		api, file string
		at1, at5  float64 // the floors
	}{
		{"github", "github-api.json", 0.77, 0.87},
		{"stripe", "stripe.yaml", 0.77, 0.95},
		{"digitalocean", "digitalocean/specification/DigitalOcean-public.v2.yaml", 0.84, 0.91},
		// These were looked at while words and forms were chosen.
		{"spotify", "spotify.yaml", 0.8, 0.93},
		{"discord", "discord-3.1.json", 0.85, 0.92},
		{"twilio", "twilio-api-v2010.json", 0.9, 0.9},
		{"docker", "docker-engine-swagger2.yaml", 0.6, 0.92},
		{"notion", "notion-3.1.json", 0.7, 0.9},
	} {
		t.Run(c.api, func(t *testing.T) {
			set := importedSet(t, c.file)
			index := search.Build(Entries(set))
			tasks, err := os.Open(filepath.Join("..", "search", "testdata", "tasks-"+c.api+".tsv"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tasks.Close() }()
			var n, first, five float64
			for lines := bufio.NewScanner(tasks); lines.Scan(); n++ {
				want := strings.Split(lines.Text(), "\t")
				hits, _ := index.Search(want[0], 5)
				rank := slices.IndexFunc(hits, func(h search.Hit) bool {
					one := set.At(h.Index)
					return slices.Contains(want[1:], one.Request.Method+" "+one.Path)
				})
				if len(hits) == 0 || !known(set, want[1:]) {
					t.Errorf("%q: nothing is found, or %v is not there", want[0], want[1:])
				}
				if rank == 0 {
					first++
				}
				if rank >= 0 {
					five++
				}
			}
			t.Logf("%.0f tasks: recall@1 %.1f %%, recall@5 %.1f %%", n, 100*first/n, 100*five/n)
			if first/n < c.at1 || five/n < c.at5 {
				t.Errorf("want at least %.0f %% and %.0f %%", 100*c.at1, 100*c.at5)
			}
		})
	}
}

// known reports whether one of the operations is there.
func known(set *tool.Set, operations []string) bool {
	return slices.ContainsFunc(set.Tools(), func(t *tool.Tool) bool { return slices.Contains(operations, t.Request.Method+" "+t.Path) })
}
