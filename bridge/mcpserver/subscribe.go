package mcpserver

import (
	"encoding/json"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	listChanged = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	// maxStreams bounds the open subscriptions of one client.
	maxStreams = 64
)

// follow announces changes until the connection drains.
func (c *conn) follow() {
	for {
		select {
		case <-c.stop:
			return
		case _, ok := <-c.o.Changed:
			if !ok {
				return
			}
			c.announce()
		}
	}
}

// announce says that the list has changed: to a client of the handshake once it is
// initialized, to a modern one on each stream that it opened for this. A client that
// has not begun has seen no list.
func (c *conn) announce() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ready:
		c.out.line([]byte(listChanged))
	case c.began:
		c.held = true
	}
	for _, f := range c.streams {
		c.out.line(notify("notifications/tools/list_changed", map[string]any{"_meta": f.subscription()}))
	}
}

// listen opens a stream. It is answered when the connection drains; at once when
// nothing was asked for that is ever sent.
func (c *conn) listen(m *message, f *flight) {
	var want *mcp.NotificationSubscriptions
	raw := m.params["notifications"]
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &want) != nil {
		c.refuse(f, codeParams, "params.notifications must be an object of what to be told")
		return
	}
	c.mu.Lock()
	full := len(c.streams) >= maxStreams
	if !full {
		// The acknowledgement is the first message of a stream.
		c.out.line(notify("notifications/subscriptions/acknowledged", map[string]any{
			"_meta":         f.subscription(),
			"notifications": mcp.NotificationSubscriptions{ToolsListChanged: want.ToolsListChanged},
		}))
		if want.ToolsListChanged {
			c.streams = append(c.streams, f)
		}
	}
	c.mu.Unlock()
	switch {
	case full:
		c.refuse(f, codeInternal, "too many subscriptions are open: cancel one")
	case !want.ToolsListChanged:
		c.endStream(f)
	}
}

// endStreams answers all that listen.
func (c *conn) endStreams() {
	c.mu.Lock()
	streams := c.streams
	c.mu.Unlock()
	for _, f := range streams {
		c.endStream(f)
	}
}

func (c *conn) endStream(f *flight) {
	meta := f.subscription()
	meta[mcp.MetaKeyServerInfo] = c.implementation()
	c.answer(f, encode(map[string]any{"resultType": "complete", "_meta": meta}))
}

// subscription is the _meta that says to which stream a message belongs.
func (f *flight) subscription() mcp.Meta { return mcp.Meta{mcp.MetaKeySubscriptionID: f.id} }

func notify(method string, params any) []byte {
	return encode(struct {
		JSONRPC string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params})
}
