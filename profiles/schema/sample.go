package schema

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Sample makes a value that satisfies a schema without references, in one of several
// ways: the first of variant 0, 1, 2, … is the shortest. It follows most keywords, not
// all that they can say together: whoever relies on it checks the value. nil: it knows
// none.
func Sample(n *doc.Node, variant int) *doc.Node {
	s := sampler{variant: variant, left: 2000}
	return s.value(n, 0)
}

// sampler makes one value; left bounds the work.
type sampler struct{ variant, left int }

// value makes the i-th of several different values.
func (s *sampler) value(n *doc.Node, i int) *doc.Node {
	if s.left--; s.left < 0 || Never(n) {
		return nil
	}
	if n == nil || n.Kind != doc.Table {
		return Text("a" + strings.Repeat("a", i))
	}
	n = s.flat(n)
	if n == nil {
		return nil
	}
	if only := n.Get("const"); only != nil {
		return only
	}
	if enum := n.Get("enum"); enum != nil {
		at := (s.variant + i) % len(enum.Items)
		return enum.Items[at]
	}
	kinds, ok := Declared(n)
	if !ok {
		kinds = implied(n)
	}
	switch {
	case kinds.Has(Object) && (n.Get("properties") != nil || kinds&^(Object|Null) == 0):
		return s.object(n)
	case kinds.Has(Array) && (n.Get("items") != nil && !kinds.Has(String) || kinds&^(Array|Null) == 0):
		return s.array(n)
	case kinds.Has(String):
		return text(n, i)
	case kinds.Has(Integer):
		return number(n, int64(i))
	case kinds.Has(Boolean):
		return &doc.Node{Kind: doc.Bool, Bool: i%2 == 0}
	}
	return &doc.Node{}
}

// implied is the type that keywords speak of where none is named.
func implied(n *doc.Node) Kinds {
	for _, m := range n.Members {
		switch k := bounds(m.Key); {
		case m.Key == "properties", m.Key == "required", k == Object, m.Key == "additionalProperties":
			return Object
		case m.Key == "items", k == Array:
			return Array
		case k.Has(Number):
			return k
		}
	}
	return String
}

// flat merges the parts of a composition, and one form of each union.
func (s *sampler) flat(n *doc.Node) *doc.Node {
	for range 8 {
		all, some, condition := n.Get("allOf"), n.Get("anyOf"), n.Get("if")
		if some == nil {
			some = n.Get("oneOf")
		}
		if all == nil && some == nil && condition == nil {
			return n
		}
		out := &doc.Node{Kind: doc.Table}
		for _, m := range n.Members {
			switch m.Key {
			case "allOf", "anyOf", "oneOf", "if", "then", "else":
			default:
				out.Members = append(out.Members, m)
			}
		}
		var parts []*doc.Node
		if all != nil {
			parts = append(parts, all.Items...)
		}
		if some != nil {
			parts = append(parts, some.Items[s.variant%len(some.Items)])
		}
		if then := n.Get("then"); condition != nil && s.variant%2 == 0 {
			parts = append(parts, condition)
			if then != nil {
				parts = append(parts, then)
			}
		} else if other := n.Get("else"); condition != nil && other != nil {
			parts = append(parts, other)
		}
		for _, one := range parts {
			if Never(one) || !merge(out, one) {
				return nil
			}
		}
		n = out
	}
	return nil
}

// merge lets a schema say what another one says too. false: both cannot hold.
func merge(n, more *doc.Node) bool {
	for _, m := range more.Members {
		old := n.Get(m.Key)
		switch {
		case old == nil:
			Put(n, m.Key, m.Value)
		case m.Key == "type":
			a, _ := Declared(n)
			b, _ := Declared(more)
			if a&b == 0 {
				return false
			}
			setKinds(n, a&b)
		case m.Key == "enum":
			kept := slices.DeleteFunc(slices.Clone(old.Items), func(v *doc.Node) bool {
				return !slices.ContainsFunc(m.Value.Items, func(w *doc.Node) bool { return Same(v, w) })
			})
			if len(kept) == 0 {
				return false
			}
			Put(n, "enum", &doc.Node{Kind: doc.List, Items: kept})
		case m.Key == "required" || m.Key == "allOf":
			Put(n, m.Key, &doc.Node{Kind: doc.List, Items: append(slices.Clone(old.Items), m.Value.Items...)})
		case m.Key == "properties":
			out := &doc.Node{Kind: doc.Table, Members: slices.Clone(old.Members)}
			for _, p := range m.Value.Members {
				if q := out.Get(p.Key); q != nil && len(q.Members) > 0 {
					p.Value = Table("allOf", &doc.Node{Kind: doc.List, Items: []*doc.Node{q, p.Value}})
				}
				Put(out, p.Key, p.Value)
			}
			Put(n, "properties", out)
		case stricter(m.Key, m.Value, old):
			Put(n, m.Key, m.Value)
		}
	}
	return true
}

func stricter(key string, a, b *doc.Node) bool {
	if a.Kind != doc.Number || b.Kind != doc.Number {
		return false
	}
	switch key {
	case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains":
		return Compare(a.Text, b.Text) > 0
	}
	return Compare(a.Text, b.Text) < 0
}

func text(n *doc.Node, i int) *doc.Node {
	least, most := lengths(n)
	p := n.Get("pattern")
	if p == nil {
		p = n.Get(UnlistedPattern)
	}
	if p == nil {
		s := "a"
		if i > 0 {
			s = "a" + strconv.Itoa(i)
		}
		if most >= 0 && len(s) > most {
			s = strconv.Itoa(i)[:min(most, 1)]
		}
		if least > len(s) {
			s += strings.Repeat("a", min(least, 1<<20)-len(s))
		}
		return Text(s)
	}
	re := CompilePattern(p.Text)
	if re == nil {
		return Text("a")
	}
	if s, ok := MatchingText(re, max(least, min(i, 64)), most); ok {
		return Text(s)
	}
	return nil
}

func number(n *doc.Node, i int64) *doc.Node {
	x, ok := numberBetween(n, i)
	if !ok {
		if x, ok = numberBetween(n, 0); !ok {
			return nil
		}
	}
	if x.IsInt() {
		return &doc.Node{Kind: doc.Number, Text: x.Num().String()}
	}
	return decimal(x)
}

// decimal writes a fraction with enough digits to be inside of any bounds.
func decimal(x *big.Rat) *doc.Node {
	const digits = 30
	return &doc.Node{Kind: doc.Number, Text: strings.TrimRight(x.FloatString(digits), "0")}
}

func (s *sampler) array(n *doc.Node) *doc.Node {
	out := &doc.Node{Kind: doc.List}
	least, _ := Count(n.Get("minItems"))
	if inner := n.Get("contains"); inner != nil {
		times := 1
		if limit, ok := Count(n.Get("minContains")); ok {
			times = limit
		}
		if rest := n.Get("items"); rest != nil {
			inner = Table("allOf", &doc.Node{Kind: doc.List, Items: []*doc.Node{inner, rest}})
		}
		for i := range min(times, 1000) {
			out.Items = append(out.Items, s.value(inner, i))
		}
	}
	if least == 0 && s.variant%2 == 1 {
		if most, ok := Count(n.Get("maxItems")); !ok || most > len(out.Items) {
			least = 1
		}
	}
	if first := n.Get("prefixItems"); first != nil {
		for i, one := range first.Items {
			out.Items = append(out.Items, s.value(one, i))
		}
	}
	for i := len(out.Items); i < min(least, 1000); i++ {
		out.Items = append(out.Items, s.value(n.Get("items"), i))
	}
	if slices.Contains(out.Items, nil) {
		return nil
	}
	return out
}

// object makes an object with the members that it must have; in odd variants also with
// those that it may have.
func (s *sampler) object(n *doc.Node) *doc.Node {
	out := &doc.Node{Kind: doc.Table}
	properties := n.Get("properties")
	add := func(name string) bool {
		if out.Get(name) != nil {
			return true
		}
		schema := properties.Get(name)
		if schema == nil {
			schema = n.Get("additionalProperties")
		}
		v := s.value(schema, 0)
		if v != nil {
			Put(out, name, v)
		}
		return v != nil
	}
	need := []string{}
	if required := n.Get("required"); required != nil {
		for _, name := range required.Items {
			need = append(need, name.Text)
		}
	}
	least, _ := Count(n.Get("minProperties"))
	if properties != nil {
		for _, m := range properties.Members {
			if len(need) < least || s.variant%2 == 1 && s.left > 1000 {
				need = append(need, m.Key)
			}
		}
	}
	dependent := n.Get("dependentRequired")
	for i := 0; i < len(need); i++ {
		if !add(need[i]) {
			return nil
		}
		if more := dependent.Get(need[i]); more != nil {
			for _, name := range more.Items {
				if !slices.Contains(need, name.Text) {
					need = append(need, name.Text)
				}
			}
		}
	}
	for i := 0; len(out.Members) < least && i < 1000 && !isClosed(n); i++ {
		name := "a" + strconv.Itoa(i)
		if names := n.Get("propertyNames"); names != nil {
			made := s.value(names, i)
			if made == nil || made.Kind != doc.String {
				return nil
			}
			name = made.Text
		}
		if !add(name) {
			return nil
		}
	}
	return out
}
