package request

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// credentialFile is a Credential as a golden file writes it.
type credentialFile struct {
	Scheme      *profiles.SecurityScheme
	Value       string
	Passthrough bool
}

func credentials(t testing.TB, data []byte) []Credential {
	t.Helper()
	var files []credentialFile
	if err := json.Unmarshal(data, &files); err != nil {
		t.Fatal(err)
	}
	var out []Credential
	for _, f := range files {
		out = append(out, Credential{Scheme: f.Scheme, Value: secret.New(f.Value), Passthrough: f.Passthrough})
	}
	return out
}

// wire writes a request as it will be sent, headers sorted by name.
func dump(t testing.TB, r *http.Request) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\nHost: %s\n", r.Method, r.URL.RequestURI(), r.Host)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, v := range r.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", body)
	}
	return b.String()
}

func errorText(t testing.TB, err error) string {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %T is not an *Error", err)
	}
	s := fmt.Sprintf("%s: %v\n", e.Kind, err)
	if e.Hint() != "" {
		s += "hint: " + e.Hint() + "\n"
	}
	return s
}

func fileNamed(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// outcome plans what an archive asks for and returns the files that it should
// hold besides its input.
func outcome(t testing.TB, a *txtar.Archive) []txtar.File {
	t.Helper()
	var tl tool.Tool
	if err := json.Unmarshal(fileNamed(a, "tool.json"), &tl); err != nil {
		t.Fatal(err)
	}
	var args tool.Args
	if err := json.Unmarshal(fileNamed(a, "args.json"), &args); err != nil {
		t.Fatal(err)
	}
	p, err := New(&tl, args, template.Env{})
	if err != nil {
		return []txtar.File{{Name: "error", Data: []byte(errorText(t, err))}}
	}
	out := []txtar.File{{Name: "plan", Data: []byte(strings.ReplaceAll(p.String(), "\r", ""))}}
	if data := fileNamed(a, "creds.json"); data != nil {
		r, err := p.Request(context.Background(), credentials(t, data))
		if err != nil {
			return append(out, txtar.File{Name: "error", Data: []byte(errorText(t, err))})
		}
		out = append(out, txtar.File{Name: "request", Data: []byte(dump(t, r))})
	}
	return out
}

// TestGolden plans every case of testdata/plan, one for each row of Higress's
// semantics and each style of OpenAPI. Run with -update to write what is planned.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/plan/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := outcome(t, a)
			var want []txtar.File
			inputs := a.Files[:0:0]
			for _, f := range a.Files {
				if strings.HasSuffix(f.Name, ".json") {
					inputs = append(inputs, f)
				} else {
					want = append(want, f)
				}
			}
			if *update {
				a.Files = append(inputs, got...)
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			g := string(txtar.Format(&txtar.Archive{Files: got}))
			if w := string(txtar.Format(&txtar.Archive{Files: want})); g != w {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", a.Comment, g, w)
			}
		})
	}
}
