package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// request handles one request: it is refused, answered here, or the SDK's.
func (c *conn) request(m *message) {
	f, modern, problem := c.admit(m)
	if problem != nil {
		c.fail(problem)
		return
	}
	switch {
	case m.method == "ping" && !modern:
		c.answer(f, []byte("{}"))
	case m.method == "tools/list":
		c.list(m, f)
	case m.method == "tools/call":
		c.call(m, f)
	case m.method == "initialize" || m.method == "server/discover" || m.method == "subscriptions/listen":
		c.sdk(m, f)
	default: // also what the SDK would answer for capabilities that are not offered
		c.refuse(f, codeMethod, fmt.Sprintf("method not found: %.100q", m.method))
	}
}

// admit checks what holds for every request and notes that it is in flight.
func (c *conn) admit(m *message) (f *flight, modern bool, problem *fault) {
	meta := m.meta()
	if raw, ok := meta[metaVersion]; ok {
		version := ""
		_ = json.Unmarshal(raw, &version)
		if version != modernVersion && (!slices.Contains(versions(), version) || version > modernVersion) {
			return nil, false, &fault{id: m.id, code: codeVersion, message: "unsupported protocol version",
				data: map[string]any{"supported": versions(), "requested": version}}
		}
		modern = version == modernVersion
	}
	if modern {
		var capabilities map[string]json.RawMessage
		if json.Unmarshal(meta[metaCapabilities], &capabilities) != nil || capabilities == nil {
			return nil, true, &fault{id: m.id, code: codeParams, message: "_meta has no " + metaCapabilities + ", which must be an object"}
		}
	}
	key := compact(m.id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[key] != nil {
		return nil, modern, &fault{code: codeInvalid, message: "a request with this id is in flight", data: map[string]any{"id": m.id}}
	}
	if !modern && !c.began && m.method != "initialize" && m.method != "ping" {
		return nil, modern, &fault{id: m.id, code: codeInvalid, message: "initialize comes first, or the protocol version in _meta"}
	}
	f = &flight{id: m.id, modern: modern}
	c.pending[key] = f
	return f, modern, nil
}

// sdk hands a request to the SDK. Behind initialize nothing is read until it is
// answered, so that its answer is the first line.
func (c *conn) sdk(m *message, f *flight) {
	begins := false
	if m.method == "initialize" && !f.modern {
		c.mu.Lock()
		if begins = !c.began; begins {
			c.began = true
			c.client = clientOf(m)
		}
		c.mu.Unlock()
	}
	if !c.forward(m) {
		c.forget(f)
		c.fail(&fault{id: m.id, code: codeInvalid, message: "the message cannot be read"})
		return
	}
	if begins {
		select {
		case <-c.answered:
		case <-c.closed:
		case <-time.After(initializeTime):
		}
	}
}

// clientOf reads initialize. The version is the one that will be spoken.
func clientOf(m *message) Client {
	var info struct{ Name, Version string }
	_ = json.Unmarshal(m.params["clientInfo"], &info)
	version, _ := m.text("protocolVersion")
	if version >= modernVersion || !slices.Contains(versions(), version) {
		version = fallbackVersion
	}
	return Client{Name: info.Name, Version: info.Version, ProtocolVersion: version, Capabilities: m.params["capabilities"]}
}

// clientFor returns what is known of the client that sent a request.
func (c *conn) clientFor(m *message, modern bool) Client {
	if !modern {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.client
	}
	meta := m.meta()
	var info struct{ Name, Version string }
	_ = json.Unmarshal(meta[metaClient], &info)
	return Client{Name: info.Name, Version: info.Version, ProtocolVersion: modernVersion, Capabilities: meta[metaCapabilities]}
}

// forget takes a request out of flight; false when it was cancelled before.
func (c *conn) forget(f *flight) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := compact(f.id)
	if c.pending[key] != f {
		return false
	}
	delete(c.pending, key)
	return true
}

// answer writes a result, unless the request was cancelled.
func (c *conn) answer(f *flight, body []byte) {
	if !c.forget(f) {
		return
	}
	b := make([]byte, 0, len(body)+len(f.id)+40)
	b = append(b, `{"jsonrpc":"2.0","id":`...)
	b = append(b, f.id...)
	b = append(b, `,"result":`...)
	b = append(b, body...)
	c.out.line(append(b, '}'))
}

// refuse writes an error, unless the request was cancelled.
func (c *conn) refuse(f *flight, code int, message string) {
	if c.forget(f) {
		c.fail(&fault{id: f.id, code: code, message: message})
	}
}

// list answers tools/list in one page.
func (c *conn) list(m *message, f *flight) {
	if raw, ok := m.params["cursor"]; ok && string(raw) != "null" && string(raw) != `""` {
		c.refuse(f, codeParams, "unknown cursor: the list is one page")
		return
	}
	list := c.o.Tools().List
	b := append(make([]byte, 0, len(list)+300), `{"tools":`...)
	b = append(b, list...)
	if f.modern {
		b = append(b, `,"ttlMs":0,"cacheScope":"private","resultType":"complete"`...)
		b = c.appendServerInfo(b)
	}
	c.answer(f, append(b, '}'))
}

// appendServerInfo appends the _meta by which a modern server names itself.
func (c *conn) appendServerInfo(b []byte) []byte {
	info, err := json.Marshal(map[string]any{"io.modelcontextprotocol/serverInfo": map[string]string{"name": c.o.Name, "version": c.o.Version}})
	if err != nil {
		return b
	}
	return append(append(b, `,"_meta":`...), info...)
}

// background is the context of a call: it ends with a cancellation, not with the
// input.
func background() (context.Context, context.CancelCauseFunc) {
	return context.WithCancelCause(context.Background())
}
