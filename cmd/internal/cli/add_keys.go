package cli

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// paramKeys warns of credentials that the document declares as ordinary parameters and
// no scheme of the profile fills: a model would be asked for them.
func paramKeys(p *profiles.Profile, keys []openapi.ParamKey) []addWarning {
	var open []openapi.ParamKey
	line := "mcp-bridge add " + p.Name + " --update"
	for _, k := range keys {
		if !fills(p, k) {
			open = append(open, k)
			line += " --auth " + k.Auth
		}
	}
	out := []addWarning{}
	for _, k := range open {
		message := map[string]string{"header": "the header ", "query": "the query parameter ", "cookie": "the cookie "}[k.In] + k.Name + " of " + count(k.Operations, "operation")
		if k.In == "header" && strings.EqualFold(k.Name, "Authorization") {
			message += " is a credential, and the document has no security scheme for it"
		} else {
			message += " is most likely a credential, and the model is asked for it"
		}
		out = append(out, addWarning{At: k.At, Message: message + "; to keep it in the keychain, where no model sees it, type: " + line})
	}
	return out
}

// fills reports whether a scheme of the profile puts its credential where a key stands.
func fills(p *profiles.Profile, k openapi.ParamKey) bool {
	for i := range p.Server.SecuritySchemes {
		if p.Server.SecuritySchemes[i].Fills(k.In, k.Name) {
			return true
		}
	}
	return false
}
