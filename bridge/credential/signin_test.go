package credential

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/keychain/keychaintest"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// A profile that names the real issuer and client gets no token, and nothing is sent
// for it, until a person approves its addresses.
func TestAHostileProfileGetsNoToken(t *testing.T) {
	const evil = "https://evil.example"
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	good, bad := h.process(s, processOptions{clock: c}), h.process(s, processOptions{clock: c, name: "evil", api: evil})
	bad.o.Tokens = good.o.Tokens // of one process, too
	good.signIn(s, 10*minute)
	good.wants("access-canary-0")
	for range 2 {
		e := bad.fails(SignInNeeded, "has not been approved for https://evil.example")
		if !e.Unapproved || e.SignInHelps() || !slices.Equal(e.Origins, []string{origin}) || e.Origin != evil {
			t.Errorf("%+v", e)
		}
		c.add(time.Hour) // with a token that has ended, too
	}
	s.wantSent()
	if in := must(bad.LookSignIn(t.Context(), bad.scheme, []string{evil})); in.State != SignedOut || !slices.Equal(in.Unapproved, []string{evil}) {
		t.Errorf("%+v", in)
	}
	good.wants("access-canary-1")
	if ok, err := bad.Approve(t.Context(), bad.scheme, []string{evil + "/v1"}); !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	bad.wants("access-canary-1")
	good.wants("access-canary-1")
	if _, err := bad.Resolve(t.Context(), requirement(bad.scheme), "https://evil.example:8443"); err == nil {
		t.Error("another port is another origin")
	}
	s.wantSent("refresh-canary-0")
}

// What an error was about is cured by another sign-in that may be sent there, and by
// nothing else.
func TestCured(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p := h.process(s, processOptions{clock: c})
	other := h.process(s, processOptions{clock: c, name: "other", api: "https://other.example"})
	cured := func(e *Error) bool { return p.Cured(t.Context(), p.scheme, e) }
	none := p.fails(SignInNeeded, "")
	if none.Generation != "" || cured(none) {
		t.Errorf("nobody has signed in: %+v", none)
	}
	p.signIn(s, 10*minute)
	if !cured(none) {
		t.Error("somebody has signed in")
	}
	if e := *none; other.Cured(t.Context(), other.scheme, &Error{OAuth: true, Origin: "https://other.example"}) || !cured(&e) {
		t.Error("a sign-in that may not be sent there cures nothing")
	}
	u, err := p.Resolve(t.Context(), requirement(p.scheme), origin)
	if err != nil {
		t.Fatal(err)
	}
	var more *Error
	if err := p.StepUp(t.Context(), u, origin, []string{"admin"}, ""); !errors.As(err, &more) || more.Generation == "" || cured(more) {
		t.Errorf("%+v", err)
	}
	p.signIn(s, 10*minute)
	if cured(more) { // another one, without the scope
		t.Error("a sign-in without the scope cures nothing")
	}
	if e := *more; !func() bool { e.StepUp = false; return cured(&e) }() {
		t.Error("another sign-in is another one")
	}
}

// Approving changes nothing about what is known of the refresh token.
func TestApprove(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	p := h.process(s, processOptions{})
	if ok, err := p.Approve(t.Context(), p.scheme, []string{origin}); ok || err != nil {
		t.Errorf("nobody is signed in: %v, %v", ok, err)
	}
	p.signIn(s, -minute)
	for range 2 {
		killed(t, h, s, func(p *process, die func()) {
			p.o.Tokens.refresh = func(context.Context, oauthConfig, oauthToken) (oauthToken, error) {
				die()
				return oauthToken{}, nil
			}
		})
		_, _ = p.Approve(t.Context(), p.scheme, []string{"https://b.example", "https://c.example"})
	}
	p.fails(SignInNeeded, "")
	s.wantSent()
	if ok, err := p.Approve(t.Context(), p.scheme, []string{"https://d.example"}); ok || err != nil {
		t.Errorf("the sign-in has ended: %v, %v", ok, err)
	}
}

func TestSignOut(t *testing.T) {
	for name, tt := range map[string]struct {
		answer  func(w http.ResponseWriter, _ *http.Request) bool
		revoked bool
	}{
		"200": {nil, true},
		"400": {func(w http.ResponseWriter, _ *http.Request) bool { refuse(w, 400, "invalid_client"); return true }, false},
		"503": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", "100")
			w.WriteHeader(503)
			return true
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h, s := newHouse(t), newAuthServer(t)
			p, other := h.process(s, processOptions{}), h.process(s, processOptions{})
			p.signIn(s, 10*minute)
			other.wants("access-canary-0")
			s.set(func(s *authServer) { s.answer = tt.answer })
			out, err := p.SignOut(t.Context(), p.scheme)
			if err != nil || !out.There || out.Revoked != tt.revoked || (out.Revocation == nil) != tt.revoked || out.Identity != "ada@example.com" {
				t.Errorf("%+v, %v", out, err)
			}
			if !slices.Equal(s.revoked, []string{"refresh-canary-0", "access-canary-0"}) {
				t.Errorf("revoked %v", s.revoked)
			}
			other.fails(SignInNeeded, "")
			if out, err := p.SignOut(t.Context(), p.scheme); err != nil || out.There {
				t.Errorf("again: %+v, %v", out, err)
			}
			if x := must(h.home.ReadIndex()); len(x.Entries) != 0 {
				t.Errorf("the index lists %v", x.Entries)
			}
		})
	}
}

// What is left of a profile can be signed out by its entry alone.
func TestSignOutEntry(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	p := h.process(s, processOptions{})
	p.signIn(s, 10*minute)
	x := must(h.home.ReadIndex())
	if e := x.Entries[0]; e.Kind != home.KindOAuth || e.Record != "signIn" || strings.Contains(string(e.Extra), "canary") {
		t.Errorf("%+v", e)
	}
	n := p.o.Network
	n.Named = nil // only the profile knew it
	if out, err := SignOutEntry(t.Context(), h.home, h.store, n, x.Entries[0]); err != nil || !out.There || !out.Revoked {
		t.Errorf("%+v, %v", out, err)
	}
	p.fails(SignInNeeded, "")
}

func TestClientCredentials(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	o := processOptions{clock: c, flow: "clientCredentials", extra: "secret = { env = \"CLIENT_SECRET\" }\nscopes = [\"read\"]", environ: []string{"CLIENT_SECRET=secret-canary"}}
	p, other := h.process(s, o), h.process(s, o)
	p.wants("access-canary-1")
	other.wants("access-canary-1") // stored
	p.wants("access-canary-1")
	c.add(2 * time.Hour)
	other.wants("access-canary-2")
	p.wants("access-canary-2")
	if s.grants != 2 {
		t.Errorf("%d grants", s.grants)
	}
	// What another tool needs besides is asked for once.
	req := tool.Requirement{Scheme: p.scheme, Record: p.scheme.ID, Scopes: []string{"write"}}
	for range 2 {
		if u := must(p.Resolve(t.Context(), req, origin)); u.Value.Reveal() != "access-canary-3" {
			t.Error("the token has not the scope")
		}
	}
	// Another profile with the secret gets a token for its own addresses; one without does not.
	o.name, o.api = "q", "https://b.example"
	h.process(s, o).wants("access-canary-4")
	o.environ = nil
	o.name, o.api = "r", "https://c.example"
	h.process(s, o).fails(Missing, "CLIENT_SECRET is not set")
	// Without a keychain the token stays in memory.
	o.environ, o.store = []string{"CLIENT_SECRET=secret-canary"}, &faulty{Store: h.store, before: func(string) error { return errDown }}
	q := h.process(s, o)
	q.wants("access-canary-5")
	q.wants("access-canary-5")
	s.set(func(s *authServer) {
		s.answer = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true }
	})
	c.add(2 * time.Hour)
	q.fails(Unreachable, "")
	p.fails(Unreachable, "")
}

// A client secret in the keychain is used for the server that it was stored for.
func TestClientSecretInTheKeychain(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	p := h.process(s, processOptions{flow: "clientCredentials", extra: "secret = { keychain = true }"})
	if e := p.fails(Missing, "client:signIn"); !strings.Contains(e.Hint(), "--scheme client:signIn") {
		t.Error(e.Hint())
	}
	save := func(origin string) {
		if err := p.Save(t.Context(), "signIn", SecretRecord(p.scheme), secret.New("secret-canary"), []string{origin}); err != nil {
			t.Fatal(err)
		}
	}
	save("https://elsewhere.example")
	p.fails(SignInNeeded, "not been approved")
	save(SecretOrigin(must(Config(p.o.Profile, p.scheme, p.o.Network))))
	p.wants("access-canary-1")
}

// What a backend demands is asked for at the next sign-in.
func TestStepUp(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	p := h.process(s, processOptions{extra: `scopes = ["read"]`})
	p.signIn(s, 10*minute)
	u := must(p.Resolve(t.Context(), requirement(p.scheme), origin))
	err := p.StepUp(t.Context(), u, origin, []string{"write"}, "https://api.example.com/meta")
	e, ok := err.(*Error)
	if !ok || !e.StepUp || !e.SignInHelps() || strings.Join(e.Scopes, " ") != "read write" || e.Metadata == "" {
		t.Errorf("%+v", err)
	}
	p.wants("access-canary-0")
	if c := must(p.OAuthConfig(t.Context(), p.scheme)); strings.Join(c.Scopes, " ") != "read write" {
		t.Errorf("asks for %v", c.Scopes)
	}
	if in := must(p.LookSignIn(t.Context(), p.scheme, nil)); strings.Join(in.Missing, " ") != "write" || in.State != SignedIn {
		t.Errorf("%+v", in)
	}
	if ok := must(p.Approve(t.Context(), p.scheme, nil)); ok {
		t.Error("a login would ask for nothing")
	}
	p.signIn(s, 10*minute)
	if c := must(p.OAuthConfig(t.Context(), p.scheme)); strings.Join(c.Scopes, " ") != "read" {
		t.Errorf("asks again for %v", c.Scopes)
	}
}

func TestTokenAccounts(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	for _, account := range []string{"", "work"} {
		h.process(s, processOptions{account: account}).signIn(s, minute)
	}
	h.process(s, processOptions{account: "home", client: "another"}).signIn(s, minute)
	p := h.process(s, processOptions{name: "q", account: "none"})
	got := must(p.TokenAccounts(p.scheme))
	slices.Sort(got)
	if !slices.Equal(got, []string{"default", "work"}) {
		t.Errorf("got %v", got)
	}
	if p.Generation(p.scheme) != "" {
		t.Error("a generation without a sign-in")
	}
	before := h.process(s, processOptions{}).Generation(p.scheme)
	p.signIn(s, minute)
	if after := p.Generation(p.scheme); after == "" || after == before {
		t.Errorf("generation %q after %q", after, before)
	}
}

// Nothing of a sign-in is in any file in clear, and the record is small.
func TestNoSecretInAnyFile(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	p := h.process(s, processOptions{})
	p.signIn(s, -minute)
	p.wants("access-canary-1")
	_ = filepath.WalkDir(h.dir, func(path string, _ os.DirEntry, _ error) error {
		if data, err := os.ReadFile(path); err == nil && strings.Contains(string(data), "canary") {
			t.Errorf("a secret is in %s", path)
		}
		return nil
	})
	v, err := h.store.Get(t.Context(), must(p.TokenKey(p.scheme)))
	if n := len(v.Reveal()); err != nil || n > 600 {
		t.Errorf("the record has %d bytes", n)
	}
	st, _ := decode(v)
	if text, _ := json.Marshal(st.token); strings.Contains(string(text), "canary") {
		t.Error("a token can be printed")
	}
}

// The whole again on the desktop's keychain, with a record larger than its items may
// be elsewhere.
func TestOnTheRealKeychain(t *testing.T) {
	const inside = "MCP_BRIDGE_TEST_INSIDE"
	if runtime.GOOS != "linux" {
		t.Skip("the Secret Service is for Linux")
	}
	if os.Getenv(inside) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOnTheRealKeychain$", "-test.v")
		cmd.Env = append(append(os.Environ(), keychaintest.SecretService(t, keychaintest.Unlocked)...), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestOnTheRealKeychain") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	h, s := newHouse(t), newAuthServer(t)
	h.store = keychain.OS(h.home, keychain.Options{Timeout: 20 * time.Second})
	p := h.process(s, processOptions{})
	p.signIn(s, -minute)
	w := &work{r: p.Resolver, client: must(p.client(p.scheme))}
	st := must(w.stored(t.Context()))
	st.token.Access = secret.New(strings.Repeat("large", 4000))
	if err := p.SaveToken(t.Context(), p.scheme, st.token, nil); err != nil {
		t.Fatal(err)
	}
	testOneRefresh(t, h, s)
	if out, err := p.SignOut(t.Context(), p.scheme); err != nil || !out.Revoked {
		t.Errorf("%+v, %v", out, err)
	}
	h.process(s, processOptions{}).fails(SignInNeeded, "")
}

// A profile that names the real client and another token endpoint has a sign-in of its
// own: it neither gets the real tokens nor puts its own in their place.
func TestAnotherTokenEndpointIsAnotherSignIn(t *testing.T) {
	h, s, evil, c := newHouse(t), newAuthServer(t), newAuthServer(t), newClock()
	good, bad := h.process(s, processOptions{clock: c}), h.process(evil, processOptions{clock: c, name: "evil"})
	good.signIn(s, 10*minute)
	bad.fails(SignInNeeded, "")
	bad.signIn(evil, -minute)
	bad.wants("access-canary-1")
	good.wants("access-canary-0")
	c.add(time.Hour)
	good.wants("access-canary-1")
	s.wantSent("refresh-canary-0")
	evil.wantSent("refresh-canary-0")
}

// A refresh goes to where the token came from, also when the profile has another
// address for it by now.
func TestARefreshGoesHome(t *testing.T) {
	h, s, evil := newHouse(t), newAuthServer(t), newAuthServer(t)
	p := h.process(s, processOptions{})
	p.signIn(s, -minute)
	c := must(p.client(p.scheme))
	c.config.Endpoints.Refresh, c.config.Endpoints.Revocation = evil.address+"/token", evil.address+"/revoke"
	p.wants("access-canary-1")
	if out, err := p.SignOut(t.Context(), p.scheme); err != nil || !out.Revoked {
		t.Errorf("%+v, %v", out, err)
	}
	if evil.wantSent(); len(evil.revoked) > 0 {
		t.Errorf("revoked elsewhere: %v", evil.revoked)
	}
}

// Many programs without a token of the client itself: one asks.
func TestClientCredentialsAtOnce(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	o := processOptions{flow: "clientCredentials", extra: `secret = "literal-canary"`}
	var all sync.WaitGroup
	for range 6 {
		p := h.process(s, o)
		for range 10 {
			all.Go(func() { p.wants("access-canary-1") })
		}
	}
	all.Wait()
	if s.grants != 1 {
		t.Errorf("%d requests", s.grants)
	}
}
