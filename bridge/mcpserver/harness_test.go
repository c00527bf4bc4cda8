package mcpserver

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/leaktest"
)

// peer is a client that writes and reads raw lines.
type peer struct {
	t       *testing.T
	in      *io.PipeWriter
	lines   chan string
	done    chan error
	stop    context.CancelFunc
	changed chan struct{}
}

const tools = `[{"name":"echo","inputSchema":{"type":"object"}},{"name":"slow","inputSchema":{"type":"object"}}]`

// defaultOptions serve two tools: echo answers its arguments, slow waits for the
// end of its context or a part of a second.
func defaultOptions() Options {
	return Options{Name: "test", Version: "1", Instructions: func() string { return "be kind" },
		Tools: func() *Tools {
			return &Tools{List: func() []byte { return []byte(tools) }, Version: "v", Has: func(n string) bool { return n != "nowhere" }}
		},
		Call: func(ctx context.Context, c Call) *result.Result {
			switch c.Tool {
			case "slow":
				select {
				case <-ctx.Done():
				case <-time.After(300 * time.Millisecond):
				}
			case "hang":
				<-ctx.Done()
				return result.Errorf(result.Interrupted, "", "the call was cancelled")
			case "panic":
				panic("on purpose")
			case "none":
				return nil
			}
			return &result.Result{Content: []result.Content{{Type: "text", Text: string(c.Arguments)}}}
		}}
}

// start serves on pipes.
func start(t *testing.T, o Options) *peer {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	p := &peer{t: t, in: inW, lines: make(chan string, 10_000), done: make(chan error, 1), changed: make(chan struct{})}
	o.Changed = p.changed
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	leaktest.Do(t, func() {
		go func() {
			p.done <- Serve(ctx, inR, outW, o)
			_ = outW.Close()
		}()
	})
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(p.lines)
		r := bufio.NewReader(outR)
		for {
			line, err := r.ReadString('\n')
			if line != "" {
				p.lines <- line
			}
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		_ = inW.Close()
		stop()
		_ = outR.Close()
		reading.Wait()
	})
	return p
}

func (p *peer) send(lines ...string) {
	p.t.Helper()
	for _, l := range lines {
		if _, err := io.WriteString(p.in, l+"\n"); err != nil {
			p.t.Fatal(err)
		}
	}
}

// answer is one line of the server.
type answer struct {
	raw    string
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	} `json:"error"`
}

func (p *peer) next() answer {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatal("the server ended")
		}
		a := answer{raw: line}
		if err := json.Unmarshal([]byte(line), &a); err != nil || !strings.Contains(line, `"jsonrpc":"2.0"`) {
			p.t.Fatalf("not a message: %q", line)
		}
		return a
	case <-time.After(10 * time.Second):
		p.t.Fatal("no answer in 10 s")
	}
	return answer{}
}

// quietly holds that nothing is said for a while.
func (p *peer) quietly() {
	p.t.Helper()
	select {
	case line := <-p.lines:
		p.t.Fatalf("unexpected: %s", line)
	case <-time.After(100 * time.Millisecond):
	}
}

// ask sends a line and returns the next answer.
func (p *peer) ask(line string) answer {
	p.t.Helper()
	p.send(line)
	return p.next()
}

// era is one way to speak: how a session begins, and how a request is written.
type era struct {
	version string
	modern  bool
}

func eras() []era {
	return []era{{"2024-11-05", false}, {"2025-03-26", false}, {"2025-06-18", false}, {"2025-11-25", false}, {"2026-07-28", true}}
}

const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}}`

// begin does what a client of the era does first.
func (e era) begin(p *peer) {
	p.t.Helper()
	if e.modern {
		return
	}
	a := p.ask(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"` + e.version + `","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`)
	if !strings.Contains(string(a.Result), `"protocolVersion":"`+e.version+`"`) {
		p.t.Fatalf("initialize: %s", a.raw)
	}
	p.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

// line writes a request of the era; params has no braces.
func (e era) line(id, method, params string) string {
	if e.modern {
		if params != "" {
			params += ","
		}
		params += modernMeta
	}
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":{` + params + `}}`
}

// inEveryEra runs a test in every revision.
func inEveryEra(t *testing.T, o Options, test func(t *testing.T, p *peer, e era)) {
	for _, e := range eras() {
		t.Run(e.version, func(t *testing.T) {
			p := start(t, o)
			e.begin(p)
			test(t, p, e)
		})
	}
}
