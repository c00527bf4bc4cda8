package template

import (
	"errors"
	"reflect"
	"slices"
)

// listFunctions are those over lists. None changes a list that it is given.
func listFunctions() map[string]any {
	list := func(all ...any) []any { return all }
	push := func(x, item any) ([]any, error) { l, err := listIn(x); return append(l, item), err }
	return map[string]any{
		"list": list, "tuple": list, "append": push, "push": push,
		"prepend": func(x, item any) ([]any, error) { l, err := listIn(x); return append([]any{item}, l...), err },
		"first":   func(x any) (any, error) { return at(x, func(int) int { return 0 }) },
		"last":    func(x any) (any, error) { return at(x, func(n int) int { return n - 1 }) },
		"rest":    func(x any) ([]any, error) { return part(x, func(l []any) []any { return l[1:] }) },
		"initial": func(x any) ([]any, error) { return part(x, func(l []any) []any { return l[:len(l)-1] }) },
		"reverse": func(x any) ([]any, error) { l, err := listIn(x); slices.Reverse(l); return l, err },
		"compact": func(x any) ([]any, error) { return without(x, func(item any, _ []any) bool { return !truth(item) }) },
		"uniq":    func(x any) ([]any, error) { return without(x, in) },
		"without": func(x any, all ...any) ([]any, error) {
			return without(x, func(item any, _ []any) bool { return in(item, all) })
		},
		"has": func(item, x any) (bool, error) {
			if x == nil {
				return false, nil
			}
			l, err := listIn(x)
			return in(item, l), err
		},
		"slice": sliceOf, "concat": concat, "chunk": chunk, "sortAlpha": sortAlpha,
	}
}

// listIn returns a copy of a list of any type.
func listIn(x any) ([]any, error) {
	v := reflect.ValueOf(x)
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return nil, errors.New("no list")
	}
	out := make([]any, v.Len())
	for j := range out {
		out[j] = v.Index(j).Interface()
	}
	return out, nil
}

// at returns an item; of an empty list nil.
func at(x any, place func(n int) int) (any, error) {
	l, err := listIn(x)
	if err != nil || len(l) == 0 {
		return nil, err
	}
	return l[place(len(l))], nil
}

// part returns some items; of an empty list nil.
func part(x any, of func([]any) []any) ([]any, error) {
	l, err := listIn(x)
	if err != nil || len(l) == 0 {
		return nil, err
	}
	return of(l), nil
}

// without leaves items out; those that are kept so far may matter for that.
func without(x any, out func(item any, kept []any) bool) ([]any, error) {
	l, err := listIn(x)
	if err != nil {
		return nil, err
	}
	kept := []any{}
	for _, item := range l {
		if !out(item, kept) {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

func in(item any, list []any) bool {
	return slices.ContainsFunc(list, func(x any) bool { return reflect.DeepEqual(item, x) })
}

// sliceOf is mustSlice: a part of a list, in its type.
func sliceOf(x any, positions ...any) (any, error) {
	v := reflect.ValueOf(x)
	if v.Kind() != reflect.Slice {
		return nil, errors.New("no list")
	}
	if v.Len() == 0 {
		return nil, nil
	}
	from, to := 0, v.Len()
	if len(positions) > 0 {
		from = int(integer(positions[0]))
	}
	if len(positions) > 1 {
		to = int(integer(positions[1]))
	}
	return v.Slice(from, to).Interface(), nil
}

func concat(lists ...any) (any, error) {
	var out []any
	for _, x := range lists {
		l, err := listIn(x)
		if err != nil {
			return nil, err
		}
		out = append(out, l...)
	}
	return out, nil
}

// chunk makes lists of n items of a list; the last one may have fewer.
func chunk(n int, x any) ([][]any, error) {
	l, err := listIn(x)
	if err != nil || n < 1 {
		return nil, errors.New("no list, or no size")
	}
	out := [][]any{}
	for c := range slices.Chunk(l, n) {
		out = append(out, c)
	}
	return out, nil
}

// sortAlpha sorts a list as texts; of anything else it makes a list.
func sortAlpha(x any) []string {
	l, err := listIn(x)
	if err != nil {
		return []string{written(x)}
	}
	out := []string{}
	for _, item := range l {
		if item != nil {
			out = append(out, written(item))
		}
	}
	slices.Sort(out)
	return out
}
