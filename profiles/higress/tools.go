package higress

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// tools returns the tools as a profile holds them: the first of each name, with
// names that MCP clients take.
func (r *reader) tools(list *doc.Node) *doc.Node {
	out := *list
	out.Items = nil
	r.out.Operations = len(list.Items)
	first := map[string]int{}
	for _, item := range list.Items {
		name := textOf(item.Get("name"))
		if line, again := first[name]; again && name != "" {
			r.out.Skipped = append(r.out.Skipped, Skipped{Name: name, At: item.Pos.String(),
				Reason: "duplicate of the tool on line " + strconv.Itoa(line) + "; Higress keeps the first"})
			continue
		}
		first[name] = item.Pos.Line
		out.Items = append(out.Items, r.tool(item, doc.Index("tools", len(out.Items))))
	}
	return r.rename(&out)
}

// tool tidies one tool. What is of a wrong kind stays, for the strict decoder.
func (r *reader) tool(n *doc.Node, path string) *doc.Node {
	if n.Kind != doc.Table {
		return n
	}
	n = r.tidy(n, "security", path, false)
	out := *n
	out.Members = append([]doc.Member(nil), n.Members...)
	for i, m := range out.Members {
		at := doc.Join(path, m.Key)
		switch {
		case m.Key == "args" && m.Value.Kind == doc.List:
			args := *m.Value
			args.Items = r.last(args.Items, at, "name")
			out.Members[i].Value = &args
		case m.Key == "requestTemplate" && m.Value.Kind == doc.Table:
			out.Members[i].Value = r.headers(r.tidy(m.Value, "security", at, true), at)
		}
	}
	return &out
}

// headers leaves out headers without a name, as Higress does.
func (r *reader) headers(request *doc.Node, path string) *doc.Node {
	list := request.Get("headers")
	if list == nil || list.Kind != doc.List {
		return request
	}
	kept := *list
	kept.Items = nil
	for i, item := range list.Items {
		if key := item.Get("key"); item.Kind == doc.Table && (key == nil || key.Kind == doc.String && key.Text == "") {
			r.warn(item.Pos, doc.Index(doc.Join(path, "headers"), i), "has no key and is left out, as Higress does")
			continue
		}
		kept.Items = append(kept.Items, item)
	}
	out := *request
	out.Members = put(append([]doc.Member(nil), request.Members...), doc.Member{Key: "headers", KeyPos: list.Pos, Value: &kept})
	return &out
}

// tidy returns n with a security object that names a scheme, or without it: Higress
// takes one without an id for none at all.
func (r *reader) tidy(n *doc.Node, key, path string, upstream bool) *doc.Node {
	s := n.Get(key)
	if s == nil || s.Kind != doc.Table {
		return n
	}
	at := doc.Join(path, key)
	if id := s.Get("id"); id == nil || id.Kind == doc.String && id.Text == "" {
		if len(s.Members) > 0 {
			r.warn(s.Pos, at, "names no scheme by its id and is left out: Higress gives it no effect")
		}
		return without(n, key)
	}
	kept := r.literal(dropEmpty(s, "credential"), "credential", at)
	if pass := kept.Get("passthrough"); upstream && pass != nil {
		if pass.Bool {
			r.warn(pass.Pos, doc.Join(at, "passthrough"), "has no effect here: it belongs to the tool's own security")
		}
		kept = without(kept, "passthrough")
	}
	if key == "defaultDownstreamSecurity" && kept.Get("credential") != nil {
		r.warn(kept.PosAt("credential"), doc.Join(at, "credential"), "has no effect in Higress and is left out: the client brings its credential")
		kept = without(kept, "credential")
	}
	out := *n
	out.Members = put(append([]doc.Member(nil), n.Members...), doc.Member{Key: key, KeyPos: s.Pos, Value: kept})
	return &out
}

// literal refuses a reference where Higress has text: a document that was imported
// names no files, commands and variables of this machine.
func (r *reader) literal(n *doc.Node, key, path string) *doc.Node {
	if c := n.Get(key); c != nil && c.Kind != doc.String {
		r.fail(c.Pos, doc.Join(path, key), "must be a string, not "+c.Kind.String(), referenceHint)
		return without(n, key)
	}
	return n
}

const referenceHint = "write the credential as text, or leave it out and run mcp-bridge login; { env }, { file } and { command } belong into the profile"

// maxToolName is the longest name of a tool that MCP clients take.
const maxToolName = 128

// rename gives tools whose names MCP clients refuse another one.
func (r *reader) rename(list *doc.Node) *doc.Node {
	taken, numbers := map[string]bool{}, map[string]int{}
	for _, item := range list.Items {
		taken[textOf(item.Get("name"))] = true
	}
	for i, item := range list.Items {
		name := item.Get("name")
		if textOf(name) == "" || isToolName(name.Text) {
			continue
		}
		base := legalName(name.Text)
		legal := base
		for taken[legal] {
			numbers[base]++
			legal = base + "_" + strconv.Itoa(numbers[base]+1)
		}
		taken[legal] = true
		if r.renamed == nil {
			r.renamed = map[string]string{}
		}
		r.renamed[name.Text] = legal
		r.warn(name.Pos, doc.Join(doc.Index("tools", i), "name"), "cannot be used (1 to 128 of A-Z a-z 0-9 _ . -, and not a name of the bridge's own tools): the tool is called "+legal)
		out := *item
		out.Members = put(append([]doc.Member(nil), item.Members...), doc.Member{Key: "name", KeyPos: name.Pos, Value: &doc.Node{Kind: doc.String, Text: legal, Pos: name.Pos}})
		if textOf(item.Get("title")) == "" && schema.Latin(name.Text) != name.Text {
			out.Members = put(out.Members, doc.Member{Key: "title", KeyPos: name.Pos, Value: name})
		}
		list.Items[i] = &out
	}
	return list
}

// allowed returns the server with allowTools as Higress means it: exact names, so
// that what is a pattern in a profile cannot allow more.
func (r *reader) allowed(server *doc.Node) *doc.Node {
	list := server.Get("allowTools")
	if list == nil || list.Kind != doc.List {
		return server
	}
	kept := *list
	kept.Items = nil
	for i, item := range list.Items {
		name := textOf(item)
		if legal, ok := r.renamed[name]; ok {
			item = &doc.Node{Kind: doc.String, Text: legal, Pos: item.Pos}
		} else if item.Kind == doc.String && !profiles.ValidToolName(name) {
			r.warn(item.Pos, doc.Index("server.allowTools", i), quote(name)+" is no tool's name and is left out: Higress has no patterns here")
			continue
		}
		kept.Items = append(kept.Items, item)
	}
	out := *server
	out.Members = put(append([]doc.Member(nil), server.Members...), doc.Member{Key: "allowTools", KeyPos: list.Pos, Value: &kept})
	return &out
}

func isToolName(s string) bool {
	return profiles.ValidToolName(s) && !slices.Contains(profiles.MetaTools(), s)
}

const toolNameBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

// legalName makes a name that clients take: other scripts in Latin letters, each run of
// other characters as one underscore. It only depends on the name.
func legalName(name string) string {
	words := strings.FieldsFunc(schema.Latin(name), func(c rune) bool { return !strings.ContainsRune(toolNameBytes, c) })
	legal := strings.Join(words, "_")
	if len(legal) > maxToolName-8 {
		legal = legal[:maxToolName-8]
	}
	if strings.Trim(legal, "_.-") == "" {
		return "tool_" + schema.Digits(name, 4)
	}
	return legal
}
