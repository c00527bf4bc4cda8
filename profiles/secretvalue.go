package profiles

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// SecretValue is a credential that stands where ordinary values stand, too: in
// server.config, for templates, or in http.headers.
type SecretValue struct {
	// Record is the name of its keychain record: "config:" and its path in
	// server.config, or "header:" and the header's name.
	Record    string
	Key       string     // where it stands: "server.config.appCode"
	Reference *Reference // where it comes from; a literal stands in the file
}

// The beginnings of SecretValue.Record.
const (
	ConfigPrefix = "config:"
	HeaderPrefix = "header:"
)

// ValueScheme is the type of the scheme that stands for a SecretValue.
const ValueScheme SchemeType = "value"

// Scheme returns what stands for the value where a credential's scheme is asked for:
// its ID is the record, its type ValueScheme.
func (v SecretValue) Scheme() *SecurityScheme {
	return &SecurityScheme{ID: v.Record, Type: ValueScheme, Description: v.Key, DefaultCredential: v.Reference}
}

// InConfig returns the value's path below server.config; false for another place.
func (v SecretValue) InConfig() (path string, ok bool) {
	return strings.CutPrefix(v.Record, ConfigPrefix)
}

// InHeader returns the header of http.headers that the value is; false for another place.
func (v SecretValue) InHeader() (name string, ok bool) {
	return strings.CutPrefix(v.Record, HeaderPrefix)
}

// Scheme returns the security scheme of that id, or what stands for the SecretValue of
// that record; nil when there is neither.
func (p *Profile) Scheme(id string) *SecurityScheme {
	for i := range p.Server.SecuritySchemes {
		if p.Server.SecuritySchemes[i].ID == id {
			return &p.Server.SecuritySchemes[i]
		}
	}
	for _, v := range p.Secrets {
		if v.Record == id {
			return v.Scheme()
		}
	}
	return nil
}

// ConfigWith returns server.config as JSON, with value's text in the place of each
// SecretValue. Without any config it is {}.
func (p *Profile) ConfigWith(value func(SecretValue) string) json.RawMessage {
	if len(p.Server.Config) == 0 {
		return json.RawMessage("{}")
	}
	n, err := doc.FromJSON(p.Server.Config)
	if err != nil {
		return p.Server.Config // no JSON, which the check has said
	}
	changed := false
	for _, v := range p.Secrets {
		if path, ok := v.InConfig(); ok {
			n, changed = n.With(path, &doc.Node{Kind: doc.String, Text: value(v)}), true
		}
	}
	if !changed {
		return p.Server.Config
	}
	return n.JSON()
}

// SetConfig puts a value at a path of server.config, as a table's key may be written:
// "auth.token". Profile.Secrets follows with the next [Check].
func (p *Profile) SetConfig(path string, value *doc.Node) {
	n, err := doc.FromJSON(p.Server.Config)
	if err != nil || n.Kind != doc.Table {
		n = &doc.Node{Kind: doc.Table}
	}
	p.Server.Config = n.With(path, value).JSON()
}

// HTTPHeader is one header of http.headers: text, or where its value comes from.
type HTTPHeader struct {
	Text   string
	Secret *Reference // nil: Text
}

// DecodeDoc reads text, or a reference as [Reference] does.
func (h *HTTPHeader) DecodeDoc(n *doc.Node) []*doc.Error {
	if n.Kind == doc.String {
		h.Text = n.Text
		return nil
	}
	h.Secret = &Reference{}
	return h.Secret.DecodeDoc(n)
}

// referenceKeys are the keys of a reference that is a table.
func referenceKeys() []string { return doc.Keys(referenceForms{}) }

// isReference reports a table that is meant as a reference: each of its keys is one of
// a reference, or one says keychain = true.
func isReference(n *doc.Node) bool {
	if n == nil || n.Kind != doc.Table || len(n.Members) == 0 {
		return false
	}
	if k := n.Get("keychain"); k != nil && k.Kind == doc.Bool {
		return true
	}
	for _, m := range n.Members {
		known := false
		for _, key := range referenceKeys() {
			known = known || key == m.Key
		}
		if !known {
			return false
		}
	}
	return true
}

// secrets finds the values of server.config and http.headers that are credentials:
// each reference, and text whose name or use says so.
func (c *checker) secrets() {
	c.p.Secrets = nil
	if n, err := doc.FromJSON(c.p.Server.Config); err == nil && n.Kind == doc.Table {
		f := &secretFinder{c: c, used: c.p.usedAsSecret()}
		for _, m := range n.Members {
			f.value(m.Value, doc.Join("", m.Key), m.Key)
		}
	}
	for _, name := range sortedKeys(c.p.HTTP.Headers) {
		h, key := c.p.HTTP.Headers[name], doc.Join("http.headers", name)
		switch {
		case h.Secret != nil:
			c.p.Secrets = append(c.p.Secrets, SecretValue{HeaderPrefix + name, key, h.Secret})
		case h.Text != "" && CarriesSecret(name):
			c.p.Secrets = append(c.p.Secrets, SecretValue{HeaderPrefix + name, key, &Reference{Literal: secret.New(h.Text)}})
		}
	}
}

// secretFinder looks through server.config.
type secretFinder struct {
	c    *checker
	used map[string]bool
}

// value looks at what stands at a path. name is the nearest key that tells what it is.
func (f *secretFinder) value(n *doc.Node, path, name string) {
	key := "server.config." + path
	add := func(r *Reference) {
		f.c.p.Secrets = append(f.c.p.Secrets, SecretValue{ConfigPrefix + path, key, r})
	}
	switch {
	case isReference(n):
		r := &Reference{}
		errs := r.DecodeDoc(n)
		for _, e := range errs {
			f.c.fail(key, strings.TrimSpace(e.Key+" "+e.Message)).Allowed = e.Allowed
		}
		if len(errs) == 0 {
			add(r)
		}
	case n.Kind == doc.Table:
		for _, m := range n.Members {
			inner := m.Key
			if m.Key == "value" || m.Key == "default" {
				inner = name
			}
			f.value(m.Value, doc.Join(path, m.Key), inner)
		}
	case n.Kind == doc.List:
		for i, item := range n.Items {
			f.value(item, doc.Index(path, i), name)
		}
	case f.secret(n, path, name):
		add(&Reference{Literal: secret.New(n.Text)})
	}
}

// secret reports text that is a credential by its name or its use.
func (f *secretFinder) secret(n *doc.Node, path, name string) bool {
	const digits = 6 // a shorter number counts something
	text := n.Kind == doc.String && n.Text != "" || n.Kind == doc.Number && len(n.Text) >= digits
	return text && !authWord(n.Text) && (NamesSecret(name) || f.used[path])
}

// EmptySecrets lists the paths below server.config that hold no value and are meant for
// a credential: by their name or use, where the request of a tool uses them and no
// template asks whether they are there.
func (p *Profile) EmptySecrets() []string {
	n, err := doc.FromJSON(p.Server.Config)
	if err != nil || n.Kind != doc.Table {
		return nil
	}
	e := emptyFinder{named: p.usedAsSecret(), used: map[string]bool{}}
	for _, at := range p.places() {
		for _, a := range actions(*at.text) {
			action := (*at.text)[a.start:a.end]
			for _, path := range configPaths(action) {
				e.used[path] = true
				if isOptional(action) {
					e.optional = append(e.optional, path)
				}
			}
		}
	}
	for _, m := range n.Members {
		e.value(m.Value, doc.Join("", m.Key), m.Key)
	}
	return e.paths
}

// isOptional reports an action that copes with a value that is not there.
func isOptional(action string) bool {
	for _, word := range strings.FieldsFunc(action, func(r rune) bool { return strings.ContainsRune("{}()|- \t\r\n", r) }) {
		switch word {
		case "if", "with", "default", "or", "and", "not", "empty", "coalesce", "ternary", "eq", "ne", "hasKey":
			return true
		}
	}
	return false
}

// emptyFinder looks for empty values that are meant for a credential.
type emptyFinder struct {
	named, used map[string]bool
	optional    []string
	paths       []string
}

func (e *emptyFinder) value(n *doc.Node, path, name string) {
	if n.Kind == doc.Table {
		for _, m := range n.Members {
			e.value(m.Value, doc.Join(path, m.Key), m.Key)
		}
		return
	}
	empty := n.Kind == doc.Null || n.Kind == doc.String && strings.TrimSpace(n.Text) == ""
	if empty && e.used[path] && (e.named[path] || NamesSecret(name)) && !slices.Contains(e.optional, path) {
		e.paths = append(e.paths, path)
	}
}
