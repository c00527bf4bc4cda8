package mcpserver

import (
	"io"
	"sync"
	"time"
)

// writer writes whole lines in the order in which they come. Those who hand lines
// in never wait for a client that reads slowly.
type writer struct {
	w      io.Writer
	broken chan struct{} // closed when writing failed

	mu      sync.Mutex
	lines   [][]byte
	wake    chan struct{}
	closing bool
	failure error
	ended   chan struct{}
}

func newWriter(w io.Writer) *writer {
	out := &writer{w: w, broken: make(chan struct{}), wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go out.run()
	return out
}

// line hands in one line, without its end.
func (w *writer) line(text []byte) {
	w.mu.Lock()
	w.lines = append(w.lines, append(text, '\n'))
	w.mu.Unlock()
	w.signal()
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		w.mu.Lock()
		lines, closing := w.lines, w.closing
		w.lines = nil
		w.mu.Unlock()
		for _, line := range lines {
			if _, err := w.w.Write(line); err != nil {
				w.mu.Lock()
				w.failure = err
				w.mu.Unlock()
				close(w.broken)
				return
			}
		}
		if len(lines) > 0 {
			continue
		}
		if closing {
			return
		}
		<-w.wake
	}
}

func (w *writer) err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
}

// close waits until everything is written, but not longer than that.
func (w *writer) close(most time.Duration) error {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	w.signal()
	select {
	case <-w.ended:
		return w.err()
	case <-time.After(most):
		return nil // the client does not read any more
	}
}
