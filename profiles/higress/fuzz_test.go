package higress

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// FuzzImport states what holds for every document: Import does not panic; each
// error and warning has a position; a profile that comes out is legal, is written as
// TOML, and is the same when it is read again, with its credentials and without; and
// no tool is lost without a word.
func FuzzImport(f *testing.F) {
	for _, rows := range [][]row{topRows(), serverRows(), schemeRows(), securityRows(), toolRows(), argRows(), requestRows(), responseRows()} {
		for _, c := range rows {
			f.Add([]byte(c.yaml))
		}
	}
	f.Add([]byte(withSecrets))
	f.Add([]byte(strings.NewReplacer("DEFAULT", "{}", "FIRST", "{server: {name: s}, tools: []}", "SECOND", "{}").Replace(plugin)))
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(files) == 0 {
		f.Fatal("no examples")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := Import("f.yaml", data, Options{})
		for _, w := range i.Warnings {
			if !strings.HasPrefix(w.At, "f.yaml:") || w.Message == "" {
				t.Errorf("warning without a position: %+v", w)
			}
		}
		if err != nil {
			failedWell(t, i, err)
			return
		}
		importedWell(t, i)
	})
}

func failedWell(t *testing.T, i *Imported, err error) {
	var list Errors
	if !errors.As(err, &list) || len(list) == 0 || i.Profile != nil {
		t.Fatalf("%T %v", err, err)
	}
	for _, e := range list {
		if e.Detail.Pos.Line < 1 || e.Detail.Pos.Col < 1 || e.Detail.Message == "" || e.Hint() == "" {
			t.Errorf("%#v", e)
		}
	}
}

func importedWell(t *testing.T, i *Imported) {
	if len(i.Profile.Tools)+len(i.Skipped) != i.Operations || i.Operations == 0 || i.Title == "" {
		t.Errorf("%d tools and %d skipped of %d", len(i.Profile.Tools), len(i.Skipped), i.Operations)
	}
	if _, err := profiles.Check(i.Profile); err != nil {
		t.Errorf("not legal: %v", err)
	}
	reloads(t, i.Profile)
	count := len(i.Secrets)
	stored, err := SplitSecrets(i, Keychain)
	if err != nil || len(stored) != count {
		t.Errorf("%d of %d secrets, %v", len(stored), count, err)
	}
	records := map[string]bool{}
	for _, s := range stored {
		if records[s.Record] || s.Record == "" || s.Value.IsZero() {
			t.Errorf("record %q", s.Record)
		}
		records[s.Record] = true
	}
	reloads(t, i.Profile)
}

func reloads(t *testing.T, p *profiles.Profile) {
	t.Helper()
	text, err := profiles.Encode(p)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	again, _, err := profiles.Load("f.toml", text, profiles.Options{Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !reflect.DeepEqual(again.Server, p.Server) || !reflect.DeepEqual(again.Tools, p.Tools) {
		twice, err := profiles.Encode(again)
		t.Fatalf("not the same, %v\n%#v\n%#v\n%s\n%s", err, p, again, text, twice)
	}
}

// FuzzCase states that the case of field names changes nothing but the warnings.
func FuzzCase(f *testing.F) {
	for _, rows := range [][]row{serverRows(), schemeRows(), toolRows(), argRows(), requestRows()} {
		for _, c := range rows {
			f.Add([]byte(c.yaml), uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, bits uint8) {
		root, _, err := doc.Parse("f.yaml", data)
		if err != nil || root.Kind != doc.Table {
			return
		}
		plain := importTree(root)
		mixed := importTree(recase(root, topFields(), bits))
		if (len(plain.errs) == 0) != (len(mixed.errs) == 0) {
			t.Fatalf("%v\n%v", plain.errs, mixed.errs)
		}
		if len(plain.errs) > 0 {
			return
		}
		a, errA := profiles.Encode(plain.out.Profile)
		b, errB := profiles.Encode(mixed.out.Profile)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%v %v\n%s\n%s", errA, errB, a, b)
		}
	})
}

// importTree is Import for a document that is parsed.
func importTree(root *doc.Node) *reader {
	r := &reader{file: "f.yaml", out: &Imported{}}
	r.tree(root)
	if len(r.errs) == 0 {
		r.profile()
	}
	return r
}

// recase spells the known fields of a tree with other case where it has them once.
func recase(n *doc.Node, fields []field, bits uint8) *doc.Node {
	out := *n
	out.Items, out.Members = nil, nil
	for _, item := range n.Items {
		out.Items = append(out.Items, recase(item, fields, bits))
	}
	for _, m := range n.Members {
		for at, f := range fields {
			if f.name != m.Key {
				continue
			}
			if bits>>(at%8)&1 == 1 {
				m.Key = strings.ToUpper(m.Key[:1]) + strings.ToLower(m.Key[1:])
			}
			if f.of != nil {
				m.Value = recase(m.Value, f.of(), bits)
			}
			break
		}
		out.Members = append(out.Members, m)
	}
	return &out
}
