package secret

import (
	"bytes"
	"math/bits"
)

// index finds the forms of many secrets in one pass over a text: what it costs grows
// with the text, not with the number of secrets. It does not change once it is made.
type index struct {
	forms    int
	most     int // bytes that a form takes at most
	begins   [256]start
	first    map[byte][]*form   // all, by their first byte
	prefixed map[uint32][]*form // those that are not short, by their prefix
	filter   []uint64           // a bit for the hash of each prefix
	shift    int
}

// start says what may begin with a byte.
type start uint8

const (
	startsShort    start = 1 << iota // a form without a prefix
	startsPrefixed                   // one with a prefix
	startsEscaped                    // any form whose first character is escaped
)

func newIndex(forms []*form) *index {
	x := &index{forms: len(forms), first: map[byte][]*form{}, prefixed: map[uint32][]*form{}}
	if len(forms) == 0 {
		return x
	}
	// At least sixteen bits for each form keep most lookups in the filter.
	x.shift = 32 - bits.Len(uint(16*len(forms)|1023))
	x.filter = make([]uint64, 1<<(32-x.shift)/64)
	for _, c := range []byte(`%\&+`) {
		x.begins[c] |= startsEscaped
	}
	for _, f := range forms {
		x.most = max(x.most, f.longest())
		c := f.text[0]
		x.first[c] = append(x.first[c], f)
		if f.short {
			x.begins[c] |= startsShort
			continue
		}
		x.begins[c] |= startsPrefixed
		x.prefixed[f.prefix] = append(x.prefixed[f.prefix], f)
		h := hash(f.prefix) >> x.shift
		x.filter[h/64] |= 1 << (h % 64)
	}
	return x
}

func hash(v uint32) uint32 { return v * 2654435761 }

// find returns the first place of b, at or behind from, where a form stands, and where
// the longest one that begins there ends; both are len(b) when there is none.
func (x *index) find(b []byte, from int) (start, end int) {
	for at := from; at < len(b); at++ {
		s := x.begins[b[at]]
		if s == 0 {
			continue
		}
		n := 0
		if s&startsPrefixed != 0 && at+prefixBytes <= len(b) {
			p := uint32(b[at]) | uint32(b[at+1])<<8 | uint32(b[at+2])<<16 | uint32(b[at+3])<<24
			if h := hash(p) >> x.shift; x.filter[h/64]&(1<<(h%64)) != 0 {
				n = longest(x.prefixed[p], b[at:])
			}
		}
		if s&startsShort != 0 {
			n = max(n, longest(x.first[b[at]], b[at:]))
		}
		if s&startsEscaped != 0 {
			n = max(n, x.escaped(b[at:]))
		}
		if n > 0 {
			return at, at + n
		}
	}
	return len(b), len(b)
}

// longest returns how many bytes at the beginning of b are one of the forms.
func longest(forms []*form, b []byte) (n int) {
	for _, f := range forms {
		k, _ := f.match(b)
		n = max(n, k)
	}
	return n
}

// escaped is longest for forms of which the first character is escaped.
func (x *index) escaped(b []byte) (n int) {
	if b[0] == '\\' && len(x.first['\\']) == 0 && !escapes(b) {
		return 0
	}
	var ways units
	ways.read(b, deepest)
	for _, u := range ways.list[:ways.n] {
		if u.size > 1 || u.value == ' ' { // else it stands as it is
			n = max(n, longest(x.first[u.first()], b))
		}
	}
	return n
}

// escapes reports whether the backslash at the beginning of b may stand for something
// else than a backslash, which a long run of them does not.
func escapes(b []byte) bool {
	run := 1
	for run < len(b) && run <= 1<<deepest && b[run] == '\\' {
		run++
	}
	return run < len(b) && run <= 1<<deepest && (isEscape(b[run]) || bytes.IndexByte([]byte(`u"/bfnrt'`), b[run]) >= 0)
}

// undecided returns the first place of b, at or behind from, where a form may begin
// of which the rest is still to come.
func (x *index) undecided(b []byte, from int) int {
	if x.forms == 0 {
		return len(b)
	}
	for at := max(from, len(b)-x.most); at < len(b); at++ {
		rest := b[at:]
		if x.open(x.first[rest[0]], rest) {
			return at
		}
		if !isEscape(rest[0]) {
			continue
		}
		var ways units
		if ways.read(rest, deepest) {
			return at
		}
		for _, u := range ways.list[:ways.n] {
			if x.open(x.first[u.first()], rest) {
				return at
			}
		}
	}
	return len(b)
}

func (x *index) open(forms []*form, b []byte) bool {
	for _, f := range forms {
		if _, more := f.match(b); more {
			return true
		}
	}
	return false
}

// replace masks b. Unless b is final, it ends where a form could begin of which the
// rest is still to come; done is how much of b it has dealt with. Without anything to
// mask it returns a part of b itself.
func (x *index) replace(b []byte, final bool) (out []byte, done int) {
	limit := len(b)
	if !final {
		limit = x.undecided(b, 0)
	}
	var masked bytes.Buffer
	for {
		start, end := x.find(b, done)
		if start >= limit {
			break
		}
		if masked.Cap() == 0 {
			masked.Grow(len(b) + len(Mask))
		}
		masked.Write(b[done:start])
		masked.WriteString(Mask)
		if done = end; done > limit {
			limit = x.undecided(b, done)
		}
	}
	if masked.Cap() == 0 {
		return b[:limit], limit
	}
	masked.Write(b[done:max(done, limit)])
	return masked.Bytes(), max(done, limit)
}
