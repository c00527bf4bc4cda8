// Package higress reads Higress's MCP server configuration, in YAML or JSON, as a
// profile. It is pure: bytes in, a profile and a report out.
//
// # Terminology
//
// A configuration has a server, with its security schemes, and tools. Upstream
// is bridge to backend (requestTemplate.security), downstream is client to bridge
// (security of a tool). A tool without a URL is a direct-response tool: its
// response template is rendered over its arguments, and nothing is sent. The
// reference is Higress's own plugin "mcp-server"; what it refuses to load is an
// error here, what it ignores in silence is a warning. A record is the name under
// which a credential is kept in the keychain: a scheme's id, or "tool:NAME".
//
// Higress decodes most of its configuration as Go decodes JSON: field names match
// without case, unknown fields are left out. So it is here, with a warning each.
package higress

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Options are what a person said beside the document.
type Options struct {
	// Name is the server's name where the document states none and need not: the
	// form that articles print, without a server. Empty: "higress".
	Name string
	// BaseURL becomes server.baseUrl, which tools whose URL is only a path need.
	BaseURL string
}

// Imported is a configuration as a profile, and what became of it.
type Imported struct {
	// Profile is the configuration as a profile, with every credential still in it
	// as a literal: [SplitSecrets] takes them out. Its Name and File are empty. It is
	// nil when Import returns an error.
	Profile *profiles.Profile
	// Title is the server's name.
	Title string
	// Operations is how many tools the configuration lists:
	// len(Profile.Tools) + len(Skipped).
	Operations int
	// Warnings are in the document's order; they are set with an error, too.
	Warnings []Warning
	// Skipped lists the tools that did not become tools of the profile.
	Skipped []Skipped
	// Secrets lists every literal credential of the profile.
	Secrets []Secret

	tree *doc.Node // the configuration in the profile's form, with positions
}

// Warning is something odd in a configuration that does not stop its use.
type Warning struct {
	At      string // FILE:LINE:COL
	Key     string // such as tools[2].requestTemplate.url
	Message string // never a credential
}

// Skipped is a tool that was left out.
type Skipped struct {
	Name   string
	Reason string
	At     string // FILE:LINE:COL
}

// Secret is one literal credential of a configuration.
type Secret struct {
	// Record is a scheme's id, "tool:NAME" for a tool's own credential, or the record of
	// a profiles.SecretValue.
	Record string
	Scheme string // the id of the scheme that it is for, or Record
	Key    string // where it stands in the profile
	At     string // FILE:LINE:COL
	Value  secret.Value
	// Placeholder says that it is none yet: somebody has to write it.
	Placeholder bool

	place *profiles.Reference // nil: in server.config
}

// Detect reports whether a document is a Higress MCP server configuration: server,
// tools or toolSet at the top, or under a Kubernetes WasmPlugin's defaultConfig or
// matchRules, and not an OpenAPI document.
func Detect(n *doc.Node) bool {
	if n == nil || n.Kind != doc.Table {
		return false
	}
	return isConfig(n) || len(wrapped(n)) > 0
}

// At returns "FILE:LINE:COL" of a key of the profile, such as
// "tools[2].requestTemplate.url", or of its nearest ancestor that is in the
// configuration.
func (i *Imported) At(key string) string { return i.tree.PosAt(key).String() }

// Import reads a configuration as a profile. It is safe for concurrent use.
//
// The error is an [Errors] with everything that was found, each with its position:
// what is not YAML or JSON, a value of a wrong type, what Higress refuses to load,
// what it would load but the bridge cannot do (type: mcp-proxy, toolSet, a server
// that is compiled into the gateway), a reference to a scheme that is not there,
// and what [profiles.Check] refuses. Template syntax is left to package
// bridge/tool, whose errors [Imported.At] places.
func Import(file string, data []byte, o Options) (*Imported, error) {
	r := &reader{file: file, options: o, out: &Imported{}}
	root, odd, err := doc.Parse(file, data)
	for _, w := range odd {
		r.warn(w.Pos, w.Key, w.Message)
	}
	if err != nil {
		return r.failed(err)
	}
	r.tree(root)
	if len(r.errs) == 0 {
		r.profile()
	}
	if len(r.errs) > 0 {
		return r.failed(nil)
	}
	r.unusedBaseURL()
	r.out.Warnings = r.warnings()
	return r.out, nil
}

// failed returns the warnings, and what is wrong.
func (r *reader) failed(err error) (*Imported, error) {
	if err != nil {
		r.errs = append(r.errs, fromDoc(err, r.file))
	}
	r.errs.sort()
	if r.other {
		r.odd = nil // what is odd about it is of no use
	}
	return &Imported{Warnings: r.warnings(), tree: r.out.tree}, r.errs
}

// reader is one import.
type reader struct {
	file    string
	options Options
	out     *Imported
	errs    Errors
	odd     []oddity
	groups  map[string]int // of odd, by group
	renamed map[string]string
	other   bool              // it is a kind of configuration that is not supported, whatever stands in it
	lifted  map[string]string // keys of server.config that were made, and where their values stood
}

// oddity is a warning that may stand for several places.
type oddity struct {
	pos     doc.Pos
	key     string
	message string
	more    []int // lines of the further places
}

func (r *reader) fail(pos doc.Pos, key, message, next string) {
	r.errs = append(r.errs, &Error{Detail: doc.Error{Pos: pos, Key: key, Message: message}, Next: next})
}

func (r *reader) warn(pos doc.Pos, key, message string) {
	r.odd = append(r.odd, oddity{pos: pos, key: key, message: message})
}

// warnOnce is warn for what a document may repeat at many places: they become one
// warning, which names the lines.
func (r *reader) warnOnce(pos doc.Pos, key, message string) {
	group := pattern(key) + "\x00" + message
	if at, ok := r.groups[group]; ok {
		r.odd[at].more = append(r.odd[at].more, pos.Line)
		return
	}
	if r.groups == nil {
		r.groups = map[string]int{}
	}
	r.groups[group] = len(r.odd)
	r.warn(pos, key, message)
}

// pattern returns a path without its indices: tools[].args[].name.
func pattern(key string) string {
	var b strings.Builder
	for key != "" {
		open := strings.IndexByte(key, '[')
		end := strings.IndexByte(key, ']')
		if open < 0 || end < open {
			break
		}
		b.WriteString(key[:open] + "[]")
		key = key[end+1:]
	}
	return b.String() + key
}
