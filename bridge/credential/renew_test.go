package credential

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

const minute = time.Minute

// Eight programs with twenty calls each have one token that has ended: one request
// renews it for all.
func TestOneRefreshForAll(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	h.process(s, processOptions{}).signIn(s, -minute)
	testOneRefresh(t, h, s)
}

func testOneRefresh(t *testing.T, h *house, s *authServer) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range 8 {
		p := h.process(s, processOptions{})
		for range 20 {
			all.Go(func() {
				<-begin
				p.wants("access-canary-1")
			})
		}
	}
	close(begin)
	all.Wait()
	s.wantSent("refresh-canary-0")
	h.process(s, processOptions{}).wants("access-canary-1") // and one that starts later
	s.wantSent("refresh-canary-0")
}

func TestAFreshTokenIsUsed(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p, other := h.process(s, processOptions{clock: c}), h.process(s, processOptions{clock: c, extra: `scopes = ["else"]`, name: "q"})
	p.fails(SignInNeeded, "sign-in needed")
	p.signIn(s, 10*minute)
	p.wants("access-canary-0")
	other.wants("access-canary-0") // neither the profile nor its scopes matter
	h.process(s, processOptions{account: "work"}).fails(SignInNeeded, "")
	h.process(s, processOptions{client: "another"}).fails(SignInNeeded, "")
	h.process(s, processOptions{extra: `resource = "https://api.example.com"`}).fails(SignInNeeded, "")
	s.wantSent()
	c.add(9*minute + time.Second) // less than a minute is left
	p.wants("access-canary-1")
	other.wants("access-canary-1")
	s.wantSent("refresh-canary-0")
	c.add(time.Hour)
	other.wants("access-canary-2")
	p.wants("access-canary-2")
	s.wantSent("refresh-canary-0", "refresh-canary-1")
}

// The margin is a tenth of a short life.
func TestMargin(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		life, left time.Duration
		fresh      bool
	}{
		{time.Hour, 61 * time.Second, true}, {time.Hour, 59 * time.Second, false},
		{minute, 7 * time.Second, true}, {minute, 5 * time.Second, false},
		{3 * time.Second, time.Second, true}, {0, time.Second, true}, {minute, 0, false},
	} {
		s := stored{generation: "g"}
		s.token.Access, s.token.Issued, s.token.Expiry = secret.New("a"), now.Add(tt.left-tt.life), now.Add(tt.left)
		if got := s.fresh(now, now); got != tt.fresh {
			t.Errorf("%s of %s left: fresh %v", tt.left, tt.life, got)
		}
	}
}

// A clock that is set does not make an old token look new, and no error loop.
func TestClockJumps(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p := h.process(s, processOptions{clock: c})
	p.signIn(s, 30*minute)
	p.wants("access-canary-0")
	c.add(time.Hour) // suspended
	p.wants("access-canary-1")
	p.wants("access-canary-1")
	c.add(-time.Hour) // back: nobody knows how old the token is
	p.wants("access-canary-2")
	p.wants("access-canary-2")
	s.wantSent("refresh-canary-0", "refresh-canary-1")
	c.add(-10 * minute)
	s.set(func(s *authServer) {
		s.answer = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true }
	})
	p.wants("access-canary-2") // the best there is
}

// Trouble of the server leaves the tokens alone; it heals by itself.
func TestOutage(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, _ *http.Request) bool{
		"503":     func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true },
		"429":     func(w http.ResponseWriter, _ *http.Request) bool { refuse(w, 429, "slow_down"); return true },
		"nothing": func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			h, s, c := newHouse(t), newAuthServer(t), newClock()
			p := h.process(s, processOptions{clock: c})
			p.signIn(s, 30*time.Second)
			s.set(func(s *authServer) { s.answer = answer })
			for range 5 {
				p.wants("access-canary-0") // until its real end
			}
			if n := len(s.requests()); n > 2 { // a request that broke off before it was answered may be repeated
				t.Errorf("%d requests although the token is good", n)
			}
			c.add(minute)
			for range 5 {
				p.fails(Unreachable, "cannot be asked now")
				c.add(3 * time.Second)
			}
			h.process(s, processOptions{clock: c}).fails(Unreachable, "")
			s.set(func(s *authServer) { s.answer = nil })
			c.add(3 * time.Second)
			p.wants("access-canary-1")
			if s.dead {
				t.Error("a token was sent twice")
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p, other := h.process(s, processOptions{clock: c}), h.process(s, processOptions{clock: c})
	p.signIn(s, -minute)
	s.set(func(s *authServer) {
		s.answer = func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(503)
			return true
		}
	})
	p.fails(Unreachable, "")
	s.set(func(s *authServer) { s.answer = nil })
	c.add(119 * time.Second)
	p.fails(Unreachable, "")
	other.fails(Unreachable, "wait until")
	s.wantSent("refresh-canary-0")
	c.add(2 * time.Second)
	other.wants("access-canary-1")
	p.wants("access-canary-1")
	s.wantSent("refresh-canary-0", "refresh-canary-0")
}

// What the server refuses for good is sent once.
func TestInvalidGrant(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p, other := h.process(s, processOptions{clock: c}), h.process(s, processOptions{clock: c})
	p.signIn(s, -minute)
	s.set(func(s *authServer) { s.dead = true })
	for range 3 {
		e := p.fails(SignInNeeded, "refused to renew")
		if !e.SignInHelps() || !e.OAuth || !strings.Contains(e.Hint(), "mcp-bridge login p") {
			t.Errorf("%+v, %s", e, e.Hint())
		}
		other.fails(SignInNeeded, "")
		c.add(minute)
	}
	h.process(s, processOptions{clock: c}).fails(SignInNeeded, "")
	s.wantSent("refresh-canary-0")
	if in, err := p.LookSignIn(t.Context(), p.scheme, nil); err != nil || in.State != Expired || in.Identity != "ada@example.com" || in.Refreshable {
		t.Errorf("%+v, %v", in, err)
	}
	s.set(func(s *authServer) { s.dead = false })
	other.signIn(s, 10*minute)
	p.wants("access-canary-0")
}

// A server that renews nothing that is still good keeps nobody from working.
func TestRefusedEarly(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p := h.process(s, processOptions{clock: c})
	p.signIn(s, 30*time.Second)
	s.set(func(s *authServer) {
		s.answer = func(w http.ResponseWriter, _ *http.Request) bool { refuse(w, 400, "invalid_grant"); return true }
	})
	for range 3 {
		p.wants("access-canary-0")
		h.process(s, processOptions{clock: c}).wants("access-canary-0")
	}
	s.wantSent("refresh-canary-0")
	s.set(func(s *authServer) { s.answer = nil })
	c.add(31 * time.Second)
	p.wants("access-canary-1")
}

// Other refusals are about the configuration: they are said, and nothing is lost.
func TestOtherRefusals(t *testing.T) {
	for _, code := range []string{"invalid_client", "invalid_target", "invalid_scope", "unauthorized_client"} {
		h, s, c := newHouse(t), newAuthServer(t), newClock()
		p := h.process(s, processOptions{clock: c})
		p.signIn(s, -minute)
		s.set(func(s *authServer) {
			s.answer = func(w http.ResponseWriter, _ *http.Request) bool { refuse(w, 400, code); return true }
		})
		p.fails(Refused, code)
		c.add(5 * time.Second)
		p.fails(Refused, code)
		s.set(func(s *authServer) { s.answer = nil })
		c.add(5 * time.Second)
		p.wants("access-canary-1")
	}
}

func TestNoRefreshToken(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p := h.process(s, processOptions{clock: c})
	p.signIn(s, 10*minute)
	w := &work{r: p.Resolver, client: must(p.client(p.scheme))}
	st := must(w.stored(t.Context()))
	st.token.Refresh = secret.New("")
	if err := p.SaveToken(t.Context(), p.scheme, st.token, nil); err != nil {
		t.Fatal(err)
	}
	c.add(10*minute - time.Second)
	p.wants("access-canary-0") // to its very end
	c.add(2 * time.Second)
	p.fails(SignInNeeded, "has ended")
	s.wantSent()
}

// The server tells no end: the token is used for an hour, or until it is refused.
func TestNoLifetime(t *testing.T) {
	h, s, c := newHouse(t), newAuthServer(t), newClock()
	p := h.process(s, processOptions{clock: c})
	p.signIn(s, -minute)
	s.set(func(s *authServer) { s.lifetime = 0 })
	p.wants("access-canary-1")
	c.add(50 * minute)
	p.wants("access-canary-1")
	u, err := p.Resolve(t.Context(), requirement(p.scheme), origin)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Renew(t.Context(), u, origin, ""); err != nil {
		t.Fatal(err)
	}
	p.wants("access-canary-2")
	if err := p.Renew(t.Context(), u, origin, ""); err != nil { // a call that still had the old one
		t.Fatal(err)
	}
	c.add(2 * time.Hour)
	p.wants("access-canary-3")
	s.wantSent("refresh-canary-0", "refresh-canary-1", "refresh-canary-2")
}

func TestNarrowerScope(t *testing.T) {
	h, s := newHouse(t), newAuthServer(t)
	p := h.process(s, processOptions{extra: `scopes = ["read", "write"]`})
	p.signIn(s, -minute)
	s.set(func(s *authServer) { s.scope = "" })
	if in := must(p.LookSignIn(t.Context(), p.scheme, nil)); strings.Join(in.Missing, " ") != "write" {
		t.Errorf("missing %v after the sign-in", in.Missing)
	}
	s.set(func(s *authServer) { s.scope = "other" })
	p.wants("access-canary-1")
	if in := must(p.LookSignIn(t.Context(), p.scheme, nil)); strings.Join(in.Missing, " ") != "read write" || strings.Join(in.Scopes, " ") != "other" {
		t.Errorf("missing %v, granted %v", in.Missing, in.Scopes)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
