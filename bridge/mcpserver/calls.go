package mcpserver

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// call answers tools/call, in a goroutine of its own.
func (c *conn) call(m *message, f *flight) {
	name, ok := m.text("name")
	arguments := m.params["arguments"]
	meta := m.meta()
	switch {
	case !ok:
		c.refuse(f, codeParams, "params.name must be the name of a tool")
		return
	case len(arguments) > 0 && arguments[0] != '{' && string(arguments) != "null":
		c.refuse(f, codeParams, "params.arguments must be an object")
		return
	case !c.o.Tools().Has(name):
		c.refuse(f, codeParams, fmt.Sprintf("unknown tool: %.100q", name))
		return
	}
	if raw := m.params["_meta"]; len(raw) > 0 && meta == nil && !bytes.Equal(raw, []byte("null")) {
		c.refuse(f, codeParams, "params._meta must be an object")
		return
	}
	if _, err := request.ParseMeta(meta); err != nil {
		c.refuse(f, codeParams, err.Error())
		return
	}
	client := c.clientFor(m, f.modern)
	ctx, cancel, accepted := c.accept(f)
	if !accepted {
		c.reply(f, client, result.Errorf(result.TooManyCalls, "wait for calls to end, then call again", "too many calls in flight"))
		return
	}
	go func() {
		defer c.done()
		defer cancel(nil)
		select {
		case c.slots <- struct{}{}:
			defer func() { <-c.slots }()
		case <-ctx.Done():
			return
		}
		r := c.run(ctx, Call{Tool: name, Arguments: arguments, Meta: meta, Client: client})
		c.reply(f, client, r)
	}()
}

// accept counts a call, unless there are too many or the connection is ending.
func (c *conn) accept(f *flight) (context.Context, context.CancelCauseFunc, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accepted >= c.o.MaxRunning+c.o.MaxWaiting || c.draining {
		return nil, nil, false
	}
	c.accepted++
	ctx, cancel := background()
	f.call, f.cancel = true, cancel
	return ctx, cancel, true
}

// done counts a call that has ended.
func (c *conn) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accepted--
	if c.draining && c.accepted == 0 {
		close(c.allDone)
	}
}

// run makes the call. A panic costs one error result.
func (c *conn) run(ctx context.Context, call Call) (r *result.Result) {
	defer func() {
		if p := recover(); p != nil {
			c.o.Logger.Error("a call panicked", "tool", call.Tool, "stack", string(debug.Stack()))
			r = result.Errorf(result.Internal, "report it, with what standard error shows", "the bridge failed in this call")
		}
	}()
	if r = c.o.Call(ctx, call); r == nil {
		r = result.Errorf(result.Internal, "", "the call had no result")
	}
	return r
}

// reply writes a call's result in the form of the client's revision.
func (c *conn) reply(f *flight, client Client, r *result.Result) {
	c.answer(f, r.AppendMCP(nil, client.ProtocolVersion))
}

// drain waits for accepted calls; those that are not done in time get an error
// result.
func (c *conn) drain() {
	c.mu.Lock()
	c.draining = true
	if c.accepted == 0 {
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	select {
	case <-c.allDone:
		return
	case <-time.After(c.o.DrainTimeout):
	case <-c.out.broken:
	}
	c.mu.Lock()
	var late []*flight
	for _, f := range c.pending {
		if f.call {
			late = append(late, f)
		}
	}
	version := c.client.ProtocolVersion
	c.mu.Unlock()
	for _, f := range late {
		client := Client{ProtocolVersion: version}
		if f.modern {
			client.ProtocolVersion = modernVersion
		}
		c.reply(f, client, result.Errorf(result.Interrupted, "call it again", "the bridge was stopped before the answer came"))
		f.cancel(errCancelled)
	}
}
