package result

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// optionsFile is Options as a golden file writes them.
type optionsFile struct {
	Mask     string
	MaxChars int
	Select   string
	More     string
}

func (f optionsFile) options() Options {
	o := Options{MaxChars: f.MaxChars, Select: f.Select}
	if f.Mask != "" {
		o.Mask = func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(f.Mask), []byte("[secret]")) }
	}
	if f.More != "" {
		o.More = func(_ string, shown int) string { return fmt.Sprintf(f.More, shown) }
	}
	return o
}

// responseFile is a Response as a golden file writes it.
type responseFile struct {
	Status     int
	Header     http.Header
	Body       string
	BodyBase64 []byte
	Truncated  bool
	Note       string
}

func (f responseFile) response() Response {
	r := Response{f.Status, f.Header, []byte(f.Body), f.Truncated, f.Note}
	if f.BodyBase64 != nil {
		r.Body = f.BodyBase64
	}
	return r
}

// dump writes a result item by item.
func dump(t testing.TB, r *Result) string {
	t.Helper()
	var b strings.Builder
	if r.IsError {
		fmt.Fprintf(&b, "error %s\n", r.Kind)
	}
	for _, c := range r.Content {
		fmt.Fprintf(&b, "%s %s", c.Type, c.MIMEType)
		if c.URI != "" {
			fmt.Fprintf(&b, " %s", c.URI)
		}
		if len(c.Data) > 0 {
			fmt.Fprintf(&b, " %x", c.Data)
		}
		if len(c.Meta) > 0 {
			fmt.Fprintf(&b, " %v", c.Meta)
		}
		fmt.Fprintf(&b, "\n%s\n", strings.ReplaceAll(c.Text, "\r", `\r`))
	}
	if r.Structured != nil {
		fmt.Fprintf(&b, "structured %s\n", r.Structured)
	}
	if r.Meta != nil {
		fmt.Fprintf(&b, "meta %v\n", r.Meta)
	}
	return b.String()
}

func load(t testing.TB, a *txtar.Archive) (*tool.Tool, Response, Options) {
	t.Helper()
	var tl tool.Tool
	var r responseFile
	var o optionsFile
	for _, f := range a.Files {
		to := map[string]any{"tool.json": &tl, "response.json": &r, "options.json": &o}[f.Name]
		if to == nil {
			continue
		}
		if err := json.Unmarshal(f.Data, to); err != nil {
			t.Fatal(err)
		}
	}
	return &tl, r.response(), o.options()
}

// TestGolden makes the result of every case of testdata/result, one for each row
// of Higress's response rules and each rule of our own. Run with -update to
// write what is made.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/result/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tl, r, o := load(t, a)
			got := dump(t, FromResponse(tl, r, o))
			var inputs []txtar.File
			want := ""
			for _, f := range a.Files {
				if f.Name == "result" {
					want = string(f.Data)
				} else {
					inputs = append(inputs, f)
				}
			}
			if *update {
				a.Files = append(inputs, txtar.File{Name: "result", Data: []byte(got)})
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
