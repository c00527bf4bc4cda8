package schema

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Coerce repairs a value without regard to what is inside.
func Coerce(want Kinds, v *doc.Node) *doc.Node {
	switch v.Kind {
	case doc.String:
		if !want.Has(String) {
			return fromText(want, v)
		}
	case doc.Number:
		switch {
		case !want.Has(Integer) && want.Has(String):
			return &doc.Node{Kind: doc.String, Text: v.Text}
		case !want.Has(Number) && want.Has(Integer):
			if w := Whole(v); IsInteger(w.Text) || !want.Has(String) {
				return w
			}
			return &doc.Node{Kind: doc.String, Text: v.Text}
		}
	case doc.Bool:
		if !want.Has(Boolean) && want.Has(String) {
			return &doc.Node{Kind: doc.String, Text: strconv.FormatBool(v.Bool)}
		}
	}
	return v
}

// fromText reads a text that stands where no text is declared.
func fromText(want Kinds, v *doc.Node) *doc.Node {
	s := v.Text
	switch {
	case want.Has(Boolean) && strings.EqualFold(s, "true"), want.Has(Boolean) && strings.EqualFold(s, "false"):
		return &doc.Node{Kind: doc.Bool, Bool: len(s) == len("true")}
	case want.Has(Integer) && IsNumber(s):
		n := &doc.Node{Kind: doc.Number, Text: s}
		if want.Has(Number) {
			return n
		}
		return Whole(n)
	case want.Has(Array) && begins(s, '['), want.Has(Object) && begins(s, '{'):
		if n, message := ReadJSON([]byte(s)); message == "" {
			return n
		}
	}
	return v
}

func begins(s string, with byte) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	return s != "" && s[0] == with
}

// IsNumber reports whether s is wholly a JSON number.
func IsNumber(s string) bool {
	return s != "" && (s[0] == '-' || isDigit(s[0])) && isDigit(s[len(s)-1]) && json.Valid([]byte(s))
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// ReadJSON reads exactly what RFC 8259 allows, with the last of a repeated key.
func ReadJSON(raw []byte) (n *doc.Node, message string) {
	if !utf8.Valid(raw) {
		return nil, "are not UTF-8"
	}
	n, _, err := doc.ParseJSON("", raw)
	if err != nil {
		return nil, "are not JSON: " + err.Error()
	}
	if !json.Valid(raw) { // a trailing comma, a byte order mark
		return nil, "are not JSON"
	}
	return n, ""
}
