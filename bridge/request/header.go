package request

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

// ownHeader reports a header that the HTTP client writes itself: the target of
// the request, the length of the body, and what concerns one connection (RFC
// 9110, 7.6.1). Nobody else may set them.
func ownHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Host", "Content-Length", "Connection", "Keep-Alive", "Proxy-Connection",
		"Proxy-Authorization", "Proxy-Authenticate", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// headerValue checks a header and returns its value without spaces around it.
// The second result says what is wrong, or is empty.
func headerValue(name, value string) (string, string) {
	switch {
	case !isToken(name):
		return "", "is not a header name"
	case ownHeader(name):
		return "", "is written by the HTTP client and may not be set"
	}
	value = strings.Trim(value, " \t")
	if i := strings.IndexFunc(value, isControl); i >= 0 {
		return "", "holds a line break or another control character"
	}
	return value, ""
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// isToken reports an RFC 9110 token: a method, a header name, a cookie name.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isUnreserved(c) && strings.IndexByte("!#$%&'*+^`|", c) < 0 {
			return false
		}
	}
	return s != ""
}

// quoteName makes a header name from a profile safe to print on one line.
func quoteName(name string) string {
	if isToken(name) {
		return name
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) || r == '\t' {
			return '?'
		}
		return r
	}, name)
}

// headers renders the header templates and adds the header arguments. A later
// one replaces an earlier one of its name.
func (b *builder) headers() *Error {
	for i, h := range b.tool.Request.Headers {
		if h.Key == "" {
			continue // as in Higress
		}
		text, err := b.renderHeader(i, h)
		if err != nil {
			return err
		}
		// A template written over several lines ends with a line break.
		value, problem := headerValue(h.Key, strings.TrimSpace(text))
		if problem != "" {
			return profileError("header "+quoteName(h.Key), problem, "")
		}
		b.plan.Header.Set(h.Key, value)
	}
	for _, p := range b.tool.Params {
		raw, given := b.args[p.Name]
		if p.In != tool.InHeader || !given || isNull(raw) && p.Style != "" {
			continue
		}
		part := "header " + quoteName(wire(p))
		text, err := simpleText(p, raw, func(s string) string { return s })
		if err != nil {
			return argError(part, p.Name, err.Error(), "")
		}
		value, problem := headerValue(wire(p), text)
		if problem != "" {
			return argError(part, p.Name, problem, "")
		}
		b.plan.Header.Set(wire(p), value)
	}
	return nil
}

// cookies adds the cookie arguments, sorted by name, behind those of a template.
func (b *builder) cookies() *Error {
	var ms []member
	for _, p := range b.tool.Params {
		raw, given := b.args[p.Name]
		if p.In != tool.InCookie || !given || isNull(raw) && p.Style != "" {
			continue
		}
		found, err := cookieMembers(p, raw)
		if err != nil {
			return argError("cookie", p.Name, err.Error(), "")
		}
		for _, m := range found {
			value := string(m.value)
			switch {
			case !isToken(m.name):
				return argError("cookie", p.Name, "has a name that is not a cookie name", "")
			case strings.ContainsFunc(value, func(r rune) bool { return r == ';' || r == '\t' || isControl(r) }):
				return argError("cookie", p.Name, `holds ";", a line break or another control character`, "")
			}
		}
		ms = append(ms, found...)
	}
	var pairs []string
	for _, m := range sorted(ms) {
		pairs = append(pairs, m.name+"="+string(m.value))
	}
	setCookies(b.plan.Header, pairs...)
	return nil
}

// cookieMembers writes one argument as cookies: one, or with OpenAPI's style
// "cookie" exploded one for each item.
func cookieMembers(p tool.Param, raw json.RawMessage) ([]member, error) {
	if p.Style != "cookie" || !p.Explode || !isArray(raw) && !isObject(raw) {
		s, err := simpleText(p, raw, func(s string) string { return s })
		return []member{{wire(p), json.RawMessage(s)}}, err
	}
	ms, err := children(raw)
	for i, m := range ms {
		s, e := scalarText(m.value)
		if e != nil {
			return nil, e
		}
		if ms[i].value = json.RawMessage(s); isArray(raw) {
			ms[i].name = wire(p)
		}
	}
	return ms, err
}

// setCookies adds "name=value" pairs to the Cookie header and drops what stands
// there under their names.
func setCookies(h http.Header, pairs ...string) {
	if len(pairs) == 0 {
		return
	}
	names := map[string]bool{}
	for _, pair := range pairs {
		name, _, _ := strings.Cut(pair, "=")
		names[name] = true
	}
	var kept []string
	for old := range strings.SplitSeq(h.Get("Cookie"), ";") {
		old = strings.TrimSpace(old)
		if name, _, _ := strings.Cut(old, "="); old != "" && !names[name] {
			kept = append(kept, old)
		}
	}
	h.Set("Cookie", strings.Join(append(kept, pairs...), "; "))
}
