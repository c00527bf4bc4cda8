package openapi

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// binary reports a member of a multipart body that is a file, or several.
func (b *builder) binary(p property, contentType string) bool {
	c := &b.r.schemas
	for range 2 {
		a := &parts{c: c, low: far}
		base := len(c.stack)
		for _, n := range p.from {
			a.add(n, true)
		}
		c.stack = c.stack[:base]
		c.files = true
		if a.bytes() {
			return true
		}
		if isBytesType(contentType) && a.get("contentEncoding").str() == "" && a.get("format").str() != "byte" {
			if kind := a.get("type").str(); kind == "string" || kind == "" && len(a.properties) == 0 && !a.get("items").exists() {
				return true
			}
		}
		if !a.get("items").exists() {
			return false
		}
		p = property{p.name, []node{a.get("items")}}
	}
	return false
}

// bodySchema writes the schema of the argument body.
func (b *builder) bodySchema() converted {
	c, p := &b.r.schemas, b.body
	m := mediaType(p.Type)
	c.files = p.Binary || m == multipartType
	out := converted{n: &doc.Node{Kind: doc.Table}, height: 1}
	note := ""
	switch {
	case len(p.parts) > 0:
		out = b.formSchema()
	case p.plain, p.Binary:
		out.n = table1("type", textNode("string"))
		if p.Binary {
			note = fileHint
		}
	case p.schema.exists():
		c.stack = append(c.stack, p.schema)
		out = c.schema(p.schema, 2)
		c.stack = c.stack[:0]
	}
	if p.Kind == "" {
		p.Kind = typeOf(out.n)
	}
	out = hintFiles(out, p.Parts)
	text := cut(plaintext.OneLine(p.text.begin(4*maxDescription)), maxDescription)
	if old := out.n.Get("description"); old != nil && text == "" {
		text = old.Text
	}
	if !isJSON(m) {
		text = strings.TrimSpace(text + " " + note)
		if text != "" && !strings.HasSuffix(text, ".") {
			text += "."
		}
		as := "Sent as " + cut(p.Type, 80) + "."
		if strings.ContainsAny(p.Type, "*,") {
			as = "Sent as its own media type (" + cut(p.Type, 80) + ")."
		}
		text = strings.TrimSpace(text + " " + as)
	}
	if text != "" {
		out = converted{with(out.n, "description", textNode(text)), out.size + len(text) + 18, out.height, out.low}
	}
	return out
}

// hintFiles says of a part that only its encoding makes a file that it is one.
func hintFiles(out converted, of map[string]Part) converted {
	properties := out.n.Get("properties")
	for name, part := range of {
		one := properties.Get(name)
		if !part.Binary || one == nil || typeOf(one) == "array" {
			continue
		}
		text := fileHint
		if old := one.Get("description"); old != nil && strings.Contains(old.Text, fileHint) {
			continue
		} else if old != nil {
			text = old.Text + " " + fileHint
		}
		properties = with(properties, name, with(one, "description", textNode(text)))
		out.size += len(fileHint) + 18
	}
	if properties != out.n.Get("properties") {
		out.n = with(out.n, "properties", properties)
	}
	return out
}

// formSchema writes the object of Swagger 2.0's formData parameters.
func (b *builder) formSchema() converted {
	properties, required := &doc.Node{Kind: doc.Table}, &doc.Node{Kind: doc.List}
	size := 60
	for _, p := range b.body.parts {
		in := b.r.schemas.schema(p.node, 3)
		size += in.size + len(p.Wire) + 4
		properties.Members = append(properties.Members, doc.Member{Key: p.Wire, Value: in.n})
		if p.Required {
			required.Items = append(required.Items, textNode(p.Wire))
			size += len(p.Wire) + 3
		}
	}
	out := &doc.Node{Kind: doc.Table, Members: []doc.Member{{Key: "type", Value: textNode("object")}, {Key: "properties", Value: properties}}}
	if len(required.Items) > 0 {
		out.Members = append(out.Members, doc.Member{Key: "required", Value: required})
	}
	return converted{out, size, 2, far}
}
