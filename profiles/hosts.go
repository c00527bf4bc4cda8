package profiles

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

// NamedHosts returns the hosts that the person named, which may be private: those of
// server.baseUrl, openapi.source, http.allowPrivate and http.allowInsecure, and those
// of the profile's own tools that http.onlyPublic does not list. The hosts of imported
// operations and of security schemes are not among them; see [SchemeHosts].
func (p *Profile) NamedHosts() outbound.Hosts {
	hosts := outbound.Hosts{}
	for i := range p.Tools {
		hosts.AddURL(p.Tools[i].RequestTemplate.URL)
	}
	p.withoutLearned(hosts)
	hosts.AddURL(p.Server.BaseURL)
	if p.OpenAPI != nil {
		hosts.AddURL(p.OpenAPI.Source)
	}
	for _, list := range [][]string{p.HTTP.AllowPrivate, p.HTTP.AllowInsecure} {
		for _, host := range list {
			hosts.Add(host)
		}
	}
	return hosts
}

// BaseOrigin returns the origin that a sign-in during a call may be approved for
// without a typed login: the one of server.baseUrl, else the one that openapi.server
// recorded when the document was imported. It is empty when the profile records none.
func (p *Profile) BaseOrigin() string {
	if p.Server.BaseURL != "" || p.OpenAPI == nil {
		return outbound.Origin(p.Server.BaseURL)
	}
	return outbound.Origin(p.OpenAPI.Server)
}

// SchemeHosts returns the hosts of the addresses of a security scheme that
// http.onlyPublic does not list: the person named them.
func (p *Profile) SchemeHosts(s *SecurityScheme) outbound.Hosts {
	hosts := outbound.Hosts{}
	for _, address := range s.Addresses() {
		hosts.AddURL(address)
	}
	p.withoutLearned(hosts)
	return hosts
}

func (p *Profile) withoutLearned(hosts outbound.Hosts) {
	for _, host := range p.HTTP.OnlyPublic {
		hosts.Remove(host)
	}
}

// Addresses returns the addresses of an authorization server that a scheme names, each
// once.
func (s *SecurityScheme) Addresses() []string {
	all := []string{s.OpenIDConnectURL, s.Issuer}
	if f := s.Flows; f != nil {
		for _, one := range []*Flow{f.Implicit, f.Password, f.ClientCredentials, f.AuthorizationCode, f.DeviceAuthorization} {
			if one != nil {
				all = append(all, one.AuthorizationURL, one.TokenURL, one.RefreshURL, one.DeviceAuthorizationURL, one.Issuer, one.RevocationURL, one.IntrospectionURL)
			}
		}
	}
	var out []string
	seen := map[string]bool{"": true}
	for _, address := range all {
		if address = strings.TrimSpace(address); !seen[address] {
			seen[address] = true
			out = append(out, address)
		}
	}
	return out
}
