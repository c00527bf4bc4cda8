package mcpserver

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// The error codes that the connection answers with.
const (
	codeParse    = jsonrpc.CodeParseError
	codeInvalid  = jsonrpc.CodeInvalidRequest
	codeMethod   = jsonrpc.CodeMethodNotFound
	codeParams   = jsonrpc.CodeInvalidParams
	codeInternal = jsonrpc.CodeInternalError
	codeVersion  = -32022 // MCP 2026-07-28: unsupported protocol version
)

// message is one request, notification or response.
type message struct {
	id       json.RawMessage // nil for a notification
	method   string
	response bool
	result   json.RawMessage            // of a response; nil when that is an error
	params   map[string]json.RawMessage // nil when absent
	meta     map[string]json.RawMessage // params._meta; nil when absent
}

// fault is an error answer.
type fault struct {
	id      json.RawMessage // nil: null
	code    int
	message string
	data    any // nil: none
}

// parse reads a line. Both results are nil for what nothing comes of: a blank line, a
// response without a proper id, and a notification whose parameters are of the wrong
// form.
func parse(line []byte) (*message, *fault) {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
	if len(line) == 0 {
		return nil, nil
	}
	if !utf8.Valid(line) || !json.Valid(line) {
		return nil, &fault{code: codeParse, message: "the line is not valid JSON in UTF-8"}
	}
	switch line[0] {
	case '[':
		return nil, &fault{code: codeInvalid, message: "batches are not supported: send one message a line"}
	case '{':
	default:
		return nil, &fault{code: codeInvalid, message: "the line is not a JSON-RPC message"}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return nil, &fault{code: codeParse, message: "the line is not valid JSON"}
	}
	return fromFields(fields)
}

func fromFields(fields map[string]json.RawMessage) (*message, *fault) {
	m := &message{}
	method, hasMethod := fields["method"]
	_, hasResult := fields["result"]
	_, hasError := fields["error"]
	proper := string(fields["jsonrpc"]) == `"2.0"`
	if !hasMethod && proper && (hasResult || hasError) {
		if id := fields["id"]; len(id) == 0 || !validID(id) {
			return nil, nil
		}
		m.id, m.response = fields["id"], true
		if !hasError {
			m.result = fields["result"]
		}
		return m, nil
	}
	if id, ok := fields["id"]; ok {
		if !validID(id) {
			return nil, &fault{code: codeInvalid, message: "id must be a string or an integer"}
		}
		m.id = id
	}
	switch {
	case !proper:
		return nil, &fault{id: m.id, code: codeInvalid, message: `jsonrpc must be "2.0"`}
	case !hasMethod:
		return nil, &fault{id: m.id, code: codeInvalid, message: "the message has no method"}
	case method[0] != '"' || json.Unmarshal(method, &m.method) != nil:
		return nil, &fault{id: m.id, code: codeInvalid, message: "method must be a string"}
	}
	what := m.readParams(fields)
	if what != "" && m.id == nil {
		return nil, nil
	}
	if what != "" {
		return nil, &fault{id: m.id, code: codeParams, message: what + " must be an object"}
	}
	return m, nil
}

// readParams reads the parameters and returns the name of what is no object.
func (m *message) readParams(fields map[string]json.RawMessage) string {
	if params, ok := fields["params"]; ok && !object(params, &m.params) {
		return "params"
	}
	if meta, ok := m.params["_meta"]; ok && !object(meta, &m.meta) {
		return "params._meta"
	}
	return ""
}

// object reads a JSON object; false when the text is something else.
func object(text json.RawMessage, to *map[string]json.RawMessage) bool {
	return len(text) > 0 && text[0] == '{' && json.Unmarshal(text, to) == nil
}

// validID reports whether an id is a string, or a number written as an integer.
func validID(id json.RawMessage) bool {
	if id[0] == '"' {
		return true
	}
	digits := bytes.TrimPrefix(id, []byte("-"))
	return len(digits) > 0 && len(bytes.Trim(digits, "0123456789")) == 0
}

// key writes equal ids with equal bytes, and an integer never like a string.
func key(id json.RawMessage) string {
	var s string
	if id[0] == '"' && json.Unmarshal(id, &s) == nil {
		return "s" + s
	}
	return string(id)
}

// text returns a member of params that is a string; false when it is another thing
// or absent.
func (m *message) text(name string) (string, bool) {
	var s string
	raw := m.params[name]
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// append appends the error response.
func (f *fault) append(b []byte) []byte {
	body := struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{f.code, f.message, f.data}
	b = append(b, `{"jsonrpc":"2.0","id":`...)
	if f.id == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, f.id...)
	}
	return append(append(append(b, `,"error":`...), encode(body)...), '}')
}

// encode writes one of our own values as JSON. They can always be written.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return text
}
