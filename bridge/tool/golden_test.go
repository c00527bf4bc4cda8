package tool

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/higress"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden compiles profile.toml (or Higress's profile.yaml) of each archive, makes
// the calls, one a line as "TOOL ARGUMENTS", and compares what is listed, how tools
// were understood, the warnings and what became of the calls.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/compile/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := map[string][]byte{}
			for _, f := range a.Files {
				in[f.Name] = f.Data
			}
			out := golden(t, in)
			if *update {
				var kept []txtar.File
				for _, f := range a.Files {
					if strings.HasPrefix(f.Name, "profile.") || f.Name == "calls" {
						kept = append(kept, f)
					}
				}
				a.Files = append(kept, out...)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for _, want := range out {
				if got := in[want.Name]; !bytes.Equal(got, want.Data) {
					t.Errorf("%s is\n%s\nthe file says\n%s", want.Name, want.Data, got)
				}
			}
		})
	}
}

func golden(t *testing.T, in map[string][]byte) []txtar.File {
	t.Helper()
	p := goldenProfile(t, in)
	s, err := Compile(p)
	var list Errors
	if errors.As(err, &list) {
		var b strings.Builder
		for _, e := range list {
			fmt.Fprintf(&b, "%s\n", e)
			if e.Hint != "" {
				fmt.Fprintf(&b, "  %s\n", e.Hint)
			}
		}
		return []txtar.File{{Name: "errors", Data: []byte(b.String())}}
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range s.All() {
		checkListed(t, tool)
	}
	var listed, tools, warnings, results bytes.Buffer
	if err := json.Indent(&listed, s.List(), "", " "); err != nil {
		t.Fatal(err)
	}
	listed.WriteByte('\n')
	for _, tool := range s.All() {
		understood(&tools, s, tool)
	}
	for _, w := range s.Warnings() {
		fmt.Fprintf(&warnings, "%s: %s\n", w.Key, w.Message)
	}
	for line := range strings.Lines(string(in["calls"])) {
		name, raw, _ := strings.Cut(strings.TrimSpace(line), " ")
		fmt.Fprintf(&results, "%s\n", called(t, s, name, raw))
	}
	return []txtar.File{{Name: "list", Data: listed.Bytes()}, {Name: "tools", Data: tools.Bytes()}, {Name: "warnings", Data: warnings.Bytes()},
		{Name: "results", Data: results.Bytes()}}
}

func goldenProfile(t *testing.T, in map[string][]byte) *profiles.Profile {
	t.Helper()
	if yaml := in["profile.yaml"]; yaml != nil {
		i, err := higress.Import("profile.yaml", yaml, higress.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return i.Profile
	}
	p, _, err := profiles.Load("profile.toml", in["profile.toml"], profiles.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// understood writes what a listed tool does not show.
func understood(b *bytes.Buffer, s *Set, tool *Tool) {
	if tool.Request.URL == "" {
		fmt.Fprintf(b, "%s: answers by itself\n", tool.Name)
		return
	}
	fmt.Fprintf(b, "%s: %s %s\n", tool.Name, tool.Request.Method, tool.Request.URL)
	if reason, denied := s.Denied(tool.Name); denied {
		fmt.Fprintf(b, "  denied: %s\n", reason)
	}
	if s.Confirm(tool) {
		fmt.Fprintf(b, "  confirm\n")
	}
	fmt.Fprintf(b, "  path %s\n", tool.Path)
	for _, p := range tool.Params {
		fmt.Fprintf(b, "  %s", p.Name)
		if p.Wire != p.Name {
			fmt.Fprintf(b, " (%s)", p.Wire)
		}
		fmt.Fprintf(b, " %s in %q\n", p.Type, p.In)
	}
	if len(tool.Security) > 0 && len(tool.Security[0]) > 0 {
		fmt.Fprintf(b, "  security %s\n", shape(tool))
	}
	if d := tool.Downstream; d != nil {
		id := "Authorization"
		if d.Scheme != nil {
			id = d.Scheme.ID
		}
		fmt.Fprintf(b, "  downstream %s passthrough %v\n", id, d.Passthrough)
	}
}

func called(t *testing.T, s *Set, name, raw string) string {
	t.Helper()
	tool, ok := s.Tool(name)
	if !ok {
		return "no tool " + name
	}
	args, err := tool.Arguments([]byte(raw))
	var e *ArgumentError
	if errors.As(err, &e) {
		if e.Hint() != "" {
			return e.Error() + " (" + e.Hint() + ")"
		}
		return e.Error()
	}
	n := &doc.Node{Kind: doc.Table}
	for key, value := range args {
		jsonschema.Put(n, key, parsed(value))
	}
	n.Members = jsonschema.Sorted(n)
	return string(n.JSON())
}
