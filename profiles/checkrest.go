package profiles

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

func (c *checker) openAPI(o *OpenAPI) {
	switch {
	case o.Source == "":
		c.missing("openapi.source", "missing: the file or the https address of the document")
	case strings.Contains(o.Source, "://"):
		c.plain("openapi.source", c.address("openapi.source", o.Source))
	}
	if hash := strings.TrimPrefix(o.Digest, "sha256:"); o.Digest != "" && (len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "") {
		c.fail("openapi.digest", "must be the SHA-256 of the document in 64 hexadecimal digits")
	}
	if o.Server != "" {
		c.address("openapi.server", o.Server)
	}
	c.selection("openapi.include", o.Include)
	c.selection("openapi.exclude", o.Exclude)
	for i := range o.Overrides {
		c.override(doc.Index("openapi.overrides", i), &o.Overrides[i])
	}
}

func (c *checker) selection(at string, s Selection) {
	for i, m := range s.Methods {
		c.method(doc.Index(at+".methods", i), m)
	}
	for i, p := range s.Paths {
		if !strings.HasPrefix(p, "/") {
			c.fail(doc.Index(at+".paths", i), "must begin with /").Nearest = "/" + p
		}
	}
	c.notEmpty(at+".tags", s.Tags)
	c.notEmpty(at+".operations", s.Operations)
}

func (c *checker) override(at string, o *Override) {
	switch {
	case o.Match == "" && o.Operation == "":
		c.missing(at+".match", `missing: an override needs match = "METHOD /path" or operation = "ID"`)
	case o.Match != "" && o.Operation != "":
		c.fail(at, "has both match and operation: one of them says what is meant")
	case o.Match != "":
		c.operationRule(at+".match", o.Match)
	}
	if o.Name != "" && !PortableToolName(o.Name) {
		c.fail(at+".name", "a tool's name has 1 to 48 of the characters A-Z a-z 0-9 _ -")
	}
	if slices.Contains(MetaTools(), o.Name) {
		c.fail(at+".name", "the name is reserved for the bridge's own tool")
	}
	if o.Security != nil {
		c.security(at+".security", o.Security)
	}
}

// operationRule checks "METHOD path-glob".
func (c *checker) operationRule(key, rule string) {
	names, glob, ok := splitOperation(rule)
	if !ok || glob == "" {
		c.fail(key, `must be "METHOD /path", such as "DELETE /**"`)
		return
	}
	for _, m := range names {
		if m != "*" {
			c.method(key, m)
		}
	}
}

// method wants an HTTP method that could be meant.
func (c *checker) method(key, m string) {
	if slices.Contains(methods(), strings.ToUpper(m)) {
		return
	}
	near := nearestMethod(m)
	if ValidMethod(m) && near == "" {
		c.warn(key, "an unusual method: "+quote(m))
		return
	}
	e := c.fail(key, quote(m)+" is not a method")
	e.Allowed, e.Nearest = commonMethods(), near
}

func (c *checker) exposure() {
	e := c.p.Exposure
	c.choose("exposure.mode", e.Mode, "auto", "list", "search")
	c.notNegative("exposure.budgetTokens", int64(e.BudgetTokens))
	c.notNegative("exposure.maxTools", int64(e.MaxTools))
	c.notNegative("exposure.listTokens", int64(e.ListTokens))
	c.notNegative("exposure.maxResultChars", int64(e.MaxResultChars))
}

func (c *checker) notNegative(key string, n int64) {
	if n < 0 {
		c.fail(key, "must not be negative")
	}
}

func (c *checker) http() {
	h := &c.p.HTTP
	c.notNegative("http.timeout", int64(h.Timeout))
	c.notNegative("http.maxResponseBytes", h.MaxResponseBytes)
	if h.Retries != nil && (*h.Retries < 0 || *h.Retries > 10) {
		c.fail("http.retries", "must be from 0 to 10")
	}
	if (h.ClientCert == "") != (h.ClientKey == "") {
		c.fail("http", "clientCert and clientKey belong together: one of them is missing")
	}
	c.proxy("http.proxy", h.Proxy)
	for _, name := range sortedKeys(h.Headers) {
		c.header(doc.Join("http.headers", name), name, h.Headers[name].Text)
	}
	for i, host := range h.AllowInsecure {
		key := doc.Index("http.allowInsecure", i)
		if _, port, err := outbound.ReadHost(host); err != nil || port == "" {
			c.fail(key, `must be "host:port"`)
			continue
		}
		c.warn(key, "requests to "+host+" are not encrypted")
	}
	for key, list := range map[string][]string{"http.allowPrivate": h.AllowPrivate, "http.onlyPublic": h.OnlyPublic} {
		for i, host := range list {
			if _, _, err := outbound.ReadHost(host); err != nil {
				c.fail(doc.Index(key, i), "must be a host, or host:port")
			}
		}
	}
}

func (c *checker) proxy(key, raw string) {
	if raw == "" {
		return
	}
	p, err := outbound.ReadProxy(raw)
	switch {
	case err != nil:
		c.fail(key, err.Error())
	case len(p.Passwords()) > 0:
		c.warn(key, "literal credential: whoever reads this file has the proxy's password")
	}
}

// header checks a header's name and value; no message shows the value.
func (c *checker) header(key, name, value string) {
	switch {
	case !IsToken(name):
		c.fail(key, "is not the name of a header")
		return
	case strings.ContainsAny(value, "\r\n"):
		c.fail(key, "a header's value must be one line")
		return
	case !ValidHeaderValue(value):
		c.fail(key, "a header's value must not have control characters")
		return
	}
}

func (c *checker) policy() {
	p := &c.p.Policy
	c.rules("policy.deny", p.Deny)
	c.rules("policy.confirm", p.Confirm)
	c.notEmpty("policy.files", p.Files)
}

func (c *checker) rules(at string, rules []string) {
	c.notEmpty(at, rules)
	for i, rule := range rules {
		if IsOperationRule(rule) {
			c.operationRule(doc.Index(at, i), rule)
		}
	}
}

func (c *checker) notEmpty(at string, list []string) {
	for i, v := range list {
		if v == "" {
			c.fail(doc.Index(at, i), "must not be empty")
		}
	}
}
