package openapi

import (
	"slices"
	"strings"

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
}

// build reads everything; it returns why the operation cannot be called.
func (b *builder) build() string {
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
	b.argumentNames()
	b.o.Accept = b.accept()
	if reason := b.schemas(); reason != "" {
		return reason
	}
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
	if own := b.f.op.get("security"); own.exists() && own.kind() != null {
		b.o.Security = b.r.requirements(own)
	}
	for _, alternative := range b.o.Security {
		for _, requirement := range alternative {
			for i := range b.r.out.Schemes {
				s := &b.r.out.Schemes[i]
				if s.ID != requirement.ID || s.In == "" {
					continue
				}
				b.params = slices.DeleteFunc(b.params, func(p parameter) bool {
					return p.In == s.In && (p.Wire == s.Name || s.In == "header" && strings.EqualFold(p.Wire, s.Name))
				})
			}
		}
	}
}

// schemas writes the input schema, as deep as there is room.
func (b *builder) schemas() string {
	c := &b.r.schemas
	attempts := c.attempts()
	for i, levels := range attempts {
		c.begin(levels)
		root, size := b.root()
		if last := i == len(attempts)-1; !last && (c.over() || size > maxSchema) {
			continue
		}
		if i > 0 || c.cuts > 0 {
			b.note = "Some of the body is nested more deeply than the schema shows."
			b.r.warn(b.o.At, "the schema of "+b.f.method+" "+quote(b.f.path)+" is too large: its deep levels are cut")
		}
		b.o.InputSchema = root.JSON()
		c.bytes += len(b.o.InputSchema)
		return ""
	}
	return ""
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
