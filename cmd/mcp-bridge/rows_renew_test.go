package main

import (
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/keychain/keychaintest"
	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// TestRowT5: eight servers with twenty calls each meet a token that has ended, by the
// bridge's clock or because the backend says so. The authorization server, which ends
// a sign-in whose old refresh token comes again, sees one refresh.
func TestRowT5(t *testing.T) {
	t.Parallel()
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		newSigner(t, oauthtest.Options{}).renewTogether(rounds(5, 100))
	})
	t.Run("keyring", func(t *testing.T) {
		t.Parallel()
		withKeyring(t, keychaintest.Start(t, keychaintest.Unlocked), oauthtest.Options{}).renewTogether(rounds(2, 20))
	})
	t.Run("DPoP", func(t *testing.T) {
		t.Parallel()
		r := newSigner(t, oauthtest.Options{})
		r.profile("api", r.API(), "dpop = true\n"+r.public(), "")
		r.Set(func(b *oauthtest.Behaviour) { b.DPoP.Require, b.API.NeedDPoP = true, true })
		r.renewTogether(rounds(2, 20))
	})
}

func (r *signer) renewTogether(rounds int) {
	t := r.t
	t.Helper()
	r.login()
	var all []*host
	for round := range rounds {
		if round%3 == 0 { // new processes read the keychain, old ones have a token in memory
			for _, h := range all {
				_ = h.in.Close()
			}
			all = r.servers(8, "--no-input")
		}
		clock := round%2 == 0
		slow := time.Duration(round%4) * 100 * time.Millisecond
		if clock {
			r.expire()
		} else {
			r.KillAll(true)
		}
		r.Set(func(b *oauthtest.Behaviour) { b.Faults[oauthtest.Token] = oauthtest.Fault{Delay: slow} })
		before := r.Grants("refresh_token")
		everyone(all, 20, func(c called) {
			if c.IsError {
				t.Errorf("round %d, clock %v: %+v", round, clock, c)
			}
		})
		if n := r.Grants("refresh_token") - before; n != 1 || r.Reuses() != 0 {
			t.Fatalf("round %d, clock %v: %d refreshes, %d reuses", round, clock, n, r.Reuses())
		}
	}
	r.Set(func(b *oauthtest.Behaviour) { delete(b.Faults, oauthtest.Token) })
	if n := r.Grants("authorization_code"); n != 1 || len(r.Violations()) != 0 {
		t.Errorf("%d sign-ins, %q", n, r.Violations())
	}
}

// expire gives the person a token that has ended by the bridge's clock. The next one
// lives long.
func (r *signer) expire() {
	r.t.Helper()
	const life = 2 * time.Second
	r.Set(func(b *oauthtest.Behaviour) { b.Tokens.Lifetime = life })
	r.KillAll(true)
	_, said, code := r.try(nil, "call", "whoami")
	r.Set(func(b *oauthtest.Behaviour) { b.Tokens.Lifetime = time.Hour })
	if code != 0 && code != 1 { // 1: it has ended already on a machine this slow
		r.t.Fatalf("a short token: exit %d\n%s", code, said)
	}
	time.Sleep(life) // the clock of another process cannot be set
}

// TestRowT6: killed at any point of a refresh. The next start works, or asks for a
// sign-in once. What was stored is not lost; a consumed token is never sent twice more,
// and never after its successor's access token was used.
func TestRowT6(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.login()
	usual := r.killed(-1) // how long it takes when nobody kills it
	again, late, early := 0, 0, 0
	for i := range rounds(10, 50) {
		r.KillAll(true)
		before, reuses, asked := r.secrets(), r.Reuses(), r.Grants("refresh_token")
		if i%2 == 0 {
			r.killed(rand.N(usual))
		} else {
			r.killed(0) // some time after the request has arrived
		}
		stored, sent := r.secrets() != before, r.Grants("refresh_token") > asked
		switch {
		case !sent:
			early++
		case stored:
			late++
		}
		_, said, code := r.try(nil, "call", "whoami")
		switch {
		case code == 0:
		case code == 4 && sent && !stored && strings.Contains(said, "mcp-bridge login api"):
			again++
			n := r.Count(oauthtest.Token)
			if _, _, code := r.try(nil, "call", "whoami"); code != 4 || r.Count(oauthtest.Token) != n {
				t.Errorf("kill %d: asked for a sign-in, then exit %d after %d more requests", i, code, r.Count(oauthtest.Token)-n)
			}
			r.login()
			if _, said, code := r.try(nil, "call", "whoami"); code != 0 {
				t.Fatalf("kill %d: after the sign-in exit %d\n%s", i, code, said)
			}
		default:
			t.Fatalf("kill %d (sent %v, stored %v): exit %d\n%s", i, sent, stored, code, said)
		}
		if (!sent || stored) && r.Reuses() != reuses {
			t.Errorf("kill %d (sent %v, stored %v): a consumed token was sent again", i, sent, stored)
		}
	}
	t.Logf("killed before the request %d times, after the new token was stored %d times; asked for a sign-in %d times; a refresh took %s", early, late, again, usual)
	r.judgeRefreshes()
}

// killed makes a call that refreshes and kills it: after that time, or with 0 soon
// after the refresh has arrived. With -1 it is left alone. It returns how long it took.
func (r *signer) killed(after time.Duration) time.Duration {
	r.t.Helper()
	if after < 0 {
		r.KillAll(true)
	}
	n := r.Count(oauthtest.Token)
	cmd := exec.Command(binary(r.t), "call", "whoami")
	cmd.Env = r.environ()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	if after == 0 {
		if err := r.Await(r.t.Context(), oauthtest.Token, n+1); err != nil {
			r.t.Fatal(err)
		}
		after = rand.N(15 * time.Millisecond)
	}
	if after > 0 {
		select {
		case <-time.After(after):
			_ = cmd.Process.Kill()
		case <-ended:
		}
	}
	<-ended
	return time.Since(began)
}

// secrets is the content of the encrypted store.
func (r *signer) secrets() string {
	r.t.Helper()
	var all strings.Builder
	dir := filepath.Join(r.home, ".mcp-bridge", "secrets")
	names, err := os.ReadDir(dir)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name.Name(), ".") || strings.Contains(name.Name(), "tmp") {
			continue // half a file that nobody reads
		}
		data, err := os.ReadFile(filepath.Join(dir, name.Name()))
		if err != nil {
			r.t.Fatal(err)
		}
		all.WriteString(name.Name() + "\x00" + string(data) + "\x00")
	}
	return all.String()
}

// judgeRefreshes looks at what has arrived, in order: a refresh token comes at most
// once more after the server has taken it, and not at all after an access token was
// used that the server made later.
func (r *signer) judgeRefreshes() {
	r.t.Helper()
	known := map[string]bool{}
	usedNew := map[string]bool{} // refresh tokens: taken, and a new access token came since
	taken := map[string]int{}
	var open []string
	for _, q := range r.Requests(oauthtest.Token, oauthtest.API) {
		token := q.Form.Get("refresh_token")
		switch {
		case q.Endpoint == oauthtest.API:
			if access := q.Header.Get("Authorization"); q.Status == http.StatusOK && !known[access] {
				known[access] = true
				for _, one := range open {
					usedNew[one] = true
				}
			}
		case token == "":
		case usedNew[token]:
			r.t.Errorf("a consumed token was sent after its successor's access token was used")
		default:
			if taken[token]++; taken[token] > 2 {
				r.t.Errorf("a token was sent %d times", taken[token])
			}
			open = append(open, token)
		}
	}
}

// TestRowT6Consumed: killed when the server has taken the refresh token and its answer
// is on the way: the one point at which a token is lost. The old one is sent once more,
// as a server with a period of grace allows, and not again.
func TestRowT6Consumed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		grace time.Duration
		kills int
		code  int // of the next call
		sent  int // how often the token was sent by then
	}{
		{"no grace", 0, 1, 4, 2},
		{"grace", time.Minute, 1, 0, 2},
		{"no grace, twice", 0, 2, 4, 2},
		{"grace, twice", time.Minute, 2, 4, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newSigner(t, oauthtest.Options{})
			r.Set(func(b *oauthtest.Behaviour) { b.Refresh.Grace = c.grace })
			r.login()
			r.KillAll(true)
			before := r.Grants("refresh_token")
			for range c.kills {
				answer := make(chan struct{})
				r.Set(func(b *oauthtest.Behaviour) {
					b.Faults[oauthtest.Token] = oauthtest.Fault{After: true, Hold: answer, Times: 1}
				})
				n := r.Count(oauthtest.Token)
				process, done := r.started("call", "whoami")
				if err := r.Await(t.Context(), oauthtest.Token, n+1); err != nil {
					t.Fatal(err)
				}
				until(t, "the server has taken the token", func() bool { return len(r.AccessTokens()) > 0 || r.Reuses() > 0 })
				_ = process.Kill()
				done()
				close(answer)
				r.KillAll(true)
			}
			for i := range 3 {
				_, said, code := r.try(nil, "call", "whoami")
				if code != c.code || code == 4 && !strings.Contains(said, "mcp-bridge login api") {
					t.Errorf("call %d: exit %d\n%s", i, code, said)
				}
				if n := r.Grants("refresh_token") - before; n != c.sent {
					t.Errorf("call %d: the token was sent %d times", i, n)
				}
			}
			if c.code == 4 {
				r.login()
				if _, said, code := r.try(nil, "call", "whoami"); code != 0 {
					t.Errorf("after a new sign-in: exit %d\n%s", code, said)
				}
			}
			r.judgeRefreshes()
		})
	}
}
