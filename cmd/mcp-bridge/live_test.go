package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/demo"
	"github.com/mcp-bridge/mcp-bridge/keychain/keychaintest"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// library starts the sample API and gives a person its profile and credentials.
func library(t *testing.T) (*person, *demo.API) {
	t.Helper()
	api, err := demo.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	p := newPerson(t)
	p.write(".mcp-bridge/profiles/library.toml", api.Profile())
	for _, id := range []string{demo.HeaderKey, demo.QueryKey, demo.CookieKey, demo.BasicUser, demo.Token} {
		p.run(api.Credential(id).Reveal(), "login", "library", "--scheme", id, "--with-token")
	}
	p.run("", "use", "library")
	return p, api
}

// TestServersFollow: a running server sees a switch of profile or account and an
// edit of the profile, tells its client, and keeps its tools when an edit is broken.
func TestServersFollow(t *testing.T) {
	p, _ := library(t)
	other := p.write(".mcp-bridge/profiles/other.toml", "[server]\nname = \"other\"\n[[tools]]\nname = \"hello\"\n[tools.responseTemplate]\nbody = \"hello\"\n")
	s := p.typescript()
	pinned := p.typescript("serve", "--profile", "library")
	if got := s.names(); !slices.Contains(got, "find_books") {
		t.Fatal(got)
	}
	switched := time.Now()
	p.run("", "use", "other")
	if got := s.call("hello", "{}"); got.text() != "hello" { // at the next call already
		t.Errorf("%+v", got)
	}
	s.next("changed")
	if took := time.Since(switched); took > 2*time.Second {
		t.Errorf("the client heard of the switch after %s", took)
	}
	if got := s.names(); !slices.Equal(got, []string{"hello"}) {
		t.Error(got)
	}
	if got := pinned.names(); !slices.Contains(got, "find_books") {
		t.Errorf("the pinned server follows: %v", got)
	}

	p.write(".mcp-bridge/profiles/other.toml", "[server]\nname = \"other\"\n[[tools]]\nname = \"hello\"\nbroken")
	time.Sleep(1500 * time.Millisecond)
	if got := s.call("hello", "{}"); got.text() != "hello" {
		t.Errorf("after a broken edit: %+v", got)
	}
	if err := os.WriteFile(other, []byte("[server]\nname = \"other\"\n[[tools]]\nname = \"bye\"\n[tools.responseTemplate]\nbody = \"bye\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.next("changed")
	if got := s.names(); !slices.Equal(got, []string{"bye"}) {
		t.Error(got)
	}
	p.run("", "use", "library")
	s.next("changed")
	p.run("", "use", "library/work")
	s.next("changed")
	if got := s.call("find_books", `{"query":"sea"}`); !got.IsError || !strings.Contains(got.text(), "--account work") {
		t.Errorf("as another account: %+v", got)
	}
	if got := pinned.call("find_books", `{"query":"sea"}`); !got.IsError { // pinned to the profile, not to an account
		t.Errorf("the pinned server: %+v", got)
	}
	p.run("", "use", "library/default")
	if got := s.call("find_books", `{"query":"sea"}`); got.IsError {
		t.Errorf("back: %+v", got)
	}
}

// TestFirstProfileAppears: a server without any profile lists nothing and hears of
// the first one.
func TestFirstProfileAppears(t *testing.T) {
	p := newPerson(t)
	s := p.typescript()
	if got := s.names(); len(got) != 0 {
		t.Fatal(got)
	}
	file := p.write("server.yaml", "server:\n  name: first\ntools:\n  - name: hello\n    description: d\n    args: []\n    responseTemplate: {body: hello}\n")
	p.run("", "add", file)
	s.next("changed")
	if got := s.call("hello", "{}"); got.text() != "hello" {
		t.Errorf("%+v", got)
	}
}

// TestCanaries: no credential of any kind appears in what is printed, in results, in
// files, or in the arguments and environment of the server.
func TestCanaries(t *testing.T) {
	p, api := library(t)
	var seen bytes.Buffer
	for _, args := range [][]string{{"status", "--json"}, {"check", "-v"}, {"tools", "--client"}, {"profiles", "--json"}, {"keychain", "status"},
		{"call", "find_books", "--arg", "query=sea", "--dry-run", "-v"}, {"call", "desk", "-v"}, {"call", "desk", "--json"}, {"call", "stats", "-v", "--json"},
		{"call", "get_book", "--arg", "id=1", "-v"}, {"login", "library", "--scheme", "token", "--with-token"}} {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		cmd := exec.CommandContext(ctx, binary(t), args...)
		cmd.Env, cmd.Stdin = p.environ(), strings.NewReader(api.Credential(demo.Token).Reveal())
		cmd.Stdout, cmd.Stderr = &seen, &seen
		_ = cmd.Run() // some of them fail, and say so
		cancel()
	}
	env := append(p.environ(), "MCP_BRIDGE_CLIENT_AUTHORIZATION=Bearer "+api.Credential(demo.ClientUser).Reveal())
	var said bytes.Buffer // read after the server has ended
	c, _, err := demo.Connect(context.Background(), binary(t), []string{"serve", "-v"}, env, &said)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range demo.Steps() {
		r, err := c.Call(context.Background(), step.Tool, step.Arguments)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range r.Content {
			seen.WriteString(item.Text)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	seen.Write(said.Bytes())
	if api.Leaks(seen.String()) {
		t.Errorf("a credential was shown in\n%s", tail(seen.String()))
	}
	err = filepath.WalkDir(p.home, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && api.Leaks(string(data)) {
			t.Errorf("a credential stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestInspector: MCP Inspector lists and calls with the six variables that clients
// give.
func TestInspector(t *testing.T) {
	p, _ := library(t)
	if out := p.inspect("--method", "tools/list"); !strings.Contains(out, `"find_books"`) || !strings.Contains(out, `"readOnlyHint": true`) {
		t.Errorf("list: %s", out)
	}
	if out := p.inspect("--method", "tools/call", "--tool-name", "find_books", "--tool-arg", "query=whale"); !strings.Contains(out, "9007199254740995") {
		t.Errorf("call: %s", out)
	}
}

// TestTypeScriptClient calls every tool of the sample API through the official SDK.
func TestTypeScriptClient(t *testing.T) {
	p, api := library(t)
	s := p.typescript()
	for _, step := range demo.Steps() {
		if step.Tool == "my_account" {
			continue // this client hands nothing over
		}
		// JavaScript has no such integers: a model behind this client sends them as text.
		got := s.call(step.Tool, strings.ReplaceAll(string(step.Arguments), ":9007199254740993", `:"9007199254740993"`))
		if got.IsError != step.Fails || api.Leaks(got.text()) {
			t.Errorf("%s: %+v", step.Tool, got)
		}
	}
	if got := s.call("cover", "{}"); len(got.Content) != 1 || got.Content[0].Type != "image" || got.Content[0].MIMEType != "image/png" {
		t.Errorf("a picture: %+v", got)
	}
	if err := s.in.Close(); err != nil {
		t.Fatal(err)
	}
	if closed := string(s.next("closed")); len(closed) > 3 {
		t.Errorf("the server took %s ms to end", closed)
	}
}

// TestDemo is the README's first command.
func TestDemo(t *testing.T) {
	p := &person{t: t, home: t.TempDir()}
	out := p.run("", "demo", "--no-browser")
	for _, want := range []string{"8 tools", "X-Library-Key: [secret]", "desk=[secret]", "Authorization: Basic [secret]", "nothing was sent",
		"signed in as ada@example.test", `"reader":"ada"`, "renewed 1 token", "taken the tokens back", "files are gone"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if left, err := os.ReadDir(p.home); err != nil || len(left) != 0 {
		t.Errorf("left in the home: %v %v", left, err)
	}
}

// TestSecretService stores, uses and forgets a credential in a real keyring, with no
// more than the six variables and the runtime folder that a login session has; and
// says what is wrong with a keyring that is locked, frozen or absent.
func TestSecretService(t *testing.T) {
	api, err := demo.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	for _, c := range []struct {
		state keychaintest.State
		code  int
	}{{keychaintest.Unlocked, 0}, {keychaintest.Locked, 6}, {keychaintest.Frozen, 6}, {keychaintest.Absent, 6}} {
		t.Run(string(c.state), func(t *testing.T) {
			env := keychaintest.SecretService(t, c.state)
			p := &person{t: t, home: t.TempDir()}
			p.write(".mcp-bridge/profiles/library.toml", api.Profile())
			run := func(stdin string, args ...string) (string, int) {
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
				defer cancel()
				cmd := exec.CommandContext(ctx, binary(t), args...)
				cmd.Env, cmd.Stdin = append(p.environ(), env...), strings.NewReader(stdin)
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &out
				_ = cmd.Run()
				return out.String(), cmd.ProcessState.ExitCode()
			}
			started := time.Now()
			if out, code := run(api.Credential(demo.HeaderKey).Reveal(), "login", "library", "--scheme", "headerKey", "--with-token"); code != c.code {
				t.Fatalf("login: exit %d\n%s", code, out)
			}
			out, code := run("", "call", "find_books", "--profile", "library", "--arg", "query=sea")
			if code != c.code || c.code == 0 && !strings.Contains(out, "2 found") || c.code == 6 && strings.Contains(out, "login library") {
				t.Errorf("call: exit %d\n%s", code, out)
			}
			if out, code := run("", "status", "--json"); code != c.code || !strings.Contains(out, map[int]string{0: `"signed-in"`, 6: `"unavailable"`}[c.code]) {
				t.Errorf("status: exit %d\n%s", code, out)
			}
			if out, code := run("", "logout", "library"); code != c.code || c.code == 0 && !strings.Contains(out, "forgot") {
				t.Errorf("logout: exit %d\n%s", code, out)
			}
			if c.code == 0 {
				if out, code := run("", "call", "find_books", "--profile", "library", "--arg", "query=sea"); code != 4 {
					t.Errorf("after logout: exit %d\n%s", code, out)
				}
			}
			if took := time.Since(started); took > 25*time.Second { // four commands, at most 6 s each
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestReleaseConfiguration decodes goreleaser.yaml: six targets, no cgo, checksums.
func TestReleaseConfiguration(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	root, _, err := doc.ParseYAML("goreleaser.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if root.At("version").Text != "2" || root.At("checksum.algorithm").Text != "sha256" || root.At("builds[0].env[0]").Text != "CGO_ENABLED=0" {
		t.Error("the version, the checksums or cgo are wrong")
	}
	texts := func(path string) (out []string) {
		for _, n := range root.At(path).Items {
			out = append(out, n.Text)
		}
		return out
	}
	if !slices.Equal(texts("builds[0].goos"), []string{"linux", "darwin", "windows"}) || !slices.Equal(texts("builds[0].goarch"), []string{"amd64", "arm64"}) {
		t.Error("the targets are wrong")
	}
	flags := strings.Join(texts("builds[0].ldflags"), " ")
	for _, name := range []string{"main.version", "main.commit", "main.date"} {
		if !strings.Contains(flags, name) {
			t.Errorf("%s is not set", name)
		}
	}
	if main := root.At("builds[0].main").Text; main != "./cmd/mcp-bridge" {
		t.Error(main)
	}
}

// TestBrokenProfileHeals: a server that starts with a profile that is missing or broken
// says so, and has the tools as soon as it is fixed: also when what was wrong lies in
// another file.
func TestBrokenProfileHeals(t *testing.T) {
	const good = "[server]\nname = \"x\"\n[[tools]]\nname = \"hello\"\n[tools.responseTemplate]\nbody = \"hello\"\n"
	for name, c := range map[string]struct {
		before map[string]string
		fix    string
		text   string
	}{
		"missing":             {nil, "profiles/x.toml", good},
		"broken":              {map[string]string{"profiles/x.toml": "[server\n"}, "profiles/x.toml", good},
		"empty name":          {map[string]string{"profiles/x.toml": "[[tools]]\n"}, "profiles/x.toml", good},
		"extends what is not": {map[string]string{"profiles/x.toml": "extends = \"../y.toml\"\n"}, "y.toml", good},
		"document is missing": {map[string]string{"profiles/x.toml": "[server]\nname = \"x\"\n[openapi]\nsource = \"d.yaml\"\n"}, "profiles/d.yaml",
			"openapi: 3.0.0\ninfo: {title: x, version: '1'}\nservers: [{url: https://api.example.com}]\npaths: {/x: {get: {operationId: hello, responses: {}}}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			for file, text := range c.before {
				p.write(".mcp-bridge/"+file, text)
			}
			s := p.typescript("serve", "--profile", "x")
			if got := s.names(); len(got) != 0 {
				t.Fatal(got)
			}
			if got := s.call("hello", "{}"); !got.IsError || !strings.Contains(got.text(), "mcp-bridge ") {
				t.Errorf("%+v", got)
			}
			p.write(".mcp-bridge/"+c.fix, c.text)
			s.next("changed")
			if got := s.names(); !slices.Contains(got, "hello") {
				t.Error(got)
			}
		})
	}
}
