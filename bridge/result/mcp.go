package result

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// The revisions of MCP in which the form of a result changed.
const (
	audioSince      = "2025-03-26"
	structuredSince = "2025-06-18"
	modernSince     = "2026-07-28"
	// current is the revision of MarshalJSON.
	current = "2025-11-25"
)

// MetaError is the key in a result's _meta under which hosts find its kind.
const MetaError = "mcp-bridge/error"

// AppendMCP appends the result as a CallToolResult of that revision of MCP to dst:
// audio only from 2025-03-26 on (before: an embedded resource), structured content
// only from 2025-06-18 on and there only an object until 2025-11-25, resultType only
// in 2026-07-28. What it appends is valid JSON whatever the result holds.
func (r *Result) AppendMCP(dst []byte, protocolVersion string) []byte {
	dst = append(dst, `{"content":[`...)
	for i := range r.Content {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Content[i].appendMCP(dst, protocolVersion)
	}
	dst = append(dst, ']')
	if r.structuredFits(protocolVersion) {
		dst = append(dst, `,"structuredContent":`...)
		dst = append(dst, r.Structured...)
	}
	dst = append(dst, `,"isError":`...)
	dst = strconv.AppendBool(dst, r.IsError)
	if protocolVersion >= modernSince {
		dst = append(dst, `,"resultType":"complete"`...)
	}
	meta := r.Meta
	if r.IsError && r.Kind != "" {
		meta = make(map[string]any, len(r.Meta)+1)
		for k, v := range r.Meta {
			meta[k] = v
		}
		meta[MetaError] = map[string]Kind{"kind": r.Kind}
	}
	dst = appendMeta(dst, meta)
	return append(dst, '}')
}

// structuredFits reports whether the structured content may be sent.
func (r *Result) structuredFits(version string) bool {
	if len(r.Structured) == 0 || version < structuredSince || !json.Valid(r.Structured) {
		return false
	}
	return version >= modernSince || strings.HasPrefix(strings.TrimLeft(string(r.Structured[:min(len(r.Structured), 64)]), " \t\r\n"), "{")
}

// MarshalJSON returns the result as MCP 2025-11-25 has it.
func (r *Result) MarshalJSON() ([]byte, error) { return r.AppendMCP(nil, current), nil }

func (c *Content) appendMCP(dst []byte, version string) []byte {
	kind := c.Type
	if kind == "audio" && version < audioSince {
		kind = "resource"
	}
	dst = append(dst, `{"type":`...)
	dst = appendJSON(dst, kind)
	switch kind {
	case "image", "audio":
		dst = append(dst, `,"data":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, c.Data)
		dst = append(dst, `","mimeType":`...)
		dst = appendJSON(dst, c.MIMEType)
	case "resource":
		uri := c.URI
		if uri == "" {
			uri = "mcp-bridge://result"
		}
		dst = append(dst, `,"resource":{"uri":`...)
		dst = appendJSON(dst, uri)
		if c.MIMEType != "" {
			dst = append(dst, `,"mimeType":`...)
			dst = appendJSON(dst, c.MIMEType)
		}
		dst = append(dst, `,"blob":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, c.Data)
		dst = append(dst, `"}`...)
	default:
		dst = append(dst, `,"text":`...)
		dst = appendJSON(dst, c.Text)
	}
	return append(appendMeta(dst, c.Meta), '}')
}

func appendMeta(dst []byte, meta map[string]any) []byte {
	if len(meta) == 0 {
		return dst
	}
	text, err := json.Marshal(meta)
	if err != nil {
		return dst // a value that is no JSON says nothing to a client
	}
	return append(append(dst, `,"_meta":`...), text...)
}

// appendJSON appends a string; bytes that are not UTF-8 become U+FFFD.
func appendJSON(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // a string can always be written
		return append(dst, `""`...)
	}
	return append(dst, text...)
}
