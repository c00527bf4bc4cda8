// Package doc reads JSON, YAML and TOML as trees whose every key and value
// knows its place in the file. It is pure: bytes in, tree or error out.
//
// # Terminology
//
// A document is one file's content. A node is one value in it: null, a boolean,
// a number, a string, a list or a table (JSON's object, YAML's mapping). A member
// is a key of a table with its value. A position is a file name, a line and a
// column, both counted from 1; columns count characters, not bytes. A path names
// a node from the root, as in "server.securitySchemes[0].type".
package doc

import (
	"slices"
	"strconv"
	"strings"
)

// The most levels of nesting that a document may have. TOML has fewer because
// its parser's work grows with the square of the depth.
const (
	MaxDepth     = 1000
	maxDepthTOML = 100
)

// Kind is the kind of a node.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Table
)

// String returns the kind with its article, as error messages use it.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case List:
		return "a list"
	case Table:
		return "a table"
	}
	return "an unknown kind"
}

// Pos is a place in a file. Line and Col count from 1; the zero Pos is unknown.
type Pos struct {
	File      string
	Line, Col int
}

// IsZero reports whether the place is unknown.
func (p Pos) IsZero() bool { return p == Pos{} }

// String returns "FILE:LINE:COL", without the parts that are unknown.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	s := strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
	if p.File == "" {
		return s
	}
	return p.File + ":" + s
}

// Node is one value of a document. A tree is never changed after it is made
// and is safe for concurrent reading; parts of it may be shared (YAML aliases).
type Node struct {
	Kind    Kind
	Bool    bool     // of a Bool
	Text    string   // a String's value, or a Number as it was written; TOML dates are Strings
	Pos     Pos      // where the value begins; for a TOML table, its header
	Items   []*Node  // of a List
	Members []Member // of a Table, in the document's order; keys are unique
}

// Member is one key of a table and its value.
type Member struct {
	Key    string
	KeyPos Pos
	Value  *Node
}

// Get returns the value of key, or nil when n is nil, no table, or has no such key.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Table {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Key == key {
			return n.Members[i].Value
		}
	}
	return nil
}

// At returns the node at a path such as "server.securitySchemes[0].type", or nil
// when there is none. A key that holds a dot, a bracket, a quote or a backslash
// stands in double quotes, as [Join] writes it. The empty path is n itself.
func (n *Node) At(path string) *Node {
	found, rest := n.walk(path)
	if rest != "" {
		return nil
	}
	return found
}

// PosAt returns the position of the node at path, or of its nearest ancestor
// that exists. It is the zero Pos only when n is nil.
func (n *Node) PosAt(path string) Pos {
	if n == nil {
		return Pos{}
	}
	found, _ := n.walk(path)
	return found.Pos
}

// walk follows path as far as there are nodes, and returns the last of them and
// what remains of the path.
func (n *Node) walk(path string) (*Node, string) {
	at := n
	for path != "" && at != nil {
		key, index, rest, ok := step(path)
		if !ok {
			return at, path
		}
		var next *Node
		if index < 0 {
			next = at.Get(key)
		} else if at.Kind == List && index < len(at.Items) {
			next = at.Items[index]
		}
		if next == nil {
			return at, path
		}
		at, path = next, rest
	}
	return at, path
}

// With returns n with the node v at a path, as [Node.At] reads it. Tables on the way
// that are not there are made; what is no table or list, or has no such item, gives
// way. n stays as it is.
func (n *Node) With(path string, v *Node) *Node {
	key, index, rest, ok := step(path)
	if !ok {
		return v
	}
	out := &Node{Kind: Table}
	if n != nil {
		*out = *n
	}
	if index >= 0 && out.Kind == List && index < len(out.Items) {
		out.Items = slices.Clone(out.Items)
		out.Items[index] = out.Items[index].With(rest, v)
		return out
	}
	if index >= 0 {
		return &Node{Kind: List, Pos: out.Pos, Items: []*Node{(*Node)(nil).With(rest, v)}}
	}
	if out.Kind != Table {
		out = &Node{Kind: Table, Pos: out.Pos}
	}
	out.Members = slices.Clone(out.Members)
	for i := range out.Members {
		if out.Members[i].Key == key {
			out.Members[i].Value = out.Members[i].Value.With(rest, v)
			return out
		}
	}
	out.Members = append(out.Members, Member{Key: key, Value: (*Node)(nil).With(rest, v)})
	return out
}

// step takes the first key (index -1) or index off a path.
func step(path string) (key string, index int, rest string, ok bool) {
	path = strings.TrimPrefix(path, ".")
	switch {
	case path == "":
		return "", 0, "", false
	case path[0] == '[':
		end := strings.IndexByte(path, ']')
		if end < 0 {
			return "", 0, "", false
		}
		i, err := strconv.ParseUint(path[1:end], 10, 31)
		return "", int(i), path[end+1:], err == nil
	case path[0] == '"':
		quoted, err := strconv.QuotedPrefix(path)
		if err != nil {
			return "", 0, "", false
		}
		key, err = strconv.Unquote(quoted)
		return key, -1, path[len(quoted):], err == nil
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	return path[:end], -1, path[end:], true
}

// Join returns path with key appended, quoted where [Node.At] needs it.
func Join(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\"\\") || !printable(key) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// Index returns path with the index of a list's item appended.
func Index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// Pointer returns the node at a JSON Pointer (RFC 6901) such as "/paths/~1a/get",
// or nil. "" is n itself.
func (n *Node) Pointer(pointer string) *Node {
	if pointer == "" {
		return n
	}
	if pointer[0] != '/' {
		return nil
	}
	at := n
	for _, token := range strings.Split(pointer[1:], "/") {
		if at == nil {
			return nil
		}
		if strings.Contains(token, "~") {
			token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		}
		if at.Kind != List {
			at = at.Get(token)
			continue
		}
		i, err := strconv.ParseUint(token, 10, 31)
		if err != nil || int(i) >= len(at.Items) || (len(token) > 1 && token[0] == '0') {
			return nil
		}
		at = at.Items[i]
	}
	return at
}
