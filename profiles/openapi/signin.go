package openapi

import (
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// unite makes one scheme of those that stand for one sign-in: the implicit flow beside
// the code flow of one provider, or OpenID Connect beside its OAuth endpoints. The one
// that can be used stays; requirements of the others mean it.
func (r *reader) unite() {
	var groups [][]int
	for i := range r.out.Schemes {
		at := slices.IndexFunc(groups, func(g []int) bool {
			return slices.ContainsFunc(g, func(j int) bool { return r.oneSignIn(i, j) })
		})
		if at < 0 {
			groups = append(groups, []int{i})
		} else {
			groups[at] = append(groups[at], i)
		}
	}
	if len(groups) == len(r.out.Schemes) {
		return
	}
	var schemes []profiles.SecurityScheme
	var notes []SchemeNote
	for n, g := range groups {
		best := g[0]
		for _, i := range g[1:] {
			if r.preferred(i, best) {
				best = i
			}
		}
		for _, i := range g {
			id := r.out.Schemes[i].ID
			if r.known[id] = n; i != best {
				r.warn(r.places[id], "the security schemes "+quote(id)+" and "+quote(r.out.Schemes[best].ID)+" stand for one sign-in: "+quote(r.out.Schemes[best].ID)+" is used")
			}
		}
		schemes, notes = append(schemes, r.out.Schemes[best]), append(notes, r.out.Notes[best])
	}
	r.out.Schemes, r.out.Notes = schemes, notes
}

// preferred reports whether the first of two schemes of one sign-in is the better one.
func (r *reader) preferred(i, j int) bool {
	if a, b := r.out.Notes[i].Usable, r.out.Notes[j].Usable; a != b {
		return a
	}
	a, b := r.out.Schemes[i].Type, r.out.Schemes[j].Type
	return a == profiles.OpenIDConnect && b != profiles.OpenIDConnect
}

// oneSignIn reports two schemes with which a person signs in at one place.
func (r *reader) oneSignIn(i, j int) bool {
	a, b := &r.out.Schemes[i], &r.out.Schemes[j]
	if b.Type == profiles.OpenIDConnect {
		a, b = b, a
	}
	switch {
	case a.Type == profiles.OpenIDConnect && b.Type == profiles.OpenIDConnect:
		return a.OpenIDConnectURL == b.OpenIDConnectURL && isAddress(a.OpenIDConnectURL)
	case a.Type == profiles.OpenIDConnect && b.Type == profiles.OAuth2:
		return sameIssuer(a.OpenIDConnectURL, authorization(b))
	case a.Type != profiles.OAuth2 || b.Type != profiles.OAuth2:
		return false
	}
	at, bt := authorization(a), authorization(b)
	if at != "" && trimmed(at) == trimmed(bt) {
		x, y := codeToken(a), codeToken(b)
		return x == "" || y == "" || x == y
	}
	if r.out.Notes[i].Usable == r.out.Notes[j].Usable {
		return false
	}
	ours, other := a, b // ours can be used, the other one alone cannot
	if r.out.Notes[j].Usable {
		ours, other = b, a
	}
	return authorization(ours) != "" && outbound.Origin(authorization(ours)) == outbound.Origin(endpoint(other))
}

// authorization is where a person signs in: of the code flow, or of the implicit one.
func authorization(s *profiles.SecurityScheme) string {
	switch f := s.Flows; {
	case f == nil:
	case f.AuthorizationCode != nil:
		return f.AuthorizationCode.AuthorizationURL
	case f.Implicit != nil:
		return f.Implicit.AuthorizationURL
	}
	return ""
}

func codeToken(s *profiles.SecurityScheme) string {
	if s.Flows.AuthorizationCode == nil {
		return ""
	}
	return s.Flows.AuthorizationCode.TokenURL
}

// endpoint is an address of a scheme that knows only the implicit or the password flow.
func endpoint(s *profiles.SecurityScheme) string {
	switch f := s.Flows; {
	case f == nil || f.ClientCredentials != nil || f.DeviceAuthorization != nil:
	case f.Implicit != nil:
		return f.Implicit.AuthorizationURL
	case f.Password != nil:
		return f.Password.TokenURL
	}
	return ""
}

func trimmed(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return strings.TrimRight(address, "/")
}

// sameIssuer reports an authorization endpoint of the issuer whose metadata stand at an
// address: of its origin and, where issuers are told apart by their paths, its path.
func sameIssuer(discovery, endpoint string) bool {
	issuer, _, ok := strings.Cut(discovery, "/.well-known/")
	d, err := url.Parse(issuer)
	e, err2 := url.Parse(endpoint)
	if !ok || err != nil || err2 != nil || endpoint == "" || outbound.Origin(issuer) != outbound.Origin(endpoint) {
		return false
	}
	base := strings.TrimSuffix(strings.TrimRight(d.Path, "/"), "/v2.0") // Microsoft's version is part of the issuer
	return base == "" || e.Path == base || strings.HasPrefix(e.Path, base+"/")
}
