// Package mcpserver speaks MCP on a reader and a writer: every revision from
// 2024-11-05 to 2026-07-28, one JSON-RPC message a line.
//
// # Terminology
//
// The handshake revisions begin with initialize; the modern one (2026-07-28) names
// its version in the _meta of every request. A line is one message. A call is a
// tools/call request; it is accepted when it has been read and not refused, and
// every accepted call gets exactly one answer, unless it is cancelled. To drain is
// to wait, for a bounded time, until all accepted calls are answered. A question is
// asked of the person at the client (the protocol's elicitation); a round is one run
// of a call, which ends with its result or with questions.
//
// # What the SDK is for
//
// The words of the protocol (its types, names and codes) are the SDK's. The
// connection is not: the SDK's own ends with one bad line, drops answers at the end
// of input, loses a second request with an id, ends the session when a client tries
// the modern revision and then initialize, and decodes every schema of a list again.
// So each line is read, checked and answered here, lists from prepared bytes and
// calls with not one digit of an argument changed.
package mcpserver

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// The bounds that hold when Options names none.
const (
	DefaultMaxRunning   = 64
	DefaultMaxWaiting   = 1024
	DefaultMaxLine      = 16 << 20 // bytes
	DefaultDrainTimeout = 3 * time.Second
	DefaultAskTimeout   = 10 * time.Minute
)

// Options is what Serve needs. Name, Version, Tools and Call are required.
type Options struct {
	Name, Version string
	// Named returns the name and version that the server gives itself now, in place of
	// Name and Version; nil: those. An empty text means the one of Options.
	Named func() (name, version string)
	// Instructions is what the client may tell the model; nil or "": nothing. It is
	// asked for each client that begins.
	Instructions func() string
	// Tools returns the tools as they are now. It is called for every list and call.
	Tools func() *Tools
	// Call answers one call; it may run in many goroutines at once. It must return
	// soon after ctx ends, and never nil. A panic in it costs one error result. When
	// its result has questions they are asked, and it is called again from its start
	// with the answers; at most maxRounds times for one call.
	Call func(ctx context.Context, c Call) *result.Result
	// Changed says that the tools, or the account behind them, are others now. nil:
	// they never change.
	Changed <-chan struct{}

	MaxRunning   int           // calls that run at once; 0: DefaultMaxRunning
	MaxWaiting   int           // calls that wait; 0: DefaultMaxWaiting
	MaxLine      int           // bytes of a line; 0: DefaultMaxLine
	DrainTimeout time.Duration // 0: DefaultDrainTimeout
	AskTimeout   time.Duration // how long a person may take to answer; 0: DefaultAskTimeout
	Logger       *slog.Logger  // nil: nothing is logged
}

// Tools is one consistent list of tools.
type Tools struct {
	List    func() []byte          // the JSON array for tools/list
	Has     func(name string) bool // whether a call of that name is for Call to answer
	Version string                 // changes with the list
}

// Call is one tools/call request.
type Call struct {
	Tool      string
	Arguments json.RawMessage            // exactly as sent; nil when absent
	Meta      map[string]json.RawMessage // params._meta
	Client    ClientInfo
	// Answers are those to the questions of earlier rounds, by their ID; nil in the
	// first round. Only what was asked in this call is in it.
	Answers map[string]Answer
	// Progress tells the client how far the call is, if it wants to know: not more
	// often than it can be read, and nothing once the call has its result.
	Progress func(message string)
	// Complete says that what the person went to the URL of that question for has
	// come to its end. It may be called after the call, too, and does nothing where
	// the client's revision does not know it.
	Complete func(questionID string)
}

// Answer is what became of a question: see [result.Question].
type Answer = result.Answer

// ClientInfo is what the client said about itself: in initialize, or, in the modern
// revision, in the request. ProtocolVersion is the revision that is spoken with it.
type ClientInfo struct {
	Name, Version   string
	ProtocolVersion string
	ElicitForm      bool // it can ask the person to fill in a form
	ElicitURL       bool // it can ask the person to open an address
}

func (o *Options) defaults() {
	if o.MaxRunning <= 0 {
		o.MaxRunning = DefaultMaxRunning
	}
	if o.MaxWaiting <= 0 {
		o.MaxWaiting = DefaultMaxWaiting
	}
	if o.MaxLine <= 0 {
		o.MaxLine = DefaultMaxLine
	}
	if o.DrainTimeout <= 0 {
		o.DrainTimeout = DefaultDrainTimeout
	}
	if o.AskTimeout <= 0 {
		o.AskTimeout = DefaultAskTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Instructions == nil {
		o.Instructions = func() string { return "" }
	}
}

// Serve speaks MCP until its input ends or ctx does. Then accepted calls get their
// answer within DrainTimeout, or an error result of kind interrupted, and it returns
// nil; when the input or the output broke it returns that error. It closes in. A
// client that does not read its answers does not keep it from returning. Nothing but
// whole protocol lines is written to out, from one goroutine.
func Serve(ctx context.Context, in io.ReadCloser, out io.Writer, o Options) error {
	o.defaults()
	c := newConn(context.WithoutCancel(ctx), in, out, o)
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		c.follow()
	}()
	err := c.serve(ctx)
	<-followed
	return err
}
