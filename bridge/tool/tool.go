// Package tool compiles a profile into tools. It is pure: no clock, no
// randomness, no environment, no files, no network.
//
// # Terminology
//
// A tool is what MCP lists and calls. Its arguments arrive as one JSON object;
// they are repaired (text that is wholly a number becomes a number where the
// schema wants one, and so on), completed with defaults and checked against the
// input schema that was listed. A parameter is where an argument goes in the
// HTTP request. A requirement names a security scheme that the request needs. A
// kind is one of the seven types of JSON Schema. The wire name of a key is its name
// in the request, where clients refuse it and it is listed under another.
//
// # What is listed
//
// Schemas are JSON Schema 2020-12, cleaned of what clients refuse: references,
// keywords whose value the meta-schema does not allow, arrays without items, keys
// of properties outside A-Z a-z 0-9 _ . - or longer than 64, more than 32 levels,
// more than 64 KiB for one tool. One such tool would cost a client all of them.
package tool

import (
	"encoding/json"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Position is where an argument goes in the request.
type Position string

// The positions of Higress's args[].position and OpenAPI's parameter "in".
const (
	Unplaced Position = ""
	InPath   Position = "path"
	InQuery  Position = "query"
	InHeader Position = "header"
	InCookie Position = "cookie"
	InBody   Position = "body"
)

// Bulk says where the unplaced arguments go together.
type Bulk string

// The three bulk options of Higress's requestTemplate, and none of them.
const (
	NoBulk     Bulk = ""
	BulkToJSON Bulk = "json"
	BulkToForm Bulk = "form"
	BulkToURL  Bulk = "url"
)

// Tool is one compiled tool. Every field is plain data, so that a catalog can
// keep it; what is parsed from it (templates, validators) is made on first use
// and kept beside. A Tool is immutable and safe for concurrent use.
type Tool struct {
	Name        string
	Title       string
	Description string
	ReadOnly    bool // MCP readOnlyHint; also what policy.readOnly goes by
	Destructive bool // MCP destructiveHint
	Idempotent  bool // MCP idempotentHint
	Imported    bool // made from an OpenAPI operation
	Operation   string
	Path        string // the document's path key, or the path of the URL template as written

	// What is known of an imported operation beyond its description, for searching.
	Summary    string // one line; empty: the first line of the description
	Tags       []string
	Deprecated bool

	InputSchema  json.RawMessage // as listed; an object schema
	OutputSchema json.RawMessage // nil when there is none

	Params []Param
	// Renamed maps keys inside arguments from the listed to the wire name; nil when
	// every key is listed as it is. Params hold those of the arguments themselves.
	Renamed map[string]string
	// Patterns are those of texts that are checked and that some clients cannot read: they
	// are not listed. They are kept by the JSON Pointer of their schema in InputSchema.
	Patterns map[string]string
	Request  Request
	Response Response
	// Config is template data .config, with secret.Mask in the place of each of the
	// profile's SecretValues. nil means {}.
	Config json.RawMessage
	// Secrets lists the SecretValues of server.config that the templates of the request
	// may use.
	Secrets []profiles.SecretValue

	// Security lists the alternatives (OR) of requirements (AND) for the backend.
	// nil: the request carries no credential.
	Security [][]Requirement
	// Downstream is how the client's own credential is taken; nil: not at all.
	Downstream *Downstream

	compiled lazy
}

// Param is one argument and where it goes.
type Param struct {
	Name     string // the argument's name, as listed
	Wire     string // its name in the request
	In       Position
	Type     string // string, integer, number, boolean, array, object
	Required bool
	Default  json.RawMessage // sent when the argument is absent; nil: nothing
	Style    string          // OpenAPI style, or "json" for JSON text of every value; empty: Higress's JSON text for arrays and objects
	Explode  bool
	// Reserved is OpenAPI's allowReserved: RFC 3986's reserved characters of a value are
	// sent as they are. In a path that are slashes, too: the template asks for them.
	Reserved bool

	// Binary reports a whole body of bytes, given as base64 or as a local file.
	Binary bool
	// Parts says how members of a form or multipart body of an imported tool are sent,
	// by their names in the request; nil: as their types say.
	Parts map[string]Part
}

// Part is how one member of a form or multipart body is sent.
type Part struct {
	Type     string // its media type; empty: by its value
	Style    string // of a form; empty: arrays repeat their name, objects are JSON text
	Explode  bool
	Reserved bool
	Binary   bool // bytes, or an array of them, given as base64 or as local files
}

// Request is the request template, with the method upper-cased.
type Request struct {
	Method  string
	URL     string // a template; empty: a direct-response tool
	Headers []profiles.Header
	Body    string // a template
	Bulk    Bulk
}

// Response says how a response becomes a result.
type Response struct {
	Body      string // a template over the response body
	Prepend   string // literal
	Append    string // literal
	ErrorBody string // a template over an error response
}

// Requirement is one security scheme that a request needs.
type Requirement struct {
	Scheme     *profiles.SecurityScheme
	Credential *profiles.Reference // overrides the scheme's default; nil: none
	Scopes     []string
	// Record names the keychain record of a static credential: the scheme's id,
	// or "tool:NAME" when Credential is the tool's own and kept in the keychain.
	Record string
}

// Downstream says how the client's credential is extracted and whether it is
// passed through.
type Downstream struct {
	Scheme      *profiles.SecurityScheme // nil with server.passthroughAuthHeader: Authorization as it came
	Passthrough bool
	Credential  *profiles.Reference
	Record      string
}

// Args are checked arguments: compact JSON by argument name, with every digit
// of a number as it was given.
type Args map[string]json.RawMessage
