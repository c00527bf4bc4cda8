package tool

import (
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
//	schemas  those of tools that are not listed
//	index    indexEntry bytes a tool, sorted by name
//	names    one behind the other
//	blobs    one JSON object a tool
//	extra    one JSON object: the warnings and the reasons for what is denied
const (
	packedParts = 7
	indexEntry  = 7 * 4
)

// The fields of an index entry; a tool's input schema lies in list, or in schemas
// when the tool is denied.
const (
	atName = iota * 4
	atNameEnd
	atBlob
	atBlobEnd
	atSchema
	atSchemaEnd
	atReason // 0: listed; else the number of the reason, counted from 1
)

// packedTool is what is kept of a tool. Name and input schema lie elsewhere; what may
// hold a credential is kept as a place in the profile.
type packedTool struct {
	*Tool
	Name        *struct{} `json:",omitempty"` // hides the tool's
	InputSchema *struct{} `json:",omitempty"` // the same
	Security    [][]packedRequirement
	Downstream  *packedDownstream
}

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
	listed := s.listOffsets()
	for _, t := range s.All() {
		if !t.Imported {
			continue
		}
		reason, _ := s.Denied(t.Name)
		if err := w.add(t, reason, listed[t.Name]); err != nil {
			return nil, err
		}
	}
	extra, err := json.Marshal(w.extra)
	if err != nil {
		return nil, err
	}
	var out []byte
	parts := [packedParts][]byte{[]byte(s.version), s.list, w.schemas, w.index, w.names, w.blobs, extra}
	for _, p := range parts {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p)))
	}
	return append(out, slices.Concat(parts[:]...)...), nil
}

// listOffsets returns where the input schemas of the listed tools begin in the list.
func (s *Set) listOffsets() map[string]int {
	tools := s.Tools()
	out := make(map[string]int, len(tools))
	at := 1
	for _, t := range tools {
		out[t.Name] = at + len(t.appendHead(nil))
		at += len(t.appendListing(nil)) + 1
	}
	return out
}

// packer collects the parts.
type packer struct {
	profile                      *profiles.Profile
	refs                         []*profiles.Reference
	schemas, index, names, blobs []byte
	extra                        packedExtra
	reasons                      map[string]int
}

func (w *packer) add(t *Tool, reason string, schema int) error {
	blob, err := w.blob(t)
	if err != nil {
		return err
	}
	number := 0
	if reason != "" {
		schema = len(w.schemas)
		w.schemas = append(w.schemas, t.InputSchema...)
		if number = w.reasons[reason]; number == 0 {
			w.extra.Reasons = append(w.extra.Reasons, reason)
			number = len(w.extra.Reasons)
			w.reasons[reason] = number
		}
	}
	for _, n := range [...]int{len(w.names), len(w.names) + len(t.Name), len(w.blobs), len(w.blobs) + len(blob), schema, schema + len(t.InputSchema), number} {
		w.index = binary.LittleEndian.AppendUint32(w.index, uint32(n))
	}
	w.names = append(w.names, t.Name...)
	w.blobs = append(w.blobs, blob...)
	return nil
}

func (w *packer) blob(t *Tool) ([]byte, error) {
	p := packedTool{Tool: t}
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
