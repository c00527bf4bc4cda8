package tool

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// checker checks values against schemas (JSON Schema 2020-12; of the vocabulary,
// what API descriptions use: unknown keywords are ignored, as the specification
// says).
type checker struct{ tool string }

// maxCheckDepth bounds schemas that hold schemas.
const maxCheckDepth = 200

func (c checker) fail(at, message, hint string) *ArgumentError {
	return &ArgumentError{Tool: c.tool, Pointer: at, Message: message, hint: hint}
}

// check returns what is wrong with v first, or nil.
func (c checker) check(schema, v *doc.Node, at string, depth int) error {
	if schema == nil || depth > maxCheckDepth {
		return nil
	}
	if schema.Kind == doc.Bool && !schema.Bool {
		return c.fail(at, "is not allowed", "")
	}
	if schema.Kind != doc.Table {
		return nil
	}
	if err := c.kind(schema, v, at); err != nil {
		return err
	}
	if err := c.listed(schema, v, at); err != nil {
		return err
	}
	var err error
	switch v.Kind {
	case doc.String:
		err = c.text(schema, v.Text, at)
	case doc.Number:
		err = c.number(schema, v.Text, at)
	case doc.List:
		err = c.list(schema, v, at, depth)
	case doc.Table:
		err = c.object(schema, v, at, depth)
	}
	if err != nil {
		return err
	}
	return c.composed(schema, v, at, depth)
}

// kind checks the type.
func (c checker) kind(schema, v *doc.Node, at string) error {
	want := types(schema)
	if len(want) == 0 {
		return nil
	}
	for _, t := range want {
		if isKind(v, t) {
			return nil
		}
	}
	names := make([]string, len(want))
	for i, t := range want {
		names[i] = article(t)
	}
	got := v.Kind.String()
	if v.Kind == doc.Number {
		got = "a number with a fraction"
	}
	return c.fail(at, "must be "+strings.Join(names, " or ")+", not "+got, "")
}

func article(kind string) string {
	if kind != "" && strings.IndexByte("aio", kind[0]) >= 0 {
		return "an " + kind
	}
	return "a " + kind
}

func isKind(v *doc.Node, kind string) bool {
	switch kind {
	case "string":
		return v.Kind == doc.String
	case "boolean":
		return v.Kind == doc.Bool
	case "null":
		return v.Kind == doc.Null
	case "array":
		return v.Kind == doc.List
	case "object":
		return v.Kind == doc.Table
	case "number":
		return v.Kind == doc.Number
	case "integer":
		return v.Kind == doc.Number && isInteger(v.Text)
	}
	return true
}

// isInteger reports whether a JSON number has no fraction (section 6.1.1).
func isInteger(s string) bool {
	if strings.Trim(s, "-0123456789") == "" {
		return true
	}
	r, ok := rational(s)
	return ok && r.IsInt()
}

// rational reads a JSON number exactly; false when its exponent is so large that
// only its size is of interest.
func rational(s string) (*big.Rat, bool) {
	const largest = 400
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp, err := strconv.Atoi(s[i+1:])
		if err != nil || exp > largest || exp < -largest {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// listed checks enum and const.
func (c checker) listed(schema, v *doc.Node, at string) error {
	if only := schema.Get("const"); only != nil && !same(only, v) {
		return c.fail(at, "must be "+shorten(string(only.JSON()), 60), "")
	}
	enum := schema.Get("enum")
	if enum == nil || enum.Kind != doc.List {
		return nil
	}
	var allowed, words []string
	for _, item := range enum.Items {
		if same(item, v) {
			return nil
		}
		allowed = append(allowed, shorten(string(item.JSON()), 60))
		words = append(words, item.Text)
	}
	const most = 20
	if len(allowed) > most {
		allowed = append(allowed[:most], "…")
	}
	hint := ""
	if near := doc.Nearest(v.Text, words); v.Kind == doc.String && near != "" {
		hint = "did you mean " + near + "?"
	}
	return c.fail(at, "must be one of "+strings.Join(allowed, ", "), hint)
}

// same reports whether two values are equal (section 4.2.2): numbers by value,
// objects without regard to order.
func same(a, b *doc.Node) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case doc.Bool:
		return a.Bool == b.Bool
	case doc.String:
		return a.Text == b.Text
	case doc.Number:
		x, ok1 := rational(a.Text)
		y, ok2 := rational(b.Text)
		return a.Text == b.Text || ok1 && ok2 && x.Cmp(y) == 0
	case doc.List:
		if len(a.Items) != len(b.Items) {
			return false
		}
		for i := range a.Items {
			if !same(a.Items[i], b.Items[i]) {
				return false
			}
		}
	case doc.Table:
		if len(a.Members) != len(b.Members) {
			return false
		}
		for _, m := range a.Members {
			if other := b.Get(m.Key); other == nil || !same(m.Value, other) {
				return false
			}
		}
	}
	return true
}

func (c checker) text(schema *doc.Node, s, at string) error {
	n := utf8.RuneCountInString(s)
	if limit, ok := integer(schema.Get("minLength")); ok && n < limit {
		return c.fail(at, "must have at least "+count(limit, "character"), "")
	}
	if limit, ok := integer(schema.Get("maxLength")); ok && n > limit {
		return c.fail(at, "must have at most "+count(limit, "character"), "")
	}
	if p := schema.Get("pattern"); p != nil && p.Kind == doc.String {
		if re, err := regexp.Compile(p.Text); err == nil && !re.MatchString(s) {
			return c.fail(at, "must match the pattern "+shorten(p.Text, 100), "")
		}
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return itoa(n) + " " + what + "s"
}

func integer(n *doc.Node) (int, bool) {
	if n == nil || n.Kind != doc.Number {
		return 0, false
	}
	i, err := strconv.Atoi(n.Text)
	return i, err == nil
}

func (c checker) number(schema *doc.Node, s, at string) error {
	for _, b := range []struct {
		key, words string
		wrong      func(cmp int) bool
	}{
		{"minimum", "at least", func(cmp int) bool { return cmp < 0 }},
		{"maximum", "at most", func(cmp int) bool { return cmp > 0 }},
		{"exclusiveMinimum", "more than", func(cmp int) bool { return cmp <= 0 }},
		{"exclusiveMaximum", "less than", func(cmp int) bool { return cmp >= 0 }},
	} {
		limit := schema.Get(b.key)
		if limit == nil || limit.Kind != doc.Number {
			continue
		}
		if b.wrong(compare(s, limit.Text)) {
			return c.fail(at, "must be "+b.words+" "+limit.Text, "")
		}
	}
	if step := schema.Get("multipleOf"); step != nil && step.Kind == doc.Number {
		x, ok1 := rational(s)
		y, ok2 := rational(step.Text)
		if ok1 && ok2 && y.Sign() > 0 && !new(big.Rat).Quo(x, y).IsInt() {
			return c.fail(at, "must be a multiple of "+step.Text, "")
		}
	}
	return nil
}

// compare compares two JSON numbers, exactly unless an exponent is huge.
func compare(a, b string) int {
	x, ok1 := rational(a)
	y, ok2 := rational(b)
	if ok1 && ok2 {
		return x.Cmp(y)
	}
	f, _ := strconv.ParseFloat(a, 64)
	g, _ := strconv.ParseFloat(b, 64)
	switch {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

// Conforms reports why a JSON document does not satisfy the tool's output schema;
// nil when it does. Without an output schema every document is refused.
func (t *Tool) Conforms(document json.RawMessage) error {
	schema, err := t.outputSchema()
	if err != nil || schema == nil {
		return &ArgumentError{Tool: t.Name, Message: "cannot be checked: the tool has no output schema"}
	}
	v, err := doc.FromJSON(document)
	if err != nil {
		return err
	}
	return checker{tool: t.Name}.check(schema, v, "", 0)
}
