package tool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// ErrPacked says that bytes are no packed set, or one of another profile.
var ErrPacked = errors.New("the packed tools are damaged or of another profile")

// Source reads the parts of a packed set. Its functions may be called by several at
// once. An error, also one that says that the bytes are not those that were packed,
// makes the set [Set.Damaged].
type Source struct {
	Head    []byte // as it was packed
	List    func() ([]byte, error)
	Index   func() ([]byte, error)
	Details func(at, size int) ([]byte, error) // a part; what it holds is checked by the set
}

// packed are the imported tools of a set that was unpacked. They are made when they
// are asked for, and kept.
type packed struct {
	profile              *profiles.Profile
	refs                 []*profiles.Reference
	own                  map[string]*Tool // the profile's own
	source               Source
	head                 packedStart
	broken               atomic.Bool
	indexOnce            sync.Once
	entries, names       []byte
	listed               []int // the tools of the index that are listed
	mu                   sync.Mutex
	made                 map[int]*Tool
	details              []byte // all of them, while every tool is made
	orderOnce, toolsOnce sync.Once
	allOnce              sync.Once
	order                []int
	tools, all           []*Tool
}

// Unpack makes the set that was packed by [Set.Pack]. The profile must be equal to the
// one it was packed with. It compiles the tools that are written in the profile and
// reads nothing but the head: the index is read when a name is looked up, and a tool
// is made when it is asked for. The error is [ErrPacked], or an [Errors] of the
// profile's own tools.
func Unpack(p *profiles.Profile, source Source) (*Set, error) {
	k := &packed{profile: p, refs: references(p), source: source, made: map[int]*Tool{}}
	if err := json.Unmarshal(source.Head, &k.head); err != nil || k.head.Listed < 0 || k.head.Size < 0 {
		return nil, ErrPacked
	}
	s, err := newCompiler(p).compile(nil)
	if err != nil {
		return nil, err
	}
	s.choose()
	k.own = s.byName
	s.packed, s.version, s.warnings, s.size, s.compact = k, func() string { return k.head.Version }, k.head.Warnings, k.head.Size, k.head.Compact
	return s, nil
}

// Damaged reports whether a part of an unpacked set could not be read, or was not what
// had been packed. What it says of tools is then incomplete: make the set again.
func (s *Set) Damaged() bool { return s.packed != nil && s.packed.broken.Load() }

// readIndex reads the index at first use.
func (k *packed) readIndex() {
	k.indexOnce.Do(func() {
		data, err := k.source.Index()
		if err != nil || !k.check(data) {
			k.entries, k.names, k.listed = nil, nil, nil
			k.broken.Store(true)
		}
	})
}

// check takes in an index that is whole: names are sorted, none of them is one of the
// profile's own tools, and there are as many as the head says.
func (k *packed) check(data []byte) bool {
	if len(data) < 4 {
		return false
	}
	n, rest := uint64(binary.LittleEndian.Uint32(data)), data[4:]
	if n*indexEntry > uint64(len(rest)) {
		return false
	}
	k.entries, k.names = rest[:n*indexEntry], rest[n*indexEntry:]
	before := ""
	for i := range k.len() {
		from, to := k.at(i, atName), k.at(i, atNameEnd)
		if from > to || to > len(k.names) || k.at(i, atReason) > len(k.head.Reasons) {
			return false
		}
		name := k.name(i)
		if name <= before || k.own[name] != nil {
			return false
		}
		before = name
		if k.at(i, atReason) == 0 {
			k.listed = append(k.listed, i)
		}
	}
	return len(k.listed) == k.head.Listed
}

func (k *packed) len() int { return len(k.entries) / indexEntry }

func (k *packed) at(i, field int) int {
	return int(binary.LittleEndian.Uint32(k.entries[i*indexEntry+field:]))
}

func (k *packed) name(i int) string { return string(k.names[k.at(i, atName):k.at(i, atNameEnd)]) }

// find returns the place of the tool of that name, or -1.
func (k *packed) find(name string) int {
	k.readIndex()
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
	return k.head.Reasons[k.at(i, atReason)-1], true
}

// list returns the packed list; nil when there is none that can be used.
func (k *packed) list() []byte {
	list, err := k.source.List()
	if err != nil {
		k.broken.Store(true)
		return nil
	}
	return list
}

// tool returns one tool, the same every time; nil when its record is damaged.
func (k *packed) tool(i int) *Tool {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, known := k.made[i]
	if !known {
		if t = k.make(i); t == nil {
			k.broken.Store(true)
		}
		k.made[i] = t
	}
	return t
}

// record reads the record of a tool, and says where its two further parts begin.
func (k *packed) record(i int) (data []byte, head, schema int, ok bool) {
	from, head, schema, to := k.at(i, atRecord), k.at(i, atHead), k.at(i, atSchema), k.at(i, atRecordEnd)
	if from > head || head > schema || schema > to {
		return nil, 0, 0, false
	}
	if to <= len(k.details) {
		data = k.details[from:to]
	} else if data, _ = k.source.Details(from, to-from); len(data) != to-from {
		return nil, 0, 0, false
	}
	return data, head - from, schema - from, checksum(data) == uint32(k.at(i, atSum))
}

func (k *packed) make(i int) *Tool {
	data, atText, atSchema, ok := k.record(i)
	if !ok {
		return nil
	}
	t := &Tool{}
	p, head := packedTool{Tool: t}, packedHead{}
	if json.Unmarshal(data[:atText], &p) != nil || json.Unmarshal(slices.Concat(data[atText:atSchema], []byte("null}")), &head) != nil {
		return nil
	}
	t.Name, t.Title, t.Description = k.name(i), head.Title, head.Description
	t.InputSchema = bytes.Clone(data[atSchema:])
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
