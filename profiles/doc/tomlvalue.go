package doc

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// blanks moves over spaces and tabs.
func (p *tomlParser) blanks() {
	for b := p.peek(); b == ' ' || b == '\t'; b = p.peek() {
		p.off++
	}
}

// blank moves over spaces, comments and line ends.
func (p *tomlParser) blank(lines bool) *Error {
	for {
		p.blanks()
		switch b := p.peek(); {
		case b == '#':
			for !p.end() && p.peek() != '\n' && !p.has("\r\n") {
				if c := p.peek(); c < ' ' && c != '\t' || c == 0x7f {
					return p.fail("a control character in a comment")
				}
				p.skip(1)
			}
		case lines && b == '\n':
			p.skip(1)
		case lines && p.has("\r\n"):
			p.skip(2)
		default:
			return nil
		}
	}
}

// endOfLine wants nothing but a comment before the end of the line.
func (p *tomlParser) endOfLine() *Error {
	if err := p.blank(false); err != nil {
		return err
	}
	if p.end() || p.peek() == '\n' || p.has("\r\n") {
		return nil
	}
	return p.fail("expected the end of the line, found " + p.found())
}

func (p *tomlParser) value(depth int) (*Node, *Error) {
	if depth > maxDepthTOML {
		return nil, p.tooDeep()
	}
	n := &Node{Kind: String, Pos: p.pos()}
	var err *Error
	switch b := p.peek(); {
	case b == '[':
		err = p.array(n, depth)
	case b == '{':
		err = p.inline(n, depth)
	case b == '"' || b == '\'':
		n.Text, err = p.quoted()
	default:
		err = p.bare(n)
	}
	return n, err
}

func (p *tomlParser) array(n *Node, depth int) *Error {
	n.Kind = List
	p.skip(1)
	for {
		if err := p.blank(true); err != nil {
			return err
		}
		if p.peek() == ']' {
			break
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
		if more, err := p.separator(']'); err != nil {
			return err
		} else if !more {
			break
		}
	}
	p.skip(1)
	return nil
}

// separator moves to after a comma, or to the closing bracket.
func (p *tomlParser) separator(closing byte) (more bool, err *Error) {
	if err := p.blank(true); err != nil {
		return false, err
	}
	switch p.peek() {
	case ',':
		p.skip(1)
		return true, nil
	case closing:
		return false, nil
	}
	return false, p.fail("expected ',' or '" + string(rune(closing)) + "', found " + p.found())
}

func (p *tomlParser) inline(n *Node, depth int) *Error {
	n.Kind = Table
	p.skip(1)
	for {
		if err := p.blank(true); err != nil {
			return err
		}
		if p.peek() == '}' {
			break
		}
		if err := p.assignment(n, depth); err != nil {
			return err
		}
		if more, err := p.separator('}'); err != nil {
			return err
		} else if !more {
			break
		}
	}
	p.skip(1)
	p.freeze(n)
	return nil
}

// freeze closes an inline table and the tables that its dotted keys made.
func (p *tomlParser) freeze(n *Node) {
	p.state[n] = inlineTable
	for _, m := range n.Members {
		if p.state[m.Value] == dottedTable {
			p.freeze(m.Value)
		}
	}
}

// bare reads a boolean, a number or a date.
func (p *tomlParser) bare(n *Node) *Error {
	from := p.off
	for b := p.peek(); isWordByte(b) || b == '+' || b == '.' || b == ':'; b = p.peek() {
		p.off++
	}
	word := p.s[from:p.off]
	if isDate(word) && len(p.s)-p.off > 3 && p.s[p.off] == ' ' && isTime(p.s[p.off+1:min(p.off+6, len(p.s))]) {
		p.off++
		for b := p.peek(); isWordByte(b) || b == '+' || b == '.' || b == ':'; b = p.peek() {
			p.off++
		}
		word = p.s[from:p.off]
	}
	n.Text = word
	switch {
	case word == "true" || word == "false":
		n.Kind, n.Text, n.Bool = Bool, "", word == "true"
	case isDate(word) || isTime(word):
	case strings.Trim(word, "+-") == "inf" || strings.Trim(word, "+-") == "nan":
	case tomlNumber(word):
		n.Kind = Number
		if beyond64(word) {
			p.large = append(p.large, span{from, len(word)})
		}
	case word == "":
		return p.fail("expected a value, found " + p.found())
	default:
		return &Error{Pos: n.Pos, Message: "this is no number, date, true or false; text stands in quotes"}
	}
	return nil
}

func isDate(s string) bool {
	return len(s) >= 10 && allDigits(s[:4]) && s[4] == '-' && allDigits(s[5:7]) && s[7] == '-' && allDigits(s[8:10])
}

func isTime(s string) bool {
	return len(s) >= 5 && allDigits(s[:2]) && s[2] == ':' && allDigits(s[3:5])
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// tomlNumber reports whether s is an integer or a float.
func tomlNumber(s string) bool {
	for i := range len(s) {
		if s[i] == '_' && (i == 0 || i == len(s)-1 || !isHexDigit(s[i-1]) || !isHexDigit(s[i+1])) {
			return false
		}
	}
	if len(s) > 2 && s[0] == '0' {
		digits := map[byte]string{'x': "0123456789abcdefABCDEF_", 'o': "01234567_", 'b': "01_"}[s[1]]
		if digits != "" {
			return strings.Trim(s[2:], digits) == ""
		}
	}
	plain := strings.TrimPrefix(strings.ReplaceAll(s, "_", ""), "+")
	return plain != "" && !strings.HasPrefix(s, "+-") && jsonNumber(plain) == len(plain)
}

func isHexDigit(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

// beyond64 reports whether the library would refuse a number for its size.
func beyond64(s string) bool {
	plain := strings.ReplaceAll(s, "_", "")
	_, err := strconv.ParseInt(plain, 0, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return err != nil
	}
	_, err = strconv.ParseFloat(plain, 64)
	return errors.Is(err, strconv.ErrRange)
}

// quoted reads any of the four kinds of strings.
func (p *tomlParser) quoted() (string, *Error) {
	open := p.pos()
	quote := p.s[p.off : p.off+1]
	multi := p.has(strings.Repeat(quote, 3))
	end := quote
	if multi {
		end = strings.Repeat(quote, 3)
	}
	p.skip(len(end))
	if multi {
		if p.has("\r\n") {
			p.skip(2)
		} else if p.peek() == '\n' {
			p.skip(1)
		}
	}
	var b strings.Builder
	for !p.end() {
		if p.has(end) {
			for n := 0; multi && n < 2 && p.has(end+quote); n++ {
				b.WriteString(quote)
				p.skip(1)
			}
			p.skip(len(end))
			return b.String(), nil
		}
		if err := p.character(&b, quote == `"`, multi); err != nil {
			return "", err
		}
	}
	return "", &Error{Pos: open, Message: "a string without its closing quote"}
}

// character reads one character of a string.
func (p *tomlParser) character(b *strings.Builder, escapes, multi bool) *Error {
	c := p.peek()
	switch {
	case c == '\\' && escapes:
		return p.escape(b, multi)
	case c == '\n' || p.has("\r\n"):
		if !multi {
			return p.fail("a string without its closing quote: it ends with its line")
		}
		b.WriteByte('\n')
		p.skip(1 + strings.Count(p.s[p.off:p.off+1], "\r"))
		return nil
	case c < ' ' && c != '\t' || c == 0x7f:
		return p.fail("a control character inside a string")
	}
	_, size := utf8.DecodeRuneInString(p.s[p.off:])
	b.WriteString(p.s[p.off : p.off+size])
	p.skip(size)
	return nil
}

// escape reads a backslash and what it escapes.
func (p *tomlParser) escape(b *strings.Builder, multi bool) *Error {
	rest := p.s[p.off:]
	if multi {
		if after := strings.TrimLeft(rest[1:], " \t"); strings.HasPrefix(after, "\n") || strings.HasPrefix(after, "\r\n") {
			p.skip(len(rest) - len(strings.TrimLeft(rest[1:], " \t\r\n")))
			return nil
		}
	}
	if len(rest) > 1 {
		if i := strings.IndexByte(`btnfre"\`, rest[1]); i >= 0 {
			b.WriteByte("\b\t\n\f\r\x1b\"\\"[i])
			p.skip(2)
			return nil
		}
		if digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]; digits > 0 {
			if r, ok := hexRune(rest, digits); ok && utf8.ValidRune(r) {
				b.WriteRune(r)
				p.skip(2 + digits)
				return nil
			}
		}
	}
	return p.fail("an escape that TOML does not allow; a string in single quotes has none")
}
