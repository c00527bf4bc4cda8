package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// installer is a person whose temporary folder is not the one that this test's programs
// are built in: install refuses a program that will not stay.
func installer(t *testing.T) *person {
	t.Helper()
	p := newPerson(t)
	p.more = append(p.more, "TMPDIR="+t.TempDir())
	return p
}

// in runs a command in a folder and returns everything that it said, and its exit code.
func (p *person) in(dir string, args ...string) (string, int) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), binary(p.t), args...)
	cmd.Env, cmd.Dir = p.environ(), dir
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		p.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (p *person) read(rel string) string {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.home, rel))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

// TestInstallsAtOnce: every install that says that it added an entry did, and uninstall
// leaves the file as it was.
func TestInstallsAtOnce(t *testing.T) {
	t.Parallel()
	p := installer(t)
	const before = "{\n  \"mcpServers\": {\n    \"files\": { \"command\": \"npx\" } // mine\n  }\n}\n"
	p.write(".cursor/mcp.json", before)
	const n = 12
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if out, code := p.in(p.home, "install", "cursor", "--name", fmt.Sprintf("n%d", i)); code != 0 || !strings.Contains(out, "added") {
				t.Errorf("exit %d: %s", code, out)
			}
		})
	}
	wg.Wait()
	after := p.read(".cursor/mcp.json")
	for i := range n {
		if !strings.Contains(after, fmt.Sprintf(`"n%d": {`, i)) {
			t.Errorf("n%d is lost in\n%s", i, after)
		}
	}
	if out, code := p.in(p.home, "uninstall", "cursor"); code != 0 {
		t.Errorf("exit %d: %s", code, out)
	}
	if got := p.read(".cursor/mcp.json"); got != before {
		t.Errorf("after uninstall\n%s", got)
	}
}

// TestUninstallInAnyOrder: whatever was installed in whatever order, the file ends as it
// began, to the byte.
func TestUninstallInAnyOrder(t *testing.T) {
	t.Parallel()
	p := installer(t)
	for name, before := range map[string]string{
		"none":     "",
		"empty":    "{}",
		"comments": "{\n  // all\n  \"mcpServers\": {\n    \"a\": {\"command\": \"a\"} // a\n    // end\n  }\n}\n",
		"one line": `{"mcpServers": {"a": {"command": "a"}}, "x": 1}`,
		"trailing": "{\n\t\"mcpServers\": {\n\t\t\"a\": {\"command\": \"a\"},\n\t},\n}\n",
	} {
		for _, order := range [][]string{{"x", "y", "z"}, {"y", "z", "x"}} {
			file := filepath.Join(p.home, ".cursor", "mcp.json")
			if before != "" {
				p.write(".cursor/mcp.json", before)
			}
			for _, n := range []string{"x", "y", "z"} {
				p.run("", "install", "cursor", "--name", n)
			}
			for _, n := range order {
				p.run("", "uninstall", "cursor", "--name", n)
			}
			got, err := os.ReadFile(file)
			if before == "" && err == nil || string(got) != before {
				t.Errorf("%s, %v: %q", name, order, got)
			}
			left, _ := filepath.Glob(filepath.Join(p.home, ".cursor", "*"))
			if before == "" && len(left) > 0 || len(left) > 1 {
				t.Errorf("%s, %v: left behind are %v", name, order, left)
			}
			_ = os.Remove(file)
		}
	}
}

// TestInstallFromWhereNothingStays: a program in a temporary folder or in the Go tool's
// cache is refused with what to type, and nothing is written.
func TestInstallFromWhereNothingStays(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	data, err := os.ReadFile(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Base(binary(t))
	for _, c := range []struct{ dir, variable, want string }{
		{"temp", "TMPDIR", "is in a temporary folder"},
		{"cache", "GOCACHE", "is in the Go build cache"},
		{"go-build4711/b001/exe", "", "is in the Go build cache"},
		{"x/0a/" + strings.Repeat("0a", 32) + "-d", "", "is in the Go build cache"},
	} {
		file := filepath.Join(p.home, c.dir, program)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"install", "cursor"}, {"install", "cursor", "--diff"}} {
			cmd := exec.CommandContext(t.Context(), file, args...)
			cmd.Env = append(p.environ(), "TMPDIR="+filepath.Join(p.home, "elsewhere"))
			if c.variable != "" {
				cmd.Env = append(cmd.Env, c.variable+"="+filepath.Join(p.home, c.dir))
			}
			out, _ := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 1 || !bytes.Contains(out, []byte(c.want)) || !bytes.Contains(out, []byte("mcp-bridge install cursor")) {
				t.Errorf("%s: exit %d: %s", c.dir, cmd.ProcessState.ExitCode(), out)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(p.home, ".cursor")); err == nil {
		t.Error("something was written")
	}
}

// TestProjectLinks: a project's folder does not decide which file of the person is
// edited or copied.
func TestProjectLinks(t *testing.T) {
	t.Parallel()
	p := installer(t)
	const secret = `{"mcpServers": {"x": {"command": "x", "env": {"TOKEN": "canary-4711"}}}}`
	mine := p.write("mine.json", secret)
	for name, link := range map[string]func(project string) error{
		"the file":            func(d string) error { return os.Symlink(mine, filepath.Join(d, ".cursor", "mcp.json")) },
		"the file, nowhere":   func(d string) error { return os.Symlink("/nowhere/x.json", filepath.Join(d, ".cursor", "mcp.json")) },
		"a relative link":     func(d string) error { return os.Symlink("../../../mine.json", filepath.Join(d, ".cursor", "mcp.json")) },
		"the folder":          func(d string) error { return os.Symlink(p.home, filepath.Join(d, ".cursor")) },
		"the folder, nowhere": func(d string) error { return os.Symlink("/nowhere/x", filepath.Join(d, ".cursor")) },
	} {
		project := filepath.Join(p.home, "projects", strings.ReplaceAll(name, " ", "-"))
		dir := project
		if !strings.HasPrefix(name, "the folder") {
			dir = filepath.Join(project, ".cursor")
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := link(project); err != nil {
			t.Skip(err)
		}
		for _, command := range []string{"install", "uninstall"} {
			if out, code := p.in(project, command, "cursor", "--scope", "project"); code != 1 || !strings.Contains(out, "remove") {
				t.Errorf("%s, %s: exit %d: %s", name, command, code, out)
			}
		}
	}
	if got := p.read("mine.json"); got != secret {
		t.Errorf("the person's own file became %s", got)
	}
	if found, _ := filepath.Glob(filepath.Join(p.home, "projects", "*", ".cursor", "*.bak")); len(found) > 0 {
		t.Errorf("copies: %v", found)
	}
	if _, err := os.Stat(filepath.Join(p.home, "mcp.json")); err == nil {
		t.Error("a file outside of the project was made")
	}

	// A link that stays inside is fine, and no copy is made.
	project := filepath.Join(p.home, "projects", "inside")
	p.write("projects/inside/shared/mcp.json", secret)
	if err := os.Symlink("shared", filepath.Join(project, ".cursor")); err != nil {
		t.Skip(err)
	}
	if out, code := p.in(project, "install", "cursor", "--scope", "project"); code != 0 {
		t.Errorf("exit %d: %s", code, out)
	}
	if !strings.Contains(p.read("projects/inside/shared/mcp.json"), "mcp-bridge") {
		t.Error("the file inside was not edited")
	}
	if left, _ := filepath.Glob(filepath.Join(project, "shared", "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// TestInstallJSON: what scripts read of install.
func TestInstallJSON(t *testing.T) {
	t.Parallel()
	p := installer(t)
	for _, args := range [][]string{{"--diff"}, {}} {
		var got []struct {
			Client, File, Name, Action string
			DryRun                     bool
		}
		if err := json.Unmarshal([]byte(p.run("", append([]string{"install", "cursor", "--json"}, args...)...)), &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Name != "mcp-bridge" || got[0].Action != "added" || got[0].DryRun != (len(args) > 0) {
			t.Errorf("%+v", got)
		}
	}
}
