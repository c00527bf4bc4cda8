package mcpserver

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// waiting is how often a client that wants to know is told that the person has not
// answered yet: some give a call up of which they hear nothing.
const waiting = 10 * time.Second

// maxAsked bounds the questions that wait for the person: a model that calls and calls
// must not bury the person's screen.
const maxAsked = 32

// asking is one question that a handshake client was sent.
type asking struct {
	id       string // of our request
	question result.Question
	answer   chan Answer
}

// ask sends the questions to a handshake client and waits for the answers, without
// holding a slot. A question that is not answered in time, or with something else
// than an answer, counts as dismissed. The second result is what to answer instead
// when the call or the connection ends.
func (c *conn) ask(ctx context.Context, f *flight, questions []result.Question, progress func(string), opened *opened) (map[string]Answer, *result.Result) {
	var asked []asking
	for _, q := range questions {
		a, refusal := c.send(f, q, opened)
		if refusal != nil {
			c.unask(asked)
			return nil, refusal
		}
		asked = append(asked, a)
	}
	defer func() { c.unask(asked) }()
	timer, ticker := time.NewTimer(c.o.AskTimeout), time.NewTicker(waiting)
	defer timer.Stop()
	defer ticker.Stop()
	answers := map[string]Answer{}
	for len(asked) > 0 {
		a := asked[0]
		select {
		case answers[a.question.ID] = <-a.answer:
			asked = asked[1:]
		case <-ticker.C:
			progress("waiting for the person's answer")
		case <-timer.C:
			for _, late := range asked {
				answers[late.question.ID] = late.now(Answer{Action: result.Cancel})
			}
			return answers, nil
		case <-ctx.Done():
			return nil, interrupted() // it is not sent: the request was cancelled
		case <-c.stop:
			answer := a.now(Answer{})
			if answer.Action == "" {
				return nil, interrupted()
			}
			answers[a.question.ID], asked = answer, asked[1:]
		}
	}
	return answers, nil
}

// now returns the answer if it is there, else otherwise.
func (a asking) now(otherwise Answer) Answer {
	select {
	case answer := <-a.answer:
		return answer
	default:
		return otherwise
	}
}

// send sends one question. The result is why it was not sent, or nil.
func (c *conn) send(f *flight, q result.Question, opened *opened) (asking, *result.Result) {
	params := elicitation(q)
	if q.URL != "" {
		params.ElicitationID = rand.Text()
		opened.add(q.ID, params.ElicitationID)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.pending[f.key] != f || c.draining:
		return asking{}, interrupted()
	case len(c.asked) >= maxAsked:
		return asking{}, result.Errorf(result.TooManyCalls, "wait until the person has answered, then call again", "too many questions wait for the person")
	}
	c.asks++
	a := asking{id: "mcp-bridge-ask-" + strconv.Itoa(c.asks), question: q, answer: make(chan Answer, 1)}
	c.asked["s"+a.id] = a.answer
	c.out.line(encode(struct {
		JSONRPC string            `json:"jsonrpc"`
		ID      string            `json:"id"`
		Method  string            `json:"method"`
		Params  *mcp.ElicitParams `json:"params"`
	}{"2.0", a.id, "elicitation/create", params}))
	return a, nil
}

// unask withdraws questions that have no answer.
func (c *conn) unask(asked []asking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range asked {
		if _, waits := c.asked["s"+a.id]; waits {
			delete(c.asked, "s"+a.id)
			c.out.line(notify("notifications/cancelled", map[string]string{"requestId": a.id, "reason": "the call has ended"}))
		}
	}
}

// response takes a client's response to a question. Any other is ignored, and so is a
// second one.
func (c *conn) response(m *message) {
	c.mu.Lock()
	answer := c.asked[key(m.id)]
	delete(c.asked, key(m.id))
	c.mu.Unlock()
	if answer == nil {
		return
	}
	a, ok := readAnswer(m.result)
	if !ok {
		c.o.Logger.Debug("the client answered a question with something else")
		a = Answer{Action: result.Cancel}
	}
	answer <- a
}

// opened remembers which addresses a call had opened, to say when that is over.
type opened struct {
	c *conn

	mu  sync.Mutex
	ids map[string]string // question to elicitation
}

func (o *opened) add(question, elicitation string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ids[question] = elicitation
}

// complete is Call.Complete.
func (o *opened) complete(question string) {
	o.mu.Lock()
	id := o.ids[question]
	delete(o.ids, question)
	o.mu.Unlock()
	if id == "" {
		return
	}
	select {
	case <-o.c.stop:
	default:
		o.c.out.line(notify("notifications/elicitation/complete", &mcp.ElicitationCompleteParams{ElicitationID: id}))
	}
}

// Progress is told at most so often, and so many times for one call.
const (
	progressEvery = 200 * time.Millisecond
	maxProgress   = 10_000
)

// progress returns Call.Progress. A token that is neither text nor a number is none.
func (c *conn) progress(f *flight, token json.RawMessage) func(string) {
	if len(token) == 0 || len(token) > 1024 || token[0] != '"' && token[0] != '-' && (token[0] < '0' || token[0] > '9') {
		return func(string) {}
	}
	var mu sync.Mutex
	var told int
	var last time.Time
	return func(message string) {
		mu.Lock()
		defer mu.Unlock()
		if told > 0 && time.Since(last) < progressEvery || told >= maxProgress {
			return
		}
		told, last = told+1, time.Now()
		params := mcp.ProgressNotificationParams{ProgressToken: token, Progress: float64(told)}
		if f.client.ProtocolVersion >= progressMessageVersion {
			params.Message = plaintext.Shorten(plaintext.Clean(message), 500)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.pending[f.key] == f {
			c.out.line(notify("notifications/progress", &params))
		}
	}
}
