package exposure

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

// callTool answers call_read_tool and call_write_tool.
func (e *Exposure) callTool(meta string, text json.RawMessage, maxChars int, call Caller) *result.Result {
	var name, selection string
	arguments := json.RawMessage("{}")
	if refusal := read(text, map[string]reader{"name": words(&name), "arguments": object(&arguments), "select": words(&selection)}, meta); refusal != nil {
		if t, ok := e.set.Tool(name); ok {
			schema(refusal, t, maxChars)
		}
		return refusal
	}
	t, ok := e.set.Tool(name)
	if _, denied := e.set.Denied(name); denied {
		return call(name, arguments, "") // which says why
	}
	switch {
	case !ok:
		return result.Errorf(result.InvalidArguments, "find the name with search_tools", "%s: %s", meta, e.unknown(name))
	case meta == CallReadTool && !t.ReadOnly:
		return result.Errorf(result.InvalidArguments, "call it with call_write_tool, if that is what the person wants",
			"%s may change something: call_read_tool calls only tools that read", name)
	}
	r := call(name, arguments, selection)
	if r.Kind == result.InvalidArguments {
		schema(r, t, maxChars)
	}
	return r
}

// callListed answers a call of a tool that a client may have seen in the list. Where
// that is compact a wrong call is told what the tool takes.
func (e *Exposure) callListed(name string, arguments json.RawMessage, maxChars int, call Caller) *result.Result {
	r := call(name, arguments, "")
	if !e.Compact() || r.Kind != result.InvalidArguments {
		return r
	}
	if t, ok := e.set.Tool(name); ok {
		schema(r, t, maxChars)
	}
	return r
}

// schema adds to a result what the arguments of a tool look like, if it fits.
func schema(r *result.Result, t *tool.Tool, maxChars int) {
	for _, c := range r.Content {
		maxChars -= len(c.Text)
	}
	text := "the arguments of " + t.Name + ": " + string(t.InputSchema)
	if len(text) > maxChars {
		r.AddHint("see its arguments with describe_tool")
		return
	}
	r.Content = append(r.Content, result.Content{Type: "text", Text: text, Meta: map[string]any{result.MetaSource: result.FromBridge}})
}

// reader takes one argument; false when it is of another type.
type reader func(json.RawMessage) bool

// read reads the arguments of a meta tool as models write them. The result is why
// they cannot be read, or nil.
func read(text json.RawMessage, readers map[string]reader, tool string) *result.Result {
	var fields map[string]json.RawMessage
	if len(text) > 0 && json.Unmarshal(text, &fields) != nil {
		return result.Errorf(result.InvalidArguments, "", "%s: the arguments are no object", tool)
	}
	if value, ok := fields["name"]; ok && readers["name"] != nil { // first: an error names its schema
		readers["name"](value)
	}
	for name, value := range fields {
		take := readers[name]
		switch {
		case take == nil && readers["arguments"] != nil:
			return result.Errorf(result.InvalidArguments, "the tool's own arguments belong into arguments", "%s has no argument %.60q", tool, name)
		case take == nil:
			return result.Errorf(result.InvalidArguments, "", "%s has no argument %.60q", tool, name)
		case string(value) != "null" && !take(value):
			return result.Errorf(result.InvalidArguments, "", "%s: %s is of the wrong type", tool, name)
		}
	}
	return nil
}

func words(to *string) reader {
	return func(v json.RawMessage) bool { return json.Unmarshal(v, to) == nil }
}

func number(to *int) reader {
	return func(v json.RawMessage) bool {
		n, err := strconv.ParseFloat(string(bytes.Trim(v, `"`)), 64)
		if err != nil || n != n || n > 1e9 || n < -1e9 {
			return false
		}
		*to = int(n)
		return true
	}
}

// list takes an array of strings, one as JSON text, or one name.
func list(to *[]string) reader {
	return func(v json.RawMessage) bool {
		var one string
		if json.Unmarshal(v, &one) != nil {
			return json.Unmarshal(v, to) == nil
		}
		if json.Unmarshal([]byte(one), to) != nil {
			*to = []string{one}
		}
		return true
	}
}

// object takes an object, or one as JSON text.
func object(to *json.RawMessage) reader {
	return func(v json.RawMessage) bool {
		var inner string
		if json.Unmarshal(v, &inner) == nil {
			if v = json.RawMessage(bytes.TrimSpace([]byte(inner))); len(v) == 0 {
				v = json.RawMessage("{}")
			}
		}
		var fields map[string]json.RawMessage
		if v[0] != '{' || json.Unmarshal(v, &fields) != nil {
			return false
		}
		*to = v
		return true
	}
}
