package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/keychain/keychaintest"
	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// withKeyring is a person whose credentials are in a real keyring.
func withKeyring(t *testing.T, s *keychaintest.Service, o oauthtest.Options) *signer {
	t.Helper()
	return signerWith(t, o, &person{t: t, home: t.TempDir(), more: s.Env}, "")
}

const staticKey = `[[server.securitySchemes]]
id = "key"
type = "apiKey"
in = "header"
name = "X-Key"
[[tools]]
name = "keyed"
[tools.requestTemplate]
url = "/whoami"
method = "GET"
security = { id = "key" }
`

// attempt is what became of one command.
type attempt struct {
	name, out string
	code      int
	took      time.Duration
}

// attempts runs commands at once. Standard input of all is the given text.
func (p *person) attempts(stdin string, commands ...string) []attempt {
	out := make([]attempt, len(commands))
	var group sync.WaitGroup
	for i, command := range commands {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, binary(p.t), strings.Fields(command)...)
			cmd.Env, cmd.Stdin = p.environ(), strings.NewReader(stdin)
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &said, &said
			began := time.Now()
			_ = cmd.Run()
			out[i] = attempt{command, said.String(), cmd.ProcessState.ExitCode(), time.Since(began)}
		})
	}
	group.Wait()
	return out
}

// TestRowK5: with a keyring that does not answer every command that needs it says so
// within 6 s, with exit code 6 and what to do, and never that the person is signed out;
// what needs no keyring works.
func TestRowK5(t *testing.T) {
	t.Parallel()
	for _, state := range []keychaintest.State{keychaintest.Locked, keychaintest.Frozen, keychaintest.Absent, keychaintest.NoBus, keychaintest.DeadBus} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			good := keychaintest.Start(t, keychaintest.Unlocked)
			r := withKeyring(t, good, oauthtest.Options{Set: func(b *oauthtest.Behaviour) { b.API.Open = true }})
			r.profile("api", r.API(), r.public(), staticKey)
			r.login()
			r.run("key-canary-4711", "login", "api", "--scheme", "key", "--with-token")
			r.run("", "call", "whoami")
			r.run("", "call", "keyed")
			switch state {
			case keychaintest.Locked:
				good.Lock(t)
			case keychaintest.Frozen:
				good.Freeze(t)
				t.Cleanup(func() { good.Thaw(t) })
			default:
				r.more = keychaintest.SecretService(t, state)
			}
			r.broken()
		})
	}
}

// broken checks every command of a person whose keyring is broken.
func (r *signer) broken() {
	t := r.t
	t.Helper()
	const limit = 6*time.Second + 2*time.Second // they all start at once, perhaps on a busy machine
	const higress = "server:\n  name: %s\n  securitySchemes:\n  - {id: k, type: apiKey, in: header, name: X-Key, defaultCredential: literal-canary}\ntools:\n- name: t\n  description: d\n  args: []\n  requestTemplate: {url: \"https://api.example/\", method: GET, security: {id: k}}\n"
	r.write("new.yaml", strings.Replace(higress, "%s", "new", 1))
	r.write("other.yaml", strings.Replace(higress, "%s", "other", 1))
	opened := len(r.tabs())
	slowest := time.Duration(0)
	for _, a := range r.attempts("typed-canary-4711",
		"login", "login api --scheme signIn --no-browser", "login api --device", "login api --scheme key --with-token", "login api --scheme key --web",
		"logout", "logout api --all", "logout api --scheme key", "status", "status --json", "call whoami", "call keyed --json",
		"add "+r.home+"/new.yaml --credentials keychain", "keychain status", "keychain status --json") {
		slowest = max(slowest, a.took)
		if a.code != 6 || a.took > limit {
			t.Errorf("%s: exit %d after %s\n%s", a.name, a.code, a.took, a.out)
		}
		if lower := strings.ToLower(a.out); !strings.Contains(lower, "keyring") && !strings.Contains(lower, "keychain") && !strings.Contains(lower, "secret service") || strings.Contains(lower, "sign in again") || strings.Contains(lower, "signed-out") {
			t.Errorf("%s says:\n%s", a.name, a.out)
		}
		if !strings.Contains(a.out, "mcp-bridge keychain") && !strings.Contains(a.out, "keychain = \"file\"") && !strings.Contains(a.out, "nlock") {
			t.Errorf("%s has no remedy:\n%s", a.name, a.out)
		}
	}
	if exists(r.home + "/.mcp-bridge/profiles/new.toml") {
		t.Error("a profile was made although its credential could not be kept")
	}
	for _, a := range r.attempts("", "check", "tools", "tools --json", "profiles --json", "profiles show api", "use api", "version", "call whoami --dry-run", "call keyed --dry-run",
		"add "+r.home+"/other.yaml --credentials drop", "completion bash", "keychain new-key "+r.home+"/key") {
		if a.code != 0 {
			t.Errorf("%s: exit %d\n%s", a.name, a.code, a.out)
		}
	}

	h := r.serve()
	if m := h.ask(`"list"`, `{"jsonrpc":"2.0","id":"list","method":"tools/list"}`); !strings.Contains(m.raw, `"whoami"`) {
		t.Errorf("list: %s", m.raw)
	}
	began := time.Now()
	everyone([]*host{h}, 10, func(c called) {
		if took := time.Since(began); !c.IsError || c.kind() != "keychain-unavailable" || took > limit || strings.Contains(c.text(), "mcp-bridge login api") {
			t.Errorf("after %s: %+v", took, c)
		}
	})
	slowest = max(slowest, time.Since(began))
	if n := len(r.tabs()) - opened; n != 0 {
		t.Errorf("%d tabs were opened", n)
	}
	t.Logf("the slowest answer took %s", slowest)
}

// TestRowK4: a write that is killed at any point leaves the old or the new record, in
// a real keyring and in the file store, also records of 16 KB and more.
func TestRowK4(t *testing.T) {
	t.Parallel()
	large := oauthtest.Options{Set: func(b *oauthtest.Behaviour) {
		b.Tokens.AccessPad, b.Tokens.RefreshPad = 16<<10, 16<<10
	}}
	for _, c := range []struct {
		name string
		make func(t *testing.T) *signer
	}{
		{"keyring", func(t *testing.T) *signer { return withKeyring(t, keychaintest.Start(t, keychaintest.Unlocked), large) }},
		{"file", func(t *testing.T) *signer { return newSigner(t, large) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			t.Run("key", func(t *testing.T) {
				t.Parallel()
				r := c.make(t)
				r.t = t
				r.Set(func(b *oauthtest.Behaviour) { b.API.Open = true })
				r.profile("api", r.API(), r.public(), staticKey)
				r.killedKeys()
			})
			t.Run("sign-in", func(t *testing.T) {
				t.Parallel()
				r := c.make(t)
				r.t = t
				r.killedSignIns()
			})
		})
	}
}

// killedKeys stores one key after the other and kills that at any point.
func (r *signer) killedKeys() {
	t := r.t
	t.Helper()
	store := func(value string, limit time.Duration) time.Duration {
		cmd := exec.Command(binary(t), "login", "api", "--scheme", "key", "--with-token")
		cmd.Env, cmd.Stdin = r.environ(), strings.NewReader(value)
		began := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stop := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		stop.Stop()
		return time.Since(began)
	}
	value := func(i int) string { return strings.Repeat(string(rune('a'+i%26)), 16<<10+i) }
	usual := store(value(0), patience)
	current, kept := value(0), 0
	for i := 1; i <= rounds(15, 60); i++ {
		store(value(i), rand.N(usual*5/4))
		if _, said, code := r.try(nil, "call", "keyed"); code != 0 {
			t.Fatalf("kill %d: exit %d\n%s", i, code, said)
		}
		all := r.Requests(oauthtest.API)
		switch got := all[len(all)-1].Header.Get("X-Key"); got {
		case value(i):
			kept++
			current = got
		case current:
		default:
			t.Fatalf("kill %d: the key has %d bytes, %d of its kind", i, len(got), strings.Count(got, got[:1]))
		}
	}
	r.age()
	store("the last one", patience) // and removes what the others have left
	t.Logf("the new key was kept %d times; a write took %s", kept, usual)
	r.whole()
}

// killedSignIns signs in and refreshes again and again, and kills that at any point.
func (r *signer) killedSignIns() {
	t := r.t
	t.Helper()
	began := time.Now()
	r.login()
	usual := time.Since(began)
	refresh := r.killed(-1)
	again := 0
	for i := range rounds(10, 50) {
		if i%2 == 0 {
			r.KillAll(true)
			r.killed(rand.N(refresh))
		} else {
			r.killedLogin(rand.N(usual))
		}
		out, said, code := r.try(nil, "call", "whoami")
		if code == 4 {
			again++
			r.login()
			out, said, code = r.try(nil, "call", "whoami")
		}
		if code != 0 || !strings.Contains(out, "ada") {
			t.Fatalf("kill %d: exit %d\n%s", i, code, said)
		}
	}
	r.age()
	r.login() // and removes what the others have left
	t.Logf("asked for a sign-in %d times; a login took %s, a refresh %s", again, usual, refresh)
	r.whole()
	r.judgeRefreshes()
}

func (r *signer) killedLogin(after time.Duration) {
	r.t.Helper()
	cmd := exec.Command(binary(r.t), "login")
	cmd.Env = r.environ()
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	stop := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	stop.Stop()
}

// age makes what killed writes have left in the file store old enough to be removed.
func (r *signer) age() {
	names, _ := os.ReadDir(r.home + "/.mcp-bridge/secrets") // there is none with a keyring
	for _, name := range names {
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(r.home+"/.mcp-bridge/secrets/"+name.Name(), old, old); err != nil {
			r.t.Fatal(err)
		}
	}
}

// whole checks that the store is in order and holds nothing but what the index names.
func (r *signer) whole() {
	t := r.t
	t.Helper()
	var rows []struct{ State, Scheme string }
	if err := json.Unmarshal([]byte(r.run("", "status", "--json")), &rows); err != nil {
		t.Fatal(err)
	}
	good := 0
	for _, row := range rows {
		if row.State == "signed-in" {
			good++
		}
	}
	items := 0
	if r.store == "" {
		cmd := exec.Command(need(t, "secret-tool"), "search", "--all", "service", "mcp-bridge")
		cmd.Env = append(os.Environ(), r.more...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("secret-tool: %v", err)
		}
		items = strings.Count(string(out), "attribute.username")
	} else {
		names, err := os.ReadDir(r.home + "/.mcp-bridge/secrets")
		if err != nil {
			t.Fatal(err)
		}
		items = len(names)
	}
	if good != 1 || items != 1 {
		t.Errorf("%d items for %+v", items, rows)
	}
}
