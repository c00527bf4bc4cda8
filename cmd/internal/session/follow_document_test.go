package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// TestFollowDocuments: a running server notices that the document, or an overlay, is
// another one; one that is broken or gone changes nothing until it is mended.
func TestFollowDocuments(t *testing.T) {
	h := newHouse(t)
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(h.o.Home.Join(home.ProfilesDir+"/"+name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(id string) string {
		return `{"overlay": "1.0.0", "actions": [{"target": "$.paths.*[?(@.operationId=='` + id + `')]", "remove": true}]}`
	}
	h.write("a", "[server]\nname = \"s\"\n[exposure]\nmode = \"list\"\n[openapi]\nsource = \"a.json\"\noverlays = [\"o.json\"]\n")
	h.use("a", "")
	put("a.json", books)
	put("o.json", remove("add_book"))
	s, err := New(h.o)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(s.Built(t.Context())); got != "find_books" {
		t.Fatal(got)
	}
	changed := s.Follow(t.Context())
	wait := func(want string) {
		t.Helper()
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			t.Fatalf("nothing was told, want %s", want)
		}
		if got := names(s.View()); got != want {
			t.Fatalf("the tools are %s, want %s", got, want)
		}
	}
	put("o.json", remove("find_books")+" ")
	wait("add_book")
	put("o.json", "{")
	put("a.json", strings.Replace(books, "add_book", "put_book", 1)+" ")
	put("o.json", remove("find_books")+"  ")
	wait("put_book")
	if err := os.Remove(h.o.Home.Join(home.ProfilesDir + "/a.json")); err != nil {
		t.Fatal(err)
	}
	put("a.json", strings.Replace(books, "find_books", "seek_books", 1)+"   ")
	wait("add_book seek_books")
	files, err := filepath.Glob(h.o.Home.Join(home.CacheDir + "/*"))
	if err != nil || len(files) > 3 {
		t.Errorf("%d catalogs are kept: %v", len(files), err)
	}
}
