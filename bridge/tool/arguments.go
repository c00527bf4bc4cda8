package tool

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// ArgumentError says which argument does not fit, and how. It never holds the
// argument's value.
type ArgumentError struct {
	Tool    string
	Pointer string // JSON Pointer (RFC 6901) of the value, such as "/filter/0/name"; empty: the arguments as a whole
	Message string
	hint    string
	depth   int // of the place, for comparing
}

// Error returns "argument /limit must be an integer, not a string".
func (e *ArgumentError) Error() string {
	if e.Pointer == "" {
		return "the arguments " + e.Message
	}
	return "argument " + e.Pointer + " " + e.Message
}

// Hint says what to send instead; empty when the message says it all.
func (e *ArgumentError) Hint() string { return e.hint }

// Arguments reads the arguments of a call, which may be empty or null for none. Of
// a repeated key the last one counts. What a model writes is repaired where its
// meaning is certain, inside objects and arrays too: text that is wholly a number
// or a boolean where one is declared, a number or a boolean where text is declared,
// JSON text where an object or an array is declared, null for an optional argument or
// member that cannot be null, a member that is given beside the argument it belongs to.
// Every digit of a number is kept. Then defaults are put in, and everything given
// is checked against the listed input schema; what is not declared is left out, or
// refused for an imported tool. Keys that are listed under another name come back
// under their wire name, arguments themselves under their listed one.
//
// The error is an *ArgumentError. It is safe for concurrent use.
func (t *Tool) Arguments(raw json.RawMessage) (Args, error) {
	given, message := readArguments(raw)
	if message != "" {
		return nil, &ArgumentError{Tool: t.Name, Message: message}
	}
	s := t.inputSchema()
	if s.err != nil {
		return nil, &ArgumentError{Tool: t.Name, Message: "cannot be checked: the tool's schema is not JSON"}
	}
	c := t.checker(s)
	given, err := t.nest(c, given, s)
	if err != nil {
		return nil, err
	}
	args, properties := make(Args, len(given.Members)), s.root.Get("properties")
	for _, m := range given.Members {
		name := t.argumentName(m.Key, s)
		if err := c.argument(args, name, s.property(properties, name), m.Value); err != nil {
			return nil, err
		}
	}
	t.defaults(c, args, properties)
	return args, c.required(args, s.root)
}

// argument checks one argument and puts it into args.
func (c checker) argument(args Args, name string, schema, value *doc.Node) error {
	delete(args, name)
	if schema == nil {
		return c.undeclared(name)
	}
	if value.Kind == doc.Null && c.refusesNull(schema) {
		return nil // counts as not given
	}
	at := (*place)(nil).member(name)
	value = c.repair(schema, value)
	if err := c.ended(at, c.check(schema, value, at)); err != nil {
		return err
	}
	if tooDeep(value, doc.MaxDepth-1) {
		return c.fail(at, "has more than "+strconv.Itoa(doc.MaxDepth)+" levels of nesting", "")
	}
	args[name] = c.wire([]*doc.Node{schema}, value).JSON()
	return nil
}

// readArguments returns the object that holds the arguments, or what is wrong.
func readArguments(raw json.RawMessage) (n *doc.Node, message string) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return &doc.Node{Kind: doc.Table}, ""
	}
	if n, message = jsonschema.ReadJSON(raw); message != "" {
		return nil, message
	}
	switch n.Kind {
	case doc.Null:
		return &doc.Node{Kind: doc.Table}, ""
	case doc.Table:
		return n, ""
	}
	return nil, "must be an object, not " + jsonschema.KindOfValue(n).String()
}

// argumentName returns the listed name of an argument, which may be given by the
// name that it has in the request.
func (t *Tool) argumentName(given string, s *schema) string {
	if s.property(s.root.Get("properties"), given) != nil {
		return given
	}
	if name := t.compiled.names[given]; name != "" {
		return name
	}
	return given
}

// undeclared leaves an unknown argument out, or refuses it for an imported tool and
// tells which one was probably meant.
func (c checker) undeclared(name string) error {
	if !c.imported {
		return nil
	}
	properties := c.schema.root.Get("properties")
	hint := c.known(name, properties, "the tool takes")
	if !strings.HasPrefix(hint, "did") && properties != nil {
		for _, m := range properties.Members {
			if inside := c.known(name, &doc.Node{Kind: doc.Table, Members: declared(m.Value)}, ""); strings.HasPrefix(inside, "did") {
				hint = strings.Replace(inside, "did you mean ", "did you mean "+m.Key+".", 1)
			}
		}
	}
	return c.fail((*place)(nil).member(name), "is unknown", hint)
}

// known is the hint for a name that is none of the properties.
func (c checker) known(name string, properties *doc.Node, takes string) string {
	const most = 30
	var names []string
	if properties != nil {
		for _, m := range properties.Members {
			names = append(names, m.Key)
		}
	}
	if near := plaintext.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	if len(names) == 0 {
		return takes + " none"
	}
	list := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		list += ", …"
	}
	return takes + " " + list
}

// defaults puts in what the profile sends for an argument that was not given. They
// are not checked: the profile's author may send what a model may not.
func (t *Tool) defaults(c checker, args Args, properties *doc.Node) {
	if t.Imported {
		return
	}
	for i := range t.Params {
		p := &t.Params[i]
		if _, given := args[p.Name]; given || p.Default == nil {
			continue
		}
		value := parsed(p.Default)
		if value == nil {
			continue
		}
		schema := properties.Get(p.Name)
		if schema != nil && value.Kind != doc.Null {
			value = c.wire([]*doc.Node{schema}, c.repair(schema, value))
		}
		args[p.Name] = value.JSON()
	}
}

func (c checker) required(args Args, root *doc.Node) error {
	list := root.Get("required")
	if list == nil {
		return nil
	}
	for _, name := range list.Items {
		if _, given := args[name.Text]; given {
			continue
		}
		return c.fail((*place)(nil).member(name.Text), "is required", wanted(root.Get("properties").Get(name.Text)))
	}
	return nil
}

// wanted is the hint for a value that is not there.
func wanted(schema *doc.Node) string {
	if k, ok := jsonschema.Declared(schema); ok {
		return "send " + k.String()
	}
	return ""
}

// place is where a value stands: a member or an item of what stands at up. It is
// written only when something is wrong. nil is the arguments as a whole.
type place struct {
	up    *place
	key   string
	index int // of an item; -1: a member
}

func (p *place) member(key string) *place { return &place{p, key, -1} }
func (p *place) item(i int) *place        { return &place{p, "", i} }

// pointer returns the JSON Pointer (RFC 6901 section 3). A name that a model made
// up may be long, and must not bring control characters into a terminal.
func (p *place) pointer() string {
	if p == nil {
		return ""
	}
	if p.index >= 0 {
		return p.up.pointer() + "/" + strconv.Itoa(p.index)
	}
	clean := plaintext.Show(plaintext.ShortenBytes(p.key, 100))
	if strings.ContainsAny(clean, "~/") {
		clean = strings.NewReplacer("~", "~0", "/", "~1").Replace(clean)
	}
	return p.up.pointer() + "/" + clean
}

func (p *place) depth() int {
	n := 0
	for ; p != nil; p = p.up {
		n++
	}
	return n
}

// tooDeep reports whether a value has more than most levels.
func tooDeep(v *doc.Node, most int) bool {
	if v.Kind != doc.List && v.Kind != doc.Table {
		return false
	}
	if most == 0 {
		return true
	}
	for _, item := range v.Items {
		if tooDeep(item, most-1) {
			return true
		}
	}
	for _, m := range v.Members {
		if tooDeep(m.Value, most-1) {
			return true
		}
	}
	return false
}
