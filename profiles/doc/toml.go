package doc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"

	"github.com/BurntSushi/toml"
)

// ParseTOML reads a TOML 1.1 document. Integers and floats of any size keep
// their digits, dates and the floats inf and nan become Strings, line ends inside
// multi-line strings become line feeds. Everything that is not TOML, and more than
// 100 levels of nesting, is an *Error with its position; its message never shows a
// value, which could be a secret.
//
// The tree comes from a scanner of our own, because the library keeps the position
// of a key only while it parses. What the scanner accepts the library checks again.
func ParseTOML(file string, data []byte) (*Node, error) {
	text := strings.TrimPrefix(string(data), "\xef\xbb\xbf")
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		bad := notUTF8(text)
		if nul := strings.IndexByte(text, 0); nul >= 0 {
			bad = min(bad, nul)
		}
		return nil, &Error{Pos: posOf(file, text, bad), Message: "a TOML file must be UTF-8 text"}
	}
	p := tomlParser{cursor: cursor{file: file, s: text}, state: map[*Node]tableState{}, index: map[*Node]map[string]*Node{}}
	root, failure := p.document()
	if failure != nil {
		return nil, failure
	}
	if err := checkTOML(file, text, p.large); err != nil {
		return nil, err
	}
	return root, nil
}

// span is a piece of the text.
type span struct{ off, n int }

// checkTOML runs the library over the text. It knows numbers of 64 bits only, so
// it is shown a small one of the same length where a larger one stands.
func checkTOML(file, text string, large []span) (err error) {
	if len(large) > 0 {
		b := []byte(text)
		for _, l := range large {
			copy(b[l.off:], "1."+strings.Repeat("0", l.n-2))
		}
		text = string(b)
	}
	defer func() {
		if r := recover(); r != nil {
			err = &Error{Pos: Pos{file, 1, 1}, Message: "not readable as TOML"}
		}
	}()
	var into map[string]any
	if _, err := toml.Decode(text, &into); err != nil {
		e := &Error{Pos: Pos{file, 1, 1}, Message: "not readable as TOML"}
		var parse toml.ParseError
		if errors.As(err, &parse) {
			e.Pos = posOf(file, text, parse.Position.Start)
			e.Message = withoutValues(parse.Message)
		}
		return e
	}
	return nil
}

// withoutValues cuts quoted values out of one of the library's messages, which
// could quote a secret that lacks its quotes.
func withoutValues(message string) string {
	for _, quote := range []string{`"`, "'", "`"} {
		if before, rest, ok := strings.Cut(message, quote); ok {
			_, after, _ := strings.Cut(rest, quote)
			if strings.Contains(after, quote) {
				after = ""
			}
			message = before + "…" + after
		}
	}
	return strings.ToLower(message[:min(1, len(message))]) + message[min(1, len(message)):]
}

// tableState says how a table came to be, which decides what may be added to it.
type tableState uint8

const (
	implicitTable tableState = iota + 1 // a parent in a header: [a.b] makes a
	headerTable                         // [a]
	dottedTable                         // a.b = 1 makes a
	inlineTable                         // { }
	arrayOfTables                       // [[a]]
)

type tomlParser struct {
	cursor
	state map[*Node]tableState
	index map[*Node]map[string]*Node // of tables with many keys
	large []span                     // numbers beyond 64 bits
}

// keyPart is one part of a dotted key.
type keyPart struct {
	name string
	pos  Pos
}

func (p *tomlParser) document() (*Node, *Error) {
	root := &Node{Kind: Table, Pos: Pos{p.file, 1, 1}}
	p.state[root] = headerTable
	current, depth := root, 0
	for {
		if err := p.blank(true); err != nil {
			return nil, err
		}
		if p.end() {
			return root, nil
		}
		var err *Error
		if p.peek() == '[' {
			current, depth, err = p.header(root)
		} else {
			err = p.assignment(current, depth)
		}
		if err == nil {
			err = p.endOfLine()
		}
		if err != nil {
			return nil, err
		}
	}
}

// header reads "[a.b]" or "[[a.b]]" and returns the table that it opens.
func (p *tomlParser) header(root *Node) (*Node, int, *Error) {
	closing := "]"
	if p.has("[[") {
		closing = "]]"
	}
	p.skip(len(closing))
	parts, err := p.key()
	if err != nil {
		return nil, 0, err
	}
	if !p.has(closing) {
		return nil, 0, p.fail("expected '" + closing + "' after the table's name, found " + p.found())
	}
	p.skip(len(closing))
	at := root
	for _, part := range parts[:len(parts)-1] {
		next := p.member(at, part.name)
		if next == nil {
			next = p.add(at, part, implicitTable)
		}
		if p.state[next] == arrayOfTables {
			next = next.Items[len(next.Items)-1]
		}
		if s := p.state[next]; next.Kind != Table || s == inlineTable {
			return nil, 0, defined(part)
		}
		at = next
	}
	table, err := p.open(at, parts[len(parts)-1], closing == "]]")
	return table, len(parts), err
}

// open makes the table that a header names, or makes an implicit one explicit.
func (p *tomlParser) open(at *Node, last keyPart, array bool) (*Node, *Error) {
	old := p.member(at, last.name)
	switch {
	case !array && old == nil:
		return p.add(at, last, headerTable), nil
	case !array && p.state[old] == implicitTable:
		p.state[old] = headerTable
		old.Pos = last.pos
		return old, nil
	case array && old == nil:
		old = p.add(at, last, arrayOfTables)
		old.Kind = List
	case !array || p.state[old] != arrayOfTables:
		return nil, defined(last)
	}
	table := &Node{Kind: Table, Pos: last.pos}
	p.state[table] = headerTable
	old.Items = append(old.Items, table)
	return table, nil
}

func defined(part keyPart) *Error {
	return &Error{Pos: part.pos, Message: "the key " + strconv.Quote(plaintext.ShortenBytes(part.name, longestName)) + " is already defined"}
}

// manyKeys is from when on a table gets an index.
const manyKeys = 16

func (p *tomlParser) member(table *Node, key string) *Node {
	if index := p.index[table]; index != nil {
		return index[key]
	}
	return table.Get(key)
}

// add puts a new, empty table at a key that does not exist.
func (p *tomlParser) add(at *Node, part keyPart, s tableState) *Node {
	n := &Node{Kind: Table, Pos: part.pos}
	p.state[n] = s
	p.put(at, part, n)
	return n
}

func (p *tomlParser) put(at *Node, part keyPart, n *Node) {
	at.Members = append(at.Members, Member{part.name, part.pos, n})
	if index := p.index[at]; index != nil {
		index[part.name] = n
	} else if len(at.Members) > manyKeys {
		index = make(map[string]*Node, 2*manyKeys)
		for _, m := range at.Members {
			index[m.Key] = m.Value
		}
		p.index[at] = index
	}
}

// assignment reads "a.b = value" into table.
func (p *tomlParser) assignment(table *Node, depth int) *Error {
	parts, err := p.key()
	if err != nil {
		return err
	}
	if p.peek() != '=' {
		return p.fail("expected '=' after the key, found " + p.found())
	}
	p.skip(1)
	p.blanks()
	for _, part := range parts[:len(parts)-1] {
		next := p.member(table, part.name)
		if next == nil {
			next = p.add(table, part, dottedTable)
		}
		if s := p.state[next]; s != dottedTable && s != implicitTable {
			return defined(part)
		}
		table = next
	}
	value, err := p.value(depth + len(parts))
	if err != nil {
		return err
	}
	last := parts[len(parts)-1]
	if p.member(table, last.name) != nil {
		return defined(last)
	}
	p.put(table, last, value)
	return nil
}

// key reads a dotted key and the blanks around it.
func (p *tomlParser) key() ([]keyPart, *Error) {
	var parts []keyPart
	for {
		p.blanks()
		part := keyPart{pos: p.pos()}
		var err *Error
		switch b := p.peek(); {
		case b == '"' || b == '\'':
			if p.has(`"""`) || p.has("'''") {
				return nil, p.fail("a key cannot be a multi-line string")
			}
			part.name, err = p.quoted()
		case isWordByte(b):
			from := p.off
			for isWordByte(p.peek()) {
				p.off++
			}
			part.name = p.s[from:p.off]
		default:
			err = p.fail("expected a key, found " + p.found())
		}
		if err != nil {
			return nil, err
		}
		if parts = append(parts, part); len(parts) > maxDepthTOML {
			return nil, p.tooDeep()
		}
		p.blanks()
		if p.peek() != '.' {
			return parts, nil
		}
		p.skip(1)
	}
}

func (p *tomlParser) tooDeep() *Error {
	return p.fail(fmt.Sprintf("more than %d levels of nesting", maxDepthTOML))
}
