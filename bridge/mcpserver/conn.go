package mcpserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// initializeTime bounds the wait for the SDK's answer to initialize.
const initializeTime = 5 * time.Second

// conn is the connection to one client. It is the SDK's mcp.Transport and
// mcp.Connection for what is the SDK's.
type conn struct {
	o   Options
	in  io.ReadCloser
	out *writer

	toSDK  chan jsonrpc.Message
	closed chan struct{} // no more messages for the SDK
	once   sync.Once

	slots chan struct{} // one for each running call

	mu        sync.Mutex
	client    Client
	began     bool // initialize was seen
	ready     bool // notifications/initialized was seen
	held      bool // list_changed waits for that
	answered  chan struct{}
	pending   map[string]*flight // by compact id
	accepted  int                // calls that run or wait
	allDone   chan struct{}      // closed when draining and accepted is 0
	draining  bool
	cancelled map[string]bool // ids whose answer by the SDK is dropped
}

// flight is a request that has not been answered yet.
type flight struct {
	id     json.RawMessage
	modern bool
	call   bool
	cancel context.CancelCauseFunc // of a call
}

var errCancelled = errors.New("cancelled by the client")

func newConn(in io.ReadCloser, out io.Writer, o Options) *conn {
	return &conn{o: o, in: in, out: newWriter(out), toSDK: make(chan jsonrpc.Message, 16), closed: make(chan struct{}),
		slots: make(chan struct{}, o.MaxRunning), answered: make(chan struct{}), allDone: make(chan struct{}),
		pending: map[string]*flight{}, cancelled: map[string]bool{}}
}

// Connect implements mcp.Transport.
func (c *conn) Connect(context.Context) (mcp.Connection, error) { return c, nil }

// SessionID implements mcp.Connection: stdio has no sessions.
func (c *conn) SessionID() string { return "" }

// Read implements mcp.Connection.
func (c *conn) Read(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case m := <-c.toSDK:
		return m, nil
	case <-c.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close implements mcp.Connection.
func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// Write implements mcp.Connection: what the SDK says goes out unless the client has
// cancelled the request, or is not ready for notifications yet.
func (c *conn) Write(_ context.Context, m jsonrpc.Message) error {
	text, err := jsonrpc.EncodeMessage(m)
	if err != nil {
		return err
	}
	if r, ok := m.(*jsonrpc.Response); ok {
		if !c.settle(r) {
			return nil
		}
		c.out.line(text)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.began {
			c.release()
		}
		return nil
	}
	if r, ok := m.(*jsonrpc.Request); ok && !r.IsCall() && r.Method == "notifications/tools/list_changed" {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.ready && !bytes.Contains(r.Params, []byte("subscriptionId")) {
			c.held = true // a modern client hears of it by its subscription
			return nil
		}
	}
	c.out.line(text)
	return nil
}

// release lets the reader go on behind initialize; c.mu is held.
func (c *conn) release() {
	select {
	case <-c.answered:
	default:
		close(c.answered)
	}
}

// settle notes that the SDK has answered a request; false when nobody wants to know.
func (c *conn) settle(r *jsonrpc.Response) bool {
	id, err := json.Marshal(r.ID.Raw())
	if err != nil {
		return true
	}
	key := compact(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, key)
	dropped := c.cancelled[key]
	delete(c.cancelled, key)
	return !dropped
}

// serve reads until the input or ctx ends, then drains.
func (c *conn) serve(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- c.readAll() }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
	case <-c.out.broken:
		err = c.out.err()
	}
	_ = c.in.Close()
	c.drain()
	_ = c.Close()
	if closeErr := c.out.close(c.o.DrainTimeout); err == nil {
		err = closeErr
	}
	return err
}

// readAll reads and handles lines until the input ends.
func (c *conn) readAll() error {
	r := bufio.NewReaderSize(c.in, 64<<10)
	for {
		line, tooLong, err := readLine(r, c.o.MaxLine)
		switch {
		case tooLong:
			c.fail(&fault{code: codeInvalid, message: "the line is longer than is read"})
		case len(line) > 0:
			c.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readLine returns the next line; of one that is longer than most nothing but that
// fact, while memory stays bounded.
func readLine(r *bufio.Reader, most int) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			if len(line)+len(part) > most+1 {
				line, tooLong = nil, true
			} else {
				line = append(line, part...)
			}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimSuffix(line, []byte("\n")), tooLong, err
	}
}

// line handles one line.
func (c *conn) line(text []byte) {
	m, f := parse(text)
	switch {
	case f != nil:
		if f.id != nil || f.code != codeParams {
			c.fail(f)
		}
	case m == nil || m.reply:
	case m.id == nil:
		c.notification(m)
	default:
		c.request(m)
	}
}

func (c *conn) fail(f *fault) { c.out.line(f.append(nil)) }

// notification handles what wants no answer.
func (c *conn) notification(m *message) {
	switch m.method {
	case "notifications/cancelled":
		c.cancel(m)
		return
	case "notifications/initialized":
		c.mu.Lock()
		c.ready = true
		held := c.held
		c.held = false
		c.mu.Unlock()
		if held {
			c.out.line([]byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`))
		}
	}
	c.forward(m)
}

// cancel ends a request. Nothing more is said about its id.
func (c *conn) cancel(m *message) {
	id := m.params["requestId"]
	if len(id) == 0 || !validID(id) {
		return
	}
	key := compact(id)
	c.mu.Lock()
	f := c.pending[key]
	if f != nil {
		delete(c.pending, key)
		if !f.call {
			c.cancelled[key] = true
		}
	}
	c.mu.Unlock()
	switch {
	case f == nil:
	case f.call:
		f.cancel(errCancelled)
	default:
		c.forward(m)
	}
}

// forward hands a message to the SDK.
func (c *conn) forward(m *message) bool {
	decoded, err := jsonrpc.DecodeMessage(m.raw)
	if err != nil {
		return false
	}
	select {
	case c.toSDK <- decoded:
		return true
	case <-c.closed:
		return false
	}
}
