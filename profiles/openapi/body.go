package openapi

import (
	"slices"
	"strings"
)

const (
	jsonType      = "application/json"
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
	bytesType     = "application/octet-stream"
)

// payload is a request body.
type payload struct {
	Body
	schema   node
	encoding node
	text     node        // its description
	parts    []parameter // formData parameters of Swagger 2.0, in place of a schema
	plain    bool        // text, whatever its schema says
}

// part takes a body or formData parameter of Swagger 2.0.
func (b *builder) part(n node) {
	if b.body == nil {
		b.body = &payload{text: n.get("description")}
	}
	if strings.EqualFold(n.get("in").str(), "body") {
		b.body.schema, b.body.Required = n.get("schema"), n.get("required").isTrue()
		if !b.body.schema.exists() && n.get("type").exists() {
			b.body.schema = n // its type stands beside its place
		}
		return
	}
	p := parameter{node: n, Param: Param{Wire: n.get("name").text(), In: "formdata", Required: n.get("required").isTrue(), Style: "form"}}
	b.collection(&p)
	b.body.text = node{}
	b.body.Required = b.body.Required || p.Required
	i := slices.IndexFunc(b.body.parts, func(q parameter) bool { return q.Wire == p.Wire })
	if i >= 0 {
		b.body.parts[i] = p
		return
	}
	b.body.parts = append(b.body.parts, p)
}

// payload reads the request body; it returns why it cannot be sent.
func (b *builder) payload() string {
	if b.r.swagger {
		if b.body != nil {
			b.consumes()
		}
	} else if reason := b.requestBody(); reason != "" {
		return reason
	}
	if b.body == nil {
		return ""
	}
	switch b.o.Method {
	case "TRACE":
		b.body = nil
	case "GET", "HEAD", "DELETE":
		if !b.body.Required && len(b.body.parts) == 0 && b.hollow(b.body.schema) {
			b.body = nil
		}
	}
	if b.body != nil {
		b.classify()
	}
	return ""
}

// consumes chooses the media type of a Swagger 2.0 body.
func (b *builder) consumes() {
	types := b.r.root.get("consumes").strings()
	if own := b.f.op.get("consumes"); own.kind() == list {
		types = own.strings()
	}
	if len(b.body.parts) == 0 {
		var of []offer
		for _, s := range types {
			of = append(of, b.offer(s, b.body.schema))
		}
		if chosen, ok := b.choose(of); ok {
			b.body.Type = chosen.kind
		}
		return
	}
	b.body.Type = formType
	file := slices.ContainsFunc(b.body.parts, func(p parameter) bool { return p.get("type").str() == "file" })
	if file || slices.ContainsFunc(types, func(s string) bool { return mediaType(s) == multipartType }) && !contains(types, formType) {
		b.body.Type = multipartType
	}
}

func (b *builder) requestBody() string {
	n := b.f.op.get("requestBody")
	if !n.exists() || n.kind() == null {
		return ""
	}
	to, reason := b.r.resolve(n)
	if reason != "" {
		return "its request body cannot be read: " + reason
	}
	if !to.isTable() {
		return "its request body is no table"
	}
	content := to.get("content")
	var of []offer
	for name, media := range content.members {
		if _, ok := media.ref(); ok {
			resolved, reason := b.r.resolve(media)
			if reason != "" {
				return "its request body cannot be read: " + reason
			}
			media = resolved
		}
		o := b.offer(name.text(), media.get("schema"))
		o.encoding = media.get("encoding")
		of = append(of, o)
	}
	chosen, ok := b.choose(of)
	if !ok {
		if to.get("required").isTrue() && len(of) > 0 {
			return "its request body cannot be sent as " + quote(of[0].name)
		}
		return ""
	}
	b.body = &payload{Body: Body{Type: chosen.kind, Required: to.get("required").isTrue()},
		schema: chosen.schema, encoding: chosen.encoding, text: first(n.get("description"), to.get("description"))}
	if _, reason := b.r.schemas.target(b.body.schema); reason != "" {
		return "the schema of its request body cannot be read: " + reason
	}
	return ""
}

// offer reads one media type of a body.
func (b *builder) offer(name string, schema node) offer {
	o := offer{name: name, kind: repaired(name), schema: schema}
	if m := mediaType(o.kind); isWild(m) || isBytesType(m) {
		o.bytes = b.facts(schema).raw(true) || isBytesType(m)
	}
	return o
}

// facts are the keywords of a schema.
func (b *builder) facts(schema node) *parts {
	c := &b.r.schemas
	c.begin(maxLevels, maxNodes)
	base := len(c.stack)
	a := &parts{c: c, low: far}
	a.add(schema, false)
	c.stack = c.stack[:base]
	c.begin(maxLevels, maxNodes)
	return a
}

// raw reports a schema of bytes as they are. A format of bytes in base64 counts where
// wild is true: who says so of a body of any type describes its bytes.
func (a *parts) raw(wild bool) bool {
	format, encoding := a.get("format").str(), a.get("contentEncoding").str()
	switch {
	case a.get("type").str() == "file", format == "binary", encoding == "binary":
		return true
	case a.get("contentMediaType").exists() && encoding == "" && a.get("type").str() == "string":
		return true
	}
	return wild && (format == "byte" || format == "base64" || encoding == "base64")
}

// holdsFile reports a schema of an object with a file among its members.
func (b *builder) holdsFile(schema node) bool {
	files := b.r.schemas.files
	defer func() { b.r.schemas.files = files }()
	b.r.schemas.files = true
	return slices.ContainsFunc(b.facts(schema).properties, func(p property) bool { return b.binary(p, "") })
}

// hollow reports a schema of an object that has nothing in it.
func (b *builder) hollow(n node) bool {
	to, reason := b.r.resolve(n)
	if reason != "" || !to.isTable() {
		return reason == ""
	}
	for k, v := range to.members {
		switch k.text() {
		case "properties":
			if v.size(1) > 0 {
				return false
			}
		case "type":
			if v.str() != "object" {
				return false
			}
		case "allOf", "oneOf", "anyOf", "items", "enum", "const", "patternProperties":
			return false
		case "additionalProperties":
			if v.kind() != falsehood {
				return false
			}
		}
	}
	return true
}

// classify finds out how the body is sent, from its type and its schema.
func (b *builder) classify() {
	p := b.body
	schema := b.facts(p.schema)
	kind := schema.get("type").str()
	m := mediaType(p.Type)
	bytes := schema.raw(isWild(m) || m == "") || schema.get("format").str() == "byte" && isBytesType(m)
	if m == "" || isWild(m) && !strings.Contains(p.Type, ",") {
		if p.Type = concrete(m, kind, bytes); p.Type == "text/plain" {
			p.plain = true
		}
		m = mediaType(p.Type)
	}
	encoded := schema.get("contentEncoding").str() == "base64"
	switch {
	case isJSON(m) && !bytes, m == jsonType:
	case m == formType || m == multipartType:
		p.Kind = "object"
		b.members(schema)
	case isTextType(m), encoded && !isWild(m):
		p.plain = true
	case bytes, isBytesType(m), isWild(m), p.schema.size(1) == 0:
		p.Binary = true
	default: // a type that nobody knows: what the schema says
		p.plain = kind == "string"
	}
	if p.Binary || p.plain {
		p.Kind = "string"
	}
	if of := slices.DeleteFunc(slices.Clone(b.types), func(s string) bool { return !sendable(s) }); p.Binary && len(of) > 0 && !contains(of, m) {
		p.Type = strings.Join(of[:min(len(of), 8)], ", ") // bytes are what they are called
	}
}

// concrete returns the media type that fits where the document allows a range or says
// nothing. Bytes keep the range: their own type decides when they are sent.
func concrete(m, kind string, bytes bool) string {
	switch {
	case bytes && m == "":
		return "*/*"
	case bytes:
		return m
	case m == "*/*" && kind == "string", m == "text/*":
		return "text/plain"
	case m == "", isJSON(m):
		return jsonType
	case strings.HasSuffix(m, "+xml"):
		return "application/xml"
	case strings.HasSuffix(m, "+yaml"):
		return "application/yaml"
	case m == "multipart/*":
		return multipartType
	}
	return m
}

// members finds out how the members of a form are sent.
func (b *builder) members(schema *parts) {
	for i := range b.body.parts {
		p := &b.body.parts[i]
		part := Part{Binary: p.get("type").str() == "file"}
		if p.get("type").str() == "array" {
			part.Style, part.Explode = p.Style, p.Explode
		}
		b.says(p.Wire, part)
	}
	multipart := mediaType(b.body.Type) != formType
	for _, p := range schema.properties {
		enc := b.body.encoding.get(p.name)
		part := Part{Reserved: enc.get("allowReserved").isTrue()}
		kinds := listed(enc.get("contentType"))
		if multipart {
			part.Binary = b.binary(p, mediaType(strings.Join(kinds, ", ")))
		}
		if part.Binary {
			part.Type = strings.Join(kinds, ", ")
		} else {
			part.Type = b.textType(p, kinds)
		}
		// By the letter of OpenAPI 3.0 there are no styles in multipart; who writes
		// deepObject means it.
		if s := enc.get("style").str(); styleFits(s, "query") && (!multipart || s == "deepObject" && !part.Binary) {
			part.Style, part.Explode, part.Type = s, s == "form" || s == "deepObject", ""
		}
		if e := enc.get("explode"); e.exists() && !multipart {
			if part.Explode = e.isTrue(); part.Style == "" {
				part.Style = "form"
			}
		}
		b.says(p.name, part)
	}
}

// textType picks the media type of a part that is no file: the first that is concrete,
// JSON for an object where it may be that; empty for the default.
func (b *builder) textType(p property, kinds []string) string {
	if len(kinds) == 0 {
		return ""
	}
	json := slices.IndexFunc(kinds, func(s string) bool { return isJSON(mediaType(s)) && s != "*/*" })
	first := slices.IndexFunc(kinds, func(s string) bool { return !isWild(s) })
	if kind := b.facts(p.from[0]).get("type").str(); json >= 0 && (first < 0 || kind == "object" || kind == "array") {
		first = json
	}
	switch {
	case first < 0:
		return ""
	case isWild(kinds[first]):
		return jsonType
	}
	return kinds[first]
}

// listed returns the media types of an encoding: one text with commas, or a list.
func listed(n node) []string {
	of := n.strings()
	if n.isText() {
		of = strings.Split(n.str(), ",")
	}
	var out []string
	for _, s := range of {
		if s = strings.TrimSpace(s); sendable(s) {
			out = append(out, s)
		}
	}
	return out
}

func (b *builder) says(name string, p Part) {
	if p == (Part{}) {
		return
	}
	if b.body.Parts == nil {
		b.body.Parts = map[string]Part{}
	}
	b.body.Parts[name] = p
}
