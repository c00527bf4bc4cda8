package mcpserver

import (
	"context"
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

// TestEveryRevision (S2): the modern revision without a handshake, and every
// handshake revision.
func TestEveryRevision(t *testing.T) {
	inEveryEra(t, defaultOptions(), func(t *testing.T, p *peer, e era) {
		a := p.ask(e.line("1", "tools/list", ""))
		if !strings.Contains(string(a.Result), `"tools":`+tools) {
			t.Errorf("list: %s", a.raw)
		}
		if got := strings.Contains(a.raw, `"resultType":"complete"`); got != e.modern {
			t.Errorf("resultType: %s", a.raw)
		}
		if e.modern && (!strings.Contains(a.raw, `"ttlMs":0`) || !strings.Contains(a.raw, `"cacheScope":"private"`)) { // S12
			t.Errorf("caching: %s", a.raw)
		}
		a = p.ask(e.line("2", "tools/call", `"name":"echo","arguments":{"n":12345678901234567890,"s":"é"}`))
		if !strings.Contains(a.raw, `{\"n\":12345678901234567890,\"s\":\"é\"}`) || !strings.Contains(a.raw, `"isError":false`) {
			t.Errorf("call: %s", a.raw)
		}
		if got := strings.Contains(a.raw, `"resultType":"complete"`); got != e.modern {
			t.Errorf("resultType: %s", a.raw)
		}
		a = p.ask(e.line("3", "ping", ""))
		if (a.Error == nil) == e.modern {
			t.Errorf("ping: %s", a.raw)
		}
		if a = p.ask(e.line("4", "resources/list", "")); a.Error == nil || a.Error.Code != -32601 {
			t.Errorf("resources/list: %s", a.raw)
		}
		if a = p.ask(e.line("5", "no/such", "")); a.Error == nil || a.Error.Code != -32601 {
			t.Errorf("unknown method: %s", a.raw)
		}
	})
}

func TestDiscover(t *testing.T) {
	p := start(t, defaultOptions())
	a := p.ask(era{"2026-07-28", true}.line("1", "server/discover", ""))
	for _, want := range []string{`"2026-07-28"`, `"2024-11-05"`, `"listChanged":true`, `"instructions":"be kind"`, `"name":"test"`, `"cacheScope":"private"`, `"resultType":"complete"`} {
		if !strings.Contains(a.raw, want) {
			t.Errorf("no %s in %s", want, a.raw)
		}
	}
	if strings.Contains(a.raw, "logging") {
		t.Errorf("logging is offered: %s", a.raw)
	}
}

func TestUnknownVersions(t *testing.T) {
	for _, version := range []string{"2099-01-01", "1999-01-01", "x", ""} { // S3
		p := start(t, defaultOptions())
		line := strings.ReplaceAll(era{"", true}.line("1", "tools/list", ""), "2026-07-28", version)
		a := p.ask(line)
		if a.Error == nil || a.Error.Code != -32022 || !strings.Contains(string(a.Error.Data), `"requested":"`+version+`"`) || !strings.Contains(string(a.Error.Data), `"2025-11-25"`) {
			t.Errorf("%s: %s", version, a.raw)
		}
	}
	for _, version := range []string{"2099-01-01", "1999-01-01", "2026-07-28"} {
		p := start(t, defaultOptions())
		a := p.ask(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"` + version + `","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`)
		if !strings.Contains(a.raw, `"protocolVersion":"2025-11-25"`) {
			t.Errorf("initialize with %s: %s", version, a.raw)
		}
	}
}

func TestModernNeedsCapabilities(t *testing.T) { // S4
	p := start(t, defaultOptions())
	line := strings.ReplaceAll(era{"", true}.line("1", "tools/list", ""), `"io.modelcontextprotocol/clientCapabilities":{},`, "")
	if a := p.ask(line); a.Error == nil || a.Error.Code != -32602 {
		t.Error(a.raw)
	}
}

// TestBadLines (S1, S7): each bad line gets its code and the session goes on.
func TestBadLines(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	inEveryEra(t, defaultOptions(), func(t *testing.T, p *peer, e era) {
		for _, c := range []struct {
			line string
			code int
			id   string
		}{
			{`{"jsonrpc":"2.0","id":1,`, -32700, "null"},
			{`not json`, -32700, "null"},
			{deep, -32700, "null"},
			{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"p\xff\"}", -32700, "null"},
			{`[]`, -32600, "null"},
			{`[` + e.line("1", "ping", "") + `]`, -32600, "null"},
			{`5`, -32600, "null"},
			{`"x"`, -32600, "null"},
			{`{}`, -32600, "null"},
			{`{"jsonrpc":"2.0","id":7}`, -32600, "7"},
			{`{"jsonrpc":"1.0","id":7,"method":"ping"}`, -32600, "7"},
			{`{"id":7,"method":"ping"}`, -32600, "7"},
			{`{"jsonrpc":"2.0","id":null,"method":"ping"}`, -32600, "null"},
			{`{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, -32600, "null"},
			{`{"jsonrpc":"2.0","id":true,"method":"ping"}`, -32600, "null"},
			{`{"jsonrpc":"2.0","id":{},"method":"ping"}`, -32600, "null"},
			{`{"jsonrpc":"2.0","id":[],"method":"ping"}`, -32600, "null"},
			{`{"jsonrpc":"2.0","id":7,"method":5}`, -32600, "7"},
			{`{"jsonrpc":"2.0","id":7,"method":"ping","params":[]}`, -32602, "7"},
			{`{"jsonrpc":"2.0","id":7,"method":"ping","params":"x"}`, -32602, "7"},
			{`{"jsonrpc":"2.0","id":7,"method":"ping","params":null}`, -32602, "7"},
			{e.line("7", "tools/list", `"cursor":"x"`), -32602, "7"},
			{e.line("7", "tools/list", `"cursor":5`), -32602, "7"},
			{e.line("7", "tools/call", `"name":"nowhere"`), -32602, "7"},
			{e.line("7", "tools/call", `"name":5`), -32602, "7"},
			{e.line("7", "tools/call", ``), -32602, "7"},
			{e.line("7", "tools/call", `"name":"echo","arguments":[]`), -32602, "7"},
			{e.line("7", "tools/call", `"name":"echo","arguments":"{}"`), -32602, "7"},
		} {
			a := p.ask(c.line)
			if a.Error == nil || a.Error.Code != c.code || string(a.ID) != c.id && !(c.id == "null" && a.ID == nil) {
				t.Errorf("%.80s: %s", c.line, a.raw)
			}
			if c.id == "null" && !strings.Contains(a.raw, `"id":null`) {
				t.Errorf("%.80s: no null id in %s", c.line, a.raw)
			}
		}
		for _, line := range []string{"", "   ", "\r", `{"jsonrpc":"2.0","method":"notifications/whatever"}`, `{"jsonrpc":"2.0","id":99,"result":{}}`,
			`{"jsonrpc":"2.0","id":99,"error":{"code":1,"message":"x"}}`, `{"jsonrpc":"2.0","method":"notifications/x","params":[]}`,
			`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12345}}`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}`} {
			p.send(line)
		}
		p.quietly()
		a := p.ask("\xef\xbb\xbf" + e.line(`"é"`, "tools/call", `"name":"echo","arguments":null`) + "\r") // BOM and CRLF
		if a.Error != nil || string(a.ID) != `"é"` {
			t.Errorf("after all that: %s", a.raw)
		}
	})
}

// TestLongLine: a line beyond the limit is thrown away while it is read.
func TestLongLine(t *testing.T) {
	o := defaultOptions()
	o.MaxLine = 1000
	p := start(t, o)
	e := eras()[4]
	if a := p.ask(`{"jsonrpc":"2.0","id":1,"x":"` + strings.Repeat("y", 5_000_000) + `"}`); a.Error == nil || a.Error.Code != -32600 {
		t.Error(a.raw)
	}
	if a := p.ask(e.line("2", "tools/list", "")); a.Error != nil {
		t.Error(a.raw)
	}
}

func TestBeforeInitialize(t *testing.T) { // S9
	p := start(t, defaultOptions())
	p.changed <- struct{}{}
	p.quietly()
	if a := p.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); a.Error == nil || a.Error.Code != -32600 {
		t.Error(a.raw)
	}
	if a := p.ask(`{"jsonrpc":"2.0","id":2,"method":"ping"}`); a.Error != nil {
		t.Error(a.raw)
	}
	a := p.ask(`{"jsonrpc":"2.0","id":3,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`)
	if a.Error != nil {
		t.Error(a.raw)
	}
	p.changed <- struct{}{}
	p.quietly() // not before notifications/initialized
	p.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	if a := p.next(); a.Method != "notifications/tools/list_changed" {
		t.Error(a.raw)
	}
	p.changed <- struct{}{}
	if a := p.next(); a.Method != "notifications/tools/list_changed" {
		t.Error(a.raw)
	}
	if a := p.ask(`{"jsonrpc":"2.0","id":4,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`); a.Error == nil {
		t.Errorf("a second initialize: %s", a.raw)
	}
}

// TestPipelined: a client that does not wait gets its answers all the same, that
// of initialize first.
func TestPipelined(t *testing.T) {
	p := start(t, defaultOptions())
	e := eras()[2]
	p.send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`, e.line("1", "tools/list", ""), e.line("2", "tools/call", `"name":"echo"`))
	_ = p.in.Close()
	seen := []string{}
	for line := range p.lines {
		seen = append(seen, line)
	}
	if len(seen) != 3 || !strings.Contains(seen[0], `"id":0,`) {
		t.Errorf("%q", seen)
	}
	if err := <-p.done; err != nil {
		t.Error(err)
	}
}

// TestEndOfInput (S6): accepted calls get their answer, or an error in time.
func TestEndOfInput(t *testing.T) {
	inEveryEra(t, defaultOptions(), func(t *testing.T, p *peer, e era) {
		p.send(e.line("1", "tools/call", `"name":"slow","arguments":{"a":1}`))
		_ = p.in.Close()
		if a := p.next(); a.Error != nil || !strings.Contains(a.raw, `{\"a\":1}`) {
			t.Error(a.raw)
		}
		if err := <-p.done; err != nil {
			t.Error(err)
		}
	})
	o := defaultOptions()
	o.DrainTimeout = 100 * time.Millisecond
	inEveryEra(t, o, func(t *testing.T, p *peer, e era) {
		p.send(e.line("1", "tools/call", `"name":"hang"`), e.line("2", "tools/call", `"name":"hang"`))
		time.Sleep(50 * time.Millisecond)
		p.stop() // as SIGTERM does
		for range 2 {
			if a := p.next(); !strings.Contains(a.raw, `"kind":"interrupted"`) || !strings.Contains(a.raw, `"isError":true`) {
				t.Error(a.raw)
			}
		}
		if err := <-p.done; err != nil {
			t.Error(err)
		}
	})
}

// TestCancel (S8): the work stops and nothing more is said about the id.
func TestCancel(t *testing.T) {
	started, stopped := make(chan struct{}, 10), make(chan struct{}, 10)
	o := defaultOptions()
	o.Call = func(ctx context.Context, c Call) *result.Result {
		started <- struct{}{}
		<-ctx.Done()
		stopped <- struct{}{}
		return &result.Result{}
	}
	inEveryEra(t, o, func(t *testing.T, p *peer, e era) {
		for _, id := range []string{"1", `"one"`} {
			p.send(e.line(id, "tools/call", `"name":"echo"`))
			<-started
			p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `}}`)
			select {
			case <-stopped:
			case <-time.After(5 * time.Second):
				t.Fatal("the call goes on")
			}
		}
		p.quietly()
		if a := p.ask(e.line("1", "tools/list", "")); a.Error != nil { // the id may be used again
			t.Error(a.raw)
		}
	})
}

func TestDuplicateID(t *testing.T) {
	inEveryEra(t, defaultOptions(), func(t *testing.T, p *peer, e era) {
		p.send(e.line("5", "tools/call", `"name":"slow","arguments":{"first":1}`))
		a := p.ask(e.line("5", "tools/call", `"name":"echo"`))
		if a.Error == nil || a.Error.Code != -32600 || !strings.Contains(a.raw, `"id":null`) || string(a.Error.Data) != `{"id":5}` {
			t.Error(a.raw)
		}
		if a := p.next(); string(a.ID) != "5" || !strings.Contains(a.raw, `first`) {
			t.Error(a.raw)
		}
		if a := p.ask(e.line(`"5"`, "tools/call", `"name":"echo"`)); a.Error != nil { // a text is another id
			t.Error(a.raw)
		}
	})
}

func TestFailingCalls(t *testing.T) { // S19
	inEveryEra(t, defaultOptions(), func(t *testing.T, p *peer, e era) {
		for _, name := range []string{"panic", "none"} {
			if a := p.ask(e.line("1", "tools/call", `"name":"`+name+`"`)); !strings.Contains(a.raw, `"kind":"internal"`) || strings.Contains(a.raw, "on purpose") {
				t.Error(a.raw)
			}
		}
		if a := p.ask(e.line("2", "tools/call", `"name":"echo"`)); a.Error != nil {
			t.Error(a.raw)
		}
	})
}

// TestBounds (S20): so many calls run, so many wait, the rest is refused, and ping
// and list are answered all the while.
func TestBounds(t *testing.T) {
	var running, most atomic.Int32
	release := make(chan struct{})
	o := defaultOptions()
	o.Call = func(ctx context.Context, c Call) *result.Result {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		<-release
		return &result.Result{Content: []result.Content{{Type: "text", Text: "done"}}}
	}
	p := start(t, o)
	e := eras()[4]
	const all = 2000
	var sent sync.WaitGroup
	sent.Go(func() {
		for i := range all {
			p.send(e.line(fmt.Sprint(i), "tools/call", `"name":"echo"`))
		}
		p.send(e.line(`"list"`, "tools/list", ""))
	})
	refused, answered := 0, map[string]int{}
	for {
		a := p.next()
		answered[string(a.ID)]++
		if string(a.ID) == `"list"` {
			break
		}
		if !strings.Contains(a.raw, `"kind":"too-many-calls"`) || !strings.Contains(a.raw, "too many calls in flight") {
			t.Fatal(a.raw)
		}
		refused++
	}
	sent.Wait()
	close(release)
	for range all - refused {
		a := p.next()
		answered[string(a.ID)]++
		if !strings.Contains(a.raw, "done") {
			t.Fatal(a.raw)
		}
	}
	if refused != all-DefaultMaxRunning-DefaultMaxWaiting || most.Load() != DefaultMaxRunning {
		t.Errorf("%d were refused, %d ran at once", refused, most.Load())
	}
	for id, n := range answered {
		if n != 1 {
			t.Errorf("%s was answered %d times", id, n)
		}
	}
	p.quietly()
}

func TestClientCredentials(t *testing.T) {
	got := make(chan Call, 1)
	o := defaultOptions()
	o.Call = func(_ context.Context, c Call) *result.Result { got <- c; return &result.Result{} }
	p := start(t, o)
	e := eras()[3]
	e.begin(p)
	if a := p.ask(e.line("1", "tools/call", `"name":"echo","_meta":{"mcp-bridge/headers":{"Authorization":"Bearer x"},"progressToken":1}`)); a.Error != nil {
		t.Fatal(a.raw)
	}
	if c := <-got; string(c.Meta["mcp-bridge/headers"]) != `{"Authorization":"Bearer x"}` || c.Client.Name != "c" || c.Client.ProtocolVersion != "2025-11-25" {
		t.Errorf("%+v", c)
	}
	for _, meta := range []string{`{"mcp-bridge/headers":[]}`, `{"mcp-bridge/headers":{"A":5}}`, `{"mcp-bridge/query":"secret-canary"}`, `{"mcp-bridge/headers":{"A":"x\ny"}}`, `5`} {
		if a := p.ask(e.line("2", "tools/call", `"name":"echo","_meta":`+meta)); a.Error == nil || a.Error.Code != -32602 || strings.Contains(a.raw, "secret-canary") {
			t.Errorf("%s: %s", meta, a.raw)
		}
	}
}

// TestSlowReader: a client that does not read its input stops neither
// cancellation nor the end.
func TestSlowReader(t *testing.T) {
	started, stopped := make(chan struct{}), make(chan struct{})
	o := defaultOptions()
	o.DrainTimeout = 200 * time.Millisecond
	o.Call = func(ctx context.Context, c Call) *result.Result {
		close(started)
		<-ctx.Done()
		close(stopped)
		return &result.Result{}
	}
	inR, inW := io.Pipe()
	outR, outW := io.Pipe() // nobody reads it
	done := make(chan error, 1)
	go func() { done <- Serve(context.Background(), inR, outW, o) }()
	e := eras()[4]
	for i := range 50 {
		_, _ = io.WriteString(inW, e.line(fmt.Sprint(i), "tools/list", "")+"\n")
	}
	_, _ = io.WriteString(inW, e.line("99", "tools/call", `"name":"echo"`)+"\n")
	<-started
	_, _ = io.WriteString(inW, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}`+"\n")
	select {
	case <-stopped:
	case <-time.After(5 * time.Second):
		t.Fatal("the cancellation did not arrive")
	}
	_ = inW.Close()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the server does not end")
	}
	_ = outR.Close()
}

func TestBrokenOutput(t *testing.T) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	_ = outR.Close()
	done := make(chan error, 1)
	go func() { done <- Serve(context.Background(), inR, outW, defaultOptions()) }()
	go func() { _, _ = io.WriteString(inW, eras()[4].line("1", "tools/list", "")+"\n") }()
	select {
	case err := <-done:
		if err == nil {
			t.Error("no error")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the server does not end")
	}
}

// TestSDKClient drives the server with the SDK's own client.
func TestSDKClient(t *testing.T) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	changed := make(chan struct{})
	o := defaultOptions()
	o.Changed = changed
	go func() { done <- Serve(context.Background(), inR, outW, o); _ = outW.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	heard := make(chan struct{}, 10)
	client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, &mcp.ClientOptions{
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { heard <- struct{}{} }})
	session, err := client.Connect(ctx, &mcp.IOTransport{Reader: outR, Writer: inW}, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := session.ListTools(ctx, nil)
	if err != nil || len(list.Tools) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	r, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"a": 1}})
	if err != nil || r.IsError || r.Content[0].(*mcp.TextContent).Text != `{"a":1}` {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "nowhere"}); err == nil {
		t.Error("an unknown tool was called")
	}
	changed <- struct{}{}
	select {
	case <-heard:
	case <-ctx.Done():
		t.Error("the client did not hear of the change")
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	_ = inW.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestMetaIsRequired: a request that can only be of the newest revision and lacks its
// _meta, or a member of it that is required, is -32602 and says which one.
func TestMetaIsRequired(t *testing.T) {
	const (
		version      = `"io.modelcontextprotocol/protocolVersion":"2026-07-28"`
		capabilities = `"io.modelcontextprotocol/clientCapabilities":{}`
		info         = `"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}`
	)
	request := func(method, params string) string {
		return `{"jsonrpc":"2.0","id":7,"method":"` + method + `"` + params + `}`
	}
	fresh := func() *peer { return start(t, defaultOptions()) }
	for _, c := range []struct{ name, line, says string }{
		{"no params", request("server/discover", ""), "protocolVersion"},
		{"no _meta", request("server/discover", `,"params":{}`), "protocolVersion"},
		{"null _meta", request("server/discover", `,"params":{"_meta":null}`), ""},
		{"no version", request("server/discover", `,"params":{"_meta":{`+info+`,`+capabilities+`}}`), "protocolVersion"},
		{"no capabilities", request("server/discover", `,"params":{"_meta":{`+version+`,`+info+`}}`), "clientCapabilities"},
		{"null version", request("server/discover", `,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":null,`+capabilities+`}}`), "protocolVersion"},
		{"a subscription", request("subscriptions/listen", `,"params":{"notifications":{"toolsListChanged":true}}`), "protocolVersion"},
		{"a list without a version", request("tools/list", `,"params":{"_meta":{`+capabilities+`}}`), "protocolVersion"},
		{"a call without a version", request("tools/call", `,"params":{"name":"echo","_meta":{`+info+`}}`), "protocolVersion"},
	} {
		if a := fresh().ask(c.line); a.Error == nil || a.Error.Code != codeParams || string(a.ID) != "7" || !strings.Contains(a.Error.Message, c.says) {
			t.Errorf("%s: %s", c.name, a.raw)
		}
	}
	// After a request of the newest revision the session is one without a handshake.
	p := fresh()
	if a := p.ask(eras()[4].line("1", "tools/list", "")); a.Error != nil {
		t.Fatal(a.raw)
	}
	if a := p.ask(request("tools/list", `,"params":{}`)); a.Error == nil || a.Error.Code != codeParams {
		t.Error(a.raw)
	}
	// Neither of them: the client may not know of any revision.
	if a := fresh().ask(request("tools/list", "")); a.Error == nil || a.Error.Code != codeInvalid {
		t.Error(a.raw)
	}
	// The client's name is optional.
	if a := fresh().ask(request("server/discover", `,"params":{"_meta":{`+version+`,`+capabilities+`}}`)); a.Error != nil {
		t.Error(a.raw)
	}
}
