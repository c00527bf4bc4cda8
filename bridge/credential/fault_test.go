package credential

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// faulty is the real file store, with a fault in the place of chosen calls.
type faulty struct {
	keychain.Store
	before func(op string) error // an error is returned in place of the call
	after  func(op string)
}

func (f *faulty) call(op string, do func() error) error {
	if f.before != nil {
		if err := f.before(op); err != nil {
			return err
		}
	}
	err := do()
	if f.after != nil {
		f.after(op)
	}
	return err
}

func (f *faulty) Get(ctx context.Context, name string) (v secret.Value, err error) {
	err = f.call("get", func() error { v, err = f.Store.Get(ctx, name); return err })
	return v, err
}

func (f *faulty) Set(ctx context.Context, name string, v secret.Value) error {
	return f.call("set", func() error { return f.Store.Set(ctx, name, v) })
}

func (f *faulty) Delete(ctx context.Context, name string) error {
	return f.call("delete", func() error { return f.Store.Delete(ctx, name) })
}

var errDown = &keychain.Error{Kind: keychain.Unavailable, Reason: keychain.Silent, Op: "set"}

// One call of the store fails, whichever it is: nobody is signed out, no refresh token
// is sent twice, and the next call works.
func TestAFaultAtEachStoreCall(t *testing.T) {
	for n := 1; ; n++ {
		calls := 0
		h, s, c := newHouse(t), newAuthServer(t), newClock()
		h.process(s, processOptions{clock: c}).signIn(s, -minute)
		store := &faulty{Store: h.store, before: func(string) error {
			if calls++; calls == n {
				return errDown
			}
			return nil
		}}
		p := h.process(s, processOptions{store: store, clock: c})
		p.o.Tokens.pause = time.Hour
		got, err := p.token()
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Reason != KeychainUnavailable) || err == nil && got != "access-canary-1" {
			t.Errorf("call %d fails: %q, %v", n, got, err)
		}
		p.wants("access-canary-1")
		p.o.Tokens.Close(t.Context())
		h.process(s, processOptions{clock: c}).wants("access-canary-1")
		s.wantSent("refresh-canary-0")
		c.add(2 * time.Hour)
		h.process(s, processOptions{clock: c}).wants("access-canary-2")
		if s.dead {
			t.Errorf("call %d fails: a refresh token came twice", n)
		}
		if calls < n {
			if n < 4 {
				t.Errorf("only %d calls", calls)
			}
			return
		}
	}
}

// The keychain does not take the renewed token: the program that has it goes on, the
// others say what is wrong, and all is well when the keychain is.
func TestTheKeychainDoesNotTakeIt(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	broken := true
	store := &faulty{Store: h.store, before: func(op string) error {
		if op == "set" && broken {
			return errDown
		}
		return nil
	}}
	first, other := h.process(s, processOptions{store: store, clock: c}), h.process(s, processOptions{clock: c})
	other.signIn(s, -minute)
	first.o.Tokens.pause = time.Hour
	first.wants("access-canary-1")
	first.wants("access-canary-1")
	for range 2 {
		other.fails(KeychainUnavailable, "another program has renewed the sign-in")
	}
	if in, err := other.LookSignIn(t.Context(), other.scheme, nil); err == nil || in.State != Unavailable {
		t.Errorf("%+v, %v", in, err)
	}
	c.add(2 * time.Hour)
	first.wants("access-canary-2") // renewed again, in memory
	other.fails(KeychainUnavailable, "")
	broken = false
	first.o.Tokens.Close(t.Context())
	other.wants("access-canary-2")
	first.wants("access-canary-2")
	s.wantSent("refresh-canary-0", "refresh-canary-1")
}

// The program keeps trying by itself, without another call.
func TestItKeepsTrying(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	tries, stored := 0, make(chan struct{})
	store := &faulty{Store: h.store, before: func(op string) error {
		if op != "set" {
			return nil
		}
		if tries++; tries < 4 {
			return errDown
		}
		return nil
	}, after: func(op string) {
		if op == "set" && tries == 4 {
			close(stored)
		}
	}}
	p := h.process(s, processOptions{store: store})
	h.process(s, processOptions{}).signIn(s, -minute)
	p.o.Tokens.pause = time.Millisecond
	p.wants("access-canary-1")
	<-stored
	p.o.Tokens.Close(t.Context())
	h.process(s, processOptions{}).wants("access-canary-1")
	s.wantSent("refresh-canary-0")
}

// It ends before the keychain took the token: the others notice that it is lost.
func TestItEndsWithAnUnsavedToken(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	store := &faulty{Store: h.store, before: func(op string) error {
		if op == "set" {
			return errDown
		}
		return nil
	}}
	p, other := h.process(s, processOptions{store: store}), h.process(s, processOptions{})
	other.signIn(s, -minute)
	p.o.Tokens.pause = time.Hour
	p.wants("access-canary-1")
	other.fails(KeychainUnavailable, "")
	p.o.Tokens.held[must(p.TokenKey(p.scheme))].unsaved.release() // as the kernel does
	other.fails(SignInNeeded, "ended before it could store")
	other.fails(SignInNeeded, "")
	s.wantSent("refresh-canary-0")
}

// Somebody signs out, or in again, while a token waits for the keychain: that counts.
func TestUnsavedAndSignedOut(t *testing.T) {
	for _, again := range []bool{false, true} {
		h, s := newHouse(t), newAuthServer(t)
		broken := true
		store := &faulty{Store: h.store, before: func(op string) error {
			if op == "set" && broken {
				return errDown
			}
			return nil
		}}
		p, other := h.process(s, processOptions{store: store}), h.process(s, processOptions{})
		other.signIn(s, -minute)
		p.o.Tokens.pause = time.Hour
		p.wants("access-canary-1")
		if again {
			other.signIn(s, 10*minute)
			p.wants("access-canary-0")
		} else {
			if out, err := other.SignOut(t.Context(), other.scheme); err != nil || !out.There {
				t.Fatalf("%+v, %v", out, err)
			}
			p.fails(SignInNeeded, "")
		}
		broken = false
		p.o.Tokens.Close(t.Context())
		if again {
			h.process(s, processOptions{}).wants("access-canary-0")
		} else {
			h.process(s, processOptions{}).fails(SignInNeeded, "")
		}
	}
}

// killed runs a call of a process that ends where die is called: what it held is
// released, as by the kernel, and nothing else happens any more.
func killed(t *testing.T, h *house, s *authServer, arrange func(p *process, die func())) {
	t.Helper()
	p := h.process(s, processOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	arrange(p, func() {
		cancel()
		runtime.Goexit()
	})
	if _, err := p.Resolve(ctx, requirement(p.scheme), origin); err == nil {
		t.Error("it was not killed")
	}
	<-ctx.Done()
}

// Killed at each step of a renewal: the old token is sent once more at most, never
// after the new access token was used, and after a refusal not again.
func TestKilledAtEachStep(t *testing.T) {
	for _, tt := range []struct {
		name  string
		at    func(p *process, die func())
		works bool // without a new sign-in
		sent  int  // refresh tokens of the first generation, in all
	}{
		{"before the marker", func(p *process, die func()) {
			p.o.Store = &faulty{Store: p.o.Store, after: func(string) { die() }}
		}, true, 1},
		{"after the marker", func(p *process, die func()) {
			refresh := p.o.Tokens.refresh
			_ = refresh
			p.o.Tokens.refresh = func(context.Context, oauthConfig, oauthToken) (oauthToken, error) {
				die()
				return oauthToken{}, nil
			}
		}, true, 1},
		{"after the answer", func(p *process, die func()) {
			refresh := p.o.Tokens.refresh
			p.o.Tokens.refresh = func(ctx context.Context, c oauthConfig, t oauthToken) (oauthToken, error) {
				if _, err := refresh(ctx, c, t); err != nil {
					p.t.Error(err)
				}
				die()
				return oauthToken{}, nil
			}
		}, false, 2},
		{"before the keychain", func(p *process, die func()) {
			p.o.Store = &faulty{Store: p.o.Store, before: func(op string) error {
				if op == "set" {
					die()
				}
				return nil
			}}
		}, false, 2},
		{"after the keychain", func(p *process, die func()) {
			p.o.Store = &faulty{Store: p.o.Store, after: func(op string) {
				if op == "set" {
					die()
				}
			}}
		}, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, s := newHouse(t), newAuthServer(t)
			h.process(s, processOptions{}).signIn(s, -minute)
			killed(t, h, s, tt.at)
			for range 3 {
				p := h.process(s, processOptions{})
				if tt.works {
					p.wants("access-canary-1")
				} else {
					p.fails(SignInNeeded, "")
				}
			}
			old := 0
			for _, token := range s.requests() {
				if token == "refresh-canary-0" {
					old++
				}
			}
			if old != tt.sent {
				t.Errorf("the old token was sent %d times, want %d", old, tt.sent)
			}
		})
	}
}

// Killed twice between the server and the keychain: the token is not tried a third time.
func TestKilledTwice(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	h.process(s, processOptions{}).signIn(s, -minute)
	for range 2 {
		killed(t, h, s, func(p *process, die func()) {
			refresh := p.o.Tokens.refresh
			p.o.Tokens.refresh = func(ctx context.Context, c oauthConfig, t oauthToken) (oauthToken, error) {
				_, _ = refresh(ctx, c, t)
				die()
				return oauthToken{}, nil
			}
		})
	}
	p := h.process(s, processOptions{})
	p.fails(SignInNeeded, "ended before it could store")
	h.process(s, processOptions{}).fails(SignInNeeded, "")
	s.wantSent("refresh-canary-0", "refresh-canary-0")
	if in := must(p.LookSignIn(t.Context(), p.scheme, nil)); in.State != Expired {
		t.Errorf("state %s", in.State)
	}
}

// An answer that must not be used may have consumed the token: it is sent once more.
func TestAnUnusableAnswer(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p := h.process(s, processOptions{clock: c})
	p.signIn(s, -minute)
	s.set(func(s *authServer) {
		s.answer = func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>"); return true }
	})
	for range 4 {
		_, err := p.token()
		if err == nil {
			t.Error("it was used")
		}
		c.add(minute)
	}
	p.fails(SignInNeeded, "")
	if n := len(s.requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// Without a marker nothing is sent: nobody could know of it after a crash.
func TestNoMarkerNoRequest(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	p := h.process(s, processOptions{})
	p.signIn(s, -minute)
	if err := h.home.WriteFile(home.IndexFile, []byte("not an index")); err != nil {
		t.Fatal(err)
	}
	e := p.fails(KeychainUnavailable, "damaged")
	if !strings.Contains(e.Hint(), home.IndexFile) {
		t.Errorf("hint %q", e.Hint())
	}
	s.wantSent()
}

// A keychain that cannot be asked, or a damaged record, is no sign-out.
func TestUnavailableIsNotSignedOut(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	down := &faulty{Store: h.store, before: func(string) error { return errDown }}
	h.process(s, processOptions{}).signIn(s, 10*minute)
	p := h.process(s, processOptions{store: down})
	p.fails(KeychainUnavailable, "")
	if in, err := p.LookSignIn(t.Context(), p.scheme, nil); err == nil || in.State != Unavailable || in.Identity != "ada@example.com" {
		t.Errorf("%+v, %v", in, err)
	}
	if _, err := p.SignOut(t.Context(), p.scheme); err == nil {
		t.Error("signed out without the keychain")
	}
	if _, err := p.Approve(t.Context(), p.scheme, []string{"https://b.example"}); err == nil {
		t.Error("approved without the keychain")
	}
	if !p.Recorded(p.scheme, p.scheme.ID) {
		t.Error("not recorded")
	}
	q := h.process(s, processOptions{})
	for _, damaged := range []string{"", "{}", `{"v":2}`, `{"version":1,"value":"x"}`, "\xff"} {
		if err := h.store.Set(t.Context(), must(q.TokenKey(q.scheme)), secret.New(damaged)); err != nil {
			t.Fatal(err)
		}
		q.fails(KeychainUnavailable, "damaged")
	}
	q.signIn(s, 10*minute) // replaces it
	q.wants("access-canary-0")
}

type (
	oauthConfig = oauthflow.Config
	oauthToken  = oauthflow.Token
)

// One call of the store fails while a person signs in, approves or signs out: the
// sign-in is the old one or the new one, and never looks like none.
func TestAFaultAtEachStoreCallOfACommand(t *testing.T) {
	for name, command := range map[string]func(p *process) error{
		"save": func(p *process) error {
			w := &work{r: p.Resolver, client: must(p.client(p.scheme))}
			st, err := decodeStored(p, w)
			if err != nil {
				return err
			}
			return p.SaveToken(p.t.Context(), p.scheme, st.token, []string{"https://b.example"})
		},
		"approve": func(p *process) error {
			_, err := p.Approve(p.t.Context(), p.scheme, []string{"https://b.example"})
			return err
		},
		"sign out": func(p *process) error {
			_, err := p.SignOut(p.t.Context(), p.scheme)
			return err
		},
	} {
		for n := 1; ; n++ {
			h, s, calls := newHouse(t), newAuthServer(t), 0
			h.process(s, processOptions{}).signIn(s, 10*minute)
			p := h.process(s, processOptions{store: &faulty{Store: h.store, before: func(string) error {
				if calls++; calls == n {
					return errDown
				}
				return nil
			}}})
			err := command(p)
			other := h.process(s, processOptions{})
			switch {
			case err == nil && calls >= n:
				t.Errorf("%s: call %d fails, and nobody says so", name, n)
			case err == nil && name == "sign out":
				other.fails(SignInNeeded, "")
			default:
				other.wants("access-canary-0")
			}
			if calls < n {
				break
			}
		}
	}
}

// decodeStored reads the record past the fault.
func decodeStored(p *process, w *work) (stored, error) {
	v, err := p.o.Store.(*faulty).Store.Get(p.t.Context(), w.client.key)
	s, _ := decode(v)
	return s, err
}

// The program ends while a renewal is under way, and its call has been given up: the
// token is stored all the same.
func TestCloseWaitsForARenewal(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	p := h.process(s, processOptions{})
	p.signIn(s, -minute)
	sent, answer := make(chan struct{}), make(chan struct{})
	refresh := p.o.Tokens.refresh
	p.o.Tokens.refresh = func(ctx context.Context, c oauthConfig, t oauthToken) (oauthToken, error) {
		close(sent)
		<-answer
		return refresh(ctx, c, t)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-sent
		cancel()
	}()
	if _, err := p.Resolve(ctx, requirement(p.scheme), origin); err == nil {
		t.Error("the call was not given up")
	}
	short, stop := context.WithCancel(t.Context())
	stop()
	p.o.Tokens.Close(short) // not longer than it may take
	close(answer)
	p.o.Tokens.Close(t.Context())
	h.process(s, processOptions{}).wants("access-canary-1")
	s.wantSent("refresh-canary-0")
}

// TestKilledWhileASignInIsStored: of a program that ends before or after the keychain has
// a sign-in, the index knows that there may be one.
func TestKilledWhileASignInIsStored(t *testing.T) {
	for _, after := range []bool{false, true} {
		h, s := newHouse(t), newAuthServer(t)
		p := h.process(s, processOptions{})
		f := &faulty{Store: p.o.Store}
		if after {
			f.after = func(op string) {
				if op == "set" {
					runtime.Goexit()
				}
			}
		} else {
			f.before = func(op string) error {
				if op == "set" {
					runtime.Goexit()
				}
				return nil
			}
		}
		p.o.Store = f
		ended := make(chan struct{})
		stored := false
		go func() {
			defer close(ended)
			p.signIn(s, time.Hour)
			stored = true
		}()
		<-ended
		x, err := h.home.ReadIndex()
		if stored || err != nil || len(x.Entries) != 1 || x.Entries[0].Kind != home.KindOAuth {
			t.Errorf("after %v: stored %v, %+v, %v", after, stored, x.Entries, err)
		}
	}
}
