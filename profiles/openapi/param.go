package openapi

import (
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// parameter is one parameter of the document, resolved.
type parameter struct {
	node
	Param
	plain bool // text, whatever its schema says
}

// maxParams is how many parameters one operation may have.
const maxParams = 1000

// parameters merges those of the path item and of the operation.
func (b *builder) parameters() string {
	for _, from := range []node{b.f.item.get("parameters"), b.f.op.get("parameters")} {
		if k := from.kind(); k != absent && k != null && k != list {
			return "its parameters are no list"
		}
		for n := range from.items {
			if len(b.params) >= maxParams || b.body != nil && len(b.body.parts) >= maxParams {
				return "it has more than " + strconv.Itoa(maxParams) + " parameters"
			}
			to, reason := b.r.resolve(n)
			if reason != "" {
				return "a parameter cannot be read: " + reason
			}
			if reason := b.parameter(to); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func (b *builder) parameter(n node) string {
	p := parameter{node: n, Param: Param{Wire: n.get("name").text(), In: strings.ToLower(n.get("in").str())}}
	p.Required = n.get("required").isTrue()
	switch p.In {
	case "path", "query", "cookie":
	case "header":
		switch strings.ToLower(p.Wire) {
		case "accept":
			b.accepts = b.enum(n)
		case "content-type":
			b.types = b.enum(n)
		case "authorization":
			b.authorization = n
		}
		if ownHeader(p.Wire) {
			return ""
		}
	case "body", "formdata":
		if b.r.swagger {
			b.part(n)
			return ""
		}
		return "a parameter stands in " + quote(p.In)
	case "querystring":
		if b.r.minor >= 2 {
			return b.queryString(n)
		}
		return "a parameter stands in " + quote(p.In)
	default:
		if p.Wire == "" || !strings.Contains(b.f.path, "{"+p.Wire+"}") {
			return "a parameter stands in " + quote(n.get("in").text())
		}
		b.r.warn(n.at(), "the parameter "+quote(p.Wire)+" does not say where it stands, and the path "+quote(b.f.path)+" names it: it is put there")
		p.In = "path"
	}
	if p.Wire == "" {
		return "a parameter has no name"
	}
	b.style(&p)
	for i := range b.params {
		if q := &b.params[i]; q.In == p.In && (q.Wire == p.Wire || p.In == "header" && strings.EqualFold(q.Wire, p.Wire)) {
			*q = p // the operation's own
			return ""
		}
	}
	b.params = append(b.params, p)
	return ""
}

// enum lists the texts that a parameter may be.
func (b *builder) enum(n node) []string {
	if schema, reason := b.r.resolve(n.get("schema")); reason == "" && schema.exists() {
		n = schema
	}
	return n.get("enum").strings()
}

// ownHeader reports headers that are no arguments: OpenAPI says to ignore the first
// three (3.1, 4.8.12.1), the others belong to the HTTP client.
func ownHeader(name string) bool {
	switch strings.ToLower(name) {
	case "accept", "content-type", "authorization", "host", "content-length", "connection", "keep-alive", "proxy-connection",
		"proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "accept-encoding", "cookie":
		return true
	}
	return false
}

// style reads how a parameter is written.
func (b *builder) style(p *parameter) {
	form := p.In == "query" || p.In == "cookie"
	if p.Style = "simple"; form {
		p.Style = "form"
	}
	p.Explode = form
	p.Reserved = p.get("allowReserved").isTrue()
	if b.r.swagger {
		b.collection(p)
		return
	}
	if content := p.get("content"); content.isTable() {
		p.plain = true
		for media := range content.members {
			if isJSON(mediaType(media.text())) {
				p.Style, p.plain = "json", false
			}
			break
		}
		p.Explode = false
		return
	}
	if s := p.get("style").str(); s != "" {
		if !styleFits(s, p.In) {
			b.r.warn(p.get("style").at(), "the style "+quote(s)+" is not one for a parameter in "+p.In+": "+p.Style+" is used")
		} else {
			p.Style = s
			p.Explode = s == "form" || s == "deepObject" || s == "cookie"
		}
	}
	if e := p.get("explode"); e.kind() == truth || e.kind() == falsehood {
		p.Explode = e.isTrue()
	}
}

func styleFits(style, in string) bool {
	switch in {
	case "path":
		return style == "simple" || style == "label" || style == "matrix"
	case "query":
		return style == "form" || style == "spaceDelimited" || style == "pipeDelimited" || style == "deepObject"
	case "header":
		return style == "simple"
	}
	return style == "form" || style == "cookie"
}

// collection reads Swagger 2.0's collectionFormat.
func (b *builder) collection(p *parameter) {
	p.Explode = false
	switch p.get("collectionFormat").str() {
	case "multi":
		p.Explode = p.In == "query" || p.In == "formdata"
	case "ssv":
		p.Style = "spaceDelimited"
	case "tsv":
		p.Style = "tabDelimited"
	case "pipes":
		p.Style = "pipeDelimited"
	}
	if p.In != "query" && p.In != "formdata" && p.Style != "simple" && p.Style != "form" {
		b.r.warn(p.get("collectionFormat").at(), "this collectionFormat is not known in "+p.In+": commas are used")
		p.Style = "simple"
	}
}

// queryString is 3.2's parameter that stands for the whole query.
func (b *builder) queryString(n node) string {
	for media, m := range n.get("content").members {
		if mediaType(media.text()) != formType {
			break
		}
		p := parameter{node: n, Param: Param{Wire: n.get("name").text(), In: "query", Style: "form", Explode: true, Required: n.get("required").isTrue()}}
		if p.Wire == "" {
			p.Wire = "query"
		}
		p.node = m
		b.params = append(b.params, p)
		return ""
	}
	return "the whole query as one parameter is only known as " + formType
}

// parameterSchema writes the schema of a parameter.
func (b *builder) parameterSchema(p *parameter) converted {
	c := &b.r.schemas
	c.files = false
	n := b.schemaOf(p)
	out := converted{n: &doc.Node{Kind: doc.Table}, height: 1}
	if n.exists() {
		c.stack = append(c.stack, n)
		out = c.schema(n, 2)
		c.stack = c.stack[:0]
	}
	if out.n.Get("type") == nil && len(out.n.Members) == 0 || p.plain {
		out = converted{with(out.n, "type", textNode("string")), out.size + 16, 1, far}
	}
	p.Type = typeOf(out.n)
	if b.r.swagger && n == p.node {
		return out
	}
	return b.described(p, out)
}

// schemaOf finds the schema of a parameter.
func (b *builder) schemaOf(p *parameter) node {
	n := p.get("schema")
	if content := p.get("content"); content.isTable() {
		for _, media := range content.members {
			n = media.get("schema")
			break
		}
	}
	if b.r.swagger && !n.exists() {
		n = p.node // the parameter is its schema
	}
	return n
}

// described adds what the parameter says of itself to what its schema says.
func (b *builder) described(p *parameter, out converted) converted {
	d := &parts{c: &b.r.schemas}
	for _, k := range [...]string{"description", "deprecated", "example"} {
		if v := p.get(k); v.exists() && (k != "example" || out.n.Get("enum") == nil && out.n.Get("default") == nil) {
			d.keywords = append(d.keywords, keyword{k, v})
		}
	}
	text := d.description()
	if old := out.n.Get("description"); old != nil && !p.get("description").exists() && text != "" {
		text = strings.TrimSpace(old.Text + " " + text)
	}
	if text != "" {
		out = converted{with(out.n, "description", textNode(cut(text, 2*maxDescription))), out.size + len(text) + 18, out.height, out.low}
	}
	return out
}
