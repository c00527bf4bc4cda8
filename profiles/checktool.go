package profiles

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// MetaTools are the names of the bridge's own tools, which no other tool may have.
func MetaTools() []string {
	return []string{"search_tools", "describe_tool", "call_read_tool", "call_write_tool", "read_result"}
}

// ValidToolName reports whether a hand-written tool may have the name: 1 to 128 of
// the characters A-Z a-z 0-9 _ . -
func ValidToolName(s string) bool { return isToolName(s, 128, "_.-") }

// PortableToolName reports whether every client takes the name: 1 to 48 of the
// characters A-Z a-z 0-9 _ -
func PortableToolName(s string) bool { return isToolName(s, 48, "_-") }

func isToolName(s string, most int, further string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte(further, s[i]) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= most
}

func (c *checker) tool(at string, t *Tool) {
	c.toolName(at, t.Name)
	c.downstream(at+".security", t.Security)
	for i := range t.Args {
		c.arg(doc.Index(at+".args", i), &t.Args[i], t)
	}
	c.unique(at+".args", "name", len(t.Args), func(i int) string { return t.Args[i].Name })
	c.request(at, t)
	c.object(at+".outputSchema", &t.OutputSchema)
	response := t.ResponseTemplate
	if response.Body != "" && (response.PrependBody != "" || response.AppendBody != "") {
		c.fail(at+".responseTemplate", "has body and prependBody or appendBody: body makes the whole text")
	}
	if t.RequestTemplate.URL == "" && response.Body == "" {
		c.missing(at+".requestTemplate.url", "missing: a tool has requestTemplate.url, or answers by responseTemplate.body alone")
	}
	c.passthrough(at, t)
}

func (c *checker) toolName(at, name string) {
	key := at + ".name"
	switch {
	case name == "":
		c.missing(key, "missing: a tool needs a name")
	case !ValidToolName(name):
		c.fail(key, quote(name)+" is not a tool's name: it has 1 to 128 of the characters A-Z a-z 0-9 _ . -").Nearest = legalToolName(name)
	case slices.Contains(MetaTools(), name):
		c.fail(key, "the name is reserved for the bridge's own tool")
	case !PortableToolName(name):
		c.warn(key, "some clients refuse the name: the safe ones have 1 to 48 of the characters A-Z a-z 0-9 _ -")
	}
	if c.folded == nil {
		c.folded = make(map[string][]string, len(c.p.Tools))
		for i := range c.p.Tools {
			lower := strings.ToLower(c.p.Tools[i].Name)
			c.folded[lower] = append(c.folded[lower], c.p.Tools[i].Name)
		}
	}
	for _, other := range c.folded[strings.ToLower(name)] {
		if other != name {
			c.warn(key, "differs only by case from "+quote(other))
			break
		}
	}
}

func legalToolName(name string) string {
	legal := strings.Map(func(r rune) rune {
		if r < 0x80 && (isAlnum(byte(r)) || r == '_' || r == '-' || r == '.') {
			return r
		}
		return '_'
	}, name)
	return strings.Trim(legal[:min(len(legal), 128)], "_")
}

// action matches a template action, placeholder a path argument's braces.
var (
	action      = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	placeholder = regexp.MustCompile(`\{[^{}/]*\}`)
)

// hasVariable reports whether a URL template has a place for an argument of the path.
func hasVariable(url, name string) bool {
	return strings.Contains(url, "{"+name+"}") || slices.ContainsFunc(SplitPath(action.ReplaceAllString(url, "x")), func(p PathPiece) bool { return p.Name == name })
}

func (c *checker) request(at string, t *Tool) {
	r, key := &t.RequestTemplate, at+".requestTemplate"
	c.toolURL(key+".url", r.URL)
	switch {
	case r.Method != "":
		c.method(key+".method", r.Method)
	case r.URL != "":
		c.warn(key, "no method: GET is sent")
	}
	for i, h := range r.Headers {
		entry := doc.Index(key+".headers", i)
		if h.Key == "" {
			c.missing(entry+".key", "missing: a header needs a name")
			continue
		}
		if IsToken(h.Key) {
			entry += ".value"
		} else {
			entry += ".key"
		}
		c.header(entry, h.Key, h.Value)
	}
	c.bulk(key, r)
	if r.Security != nil {
		c.security(key+".security", r.Security)
	}
}

func (c *checker) bulk(key string, r *RequestTemplate) {
	var set []string
	for _, o := range []struct {
		name string
		on   bool
	}{{"argsToJsonBody", r.ArgsToJSONBody}, {"argsToUrlParam", r.ArgsToURLParam}, {"argsToFormBody", r.ArgsToFormBody}} {
		if o.on {
			set = append(set, o.name)
		}
	}
	if len(set) > 1 {
		c.fail(key+"."+set[1], "cannot stand beside "+set[0]+": arguments go to one place")
	}
	if len(set) == 1 && r.Body != "" && !r.ArgsToURLParam {
		c.fail(key+"."+set[0], "cannot stand beside body, which is the whole body")
	}
}

// toolURL checks what can be known of a URL template.
func (c *checker) toolURL(key, raw string) {
	plain := placeholder.ReplaceAllString(action.ReplaceAllString(raw, "x"), "x")
	if _, err := url.Parse(plain); err != nil { // a port from the template, such as {{.config.port}}
		plain = placeholder.ReplaceAllString(action.ReplaceAllString(raw, "1"), "1")
	}
	switch {
	case raw == "":
		return
	case strings.ContainsAny(raw, "\r\n"):
		c.fail(key, "must be one line")
	case strings.HasPrefix(raw, "{{"):
	case strings.HasPrefix(raw, "/") && !strings.HasPrefix(raw, "//"):
		if _, err := url.Parse(plain); err != nil {
			c.fail(key, "is not a URL")
		} else if c.p.Server.BaseURL == "" && c.p.OpenAPI == nil {
			c.warn(key, "a path needs server.baseUrl: calls fail without it")
		}
	default:
		u, message := parseAddress(strings.SplitN(plain, "#", 2)[0])
		if u == nil {
			c.fail(key, message)
			return
		}
		c.plain(key, u)
	}
}

func (c *checker) arg(at string, a *Arg, t *Tool) {
	if a.Name == "" {
		c.missing(at+".name", "missing: an argument needs a name")
	}
	c.choose(at+".type", a.Type, "string", "integer", "number", "boolean", "array", "object")
	a.Position = strings.ToLower(a.Position)
	c.choose(at+".position", a.Position, "path", "query", "header", "cookie", "body")
	if (a.Position == "header" || a.Position == "cookie") && a.Name != "" && !IsToken(a.Name) {
		c.fail(at+".name", quote(a.Name)+" is not a legal name of a "+a.Position)
	}
	if a.Position == "path" && t.RequestTemplate.URL != "" && !hasVariable(t.RequestTemplate.URL, a.Name) {
		c.warn(at+".position", "the URL has no {"+a.Name+"}: the argument is not sent")
	}
	c.style(at+".style", a)
	c.object(at+".properties", &a.Properties)
	c.object(at+".items", &a.Items)
	if a.Items != nil && a.Type != "array" {
		c.warn(at+".items", "has no effect without type = \"array\"")
	}
	if a.Properties != nil && a.Type != "object" {
		c.warn(at+".properties", "has no effect without type = \"object\"")
	}
	c.values(at, a)
}

// values warns of a default and of enum values that are not of the argument's type.
func (c *checker) values(at string, a *Arg) {
	if n, err := doc.FromJSON(a.Default); err == nil && isReference(n) && a.Type != "object" {
		c.fail(at+".default", "a reference to a credential cannot stand here: it would be sent as it is written").Allowed = []string{"a value of server.config, used as {{.config.NAME}}"}
		return
	}
	if a.Default != nil && !isOfType(a.Default, a.Type) {
		c.warn(at+".default", "is not "+article(a.Type))
	}
	for i, v := range a.Enum {
		if !isOfType(v, a.Type) {
			c.warn(doc.Index(at+".enum", i), "is not "+article(a.Type))
		}
	}
}

func article(kind string) string {
	if kind == "" {
		kind = "string"
	}
	if strings.IndexByte("aio", kind[0]) >= 0 {
		return "an " + kind
	}
	return "a " + kind
}

// isOfType reports whether a JSON value is of a JSON schema type; empty: string.
func isOfType(raw json.RawMessage, kind string) bool {
	if len(raw) == 0 {
		return true
	}
	switch kind {
	case "", "string":
		return raw[0] == '"'
	case "integer":
		return strings.Trim(string(raw), "-0123456789") == ""
	case "number":
		return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
	case "boolean":
		return raw[0] == 't' || raw[0] == 'f'
	case "array":
		return raw[0] == '['
	case "object":
		return raw[0] == '{'
	}
	return true
}

// style wants a style that OpenAPI has for the argument's position.
func (c *checker) style(key string, a *Arg) {
	if a.Style == "" {
		if a.Explode != nil {
			c.warn(strings.TrimSuffix(key, "style")+"explode", "has no effect without style")
		}
		return
	}
	switch a.Position {
	case "path":
		c.choose(key, a.Style, "simple", "label", "matrix")
	case "query":
		c.choose(key, a.Style, "form", "spaceDelimited", "pipeDelimited", "deepObject")
	case "header":
		c.choose(key, a.Style, "simple")
	case "cookie":
		c.choose(key, a.Style, "form", "cookie")
	default:
		c.fail(key, "needs position = \"path\", \"query\", \"header\" or \"cookie\"")
	}
}

// passthrough wants exactly one scheme that takes the client's credential to the
// backend.
func (c *checker) passthrough(at string, t *Tool) {
	down, key := t.Security, at+".security.passthrough"
	if down == nil {
		down, key = c.p.Server.DefaultDownstreamSecurity, at
	}
	if down == nil || !down.Passthrough || t.RequestTemplate.URL == "" {
		return
	}
	up := t.RequestTemplate.Security
	if up == nil {
		up = c.p.Server.DefaultUpstreamSecurity
	}
	schemes := 0
	for _, alternative := range up {
		schemes += len(alternative)
	}
	if schemes != 1 || len(up) != 1 {
		c.fail(key, "passthrough needs exactly one scheme in requestTemplate.security, not "+strconv.Itoa(schemes))
	}
}
