package template

import (
	"iter"
	"maps"
	"reflect"
	"slices"

	"github.com/tidwall/gjson"
)

// members returns what range goes over, as upstream: the items of a list with their
// numbers, the members of an object with their keys, in its order, and of a
// dictionary in that of the keys, the characters of a text with their places, the
// numbers below a number; nothing for null and what is absent. ok is false for what
// cannot be gone over.
func members(x any) (seq iter.Seq2[any, any], ok bool) {
	switch x := x.(type) {
	case value:
		return membersOf(x)
	case []any:
		return itemsOf(x), true
	case map[string]any:
		return entries(x), true
	}
	if _, isNumber := number(x); isNumber {
		n, err := whole(x)
		return numbers(n), err == nil
	}
	switch v := reflect.ValueOf(x); v.Kind() {
	case reflect.Invalid:
		return nothing, true
	case reflect.Slice, reflect.Array:
		return itemsOf(listOf(x)), true
	case reflect.Map:
		all := map[string]any{} // functions make none but with keys that are texts
		for m := v.MapRange(); m.Next(); {
			all[text(m.Key().Interface())] = m.Value().Interface()
		}
		return entries(all), true
	case reflect.String:
		return characters(v.String()), true
	}
	return nil, false
}

func membersOf(v value) (seq iter.Seq2[any, any], ok bool) {
	switch v.r.Type {
	case gjson.Null:
		return nothing, true
	case gjson.Number:
		n, err := whole(v)
		return numbers(n), err == nil
	case gjson.String:
		return characters(v.r.Str), true
	case gjson.JSON:
		return func(yield func(any, any) bool) {
			at, list := 0, v.r.IsArray()
			v.r.ForEach(func(key, item gjson.Result) bool {
				var k any = key.Str
				if list {
					k = at
				}
				at++
				return yield(k, value{item})
			})
		}, true
	}
	return nil, false
}

func nothing(func(any, any) bool) {}

func itemsOf(list []any) iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for j, item := range list {
			if !yield(j, item) {
				return
			}
		}
	}
}

// entries goes over a dictionary as it is at first: a template may change it.
func entries(d map[string]any) iter.Seq2[any, any] {
	d = maps.Clone(d)
	return func(yield func(any, any) bool) {
		for _, k := range slices.Sorted(maps.Keys(d)) {
			if !yield(k, d[k]) {
				return
			}
		}
	}
}

func numbers(n int64) iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for j := range n {
			if !yield(int(j), int(j)) {
				return
			}
		}
	}
}

func characters(s string) iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for at, r := range s {
			if !yield(at, string(r)) {
				return
			}
		}
	}
}
