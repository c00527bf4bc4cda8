package openapi

import (
	"math"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// maxEntries is how many values and keys a file may have: those of the largest real
// documents and some more.
const maxEntries = 5_000_000

// scanner makes entries of JSON. It gives up at the first thing that RFC 8259 does
// not allow, and at a repeated key.
type scanner struct {
	b       []byte
	i       int
	entries []entry
	seen    map[string]bool
	full    bool // there are more than maxValues
}

// scan returns nil for what is not strict JSON. full reports more values than a
// document may have.
func scan(rel, name string, data []byte) (t *tree, full bool) {
	if len(data) == 0 || len(data) > math.MaxInt32 || !utf8.Valid(data) {
		return nil, false
	}
	s := &scanner{b: data}
	if s.space(); s.peek() != '{' && s.peek() != '[' {
		return nil, false
	}
	s.entries = make([]entry, 0, len(data)/24+16)
	if !s.value(0) {
		return nil, s.full
	}
	if s.space(); s.i != len(s.b) {
		return nil, false
	}
	return &tree{rel: rel, name: name, src: data, entries: s.entries}, false
}

func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\n', '\r', '\t':
			s.i++
		default:
			return
		}
	}
}

// value reads one value. depth is how many tables and lists are open.
func (s *scanner) value(depth int) bool {
	if len(s.entries) > maxEntries {
		s.full = true
		return false
	}
	switch c := s.peek(); {
	case c == '"':
		return s.string(text)
	case c == '{' && depth < doc.MaxDepth:
		return s.table(depth)
	case c == '[' && depth < doc.MaxDepth:
		return s.list(depth)
	case c == 't':
		return s.word("true", truth)
	case c == 'f':
		return s.word("false", falsehood)
	case c == 'n':
		return s.word("null", null)
	}
	return s.number()
}

func (s *scanner) word(word string, k kind) bool {
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return false
	}
	s.leaf(k, s.i, s.i+len(word), false)
	s.i += len(word)
	return true
}

func (s *scanner) leaf(k kind, start, end int, escaped bool) {
	s.entries = append(s.entries, entry{uint32(start), uint32(end), uint32(len(s.entries) + 1), k, escaped})
}

func (s *scanner) string(k kind) bool {
	start, odd := s.i+1, false
	for i := start; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			s.leaf(k, start, i, odd)
			s.i = i + 1
			return true
		case c == '\\':
			n := escaped(s.b[i:])
			if n == 0 {
				return false
			}
			odd = true
			i += n - 1
		case c < ' ':
			return false
		}
	}
	return false
}

// escaped returns the length of a legal escape, or 0.
func escaped(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && isHex(b[2]) && isHex(b[3]) && isHex(b[4]) && isHex(b[5]) {
			return 6
		}
	}
	return 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func (s *scanner) digits() bool {
	from := s.i
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.i++
	}
	return s.i > from
}

func (s *scanner) number() bool {
	start := s.i
	if s.peek() == '-' {
		s.i++
	}
	if s.peek() == '0' {
		s.i++
	} else if !s.digits() {
		return false
	}
	if s.peek() == '.' {
		if s.i++; !s.digits() {
			return false
		}
	}
	if s.peek()|0x20 == 'e' {
		if s.i++; s.peek() == '+' || s.peek() == '-' {
			s.i++
		}
		if !s.digits() {
			return false
		}
	}
	s.leaf(number, start, s.i, false)
	return true
}

func (s *scanner) list(depth int) bool {
	at := len(s.entries)
	s.leaf(list, s.i, s.i+1, false)
	for first := true; ; first = false {
		s.i++ // the bracket, or the comma
		s.space()
		if first && s.peek() == ']' {
			break
		}
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		if c := s.peek(); c == ']' {
			break
		} else if c != ',' {
			return false
		}
	}
	s.i++
	s.entries[at].next = uint32(len(s.entries))
	return true
}

func (s *scanner) table(depth int) bool {
	at := len(s.entries)
	s.leaf(table, s.i, s.i+1, false)
	count := 0
	for ; ; count++ {
		s.i++ // the brace, or the comma
		s.space()
		if count == 0 && s.peek() == '}' {
			break
		}
		if s.peek() != '"' || !s.string(key) {
			return false
		}
		if s.space(); s.peek() != ':' {
			return false
		}
		s.i++
		if s.space(); !s.value(depth + 1) {
			return false
		}
		s.space()
		if c := s.peek(); c == '}' {
			count++
			break
		} else if c != ',' {
			return false
		}
	}
	s.i++
	s.entries[at].next = uint32(len(s.entries))
	return count < 2 || s.unique(at, count)
}

// unique reports whether no key of the table stands twice. Escaped keys are
// compared as they are written: a repetition in another spelling is found by nobody.
func (s *scanner) unique(at, count int) bool {
	raw := func(k uint32) []byte { return s.b[s.entries[k].start:s.entries[k].end] }
	end := s.entries[at].next
	if count <= 12 {
		for k := uint32(at) + 1; k < end; k = s.entries[k+1].next {
			for other := s.entries[k+1].next; other < end; other = s.entries[other+1].next {
				if string(raw(k)) == string(raw(other)) {
					return false
				}
			}
		}
		return true
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	clear(s.seen)
	for k := uint32(at) + 1; k < end; k = s.entries[k+1].next {
		if s.seen[string(raw(k))] {
			return false
		}
		s.seen[string(raw(k))] = true
	}
	return true
}
