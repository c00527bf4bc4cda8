package profiles

import "strings"

// Sample returns the text of a profile to begin with: one tool that can be called
// as it stands after its addresses are changed, and a line on everything that is
// often added. It loads without errors and warnings for every legal name.
func Sample(name string) []byte {
	return []byte(strings.ReplaceAll(sample, "NAME", name))
}

const sample = `# A profile of mcp-bridge: one API, how its tools look, and its policy.
# Check it with "mcp-bridge check NAME", list its tools with "mcp-bridge tools NAME".

description = "What this API is for"

[server]
name = "NAME"
baseUrl = "https://api.example.com"
# instructions = "What a model should know before it calls anything"
# allowTools = ["get_*"]

# How the backend wants its credential. Type "mcp-bridge login NAME" to store it
# in the keychain; it never stands in this file.
[[server.securitySchemes]]
id = "apiKey"
type = "http"
scheme = "bearer"
defaultCredential = { keychain = true }

# Signing in with a browser instead:
#
# [[server.securitySchemes]]
# id = "signIn"
# type = "openIdConnect"
# openIdConnectUrl = "https://auth.example.com/.well-known/openid-configuration"
# [server.securitySchemes.client]
# id = "my-client"
# scopes = ["openid"]

[server.defaultUpstreamSecurity]
id = "apiKey"

# Tools from an OpenAPI document: "mcp-bridge add SOURCE" writes this table.
#
# [openapi]
# source = "openapi.yaml"

# [policy]
# readOnly = true
# deny = ["delete_*"]
# confirm = ["DELETE /**"]

[[tools]]
name = "get_item"
description = "Get one item by its id"

[[tools.args]]
name = "id"
description = "The item's id"
type = "string"
required = true
position = "path"

[tools.requestTemplate]
url = "/items/{id}"
method = "GET"
`
