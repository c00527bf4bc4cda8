package keychain

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The tests of the guard run on synctest's clock: its times are exact, and a test
// that would hang fails.

func quick() (string, error) { return "answer", nil }

// never answers until the test ends it.
func never(end <-chan struct{}) func() (string, error) {
	return func() (string, error) { <-end; return "late", nil }
}

func wantReason(t *testing.T, err error, reason Reason) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != Unavailable || e.Reason != reason {
		t.Errorf("error %v, want reason %q", err, reason)
	}
}

// ask is one Store method with one call.
func (g *guard) ask(ctx context.Context, account string, question func() (string, error)) (string, error) {
	ctx, cancel := g.within(ctx)
	defer cancel()
	return g.do(ctx, account, question)
}

func TestGuardPassesAnswers(t *testing.T) {
	g := newGuard(Options{})
	mine := errors.New("mine")
	if text, err := g.ask(t.Context(), "", quick); text != "answer" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := g.ask(t.Context(), "", func() (string, error) { return "", mine }); !errors.Is(err, mine) {
		t.Errorf("%v", err)
	}
	if _, err := g.ask(t.Context(), "", func() (string, error) { panic("token-canary") }); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("a panic gave %v", err)
	}
	if g.lost != 0 {
		t.Errorf("%d lost calls", g.lost)
	}
}

func TestGuardRemembersSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, end, start := newGuard(Options{}), make(chan struct{}), time.Now()
		_, err := g.ask(t.Context(), "", never(end))
		wantReason(t, err, Silent)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v does not wrap the deadline", err)
		}
		if waited := time.Since(start); waited != defaultTimeout {
			t.Errorf("waited %v", waited)
		}
		for range 100 {
			_, err := g.ask(t.Context(), "", func() (string, error) { t.Error("asked again"); return "", nil })
			wantReason(t, err, Silent)
		}
		if waited := time.Since(start); waited != defaultTimeout {
			t.Errorf("all together waited %v", waited)
		}
		time.Sleep(restFor)
		if text, err := g.ask(t.Context(), "", quick); text != "answer" || err != nil {
			t.Errorf("after the rest: %q, %v", text, err)
		}
		close(end)
	})
}

// Calls that began later do not wait longer than the first.
func TestGuardAnswersTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, end, start := newGuard(Options{}), make(chan struct{}), time.Now()
		heeds := func(ctx context.Context) func() (string, error) {
			return func() (string, error) { <-ctx.Done(); return "", ctx.Err() }
		}
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 400 * time.Millisecond)
				ctx, cancel := g.within(t.Context())
				defer cancel()
				question := never(end)
				if i%2 == 0 {
					question = heeds(ctx)
				}
				_, err := g.do(ctx, "", question)
				wantReason(t, err, Silent)
				if waited := time.Since(start); waited != defaultTimeout {
					t.Errorf("call %d answered after %v", i, waited)
				}
			})
		}
		all.Wait()
		close(end)
	})
}

func TestGuardLimitsLostCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, end := newGuard(Options{Timeout: time.Second}), make(chan struct{})
		for range maxLost {
			_, err := g.ask(t.Context(), "", never(end))
			wantReason(t, err, Silent)
			time.Sleep(restFor)
		}
		_, err := g.ask(t.Context(), "", func() (string, error) { t.Error("one more goroutine"); return "", nil })
		wantReason(t, err, Silent)
		close(end)
		synctest.Wait()
		if text, err := g.ask(t.Context(), "", quick); text != "answer" || err != nil {
			t.Errorf("after the lost calls ended: %q, %v", text, err)
		}
	})
}

// An abandoned write may still arrive. Until it has, the same record is not written
// again, or the old value could come last.
func TestGuardKeepsWritesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, end := newGuard(Options{}), make(chan struct{})
		_, err := g.ask(t.Context(), "v1/a", never(end))
		wantReason(t, err, Silent)
		time.Sleep(restFor)
		_, err = g.ask(t.Context(), "v1/a", func() (string, error) { t.Error("overtook a write"); return "", nil })
		wantReason(t, err, Silent)
		if _, err := g.ask(t.Context(), "v1/b", quick); err != nil {
			t.Errorf("another record: %v", err)
		}
		if _, err := g.ask(t.Context(), "", quick); err != nil {
			t.Errorf("a read: %v", err)
		}
		close(end)
		synctest.Wait()
		if _, err := g.ask(t.Context(), "v1/a", quick); err != nil {
			t.Errorf("after the write ended: %v", err)
		}
		if len(g.writing) != 0 {
			t.Errorf("remembered: %v", g.writing)
		}
	})
}

// A caller who gives up says nothing about the keychain.
func TestGuardCallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, end := newGuard(Options{}), make(chan struct{})
		defer close(end)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := g.ask(ctx, "", never(end))
		wantReason(t, err, Ended)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v does not wrap the cancellation", err)
		}
		_, err = g.ask(ctx, "", quick)
		wantReason(t, err, Ended)

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = g.ask(short, "", never(end))
		wantReason(t, err, Silent)
		if text, err := g.ask(t.Context(), "", quick); text != "answer" || err != nil {
			t.Errorf("the next caller: %q, %v", text, err)
		}
	})
}

func TestGuardUnlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, end, start := newGuard(Options{Unlock: time.Minute}), make(chan struct{}), time.Now()
		defer close(end)
		ctx, cancel := g.within(t.Context())
		defer cancel()
		text, err := g.do(ctx, "", func() (string, error) { time.Sleep(50 * time.Second); return "unlocked", nil })
		if text != "unlocked" || err != nil {
			t.Errorf("%q, %v after %v", text, err, time.Since(start))
		}
		short, stop := g.promptly(ctx)
		defer stop()
		start = time.Now()
		_, err = g.do(short, "", never(end))
		wantReason(t, err, Silent)
		if waited := time.Since(start); waited != defaultTimeout {
			t.Errorf("waited %v", waited)
		}
	})
}
