package result

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
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
// in 2026-07-28. What it appends is valid JSON on one line, whatever the result
// holds: bytes that are not UTF-8 become U+FFFD, structured content and members of
// _meta that are no JSON are left out.
func (r *Result) AppendMCP(dst []byte, protocolVersion string) []byte {
	dst = slices.Grow(dst, r.size())
	dst = append(dst, `{"content":[`...)
	for i := range r.Content {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Content[i].appendMCP(dst, protocolVersion)
	}
	dst = append(dst, ']')
	dst = r.appendStructured(dst, protocolVersion)
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

// size is about how many bytes the result takes as JSON: enough for most, so that a
// large one is not copied while it grows.
func (r *Result) size() int {
	const frame = 192
	n := frame + len(r.Structured)
	for i := range r.Content {
		c := &r.Content[i]
		n += frame + len(c.Text) + len(c.Text)/8 + base64.StdEncoding.EncodedLen(len(c.Data))
	}
	return n
}

// appendStructured appends the structured content, on one line, if it may be sent.
func (r *Result) appendStructured(dst []byte, version string) []byte {
	text := bytes.TrimLeft(r.Structured, " \t\r\n")
	if len(text) == 0 || version < structuredSince || version < modernSince && text[0] != '{' {
		return dst
	}
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\ufffd"))
	}
	b := bytes.NewBuffer(append(dst, `,"structuredContent":`...))
	if json.Compact(b, text) != nil {
		return dst
	}
	return b.Bytes()
}

// MarshalJSON returns the result as MCP 2025-11-25 has it.
func (r *Result) MarshalJSON() ([]byte, error) { return r.AppendMCP(nil, current), nil }

func (c *Content) appendMCP(dst []byte, version string) []byte {
	kind := c.Type
	switch {
	case kind == "audio" && version < audioSince:
		kind = "resource"
	case kind != "image" && kind != "audio" && kind != "resource":
		kind = "text"
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
	names := slices.Sorted(maps.Keys(meta))
	start := len(dst)
	dst = append(dst, `,"_meta":{`...)
	empty := len(dst)
	for _, name := range names {
		text, err := json.Marshal(meta[name])
		if err != nil {
			continue // a value that is no JSON says nothing to a client
		}
		if len(dst) > empty {
			dst = append(dst, ',')
		}
		dst = append(appendJSON(dst, name), ':')
		dst = append(dst, bytes.ToValidUTF8(text, []byte("\ufffd"))...)
	}
	if len(dst) == empty {
		return dst[:start]
	}
	return append(dst, '}')
}

// appendJSON appends a string; bytes that are not UTF-8 become U+FFFD. Unlike
// encoding/json it leaves <, > and & as they are, which models read better.
func appendJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		if b := s[i]; b < utf8.RuneSelf {
			if b < ' ' || b == '"' || b == '\\' || b == 0x7f {
				dst = appendEscaped(append(dst, s[from:i]...), b)
				from = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[from:i]...), "\ufffd"...)
			from = i + size
		case r == '\u2028' || r == '\u2029': // some clients take them for line ends
			dst = append(append(dst, s[from:i]...), `\u202`...)
			dst = append(dst, '8'+byte(r-'\u2028'))
			from = i + size
		}
		i += size
	}
	return append(append(dst, s[from:]...), '"')
}

func appendEscaped(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
}
