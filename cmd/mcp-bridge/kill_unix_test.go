//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKilledBetweenKeychainAndIndex: whenever a login is killed, what it has stored is
// known to status, and logout --all forgets it.
func TestKilledBetweenKeychainAndIndex(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	p.write(".mcp-bridge/profiles/a.toml", "[server]\nname = \"a\"\n[[server.securitySchemes]]\nid = \"s\"\ntype = \"http\"\nscheme = \"bearer\"\n"+
		"[[tools]]\nname = \"t\"\n[tools.requestTemplate]\nurl = \"https://api.example.com/\"\nsecurity = { id = \"s\" }\n")
	secrets := func() int {
		names, err := filepath.Glob(filepath.Join(p.home, ".mcp-bridge", "secrets", "[^.]*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	const rounds = 20
	for i := range rounds {
		before := secrets()
		cmd := exec.CommandContext(t.Context(), binary(t), "login", "a", "--account", fmt.Sprintf("n%d", i), "--with-token")
		cmd.Env, cmd.Stdin = p.environ(), strings.NewReader(fmt.Sprintf("token-%d-4711", i))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		go func() { _ = cmd.Wait(); close(over) }()
		for ended := false; !ended && secrets() == before; { // the moment at which a record is there
			select {
			case <-over:
				ended = true
			default:
			}
		}
		_ = cmd.Process.Kill()
		<-over
	}
	var rows []struct{ Account, State string }
	if err := json.Unmarshal([]byte(p.run("", "status", "--json")), &rows); err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, r := range rows {
		if r.State == "signed-in" {
			known++
		}
	}
	const probe = 1 // the record by which a keychain is tried may be left
	if stored := secrets(); stored > known+probe {
		t.Errorf("%d records are stored, status knows %d: %+v", stored, known, rows)
	}
	p.run("", "logout", "a", "--all")
	if left := secrets(); left > probe {
		t.Errorf("%d records are left after logout --all", left)
	}
}

// TestLeftoversAreSwept: what killed writers left behind goes with the next write, in the
// home and in the folders of clients, and nothing else does.
func TestLeftoversAreSwept(t *testing.T) {
	t.Parallel()
	p := installer(t)
	old := time.Now().Add(-time.Hour)
	var gone, kept []string
	for _, dir := range []string{".mcp-bridge", ".mcp-bridge/profiles", ".mcp-bridge/specs", ".mcp-bridge/cache", ".mcp-bridge/secrets", ".cursor"} {
		gone = append(gone, p.write(dir+"/.tmp-0123456789abcdef", "half"))
		if dir == ".cursor" { // where others write, too
			kept = append(kept, p.write(dir+"/.tmp-mine", "mine"), p.write(dir+"/.tmp-0123456789abcdef.json", "mine"))
		}
		if err := os.Mkdir(filepath.Join(p.home, dir, ".tmp-00000000000000ff"), 0o700); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, filepath.Join(p.home, dir, ".tmp-00000000000000ff"))
	}
	for _, file := range append(append([]string{}, gone...), kept...) {
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	kept = append(kept, p.write(".mcp-bridge/profiles/.tmp-fedcba9876543210", "being written"), p.write(".cursor/.tmp-fedcba9876543210", "being written"))
	p.write(".cursor/mcp.json", "{}")
	p.run("", "install", "cursor")
	for _, file := range gone {
		if _, err := os.Lstat(file); err == nil {
			t.Errorf("%s is still there", file)
		}
	}
	for _, file := range kept {
		if _, err := os.Lstat(file); err != nil {
			t.Errorf("%s is gone", file)
		}
	}
}

// TestSettingsOfOthers: config.toml names programs that run as the person. One that
// somebody else could have written is not read, and the command to type is said.
func TestSettingsOfOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(home string) error
		want   string
	}{
		"group may write":         {func(h string) error { return os.Chmod(h+"/config.toml", 0o620) }, "chmod go-w"},
		"others may write":        {func(h string) error { return os.Chmod(h+"/config.toml", 0o606) }, "chmod go-w"},
		"the home may be written": {func(h string) error { return os.Chmod(h, 0o777) }, "chmod go-w"},
		"a link to one":           {func(h string) error { return linked(h, 0o666) }, "chmod go-w"},
		"another owner":           {func(h string) error { return os.Chown(h+"/config.toml", 4711, -1) }, "belongs to another user"},
		"others may read":         {func(h string) error { return os.Chmod(h+"/config.toml", 0o644) }, ""},
		"a link":                  {func(h string) error { return linked(h, 0o600) }, ""},
	} {
		p := newPerson(t)
		if err := c.change(filepath.Join(p.home, ".mcp-bridge")); err != nil {
			if name == "another owner" {
				continue // only root can make one
			}
			t.Fatal(err)
		}
		for _, args := range [][]string{{"status"}, {"profiles"}, {"serve"}} {
			out, code := p.in(p.home, args...)
			if c.want == "" && code != 0 || c.want != "" && (code != 6 || !strings.Contains(out, c.want) || !strings.Contains(out, "chmod go-w")) {
				t.Errorf("%s, %v: exit %d: %s", name, args, code, out)
			}
		}
		if out, code := p.in(p.home, "version"); code != 0 {
			t.Errorf("%s: version: exit %d: %s", name, code, out)
		}
	}
}

// linked makes config.toml a link to a file of that mode elsewhere.
func linked(home string, mode os.FileMode) error {
	elsewhere := filepath.Join(filepath.Dir(home), "dotfiles.toml")
	if err := os.Rename(home+"/config.toml", elsewhere); err != nil {
		return err
	}
	if err := os.Chmod(elsewhere, mode); err != nil {
		return err
	}
	return os.Symlink(elsewhere, home+"/config.toml")
}
