package tool

import (
	"cmp"
	"strconv"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// listing writes the JSON array of tools/list. Members stand in one order and
// every annotation is always there, because clients take an absent one for its
// worst value.
func listing(tools []*Tool) []byte {
	out := []byte{'['}
	for i, t := range tools {
		if i > 0 {
			out = append(out, ',')
		}
		out = t.appendListing(out)
	}
	return append(out, ']')
}

// schemaMember stands before the input schema.
const schemaMember = `,"inputSchema":`

func (t *Tool) appendListing(b []byte) []byte {
	b = append(b, `{"name":`...)
	b = append(b, quoted(t.Name)...)
	if t.Title != "" {
		b = append(b, `,"title":`...)
		b = append(b, quoted(t.Title)...)
	}
	if t.Description != "" {
		b = append(b, `,"description":`...)
		b = append(b, quoted(t.Description)...)
	}
	b = append(b, schemaMember...)
	b = append(b, t.InputSchema...)
	if t.OutputSchema != nil {
		b = append(b, `,"outputSchema":`...)
		b = append(b, t.OutputSchema...)
	}
	b = append(b, `,"annotations":{"title":`...)
	b = append(b, quoted(cmp.Or(t.Title, t.Name))...)
	b = appendHint(b, "readOnlyHint", t.ReadOnly)
	b = appendHint(b, "destructiveHint", t.Destructive)
	b = appendHint(b, "idempotentHint", t.Idempotent)
	b = appendHint(b, "openWorldHint", t.Request.URL != "")
	return append(b, "}}"...)
}

func appendHint(b []byte, name string, on bool) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return strconv.AppendBool(b, on)
}

// Tokens estimates what listing the tool, whole, costs a model.
func (t *Tool) Tokens() int { return Tokens(len(t.appendListing(nil))) }

// quoted returns s as a JSON string.
func quoted(s string) string { return plaintext.JSONString(s) }
