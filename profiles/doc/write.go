package doc

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// maxInline is how deep an inline value that is written may be nested: low enough
// to be read again inside any table of a document.
const maxInline = maxDepthTOML - 20

// TOMLKey returns a key as TOML writes it: bare where it can be.
func TOMLKey(key string) string {
	for i := range len(key) {
		if !isWordByte(key[i]) {
			return TOMLLine(key)
		}
	}
	if key == "" {
		return `""`
	}
	return key
}

// TOMLLine returns a string as TOML writes it on one line. Bytes that are not
// UTF-8 become U+FFFD.
func TOMLLine(s string) string {
	if strings.ContainsAny(s, `"\`) && !strings.Contains(s, "'") && literal(s, "\t") {
		return "'" + s + "'"
	}
	return plaintext.JSONString(s)
}

// TOMLText returns a string as TOML writes it, over several lines when it has
// several.
func TOMLText(s string) string {
	if !strings.Contains(s, "\n") {
		return TOMLLine(s)
	}
	if strings.Contains(s, `\`) && !strings.Contains(s, "'''") && !strings.HasSuffix(s, "'") && literal(s, "\t\n") {
		return "'''\n" + s + "'''"
	}
	b := plaintext.AppendJSON(nil, s)
	text := string(b[1 : len(b)-1])
	var out strings.Builder
	out.WriteString("\"\"\"\n")
	for i := 0; i < len(text); {
		switch two := text[i:min(i+2, len(text))]; {
		case two == `\n`:
			out.WriteByte('\n')
			i += 2
		case two == `\t`:
			out.WriteByte('\t')
			i += 2
		case two == `\"` && !strings.HasPrefix(text[i+2:], `\"`) && i+2 < len(text):
			out.WriteByte('"')
			i += 2
		case two[0] == '\\':
			out.WriteString(two)
			i += 2
		default:
			out.WriteByte(text[i])
			i++
		}
	}
	out.WriteString(`"""`)
	return out.String()
}

// literal reports whether s can stand in a literal string: valid UTF-8 without
// control characters other than those in except.
func literal(s, except string) bool {
	for _, r := range s {
		if r == utf8.RuneError || r == 0x7f || r < ' ' && !strings.ContainsRune(except, r) {
			return false
		}
	}
	return true
}

// TOML returns the node as an inline value on one line. It is an error when the
// node holds null, which TOML does not have, or is nested too deep.
func (n *Node) TOML() (string, error) {
	b, err := n.appendTOML(nil, 0)
	return string(b), err
}

func (n *Node) appendTOML(b []byte, depth int) ([]byte, error) {
	var err error
	switch {
	case n == nil || n.Kind == Null:
		return nil, errors.New("TOML has no null")
	case depth > maxInline:
		return nil, errors.New("nested too deep for TOML")
	case n.Kind == String:
		return append(b, TOMLLine(n.Text)...), nil
	case n.Kind == List:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ", "...)
			}
			if b, err = item.appendTOML(b, depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case n.Kind == Table && len(n.Members) > 0:
		for i, m := range n.Members {
			b = append(b, map[bool]string{true: "{ ", false: ", "}[i == 0]...)
			b = append(append(b, TOMLKey(m.Key)...), " = "...)
			if b, err = m.Value.appendTOML(b, depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, " }"...), nil
	}
	return n.appendJSON(b), nil
}
