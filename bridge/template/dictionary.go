package template

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

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

// merged gives a function of sprig that merges copies of its sources, so that no
// dictionary can come to hold itself.
func merged[R any](merge func(map[string]any, ...map[string]any) R) func(map[string]any, ...map[string]any) R {
	return func(into map[string]any, from ...map[string]any) R {
		copies := make([]map[string]any, len(from))
		for j := range from {
			copies[j], _ = duplicate(from[j]).(map[string]any)
		}
		return merge(into, copies...)
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
