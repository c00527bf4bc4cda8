package profiles

import (
	"cmp"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// authHint says how to replace the security of the profile's document, or of its file.
func (p *Profile) authHint(auth string) string {
	if !p.updatable() {
		return `write type = "http" and scheme = "bearer", or another type that the API accepts, for it under [[server.securitySchemes]] in ` + p.fileName()
	}
	add, login := p.authCommand(auth), ", then: "+shell().Command("mcp-bridge", "login", p.Name)
	switch {
	case auth == "apiKey:header:Authorization":
		return "store the whole header value as a key: " + add + login
	case strings.HasPrefix(auth, "apiKey:"):
		return "type: " + add + login
	case strings.HasPrefix(auth, "oidc="):
		return "type: " + add + login + "; or for a token of your own: " + p.authCommand("bearer")
	}
	return "if the API also accepts a " + map[string]string{"basic": "user name and password", "bearer": "token of your own"}[auth] + ", type: " + add + login
}

// authCommand replaces the security of the profile's document.
func (p *Profile) authCommand(auth string) string {
	return shell().Command("mcp-bridge", "add", p.Name, "--update", "--auth", auth)
}

// shell is what people of this system type commands into.
func shell() plaintext.Shell { return plaintext.ShellOf(runtime.GOOS) }

func (p *Profile) fileName() string {
	if p.File == "" {
		return "the profile"
	}
	return p.File
}

// RequireHint says what to type so that tools which need no credential send that of a
// scheme of the profile; nil stands for one that the profile does not have yet.
func (p *Profile) RequireHint(s *SecurityScheme) string {
	auth := "bearer"
	if s != nil {
		auth = s.authFlag()
	}
	switch {
	case p.updatable() && auth != "":
		return p.authCommand(auth)
	case s == nil:
		return "write the scheme under [[server.securitySchemes]] in " + p.fileName()
	case p.OpenAPI != nil:
		return p.DefaultSecurityLine(s) + ", and forceSecurity = true under [openapi]"
	}
	return p.DefaultSecurityLine(s)
}

// DefaultSecurityLine says which line makes a scheme that of every tool which names none.
func (p *Profile) DefaultSecurityLine(s *SecurityScheme) string {
	return "write defaultUpstreamSecurity = { id = " + doc.TOMLLine(s.ID) + " } under [server] in " + p.fileName()
}

// updatable reports a profile that `mcp-bridge add NAME --update` finds.
func (p *Profile) updatable() bool {
	return p.OpenAPI != nil && p.Name != "" && (p.File == "" || filepath.Base(filepath.Dir(p.File)) == "profiles")
}

// authFlag is the --auth that stands for a scheme; empty when there is none.
func (s *SecurityScheme) authFlag() string {
	switch {
	case !s.Usable():
		return ""
	case s.Type == HTTPScheme:
		return strings.ToLower(s.Scheme)
	case s.Type == APIKey && IsToken(s.Name):
		return "apiKey:" + s.In + ":" + s.Name
	case s.Type == OpenIDConnect:
		return "oidc=" + cmp.Or(s.OpenIDConnectURL, s.Issuer)
	case s.Type == OAuth2 && s.OpenIDConnectURL != "":
		return "oauth2=" + s.OpenIDConnectURL
	}
	return ""
}
