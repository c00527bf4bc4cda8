package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

// DefaultTimeout is how long an attempt waits for the person.
const DefaultTimeout = 5 * time.Minute

// Task is one attempt to be made.
type Task struct {
	// Typed says that a person typed the command: it takes the place of an attempt
	// that is pending, ends the rest of the desk, and its windows do not count.
	Typed bool
	// After is the ID of the last attempt that was known when this one was decided
	// on. When there has been another one since, this one is not made. Not for a
	// typed one.
	After string
	// Open opens an address in the browser; nil: nothing is opened.
	Open func(ctx context.Context, address string) error
	// Work does it. Whatever it returns is the outcome; Declined tells a no of the
	// person's from trouble.
	Work     func(ctx context.Context, w *Worker) error
	Declined func(error) bool
	Timeout  time.Duration // 0: DefaultTimeout
	// Spare is how long Work may go on after Timeout, to finish what the person began
	// in time; Work then ends the wait for them by itself, and TimedOut tells that.
	Spare    time.Duration
	TimedOut func(error) bool // nil: the end of Work's context alone counts
	Late     string           // the [TimeoutError.More] when nobody finishes
}

// Worker is what the work of a task tells about its progress.
type Worker struct {
	desk *Desk
	task Task

	mu    sync.Mutex
	state state
}

// Run makes an attempt. The errors are a *BusyError when another process owns one,
// a *RestError when no tab may be opened, one of the home, and what Work returns.
// It is nil without any work when somebody else made an attempt since Task.After:
// the outcome is the desk's last attempt then.
func (d *Desk) Run(ctx context.Context, t Task) error {
	release, err := d.acquire(ctx, t.Typed)
	if err != nil {
		return err
	}
	defer release()
	if t.Timeout <= 0 {
		t.Timeout = DefaultTimeout
	}
	s := d.read()
	if !t.Typed && s.Attempt.ID != t.After {
		return nil
	}
	if t.Typed {
		s.Rest, s.Why, s.Tabs = time.Time{}, "", nil
	}
	now := d.now()
	if rest := s.resting(now); rest != nil && !t.Typed && t.Open != nil {
		return rest
	}
	if err := d.clear(); err != nil {
		return err
	}
	s.recent(now)
	s.Attempt = Attempt{ID: rand.Text(), Phase: Pending, Started: now, Ends: now.Add(t.Timeout)}
	if err := d.write(s); err != nil {
		return err
	}
	w := &Worker{desk: d, task: t, state: s}
	return w.run(ctx)
}

// errStopped and errDeclined are the cause of an attempt's end when somebody asked for
// it.
var (
	errStopped  = errors.New("another sign-in took its place")
	errDeclined = errors.New("the person declined in the client")
)

func (w *Worker) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timed, stop := context.WithTimeout(ctx, w.task.Timeout+w.task.Spare)
	defer stop()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		w.watch(timed, cancel)
	}()
	err := w.task.Work(timed, w)
	timedOut := err != nil && ctx.Err() == nil && (timed.Err() != nil || w.task.TimedOut != nil && w.task.TimedOut(err))
	if timedOut {
		err = &TimeoutError{After: w.task.Timeout, Err: err, More: w.task.Late}
	}
	if cause := context.Cause(ctx); err != nil && (cause == errStopped || cause == errDeclined) {
		err = cause
	}
	cancel(nil)
	<-watched
	return errors.Join(err, w.finish(err, timedOut))
}

// watch ends the attempt when it is asked to.
func (w *Worker) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	const every = 250 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if why := w.desk.stopped(w.state.Attempt.ID); why != nil {
				cancel(why)
				return
			}
		}
	}
}

// finish writes the outcome down. After a success the tabs still count: a server
// whose tokens are worth nothing must not open one after the other.
func (w *Worker) finish(err error, timedOut bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.state
	s.Attempt.Ended = w.desk.now()
	if err == nil {
		s.Attempt.Phase = Done
		s.Rest, s.Why = time.Time{}, ""
		return w.desk.write(*s)
	}
	s.Attempt.Phase, s.Attempt.Message = Failed, err.Error()
	if errors.Is(err, context.Canceled) {
		s.Attempt.Message = "it was interrupted" // by Ctrl+C, or with its program
	}
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		s.Attempt.Hint = h.Hint()
	}
	switch declined := err == errDeclined || w.task.Declined != nil && w.task.Declined(err); {
	case err == errStopped:
		return w.desk.write(*s) // its successor owns the desk from here on
	case declined:
		s.Attempt.Declined, s.Why = true, "the last sign-in was declined"
	case timedOut:
		s.Why = "nobody finished the last sign-in"
	default:
		s.Why = "the last sign-in failed"
	}
	if !w.task.Typed {
		s.Rest = w.desk.now().Add(restTime)
	}
	return w.desk.write(*s)
}

// Started says where the person signs in.
func (w *Worker) Started(address string) { w.tell(address, "") }

// Code is Started for the device flow: the person types the code at the address.
func (w *Worker) Code(address, code string) { w.tell(address, code) }

func (w *Worker) tell(address, code string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Attempt.Address, w.state.Attempt.UserCode = address, code
	_ = w.desk.write(w.state) // who waits sees less; the sign-in goes on
}

// CanOpen reports whether the task opens anything.
func (w *Worker) CanOpen() bool { return w.task.Open != nil }

// Open opens an address, and counts it before: what is not written down must not
// happen again and again.
func (w *Worker) Open(ctx context.Context, address string) error {
	if w.task.Open == nil {
		return nil
	}
	w.mu.Lock()
	if !w.task.Typed {
		w.state.Tabs = append(w.state.Tabs, w.desk.now())
	}
	w.state.Attempt.Opened = true
	err := w.desk.write(w.state)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if err = w.task.Open(ctx, address); err != nil && ctx.Err() == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.state.Attempt.Opened, w.state.Attempt.NoWindow = false, err.Error()
		_ = w.desk.write(w.state) // who waits sees less
	}
	return err
}
