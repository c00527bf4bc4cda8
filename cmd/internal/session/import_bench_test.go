package session

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/catalog"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// BenchmarkImport reads GitHub's document, compiles it and keeps its catalog: what an
// import does, but for starting the program.
func BenchmarkImport(b *testing.B) {
	dir := os.Getenv("MCP_BRIDGE_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "openapi")
	}
	data, err := os.ReadFile(filepath.Join(dir, "github-api.json"))
	if err != nil {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			b.Fatal(err)
		}
		b.Skip("the real documents are missing: set MCP_BRIDGE_OPENAPI")
	}
	h, err := home.Open(filepath.Join(b.TempDir(), "home"))
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Home: h, Version: "1"}
	b.ReportAllocs()
	for b.Loop() {
		p := &profiles.Profile{Name: "github", File: h.Join("profiles/github.toml"), OpenAPI: &profiles.OpenAPI{Source: "https://example.com/github-api.json"}}
		p.Server.Name = "github"
		spec := Spec{Name: "github-api.json", Data: data}
		packed, digest, err := spec.Pack()
		if err != nil {
			b.Fatal(err)
		}
		p.OpenAPI.Digest = digest
		options, err := ReadOptions(p)
		if err != nil {
			b.Fatal(err)
		}
		d, err := openapi.Read(context.Background(), openapi.Source{Name: spec.Name, Data: spec.Data}, options)
		if err != nil {
			b.Fatal(err)
		}
		if err := h.WriteFile(home.SpecsDir+"/"+digest, packed); err != nil {
			b.Fatal(err)
		}
		if _, err := o.Keep(p, d); err != nil {
			b.Fatal(err)
		}
		catalog.Remove(h, "github")
	}
}
