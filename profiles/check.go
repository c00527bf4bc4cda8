package profiles

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// checker collects what is wrong with a profile whose keys and types are right.
type checker struct {
	p       *Profile
	decoded Errors // what decoding found: no second error follows from these
	errs    Errors
	warns   []Warning
	folded  map[string][]string // the tools' names, by themselves in lower case
}

func (c *checker) profile() {
	c.server()
	for i := range c.p.Server.SecuritySchemes {
		c.scheme(doc.Index("server.securitySchemes", i), &c.p.Server.SecuritySchemes[i])
	}
	c.unique("server.securitySchemes", "id", len(c.p.Server.SecuritySchemes), func(i int) string {
		return c.p.Server.SecuritySchemes[i].ID
	})
	if c.p.OpenAPI != nil {
		c.openAPI(c.p.OpenAPI)
	}
	c.exposure()
	c.http()
	c.policy()
	for i := range c.p.Tools {
		c.tool(doc.Index("tools", i), &c.p.Tools[i])
	}
	c.unique("tools", "name", len(c.p.Tools), func(i int) string { return c.p.Tools[i].Name })
	c.secrets()
	c.references()
}

// fail records an error at key, unless decoding already reported it, a part of it
// or what holds it. The error may then be completed; it is never nil.
func (c *checker) fail(key, message string) *doc.Error {
	e := &doc.Error{Pos: c.p.Pos(key), Key: key, Message: message}
	for _, d := range c.decoded {
		if within(d.Key, key) || within(key, d.Key) {
			return e
		}
	}
	c.errs = append(c.errs, e)
	return e
}

// missing records that key is not there, unless its table has a key that could
// not be decoded: that one is probably it.
func (c *checker) missing(key, message string) {
	table := key[:max(0, strings.LastIndexByte(key, '.'))]
	for _, d := range c.decoded {
		if d.Key[:max(0, strings.LastIndexByte(d.Key, '.'))] == table {
			return
		}
	}
	c.fail(key, message)
}

// within reports whether key is ancestor or below it.
func within(key, ancestor string) bool {
	rest, ok := strings.CutPrefix(key, ancestor)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func (c *checker) warn(key, message string) {
	c.warns = append(c.warns, Warning{Pos: c.p.Pos(key), Key: key, Message: message})
}

// choose wants value, when there is one, to be one of the allowed words.
func (c *checker) choose(key, value string, allowed ...string) {
	if value == "" || slices.Contains(allowed, value) {
		return
	}
	e := c.fail(key, "unknown value "+quote(value))
	e.Allowed, e.Nearest = allowed, plaintext.Nearest(value, allowed)
}

// unique wants the n entries of an array of tables to have different ids.
func (c *checker) unique(path, key string, n int, id func(int) string) {
	first := make(map[string]int, n)
	for i := range n {
		if id(i) == "" {
			continue
		}
		if at, dup := first[id(i)]; dup {
			c.fail(doc.Index(path, i)+"."+key, quote(id(i))+" is a duplicate; first at "+c.p.At(doc.Index(path, at)+"."+key))
			continue
		}
		first[id(i)] = i
	}
}

// address checks a URL and returns it, or nil when it is none. What it says never
// shows the URL, which may hold a password.
func (c *checker) address(key, raw string) *url.URL {
	u, message := parseAddress(raw)
	if message != "" {
		c.fail(key, message)
		return nil
	}
	return u
}

// plain warns of an address that requests are refused to because it is not https.
func (c *checker) plain(key string, u *url.URL) {
	if u == nil || u.Scheme != "http" || outbound.Loopback(u.Hostname()) {
		return
	}
	if outbound.NewHosts(c.p.HTTP.AllowInsecure...).Has(u) {
		c.warn(key, "requests to "+u.Host+" are not encrypted")
		return
	}
	c.warn(key, "requests to "+u.Host+" are refused because they are not encrypted: write https, or add "+
		quote(outbound.HostPort(u))+" to http.allowInsecure")
}

// parseAddress reads an absolute http or https URL without user, password and
// fragment, its host as [outbound.Host] gives it; else it says what is wrong.
func parseAddress(raw string) (*url.URL, string) {
	u, err := outbound.Parse(raw)
	switch {
	case err != nil:
		return nil, err.Error()
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return nil, "must not have a fragment (#…)"
	}
	return u, ""
}

// object wants raw to be absent, a table, or text that is a JSON object, which
// becomes that object.
func (c *checker) object(key string, raw *json.RawMessage) {
	if len(*raw) == 0 {
		*raw = nil
		return
	}
	if (*raw)[0] == '"' {
		var text string
		if err := json.Unmarshal(*raw, &text); err != nil {
			c.fail(key, "is not JSON")
			return
		}
		n, err := doc.FromJSON([]byte(text))
		if err != nil {
			c.fail(key, "is text that is not JSON: at "+err.Error())
			return
		}
		*raw = n.JSON()
	}
	if (*raw)[0] != '{' {
		c.fail(key, "must be a table, or text that is a JSON object")
	}
}

// requirement checks what points at a scheme.
func (c *checker) requirement(key, id string) {
	if id == "" {
		c.missing(key+".id", "missing: the id of a security scheme")
		return
	}
	ids := make([]string, 0, len(c.p.Server.SecuritySchemes))
	for _, s := range c.p.Server.SecuritySchemes {
		if s.ID == id {
			return
		}
		if s.ID != "" {
			ids = append(ids, s.ID)
		}
	}
	e := c.fail(key+".id", "no security scheme has the id "+quote(id))
	e.Allowed, e.Nearest = ids, plaintext.Nearest(id, ids)
}

// security checks a list of alternatives.
func (c *checker) security(key string, s Security) {
	single := len(s) == 1 && len(s[0]) == 1 && (c.p.source == nil || isTable(c.p.source.At(key)))
	for i, alternative := range s {
		for j, r := range alternative {
			at := doc.Index(key, i)
			switch {
			case single:
				at = key
			case c.p.source == nil || !isTable(c.p.source.At(at)):
				at = doc.Index(at, j)
			}
			c.requirement(at, r.ID)
			c.scopes(at+".scopes", r.Scopes)
		}
	}
}

func isTable(n *doc.Node) bool { return n != nil && n.Kind == doc.Table }

// scopes wants scope tokens as RFC 6749, 3.3 defines them.
func (c *checker) scopes(key string, scopes []string) {
	for i, s := range scopes {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r > '~' }) {
			c.fail(doc.Index(key, i), "is not a scope: a scope has no blanks, quotes, backslashes or accents")
		}
	}
}
