package bridge

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// hintNothingSent says of a request without any credential, which the backend refused,
// how one is sent: by signing in where a scheme is optional, or by letting the tool need
// the scheme whose credential is stored, or could be.
func (b *Bridge) hintNothingSent(r *result.Result, plan *request.Plan) {
	p := b.o.Set.Profile()
	if plan.Tool.Downstream != nil && plan.Tool.Downstream.Passthrough || plan.Header.Get("Authorization") != "" || configures(p, "Authorization") || p.HTTP.ClientCert != "" {
		return // one may have been sent
	}
	if i := slices.IndexFunc(plan.Security, func(all []tool.Requirement) bool { return len(all) > 0 }); i >= 0 {
		r.AddHint(b.mask.String("no credential was sent, because the document makes it optional; to send one: " + credential.LoginCommand(b.o.Profile, plan.Security[i][0].Record, b.o.Account)))
		return
	}
	s, stored := b.likely(p)
	who := "the profile"
	if plan.Tool.Imported {
		who = "the document"
	}
	hint := "no credential was sent: " + who + " says that " + plan.Tool.Name + " needs none. "
	switch {
	case s == nil:
		hint += "To send one: " + p.RequireHint(nil)
	case stored:
		hint += "To send the one that is stored for scheme " + s.ID + ": " + p.RequireHint(s)
	default:
		hint += "To send one of scheme " + s.ID + ": " + p.RequireHint(s) + ", then: " + credential.LoginCommand(b.o.Profile, s.ID, b.o.Account)
	}
	r.AddHint(b.mask.String(hint))
}

// likely is the scheme that calls most likely need: one whose credential is stored, else
// the one that is easiest to give.
func (b *Bridge) likely(p *profiles.Profile) (s *profiles.SecurityScheme, stored bool) {
	for i := range p.Server.SecuritySchemes {
		one := &p.Server.SecuritySchemes[i]
		if p.Unusable(one) != nil || one.Type == profiles.MutualTLS {
			continue
		}
		there := b.o.Resolver.Configured(tool.Requirement{Scheme: one}) || b.o.Resolver.Recorded(one, one.ID)
		if s == nil || there && !stored || there == stored && credential.SchemePreference(one) < credential.SchemePreference(s) {
			s, stored = one, there
		}
	}
	return s, stored
}

// configures reports a header that the profile sends with every request.
func configures(p *profiles.Profile, name string) bool {
	for key := range p.HTTP.Headers {
		if strings.EqualFold(http.CanonicalHeaderKey(key), name) {
			return true
		}
	}
	return false
}
