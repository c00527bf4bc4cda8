package openapi

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// mark is a place in the source from which positions are counted.
type mark struct{ off, line, col int }

// at returns "FILE:LINE:COL" of the value.
func (n node) at() string {
	if n.t == nil {
		return ""
	}
	return n.t.pos(n.i).String()
}

func (t *tree) pos(i uint32) doc.Pos {
	if t.places != nil {
		return t.places[i]
	}
	const step = 16 << 10
	off := int(t.entries[i].start)
	if k := t.entries[i].kind; k == text || k == key {
		off-- // its quote
	}
	for len(t.marks) == 0 || t.marks[len(t.marks)-1].off+step <= off {
		last := mark{}
		if n := len(t.marks); n > 0 {
			last = t.count(t.marks[n-1], t.marks[n-1].off+step)
		}
		t.marks = append(t.marks, last)
	}
	m := t.count(t.marks[off/step], off)
	return doc.Pos{File: t.name, Line: m.line + 1, Col: m.col + 1}
}

// count moves a mark forward.
func (t *tree) count(m mark, to int) mark {
	from := t.src[m.off:to]
	if n := bytes.Count(from, []byte{'\n'}); n > 0 {
		m.line, m.col = m.line+n, 0
		from = from[bytes.LastIndexByte(from, '\n')+1:]
	}
	m.col += runeStarts(from)
	m.off = to
	return m
}

// runeStarts counts characters; the bytes may begin or end inside of one.
func runeStarts(b []byte) int {
	n := 0
	for _, c := range b {
		if utf8.RuneStart(c) {
			n++
		}
	}
	return n
}

// pointer follows a JSON Pointer (RFC 6901).
func (n node) pointer(pointer string) node {
	for pointer != "" {
		token, rest, more := strings.Cut(pointer[1:], "/")
		if pointer = ""; more {
			pointer = "/" + rest
		}
		if strings.Contains(token, "~") {
			token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		}
		if n = n.step(token); !n.exists() {
			return n
		}
	}
	return n
}

func (n node) step(token string) node {
	if n.kind() != list {
		return n.get(token)
	}
	index := 0
	for _, c := range []byte(token) {
		if c < '0' || c > '9' || index > 1<<20 {
			return node{}
		}
		index = index*10 + int(c-'0')
	}
	places := n.t.lists[n.i]
	if places == nil {
		for item := range n.items {
			places = append(places, item.i)
		}
		if n.t.lists == nil {
			n.t.lists = map[uint32][]uint32{}
		}
		n.t.lists[n.i] = places
	}
	if index < len(places) {
		return node{n.t, places[index]}
	}
	return node{}
}
