package profiles

import (
	"strings"
	"testing"
)

// rules are texts after the line `server.name = "s"` and everything that Load
// says of them, errors first; "" says nothing.
var rules = []struct{ name, in, want string }{
	// keys and types
	{"unknown key", `descripton = "x"`, `p.toml:2:1: descripton: unknown key (allowed: extends, description, server, openapi, exposure, http, policy, tools; did you mean description?)`},
	{"key of another table", `baseUrl = "https://x.test"`, `p.toml:2:1: baseUrl: unknown key (allowed: extends, description, server, openapi, exposure, http, policy, tools; did you mean baseUrl in [server]?)`},
	{"key after a header", "[http]\ntimeout = \"3s\"\ndescription = \"x\"", `p.toml:4:1: http.description: unknown key (allowed: timeout, caFile, clientCert, clientKey, proxy, maxResponseBytes, retries, headers, followRedirects, allowInsecure, allowPrivate, onlyPublic; did you mean description at the top of the file?)`},
	{"tool set", "[toolSet]\nname = 'x'", `p.toml:2:2: toolSet: is not supported yet`},
	{"server type", `server.type = "rest"`, `p.toml:2:8: server.type: leave it out: tools are REST tools, and "mcp-proxy" is not supported yet`},
	{"wrong type", `description = 1`, `p.toml:2:15: description: must be a string, not a number`},
	{"duration as number", `http.timeout = 30`, `p.toml:2:16: http.timeout: must be a duration in quotes, such as "30s" or "1m30s"`},
	{"duration without unit", `http.timeout = "30"`, `p.toml:2:16: http.timeout: must be a duration in quotes, such as "30s" or "1m30s"`},
	{"negative duration", `http.timeout = "-1s"`, `p.toml:2:16: http.timeout: must not be negative`},

	// server
	{"base url scheme", `server.baseUrl = "ftp://x.test"`, `p.toml:2:18: server.baseUrl: must begin with https:// or http://`},
	{"base url host", `server.baseUrl = "https://"`, `p.toml:2:18: server.baseUrl: has no host`},
	{"base url none", `server.baseUrl = "https://x.test/a b"`, `p.toml:2:18: server.baseUrl: is not a URL`},
	{"base url password", `server.baseUrl = "https://u:geheim@x.test"`, `p.toml:2:18: server.baseUrl: must not hold a user or a password: use a security scheme`},
	{"base url query", `server.baseUrl = "https://x.test?a=1"`, `p.toml:2:18: server.baseUrl: must not have a query (?…)`},
	{"base url fragment", `server.baseUrl = "https://x.test#a"`, `p.toml:2:18: server.baseUrl: must not have a fragment (#…)`},
	{"base url loopback", `server.baseUrl = "http://127.0.0.1:8080"`, ``},
	{"base url loopback 6", `server.baseUrl = "http://[::1]:8080"`, ``},
	{"base url plain", `server.baseUrl = "http://x.test"`, `warning p.toml:2:18: server.baseUrl: requests to x.test are refused because they are not encrypted: write https, or add "x.test:80" to http.allowInsecure`},
	{"base url plain and allowed", "server.baseUrl = \"http://x.test:81\"\nhttp.allowInsecure = [\"x.test:81\"]", "warning p.toml:2:18: server.baseUrl: requests to x.test:81 are not encrypted\nwarning p.toml:3:23: http.allowInsecure[0]: requests to x.test:81 are not encrypted"},
	{"config", `server.config = [1]`, `p.toml:2:17: server.config: must be a table, or text that is a JSON object`},
	{"config as text", `server.config = '{"a": null}'`, ``},
	{"config as bad text", `server.config = '{"a": }'`, `p.toml:2:17: server.config: is text that is not JSON: at 1:7: expected a value, found '}'`},
	{"allowTools", "server.allowTools = [\"get_usr\", \"\"]\n[[tools]]\nname = \"get_user\"\nresponseTemplate.body = \"x\"",
		"p.toml:2:33: server.allowTools[1]: must not be empty\nwarning p.toml:2:22: server.allowTools[0]: \"get_usr\" matches no tool (did you mean get_user?)"},
	{"default security", `server.defaultUpstreamSecurity.id = "x"`, `p.toml:2:37: server.defaultUpstreamSecurity.id: no security scheme has the id "x"`},
	{"default downstream", `server.defaultDownstreamSecurity = { passthrough = true }`, `p.toml:2:36: server.defaultDownstreamSecurity.id: missing: the id of a security scheme`},

	// security schemes
	{"scheme without anything", `[[server.securitySchemes]]`, "p.toml:2:10: server.securitySchemes[0].id: missing\np.toml:2:10: server.securitySchemes[0].type: missing (allowed: http, apiKey, oauth2, openIdConnect, mutualTLS)"},
	{"scheme type", scheme(`type = "oauth"`), `p.toml:4:8: server.securitySchemes[0].type: unknown value "oauth" (allowed: http, apiKey, oauth2, openIdConnect, mutualTLS; did you mean oauth2?)`},
	{"scheme twice", scheme(`type = "http"`, `scheme = "basic"`) + "\n" + scheme(`type = "http"`, `scheme = "basic"`), `p.toml:7:6: server.securitySchemes[1].id: "a" is a duplicate; first at p.toml:3:6`},
	{"http without scheme", scheme(`type = "http"`), `p.toml:2:10: server.securitySchemes[0].scheme: missing: http needs scheme = "basic" or "bearer"`},
	{"http misspelt", scheme(`type = "http"`, `scheme = "baerer"`), `p.toml:5:10: server.securitySchemes[0].scheme: unknown value "baerer" (allowed: basic, bearer; did you mean bearer?)`},
	{"http other", scheme(`type = "http"`, `scheme = "digest"`), ``},
	{"http in capitals", scheme(`type = "http"`, `scheme = "Bearer"`), ``},
	{"key without in and name", scheme(`type = "apiKey"`), "p.toml:2:10: server.securitySchemes[0].in: missing: apiKey needs in = \"header\", \"query\" or \"cookie\"\np.toml:2:10: server.securitySchemes[0].name: missing: apiKey needs the name of the header, query key or cookie"},
	{"key in body", scheme(`type = "apiKey"`, `in = "body"`, `name = "k"`), `p.toml:5:6: server.securitySchemes[0].in: unknown value "body" (allowed: header, query, cookie)`},
	{"key with a bad name", scheme(`type = "apiKey"`, `in = "header"`, `name = "a b"`), `p.toml:6:8: server.securitySchemes[0].name: is not a legal name of a header`},
	{"key of a query", scheme(`type = "apiKey"`, `in = "query"`, `name = "a[b]"`), ``},
	{"oauth without flows", scheme(`type = "oauth2"`), `warning p.toml:2:10: server.securitySchemes[0]: nobody can sign in: the scheme has no flows, and there is no address of the API that could name its authorization server`},
	{"oauth without flows, found by the API", scheme(`type = "oauth2"`) + "\n[[tools]]\nname = \"t\"\nrequestTemplate = { url = \"https://a.test/x\", method = \"GET\" }", ``},
	{"oauth without flows, found by its configuration", scheme(`type = "oauth2"`, `openIdConnectUrl = "https://a.test/c"`), ``},
	{"openid without address", scheme(`type = "openIdConnect"`), `p.toml:2:10: server.securitySchemes[0].openIdConnectUrl: missing: openIdConnect needs the address of its configuration, or issuer`},
	{"openid with an issuer", scheme(`type = "openIdConnect"`, `issuer = "https://a.example"`), ``},
	{"issuer plain", scheme(`type = "oauth2"`, `issuer = "http://x.test"`), `warning p.toml:5:10: server.securitySchemes[0].issuer: sign-in is refused here because the address is not https`},
	{"issuer of a key", scheme(`type = "apiKey"`, `in = "header"`, `name = "x"`, `issuer = "https://a.example"`), `warning p.toml:7:10: server.securitySchemes[0].issuer: has no effect with type "apiKey"`},
	{"openid with a bad address", scheme(`type = "openIdConnect"`, `openIdConnectUrl = "/x"`), `p.toml:5:20: server.securitySchemes[0].openIdConnectUrl: must begin with https:// or http://`},
	{"openid plain", scheme(`type = "openIdConnect"`, `openIdConnectUrl = "http://x.test"`), `warning p.toml:5:20: server.securitySchemes[0].openIdConnectUrl: sign-in is refused here because the address is not https`},
	{"flow address", scheme(`type = "oauth2"`, `flows.clientCredentials.tokenUrl = "x"`), `p.toml:5:36: server.securitySchemes[0].flows.clientCredentials.tokenUrl: must begin with https:// or http://`},
	{"mutual tls", scheme(`type = "mutualTLS"`), ``},
	{"keys of another type", scheme(`type = "http"`, `scheme = "basic"`, `in = "header"`, `name = "x"`, `client.id = "c"`),
		"warning p.toml:6:6: server.securitySchemes[0].in: has no effect with type \"http\"\nwarning p.toml:7:8: server.securitySchemes[0].name: has no effect with type \"http\"\nwarning p.toml:8:1: server.securitySchemes[0].client: has no effect with type \"http\""},

	// the OAuth client
	{"grant", client(`grant = "code"`), `p.toml:7:9: server.securitySchemes[0].client.grant: unknown value "code" (allowed: authorizationCode, clientCredentials, deviceAuthorization)`},
	{"client credentials", client(`grant = "clientCredentials"`), `warning p.toml:6:25: server.securitySchemes[0].client: the grant clientCredentials needs client.secret`},
	{"client secret", client(`secret = "geheim"`), `warning p.toml:7:10: server.securitySchemes[0].client.secret: literal credential: whoever reads this file has it; write { keychain = true } and type mcp-bridge login --scheme client:a --with-token`},
	{"pkce", client(`pkce = "plain"`), `p.toml:7:8: server.securitySchemes[0].client.pkce: unknown value "plain" (allowed: S256, assume-s256)`},
	{"resource", client(`resource = "of"`), `p.toml:7:12: server.securitySchemes[0].client.resource: must begin with https:// or http:// (allowed: an absolute URL, "off")`},
	{"scope", client(`scopes = ["a b"]`), `p.toml:7:11: server.securitySchemes[0].client.scopes[0]: is not a scope: a scope has no blanks, quotes, backslashes or accents`},
	{"redirect", client(`redirect = { host = "0.0.0.0", port = 70000, path = "cb" }`),
		"p.toml:7:21: server.securitySchemes[0].client.redirect.host: unknown value \"0.0.0.0\" (allowed: 127.0.0.1, localhost, ::1, [::1])\np.toml:7:39: server.securitySchemes[0].client.redirect.port: must be from 0 to 65535, not 70000\np.toml:7:53: server.securitySchemes[0].client.redirect.path: must begin with / and have no query and no fragment"},
	{"reserved parameter", client(`extraParams = { state = "x", prompt = "consent" }`), `p.toml:7:25: server.securitySchemes[0].client.extraParams.state: is reserved: the bridge sets it`},
	{"reserved for keys", client(`extraParams = { scope = "x", resource = "y" }`), "p.toml:7:25: server.securitySchemes[0].client.extraParams.scope: is set by the bridge: use client.scopes\np.toml:7:41: server.securitySchemes[0].client.extraParams.resource: is set by the bridge: use client.resource"},
	{"scope parameter", client(`scopeParam = "client_id"`), `p.toml:7:14: server.securitySchemes[0].client.scopeParam: is reserved: the bridge sets it`},
	{"expiry", client(`expiresIn = "-1s"`), `p.toml:7:13: server.securitySchemes[0].client.expiresIn: must not be negative`},

	// credential references
	{"literal", bearer(`defaultCredential = "geheim"`), `warning p.toml:6:21: server.securitySchemes[0].defaultCredential: literal credential: whoever reads this file has it; write { keychain = true } and type mcp-bridge login --with-token`},
	{"empty literal", bearer(`defaultCredential = ""`), `p.toml:6:21: server.securitySchemes[0].defaultCredential: must not be empty; be a string, { keychain = true }, { env = "NAME" }, { file = "PATH" } or { command = ["PROGRAM", "ARGUMENT"] }`},
	{"credential of a wrong kind", bearer(`defaultCredential = 5`), `p.toml:6:21: server.securitySchemes[0].defaultCredential: must be a string, { keychain = true }, { env = "NAME" }, { file = "PATH" } or { command = ["PROGRAM", "ARGUMENT"] }`},
	{"two places", bearer(`defaultCredential = { env = "A", file = "b" }`), `p.toml:6:21: server.securitySchemes[0].defaultCredential: must name exactly one place (allowed: env, file, keychain, command)`},
	{"no place", bearer(`defaultCredential = {}`), `p.toml:6:21: server.securitySchemes[0].defaultCredential: must name exactly one place (allowed: env, file, keychain, command)`},
	{"unknown place", bearer(`defaultCredential = { environment = "A" }`), `p.toml:6:23: server.securitySchemes[0].defaultCredential.environment: unknown key (allowed: env, file, keychain, command)`},
	{"env name", bearer(`defaultCredential = { env = "A-B" }`), `p.toml:6:29: server.securitySchemes[0].defaultCredential.env: must be the name of an environment variable`},
	{"keychain false", bearer(`defaultCredential = { keychain = false }`), `p.toml:6:34: server.securitySchemes[0].defaultCredential.keychain: must be true; leave the credential out when there is none`},
	{"empty file", bearer(`defaultCredential = { file = "" }`), `p.toml:6:30: server.securitySchemes[0].defaultCredential.file: must not be empty`},
	{"empty command", bearer(`defaultCredential = { command = [] }`), `p.toml:6:33: server.securitySchemes[0].defaultCredential.command: must hold a program`},
	{"command as text", bearer(`defaultCredential = { command = "op read" }`), `p.toml:6:33: server.securitySchemes[0].defaultCredential.command: must be a list of strings, not a string`},
	{"literal header", `http.headers = { Authorization = "Bearer geheim" }`, `warning p.toml:2:34: http.headers.Authorization: literal credential: whoever reads this file has it; write { keychain = true } and type mcp-bridge login --scheme header:Authorization --with-token`},

	// openapi
	{"openapi without source", "[openapi]", `p.toml:2:2: openapi.source: missing: the file or the https address of the document`},
	{"openapi source", `openapi.source = "ftp://x.test/a"`, `p.toml:2:18: openapi.source: must begin with https:// or http://`},
	{"digest", openapi(`digest = "abc"`), `p.toml:4:10: openapi.digest: must be the SHA-256 of the document in 64 hexadecimal digits`},
	{"method of a selection", openapi(`include = { methods = ["GTE"] }`), `p.toml:4:24: openapi.include.methods[0]: "GTE" is not a method (allowed: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, QUERY; did you mean GET?)`},
	{"path of a selection", openapi(`exclude = { paths = ["a/*"], tags = [""] }`), "p.toml:4:22: openapi.exclude.paths[0]: must begin with / (did you mean /a/*?)\np.toml:4:38: openapi.exclude.tags[0]: must not be empty"},
	{"override of nothing", override(`name = "x"`), `p.toml:4:11: openapi.overrides[0].match: missing: an override needs match = "METHOD /path" or operation = "ID"`},
	{"override of two", override(`match = "GET /a"`, `operation = "b"`), `p.toml:4:11: openapi.overrides[0]: has both match and operation: one of them says what is meant`},
	{"override match", override(`match = "issues/*"`), `p.toml:5:9: openapi.overrides[0].match: must be "METHOD /path", such as "DELETE /**"`},
	{"override method", override(`match = "PSOT /a"`), `p.toml:5:9: openapi.overrides[0].match: "PSOT" is not a method (allowed: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, QUERY; did you mean POST?)`},
	{"override name", override(`operation = "a"`, `name = "a.b"`), `p.toml:6:8: openapi.overrides[0].name: a tool's name has 1 to 48 of the characters A-Z a-z 0-9 _ -`},
	{"override reserved", override(`operation = "a"`, `name = "search_tools"`), `p.toml:6:8: openapi.overrides[0].name: the name is reserved for the bridge's own tool`},
	{"override security", override(`operation = "a"`, `security = [{ id = "x" }, [{ id = "y" }], {}]`), "p.toml:6:20: openapi.overrides[0].security[0].id: no security scheme has the id \"x\"\np.toml:6:35: openapi.overrides[0].security[1][0].id: no security scheme has the id \"y\""},
	{"security of a wrong kind", override(`operation = "a"`, `security = "x"`), `p.toml:6:12: openapi.overrides[0].security: must be { id = "SCHEME" } or a list of these`},
	{"security with wrong items", override(`operation = "a"`, `security = ["x", [{ idd = "y" }]]`), "p.toml:6:13: openapi.overrides[0].security[0]: must be a table, not a string\np.toml:6:21: openapi.overrides[0].security[1][0].idd: unknown key (allowed: id, credential, scopes; did you mean id?)"},

	// exposure, http, policy
	{"mode", `exposure.mode = "serach"`, `p.toml:2:17: exposure.mode: unknown value "serach" (allowed: auto, list, search; did you mean search?)`},
	{"negative", "exposure.maxTools = -1\nexposure.budgetTokens = -1\nexposure.maxResultChars = -1\nhttp.maxResponseBytes = -1", "p.toml:2:21: exposure.maxTools: must not be negative\np.toml:3:25: exposure.budgetTokens: must not be negative\np.toml:4:27: exposure.maxResultChars: must not be negative\np.toml:5:25: http.maxResponseBytes: must not be negative"},
	{"retries", `http.retries = 11`, `p.toml:2:16: http.retries: must be from 0 to 10`},
	{"half a certificate", `http.clientCert = "c"`, `p.toml:2:1: http: clientCert and clientKey belong together: one of them is missing`},
	{"proxy", `http.proxy = "proxy:3128"`, `p.toml:2:14: http.proxy: must be "off" or the address of a proxy, such as "http://127.0.0.1:3128"`},
	{"proxy password", `http.proxy = "socks5://u:geheim@x.test:1"`, `warning p.toml:2:14: http.proxy: literal credential: whoever reads this file has the proxy's password`},
	{"proxy without host", `http.proxy = "http://"`, `p.toml:2:14: http.proxy: has no host`},
	{"proxy off", `http.proxy = "off"`, ``},
	{"header name", `http.headers = { "X Y" = "z" }`, `p.toml:2:26: http.headers.X Y: is not the name of a header`},
	{"header value", `http.headers = { "X-Y" = "a\r\nb" }`, `p.toml:2:26: http.headers.X-Y: a header's value must be one line`},
	{"header control", `http.headers = { "X-Y" = "a\u0000b" }`, `p.toml:2:26: http.headers.X-Y: a header's value must not have control characters`},
	{"allow insecure", `http.allowInsecure = ["x.test", "http://x:1", "a:b", ":1"]`, "p.toml:2:23: http.allowInsecure[0]: must be \"host:port\"\np.toml:2:33: http.allowInsecure[1]: must be \"host:port\"\np.toml:2:47: http.allowInsecure[2]: must be \"host:port\"\np.toml:2:54: http.allowInsecure[3]: must be \"host:port\""},
	{"allow private", `http.allowPrivate = ["10.0.0.1", "http://x"]`, `p.toml:2:34: http.allowPrivate[1]: must be a host, or host:port`},
	{"deny", `policy.deny = ["admin_*", "", "DELETE /**", "DELTE /x", "x /"]`, "p.toml:2:27: policy.deny[1]: must not be empty\np.toml:2:45: policy.deny[3]: \"DELTE\" is not a method (allowed: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, QUERY; did you mean DELETE?)\nwarning p.toml:2:57: policy.deny[4]: an unusual method: \"x\""},
	{"confirm", `policy.confirm = ["GET,* /a", "/b/**", "two words"]`, `p.toml:2:40: policy.confirm[2]: must be "METHOD /path", such as "DELETE /**"`},
	{"files", `policy.files = [""]`, `p.toml:2:17: policy.files[0]: must not be empty`},

	// tools
	{"tool without anything", "[[tools]]", "p.toml:2:3: tools[0].name: missing: a tool needs a name\np.toml:2:3: tools[0].requestTemplate.url: missing: a tool has requestTemplate.url, or answers by responseTemplate.body alone"},
	{"misspelt tool keys", "[[tools]]\nnmae = \"x\"\nresponseTemplate.body = \"x\"", `p.toml:3:1: tools[0].nmae: unknown key (allowed: name, title, description, security, args, requestTemplate, responseTemplate, errorResponseTemplate, outputSchema, readOnly, destructive, idempotent, legacyOnly; did you mean name?)`},
	{"tool name", tool("get user"), `p.toml:3:8: tools[0].name: "get user" is not a tool's name: it has 1 to 128 of the characters A-Z a-z 0-9 _ . - (did you mean get_user?)`},
	{"long tool name", tool(strings.Repeat("a", 49)), `warning p.toml:3:8: tools[0].name: some clients refuse the name: the safe ones have 1 to 48 of the characters A-Z a-z 0-9 _ -`},
	{"reserved tool name", tool("read_result"), `p.toml:3:8: tools[0].name: the name is reserved for the bridge's own tool`},
	{"tool twice", tool("a") + "\n" + tool("a"), `p.toml:7:8: tools[1].name: "a" is a duplicate; first at p.toml:3:8`},
	{"tool twice but for case", tool("a") + "\n" + tool("A"), "warning p.toml:3:8: tools[0].name: differs only by case from \"A\"\nwarning p.toml:7:8: tools[1].name: differs only by case from \"a\""},
	{"direct response with an error template", tool("a", `errorResponseTemplate = "x"`), ``},
	{"body and prepend", tool("a", `responseTemplate.prependBody = "x"`), `p.toml:4:1: tools[0].responseTemplate: has body and prependBody or appendBody: body makes the whole text`},
	{"tool security", tool("a", `security = { id = "x" }`), `p.toml:5:19: tools[0].security.id: no security scheme has the id "x"`},
	{"output schema", tool("a", `outputSchema = true`), `p.toml:5:16: tools[0].outputSchema: must be a table, or text that is a JSON object`},

	// arguments
	{"argument name", request(`url = "https://x.test"`) + "\n[[tools.args]]", `p.toml:7:9: tools[0].args[0].name: missing: an argument needs a name`},
	{"argument twice", argument(`name = "a"`) + "\n[[tools.args]]\nname = \"a\"", `p.toml:10:8: tools[0].args[1].name: "a" is a duplicate; first at p.toml:8:8`},
	{"argument type", argument(`name = "a"`, `type = "int"`), `p.toml:9:8: tools[0].args[0].type: unknown value "int" (allowed: string, integer, number, boolean, array, object)`},
	{"argument position", argument(`name = "a"`, `position = "Quary"`), `p.toml:9:12: tools[0].args[0].position: unknown value "quary" (allowed: path, query, header, cookie, body; did you mean query?)`},
	{"argument in a header", argument(`name = "a b"`, `position = "header"`), `p.toml:8:8: tools[0].args[0].name: "a b" is not a legal name of a header`},
	{"argument lost", argument(`name = "b"`, `position = "path"`), `warning p.toml:9:12: tools[0].args[0].position: the URL has no {b}: the argument is not sent`},
	{"style", argument(`name = "a"`, `position = "path"`, `style = "form"`), `p.toml:10:9: tools[0].args[0].style: unknown value "form" (allowed: simple, label, matrix)`},
	{"style without position", argument(`name = "a"`, `style = "form"`), `p.toml:9:9: tools[0].args[0].style: needs position = "path", "query", "header" or "cookie"`},
	{"styles", argument(`name = "a"`, `position = "query"`, `style = "deepObject"`) + "\n[[tools.args]]\nname = \"h\"\nposition = \"header\"\nstyle = \"simple\"\n[[tools.args]]\nname = \"c\"\nposition = \"cookie\"\nstyle = \"form\"", ``},
	{"explode", argument(`name = "a"`, `explode = true`), `warning p.toml:9:11: tools[0].args[0].explode: has no effect without style`},
	{"items", argument(`name = "a"`, `items = { type = "string" }`, `properties = {}`), "warning p.toml:9:9: tools[0].args[0].items: has no effect without type = \"array\"\nwarning p.toml:10:14: tools[0].args[0].properties: has no effect without type = \"object\""},
	{"items of a wrong kind", argument(`name = "a"`, `type = "array"`, `items = "string"`), `p.toml:10:9: tools[0].args[0].items: is text that is not JSON: at 1:1: expected a value, found other text`},
	{"default", argument(`name = "a"`, `type = "integer"`, `default = "5"`, `enum = [1, 1.5]`), "warning p.toml:10:11: tools[0].args[0].default: is not an integer\nwarning p.toml:11:12: tools[0].args[0].enum[1]: is not an integer"},
	{"defaults", argument(`name = "a"`, `default = 5`) + "\n[[tools.args]]\nname = \"b\"\ntype = \"boolean\"\ndefault = true\n[[tools.args]]\nname = \"c\"\ntype = \"array\"\ndefault = {}\n[[tools.args]]\nname = \"d\"\ntype = \"object\"\ndefault = {}\n[[tools.args]]\nname = \"e\"\ntype = \"number\"\ndefault = -1.5",
		"warning p.toml:9:11: tools[0].args[0].default: is not a string\nwarning p.toml:17:11: tools[0].args[2].default: is not an array"},

	// requests
	{"url scheme", request(`url = "ws://x.test"`), `p.toml:6:7: tools[0].requestTemplate.url: must begin with https:// or http://`},
	{"url without host", request(`url = "api/users"`), `p.toml:6:7: tools[0].requestTemplate.url: must begin with https:// or http://`},
	{"url over lines", request(`url = "https://x.test\n"`), `p.toml:6:7: tools[0].requestTemplate.url: must be one line`},
	{"url password", request(`url = "https://u:geheim@x.test/"`), `p.toml:6:7: tools[0].requestTemplate.url: must not hold a user or a password: use a security scheme`},
	{"url path", request(`url = "/users"`), `warning p.toml:6:7: tools[0].requestTemplate.url: a path needs server.baseUrl: calls fail without it`},
	{"url path with a base", "server.baseUrl = \"https://x.test\"\n" + request(`url = "/users"`), ``},
	{"url with actions", request(`url = "https://x.test/{a b}/{{ .args.x }}?q={{if eq \"a\" .args.y}}b#c{{end}}"`), ``},
	{"url by configuration", request(`url = "{{.config.base}}/x"`), ``},
	{"url plain", request(`url = "http://x.test/{a}"`), `warning p.toml:6:7: tools[0].requestTemplate.url: requests to x.test are refused because they are not encrypted: write https, or add "x.test:80" to http.allowInsecure`},
	{"url bad escape", request(`url = "/users/%zz"`), `p.toml:6:7: tools[0].requestTemplate.url: is not a URL`},
	{"no method", tool("a", "[tools.requestTemplate]", `url = "https://x.test"`), `warning p.toml:5:8: tools[0].requestTemplate: no method: GET is sent`},
	{"bad method", tool("a", "[tools.requestTemplate]", `url = "https://x.test"`, `method = "GE T"`), `p.toml:7:10: tools[0].requestTemplate.method: "GE T" is not a method (allowed: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, QUERY; did you mean GET?)`},
	{"connect", tool("a", "[tools.requestTemplate]", `url = "https://x.test"`, `method = "CONNECT"`), `p.toml:7:10: tools[0].requestTemplate.method: "CONNECT" is not a method (allowed: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, QUERY)`},
	{"webdav", tool("a", "[tools.requestTemplate]", `url = "https://x.test"`, `method = "propfind"`), ``},
	{"unusual method", tool("a", "[tools.requestTemplate]", `url = "https://x.test"`, `method = "FROBNICATE"`), `warning p.toml:7:10: tools[0].requestTemplate.method: an unusual method: "FROBNICATE"`},
	{"headers", request(`url = "https://x.test"`, `headers = [{ value = "x" }, { key = "a b", value = "x" }, { key = "A", value = "x\ny" }]`),
		"p.toml:7:12: tools[0].requestTemplate.headers[0].key: missing: a header needs a name\np.toml:7:37: tools[0].requestTemplate.headers[1].key: is not the name of a header\np.toml:7:80: tools[0].requestTemplate.headers[2].value: a header's value must be one line"},
	{"literal key", request(`url = "https://x.test"`, `headers = [{ key = "x-api-key", value = "geheim" }, { key = "Authorization", value = "{{.args.t}}" }]`), `warning p.toml:7:41: tools[0].requestTemplate.headers[0].value: literal credential: whoever reads this file has it; make it a security scheme, or write {{.config.NAME}} in its place and, under [server], config = { NAME = { keychain = true } }`},
	{"two bulk options", request(`url = "https://x.test"`, `argsToJsonBody = true`, `argsToFormBody = true`), `p.toml:8:18: tools[0].requestTemplate.argsToFormBody: cannot stand beside argsToJsonBody: arguments go to one place`},
	{"body and bulk", request(`url = "https://x.test"`, `argsToJsonBody = true`, `body = "x"`), `p.toml:7:18: tools[0].requestTemplate.argsToJsonBody: cannot stand beside body, which is the whole body`},
	{"no port", request(`url = "https://x.test:99999/"`), `p.toml:6:7: tools[0].requestTemplate.url: has a port that does not exist: there are 1 to 65535`},
	{"a port of the template's", request(`url = "https://x.test:{{.config.port}}/"`), ``},
	{"body and query", request(`url = "https://x.test"`, `argsToUrlParam = true`, `body = "x"`), ``},
	{"request security", request(`url = "https://x.test"`, `security = { scopes = ["ä"] }`), "p.toml:7:12: tools[0].requestTemplate.security.id: missing: the id of a security scheme\np.toml:7:24: tools[0].requestTemplate.security.scopes[0]: is not a scope: a scope has no blanks, quotes, backslashes or accents"},
	{"no security", request(`url = "https://x.test"`, `security = []`), ``},

	// passthrough
	{"passthrough", bearer() + "\n" + request(`url = "https://x.test"`, `security = { id = "a" }`) + "\n[tools.security]\nid = \"a\"\npassthrough = true", ``},
	{"passthrough to nowhere", bearer() + "\n" + request(`url = "https://x.test"`) + "\n[tools.security]\nid = \"a\"\npassthrough = true", `p.toml:13:15: tools[0].security.passthrough: passthrough needs exactly one scheme in requestTemplate.security, not 0`},
	{"passthrough to two", bearer() + "\n" + request(`url = "https://x.test"`, `security = [[{ id = "a" }, { id = "a" }]]`) + "\n[tools.security]\nid = \"a\"\npassthrough = true", `p.toml:14:15: tools[0].security.passthrough: passthrough needs exactly one scheme in requestTemplate.security, not 2`},
	{"passthrough to the default", "server.defaultUpstreamSecurity.id = \"a\"\nserver.defaultDownstreamSecurity = { id = \"a\", passthrough = true }\n" + bearer() + "\n" + request(`url = "https://x.test"`), ``},
	{"passthrough by default to nowhere", "server.defaultDownstreamSecurity = { id = \"a\", passthrough = true }\n" + bearer() + "\n" + request(`url = "https://x.test"`), `p.toml:7:3: tools[0]: passthrough needs exactly one scheme in requestTemplate.security, not 0`},
	{"passthrough without a request", bearer() + "\n" + tool("b") + "\nsecurity = { id = \"a\", passthrough = true }", ``},
}

func scheme(lines ...string) string {
	return "[[server.securitySchemes]]\nid = \"a\"\n" + strings.Join(lines, "\n")
}

func bearer(lines ...string) string {
	return scheme(append([]string{`type = "http"`, `scheme = "bearer"`}, lines...)...)
}

func client(lines ...string) string {
	return scheme(`type = "openIdConnect"`, `openIdConnectUrl = "https://x.test"`, "[server.securitySchemes.client]") + "\n" + strings.Join(lines, "\n")
}

func openapi(lines ...string) string {
	return "[openapi]\nsource = \"a\"\n" + strings.Join(lines, "\n")
}

func override(lines ...string) string {
	return openapi("[[openapi.overrides]]") + "\n" + strings.Join(lines, "\n")
}

// tool is a tool that answers by itself unless lines give it a request.
func tool(name string, lines ...string) string {
	return "[[tools]]\nname = \"" + name + "\"\nresponseTemplate.body = \"x\"\n" + strings.Join(lines, "\n")
}

func request(lines ...string) string {
	return "[[tools]]\nname = \"t\"\n[tools.requestTemplate]\nmethod = \"GET\"\n" + strings.Join(lines, "\n")
}

func argument(lines ...string) string {
	return request(`url = "https://x.test/{a}"`) + "\n[[tools.args]]\n" + strings.Join(lines, "\n")
}

func TestRules(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			got := report("server.name = \"s\"\n"+r.in, Options{Private: owned})
			if got != r.want {
				t.Errorf("%s\n got %s\nwant %s", r.in, got, r.want)
			}
			if strings.Contains(got, "geheim") {
				t.Error("a credential is shown")
			}
		})
	}
}

func TestServerName(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "p.toml:1:1: server.name: missing: the MCP server needs a name",
		`server.version = "1"`:    "p.toml:1:1: server.name: missing: the MCP server needs a name",
		`server.name = " x"`:      "p.toml:1:15: server.name: must be text on one line without blanks around it",
		`server.name = 1`:         "p.toml:1:15: server.name: must be a string, not a number",
		`server.name = "a\nb"`:    "p.toml:1:15: server.name: must be text on one line without blanks around it",
		"server.name = \"a\"\nx=": "p.toml:2:3: expected a value, found the end of the document",
	} {
		if got := report(in, Options{}); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

// TestAllErrorsAtOnce: every fault of a file is told, in the file's order, and
// nothing that only follows from one of them.
func TestAllErrorsAtOnce(t *testing.T) {
	const in = `[server]
nam = "x"
baseUrl = 5
[[server.securitySchemes]]
id = "a"
type = "http"
scheme = 7
[[tools]]
name = "t"
[tools.requestTemplate]
url = ["x"]
method = "GTE"
security = { id = "b" }
[policy]
deny = "x"`
	const want = `p.toml:2:1: server.nam: unknown key (allowed: name, version, baseUrl, instructions, allowTools, config, securitySchemes, defaultUpstreamSecurity, defaultDownstreamSecurity, passthroughAuthHeader; did you mean name?)
p.toml:3:11: server.baseUrl: must be a string, not a number
p.toml:7:10: server.securitySchemes[0].scheme: must be a string, not a number
p.toml:11:7: tools[0].requestTemplate.url: must be a string, not a list
p.toml:12:10: tools[0].requestTemplate.method: "GTE" is not a method (allowed: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, QUERY; did you mean GET?)
p.toml:13:19: tools[0].requestTemplate.security.id: no security scheme has the id "b" (allowed: a)
p.toml:15:8: policy.deny: must be a list of strings, not a string`
	if got := report(in, Options{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
