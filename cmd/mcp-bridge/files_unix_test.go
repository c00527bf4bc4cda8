//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWhatStandsInAProject: whatever a project puts in the place of a file that is read,
// no command waits for it or fills the memory.
func TestWhatStandsInAProject(t *testing.T) {
	t.Parallel()
	p := installer(t)
	p.write(".mcp-bridge/profiles/a.toml", "[server]\nname = \"a\"\n")
	large := p.write("large", strings.Repeat("#", 64<<10+1))
	for name, put := range map[string]func(file string) error{
		"pipe":        func(f string) error { return syscall.Mkfifo(f, 0o600) },
		"zeros":       func(f string) error { return os.Symlink("/dev/zero", f) },
		"socket pair": func(f string) error { return os.Symlink("/dev/tty", f) },
		"folder":      func(f string) error { return os.Mkdir(f, 0o700) },
		"large":       func(f string) error { return os.Link(large, f) },
	} {
		dir := filepath.Join(p.home, "in", strings.ReplaceAll(name, " ", "-"))
		if err := os.MkdirAll(filepath.Join(dir, ".cursor"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := put(filepath.Join(dir, ".mcp-bridge.toml")); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"status"}, {"tools"}, {"check"}, {"profiles", "show"}, {"logout"}} {
			out, code := p.in(dir, args...)
			if code != 3 || !strings.Contains(out, ".mcp-bridge.toml") || !strings.Contains(out, "--profile") {
				if args[0] == "status" && code == 0 { // it is about all profiles
					continue
				}
				t.Errorf("%s, %v: exit %d: %s", name, args, code, out)
			}
		}
		if _, code := p.in(dir, "tools", "a"); code != 0 {
			t.Errorf("%s: a profile that was named: exit %d", name, code)
		}
		if name == "large" {
			continue // a client's file may be large
		}
		if err := put(filepath.Join(dir, ".cursor", "mcp.json")); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"install", "uninstall"} {
			if out, code := p.in(dir, command, "cursor", "--scope", "project"); code != 1 {
				t.Errorf("%s, %s: exit %d: %s", name, command, code, out)
			}
		}
	}
	// And in the places of other files.
	dir := filepath.Join(p.home, "pipes")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe.toml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, args := range map[string][]string{
		"[http]\ncaFile = \"" + pipe + "\"\n":                                   {"call", "t", "--profile", "b"},
		"[http]\nclientCert = \"" + pipe + "\"\nclientKey = \"" + pipe + "\"\n": {"call", "t", "--profile", "b"},
		"[openapi]\nsource = \"" + pipe + "\"\n":                                {"tools", "b"},
		"extends = \"" + pipe + "\"\n":                                          {"tools", "b"},
		"[openapi]\nsource = \"x.yaml\"\noverlays = [\"" + pipe + "\"]\n":       {"tools", "b"},
		"[policy]\nfiles = [\"" + dir + "\"]\n":                                 {"call", "t", "--profile", "b", "--dry-run"},
	} {
		p.write(".mcp-bridge/profiles/b.toml", text+"[[tools]]\nname = \"t\"\n[tools.requestTemplate]\nurl = \"https://127.0.0.1:1/\"\n")
		_, _ = p.in(p.home, args...) // it ends
	}
	for _, args := range [][]string{{"add", pipe}, {"tools", pipe}, {"keychain", "status"}} {
		_, _ = p.in(p.home, args...)
	}
}
