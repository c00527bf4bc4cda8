// Package request turns a tool and its arguments into a plan, and a plan and its
// credentials into an [net/http.Request]. It is pure: no clock, no randomness, no
// environment, no files, no network.
//
// # Terminology
//
// A plan is one request with no secret in it: method, URL, headers and body
// bytes. It can be printed, logged and turned into a request as often as needed,
// which is how a call is repeated after a credential was renewed.
//
// A template is a Higress template of the profile. Its data is one JSON object
// with the members config and args. A placeholder is "{name}" in a URL template
// and is filled by the path argument of that name. The wire name of an argument
// is its name in the request. A bulk option places all arguments that have no
// position of their own. A style is OpenAPI's way to write an array or an object
// in a parameter; without one they are written as one JSON text, as Higress does.
//
// The origin of a request is scheme, host and port (RFC 6454, the default port
// left out). A carrier is a place where the client of the bridge hands over its
// own credential: the _meta of a call, or the environment at launch.
//
// # The laws of a plan
//
// Whatever the arguments are, the origin and the literal beginning of the URL
// template stay; no header value holds a line break; the same input gives the
// same bytes; a path argument decodes back to itself; and a credential stands in
// the request exactly where its scheme puts it, and in no plan and no error.
package request
