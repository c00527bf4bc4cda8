package openapi

import (
	"slices"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// builder makes one operation.
type builder struct {
	r      *reader
	f      *found
	o      *Operation
	params []parameter
	body   *payload
	note   string // for the description
	// accepts and types list what the headers Accept and Content-Type may be, where the
	// document names them as parameters: they are no arguments, but some servers want
	// one of these.
	accepts, types []string
	authorization  node // the header Authorization as a parameter, which is no argument either
}

// build reads everything; it returns why the operation cannot be called.
func (b *builder) build() string {
	const longest = 4096
	if len(b.f.path) > longest {
		return "its path has more than 4096 bytes"
	}
	if reason := b.parameters(); reason != "" {
		return reason
	}
	if reason := b.payload(); reason != "" {
		return reason
	}
	b.security()
	if reason := b.url(); reason != "" {
		return reason
	}
	b.noteKeys()
	b.argumentNames()
	b.o.Accept = b.accept()
	b.schemas()
	for i := range b.params {
		b.o.Params = append(b.o.Params, b.params[i].Param)
	}
	if b.body != nil {
		b.o.Body = &b.body.Body
	}
	return ""
}

// argumentNames gives every parameter the name of its argument: its own, unless
// another one has it.
func (b *builder) argumentNames() {
	taken := map[string]bool{"body": b.body != nil}
	for _, in := range [...]string{"path", "query", "header", "cookie"} {
		for i := range b.params {
			p := &b.params[i]
			if p.In != in {
				continue
			}
			p.Name = p.Wire
			for taken[p.Name] {
				p.Name = in + "_" + p.Name
			}
			taken[p.Name] = true
		}
	}
}

// security finds the effective requirement, and takes out parameters that are its
// credentials: a model must not see them.
func (b *builder) security() {
	b.o.Security = b.r.out.Security
	if own, ok := b.r.requirements(b.f.op.get("security")); ok {
		b.o.Security = own
	}
	for _, alternative := range b.o.Security {
		for _, requirement := range alternative {
			if i, ok := b.r.known[requirement.ID]; ok {
				s := &b.r.out.Schemes[i]
				b.params = slices.DeleteFunc(b.params, func(p parameter) bool { return s.Fills(p.In, p.Wire) })
			}
		}
	}
}

// schemas writes the input schema, as deep as there is room: first as deep as it
// goes, and when that is too much level by level.
func (b *builder) schemas() {
	c := &b.r.schemas
	var root *doc.Node
	ok := false
	if !c.short() {
		few := fewNodes
		if c.deep > 50 { // most go deep, then
			few /= 10
		}
		root, ok = b.attempt(maxLevels, few)
	}
	if !ok {
		c.deep++
		root = b.deepen()
	}
	if c.cuts > 0 || !ok {
		b.note = "Some of the arguments are nested more deeply than the schema shows."
		b.r.cut(b.o.At, b.f.method+" "+b.f.path)
	}
	b.o.InputSchema = root.JSON()
	c.bytes += len(b.o.InputSchema)
}

// deepen writes the input schema with more and more levels while there is room.
func (b *builder) deepen() *doc.Node {
	c := &b.r.schemas
	nodes := maxNodes
	if c.short() {
		nodes = fewNodes / 10
	}
	var best *doc.Node
	for levels := 3; levels > 0; levels-- { // fewer for what is very wide
		var size int
		c.begin(levels, nodes)
		if best, size = b.root(); !c.over() && size <= maxSchema {
			break
		}
	}
	if c.levels < 3 {
		return best
	}
	cuts, before := c.cuts, nodes-c.nodes
	for _, levels := range [...]int{4, 5, 6, 8, 12} {
		if cuts == 0 || c.short() || before > maxNodes/16 { // the next level will not fit
			break
		}
		root, ok := b.attempt(levels, nodes)
		if !ok {
			break
		}
		best, cuts, before = root, c.cuts, nodes-c.nodes
	}
	return best
}

// attempt writes the input schema with so many levels of so many schemas, and
// reports whether that was enough room.
func (b *builder) attempt(levels, nodes int) (root *doc.Node, ok bool) {
	b.r.schemas.begin(levels, nodes)
	root, size := b.root()
	most := maxSchema
	if levels < maxLevels {
		most = maxCut
	}
	return root, !b.r.schemas.over() && size <= most
}

// root writes the object of all arguments.
func (b *builder) root() (*doc.Node, int) {
	properties, required, size := &doc.Node{Kind: doc.Table}, &doc.Node{Kind: doc.List}, 0
	add := func(name string, n *doc.Node, must bool) {
		properties.Members = append(properties.Members, doc.Member{Key: name, Value: n})
		if must {
			required.Items = append(required.Items, textNode(name))
		}
	}
	for i := range b.params {
		p := &b.params[i]
		out := b.parameterSchema(p)
		size += out.size
		add(p.Name, out.n, p.Required)
	}
	if b.body != nil {
		out := b.bodySchema()
		size += out.size
		add("body", out.n, b.body.Required)
	}
	root := &doc.Node{Kind: doc.Table, Members: []doc.Member{{Key: "type", Value: textNode("object")}, {Key: "properties", Value: properties}}}
	if len(required.Items) > 0 {
		root.Members = append(root.Members, doc.Member{Key: "required", Value: required})
	}
	root.Members = append(root.Members, doc.Member{Key: "additionalProperties", Value: &doc.Node{Kind: doc.Bool}})
	return root, size
}

// typeOf returns the one type of a schema besides null, or "".
func typeOf(n *doc.Node) string {
	t := n.Get("type")
	if t == nil {
		return ""
	}
	if t.Kind == doc.String {
		return t.Text
	}
	found := ""
	for _, item := range t.Items {
		if item.Text == "null" {
			continue
		}
		if found != "" {
			return ""
		}
		found = item.Text
	}
	return found
}
