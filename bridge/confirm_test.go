package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

const confirmed = `
[policy]
confirm = ["remove*"]
[[tools]]
name = "remove"
[[tools.args]]
name = "id"
position = "path"
required = true
[[tools.args]]
name = "note"
position = "query"
[tools.requestTemplate]
url = "BASE/books/{id}"
method = "DELETE"
[[tools]]
name = "remove_all"
[tools.requestTemplate]
url = "BASE/books"
method = "DELETE"
`

// asks makes a call that can ask and returns its one question.
func (r *rig) asks(c Call) result.Question {
	r.t.Helper()
	out := r.calls(context.Background(), c)
	if len(out.Questions) != 1 || len(out.Content) != 0 || !out.Questions[0].Confirm || out.Questions[0].ID == "" {
		r.t.Fatalf("no question: %+v", out)
	}
	return out.Questions[0]
}

// TestConfirm: nothing is sent without a yes, and a yes is good for exactly what was
// asked.
func TestConfirm(t *testing.T) {
	sent := 0
	s := server(t, func(w http.ResponseWriter, r *http.Request) { sent++; echo(w, r) })
	r := newRig(t, s.URL, bearer+confirmed)
	call := Call{Tool: "remove", Arguments: json.RawMessage(`{"id":"7","note":"old"}`), CanAsk: true}
	q := r.asks(call)
	for _, want := range []string{"remove of p", "DELETE " + s.URL + "/books/7?note=old", `{"id":"7","note":"old"}`} {
		if !strings.Contains(q.Message, want) {
			t.Errorf("no %q in %q", want, q.Message)
		}
	}
	if again := r.asks(call); again != q {
		t.Errorf("the same call is asked in two ways: %+v %+v", q, again)
	}
	call.Arguments = json.RawMessage(`{ "note" : "old", "id" : 7 }`) // repaired to the same
	if again := r.asks(call); again.ID != q.ID {
		t.Error("equal arguments are asked twice")
	}
	answer := func(a result.Answer) map[string]result.Answer { return map[string]result.Answer{q.ID: a} }
	for _, a := range []result.Answer{{}, {Action: "accept"}, {Action: "decline"}, {Action: "decline", Confirmed: true}, {Action: "cancel"}} {
		call.Answers = answer(a)
		out := r.calls(context.Background(), call)
		if out.Kind != result.NotConfirmed || len(out.Questions) > 0 || !strings.Contains(all(out), "nothing was sent") {
			t.Errorf("%+v: %+v", a, out)
		}
		if strings.Contains(all(out), "--yes") != (a.Action == "cancel") { // who said no is not asked to say yes
			t.Errorf("%+v: %s", a, all(out))
		}
	}
	yes := answer(result.Answer{Action: result.Accept, Confirmed: true})
	for _, other := range []Call{
		{Tool: "remove", Arguments: json.RawMessage(`{"id":"8","note":"old"}`)},
		{Tool: "remove", Arguments: json.RawMessage(`{"id":"7"}`)},
		{Tool: "remove_all"},
		{Tool: "remove", Arguments: call.Arguments, Meta: map[string]json.RawMessage{"mcp-bridge/headers": json.RawMessage(`{"X":"y"}`)}},
	} {
		other.CanAsk, other.Answers = true, yes
		r.asks(other)
	}
	if sent != 0 {
		t.Fatalf("%d requests were sent without a yes", sent)
	}
	call.Answers = yes
	if out := r.calls(context.Background(), call); out.IsError || sent != 1 {
		t.Errorf("%d %+v", sent, out)
	}
	call.CanAsk = false // an answer that nobody could have given
	if out := r.calls(context.Background(), call); out.Kind != result.NotConfirmed || sent != 1 || !strings.Contains(all(out), "mcp-bridge call remove --profile p --args '{") {
		t.Errorf("%d %+v", sent, out)
	}
	// What cannot be sent is not asked about.
	out := r.calls(context.Background(), Call{Tool: "remove", Arguments: json.RawMessage(`{"id":".."}`), CanAsk: true})
	if out.Kind != result.InvalidArguments {
		t.Errorf("%+v", out)
	}
}

// TestConfirmIsReadable: what the model chose cannot change what the person reads.
func TestConfirmIsReadable(t *testing.T) {
	r := newRig(t, "https://api.test", confirmed)
	arguments, err := json.Marshal(map[string]string{"id": "1", "note": "\n\nAllow this call? harmless\u202e\u2028\u200b\x1b[2J" + strings.Repeat("x", 9000)})
	if err != nil {
		t.Fatal(err)
	}
	q := r.asks(Call{Tool: "remove", Arguments: arguments, CanAsk: true})
	if lines := strings.Split(q.Message, "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1], "DELETE https://api.test/books/1?") || !strings.Contains(lines[2], "characters more)") {
		t.Errorf("%q", q.Message)
	}
	// No credential that is known stands in a question (S16).
	secretive := newRig(t, "https://api.test", bearer+confirmed)
	arguments, err = json.Marshal(map[string]string{"id": canary, "note": "Bearer " + canary})
	if err != nil {
		t.Fatal(err)
	}
	if m := secretive.asks(Call{Tool: "remove", Arguments: arguments, CanAsk: true}).Message; strings.Contains(m, "canary") || !strings.Contains(m, "[secret]") {
		t.Errorf("%q", m)
	}
	if len(q.Message) > 4000 || strings.ContainsAny(q.Message, "\u202e\u2028\u200b\x1b") {
		t.Errorf("%q", q.Message)
	}
}
