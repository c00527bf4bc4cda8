package template

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/tidwall/gjson"
)

// printf is fmt.Sprintf with bounded widths: what a verb prints is padded at most
// to 9,999 characters.
func printf(args []any) (any, error) {
	format := text(args[0])
	digits := 0
	for j := range len(format) {
		switch c := format[j]; {
		case c == '*':
			return nil, fmt.Errorf("a width must be written as a number")
		case c >= '0' && c <= '9':
			if digits++; digits > 4 {
				return nil, fmt.Errorf("a width has at most 4 digits")
			}
		default:
			digits = 0
		}
	}
	if strings.Count(format, "%")*(1+size(args[1:])+9999) > maxProduct {
		return nil, fmt.Errorf("would make too much")
	}
	return fmt.Sprintf(format, texts(args[1:])...), nil
}

func length(args []any) (any, error) {
	if v, ok := args[0].(value); ok {
		if v.r.Type == gjson.JSON {
			n := 0
			v.r.ForEach(func(_, _ gjson.Result) bool { n++; return true })
			return n, nil
		}
		return len(v.String()), nil
	}
	switch v := reflect.ValueOf(args[0]); v.Kind() {
	case reflect.Invalid:
		return 0, nil
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len(), nil
	}
	return len(text(args[0])), nil
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
