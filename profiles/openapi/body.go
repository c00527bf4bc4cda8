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
		b.body.Type = best(types)
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
	var types []string
	content := to.get("content")
	for media := range content.members {
		types = append(types, media.text())
	}
	chosen := best(types)
	if chosen == "" {
		if to.get("required").isTrue() && len(types) > 0 {
			return "its request body cannot be sent as " + quote(types[0])
		}
		return ""
	}
	media := content.get(chosen)
	if _, ok := media.ref(); ok {
		if media, reason = b.r.resolve(media); reason != "" {
			return "its request body cannot be read: " + reason
		}
	}
	b.body = &payload{Body: Body{Type: chosen, Required: to.get("required").isTrue()},
		schema: media.get("schema"), encoding: media.get("encoding"), text: first(n.get("description"), to.get("description"))}
	if _, reason := b.r.schemas.target(b.body.schema); reason != "" {
		return "the schema of its request body cannot be read: " + reason
	}
	return ""
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
	m := mediaType(p.Type)
	schema := &parts{c: &b.r.schemas, low: far}
	b.r.schemas.begin(maxLevels, maxNodes)
	schema.add(p.schema, false)
	b.r.schemas.begin(maxLevels, maxNodes)
	switch m {
	case "", "*/*", "application/*":
		p.Type, m = jsonType, jsonType
	case "text/*":
		p.Type, m = "text/plain", "text/plain"
	default:
		if strings.HasSuffix(m, "/*") {
			p.Type, m = bytesType, bytesType
		}
	}
	encoded := schema.get("format").str() == "byte" || schema.get("contentEncoding").str() == "base64"
	raw := schema.get("format").str() == "binary" || schema.get("type").str() == "file"
	kind := schema.get("type").str()
	switch {
	case isJSON(m):
	case m == formType || m == multipartType:
		p.Kind = "object"
		b.members(schema)
	case isTextType(m), encoded:
		p.plain = true
	case raw, isBytesType(m), p.schema.size(1) == 0:
		p.Binary = true
	default: // a type that nobody knows: what the schema says
		p.plain = kind == "string"
	}
	if p.Binary || p.plain {
		p.Kind = "string"
	}
	if p.Binary && len(b.types) > 0 && sendable(b.types[0]) && !contains(b.types, m) {
		p.Type = b.types[0] // bytes are what they are called
	}
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
		if m, _, _ := strings.Cut(enc.get("contentType").str(), ","); sendable(m) && !strings.Contains(m, "*") {
			part.Type = strings.TrimSpace(m)
		}
		if multipart {
			part.Binary = b.binary(p, mediaType(enc.get("contentType").str()))
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

func (b *builder) says(name string, p Part) {
	if p == (Part{}) {
		return
	}
	if b.body.Parts == nil {
		b.body.Parts = map[string]Part{}
	}
	b.body.Parts[name] = p
}
