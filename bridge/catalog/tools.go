// Package catalog turns what was imported into tools, and keeps compiled profiles on
// disk so that a start reads no document.
//
// # Terminology
//
// A catalog is a profile compiled for fast start: its list as it is sent, its tools in
// a form that is read when one is called, and its search index. An operation is
// OpenAPI's; a tool is what MCP lists and calls. The key of a catalog stands for
// everything that it was compiled from. Its file is named by the profile's identity and
// the key, is never changed once it is whole, and holds no credential.
package catalog

import (
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// Tools returns the tools of a document's operations, in its order, for
// [tool.CompileWith], which brings their schemas within the limits of clients and
// links their security to the profile. They share the document's memory.
func Tools(d *openapi.Document) []*tool.Tool {
	schemes := map[string]*profiles.SecurityScheme{}
	for i := range d.Schemes {
		schemes[d.Schemes[i].ID] = &d.Schemes[i]
	}
	out := make([]*tool.Tool, len(d.Operations))
	for i := range d.Operations {
		out[i] = one(&d.Operations[i], schemes)
	}
	return out
}

func one(o *openapi.Operation, schemes map[string]*profiles.SecurityScheme) *tool.Tool {
	t := &tool.Tool{
		Name: o.Name, Title: o.Title, Description: o.Description,
		ReadOnly: o.ReadOnly, Destructive: o.Destructive, Idempotent: o.Idempotent,
		Imported: true, Operation: o.ID, Path: o.Path, InputSchema: o.InputSchema,
		Summary: o.Summary, Tags: o.Tags, Deprecated: o.Deprecated,
		Request: tool.Request{Method: o.Method, URL: o.URL},
	}
	for _, p := range o.Params {
		t.Params = append(t.Params, tool.Param{Name: p.Name, Wire: p.Wire, In: tool.Position(p.In), Type: p.Type,
			Required: p.Required, Style: p.Style, Explode: p.Explode, Reserved: p.Reserved})
	}
	if o.Accept != "" {
		t.Request.Headers = append(t.Request.Headers, profiles.Header{Key: "Accept", Value: o.Accept})
	}
	if b := o.Body; b != nil {
		t.Request.Headers = append(t.Request.Headers, profiles.Header{Key: "Content-Type", Value: b.Type})
		t.Params = append(t.Params, body(b))
	}
	t.Security = security(o.Security, schemes)
	return t
}

// security makes requirements of what the document asks for. That nothing is needed
// is the last alternative: a credential that is there is sent.
func security(of profiles.Security, schemes map[string]*profiles.SecurityScheme) [][]tool.Requirement {
	if of == nil {
		return nil
	}
	out, optional := [][]tool.Requirement{}, false
	for _, alternative := range of {
		if len(alternative) == 0 {
			optional = true
			continue
		}
		all := make([]tool.Requirement, 0, len(alternative))
		for _, r := range alternative {
			s := schemes[r.ID]
			if s == nil { // a warning of the document: calls are refused
				s = &profiles.SecurityScheme{ID: r.ID}
			}
			all = append(all, tool.Requirement{Scheme: s, Credential: r.Credential, Scopes: r.Scopes})
		}
		out = append(out, all)
	}
	if optional {
		out = append(out, []tool.Requirement{})
	}
	return out
}

func body(b *openapi.Body) tool.Param {
	p := tool.Param{Name: "body", Wire: "body", In: tool.InBody, Type: b.Kind, Required: b.Required, Binary: b.Binary}
	for name, part := range b.Parts {
		if p.Parts == nil {
			p.Parts = make(map[string]tool.Part, len(b.Parts))
		}
		p.Parts[name] = tool.Part(part)
	}
	return p
}
