package tool

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// ErrPacked says that bytes are no packed set, or one of another profile.
var ErrPacked = errors.New("the packed tools are damaged or of another profile")

// packed are the imported tools of a set that was unpacked. They are made when they
// are asked for, and kept.
type packed struct {
	profile                           *profiles.Profile
	refs                              []*profiles.Reference
	list, others, index, names, blobs []byte
	reasons                           []string
	listed                            []int // the tools of the index that are listed
	mu                                sync.Mutex
	made                              map[int]*Tool
	orderOnce, toolsOnce, allOnce     sync.Once
	order                             []int
	tools, all                        []*Tool
}

// Unpack makes the set that data was packed from by [Set.Pack]. The profile must be
// equal to the one it was packed with. It compiles the tools that are written in the
// profile and none of the imported ones: those are made when they are asked for. The
// error is [ErrPacked], or an [Errors] of the profile's own tools. Data is not copied
// and must not change.
func Unpack(p *profiles.Profile, data []byte) (*Set, error) {
	parts, ok := cutParts(data)
	if !ok {
		return nil, ErrPacked
	}
	var extra packedExtra
	if err := json.Unmarshal(parts[6], &extra); err != nil {
		return nil, ErrPacked
	}
	k := &packed{profile: p, refs: references(p), list: parts[1], others: parts[2], index: parts[3], names: parts[4], blobs: parts[5],
		reasons: extra.Reasons, made: map[int]*Tool{}}
	s, err := newCompiler(p).compile(nil)
	if err != nil {
		return nil, err
	}
	s.choose()
	if !k.check(s) {
		return nil, ErrPacked
	}
	s.packed, s.version, s.list, s.warnings = k, string(parts[0]), parts[1], extra.Warnings
	return s, nil
}

func cutParts(data []byte) (parts [packedParts][]byte, ok bool) {
	if len(data) < packedParts*4 {
		return parts, false
	}
	rest := data[packedParts*4:]
	for i := range parts {
		n := binary.LittleEndian.Uint32(data[4*i:])
		if uint64(n) > uint64(len(rest)) {
			return parts, false
		}
		parts[i], rest = rest[:n:n], rest[n:]
	}
	return parts, len(rest) == 0 && len(parts[3])%indexEntry == 0
}

// check reports whether the index is whole: every place lies within its part, names
// are sorted and none of them is one of the profile's own tools.
func (k *packed) check(s *Set) bool {
	before := ""
	for i := range k.len() {
		reason := k.at(i, atReason)
		if !within(k.names, k.at(i, atName), k.at(i, atNameEnd)) || !within(k.blobs, k.at(i, atBlob), k.at(i, atBlobEnd)) ||
			!within(k.listing(i), k.at(i, atHead), k.at(i, atSchema)) || !within(k.listing(i), k.at(i, atSchema), k.at(i, atSchemaEnd)) || reason > len(k.reasons) {
			return false
		}
		name := k.name(i)
		if name <= before || s.byName[name] != nil {
			return false
		}
		before = name
		if reason == 0 {
			k.listed = append(k.listed, i)
		}
	}
	return true
}

func within(part []byte, from, to int) bool { return from <= to && to <= len(part) }

func (k *packed) len() int { return len(k.index) / indexEntry }

func (k *packed) at(i, field int) int {
	return int(binary.LittleEndian.Uint32(k.index[i*indexEntry+field:]))
}

func (k *packed) name(i int) string { return string(k.names[k.at(i, atName):k.at(i, atNameEnd)]) }

// listing returns the part that holds what a tool is listed with.
func (k *packed) listing(i int) []byte {
	if k.at(i, atReason) > 0 {
		return k.others
	}
	return k.list
}

// find returns the place of the tool of that name, or -1.
func (k *packed) find(name string) int {
	i := sort.Search(k.len(), func(i int) bool { return k.name(i) >= name })
	if i < k.len() && k.name(i) == name {
		return i
	}
	return -1
}

// denied returns why the tool of that name is not listed.
func (k *packed) denied(name string) (reason string, ok bool) {
	i := k.find(name)
	if i < 0 || k.at(i, atReason) == 0 {
		return "", false
	}
	return k.reasons[k.at(i, atReason)-1], true
}

// tool returns one tool, the same every time; nil when its bytes are damaged.
func (k *packed) tool(i int) *Tool {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, known := k.made[i]
	if !known {
		t = k.make(i)
		k.made[i] = t
	}
	return t
}

func (k *packed) make(i int) *Tool {
	t := &Tool{}
	p, head := packedTool{Tool: t}, packedHead{}
	text := k.listing(i)[k.at(i, atHead):k.at(i, atSchema)]
	if json.Unmarshal(k.blobs[k.at(i, atBlob):k.at(i, atBlobEnd)], &p) != nil || json.Unmarshal(slices.Concat(text, []byte("null}")), &head) != nil {
		return nil
	}
	t.Name, t.Title, t.Description = k.name(i), head.Title, head.Description
	t.InputSchema = slices.Clip(k.listing(i)[k.at(i, atSchema):k.at(i, atSchemaEnd)])
	t.OutputSchema, t.Config = p.OutputSchema, p.Config
	for _, one := range p.Params {
		t.Params = append(t.Params, Param(one))
	}
	if p.Response != nil {
		t.Response = *p.Response
	}
	if p.Security != nil {
		t.Security = [][]Requirement{}
	}
	for _, alternative := range p.Security {
		all := make([]Requirement, 0, len(alternative))
		for _, r := range alternative {
			scheme, ok := k.scheme(r.Scheme)
			credential, fits := k.reference(r.Credential)
			if !ok || !fits || scheme == nil {
				return nil
			}
			all = append(all, Requirement{scheme, credential, r.Scopes, r.Record})
		}
		t.Security = append(t.Security, all)
	}
	if d := p.Downstream; d != nil {
		scheme, ok := k.scheme(d.Scheme)
		credential, fits := k.reference(d.Credential)
		if !ok || !fits {
			return nil
		}
		t.Downstream = &Downstream{scheme, d.Passthrough, credential, d.Record}
	}
	return t
}

func (k *packed) scheme(s packedScheme) (*profiles.SecurityScheme, bool) {
	if s.At == 0 {
		return s.Other, true
	}
	if s.At < 0 || s.At > len(k.profile.Server.SecuritySchemes) {
		return nil, false
	}
	return &k.profile.Server.SecuritySchemes[s.At-1], true
}

func (k *packed) reference(at int) (*profiles.Reference, bool) {
	if at == 0 {
		return nil, true
	}
	if at < 0 || at > len(k.refs) {
		return nil, false
	}
	return k.refs[at-1], true
}

// ordered returns where the listed tools stand, by name: the place of an imported one,
// or the complement of the place among the profile's own.
func (k *packed) ordered(own []*Tool) []int {
	k.orderOnce.Do(func() {
		i := 0
		for _, place := range k.listed {
			for i < len(own) && own[i].Name < k.name(place) {
				k.order = append(k.order, ^i)
				i++
			}
			k.order = append(k.order, place)
		}
		for ; i < len(own); i++ {
			k.order = append(k.order, ^i)
		}
	})
	return k.order
}

// listedTools returns every listed tool, sorted by name.
func (k *packed) listedTools(own []*Tool) []*Tool {
	k.toolsOnce.Do(func() {
		for _, place := range k.ordered(own) {
			if place < 0 {
				k.tools = append(k.tools, own[^place])
			} else if t := k.tool(place); t != nil {
				k.tools = append(k.tools, t)
			}
		}
	})
	return k.tools
}

// allTools returns every tool, sorted by name.
func (k *packed) allTools(own []*Tool) []*Tool {
	k.allOnce.Do(func() {
		k.all = slices.Clone(own)
		for i := range k.len() {
			if t := k.tool(i); t != nil {
				k.all = append(k.all, t)
			}
		}
		slices.SortFunc(k.all, func(a, b *Tool) int { return strings.Compare(a.Name, b.Name) })
	})
	return k.all
}
