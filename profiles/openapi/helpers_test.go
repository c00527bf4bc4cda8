package openapi

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
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

// source is a document with the files beside it.
func source(t testing.TB, file string) Source {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return Source{Name: filepath.Base(file), Data: data, Open: func(rel string) ([]byte, error) { return fs.ReadFile(root.FS(), rel) }}
}

// memory is a document of several files; the first is the entry.
func memory(name, text string, others map[string]string) Source {
	return Source{Name: name, Data: []byte(text), Open: func(rel string) ([]byte, error) {
		if text, ok := others[rel]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}}
}

func read(t testing.TB, s Source, o Options) *Document {
	t.Helper()
	d, err := Read(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, d)
	return d
}

// holds fails the test unless a document keeps what it promises.
func holds(t testing.TB, d *Document) {
	t.Helper()
	if len(d.Operations)+len(d.Skipped) != d.Total {
		t.Errorf("%d operations and %d skipped are not %d", len(d.Operations), len(d.Skipped), d.Total)
	}
	if len(d.Notes) != len(d.Schemes) {
		t.Errorf("%d notes for %d schemes", len(d.Notes), len(d.Schemes))
	}
	names := map[string]bool{}
	for i := range d.Operations {
		o := &d.Operations[i]
		if name := strings.ToLower(o.Name); names[name] || name == "" || len(name) > maxName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			t.Errorf("the name %q of %s %s", o.Name, o.Method, o.Path)
		}
		names[strings.ToLower(o.Name)] = true
		if o.Description == "" || o.At == "" {
			t.Errorf("%s %s has no description or no place", o.Method, o.Path)
		}
		if rest := o.URL[len(o.Server):]; !strings.HasPrefix(rest, "/") || strings.Contains(rest, "{{") {
			t.Errorf("%s %s goes to %q", o.Method, o.Path, o.URL)
		}
		arguments(t, o)
	}
	for _, w := range d.Warnings {
		if w.At == "" || w.Message == "" {
			t.Errorf("the warning %+v says nothing", w)
		}
	}
	for _, s := range d.Skipped {
		if s.At == "" || s.Reason == "" || s.Operation == "" {
			t.Errorf("the skipped %+v says nothing", s)
		}
	}
}

// arguments fails the test unless the parameters are the properties of the schema.
func arguments(t testing.TB, o *Operation) {
	t.Helper()
	tree, _ := scan("", "", o.InputSchema)
	if tree == nil {
		t.Fatalf("%s: the schema is no JSON: %.200s", o.Name, o.InputSchema)
	}
	root := node{tree, 0}
	want := len(o.Params)
	for _, p := range o.Params {
		if !root.get("properties").get(p.Name).exists() {
			t.Errorf("%s: the parameter %s is not in the schema", o.Name, p.Name)
		}
		if p.In == "path" && (!p.Required || !strings.Contains(o.URL, "{"+p.Wire+"}")) {
			t.Errorf("%s: the path parameter %s has no place in %s", o.Name, p.Wire, o.URL)
		}
	}
	if o.Body != nil {
		want++
	}
	if got := root.get("properties").size(1 << 20); got != want {
		t.Errorf("%s: %d properties for %d arguments", o.Name, got, want)
	}
	schemas(t, o.Name, root, 1)
}

// schemas walks over schemas only: what an enum or a default holds is none.
func schemas(t testing.TB, name string, n node, level int) {
	t.Helper()
	if level > maxLevels+1 {
		t.Fatalf("%s: more than %d levels", name, maxLevels)
	}
	for k, v := range n.members {
		switch word := k.text(); word {
		case "$ref", "$defs", "nullable", "discriminator", "example", "x-y":
			t.Errorf("%s: the schema has %s", name, word)
		case "properties", "patternProperties", "dependentSchemas":
			for _, inner := range v.members {
				schemas(t, name, inner, level+1)
			}
		case "oneOf", "anyOf", "allOf", "prefixItems":
			for inner := range v.items {
				schemas(t, name, inner, level+1)
			}
		case "items", "additionalProperties", "not", "contains", "propertyNames":
			schemas(t, name, v, level+1)
		}
	}
}

// failure returns the error of reading, which must have a place.
func failure(t testing.TB, s Source, o Options) *Error {
	t.Helper()
	d, err := Read(context.Background(), s, o)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("read %+v with the error %v", d, err)
	}
	if e.At == "" || e.Message == "" || e.Hint() == "" {
		t.Errorf("the error %+v has no place, message or hint", e)
	}
	return e
}
