package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// desk returns desks of one credential, as if each were another process's, and a
// clock that they share.
func desks(t *testing.T, n int) ([]*Desk, *atomic.Int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "home")
	var ahead atomic.Int64
	out := make([]*Desk, n)
	for i := range out {
		h, err := home.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = NewDesk(h, "oauth-1")
		out[i].now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}
	return out, &ahead
}

func work(err error) func(context.Context, *Worker) error {
	return func(ctx context.Context, w *Worker) error {
		w.Started("https://as.example/authorize")
		return errors.Join(w.Open(ctx, "https://as.example/authorize"), err)
	}
}

// TestOneAttemptForMany: of many that decide at once, one makes the attempt, and
// all see its outcome.
func TestOneAttemptForMany(t *testing.T) {
	all, _ := desks(t, 8)
	var opened, finished atomic.Int32
	ready := make(chan struct{})
	task := Task{
		Open: func(context.Context, string) error { opened.Add(1); return nil },
		Work: func(ctx context.Context, w *Worker) error {
			w.Started("https://as.example/authorize")
			if err := w.Open(ctx, "https://as.example/authorize"); err != nil {
				return err
			}
			<-ready
			return nil
		},
	}
	var group sync.WaitGroup
	for _, d := range all {
		group.Go(func() {
			var busy *BusyError
			if err := d.Run(t.Context(), task); err != nil && !errors.As(err, &busy) {
				t.Error(err)
			}
		})
		group.Go(func() {
			a, err := d.Wait(t.Context(), "", nil, nil)
			if err != nil || a.Phase != Done || !a.Opened || a.Address == "" {
				t.Errorf("%+v, %v", a, err)
			}
			finished.Add(1)
		})
	}
	if a, err := all[0].Wait(t.Context(), "", nil, func(a Attempt) bool { return a.Opened }); err != nil || a.Phase != Pending {
		t.Errorf("%+v, %v", a, err)
	}
	close(ready)
	group.Wait()
	if opened.Load() != 1 || finished.Load() != 8 {
		t.Errorf("%d tabs, %d finished", opened.Load(), finished.Load())
	}
	// One that had decided on it before the outcome was there makes no other.
	if err := all[3].Run(t.Context(), task); err != nil || opened.Load() != 1 {
		t.Error(err, opened.Load())
	}
}

// TestTabs: at most three within an hour, also after successes; nothing at all after
// one that failed, until a typed login.
func TestTabs(t *testing.T) {
	all, ahead := desks(t, 1)
	d := all[0]
	opened := 0
	again := func(err error, typed bool) error {
		last, _ := d.Last()
		return d.Run(t.Context(), Task{Typed: typed, After: last.ID, Work: work(err), Declined: func(err error) bool { return err.Error() == "no" },
			Open: func(context.Context, string) error { opened++; return nil }})
	}
	for i := range 5 {
		var rest *RestError
		err := again(nil, false)
		if want := i >= maxTabs; errors.As(err, &rest) != want || !want && err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if opened != maxTabs || d.Resting() == nil || !strings.Contains(d.Resting().Error(), "3 browser windows") {
		t.Error(opened, d.Resting())
	}
	if err := again(nil, true); err != nil || opened != maxTabs+1 || d.Resting() != nil {
		t.Error(err, opened)
	}
	for _, c := range []struct{ err, says string }{{"no", "declined"}, {"broken", "failed"}} {
		if err := again(errors.New(c.err), false); err == nil {
			t.Error("no error")
		}
		last, _ := d.Last()
		if rest := d.Resting(); rest == nil || !strings.Contains(rest.Error(), c.says) || last.Phase != Failed || last.Declined != (c.err == "no") {
			t.Errorf("%v, %+v", rest, last)
		}
		before := opened
		if err := again(nil, false); err == nil || opened != before {
			t.Error(err)
		}
		if err := again(nil, true); err != nil || d.Resting() != nil {
			t.Error(err)
		}
	}
	// Without a tab nothing rests and nothing counts.
	for range 5 {
		last, _ := d.Last()
		if err := d.Run(t.Context(), Task{After: last.ID, Work: work(nil)}); err != nil {
			t.Error(err)
		}
	}
	_ = again(errors.New("no"), false)
	ahead.Store(int64(restTime + time.Second))
	if d.Resting() != nil {
		t.Error("it rests for ever")
	}
	ahead.Store(-int64(48 * time.Hour)) // a clock that was ahead and is right now
	if d.Resting() != nil {
		t.Error("it rests for a clock that was wrong")
	}
}

// TestTimeout: an attempt ends by itself and says why.
func TestTimeout(t *testing.T) {
	all, _ := desks(t, 1)
	err := all[0].Run(t.Context(), Task{Timeout: time.Millisecond, Work: func(ctx context.Context, _ *Worker) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	if last, _ := all[0].Last(); !errors.Is(err, context.DeadlineExceeded) || last.Phase != Failed || !strings.Contains(all[0].Resting().Error(), "nobody finished") {
		t.Error(err, last)
	}
}

// TestTypedTakesOver: a typed login takes the place of an attempt that is pending.
func TestTypedTakesOver(t *testing.T) {
	all, _ := desks(t, 2)
	first := make(chan error, 1)
	go func() {
		first <- all[0].Run(t.Context(), Task{Work: func(ctx context.Context, w *Worker) error {
			w.Started("https://as.example/1")
			<-ctx.Done()
			return ctx.Err()
		}})
	}()
	if _, err := all[1].Wait(t.Context(), "", nil, func(a Attempt) bool { return a.Address != "" }); err != nil {
		t.Fatal(err)
	}
	var busy *BusyError
	if err := all[1].Run(t.Context(), Task{Work: work(nil)}); !errors.As(err, &busy) || busy.Attempt.Address == "" {
		t.Error(err)
	}
	if err := all[1].Run(t.Context(), Task{Typed: true, Work: work(nil)}); err != nil {
		t.Error(err)
	}
	if err := <-first; !errors.Is(err, errStopped) {
		t.Error(err)
	}
	if last, _ := all[0].Last(); last.Phase != Done {
		t.Errorf("%+v", last)
	}
}

// TestDeath: an owner that is gone, and a helper that never came, are noticed.
func TestDeath(t *testing.T) {
	all, _ := desks(t, 1)
	d := all[0]
	if err := d.write(state{Attempt: Attempt{ID: "dead", Phase: Pending}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Wait(t.Context(), "", nil, nil); !errors.Is(err, errDied) {
		t.Error(err)
	}
	ended := make(chan struct{})
	close(ended)
	if _, err := d.Wait(t.Context(), "dead", ended, nil); !errors.Is(err, errNotStarted) {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := d.Wait(ctx, "dead", nil, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDamagedFile: what cannot be read counts as nothing.
func TestDamagedFile(t *testing.T) {
	all, _ := desks(t, 1)
	for _, text := range []string{"", "{", `{"tabs": 7}`, "null"} {
		if err := all[0].home.WriteFile(all[0].file(), []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, ok := all[0].Last(); ok || all[0].Resting() != nil {
			t.Errorf("%q", text)
		}
		if err := all[0].Run(t.Context(), Task{Work: work(nil)}); err != nil {
			t.Error(err)
		}
	}
}

// TestOrderHidesItsSecret: it is written only where it is meant to be.
func TestOrderHidesItsSecret(t *testing.T) {
	o := Order{Profile: "p", Account: "a", Record: "r"}
	o.SetSecret("CLIENT_SECRET", secret.New("canary-secret"))
	for _, text := range []string{fmt.Sprint(o), fmt.Sprintf("%+v %#v %s %q", o, o, o, &o)} {
		if strings.Contains(text, "canary") {
			t.Error(text)
		}
	}
	data, err := json.Marshal(o)
	if err != nil || !strings.Contains(string(data), "canary-secret") {
		t.Error(err)
	}
}
