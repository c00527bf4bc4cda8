package tool

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// brevity is how short one step lists tools that would cost too much together. What
// is listed then allows more than the tool's own schema, never less.
type brevity struct {
	levels   int  // of schemas; the arguments stand on level 2
	argument int  // bytes of a description in a schema; 0: none
	tool     int  // bytes of the tool's description
	bare     bool // only names, types and short choices
	names    bool // only names and types
	required bool // only the arguments that are required
}

// steps are tried in turn, each for all tools at once: models compare tools, and a
// list whose tools are cut differently misleads them. No steps are left after the
// last, whatever it costs.
func steps() []brevity {
	return []brevity{
		{levels: 6, argument: 120, tool: 500},
		{levels: 4, argument: 80, tool: 300},
		{levels: 4, argument: 40, tool: 200},
		{levels: 4, tool: 200},
		{levels: 3, tool: 160},
		{levels: 3, tool: 160, bare: true},
		{levels: 2, tool: 120, bare: true},
		{levels: 2, tool: 80, bare: true},
		{levels: 2, tool: 60, bare: true, names: true},
		{levels: 2, tool: 60, bare: true, names: true, required: true},
	}
}

// compactList returns the list in the first step that fits into so many bytes, else in
// the last.
func compactList(tools []*Tool, most int) []byte {
	schemas := make([]*doc.Node, len(tools))
	for i, t := range tools {
		schemas[i] = parsed(t.InputSchema)
	}
	all := steps()
	for _, b := range all[:len(all)-1] {
		if out := b.list(tools, schemas, most); len(out) <= most {
			return out
		}
	}
	return all[len(all)-1].list(tools, schemas, math.MaxInt)
}

// list writes the list in this step, or its beginning when it is longer than most.
func (b brevity) list(tools []*Tool, schemas []*doc.Node, most int) []byte {
	out := []byte{'['}
	for i, t := range tools {
		if i > 0 {
			out = append(out, ',')
		}
		if out = t.appendBrief(out, b.arguments(schemas[i]), b); len(out) > most {
			return out
		}
	}
	return append(out, ']')
}

// appendBrief writes a tool with a shorter schema. Hints that have the value which an
// absent one stands for are left out, and so is the output schema; the title stands
// where clients of every revision look for it.
func (t *Tool) appendBrief(b []byte, schema []byte, to brevity) []byte {
	b = append(append(b, `{"name":`...), quoted(t.Name)...)
	text, _ := strings.CutPrefix(t.Description, t.Title) // which is there, behind the schema
	if text = brief(text, to.tool); text != "" {
		b = append(append(b, `,"description":`...), quoted(text)...)
	}
	b = append(append(b, schemaMember...), schema...)
	b = append(append(b, `,"annotations":{"title":`...), quoted(cmp.Or(t.Title, t.Name))...)
	if t.ReadOnly {
		b = appendHint(b, "readOnlyHint", true)
	}
	if !t.Destructive {
		b = appendHint(b, "destructiveHint", false)
	}
	if t.Idempotent && !t.ReadOnly {
		b = appendHint(b, "idempotentHint", true)
	}
	if t.Request.URL == "" {
		b = appendHint(b, "openWorldHint", false)
	}
	return append(b, "}}"...)
}

// brief is the beginning of a description on one line.
func brief(s string, most int) string {
	if len(s) > 2*most { // enough for what is kept, whatever its blanks
		s = strings.ToValidUTF8(s[:2*most], "")
	}
	return plaintext.ShortenBytes(plaintext.OneLine(s), most)
}

// arguments returns the input schema of a tool as this step lists it.
func (b brevity) arguments(root *doc.Node) []byte {
	if root == nil {
		return []byte(`{"type":"object"}`)
	}
	out := b.schema(root, 1)
	if !b.required {
		return out.JSON()
	}
	properties, required := out.Get("properties"), out.Get("required")
	if properties == nil {
		return out.JSON()
	}
	kept := &doc.Node{Kind: doc.Table}
	for _, m := range properties.Members {
		if required != nil && slices.ContainsFunc(required.Items, func(n *doc.Node) bool { return n.Text == m.Key }) {
			kept.Members = append(kept.Members, m)
		}
	}
	if len(kept.Members) < len(properties.Members) {
		jsonschema.Put(out, "properties", kept)
		jsonschema.Drop(out, "additionalProperties")
	}
	return out.JSON()
}

// schema shortens one schema and what it holds.
func (b brevity) schema(n *doc.Node, level int) *doc.Node {
	if n.Kind != doc.Table {
		return n
	}
	out := &doc.Node{Kind: doc.Table, Members: make([]doc.Member, 0, len(n.Members))}
	cut := false
	for _, m := range n.Members {
		switch {
		case m.Key == "description":
			if s := brief(m.Value.Text, b.argument); s != "" {
				out.Members = append(out.Members, doc.Member{Key: m.Key, Value: jsonschema.Text(s)})
			}
		case jsonschema.Subschemas(m.Key) != 0 && level >= b.levels:
			cut = true
		case m.Key == "oneOf" && n.Get("anyOf") == nil: // shorter, several may fit
			out.Members = append(out.Members, doc.Member{Key: "anyOf", Value: b.held(m, level)})
		case strict(m.Key), b.bare && m.Key == "additionalProperties":
		case jsonschema.Subschemas(m.Key) != 0:
			out.Members = append(out.Members, doc.Member{Key: m.Key, Value: b.held(m, level)})
		case b.keeps(m):
			out.Members = append(out.Members, m)
		}
	}
	if cut && isArray(out) {
		jsonschema.Put(out, "items", &doc.Node{Kind: doc.Table})
	}
	if required := out.Get("required"); cut && required != nil && out.Get("properties") == nil { // some clients refuse names that are not declared
		properties := &doc.Node{Kind: doc.Table}
		for _, name := range required.Items {
			properties.Members = append(properties.Members, doc.Member{Key: name.Text, Value: &doc.Node{Kind: doc.Table}})
		}
		jsonschema.Put(out, "properties", properties)
	}
	return out
}

// strict reports keywords that refuse more when what they hold says less.
func strict(keyword string) bool {
	switch keyword {
	case "not", "if", "then", "else", "oneOf", "contains", "minContains", "maxContains":
		return true
	}
	return false
}

// held shortens what a keyword holds: one schema, a list or a table of them.
func (b brevity) held(m doc.Member, level int) *doc.Node {
	out := &doc.Node{Kind: m.Value.Kind}
	switch jsonschema.Subschemas(m.Key) {
	case 'l':
		for _, item := range m.Value.Items {
			out.Items = append(out.Items, b.schema(item, level+1))
		}
	case 't':
		for _, one := range m.Value.Members {
			out.Members = append(out.Members, doc.Member{Key: one.Key, Value: b.schema(one.Value, level+1)})
		}
	default:
		return b.schema(m.Value, level+1)
	}
	return out
}

// keeps reports whether a keyword that holds no schema is listed.
func (b brevity) keeps(m doc.Member) bool {
	const short = 80 // bytes of a choice
	switch m.Key {
	case "type", "required", "const":
		return true
	case "enum":
		return !b.bare || !b.names && len(m.Value.JSON()) <= short
	case "title", "example", "examples", "deprecated":
		return false
	}
	return !b.bare
}

// Searched reports whether clients are shown search tools in place of the list. It is
// decided by exposure.mode. In mode auto a profile that imports a document is searched
// when its list would cost too much or be too long; one that names each of its tools is
// always listed.
func (s *Set) Searched() bool {
	x := s.profile.Exposure
	switch {
	case x.Mode == "list" || x.Mode == "search":
		return x.Mode == "search"
	case s.profile.OpenAPI == nil:
		return false
	}
	return s.Len() > cmp.Or(x.MaxTools, profiles.DefaultMaxTools) || Tokens(s.size) > cmp.Or(x.BudgetTokens, profiles.DefaultBudgetTokens)
}

// shorten lists the tools compact when the list is shown and would cost more than
// exposure.listTokens.
func (s *Set) shorten() {
	s.size = len(s.list)
	most := cmp.Or(s.profile.Exposure.ListTokens, profiles.DefaultListTokens)
	if Tokens(s.size) > most && !s.Searched() {
		s.list, s.compact = compactList(s.tools, most*bytesPerToken), true
	}
}

// bytesPerToken is how much JSON a model reads as one token, about.
const bytesPerToken = 4

// Tokens estimates what so many bytes of a list cost a model.
func Tokens(bytes int) int { return (bytes + bytesPerToken - 1) / bytesPerToken }
