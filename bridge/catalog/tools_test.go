package catalog

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// corpus returns the folder of the real documents. A test without it is skipped, or
// fails where all parts must be there.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MCP_BRIDGE_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "openapi")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatalf("the real documents are missing: %v", err)
		}
		t.Skip("the real documents are missing: set MCP_BRIDGE_OPENAPI")
	}
	return dir
}

func compile(t testing.TB, file string, o openapi.Options) (*openapi.Document, *tool.Set) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	d, err := openapi.Read(t.Context(), openapi.Source{Name: filepath.Base(file), Data: data,
		Open: func(rel string) ([]byte, error) { return fs.ReadFile(root.FS(), rel) }}, o)
	if err != nil {
		t.Fatal(err)
	}
	p := &profiles.Profile{OpenAPI: &profiles.OpenAPI{}, Server: profiles.Server{SecuritySchemes: d.Schemes}}
	set, err := tool.CompileWith(p, Tools(d))
	if err != nil {
		t.Fatal(err)
	}
	return d, set
}

// TestClientLimits holds every tool of every real document to what the strictest
// client takes: one that is not costs a client all of them.
func TestClientLimits(t *testing.T) {
	dir := corpus(t)
	for _, name := range []string{"github-api.json", "stripe.yaml", "docker-engine-swagger2.yaml", "discord-3.1.json",
		"digitalocean/specification/DigitalOcean-public.v2.yaml", "twilio-api-v2010.json", "spotify.yaml", "notion-3.1.json"} {
		t.Run(name, func(t *testing.T) {
			d, set := compile(t, filepath.Join(dir, filepath.FromSlash(name)), openapi.Options{})
			if len(set.Tools()) != len(d.Operations) {
				t.Errorf("%d tools of %d operations", len(set.Tools()), len(d.Operations))
			}
			var listed []listedTool
			if err := json.Unmarshal(set.List(), &listed); err != nil {
				t.Fatal(err)
			}
			names := map[string]bool{}
			for _, l := range listed {
				if lower := strings.ToLower(l.Name); names[lower] {
					t.Errorf("%s stands twice", l.Name)
				} else {
					names[lower] = true
				}
				l.check(t)
			}
			for _, one := range set.Tools() {
				if raw, _ := json.Marshal(one); len(one.InputSchema) > 64<<10 {
					t.Errorf("%s has %d bytes", one.Name, len(raw))
				}
			}
		})
	}
}

type listedTool struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	InputSchema map[string]any `json:"inputSchema"`
}

var (
	toolName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,48}$`)
	propKey  = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)
)

func (l listedTool) check(t *testing.T) {
	t.Helper()
	if !toolName.MatchString(l.Name) || l.Description == "" {
		t.Errorf("the name %q, the description %q", l.Name, l.Description)
	}
	root := l.InputSchema
	if root["type"] != "object" || root["additionalProperties"] != false {
		t.Errorf("%s: the root is no closed object", l.Name)
	}
	for _, k := range []string{"oneOf", "anyOf", "allOf", "not", "if", "enum", "const", "$ref"} {
		if _, ok := root[k]; ok {
			t.Errorf("%s: %s at the root", l.Name, k)
		}
	}
	l.schema(t, root, 1)
}

// schema walks over schemas only: what an enum or a default holds is none.
func (l listedTool) schema(t *testing.T, n map[string]any, level int) {
	if level > 32 {
		t.Errorf("%s: more than 32 levels", l.Name)
		return
	}
	for k := range n {
		if strings.HasPrefix(k, "$") || strings.HasPrefix(k, "x-") || k == "nullable" || k == "discriminator" || k == "example" {
			t.Errorf("%s: the keyword %s", l.Name, k)
		}
	}
	if n["type"] == "array" && n["items"] == nil {
		t.Errorf("%s: an array without items", l.Name)
	}
	for _, k := range []string{"properties", "patternProperties"} {
		inner, _ := n[k].(map[string]any)
		for name, v := range inner {
			if k == "properties" && !propKey.MatchString(name) {
				t.Errorf("%s: the key %q", l.Name, name)
			}
			if s, ok := v.(map[string]any); ok {
				l.schema(t, s, level+1)
			}
		}
	}
	for _, k := range []string{"items", "additionalProperties", "not", "contains"} {
		if s, ok := n[k].(map[string]any); ok {
			l.schema(t, s, level+1)
		}
	}
	for _, k := range []string{"oneOf", "anyOf", "allOf", "prefixItems"} {
		list, _ := n[k].([]any)
		for _, v := range list {
			if s, ok := v.(map[string]any); ok {
				l.schema(t, s, level+1)
			}
		}
	}
}

func BenchmarkImportGitHub(b *testing.B) {
	file := filepath.Join(corpus(b), "github-api.json")
	b.ReportAllocs()
	for b.Loop() {
		compile(b, file, openapi.Options{})
	}
}
