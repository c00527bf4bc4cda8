// Package oracle compares the OpenAPI reader with another implementation. It is a
// module of its own, so that the program does not depend on that one.
package oracle

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi/datamodel"
	v2 "github.com/pb33f/libopenapi/datamodel/high/v2"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

func TestSameOperations(t *testing.T) {
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
	for _, name := range []string{"github-api.json", "stripe.yaml", "docker-engine-swagger2.yaml", "discord-3.1.json",
		"digitalocean/specification/DigitalOcean-public.v2.yaml", "twilio-api-v2010.json", "spotify.yaml", "notion-3.1.json"} {
		compare(t, filepath.Join(dir, filepath.FromSlash(name)))
	}
}

// TestSameOnTheirs compares on the documents that the other implementation is tested
// with.
func TestSameOnTheirs(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/pb33f/libopenapi").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "test_specs")
	for _, name := range []string{"asana.yaml", "stripe.yaml", "k8s.json", "docusignv3.1.json", "petstorev2.json", "petstorev3.json",
		"burgershop.openapi.yaml", "all-the-components.yaml", "vendor-extensions-test.yaml", "yaml-anchor.yaml", "nested_files/openapi.yaml"} {
		compare(t, filepath.Join(dir, filepath.FromSlash(name)))
	}
}

func compare(t *testing.T, file string) {
	t.Run(filepath.Base(file), func(t *testing.T) {
		theirs, ours := oracle(t, file), reader(t, file)
		for key, want := range theirs {
			if got := ours[key]; got != want {
				t.Errorf("%s\n ours   %s\n theirs %s", key, got, want)
			}
		}
		if len(ours) != len(theirs) {
			t.Errorf("%d operations, theirs are %d", len(ours), len(theirs))
		}
	})
}

func line(params []string, body bool) string {
	slices.Sort(params)
	return fmt.Sprintf("%v body=%v", slices.Compact(params), body)
}

func reader(t *testing.T, file string) map[string]string {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	below := os.DirFS(filepath.Dir(file))
	d, err := openapi.Read(context.Background(), openapi.Source{Name: filepath.Base(file), Data: data,
		Open: func(rel string) ([]byte, error) { return fs.ReadFile(below, rel) }}, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for i := range d.Operations {
		o := &d.Operations[i]
		var params []string
		for _, p := range o.Params {
			params = append(params, parameter(p.In, p.Wire, p.Required))
		}
		out[o.Method+" "+o.Path] = line(params, o.Body != nil)
	}
	return out
}

func parameter(in, name string, required bool) string {
	if required {
		name += "!"
	}
	return in + ":" + name
}

// ignored are parameters that our reader leaves out on purpose.
func ignored(in, name string) bool {
	switch strings.ToLower(name) {
	case "accept", "content-type", "authorization":
		return in == "header"
	}
	return false
}

func oracle(t *testing.T, file string) map[string]string {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config := datamodel.DocumentConfiguration{AllowFileReferences: true, BasePath: filepath.Dir(file), SpecFilePath: file,
		SkipCircularReferenceCheck: true, ExcludeExtensionRefs: true, SkipJSONConversion: true}
	d, err := libopenapi.NewDocumentWithConfiguration(data, &config)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(d.GetVersion(), "2") {
		m, err := d.BuildV2Model()
		if m == nil {
			t.Fatal(err)
		}
		return oldModel(&m.Model)
	}
	m, err := d.BuildV3Model()
	if m == nil {
		t.Fatal(err)
	}
	return newModel(&m.Model)
}

func newModel(d *v3.Document) map[string]string {
	out := map[string]string{}
	for path, item := range d.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			var params []string
			own := map[string]bool{}
			for _, p := range op.Parameters {
				own[p.In+p.Name] = true
			}
			for _, p := range slices.Concat(op.Parameters, item.Parameters) {
				if ignored(p.In, p.Name) || own[p.In+p.Name] && !slices.Contains(op.Parameters, p) {
					continue
				}
				params = append(params, parameter(p.In, p.Name, p.Required != nil && *p.Required || p.In == "path"))
			}
			key := strings.ToUpper(method) + " " + path
			out[key] = line(params, op.RequestBody != nil && !hollow(strings.ToUpper(method), op.RequestBody))
		}
	}
	return out
}

// hollow reports a body without properties of a method that should have none: ours
// leaves it out.
func hollow(method string, b *v3.RequestBody) bool {
	if method != "GET" && method != "HEAD" && method != "DELETE" || b.Required != nil && *b.Required {
		return false
	}
	for media := range b.Content.ValuesFromOldest() {
		s := media.Schema.Schema()
		if s != nil && (s.Properties != nil && s.Properties.Len() > 0 || len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0) {
			return false
		}
	}
	return true
}

func oldModel(d *v2.Swagger) map[string]string {
	out := map[string]string{}
	for path, item := range d.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			var params []string
			body := false
			for _, p := range slices.Concat(op.Parameters, item.Parameters) {
				if p.In == "body" || p.In == "formData" {
					body = true
				} else if !ignored(p.In, p.Name) {
					params = append(params, parameter(p.In, p.Name, p.Required != nil && *p.Required))
				}
			}
			out[strings.ToUpper(method)+" "+path] = line(params, body)
		}
	}
	return out
}
