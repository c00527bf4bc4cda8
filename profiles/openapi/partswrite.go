package openapi

import (
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"strings"
)

func (a *parts) get(name string) node {
	for _, k := range a.keywords {
		if k.name == name {
			return k.value
		}
	}
	return node{}
}

// description is one line for the model: what the document says, and what of other
// keywords is worth a word.
func (a *parts) description() string {
	s := plaintext.OneLine(a.get("description").begin(4 * maxDescription))
	if title := plaintext.OneLine(a.get("title").begin(maxDescription)); s == "" && strings.Contains(title, " ") { // else it is a type's name
		s = title
	}
	s = cut(s, maxDescription)
	add := func(more string) {
		if s != "" && !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "…") && !strings.HasSuffix(s, ":") {
			s += "."
		}
		s = strings.TrimSpace(s + " " + more)
	}
	if a.get("deprecated").isTrue() && !strings.Contains(strings.ToLower(s), "deprecated") {
		add("Deprecated.")
	}
	switch format, encoding := a.get("format").str(), a.get("contentEncoding").str(); {
	case a.bytes():
		add(fileHint)
	case format == "byte" || encoding == "base64":
		if !strings.Contains(strings.ToLower(s), "base64") {
			add(bytesHint)
		}
	}
	if e := a.example(); e != "" && !strings.Contains(s, e) {
		add("Example: " + e)
	}
	if a.note != "" {
		add(a.note)
	}
	return s
}

// example is a short scalar example of text or a number that nothing else explains.
func (a *parts) example() string {
	const most = 40
	if a.get("enum").exists() || a.get("const").exists() || a.get("default").exists() || a.get("type").str() == "boolean" {
		return ""
	}
	e := a.get("example")
	if !e.exists() {
		if e = a.get("examples"); e.kind() == list {
			e = e.first()
		}
	}
	if s := e.text(); s != "" && len(s) <= most && plaintext.OneLine(s) == s {
		return s
	}
	return ""
}

// bytes reports a value that is sent as it is and may come from a file.
func (a *parts) bytes() bool {
	if !a.c.files {
		return false
	}
	encoding := a.get("contentEncoding").str()
	return a.get("type").str() == "file" || a.get("format").str() == "binary" || encoding == "binary" ||
		encoding == "" && a.get("contentMediaType").exists() && a.get("type").str() == "string"
}

// write writes the schema.
func (a *parts) write(level int) converted {
	w := &writer{parts: a, out: &doc.Node{Kind: doc.Table}, level: level, height: 1, low: a.low}
	w.types()
	if s := a.description(); s != "" {
		w.put("description", textNode(s), len(s))
	}
	for _, k := range a.keywords {
		w.keyword(k)
	}
	w.properties()
	w.unions()
	if len(a.rest) > 0 {
		w.others()
	}
	return converted{w.out, w.size + 2, w.height, w.low}
}
