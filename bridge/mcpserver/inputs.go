package mcpserver

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	maxRounds    = 8
	maxQuestions = 8 // of one round
)

// resume reads what a modern client brings from the round before. Answers without a
// state that was handed out for this very call are refused, never believed. In the
// handshake's revisions there is no such thing.
func (c *conn) resume(m *message, f *flight, tool string, arguments json.RawMessage) (state, *fault) {
	sealed, hasState := m.params["requestState"]
	raw, hasAnswers := m.params["inputResponses"]
	hasState, hasAnswers = hasState && string(sealed) != "null", hasAnswers && string(raw) != "null"
	if !f.modern || !hasState && !hasAnswers {
		return state{}, nil
	}
	responses := map[string]json.RawMessage{}
	if hasAnswers && !object(raw, &responses) {
		return state{}, &fault{code: codeParams, message: "params.inputResponses must be an object"}
	}
	text, _ := m.text("requestState")
	past, err := c.seal.unseal(text, callState(tool, arguments, m.meta))
	if err != nil {
		return state{}, &fault{code: codeParams, message: err.Error()}
	}
	answers := map[string]Answer{}
	for _, id := range past.Asked {
		raw, ok := responses[id]
		if !ok {
			continue // it is asked again
		}
		if answers[id], ok = readAnswer(raw); !ok {
			return state{}, &fault{code: codeParams, message: fmt.Sprintf("params.inputResponses[%.100q] is no answer to an elicitation", id)}
		}
	}
	past.Answers = merged(past.Answers, answers)
	return past, nil
}

// readAnswer reads the protocol's ElicitResult. Only a box that is ticked is one.
func readAnswer(raw json.RawMessage) (Answer, bool) {
	var fields, content map[string]json.RawMessage
	var a Answer
	if !object(raw, &fields) || json.Unmarshal(fields["action"], &a.Action) != nil ||
		!slices.Contains([]string{result.Accept, result.Decline, result.Cancel}, a.Action) {
		return Answer{}, false
	}
	if a.Action == result.Accept && object(fields["content"], &content) {
		a.Confirmed = string(content["confirm"]) == "true"
	}
	return a, true
}

// merged returns earlier answers and new ones; never nil.
func merged(earlier, answers map[string]Answer) map[string]Answer {
	all := make(map[string]Answer, len(earlier)+len(answers))
	for _, some := range []map[string]Answer{earlier, answers} {
		for id, a := range some {
			all[id] = a
		}
	}
	return all
}

// require answers a modern request with what the client must find out first.
func (c *conn) require(f *flight, call Call, questions []result.Question, round int) {
	next := callState(call.Tool, call.Arguments, call.Meta)
	next.Round, next.Answers = round+1, call.Answers
	requests := mcp.InputRequestMap{}
	for _, q := range questions {
		next.Asked = append(next.Asked, q.ID)
		requests[q.ID] = elicitation(q)
	}
	c.answer(f, encode(struct {
		ResultType    string              `json:"resultType"`
		InputRequests mcp.InputRequestMap `json:"inputRequests"`
		RequestState  string              `json:"requestState"`
		Meta          mcp.Meta            `json:"_meta"`
	}{"input_required", requests, c.seal.seal(next), c.serverMeta()}))
}

// elicitation writes a question in the protocol's words.
func elicitation(q result.Question) *mcp.ElicitParams {
	if q.URL != "" {
		return &mcp.ElicitParams{Mode: "url", Message: q.Message, URL: q.URL}
	}
	schema := `{"type":"object","properties":{}}`
	if q.Confirm {
		schema = `{"type":"object","properties":{"confirm":{"type":"boolean","title":"Yes, do this","default":false}},"required":["confirm"]}`
	}
	return &mcp.ElicitParams{Mode: "form", Message: q.Message, RequestedSchema: json.RawMessage(schema)}
}

// unaskable returns what to answer in place of questions that must not be asked: as a
// result, or as an error where the revision has one for it; nil and nil when they may
// be. A handler looks at ClientInfo before it asks; this holds when it did not.
func (c *conn) unaskable(f *flight, questions []result.Question, round int) (*result.Result, *fault) {
	if round+1 >= maxRounds || len(questions) > maxQuestions {
		return c.badQuestion(f, "it asks too much"), nil
	}
	var needs mcp.ElicitationCapabilities
	seen := map[string]bool{}
	for _, q := range questions {
		switch {
		case q.ID == "" || seen[q.ID]:
			return c.badQuestion(f, "a question has no ID of its own"), nil
		case q.URL != "" && !openable(q.URL):
			return c.badQuestion(f, "a question has an address that must not be opened"), nil
		case q.URL != "" && !f.client.ElicitURL:
			needs.URL = &mcp.URLElicitationCapabilities{}
		case q.URL == "" && !f.client.ElicitForm:
			needs.Form = &mcp.FormElicitationCapabilities{}
		}
		seen[q.ID] = true
	}
	switch {
	case needs.URL == nil && needs.Form == nil:
		return nil, nil
	case f.modern:
		return nil, &fault{code: mcp.CodeMissingRequiredClientCapabilities, message: "the person must be asked, and the client has not declared that it can",
			data: map[string]any{"requiredCapabilities": map[string]any{"elicitation": needs}}}
	case needs.URL != nil:
		return result.Errorf(result.SignInNeeded, "sign in from a terminal: mcp-bridge login", "the person must open an address, and this client cannot ask for that"), nil
	}
	return result.Errorf(result.NotConfirmed, "call the tool from a terminal: mcp-bridge call", "the person must be asked, and this client cannot ask"), nil
}

func (c *conn) badQuestion(f *flight, why string) *result.Result {
	c.o.Logger.Error("a call asks what cannot be asked", "reason", why)
	return result.Errorf(result.Internal, "report it, with what standard error shows", "the bridge failed in this call: %s", why)
}

// openable reports whether an address may be shown to a person to be opened.
func openable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
