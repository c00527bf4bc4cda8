package mcpserver

import (
	"bufio"
	"io"
	"sync/atomic"
)

// idleMembers is how many goroutines of a crew stay when there is nothing to do.
const idleMembers = 4

// crew are the goroutines that read and call. Whoever has the turn reads; one that has
// read a call passes the turn on and makes the call itself, so that no call waits for
// a goroutine to begin, and the next one finds a stack that is large enough.
type crew struct {
	c     *conn
	r     *bufio.Reader
	turn  chan struct{} // one token: to read
	ended chan error    // why there is nothing more to read
	done  chan struct{} // closed with that
	idle  atomic.Int32  // members that wait for the turn
}

// readAll reads and handles lines until the input ends.
func (c *conn) readAll() error {
	w := &crew{c: c, r: bufio.NewReaderSize(c.in, 64<<10), turn: make(chan struct{}, 1), ended: make(chan error, 1), done: make(chan struct{})}
	w.turn <- struct{}{}
	go w.member()
	return <-w.ended
}

// member waits for the turn, reads up to the next call, and makes it.
func (w *crew) member() {
	for {
		w.idle.Add(1)
		select {
		case <-w.turn:
			w.idle.Add(-1)
		case <-w.done:
			return
		}
		call, more, err := w.read()
		if more {
			w.pass()
		} else {
			w.ended <- err
			close(w.done)
		}
		if call != nil {
			call()
		}
		if !more || w.idle.Load() >= idleMembers {
			return
		}
	}
}

// pass gives the turn to another member.
func (w *crew) pass() {
	if w.idle.Load() == 0 {
		go w.member()
	}
	w.turn <- struct{}{}
}

// read handles lines up to the first that is a call to make, or the input's end.
func (w *crew) read() (call func(), more bool, err error) {
	for w.c.out.room(w.c.stop) {
		line, tooLong, err := readLine(w.r, w.c.o.MaxLine)
		switch {
		case tooLong:
			w.c.fail(&fault{code: codeInvalid, message: "the line is longer than is read"})
		case len(line) > 0:
			call = w.c.line(line)
		}
		switch {
		case err == io.EOF:
			return call, false, nil
		case err != nil:
			return call, false, err
		case call != nil:
			return call, true, nil
		}
	}
	return nil, false, nil
}
