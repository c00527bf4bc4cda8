package importer

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// everything is the match of the override by which --auth wins over the document.
const everything = "/**"

// Apply writes into p, which imports the document d, what the flags say. With --auth its
// schemes are used by every imported operation and nothing else is; schemes that p has
// already are used where they carry a credential in the same way, and with fresh, a
// profile that is being made, the others are dropped. The error is a *FlagError.
func (a Auth) Apply(p *profiles.Profile, d *openapi.Document, fresh bool) error {
	if a.Given() {
		a.require(p, d, fresh)
	}
	if !a.forClient() {
		return nil
	}
	found := false
	for i := range p.Server.SecuritySchemes {
		s := &p.Server.SecuritySchemes[i]
		if !credential.IsOAuth(s) || len(a.Schemes) > 0 && !slices.ContainsFunc(a.Schemes, func(own profiles.SecurityScheme) bool { return same(own, *s) }) {
			continue
		}
		found = true
		a.client(s)
	}
	if !found {
		return &FlagError{"--client-id, --scope and --redirect are for a scheme with a sign-in page, and there is none", "add --auth oidc=ISSUER or --auth oauth2=DISCOVERY-URL"}
	}
	return nil
}

// Copy returns a copy of a profile that Apply may change: what it does not change is
// shared.
func Copy(p *profiles.Profile) *profiles.Profile {
	out := *p
	out.Server.SecuritySchemes = slices.Clone(p.Server.SecuritySchemes)
	if p.OpenAPI != nil {
		imports := *p.OpenAPI
		imports.Overrides = slices.Clone(imports.Overrides)
		out.OpenAPI = &imports
	}
	return &out
}

// client writes down this program as a client of the scheme's authorization server.
func (a Auth) client(s *profiles.SecurityScheme) {
	c := profiles.OAuthClient{}
	if s.Client != nil {
		c = *s.Client
	}
	if a.ClientID != "" {
		c.ID = a.ClientID
	}
	if len(a.Scopes) > 0 {
		c.Scopes, c.OfflineAccess = a.Scopes, nil // chosen by hand
	}
	if a.Redirect != (profiles.Redirect{}) {
		c.Redirect = a.Redirect
	}
	s.Client = &c
}

// require makes the flags' schemes the only security of the imported operations.
func (a Auth) require(p *profiles.Profile, d *openapi.Document, fresh bool) {
	old := p.Server.SecuritySchemes
	var own []profiles.SecurityScheme
	for _, s := range a.Schemes {
		if i := slices.IndexFunc(old, func(o profiles.SecurityScheme) bool { return same(o, s) }); i >= 0 {
			s = old[i]
		} else if !fresh {
			s.ID = unusedID(s.ID, old)
		}
		own = append(own, s)
	}
	if fresh {
		p.Server.SecuritySchemes = own
	} else {
		p.Server.SecuritySchemes = slices.Clone(old)
		for _, s := range own {
			if !slices.ContainsFunc(old, func(o profiles.SecurityScheme) bool { return o.ID == s.ID }) {
				p.Server.SecuritySchemes = append(p.Server.SecuritySchemes, s)
			}
		}
	}
	security := together(own)
	if !a.None || !fresh && p.Server.DefaultUpstreamSecurity != nil {
		p.Server.DefaultUpstreamSecurity = security
	}
	p.OpenAPI.ForceSecurity = !a.None
	p.OpenAPI.Overrides = slices.DeleteFunc(slices.Clone(p.OpenAPI.Overrides), ours)
	if slices.ContainsFunc(d.Operations, func(o openapi.Operation) bool { return len(o.Security) > 0 && !equal(o.Security, security) }) {
		p.OpenAPI.Overrides = slices.Insert(p.OpenAPI.Overrides, 0, profiles.Override{Match: everything, Security: security})
	}
}

// ours reports the override that --auth writes.
func ours(o profiles.Override) bool {
	return o.Match == everything && o.Security != nil && o.Operation == "" && o.Name == "" && o.Description == "" && o.ReadOnly == nil && !o.Hidden
}

// equal reports whether two securities ask for the same schemes; scopes are the
// document's alone.
func equal(a, b profiles.Security) bool {
	return slices.EqualFunc(a, b, func(x, y []profiles.Requirement) bool {
		return slices.EqualFunc(x, y, func(m, n profiles.Requirement) bool { return m.ID == n.ID })
	})
}

// together makes schemes requirements: those that go into the same header, query
// parameter or cookie are alternatives, the others hold together.
func together(schemes []profiles.SecurityScheme) profiles.Security {
	var places []string
	at := map[string][]profiles.SecurityScheme{}
	for _, s := range schemes {
		place := "header authorization"
		if s.Type == profiles.APIKey {
			place = s.In + " " + strings.ToLower(s.Name)
		}
		if at[place] == nil {
			places = append(places, place)
		}
		at[place] = append(at[place], s)
	}
	out := profiles.Security{}
	if len(places) > 0 {
		out = profiles.Security{nil}
	}
	for _, place := range places {
		var next profiles.Security
		for _, all := range out {
			for _, s := range at[place] {
				next = append(next, append(slices.Clone(all), profiles.Requirement{ID: s.ID}))
			}
		}
		out = next
	}
	return out
}
