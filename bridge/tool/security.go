package tool

import (
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// security resolves what the tool's request needs and how the client's own
// credential is taken, by Higress's rule: a tool's own entry replaces the server's
// default as a whole.
func (c *compiler) security(t *Tool, p *profiles.Tool) {
	key, up := "requestTemplate.security", p.RequestTemplate.Security
	if up == nil {
		up = c.profile.Server.DefaultUpstreamSecurity
	}
	if t.Request.URL != "" {
		t.Security = c.alternatives(t, key, up)
	}
	down := p.Security
	if down == nil {
		down = c.profile.Server.DefaultDownstreamSecurity
	}
	t.Downstream = c.downstream(t, down)
	if t.Downstream != nil && t.Downstream.Passthrough && t.Downstream.Scheme != nil && t.Request.URL != "" && !single(t.Security) {
		c.fail(key, "passthrough needs exactly one scheme that takes the client's credential to the backend",
			"write requestTemplate.security = { id = \"SCHEME\" }")
	}
}

func single(s [][]Requirement) bool { return len(s) == 1 && len(s[0]) == 1 }

func (c *compiler) alternatives(t *Tool, key string, s profiles.Security) [][]Requirement {
	var out [][]Requirement
	for _, alternative := range s {
		all := []Requirement{}
		for i := range alternative {
			r := &alternative[i]
			scheme, ok := c.schemes[r.ID]
			if !ok {
				c.unknownScheme(key, r.ID)
				continue
			}
			all = append(all, Requirement{Scheme: scheme, Credential: r.Credential, Scopes: r.Scopes, Record: record(t, scheme, r.Credential)})
			if why := unusable(scheme); why != "" {
				c.warn(key, "calls will be refused: "+why)
			}
		}
		out = append(out, all)
	}
	return out
}

// record names the keychain record: a credential of the tool's own that is kept
// in the keychain has one of its own.
func record(t *Tool, scheme *profiles.SecurityScheme, own *profiles.Reference) string {
	if own != nil && own.Keychain {
		return "tool:" + t.Name
	}
	return scheme.ID
}

func (c *compiler) downstream(t *Tool, d *profiles.Downstream) *Downstream {
	forward := c.profile.Server.PassthroughAuthHeader
	if d == nil || d.ID == "" {
		if !forward {
			return nil
		}
		return &Downstream{Passthrough: true}
	}
	scheme, ok := c.schemes[d.ID]
	if !ok {
		c.unknownScheme("security", d.ID)
		return nil
	}
	return &Downstream{Scheme: scheme, Passthrough: d.Passthrough || forward, Credential: d.Credential, Record: record(t, scheme, d.Credential)}
}

func (c *compiler) unknownScheme(key, id string) {
	var known []string
	for i := range c.profile.Server.SecuritySchemes {
		known = append(known, c.profile.Server.SecuritySchemes[i].ID)
	}
	hint := "define it in server.securitySchemes"
	if near := doc.Nearest(id, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	c.fail(key, "there is no security scheme "+quoted(id), hint)
}

// unusable says why a scheme can never carry a credential; empty when it can.
func unusable(s *profiles.SecurityScheme) string {
	switch s.Type {
	case profiles.HTTPScheme:
		if s.Scheme != "basic" && s.Scheme != "bearer" {
			return "the scheme " + s.ID + " is http " + quoted(s.Scheme) + "; only basic and bearer are known"
		}
	case profiles.APIKey:
		if s.Name == "" || s.In == "" {
			return "the scheme " + s.ID + " does not say where the key goes"
		}
	case profiles.OAuth2, profiles.OpenIDConnect, profiles.MutualTLS:
	default:
		return "the scheme " + s.ID + " has the unknown type " + quoted(string(s.Type))
	}
	return ""
}
