package tool

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// maxListed is the most bytes that one listed tool has, and maxLevels the most
// levels of its schemas: what the strictest client takes.
const (
	maxListed = 64 << 10
	maxLevels = 32
)

// limits are what one attempt to list a tool allows.
type limits struct {
	levels      int
	description int // bytes of a description in a schema
	tool        int // bytes of the tool's description
	bare        bool
}

// attempts are tried in turn: first descriptions are trimmed, then depth is cut,
// then everything goes without which a model can still make a value.
func attempts() []limits {
	const all = maxListed
	return []limits{{maxLevels, all, all, false}, {maxLevels, 200, 8192, false}, {maxLevels, 60, 4096, false}, {maxLevels, 0, 2048, false},
		{12, 0, 2048, false}, {6, 0, 2048, false}, {4, 0, 2048, false}, {3, 0, 2048, false}, {2, 0, 2048, false}, {2, 0, 500, true}}
}

// schemas writes what is listed of a tool within the limits of clients.
func (c *compiler) schemas(t *Tool, in, out *doc.Node) {
	out = c.outputRoot(out)
	description := t.Description
	var input, output *limiter
	var root *doc.Node
	tight := false
	for i, l := range attempts() {
		tight = i > 0
		input = &limiter{limits: l, source: in, imported: t.Imported}
		root = input.schema(in, 1, "")
		t.Patterns = input.unlistedPatterns(root)
		t.InputSchema, t.OutputSchema = root.JSON(), nil
		output = &limiter{limits: l, source: out, output: true}
		if out != nil {
			listed := output.schema(out, 1, "outputSchema")
			output.unlistedPatterns(listed)
			t.OutputSchema = listed.JSON()
		}
		if t.Description = plaintext.ShortenBytes(description, l.tool); t.within() {
			break
		}
	}
	if !t.within() && t.OutputSchema != nil {
		t.OutputSchema = nil
		output.note("it is not listed")
	}
	t.Renamed = input.renamedBack()
	c.simplified(input, output, tight, t)
	c.defaults(t, root)
}

// within reports whether the listed tool is small enough.
func (t *Tool) within() bool {
	const worst = 6 // \u001f
	if len(t.InputSchema)+len(t.OutputSchema)+worst*(len(t.Description)+2*len(t.Title)+2*len(t.Name))+300 <= maxListed {
		return true
	}
	return len(t.appendListing(nil)) <= maxListed
}

// simplified warns of what was left out.
func (c *compiler) simplified(input, output *limiter, tight bool, t *Tool) {
	for _, l := range []*limiter{input, output} {
		for _, w := range l.warnings {
			c.warn(w.Key, w.Message)
		}
		if len(l.notes) > 0 {
			key := map[bool]string{true: "outputSchema"}[l.output]
			c.warn(key, "the listed schema is simplified: "+strings.Join(l.notes, ", "))
		}
	}
	switch {
	case !t.within():
		c.warn("", "the tool is larger than 64 KiB: clients may refuse it")
	case tight:
		c.warn("", "the tool is larger than 64 KiB: descriptions are shortened, and what else is needed is cut")
	}
}

// outputRoot returns an output schema that can be listed: MCP before 2026-07-28
// wants an object schema, and its TypeScript SDK drops the whole list without one.
func (c *compiler) outputRoot(out *doc.Node) *doc.Node {
	if out == nil {
		return nil
	}
	kind := out.Get("type")
	if kind == nil && out.Get("properties") != nil && !jsonschema.Restricted(out) {
		return out
	}
	if kind == nil || kind.Text != "object" {
		c.warn("outputSchema", `is not listed: MCP requires type "object" at its root`)
		return nil
	}
	return out
}
