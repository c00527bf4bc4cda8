package higress

import (
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// isConfig reports whether a table has a configuration's top-level fields.
func isConfig(n *doc.Node) bool {
	found := false
	for _, m := range n.Members {
		switch strings.ToLower(m.Key) {
		case "openapi", "swagger":
			return false
		case "server", "toolset":
			found = found || m.Value.Kind == doc.Table
		case "tools":
			found = found || m.Value.Kind == doc.List
		}
	}
	return found
}

// candidate is a configuration inside a Kubernetes resource.
type candidate struct {
	path string
	node *doc.Node
}

// wrapped returns the configurations in a WasmPlugin, or in its spec.
func wrapped(n *doc.Node) []candidate {
	var out []candidate
	add := func(path string, n *doc.Node) {
		if n != nil && n.Kind == doc.Table && isConfig(n) {
			out = append(out, candidate{path, n})
		}
	}
	prefix := ""
	if spec := n.Get("spec"); spec != nil {
		n, prefix = spec, "spec"
	}
	add(doc.Join(prefix, "defaultConfig"), n.Get("defaultConfig"))
	if rules := n.Get("matchRules"); rules != nil {
		for i, rule := range rules.Items {
			add(doc.Join(doc.Index(doc.Join(prefix, "matchRules"), i), "config"), rule.Get("config"))
		}
	}
	return out
}

// tree reads the document as a tree in the profile's form.
func (r *reader) tree(root *doc.Node) {
	if config := r.unwrap(root); config != nil {
		r.out.tree = config // for the positions of errors on the way
		r.assemble(r.canonical(config, topFields(), ""))
	}
}

// unwrap returns the table that holds the configuration.
func (r *reader) unwrap(root *doc.Node) *doc.Node {
	switch {
	case root.Kind != doc.Table:
		r.fail(root.Pos, "", "the document is "+root.Kind.String()+", not a table with server and tools", "see that the file is a Higress MCP server configuration")
		return nil
	case isConfig(root):
		return root
	}
	found := wrapped(root)
	switch len(found) {
	case 0:
		return root
	case 1:
		r.warn(found[0].node.Pos, found[0].path, "is the configuration that is read; what stands around it is for the gateway")
		return found[0].node
	}
	var places []string
	for _, c := range found {
		places = append(places, c.path+" on line "+strconv.Itoa(c.node.Pos.Line))
	}
	r.fail(found[1].node.Pos, found[1].path, "the file holds "+strconv.Itoa(len(found))+" configurations: "+strings.Join(places, ", "),
		"put the one that you want into a file of its own")
	return nil
}

// assemble makes the profile's tree from a configuration in canonical form.
func (r *reader) assemble(top *doc.Node) {
	if set := top.Get("toolSet"); set != nil {
		r.other = true
		r.fail(set.Pos, "toolSet", "a toolSet puts the tools of several servers together, which is not supported",
			"add the servers it names one by one, and use server.allowTools in their profiles")
	}
	server := r.server(top)
	tools := top.Get("tools")
	if server == nil {
		return
	}
	if kind := textOf(server.Get("type")); strings.EqualFold(kind, "mcp-proxy") {
		r.other = true
		r.fail(server.PosAt("type"), "server.type", "mcp-proxy stands before another MCP server, which is not supported",
			"add that MCP server to the client itself")
	} else if kind != "" && kind != "rest" {
		r.warn(server.PosAt("type"), "server.type", strconv.Quote(kind)+" is no type of Higress's: the server is read as rest, as Higress does")
	}
	server = without(server, "type")
	out := &doc.Node{Kind: doc.Table, Pos: top.Pos, Members: []doc.Member{{Key: "server", KeyPos: server.Pos, Value: r.schemes(server)}}}
	switch {
	case len(r.errs) > 0:
	case tools == nil || tools.Kind == doc.List && len(tools.Items) == 0:
		r.fail(server.Pos, "tools", "there are no tools: Higress takes the server for one that is compiled into the gateway",
			"add its tools, or import the API's OpenAPI document")
	default:
		out.Members = append(out.Members, doc.Member{Key: "tools", KeyPos: tools.Pos, Value: r.tools(tools)})
		out.Members[0].Value = r.allowed(out.Members[0].Value)
	}
	r.out.tree = out
}

// server returns the server with what articles, and Higress itself, print beside
// it; nil when there is none.
func (r *reader) server(top *doc.Node) *doc.Node {
	server := top.Get("server")
	switch {
	case server != nil && server.Kind != doc.Table:
		r.fail(server.Pos, "server", "must be a table, not "+server.Kind.String(), "write server: { name: NAME }")
		return nil
	case server == nil && top.Get("securitySchemes") == nil:
		if len(r.errs) == 0 {
			r.fail(top.Pos, "server", "is missing", "write server: { name: NAME } at the top level")
		}
		return nil
	case server == nil:
		name := r.options.Name
		if name == "" {
			name = "higress"
		}
		r.warn(top.Pos, "server", "is missing; the server is called "+strconv.Quote(name))
		server = &doc.Node{Kind: doc.Table, Pos: top.Pos, Members: []doc.Member{
			{Key: "name", KeyPos: top.Pos, Value: &doc.Node{Kind: doc.String, Text: name, Pos: top.Pos}}}}
	}
	out := *server
	out.Members = append([]doc.Member(nil), server.Members...)
	for _, f := range atTop() {
		if v := top.Get(f.name); v != nil {
			r.move(&out, f.name, v, "stands at the top level, as articles print it; it is read as server."+f.name)
		}
	}
	if v := top.Get("allowTools"); v != nil {
		r.move(&out, "allowTools", v, "")
	}
	if textOf(out.Get("name")) == "" && (out.Get("name") == nil || out.Get("name").Kind == doc.String) {
		r.fail(out.Pos, "server.name", "the server has no name, which Higress refuses", "write name: NAME under server")
	}
	return &out
}

// move puts a top-level value into the server, which for allowTools is where
// Higress's own documents show it and for the rest where Higress reads it.
func (r *reader) move(server *doc.Node, key string, v *doc.Node, warning string) {
	if own := server.Get(key); own != nil {
		if key != "allowTools" {
			r.warn(v.Pos, key, "stands at the top level, too, where Higress does not read it: left out")
			return
		}
		r.warn(own.Pos, "server.allowTools", "gives way to allowTools at the top level, which is the one that Higress reads")
	} else if warning != "" {
		r.warn(v.Pos, key, warning)
	}
	server.Members = put(server.Members, doc.Member{Key: key, KeyPos: v.Pos, Value: v})
}

// textOf returns a string node's text, and "" for anything else.
func textOf(n *doc.Node) string {
	if n == nil || n.Kind != doc.String {
		return ""
	}
	return n.Text
}

// without returns n without some of its members.
func without(n *doc.Node, keys ...string) *doc.Node {
	out := *n
	out.Members = nil
next:
	for _, m := range n.Members {
		for _, key := range keys {
			if m.Key == key {
				continue next
			}
		}
		out.Members = append(out.Members, m)
	}
	return &out
}

// schemes returns the server with the last of the schemes of one id, and with its
// defaults tidied.
func (r *reader) schemes(server *doc.Node) *doc.Node {
	for _, key := range []string{"defaultDownstreamSecurity", "defaultUpstreamSecurity"} {
		server = r.tidy(server, key, "server", key == "defaultUpstreamSecurity")
	}
	list := server.Get("securitySchemes")
	if list == nil || list.Kind != doc.List {
		return server
	}
	items := r.last(list.Items, "server.securitySchemes", "id")
	kept := *list
	kept.Items = nil
	for i, item := range items {
		item = dropEmpty(item, "defaultCredential")
		kept.Items = append(kept.Items, r.literal(item, "defaultCredential", doc.Index("server.securitySchemes", i)))
	}
	out := *server
	out.Members = put(append([]doc.Member(nil), server.Members...), doc.Member{Key: "securitySchemes", KeyPos: list.Pos, Value: &kept})
	return &out
}

// last keeps the last of the entries that have the same text under key, as Higress
// does, and warns of the others.
func (r *reader) last(items []*doc.Node, path, key string) []*doc.Node {
	latest := map[string]int{}
	for i, item := range items {
		if name := textOf(item.Get(key)); name != "" {
			latest[name] = i
		}
	}
	out := make([]*doc.Node, 0, len(items))
	for i, item := range items {
		name := textOf(item.Get(key))
		if at, ok := latest[name]; name != "" && ok && at != i {
			r.warn(item.Pos, doc.Index(path, i), strconv.Quote(name)+" is a duplicate of line "+strconv.Itoa(items[at].Pos.Line)+", which is the one that counts, as in Higress")
			continue
		}
		out = append(out, item)
	}
	return out
}

// dropEmpty leaves out a member that is the empty string, which says nothing.
func dropEmpty(n *doc.Node, key string) *doc.Node {
	if v := n.Get(key); v != nil && v.Kind == doc.String && v.Text == "" {
		return without(n, key)
	}
	return n
}
