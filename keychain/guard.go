package keychain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

const (
	// defaultTimeout leaves a command one second of its six for everything else.
	defaultTimeout = 5 * time.Second
	// restFor is how long a keychain that did not answer is not asked again. It
	// makes a command of many operations wait once.
	restFor = 10 * time.Second
	// maxLost bounds the goroutines that wait for answers nobody waits for any more.
	maxLost = 8
)

// errSilent is the cause of a context that ended by the guard's own time limit.
var errSilent = errors.New("no answer in time")

// guard runs calls that cannot be cancelled and may never return: each in a
// goroutine of its own that is abandoned when time is up.
type guard struct {
	timeout time.Duration // of one call, and of one Store method
	unlock  time.Duration // more, for a call during which the person may be asked

	mu      sync.Mutex
	until   time.Time      // until then the keychain is not asked
	silence chan struct{}  // closed when a call times out, for the calls beside it
	lost    int            // abandoned calls that still run
	writing map[string]int // of these, writes by account
}

func newGuard(o Options) *guard {
	g := &guard{
		timeout: o.Timeout, unlock: max(o.Unlock, 0),
		silence: make(chan struct{}), writing: map[string]int{},
	}
	if g.timeout <= 0 {
		g.timeout = defaultTimeout
	}
	return g
}

// within returns ctx with the time limit of one Store method, which may make
// several calls.
func (g *guard) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, g.timeout+g.unlock, errSilent)
}

// promptly returns ctx with the time limit of a call during which nobody is asked.
func (g *guard) promptly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, g.timeout, errSilent)
}

// call is one question to the keychain. account is set for writes only.
type call struct {
	account string
	done    chan struct{} // closed when text and err are set
	text    string
	err     error
	over    bool // guarded by guard.mu
	lost    bool // guarded by guard.mu
}

// do runs ask and returns what it returns, or an *Error without Op when the
// keychain was silent lately, ctx ends first, or a call beside this one times out.
func (g *guard) do(ctx context.Context, account string, ask func() (string, error)) (string, error) {
	silence, err := g.admit(ctx, account)
	if err != nil {
		return "", err
	}
	c := &call{account: account, done: make(chan struct{})}
	go func() {
		c.text, c.err = safely(ask)
		g.finish(c)
		close(c.done)
	}()
	select {
	case <-c.done:
	case <-ctx.Done():
		if g.abandon(c) {
			return "", g.ended(ctx)
		}
	case <-silence:
		if g.abandon(c) {
			return "", fail("", Silent, "", nil)
		}
	}
	<-c.done
	if c.err != nil && ctx.Err() != nil {
		return "", g.ended(ctx) // a call that heeds ctx, and so ended with it
	}
	return c.text, c.err
}

// admit decides whether the keychain may be asked at all. A write to an account
// whose earlier write was abandoned has to wait for that: otherwise the earlier
// one could arrive later and bring back an old value.
func (g *guard) admit(ctx context.Context, account string) (<-chan struct{}, error) {
	if ctx.Err() != nil {
		return nil, g.ended(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case time.Now().Before(g.until):
		return nil, fail("", Silent, "", nil)
	case g.lost >= maxLost:
		return nil, fail("", Silent, "", fmt.Errorf("%d calls are still unanswered", g.lost))
	case account != "" && g.writing[account] > 0:
		return nil, fail("", Silent, "", errors.New("an earlier write is still unanswered"))
	}
	return g.silence, nil
}

func (g *guard) finish(c *call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.over = true
	if !c.lost {
		return
	}
	g.lost--
	if c.account != "" {
		g.writing[c.account]--
		maps.DeleteFunc(g.writing, func(_ string, n int) bool { return n == 0 })
	}
}

// abandon reports false when the call has just ended after all.
func (g *guard) abandon(c *call) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.over {
		return false
	}
	c.lost = true
	g.lost++
	if c.account != "" {
		g.writing[c.account]++
	}
	return true
}

// ended makes the error of a context that ended. Only the guard's own time limit
// proves enough of a silence for others to stop asking.
func (g *guard) ended(ctx context.Context) error {
	if reason := endOf(ctx); !errors.Is(context.Cause(ctx), errSilent) {
		return fail("", reason, "", ctx.Err())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); !now.Before(g.until) {
		g.until = now.Add(restFor)
		close(g.silence)
		g.silence = make(chan struct{})
	}
	return fail("", Silent, "", ctx.Err())
}

// endOf tells a caller who gave up from a keychain that did not answer by a
// deadline, whoever set it.
func endOf(ctx context.Context) Reason {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return Silent
	}
	return Ended
}

// safely turns a panic into an error: go-keyring and godbus assert the types of
// what the other side of the bus sends, and index into it.
func safely(ask func() (string, error)) (text string, err error) {
	defer func() {
		if p := recover(); p != nil {
			text, err = "", errors.New("the keychain gave an unexpected answer")
		}
	}()
	return ask()
}
