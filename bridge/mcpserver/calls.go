package mcpserver

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// call checks tools/call. What it returns makes the call and answers it, in its own
// time; nil when it has been answered.
func (c *conn) call(m *message, f *flight) func() {
	name, ok := m.text("name")
	arguments := m.params["arguments"]
	if string(arguments) == "null" { // some clients write what they do not have
		arguments = nil
	}
	if !ok {
		c.refuse(f, codeParams, "params.name must be the name of a tool")
		return nil
	}
	if len(arguments) > 0 && arguments[0] != '{' {
		c.refuse(f, codeParams, "params.arguments must be an object")
		return nil
	}
	if tools := c.o.Tools(); tools == nil || !tools.Has(name) {
		c.refuse(f, codeParams, fmt.Sprintf("unknown tool: %.100q", name))
		return nil
	}
	if _, err := request.ParseMeta(m.meta); err != nil {
		c.refuse(f, codeParams, err.Error())
		return nil
	}
	past, problem := c.resume(m, f, name, arguments)
	if problem != nil {
		c.refuseWith(f, problem)
		return nil
	}
	ctx, refusal := c.accept(f)
	if refusal != nil {
		c.reply(f, refusal)
		return nil
	}
	call := Call{Tool: name, Arguments: arguments, Meta: m.meta, Client: f.client, Answers: past.Answers, Progress: c.progress(f, m.meta["progressToken"])}
	return func() { c.work(ctx, f, call, past.Round) }
}

// accept counts a call and gives it its context, which ends with a cancellation and
// not with the input. The result is why it was not accepted, or nil.
func (c *conn) accept(f *flight) (context.Context, *result.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining {
		return nil, interrupted()
	}
	if c.accepted >= c.o.MaxRunning+c.o.MaxWaiting {
		return nil, result.Errorf(result.TooManyCalls, "wait for calls to end, then call again", "too many calls in flight")
	}
	c.accepted++
	ctx, cancel := context.WithCancelCause(c.base)
	f.cancel = cancel
	return ctx, nil
}

// work makes the call, round after round, and answers it. In the modern revision a
// round that ends with questions ends the request; the next one is another request.
func (c *conn) work(ctx context.Context, f *flight, call Call, round int) {
	defer c.done()
	defer f.cancel(nil)
	opened := &opened{c: c, ids: map[string]string{}}
	call.Complete = opened.complete
	for ; ; round++ {
		r := c.turn(ctx, f, call)
		switch {
		case r == nil:
			return
		case len(r.Questions) == 0:
			c.replyItself(f, r)
			return
		}
		if refusal, problem := c.unaskable(f, r.Questions, round); problem != nil {
			c.refuseWith(f, problem)
			return
		} else if refusal != nil {
			c.reply(f, refusal)
			return
		}
		if f.modern {
			c.require(f, call, r.Questions, round)
			return
		}
		answers, ended := c.ask(ctx, f, r.Questions, call.Progress, opened)
		if ended != nil {
			c.reply(f, ended)
			return
		}
		call.Answers = merged(call.Answers, answers)
	}
}

// turn waits for the call's turn and runs it; nil when it was cancelled before.
func (c *conn) turn(ctx context.Context, f *flight, call Call) *result.Result {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil
	}
	if ctx.Err() != nil {
		return nil
	}
	f.begun.Store(true)
	return c.run(ctx, call)
}

// done counts a call that has ended.
func (c *conn) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accepted--
	if c.draining && c.accepted == 0 {
		close(c.idle)
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
func (c *conn) reply(f *flight, r *result.Result) {
	if line := c.replyLine(f, r); line != nil {
		c.out.line(line)
	}
}

// replyItself is reply for a call's own goroutine, which may wait for the client.
func (c *conn) replyItself(f *flight, r *result.Result) {
	if line := c.replyLine(f, r); line != nil {
		c.out.now(line)
	}
}

// replyLine is the line of a call's result; nil when the call was cancelled.
func (c *conn) replyLine(f *flight, r *result.Result) []byte {
	if f.modern {
		named := *r
		named.Meta = maps.Clone(r.Meta)
		if named.Meta == nil {
			named.Meta = map[string]any{}
		}
		named.Meta[mcp.MetaKeyServerInfo] = c.implementation()
		r = &named
	}
	return c.answerLine(f, r.AppendMCP(nil, f.client.ProtocolVersion))
}

// interrupted is the result of a call that has done nothing yet.
func interrupted() *result.Result {
	return result.Errorf(result.Interrupted, "call it again", "the bridge was stopped before the call was made")
}

// cutOff is the result of a call that was under way and does not end.
func cutOff() *result.Result {
	return result.Errorf(result.Interrupted, "it may have been done: look first whether it was, before it is called again",
		"the bridge was stopped before the answer came")
}

// drain waits for accepted calls. Those that are not done at the deadline are cancelled
// and say themselves what is known of them; who does not is answered here.
func (c *conn) drain(deadline time.Time) {
	c.mu.Lock()
	c.draining = true
	if c.accepted == 0 {
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	select {
	case <-c.idle:
		return
	case <-time.After(time.Until(deadline)):
	case <-c.out.broken:
	}
	c.mu.Lock()
	var late []*flight
	for _, f := range c.pending {
		if f.cancel != nil {
			late = append(late, f)
		}
	}
	c.mu.Unlock()
	for _, f := range late {
		f.cancel(errInterrupted)
	}
	select { // a call that does not heed its context is left to itself
	case <-c.idle:
	case <-time.After(grace):
	}
	for _, f := range late {
		if f.begun.Load() {
			c.reply(f, cutOff())
		} else {
			c.reply(f, interrupted())
		}
	}
}
