package credential

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// take stores a renewed token before anything else is done with it (RFC 6749 section
// 6: the old refresh token may be gone), and returns it.
func (w *work) take(ctx context.Context, h *held, t oauthflow.Token) (*held, *problem) {
	next := h.with(t, union(h.token.Scopes, h.missing))
	if h.unsaved == nil {
		if err := w.r.o.Store.Set(ctx, w.client.key, next.encode()); err != nil {
			return w.keepUnsaved(ctx, h.generation, next, err)
		}
		return w.written(ctx, next), nil
	}
	if h := w.hold(held{stored: next, unsaved: h.unsaved, unmarked: h.unmarked}); !h.unmarked {
		return h, nil
	}
	return nil, unsafe(nil)
}

// written tells the other processes what the keychain has now.
func (w *work) written(ctx context.Context, s stored) *held {
	err := w.note(ctx, func(e *home.Entry, f *facts) {
		f.describe(s)
		e.Origins, e.Store, e.Updated = s.origins, w.r.o.Store.Name(), w.now()
	})
	w.log(err, "the renewed sign-in is not in the index")
	return w.hold(held{stored: s})
}

// keepUnsaved goes on with a token that the keychain did not take. Others learn that
// the one in the keychain is consumed; until they can, the new one is not used.
func (w *work) keepUnsaved(ctx context.Context, base string, next stored, cause error) (*held, *problem) {
	u := &unsaved{base: base, gone: make(chan struct{}), release: func() {}}
	h := w.hold(held{stored: next, unsaved: u, unmarked: true})
	w.log(cause, "the renewed sign-in is not stored; this program goes on with it and keeps trying")
	release, ok, err := w.r.o.Home.TryLock(w.unsavedLock())
	if err == nil && ok {
		u.release = release
	}
	t := w.r.o.Tokens
	t.mu.Lock()
	if !t.closed {
		t.writers.Go(func() { w.keepTrying(u) })
	}
	t.mu.Unlock()
	if p := w.arm(ctx, h); p != nil {
		return nil, p
	}
	return h, nil
}

// arm says in the index that the keychain's token is consumed, after which the unsaved
// one may be used.
func (w *work) arm(ctx context.Context, h *held) *problem {
	err := w.note(ctx, func(_ *home.Entry, f *facts) {
		f.Generation, f.Consumed = h.unsaved.base, true
	})
	if err != nil {
		return unsafe(err)
	}
	t := w.r.o.Tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	h.unmarked = false
	if kept := t.held[w.client.key]; kept != nil && kept.unsaved == h.unsaved {
		kept.unmarked = false
	}
	return nil
}

func unsafe(err error) *problem {
	return &problem{reason: KeychainUnavailable, hint: hintOf(err),
		err: errors.Join(errors.New("the renewed sign-in can neither be stored nor kept from being used twice"), err)}
}

// keepTrying stores an unsaved token as soon as the keychain takes it, until it is
// dropped or the process ends.
func (w *work) keepTrying(u *unsaved) {
	const slowest = 30 * time.Second
	t := w.r.o.Tokens
	for pause := t.pause; ; pause = min(2*pause, slowest) {
		timer := time.NewTimer(pause)
		select {
		case <-u.gone:
			timer.Stop()
			return
		case <-t.closing:
			timer.Stop()
			w.trySave(context.Background(), u)
			return
		case <-timer.C:
		}
		if w.trySave(context.Background(), u) {
			return
		}
	}
}

// trySave stores an unsaved token, or drops it when somebody has signed in or out
// meanwhile. It reports whether there is nothing left to do.
func (w *work) trySave(ctx context.Context, u *unsaved) bool {
	release, err := w.lock(ctx)
	if err != nil {
		return false
	}
	defer release()
	h := w.r.o.Tokens.copy(w.client.key)
	if h == nil || h.unsaved != u {
		return true
	}
	s, err := w.stored(ctx)
	switch {
	case err != nil && !notStored(err):
		return false
	case err != nil || s.generation != u.base:
		w.forget()
		return true
	}
	if w.r.o.Store.Set(ctx, w.client.key, h.encode()) != nil {
		return false
	}
	w.written(ctx, h.stored)
	return true
}

// Close waits for renewals that are under way, so that their tokens are stored, and
// tries once more to store what a keychain has not taken, for as long as ctx allows.
// What was handed out stays usable.
func (t *Tokens) Close(ctx context.Context) {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.closing)
	}
	t.mu.Unlock()
	done := make(chan struct{})
	go func() {
		t.writers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// expire notes that only a new sign-in helps, and removes the refresh token of that
// generation, so that nobody ever sends it again. The access token may still be good.
func (w *work) expire(ctx context.Context, s stored) {
	w.log(w.note(ctx, func(_ *home.Entry, f *facts) {
		if f.Generation != s.generation {
			f.describe(s)
		}
		f.Expired, f.Refreshable = true, false
	}), "the index does not say that the sign-in has ended")
	if now, err := w.stored(ctx); err != nil || now.generation != s.generation {
		w.forget()
		return
	}
	s.token.Refresh = oauthflow.Token{}.Refresh
	if err := w.r.o.Store.Set(ctx, w.client.key, s.encode()); err != nil {
		w.log(err, "the refresh token that the server refused is still in the keychain")
	}
	w.hold(held{stored: s})
}

// asks are the scopes that a token of the client itself is asked for.
func (w *work) asks() []string { return union(w.client.config.Scopes, w.scopes) }

// granted asks for a token of the client itself, which needs no person. It is approved
// for the origin it is needed for, where that needs no typed login.
func (w *work) granted(ctx context.Context, old stored, unstored bool) (*held, *problem) {
	if !w.r.mayApprove(w.origin, old.origins) {
		return nil, &problem{reason: SignInNeeded}
	}
	now := w.now()
	usable := old.usable(now) && old.allows(w.origin)
	if h := w.r.o.Tokens.copy(w.client.key); h != nil && h.generation == old.generation && h.failure.recent(now, usable) {
		return w.orUse(h, usable, h.failure.problem)
	}
	c, err := w.config(ctx)
	if err != nil {
		return w.orUse(&held{stored: old}, usable, problemOf(err))
	}
	c.Scopes = union(union(w.asks(), old.token.Scopes), old.missing)
	asking, cancel := context.WithTimeout(ctx, refreshTime)
	t, err := w.r.o.Tokens.grant(asking, c)
	cancel()
	if err != nil {
		p := w.declined(masked(err, c, t))
		return w.orUse(&held{stored: old}, usable, p)
	}
	next := old.with(w.dated(t), c.Scopes, originsOf(w.origin)...)
	if unstored {
		return w.hold(held{stored: next, unstored: true}), nil
	}
	if err := w.set(ctx, next); err != nil {
		var trouble *keychain.Error
		w.log(err, "the token is not stored; this program goes on with it")
		return w.hold(held{stored: next, unstored: errors.As(err, &trouble)}), nil
	}
	return w.written(ctx, next), nil
}

func originsOf(origin string) []string {
	if origin == "" {
		return nil
	}
	return []string{outbound.Origin(origin)}
}

// orUse returns a sign-in that can still be used, else why it could not be renewed.
func (w *work) orUse(h *held, usable bool, p *problem) (*held, *problem) {
	if usable {
		return h, nil
	}
	return nil, p
}

// declined is why the server gave no token to the client itself.
func (w *work) declined(err error) *problem {
	var e *oauthflow.Error
	p := &problem{reason: Refused, err: err, hint: hintOf(err)}
	f := failure{problem: p, at: w.now()}
	if !errors.As(err, &e) || e.Kind == oauthflow.Unreachable {
		p.reason = Unreachable
		if e != nil {
			f.until = f.at.Add(min(e.RetryAfter, longestWait))
		}
	}
	w.failed(f)
	return p
}
