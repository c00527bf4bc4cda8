package tool

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

const upstreamKey = "requestTemplate.security"

// security resolves what the tool's request needs and how the client's own
// credential is taken, by Higress's rule: a tool's own entry replaces the server's
// default as a whole.
func (c *compiler) security(t *Tool, p *profiles.Tool) {
	up, down := p.RequestTemplate.Security, p.Security
	if up == nil {
		up = c.profile.Server.DefaultUpstreamSecurity
	}
	if down == nil {
		down = c.profile.Server.DefaultDownstreamSecurity
	}
	if t.Request.URL == "" {
		return // nothing is sent
	}
	t.Security = c.alternatives(t, up)
	t.Downstream = c.downstream(t, down)
	if t.needsSingle() {
		c.fail(upstreamKey, "passthrough needs exactly one scheme that takes the client's credential to the backend",
			`write requestTemplate.security = { id = "SCHEME" }`)
	}
	c.usable(t)
}

// link gives an imported tool its security: what an override says, what its
// document says, or the profile's default.
func (c *compiler) link(t *Tool) {
	server, o := &c.profile.Server, c.profile.OpenAPI
	forced := o != nil && o.ForceSecurity && server.DefaultUpstreamSecurity != nil && len(t.Security) == 0
	if t.Security == nil || forced {
		t.Security = c.alternatives(t, server.DefaultUpstreamSecurity)
	}
	if o != nil {
		for i := range o.Overrides {
			if one := &o.Overrides[i]; one.Security != nil && one.Matches(t.Request.Method, t.Path, t.Operation) {
				t.Security = c.alternatives(t, one.Security)
			}
		}
	}
	for _, alternative := range t.Security {
		for i := range alternative {
			r := &alternative[i]
			if r.Scheme == nil {
				r.Scheme = &profiles.SecurityScheme{}
			}
			if known := c.schemes[r.Scheme.ID]; known != nil {
				r.Scheme = known
			}
			r.Record = record(t, r.Scheme, r.Credential)
		}
	}
	if t.Downstream = c.downstream(t, server.DefaultDownstreamSecurity); t.needsSingle() {
		c.warn("", "the client's credential is not passed through: the operation needs other than exactly one scheme")
		t.Downstream = nil
	}
	c.usable(t)
}

// cover takes out the arguments that the tool's security schemes fill: a model must not
// be asked for a credential.
func (t *Tool) cover(in *doc.Node) {
	covered := func(p Param) bool {
		return slices.ContainsFunc(t.Security, func(all []Requirement) bool {
			return slices.ContainsFunc(all, func(r Requirement) bool { return r.Scheme.Fills(string(p.In), p.Wire) })
		})
	}
	if len(t.Security) == 0 || !slices.ContainsFunc(t.Params, covered) {
		return
	}
	names := map[string]bool{}
	t.Params = slices.DeleteFunc(t.Params, func(p Param) bool {
		if covered(p) {
			names[p.Name] = true
		}
		return covered(p)
	})
	if properties := in.Get("properties"); properties != nil {
		properties.Members = slices.DeleteFunc(properties.Members, func(m doc.Member) bool { return names[m.Key] })
	}
	if required := in.Get("required"); required != nil {
		required.Items = slices.DeleteFunc(required.Items, func(n *doc.Node) bool { return names[n.Text] })
	}
}

// needsSingle reports a passthrough that does not know where to.
func (t *Tool) needsSingle() bool {
	d := t.Downstream
	return d != nil && d.Passthrough && d.Scheme != nil && (len(t.Security) != 1 || len(t.Security[0]) != 1)
}

func (c *compiler) alternatives(t *Tool, s profiles.Security) [][]Requirement {
	var out [][]Requirement
	for _, alternative := range s {
		all := make([]Requirement, 0, len(alternative))
		for i := range alternative {
			r := &alternative[i]
			scheme, ok := c.schemes[r.ID]
			if !ok {
				c.unknownScheme(upstreamKey, r.ID)
				continue
			}
			all = append(all, Requirement{Scheme: scheme, Credential: r.Credential, Scopes: r.Scopes, Record: record(t, scheme, r.Credential)})
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

// downstream resolves how the client's credential is taken. With
// server.passthroughAuthHeader every tool asks for passthrough; without a scheme
// the Authorization header goes on as it came.
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
	known := make([]string, 0, len(c.schemes))
	for i := range c.profile.Server.SecuritySchemes {
		known = append(known, c.profile.Server.SecuritySchemes[i].ID)
	}
	hint := "define it in server.securitySchemes"
	if near := plaintext.Nearest(id, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	c.fail(key, "there is no security scheme "+quoted(id), hint)
}

// usable warns of a tool none of whose alternatives can ever be satisfied. Its
// requirements stay, so that its calls are refused and nothing is sent. Imported tools
// are told together, in [compiler.refusals].
func (c *compiler) usable(t *Tool) {
	var reasons, hints []string
	for _, alternative := range t.Security {
		why, hint := c.unsatisfiable(alternative)
		if why == "" {
			return
		}
		if !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
		if hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	if len(reasons) == 0 {
		return
	}
	why := strings.Join(append(reasons, hints[:min(1, len(hints))]...), "; ")
	if !t.Imported {
		c.warn(upstreamKey, "the tool cannot authenticate, so its calls will be refused: "+why)
		return
	}
	if i := slices.IndexFunc(c.refused, func(r refusal) bool { return r.why == why }); i >= 0 {
		c.refused[i].tools = append(c.refused[i].tools, t.Name)
		return
	}
	c.refused = append(c.refused, refusal{why: why, tools: []string{t.Name}})
}

// refusal is why imported tools cannot authenticate.
type refusal struct {
	why   string
	tools []string
}

// refusals warns once for each reason why imported tools cannot authenticate.
func (c *compiler) refusals() {
	const few = 3
	c.at = "openapi"
	for _, r := range c.refused {
		who := strings.Join(r.tools[:min(few, len(r.tools))], ", ")
		if more := len(r.tools) - few; more > 0 {
			who += " and " + strconv.Itoa(more) + " more tools"
		}
		c.warn("", who+" cannot authenticate, so calls will be refused: "+r.why)
	}
}

// unsatisfiable says why requirements cannot hold together, and what to type; empty when
// they can.
func (c *compiler) unsatisfiable(all []Requirement) (why, hint string) {
	authorization := ""
	for _, r := range all {
		if e := c.profile.Unusable(r.Scheme); e != nil {
			return e.Error(), e.Hint()
		}
		if r.Scheme.Type == profiles.MutualTLS || r.Scheme.Type == profiles.APIKey && !inAuthorization(r.Scheme) {
			continue
		}
		if authorization != "" {
			return "the schemes " + authorization + " and " + r.Scheme.ID + " both need the Authorization header", ""
		}
		authorization = r.Scheme.ID
	}
	return "", ""
}

func inAuthorization(s *profiles.SecurityScheme) bool {
	return s.In == "header" && strings.EqualFold(s.Name, "Authorization")
}
