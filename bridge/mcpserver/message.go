package mcpserver

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// The error codes of JSON-RPC 2.0 and MCP that the connection answers with.
const (
	codeParse       = -32700
	codeInvalid     = -32600
	codeMethod      = -32601
	codeParams      = -32602
	codeVersion     = -32022 // MCP 2026-07-28: unsupported protocol version
	modernVersion   = "2026-07-28"
	fallbackVersion = "2025-11-25"

	metaVersion      = "io.modelcontextprotocol/protocolVersion"
	metaClient       = "io.modelcontextprotocol/clientInfo"
	metaCapabilities = "io.modelcontextprotocol/clientCapabilities"
)

// versions are the revisions that are spoken, newest first.
func versions() []string {
	return []string{modernVersion, fallbackVersion, "2025-06-18", "2025-03-26", "2024-11-05"}
}

// message is one request or notification, or the fault of a line that is neither.
type message struct {
	raw    []byte
	id     json.RawMessage // nil for a notification
	method string
	params map[string]json.RawMessage // nil when absent
	reply  bool                       // a response of the client; nothing waits for one
}

// fault is an error answer.
type fault struct {
	id      json.RawMessage // nil: null
	code    int
	message string
	data    any // nil: none
}

var bom = []byte("\xef\xbb\xbf")

// parse reads a line. Exactly one of the results is set; both are nil for a blank
// line.
func parse(line []byte) (*message, *fault) {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, bom))
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
	return fromFields(line, fields)
}

func fromFields(line []byte, fields map[string]json.RawMessage) (*message, *fault) {
	m := &message{raw: line}
	id, hasID := fields["id"]
	if hasID && !validID(id) {
		return nil, &fault{code: codeInvalid, message: "id must be a string or an integer"}
	}
	if hasID {
		m.id = id
	}
	if string(fields["jsonrpc"]) != `"2.0"` {
		return nil, &fault{id: m.id, code: codeInvalid, message: `jsonrpc must be "2.0"`}
	}
	method, hasMethod := fields["method"]
	if !hasMethod {
		if _, ok := fields["result"]; ok || fields["error"] != nil {
			m.reply = true
			return m, nil
		}
		return nil, &fault{id: m.id, code: codeInvalid, message: "the message has no method"}
	}
	if json.Unmarshal(method, &m.method) != nil || m.method == "" {
		return nil, &fault{id: m.id, code: codeInvalid, message: "method must be a string"}
	}
	if params, ok := fields["params"]; ok {
		if params[0] != '{' || json.Unmarshal(params, &m.params) != nil {
			return nil, &fault{id: m.id, code: codeParams, message: "params must be an object"}
		}
	}
	return m, nil
}

// validID reports whether an id is a string or an integer, written as one.
func validID(id json.RawMessage) bool {
	if id[0] == '"' {
		return true
	}
	digits := bytes.TrimPrefix(id, []byte("-"))
	return len(digits) > 0 && len(bytes.Trim(digits, "0123456789")) == 0
}

// meta returns params._meta; nil when there is none or it is no object.
func (m *message) meta() map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if raw := m.params["_meta"]; len(raw) > 0 {
		_ = json.Unmarshal(raw, &out)
	}
	return out
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
	body := map[string]any{"code": f.code, "message": f.message}
	if f.data != nil {
		body["data"] = f.data
	}
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte(`{"code":-32603,"message":"internal error"}`)
	}
	b = append(b, `{"jsonrpc":"2.0","id":`...)
	if f.id == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, f.id...)
	}
	b = append(b, `,"error":`...)
	return append(append(b, text...), '}')
}

// compact writes an id on one line, so that equal ids are equal bytes.
func compact(id json.RawMessage) string {
	var s string
	if id[0] == '"' && json.Unmarshal(id, &s) == nil {
		return "s" + s
	}
	return string(id)
}
