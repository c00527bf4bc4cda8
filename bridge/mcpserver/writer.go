package mcpserver

import (
	"io"
	"sync"
	"time"
)

const (
	// maxQueued is how many bytes may wait for a client that reads slowly before no
	// more requests are read from it.
	maxQueued = 32 << 20
	// joined is up to how many bytes of small lines are written at once.
	joined = 32 << 10
)

// writer writes whole lines in the order in which they come. Those who hand lines
// in never wait for a client that reads slowly, except for one who asked to write its
// line itself.
type writer struct {
	w      io.Writer
	broken chan struct{} // closed when writing failed
	ended  chan struct{} // closed when nothing is written any more
	wake   chan struct{} // there are lines, or it is closing
	wrote  chan struct{} // something was written

	mu      sync.Mutex
	lines   [][]byte
	queued  int  // bytes that are not written yet
	busy    bool // run writes what it took
	writing bool // somebody writes a line of their own
	closing bool
	failure error
}

func newWriter(w io.Writer) *writer {
	out := &writer{w: w, broken: make(chan struct{}), ended: make(chan struct{}),
		wake: make(chan struct{}, 1), wrote: make(chan struct{}, 1)}
	go out.run()
	return out
}

// line hands in one line, without its end. The bytes are the writer's from then on.
func (w *writer) line(text []byte) {
	text = append(text, '\n')
	w.mu.Lock()
	if w.failure == nil {
		w.lines = append(w.lines, text)
		w.queued += len(text)
	}
	w.mu.Unlock()
	signal(w.wake)
}

// now writes one line at once when nothing else is being written, which spares the
// way to another thread; otherwise it is line.
func (w *writer) now(text []byte) {
	w.mu.Lock()
	if w.busy || w.writing || len(w.lines) > 0 || w.failure != nil {
		w.mu.Unlock()
		w.line(text)
		return
	}
	text = append(text, '\n')
	w.queued += len(text)
	w.writing = true
	w.mu.Unlock()
	w.write(text)
	w.mu.Lock()
	w.writing = false
	w.mu.Unlock()
	signal(w.wake) // for what has come meanwhile, and for an end
}

// room waits until not too much waits to be written; false when stop is closed or
// nothing can be written any more.
func (w *writer) room(stop <-chan struct{}) bool {
	for {
		w.mu.Lock()
		free := w.queued <= maxQueued
		w.mu.Unlock()
		select {
		case <-stop:
			return false
		case <-w.broken:
			return false
		default:
		}
		if free {
			return true
		}
		select {
		case <-stop:
		case <-w.broken:
		case <-w.wrote:
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		lines, ended := w.take()
		if ended {
			return
		}
		if len(lines) == 0 {
			<-w.wake
			continue
		}
		for len(lines) > 0 {
			var text []byte
			text, lines = join(lines)
			if !w.write(text) {
				return
			}
		}
	}
}

// take returns the lines that are to be written next. None are taken while somebody
// writes a line of their own.
func (w *writer) take() (lines [][]byte, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	if w.writing {
		return nil, false
	}
	lines, w.lines = w.lines, nil
	w.busy = len(lines) > 0
	return lines, w.failure != nil || len(lines) == 0 && w.closing
}

// join takes lines that are short together, or one that is not.
func join(lines [][]byte) (text []byte, rest [][]byte) {
	n, size := 1, len(lines[0])
	for n < len(lines) && size+len(lines[n]) <= joined {
		size += len(lines[n])
		n++
	}
	if n == 1 {
		return lines[0], lines[1:]
	}
	text = make([]byte, 0, size)
	for _, line := range lines[:n] {
		text = append(text, line...)
	}
	return text, lines[n:]
}

func (w *writer) write(text []byte) bool {
	n, err := w.w.Write(text)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	w.mu.Lock()
	w.queued -= len(text)
	if err != nil {
		w.failure, w.lines, w.queued = err, nil, 0
	}
	w.mu.Unlock()
	if err != nil {
		close(w.broken)
		return false
	}
	signal(w.wrote)
	return true
}

// close waits until everything is written, but not longer than that. It returns why
// writing failed; a client that does not read any more is no failure.
func (w *writer) close(most time.Duration) error {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	signal(w.wake)
	select {
	case <-w.ended:
	case <-time.After(most):
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
}
