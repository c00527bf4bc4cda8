package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/tidwall/gjson"
)

// value is a part of the data.
type value struct{ r gjson.Result }

// String returns the value as it prints: text as it is, a number with its digits,
// an object or an array as JSON, nothing for null and what is absent.
func (v value) String() string {
	switch v.r.Type {
	case gjson.String:
		return v.r.Str
	case gjson.Null:
		return ""
	}
	return v.r.Raw
}

// Format lets printf's number verbs work on numbers and text verbs on anything.
func (v value) Format(f fmt.State, verb rune) {
	form := fmt.FormatString(f, verb)
	switch {
	case len(v.r.Raw) > maxDigits && v.r.Type == gjson.Number:
		fmt.Fprint(f, v.r.Raw)
	case strings.ContainsRune("dbcoOxXU", verb) && v.r.Type == gjson.Number:
		if n, ok := number(v); ok && n.IsInt() && !n.Num().IsInt64() {
			fmt.Fprintf(f, form, n.Num())
			return
		} else if ok {
			n, _ := whole(v)
			fmt.Fprintf(f, form, n)
			return
		}
		fmt.Fprintf(f, form, int64(v.r.Num))
	case strings.ContainsRune("eEfFgG", verb) && v.r.Type == gjson.Number:
		fmt.Fprintf(f, form, v.r.Num)
	case verb == 't':
		fmt.Fprintf(f, form, v.truth())
	case verb == 'v' || verb == 's':
		fmt.Fprintf(f, strings.ReplaceAll(strings.ReplaceAll(form, "#", ""), "v", "s"), v.String())
	default:
		fmt.Fprintf(f, form, v.String())
	}
}

// truth is what a condition makes of it: false, zero, empty and absent are false.
func (v value) truth() bool {
	switch v.r.Type {
	case gjson.True:
		return true
	case gjson.String:
		return v.r.Str != ""
	case gjson.Number:
		return v.r.Num != 0
	case gjson.JSON:
		some := false
		v.r.ForEach(func(_, _ gjson.Result) bool { some = true; return false })
		return some
	}
	return false
}

// json returns the value as JSON on one line; null when it is absent.
func (v value) json() string {
	if v.r.Raw == "" {
		return "null"
	}
	if !strings.ContainsAny(v.r.Raw, " \t\r\n") {
		return v.r.Raw
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(v.r.Raw)); err != nil {
		return v.r.Raw
	}
	return b.String()
}

// native returns the value as functions see it that take anything: as upstream, an
// int, a number with a fraction, a truth value, a text or nil; lists and maps for
// arrays and objects; a json.Number where Go's numbers would lose digits.
func (v value) native() any {
	switch v.r.Type {
	case gjson.Null:
		return nil
	case gjson.False, gjson.True:
		return v.r.Type == gjson.True
	case gjson.String:
		return v.r.Str
	case gjson.Number:
		return nativeNumber(v.r.Raw)
	}
	if v.r.IsArray() {
		out := []any{}
		v.r.ForEach(func(_, item gjson.Result) bool { out = append(out, value{item}.native()); return true })
		return out
	}
	out := map[string]any{}
	v.r.ForEach(func(key, item gjson.Result) bool { out[key.Str] = value{item}.native(); return true })
	return out
}

// truth is the truth of anything.
func truth(x any) bool {
	if v, ok := x.(value); ok {
		return v.truth()
	}
	if n, ok := x.(json.Number); ok { // as of a value
		f, _ := n.Float64()
		return f != 0
	}
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Invalid:
		return false
	case reflect.Struct:
		return true
	case reflect.Map, reflect.Slice, reflect.String, reflect.Array:
		return v.Len() > 0
	}
	return !v.IsZero()
}

// text is how anything prints.
func text(x any) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		return x
	case value:
		return x.String()
	case fmt.Stringer:
		return x.String()
	case error:
		return x.Error()
	}
	switch reflect.ValueOf(x).Kind() {
	case reflect.Map, reflect.Slice, reflect.Array:
		if b, ok := x.([]byte); ok {
			return string(b)
		}
		if s, err := marshal(x, false); err == nil {
			return s
		}
	}
	return fmt.Sprint(x)
}

// marshal writes what a function made as JSON on one line.
func marshal(x any, escapeHTML bool) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	err := e.Encode(plain(x))
	return strings.TrimSuffix(b.String(), "\n"), err
}

// plain replaces values inside of lists and maps by what encoding/json can write.
func plain(x any) any {
	switch x := x.(type) {
	case value:
		if x.r.Raw == "" {
			return nil
		}
		return json.RawMessage(x.r.Raw)
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = plain(x[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k := range x {
			out[k] = plain(x[k])
		}
		return out
	}
	return x
}

// get looks a path up below base.
func get(base any, path string) any {
	switch base := base.(type) {
	case value:
		return value{base.r.Get(path)}
	case map[string]any:
		key, rest, more := strings.Cut(path, ".")
		found, ok := base[key]
		if !ok {
			return nil
		}
		if more {
			return get(found, rest)
		}
		return found
	}
	v := reflect.ValueOf(base)
	if v.IsValid() && v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String {
		key, rest, more := strings.Cut(path, ".")
		found := v.MapIndex(reflect.ValueOf(key).Convert(v.Type().Key()))
		if found.IsValid() && more {
			return get(found.Interface(), rest)
		}
		if found.IsValid() {
			return found.Interface()
		}
	}
	return nil
}
