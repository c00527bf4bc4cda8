package mcpserver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// sink collects lines; it is read after Serve has ended.
type sink struct{ bytes.Buffer }

// FuzzLines feeds arbitrary lines: every line of the answer is a JSON-RPC message,
// no id is answered twice, and the server ends.
func FuzzLines(f *testing.F) {
	e := eras()[4]
	for _, s := range []string{
		e.line("1", "tools/list", "") + "\n" + e.line("1", "tools/call", `"name":"echo"`),
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}` + "\n" +
			`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`,
		"[]\n\n{}\n5", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`, "\xef\xbb\xbf" + `{"jsonrpc":"2.0","id":null,"method":"ping"}` + "\r\n" + `{"jsonrpc":"1.0","id":1}`,
		e.line("1", "tools/call", `"name":"echo"`) + "\n" + `{"jsonrpc":"1.0","id":1,"method":"ping"}` + "\n" + e.line("1", "ping", ""),
		e.line(`"a"`, "subscriptions/listen", `"notifications":{"toolsListChanged":true}`) + "\n" + e.line(`"a"`, "subscriptions/listen", `"notifications":{}`),
		e.line(`"a"`, "subscriptions/listen", `"notifications":{"toolsListChanged":true}`), e.line("1", "server/discover", ""),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		o := defaultOptions()
		o.DrainTimeout = 50 * time.Millisecond
		o.Call = func(context.Context, Call) *result.Result { return &result.Result{} }
		out := &sink{}
		ended := make(chan error, 1)
		go func() { ended <- Serve(context.Background(), io.NopCloser(strings.NewReader(lines)), out, o) }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatal("it does not end")
		}
		// An id may come several times in the input, one after the other.
		asked := map[string]int{}
		for line := range strings.Lines(lines) {
			asked["null"]++
			var m map[string]json.RawMessage
			text := bytes.TrimSpace(bytes.TrimPrefix([]byte(line), []byte("\xef\xbb\xbf")))
			if json.Unmarshal(text, &m) == nil && len(m["id"]) > 0 && validID(m["id"]) {
				asked[key(m["id"])]++
			}
		}
		for line := range strings.Lines(out.String()) {
			var m map[string]json.RawMessage
			if err := json.Unmarshal([]byte(line), &m); err != nil || string(m["jsonrpc"]) != `"2.0"` || !utf8.ValidString(line) {
				t.Fatalf("%q: %v", line, err)
			}
			_, result := m["result"]
			_, failed := m["error"]
			if _, asks := m["method"]; asks == (result || failed) || result && failed {
				t.Fatalf("%q is not one of the messages", line)
			}
			if !result && !failed {
				continue
			}
			id := string(m["id"])
			if id != "null" {
				id = key(m["id"])
			}
			if asked[id]--; asked[id] < 0 {
				t.Fatalf("%s is answered too often in answer to %q:\n%s", id, lines, out.String())
			}
		}
	})
}

// FuzzAnswers: whatever a client brings along, without a state that was handed out it
// never counts as an answer, and each call gets its one answer or error.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"form":`+yes+`}`, `"e30.AAAA"`)
	f.Add(`null`, `""`)
	f.Add(`{"form":{"action":"accept"}}`, `null`)
	f.Add(`[]`, `{}`)
	f.Fuzz(func(t *testing.T, responses, state string) {
		line := modernCall("1", "ask", "form", both, `,"inputResponses":`+responses+`,"requestState":`+state)
		if strings.ContainsAny(line, "\r\n") || !json.Valid([]byte(line)) || strings.Contains(responses+state, `"_meta"`) || strings.Contains(responses+state, `"arguments"`) {
			t.Skip("another message")
		}
		out := &sink{}
		if err := Serve(context.Background(), io.NopCloser(strings.NewReader(line+"\n")), out, asker()); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "form:{") {
			t.Fatalf("%s: %s", line, got)
		}
	})
}

// BenchmarkCall makes calls through pipes.
func BenchmarkCall(b *testing.B) {
	benchmark(b, eras()[4].line("1", "tools/call", `"name":"echo","arguments":{"a":"b"}`))
}

// BenchmarkList lists 1,000 tools.
func BenchmarkList(b *testing.B) { benchmark(b, eras()[4].line("1", "tools/list", "")) }

func benchmark(b *testing.B, line string) {
	o := defaultOptions()
	list := []byte("[" + strings.TrimSuffix(strings.Repeat(`{"name":"tool","description":"a tool that does something","inputSchema":{"type":"object","properties":{"a":{"type":"string"}}}},`, 1000), ",") + "]")
	o.Tools = func() *Tools {
		return &Tools{List: func() []byte { return list }, Has: func(string) bool { return true }}
	}
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- Serve(context.Background(), inR, outW, o); _ = outW.Close() }()
	buffer := make([]byte, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.WriteString(inW, line+"\n"); err != nil {
			b.Fatal(err)
		}
		for {
			n, err := outR.Read(buffer)
			if err != nil {
				b.Fatal(err)
			}
			if buffer[n-1] == '\n' {
				break
			}
		}
	}
	_ = inW.Close()
	<-done
}
