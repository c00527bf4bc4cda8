package template

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// dictFunctions are those over dictionaries.
func dictFunctions() map[string]any {
	return map[string]any{
		"dict": dict, "set": set, "keys": keys, "values": values, "merge": merge(false), "mergeOverwrite": merge(true), "deepCopy": duplicate, "dig": dig,
		"get": func(d map[string]any, key string) any {
			if x, ok := d[key]; ok {
				return x
			}
			return ""
		},
		"unset":  func(d map[string]any, key string) map[string]any { delete(d, key); return d },
		"hasKey": func(d map[string]any, key string) bool { _, ok := d[key]; return ok },
		"pluck": func(key string, all ...map[string]any) []any {
			out := []any{}
			for _, d := range all {
				if x, ok := d[key]; ok {
					out = append(out, x)
				}
			}
			return out
		},
		"pick": func(d map[string]any, names ...string) map[string]any {
			return filtered(d, func(key string) bool { return slices.Contains(names, key) })
		},
		"omit": func(d map[string]any, names ...string) map[string]any {
			return filtered(d, func(key string) bool { return !slices.Contains(names, key) })
		},
	}
}

// dict makes a dictionary of keys and values in turn.
func dict(all ...any) map[string]any {
	out := map[string]any{}
	for pair := range slices.Chunk(all, 2) {
		var x any = ""
		if len(pair) == 2 {
			x = pair[1]
		}
		out[written(pair[0])] = x
	}
	return out
}

func filtered(d map[string]any, wanted func(key string) bool) map[string]any {
	out := map[string]any{}
	for k, x := range d {
		if wanted(k) {
			out[k] = x
		}
	}
	return out
}

// dig is dig KEY… DEFAULT d: a value in dictionaries within each other.
func dig(all ...any) (any, error) {
	if len(all) < 3 {
		return nil, errors.New("wants a key, a default and a dictionary")
	}
	last := len(all) - 1
	at, missing := all[last], all[last-1]
	for _, key := range all[:last-1] {
		name, isText := key.(string)
		d, isDict := at.(map[string]any)
		if !isText || !isDict {
			return nil, errors.New("wants texts and a dictionary")
		}
		x, ok := d[name]
		if !ok {
			return missing, nil
		}
		at = x
	}
	return at, nil
}

// set is sprig's set, except that a dictionary cannot hold itself: it would have
// no end.
func set(d map[string]any, key string, v any) (map[string]any, error) {
	left := maxProduct / 64
	if holds(v, d, &left) {
		return nil, fmt.Errorf("a dictionary cannot hold itself")
	}
	d[key] = v
	return d, nil
}

// holds reports whether d is x or inside of it, or looking takes too long.
func holds(x any, d map[string]any, left *int) bool {
	if *left--; *left < 0 {
		return true
	}
	switch x := x.(type) {
	case map[string]any:
		if reflect.ValueOf(x).Pointer() == reflect.ValueOf(d).Pointer() {
			return true
		}
		for _, v := range x {
			if holds(v, d, left) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(x, func(v any) bool { return holds(v, d, left) })
	}
	return false
}

// merge gives merge and mergeOverwrite: what is absent or empty in the first
// dictionary, or everything, is taken from the others, also within dictionaries. It
// takes copies, so that no dictionary can come to hold itself.
func merge(overwrite bool) func(into map[string]any, from ...map[string]any) any {
	return func(into map[string]any, from ...map[string]any) any {
		for _, d := range from {
			mergeInto(into, duplicate(d).(map[string]any), overwrite)
		}
		return into
	}
}

func mergeInto(into, from map[string]any, overwrite bool) {
	for k, x := range from {
		old, has := into[k]
		below, isDict := old.(map[string]any)
		inner, both := x.(map[string]any)
		if texts, ok := x.(map[string]string); ok { // as of split
			inner, both = map[string]any{}, true
			for name, s := range texts {
				inner[name] = s
			}
		}
		switch {
		case isDict && both && len(below) > 0:
			mergeInto(below, inner, overwrite)
		case overwrite, x != nil && (!has || !truth(old)):
			into[k] = x
		}
	}
}

// duplicate copies dictionaries and lists with everything in them.
func duplicate(x any) any {
	switch x := x.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, v := range x {
			out[k] = duplicate(v)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for j := range x {
			out[j] = duplicate(x[j])
		}
		return out
	}
	return x
}

// keys returns the keys of dictionaries, sorted, so that a template's output is
// always the same.
func keys(all ...map[string]any) []string {
	out := []string{}
	for _, d := range all {
		out = append(out, slices.Sorted(maps.Keys(d))...)
	}
	return out
}

// values returns the values of a dictionary in the order of its keys.
func values(d map[string]any) []any {
	out := make([]any, 0, len(d))
	for _, k := range slices.Sorted(maps.Keys(d)) {
		out = append(out, d[k])
	}
	return out
}
