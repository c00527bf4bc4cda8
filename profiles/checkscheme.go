package profiles

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// ReservedParams are the parameters of an authorization or token request that the
// bridge sets itself and extraParams must not hold.
func ReservedParams() []string {
	return []string{"client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method",
		"nonce", "request", "request_uri", "dpop_jkt", "code", "code_verifier", "grant_type", "refresh_token",
		"client_secret", "client_assertion", "client_assertion_type", "device_code", "scope", "resource"}
}

func (c *checker) scheme(at string, s *SecurityScheme) {
	if s.ID == "" {
		c.missing(at+".id", "missing")
	}
	s.Scheme = strings.ToLower(s.Scheme)
	c.choose(at+".type", string(s.Type), string(HTTPScheme), string(APIKey), string(OAuth2), string(OpenIDConnect), string(MutualTLS))
	switch s.Type {
	case "":
		e := len(c.errs)
		c.missing(at+".type", "missing")
		if len(c.errs) > e {
			c.errs[e].Allowed = []string{string(HTTPScheme), string(APIKey), string(OAuth2), string(OpenIDConnect), string(MutualTLS)}
		}
	case HTTPScheme:
		c.httpScheme(at, s)
	case APIKey:
		c.apiKey(at, s)
	case OAuth2:
		if (s.Flows == nil || *s.Flows == (Flows{})) && s.OpenIDConnectURL == "" && s.Issuer == "" && !c.hasAddress() {
			c.warn(at, "nobody can sign in: the scheme has no flows, and there is no address of the API that could name its authorization server")
		}
	case OpenIDConnect:
		if s.OpenIDConnectURL == "" && s.Issuer == "" {
			c.missing(at+".openIdConnectUrl", "missing: openIdConnect needs the address of its configuration, or issuer")
		}
	}
	c.strayKeys(at, s)
	c.endpoint(at+".openIdConnectUrl", s.OpenIDConnectURL)
	c.endpoint(at+".issuer", s.Issuer)
	c.flows(at+".flows", s.Flows)
	if s.Client != nil {
		c.client(at+".client", s.Client)
	}
}

// hasAddress reports whether the API's address is known, which a scheme without flows
// is discovered from (RFC 9728).
func (c *checker) hasAddress() bool {
	return c.p.Server.BaseURL != "" || c.p.OpenAPI != nil || slices.ContainsFunc(c.p.Tools, func(t Tool) bool {
		return strings.Contains(t.RequestTemplate.URL, "://")
	})
}

func (c *checker) httpScheme(at string, s *SecurityScheme) {
	usable := []string{"basic", "bearer"}
	switch { // another scheme is allowed: a tool that needs it has a warning

	case s.Scheme == "":
		c.missing(at+".scheme", `missing: http needs scheme = "basic" or "bearer"`)
	case slices.Contains(usable, s.Scheme):
	case plaintext.Nearest(s.Scheme, usable) != "" || !IsToken(s.Scheme):
		c.choose(at+".scheme", s.Scheme, usable...)
	}
}

func (c *checker) apiKey(at string, s *SecurityScheme) {
	if s.In == "" {
		c.missing(at+".in", `missing: apiKey needs in = "header", "query" or "cookie"`)
	}
	c.choose(at+".in", s.In, "header", "query", "cookie")
	switch {
	case s.Name == "":
		c.missing(at+".name", "missing: apiKey needs the name of the header, query key or cookie")
	case s.In != "query" && !IsToken(s.Name):
		c.fail(at+".name", "is not a legal name of a "+s.In)
	}
}

// strayKeys warns of keys that belong to another type of scheme.
func (c *checker) strayKeys(at string, s *SecurityScheme) {
	oauth := s.Type == OAuth2 || s.Type == OpenIDConnect
	for _, k := range []struct {
		key   string
		stray bool
	}{
		{"scheme", s.Scheme != "" && s.Type != HTTPScheme},
		{"in", s.In != "" && s.Type != APIKey},
		{"name", s.Name != "" && s.Type != APIKey},
		{"openIdConnectUrl", s.OpenIDConnectURL != "" && !oauth},
		{"issuer", s.Issuer != "" && !oauth},
		{"flows", s.Flows != nil && !oauth},
		{"client", s.Client != nil && !oauth},
	} {
		if k.stray && s.Type != "" {
			c.warn(at+"."+k.key, "has no effect with type "+quote(string(s.Type)))
		}
	}
}

func (c *checker) flows(at string, f *Flows) {
	if f == nil {
		return
	}
	for _, one := range []struct {
		key  string
		flow *Flow
	}{
		{"implicit", f.Implicit}, {"password", f.Password}, {"clientCredentials", f.ClientCredentials},
		{"authorizationCode", f.AuthorizationCode}, {"deviceAuthorization", f.DeviceAuthorization},
	} {
		if one.flow == nil {
			continue
		}
		key := at + "." + one.key + "."
		c.endpoint(key+"authorizationUrl", one.flow.AuthorizationURL)
		c.endpoint(key+"tokenUrl", one.flow.TokenURL)
		c.endpoint(key+"refreshUrl", one.flow.RefreshURL)
		c.endpoint(key+"deviceAuthorizationUrl", one.flow.DeviceAuthorizationURL)
		c.endpoint(key+"issuer", one.flow.Issuer)
		c.endpoint(key+"revocationUrl", one.flow.RevocationURL)
		c.endpoint(key+"introspectionUrl", one.flow.IntrospectionURL)
	}
}

// endpoint checks an address of an authorization server.
func (c *checker) endpoint(key, raw string) {
	if raw == "" {
		return
	}
	u := c.address(key, raw)
	switch {
	case u == nil:
	case u.Scheme == "http" && !outbound.Loopback(u.Hostname()):
		c.warn(key, "sign-in is refused here because the address is not https")
	case outbound.Private(u.Hostname()) && outbound.NewHosts(c.p.HTTP.OnlyPublic...).HasHost(u.Hostname()) && !c.p.NamedHosts().Has(u):
		c.warn(key, "sign-in is refused here because only the imported document names "+u.Host+", which is on this machine or in a private network; if it is meant, add it to http.allowPrivate")
	}
}

func (c *checker) client(at string, o *OAuthClient) {
	c.choose(at+".grant", o.Grant, "authorizationCode", "clientCredentials", "deviceAuthorization")
	c.choose(at+".pkce", o.PKCE, "S256", "assume-s256")
	c.scopes(at+".scopes", o.Scopes)
	if o.Grant == "clientCredentials" && o.Secret == nil {
		c.warn(at, "the grant clientCredentials needs client.secret")
	}
	if o.Resource != "" && o.Resource != "off" {
		if _, message := parseAddress(o.Resource); message != "" {
			c.fail(at+".resource", message).Allowed = []string{"an absolute URL", `"off"`}
		}
	}
	c.redirect(at+".redirect", o.Redirect)
	if o.ScopeParam != "" && o.ScopeParam != "scope" {
		c.param(at+".scopeParam", o.ScopeParam)
	}
	for _, name := range sortedKeys(o.ExtraParams) {
		c.param(doc.Join(at+".extraParams", name), name)
	}
	if o.ExpiresIn < 0 {
		c.fail(at+".expiresIn", "must not be negative")
	}
}

func (c *checker) redirect(at string, r Redirect) {
	c.choose(at+".host", r.Host, "127.0.0.1", "localhost", "::1", "[::1]")
	if r.Port < 0 || r.Port > 65535 {
		c.fail(at+".port", "must be from 0 to 65535, not "+strconv.Itoa(r.Port))
	}
	if r.Path != "" && (!strings.HasPrefix(r.Path, "/") || strings.ContainsAny(r.Path, "?# \\") || !ValidHeaderValue(r.Path)) {
		c.fail(at+".path", "must begin with / and have no query and no fragment")
	}
}

// param refuses a parameter that the bridge sets itself.
func (c *checker) param(key, name string) {
	switch {
	case name == "scope":
		c.fail(key, "is set by the bridge: use client.scopes")
	case name == "resource":
		c.fail(key, "is set by the bridge: use client.resource")
	case slices.Contains(ReservedParams(), name):
		c.fail(key, "is reserved: the bridge sets it")
	case name == "" || !ValidHeaderValue(name):
		c.fail(key, "is not the name of a parameter")
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
