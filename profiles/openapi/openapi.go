// Package openapi reads OpenAPI documents: Swagger 2.0, OpenAPI 3.0, 3.1 and 3.2, in
// JSON or YAML, in one file or many. It turns every operation into the data from
// which a tool is made. It is pure: bytes in, data out; other files of a document
// come through a function of the caller.
//
// # Terminology
//
// An operation is one path with one method. A parameter goes into the path, the
// query, a header or a cookie; the request body is given as one argument, body. A
// reference ($ref) stands for a value elsewhere in the document or in another of its
// files. Security requirements are alternatives (OR) of schemes that must hold
// together (AND). An overlay (OpenAPI Overlay 1.0) is a document that changes another.
// The tree of a document is its values with their positions; nothing in it is
// typed, so that one broken value costs nothing but itself.
//
// # What a document can do
//
// Nothing in a document makes the reader open a file outside of the entry file's
// folder, use the network, or work without bound: references are followed lazily
// and with a guard, and what is written out of them has a budget for each
// operation and for the whole document. What is broken in one operation skips that
// operation, with its position and the reason.
package openapi

import (
	"encoding/json"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Source is a document, or an overlay.
type Source struct {
	// Name stands in positions: the entry file's name as the person knows it.
	Name string
	Data []byte
	// Open returns another file of the document. rel is a slash-separated path below
	// the entry file's folder, cleaned, without "..". nil: there are no other files.
	// The caller bounds their number and sizes.
	Open func(rel string) ([]byte, error)
}

// Options are what a profile or a person says beside the document.
type Options struct {
	// BaseURL takes the place of every server of the document.
	BaseURL string
	// Location is the address that the document came from, against which relative
	// server addresses are resolved. Empty: it came from a file.
	Location string
	// Include and Exclude pick operations; a zero Exclude excludes nothing. Operations
	// that are not picked stand in Document.Skipped.
	Include, Exclude profiles.Selection
	// Overrides change names, descriptions and readOnly, and hide operations. Their
	// security is left to package bridge/tool.
	Overrides []profiles.Override
	// Overlays are applied in turn before anything is read.
	Overlays []Source
}

// Document is what was read. It is data and safe for concurrent reading.
type Document struct {
	Format      string // openapi-3.0, openapi-3.1, openapi-3.2 or swagger-2.0
	Title       string
	Version     string // of the API
	Description string
	// Server is the base address of the API, without a slash at its end, its variables
	// filled with their defaults; "" when the document has none that can be used.
	Server string
	// Schemes are the security schemes in the document's order, with addresses that are
	// absolute where that can be. profiles.Check accepts each whose note says usable.
	Schemes []profiles.SecurityScheme
	Notes   []SchemeNote // one for each of Schemes
	// Security is what the document asks for by default; nil: it says nothing.
	Security   profiles.Security
	Keys       []ParamKey // credentials among the parameters
	Tags       []Tag
	Operations []Operation // those that became tools, in the document's order
	Skipped    []Skip      // the others, in the document's order
	Warnings   []Warning   // in the order of discovery
	// Total is how many operations the document has: len(Operations)+len(Skipped).
	Total int
	// Files are the other files that were read, as Source.Open was asked for them.
	Files []string
}

// SchemeNote says whether a security scheme can be used as the document states it.
type SchemeNote struct {
	ID     string
	Usable bool
	Hint   string // what the person has to do, or know; may be empty
}

// Tag is a tag that the document describes.
type Tag struct{ Name, Description string }

// Skip is an operation that is not a tool.
type Skip struct {
	Operation string // its operationId, or "METHOD /path"
	Method    string
	Path      string
	At        string // FILE:LINE:COL
	Reason    string
}

// Warning is something odd that does not stop the document from being used.
type Warning struct {
	At      string // FILE:LINE:COL
	Message string
}

// Operation is one operation, ready to become a tool.
type Operation struct {
	ID          string // operationId as it is written; "" when there is none
	Method      string // upper case
	Path        string // the document's path key
	Name        string // of the tool: at most 48 of A-Z a-z 0-9 _ -, unique without regard to case
	Title       string
	Summary     string // one line
	Description string // for the model; never empty
	Tags        []string
	Deprecated  bool
	// What MCP's annotations say, by the method (RFC 9110, section 9.2).
	ReadOnly, Destructive, Idempotent bool
	// URL is the whole address as a template of package bridge/request: placeholders
	// are {WIRE} of path parameters, everything else is legal in a URL and literal. It
	// begins with a slash when there is no usable server.
	URL    string
	Server string // the base address that URL begins with, or ""
	// InputSchema is an object schema: parameters at its root, the body under "body";
	// without references, but with names that clients may refuse.
	InputSchema json.RawMessage
	Params      []Param
	Body        *Body  // nil: no body
	Accept      string // of the Accept header: JSON first
	// Security is the effective requirement: nil when nothing is said anywhere, empty
	// when the document says that none is needed.
	Security profiles.Security
	At       string // FILE:LINE:COL
}

// Param is one parameter.
type Param struct {
	Name     string // of the argument: a property of InputSchema
	Wire     string // in the request
	In       string // path, query, header, cookie
	Type     string // of JSON Schema; "" when several or unknown
	Required bool
	// Style is one of OpenAPI's, "tabDelimited" for Swagger 2.0's tsv, or "json" for a
	// parameter with content: its value as JSON text.
	Style    string
	Explode  bool
	Reserved bool // allowReserved
}

// Body is how the argument "body" is sent.
type Body struct {
	Type     string // the media type, such as application/json
	Kind     string // JSON Schema's type of the argument; "" when several or unknown
	Required bool
	// Binary reports bytes: given as base64 or as a local file, sent raw.
	Binary bool
	// Parts says how members of a form or multipart body are sent, by their names in
	// the document, where the document or their type says more than the default.
	Parts map[string]Part
}

// Part is one member of a form or multipart body.
type Part struct {
	Type     string // media type; "" for the default
	Style    string // for forms: form, deepObject, spaceDelimited, pipeDelimited; "" for the default
	Explode  bool
	Reserved bool
	Binary   bool // bytes, or an array of them
}
