package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// asker serves tools that ask. ask answers with what became of its questions; its
// arguments say which are asked: "form", "url", "both", "twice", or a bad one.
func asker() Options {
	o := defaultOptions()
	o.Call = func(_ context.Context, c Call) *result.Result {
		var args struct{ What string }
		_ = json.Unmarshal(c.Arguments, &args)
		form := result.Question{ID: "form", Message: "Really?", Confirm: true}
		address := result.Question{ID: "url", Message: "Sign in", URL: "https://auth.test/start"}
		var questions []result.Question
		switch args.What {
		case "form":
			questions = []result.Question{form}
		case "url":
			questions = []result.Question{address}
		case "both":
			questions = []result.Question{form, address}
		case "twice":
			if questions = []result.Question{form}; c.Answers["form"].Action != "" {
				questions = []result.Question{address}
			}
		case "forever":
			return &result.Result{Questions: []result.Question{{ID: fmt.Sprint("q", len(c.Answers)), Message: "m"}}}
		case "userinfo":
			return &result.Result{Questions: []result.Question{{ID: "u", URL: "https://me:secret@auth.test/"}}}
		case "file":
			return &result.Result{Questions: []result.Question{{ID: "u", URL: "file:///etc/passwd"}}}
		case "same":
			return &result.Result{Questions: []result.Question{form, form}}
		case "flood":
			return &result.Result{Questions: slices.Repeat([]result.Question{form}, 100)}
		}
		for _, q := range questions {
			if c.Answers[q.ID].Action == "" {
				return &result.Result{Questions: questions}
			}
			c.Complete(q.ID)
		}
		return &result.Result{Content: []result.Content{{Type: "text", Text: fmt.Sprint(c.Answers)}}}
	}
	return o
}

// both declares everything.
const both = `{"elicitation":{"form":{},"url":{}}}`

// begins a handshake session that declares capabilities.
func (p *peer) handshake(version, capabilities string) {
	p.t.Helper()
	p.ask(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"` + version + `","capabilities":` + capabilities + `,"clientInfo":{"name":"c","version":"1"}}}`)
	p.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

// modern writes a call of the modern revision; rest stands behind the arguments.
func modernCall(id, tool, what, capabilities, rest string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"` + tool + `","arguments":{"what":"` + what + `"}` + rest +
		`,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":` + capabilities + `}}}`
}

func oldCall(id, what string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"ask","arguments":{"what":"` + what + `"}}}`
}

// question is an elicitation as it is sent.
type question struct {
	ID     json.RawMessage
	Method string
	Params struct {
		Mode, Message, URL, ElicitationID string
		RequestedSchema                   json.RawMessage
	}
}

func (p *peer) question() question {
	p.t.Helper()
	a := p.next()
	var q question
	if err := json.Unmarshal([]byte(a.raw), &q); err != nil || q.Method != "elicitation/create" {
		p.t.Fatalf("not a question: %s", a.raw)
	}
	return q
}

func (p *peer) respond(id json.RawMessage, member, value string) {
	p.send(`{"jsonrpc":"2.0","id":` + string(id) + `,"` + member + `":` + value + `}`)
}

// required is an input-required result.
type required struct {
	ResultType    string
	InputRequests map[string]question
	RequestState  string
	Content       json.RawMessage
}

func (p *peer) required(line string) required {
	p.t.Helper()
	a := p.ask(line)
	var r required
	if err := json.Unmarshal(a.Result, &r); err != nil || r.ResultType != "input_required" || r.RequestState == "" || len(r.InputRequests) == 0 || r.Content != nil {
		p.t.Fatalf("input is not required: %s", a.raw)
	}
	return r
}

func retry(r required, responses string) string {
	return `,"inputResponses":` + responses + `,"requestState":"` + r.RequestState + `"`
}

const yes = `{"action":"accept","content":{"confirm":true}}`

// TestAskedInTheHandshake: each answer, and each thing that is none, reaches the call
// in its second round.
func TestAskedInTheHandshake(t *testing.T) {
	for _, c := range []struct{ member, value, want string }{
		{"result", yes, "form:{accept true}"},
		{"result", `{"action":"accept","content":{"confirm":false}}`, "form:{accept false}"},
		{"result", `{"action":"accept","content":{"confirm":"true"}}`, "form:{accept false}"},
		{"result", `{"action":"accept","content":[]}`, "form:{accept false}"},
		{"result", `{"action":"accept"}`, "form:{accept false}"},
		{"result", `{"action":"decline","content":{"confirm":true}}`, "form:{decline false}"},
		{"result", `{"action":"cancel"}`, "form:{cancel false}"},
		{"result", `{"action":"allow","content":{"confirm":true}}`, "form:{cancel false}"},
		{"result", `{"action":5}`, "form:{cancel false}"},
		{"result", `"accept"`, "form:{cancel false}"},
		{"result", `null`, "form:{cancel false}"},
		{"error", `{"code":-32601,"message":"no"}`, "form:{cancel false}"},
	} {
		for _, version := range []string{"2025-06-18", "2025-11-25"} {
			p := start(t, asker())
			p.handshake(version, both)
			p.send(oldCall("1", "form"))
			q := p.question()
			if q.Params.Message != "Really?" || q.Params.Mode != "form" || !strings.Contains(string(q.Params.RequestedSchema), `"confirm":{"type":"boolean"`) {
				t.Fatalf("%+v", q)
			}
			p.respond(q.ID, c.member, c.value)
			if a := p.next(); !strings.Contains(a.raw, c.want) || string(a.ID) != "1" {
				t.Errorf("%s %s: %s", version, c.value, a.raw)
			}
		}
	}
}

// TestAskedForAnAddress: URL mode, with its end told once.
func TestAskedForAnAddress(t *testing.T) {
	p := start(t, asker())
	p.handshake("2025-11-25", both)
	p.send(oldCall("1", "both"))
	form, address := p.question(), p.question()
	if address.Params.Mode != "url" || address.Params.URL != "https://auth.test/start" || address.Params.ElicitationID == "" || address.Params.RequestedSchema != nil {
		t.Fatalf("%+v", address)
	}
	p.respond(address.ID, "result", `{"action":"accept"}`) // in another order
	p.respond(form.ID, "result", yes)
	if a := p.next(); a.Method != "notifications/elicitation/complete" || !strings.Contains(a.raw, `"elicitationId":"`+address.Params.ElicitationID+`"`) {
		t.Error(a.raw)
	}
	if a := p.next(); !strings.Contains(a.raw, "form:{accept true} url:{accept false}") {
		t.Error(a.raw)
	}
	p.send(oldCall("2", "twice")) // a second round of questions keeps the first one's answers
	p.respond(p.question().ID, "result", yes)
	p.respond(p.question().ID, "result", `{"action":"decline"}`)
	p.next() // it is over, whatever the answer was
	if a := p.next(); !strings.Contains(a.raw, "form:{accept true} url:{decline false}") {
		t.Error(a.raw)
	}
}

// TestRowS4NeverAsked: what the client has not declared is not sent, not even when
// the call wants it.
func TestRowS4NeverAsked(t *testing.T) {
	for _, c := range []struct{ version, capabilities, what string }{
		{"2024-11-05", both, "form"}, {"2025-03-26", both, "form"}, {"2025-06-18", both, "url"}, {"2025-06-18", `{}`, "form"},
		{"2025-11-25", `{}`, "form"}, {"2025-11-25", `{"elicitation":{}}`, "url"}, {"2025-11-25", `{"elicitation":{"url":{}}}`, "form"},
		{"2025-11-25", `{"elicitation":{"form":{}}}`, "both"},
	} {
		p := start(t, asker())
		p.handshake(c.version, c.capabilities)
		if a := p.ask(oldCall("1", c.what)); !strings.Contains(a.raw, `"isError":true`) || !strings.Contains(a.raw, "cannot ask") {
			t.Errorf("%+v: %s", c, a.raw)
		}
	}
	p := start(t, asker())
	for _, c := range []struct{ capabilities, what, data string }{
		{`{}`, "form", `{"requiredCapabilities":{"elicitation":{"form":{}}}}`},
		{`{"elicitation":{"form":{}}}`, "url", `{"requiredCapabilities":{"elicitation":{"url":{}}}}`},
		{`{"elicitation":{"form":{}}}`, "both", `{"requiredCapabilities":{"elicitation":{"url":{}}}}`},
	} {
		if a := p.ask(modernCall("1", "ask", c.what, c.capabilities, "")); a.Error == nil || a.Error.Code != -32021 || string(a.Error.Data) != c.data {
			t.Errorf("%+v: %s", c, a.raw)
		}
	}
}

// TestBadQuestions (S16): what must not be asked is not, in either era.
func TestBadQuestions(t *testing.T) {
	for _, what := range []string{"userinfo", "file", "same", "flood"} {
		p := start(t, asker())
		if a := p.ask(modernCall("1", "ask", what, both, "")); !strings.Contains(a.raw, `"kind":"internal"`) || strings.Contains(a.raw, "secret") {
			t.Errorf("%s: %s", what, a.raw)
		}
		p.handshake("2025-11-25", both)
		if a := p.ask(oldCall("1", what)); !strings.Contains(a.raw, `"kind":"internal"`) {
			t.Errorf("%s: %s", what, a.raw)
		}
	}
	p := start(t, asker()) // a call that never has enough
	p.handshake("2025-11-25", both)
	p.send(oldCall("1", "forever"))
	for range maxRounds - 1 {
		p.respond(p.question().ID, "result", yes)
	}
	if a := p.next(); !strings.Contains(a.raw, `"kind":"internal"`) {
		t.Error(a.raw)
	}
	line := modernCall("1", "ask", "forever", both, "")
	for round := range maxRounds - 1 {
		r := p.required(line)
		line = modernCall("1", "ask", "forever", both, retry(r, fmt.Sprintf(`{"q%d":%s}`, round, yes)))
	}
	if a := p.ask(line); !strings.Contains(a.raw, `"kind":"internal"`) {
		t.Error(a.raw)
	}
}

// TestAskedInTheModernRevision: input is required, and the retry carries it.
func TestAskedInTheModernRevision(t *testing.T) {
	p := start(t, asker())
	r := p.required(modernCall("1", "ask", "both", both, ""))
	form, address := r.InputRequests["form"], r.InputRequests["url"]
	if form.Method != "elicitation/create" || form.Params.Mode != "form" || address.Params.Mode != "url" || address.Params.URL == "" || address.Params.ElicitationID != "" {
		t.Errorf("%+v", r)
	}
	a := p.ask(modernCall("2", "ask", "both", both, retry(r, `{"form":`+yes+`,"url":{"action":"decline"},"other":5}`)))
	if !strings.Contains(a.raw, "form:{accept true} url:{decline false}]") || !strings.Contains(a.raw, `"resultType":"complete"`) {
		t.Error(a.raw)
	}
	// What is missing is asked again; what was answered stays answered.
	r = p.required(modernCall("3", "ask", "both", both, ""))
	r = p.required(modernCall("4", "ask", "both", both, retry(r, `{"form":`+yes+`}`)))
	a = p.ask(modernCall("5", "ask", "both", both, retry(r, `{"url":{"action":"accept"}}`)))
	if !strings.Contains(a.raw, "form:{accept true} url:{accept false}]") {
		t.Error(a.raw)
	}
	// A second round of questions keeps the first one's answers.
	r = p.required(modernCall("6", "ask", "twice", both, ""))
	r = p.required(modernCall("7", "ask", "twice", both, retry(r, `{"form":`+yes+`}`)))
	a = p.ask(modernCall("8", "ask", "twice", both, retry(r, `{"url":{"action":"accept"},"form":{"action":"decline"}}`)))
	if !strings.Contains(a.raw, "form:{accept true} url:{accept false}]") {
		t.Error(a.raw)
	}
}

// TestRowS17: a state is good for one retry of the same call, soon.
func TestRowS17(t *testing.T) {
	p := start(t, asker())
	good := func() required { return p.required(modernCall("1", "ask", "form", both, "")) }
	answers := `{"form":` + yes + `}`
	flip := func(s string, i int) string {
		b := []byte(s)
		if b[i] == 'A' {
			b[i] = 'B'
		} else {
			b[i] = 'A'
		}
		return string(b)
	}
	r := good()
	bad := map[string]string{
		"another tool":      modernCall("2", "echo", "form", both, retry(r, answers)),
		"other arguments":   modernCall("2", "ask", "both", both, retry(r, answers)),
		"no state":          modernCall("2", "ask", "form", both, `,"inputResponses":`+answers),
		"a null state":      modernCall("2", "ask", "form", both, `,"requestState":null,"inputResponses":`+answers),
		"an empty state":    modernCall("2", "ask", "form", both, `,"requestState":"","inputResponses":`+answers),
		"a state of no use": modernCall("2", "ask", "form", both, `,"requestState":5`),
		"garbage":           modernCall("2", "ask", "form", both, `,"requestState":"e30.AAAA","inputResponses":`+answers),
		"a long one":        modernCall("2", "ask", "form", both, `,"requestState":"`+strings.Repeat("A", 1<<20)+`"`),
		"no answers":        modernCall("2", "ask", "form", both, retry(r, `[]`)),
		"other headers":     strings.Replace(modernCall("2", "ask", "form", both, retry(r, answers)), `"_meta":{`, `"_meta":{"mcp-bridge/headers":{"X":"y"},`, 1),
	}
	for i := range len(r.RequestState) {
		if c := r.RequestState; i%7 == 0 && c[i] != '.' {
			changed := r
			changed.RequestState = flip(c, i)
			bad[fmt.Sprint("bit ", i)] = modernCall("2", "ask", "form", both, retry(changed, answers))
		}
	}
	for name, line := range bad {
		if a := p.ask(line); a.Error == nil || a.Error.Code != -32602 {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	line := modernCall("3", "ask", "form", both, retry(r, answers)) // nothing of that has used it up
	if a := p.ask(line); !strings.Contains(a.raw, "form:{accept true}") {
		t.Error(a.raw)
	}
	if a := p.ask(line); a.Error == nil || a.Error.Code != -32602 {
		t.Errorf("again: %s", a.raw)
	}
	for _, answer := range []string{`5`, `{}`, `{"action":"yes"}`, `{"action":null}`, `null`} {
		if a := p.ask(modernCall("4", "ask", "form", both, retry(good(), `{"form":`+answer+`}`))); a.Error == nil || a.Error.Code != -32602 {
			t.Errorf("%s: %s", answer, a.raw)
		}
	}
	// Another process, or another connection, has another key.
	other := start(t, asker())
	if a := other.ask(modernCall("3", "ask", "form", both, retry(good(), answers))); a.Error == nil || a.Error.Code != -32602 {
		t.Errorf("another process: %s", a.raw)
	}
	// Only so many are kept.
	r = good()
	for range maxOpen {
		good()
	}
	if a := p.ask(modernCall("3", "ask", "form", both, retry(r, answers))); a.Error == nil || a.Error.Code != -32602 {
		t.Errorf("the oldest: %s", a.raw)
	}
	// The handshake's revisions know no state: what looks like one is nothing.
	p.handshake("2025-11-25", `{}`)
	if a := p.ask(strings.Replace(oldCall("5", "form"), `"name"`, `"inputResponses":`+answers+`,"requestState":"x","name"`, 1)); !strings.Contains(a.raw, "not-confirmed") {
		t.Error(a.raw)
	}
}

func TestRowS17Expires(t *testing.T) {
	s := newSealer(-time.Second)
	want := callState("t", json.RawMessage(`{"b":1,"a":1.0}`), nil)
	if _, err := s.unseal(s.seal(want), want); err == nil {
		t.Error("a state that is too old was taken")
	}
	s = newSealer(time.Hour)
	if _, err := s.unseal(s.seal(want), callState("t", json.RawMessage(`{ "a":1.0, "b":1}`), nil)); err != nil {
		t.Error("the order of the arguments counts")
	}
	if _, err := s.unseal(s.seal(want), callState("t", json.RawMessage(`{"a":1,"b":1}`), nil)); err == nil {
		t.Error("other digits are the same")
	}
	if len(s.open) != 1 || len(s.once) != 1 {
		t.Errorf("%d and %d states are kept", len(s.open), len(s.once))
	}
}

// TestNobodyAnswers: the wait is bounded, and the question is withdrawn.
func TestNobodyAnswers(t *testing.T) {
	o := asker()
	o.AskTimeout = 50 * time.Millisecond
	p := start(t, o)
	p.handshake("2025-11-25", both)
	p.send(oldCall("1", "both"))
	first, second := p.question(), p.question()
	p.respond(second.ID, "result", `{"action":"accept"}`)
	withdrawn := false
	a := p.next()
	for ; string(a.ID) != "1"; a = p.next() {
		withdrawn = withdrawn || a.Method == "notifications/cancelled" && strings.Contains(a.raw, string(first.ID))
	}
	if !withdrawn || !strings.Contains(a.raw, "form:{cancel false} url:{accept false}") {
		t.Error(withdrawn, a.raw)
	}
	p.respond(first.ID, "result", yes) // too late: nothing comes of it
	if a := p.ask(oldCall("2", "")); !strings.Contains(a.raw, "map[]") {
		t.Error(a.raw)
	}
}

// TestHostileAnswers: responses to nothing, twice, and to others' questions change
// nothing, and a client that never answers does not keep others from their turn.
func TestHostileAnswers(t *testing.T) {
	o := asker()
	o.MaxRunning, o.MaxWaiting = 1, 20
	p := start(t, o)
	p.handshake("2025-11-25", both)
	p.send(`{"jsonrpc":"2.0","id":"mcp-bridge-ask-1","result":`+yes+`}`, `{"jsonrpc":"2.0","id":1,"result":{}}`,
		`{"jsonrpc":"2.0","id":null,"result":{}}`, `{"jsonrpc":"2.0","result":{}}`, `{"jsonrpc":"2.0","id":[],"error":{}}`)
	ids := map[string]bool{}
	var questions []question
	for i := range 10 {
		p.send(oldCall(fmt.Sprint(i), "form"))
		q := p.question()
		if ids[string(q.ID)] {
			t.Fatalf("%s was used twice", q.ID)
		}
		ids[string(q.ID)] = true
		questions = append(questions, q)
	}
	if a := p.ask(oldCall("100", "")); string(a.ID) != "100" { // the one slot is free
		t.Error(a.raw)
	}
	for range 3 {
		p.respond(questions[4].ID, "result", yes)
	}
	if a := p.next(); string(a.ID) != "4" || !strings.Contains(a.raw, "accept true") {
		t.Error(a.raw)
	}
	p.quietly()
	_ = p.in.Close() // the others end with the client, at once
	seen := map[string]bool{}
	for _, a := range p.rest() {
		if a.Method == "" {
			seen[string(a.ID)] = strings.Contains(a.raw, "interrupted")
		}
	}
	if len(seen) != 9 || !seen["0"] || !seen["9"] {
		t.Errorf("%v", seen)
	}
}

// TestTooManyQuestions: the person's screen is not buried.
func TestTooManyQuestions(t *testing.T) {
	p := start(t, asker())
	p.handshake("2025-11-25", both)
	for i := range maxAsked {
		p.send(oldCall(fmt.Sprint(i), "form"))
		p.question()
	}
	if a := p.ask(oldCall(`"one more"`, "form")); !strings.Contains(a.raw, "too-many-calls") {
		t.Error(a.raw)
	}
	p.respond(json.RawMessage(`"mcp-bridge-ask-1"`), "result", yes)
	if a := p.next(); string(a.ID) != "0" {
		t.Error(a.raw)
	}
	p.send(oldCall(`"again"`, "form"))
	p.question()
}

// TestRowS8Asked: a cancelled call withdraws its question and says nothing more.
func TestRowS8Asked(t *testing.T) {
	p := start(t, asker())
	p.handshake("2025-11-25", both)
	p.send(oldCall("1", "form"))
	q := p.question()
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	if a := p.next(); a.Method != "notifications/cancelled" || !strings.Contains(a.raw, `"requestId":`+string(q.ID)) {
		t.Error(a.raw)
	}
	p.respond(q.ID, "result", yes)
	p.quietly()
}

// TestRowS6AnsweredAtTheEnd: an answer that stands before the end of input counts.
func TestRowS6AnsweredAtTheEnd(t *testing.T) {
	for range 20 {
		p := start(t, asker())
		p.handshake("2025-11-25", both)
		p.send(oldCall("1", "form"))
		p.respond(p.question().ID, "result", yes)
		_ = p.in.Close()
		all := p.rest()
		if len(all) != 1 || !strings.Contains(all[0].raw, "accept true") {
			t.Fatalf("%+v", all)
		}
	}
}

// TestRowS10: progress only for a token, rising, not too often, none after the result.
func TestRowS10(t *testing.T) {
	o := defaultOptions()
	var late func(string)
	o.Call = func(_ context.Context, c Call) *result.Result {
		for range 5000 {
			c.Progress("half\nway")
		}
		late = c.Progress
		return &result.Result{}
	}
	inEveryEra(t, o, func(t *testing.T, p *peer, e era) {
		for _, token := range []string{`"t"`, `7`, ``, `null`, `{}`, `true`} {
			line := e.line("1", "tools/call", `"name":"x"`)
			if token != "" && e.modern {
				line = strings.Replace(line, `"_meta":{`, `"_meta":{"progressToken":`+token+`,`, 1)
			} else if token != "" {
				line = strings.Replace(line, `"name":"x"`, `"name":"x","_meta":{"progressToken":`+token+`}`, 1)
			}
			p.send(line)
			told := 0.0
			for a := p.next(); string(a.ID) != "1"; a = p.next() {
				var n struct {
					Params struct {
						ProgressToken json.RawMessage
						Progress      float64
						Message       string
					}
				}
				if err := json.Unmarshal([]byte(a.raw), &n); err != nil || a.Method != "notifications/progress" || string(n.Params.ProgressToken) != token ||
					n.Params.Progress <= told || (n.Params.Message == "half\nway") != (e.version >= "2025-03-26") {
					t.Fatal(a.raw)
				}
				told = n.Params.Progress
			}
			if wants := token == `"t"` || token == "7"; wants != (told > 0) || told > 100 {
				t.Errorf("%s: %v", token, told)
			}
			late("too late")
		}
		p.quietly()
	})
}

// TestSDKClientIsAsked: the Go SDK's client is asked in each revision that can.
func TestSDKClientIsAsked(t *testing.T) {
	for _, version := range []string{"2025-06-18", "2025-11-25", "2026-07-28"} {
		for _, action := range []string{"accept", "decline"} {
			inR, inW := io.Pipe()
			outR, outW := io.Pipe()
			done := make(chan error, 1)
			go func() { done <- Serve(context.Background(), inR, outW, asker()); _ = outW.Close() }()
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			var asked []string
			completed := make(chan string, 10)
			capabilities := &mcp.ClientCapabilities{Elicitation: &mcp.ElicitationCapabilities{Form: &mcp.FormElicitationCapabilities{}, URL: &mcp.URLElicitationCapabilities{}}}
			client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, &mcp.ClientOptions{
				Capabilities: capabilities,
				ElicitationHandler: func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
					asked = append(asked, r.Params.Mode)
					if r.Params.Mode == "url" {
						return &mcp.ElicitResult{Action: action}, nil
					}
					return &mcp.ElicitResult{Action: action, Content: map[string]any{"confirm": true}}, nil
				},
				ElicitationCompleteHandler: func(_ context.Context, r *mcp.ElicitationCompleteNotificationRequest) {
					completed <- r.Params.ElicitationID
				},
			})
			session, err := client.Connect(ctx, &mcp.IOTransport{Reader: outR, Writer: inW}, &mcp.ClientSessionOptions{ProtocolVersion: version})
			if err != nil {
				t.Fatal(err)
			}
			what, want := "twice", fmt.Sprintf("map[form:{%s %v} url:{%[1]s false}]", action, action == "accept")
			if version == "2025-06-18" {
				what, want = "form", fmt.Sprintf("map[form:{%s %v}]", action, action == "accept")
			}
			r, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "ask", Arguments: map[string]any{"what": what}})
			if err != nil || r.IsError || r.Content[0].(*mcp.TextContent).Text != want {
				t.Errorf("%s %s: %+v, %v", version, action, r, err)
			}
			if asked[0] != "form" || len(asked) != strings.Count(want, ":{") {
				t.Errorf("%s: %v", version, asked)
			}
			if version == "2025-11-25" {
				select {
				case <-completed:
				case <-ctx.Done():
					t.Error("the end of the sign-in was not told")
				}
			}
			if err := session.Close(); err != nil {
				t.Error(err)
			}
			_ = inW.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
			cancel()
		}
	}
}
