package tool

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

func (c checker) list(schema, v *doc.Node, at string, depth int) error {
	if limit, ok := integer(schema.Get("minItems")); ok && len(v.Items) < limit {
		return c.fail(at, "must have at least "+count(limit, "item"), "")
	}
	if limit, ok := integer(schema.Get("maxItems")); ok && len(v.Items) > limit {
		return c.fail(at, "must have at most "+count(limit, "item"), "")
	}
	items := schema.Get("items")
	for i, item := range v.Items {
		if err := c.check(items, item, at+"/"+itoa(i), depth+1); err != nil {
			return err
		}
	}
	if u := schema.Get("uniqueItems"); u != nil && u.Bool {
		return c.unique(v, at)
	}
	return nil
}

// unique compares every item with those before it that have the same text.
func (c checker) unique(v *doc.Node, at string) error {
	const most = 2000 // comparing more would take too long
	for i := 1; i < len(v.Items) && i < most; i++ {
		for j := range i {
			if same(v.Items[i], v.Items[j]) {
				return c.fail(at+"/"+itoa(i), "stands in the list twice", "")
			}
		}
	}
	return nil
}

func (c checker) object(schema, v *doc.Node, at string, depth int) error {
	if required := schema.Get("required"); required != nil {
		for _, name := range required.Items {
			if v.Get(name.Text) == nil {
				return c.fail(pointer(at, name.Text), "is required", "")
			}
		}
	}
	if limit, ok := integer(schema.Get("minProperties")); ok && len(v.Members) < limit {
		return c.fail(at, "must have at least "+count(limit, "member"), "")
	}
	if limit, ok := integer(schema.Get("maxProperties")); ok && len(v.Members) > limit {
		return c.fail(at, "must have at most "+count(limit, "member"), "")
	}
	properties, further := schema.Get("properties"), schema.Get("additionalProperties")
	for _, m := range v.Members {
		declared := properties.Get(m.Key)
		if declared == nil {
			declared = further
			if further != nil && further.Kind == doc.Bool && !further.Bool && schema.Get("patternProperties") == nil {
				return c.unknownMember(properties, m.Key, at)
			}
		}
		if err := c.check(declared, m.Value, pointer(at, m.Key), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) unknownMember(properties *doc.Node, name, at string) error {
	var known []string
	if properties != nil {
		for _, m := range properties.Members {
			known = append(known, m.Key)
		}
	}
	hint := ""
	if near := doc.Nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	} else if len(known) > 0 && len(known) <= 20 {
		hint = "it may have " + strings.Join(known, ", ")
	}
	return c.fail(pointer(at, name), "is unknown", hint)
}

// composed checks allOf, anyOf, oneOf and not.
func (c checker) composed(schema, v *doc.Node, at string, depth int) error {
	if all := schema.Get("allOf"); all != nil {
		for _, s := range all.Items {
			if err := c.check(s, v, at, depth+1); err != nil {
				return err
			}
		}
	}
	if any := schema.Get("anyOf"); any != nil && len(any.Items) > 0 {
		if n, err := c.matching(any, v, at, depth); n == 0 {
			return err
		}
	}
	if one := schema.Get("oneOf"); one != nil && len(one.Items) > 0 {
		n, err := c.matching(one, v, at, depth)
		if n == 0 {
			return err
		}
		if n > 1 {
			return c.fail(at, "fits more than one of the forms that exclude each other", "")
		}
	}
	if not := schema.Get("not"); not != nil && c.check(not, v, at, depth+1) == nil {
		return c.fail(at, "has a form that is not allowed", "")
	}
	return nil
}

// matching counts the schemas that v satisfies. The error is that of the only
// schema, or says that none fits.
func (c checker) matching(list, v *doc.Node, at string, depth int) (int, error) {
	n := 0
	var firstErr error
	for _, s := range list.Items {
		err := c.check(s, v, at, depth+1)
		if err == nil {
			n++
		} else if firstErr == nil {
			firstErr = err
		}
	}
	if n == 0 && len(list.Items) > 1 {
		return 0, c.fail(at, "fits none of the "+itoa(len(list.Items))+" forms that are allowed", "")
	}
	return n, firstErr
}
