package openapi

import (
	"net/url"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

// server finds the base address of the API.
func (r *reader) server() {
	if r.options.BaseURL != "" {
		r.out.Server = strings.TrimRight(r.options.BaseURL, "/")
		return
	}
	if r.swagger {
		r.out.Server = r.host()
	} else {
		r.out.Server = r.servers(r.root)
	}
	if r.out.Server == "" {
		r.warn(r.root.at(), "the document has no server address that can be used: set server.baseUrl (--base-url)")
	}
}

// host makes the address of a Swagger 2.0 document.
func (r *reader) host() string {
	host, base := r.root.get("host").str(), r.root.get("basePath").str()
	schemes := r.root.get("schemes").strings()
	scheme := "https"
	if len(schemes) > 0 && !contains(schemes, "https") && contains(schemes, "http") {
		scheme = "http"
	}
	address := base
	if host != "" {
		address = scheme + "://" + host + "/" + strings.TrimLeft(base, "/")
	} else if address == "" {
		address = "/"
	}
	return r.address(r.root.get("host"), address)
}

// servers returns the address that a document, a path item or an operation names:
// the first one with https that can be used, else the first one.
func (r *reader) servers(of node) string {
	found := ""
	for server := range of.get("servers").items {
		raw := server.get("url")
		if !raw.isText() {
			r.warn(server.at(), "a server without an address")
			continue
		}
		filled, ok := r.fill(server, raw)
		if !ok {
			continue
		}
		address := r.address(raw, filled)
		if strings.HasPrefix(address, "https://") {
			return address
		}
		if found == "" {
			found = address
		}
	}
	if found == "" && !of.get("servers").exists() && of == r.root {
		return r.address(node{}, "/")
	}
	return found
}

// fill puts the defaults of variables into a server's address.
func (r *reader) fill(server, raw node) (string, bool) {
	const longest = 4096
	address := raw.str()
	if len(address) > longest {
		r.warn(raw.at(), "the server's address has more than 4096 bytes: it is not used")
		return "", false
	}
	for name, v := range server.get("variables").members {
		placeholder := "{" + name.text() + "}"
		if !strings.Contains(address, placeholder) {
			continue
		}
		value := v.get("default")
		if !value.exists() {
			value = v.get("enum").first()
		}
		if k := value.kind(); k != text && k != number || strings.ContainsAny(value.text(), "{}") {
			continue // "{your-tenant}" is no default
		}
		if n := strings.Count(address, placeholder); len(address)+n*len(value.text()) > longest {
			continue
		}
		address = strings.ReplaceAll(address, placeholder, value.text())
		r.warn(v.at(), "the server's variable "+quote(name.text())+" stands for its default "+quote(value.text())+": set server.baseUrl for another")
	}
	if strings.ContainsAny(address, "{}") {
		r.warn(raw.at(), "the server "+quote(raw.str())+" has a variable without a default: it is not used")
		return "", false
	}
	return address, true
}

// address makes an absolute base address, or "".
func (r *reader) address(at node, raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err == nil && !u.IsAbs() {
		base := r.base()
		if base == nil {
			if at.exists() && raw != "/" {
				r.warn(at.at(), "the server "+quote(raw)+" is relative, and the document came from a file")
			}
			return ""
		}
		u = base.ResolveReference(u)
	}
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http":
		r.warn(at.at(), "the server "+quote(raw)+" is no https address: it is not used")
		return ""
	case u.User != nil:
		r.warn(at.at(), "the server has a user or a password in its address: it is not used")
		return ""
	case u.RawQuery != "" || u.Fragment != "":
		r.warn(at.at(), "the query of the server "+quote(raw)+" is left out")
	}
	if err := outbound.Canonical(u); err != nil {
		r.warn(at.at(), "the server "+quote(raw)+" is not used: "+err.Error())
		return ""
	}
	if u.Scheme == "http" && !outbound.Loopback(u.Hostname()) {
		r.warn(at.at(), "the server "+quote(u.Host)+" is plain http: calls are refused unless http.allowInsecure names it")
	}
	path := legal(u.EscapedPath())
	return u.Scheme + "://" + u.Host + strings.TrimRight(path, "/")
}

// base is the address that relative servers begin at; nil when there is none.
func (r *reader) base() *url.URL {
	location := r.options.Location
	if location == "" && r.out.Server != "" {
		location = r.out.Server + "/"
	}
	base, err := url.Parse(location)
	if err != nil || base.Host == "" {
		return nil
	}
	return base
}

// absolute resolves an address of a security scheme against the server. It returns
// the text as it is when that cannot be.
func (r *reader) absolute(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.IsAbs() || raw == "" {
		return strings.TrimSpace(raw)
	}
	base, err := url.Parse(r.out.Server + "/")
	if err != nil || base.Host == "" {
		return strings.TrimSpace(raw)
	}
	return base.ResolveReference(u).String()
}

// legal percent-encodes what may not stand literally in the path of a URL, and
// braces, which mean something to templates. An escape stays as it is.
func legal(path string) string { return escape(path, "") }

func escape(path, more string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case c == '%' && i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2]), isPathByte(c), strings.IndexByte(more, c) >= 0:
			b.WriteByte(c)
		default:
			const hex = "0123456789ABCDEF"
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}

// isPathByte reports RFC 3986's pchar, and the slash.
func isPathByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~!$&'()*+,;=:@/", c) >= 0
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if strings.EqualFold(one, s) {
			return true
		}
	}
	return false
}
