package oauthflow

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// offlineAccess is the scope for a refresh token (OpenID Connect Core, section 11).
const offlineAccess = "offline_access"

// staying is what a server wants to be asked, so that it gives a refresh token.
type staying struct {
	scope  string
	params map[string]string
}

// stay returns how to ask a server for a refresh token: what its metadata say, or what
// providers document whose metadata do not say it. The zero staying means that nothing
// is known: most servers then give one, or never do.
func (s *Server) stay() staying {
	if slices.Contains(s.Scopes, offlineAccess) {
		return staying{scope: offlineAccess}
	}
	switch name := host(s.Endpoints.Authorization); {
	case name == "accounts.google.com":
		return staying{params: map[string]string{"access_type": "offline", "prompt": "consent"}}
	case strings.HasPrefix(name, "accounts.zoho."):
		return staying{params: map[string]string{"access_type": "offline", "prompt": "consent"}}
	case name == "www.dropbox.com":
		return staying{params: map[string]string{"token_access_type": "offline"}}
	case name == "www.reddit.com":
		return staying{params: map[string]string{"duration": "permanent"}}
	case name == "auth.atlassian.com", name == "login.microsoftonline.com":
		return staying{scope: offlineAccess}
	case name == "x.com", name == "twitter.com":
		return staying{scope: "offline.access"}
	case name == "login.salesforce.com", name == "test.salesforce.com", strings.HasSuffix(name, ".my.salesforce.com"):
		return staying{scope: "refresh_token"}
	}
	return staying{}
}

// advice is what a person writes into the profile, so that a sign-in that asked for these
// scopes can be renewed; empty when nothing is known.
func (s *Server) advice(asked []string) string {
	how := s.stay()
	switch {
	case how.scope != "" && !slices.Contains(asked, how.scope):
		return `scopes = ["` + strings.Join(append(slices.Clone(asked), how.scope), `", "`) + `"]`
	case how.params["access_type"] != "":
		return `extraParams = { access_type = "offline", prompt = "consent" }`
	case how.params["token_access_type"] != "":
		return `extraParams = { token_access_type = "offline" }`
	case how.params["duration"] != "":
		return `extraParams = { duration = "permanent" }`
	}
	return ""
}

// Registered returns the redirect address that a client of a person's own has to have at
// the server, with the defaults filled in, and whether the server has to take it with any
// port (RFC 8252, section 7.3): no port is pinned.
func (r Redirect) Registered() (address string, anyPort bool) {
	r = r.filled()
	u := url.URL{Scheme: "http", Host: r.Host, Path: r.Path}
	if strings.Contains(r.Host, ":") && !strings.HasPrefix(r.Host, "[") {
		u.Host = "[" + r.Host + "]"
	}
	if r.Port != 0 {
		u.Host += ":" + strconv.Itoa(r.Port)
	}
	return u.String(), r.Port == 0
}
