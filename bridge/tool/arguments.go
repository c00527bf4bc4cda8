package tool

import (
	"encoding/json"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// ArgumentError says which argument does not fit, and how. It never holds the
// argument's value.
type ArgumentError struct {
	Tool    string
	Pointer string // JSON Pointer (RFC 6901) of the value, such as "/filter/0/name"
	Message string
	hint    string
}

// Error returns "argument /limit: must be an integer".
func (e *ArgumentError) Error() string {
	if e.Pointer == "" {
		return "the arguments " + e.Message
	}
	return "argument " + e.Pointer + " " + e.Message
}

// Hint says what to send instead; empty when the message says it all.
func (e *ArgumentError) Hint() string { return e.hint }

// Arguments reads the arguments of a call, which may be empty for none. What a
// model writes is repaired where its meaning is certain: text that is wholly a
// number or a boolean where one is declared, a number where text is declared, JSON
// text where an object or an array is declared, null for an optional argument.
// Every digit of a number is kept. Then defaults are put in and everything is
// checked against the listed input schema; what is not declared is left out, or
// refused for an imported tool. The error is an *ArgumentError.
func (t *Tool) Arguments(raw json.RawMessage) (Args, error) {
	given, err := t.given(raw)
	if err != nil {
		return nil, err
	}
	schema, schemaErr := t.inputSchema()
	if schemaErr != nil {
		return nil, &ArgumentError{Tool: t.Name, Message: "cannot be checked: the tool's schema is not JSON"}
	}
	c := checker{tool: t.Name}
	args, properties := Args{}, schema.Get("properties")
	for _, m := range given.Members {
		declared := properties.Get(m.Key)
		if declared == nil {
			if err := t.undeclared(m.Key, properties); err != nil {
				return nil, err
			}
			continue
		}
		value := repair(declared, m.Value)
		if value.Kind == doc.Null && !allows(declared, "null") {
			continue // counts as not given
		}
		if err := c.check(declared, value, pointer("", m.Key), 0); err != nil {
			return nil, err
		}
		args[m.Key] = value.JSON()
	}
	t.defaults(args, properties)
	return args, t.required(args)
}

func (t *Tool) given(raw json.RawMessage) (*doc.Node, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return &doc.Node{Kind: doc.Table}, nil
	}
	n, err := doc.FromJSON(raw)
	if err != nil {
		return nil, &ArgumentError{Tool: t.Name, Message: "are not JSON: " + err.Error()}
	}
	if n.Kind != doc.Table {
		return nil, &ArgumentError{Tool: t.Name, Message: "must be an object, not " + n.Kind.String()}
	}
	return n, nil
}

// undeclared refuses an unknown argument of an imported tool, and tells which one
// was probably meant.
func (t *Tool) undeclared(name string, properties *doc.Node) error {
	if !t.Imported {
		return nil
	}
	var known []string
	if properties != nil {
		for _, m := range properties.Members {
			known = append(known, m.Key)
		}
	}
	hint := "the tool takes no arguments"
	if near := doc.Nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	} else if len(known) > 0 {
		hint = "the tool takes " + strings.Join(known, ", ")
	}
	return &ArgumentError{Tool: t.Name, Pointer: pointer("", name), Message: "is unknown", hint: hint}
}

// defaults puts in what the profile sends for an argument that was not given.
func (t *Tool) defaults(args Args, properties *doc.Node) {
	if t.Imported {
		return
	}
	for _, p := range t.Params {
		if _, ok := args[p.Name]; ok || p.Default == nil {
			continue
		}
		value := parsed(p.Default)
		if value == nil {
			continue
		}
		if declared := properties.Get(p.Name); declared != nil && value.Kind != doc.Null {
			value = repair(declared, value)
		}
		args[p.Name] = value.JSON()
	}
}

func (t *Tool) required(args Args) error {
	for _, p := range t.Params {
		if _, ok := args[p.Name]; p.Required && !ok {
			return &ArgumentError{Tool: t.Name, Pointer: pointer("", p.Name), Message: "is required"}
		}
	}
	return nil
}

// pointer appends a token to a JSON Pointer (RFC 6901 section 3).
func pointer(to, token string) string {
	return to + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(shorten(token, 100))
}

// types returns the types that a schema allows; none: all.
func types(schema *doc.Node) []string {
	t := schema.Get("type")
	if t == nil {
		return nil
	}
	if t.Kind == doc.String {
		out := []string{t.Text}
		if n := schema.Get("nullable"); n != nil && n.Bool {
			out = append(out, "null")
		}
		return out
	}
	var out []string
	for _, item := range t.Items {
		out = append(out, item.Text)
	}
	return out
}

// allows reports whether a schema lets a value of the type through.
func allows(schema *doc.Node, kind string) bool {
	list := types(schema)
	for _, t := range list {
		if t == kind || t == "number" && kind == "integer" {
			return true
		}
	}
	return len(list) == 0
}
