package tool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Packed are the parts of a packed set. Each is read when it is needed.
type Packed struct {
	Head    []byte // one JSON object: what a start needs
	List    []byte // what Set.List returns; empty when it is not shown to clients
	Index   []byte // where the tools stand, by name
	Details []byte // a record for each tool
}

// The index, all numbers little-endian uint32: how many tools there are, indexEntry
// bytes for each, sorted by name, then the names. A record is the tool's blob, which is
// one JSON object, and what a whole list has of it up to the end of its input schema.
const indexEntry = 8 * 4

// The fields of an index entry. Places are those in the names or the details.
const (
	atName = iota * 4
	atNameEnd
	atRecord
	atHead // what is listed before the input schema
	atSchema
	atRecordEnd
	atSum    // CRC-32C of the record
	atReason // 0: listed; else the number of the reason, counted from 1
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

// packedStart is the head.
type packedStart struct {
	Version  string
	Size     int
	Compact  bool
	Listed   int // how many imported tools are listed
	Writes   bool
	Warnings []Warning
	Reasons  []string
}

// errUnpackable says that a tool refers to a credential that does not stand in the
// profile, so that it cannot be kept without the credential itself.
var errUnpackable = errors.New("a tool has a credential that is not the profile's")

// Pack returns the set's imported tools, the list and everything that [Unpack] needs
// to make an equal set from the same profile, without reading a document. It holds
// no credential. Tools that are written in the profile are not in it.
func (s *Set) Pack() (Packed, error) {
	w := &packer{refs: references(s.profile), profile: s.profile, reasons: map[string]int{}}
	w.head = packedStart{Version: s.Version(), Size: s.size, Compact: s.compact, Warnings: s.warnings}
	for _, t := range s.All() {
		reason, _ := s.Denied(t.Name)
		if t.Imported {
			if err := w.add(t, reason); err != nil {
				return Packed{}, err
			}
		}
	}
	head, err := json.Marshal(w.head)
	if err != nil {
		return Packed{}, err
	}
	index := binary.LittleEndian.AppendUint32(nil, uint32(len(w.index)/indexEntry))
	out := Packed{Head: head, Index: slices.Concat(index, w.index, w.names), Details: w.details}
	if !s.Searched() {
		out.List = s.List()
	}
	return out, nil
}

// packer collects the parts.
type packer struct {
	profile               *profiles.Profile
	refs                  []*profiles.Reference
	head                  packedStart
	index, names, details []byte
	reasons               map[string]int
}

// add takes in a tool that is listed, or denied for a reason.
func (w *packer) add(t *Tool, reason string) error {
	blob, err := w.blob(t)
	if err != nil {
		return err
	}
	number := 0
	if reason != "" {
		if number = w.reasons[reason]; number == 0 {
			w.head.Reasons = append(w.head.Reasons, reason)
			number = len(w.head.Reasons)
			w.reasons[reason] = number
		}
	} else {
		w.head.Listed++
	}
	w.head.Writes = w.head.Writes || !t.ReadOnly && reason == ""
	listing := t.appendListing(nil)
	// A quote inside a string stands behind a backslash, so this is the schema's own.
	schema := bytes.Index(listing, []byte(schemaMember)) + len(schemaMember)
	record := slices.Concat(blob, listing[:schema+len(t.InputSchema)])
	at := len(w.details)
	for _, n := range [...]int{len(w.names), len(w.names) + len(t.Name), at, at + len(blob), at + len(blob) + schema, at + len(record),
		int(checksum(record)), number} {
		w.index = binary.LittleEndian.AppendUint32(w.index, uint32(n))
	}
	w.names = append(w.names, t.Name...)
	w.details = append(w.details, record...)
	return nil
}

func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

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
