package session

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

const books = `{"openapi": "3.1.0", "info": {"title": "Library", "version": "1"}, "servers": [{"url": "https://api.example.com"}],
"paths": {"/books": {"get": {"operationId": "find_books", "summary": "Find books"}, "post": {"operationId": "add_book", "summary": "Add a book"}}}}`

// TestMend: a start reads the beginning of the catalog and builds nothing; a part that
// turns out to be damaged later costs a rebuild and no answer.
func TestMend(t *testing.T) {
	h := newHouse(t)
	h.write("a", "[server]\nname = \"s\"\n[exposure]\nmode = \"search\"\n[openapi]\nsource = \"a.json\"\n")
	h.use("a", "")
	source := h.o.Home.Join(home.ProfilesDir + "/a.json")
	if err := os.WriteFile(source, []byte(books), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(h.o); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(h.o.Home.Join(home.CacheDir + "/*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func(v *View) bool{
		"a tool":  func(v *View) bool { _, ok := v.Set.Tool("add_book"); return ok },
		"all":     func(v *View) bool { return len(v.Set.All()) == 2 },
		"a query": func(v *View) bool { return v.index().Len() == 2 && !v.Damaged() },
	} {
		t.Run(name, func(t *testing.T) {
			damaged := bytes.Clone(whole)
			for i := bytes.Index(damaged, []byte("Reasons")) + len(`Reasons":null}`); i < len(damaged); i++ { // all but the head
				damaged[i] ^= 0x20
			}
			if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := New(h.o)
			if err != nil {
				t.Fatal(err)
			}
			v := s.Built(t.Context())
			if v.Damaged() || v.Set.Len() != 2 || !strings.HasPrefix(v.Exposure.Version(), "search-") {
				t.Error("the start reads more than the beginning")
			}
			if use(v) || !v.Damaged() {
				t.Fatal("the damage is not noticed")
			}
			mended := s.Mend(v)
			if mended == v || !use(mended) || mended.Damaged() || s.View() != mended || s.Mend(v) != mended {
				t.Error("it is not mended")
			}
			if now, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(now, whole) {
				t.Error("the file is not mended")
			}
		})
	}
	t.Run("no document", func(t *testing.T) {
		if err := os.WriteFile(files[0], whole[:len(whole)-1], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New(h.o) // cut off: made at once
		if err != nil || s.Built(t.Context()).Set.Len() != 2 {
			t.Fatal(err)
		}
		v := s.View()
		if err := os.Remove(files[0]); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(source, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := v.Set.Tool("add_book"); ok || !v.Damaged() {
			t.Fatal("the missing file is not noticed")
		}
		if s.Mend(v) != v {
			t.Error("there is nothing to mend it with")
		}
	})
}
