package doc

import "strings"

// cursor walks over a text and knows its line and column without counting again.
type cursor struct {
	file string
	s    string
	off  int
	line int // from 0
	bol  int // offset at which the line begins
	wide int // bytes on this line before off that do not begin a character
}

func (c *cursor) pos() Pos {
	return Pos{c.file, c.line + 1, c.off - c.bol - c.wide + 1}
}

func (c *cursor) end() bool { return c.off >= len(c.s) }

// peek returns the next byte, 0 at the end (a NUL in the text is never legal, so
// that the two need no distinction).
func (c *cursor) peek() byte {
	if c.off < len(c.s) {
		return c.s[c.off]
	}
	return 0
}

func (c *cursor) has(prefix string) bool { return strings.HasPrefix(c.s[c.off:], prefix) }

// newline records that the byte before off was a line feed.
func (c *cursor) newline() {
	c.line++
	c.bol = c.off
	c.wide = 0
}

// skip moves over n bytes, which may hold anything.
func (c *cursor) skip(n int) {
	for end := c.off + n; c.off < end; {
		b := c.s[c.off]
		c.off++
		if b == '\n' {
			c.newline()
		} else if b&0xC0 == 0x80 {
			c.wide++
		}
	}
}

// errorf makes an error at the cursor.
func (c *cursor) fail(message string) *Error { return &Error{Pos: c.pos(), Message: message} }

// found names the next byte for an error message. It shows one character at
// most: a value without quotes may be a secret.
func (c *cursor) found() string {
	if c.end() {
		return "the end of the document"
	}
	switch b := c.s[c.off]; {
	case b == '\n' || b == '\r':
		return "the end of the line"
	case b < ' ' || b == 0x7f:
		return "a control character"
	case b < 0x7f && !isWordByte(b):
		return "'" + string(rune(b)) + "'"
	}
	return "other text"
}

func isWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '-'
}

// arena makes nodes and exact-size slices in pieces, each twice as large as the one
// before: a document has hundreds of thousands of them, the arguments of a call a
// handful.
type arena struct {
	nodes   []Node
	pointer []*Node
	member  []Member
	sizes   [3]int // of the last piece of each
}

// The sizes of pieces.
const (
	smallestPiece = 4
	largestPiece  = 512
)

// grown returns the size of the next piece, which holds at least n.
func grown(last *int, n int) int {
	*last = max(smallestPiece, n, min(2**last, largestPiece))
	return *last
}

func (a *arena) node(kind Kind, pos Pos) *Node {
	if len(a.nodes) == 0 {
		a.nodes = make([]Node, grown(&a.sizes[0], 1))
	}
	n := &a.nodes[0]
	a.nodes = a.nodes[1:]
	n.Kind, n.Pos = kind, pos
	return n
}

func (a *arena) items(from []*Node) []*Node {
	if len(from) > len(a.pointer) {
		if len(from) > 128 {
			return append([]*Node(nil), from...)
		}
		a.pointer = make([]*Node, grown(&a.sizes[1], len(from)))
	}
	out := a.pointer[:len(from):len(from)]
	a.pointer = a.pointer[len(from):]
	copy(out, from)
	return out
}

func (a *arena) members(from []Member) []Member {
	if len(from) > len(a.member) {
		if len(from) > 64 {
			return append([]Member(nil), from...)
		}
		a.member = make([]Member, grown(&a.sizes[2], len(from)))
	}
	out := a.member[:len(from):len(from)]
	a.member = a.member[len(from):]
	copy(out, from)
	return out
}
