package doc

import (
	"strconv"
	"strings"
)

// ParseJSON reads one JSON value. A byte order mark, UTF-16, bytes that are not
// UTF-8, a trailing comma and a repeated key (the last one wins) are warnings;
// everything else that RFC 8259 does not allow, and more than [MaxDepth] levels,
// is an *Error with its position. Numbers keep every digit.
func ParseJSON(file string, data []byte) (*Node, []Warning, error) {
	var w warnings
	n, err := parseJSON(file, decodeText(file, data, &w), &w)
	if err != nil {
		return nil, w.all(), err
	}
	return n, w.all(), nil
}

// FromJSON reads one JSON value as [ParseJSON] does, for values that stand in no
// file: trailing commas and repeated keys are errors.
func FromJSON(data []byte) (*Node, error) {
	n, warned, err := ParseJSON("", data)
	if err == nil && len(warned) > 0 {
		return nil, &Error{Pos: warned[0].Pos, Message: warned[0].Message}
	}
	return n, err
}

func parseJSON(file, text string, w *warnings) (*Node, error) {
	p := jsonParser{cursor: cursor{file: file, s: text}, warn: w}
	p.space()
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.end() {
		return nil, p.fail("expected the end of the document, found " + p.found())
	}
	return n, nil
}

type jsonParser struct {
	cursor
	arena
	warn  *warnings
	stack []*Node  // items of the lists being read
	keys  []Member // members of the tables being read
	seen  map[string]int

	values int
}

func (p *jsonParser) space() {
	for p.off < len(p.s) {
		switch p.s[p.off] {
		case ' ', '\t', '\r':
			p.off++
		case '\n':
			p.off++
			p.newline()
		default:
			return
		}
	}
}

func (p *jsonParser) value(depth int) (*Node, *Error) {
	if depth > MaxDepth {
		return nil, p.fail("more than " + strconv.Itoa(MaxDepth) + " levels of nesting")
	}
	if p.values++; p.values > maxValues {
		return nil, p.fail(TooMany)
	}
	pos := p.pos()
	switch b := p.peek(); {
	case b == '{':
		return p.object(depth, pos)
	case b == '[':
		return p.array(depth, pos)
	case b == '"':
		s, err := p.text()
		if err != nil {
			return nil, err
		}
		n := p.node(String, pos)
		n.Text = s
		return n, nil
	case b == '-' || b >= '0' && b <= '9':
		return p.number(pos)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if p.has(word) {
			p.off += len(word)
			n := p.node(Bool, pos)
			n.Bool = word == "true"
			if word == "null" {
				n.Kind = Null
			}
			return n, nil
		}
	}
	return nil, p.fail("expected a value, found " + p.found())
}

func (p *jsonParser) array(depth int, pos Pos) (*Node, *Error) {
	n := p.node(List, pos)
	base := len(p.stack)
	p.off++
	for first := true; ; first = false {
		p.space()
		if p.peek() == ']' {
			break
		}
		if !first {
			done, err := p.comma(']')
			if err != nil {
				return nil, err
			}
			if done {
				break
			}
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		p.stack = append(p.stack, item)
	}
	p.off++
	n.Items = p.items(p.stack[base:])
	p.stack = p.stack[:base]
	return n, nil
}

// comma moves over a comma and the space after it; done says that it was a
// trailing one.
func (p *jsonParser) comma(closing byte) (done bool, err *Error) {
	if p.peek() != ',' {
		return false, p.fail("expected ',' or '" + string(rune(closing)) + "', found " + p.found())
	}
	pos := p.pos()
	p.off++
	p.space()
	if p.peek() == closing {
		p.warn.add(pos, "a trailing comma")
		return true, nil
	}
	return false, nil
}

func (p *jsonParser) object(depth int, pos Pos) (*Node, *Error) {
	n := p.node(Table, pos)
	base := len(p.keys)
	p.off++
	for first := true; ; first = false {
		p.space()
		if p.peek() == '}' {
			break
		}
		if !first {
			done, err := p.comma('}')
			if err != nil {
				return nil, err
			}
			if done {
				break
			}
		}
		if err := p.pair(depth); err != nil {
			return nil, err
		}
	}
	p.off++
	n.Members = p.members(p.unique(p.keys[base:]))
	p.keys = p.keys[:base]
	return n, nil
}

func (p *jsonParser) pair(depth int) *Error {
	m := Member{KeyPos: p.pos()}
	if p.peek() != '"' {
		return p.fail("expected a key in double quotes, found " + p.found())
	}
	var err *Error
	if m.Key, err = p.text(); err != nil {
		return err
	}
	p.space()
	if p.peek() != ':' {
		return p.fail("expected ':' after the key, found " + p.found())
	}
	p.off++
	p.space()
	if m.Value, err = p.value(depth + 1); err != nil {
		return err
	}
	p.keys = append(p.keys, m)
	return nil
}

// unique keeps the last of the members with one key, at the place of the first.
func (p *jsonParser) unique(members []Member) []Member {
	if p.seen == nil {
		p.seen = map[string]int{}
	}
	return uniqueMembers(members, p.seen, p.warn)
}

func (p *jsonParser) number(pos Pos) (*Node, *Error) {
	n := jsonNumber(p.s[p.off:])
	if n == 0 {
		return nil, p.fail("a number that JSON does not allow")
	}
	if rest := p.s[p.off+n:]; rest != "" && (isWordByte(rest[0]) || rest[0] == '.' || rest[0] == '+') {
		return nil, p.fail("a number that JSON does not allow")
	}
	node := p.node(Number, pos)
	node.Text = p.s[p.off : p.off+n]
	p.off += n
	return node, nil
}

// jsonNumber returns the length of the JSON number that s begins with, or 0.
func jsonNumber(s string) int {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if strings.HasPrefix(s, "-") {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return 0
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}
