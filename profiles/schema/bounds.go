package schema

import (
	"math/big"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// bounds returns the types whose values a keyword bounds, 0: it is none of these.
func bounds(keyword string) Kinds {
	switch keyword {
	case "pattern", "minLength", "maxLength", UnlistedPattern:
		return String
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		return Number | Integer
	case "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains":
		return Array
	case "minProperties", "maxProperties":
		return Object
	}
	return 0
}

// numbers mends the bounds of numbers.
func numbers(n *doc.Node) {
	for _, m := range slices.Clone(n.Members) {
		switch m.Key {
		case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
			if beyond(m.Value) {
				Drop(n, m.Key)
			}
		}
	}
	if hasNumber(n) {
		return
	}
	if Drop(n, "multipleOf"); !hasNumber(n) {
		for _, key := range [...]string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
			Drop(n, key)
		}
	}
}

func hasNumber(n *doc.Node) bool {
	_, ok := numberBetween(n, 0)
	return ok
}

// numberBetween returns the i-th number that the bounds of a schema allow, counted
// from the one that is nearest to 0; false when there is none.
func numberBetween(n *doc.Node, i int64) (*big.Rat, bool) {
	low, lowOpen := limit(n, "minimum", "exclusiveMinimum", 1)
	high, highOpen := limit(n, "maximum", "exclusiveMaximum", -1)
	step := stepOf(n)
	if step == nil { // any number
		return within(low, lowOpen, high, highOpen, i)
	}
	first := new(big.Int)
	switch {
	case low != nil && low.Sign() >= 0:
		first = ceil(new(big.Rat).Quo(low, step), lowOpen)
	case high != nil && high.Sign() <= 0:
		first = new(big.Int).Neg(ceil(new(big.Rat).Neg(new(big.Rat).Quo(high, step)), highOpen))
		i = -i
	}
	for _, direction := range [...]int64{i, -i} {
		x := new(big.Rat).Mul(step, new(big.Rat).SetInt(new(big.Int).Add(first, big.NewInt(direction))))
		if inside(x, low, lowOpen, high, highOpen) {
			return x, true
		}
	}
	return nil, false
}

// within picks a number where every one is possible.
func within(low *big.Rat, lowOpen bool, high *big.Rat, highOpen bool, i int64) (*big.Rat, bool) {
	tries := []*big.Rat{big.NewRat(i, 1), big.NewRat(-i, 1)}
	if low != nil {
		tries = append(tries, new(big.Rat).Add(low, big.NewRat(i, 1)), new(big.Rat).Add(low, big.NewRat(i+1, 1)))
	}
	if high != nil {
		tries = append(tries, new(big.Rat).Sub(high, big.NewRat(i, 1)), new(big.Rat).Sub(high, big.NewRat(i+1, 1)))
	}
	if low != nil && high != nil {
		width := new(big.Rat).Sub(high, low)
		tries = append(tries, new(big.Rat).Add(low, width.Mul(width, big.NewRat(1, i+2))))
	}
	for _, x := range tries {
		if inside(x, low, lowOpen, high, highOpen) {
			return x, true
		}
	}
	return nil, false
}

func inside(x, low *big.Rat, lowOpen bool, high *big.Rat, highOpen bool) bool {
	if low != nil && (x.Cmp(low) < 0 || lowOpen && x.Cmp(low) == 0) {
		return false
	}
	return high == nil || x.Cmp(high) < 0 || !highOpen && x.Cmp(high) == 0
}

// limit returns the stricter of two bounds; sign 1 for lower ones, -1 for upper ones.
func limit(n *doc.Node, closed, open string, sign int) (bound *big.Rat, isOpen bool) {
	if v := n.Get(closed); v != nil {
		bound, _ = Rational(v.Text)
	}
	if v := n.Get(open); v != nil {
		if x, ok := Rational(v.Text); ok && (bound == nil || x.Cmp(bound)*sign >= 0) {
			return x, true
		}
	}
	return bound, false
}

// stepOf returns what every allowed number is a multiple of; nil: there is no such.
func stepOf(n *doc.Node) *big.Rat {
	var step *big.Rat
	if v := n.Get("multipleOf"); v != nil {
		step, _ = Rational(v.Text)
	}
	if kinds, ok := Declared(n); ok && kinds.Has(Integer) && !kinds.Has(Number) && !kinds.Has(String) {
		if step == nil {
			return big.NewRat(1, 1)
		}
		return new(big.Rat).SetInt(step.Num()) // the integers among the multiples of a/b are those of a
	}
	return step
}

// ceil returns the least integer that is at least x, or above it.
func ceil(x *big.Rat, above bool) *big.Int {
	q, r := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int))
	if r.Sign() != 0 || above {
		q.Add(q, big.NewInt(1))
	}
	return q
}

// lists mends the keywords of arrays. A tuple becomes a list of what its places hold:
// few clients know more.
func lists(n *doc.Node) {
	tuple(n)
	if kinds, ok := Declared(n); ok && kinds.Has(Array) && n.Get("items") == nil {
		Put(n, "items", &doc.Node{Kind: doc.Table})
	}
	between(n, "minItems", "maxItems")
	between(n, "minContains", "maxContains")
	if n.Get("contains") == nil {
		Drop(n, "minContains")
		Drop(n, "maxContains")
	}
	if v := n.Get("uniqueItems"); v != nil && !v.Bool {
		Drop(n, "uniqueItems")
	}
	least, bounded := Count(n.Get("minItems"))
	if bounded && n.Get("uniqueItems") != nil && least > distinctValues(n.Get("items")) {
		Drop(n, "uniqueItems")
	}
}

// distinctValues is how many values a schema allows, if that is few.
func distinctValues(n *doc.Node) int {
	const many = 1 << 30
	if n == nil {
		return many
	}
	if enum := n.Get("enum"); enum != nil {
		return len(enum.Items)
	}
	if n.Get("const") != nil {
		return 1
	}
	if kinds, ok := Declared(n); ok && kinds&^(Boolean|Null) == 0 {
		return 2
	}
	return many
}

// tuple writes prefixItems as items.
func tuple(n *doc.Node) {
	first := n.Get("prefixItems")
	if first == nil {
		return
	}
	rest := n.Get("items")
	Drop(n, "prefixItems")
	closed := rest != nil && Never(rest)
	if closed {
		if _, ok := Count(n.Get("maxItems")); !ok {
			Put(n, "maxItems", count(len(first.Items)))
		}
	}
	forms := slices.Clone(first.Items)
	if rest != nil && !closed {
		forms = append(forms, rest)
	}
	Put(n, "items", Union(forms))
	Typed(n)
}

// Union returns the schema of what satisfies one of several.
func Union(forms []*doc.Node) *doc.Node {
	seen := map[string]bool{}
	var out []*doc.Node
	for _, one := range forms {
		switch {
		case one.Kind != doc.Table || len(one.Members) == 0:
			return &doc.Node{Kind: doc.Table}
		case seen[Key(one)]:
		default:
			seen[Key(one)] = true
			out = append(out, one)
		}
	}
	switch len(out) {
	case 0:
		return &doc.Node{Kind: doc.Table}
	case 1:
		return out[0]
	}
	return Table("anyOf", &doc.Node{Kind: doc.List, Items: out})
}

// Never reports the schema that no value satisfies.
func Never(n *doc.Node) bool {
	if n == nil {
		return false
	}
	not := n.Get("not")
	return n.Kind == doc.Bool && !n.Bool || not != nil && (not.Kind == doc.Bool && not.Bool || not.Kind == doc.Table && len(not.Members) == 0)
}

// objects mends the keywords of objects.
func objects(n *doc.Node, undeclared Undeclared) {
	properties := n.Get("properties")
	if properties != nil {
		kept := &doc.Node{Kind: doc.Table}
		for _, m := range properties.Members {
			if !Never(m.Value) {
				kept.Members = append(kept.Members, m)
			}
		}
		Put(n, "properties", kept)
	}
	namePatterns(n)
	need(n, undeclared)
	between(n, "minProperties", "maxProperties")
	if most, ok := Count(n.Get("maxProperties")); ok {
		if required := n.Get("required"); required != nil && most < len(required.Items) || most == 0 && properties != nil && len(properties.Members) > 0 {
			Drop(n, "maxProperties")
		}
	}
	if least, ok := Count(n.Get("minProperties")); ok && isClosed(n) {
		if p := n.Get("properties"); p == nil || len(p.Members) < least {
			Drop(n, "minProperties")
		}
	}
}

func isClosed(n *doc.Node) bool {
	further := n.Get("additionalProperties")
	return further != nil && further.Kind == doc.Bool && !further.Bool || Never(further)
}

// namePatterns leaves out patterns for names that clients cannot compile. What they
// match is then not refused for being further.
func namePatterns(n *doc.Node) {
	patterns := n.Get("patternProperties")
	if patterns == nil {
		return
	}
	kept := &doc.Node{Kind: doc.Table}
	for _, m := range patterns.Members {
		if PortablePattern(m.Key) {
			kept.Members = append(kept.Members, m)
		}
	}
	if len(kept.Members) < len(patterns.Members) {
		Drop(n, "additionalProperties")
	}
	if Put(n, "patternProperties", kept); len(kept.Members) == 0 {
		Drop(n, "patternProperties")
	}
}

// need declares what is required, for clients that refuse other names, and lets go of
// what must be there and cannot.
func need(n *doc.Node, undeclared Undeclared) {
	required := n.Get("required")
	if required == nil || undeclared == Keep {
		return
	}
	if kinds, _ := Declared(n); !kinds.Has(Object) {
		Drop(n, "required")
		return
	}
	properties := n.Get("properties")
	if properties == nil {
		properties = &doc.Node{Kind: doc.Table}
	} else {
		properties = &doc.Node{Kind: doc.Table, Members: slices.Clone(properties.Members)}
	}
	kept := &doc.Node{Kind: doc.List}
	for _, name := range required.Items {
		p := properties.Get(name.Text)
		if readOnly := p.Get("readOnly"); readOnly != nil && readOnly.Bool {
			continue
		}
		if p == nil {
			if undeclared == Release || isClosed(n) && n.Get("patternProperties") == nil || !LegalKey(name.Text) {
				continue
			}
			further := n.Get("additionalProperties")
			if further == nil || further.Kind != doc.Table || n.Get("patternProperties") != nil {
				further = &doc.Node{Kind: doc.Table}
			}
			properties.Members = append(properties.Members, doc.Member{Key: name.Text, Value: further})
		}
		kept.Items = append(kept.Items, name)
	}
	if Put(n, "required", kept); len(kept.Items) == 0 {
		Drop(n, "required")
	}
	if len(properties.Members) > 0 {
		Put(n, "properties", properties)
		Typed(n)
	}
}
