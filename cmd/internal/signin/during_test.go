package signin

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// counter starts attempts in this process, as helpers would, and counts them.
type counter struct {
	desk  *Desk
	t     *testing.T
	count int
	open  bool
	work  func(ctx context.Context, w *Worker) error

	opener error // of the browser
}

func (c *counter) start(after string, open bool) (<-chan struct{}, error) {
	c.count++
	c.open = open
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
		return During(ctx, Need{Desk: c.desk, What: "github/work", Command: "mcp-bridge login github", Start: c.start}, caller)
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
	if ok, r := sign(t.Context(), Caller{MayOpen: true}); !ok || r != nil || c.count != 1 || !c.open {
		t.Errorf("%v, %+v, %d", ok, r, c.count)
	}
	// Neither a window nor a question: at once, and nothing is started.
	if ok, r := sign(t.Context(), Caller{}); ok || r != nil || c.count != 1 {
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
		if ok, r := sign(t.Context(), Caller{MayOpen: true}); ok || r.Kind != result.SignInNeeded || count.count != 1 || !strings.Contains(text(r), "no browser window") {
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
	if ok, r := sign(t.Context(), Caller{MayOpen: true, Progress: waits}); !ok || r != nil || c.count != 1 {
		t.Errorf("%v, %+v, %d", ok, r, c.count)
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
		if ok || len(r.Questions) != 1 || r.Questions[0].URL != "https://as.example/authorize" || c.open {
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
		if ok != (action == result.Accept) || c.count != 1 || !ok && r.Kind != result.SignInNeeded {
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
		if ok, r = sign(t.Context(), Caller{MayOpen: true, AsksURL: true}); ok || len(r.Questions) > 0 || c.count != 1 || !strings.Contains(text(r), "declined") {
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

// TestDuringAsksOnce: of calls that need the same at once, one asks.
func TestDuringAsksOnce(t *testing.T) {
	all, _ := desks(t, 1)
	c := &counter{desk: all[0], t: t}
	ready := make(chan struct{})
	c.work = func(ctx context.Context, w *Worker) error {
		w.Started("https://as.example/authorize")
		<-ready
		return nil
	}
	n := Need{Desk: c.desk, What: "github", Command: "mcp-bridge login github", Start: c.start, Asked: &Asked{}}
	caller := Caller{AsksURL: true, Progress: func(string) {}}
	_, r := During(t.Context(), n, caller)
	if len(r.Questions) != 1 {
		t.Fatalf("%+v", r)
	}
	waiting := make(chan bool, 5)
	for range cap(waiting) {
		go func() {
			ok, r := During(t.Context(), n, caller)
			waiting <- ok && r == nil
		}()
	}
	close(ready)
	for range cap(waiting) {
		if !<-waiting {
			t.Error("another call asked, or failed")
		}
	}
	if c.count != 1 {
		t.Error(c.count)
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
		if !ok || r != nil || c.count != 1 {
			t.Errorf("there %v: %v, %+v, %d attempts", there, ok, r, c.count)
		}
	}
}
