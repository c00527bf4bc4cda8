package tool

import (
	"encoding/json"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

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

func (t *Tool) appendListing(b []byte) []byte {
	b = append(b, `{"name":`...)
	b = appendString(b, t.Name)
	if t.Title != "" {
		b = append(b, `,"title":`...)
		b = appendString(b, t.Title)
	}
	if t.Description != "" {
		b = append(b, `,"description":`...)
		b = appendString(b, t.Description)
	}
	b = append(b, `,"inputSchema":`...)
	b = append(b, t.InputSchema...)
	if t.OutputSchema != nil {
		b = append(b, `,"outputSchema":`...)
		b = append(b, t.OutputSchema...)
	}
	b = append(b, `,"annotations":{"title":`...)
	title := t.Title
	if title == "" {
		title = t.Name
	}
	b = appendString(b, title)
	for _, hint := range []struct {
		name string
		on   bool
	}{{"readOnlyHint", t.ReadOnly}, {"destructiveHint", t.Destructive}, {"idempotentHint", t.Idempotent}, {"openWorldHint", true}} {
		b = append(b, `,"`+hint.name+`":`...)
		b = strconv.AppendBool(b, hint.on)
	}
	return append(b, "}}"...)
}

// Tokens estimates what listing the tool costs a model: JSON is about four bytes
// a token.
func (t *Tool) Tokens() int { return (len(t.appendListing(nil)) + 3) / 4 }

func appendString(b []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // json.Marshal of a string does not fail
		return append(b, `""`...)
	}
	return append(b, text...)
}
