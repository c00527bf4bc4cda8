package openapi

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// test is a filter of a JSONPath (RFC 9535, 2.3.5): what it says of one value.
type test func(q *query, at *doc.Node) bool

// operand is one side of a comparison; nil: there is no such value.
type operand func(q *query, at *doc.Node) *doc.Node

const maxFilterDepth = 50

func (p *pathParser) or() test {
	if p.depth++; p.depth > maxFilterDepth {
		p.fail("a filter with too many levels")
		return nil
	}
	defer func() { p.depth-- }()
	left := p.and()
	for p.problem == "" {
		if p.space(); !p.take("||") {
			break
		}
		a, b := left, p.and()
		left = func(q *query, at *doc.Node) bool { return a(q, at) || b(q, at) }
	}
	return left
}

func (p *pathParser) and() test {
	left := p.not()
	for p.problem == "" {
		if p.space(); !p.take("&&") {
			break
		}
		a, b := left, p.not()
		left = func(q *query, at *doc.Node) bool { return a(q, at) && b(q, at) }
	}
	return left
}

func (p *pathParser) not() test {
	p.space()
	switch {
	case strings.HasPrefix(p.s[p.i:], "!") && !strings.HasPrefix(p.s[p.i:], "!="):
		p.i++
		if p.depth++; p.depth > maxFilterDepth {
			p.fail("a filter with too many levels")
			return nil
		}
		inner := p.not()
		p.depth--
		return func(q *query, at *doc.Node) bool { return !inner(q, at) }
	case p.take("("):
		inner := p.or()
		if p.space(); !p.take(")") {
			p.fail(`")" is missing`)
		}
		return inner
	}
	return p.comparison()
}

func (p *pathParser) comparison() test {
	for _, name := range [...]string{"match", "search"} {
		if strings.HasPrefix(p.s[p.i:], name+"(") {
			p.i += len(name) + 1
			return p.pattern(name == "match")
		}
	}
	left, exists := p.operand()
	p.space()
	for _, op := range [...]string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.take(op) {
			p.space()
			right, _ := p.operand()
			if left == nil || right == nil {
				return nil
			}
			return func(q *query, at *doc.Node) bool { return compare(op, left(q, at), right(q, at)) }
		}
	}
	if exists == nil {
		p.fail("a comparison is missing")
	}
	return exists
}

// operand reads a literal, a path or a function. exists is what a path alone means.
func (p *pathParser) operand() (value operand, exists test) {
	rest := p.s[p.i:]
	switch {
	case rest == "":
		p.fail("a value is missing")
		return nil, nil
	case rest[0] == '\'' || rest[0] == '"':
		n := textNode(p.quoted())
		return func(*query, *doc.Node) *doc.Node { return n }, nil
	case rest[0] == '@' || rest[0] == '$':
		return p.path()
	}
	for _, word := range [...]struct {
		text string
		n    *doc.Node
	}{{"true", &doc.Node{Kind: doc.Bool, Bool: true}}, {"false", &doc.Node{Kind: doc.Bool}}, {"null", &doc.Node{}}} {
		if p.take(word.text) {
			return func(*query, *doc.Node) *doc.Node { return word.n }, nil
		}
	}
	for _, name := range [...]string{"length", "count", "value"} {
		if p.take(name + "(") {
			return p.function(name), nil
		}
	}
	end := 0
	for end < len(rest) && strings.IndexByte("+-0123456789.eE", rest[end]) >= 0 {
		end++
	}
	if _, err := strconv.ParseFloat(rest[:end], 64); err != nil {
		p.fail("not understood: " + quote(rest))
		return nil, nil
	}
	p.i += end
	n := &doc.Node{Kind: doc.Number, Text: rest[:end]}
	return func(*query, *doc.Node) *doc.Node { return n }, nil
}

// path reads @… or $… inside of a filter.
func (p *pathParser) path() (operand, test) {
	fromRoot := p.s[p.i] == '$'
	p.i++
	segments := p.segments()
	all := func(q *query, at *doc.Node) []match {
		if fromRoot {
			at = q.root
		}
		return q.run(match{n: at}, segments)
	}
	one := func(q *query, at *doc.Node) *doc.Node {
		if found := all(q, at); len(found) == 1 {
			return found[0].n
		}
		return nil
	}
	return one, func(q *query, at *doc.Node) bool { return len(all(q, at)) > 0 }
}

// function reads length(…), count(…) or value(…) behind its parenthesis.
func (p *pathParser) function(name string) operand {
	p.space()
	var segments []segment
	var fromRoot bool
	var value operand
	if p.i < len(p.s) && (p.s[p.i] == '@' || p.s[p.i] == '$') && name == "count" {
		fromRoot = p.s[p.i] == '$'
		p.i++
		segments = p.segments()
	} else {
		value, _ = p.operand()
	}
	if p.space(); !p.take(")") || value == nil && name != "count" {
		p.fail(`")" is missing`)
		return nil
	}
	if name == "value" {
		return value
	}
	return func(q *query, at *doc.Node) *doc.Node {
		n := 0
		if name == "count" {
			if fromRoot {
				at = q.root
			}
			n = len(q.run(match{n: at}, segments))
		} else {
			v := value(q, at)
			switch {
			case v == nil:
				return nil
			case v.Kind == doc.String:
				n = utf8.RuneCountInString(v.Text)
			case v.Kind == doc.List:
				n = len(v.Items)
			case v.Kind == doc.Table:
				n = len(v.Members)
			default:
				return nil
			}
		}
		return &doc.Node{Kind: doc.Number, Text: strconv.Itoa(n)}
	}
}

// pattern reads the arguments of match and search: a value, and a pattern as a literal.
func (p *pathParser) pattern(whole bool) test {
	p.space()
	value, _ := p.operand()
	p.space()
	if p.take(",") {
		p.space()
	}
	if p.problem == "" && (p.i >= len(p.s) || p.s[p.i] != '\'' && p.s[p.i] != '"') {
		p.fail("the pattern must stand in quotes")
	}
	if p.problem != "" {
		return nil
	}
	text := p.quoted()
	if whole {
		text = "^(?:" + text + ")$"
	}
	re, err := regexp.Compile(text)
	if err != nil {
		p.fail("a pattern that cannot be read")
	}
	if p.space(); !p.take(")") {
		p.fail(`")" is missing`)
	}
	return func(q *query, at *doc.Node) bool {
		v := value(q, at)
		return v != nil && v.Kind == doc.String && re.MatchString(v.Text)
	}
}

// compare is RFC 9535, 2.3.5.2.2: what is not there equals only what is not there.
func compare(op string, a, b *doc.Node) bool {
	switch op {
	case "==":
		return equal(a, b)
	case "!=":
		return !equal(a, b)
	case "<=":
		return less(a, b) || equal(a, b)
	case ">=":
		return less(b, a) || equal(a, b)
	case "<":
		return less(a, b)
	}
	return less(b, a)
}

func equal(a, b *doc.Node) bool {
	switch {
	case a == nil || b == nil:
		return a == nil && b == nil
	case a.Kind == doc.Number && b.Kind == doc.Number:
		x, _ := strconv.ParseFloat(a.Text, 64)
		y, _ := strconv.ParseFloat(b.Text, 64)
		return x == y
	}
	return a.Kind == b.Kind && bytes.Equal(a.JSON(), b.JSON())
}

func less(a, b *doc.Node) bool {
	if a == nil || b == nil || a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case doc.String:
		return a.Text < b.Text
	case doc.Number:
		x, _ := strconv.ParseFloat(a.Text, 64)
		y, _ := strconv.ParseFloat(b.Text, 64)
		return x < y
	}
	return false
}
