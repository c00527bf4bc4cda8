package openapi

import (
	"net/url"
	"slices"
	"strconv"
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
		r.warn(r.root.at(), "the document has no server address that can be used: "+baseURLHint(""))
	}
}

// baseURLHint is the line that names another server, made of one that cannot be used.
func baseURLHint(example string) string {
	if example == "" {
		example = "https://HOST"
	}
	return "give yours with --base-url " + example + ", or write baseUrl = " + quote(example) + " under [server] in the profile"
}

// host makes the address of a Swagger 2.0 document.
func (r *reader) host() string {
	at, base := r.root.get("host"), strings.TrimSpace(r.root.get("basePath").str())
	host := strings.TrimSpace(at.str())
	var schemes []string
	for _, s := range r.root.get("schemes").strings() {
		schemes = append(schemes, strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "://"))
	}
	scheme := ""
	if own, rest, ok := strings.Cut(host, "//"); ok && (own == "" || strings.HasSuffix(own, ":")) {
		scheme, host = strings.ToLower(strings.TrimSuffix(own, ":")), rest
		r.warn(at.at(), "the host "+quote(at.str())+" has a scheme: it is taken for the server's address")
	}
	host, path, _ := strings.Cut(strings.TrimRight(host, "/"), "/")
	if path = strings.Trim(path, "/"); path != "" && strings.Trim(base, "/") != path {
		base = path + "/" + strings.TrimLeft(base, "/")
	}
	switch {
	case contains(schemes, "https"):
		scheme = "https"
	case contains(schemes, "http") && scheme == "":
		scheme = "http"
	case scheme == "" && len(schemes) > 0: // ws, wss: nothing of ours
		scheme = schemes[0]
	case scheme == "":
		scheme = r.usualScheme(host)
	}
	if host == "" {
		if base == "" {
			base = "/"
		}
		return r.address(at, base)
	}
	return r.address(at, scheme+"://"+host+"/"+strings.TrimLeft(base, "/"))
}

// usualScheme is the scheme of a host that says none: plain http on this machine.
func (r *reader) usualScheme(host string) string {
	if name, _, _ := strings.Cut(host, ":"); outbound.Loopback(name) || strings.HasPrefix(host, "[::1]") {
		return "http"
	}
	return "https"
}

// servers returns the address that a document, a path item or an operation names: the
// first one with https that can be used and is not this machine, else the first one.
func (r *reader) servers(of node) string {
	var usable []string
	const most = 100
	for server := range of.get("servers").items {
		if len(usable) == most {
			break
		}
		raw := server.get("url")
		if server.isText() { // a list of addresses
			raw = server
		}
		if !raw.isText() {
			r.warn(server.at(), "a server without an address")
			continue
		}
		filled, ok := r.fill(server, raw)
		if !ok {
			continue
		}
		if address := r.address(raw, filled); address != "" && !slices.Contains(usable, address) {
			usable = append(usable, address)
		}
	}
	if len(usable) == 0 {
		if of.get("servers").size(1) == 0 && of == r.root {
			return r.address(node{}, "/")
		}
		return ""
	}
	chosen := slices.MinFunc(usable, func(a, b string) int { return rank(a) - rank(b) })
	if of == r.root {
		r.tell(of.get("servers"), chosen, usable)
	}
	return chosen
}

// rank orders servers: those that everybody can reach safely first.
func rank(address string) int {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return 3
	case u.Scheme == "https" && !outbound.Loopback(u.Hostname()):
		return 0
	case u.Scheme == "https":
		return 1
	}
	return 2
}

// tell says which of several servers is used, and that one on this machine may not be meant.
func (r *reader) tell(at node, chosen string, usable []string) {
	const few = 5
	if u, err := url.Parse(chosen); err == nil && outbound.Loopback(u.Hostname()) {
		r.warn(at.at(), "the server "+quote(chosen)+" is on this machine; if you mean another one "+baseURLHint("https://HOST"+u.EscapedPath()))
	}
	if len(usable) < 2 {
		return
	}
	others := slices.DeleteFunc(slices.Clone(usable), func(s string) bool { return s == chosen })
	text := strings.Join(others[:min(few, len(others))], ", ")
	if len(others) > few {
		text += ", …"
	}
	r.warn(at.at(), "of "+strconv.Itoa(len(usable))+" servers "+quote(chosen)+" is used; the others are "+text+": "+baseURLHint(others[0]))
}

// fill puts the defaults of variables into a server's address.
func (r *reader) fill(server, raw node) (string, bool) {
	const longest = 4096
	address := strings.TrimSpace(raw.str())
	if len(address) > longest {
		r.warn(raw.at(), "the server's address has more than 4096 bytes: it is not used")
		return "", false
	}
	address = strings.NewReplacer("${", "{", "{{", "{", "}}", "}").Replace(address)
	for name, v := range server.get("variables").members {
		placeholder := placeholderOf(address, name.text())
		if placeholder == "" {
			continue
		}
		value := v.get("default")
		if !value.exists() || value.kind() == null {
			value = v.get("enum").first()
		}
		if v.isText() { // the value itself
			value = v
		}
		if k := value.kind(); k != text && k != number || strings.ContainsAny(value.text(), "{}") {
			continue // "{your-tenant}" is no default
		}
		filling := value.text()
		if n := strings.Count(address, placeholder); len(address)+n*len(filling) > longest {
			continue
		}
		address = strings.ReplaceAll(address, placeholder, filling)
		r.warn(v.at(), "the server's variable "+quote(name.text())+" stands for its default "+quote(filling)+": set server.baseUrl for another")
	}
	if scheme, rest, ok := strings.Cut(address, "://"); ok { // a variable that holds a scheme, too
		if inner := strings.ToLower(rest); strings.HasPrefix(inner, "http://") || strings.HasPrefix(inner, "https://") {
			address = rest
		} else {
			address = scheme + "://" + rest
		}
	}
	if strings.ContainsAny(address, "{}") {
		r.warn(raw.at(), "the server "+quote(raw.str())+" has a variable without a default: it is not used; "+baseURLHint(whole(address)))
		return "", false
	}
	return address, true
}

// placeholderOf returns the placeholder of a variable as an address has it, in any case; "" when
// it has none.
func placeholderOf(address, name string) string {
	if placeholder := "{" + name + "}"; strings.Contains(address, placeholder) {
		return placeholder
	}
	for rest := address; ; {
		_, after, ok := strings.Cut(rest, "{")
		inner, more, closed := strings.Cut(after, "}")
		if !ok || !closed {
			return ""
		}
		if alike(strings.TrimSpace(inner), name) {
			return "{" + inner + "}"
		}
		rest = more
	}
}

// address makes an absolute base address, or "".
func (r *reader) address(at node, raw string) string {
	raw = strings.TrimSpace(raw)
	if strings.HasPrefix(raw, "//") && r.base() == nil {
		raw = "https:" + raw
	}
	if isBareHost(raw) {
		host, _, _ := strings.Cut(raw, "/")
		raw = r.usualScheme(host) + "://" + raw
		r.warn(at.at(), "the server "+quote(at.str())+" has no scheme: it is taken for "+quote(raw))
	}
	u, err := url.Parse(raw)
	if err == nil && !u.IsAbs() {
		base := r.base()
		if base == nil {
			if at.exists() && raw != "/" && raw != "" {
				r.warn(at.at(), "the server "+quote(raw)+" is relative, and the document came from a file: "+baseURLHint(whole("/"+strings.TrimLeft(raw, "/"))))
			}
			return ""
		}
		u = base.ResolveReference(u)
	}
	switch {
	case isPlaceholder(raw, u):
		r.warn(at.at(), "the server "+quote(raw)+" holds a placeholder: it is not used; "+baseURLHint(whole(raw)))
		return ""
	case err != nil || u.Host == "" || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http":
		r.warn(at.at(), "the server "+quote(raw)+" is no https address: it is not used; "+baseURLHint(""))
		return ""
	case u.User != nil:
		u.User = nil
		r.warn(at.at(), "the server has a user or a password in its address: it is not used; "+baseURLHint(u.String()))
		return ""
	case u.RawQuery != "" || u.Fragment != "":
		r.warn(at.at(), "the query of the server "+quote(raw)+" is left out")
	}
	if err := outbound.Canonical(u); err != nil {
		r.warn(at.at(), "the server "+quote(raw)+" is not used: "+err.Error()+"; "+baseURLHint(""))
		return ""
	}
	if u.Scheme == "http" && !outbound.Loopback(u.Hostname()) {
		r.warn(at.at(), "the server "+quote(u.Host)+" is not encrypted: its calls need http.allowInsecure in the profile")
	}
	path := legal(u.EscapedPath())
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
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
