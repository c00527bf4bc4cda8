package template

import (
	"iter"
	"reflect"

	"github.com/tidwall/gjson"
)

// members returns what range goes over with two variables, as upstream: the items of
// an array with their numbers, the members of an object with their keys, the
// characters of a text with their places, the numbers below a number; nothing for
// null and what is absent. ok is false for what cannot be gone over.
func members(x any) (seq any, ok bool) {
	if v, isValue := x.(value); isValue {
		return membersOf(v)
	}
	if _, isNumber := number(x); isNumber {
		n, err := whole(x)
		return numbers(n), err == nil
	}
	switch v := reflect.ValueOf(x); v.Kind() {
	case reflect.Invalid, reflect.Slice, reflect.Map, reflect.Array:
		return x, true
	case reflect.String:
		return characters(v.String()), true
	}
	return nil, false
}

func membersOf(v value) (seq any, ok bool) {
	switch v.r.Type {
	case gjson.Null:
		return nil, true
	case gjson.Number:
		n, err := whole(v)
		return numbers(n), err == nil
	case gjson.String:
		return characters(v.r.Str), true
	case gjson.JSON:
		return iter.Seq2[any, any](func(yield func(any, any) bool) {
			at, list := 0, v.r.IsArray()
			v.r.ForEach(func(key, item gjson.Result) bool {
				var k any = key.Str
				if list {
					k = at
				}
				at++
				return yield(k, value{item})
			})
		}), true
	}
	return nil, false
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

// items is members without the numbers and keys.
func items(x any) (seq any, ok bool) {
	seq, ok = members(x)
	all, pairs := seq.(iter.Seq2[any, any])
	if !ok || !pairs {
		return seq, ok
	}
	return iter.Seq[any](func(yield func(any) bool) {
		all(func(_, item any) bool { return yield(item) })
	}), true
}
