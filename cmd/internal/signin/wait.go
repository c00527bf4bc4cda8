package signin

import (
	"context"
	"errors"
	"time"
)

// errNotStarted and errDied are why waiting for an attempt ends without an outcome.
var (
	errNotStarted = errors.New("the sign-in did not start")
	errDied       = errors.New("the sign-in ended before it was finished")
)

// startTime is how long a helper may take until its attempt is there.
const startTime = 10 * time.Second

// Wait follows the attempt that comes after the one with the ID after; empty: any.
// It returns the attempt once it is over, or once until, which may be nil, is
// satisfied with it. With the context's end it returns what is known and the
// context's error. ended, which may be nil, is closed when the helper that was
// started has ended.
func (d *Desk) Wait(ctx context.Context, after string, ended <-chan struct{}, until func(Attempt) bool) (Attempt, error) {
	const every = 100 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	begun := d.now()
	for looks := 1; ; looks++ {
		a, ok := d.Last()
		fresh := ok && a.ID != after
		if fresh && (a.Phase != Pending || until != nil && until(a)) {
			return a, nil
		}
		if looks%10 == 0 {
			if err := d.gone(a, fresh, after, d.now().Sub(begun) > startTime || closed(ended)); err != nil {
				if !fresh {
					a = Attempt{}
				}
				return a, err
			}
		}
		select {
		case <-ctx.Done():
			if a, ok = d.Last(); !ok || a.ID == after {
				a = Attempt{}
			}
			return a, ctx.Err()
		case <-tick.C:
		}
	}
}

// gone reports an attempt whose owner has died, or one that never came: late says that
// it had its time.
func (d *Desk) gone(a Attempt, fresh bool, after string, late bool) error {
	if d.alive() {
		return nil
	}
	now, _ := d.Last() // the owner may have finished just now
	switch {
	case fresh && now.ID == a.ID && now.Phase == Pending:
		return errDied
	case !fresh && now.ID == after && late:
		return errNotStarted
	}
	return nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
