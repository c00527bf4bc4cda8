package mcpserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// grace is how long what should end at once is waited for.
const grace = 250 * time.Millisecond

// conn is the connection to one client.
type conn struct {
	o    Options
	base context.Context // of all calls; it does not end
	in   io.ReadCloser
	out  *writer
	seal *sealer

	stop  chan struct{} // closed when no more is to be read
	slots chan struct{} // one for each running call

	mu       sync.Mutex
	client   ClientInfo             // of the handshake
	began    bool                   // initialize was answered
	modern   bool                   // a request had the newest revision in its _meta
	ready    bool                   // notifications/initialized was seen
	held     bool                   // list_changed waits for that
	pending  map[string]*flight     // by key
	streams  []*flight              // subscriptions/listen, oldest first
	asked    map[string]chan Answer // questions without an answer, by the key of their id
	asks     int                    // how many questions there have been
	accepted int                    // calls that run or wait
	draining bool
	idle     chan struct{} // closed when draining and accepted is 0
}

// flight is a request that has not been answered yet.
type flight struct {
	id     json.RawMessage
	key    string
	modern bool
	client ClientInfo
	cancel context.CancelCauseFunc // of a call that was accepted, else nil
	begun  atomic.Bool             // the call is being made
}

var (
	errCancelled   = errors.New("cancelled by the client")
	errInterrupted = errors.New("the server is ending")
)

func newConn(base context.Context, in io.ReadCloser, out io.Writer, o Options) *conn {
	return &conn{o: o, base: base, in: in, out: newWriter(out), stop: make(chan struct{}),
		slots: make(chan struct{}, o.MaxRunning), idle: make(chan struct{}), pending: map[string]*flight{},
		asked: map[string]chan Answer{}, seal: newSealer(o.AskTimeout)}
}

// serve reads until the input or ctx ends, then drains.
func (c *conn) serve(ctx context.Context) error {
	read := make(chan error, 1)
	go func() { read <- c.readAll() }()
	var err error
	ended := false
	select {
	case err = <-read:
		ended = true
	case <-ctx.Done():
	case <-c.out.broken:
	}
	deadline := time.Now().Add(c.o.DrainTimeout)
	close(c.stop)
	_ = c.in.Close()
	c.drain(deadline)
	c.endStreams()
	if outErr := c.out.close(max(time.Until(deadline), grace)); err == nil {
		err = outErr
	}
	if !ended { // an input whose Read outlives its Close is left to itself
		select {
		case <-read:
		case <-time.After(grace):
		}
	}
	return err
}

// readLine returns the next line without its end; of one that is longer than most
// nothing but that fact, while memory stays bounded.
func readLine(r *bufio.Reader, most int) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
			if len(bytes.TrimRight(line, "\r\n")) > most {
				line, tooLong = nil, true
			}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimRight(line, "\r\n"), tooLong, err
	}
}

// line handles one line. When it is a call that was accepted, what is returned makes
// and answers it.
func (c *conn) line(text []byte) (call func()) {
	m, problem := parse(text)
	switch {
	case problem != nil:
		c.fail(c.unclaimed(problem))
	case m == nil:
	case m.response:
		c.response(m)
	case m.id == nil:
		c.notification(m)
	default:
		return c.request(m)
	}
	return nil
}

// unclaimed gives up the id of a fault when a request in flight has it: the answer
// to that id is the one of the request.
func (c *conn) unclaimed(f *fault) *fault {
	if f.id == nil {
		return f
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[key(f.id)] != nil {
		f.data, f.id = map[string]any{"id": f.id}, nil
	}
	return f
}

func (c *conn) fail(f *fault) {
	c.o.Logger.Debug("a message was refused", "code", f.code, "reason", f.message)
	c.out.line(f.append(nil))
}

// notification handles what wants no answer. Those that say nothing to a server of
// tools are ignored.
func (c *conn) notification(m *message) {
	switch m.method {
	case "notifications/cancelled":
		c.cancel(m)
	case "notifications/initialized":
		c.initialized()
	}
}

// cancel ends a request. Nothing more is said about its id.
func (c *conn) cancel(m *message) {
	id := m.params["requestId"]
	if len(id) == 0 || !validID(id) {
		return
	}
	c.mu.Lock()
	f := c.pending[key(id)]
	if f != nil {
		c.remove(f)
	}
	c.mu.Unlock()
	if f != nil && f.cancel != nil {
		f.cancel(errCancelled)
	}
}

// remove takes a request out of flight; c.mu is held. False when it was cancelled or
// answered before.
func (c *conn) remove(f *flight) bool {
	if c.pending[f.key] != f {
		return false
	}
	delete(c.pending, f.key)
	for i, s := range c.streams {
		if s == f {
			c.streams = append(c.streams[:i:i], c.streams[i+1:]...)
			break
		}
	}
	return true
}

// forget takes a request out of flight; false when it was cancelled or answered
// before.
func (c *conn) forget(f *flight) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remove(f)
}

// answer writes a result, unless the request was cancelled. The parts are what
// stands in the result, one after the other.
func (c *conn) answer(f *flight, parts ...[]byte) {
	if line := c.answerLine(f, parts...); line != nil {
		c.out.line(line)
	}
}

// answerLine is the line of a result; nil when the request was cancelled.
func (c *conn) answerLine(f *flight, parts ...[]byte) []byte {
	if !c.forget(f) {
		return nil
	}
	size := len(f.id) + 40 + 1 // a line end
	for _, p := range parts {
		size += len(p)
	}
	b := append(make([]byte, 0, size), `{"jsonrpc":"2.0","id":`...)
	b = append(append(b, f.id...), `,"result":`...)
	for _, p := range parts {
		b = append(b, p...)
	}
	return append(b, '}')
}

// refuse writes an error, unless the request was cancelled.
func (c *conn) refuse(f *flight, code int, message string) {
	c.refuseWith(f, &fault{code: code, message: message})
}

func (c *conn) refuseWith(f *flight, problem *fault) {
	if c.forget(f) {
		problem.id = f.id
		c.fail(problem)
	}
}
