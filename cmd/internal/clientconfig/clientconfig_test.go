package clientconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tailscale/hujson"
)

func ours(args ...string) Entry {
	return Entry{Name: "mcp-bridge", Command: "/usr/local/bin/mcp-bridge", Args: append([]string{"serve"}, args...)}
}

func client(t testing.TB, id string) Client {
	t.Helper()
	c, ok := ByID(id)
	if !ok {
		t.Fatalf("no client %s", id)
	}
	return c
}

// TestGolden holds every client's edit of every sample file to the bytes in
// testdata: NAME.CLIENT.before and NAME.CLIENT.after. Set UPDATE=1 to write them.
func TestGolden(t *testing.T) {
	befores, err := filepath.Glob("testdata/*.before")
	if err != nil || len(befores) < 10 {
		t.Fatalf("%d samples, %v", len(befores), err)
	}
	seen := map[string]bool{}
	for _, name := range befores {
		parts := strings.Split(filepath.Base(name), ".")
		seen[parts[1]] = true
		t.Run(parts[0]+"/"+parts[1], func(t *testing.T) {
			c := client(t, parts[1])
			before, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			edit, err := c.Add(before, ours("--profile", "work"))
			if err != nil {
				t.Fatal(err)
			}
			after := edit.Apply(before)
			golden := strings.TrimSuffix(name, "before") + "after"
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(golden, after, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || !bytes.Equal(after, want) {
				t.Errorf("got\n%s\nwant\n%s%v", after, want, err)
			}
			laws(t, c, before, after, edit)
		})
	}
	for _, id := range IDs() {
		if !seen[id] {
			t.Errorf("no sample for %s", id)
		}
	}
}

// laws holds what must be true of every edit.
func laws(t *testing.T, c Client, before, after []byte, edit Edit) {
	t.Helper()
	e := ours("--profile", "work")
	if undone, ok := edit.Undo(after); !ok || !bytes.Equal(undone, before) {
		t.Errorf("undone (%v):\n%s\nwant\n%s", ok, undone, before)
	}
	again, err := c.Add(after, e)
	if err != nil || again.Old != again.New {
		t.Errorf("adding twice changes %+v, %v", again, err)
	}
	changed, err := c.Add(after, ours())
	if err != nil {
		t.Fatal(err)
	}
	if got, found, err := c.Find(changed.Apply(after), e.Name); err != nil || !found || !slices.Equal(got.Args, []string{"serve"}) {
		t.Errorf("after a change: %+v %v %v", got, found, err)
	}
	removed, found, err := c.Remove(after, e.Name)
	if err != nil || !found {
		t.Fatalf("Remove: %v %v", found, err)
	}
	rest := removed.Apply(after)
	if _, found, err := c.Find(rest, e.Name); found || err != nil {
		t.Errorf("after Remove: found %v, %v in\n%s", found, err, rest)
	}
	if c.Format != TOML {
		sameMeaning(t, c, before, rest)
	}
}

// sameMeaning holds that b says what a says, apart from empty servers.
func sameMeaning(t *testing.T, c Client, a, b []byte) {
	t.Helper()
	meaning := func(data []byte) string {
		var v map[string]any
		data = bytes.TrimPrefix(data, bom)
		if len(bytes.TrimSpace(data)) > 0 {
			std, err := hujson.Standardize(bytes.Clone(data))
			if err != nil {
				t.Fatalf("%v in\n%s", err, data)
			}
			if err := json.Unmarshal(std, &v); err != nil {
				t.Fatal(err)
			}
		}
		if s, ok := v[c.Path[0]].(map[string]any); ok && len(s) == 0 || v[c.Path[0]] == nil {
			delete(v, c.Path[0])
		}
		if v == nil {
			v = map[string]any{}
		}
		text, _ := json.Marshal(v)
		return string(text)
	}
	if x, y := meaning(a), meaning(b); x != y {
		t.Errorf("meaning changed from %s to %s", x, y)
	}
}

func TestAddRefuses(t *testing.T) {
	for name, c := range map[string]struct{ client, data, want string }{
		"another server":      {"cursor", `{"mcpServers": {"mcp-bridge": {"command": "node"}}}`, "is not mcp-bridge"},
		"another TOML server": {"codex", "[mcp_servers.mcp-bridge]\ncommand = 'node'\n", "is not mcp-bridge"},
		"broken JSON":         {"claude-desktop", "{\"a\": 1,\n \"b\" 2}", "line 2"},
		"comments":            {"claude-desktop", "{\n // mine\n}", "comments"},
		"a list":              {"cursor", `[]`, "not a JSON object"},
		"servers is a list":   {"cursor", "{\n\"mcpServers\": []}", `line 2, column 15: "mcpServers" is not an object`},
		"broken TOML":         {"codex", "a = 1\nb = = 2\n", "line 2"},
		"entry is inline":     {"codex", "[mcp_servers]\nmcp-bridge = { command = '/bin/mcp-bridge' }\n", "not written as a table"},
		"servers is inline":   {"codex", "mcp_servers = { a = { command = 'x' } }\n", "inline table"},
		"too deep":            {"zed", strings.Repeat(`{"a":`, 100_000), "levels deep"},
	} {
		t.Run(name, func(t *testing.T) {
			edit, err := client(t, c.client).Add([]byte(c.data), ours())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %+v, error %v; want one with %q", edit, err, c.want)
			}
			if strings.Contains(name, "another") != errors.Is(err, ErrTaken) {
				t.Errorf("ErrTaken is wrong for %v", err)
			}
		})
	}
}

func TestUndoAfterOtherChanges(t *testing.T) {
	c := client(t, "vscode")
	before := []byte("{\n\t// servers\n\t\"servers\": {\n\t\t\"a\": {\"command\": \"a\"}, // first\n\t}\n}\n")
	edit, err := c.Add(before, ours())
	if err != nil {
		t.Fatal(err)
	}
	after := string(edit.Apply(before))
	moved := strings.Replace(after, "{\n", "{\n\t\"inputs\": [],\n", 1)
	want := strings.Replace(string(before), "{\n", "{\n\t\"inputs\": [],\n", 1)
	if undone, ok := edit.Undo([]byte(moved)); !ok || string(undone) != want {
		t.Errorf("%v\n%s\nwant\n%s", ok, undone, want)
	}
	if _, ok := edit.Undo([]byte(strings.ReplaceAll(after, "command", "cmd"))); ok {
		t.Error("undone although the entry was changed")
	}
}

func TestEntryHoldsEnvironment(t *testing.T) {
	for _, c := range Clients() {
		e := ours()
		e.Env = map[string]string{"MCP_BRIDGE_HOME": `C:\Users\Ä "b"\bridge`}
		e.Command = `C:\Program Files\mcp-bridge\mcp-bridge.exe`
		text, err := c.Snippet(e)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		got, found, err := c.Find(text, e.Name)
		if err != nil || !found || got.Command != e.Command || !got.Ours() {
			t.Errorf("%s: %+v %v %v\n%s", c.ID, got, found, err, text)
		}
	}
}

func TestFiles(t *testing.T) {
	world := func(os, home string, env map[string]string) World {
		return World{OS: os, Home: home, Getenv: func(k string) string { return env[k] },
			Glob: func(p string) []string {
				if p == "C:/Users/a/AppData/Local/Packages/Claude_*" {
					return []string{`C:\Users\a\AppData\Local\Packages\Claude_pzs8`}
				}
				return nil
			},
			Exists: func(p string) bool { return p == "/home/a/.cursor" }}
	}
	win := world("windows", `C:\Users\a`, map[string]string{"APPDATA": `C:\Users\a\AppData\Roaming`, "LOCALAPPDATA": `C:\Users\a\AppData\Local`})
	linux := world("linux", "/home/a", map[string]string{"CODEX_HOME": "/x"})
	for _, c := range []struct {
		id   string
		w    World
		want string
	}{
		{"claude-desktop", win, "C:/Users/a/AppData/Roaming/Claude/claude_desktop_config.json C:/Users/a/AppData/Local/Packages/Claude_pzs8/LocalCache/Roaming/Claude/claude_desktop_config.json"},
		{"claude-desktop", linux, "/home/a/.config/Claude/claude_desktop_config.json"},
		{"claude-desktop", world("darwin", "/Users/a", nil), "/Users/a/Library/Application Support/Claude/claude_desktop_config.json"},
		{"claude-code", linux, "/home/a/.claude.json"},
		{"claude-code", world("linux", "/home/a", map[string]string{"CLAUDE_CONFIG_DIR": "/c"}), "/c/.claude.json"},
		{"codex", linux, "/x/config.toml"},
		{"codex", win, "C:/Users/a/.codex/config.toml"},
		{"zed", linux, "/home/a/.config/zed/settings.json"},
		{"vscode", win, "C:/Users/a/AppData/Roaming/Code/User/mcp.json"},
		{"vscode", world("windows", `C:\Users\a`, nil), ""},
		{"cursor", win, "C:/Users/a/.cursor/mcp.json"},
	} {
		if got := strings.Join(client(t, c.id).Files(c.w), " "); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.id, c.w.OS, got, c.want)
		}
	}
	if !client(t, "cursor").Installed(linux) || client(t, "zed").Installed(linux) || client(t, "claude-code").Installed(linux) {
		t.Error("Installed is wrong")
	}
	if p, ok := client(t, "vscode").ProjectFile("/p"); p != "/p/.vscode/mcp.json" || !ok {
		t.Error(p, ok)
	}
	if _, ok := client(t, "claude-desktop").ProjectFile("/p"); ok {
		t.Error("Claude Desktop has no project file")
	}
}

func TestDiff(t *testing.T) {
	before := []byte("{\n  \"a\": 1,\n  \"mcpServers\": {\n    \"x\": {}\n  }\n}\n")
	edit, err := client(t, "cursor").Add(before, ours())
	if err != nil {
		t.Fatal(err)
	}
	got := Diff("mcp.json", before, edit)
	for _, want := range []string{"--- mcp.json", "-    \"x\": {}\n", "+    \"x\": {},\n", "+    \"mcp-bridge\": {\n", "@@ -1,6 +1,10 @@"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if Diff("mcp.json", before, Edit{}) != "" {
		t.Error("a diff of nothing")
	}
}

// FuzzAdd states the laws of an edit for any file: it is refused, or undone
// exactly, changes nothing outside, and says what was meant.
func FuzzAdd(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.before")
	for _, name := range files {
		data, _ := os.ReadFile(name)
		for i := range Clients() {
			f.Add(data, i)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		list := Clients()
		c := list[uint(n)%uint(len(list))]
		edit, err := c.Add(data, ours("--profile", "work"))
		if err != nil {
			return
		}
		after := edit.Apply(data)
		if undone, ok := edit.Undo(after); !ok || !bytes.Equal(undone, data) {
			t.Fatalf("undone %v: %q", ok, undone)
		}
		if got, found, err := c.Find(after, "mcp-bridge"); err != nil || !found || !got.Ours() {
			t.Fatalf("not there: %+v %v %v in %q", got, found, err, after)
		}
		removed, found, err := c.Remove(after, "mcp-bridge")
		if err != nil || !found {
			t.Fatalf("Remove: %v %v", found, err)
		}
		if c.Format == TOML {
			if _, err := c.parseTOML(removed.Apply(after)); err != nil {
				t.Fatalf("Remove left %q: %v", removed.Apply(after), err)
			}
		}
		if c.Format != TOML {
			if _, err := hujson.Parse(bytes.TrimPrefix(removed.Apply(after), bom)); err != nil && len(bytes.TrimSpace(data)) > 0 {
				t.Fatalf("Remove left %q", removed.Apply(after))
			}
		}
	})
}
