package oauthflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// L4, L8: nobody comes.
func TestNobodyAnswers(t *testing.T) {
	if orDefault(0) != 5*time.Minute {
		t.Errorf("by default a sign-in waits %s", orDefault(0))
	}
	t.Run("in time", func(t *testing.T) {
		p := begun(t, t.Context(), newAuthority(), LoginOptions{Timeout: 50 * time.Millisecond})
		if _, err := p.end(); kindOf(err) != TimedOut {
			t.Errorf("error %v", err)
		}
		if listens(p.authority) {
			t.Error("still listens")
		}
		noneLeft(t)
	})
	t.Run("and the caller gives up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := begun(t, ctx, newAuthority(), LoginOptions{})
		cancel()
		if _, err := p.end(); !errors.Is(err, context.Canceled) || kindOf(err) != "" {
			t.Errorf("error %v", err)
		}
		if listens(p.authority) {
			t.Error("still listens")
		}
		noneLeft(t)
	})
	t.Run("and the caller gives up during the exchange", func(t *testing.T) {
		s := newAuthority()
		s.hold = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		p := begun(t, ctx, s, LoginOptions{})
		go func() {
			if resp, err := http.Get(p.callback(p.good())); err == nil {
				_ = resp.Body.Close()
			}
		}()
		for s.exchanges.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
		if _, err := p.end(); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		noneLeft(t)
	})
	t.Run("but the answer came before the time was over", func(t *testing.T) {
		s := newAuthority()
		s.hold = make(chan struct{})
		p := begun(t, t.Context(), s, LoginOptions{Timeout: 200 * time.Millisecond})
		got := make(chan shownPage, 1)
		go func() { got <- browse(t, p.callback(p.good())) }()
		for s.exchanges.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		time.AfterFunc(400*time.Millisecond, func() { close(s.hold) }) // the time is over then
		if _, err := p.end(); err != nil {
			t.Errorf("error %v", err)
		}
		if page := <-got; page.status != 200 {
			t.Errorf("page %d", page.status)
		}
	})
}

// The opener is told the address after the person is; whatever it does, the sign-in
// goes on.
func TestOpenerNeverEndsASignIn(t *testing.T) {
	for name, open := range map[string]func(context.Context, string) error{
		"none":   nil,
		"fails":  func(context.Context, string) error { return errors.New("no display") },
		"hangs":  func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() },
		"opened": func(context.Context, string) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var order []string
			note := func(s string) {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, s)
			}
			ended := make(chan struct{})
			o := LoginOptions{Started: func(address string) { note("started " + address) }}
			if open != nil {
				o.Open = func(ctx context.Context, address string) error {
					defer close(ended)
					note("opened " + address)
					return open(ctx, address)
				}
			} else {
				close(ended)
			}
			s := newAuthority()
			p := begun(t, t.Context(), s, o)
			if got := browse(t, p.callback(p.good())); got.status != 200 {
				t.Errorf("page %d", got.status)
			}
			if _, err := p.end(); err != nil {
				t.Error(err)
			}
			<-ended // its context ends with the sign-in
			address := s.steps().address()
			if want := fmt.Sprint([]string{"started " + address, "opened " + address}); open != nil && fmt.Sprint(order) != want {
				t.Errorf("%v, want %v", order, want)
			}
		})
	}
}
