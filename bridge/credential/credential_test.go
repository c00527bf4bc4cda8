package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

const origin = "https://api.example.com"

// house is a home with an encrypted file store and a profile in it.
type house struct {
	t     testing.TB
	home  *home.Home
	store keychain.Store
	dir   string
}

func newHouse(t testing.TB) *house {
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
	return &house{t, h, store, dir}
}

// resolver reads a profile whose one scheme has the given default credential.
func (h *house) resolver(reference, account string, environ ...string) (*Resolver, *profiles.SecurityScheme) {
	h.t.Helper()
	if reference != "" {
		reference = "defaultCredential = " + reference
	}
	file := filepath.Join(h.dir, "p.toml")
	text := fmt.Sprintf("[server]\nname = \"p\"\n[[server.securitySchemes]]\nid = \"s\"\ntype = \"http\"\nscheme = \"bearer\"\n%s\n"+
		"[[tools]]\nname = \"t\"\n[tools.requestTemplate]\nurl = \"https://api.example.com/\"\nmethod = \"GET\"\nsecurity = { id = \"s\" }\n", reference)
	p, _, err := profiles.Load(file, []byte(text), profiles.Options{Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		h.t.Fatal(err)
	}
	r := New(Options{Profile: p, Account: account, Home: h.home, Store: h.store, Environ: environ})
	return r, &p.Server.SecuritySchemes[0]
}

func requirement(s *profiles.SecurityScheme) tool.Requirement {
	return tool.Requirement{Scheme: s, Record: s.ID}
}

func reason(t *testing.T, err error) Reason {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	return e.Reason
}

func TestReferences(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are those of Unix")
	}
	h := newHouse(t)
	for name, text := range map[string]string{"token": "from-file\n", "empty": "\n", "two": "first\nsecond\n"} {
		if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(h.dir, "big"), make([]byte, maxCredential+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ reference, value, store, fault string }{
		{`"in-the-profile"`, "in-the-profile", "literal", ""},
		{`{ env = "TOKEN" }`, "from-env", "env", ""},
		{`{ env = "UNSET" }`, "", "", "UNSET is not set"},
		{`{ env = "EMPTY" }`, "", "", "EMPTY is not set"},
		{`{ file = "token" }`, "from-file", "file", ""},
		{`{ file = "two" }`, "", "", "line break in it"},
		{`{ file = "empty" }`, "", "", "is empty"},
		{`{ file = "absent" }`, "", "", "no such file"},
		{`{ file = "." }`, "", "", "not a regular file"},
		{`{ file = "big" }`, "", "", "larger than 64 KiB"},
		{`{ command = ["sh", "-c", "echo from-command; echo second"] }`, "from-command", "command", ""},
		{`{ command = ["sh", "-c", "echo secret-on-stdout; exit 3"] }`, "", "", "exit status 3"},
		{`{ command = ["true"] }`, "", "", "printed nothing"},
		{`{ command = ["no-such-program-at-all"] }`, "", "", "no-such-program-at-all"},
		{`{ command = ["sh", "-c", "echo $TOKEN$MCP_BRIDGE_CLIENT_AUTHORIZATION:$KEPT"] }`, "from-env:kept", "command", ""},
		{`{ command = ["sh", "-c", "yes x | tr -d '\\n' | head -c 1000000"] }`, strings.Repeat("x", maxCredential), "command", ""},
	} {
		r, s := h.resolver(c.reference, "", "TOKEN=from-env", "EMPTY=", "KEPT=kept", "MCP_BRIDGE_CLIENT_AUTHORIZATION=Bearer x", "PATH="+os.Getenv("PATH"))
		u, err := r.Resolve(context.Background(), requirement(s), origin)
		if c.fault == "" {
			if err != nil || u.Value.Reveal() != c.value || u.Store != c.store || u.Scheme != s {
				t.Errorf("%s: %.80q (%d bytes) from %s, %v", c.reference, u.Value.Reveal(), len(u.Value.Reveal()), u.Store, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.fault) || reason(t, err) != Missing {
			t.Errorf("%s: %v, want %s", c.reference, err, c.fault)
		}
		if strings.Contains(err.Error(), "secret-on-stdout") {
			t.Errorf("%s: the error holds what the command printed", c.reference)
		}
		var e *Error
		if errors.As(err, &e) && e.Hint() == "" {
			t.Errorf("%s: no hint", c.reference)
		}
	}
}

// TestCommandHidesTheProfilesVariables: a command does not see the credentials of
// other schemes.
func TestChildEnvironment(t *testing.T) {
	h := newHouse(t)
	r, _ := h.resolver(`{ env = "TOKEN" }`, "")
	got := ChildEnvironment([]string{"TOKEN=x", "HOME=/h", "MCP_BRIDGE_CLIENT_QUERY_KEY=y", "MCP_BRIDGE_HOME=/m"}, r.o.Profile)
	if !slices.Equal(got, []string{"HOME=/h", "MCP_BRIDGE_HOME=/m"}) {
		t.Error(got)
	}
}

func TestReferencesNeedAPrivateFile(t *testing.T) {
	h := newHouse(t)
	r, s := h.resolver(`{ env = "TOKEN" }`, "", "TOKEN=x")
	shared := *r.o.Profile
	shared.Private = false
	r.o.Profile = &shared
	_, err := r.Resolve(context.Background(), requirement(s), origin)
	if err == nil || reason(t, err) != Missing || !strings.Contains(err.Error(), "not yours alone") {
		t.Error(err)
	}
	if err := r.Save(context.Background(), "s", "s", secret.New("kept-secret"), []string{origin}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Stored(context.Background(), s, "s", origin); err == nil || !strings.Contains(err.Error(), "not yours alone") {
		t.Error(err)
	}
}

func TestKeychainRecords(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	r, s := h.resolver(`{ keychain = true }`, "")
	req := requirement(s)
	_, err := r.Resolve(ctx, req, origin)
	if err == nil || reason(t, err) != Missing {
		t.Fatal(err)
	}
	var e *Error
	if errors.As(err, &e); e.Hint() != "type: mcp-bridge login p --scheme s" {
		t.Error(e.Hint())
	}
	if err := r.Save(ctx, "s", "s", secret.New("kept-secret"), []string{origin}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []string{origin, "https://API.example.com:443", "https://api.example.com"} {
		if u, err := r.Resolve(ctx, req, o); err != nil || u.Value.Reveal() != "kept-secret" || u.Store != "file" {
			t.Errorf("%s: %v", o, err)
		}
	}
	for _, o := range []string{"https://evil.example", "http://api.example.com", "https://api.example.com:8443", "https://api.example.com.evil", ""} {
		if _, err := r.Resolve(ctx, req, o); err == nil || reason(t, err) != SignInNeeded {
			t.Errorf("%s: %v", o, err)
		}
	}
	// Another account, another profile and another home have nothing.
	other, os1 := h.resolver(`{ keychain = true }`, "work")
	if _, err := other.Resolve(ctx, requirement(os1), origin); err == nil || reason(t, err) != Missing {
		t.Error(err)
	} else if errors.As(err, &e); !strings.HasSuffix(e.Hint(), "--account work") {
		t.Error(e.Hint())
	}
	r.o.Identity = "q"
	if _, err := r.Resolve(ctx, req, origin); err == nil || reason(t, err) != Missing {
		t.Error(err)
	}
	r.o.Identity = "p"
	if state, err := r.Look(ctx, "s"); state != SignedIn || err != nil {
		t.Error(state, err)
	}
	index, err := h.home.ReadIndex()
	if err != nil || len(index.Entries) != 1 || index.Entries[0].Record != "s" || !slices.Equal(index.Entries[0].Origins, []string{origin}) {
		t.Error(index, err)
	}
	// Nothing on disk holds the secret.
	_ = filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if data, readErr := os.ReadFile(path); readErr == nil && strings.Contains(string(data), "kept-secret") {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err := r.Forget(ctx, "s"); err != nil {
		t.Fatal(err)
	}
	if state, err := r.Look(ctx, "s"); state != SignedOut || err != nil {
		t.Error(state, err)
	}
	if index, _ := h.home.ReadIndex(); len(index.Entries) != 0 {
		t.Error(index)
	}
}

// TestKeychainTrouble: a keychain that cannot be read is never taken for being
// signed out.
func TestKeychainTrouble(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	r, s := h.resolver("", "")
	if err := r.Save(ctx, "s", "s", secret.New("kept-secret"), []string{origin}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(h.dir, "key")); err != nil {
		t.Fatal(err)
	}
	_, err := r.Resolve(ctx, requirement(s), origin)
	var e *Error
	if !errors.As(err, &e) || e.Reason != KeychainUnavailable || !strings.Contains(e.Hint(), "new-key") {
		t.Errorf("%v", err)
	}
	if state, err := r.Look(ctx, "s"); state != Unavailable || err == nil {
		t.Error(state, err)
	}
	if _, err := Delete(ctx, h.home, h.store, r.Key("s")); err == nil {
		t.Error("forgotten although the keychain cannot be asked")
	}
	if index, _ := h.home.ReadIndex(); len(index.Entries) != 1 {
		t.Error("the index forgot it")
	}
}

// TestCommandRunsOnce: calls at once share one run, its result is kept until a
// backend rejects it, and a result of just now is not made again.
func TestCommandRunsOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is one of Unix")
	}
	h := newHouse(t)
	log := filepath.Join(h.dir, "runs")
	r, s := h.resolver(fmt.Sprintf(`{ command = ["sh", "-c", "echo x >> %s; sleep 0.1; echo token-$(wc -l < %s)"] }`, log, log), "", "PATH="+os.Getenv("PATH"))
	done := make(chan Usable)
	for range 8 {
		go func() {
			u, err := r.Resolve(context.Background(), requirement(s), origin)
			if err != nil {
				t.Error(err)
			}
			done <- u
		}()
	}
	var u Usable
	for range 8 {
		u = <-done
	}
	if data, _ := os.ReadFile(log); len(data) != 2 || !strings.HasPrefix(u.Value.Reveal(), "token-") {
		t.Fatalf("%q, %q", data, u.Value.Reveal())
	}
	if r.Rejected(context.Background(), u) {
		t.Error("a result of just now would be made again")
	}
	for _, kept := range r.commands {
		kept.at = time.Now().Add(-time.Minute)
	}
	if !r.Rejected(context.Background(), u) {
		t.Error("an old result is kept")
	}
	if again, err := r.Resolve(context.Background(), requirement(s), origin); err != nil || again.Value.Reveal() == u.Value.Reveal() {
		t.Errorf("%q, %v", again.Value.Reveal(), err)
	}
	if r.Rejected(context.Background(), Usable{Store: "env"}) {
		t.Error("a variable does not change")
	}
}

func TestWaitingForACommandEndsWithTheCall(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is one of Unix")
	}
	h := newHouse(t)
	r, s := h.resolver(`{ command = ["sleep", "5"] }`, "", "PATH="+os.Getenv("PATH"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Resolve(ctx, requirement(s), origin); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestOrigin(t *testing.T) {
	for raw, want := range map[string]string{
		"https://API.Example.com/x?y": "https://api.example.com",
		"https://a:443":               "https://a",
		"https://a:8443/":             "https://a:8443",
		"http://127.0.0.1:80":         "http://127.0.0.1",
		"http://[::1]:8080/a":         "http://[::1]:8080",
		"ftp://a":                     "",
		"//a":                         "",
		"":                            "",
		"::":                          "",
	} {
		if got := outbound.Origin(raw); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

func TestLoginCommandIsQuoted(t *testing.T) {
	if got := LoginCommand("/a b/p.toml", "tool:x y", "o'b"); got != `mcp-bridge login '/a b/p.toml' --scheme 'tool:x y' --account 'o'\''b'` {
		t.Error(got)
	}
}
