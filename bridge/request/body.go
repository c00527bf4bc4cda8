package request

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/url"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

const (
	jsonType = "application/json; charset=utf-8"
	formType = "application/x-www-form-urlencoded"
)

// body makes the body and, where the profile names no content type, the content
// type. A template wins over a bulk option, a bulk option over single arguments.
func (b *builder) body() *Error {
	switch r := b.tool.Request; {
	case r.Body != "":
		return b.bodyTemplate()
	case b.tool.Imported:
		return b.bodyDocument()
	case r.Bulk == tool.BulkToJSON, r.Bulk == tool.BulkToForm:
		ms := b.members(true)
		return b.encode(ms, r.Bulk == tool.BulkToForm)
	}
	ms := b.members(false)
	if len(ms) == 0 {
		return nil
	}
	return b.encode(ms, b.contentType() == formType)
}

// contentType returns the media type that the profile names, in lower case and
// without parameters.
func (b *builder) contentType() string { return mediaType(b.plan.Header.Get("Content-Type")) }

func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

func (b *builder) defaultType(contentType string) {
	if b.contentType() == "" {
		b.plan.Header.Set("Content-Type", contentType)
	}
}

// members lists the body arguments, and with bulk the unplaced ones too.
func (b *builder) members(bulk bool) []member {
	var ms []member
	for _, p := range b.tool.Params {
		raw, given := b.args[p.Name]
		if given && (p.In == tool.InBody || bulk && unplaced(p)) {
			ms = append(ms, member{wire(p), raw})
		}
	}
	return ms
}

// bodyTemplate renders the body. JSON gets its content type, other text none.
func (b *builder) bodyTemplate() *Error {
	text, err := b.render("body", b.tool.Request.Body, nil)
	if err != nil {
		return err
	}
	b.plan.Body = []byte(text)
	trimmed := bytes.TrimSpace(b.plan.Body)
	if len(trimmed) > 0 && (isObject(trimmed) || isArray(trimmed)) && json.Valid(trimmed) {
		b.defaultType(jsonType)
	}
	return nil
}

// encode writes arguments as a form, as multipart when the profile says so, or
// as one JSON object.
func (b *builder) encode(ms []member, form bool) *Error {
	var err error
	switch {
	case b.contentType() == "multipart/form-data":
		return b.multipart(ms)
	case form:
		b.defaultType(formType)
		var fields []field
		for _, m := range ms {
			s, e := scalarText(m.value)
			if e != nil {
				return argError("body", m.name, e.Error(), "")
			}
			fields = append(fields, field{m.name, url.QueryEscape(s)})
		}
		sortFields(fields)
		b.plan.Body = []byte(editQuery("", fields))
	default:
		b.defaultType(jsonType)
		if b.plan.Body, err = object(ms); err != nil {
			return &Error{Kind: InvalidArguments, Part: "body", Message: "an argument " + err.Error()}
		}
	}
	return nil
}

// bodyDocument writes the body of an imported operation: one argument holds all
// of it, and the document names the content type. Without a body there is no
// content type either: servers refuse an empty body that claims to be JSON.
func (b *builder) bodyDocument() *Error {
	for _, p := range b.tool.Params {
		raw, given := b.args[p.Name]
		if p.In != tool.InBody || !given {
			continue
		}
		return b.document(p, raw)
	}
	b.plan.Header.Del("Content-Type")
	return nil
}

func (b *builder) document(p tool.Param, raw json.RawMessage) *Error {
	kind := b.contentType()
	switch {
	case kind == "" || isJSONType(kind):
		b.defaultType(jsonType)
		var out bytes.Buffer
		if err := json.Compact(&out, raw); err != nil {
			return argError("body", p.Name, errNotJSON.Error(), "")
		}
		b.plan.Body = out.Bytes()
		return nil
	case kind == formType:
		return b.formDocument(p, raw)
	case kind == "multipart/form-data":
		ms, err := members(raw)
		if err != nil {
			return argError("body", p.Name, "is not an object; it is sent as multipart", "")
		}
		return b.multipart(ms)
	case p.Binary:
		f, err := b.content(p.Name, raw)
		b.plan.Body = f.Data
		if b.plan.Header.Get("Content-Type") != "" {
			b.plan.Header.Set("Content-Type", fitting(b.plan.Header.Get("Content-Type"), f))
		}
		return err
	}
	return b.textDocument(p, raw)
}

// formDocument writes an object as a form, each member as the document says. What
// it does not speak of: arrays repeat their name, objects are JSON text unless the
// argument's style is deepObject.
func (b *builder) formDocument(p tool.Param, raw json.RawMessage) *Error {
	ms, err := members(raw)
	if err != nil {
		return argError("body", p.Name, "is not an object; it is sent as a form", "")
	}
	var fields []field
	for _, m := range ms {
		fs, err := queryFields(formMember(p, m), m.value)
		if err != nil {
			return argError("body", p.Name, err.Error(), "")
		}
		fields = append(fields, fs...)
	}
	sortFields(fields)
	b.plan.Body = []byte(editQuery("", fields))
	return nil
}

// formMember is a member of a form as the parameter that it is sent like.
func formMember(p tool.Param, m member) tool.Param {
	part := p.Parts[m.name]
	inner := tool.Param{Name: m.name, Style: p.Style, Explode: true, Reserved: part.Reserved}
	switch {
	case isJSONType(mediaType(part.Type)):
		inner.Style = jsonStyle
	case part.Style != "":
		inner.Style, inner.Explode = part.Style, part.Explode
	case p.Style != "deepObject" && isArray(m.value):
		inner.Style = "form"
	}
	return inner
}

// textDocument writes a body that is neither JSON nor a form nor bytes: text as it
// is, and the JSON text of everything else.
func (b *builder) textDocument(p tool.Param, raw json.RawMessage) *Error {
	s, err := scalarText(raw)
	if err != nil {
		return argError("body", p.Name, err.Error(), "")
	}
	b.plan.Body = []byte(s)
	return nil
}

// isJSONType reports JSON by its media type: RFC 8259's and RFC 6839's +json.
func isJSONType(kind string) bool {
	return kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json")
}

// boundaryOf returns the boundary that a content type names.
func boundaryOf(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["boundary"]
}
