package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// evil is what a document may say to move the cursor, set the title or turn the direction
// of a terminal: ESC, OSC, the C1 forms of both, backspace, bidi, and invisible tags.
const evil = "\x1b[2J\x1b]0;gone\x07\u009b31m\u009d0;x\u009c\b\u202e\u2066\u200b\U000E0041\x7f"

// hostileDocument has evil in every name, title and text.
func hostileDocument(t *testing.T) string {
	t.Helper()
	e := func(s string) string { return s + evil }
	op := func(id, scheme string) map[string]any {
		return map[string]any{"operationId": e(id), "summary": e("sum"), "description": e("about"), "tags": []string{e("tag")},
			"security":   []any{map[string]any{e(scheme): []string{}}},
			"parameters": []any{map[string]any{"name": e("q"), "in": "query", "description": e("q"), "schema": map[string]any{"type": "string", "enum": []string{e("a"), "b"}}}},
			"responses":  map[string]any{"200": map[string]any{"description": e("ok")}}}
	}
	doc := map[string]any{"openapi": "3.0.3", "info": map[string]any{"title": "evil " + evil, "version": e("1"), "description": e("d")},
		"servers": []any{map[string]any{"url": "https://api.example.com/" + evil}},
		"tags":    []any{map[string]any{"name": e("tag"), "description": e("t")}},
		"components": map[string]any{"securitySchemes": map[string]any{
			e("key"):  map[string]any{"type": "apiKey", "in": "header", "name": "X-Key", "description": e("k")},
			e("pw"):   map[string]any{"type": "oauth2", "flows": map[string]any{"password": map[string]any{"tokenUrl": e("https://a.example/"), "scopes": map[string]any{e("s"): e("s")}}}},
			e("http"): map[string]any{"type": "http", "scheme": e("odd")},
			e("type"): map[string]any{"type": e("odd")}}},
		"paths": map[string]any{e("/a"): map[string]any{"get": op("one", "key"), "post": op("two", "pw"), "put": op("three", "nowhere")},
			e("/b"): map[string]any{"get": map[string]any{"operationId": e("broken"), "parameters": []any{map[string]any{"$ref": e("#/nowhere")}}, "responses": map[string]any{}},
				"delete": op("one", "http"), "patch": op("five", "type")}},
		e("x-more"): e("more")}
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "evil.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestNothingMovesTheTerminal: no command prints a document's or a backend's hidden
// characters, on standard output or standard error, in words or in JSON.
func TestNothingMovesTheTerminal(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte("no " + evil))
	}))
	defer backend.Close()
	p, file := newPerson(t), hostileDocument(t)
	p.run("", "add", file, "--name", "evil", "--base-url", backend.URL)
	var tools []struct{ Name string }
	out := p.run("", "tools", "evil", "--json")
	if err := json.Unmarshal([]byte(out), &tools); err != nil || len(tools) == 0 {
		t.Fatalf("%v: %s", err, out)
	}
	tool, scheme := tools[0].Name, "key"+evil
	copied := filepath.Join(t.TempDir(), "copy.toml")
	text, err := os.ReadFile(filepath.Join(p.home, ".mcp-bridge/profiles/evil.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, append(text, "\n[server]\n"...), 0o600); err != nil { // a broken one
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"add", file, "--name", "evil2", "--json"}, {"add", file}, {"add", file, "--include-tag", "tog"}, {"add", file, "--force", "--name", "evil"},
		{"add", "evil", "--update"}, {"add", "evil", "--update", "--json"}, {"check", "evil"}, {"check", "evil", "--json"}, {"check", copied},
		{"tools", "evil"}, {"tools", "evil", "--json"}, {"tools", "evil", "--tokens"}, {"tools", "evil", "--client"},
		{"call", tool, "--profile", "evil"}, {"call", tool, "--profile", "evil", "--json"}, {"call", tool, "--profile", "evil", "--dry-run"},
		{"call", tool, "--profile", "evil", "--dry-run", "--json"}, {"call", tool, "--profile", "evil", "--arg", "nosuch=1"}, {"call", tool, "--profile", "evil", "--arg", "q=x"},
		{"call", "one" + evil, "--profile", "evil"}, {"login", "evil"}, {"login", "evil", "--scheme", scheme, "--with-token"}, {"login", "evil", "--scheme", "pw" + evil},
		{"login", "evil", "--scheme", "nosuch"}, {"status"}, {"status", "--json"}, {"logout", "evil"}, {"logout", "evil", "--scheme", scheme}, {"use", "evil"}, {"use", "evil/x"},
		{"profiles"}, {"profiles", "list", "--json"}, {"install", "cursor", "--profile", "evil", "--print"}, {"__complete", "call", ""}, {"__complete", "call", "--profile", "evil", ""},
		{"use", evil}, {evil}, {"add", "/nosuch/" + evil}, {"--profile", evil, "tools"}, {"version"}, {"keychain", "status"},
		{"add", "evil", "--update", "--auth", "bearer"}, {"call", tool, "--profile", "evil"}, {"profiles", "remove", "evil", "--yes"},
	} {
		var stdout, stderr bytes.Buffer
		cmd := exec.CommandContext(t.Context(), binary(t), args...)
		cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.environ(), strings.NewReader("token-123456\n"), &stdout, &stderr
		_ = cmd.Run() // many fail: what they print is what matters
		for where, s := range map[string]string{"stdout": stdout.String(), "stderr": stderr.String()} {
			for _, r := range s {
				if plaintext.IsHidden(r) || r == '\r' {
					t.Errorf("%q prints %U on %s:\n%q", args, r, where, s)
					break
				}
			}
		}
	}
}
