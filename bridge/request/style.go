package request

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

// maxNesting bounds how deep an object is spread into bracketed names.
const maxNesting = 64

// field is one name=value pair of a query, a form or a cookie. Its value is
// already encoded, because a style's delimiters are not.
type field struct{ name, encoded string }

// sorted returns ms ordered by name; members of one name keep their order.
func sorted(ms []member) []member {
	out := slices.Clone(ms)
	slices.SortStableFunc(out, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return out
}

func sortFields(fs []field) {
	slices.SortStableFunc(fs, func(a, b field) int { return strings.Compare(a.name, b.name) })
}

// queryFields writes one argument as the pairs of a query, in OpenAPI's style
// for parameters in the query. Nothing is returned for an absent value: null, an
// empty array or an empty object in a style.
func queryFields(p tool.Param, raw json.RawMessage) ([]field, error) {
	name := wire(p)
	switch {
	case p.Style == "" || p.Style == jsonStyle:
		s, err := wholeText(p, raw)
		return []field{{name, queryEscape(p, s)}}, err
	case isNull(raw):
		return nil, nil
	case p.Style == "deepObject":
		return deepFields(p, name, raw, 0)
	case isArray(raw):
		return arrayFields(p, name, raw)
	case isObject(raw):
		return objectFields(p, name, raw)
	}
	s, err := scalarText(raw)
	return []field{{name, queryEscape(p, s)}}, err
}

// jsonStyle is the style of a parameter with content: JSON text of every value, also
// of a string (OpenAPI 3.1, 4.8.12.2.1).
const jsonStyle = "json"

// wholeText returns a value that no style takes apart.
func wholeText(p tool.Param, raw json.RawMessage) (string, error) {
	if p.Style != jsonStyle {
		return scalarText(raw)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return "", errNotJSON
	}
	return b.String(), nil
}

// queryEscape writes a value for a query or a form. With allowReserved RFC 3986's
// reserved characters stay, but those that end a value or begin another one do not:
// an argument is one value.
func queryEscape(p tool.Param, s string) string {
	if !p.Reserved {
		return url.QueryEscape(s)
	}
	return escape(s, func(c byte) bool { return isUnreserved(c) || strings.IndexByte(":/?[]@!$'()*,;=", c) >= 0 })
}

func arrayFields(p tool.Param, name string, raw json.RawMessage) ([]field, error) {
	items, err := texts(raw)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	for i := range items {
		items[i] = queryEscape(p, items[i])
	}
	if !p.Explode {
		return []field{{name, strings.Join(items, delimiter(p.Style))}}, nil
	}
	out := make([]field, len(items))
	for i, item := range items {
		out[i] = field{name, item}
	}
	return out, nil
}

func objectFields(p tool.Param, name string, raw json.RawMessage) ([]field, error) {
	ms, err := members(raw)
	if err != nil || len(ms) == 0 {
		return nil, err
	}
	var out []field
	var flat []string
	for _, m := range ms {
		s, err := scalarText(m.value)
		if err != nil {
			return nil, err
		}
		out = append(out, field{m.name, queryEscape(p, s)})
		flat = append(flat, url.QueryEscape(m.name), queryEscape(p, s))
	}
	if p.Explode {
		return out, nil
	}
	return []field{{name, strings.Join(flat, delimiter(p.Style))}}, nil
}

// delimiter is what stands between the items of an array that is not exploded.
func delimiter(style string) string {
	switch style {
	case "spaceDelimited":
		return "%20"
	case "pipeDelimited":
		return "%7C"
	case "tabDelimited": // tsv of Swagger 2.0
		return "%09"
	}
	return ","
}

// deepFields spreads a value into bracketed names: members by name, array
// elements by index.
func deepFields(p tool.Param, name string, raw json.RawMessage, depth int) ([]field, error) {
	if depth < maxNesting && (isArray(raw) || isObject(raw)) {
		ms, err := children(raw)
		if err != nil {
			return nil, err
		}
		var out []field
		for _, m := range ms {
			fs, err := deepFields(p, name+"["+m.name+"]", m.value, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, fs...)
		}
		return out, nil
	}
	s, err := scalarText(raw)
	return []field{{name, queryEscape(p, s)}}, err
}

// children returns an object's members, or an array's elements named by index.
func children(raw json.RawMessage) ([]member, error) {
	if isObject(raw) {
		return members(raw)
	}
	items, err := elements(raw)
	if err != nil {
		return nil, err
	}
	ms := make([]member, len(items))
	for i, item := range items {
		ms[i] = member{strconv.Itoa(i), item}
	}
	return ms, nil
}

// texts returns the elements of an array as text.
func texts(raw json.RawMessage) ([]string, error) {
	items, err := elements(raw)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(items))
	for i, item := range items {
		if out[i], err = scalarText(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// simpleText writes one argument in OpenAPI's style "simple", which is the style
// of headers and, with escape, of path segments. Cookies are written so too: the
// style "form" cannot repeat a name inside one Cookie header.
func simpleText(p tool.Param, raw json.RawMessage, escape func(string) string) (string, error) {
	switch {
	case p.Style == jsonStyle:
		s, err := wholeText(p, raw)
		return escape(s), err
	case p.Style != "" && isArray(raw):
		items, err := texts(raw)
		for i := range items {
			items[i] = escape(items[i])
		}
		return strings.Join(items, ","), err
	case p.Style != "" && isObject(raw):
		return simpleObject(p, raw, ",", escape)
	}
	s, err := scalarText(raw)
	return escape(s), err
}

func simpleObject(p tool.Param, raw json.RawMessage, sep string, escape func(string) string) (string, error) {
	ms, err := members(raw)
	if err != nil {
		return "", err
	}
	equals := ","
	if p.Explode {
		equals = "="
	}
	parts := make([]string, len(ms))
	for i, m := range ms {
		s, err := scalarText(m.value)
		if err != nil {
			return "", err
		}
		parts[i] = escape(m.name) + equals + escape(s)
	}
	if !p.Explode {
		sep = ","
	}
	return strings.Join(parts, sep), nil
}

// pathText writes one argument for a placeholder: style "simple", "label" or
// "matrix", every value percent-encoded. Where the template asks for it, RFC 3986's
// reserved characters stay, slashes too, but for those that end a path.
func pathText(p tool.Param, raw json.RawMessage) (string, error) {
	escapePath := escapePath
	if p.Reserved {
		escapePath = func(s string) string { return escape(s, inPath) }
	}
	switch p.Style {
	case "label":
		return prefixed(p, raw, ".", "", escapePath)
	case "matrix":
		return prefixed(p, raw, ";", escapePath(wire(p))+"=", escapePath)
	}
	return simpleText(p, raw, escapePath)
}

// prefixed writes the styles that begin every item with a mark.
func prefixed(p tool.Param, raw json.RawMessage, mark, name string, escapePath func(string) string) (string, error) {
	if !p.Explode || !isArray(raw) && !isObject(raw) {
		s, err := simpleText(p, raw, escapePath)
		return mark + name + s, err
	}
	if isObject(raw) {
		s, err := simpleObject(p, raw, mark, escapePath)
		return mark + s, err
	}
	items, err := texts(raw)
	for i := range items {
		items[i] = name + escapePath(items[i])
	}
	return mark + strings.Join(items, mark), err
}

// wire returns the argument's name in the request.
func wire(p tool.Param) string {
	if p.Wire != "" {
		return p.Wire
	}
	return p.Name
}

// escapePath percent-encodes every byte outside RFC 3986's unreserved set.
func escapePath(s string) string { return escape(s, isUnreserved) }

// escape percent-encodes every byte that keep refuses.
func escape(s string, keep func(byte) bool) string {
	const hex = "0123456789ABCDEF"
	n := 0
	for i := 0; i < len(s); i++ {
		if !keep(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+2*n)
	for i := 0; i < len(s); i++ {
		if keep(s[i]) {
			b = append(b, s[i])
			continue
		}
		b = append(b, '%', hex[s[i]>>4], hex[s[i]&15])
	}
	return string(b)
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
