package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// TestPages: a page that leads to a sign-in is this user's alone, is gone with the
// command, and one of a command that was killed goes with the next.
func TestPages(t *testing.T) {
	h, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	killed := &pages{home: h}
	old, err := killed.keep([]byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-2 * pageAge)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	p := &pages{home: h}
	for _, text := range []string{"one", "two"} {
		path, err := p.keep([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != text || !filepath.IsAbs(path) {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("a page of a command that was killed is still there")
	}
	p.remove()
	p.remove()
	if left, err := h.ReadDir(pageFolder); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
