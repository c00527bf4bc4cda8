package tool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// A packed set, all numbers little-endian uint32:
//
//	sizes    of the parts, in their order
//	version  what Set.Version returns
//	list     what Set.List returns
//	others   what the list would have of the tools that are not listed
//	index    indexEntry bytes a tool, sorted by name
//	names    one behind the other
//	blobs    one JSON object a tool
//	extra    one JSON object: the warnings and the reasons for what is denied
const (
	packedParts = 7
	indexEntry  = 9 * 4
)

// The fields of an index entry. What a tool is listed with lies in list, or in others
// when the tool is denied.
const (
	atName = iota * 4
	atNameEnd
	atBlob
	atBlobEnd
	atHead // what is listed before the input schema
	atSchema
	atSchemaEnd
	atReason // 0: listed; else the number of the reason, counted from 1
	atWrites // 1: the tool may change something
)

// packedTool is what is kept of a tool besides what is listed. What may hold a
// credential is kept as a place in the profile. Fields of its own hide the tool's.
type packedTool struct {
	*Tool
	Name         *struct{}       `json:",omitempty"`
	Title        *struct{}       `json:",omitempty"`
	Description  *struct{}       `json:",omitempty"`
	InputSchema  *struct{}       `json:",omitempty"`
	OutputSchema json.RawMessage `json:",omitempty"`
	Params       []packedParam   `json:",omitempty"`
	Response     *Response       `json:",omitempty"`
	Config       json.RawMessage `json:",omitempty"`
	Security     [][]packedRequirement
	Downstream   *packedDownstream `json:",omitempty"`
}

// packedParam is a Param whose empty fields take no room.
type packedParam struct {
	Name     string
	Wire     string          `json:",omitempty"`
	In       Position        `json:",omitempty"`
	Type     string          `json:",omitempty"`
	Required bool            `json:",omitempty"`
	Default  json.RawMessage `json:",omitempty"`
	Style    string          `json:",omitempty"`
	Explode  bool            `json:",omitempty"`
	Reserved bool            `json:",omitempty"`
	Binary   bool            `json:",omitempty"`
	Parts    map[string]Part `json:",omitempty"`
}

// packedHead is what is listed before the input schema.
type packedHead struct{ Title, Description string }

type packedRequirement struct {
	Scheme     packedScheme
	Credential int // place among the profile's references, counted from 1; 0: none
	Scopes     []string
	Record     string
}

// packedScheme is a scheme's place in the profile, or one of the document that the
// profile does not have.
type packedScheme struct {
	At    int                      // counted from 1
	Other *profiles.SecurityScheme `json:",omitempty"`
}

type packedDownstream struct {
	Scheme      packedScheme
	Passthrough bool
	Credential  int
	Record      string
}

type packedExtra struct {
	Warnings []Warning
	Reasons  []string
}

// errUnpackable says that a tool refers to a credential that does not stand in the
// profile, so that it cannot be kept without the credential itself.
var errUnpackable = errors.New("a tool has a credential that is not the profile's")

// Pack returns the set's imported tools, the list and everything that [Unpack] needs
// to make an equal set from the same profile, without reading a document. It holds
// no credential. Tools that are written in the profile are not in it.
func (s *Set) Pack() ([]byte, error) {
	w := &packer{refs: references(s.profile), profile: s.profile, reasons: map[string]int{}}
	w.extra.Warnings = s.warnings
	at := 1 // in the list, behind its bracket
	for _, t := range s.All() {
		listing := t.appendListing(nil)
		reason, denied := s.Denied(t.Name)
		if t.Imported {
			if err := w.add(t, listing, reason, at); err != nil {
				return nil, err
			}
		}
		if !denied {
			at += len(listing) + 1
		}
	}
	extra, err := json.Marshal(w.extra)
	if err != nil {
		return nil, err
	}
	var out []byte
	parts := [packedParts][]byte{[]byte(s.version), s.list, w.others, w.index, w.names, w.blobs, extra}
	for _, p := range parts {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p)))
	}
	return append(out, slices.Concat(parts[:]...)...), nil
}

// packer collects the parts.
type packer struct {
	profile                     *profiles.Profile
	refs                        []*profiles.Reference
	others, index, names, blobs []byte
	extra                       packedExtra
	reasons                     map[string]int
}

// add takes in a tool that is listed at a place of the list, or denied for a reason.
func (w *packer) add(t *Tool, listing []byte, reason string, at int) error {
	blob, err := w.blob(t)
	if err != nil {
		return err
	}
	number, writes := 0, 0
	if reason != "" {
		at = len(w.others)
		w.others = append(w.others, listing...)
		if number = w.reasons[reason]; number == 0 {
			w.extra.Reasons = append(w.extra.Reasons, reason)
			number = len(w.extra.Reasons)
			w.reasons[reason] = number
		}
	}
	if !t.ReadOnly {
		writes = 1
	}
	// A quote inside a string stands behind a backslash, so this is the schema's own.
	schema := at + bytes.Index(listing, []byte(schemaMember)) + len(schemaMember)
	for _, n := range [...]int{len(w.names), len(w.names) + len(t.Name), len(w.blobs), len(w.blobs) + len(blob),
		at, schema, schema + len(t.InputSchema), number, writes} {
		w.index = binary.LittleEndian.AppendUint32(w.index, uint32(n))
	}
	w.names = append(w.names, t.Name...)
	w.blobs = append(w.blobs, blob...)
	return nil
}

func (w *packer) blob(t *Tool) ([]byte, error) {
	p := packedTool{Tool: t, OutputSchema: t.OutputSchema, Config: t.Config}
	for _, one := range t.Params {
		p.Params = append(p.Params, packedParam(one))
	}
	if t.Response != (Response{}) {
		p.Response = &t.Response
	}
	if t.Security != nil {
		p.Security = [][]packedRequirement{}
	}
	for _, alternative := range t.Security {
		all := []packedRequirement{}
		for _, r := range alternative {
			scheme, err := w.scheme(r.Scheme)
			if err != nil {
				return nil, err
			}
			at, err := w.reference(r.Credential)
			if err != nil {
				return nil, err
			}
			all = append(all, packedRequirement{scheme, at, r.Scopes, r.Record})
		}
		p.Security = append(p.Security, all)
	}
	if d := t.Downstream; d != nil {
		scheme, err := w.scheme(d.Scheme)
		if err != nil {
			return nil, err
		}
		at, err := w.reference(d.Credential)
		if err != nil {
			return nil, err
		}
		p.Downstream = &packedDownstream{scheme, d.Passthrough, at, d.Record}
	}
	return json.Marshal(p)
}

func (w *packer) scheme(s *profiles.SecurityScheme) (packedScheme, error) {
	if s == nil {
		return packedScheme{}, nil
	}
	for i := range w.profile.Server.SecuritySchemes {
		if &w.profile.Server.SecuritySchemes[i] == s {
			return packedScheme{At: i + 1}, nil
		}
	}
	if s.DefaultCredential != nil || s.Client != nil {
		return packedScheme{}, errUnpackable
	}
	return packedScheme{Other: s}, nil
}

func (w *packer) reference(r *profiles.Reference) (int, error) {
	if r == nil {
		return 0, nil
	}
	if at := slices.Index(w.refs, r); at >= 0 {
		return at + 1, nil
	}
	return 0, errUnpackable
}

// references returns the places of a profile where an imported tool's credential can
// stand, always in the same order.
func references(p *profiles.Profile) (out []*profiles.Reference) {
	add := func(s profiles.Security) {
		for _, alternative := range s {
			for i := range alternative {
				if c := alternative[i].Credential; c != nil {
					out = append(out, c)
				}
			}
		}
	}
	add(p.Server.DefaultUpstreamSecurity)
	if d := p.Server.DefaultDownstreamSecurity; d != nil && d.Credential != nil {
		out = append(out, d.Credential)
	}
	if p.OpenAPI != nil {
		for i := range p.OpenAPI.Overrides {
			add(p.OpenAPI.Overrides[i].Security)
		}
	}
	return out
}
