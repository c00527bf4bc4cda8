package tool

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Compile compiles a profile that [profiles.Load] or [profiles.Check] has accepted.
// The error is an [Errors] with everything that was found: templates that cannot be
// parsed, tools or arguments of one name, security that cannot be.
func Compile(p *profiles.Profile) (*Set, error) { return CompileWith(p, nil) }

// CompileWith is Compile with tools that were imported from the profile's document.
// They are taken over and completed: schemas are brought within the limits of
// clients; requirements are linked to the profile's schemes, and where the document
// states none, or openapi.overrides states others, the profile decides. A
// requirement whose scheme the profile does not have is a warning, and the tool's
// calls will be refused.
func CompileWith(p *profiles.Profile, imported []*Tool) (*Set, error) {
	c := newCompiler(p)
	s, err := c.compile(imported)
	if err != nil {
		return nil, err
	}
	c.rules(s)
	c.refusals()
	s.warnings = c.warnings
	s.choose()
	s.list = listing(s.tools)
	s.shorten()
	s.version = sync.OnceValue(s.hash)
	return s, nil
}

func newCompiler(p *profiles.Profile) *compiler {
	c := &compiler{profile: p, schemes: make(map[string]*profiles.SecurityScheme, len(p.Server.SecuritySchemes)), templates: map[string]*template.Template{}}
	for i := range p.Server.SecuritySchemes {
		s := &p.Server.SecuritySchemes[i]
		c.schemes[s.ID] = s // the last of one id, as in Higress
	}
	return c
}

// compile makes a set of the profile's own tools and imported ones, before anything
// is chosen from it.
func (c *compiler) compile(imported []*Tool) (*Set, error) {
	p := c.profile
	s := &Set{profile: p, byName: make(map[string]*Tool, len(p.Tools)+len(imported)), denied: map[string]string{}}
	for i := range p.Tools {
		c.at = doc.Index("tools", i)
		c.place(s, c.tool(&p.Tools[i]))
	}
	c.at = "openapi"
	for _, t := range imported {
		c.imported(t)
		c.place(s, t)
	}
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	slices.SortFunc(s.all, func(a, b *Tool) int { return cmp.Compare(a.Name, b.Name) })
	return s, nil
}

// compiler collects what is found while a profile is compiled.
type compiler struct {
	profile   *profiles.Profile
	schemes   map[string]*profiles.SecurityScheme
	templates map[string]*template.Template // by name and text
	at        string                        // the key of the tool at work
	errs      Errors
	warnings  []Warning
	refused   []refusal // imported tools that cannot authenticate
}

// place adds a tool unless its name is taken.
func (c *compiler) place(s *Set, t *Tool) {
	switch _, taken := s.byName[t.Name]; {
	case t.Name == "":
		c.fail("name", "missing: a tool needs a name", "")
	case slices.Contains(profiles.MetaTools(), t.Name):
		c.fail("name", "the name "+t.Name+" is reserved for the bridge's own tool", "give the tool another name")
	case taken:
		c.fail("name", "there is another tool of the name "+t.Name, "give each tool a name of its own")
	default:
		s.byName[t.Name] = t
		s.all = append(s.all, t)
	}
}

// rules warns of a rule that matches no tool: it protects nothing, or allows nothing.
func (c *compiler) rules(s *Set) {
	c.at = ""
	names, operations := make([]string, len(s.all)), make([]string, len(s.all))
	for i, t := range s.all {
		names[i], operations[i] = t.Name, t.Request.Method+" "+t.Path
	}
	var allowed []string
	if c.profile.OpenAPI != nil && c.profile.Server.AllowTools != nil { // else package profiles warns of it
		allowed = *c.profile.Server.AllowTools
	}
	for _, list := range []struct {
		key   string
		rules []string
	}{{"server.allowTools", allowed}, {"policy.deny", c.profile.Policy.Deny}, {"policy.confirm", c.profile.Policy.Confirm}} {
		for i, rule := range list.rules {
			if general(rule) || slices.ContainsFunc(s.all, func(t *Tool) bool { return profiles.MatchRule(rule, t.Name, t.Request.Method, t.Path) }) {
				continue
			}
			message := "there is no tool " + quoted(rule)
			if profiles.IsOperationRule(rule) || strings.ContainsAny(rule, "*?") {
				message = quoted(rule) + " matches no tool"
			}
			known := names
			if profiles.IsOperationRule(rule) {
				known = operations
			}
			if near := plaintext.Nearest(rule, known); near != "" {
				message += " (did you mean " + near + "?)"
			}
			c.warn(doc.Index(list.key, i), message)
		}
	}
}

// general reports whether a rule of the policy is for every path, such as "DELETE /**": it
// may be there for operations that do not exist yet.
func general(rule string) bool {
	return profiles.IsOperationRule(rule) && (strings.HasSuffix(rule, " /**") || rule == "/**")
}

// tool compiles one hand-written or Higress tool.
func (c *compiler) tool(p *profiles.Tool) *Tool {
	r := &p.RequestTemplate
	t := &Tool{
		Name:        p.Name,
		Title:       p.Title,
		Description: p.Description,
		Path:        pathOf(r.URL),
		Request:     Request{Method: strings.ToUpper(r.Method), URL: c.join(r.URL), Headers: r.Headers, Body: r.Body, Bulk: bulk(r)},
		Response: Response{Body: p.ResponseTemplate.Body, Prepend: p.ResponseTemplate.PrependBody,
			Append: p.ResponseTemplate.AppendBody, ErrorBody: p.ErrorResponseTemplate},
		Config:  c.config(),
		Secrets: c.profile.SecretsOf(p),
	}
	switch {
	case r.URL == "" && p.ResponseTemplate.Body == "":
		c.fail("requestTemplate.url", "missing: a tool has requestTemplate.url, or answers by responseTemplate.body alone", "")
	case t.Request.Method == "" && r.URL != "":
		t.Request.Method = http.MethodGet
	}
	t.annotate(p)
	in := c.params(t, p.Args)
	t.variables()
	c.schemas(t, in, parsed(p.OutputSchema))
	c.security(t, p)
	before := len(c.errs)
	c.checkTemplates(t)
	if len(c.errs) == before {
		c.uses(t, p.Args)
	}
	c.placeholders(t)
	return t
}

// config is the template data of the profile's own tools.
func (c *compiler) config() json.RawMessage {
	if len(c.profile.Server.Config) == 0 {
		return nil
	}
	return c.profile.ConfigWith(func(profiles.SecretValue) string { return secret.Mask })
}

// imported completes a tool that was imported.
func (c *compiler) imported(t *Tool) {
	t.Imported = true
	c.at = "openapi " + t.Name
	in := parsed(t.InputSchema)
	if in == nil {
		c.fail("", "the input schema is not JSON", "")
		in = &doc.Node{Kind: doc.Table}
	}
	t.legalParams(in)
	c.link(t)
	t.cover(in)
	c.schemas(t, in, parsed(t.OutputSchema))
}

// join puts the server's base URL before a path.
func (c *compiler) join(url string) string {
	base := strings.TrimSuffix(c.profile.Server.BaseURL, "/")
	if base == "" || !strings.HasPrefix(url, "/") || strings.HasPrefix(url, "//") {
		return url
	}
	return base + url
}

func bulk(r *profiles.RequestTemplate) Bulk {
	switch {
	case r.ArgsToJSONBody:
		return BulkToJSON
	case r.ArgsToFormBody:
		return BulkToForm
	case r.ArgsToURLParam:
		return BulkToURL
	}
	return NoBulk
}

// annotate sets the hints of MCP's ToolAnnotations: by the method, unless the
// profile says otherwise. What destroys does not only read.
func (t *Tool) annotate(p *profiles.Tool) {
	t.ReadOnly, t.Destructive, t.Idempotent = hints(t.Request.Method)
	if t.Request.URL == "" { // answers by itself
		t.ReadOnly, t.Destructive, t.Idempotent = true, false, true
	}
	if p.Destructive != nil {
		t.Destructive = *p.Destructive
		t.ReadOnly = t.ReadOnly && !t.Destructive
	}
	if p.ReadOnly != nil && *p.ReadOnly {
		t.ReadOnly, t.Destructive, t.Idempotent = true, false, true
	}
	if p.ReadOnly != nil && !*p.ReadOnly {
		t.Destructive = t.Destructive || t.ReadOnly && p.Destructive == nil
		t.ReadOnly = false
	}
	if p.Idempotent != nil {
		t.Idempotent = *p.Idempotent
	}
}

// hints returns what a method promises (RFC 9110, section 9.2). What is neither
// safe nor known may destroy: only the profile knows better.
func hints(method string) (readOnly, destructive, idempotent bool) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, "QUERY":
		return true, false, true
	case http.MethodTrace:
		return false, false, true
	case http.MethodPut, http.MethodDelete:
		return false, true, true
	}
	return false, true, false
}
