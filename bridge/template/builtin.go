package template

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// printf is fmt.Sprintf with bounded widths: what a verb prints is padded at most
// to 9,999 characters.
func printf(args []any) (any, error) {
	format := text(args[0])
	verbs := 0
	for j := 0; j < len(format); j++ {
		if format[j] != '%' {
			continue
		}
		verbs++
		end := j + 1
		for end < len(format) && strings.IndexByte("+-# 0123456789.*[]", format[end]) >= 0 {
			end++
		}
		if err := width(format[j+1 : end]); err != nil {
			return nil, err
		}
		j = end
	}
	if times(verbs, 1+size(args[1:])+9999) > maxProduct {
		return nil, fmt.Errorf("would make too much")
	}
	return fmt.Sprintf(format, texts(args[1:])...), nil
}

// width checks what stands between a % and its verb.
func width(flags string) error {
	if strings.Contains(flags, "*") {
		return fmt.Errorf("a width must be written as a number")
	}
	for digits := range strings.FieldsFuncSeq(flags, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(digits) > 4 {
			return fmt.Errorf("a width has at most 4 digits")
		}
	}
	return nil
}

// texts turns everything but numbers, truth values and texts into what it prints.
func texts(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch a.(type) {
		case value, string, bool, int, int64, float64:
			out[i] = a
		default:
			out[i] = text(a)
		}
	}
	return out
}

// joined joins what things print.
func joined(args []any, separator string) string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = text(a)
	}
	return strings.Join(out, separator)
}

// length is len; what has no length has none, as in upstream.
func length(args []any) (any, error) {
	if v, ok := args[0].(value); ok {
		if v.r.Type == gjson.JSON {
			n := 0
			v.r.ForEach(func(_, _ gjson.Result) bool { n++; return true })
			return n, nil
		}
		return len(v.r.Str), nil
	}
	switch v := reflect.ValueOf(args[0]); v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len(), nil
	}
	return 0, nil
}

// index looks up item after item: index x 1 "a".
func index(args []any) (any, error) {
	at := args[0]
	for _, key := range args[1:] {
		switch x := at.(type) {
		case value:
			at = value{x.r.Get(escapePath(text(key)))}
			continue
		case nil:
			return nil, nil
		}
		v := reflect.ValueOf(at)
		switch v.Kind() {
		case reflect.Map:
			at = get(at, text(key))
		case reflect.Slice, reflect.Array, reflect.String:
			n, err := whole(key)
			if err != nil || n < 0 || n >= int64(v.Len()) {
				return nil, fmt.Errorf("there is no such item")
			}
			at = v.Index(int(n)).Interface()
		default:
			return nil, fmt.Errorf("there are no items in %s", v.Kind())
		}
	}
	return at, nil
}

// escapePath makes a GJSON path that is exactly one key.
func escapePath(key string) string {
	var b strings.Builder
	for _, r := range key {
		if strings.ContainsRune(`.*?|#@!{}[]()\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// cut is slice: slice x 1 3.
func cut(args []any) (any, error) {
	x := args[0]
	if v, ok := x.(value); ok {
		x = v.native()
	}
	v := reflect.ValueOf(x)
	if k := v.Kind(); k != reflect.String && k != reflect.Slice || len(args) > 3 {
		return nil, fmt.Errorf("wants a text or a list, and one or two positions")
	}
	from, to := int64(0), int64(v.Len())
	var err error
	if len(args) > 1 {
		from, err = whole(args[1])
	}
	if len(args) > 2 && err == nil {
		to, err = whole(args[2])
	}
	if err != nil || from < 0 || to < from || to > int64(v.Len()) {
		return nil, fmt.Errorf("the positions are outside of it")
	}
	return v.Slice(int(from), int(to)).Interface(), nil
}

// listOf returns the items of a list as they are, of anything else itself.
func listOf(x any) []any {
	if v, ok := x.(value); ok {
		if !v.r.IsArray() {
			return []any{x}
		}
		out := []any{}
		v.r.ForEach(func(_, item gjson.Result) bool { out = append(out, value{item}); return true })
		return out
	}
	if list, ok := x.([]any); ok {
		return list
	}
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for j := range out {
			out[j] = v.Index(j).Interface()
		}
		return out
	}
	return []any{x}
}

// absent holds for nil and null, which lists of texts leave out, as in sprig.
func absent(x any) bool {
	v, ok := x.(value)
	return x == nil || ok && v.r.Type == gjson.Null
}

// toStrings returns the texts of a list.
func toStrings(args []any) (any, error) {
	out := []string{}
	for _, item := range listOf(args[0]) {
		if !absent(item) {
			out = append(out, text(item))
		}
	}
	return out, nil
}

// join is join SEPARATOR x.
func join(args []any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("wants 2 arguments, not %d", len(args))
	}
	separator := text(args[0])
	list, err := toStrings(args[1:])
	if err != nil || times(len(list.([]string)), 1+len(separator)) > maxProduct {
		return nil, fmt.Errorf("would make too much")
	}
	return strings.Join(list.([]string), separator), nil
}

// quoted is quote and squote: each text in quotes.
func quoted(quote func(string) string) func(args []any) (any, error) {
	return func(args []any) (any, error) {
		out := []string{}
		for _, a := range args {
			if !absent(a) {
				out = append(out, quote(text(a)))
			}
		}
		return strings.Join(out, " "), nil
	}
}

// cat joins what is there with spaces.
func cat(args []any) (any, error) {
	args = slices.DeleteFunc(slices.Clone(args), absent)
	return joined(args, " "), nil
}

// fallback is default VALUE x.
func fallback(args []any) (any, error) {
	if len(args) > 2 {
		return nil, fmt.Errorf("wants 2 arguments, not %d", len(args))
	}
	if len(args) == 2 && truth(args[1]) {
		return args[1], nil
	}
	return args[0], nil
}

func coalesce(args []any) (any, error) {
	for _, a := range args {
		if truth(a) {
			return a, nil
		}
	}
	return nil, nil
}

// ternary is ternary YES NO CONDITION.
func ternary(args []any) (any, error) {
	if len(args) != 3 {
		return nil, fmt.Errorf("wants 3 arguments, not %d", len(args))
	}
	if yes(args[2]) {
		return args[0], nil
	}
	return args[1], nil
}

// toJSON embeds a value as JSON.
func toJSON(escapeHTML bool) func(args []any) (any, error) {
	return func(args []any) (any, error) {
		if len(args) != 1 {
			return nil, fmt.Errorf("wants 1 argument, not %d", len(args))
		}
		if v, ok := args[0].(value); ok {
			return v.json(), nil
		}
		return marshal(args[0], escapeHTML)
	}
}
