package tool

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// checker checks and repairs values by one tool's schema: JSON Schema 2020-12
// without references. As the specification says, unknown keywords and those for
// other types of values are ignored, and so is format.
type checker struct {
	tool     string
	imported bool
	schema   *schema
	renamed  map[string]string // listed name to wire name
	listed   map[string]string // and back
	quiet    bool              // nobody reads the errors
	within   bool              // one of several forms is tried
	steps    *int              // work so far that grows with the schema times the value
}

// maxSteps bounds the work of one call: a long list, each item of which is held
// against many forms, would keep a processor busy for minutes. Without forms the
// work is that of reading the arguments.
const maxSteps = 1_000_000

// errForm is every error that nobody reads.
var errForm = &ArgumentError{}

func (t *Tool) checker(s *schema) checker {
	c := checker{tool: t.Name, imported: t.Imported, schema: s, renamed: t.Renamed, steps: new(int)}
	if len(t.Renamed) > 0 {
		c.listed = make(map[string]string, len(t.Renamed))
		for listed, wire := range t.Renamed {
			c.listed[wire] = listed
		}
	}
	return c
}

// Conforms reports why a JSON document does not satisfy the tool's output schema;
// nil when it does. Without an output schema every document is refused.
func (t *Tool) Conforms(document json.RawMessage) error {
	s := t.outputSchema()
	if s.root == nil || s.err != nil {
		return &ArgumentError{Tool: t.Name, Message: "cannot be checked: the tool has no output schema"}
	}
	v, message := jsonschema.ReadJSON(document)
	if message != "" {
		return &ArgumentError{Tool: t.Name, Message: message}
	}
	c := checker{tool: t.Name, schema: s, steps: new(int)}
	return c.ended(nil, c.check(s.root, v, nil))
}

// silent returns the checker for questions whose answer nobody reads.
func (c checker) silent() checker {
	c.quiet = true
	return c
}

// step counts work that grows with the schema times the value; false: it is too
// much.
func (c checker) step(n int) bool {
	*c.steps += n
	return *c.steps <= maxSteps
}

// ended returns err, unless the work was given up: then no answer of check counts,
// because within "not" a refusal is an acceptance.
func (c checker) ended(at *place, err error) error {
	if *c.steps <= maxSteps {
		return err
	}
	return &ArgumentError{Tool: c.tool, Pointer: at.pointer(), Message: "is too much to be checked", hint: "send fewer items in one call"}
}

func (c checker) fail(at *place, message, hint string) error {
	if c.quiet {
		return errForm
	}
	return &ArgumentError{Tool: c.tool, Pointer: at.pointer(), Message: message, hint: hint, depth: at.depth()}
}

// check returns what is wrong with v first, or nil.
func (c checker) check(schema, v *doc.Node, at *place) error {
	if schema == nil {
		return nil
	}
	if c.within && !c.step(1) || !c.step(0) {
		return errForm
	}
	if schema.Kind == doc.Bool && !schema.Bool {
		return c.fail(at, "is not allowed", "")
	}
	if schema.Kind != doc.Table {
		return nil
	}
	if want, ok := jsonschema.Declared(schema); ok && !want.Fits(v) {
		return c.kind(want, v, at)
	}
	if err := c.oneOfValues(schema, v, at); err != nil {
		return err
	}
	var err error
	switch v.Kind {
	case doc.String:
		err = c.text(schema, v.Text, at)
	case doc.Number:
		err = c.number(schema, v.Text, at)
	case doc.List:
		err = c.list(schema, v, at)
	case doc.Table:
		err = c.object(schema, v, at)
	}
	if err != nil {
		return err
	}
	return c.composed(schema, v, at)
}

// allowed returns the types that a schema lets through: those that it names, else
// those of the values that it lists.
func (c checker) allowed(schema *doc.Node) jsonschema.Kinds {
	if k, ok := jsonschema.Declared(schema); ok {
		return k
	}
	if e := c.schema.enums[schema]; e.kinds != 0 {
		return e.kinds
	}
	if only := schema.Get("const"); only != nil {
		return jsonschema.KindOfValue(only)
	}
	return jsonschema.Any
}

// kind says what was wanted and what came.
func (c checker) kind(want jsonschema.Kinds, v *doc.Node, at *place) error {
	if c.quiet {
		return errForm
	}
	got := jsonschema.KindOfValue(v).String()
	switch {
	case v.Kind == doc.Number && want.Has(jsonschema.Integer):
		got = "a number with a fraction"
	case v.Kind == doc.Number:
		got = "a number"
	}
	return c.fail(at, "must be "+want.String()+", not "+got, "")
}

// oneOfValues checks enum and const.
func (c checker) oneOfValues(schema, v *doc.Node, at *place) error {
	if only := schema.Get("const"); only != nil && !jsonschema.Same(only, v) {
		return c.fail(at, "must be "+plaintext.ShortenBytes(string(only.JSON()), 60), "")
	}
	enum := schema.Get("enum")
	if enum == nil || enum.Kind != doc.List {
		return nil
	}
	if c.schema.enums[schema].values[jsonschema.Key(v)] {
		return nil
	}
	return c.mustBeOneOf(enum.Items, v, at)
}

func (c checker) text(schema *doc.Node, s string, at *place) error {
	if limit, ok := jsonschema.Count(schema.Get("minLength")); ok && utf8.RuneCountInString(s) < limit {
		return c.fail(at, "must have at least "+count(limit, "character"), "")
	}
	if limit, ok := jsonschema.Count(schema.Get("maxLength")); ok && utf8.RuneCountInString(s) > limit {
		return c.fail(at, "must have at most "+count(limit, "character"), "")
	}
	for _, key := range [...]string{"pattern", jsonschema.UnlistedPattern} {
		p := schema.Get(key)
		if p == nil {
			continue
		}
		if re := c.pattern(p.Text); re != nil && !re.MatchString(s) {
			return c.fail(at, "must match the pattern "+plaintext.ShortenBytes(p.Text, 100), "")
		}
	}
	return nil
}

// pattern returns the compiled pattern; nil when it cannot be checked.
func (c checker) pattern(text string) *regexp.Regexp {
	return c.schema.patterns[text]
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func (c checker) number(schema *doc.Node, s string, at *place) error {
	for _, b := range [...]struct {
		key, words string
		wrong      func(cmp int) bool
	}{
		{"minimum", "at least", func(cmp int) bool { return cmp < 0 }},
		{"maximum", "at most", func(cmp int) bool { return cmp > 0 }},
		{"exclusiveMinimum", "more than", func(cmp int) bool { return cmp <= 0 }},
		{"exclusiveMaximum", "less than", func(cmp int) bool { return cmp >= 0 }},
	} {
		limit := schema.Get(b.key)
		if limit != nil && limit.Kind == doc.Number && b.wrong(jsonschema.Compare(s, limit.Text)) {
			return c.fail(at, "must be "+b.words+" "+limit.Text, "")
		}
	}
	if step := schema.Get("multipleOf"); step != nil && step.Kind == doc.Number {
		x, ok1 := jsonschema.Rational(s)
		y, ok2 := jsonschema.Rational(step.Text)
		if ok2 && y.Sign() > 0 && (!ok1 || !new(big.Rat).Quo(x, y).IsInt()) {
			return c.fail(at, "must be a multiple of "+step.Text, "")
		}
	}
	return nil
}
