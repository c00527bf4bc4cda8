package tool

import (
	"slices"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// repair returns the value in the form that the schema wants, where the meaning
// is certain; otherwise the value as it is. Values inside are repaired too. What is
// repaired once is not changed by repairing it again.
func (c checker) repair(schema, v *doc.Node) *doc.Node {
	if schema == nil || schema.Kind != doc.Table || c.within && !c.step(1) || !c.step(0) {
		return v
	}
	v = jsonschema.Coerce(c.allowed(schema), v)
	switch v.Kind {
	case doc.List:
		v = c.repairItems(schema, v)
	case doc.Table:
		v = c.repairMembers(schema, v)
	}
	if all := schema.Get("allOf"); all != nil {
		c.within = true
		for _, s := range all.Items {
			if !c.step(0) {
				break
			}
			v = c.repair(s, v)
		}
	}
	for _, key := range [...]string{"anyOf", "oneOf"} {
		if forms := schema.Get(key); forms != nil {
			v = c.repairForm(forms.Items, v)
		}
	}
	return v
}

// repairForm repairs a value that fits none of the forms to the first that it fits
// then.
func (c checker) repairForm(forms []*doc.Node, v *doc.Node) *doc.Node {
	c.quiet, c.within = true, true
	for _, s := range forms {
		if !c.step(1) || c.check(s, v, nil) == nil {
			return v
		}
	}
	for _, s := range forms {
		if !c.step(1) {
			return v
		}
		if r := c.repair(s, v); r != v && c.check(s, r, nil) == nil {
			return r
		}
	}
	return v
}

func (c checker) repairItems(schema, v *doc.Node) *doc.Node {
	first, rest := schema.Get("prefixItems"), schema.Get("items")
	if first == nil && rest == nil {
		return v
	}
	out := *v
	out.Items = make([]*doc.Node, len(v.Items))
	for i, item := range v.Items {
		out.Items[i] = c.repair(itemSchema(first, rest, i), item)
	}
	return &out
}

// itemSchema returns the schema of an array's i-th item.
func itemSchema(first, rest *doc.Node, i int) *doc.Node {
	if first != nil && i < len(first.Items) {
		return first.Items[i]
	}
	return rest
}

// repairMembers repairs the members of an object, leaves out an optional one that
// is null, and takes a wire name for the listed one.
func (c checker) repairMembers(schema, v *doc.Node) *doc.Node {
	properties, further := schema.Get("properties"), schema.Get("additionalProperties")
	if properties == nil && further == nil {
		return v
	}
	out := *v
	out.Members = make([]doc.Member, 0, len(v.Members))
	given := v.Get
	if len(c.listed) > 0 {
		given = lookup(v)
	}
	for _, m := range v.Members {
		if listed := c.listed[m.Key]; listed != "" && c.schema.property(properties, listed) != nil && given(listed) == nil {
			m.Key = listed
		}
		s := c.schema.property(properties, m.Key)
		if s != nil && m.Value.Kind == doc.Null && !requires(schema, m.Key) && c.refusesNull(s) {
			continue
		}
		if s == nil {
			s = further
		}
		m.Value = c.repair(s, m.Value)
		out.Members = append(out.Members, m)
	}
	return &out
}

// refusesNull reports that a schema, or what it is composed of, forbids null. Where it
// says nothing null means something, and is sent.
func (c checker) refusesNull(schema *doc.Node) bool {
	if kinds := c.allowed(schema); !kinds.Has(jsonschema.Null) {
		return true
	}
	return c.silent().check(schema, &doc.Node{}, nil) != nil
}

func requires(schema *doc.Node, name string) bool {
	list := schema.Get("required")
	if list == nil {
		return false
	}
	for _, item := range list.Items {
		if item.Text == name {
			return true
		}
	}
	return false
}

// wire gives the keys inside a value the names that they have in the request. It
// follows the schemas, so that a key of the same name in data of no declared form
// stays.
func (c checker) wire(schemas []*doc.Node, v *doc.Node) *doc.Node {
	if len(c.renamed) == 0 || v.Kind != doc.List && v.Kind != doc.Table {
		return v
	}
	schemas = forms(schemas)
	out := *v
	if v.Kind == doc.List {
		out.Items = make([]*doc.Node, len(v.Items))
		for i, item := range v.Items {
			var inner []*doc.Node
			for _, s := range schemas {
				inner = appendSchema(inner, itemSchema(s.Get("prefixItems"), s.Get("items"), i))
			}
			out.Items[i] = c.wire(inner, item)
		}
		return &out
	}
	out.Members = make([]doc.Member, len(v.Members))
	for i, m := range v.Members {
		var inner []*doc.Node
		for _, s := range schemas {
			inner = appendSchema(inner, c.schema.property(s.Get("properties"), m.Key))
		}
		if name, ok := c.renamed[m.Key]; ok && inner != nil {
			m.Key = name
		}
		if inner == nil {
			for _, s := range schemas {
				inner = appendSchema(inner, s.Get("additionalProperties"))
			}
		}
		m.Value = c.wire(inner, m.Value)
		out.Members[i] = m
	}
	return &out
}

func appendSchema(list []*doc.Node, s *doc.Node) []*doc.Node {
	if s == nil || s.Kind != doc.Table {
		return list
	}
	return append(list, s)
}

// forms adds the schemas that a value may satisfy because one of these says so.
func forms(schemas []*doc.Node) []*doc.Node {
	out := slices.Clone(schemas)
	for i := 0; i < len(out); i++ {
		for _, key := range [...]string{"allOf", "anyOf", "oneOf"} {
			if more := out[i].Get(key); more != nil {
				for _, s := range more.Items {
					out = appendSchema(out, s)
				}
			}
		}
		for _, key := range [...]string{"then", "else"} {
			out = appendSchema(out, out[i].Get(key))
		}
	}
	return out
}
