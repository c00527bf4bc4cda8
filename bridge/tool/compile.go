package tool

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// tool compiles one hand-written or Higress tool. It returns nil after an error
// that leaves nothing to go on with.
func (c *compiler) tool(p *profiles.Tool) *Tool {
	r := &p.RequestTemplate
	t := &Tool{
		Name:        p.Name,
		Title:       p.Title,
		Description: p.Description,
		Request:     Request{Method: strings.ToUpper(r.Method), URL: c.url(r.URL), Headers: r.Headers, Body: r.Body, Bulk: bulk(r)},
		Response: Response{Body: p.ResponseTemplate.Body, Prepend: p.ResponseTemplate.PrependBody,
			Append: p.ResponseTemplate.AppendBody, ErrorBody: p.ErrorResponseTemplate},
		Config:       c.profile.Server.Config,
		OutputSchema: p.OutputSchema,
	}
	if t.Request.Method == "" && t.Request.URL != "" {
		t.Request.Method = http.MethodGet
	}
	t.Path = pathOf(t.Request.URL)
	t.annotate(p)
	c.params(t, p.Args)
	c.security(t, p)
	c.outputSchema(t)
	_ = t.parseTemplates(func(key string, err error) error {
		c.failWith(key, err)
		return nil
	})
	if len(c.errs) == 0 {
		c.unescaped(t)
	}
	return t
}

// url joins a path to the server's base URL.
func (c *compiler) url(url string) string {
	base := strings.TrimSuffix(c.profile.Server.BaseURL, "/")
	if base == "" || !strings.HasPrefix(url, "/") || strings.HasPrefix(url, "//") {
		return url
	}
	return base + url
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*`)

// pathOf returns the path of a URL template, without its origin and query.
func pathOf(url string) string {
	path := scheme.ReplaceAllString(url, "")
	if i := strings.IndexAny(path, "?#"); i >= 0 && !strings.Contains(path[:i], "{{") {
		path = path[:i]
	}
	if path == "" && url != "" {
		return "/"
	}
	return path
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

// annotate sets the hints of MCP's ToolAnnotations: by the method (RFC 9110
// section 9.2), unless the profile says otherwise.
func (t *Tool) annotate(p *profiles.Tool) {
	t.ReadOnly, t.Destructive, t.Idempotent = hints(t.Request.Method)
	if t.Request.URL == "" { // answers by itself
		t.ReadOnly, t.Destructive, t.Idempotent = true, false, true
	}
	if p.ReadOnly != nil {
		if t.ReadOnly = *p.ReadOnly; t.ReadOnly {
			t.Destructive, t.Idempotent = false, true
		} else if p.Destructive == nil {
			t.Destructive = true
		}
	}
	if p.Destructive != nil {
		t.Destructive = *p.Destructive && !t.ReadOnly
	}
	if p.Idempotent != nil {
		t.Idempotent = *p.Idempotent
	}
}

// hints returns what a method promises. POST and PATCH may destroy: only the
// profile knows better.
func hints(method string) (readOnly, destructive, idempotent bool) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, "QUERY", http.MethodTrace:
		return true, false, true
	case http.MethodPut, http.MethodDelete:
		return false, true, true
	}
	return false, true, false
}

// params makes the parameters and the input schema.
func (c *compiler) params(t *Tool, args []profiles.Arg) {
	var properties []property
	for i := range args {
		a := &args[i]
		kind := a.Type
		if kind == "" {
			kind = "string"
		}
		t.Params = append(t.Params, Param{
			Name: a.Name, Wire: a.Name, In: Position(strings.ToLower(a.Position)), Type: kind, Required: a.Required,
			Default: a.Default, Style: a.Style, Explode: explode(a),
		})
		properties = append(properties, property{name: a.Name, required: a.Required, schema: schemaOf(a, kind)})
	}
	c.listedNames(t, properties)
	t.InputSchema = c.inputSchema(properties)
}

// explode is what the profile says, else OpenAPI's default for the style.
func explode(a *profiles.Arg) bool {
	if a.Explode != nil {
		return *a.Explode
	}
	return a.Style == "form" || a.Style == "deepObject" || a.Style == "cookie"
}

var legalProperty = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// listedNames gives arguments whose names clients refuse another one; the name in
// the request stays.
func (c *compiler) listedNames(t *Tool, properties []property) {
	taken := map[string]bool{}
	for _, p := range properties {
		taken[p.name] = true
	}
	for i := range t.Params {
		p := &t.Params[i]
		if legalProperty.MatchString(p.Name) {
			continue
		}
		name := safeName(p.Name, taken)
		taken[name] = true
		c.warn("args", "the argument "+quoted(p.Name)+" is listed as "+name+", because clients refuse its name")
		p.Name, properties[i].name = name, name
	}
}

func safeName(name string, taken map[string]bool) string {
	safe := strings.Map(func(r rune) rune {
		if r < 0x80 && legalProperty.MatchString(string(r)) {
			return r
		}
		return '_'
	}, name)
	if len(safe) > 60 {
		safe = safe[:60]
	}
	for n := 2; taken[safe] || safe == ""; n++ {
		safe = strings.TrimRight(safe, "0123456789") + itoa(n)
	}
	return safe
}

// unescaped warns of text that can change the meaning of the URL it stands in.
func (c *compiler) unescaped(t *Tool) {
	if t.compiled.templates.URL == nil {
		return
	}
	kinds := map[string]string{}
	for _, p := range t.Params {
		kinds[p.Wire] = p.Type
	}
	for _, use := range t.compiled.templates.URL.Args() {
		if !use.Escaped && (kinds[use.Name] == "string" || kinds[use.Name] == "") {
			c.warn("requestTemplate.url", "the text {{.args."+use.Name+"}} stands unescaped: it can add parameters or a path; write {{urlquery .args."+
				use.Name+`}}, or give the argument position = "path" or "query"`)
		}
	}
}

// outputSchema holds that the declared output schema is an object schema within
// the limits.
func (c *compiler) outputSchema(t *Tool) {
	if t.OutputSchema == nil {
		return
	}
	schema, err := t.outputSchema()
	if err != nil {
		c.fail("outputSchema", "is not JSON", "")
		return
	}
	if kind := schema.Get("type"); kind == nil || kind.Text != "object" {
		c.warn("outputSchema", `is not listed: MCP wants "type": "object" at its root`)
		t.OutputSchema, t.compiled.output = nil, nil
		return
	}
	var message string
	if t.OutputSchema, message = limitSchema(schema, maxSchemaBytes/2); message != "" {
		c.warn("outputSchema", message)
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
