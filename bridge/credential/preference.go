package credential

import (
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Preference orders alternatives of which none has a credential yet by what a person is
// asked for, the least value first: a sign-in in the browser, a bearer token, a key, a
// user name with a password. Requirements that hold together count as the last of them.
func Preference(all []tool.Requirement) int {
	worst := 0
	for _, r := range all {
		worst = max(worst, SchemePreference(r.Scheme))
	}
	return worst
}

// SchemePreference is [Preference] for one scheme.
func SchemePreference(s *profiles.SecurityScheme) int {
	switch {
	case IsOAuth(s):
		return 0
	case s.Type == profiles.HTTPScheme && s.Scheme == "bearer":
		return 1
	case s.Type == profiles.APIKey:
		return 2
	case s.Type == profiles.HTTPScheme && s.Scheme == "basic":
		return 3
	}
	return 4
}
