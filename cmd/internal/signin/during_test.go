package signin

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// counter starts attempts in this process, as helpers would, and counts them.
type counter struct {
	desk  *Desk
	t     *testing.T
	count atomic.Int32
	open  atomic.Bool
	work  func(ctx context.Context, w *Worker) error

	opener error // of the browser
}

func (c *counter) start(after string, open bool) (<-chan struct{}, error) {
	c.count.Add(1)
	c.open.Store(open)
	done := make(chan struct{})
	task := Task{After: after, Work: c.work, Declined: func(err error) bool { return err.Error() == "no" }}
	if open {
		task.Open = func(context.Context, string) error { return c.opener }
	}
	go func() {
		defer close(done)
		_ = c.desk.Run(context.WithoutCancel(c.t.Context()), task)
	}()
	return done, nil
}

func during(t *testing.T) (*counter, func(ctx context.Context, c Caller) (bool, *result.Result)) {
	all, _ := desks(t, 1)
	c := &counter{desk: all[0], t: t, work: work(nil)}
	return c, func(ctx context.Context, caller Caller) (bool, *result.Result) {
		if caller.Progress == nil {
			caller.Progress = func(string) {}
		}
		return During(ctx, Need{Desk: c.desk, What: "github/work", Command: "mcp-bridge login github", Start: c.start, Since: time.Now()}, caller)
	}
}

func text(r *result.Result) string {
	var out []string
	for _, c := range r.Content {
		out = append(out, c.Text)
	}
	return strings.Join(out, "\n")
}

// TestDuringOpens: a client that cannot ask gets a browser window opened, and goes
// on when the person is done.
func TestDuringOpens(t *testing.T) {
	c, sign := during(t)
	if ok, r := sign(t.Context(), Caller{MayOpen: true}); !ok || r != nil || c.count.Load() != 1 || !c.open.Load() {
		t.Errorf("%v, %+v, %d", ok, r, c.count.Load())
	}
	// Neither a window nor a question: at once, and nothing is started.
	if ok, r := sign(t.Context(), Caller{}); ok || r != nil || c.count.Load() != 1 {
		t.Errorf("%v, %+v", ok, r)
	}
}

// TestDuringSaysWhatHappened: a no, a failure, and the rest after them.
func TestDuringSaysWhatHappened(t *testing.T) {
	for _, c := range []struct{ err, says string }{{"no", "declined"}, {"broken pipe", "broken pipe"}} {
		count, sign := during(t)
		count.work = work(errors.New(c.err))
		if ok, r := sign(t.Context(), Caller{MayOpen: true}); ok || r.Kind != result.SignInNeeded || !strings.Contains(text(r), c.says) {
			t.Errorf("%v, %s", ok, text(r))
		}
		if ok, r := sign(t.Context(), Caller{MayOpen: true}); ok || r.Kind != result.SignInNeeded || count.count.Load() != 1 || !strings.Contains(text(r), "no browser window") {
			t.Errorf("%v, %s", ok, text(r))
		}
	}
}

// TestDuringPending: a call that ends says where the person can go on, and the next
// one waits for the same attempt.
func TestDuringPending(t *testing.T) {
	c, sign := during(t)
	ready := make(chan struct{})
	c.work = func(ctx context.Context, w *Worker) error {
		w.Started("https://as.example/authorize")
		err := w.Open(ctx, "https://as.example/authorize")
		<-ready
		return err
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		_, _ = c.desk.Wait(t.Context(), "", nil, func(a Attempt) bool { return a.Opened })
		stop()
	}()
	if ok, r := sign(ctx, Caller{MayOpen: true}); ok || r.Kind != result.SignInPending || !strings.Contains(text(r), "https://as.example/authorize") {
		t.Errorf("%v, %+v", ok, r)
	}
	var once sync.Once
	waits := func(string) { once.Do(func() { close(ready) }) } // it has seen the attempt
	if ok, r := sign(t.Context(), Caller{MayOpen: true, Progress: waits}); !ok || r != nil || c.count.Load() != 1 {
		t.Errorf("%v, %+v, %d", ok, r, c.count.Load())
	}
}

// TestDuringAsks: a client that can ask is given the address, nothing is opened, and
// its answer is heeded.
func TestDuringAsks(t *testing.T) {
	for _, action := range []string{result.Accept, result.Decline, result.Cancel} {
		c, sign := during(t)
		ready := make(chan struct{})
		c.work = func(ctx context.Context, w *Worker) error {
			w.Started("https://as.example/authorize")
			select {
			case <-ready:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		ok, r := sign(t.Context(), Caller{MayOpen: true, AsksURL: true})
		if ok || len(r.Questions) != 1 || r.Questions[0].URL != "https://as.example/authorize" || c.open.Load() {
			t.Fatalf("%v, %+v", ok, r)
		}
		if action == result.Accept {
			close(ready)
		}
		answers := map[string]result.Answer{r.Questions[0].ID: {Action: action}}
		var over []string
		asked := r.Questions[0].ID
		ok, r = sign(t.Context(), Caller{MayOpen: true, AsksURL: true, Answers: answers, Complete: func(id string) { over = append(over, id) }})
		if len(over) != 1 || over[0] != asked {
			t.Errorf("%s: the end of %v was told", action, over)
		}
		if ok != (action == result.Accept) || c.count.Load() != 1 || !ok && r.Kind != result.SignInNeeded {
			t.Errorf("%s: %v, %+v", action, ok, r)
		}
		a, err := c.desk.Wait(t.Context(), "", nil, nil)
		if err != nil || a.Phase == Pending || (a.Phase == Done) != ok || a.Declined != (action == result.Decline) {
			t.Errorf("%s: %+v, %v", action, a, err)
		}
		if action != result.Decline {
			continue
		}
		// After a no nobody is asked again for some time.
		if ok, r = sign(t.Context(), Caller{MayOpen: true, AsksURL: true}); ok || len(r.Questions) > 0 || c.count.Load() != 1 || !strings.Contains(text(r), "declined") {
			t.Errorf("%v, %+v", ok, r)
		}
	}
}

// TestDuringWithoutWindow: when no browser can be opened the call says so at once,
// with the address, and the sign-in goes on.
func TestDuringWithoutWindow(t *testing.T) {
	c, sign := during(t)
	c.opener = errors.New("there is no browser")
	ready := make(chan struct{})
	c.work = func(ctx context.Context, w *Worker) error {
		w.Started("https://as.example/authorize")
		_ = w.Open(ctx, "https://as.example/authorize")
		<-ready
		return nil
	}
	ok, r := sign(t.Context(), Caller{MayOpen: true})
	if ok || r.Kind != result.SignInPending || !strings.Contains(text(r), "https://as.example/authorize") || !strings.Contains(text(r), "there is no browser") {
		t.Errorf("%v, %s", ok, text(r))
	}
	close(ready)
	if a, err := c.desk.Wait(t.Context(), "", nil, nil); err != nil || a.Phase != Done {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestDuringAsksOnce: of calls that need the same credential at once, one asks, and the
// others share its outcome, whether they come to wait before or after the attempt ends.
func TestDuringAsksOnce(t *testing.T) {
	for _, outcome := range []error{nil, errors.New("no"), errors.New("broken pipe")} {
		all, _ := desks(t, 1)
		c := &counter{desk: all[0], t: t}
		ready := make(chan struct{})
		c.work = func(ctx context.Context, w *Worker) error {
			w.Started("https://as.example/authorize")
			<-ready
			return outcome
		}
		n := Need{Desk: c.desk, What: "github", Command: "mcp-bridge login github", Start: c.start, Asked: &Asked{}, Since: time.Now(),
			There: func(context.Context) bool {
				last, _ := c.desk.Last()
				return last.Phase == Done
			}}
		caller := Caller{AsksURL: true, Progress: func(string) {}}
		_, r := During(t.Context(), n, caller)
		if len(r.Questions) != 1 {
			t.Fatalf("%v: %+v", outcome, r)
		}
		const calls = 5
		type answer struct {
			ok bool
			r  *result.Result
		}
		answers := make(chan answer, calls+1)
		during := func() {
			ok, r := During(t.Context(), n, caller)
			answers <- answer{ok, r}
		}
		for range calls {
			go during()
		}
		close(ready)
		if _, err := c.desk.Wait(t.Context(), "", nil, nil); err != nil {
			t.Fatal(err)
		}
		during() // when the attempt is certainly over
		for range calls + 1 {
			switch got := <-answers; {
			case got.ok != (outcome == nil), got.r == nil != got.ok:
				t.Errorf("%v: %v, %+v", outcome, got.ok, got.r)
			case got.r != nil && (len(got.r.Questions) > 0 || got.r.Kind != result.SignInNeeded):
				t.Errorf("%v: another call asked: %+v", outcome, got.r)
			}
		}
		if n := c.count.Load(); n != 1 {
			t.Errorf("%v: %d attempts", outcome, n)
		}
		if outcome == nil {
			continue
		}
		// A call that begins later may try again, unless the person said no.
		attempts := int32(2)
		if outcome.Error() == "no" {
			attempts = 1
		}
		n.Since = time.Now()
		if ok, r := During(t.Context(), n, caller); ok || r == nil || r.Kind != result.SignInNeeded || c.count.Load() != attempts {
			t.Errorf("%v: %v, %+v after %d attempts", outcome, ok, r, c.count.Load())
		}
	}
}

// TestDuringThere: an attempt that ended between the look of a call for its credential
// and the question of what to do is not followed by another.
func TestDuringThere(t *testing.T) {
	all, _ := desks(t, 1)
	c := &counter{desk: all[0], t: t, work: work(nil)}
	for _, there := range []bool{false, true} {
		need := Need{Desk: c.desk, What: "github/work", Command: "mcp-bridge login github", Start: c.start,
			There: func(context.Context) bool { return there }}
		ok, r := During(t.Context(), need, Caller{MayOpen: true, Progress: func(string) {}})
		if !ok || r != nil || c.count.Load() != 1 {
			t.Errorf("there %v: %v, %+v, %d attempts", there, ok, r, c.count.Load())
		}
	}
}
