package credential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// problem is an Error before it is known whose profile asks.
type problem struct {
	reason Reason
	err    error
	hint   string
}

// work is one operation on one sign-in, for one Resolver.
type work struct {
	r      *Resolver
	client *client
	origin string   // that the token is for
	scopes []string // that the tool needs beside those of the profile
	had    string   // the generation that the caller has found not good enough; empty: none
}

func (w *work) now() time.Time { return w.r.o.Now().Round(0) }

func (w *work) personal() bool { return w.client.config.Grant != oauthflow.ClientCredentials }

// need says what is wrong with the sign-in that a caller has.
type need struct {
	generation string // it is not good enough; empty: there is none
	rejected   bool   // the backend has refused its access token
	blind      bool   // the keychain has just said that it cannot be asked
}

// load returns the sign-in in memory, else the one in the keychain.
func (w *work) load(ctx context.Context) (*held, *problem) {
	if h := w.inMemory(); h != nil {
		return h, nil
	}
	return w.r.o.Tokens.fly(ctx, "load "+w.client.key, func(ctx context.Context) (*held, *problem) {
		seen := settled(w.r.index()) // before the record, which may change meanwhile
		s, err := w.stored(ctx)
		if err != nil {
			if notStored(err) {
				w.forget()
			}
			return nil, w.unread(err)
		}
		return w.hold(held{stored: s, seen: seen}), nil
	})
}

// unread is what a record that cannot be read means.
func (w *work) unread(err error) *problem {
	if notStored(err) {
		return &problem{reason: SignInNeeded}
	}
	return &problem{reason: KeychainUnavailable, err: err}
}

// renew returns a better sign-in than the one that the need names, or that one where
// its access token can still be used. However many ask, and in however many
// processes, the authorization server gets one request.
func (w *work) renew(ctx context.Context, n need) (*held, *problem) {
	const turns = 3 // somebody else's work may have been for another need
	var h *held
	var p *problem
	for range turns {
		h, p = w.r.o.Tokens.fly(ctx, "renew "+w.client.key, func(ctx context.Context) (*held, *problem) { return w.renewOnce(ctx, n) })
		switch {
		case p != nil, (h.generation != n.generation || !n.rejected) && (w.personal() || w.covers(h.stored)):
			return h, p
		}
		p = &problem{reason: SignInNeeded, err: errors.New("the backend has refused the token, and there is no other")}
	}
	return h, p
}

func (w *work) renewOnce(ctx context.Context, n need) (*held, *problem) {
	release, err := w.lock(ctx)
	if err != nil {
		if h := w.inMemory(); h != nil && h.usable(w.now()) && !n.rejected {
			return h, nil
		}
		why := "the sign-in cannot be renewed now"
		var busy *home.Error
		if errors.As(err, &busy) && busy.Kind == home.Busy {
			why = "another program is renewing the sign-in"
		}
		return nil, &problem{reason: Unreachable, err: fmt.Errorf("%s: %w", why, err), hint: "try again"}
	}
	defer release()
	if n.blind {
		return w.granted(ctx, stored{}, true)
	}
	h, p := w.again(ctx)
	if p != nil {
		if !w.personal() && (p.reason == SignInNeeded || p.reason == KeychainUnavailable) {
			return w.granted(ctx, stored{}, p.reason == KeychainUnavailable)
		}
		return nil, p
	}
	switch now := w.now(); {
	case h.generation != n.generation && h.fresh(now, time.Time{}) && (w.personal() || w.covers(h.stored)):
		return h, nil
	case !w.personal():
		return w.granted(ctx, h.stored, h.unstored)
	case h.unmarked:
		if p := w.arm(ctx, h); p != nil {
			return nil, p
		}
		if h.fresh(now, time.Time{}) {
			return h, nil
		}
	}
	f, p := w.mayRefresh(ctx, h, n)
	switch {
	case p == nil:
		return w.refresh(ctx, h, f, n)
	case h.usable(w.now()) && !n.rejected:
		w.failed(failure{problem: p, at: w.now()}) // the next call need not ask again at once
		return h, nil
	}
	return nil, p
}

// again reads the sign-in under the lock: from the keychain, unless memory has what
// the keychain did not take. With a keychain that cannot be asked what is in memory
// is used as long as it lasts.
func (w *work) again(ctx context.Context) (*held, *problem) {
	if h := w.inMemory(); h != nil && (h.unsaved != nil || h.unstored) {
		return h, nil
	}
	seen := settled(w.r.index())
	s, err := w.stored(ctx)
	if err == nil {
		return w.hold(held{stored: s, seen: seen}), nil
	}
	if h := w.inMemory(); h != nil && !notStored(err) && h.usable(w.now()) {
		return h, nil
	}
	if notStored(err) {
		w.forget()
	}
	return nil, w.unread(err)
}

// mayRefresh decides whether the refresh token may be sent now, and returns what the
// index says of it.
func (w *work) mayRefresh(ctx context.Context, h *held, n need) (facts, *problem) {
	f, now := w.about(h.stored), w.now()
	usable := h.usable(now) && !n.rejected
	switch {
	case f.Expired && h.unsaved == nil:
		return f, expired("the server refused to renew the sign-in")
	case h.token.Refresh.IsZero():
		if n.rejected && !f.Rejected {
			w.log(w.note(ctx, func(_ *home.Entry, now *facts) {
				f.Rejected = true
				now.become(f)
			}), "the index does not say that a backend has refused the token")
			w.r.o.Tokens.change(w.client.key, h.generation, func(h *held) { h.rejected = true })
		}
		return f, expired("the token has ended, and the server gave none to renew it with")
	case h.unsaved != nil: // this process alone knows the token
	case f.Consumed:
		return f, w.orphaned(ctx, h)
	case f.Sent >= mostSent:
		return f, w.lost(ctx, h.stored)
	case f.NotBefore != nil && now.Before(*f.NotBefore) && f.NotBefore.Sub(now) <= longestWait:
		return f, &problem{reason: Unreachable, err: errors.New("the authorization server asks to wait until " + f.NotBefore.Format(time.RFC3339)), hint: "try again then"}
	}
	if h.failure.recent(now, usable) {
		return f, h.failure.problem
	}
	return f, nil
}

// mostSent is how often a refresh token may be sent when nobody knows what became of
// the request: once more after a process was killed, never twice.
const mostSent = 2

func expired(why string) *problem { return &problem{reason: SignInNeeded, err: errors.New(why)} }

// lost gives up a sign-in whose refresh token has been sent twice without an answer
// that arrived: it is consumed most likely.
func (w *work) lost(ctx context.Context, s stored) *problem {
	w.expire(ctx, s)
	return expired("it was renewed by a program that ended before it could store the new token")
}

// orphaned says what became of a consumed token: another process has its successor,
// or had it.
func (w *work) orphaned(ctx context.Context, h *held) *problem {
	if w.holderGone() {
		return w.lost(ctx, h.stored)
	}
	return w.waiting()
}

// waiting is what others are told while a process has a token that the keychain does
// not take.
func (w *work) waiting() *problem {
	return &problem{reason: KeychainUnavailable, err: errors.New("another program has renewed the sign-in, and the keychain does not take the new token"),
		hint: "mcp-bridge keychain status"}
}

// holderGone reports whether no process has the successor of a consumed token any
// more.
func (w *work) holderGone() bool {
	release, ok, err := w.r.o.Home.TryLock(w.unsavedLock())
	if err != nil || !ok {
		return false
	}
	release()
	return true
}

// refresh sends the refresh token, once. Before that a marker says so, and before the
// new access token is used the new refresh token is stored.
func (w *work) refresh(ctx context.Context, h *held, f facts, n need) (*held, *problem) {
	usable := func() bool { return h.usable(w.now()) && !n.rejected }
	c, err := w.config(ctx)
	if err != nil {
		if usable() {
			return h, nil
		}
		return nil, problemOf(err)
	}
	if h.unsaved == nil {
		if err := w.note(ctx, func(_ *home.Entry, now *facts) { now.become(f); now.Sent++; now.NotBefore = nil }); err != nil {
			if usable() {
				return h, nil
			}
			return nil, &problem{reason: KeychainUnavailable, err: err}
		}
	}
	t, err := w.send(ctx, c, h.token)
	if err == nil {
		return w.take(ctx, h, t)
	}
	p := w.judge(ctx, h, f, n, err)
	switch {
	case p == nil: // another writer won
		return w.again(ctx)
	case usable():
		return h, nil
	}
	return nil, p
}

// covers reports whether a token of the client itself was asked for with everything
// that is needed now, and may be sent where it is needed.
func (w *work) covers(s stored) bool {
	return (w.origin == "" || s.allows(w.origin)) && len(without(w.asks(), union(s.token.Scopes, s.missing))) == 0
}
