// Package mcpserver speaks MCP on a reader and a writer: every revision from
// 2024-11-05 to 2026-07-28, one JSON-RPC message a line.
//
// # Terminology
//
// The handshake revisions begin with initialize; the modern one (2026-07-28) names
// its version in the _meta of every request. A line is one message. A call is a
// tools/call request; it is accepted when it has been read and not refused, and
// every accepted call gets exactly one answer, unless it is cancelled. To drain is
// to wait, for a bounded time, until all accepted calls are answered.
//
// # Who answers what
//
// The connection reads every line itself, because the SDK's own transport ends with
// one bad line and drops answers at the end of input. It answers what is not a
// proper request, ping, tools/list (from prepared bytes) and tools/call (so that no
// digit of an argument is lost and calls are bounded). Everything else (initialize,
// server/discover, subscriptions, unknown methods) is the SDK's.
package mcpserver

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The bounds that hold when Options names none.
const (
	DefaultMaxRunning   = 64
	DefaultMaxWaiting   = 1024
	DefaultMaxLine      = 16 << 20 // bytes
	DefaultDrainTimeout = 3 * time.Second
)

// Options is what Serve needs. Name, Version, Tools and Call are required.
type Options struct {
	Name, Version string
	// Instructions is what the client may tell the model; nil or "": nothing.
	Instructions func() string
	// Tools returns the tools as they are now. It is called for every list and call.
	Tools func() *Tools
	// Call answers one call; it may run in many goroutines at once. It must return
	// soon after ctx ends, and never nil. A panic in it costs one error result.
	Call func(ctx context.Context, c Call) *result.Result
	// Changed says that the tools, or the account behind them, are others now. nil:
	// they never change.
	Changed <-chan struct{}

	MaxRunning   int           // calls that run at once; 0: DefaultMaxRunning
	MaxWaiting   int           // calls that wait; 0: DefaultMaxWaiting
	MaxLine      int           // bytes of a line; 0: DefaultMaxLine
	DrainTimeout time.Duration // 0: DefaultDrainTimeout
	Logger       *slog.Logger  // nil: nothing is logged
}

// Tools is one consistent list of tools.
type Tools struct {
	List    []byte                 // the JSON array for tools/list
	Has     func(name string) bool // whether a call of that name is for Call to answer
	Version string                 // changes with the list
}

// Call is one tools/call request.
type Call struct {
	Tool      string
	Arguments json.RawMessage            // exactly as sent; nil when absent
	Meta      map[string]json.RawMessage // params._meta
	Client    Client
}

// Client is what the client said about itself.
type Client struct {
	Name, Version   string
	ProtocolVersion string
	Capabilities    json.RawMessage
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
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Instructions == nil {
		o.Instructions = func() string { return "" }
	}
}

// Serve speaks MCP until its input ends or ctx does. Then accepted calls get their
// answer within DrainTimeout, or an error result of kind interrupted. It returns
// nil after that, and the error of the input or output when one of them broke. It
// closes in. Nothing but whole protocol lines is written to out.
func Serve(ctx context.Context, in io.ReadCloser, out io.Writer, o Options) error {
	o.defaults()
	c := newConn(in, out, o)
	server := mcp.NewServer(&mcp.Implementation{Name: o.Name, Version: o.Version}, &mcp.ServerOptions{
		Instructions: o.Instructions(),
		Logger:       slog.New(slog.DiscardHandler), // it would log what clients send
		Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{ListChanged: true}},
		SetCacheable: func(_ context.Context, _ mcp.Request, k *mcp.Cacheable) { k.TTLMs, k.CacheScope = 0, "private" },
	})
	announce(server)
	session, err := server.Connect(context.WithoutCancel(ctx), c, nil)
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		c.follow(following, server)
	}()
	err = c.serve(ctx)
	stop()
	<-followed
	_ = session.Close()
	_ = session.Wait()
	return err
}

// announce registers the SDK's one tool again: the SDK then tells every session
// that the list has changed, in the way of its revision. The tool itself is never
// listed or called.
func announce(server *mcp.Server) {
	server.AddTool(&mcp.Tool{Name: "mcp-bridge", InputSchema: json.RawMessage(`{"type":"object"}`)},
		func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{}, nil
		})
}

// follow announces changes until ctx ends.
func (c *conn) follow(ctx context.Context, server *mcp.Server) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-c.o.Changed:
			if !ok {
				return
			}
			announce(server)
		}
	}
}
