package home

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// maxWait bounds Lock when the caller's context has no deadline.
const maxWait = 30 * time.Second

// Lock waits until this caller alone holds the lock of that name, among all
// goroutines and processes that use this home, and returns the function that
// releases it; calling that more than once is harmless. The kernel releases the
// lock when the process ends in any way. The wait ends with ctx, and after 30
// seconds if ctx has no deadline: then the error is an *Error of Kind Busy that
// wraps ctx's error. Any text is a name. Locks are not re-entrant.
func (h *Home) Lock(ctx context.Context, name string) (release func(), err error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxWait)
		defer cancel()
	}
	turn := h.turn(name)
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, h.busy(name, ctx.Err())
	}
	unlock, err := h.flock(ctx, name)
	if err != nil {
		<-turn
		return nil, err
	}
	return once(func() { unlock(); <-turn }), nil
}

// TryLock is Lock without waiting: ok is false when somebody else holds the lock.
func (h *Home) TryLock(name string) (release func(), ok bool, err error) {
	turn := h.turn(name)
	select {
	case turn <- struct{}{}:
	default:
		return nil, false, nil
	}
	lock, err := h.lockFile(name)
	if err == nil {
		ok, err = lock.TryLock()
		err = h.lockError(lock, err)
	}
	if err != nil || !ok {
		<-turn
		return nil, false, err
	}
	return once(func() { _ = lock.Unlock(); <-turn }), true, nil
}

func (h *Home) turn(name string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.turns[name] == nil {
		h.turns[name] = make(chan struct{}, 1)
	}
	return h.turns[name]
}

// flock polls, because a blocking flock cannot be cancelled.
func (h *Home) flock(ctx context.Context, name string) (func(), error) {
	const first, last = 2 * time.Millisecond, 40 * time.Millisecond
	lock, err := h.lockFile(name)
	if err != nil {
		return nil, err
	}
	for pause := first; ; pause = min(2*pause, last) {
		if ctx.Err() != nil {
			return nil, h.busy(name, ctx.Err())
		}
		ok, err := lock.TryLock()
		if err != nil {
			return nil, h.lockError(lock, err)
		}
		if ok {
			return func() { _ = lock.Unlock() }, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// lockFile names the lock's file: hashed, so that any name is a legal file name
// and tells nothing. The file is created by the first lock and never deleted:
// deleting one that a third process has open would give two holders.
func (h *Home) lockFile(name string) (*flock.Flock, error) {
	rel := lockName(name)
	err := h.within("lock", rel, true, func(root *os.Root, file string) error {
		return root.MkdirAll(filepath.Dir(file), dirPerm)
	})
	if err != nil {
		return nil, err
	}
	return flock.New(h.Join(rel), flock.SetFlag(lockFlags), flock.SetPermissions(filePerm)), nil
}

func lockName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return LocksDir + "/" + hex.EncodeToString(sum[:16]) + ".lock"
}

func (h *Home) lockError(lock *flock.Flock, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: Unusable, Op: "lock", Path: lock.Path(), Err: cause(err)}
}

func (h *Home) busy(name string, err error) error {
	return &Error{Kind: Busy, Op: "lock " + name, Path: h.Join(lockName(name)), Err: err}
}

func once(f func()) func() {
	var o sync.Once
	return func() { o.Do(f) }
}
