package tool

import (
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

func (c checker) list(schema, v *doc.Node, at *place) error {
	if limit, ok := jsonschema.Count(schema.Get("minItems")); ok && len(v.Items) < limit {
		return c.fail(at, "must have at least "+count(limit, "item"), "")
	}
	if limit, ok := jsonschema.Count(schema.Get("maxItems")); ok && len(v.Items) > limit {
		return c.fail(at, "must have at most "+count(limit, "item"), "")
	}
	first, rest := schema.Get("prefixItems"), schema.Get("items")
	for i, item := range v.Items {
		if err := c.check(itemSchema(first, rest, i), item, at.item(i)); err != nil {
			return err
		}
	}
	if err := c.contains(schema, v, at); err != nil {
		return err
	}
	if u := schema.Get("uniqueItems"); u != nil && u.Bool {
		return c.unique(v, at)
	}
	return nil
}

func (c checker) contains(schema, v *doc.Node, at *place) error {
	inner := schema.Get("contains")
	if inner == nil {
		return nil
	}
	n, silent := 0, c.silent()
	for _, item := range v.Items {
		if silent.check(inner, item, at) == nil {
			n++
		}
	}
	least := 1
	if limit, ok := jsonschema.Count(schema.Get("minContains")); ok {
		least = limit
	}
	if n < least {
		return c.fail(at, "must have at least "+count(least, "item")+" of the form that it has to contain", "")
	}
	if limit, ok := jsonschema.Count(schema.Get("maxContains")); ok && n > limit {
		return c.fail(at, "must have at most "+count(limit, "item")+" of the form that it may contain", "")
	}
	return nil
}

func (c checker) unique(v *doc.Node, at *place) error {
	seen := make(map[string]bool, len(v.Items))
	for i, item := range v.Items {
		text := jsonschema.Key(item)
		if seen[text] {
			return c.fail(at.item(i), "is a duplicate in the list", "")
		}
		seen[text] = true
	}
	return nil
}

func (c checker) object(schema, v *doc.Node, at *place) error {
	properties := schema.Get("properties")
	if required := schema.Get("required"); required != nil {
		given := lookup(v)
		for _, name := range required.Items {
			if given(name.Text) == nil {
				return c.fail(at.member(name.Text), "is required", wanted(properties.Get(name.Text)))
			}
		}
	}
	if limit, ok := jsonschema.Count(schema.Get("minProperties")); ok && len(v.Members) < limit {
		return c.fail(at, "must have at least "+count(limit, "member"), "")
	}
	if limit, ok := jsonschema.Count(schema.Get("maxProperties")); ok && len(v.Members) > limit {
		return c.fail(at, "must have at most "+count(limit, "member"), "")
	}
	for _, m := range v.Members {
		if err := c.member(schema, properties, m, at); err != nil {
			return err
		}
	}
	return c.dependent(schema, v, at)
}

// member checks one member by everything that applies to its name.
func (c checker) member(schema, properties *doc.Node, m doc.Member, at *place) error {
	inner := at.member(m.Key)
	if names := schema.Get("propertyNames"); names != nil {
		if c.silent().check(names, &doc.Node{Kind: doc.String, Text: m.Key}, inner) != nil {
			return c.fail(inner, "has a name that is not allowed", "")
		}
	}
	own := c.schema.property(properties, m.Key)
	matched := own != nil
	if err := c.check(own, m.Value, inner); err != nil {
		return err
	}
	if patterns := schema.Get("patternProperties"); patterns != nil {
		if !c.step(len(patterns.Members) / 2) {
			return errForm
		}
		for _, p := range patterns.Members {
			re := c.pattern(p.Key)
			if re != nil && !re.MatchString(m.Key) {
				continue
			}
			matched = true // also when the pattern cannot be checked
			if re == nil {
				continue
			}
			if err := c.check(p.Value, m.Value, inner); err != nil {
				return err
			}
		}
	}
	if matched {
		return nil
	}
	further := schema.Get("additionalProperties")
	if further != nil && further.Kind == doc.Bool && !further.Bool {
		return c.fail(inner, "is unknown", c.known(m.Key, properties, "allowed are"))
	}
	return c.check(further, m.Value, inner)
}

// dependent checks what must be there because something else is.
func (c checker) dependent(schema, v *doc.Node, at *place) error {
	required, schemas := schema.Get("dependentRequired"), schema.Get("dependentSchemas")
	if required == nil && schemas == nil {
		return nil
	}
	given := lookup(v)
	if required != nil {
		for _, m := range required.Members {
			if given(m.Key) == nil {
				continue
			}
			for _, name := range m.Value.Items {
				if given(name.Text) == nil {
					return c.fail(at.member(name.Text), "is required beside "+m.Key, "")
				}
			}
		}
	}
	if schemas != nil {
		for _, m := range schemas.Members {
			if given(m.Key) == nil {
				continue
			}
			if err := c.check(m.Value, v, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// composed checks the keywords that hold schemas for the same value.
func (c checker) composed(schema, v *doc.Node, at *place) error {
	if all := schema.Get("allOf"); all != nil {
		c.within = true
		for _, s := range all.Items {
			if err := c.check(s, v, at); err != nil {
				return err
			}
		}
	}
	if some := schema.Get("anyOf"); some != nil && len(some.Items) > 0 {
		if n, err := c.matching(some, v, at, 1); n == 0 {
			return err
		}
	}
	if one := schema.Get("oneOf"); one != nil && len(one.Items) > 0 {
		n, err := c.matching(one, v, at, 2)
		if n == 0 {
			return err
		}
		if n > 1 {
			return c.fail(at, "fits more than one of the forms that exclude each other", "")
		}
	}
	if not := schema.Get("not"); not != nil && c.silent().check(not, v, at) == nil {
		return c.fail(at, "has a form that is not allowed", "")
	}
	if condition := schema.Get("if"); condition != nil {
		if c.silent().check(condition, v, at) == nil {
			return c.check(schema.Get("then"), v, at)
		}
		return c.check(schema.Get("else"), v, at)
	}
	return nil
}
