package exposure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/search"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

const (
	defaultLimit = 10
	maxDescribed = 10
	summaryChars = 160
	// described is how much of a tool's description is indexed.
	described = 2000
)

// Entries returns what search knows of a set: its listed tools, in their order.
func Entries(set *tool.Set) []search.Entry {
	entries := make([]search.Entry, len(set.Tools()))
	for i, t := range set.Tools() {
		entries[i] = search.Entry{Name: t.Name, Operation: t.Operation, Summary: summary(t), Description: plaintext.Shorten(t.Description, described),
			Method: t.Request.Method, Path: t.Path, Tags: t.Tags, Arguments: arguments(t), ReadOnly: t.ReadOnly, Deprecated: t.Deprecated}
	}
	return entries
}

// summary is one line about a tool: its title, its summary, or the first sentence
// about it.
func summary(t *tool.Tool) string {
	text := cmp.Or(t.Title, t.Summary)
	if text == "" {
		text, _, _ = strings.Cut(strings.TrimSpace(t.Description), "\n")
		if i := strings.Index(text, ". "); i > 0 {
			text = text[:i+1]
		}
	}
	return oneLine(text, summaryChars)
}

// arguments are those of a tool in the order of its schema, with the members of its
// body behind a dot.
func arguments(t *tool.Tool) (out []search.Argument) {
	root, err := doc.FromJSON(t.InputSchema)
	if err != nil {
		return nil
	}
	for _, m := range members(root) {
		required := requires(root, m.Key)
		inner := members(m.Value)
		if m.Key != "body" || len(inner) == 0 {
			out = append(out, search.Argument{Name: m.Key, Required: required})
			continue
		}
		for _, one := range inner {
			out = append(out, search.Argument{Name: m.Key + "." + one.Key, Required: required && requires(m.Value, one.Key)})
		}
	}
	return out
}

func members(schema *doc.Node) []doc.Member {
	if p := schema.Get("properties"); p != nil {
		return p.Members
	}
	return nil
}

func requires(schema *doc.Node, name string) bool {
	list := schema.Get("required")
	return list != nil && slices.ContainsFunc(list.Items, func(n *doc.Node) bool { return n.Text == name })
}

// found is one tool in the answer of search_tools.
type found struct {
	Name      string `json:"name"`
	Summary   string `json:"summary"`
	Arguments string `json:"arguments"`
	ReadOnly  bool   `json:"readOnly"`
}

// search answers search_tools.
func (e *Exposure) search(text json.RawMessage) *result.Result {
	var query string
	limit := defaultLimit
	if refusal := read(text, map[string]reader{"query": words(&query), "limit": number(&limit)}, SearchTools); refusal != nil {
		return refusal
	}
	if strings.TrimSpace(query) == "" {
		return result.Errorf(result.InvalidArguments, `such as {"query": "list open issues"}`, "search_tools requires a query: a few words that say what to do")
	}
	hits, total := e.index().Search(query, min(max(limit, 1), search.MostHits))
	answer := struct {
		Tools []found `json:"tools"`
		Total int     `json:"total"`
	}{[]found{}, total}
	for _, h := range hits {
		t := e.set.At(h.Index)
		if t == nil {
			continue
		}
		answer.Tools = append(answer.Tools, found{t.Name, summary(t), search.Arguments(arguments(t)), t.ReadOnly})
	}
	body := encode(answer)
	r := &result.Result{Content: []result.Content{{Type: "text", Text: string(body)}}, Structured: body}
	if len(hits) == 0 {
		r.AddHint("nothing was found: try other or fewer words, in the language of the API")
	}
	return r
}

// describedTool is one tool in the answer of describe_tool.
type describedTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Method      string          `json:"method,omitempty"`
	Path        string          `json:"path,omitempty"`
	CallWith    string          `json:"callWith,omitempty"` // in search mode
	InputSchema json.RawMessage `json:"inputSchema"`
}

// describe answers describe_tool. What does not fit is left out, and said.
func (e *Exposure) describe(text json.RawMessage, maxChars int) *result.Result {
	var names []string
	if refusal := read(text, map[string]reader{"names": list(&names), "name": list(&names)}, DescribeTool); refusal != nil {
		return refusal
	}
	if len(names) == 0 {
		return result.Errorf(result.InvalidArguments, `such as {"names": ["`+e.example()+`"]}`, "describe_tool requires names")
	}
	r := &result.Result{}
	var left []string
	for i, name := range names {
		t, ok := e.set.Tool(name)
		if !ok {
			r.Content = append(r.Content, result.Content{Type: "text", Text: e.unknown(name)})
			continue
		}
		item := string(encode(describedTool{t.Name, t.Description, t.Request.Method, t.Path, e.caller(t), t.InputSchema}))
		if maxChars -= len(item); i >= maxDescribed || maxChars < 500 && i > 0 {
			left = append(left, name)
			continue
		}
		r.Content = append(r.Content, result.Content{Type: "text", Text: plaintext.Shorten(item, max(maxChars+len(item)-500, 500))})
	}
	if len(left) > 0 {
		r.AddHint("not shown, ask for them by themselves: " + strings.Join(left, ", "))
	}
	return r
}

// caller names the meta tool that a tool is called with; none when it is listed.
func (e *Exposure) caller(t *tool.Tool) string {
	switch {
	case !e.searching:
		return ""
	case t.ReadOnly:
		return CallReadTool
	}
	return CallWriteTool
}

// unknown says that there is no such tool, and which ones are near.
func (e *Exposure) unknown(name string) string {
	text := fmt.Sprintf("there is no tool %s", encode(plaintext.Shorten(name, 100)))
	if reason, denied := e.set.Denied(name); denied {
		return "the tool " + name + " is not allowed: " + reason
	}
	hits, _ := e.index().Search(plaintext.Shorten(name, 100), 3)
	for i, h := range hits {
		if t := e.set.At(h.Index); t != nil {
			text += map[bool]string{true: "; near it are ", false: ", "}[i == 0] + t.Name
		}
	}
	return text
}

// example is the name of a tool.
func (e *Exposure) example() string {
	if t := e.set.At(0); t != nil {
		return t.Name
	}
	return "NAME"
}

// Meta returns the names of the tools of this package that are listed, such as
// search_tools; empty: there are none. The slice is the caller's.
func (e *Exposure) Meta() []string { return slices.Clone(e.meta) }

// oneLine is text on one line, at most so many characters long.
func oneLine(text string, most int) string {
	return plaintext.Shorten(plaintext.OneLine(text), most)
}
