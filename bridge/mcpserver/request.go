package mcpserver

import (
	"bytes"
	"encoding/json"
	"runtime/debug"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// request handles one request; see line. A panic costs one error.
func (c *conn) request(m *message) (call func()) {
	f, problem := c.admit(m)
	if problem != nil {
		c.fail(problem)
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			c.o.Logger.Error("a request panicked", "method", m.method, "stack", string(debug.Stack()))
			c.refuse(f, codeInternal, "the bridge failed in this request")
		}
	}()
	switch m.method {
	case "initialize":
		c.initialize(m, f)
	case "tools/list":
		c.list(m, f)
	case "tools/call":
		return c.call(m, f)
	default:
		c.rest(m, f)
	}
	return nil
}

// rest answers what only one of the two eras has.
func (c *conn) rest(m *message, f *flight) {
	switch {
	case m.method == "ping" && !f.modern:
		c.answer(f, []byte("{}"))
	case m.method == "server/discover" && f.modern:
		c.discover(f)
	case m.method == "subscriptions/listen" && f.modern:
		c.listen(m, f)
	default:
		c.refuse(f, codeMethod, "method not found")
	}
}

// admit checks what holds for every request and notes that it is in flight.
func (c *conn) admit(m *message) (*flight, *fault) {
	f := &flight{id: m.id, key: key(m.id)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[f.key] != nil {
		return nil, &fault{code: codeInvalid, message: "a request with this id is in flight", data: map[string]any{"id": m.id}}
	}
	problem := m.era(f)
	switch {
	case problem != nil:
		return nil, problem
	case f.modern:
		c.modern = true
	case !c.began && c.modernOnly(m):
		return nil, &fault{id: m.id, code: codeParams, message: "_meta has no " + mcp.MetaKeyProtocolVersion + ", which every request of this revision requires"}
	case !c.began && m.method != "initialize" && m.method != "ping":
		return nil, &fault{id: m.id, code: codeInvalid, message: "initialize comes first, or the protocol version in _meta"}
	default:
		f.client = c.client
	}
	c.pending[f.key] = f
	return f, nil
}

// modernOnly reports whether a request without a protocol version, outside of a session
// with a handshake, can only be one of the revision that has none: by its method, by
// what else its _meta has, or by the requests before it.
func (c *conn) modernOnly(m *message) bool {
	if m.method == "initialize" || m.method == "ping" {
		return false
	}
	_, capabilities := m.meta[mcp.MetaKeyClientCapabilities]
	_, info := m.meta[mcp.MetaKeyClientInfo]
	return c.modern || capabilities || info || m.method == "server/discover" || m.method == "subscriptions/listen"
}

// era reads from the _meta of a request whether it is a modern one, and if so who
// sent it. initialize belongs to the handshake whatever its _meta says.
func (m *message) era(f *flight) *fault {
	raw, ok := m.meta[mcp.MetaKeyProtocolVersion]
	if !ok {
		return nil
	}
	version := ""
	if json.Unmarshal(raw, &version) != nil || raw[0] != '"' {
		return &fault{id: m.id, code: codeParams, message: "_meta has a " + mcp.MetaKeyProtocolVersion + " that is no string"}
	}
	if !slices.Contains(versions(), version) {
		return &fault{id: m.id, code: codeVersion, message: "unsupported protocol version",
			data: mcp.UnsupportedProtocolVersionData{Supported: versions(), Requested: version}}
	}
	if version != modernVersion || m.method == "initialize" {
		return nil
	}
	f.modern = true
	var capabilities, info map[string]json.RawMessage
	if !object(m.meta[mcp.MetaKeyClientCapabilities], &capabilities) {
		return &fault{id: m.id, code: codeParams, message: "_meta has no " + mcp.MetaKeyClientCapabilities + ", which must be an object"}
	}
	if raw, ok := m.meta[mcp.MetaKeyClientInfo]; ok && !object(raw, &info) {
		return &fault{id: m.id, code: codeParams, message: "_meta has a " + mcp.MetaKeyClientInfo + " that is no object"}
	}
	f.client = clientInfo(modernVersion, info, capabilities)
	return nil
}

// list answers tools/list in one page.
func (c *conn) list(m *message, f *flight) {
	if raw, ok := m.params["cursor"]; ok && string(raw) != "null" && string(raw) != `""` {
		c.refuse(f, codeParams, "unknown cursor: the list is one page")
		return
	}
	list := []byte("[]")
	if tools := c.o.Tools(); tools != nil {
		if text := tools.List(); len(text) > 0 {
			list = oneLine(text)
		}
	}
	tail := []byte("}")
	if f.modern {
		tail = append([]byte(`,"ttlMs":0,"cacheScope":"private","resultType":"complete","_meta":`), encode(c.serverMeta())...)
		tail = append(tail, '}')
	}
	c.answer(f, []byte(`{"tools":`), list, tail)
}

// oneLine returns JSON without line ends: a line is a message.
func oneLine(text []byte) []byte {
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return []byte("[]")
	}
	return b.Bytes()
}
