package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// host is a client that starts a server of ours and speaks lines with it. It may be
// used concurrently.
type host struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	said bytes.Buffer  // standard error; read after ended
	over chan struct{} // closed when the server has ended
	id   atomic.Int64

	mu      sync.Mutex
	lines   []string // all of standard output
	more    chan struct{}
	waiting map[string]chan message
}

// message is one line of the server.
type message struct {
	ID     json.RawMessage
	Method string
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
		Data    json.RawMessage
	}
	raw string
}

// called reads the result of a tool.
func (m message) called(t *testing.T) (c called) {
	t.Helper()
	if m.Error != nil || json.Unmarshal(m.Result, &c) != nil {
		t.Fatalf("no result: %s", m.raw)
	}
	return c
}

// kind is the kind of error that a result names.
func (c called) kind() string {
	var e struct{ Kind string }
	_ = json.Unmarshal(c.Meta["mcp-bridge/error"], &e) // missing: no kind
	return e.Kind
}

// handshaken is the newest revision with a handshake.
const handshaken = "2025-11-25"

// serve starts a server and shakes hands as a client that can do nothing but call.
func (p *person) serve(args ...string) *host {
	p.t.Helper()
	h := p.host(args...)
	h.handshake("{}")
	return h
}

// host starts a server without a word.
func (p *person) host(args ...string) *host {
	p.t.Helper()
	return p.hostWith(func(*exec.Cmd) {}, args...)
}

func (p *person) hostWith(change func(*exec.Cmd), args ...string) *host {
	p.t.Helper()
	h := &host{t: p.t, over: make(chan struct{}), more: make(chan struct{}, 1), waiting: map[string]chan message{}}
	h.cmd = exec.Command(binary(p.t), append([]string{"serve"}, args...)...)
	h.cmd.Env, h.cmd.Stderr = p.environ(), &h.said
	h.cmd.WaitDelay = 10 * time.Second
	change(h.cmd)
	in, err := h.cmd.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	h.in = in
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go h.read(out)
	p.t.Cleanup(func() {
		_ = h.in.Close()
		h.ended()
		if p.t.Failed() {
			p.t.Logf("a server said:\n%s", tail(h.said.String()))
		}
	})
	return h
}

func (h *host) read(out io.Reader) {
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if line != "" {
			h.arrived(strings.TrimSuffix(line, "\n"))
		}
		if err != nil {
			break
		}
	}
	_ = h.cmd.Wait()
	close(h.over)
}

func (h *host) arrived(line string) {
	m := message{raw: line}
	_ = json.Unmarshal([]byte(line), &m) // lines that are none stay in h.lines
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, line)
	if c := h.waiting[string(m.ID)]; c != nil && m.Method == "" {
		delete(h.waiting, string(m.ID))
		c <- m
	}
}

// all is what the server has written so far.
func (h *host) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.lines...)
}

// ended waits until the server has ended, and ends it when it does not.
func (h *host) ended() {
	select {
	case <-h.over:
	case <-time.After(patience):
		h.t.Errorf("a server does not end")
		_ = h.cmd.Process.Kill()
		<-h.over
	}
}

func (h *host) send(line string) {
	h.t.Helper()
	if _, err := io.WriteString(h.in, line+"\n"); err != nil {
		h.t.Errorf("write to the server: %v", err)
	}
}

// ask sends a line with that id, and waits for its answer.
func (h *host) ask(id, line string) message {
	h.t.Helper()
	c := make(chan message, 1)
	h.mu.Lock()
	h.waiting[id] = c
	h.mu.Unlock()
	h.send(line)
	select {
	case m := <-c:
		return m
	case <-h.over:
		select {
		case m := <-c:
			return m
		default:
		}
		h.t.Errorf("the server ended before it answered %s", line)
	case <-time.After(patience):
		h.t.Errorf("no answer to %s", line)
	}
	return message{raw: "nothing", Error: &struct {
		Code    int
		Message string
		Data    json.RawMessage
	}{}}
}

func (h *host) handshake(capabilities string) {
	h.t.Helper()
	m := h.ask(`"hello"`, `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"`+handshaken+`","capabilities":`+capabilities+`,"clientInfo":{"name":"host","version":"1"}}}`)
	if m.Error != nil {
		h.t.Fatalf("initialize: %s", m.raw)
	}
	h.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

// call calls a tool, and wants to hear of its progress. A failure of the protocol is a called that is an error without
// content.
func (h *host) call(tool string) called {
	h.t.Helper()
	id := fmt.Sprint(h.id.Add(1))
	m := h.ask(id, toolCall(id, tool, `{"progressToken":"p`+id+`"}`))
	var c called
	if m.Error != nil || json.Unmarshal(m.Result, &c) != nil {
		h.t.Errorf("%s: %s", tool, m.raw)
		c.IsError = true
	}
	return c
}

// waiting is how many calls have heard that they wait for a person.
func waiting(all []*host) (n int) {
	for _, h := range all {
		tokens := map[string]bool{}
		for _, line := range h.all() {
			var m struct {
				Method string
				Params struct{ ProgressToken string }
			}
			if json.Unmarshal([]byte(line), &m) == nil && m.Method == "notifications/progress" {
				tokens[m.Params.ProgressToken] = true
			}
		}
		n += len(tokens)
	}
	return n
}

// toolCall is the line of a call; meta may be empty.
func toolCall(id, tool, meta string) string {
	if meta != "" {
		meta = `,"_meta":` + meta
	}
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"` + tool + `","arguments":{}` + meta + `}}`
}

// servers starts n servers at once.
func (p *person) servers(n int, args ...string) []*host {
	p.t.Helper()
	out := make([]*host, n)
	for i := range out {
		out[i] = p.host(args...)
	}
	for _, h := range out {
		h.handshake("{}")
	}
	return out
}

// everyone makes n calls on each server at once and gives the results to check.
func everyone(all []*host, n int, check func(called)) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for _, h := range all {
		for range n {
			group.Go(func() {
				c := h.call("whoami")
				mu.Lock()
				defer mu.Unlock()
				check(c)
			})
		}
	}
	group.Wait()
}

// kill ends a process as nothing can prevent.
func (h *host) kill() {
	_ = h.cmd.Process.Kill()
	h.ended()
}
