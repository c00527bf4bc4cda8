package schema

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Kinds is a set of the types of JSON Schema.
type Kinds uint8

const (
	Null Kinds = 1 << iota
	Boolean
	Integer
	Number // always with integerKind
	String
	Array
	Object
	Any Kinds = 1<<iota - 1
)

// Has reports whether the sets have a type in common.
func (k Kinds) Has(other Kinds) bool { return k&other != 0 }

// KindOf returns the set for one name of a type; 0: there is no such type.
func KindOf(name string) Kinds {
	switch name {
	case "null":
		return Null
	case "boolean":
		return Boolean
	case "integer":
		return Integer
	case "number":
		return Number | Integer
	case "string":
		return String
	case "array":
		return Array
	case "object":
		return Object
	}
	return 0
}

// KindNames lists the names of the types, the most common first.
func KindNames() []string {
	return []string{"string", "integer", "number", "boolean", "array", "object", "null"}
}

// Declared returns the types that a schema names; false when it names none.
func Declared(schema *doc.Node) (Kinds, bool) {
	t := schema.Get("type")
	if t == nil {
		return Any, false
	}
	if t.Kind == doc.String {
		k := KindOf(t.Text)
		return k, k != 0
	}
	var all Kinds
	for _, item := range t.Items {
		all |= KindOf(item.Text)
	}
	return all, all != 0
}

// KindOfValue returns the set of a value's own type; a whole number is an integer.
func KindOfValue(v *doc.Node) Kinds {
	switch v.Kind {
	case doc.Bool:
		return Boolean
	case doc.Number:
		if IsInteger(v.Text) {
			return Integer
		}
		return Number | Integer
	case doc.String:
		return String
	case doc.List:
		return Array
	case doc.Table:
		return Object
	}
	return Null
}

// Fits reports whether a value is of one of the types.
func (k Kinds) Fits(v *doc.Node) bool {
	if v.Kind == doc.Number {
		return k.Has(Number) || k.Has(Integer) && IsInteger(v.Text)
	}
	return k.Has(KindOfValue(v))
}

// String returns "an integer or null", as messages use it.
func (k Kinds) String() string {
	var words []string
	for _, name := range KindNames() {
		one := KindOf(name)
		if name == "integer" && k.Has(Number) || k&one != one {
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

// IsInteger reports whether a JSON number has no fraction (JSON Schema 2020-12,
// section 4.2.3: 1.0 has none).
func IsInteger(s string) bool {
	if strings.Trim(s, "-0123456789") == "" {
		return true
	}
	r, ok := Rational(s)
	return ok && r.IsInt()
}

// Rational reads a JSON number exactly; false when it is so long, or its exponent
// so large, that doing so would be a way to keep the bridge busy.
func Rational(s string) (*big.Rat, bool) {
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

// Whole writes a number that is an integer, such as 5.0 or 1e3, with its digits
// alone. Any other number stays as it is.
func Whole(v *doc.Node) *doc.Node {
	if strings.Trim(v.Text, "-0123456789") == "" {
		return v
	}
	r, ok := Rational(v.Text)
	if !ok || !r.IsInt() {
		return v
	}
	return &doc.Node{Kind: doc.Number, Text: r.Num().String()}
}

// Compare compares two JSON numbers, exactly unless one is huge.
func Compare(a, b string) int {
	x, ok1 := Rational(a)
	y, ok2 := Rational(b)
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

// Same reports whether two values are equal (JSON Schema 2020-12, section 4.2.2).
func Same(a, b *doc.Node) bool {
	switch {
	case a.Kind != b.Kind:
		return false
	case a.Kind == doc.String, a.Text != "" && a.Text == b.Text:
		return a.Text == b.Text
	}
	return Key(a) == Key(b)
}

// Key is equal for equal values only.
func Key(v *doc.Node) string {
	const letters = "zbnslt" // of doc's kinds
	return letters[v.Kind:v.Kind+1] + canonical(v)
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
		if r, ok := Rational(v.Text); ok {
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
		for _, m := range Sorted(v) {
			b = append(b, strconv.Quote(m.Key)...)
			b = append(appendCanonical(append(b, ':'), m.Value), ',')
		}
		return append(b, '}')
	}
	return append(b, v.JSON()...)
}

// Sorted returns a table's members by name.
func Sorted(v *doc.Node) []doc.Member {
	out := slices.Clone(v.Members)
	slices.SortFunc(out, func(a, b doc.Member) int { return cmp.Compare(a.Key, b.Key) })
	return out
}
