package main

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
)

// generator makes arguments that the schema of a tool allows: what is required, and
// some of the rest. The same seed makes the same arguments.
type generator struct {
	*rand.Rand
	file string // of a folder from which the profile may upload
	all  bool   // of optional properties, and the first branch of every union
}

func newGenerator(seed, file string) *generator {
	h := fnv.New64a()
	_, _ = h.Write([]byte(seed))
	return &generator{rand.New(rand.NewPCG(h.Sum64(), 7)), file, false}
}

type schema = map[string]any

// deep is the level from which on only what is required is given.
const deep = 5

func (g *generator) value(of any, level int) any {
	s, ok := of.(schema)
	if !ok {
		return "text"
	}
	s = g.settle(s)
	if v, ok := s["const"]; ok {
		return v
	}
	if all, ok := s["enum"].([]any); ok && len(all) > 0 {
		return g.oneOf(all)
	}
	switch kindOf(s) {
	case "object":
		return g.object(s, level)
	case "array":
		return g.array(s, level)
	case "integer", "number":
		return g.number(s)
	case "boolean":
		return g.IntN(2) == 0
	case "null":
		return nil
	}
	return g.text(s)
}

// oneOf picks one of the values; null only where it is all there is.
func (g *generator) oneOf(all []any) any {
	all = slices.DeleteFunc(slices.Clone(all), func(v any) bool { return v == nil })
	if len(all) == 0 {
		return nil
	}
	return all[g.IntN(len(all))]
}

// settle decides for one branch of every union, and merges what holds together.
func (g *generator) settle(s schema) schema {
	for range 10 {
		merged := false
		for _, key := range []string{"allOf", "oneOf", "anyOf"} {
			of, ok := s[key].([]any)
			if !ok {
				continue
			}
			merged = true
			s = maps.Clone(s)
			delete(s, key)
			if key != "allOf" {
				of = slices.DeleteFunc(slices.Clone(of), func(b any) bool { o, ok := b.(schema); return ok && o["type"] == "null" })
				if len(of) == 0 {
					return schema{"type": "null"}
				}
				picked := g.IntN(len(of))
				if g.all {
					picked = 0
				}
				of = of[picked : picked+1]
			}
			for _, branch := range of {
				if b, ok := branch.(schema); ok {
					s = join(s, b)
				}
			}
		}
		if !merged {
			break
		}
	}
	return s
}

// join is what both schemas say.
func join(a, b schema) schema {
	out := maps.Clone(a)
	for k, v := range b {
		old, both := a[k]
		switch o := old.(type) {
		case schema:
			if n, ok := v.(schema); ok && k == "properties" {
				all := maps.Clone(o)
				for name, p := range n {
					q, is := all[name].(schema)
					if r, ok := p.(schema); ok && is {
						p = join(q, r)
					}
					all[name] = p
				}
				v = all
			}
		case []any:
			if n, ok := v.([]any); ok && k == "required" {
				v = append(slices.Clone(o), n...)
			} else if ok && k == "enum" {
				v = slices.DeleteFunc(slices.Clone(o), func(e any) bool { return !slices.Contains(n, e) })
			} else if k == "type" && both {
				v = narrower(o, v)
			}
		case string:
			if k == "description" || k == "type" {
				v = old
			}
		}
		out[k] = v
	}
	return out
}

func narrower(o []any, v any) any {
	if _, one := v.(string); one {
		return v
	}
	return o
}

func kindOf(s schema) string {
	switch k := s["type"].(type) {
	case string:
		return k
	case []any:
		for _, one := range k {
			if one != "null" {
				return one.(string)
			}
		}
		return "null"
	}
	switch {
	case s["properties"] != nil || s["additionalProperties"] != nil || s["required"] != nil:
		return "object"
	case s["items"] != nil:
		return "array"
	case s["minimum"] != nil || s["maximum"] != nil:
		return "number"
	}
	return "string"
}

func (g *generator) object(s schema, level int) any {
	out := map[string]any{}
	properties, _ := s["properties"].(schema)
	required, _ := s["required"].([]any)
	least := int(number(s, "minProperties", 0))
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		must := slices.Contains(required, any(name))
		want := g.IntN(3) == 0 && level < deep // asked of every property, so that one more changes no other
		if must || want || g.all && level < 2*deep {
			out[name] = g.value(properties[name], level+1)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if len(out) < least && out[name] == nil {
			out[name] = g.value(properties[name], level+1)
		}
	}
	for _, name := range required {
		if _, ok := out[name.(string)]; !ok {
			out[name.(string)] = g.value(s["additionalProperties"], level+1)
		}
	}
	if more, ok := s["additionalProperties"].(schema); ok && (len(properties) == 0 || len(out) < least) && level < deep {
		out["key"] = g.value(more, level+1)
	}
	return out
}

func (g *generator) array(s schema, level int) any {
	least, most := int(number(s, "minItems", 0)), int(number(s, "maxItems", 1<<20))
	n := min(max(least, 1)+g.IntN(2), most)
	if level >= deep {
		n = min(max(least, 1), most) // an empty one is nothing in a form
	}
	out, seen := []any{}, map[string]bool{}
	for tries := 0; len(out) < n && tries < 20*n; tries++ {
		v := g.value(s["items"], level+1)
		text, _ := json.Marshal(v)
		if s["uniqueItems"] == true && seen[string(text)] {
			continue
		}
		seen[string(text)] = true
		out = append(out, v)
	}
	return out
}
