package session

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Unused returns what to type in a profile whose tools send requests and need no
// credential although it has security schemes, so that no sign-in would have an effect;
// empty for any other.
func (v *View) Unused() (message, hint string) {
	if v.Profile == nil || len(v.Profile.Server.SecuritySchemes) == 0 {
		return "", ""
	}
	sends := false
	for _, t := range v.Set.All() {
		if t.Request.URL == "" {
			continue
		}
		if sends = true; len(t.Security) > 0 || t.Downstream != nil {
			return "", ""
		}
	}
	var usable []*profiles.SecurityScheme
	for i := range v.Profile.Server.SecuritySchemes {
		if s := &v.Profile.Server.SecuritySchemes[i]; s.Usable() && s.Type != profiles.MutualTLS {
			usable = append(usable, s)
		}
	}
	if !sends || len(usable) == 0 {
		return "", ""
	}
	hint = v.Profile.DefaultSecurityLine(usable[0])
	var more []string
	for _, s := range usable[1:] {
		more = append(more, s.ID)
	}
	if len(more) > 0 {
		hint += " (or " + strings.Join(more, ", ") + ")"
	}
	return "no tool uses a security scheme, so calls send no credential", hint
}
