package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/demo"
)

// BenchmarkServe makes whole calls as a client does: through pipes, the program, and
// a backend on loopback. BenchmarkServeDirect makes the same request with net/http.
func BenchmarkServe(b *testing.B) {
	api, err := demo.Start()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = api.Close() }()
	file, err := buildOnce()
	if err != nil {
		b.Fatal(err)
	}
	home := b.TempDir()
	profile := strings.Replace(api.Profile(), "defaultCredential = { keychain = true }",
		"defaultCredential = "+quoted(api.Credential(demo.HeaderKey).Reveal()), 1)
	path := filepath.Join(home, "library.toml")
	if err := os.WriteFile(path, []byte(profile), 0o600); err != nil {
		b.Fatal(err)
	}
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	c, _, err := demo.Connect(context.Background(), file, []string{"serve", "--profile", path}, env, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for b.Loop() {
		r, err := c.Call(context.Background(), "find_books", json.RawMessage(`{"query":"sea"}`))
		if err != nil || r.IsError {
			b.Fatal(err, r)
		}
	}
}

// BenchmarkServeDirect is the yardstick of BenchmarkServe.
func BenchmarkServeDirect(b *testing.B) {
	api, err := demo.Start()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = api.Close() }()
	for b.Loop() {
		req, err := http.NewRequest(http.MethodGet, api.URL()+"/books?query=sea&limit=10", nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("X-Library-Key", api.Credential(demo.HeaderKey).Reveal())
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
}

func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}
