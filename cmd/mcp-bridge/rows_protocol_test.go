package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// modern is the _meta of a request of the newest revision, whose client has those
// capabilities; empty: it does not say.
func modern(capabilities string) string {
	if capabilities != "" {
		capabilities = `,"io.modelcontextprotocol/clientCapabilities":` + capabilities
	}
	return `{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}` + capabilities + `}`
}

// TestRowS4: a call that needs a sign-in, from clients that cannot be asked to open an
// address: an error or another way, never the question. One that can is asked.
func TestRowS4(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	h := r.host()
	for _, bad := range []string{"", "null", "[]", `"none"`} {
		if m := h.ask("1", toolCall("1", "whoami", modern(bad))); m.Error == nil || m.Error.Code != -32602 {
			t.Errorf("capabilities %q: %s", bad, m.raw)
		}
	}
	if m := h.ask("1", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":`+modern("")+`}}`); m.Error == nil || m.Error.Code != -32602 {
		t.Errorf("a list without capabilities: %s", m.raw)
	}
	if n := len(r.tabs()); n != 0 {
		t.Fatalf("%d tabs for requests that are wrong", n)
	}

	// With neither a question nor a browser the command is named.
	quiet := r.host("--no-input")
	cannot := []string{"{}", `{"elicitation":{}}`, `{"elicitation":{"form":{}}}`, `{"sampling":{}}`}
	for _, capabilities := range cannot {
		c := quiet.ask("1", toolCall("1", "whoami", modern(capabilities))).called(t)
		if !c.IsError || c.kind() != "sign-in-needed" || !strings.Contains(c.text(), "mcp-bridge login api") {
			t.Errorf("%s: %+v", capabilities, c)
		}
	}
	// With a browser that opens, the call itself goes on.
	for i, capabilities := range cannot[:3] {
		if c := h.ask("2", toolCall("2", "whoami", modern(capabilities))).called(t); c.IsError {
			t.Errorf("%s: %+v", capabilities, c)
		}
		if n := len(r.tabs()); n != i+1 {
			t.Errorf("%s: %d tabs", capabilities, n)
		}
		r.run("", "logout")
	}
	// Three were opened in this hour: from now on the person has to type.
	if c := h.ask("3", toolCall("3", "whoami", modern("{}"))).called(t); !c.IsError || c.kind() != "sign-in-needed" {
		t.Errorf("after three tabs: %+v", c)
	}
	for _, line := range append(h.all(), quiet.all()...) {
		if strings.Contains(line, "input_required") || strings.Contains(line, "elicitation/create") || strings.Contains(line, "-32042") {
			t.Errorf("a client that cannot be asked was: %s", line)
		}
	}

	// A client that can be asked is, in both eras, and nothing is opened for it.
	const able = `{"elicitation":{"url":{}}}`
	var asked struct {
		ResultType    string
		InputRequests map[string]struct {
			Method string
			Params struct{ Mode, URL string }
		}
		RequestState string
	}
	m := h.ask("4", toolCall("4", "whoami", modern(able)))
	if err := json.Unmarshal(m.Result, &asked); err != nil || asked.ResultType != "input_required" || len(asked.InputRequests) != 1 || asked.RequestState == "" {
		t.Fatalf("a client that can be asked: %s", m.raw)
	}
	for id, q := range asked.InputRequests {
		if q.Method != "elicitation/create" || q.Params.Mode != "url" || !strings.HasPrefix(q.Params.URL, r.Issuer()) {
			t.Errorf("the question: %+v", q)
		}
		if _, err := oauthtest.Browser(nil, q.Params.URL); err != nil {
			t.Fatal(err)
		}
		line := strings.Replace(toolCall("5", "whoami", modern(able)), `"arguments":{}`,
			`"arguments":{},"requestState":`+quoted(asked.RequestState)+`,"inputResponses":{`+quoted(id)+`:{"action":"accept"}}`, 1)
		if c := h.ask("5", line).called(t); c.IsError || !strings.Contains(c.text(), "ada") {
			t.Errorf("after the answer: %+v", c)
		}
	}
	if n := len(r.tabs()); n != 3 {
		t.Errorf("%d tabs, though the client showed the address", n)
	}
}

// TestRowS6: the end of input ends the server, after the calls that it has accepted
// were answered, and also when a backend never answers.
func TestRowS6(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.login()
	r.Set(func(b *oauthtest.Behaviour) {
		b.Faults[oauthtest.API] = oauthtest.Fault{Delay: 500 * time.Millisecond}
	})
	hello := `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}` +
		"\n" + `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	for _, c := range []struct{ name, lines string }{
		{"a handshake", hello + "\n" + toolCall("7", "whoami", "")},
		{"no last line end", hello + "\n" + toolCall("7", "whoami", "") + "\n" + toolCall("8", "whoami", "")},
		{"modern", toolCall("7", "whoami", modern("{}"))},
	} {
		h := r.host()
		h.send(c.lines)
		_ = h.in.Close()
		h.ended()
		if code := h.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("%s: exit %d", c.name, code)
		}
		answers := 0
		for _, line := range h.all() {
			if strings.Contains(line, `"user\":\"ada\"`) {
				answers++
			}
		}
		if want := strings.Count(c.lines, "tools/call"); answers != want {
			t.Errorf("%s: %d answers of %d: %q", c.name, answers, want, h.all())
		}
	}

	r.Set(func(b *oauthtest.Behaviour) { b.Faults = nil })
	h := r.serve()
	h.send(toolCall("7", "hold", ""))
	if err := r.Await(t.Context(), oauthtest.API, r.Count(oauthtest.API)+1); err != nil {
		t.Fatal(err)
	}
	_ = h.in.Close()
	closed := time.Now()
	h.ended()
	if took := time.Since(closed); took > 5*time.Second {
		t.Errorf("it took %s to end", took)
	}
	last := h.all()[len(h.all())-1]
	if code := h.cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(last, `"id":7`) || !strings.Contains(last, `"interrupted"`) {
		t.Errorf("exit %d, %s", code, last)
	}

	// A call that waits for a person ends, too; the sign-in stays.
	r.run("", "logout")
	r.browser("hold=" + r.home + "/go")
	h = r.serve()
	h.send(toolCall("7", "whoami", ""))
	until(t, "a tab is open", func() bool { return len(r.tabs()) == 2 })
	_ = h.in.Close()
	closed = time.Now()
	h.ended()
	if took := time.Since(closed); took > 5*time.Second {
		t.Errorf("with a person who thinks it took %s to end", took)
	}
	if last = h.all()[len(h.all())-1]; !strings.Contains(last, `"id":7`) || !strings.Contains(last, `"isError":true`) {
		t.Errorf("the last line: %s", last)
	}
	r.write("go", "")
	if got := r.serve().call("whoami"); got.IsError {
		t.Errorf("after the person was done: %+v", got)
	}
}

// TestRowS7: what is no request is refused and costs nothing else: the call after it
// is answered, by the backend, as the person.
func TestRowS7(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.login()
	h := r.serve()
	good := 0
	for _, c := range []struct {
		name, line string
		code       int // 0: it is ignored or tolerated
	}{
		{"no JSON", "this is no JSON", -32700},
		{"half of a request", `{"jsonrpc":"2.0","id":1,"method":"tools/call"`, -32700},
		{"invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700},
		{"a NUL", "\x00", -32700},
		{"a number", "42", -32600},
		{"a string", `"tools/list"`, -32600},
		{"null", "null", -32600},
		{"no method", `{"jsonrpc":"2.0","id":1}`, -32600},
		{"another JSON-RPC", `{"jsonrpc":"1.0","id":1,"method":"ping"}`, -32600},
		{"a null id", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, -32600},
		{"a broken id", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, -32600},
		{"a batch", "[" + toolCall("1", "whoami", "") + "," + toolCall("2", "whoami", "") + "]", -32600},
		{"an empty batch", "[]", -32600},
		{"a line of 17 MiB", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"` + strings.Repeat("x", 17<<20) + `"}}`, -32600},
		{"blank lines", "\n\r\n  \n", 0},
		{"a byte order mark", "\ufeff" + `{"jsonrpc":"2.0","method":"notifications/nothing"}`, 0},
		{"a carriage return", `{"jsonrpc":"2.0","method":"notifications/nothing"}` + "\r", 0},
		{"an answer that nobody waits for", `{"jsonrpc":"2.0","id":"x","result":{}}`, 0},
	} {
		before := len(h.all())
		h.send(c.line)
		if got := h.call("whoami"); got.IsError || !strings.Contains(got.text(), "ada") {
			t.Fatalf("the call after %s: %+v", c.name, got)
		}
		good++
		var codes []int
		for _, line := range h.all()[before:] {
			var m message
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Errorf("%s: not a message: %q", c.name, line)
			}
			if m.Error != nil {
				codes = append(codes, m.Error.Code)
			}
		}
		if want := map[bool]int{true: 1, false: 0}[c.code != 0]; len(codes) != want || want == 1 && codes[0] != c.code {
			t.Errorf("%s: %v, want %d", c.name, codes, c.code)
		}
	}
	if n := r.Count(oauthtest.API); n != good {
		t.Errorf("%d requests at the backend for %d calls", n, good)
	}
}
