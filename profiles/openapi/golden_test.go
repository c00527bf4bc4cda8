package openapi

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// outcome is what a golden file says about a document.
func outcome(t testing.TB, a *txtar.Archive) string {
	t.Helper()
	var o Options
	others := map[string]string{}
	var entry txtar.File
	for _, f := range a.Files {
		switch {
		case f.Name == "options.json":
			if err := json.Unmarshal(f.Data, &o); err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(f.Name, "overlay"):
			o.Overlays = append(o.Overlays, Source{Name: f.Name, Data: f.Data})
		case f.Name == "want":
		case entry.Name == "":
			entry = f
		default:
			others[f.Name] = string(f.Data)
		}
	}
	d, err := Read(t.Context(), memory(entry.Name, string(entry.Data), others), o)
	if err != nil {
		e, _ := err.(*Error)
		return fmt.Sprintf("error: %v\nhint: %s\n", err, e.Hint())
	}
	holds(t, d)
	return dump(t, d)
}

func dump(t testing.TB, d *Document) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %q at %q: %d operations\n", d.Format, d.Title, d.Version, d.Server, d.Total)
	for i, s := range d.Schemes {
		fmt.Fprintf(&b, "scheme %s: %s", s.ID, s.Type)
		for _, v := range []string{s.Scheme, s.In, s.Name, s.OpenIDConnectURL} {
			if v != "" {
				fmt.Fprintf(&b, " %s", v)
			}
		}
		if s.Flows != nil {
			fmt.Fprintf(&b, " %s", compact(t, s.Flows))
		}
		fmt.Fprintf(&b, "\n  usable %v %s\n", d.Notes[i].Usable, d.Notes[i].Hint)
	}
	for i := range d.Operations {
		dumpOperation(t, &b, &d.Operations[i])
	}
	for _, s := range d.Skipped {
		fmt.Fprintf(&b, "skipped %s at %s: %s\n", s.Operation, s.At, s.Reason)
	}
	for _, w := range d.Warnings {
		fmt.Fprintf(&b, "warning at %s: %s\n", w.At, w.Message)
	}
	return b.String()
}

func dumpOperation(t testing.TB, b *strings.Builder, o *Operation) {
	fmt.Fprintf(b, "\n%s: %s %s (%s)\n", o.Name, o.Method, o.URL, o.At)
	fmt.Fprintf(b, "  %q\n", o.Description)
	if o.ReadOnly {
		b.WriteString("  reads only\n")
	}
	if o.Accept != "" {
		fmt.Fprintf(b, "  accept %s\n", o.Accept)
	}
	if o.Security != nil {
		b.WriteString("  security")
		for i, alternative := range o.Security {
			if i > 0 {
				b.WriteString(" or")
			}
			for _, r := range alternative {
				fmt.Fprintf(b, " %s%v", r.ID, r.Scopes)
			}
			if len(alternative) == 0 {
				b.WriteString(" none")
			}
		}
		b.WriteString("\n")
	}
	for _, p := range o.Params {
		fmt.Fprintf(b, "  %s: %s %s %s", p.Name, p.In, p.Wire, p.Style)
		if p.Explode {
			b.WriteString(" explode")
		}
		if p.Reserved {
			b.WriteString(" reserved")
		}
		if p.Required {
			b.WriteString(" required")
		}
		b.WriteString("\n")
	}
	if body := o.Body; body != nil {
		fmt.Fprintf(b, "  body: %s %s required=%v binary=%v\n", body.Type, body.Kind, body.Required, body.Binary)
		names := make([]string, 0, len(body.Parts))
		for name := range body.Parts {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Fprintf(b, "    %s: %s\n", name, compact(t, body.Parts[name]))
		}
	}
	var in bytes.Buffer
	if err := json.Indent(&in, o.InputSchema, "  ", " "); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "  %s\n", in.Bytes())
}

func compact(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestGolden reads every document of testdata, one for each rule. Run with -update
// to write what is read.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, want, inputs := outcome(t, a), "", []txtar.File{}
			for _, f := range a.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else {
					inputs = append(inputs, f)
				}
			}
			if *update {
				a.Files = append(inputs, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", a.Comment, got, want)
			}
		})
	}
}
