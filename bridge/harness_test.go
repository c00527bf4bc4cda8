package bridge

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

const canary = "canary-5eCret/+value"

// rig is a Bridge with a profile of its own, and everything that was logged.
type rig struct {
	*Bridge
	t        testing.TB
	resolver *credential.Resolver
	log      *bytes.Buffer
	key      string // the keychain's key file
	text     string // of the profile
	home     *home.Home
	store    keychain.Store
}

// newRig builds a Bridge over a profile. In the text, BASE stands for the address.
func newRig(t testing.TB, base, text string, environ ...string) *rig {
	t.Helper()
	return newRigWith(t, base, text, nil, environ...)
}

// newRigWith is newRig with tools that were imported.
func newRigWith(t testing.TB, base, text string, imported []*tool.Tool, environ ...string) *rig {
	t.Helper()
	dir := t.TempDir()
	h, err := home.Open(filepath.Join(dir, "home"))
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "key")
	if err := keychain.NewKey(key); err != nil {
		t.Fatal(err)
	}
	store, err := keychain.Open(keychain.Settings{Kind: keychain.KindFile, KeyFile: key}, h, keychain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if text = strings.ReplaceAll(text, "BASE", base); strings.Contains(text, "[server]\n") {
		text = strings.Replace(text, "[server]\n", "[server]\nname = \"p\"\n", 1)
	} else {
		text = "[server]\nname = \"p\"\n" + text
	}
	p, _, err := profiles.Load(filepath.Join(dir, "p.toml"), []byte(text), profiles.Options{
		Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		t.Fatal(err)
	}
	if p.Server.BaseURL == "" { // the person names the host of what is imported
		p.Server.BaseURL = base
	}
	set, err := tool.CompileWith(p, imported)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, log: &bytes.Buffer{}, key: key, text: text, home: h, store: store}
	r.resolver = credential.New(credential.Options{Profile: p, Home: h, Store: store, Environ: environ})
	r.Bridge = New(Options{Set: set, Resolver: r.resolver, Version: "1", Environ: environ, Profile: "p",
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	t.Cleanup(r.Close)
	return r
}

// newRigAt builds a Bridge over another profile, with what r has stored.
func newRigAt(t testing.TB, r *rig, text string) *Bridge {
	t.Helper()
	p, _, err := profiles.Load(filepath.Join(t.TempDir(), "p.toml"), []byte(text), profiles.Options{
		Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		t.Fatal(err)
	}
	set, err := tool.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	b := New(Options{Set: set, Resolver: credential.New(credential.Options{Profile: p, Home: r.home, Store: r.store}), Profile: "p"})
	t.Cleanup(b.Close)
	return b
}

// get calls a tool and holds that the canary is nowhere.
func (r *rig) get(name, arguments string) *result.Result {
	r.t.Helper()
	return r.calls(context.Background(), Call{Tool: name, Arguments: json.RawMessage(arguments)})
}

func (r *rig) calls(ctx context.Context, c Call) *result.Result {
	r.t.Helper()
	out := r.Call(ctx, c)
	text, err := json.Marshal(out)
	if err != nil {
		r.t.Fatal(err)
	}
	if strings.Contains(string(text), canary) || strings.Contains(r.log.String(), canary) {
		r.t.Errorf("the credential was shown:\n%s\n%s", text, r.log.String())
	}
	return out
}

// fails holds that a call fails in one way and says something.
func (r *rig) fails(name, arguments string, kind result.Kind, says string) *result.Result {
	r.t.Helper()
	out := r.get(name, arguments)
	if !out.IsError || out.Kind != kind || !strings.Contains(all(out), says) {
		r.t.Errorf("%s: %s %v, want %s with %q", name, out.Kind, all(out), kind, says)
	}
	return out
}

// works holds that a call succeeds with a text.
func (r *rig) works(name, arguments, says string) {
	r.t.Helper()
	if out := r.get(name, arguments); out.IsError || !strings.Contains(all(out), says) {
		r.t.Errorf("%s: %s %v, want %q", name, out.Kind, all(out), says)
	}
}

func all(r *result.Result) string {
	var b strings.Builder
	for _, c := range r.Content {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

func (r *rig) save(scheme, value string, origins ...string) {
	r.t.Helper()
	if err := r.resolver.Save(context.Background(), scheme, scheme, secret.New(value), origins); err != nil {
		r.t.Fatal(err)
	}
}

// toolTOML is one GET tool for each name, at the path of the same name.
func toolTOML(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "[[tools]]\nname = %q\n[tools.requestTemplate]\nurl = \"BASE/%s\"\nmethod = \"GET\"\n", n, n)
	}
	return b.String()
}

const bearer = `
[server.defaultUpstreamSecurity]
id = "key"
[[server.securitySchemes]]
id = "key"
type = "http"
scheme = "bearer"
defaultCredential = "` + canary + `"
`

// echo answers with everything that it got.
func echo(w http.ResponseWriter, r *http.Request) {
	body := new(bytes.Buffer)
	_, _ = body.ReadFrom(r.Body)
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%s %s\n", r.Method, r.URL)
	_ = r.Header.Write(w)
	fmt.Fprintf(w, "\n%s", body)
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func secretOf(s string) secret.Value { return secret.New(s) }

func marshalKey(key any) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(key) }
