package request

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

const hostHint = "write the host in server.baseUrl, server.config or the URL itself; for several hosts use several profiles"

// address is a URL in the pieces that this package works on. Path and query are
// as they will be sent.
type address struct {
	authority string // scheme, host and port
	path      string
	query     string
}

// String returns the URL as it is sent.
func (a address) String() string {
	s := a.authority + a.path
	if a.query != "" {
		s += "?" + a.query
	}
	return s
}

// split takes a rendered URL apart, without its origin. The fragment is dropped:
// it is never sent.
func split(text string) (address, *Error) {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "#")
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return address{}, profileError("url", "the URL has no scheme and host", "set server.baseUrl in the profile")
	}
	scheme = strings.ToLower(scheme)
	if scheme != "https" && scheme != "http" {
		return address{}, profileError("url", "the URL's scheme is not https or http", "set server.baseUrl in the profile")
	}
	end := strings.IndexAny(rest, `/?\`)
	if end < 0 {
		end = len(rest)
	}
	if strings.HasPrefix(rest[end:], `\`) {
		return address{}, profileError("url", "the URL has a backslash after the host", "")
	}
	a := address{authority: scheme + "://" + rest[:end]}
	a.path, a.query, _ = strings.Cut(rest[end:], "?")
	return a, nil
}

// originOf returns the origin of a rendered URL.
func originOf(text string) (string, *Error) {
	a, err := split(text)
	if err != nil {
		return "", err
	}
	return canonical(a.authority)
}

// canonical returns the origin of "scheme://authority".
func canonical(authority string) (string, *Error) {
	u, err := url.Parse(authority)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return "", profileError("url", "the URL has no valid host", hostHint)
	case u.User != nil:
		return "", profileError("url", "the URL holds a user name or an @ before the host", "name a security scheme instead")
	}
	origin := outbound.OriginOf(u)
	if origin == "" {
		return "", profileError("url", "the URL has no valid host", hostHint)
	}
	return origin, nil
}

// fixedAuthority returns the beginning of a URL template up to the end of the
// host, when no action stands in it. Otherwise the template decides.
func fixedAuthority(template string) (string, bool) {
	literal, _, _ := strings.Cut(template, "{{")
	literal = strings.TrimSpace(literal)
	_, rest, ok := strings.Cut(literal, "://")
	if !ok {
		return "", false
	}
	end := strings.IndexAny(rest, `/?#\`)
	if end < 0 {
		return literal, len(literal) == len(strings.TrimSpace(template))
	}
	return literal[:len(literal)-len(rest)+end], true
}

// holdsPlaceholder reports whether text holds the placeholder of a path argument.
func holdsPlaceholder(text string, params []tool.Param) (string, bool) {
	for _, p := range params {
		if p.In == tool.InPath && strings.Contains(text, "{"+wire(p)+"}") {
			return p.Name, true
		}
	}
	return "", false
}

// fill replaces every placeholder of a path argument by the argument. One pass:
// what a value holds is never looked at again.
func fill(text string, t *tool.Tool, args tool.Args) (string, *Error) {
	if !strings.Contains(text, "{") {
		return text, nil
	}
	var pairs []string
	for _, p := range t.Params {
		placeholder := "{" + wire(p) + "}"
		if p.In != tool.InPath || !strings.Contains(text, placeholder) {
			continue
		}
		value, err := segment(p, args[p.Name])
		if err != nil {
			return "", err
		}
		pairs = append(pairs, placeholder, value)
	}
	return strings.NewReplacer(pairs...).Replace(text), nil
}

// segment writes one path argument. An absent or empty one would make another
// path of it, and so would one that climbs.
func segment(p tool.Param, raw json.RawMessage) (string, *Error) {
	if len(raw) == 0 || isNull(raw) {
		return "", argError("url", p.Name, "is missing; it stands in the path", "")
	}
	plain, err := simpleText(p, raw, func(s string) string { return s })
	if err != nil {
		return "", argError("url", p.Name, err.Error(), "")
	}
	if plain == "" {
		return "", argError("url", p.Name, "is empty; it stands in the path", "")
	}
	if climbs(plain) {
		return "", argError("url", p.Name, `holds a "." or ".." path segment`, "")
	}
	s, err := pathText(p, raw)
	if err != nil {
		return "", argError("url", p.Name, err.Error(), "")
	}
	return s, nil
}

// climbs reports whether a path has a "." or ".." segment between slashes or
// backslashes. Percent-encoded ones count, because servers differ in when they
// decode.
func climbs(path string) bool {
	if strings.Contains(path, "%") {
		path = strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/", "%5c", "/", "%5C", "/").Replace(path)
	}
	for s := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if s == "." || s == ".." {
			return true
		}
	}
	return false
}

// legalize percent-encodes what may not stand in a URL and leaves every other
// byte alone; a "%" stays where it begins an escape.
func legalize(s string, legal func(byte) bool) string {
	if !strings.Contains(s, "%") {
		return escape(s, legal)
	}
	var b strings.Builder
	for i, piece := range strings.Split(s, "%") {
		if i > 0 {
			b.WriteByte('%')
			if len(piece) < 2 || !isHex(piece[0]) || !isHex(piece[1]) {
				b.WriteString("25")
			}
		}
		b.WriteString(escape(piece, legal))
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// inPath is RFC 3986's pchar and the slash.
func inPath(c byte) bool { return isUnreserved(c) || strings.IndexByte("!$&'()*+,;=:@/", c) >= 0 }

// inQuery is RFC 3986's query, and the brackets that many servers use there.
func inQuery(c byte) bool { return inPath(c) || c == '?' || c == '[' || c == ']' }

// editQuery keeps the bytes of a query, drops the pairs whose names are about to
// be set, and appends the new ones.
func editQuery(query string, add []field) string {
	if len(add) == 0 {
		return query
	}
	var pieces []string
	for piece := range strings.SplitSeq(query, "&") {
		if piece != "" && !named(piece, add) {
			pieces = append(pieces, piece)
		}
	}
	for _, f := range add {
		pieces = append(pieces, url.QueryEscape(f.name)+"="+f.encoded)
	}
	return strings.Join(pieces, "&")
}

// named reports whether a pair of a query has the name of one of the fields.
func named(piece string, fields []field) bool {
	name, _, _ := strings.Cut(piece, "=")
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	for _, f := range fields {
		if f.name == name {
			return true
		}
	}
	return false
}
