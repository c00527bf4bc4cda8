package openapi

import (
	"encoding/json"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// kind is the kind of an entry.
type kind uint8

const (
	absent kind = iota
	null
	truth
	falsehood
	number
	text
	list
	table
	key // of a member; its value is the next entry
)

// entry is one value or key of a file. What a table or list holds stands behind it,
// up to next.
type entry struct {
	start, end uint32 // of the text in tree.src; or start is its index in tree.texts
	next       uint32 // the entry behind this value
	kind       kind
	escaped    bool // the text has JSON escapes
}

// tree is one file as a flat list of entries: 16 bytes a value, so that a document
// of 13 MB costs little more than its own bytes. Texts are read when asked for.
type tree struct {
	rel     string // path below the entry file's folder
	name    string // for positions
	src     []byte
	entries []entry

	// A tree made of nodes has texts of its own, and positions.
	texts  []string
	places []doc.Pos

	marks   []mark                       // where lines begin, made for the first position
	tables  map[uint32]map[string]uint32 // large tables by key, made when first searched
	lists   map[uint32][]uint32          // long lists by index, made when first searched
	anchors map[string]uint32            // schemas by $anchor, made when first searched
}

// node is a value in a tree, or none: the zero node, which every method accepts.
type node struct {
	t *tree
	i uint32
}

func (n node) kind() kind {
	if n.t == nil {
		return absent
	}
	return n.t.entries[n.i].kind
}

func (n node) exists() bool  { return n.t != nil }
func (n node) isTable() bool { return n.kind() == table }
func (n node) isText() bool  { return n.kind() == text }
func (n node) isTrue() bool  { return n.kind() == truth }

// text returns the characters of a text, and the digits of a number; "" for all else.
func (n node) text() string {
	if k := n.kind(); k != text && k != number && k != key {
		return ""
	}
	return n.t.string(n.i)
}

// str returns the characters of a text only.
func (n node) str() string {
	if !n.isText() {
		return ""
	}
	return n.t.string(n.i)
}

// begin returns the beginning of a text, of about most bytes: what follows is not
// even read.
func (n node) begin(most int) string {
	if !n.isText() {
		return ""
	}
	t, e := n.t, n.t.entries[n.i]
	if t.texts != nil {
		s := t.texts[e.start]
		return strings.ToValidUTF8(s[:min(len(s), most)], "")
	}
	if int(e.end-e.start) <= most {
		return t.string(n.i)
	}
	raw := t.src[e.start : int(e.start)+most]
	if !e.escaped {
		return strings.ToValidUTF8(string(raw), "")
	}
	for i := max(0, len(raw)-6); i < len(raw); i++ { // no part of an escape
		if raw[i] == '\\' {
			for i > 0 && raw[i-1] == '\\' {
				i--
			}
			raw = raw[:i]
			break
		}
	}
	var s string
	_ = json.Unmarshal([]byte(`"`+strings.ToValidUTF8(string(raw), "")+`"`), &s)
	return s
}

func (t *tree) string(i uint32) string {
	e := &t.entries[i]
	if t.texts != nil {
		return t.texts[e.start]
	}
	raw := t.src[e.start:e.end]
	if !e.escaped {
		return string(raw)
	}
	var s string
	// The scanner has checked the escapes; a lone surrogate becomes U+FFFD.
	_ = json.Unmarshal(t.src[e.start-1:e.end+1], &s)
	return s
}

// is reports whether the text at i is s, without making a string.
func (t *tree) is(i uint32, s string) bool {
	e := &t.entries[i]
	switch {
	case t.texts != nil:
		return t.texts[e.start] == s
	case e.escaped:
		return t.string(i) == s
	}
	return string(t.src[e.start:e.end]) == s
}

// get returns the value of a key of a table.
func (n node) get(name string) node {
	if !n.isTable() {
		return node{}
	}
	const few = 64 // entries, not members
	t, end := n.t, n.t.entries[n.i].next
	if end-n.i > few {
		if v, ok := t.large(n.i)[name]; ok {
			return node{t, v}
		}
		return node{}
	}
	for k := n.i + 1; k < end; k = t.entries[k+1].next {
		if t.is(k, name) {
			return node{t, k + 1}
		}
	}
	return node{}
}

// large returns the index of a table that has many members; nil for others, which
// are searched.
func (t *tree) large(i uint32) map[string]uint32 {
	if m := t.tables[i]; m != nil {
		return m
	}
	m := map[string]uint32{}
	for k := i + 1; k < t.entries[i].next; k = t.entries[k+1].next {
		m[t.string(k)] = k + 1
	}
	if t.tables == nil {
		t.tables = map[uint32]map[string]uint32{}
	}
	t.tables[i] = m
	return m
}

// members calls yield with every key of a table and its value, in their order.
func (n node) members(yield func(key, value node) bool) {
	if !n.isTable() {
		return
	}
	t := n.t
	for k := n.i + 1; k < t.entries[n.i].next; k = t.entries[k+1].next {
		if !yield(node{t, k}, node{t, k + 1}) {
			return
		}
	}
}

// items calls yield with every item of a list.
func (n node) items(yield func(item node) bool) {
	if n.kind() != list {
		return
	}
	t := n.t
	for i := n.i + 1; i < t.entries[n.i].next; i = t.entries[i].next {
		if !yield(node{t, i}) {
			return
		}
	}
}

// first returns the first item of a list.
func (n node) first() node {
	for item := range n.items {
		return item
	}
	return node{}
}

// size returns how many members or items there are, counted no further than most.
func (n node) size(most int) int {
	count := 0
	for range n.members {
		if count++; count >= most {
			break
		}
	}
	for range n.items {
		if count++; count >= most {
			break
		}
	}
	return count
}

// strings returns the texts of a list; a text alone counts as a list of one.
func (n node) strings() []string {
	if n.isText() {
		return []string{n.str()}
	}
	var out []string
	for item := range n.items {
		if item.isText() {
			out = append(out, item.str())
		}
	}
	return out
}

// span is how many entries a value takes: itself and all that it holds.
func (n node) span() int {
	if n.t == nil {
		return 0
	}
	return int(n.t.entries[n.i].next - n.i)
}
