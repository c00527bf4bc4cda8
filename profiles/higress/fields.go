package higress

// field is one field of a configuration.
type field struct {
	name string
	of   func() []field // of a table, or of each table in a list
	form form
	note string // why the field has no effect here; it is then left out
}

// form is how a field must be written, where that is often done wrongly.
type form uint8

const (
	anyForm   form = iota // the strict decoder tells
	listForm              // securitySchemes, tools, args: not OpenAPI's table by name
	oneObject             // security: not OpenAPI's list
	textForm              // Higress takes numbers and booleans as text here
	noNulls               // TOML has no null
)

const proxyOnly = "is a setting of type: mcp-proxy and has no effect on a REST server"

func topFields() []field {
	return append([]field{
		{name: "server", of: serverFields},
		{name: "tools", of: toolFields, form: listForm},
		{name: "allowTools"},
		{name: "toolSet"},
	}, atTop()...)
}

// atTop lists the fields of server that articles print at the top level.
func atTop() []field {
	return []field{
		{name: "securitySchemes", of: schemeFields, form: listForm},
		{name: "config"},
		{name: "defaultDownstreamSecurity", of: securityFields, form: oneObject},
		{name: "defaultUpstreamSecurity", of: securityFields, form: oneObject},
		{name: "passthroughAuthHeader"},
	}
}

func serverFields() []field {
	return append([]field{
		{name: "name", form: textForm},
		{name: "version", form: textForm},
		{name: "type", form: textForm},
		{name: "allowTools"},
		{name: "mcpServerURL", note: proxyOnly},
		{name: "transport", note: proxyOnly},
		{name: "timeout", note: proxyOnly},
		{name: "protocolStrategy", note: "chooses between revisions of MCP in Higress; the bridge speaks them all"},
	}, atTop()...)
}

// schemeFields are Higress's, and those of OpenAPI that Higress announced.
func schemeFields() []field {
	return []field{
		{name: "id"}, {name: "type"}, {name: "scheme"}, {name: "in"}, {name: "name"}, {name: "defaultCredential"},
		{name: "description"}, {name: "openIdConnectUrl"}, {name: "flows", of: flowsFields},
	}
}

func flowsFields() []field {
	return []field{
		{name: "implicit", of: flowFields}, {name: "password", of: flowFields},
		{name: "clientCredentials", of: flowFields}, {name: "authorizationCode", of: flowFields},
		{name: "deviceAuthorization", of: flowFields},
	}
}

func flowFields() []field {
	return []field{{name: "authorizationUrl"}, {name: "tokenUrl"}, {name: "refreshUrl"}, {name: "deviceAuthorizationUrl"}, {name: "scopes"}}
}

func securityFields() []field {
	return []field{{name: "id"}, {name: "credential"}, {name: "passthrough"}}
}

func toolFields() []field {
	return []field{
		{name: "name"}, {name: "description"},
		{name: "security", of: securityFields, form: oneObject},
		{name: "args", of: argFields, form: listForm},
		{name: "requestTemplate", of: requestFields},
		{name: "responseTemplate", of: responseFields},
		{name: "errorResponseTemplate"}, {name: "outputSchema"}, {name: "legacyOnly"},
	}
}

func argFields() []field {
	return []field{
		{name: "name"}, {name: "description"}, {name: "type"}, {name: "required"}, {name: "default", form: noNulls},
		{name: "enum", form: noNulls}, {name: "items"}, {name: "properties"}, {name: "position"},
	}
}

func requestFields() []field {
	return []field{
		{name: "url"}, {name: "method"}, {name: "headers", of: headerFields, form: listForm}, {name: "body"},
		{name: "argsToJsonBody"}, {name: "argsToUrlParam"}, {name: "argsToFormBody"},
		{name: "security", of: securityFields, form: oneObject},
	}
}

func headerFields() []field { return []field{{name: "key"}, {name: "value"}} }

func responseFields() []field {
	return []field{{name: "body"}, {name: "prependBody"}, {name: "appendBody"}}
}
