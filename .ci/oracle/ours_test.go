package oracle

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// ourFacts reads a document with the reader of the program.
func ourFacts(t *testing.T, file string) facts {
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
	for _, s := range d.Skipped {
		t.Errorf("%s: %s is skipped: %s", s.At, s.Operation, s.Reason)
	}
	out := facts{}
	for i := range d.Operations {
		o := &d.Operations[i]
		all := []string{"id " + o.ID, ourSecurity(o.Security)}
		if o.Deprecated {
			all = append(all, "deprecated")
		}
		for _, p := range o.Params {
			all = append(all, parameter(p.In, p.Wire, p.Required, p.Style, p.Explode))
		}
		if o.Body != nil {
			all = append(all, body(o.Body.Type, o.Body.Required))
		}
		out[o.Method+" "+o.Path] = all
	}
	return out
}

func ourSecurity(s profiles.Security) string {
	var alternatives [][]string
	for _, all := range s {
		one := []string{}
		for _, r := range all {
			one = append(one, strings.Join(append([]string{r.ID}, r.Scopes...), " "))
		}
		alternatives = append(alternatives, one)
	}
	return security(s != nil, alternatives)
}

// body is the fact that an operation sends something.
func body(media string, required bool) string {
	if required {
		return "body required " + media
	}
	return "body " + media
}
