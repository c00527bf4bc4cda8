package exposure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// listed is a tool as tools/list has it. Every hint is always there, because clients
// take an absent one for its worst value.
type listed struct {
	Name        string          `json:"name"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	InputSchema json.RawMessage `json:"inputSchema"`
	Annotations annotations     `json:"annotations"`
}

type annotations struct {
	Title       string `json:"title"`
	ReadOnly    bool   `json:"readOnlyHint"`
	Destructive bool   `json:"destructiveHint"`
	Idempotent  bool   `json:"idempotentHint"`
	OpenWorld   bool   `json:"openWorldHint"`
}

// appendMeta returns the list with the meta tools behind.
func (e *Exposure) appendMeta(list []byte) []byte {
	list = append([]byte(nil), bytes.TrimSuffix(bytes.TrimSpace(list), []byte("]"))...)
	for _, name := range e.meta {
		if len(list) > 1 {
			list = append(list, ',')
		}
		list = append(list, encode(e.metaTool(name))...)
	}
	return append(list, ']')
}

const (
	readSchema = `{"type":"object","properties":{"id":{"type":"string","description":"from the note of the result that was cut"},` +
		`"offset":{"type":"integer","minimum":0,"description":"the first character to show"},` +
		`"select":{"type":"string","description":"a jq expression over the whole result, as in .items[] | {id, name}"}},"required":["id"],"additionalProperties":false}`
	searchSchema = `{"type":"object","properties":{"query":{"type":"string","description":"what to do, in a few words"},` +
		`"limit":{"type":"integer","minimum":1,"maximum":50,"default":10}},"required":["query"],"additionalProperties":false}`
	describeSchema = `{"type":"object","properties":{"names":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":10}},"required":["names"],"additionalProperties":false}`
	callSchema     = `{"type":"object","properties":{"name":{"type":"string","description":"of the tool, as search_tools gave it"},` +
		`"arguments":{"type":"object","description":"the tool's own arguments","additionalProperties":true},` +
		`"select":{"type":"string","description":"a jq expression over the JSON response, to get only what is needed, as in .items[] | {id, name}"}},"required":["name"],"additionalProperties":false}`
)

func (e *Exposure) metaTool(name string) listed {
	reads := annotations{ReadOnly: true, Idempotent: true}
	switch name {
	case SearchTools:
		return tell(name, "Search tools", e.about()+" Finds the tools that do something, best first: name, summary, argument names (* is required), and whether it only reads. "+
			"Then use describe_tool for the arguments, and "+e.callers()+".", searchSchema, reads)
	case DescribeTool:
		if !e.searching {
			return tell(name, "Describe tools", "The other tools are listed briefly. Shows the whole description and argument schema of any of them, by name.", describeSchema, reads)
		}
		return tell(name, "Describe tools", "Shows the whole description and argument schema of tools, by name.", describeSchema, reads)
	case CallReadTool:
		reads.OpenWorld = true
		return tell(name, "Call a tool that reads", "Calls a tool that only reads. Others are refused.", callSchema, reads)
	case CallWriteTool:
		return tell(name, "Call a tool that writes", "Calls a tool that may create, change or delete something.", callSchema, annotations{Destructive: true, OpenWorld: true})
	}
	return tell(name, "Read on in a result", "Reads on in a result that was cut, from a character offset, or picks from the whole of it.", readSchema, reads)
}

func tell(name, title, description, schema string, a annotations) listed {
	a.Title = title
	return listed{name, title, description, json.RawMessage(schema), a}
}

// about says in a sentence what API is behind.
func (e *Exposure) about() string {
	p := e.set.Profile()
	what := p.Description
	if what == "" {
		what = p.Server.Name
	}
	if what == "" {
		what = p.Name
	}
	return fmt.Sprintf("The %d tools of: %s", e.set.Len(), oneLine(what, 200)) + "."
}

func (e *Exposure) callers() string {
	if slices.Contains(e.meta, CallWriteTool) {
		return "call_read_tool or call_write_tool to call one"
	}
	return "call_read_tool to call one"
}

// encode writes one of our own values as compact JSON that a model reads well.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return []byte("null")
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
