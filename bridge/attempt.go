package bridge

import (
	"context"
	"net/http/httptrace"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// mayBeDone is the hint of a request that changes something and of which nobody knows
// whether it did.
const mayBeDone = "it may have been done: look first whether it was, before it is called again"

// repeatable reports a request that has the same effect twice as once: by its method
// (RFC 9110 section 9.2.2), or because the document or the person says so.
func repeatable(plan *request.Plan) bool {
	switch plan.Method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY":
		return true
	}
	return plan.Tool.Idempotent || plan.Tool.ReadOnly
}

// attempt follows one request to the backend.
type attempt struct {
	repeatable bool
	cancel     context.CancelFunc

	mu        sync.Mutex
	connected bool // something may have been sent
	written   bool // all of it was
	stopped   bool // net/http wanted to send it a second time
}

// follow returns the context in which a request is made. The transport of HTTP/2 sends
// a request again that it has written whole, after some errors of a stream; one that is
// not repeatable is ended here instead.
func follow(ctx context.Context, plan *request.Plan) (context.Context, *attempt) {
	ctx, cancel := context.WithCancel(ctx)
	a := &attempt{repeatable: repeatable(plan), cancel: cancel}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.connected = true; a.written && !a.repeatable {
				a.stopped = true
				cancel()
			}
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.written = a.written || info.Err == nil
		},
	}), a
}

// unsure reports whether the request may have had an effect that a second one would
// repeat.
func (a *attempt) unsure() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.connected && !a.repeatable
}

// told makes the hint of an error fit for what is known of the request: only one that
// did nothing, or does the same twice as once, is to be tried again.
func (a *attempt) told(err error) error {
	e, ok := err.(*SendError)
	if !ok || !a.unsure() {
		return err
	}
	switch e.Kind {
	case result.Timeout, result.Interrupted, result.BackendUnreachable, result.TooLarge:
		if e.hint = mayBeDone; e.Kind == result.Timeout {
			e.hint += "; http.timeout in the profile gives it more time"
		}
		e.again = false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		e.Kind, e.Message = result.BackendUnreachable, "the connection was lost before the answer came"
	}
	return e
}
