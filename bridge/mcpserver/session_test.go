package mcpserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// rest reads until the server has ended.
func (p *peer) rest() []answer {
	p.t.Helper()
	var all []answer
	for line := range p.lines {
		a := answer{raw: line}
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			p.t.Fatalf("%q: %v", line, err)
		}
		all = append(all, a)
	}
	return all
}

const listen = `"notifications":{"toolsListChanged":true,"promptsListChanged":true}`

// TestRowS1: what goes out is one message a line, even when the list and the results
// come with line ends and bytes that are no UTF-8.
func TestRowS1(t *testing.T) {
	o := defaultOptions()
	o.Tools = func() *Tools {
		return &Tools{List: func() []byte { return []byte("[\n {\"name\":\"echo\"}\r\n]") }, Has: func(string) bool { return true }}
	}
	o.Call = func(context.Context, Call) *result.Result {
		return &result.Result{Content: []result.Content{{Type: "text", Text: "a\nb\xff"}}, Structured: json.RawMessage("{\n\"a\": 1\n}")}
	}
	inEveryEra(t, o, func(t *testing.T, p *peer, e era) {
		if a := p.ask(e.line("1", "tools/list", "")); !strings.Contains(a.raw, `"tools":[{"name":"echo"}]`) {
			t.Error(a.raw)
		}
		a := p.ask(e.line("2", "tools/call", `"name":"echo"`))
		if !strings.Contains(a.raw, `a\nb`) || strings.Contains(a.raw, `"structuredContent":{"a":1}`) != (e.version >= "2025-06-18") { // S14
			t.Error(a.raw)
		}
	})
}

// TestNamed: a server is named by what it serves now.
func TestNamed(t *testing.T) {
	o := defaultOptions()
	var name atomic.Value
	name.Store("petstore")
	o.Named = func() (string, string) { return name.Load().(string), "" }
	p := start(t, o)
	modern, old := eras()[4], eras()[0]
	a := p.ask(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"` + old.version + `"}}`)
	if !strings.Contains(a.raw, `"serverInfo":{"name":"petstore","version":"1"}`) {
		t.Error(a.raw)
	}
	name.Store("")
	if a := p.ask(modern.line("3", "tools/call", `"name":"echo"`)); !strings.Contains(a.raw, `serverInfo":{"name":"test","version":"1"}`) {
		t.Error(a.raw)
	}
}

// TestRowS2BothErasInOneSession: a client may try the modern revision first and go
// back to the handshake.
func TestRowS2BothErasInOneSession(t *testing.T) {
	p := start(t, defaultOptions())
	modern, old := eras()[4], eras()[0]
	if a := p.ask(modern.line("1", "server/discover", "")); a.Error != nil {
		t.Error(a.raw)
	}
	old.begin(p)
	if a := p.ask(old.line("2", "tools/call", `"name":"echo"`)); a.Error != nil || strings.Contains(a.raw, "resultType") {
		t.Error(a.raw)
	}
	if a := p.ask(modern.line("3", "tools/call", `"name":"echo"`)); !strings.Contains(a.raw, "resultType") || !strings.Contains(a.raw, `"io.modelcontextprotocol/serverInfo":{"name":"test","version":"1"}`) {
		t.Error(a.raw)
	}
	for _, method := range []string{"server/discover", "subscriptions/listen"} {
		if a := p.ask(old.line("4", method, listen)); a.Error == nil || a.Error.Code != -32601 {
			t.Errorf("%s in the handshake's era: %s", method, a.raw)
		}
	}
}

func TestInitializeIsChecked(t *testing.T) {
	p := start(t, defaultOptions())
	for _, params := range []string{"", `,"params":{}`, `,"params":{"protocolVersion":5}`} {
		if a := p.ask(`{"jsonrpc":"2.0","id":1,"method":"initialize"` + params + `}`); a.Error == nil || a.Error.Code != -32602 {
			t.Errorf("%s: %s", params, a.raw)
		}
	}
	// What failed did not begin the session.
	eras()[2].begin(p)
	a := p.ask(`{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2024-11-05"}}`)
	if a.Error == nil || a.Error.Code != -32600 {
		t.Errorf("a second initialize: %s", a.raw)
	}
}

// TestCapabilities: tools that change, and nothing else, in the order of the asking.
func TestCapabilities(t *testing.T) {
	p := start(t, defaultOptions())
	for _, line := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
		eras()[4].line("2", "server/discover", ""),
	} {
		var got struct {
			Capabilities json.RawMessage
			Instructions string
		}
		a := p.ask(line)
		if err := json.Unmarshal(a.Result, &got); err != nil || string(got.Capabilities) != `{"tools":{"listChanged":true}}` || got.Instructions != "be kind" {
			t.Error(a.raw)
		}
	}
}

// TestInstructionsAreFresh: they are those of now, not of the start.
func TestInstructionsAreFresh(t *testing.T) {
	text := "first"
	o := defaultOptions()
	o.Instructions = func() string { return text }
	p := start(t, o)
	e := eras()[4]
	for _, text = range []string{"first", "second"} {
		if a := p.ask(e.line("1", "server/discover", "")); !strings.Contains(a.raw, text) {
			t.Errorf("%s: %s", text, a.raw)
		}
	}
}

func TestRowS4ClientInfo(t *testing.T) {
	for _, c := range []struct {
		version, capabilities string
		form, url             bool
	}{
		{"2025-11-25", `{}`, false, false},
		{"2025-11-25", `{"elicitation":{}}`, true, false},
		{"2025-11-25", `{"elicitation":{"form":{}}}`, true, false},
		{"2025-11-25", `{"elicitation":{"url":{}}}`, false, true},
		{"2026-07-28", `{"elicitation":{"url":{},"form":{}}}`, true, true},
		{"2025-06-18", `{"elicitation":{"url":{},"form":{}}}`, true, false},
		{"2025-03-26", `{"elicitation":{"form":{}}}`, false, false},
		{"2025-11-25", `{"elicitation":5}`, false, false},
	} {
		var capabilities map[string]json.RawMessage
		if err := json.Unmarshal([]byte(c.capabilities), &capabilities); err != nil {
			t.Fatal(err)
		}
		got := clientInfo(c.version, nil, capabilities)
		if got.ElicitForm != c.form || got.ElicitURL != c.url || got.ProtocolVersion != c.version {
			t.Errorf("%s %s: %+v", c.version, c.capabilities, got)
		}
	}
	p := start(t, defaultOptions())
	for _, bad := range []string{
		`"io.modelcontextprotocol/protocolVersion":5,"io.modelcontextprotocol/clientCapabilities":{}`,
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]`,
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":null`,
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":"me"`,
	} {
		if a := p.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{` + bad + `}}}`); a.Error == nil || a.Error.Code != -32602 {
			t.Errorf("%s: %s", bad, a.raw)
		}
	}
}

// TestRowS6OneShot: everything that was asked before the end of input is answered.
func TestRowS6OneShot(t *testing.T) {
	for range 20 {
		p := start(t, defaultOptions())
		e := eras()[4]
		p.send(e.line("1", "server/discover", ""), e.line("2", "tools/list", ""), e.line("3", "tools/call", `"name":"echo"`),
			e.line("4", "subscriptions/listen", listen))
		_, _ = io.WriteString(p.in, e.line("5", "tools/list", "")) // no end of line
		_ = p.in.Close()
		ids := map[string]int{}
		for _, a := range p.rest() {
			if a.Method == "" {
				ids[string(a.ID)]++
			}
		}
		for _, id := range []string{"1", "2", "3", "4", "5"} {
			if ids[id] != 1 {
				t.Fatalf("%s was answered %d times", id, ids[id])
			}
		}
		if err := <-p.done; err != nil {
			t.Error(err)
		}
	}
}

// TestRowS6Waiting: calls that wait for their turn are answered at the end, too.
func TestRowS6Waiting(t *testing.T) {
	o := defaultOptions()
	o.MaxRunning, o.DrainTimeout = 1, 200*time.Millisecond
	for _, end := range []func(p *peer){func(p *peer) { _ = p.in.Close() }, func(p *peer) { p.stop() }} {
		p := start(t, o)
		e := eras()[4]
		for i := range 10 {
			p.send(e.line(fmt.Sprint(i), "tools/call", `"name":"hang"`))
		}
		p.ask(e.line(`"all were read"`, "tools/list", ""))
		end(p)
		seen := map[string]int{}
		for _, a := range p.rest() {
			seen[string(a.ID)]++
			if !strings.Contains(a.raw, `"kind":"interrupted"`) {
				t.Error(a.raw)
			}
		}
		if len(seen) != 10 {
			t.Errorf("%d of 10 were answered", len(seen))
		}
		if err := <-p.done; err != nil {
			t.Error(err)
		}
	}
}

// TestCallThatDoesNotHeed: one call that never ends keeps nobody from ending.
func TestCallThatDoesNotHeed(t *testing.T) {
	release := make(chan struct{})
	o := defaultOptions()
	o.DrainTimeout = 50 * time.Millisecond
	o.Call = func(context.Context, Call) *result.Result { <-release; return &result.Result{} }
	p := start(t, o)
	p.send(eras()[4].line("1", "tools/call", `"name":"echo"`))
	_ = p.in.Close()
	if all := p.rest(); len(all) != 1 || !strings.Contains(all[0].raw, "interrupted") {
		t.Errorf("%+v", all)
	}
	if err := <-p.done; err != nil {
		t.Error(err)
	}
	close(release)
}

// TestIDsAreEchoed: an id comes back as it was sent, however large.
func TestIDsAreEchoed(t *testing.T) {
	inEveryEra(t, defaultOptions(), func(t *testing.T, p *peer, e era) {
		for _, id := range []string{"0", "-1", "9007199254740993", "123456789012345678901234567890", `""`, `"a\u00e9\n"`, `"1"`, `"` + strings.Repeat("x", 10_000) + `"`} {
			for _, method := range []string{"tools/list", "tools/call", "server/discover"} {
				if a := p.ask(e.line(id, method, `"name":"echo"`)); string(a.ID) != id {
					t.Errorf("%s: %.200s", id, a.raw)
				}
			}
		}
	})
}

// TestRowS7FaultsDoNotTakeIDs: an id in flight is answered once, by its own request.
func TestRowS7FaultsDoNotTakeIDs(t *testing.T) {
	inEveryEra(t, defaultOptions(), func(t *testing.T, p *peer, e era) {
		p.send(e.line("5", "tools/call", `"name":"slow"`))
		for _, line := range []string{
			`{"jsonrpc":"1.0","id":5,"method":"ping"}`, `{"jsonrpc":"2.0","id":5}`, `{"jsonrpc":"2.0","id":5,"method":"ping","params":[]}`,
			`{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"1999-01-01"}}}`,
			e.line("5", "no/such", ""), e.line("5", "tools/list", `"cursor":"x"`),
		} {
			if a := p.ask(line); a.Error == nil || !strings.Contains(a.raw, `"id":null`) || string(a.Error.Data) != `{"id":5}` {
				t.Errorf("%s: %s", line, a.raw)
			}
		}
		if a := p.next(); string(a.ID) != "5" || a.Error != nil {
			t.Error(a.raw)
		}
	})
}

// TestRowS7ErrorsOfTheClient: answering an error with an error would never end.
func TestRowS7ErrorsOfTheClient(t *testing.T) {
	p := start(t, defaultOptions())
	p.send(`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}`, `{"jsonrpc":"2.0","id":1.5,"result":{}}`)
	p.quietly()
}

// TestRowS8Waiting: a call that waits for its turn is cancelled without running.
func TestRowS8Waiting(t *testing.T) {
	ran := make(chan string, 10)
	release := make(chan struct{})
	o := defaultOptions()
	o.MaxRunning = 1
	o.Call = func(_ context.Context, c Call) *result.Result {
		ran <- string(c.Arguments)
		<-release
		return &result.Result{}
	}
	p := start(t, o)
	e := eras()[4]
	p.send(e.line("1", "tools/call", `"name":"echo","arguments":{"n":1}`))
	<-ran
	p.send(e.line("2", "tools/call", `"name":"echo","arguments":{"n":2}`),
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2,"reason":"changed my mind"}}`)
	p.ask(e.line("3", "tools/list", ""))
	close(release)
	_ = p.in.Close()
	if all := p.rest(); len(all) != 1 || string(all[0].ID) != "1" {
		t.Errorf("%+v", all)
	}
	if len(ran) != 0 {
		t.Errorf("it ran: %s", <-ran)
	}
}

// TestRowS9Streams: modern clients hear of a change on every stream that they
// opened for it, and only there.
func TestRowS9Streams(t *testing.T) {
	p := start(t, defaultOptions())
	e := eras()[4]
	p.changed <- struct{}{}
	p.quietly()
	for _, id := range []string{"1", `"two"`} {
		a := p.ask(e.line(id, "subscriptions/listen", listen))
		if a.Method != "notifications/subscriptions/acknowledged" || !strings.Contains(a.raw, `"notifications":{"toolsListChanged":true}`) || !strings.Contains(a.raw, `"io.modelcontextprotocol/subscriptionId":`+id) {
			t.Fatal(a.raw)
		}
	}
	p.changed <- struct{}{}
	for _, id := range []string{"1", `"two"`} {
		if a := p.next(); a.Method != "notifications/tools/list_changed" || !strings.Contains(a.raw, `"io.modelcontextprotocol/subscriptionId":`+id) {
			t.Error(a.raw)
		}
	}
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	p.ask(e.line("3", "tools/list", ""))
	p.changed <- struct{}{}
	if a := p.next(); !strings.Contains(a.raw, `subscriptionId":"two"`) {
		t.Error(a.raw)
	}
	p.quietly()
	// Nothing that is ever sent: acknowledged and ended.
	p.send(e.line("4", "subscriptions/listen", `"notifications":{}`))
	if a := p.next(); !strings.Contains(a.raw, `"notifications":{}`) {
		t.Error(a.raw)
	}
	if a := p.next(); string(a.ID) != "4" || !strings.Contains(a.raw, `"resultType":"complete"`) || !strings.Contains(a.raw, `subscriptionId":4`) {
		t.Error(a.raw)
	}
	for _, bad := range []string{"", `"notifications":[]`, `"notifications":null`, `"notifications":{"toolsListChanged":5}`} {
		if a := p.ask(e.line("5", "subscriptions/listen", bad)); a.Error == nil || a.Error.Code != -32602 {
			t.Errorf("%s: %s", bad, a.raw)
		}
	}
}

func TestRowS20Streams(t *testing.T) {
	p := start(t, defaultOptions())
	e := eras()[4]
	for i := range maxStreams {
		p.ask(e.line(fmt.Sprint(i), "subscriptions/listen", listen))
	}
	if a := p.ask(e.line(`"more"`, "subscriptions/listen", listen)); a.Error == nil {
		t.Error(a.raw)
	}
}

// TestRowS11: two processes with the same tools say the same.
func TestRowS11(t *testing.T) {
	e := eras()[4]
	line := e.line("1", "tools/list", "")
	if one, two := start(t, defaultOptions()).ask(line), start(t, defaultOptions()).ask(line); one.raw != two.raw {
		t.Errorf("%s\n%s", one.raw, two.raw)
	}
}

// TestRowS19Lists: whatever panics costs one answer.
func TestRowS19Lists(t *testing.T) {
	o := defaultOptions()
	o.Tools = func() *Tools { panic("secret-canary") }
	inEveryEra(t, o, func(t *testing.T, p *peer, e era) {
		for _, method := range []string{"tools/list", "tools/call"} {
			if a := p.ask(e.line("1", method, `"name":"echo"`)); a.Error == nil || a.Error.Code != -32603 || strings.Contains(a.raw, "canary") {
				t.Error(a.raw)
			}
		}
	})
}

// TestRowS20Queue: a client that asks and does not read fills a bounded store; once
// it reads it gets everything.
func TestRowS20Queue(t *testing.T) {
	list := []byte(`["` + strings.Repeat("x", 4<<20) + `"]`)
	o := defaultOptions()
	o.Tools = func() *Tools {
		return &Tools{List: func() []byte { return list }, Has: func(string) bool { return true }}
	}
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, inR, outW, o); _ = outW.Close() }()
	const all = 40
	var sent sync.WaitGroup
	taken := make(chan int, all)
	sent.Go(func() {
		for i := range all {
			_, _ = io.WriteString(inW, eras()[4].line(fmt.Sprint(i), "tools/list", "")+"\n")
			taken <- i
		}
		_ = inW.Close()
	})
	for before := -1; before < len(taken); { // until it takes no more
		before = len(taken)
		time.Sleep(300 * time.Millisecond)
	}
	if n := len(taken); n >= all {
		t.Errorf("%d requests were taken although no answer was read", n)
	}
	text, err := io.ReadAll(outR)
	if n := strings.Count(string(text), "\n"); err != nil || n != all {
		t.Errorf("%d answers, %v", n, err)
	}
	sent.Wait()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type brokenInput struct{ io.Reader }

func (brokenInput) Close() error { return nil }

func TestBrokenInput(t *testing.T) {
	broken := errors.New("broken")
	in, w := io.Pipe()
	_ = w.CloseWithError(broken)
	var out strings.Builder
	if err := Serve(context.Background(), brokenInput{in}, &out, defaultOptions()); !errors.Is(err, broken) || out.Len() > 0 {
		t.Errorf("%v, %q", err, out.String())
	}
}

// TestLineLimit: a line of the limit is read, one more byte is not, whatever its end.
func TestLineLimit(t *testing.T) {
	o := defaultOptions()
	o.MaxLine = 100
	p := start(t, o)
	const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	fits := ping + strings.Repeat(" ", 100-len(ping))
	for _, end := range []string{"", "\r"} {
		if a := p.ask(fits + end); a.Error != nil {
			t.Error(a.raw)
		}
		if a := p.ask(fits + " " + end); a.Error == nil || a.Error.Code != -32600 {
			t.Error(a.raw)
		}
	}
}

// TestSDKClientInEveryRevision drives the server with the SDK's own client, which
// falls back from the modern revision to the handshake.
func TestSDKClientInEveryRevision(t *testing.T) {
	for _, e := range eras() {
		t.Run(e.version, func(t *testing.T) {
			inR, inW := io.Pipe()
			outR, outW := io.Pipe()
			done := make(chan error, 1)
			go func() { done <- Serve(context.Background(), inR, outW, defaultOptions()); _ = outW.Close() }()
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil)
			session, err := client.Connect(ctx, &mcp.IOTransport{Reader: outR, Writer: inW}, &mcp.ClientSessionOptions{ProtocolVersion: e.version})
			if err != nil {
				t.Fatal(err)
			}
			if got := session.InitializeResult(); got.ProtocolVersion != e.version || got.ServerInfo == nil || got.ServerInfo.Name != "test" {
				t.Errorf("%+v", got)
			}
			list, err := session.ListTools(ctx, nil)
			if err != nil || len(list.Tools) != 2 {
				t.Fatalf("%+v, %v", list, err)
			}
			r, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"a": 1}})
			if err != nil || r.IsError || r.Content[0].(*mcp.TextContent).Text != `{"a":1}` {
				t.Fatalf("%+v, %v", r, err)
			}
			if err := session.Close(); err != nil {
				t.Error(err)
			}
			_ = inW.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}
