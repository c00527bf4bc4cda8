package credential

import (
	"context"
	"io/fs"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow"
)

const (
	mostMargin  = 60 * time.Second // a token is renewed that long before its end, or a tenth of its life
	clockSkew   = 30 * time.Second // a clock that goes back further has been set
	settledFor  = 20 * time.Millisecond
	earlyPause  = 30 * time.Second // between two tries while the access token is good
	latePause   = time.Second      // between two tries when it is not
	longestWait = time.Hour        // of a server's Retry-After
	hopelessFor = time.Minute      // a backend that rejects a renewed token gets no other
)

// Tokens is what one process remembers of sign-ins: the tokens in use, who is
// renewing which, and what a keychain has not taken yet. All Resolvers of a process
// share one. It is safe for concurrent use.
type Tokens struct {
	refresh func(ctx context.Context, c oauthflow.Config, t oauthflow.Token) (oauthflow.Token, error)
	grant   func(ctx context.Context, c oauthflow.Config) (oauthflow.Token, error)
	pause   time.Duration // before the first new try to store an unsaved token

	mu      sync.Mutex
	held    map[string]*held
	flights map[string]*flight
	closing chan struct{}
	closed  bool
	writers sync.WaitGroup // what Close waits for
}

// NewTokens returns an empty memory.
func NewTokens() *Tokens {
	return &Tokens{refresh: refresh, grant: grant, pause: time.Second,
		held: map[string]*held{}, flights: map[string]*flight{}, closing: make(chan struct{})}
}

func refresh(ctx context.Context, c oauthflow.Config, t oauthflow.Token) (oauthflow.Token, error) {
	f, err := oauthflow.New(c)
	if err != nil {
		return oauthflow.Token{}, err
	}
	return f.Refresh(ctx, t)
}

func grant(ctx context.Context, c oauthflow.Config) (oauthflow.Token, error) {
	f, err := oauthflow.New(c)
	if err != nil {
		return oauthflow.Token{}, err
	}
	return f.ClientCredentials(ctx, c.Scopes)
}

// held is a sign-in in memory.
type held struct {
	stored
	seen     fs.FileInfo // the index, when it said that this is the one; nil: it has to be asked
	latest   time.Time   // the latest time at which it was used: a clock that goes back behind it has been set
	unstored bool        // no keychain has it, and nobody else needs it
	unsaved  *unsaved    // the keychain shall have it
	unmarked bool        // nothing says yet that the keychain's token is consumed: unsaved must not be used
	failure  *failure    // why it could not be renewed
	worked   bool        // a backend took the access token
	rejected bool        // the index says that a backend refused it, and nothing renews it
	forced   time.Time   // when it took the place of one that a backend had rejected
}

// hopeless reports a token that no backend ever took, although it has just taken the
// place of a rejected one: the next would be rejected, too.
func (h *held) hopeless(now time.Time) bool {
	return !h.worked && !h.forced.IsZero() && now.Sub(h.forced).Abs() < hopelessFor
}

// failure is the last try to renew a sign-in.
type failure struct {
	problem *problem
	at      time.Time
	until   time.Time // the server's wish
}

// recent reports whether it is too early for another try.
func (f *failure) recent(now time.Time, usable bool) bool {
	if f == nil || now.Before(f.at) {
		return false // the clock has been set
	}
	pause := latePause
	if usable {
		pause = earlyPause
	}
	return now.Before(f.at.Add(pause)) || now.Before(f.until)
}

// usable reports whether the access token has not reached its end.
func (s stored) usable(now time.Time) bool {
	return !s.token.Access.IsZero() && (s.token.Expiry.IsZero() || now.Before(s.token.Expiry))
}

// fresh reports whether the access token is good for some time. latest is the latest
// time that is known to have been; a clock before it, or before the time at which
// the token was issued, has been set and proves nothing.
func (s stored) fresh(now, latest time.Time) bool {
	t := s.token
	if !s.usable(now) || now.Before(latest.Add(-clockSkew)) || now.Before(t.Issued.Add(-clockSkew)) {
		return false
	}
	return t.Expiry.IsZero() || now.Before(t.Expiry.Add(-min(mostMargin, max(0, t.Expiry.Sub(t.Issued)/10))))
}

// flight is a piece of work that several callers wait for.
type flight struct {
	done chan struct{}
	held *held
	err  *problem
}

// fly does the work of that name once for all who ask meanwhile. It outlives the
// caller that started it: others wait for it too, and a renewal must not be cut off
// between the server and the keychain.
func (t *Tokens) fly(ctx context.Context, name string, work func(context.Context) (*held, *problem)) (*held, *problem) {
	t.mu.Lock()
	f := t.flights[name]
	if f == nil {
		f = &flight{done: make(chan struct{})}
		t.flights[name] = f
		run := func() {
			f.held, f.err = work(context.WithoutCancel(ctx))
			t.mu.Lock()
			delete(t.flights, name)
			t.mu.Unlock()
			close(f.done)
		}
		if t.closed {
			go run()
		} else {
			t.writers.Go(run)
		}
	}
	t.mu.Unlock()
	select {
	case <-f.done:
		return f.held, f.err
	case <-ctx.Done():
		return nil, &problem{reason: Unreachable, err: ctx.Err(), hint: "try again"}
	}
}

// hold makes h the sign-in in memory, and returns a copy. What the keychain has not
// taken of an earlier one is dropped, unless h goes on with it.
func (w *work) hold(h held) *held {
	t := w.r.o.Tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.held[w.client.key]
	if old != nil && old.unsaved != nil && old.unsaved != h.unsaved {
		old.unsaved.drop()
	}
	h.latest = w.now()
	if old != nil && old.generation == h.generation {
		h.failure, h.latest, h.worked, h.forced = old.failure, old.latest, old.worked, old.forced
	}
	t.held[w.client.key] = &h
	out := h
	return &out
}

// forget drops what is in memory.
func (w *work) forget() {
	t := w.r.o.Tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.held[w.client.key]; h != nil && h.unsaved != nil {
		h.unsaved.drop()
	}
	delete(t.held, w.client.key)
}

// failed notes that the sign-in in memory could not be renewed.
func (w *work) failed(f failure) {
	t := w.r.o.Tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.held[w.client.key]; h != nil {
		h.failure = &f // the copies that others have stay what they are
	}
}

// inMemory returns a copy of the sign-in in memory; nil when there is none, or when
// the index says that it is another one by now. Without a change of the index that
// costs one look at its file.
func (w *work) inMemory() *held {
	t := w.r.o.Tokens
	h, seen := t.copy(w.client.key), w.r.index()
	if h == nil || !h.unstored && !same(h.seen, seen) && !w.current(h) {
		return nil
	}
	now := w.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if kept := t.held[w.client.key]; kept != nil && kept.generation == h.generation {
		kept.seen = settled(seen)
		if now.After(kept.latest) {
			kept.latest = now
		}
	}
	return h
}

// current reports whether the index agrees with what is in memory.
func (w *work) current(h *held) bool {
	f, _, listed, err := w.entry()
	if err != nil {
		return true // trouble is no sign-out
	}
	if u := h.unsaved; u != nil {
		return h.unmarked || listed && (f.Generation == u.base || f.Generation == h.generation)
	}
	return listed && f.Generation == h.generation
}

// change changes what is in memory, if it is of that generation.
func (t *Tokens) change(key, generation string, change func(*held)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.held[key]; h != nil && h.generation == generation {
		change(h)
	}
}

func (t *Tokens) copy(key string) *held {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.held[key]
	if h == nil {
		return nil
	}
	out := *h
	return &out
}

// settled returns info unless the file is so young that it may change once more
// within the resolution of its time.
func settled(info fs.FileInfo) fs.FileInfo {
	if info == nil || time.Since(info.ModTime()) < settledFor {
		return nil
	}
	return info
}

// lock takes the one lock of the sign-in among all processes.
func (w *work) lock(ctx context.Context) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	return w.r.o.Home.Lock(ctx, "sign-in "+w.client.key)
}

// lockTime is how long another process may take to renew the sign-in.
const lockTime = 20 * time.Second

// unsaved is a token that the keychain has not taken. While its process holds the
// lock, no other takes the token for lost.
type unsaved struct {
	base    string // the generation in the keychain, whose refresh token is consumed
	release func()
	gone    chan struct{}
	once    sync.Once
}

func (u *unsaved) drop() {
	u.once.Do(func() {
		close(u.gone)
		u.release()
	})
}

// unsavedLock names the lock of the process that has an unsaved token.
func (w *work) unsavedLock() string { return "unsaved " + w.client.key }
