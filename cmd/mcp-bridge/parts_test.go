package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// need skips a test whose real part is missing, or fails it where all parts must
// be there.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		missing(t, program+" is not installed")
	}
	return path
}

func missing(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mcp-bridge-test-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "mcp-bridge")
	out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

// binary builds the program once, as a release does.
func binary(t *testing.T) string {
	t.Helper()
	file, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// person is somebody with a home of their own and an encrypted file store.
type person struct {
	t    *testing.T
	home string
	more []string // variables beyond the six
}

func newPerson(t *testing.T) *person {
	t.Helper()
	p := &person{t: t, home: t.TempDir()}
	p.write(".mcp-bridge/config.toml", "keychain = \"file\"\nkeyFile = \"key\"\nbrowser = \"none\"\n")
	p.run("", "keychain", "new-key", filepath.Join(p.home, ".mcp-bridge", "key"))
	return p
}

// environ is what clients give to servers: six variables.
func (p *person) environ() []string {
	six := []string{"HOME=" + p.home, "LOGNAME=ada", "USER=ada", "SHELL=/bin/sh", "TERM=dumb", "PATH=" + os.Getenv("PATH")}
	return append(six, p.more...)
}

func (p *person) write(rel, text string) string {
	p.t.Helper()
	file := filepath.Join(p.home, rel)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return file
}

// run runs one command and returns its standard output.
func (p *person) run(stdin string, args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(p.t), args...)
	cmd.Env, cmd.Stdin = p.environ(), strings.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("mcp-bridge %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), said.String())
	}
	return out.String()
}

// sdk is the official TypeScript client with a server of ours behind it.
type sdk struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan map[string]json.RawMessage
}

// nodeModules is where .ci/run installs the independent clients.
func nodeModules(t *testing.T) string {
	t.Helper()
	need(t, "node")
	dir, err := filepath.Abs(filepath.Join("..", "..", ".ci", "node"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@modelcontextprotocol", "sdk")); err != nil {
		missing(t, "the TypeScript SDK is not installed: npm ci in .ci/node")
	}
	return dir
}

// typescript starts the server below the official TypeScript client, which gives
// it the environment that it gives to all.
func (p *person) typescript(args ...string) *sdk {
	p.t.Helper()
	return p.typescriptAsked("", args...)
}

// typescriptAsked is a client that can ask its person: elicit says what it declares
// and what the person answers, as client.mjs reads it.
func (p *person) typescriptAsked(elicit string, args ...string) *sdk {
	p.t.Helper()
	dir := nodeModules(p.t)
	cmd := exec.Command("node", append([]string{filepath.Join(dir, "client.mjs"), binary(p.t)}, args...)...)
	cmd.Env, cmd.Stderr = p.environ(), os.Stderr
	if elicit != "" {
		cmd.Env = append(cmd.Env, "ELICIT="+elicit)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	s := &sdk{t: p.t, cmd: cmd, in: in, lines: make(chan map[string]json.RawMessage, 100)}
	go func() {
		defer close(s.lines)
		r := bufio.NewScanner(out)
		r.Buffer(nil, 64<<20)
		for r.Scan() {
			var m map[string]json.RawMessage
			if json.Unmarshal(r.Bytes(), &m) == nil {
				s.lines <- m
			}
		}
	}()
	p.t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	s.next("ok")
	return s
}

// next waits for the next line that has the given member.
func (s *sdk) next(member string) json.RawMessage {
	s.t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case m, ok := <-s.lines:
			if !ok {
				s.t.Fatalf("the client ended before %s", member)
			}
			if m["transportError"] != nil {
				s.t.Fatalf("the client says %s", m["transportError"])
			}
			if v, ok := m[member]; ok {
				return v
			}
			if m["error"] != nil {
				s.t.Fatalf("the client says %s", m["error"])
			}
		case <-limit:
			s.t.Fatalf("no %s in 30 s", member)
		}
	}
}

func (s *sdk) do(step string) json.RawMessage {
	s.t.Helper()
	if _, err := io.WriteString(s.in, step+"\n"); err != nil {
		s.t.Fatal(err)
	}
	return s.next("ok")
}

// called is the result of a tool as the client hands it on.
type called struct {
	Content []struct {
		Type, Text, MIMEType, Data string
	} `json:"content"`
	Structured json.RawMessage            `json:"structuredContent"`
	IsError    bool                       `json:"isError"`
	Meta       map[string]json.RawMessage `json:"_meta"`
}

func (c called) text() string {
	var b strings.Builder
	for _, item := range c.Content {
		b.WriteString(item.Text)
	}
	return b.String()
}

func (s *sdk) call(tool, arguments string) called {
	s.t.Helper()
	var c called
	raw := s.do(fmt.Sprintf(`{"method":"call","params":{"name":%q,"arguments":%s}}`, tool, arguments))
	if err := json.Unmarshal(raw, &c); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *sdk) names() []string {
	s.t.Helper()
	var list struct{ Tools []struct{ Name string } }
	if err := json.Unmarshal(s.do(`{"method":"list"}`), &list); err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, t := range list.Tools {
		out = append(out, t.Name)
	}
	return out
}

// inspect makes one call with MCP Inspector's command line.
func (p *person) inspect(args ...string) string {
	p.t.Helper()
	dir := nodeModules(p.t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{filepath.Join(dir, "node_modules/@modelcontextprotocol/inspector/cli/build/cli.js"), "--cli", binary(p.t), "serve"}, args...)...)
	cmd.Env = p.environ()
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("inspector %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), said.String())
	}
	return out.String()
}

// freePort returns an address of 127.0.0.1 that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// background starts a real server and ends it with the test.
func background(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, tail(said.String()))
		}
	})
}

func tail(s string) string {
	if len(s) > 4000 {
		s = s[len(s)-4000:]
	}
	return s
}

// waitFor waits until something listens at the address.
func waitFor(t *testing.T, addr string) {
	t.Helper()
	for range 300 {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("nothing listens at %s", addr)
}
