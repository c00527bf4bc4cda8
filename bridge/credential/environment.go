package credential

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// clientPrefix begins the variables that carry the client's own credentials, once
// they are written as variableName does.
const clientPrefix = "MCP_BRIDGE_CLIENT_"

// ChildEnvironment returns the environment for a program that the bridge starts:
// without the variables that the profile takes credentials from, and without the
// client's own credentials, in whatever case they are written.
func ChildEnvironment(environ []string, p *profiles.Profile) []string {
	hidden := map[string]bool{}
	for _, at := range references(p) {
		if at.ref.Env != "" {
			hidden[sameVariable(at.ref.Env)] = true
		}
	}
	out := []string{}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !hidden[sameVariable(name)] && !strings.HasPrefix(variableName(name), clientPrefix) {
			out = append(out, pair)
		}
	}
	return out
}

// sameVariable is equal for names that mean one variable: Windows tells no cases
// apart.
func sameVariable(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// variableName writes a name as the client's carriers are compared: upper case, and
// _ for every byte that is neither a letter nor a digit.
func variableName(name string) string {
	out := []byte(name)
	for i, c := range out {
		switch {
		case 'a' <= c && c <= 'z':
			out[i] = c - 'a' + 'A'
		case ('A' > c || c > 'Z') && ('0' > c || c > '9'):
			out[i] = '_'
		}
	}
	return string(out)
}

// referenceAt is a reference and the key of the profile under which it stands.
type referenceAt struct {
	key string
	ref *profiles.Reference
}

// references lists every credential reference of a profile.
func references(p *profiles.Profile) []referenceAt {
	var out []referenceAt
	add := func(key string, ref *profiles.Reference) {
		if ref != nil {
			out = append(out, referenceAt{key, ref})
		}
	}
	down := func(key string, d *profiles.Downstream) {
		if d != nil {
			add(key+".credential", d.Credential)
		}
	}
	up := func(key string, s profiles.Security) {
		for i, all := range s {
			for j := range all {
				add(requirementKey(key, s, i, j)+".credential", all[j].Credential)
			}
		}
	}
	for i := range p.Server.SecuritySchemes {
		s, key := &p.Server.SecuritySchemes[i], fmt.Sprintf("server.securitySchemes[%d]", i)
		add(key+".defaultCredential", s.DefaultCredential)
		if s.Client != nil {
			add(key+".client.secret", s.Client.Secret)
		}
	}
	down("server.defaultDownstreamSecurity", p.Server.DefaultDownstreamSecurity)
	up("server.defaultUpstreamSecurity", p.Server.DefaultUpstreamSecurity)
	if p.OpenAPI != nil {
		for i := range p.OpenAPI.Overrides {
			up(fmt.Sprintf("openapi.overrides[%d].security", i), p.OpenAPI.Overrides[i].Security)
		}
	}
	for i := range p.Tools {
		key := fmt.Sprintf("tools[%d]", i)
		down(key+".security", p.Tools[i].Security)
		up(key+".requestTemplate.security", p.Tools[i].RequestTemplate.Security)
	}
	return out
}

// requirementKey is where a requirement most likely stands: one alone as a table,
// alternatives in an array, those that hold together in an array of their own. For
// what is written in another way the profile takes the nearest key above.
func requirementKey(key string, s profiles.Security, i, j int) string {
	switch {
	case len(s) == 1 && len(s[i]) == 1:
		return key
	case len(s[i]) == 1:
		return fmt.Sprintf("%s[%d]", key, i)
	}
	return fmt.Sprintf("%s[%d][%d]", key, i, j)
}
