package mcpserver

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The revisions that decide something.
const (
	modernVersion    = "2026-07-28"
	fallbackVersion  = "2025-11-25" // the newest with a handshake
	elicitURLVersion = "2025-11-25"
	elicitVersion    = "2025-06-18"
	// progressMessageVersion is the first in which progress has a message.
	progressMessageVersion = "2025-03-26"
)

// versions are the revisions that are spoken, newest first.
func versions() []string {
	return []string{modernVersion, fallbackVersion, "2025-06-18", "2025-03-26", "2024-11-05"}
}

// initialize answers the handshake. An unknown version, and the modern one, which
// has no handshake, is answered with the newest that has one.
func (c *conn) initialize(m *message, f *flight) {
	version, ok := m.text("protocolVersion")
	if !ok {
		c.refuse(f, codeParams, "params.protocolVersion must be a string")
		return
	}
	if version == modernVersion || !slices.Contains(versions(), version) {
		version = fallbackVersion
	}
	var info, capabilities map[string]json.RawMessage
	object(m.params["clientInfo"], &info)
	object(m.params["capabilities"], &capabilities)
	body := encode(&mcp.InitializeResult{
		ProtocolVersion: version,
		Capabilities:    capabilitiesOfServer(),
		Instructions:    c.o.Instructions(),
		ServerInfo:      c.implementation(),
	})
	c.mu.Lock()
	again := c.began
	if !again {
		c.began, c.client = true, clientInfo(version, info, capabilities)
	}
	c.mu.Unlock()
	if again {
		c.refuse(f, codeInvalid, "initialize was answered before")
		return
	}
	c.answer(f, body)
}

// initialized lets the notifications through that came too early for the client.
func (c *conn) initialized() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.began {
		return
	}
	c.ready = true
	if c.held {
		c.held = false
		c.out.line([]byte(listChanged))
	}
}

// discover answers what initialize answers, for one request.
func (c *conn) discover(f *flight) {
	c.answer(f, encode(struct {
		mcp.DiscoverResult
		// The SDK sets this member itself, but only in its own server.
		ResultType string `json:"resultType"`
	}{mcp.DiscoverResult{
		Meta:              c.serverMeta(),
		Cacheable:         mcp.Cacheable{TTLMs: 0, CacheScope: "private"},
		SupportedVersions: versions(),
		Capabilities:      capabilitiesOfServer(),
		Instructions:      c.o.Instructions(),
	}, "complete"}))
}

func capabilitiesOfServer() *mcp.ServerCapabilities {
	return &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{ListChanged: true}}
}

// serverMeta is the _meta by which a server names itself in every modern result.
func (c *conn) serverMeta() mcp.Meta {
	return mcp.Meta{mcp.MetaKeyServerInfo: c.implementation()}
}

// implementation is what the server calls itself.
func (c *conn) implementation() *mcp.Implementation {
	i := &mcp.Implementation{Name: c.o.Name, Version: c.o.Version}
	if c.o.Named != nil {
		name, version := c.o.Named()
		i.Name, i.Version = cmp.Or(name, i.Name), cmp.Or(version, i.Version)
	}
	return i
}

// clientInfo reads what a client says about itself. A capability for elicitation
// that names no mode means forms, as it did when there were only forms.
func clientInfo(version string, info, capabilities map[string]json.RawMessage) ClientInfo {
	c := ClientInfo{ProtocolVersion: version}
	_ = json.Unmarshal(info["name"], &c.Name)
	_ = json.Unmarshal(info["version"], &c.Version)
	var modes map[string]json.RawMessage
	if version < elicitVersion || !object(capabilities["elicitation"], &modes) {
		return c
	}
	var mode map[string]json.RawMessage
	c.ElicitURL = version >= elicitURLVersion && object(modes["url"], &mode)
	_, namesURL := modes["url"]
	c.ElicitForm = object(modes["form"], &mode) || !namesURL
	return c
}
