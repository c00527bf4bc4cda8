package profiles

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// place is one table of the format and the keys that it has.
type place struct {
	name string
	keys []string
}

func places() []place {
	return []place{
		{"at the top of the file", doc.Keys(Profile{})},
		{"in [server]", doc.Keys(Server{})},
		{"in [openapi]", doc.Keys(OpenAPI{})},
		{"in [exposure]", doc.Keys(Exposure{})},
		{"in [http]", doc.Keys(HTTP{})},
		{"in [policy]", doc.Keys(Policy{})},
		{"in [[tools]]", doc.Keys(Tool{})},
		{"in [[tools.args]]", doc.Keys(Arg{})},
		{"in [tools.requestTemplate]", doc.Keys(RequestTemplate{})},
		{"in [tools.responseTemplate]", doc.Keys(ResponseTemplate{})},
		{"in [[server.securitySchemes]]", doc.Keys(SecurityScheme{})},
		{"in [server.securitySchemes.client]", doc.Keys(OAuthClient{})},
	}
}

// suggestTable completes errors about unknown keys that another table has: in TOML
// a key that stands after a header belongs to it. It also names what Higress has
// and this bridge has not yet.
func suggestTable(errs Errors) {
	for _, e := range errs {
		if e.Message != "unknown key" {
			continue
		}
		switch e.Key {
		case "toolSet", "server.mcpServerURL", "server.transport", "server.protocolStrategy":
			e.Message, e.Allowed, e.Nearest = "is not supported yet", nil, ""
			continue
		case "server.type":
			e.Message, e.Allowed, e.Nearest = `leave it out: tools are REST tools, and "mcp-proxy" is not supported yet`, nil, ""
			continue
		}
		key := e.Key[strings.LastIndexByte(e.Key, '.')+1:]
		if e.Nearest != "" && strings.EqualFold(e.Nearest, key) {
			continue
		}
		for _, p := range places() {
			if slices.Contains(p.keys, key) {
				e.Nearest = key + " " + p.name
				break
			}
		}
	}
}
