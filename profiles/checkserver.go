package profiles

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

func (c *checker) server() {
	s := &c.p.Server
	switch {
	case s.Name == "":
		c.missing("server.name", "missing: the MCP server needs a name")
	case strings.TrimSpace(s.Name) != s.Name || !ValidHeaderValue(s.Name):
		c.fail("server.name", "must be text on one line without blanks around it")
	}
	if s.BaseURL != "" {
		u := c.address("server.baseUrl", s.BaseURL)
		if u != nil && (u.RawQuery != "" || u.ForceQuery) {
			c.fail("server.baseUrl", "must not have a query (?…)")
		}
		c.plain("server.baseUrl", u)
	}
	c.object("server.config", &s.Config)
	if s.DefaultUpstreamSecurity != nil {
		c.security("server.defaultUpstreamSecurity", s.DefaultUpstreamSecurity)
	}
	c.downstream("server.defaultDownstreamSecurity", s.DefaultDownstreamSecurity)
	c.allowTools()
}

func (c *checker) allowTools() {
	if c.p.Server.AllowTools == nil {
		return
	}
	names := make([]string, len(c.p.Tools))
	for i, t := range c.p.Tools {
		names[i] = t.Name
	}
	for i, glob := range *c.p.Server.AllowTools {
		key := doc.Index("server.allowTools", i)
		if glob == "" {
			c.fail(key, "must not be empty")
			continue
		}
		if c.p.OpenAPI != nil || matchesAny(glob, names) {
			continue
		}
		message := quote(glob) + " matches no tool"
		if near := plaintext.Nearest(glob, names); near != "" {
			message += " (did you mean " + near + "?)"
		}
		c.warn(key, message)
	}
}

func matchesAny(glob string, names []string) bool {
	for _, n := range names {
		if MatchGlob(glob, n) {
			return true
		}
	}
	return false
}

func (c *checker) downstream(key string, d *Downstream) {
	if d != nil {
		c.requirement(key, d.ID)
	}
}

// ReferenceAt is a reference of a profile and the key under which it stands.
type ReferenceAt struct {
	Key       string
	Reference *Reference
}

// References lists every credential reference of the profile.
func (p *Profile) References() []ReferenceAt {
	var out []ReferenceAt
	add := func(key string, r *Reference) {
		if r != nil {
			out = append(out, ReferenceAt{key, r})
		}
	}
	downstream := func(key string, d *Downstream) {
		if d != nil {
			add(key+".credential", d.Credential)
		}
	}
	security := func(key string, s Security) {
		for i, alternative := range s {
			for j := range alternative {
				add(p.requirementKey(key, s, i, j)+".credential", alternative[j].Credential)
			}
		}
	}
	for i, s := range p.Server.SecuritySchemes {
		at := doc.Index("server.securitySchemes", i)
		add(at+".defaultCredential", s.DefaultCredential)
		if s.Client != nil {
			add(at+".client.secret", s.Client.Secret)
		}
	}
	security("server.defaultUpstreamSecurity", p.Server.DefaultUpstreamSecurity)
	downstream("server.defaultDownstreamSecurity", p.Server.DefaultDownstreamSecurity)
	if p.OpenAPI != nil {
		for i, o := range p.OpenAPI.Overrides {
			security(doc.Index("openapi.overrides", i)+".security", o.Security)
		}
	}
	for i, t := range p.Tools {
		at := doc.Index("tools", i)
		downstream(at+".security", t.Security)
		security(at+".requestTemplate.security", t.RequestTemplate.Security)
	}
	for _, v := range p.Secrets {
		add(v.Key, v.Reference)
	}
	return out
}

// requirementKey is where a requirement stands: alone as a table, among alternatives,
// or in a list of those that hold together.
func (p *Profile) requirementKey(key string, s Security, i, j int) string {
	if p.source == nil {
		switch {
		case len(s) == 1 && len(s[i]) == 1:
			return key
		case len(s[i]) == 1:
			return doc.Index(key, i)
		}
		return doc.Index(doc.Index(key, i), j)
	}
	if isTable(p.source.At(key)) {
		return key
	}
	if at := doc.Index(key, i); isTable(p.source.At(at)) {
		return at
	}
	return doc.Index(doc.Index(key, i), j)
}

// references warns of credentials that stand in the file.
func (c *checker) references() {
	const literal = "literal credential: whoever reads this file has it; "
	for _, r := range c.p.References() {
		if !r.Reference.Literal.IsZero() {
			c.warn(r.Key, literal+"write { keychain = true } and type "+c.storing(r.Reference))
		}
	}
	for _, w := range c.p.WrittenSecrets() {
		c.warn(w.Key, literal+"make it a security scheme, or write {{.config.NAME}} in its place and, under [server], config = { NAME = { keychain = true } }")
	}
}

// storing is the command that stores the credential of a reference.
func (c *checker) storing(r *Reference) string {
	for _, s := range c.p.Server.SecuritySchemes {
		if s.Client != nil && s.Client.Secret == r {
			return shell().Command("mcp-bridge", "login", "--scheme", "client:"+s.ID, "--with-token")
		}
	}
	for _, v := range c.p.Secrets {
		if v.Reference == r {
			return shell().Command("mcp-bridge", "login", "--scheme", v.Record, "--with-token")
		}
	}
	return "mcp-bridge login --with-token"
}

// private sets Private, and warns of files whose references are not honoured.
func (c *checker) private(ask func(string) (bool, string)) {
	needed := ""
	for _, r := range c.p.References() {
		if r.Reference.Literal.IsZero() {
			needed = r.Key
			break
		}
	}
	c.p.Private = true
	for _, file := range c.p.Sources {
		private, reason := false, "the file was not read from a private folder"
		if ask != nil {
			private, reason = ask(file)
		}
		if private {
			continue
		}
		c.p.Private = false
		if needed != "" {
			c.warns = append(c.warns, Warning{Pos: doc.Pos{File: file}, Key: needed,
				Message: "{ env }, { file }, { keychain } and { command } are not honoured: " + reason})
		}
	}
}
