package tool

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// kinds is a set of the types of JSON Schema.
type kinds uint8

const (
	nullKind kinds = 1 << iota
	booleanKind
	integerKind
	numberKind // always with integerKind
	stringKind
	arrayKind
	objectKind
	anyKind kinds = 1<<iota - 1
)

func (k kinds) has(other kinds) bool { return k&other != 0 }

// kindOf returns the set for one name of a type; 0: there is no such type.
func kindOf(name string) kinds {
	switch name {
	case "null":
		return nullKind
	case "boolean":
		return booleanKind
	case "integer":
		return integerKind
	case "number":
		return numberKind | integerKind
	case "string":
		return stringKind
	case "array":
		return arrayKind
	case "object":
		return objectKind
	}
	return 0
}

func kindNames() []string {
	return []string{"string", "integer", "number", "boolean", "array", "object", "null"}
}

// declared returns the types that a schema names; false when it names none.
func declared(schema *doc.Node) (kinds, bool) {
	t := schema.Get("type")
	if t == nil {
		return anyKind, false
	}
	if t.Kind == doc.String {
		k := kindOf(t.Text)
		return k, k != 0
	}
	var all kinds
	for _, item := range t.Items {
		all |= kindOf(item.Text)
	}
	return all, all != 0
}

// allowed returns the types that a schema lets through: those that it names, else
// those of the values that it lists.
func (c checker) allowed(schema *doc.Node) kinds {
	if k, ok := declared(schema); ok {
		return k
	}
	if e := c.schema.enums[schema]; e.kinds != 0 {
		return e.kinds
	}
	if only := schema.Get("const"); only != nil {
		return kindOfValue(only)
	}
	return anyKind
}

func kindOfValue(v *doc.Node) kinds {
	switch v.Kind {
	case doc.Bool:
		return booleanKind
	case doc.Number:
		if isInteger(v.Text) {
			return integerKind
		}
		return numberKind | integerKind
	case doc.String:
		return stringKind
	case doc.List:
		return arrayKind
	case doc.Table:
		return objectKind
	}
	return nullKind
}

// fits reports whether a value is of one of the types.
func (k kinds) fits(v *doc.Node) bool {
	if v.Kind == doc.Number {
		return k.has(numberKind) || k.has(integerKind) && isInteger(v.Text)
	}
	return k.has(kindOfValue(v))
}

// String returns "an integer or null", as messages use it.
func (k kinds) String() string {
	var words []string
	for _, name := range kindNames() {
		one := kindOf(name)
		if name == "integer" && k.has(numberKind) || k&one != one {
			continue
		}
		words = append(words, article(name))
	}
	return strings.Join(words, " or ")
}

func article(kind string) string {
	switch {
	case kind == "null":
		return kind
	case kind != "" && strings.IndexByte("aeiou", kind[0]) >= 0:
		return "an " + kind
	}
	return "a " + kind
}

// maxDigits is the longest number that is taken for more than its text.
const maxDigits = 1000

// isInteger reports whether a JSON number has no fraction (JSON Schema 2020-12,
// section 4.2.3: 1.0 has none).
func isInteger(s string) bool {
	if strings.Trim(s, "-0123456789") == "" {
		return true
	}
	r, ok := rational(s)
	return ok && r.IsInt()
}

// rational reads a JSON number exactly; false when it is so long, or its exponent
// so large, that doing so would be a way to keep the bridge busy.
func rational(s string) (*big.Rat, bool) {
	const largest = 400
	if len(s) > maxDigits {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp, err := strconv.Atoi(s[i+1:])
		if err != nil || exp > largest || exp < -largest {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// whole writes a number that is an integer, such as 5.0 or 1e3, with its digits
// alone. Any other number stays as it is.
func whole(v *doc.Node) *doc.Node {
	if strings.Trim(v.Text, "-0123456789") == "" {
		return v
	}
	r, ok := rational(v.Text)
	if !ok || !r.IsInt() {
		return v
	}
	return &doc.Node{Kind: doc.Number, Text: r.Num().String()}
}

// compare compares two JSON numbers, exactly unless one is huge.
func compare(a, b string) int {
	x, ok1 := rational(a)
	y, ok2 := rational(b)
	if ok1 && ok2 {
		return x.Cmp(y)
	}
	f, _ := strconv.ParseFloat(a, 64) // out of range is an infinity, which compares well
	g, _ := strconv.ParseFloat(b, 64)
	switch {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

// same reports whether two values are equal (JSON Schema 2020-12, section 4.2.2).
func same(a, b *doc.Node) bool {
	switch {
	case a.Kind != b.Kind:
		return false
	case a.Kind == doc.String, a.Text != "" && a.Text == b.Text:
		return a.Text == b.Text
	}
	return key(a) == key(b)
}

// key is equal for equal values only.
func key(v *doc.Node) string {
	const kinds = "zbnslt"
	return kinds[v.Kind:v.Kind+1] + canonical(v)
}

// canonical writes equal values equally: numbers by value, members by name.
func canonical(v *doc.Node) string { return string(appendCanonical(nil, v)) }

func appendCanonical(b []byte, v *doc.Node) []byte {
	switch v.Kind {
	case doc.String:
		return append(b, strconv.Quote(v.Text)...)
	case doc.Number:
		if v.Text != "-0" && strings.Trim(v.Text, "-0123456789") == "" {
			break // can be written in one way only
		}
		if r, ok := rational(v.Text); ok {
			return append(b, r.RatString()...)
		}
	case doc.List:
		b = append(b, '[')
		for _, item := range v.Items {
			b = append(appendCanonical(b, item), ',')
		}
		return append(b, ']')
	case doc.Table:
		b = append(b, '{')
		for _, m := range sortedMembers(v) {
			b = append(b, strconv.Quote(m.Key)...)
			b = append(appendCanonical(append(b, ':'), m.Value), ',')
		}
		return append(b, '}')
	}
	return append(b, v.JSON()...)
}
