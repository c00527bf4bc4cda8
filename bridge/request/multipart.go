package request

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

// part is one part of a multipart body.
type part struct {
	name, file, kind string
	data             []byte
}

// multipart writes one part a member, in their order, and an array as one part
// an element. What the schema calls binary is given as base64 and becomes a file
// part. The boundary is made from the content, so that a plan stays the same.
func (b *builder) multipart(ms []member) *Error {
	var parts []part
	for _, m := range ms {
		if styled, ok, err := b.styled(m); err != nil {
			return err
		} else if ok {
			parts = append(parts, styled...)
			continue
		}
		values := []json.RawMessage{m.value}
		if isArray(m.value) {
			var err error
			if values, err = elements(m.value); err != nil {
				return argError("body", m.name, err.Error(), "")
			}
		}
		for _, v := range values {
			p, err := b.part(m.name, v)
			if err != nil {
				return err
			}
			parts = append(parts, p)
		}
	}
	boundary := boundaryOf(b.plan.Header.Get("Content-Type"))
	if boundary == "" || holds(parts, boundary) {
		boundary = digest(parts)
	}
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	if err := w.SetBoundary(boundary); err != nil {
		return profileError("body", "the boundary of multipart/form-data is not valid", "leave the boundary out")
	}
	for _, p := range parts {
		// Writing to a bytes.Buffer cannot fail.
		to, _ := w.CreatePart(p.header())
		_, _ = to.Write(p.data)
	}
	_ = w.Close()
	b.plan.Body = out.Bytes()
	b.plan.Header.Set("Content-Type", w.FormDataContentType())
	return nil
}

// styled returns the parts of an array or object that is taken apart as in a form:
// deepObject, one part for each bracketed name, or one text (Swagger 2.0's
// collectionFormat). ok is false for what is not.
func (b *builder) styled(m member) (out []part, ok bool, _ *Error) {
	of := b.parts()[m.name]
	if of.Style == "" || of.Binary || !isArray(m.value) && !isObject(m.value) {
		return nil, false, nil
	}
	if of.Style == "deepObject" {
		fields, err := deepFields(tool.Param{}, m.name, m.value, 0)
		if err != nil {
			return nil, false, argError("body", m.name, err.Error(), "")
		}
		for _, f := range fields {
			text, _ := url.QueryUnescape(f.encoded)
			out = append(out, part{name: f.name, data: []byte(text)})
		}
		return out, true, nil
	}
	items, err := texts(m.value)
	if err != nil || of.Explode || len(items) == 0 {
		return nil, false, nil
	}
	delimiter, _ := url.PathUnescape(delimiter(of.Style))
	return []part{{name: m.name, data: []byte(strings.Join(items, delimiter))}}, true, nil
}

// parts says how the members of an imported body are sent.
func (b *builder) parts() map[string]tool.Part {
	for _, p := range b.tool.Params {
		if p.In == tool.InBody && p.Parts != nil && b.tool.Imported {
			return p.Parts
		}
	}
	return nil
}

func (b *builder) part(name string, value json.RawMessage) (part, *Error) {
	kind, binary := b.binary(name)
	if binary {
		f, err := b.content(name, value)
		if err != nil {
			return part{}, err
		}
		p := part{name: name, file: f.Name, kind: fitting(kind, f), data: f.Data}
		if p.file == "" {
			p.file = name + ending(p.kind)
		}
		return p, nil
	}
	s, err := scalarText(value)
	if err != nil {
		return part{}, argError("body", name, err.Error(), "")
	}
	p := part{name: name, data: []byte(s), kind: kind}
	if kind == "" && (isArray(value) || isObject(value)) {
		p.kind = "application/json"
	}
	return p, nil
}

// binary reports whether a member holds bytes, and the media type of its part: by
// what the document said, or by the tool's schema.
func (b *builder) binary(name string) (kind string, ok bool) {
	if parts := b.parts(); parts != nil {
		return parts[name].Type, parts[name].Binary
	}
	type node struct {
		Format           string                     `json:"format"`
		ContentEncoding  string                     `json:"contentEncoding"`
		ContentMediaType string                     `json:"contentMediaType"`
		Properties       map[string]json.RawMessage `json:"properties"`
		Items            json.RawMessage            `json:"items"`
	}
	read := func(raw json.RawMessage) (n node) {
		_ = json.Unmarshal(raw, &n) // what cannot be read says nothing
		return n
	}
	at := read(b.tool.InputSchema)
	if b.tool.Imported {
		at = read(at.Properties["body"])
	} else {
		name = b.listed(name)
	}
	at = read(at.Properties[name])
	if len(at.Items) > 0 {
		at = read(at.Items)
	}
	if at.Format == "binary" || at.Format == "byte" || at.ContentEncoding == "base64" {
		return at.ContentMediaType, true
	}
	return "", false
}

// listed returns the name under which the schema lists a wire name.
func (b *builder) listed(name string) string {
	for _, p := range b.tool.Params {
		if wire(p) == name {
			return p.Name
		}
	}
	return name
}

func (p part) header() textproto.MIMEHeader {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "%0D", "\n", "%0A", "\x00", "%00")
	disposition := fmt.Sprintf(`form-data; name="%s"`, quote.Replace(p.name))
	if p.file != "" {
		disposition += fmt.Sprintf(`; filename="%s"`, quote.Replace(p.file))
	}
	h := textproto.MIMEHeader{"Content-Disposition": {disposition}}
	if p.kind != "" {
		h.Set("Content-Type", quote.Replace(p.kind))
	}
	return h
}

func holds(parts []part, boundary string) bool {
	for _, p := range parts {
		if bytes.Contains(p.data, []byte(boundary)) {
			return true
		}
	}
	return false
}

func digest(parts []part) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d %s %d ", len(p.name), p.name, len(p.data))
		h.Write(p.data)
	}
	return "mcp-bridge-" + hex.EncodeToString(h.Sum(nil))[:32]
}
