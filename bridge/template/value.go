package template

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
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
	const digits = 2000 // more take long to convert, and print as they are
	switch {
	case len(v.r.Raw) > digits && v.r.Type == gjson.Number:
		fmt.Fprint(f, v.r.Raw)
	case strings.ContainsRune("dbcoOxXU", verb) && v.r.Type == gjson.Number:
		if n, ok := new(big.Int).SetString(v.r.Raw, 10); ok {
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

// native returns the value as functions see it that take anything: text for what
// prints as text, as upstream; lists and maps for arrays and objects.
func (v value) native() any {
	switch {
	case v.r.IsArray():
		out := []any{}
		v.r.ForEach(func(_, item gjson.Result) bool { out = append(out, value{item}.native()); return true })
		return out
	case v.r.IsObject():
		out := map[string]any{}
		v.r.ForEach(func(key, item gjson.Result) bool { out[key.Str] = value{item}.native(); return true })
		return out
	}
	return v.String()
}

// truth is the truth of anything.
func truth(x any) bool {
	if v, ok := x.(value); ok {
		return v.truth()
	}
	if x == nil {
		return false
	}
	v := reflect.ValueOf(x)
	switch v.Kind() {
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
		if b, err := json.Marshal(plain(x)); err == nil {
			return string(b)
		}
	}
	return fmt.Sprint(x)
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

// number reads anything that is a number or the text of one.
func number(x any) (*big.Rat, bool) {
	switch x := x.(type) {
	case value:
		if x.r.Type != gjson.Number {
			return nil, false
		}
		return ratOf(x.r.Raw)
	case nil, string:
		return nil, false
	}
	v := reflect.ValueOf(x)
	switch {
	case v.CanInt():
		return new(big.Rat).SetInt64(v.Int()), true
	case v.CanUint():
		return new(big.Rat).SetUint64(v.Uint()), true
	case v.CanFloat():
		r := new(big.Rat).SetFloat64(v.Float())
		return r, r != nil
	}
	return nil, false
}

// ratOf reads a JSON number exactly, unless its exponent is huge.
func ratOf(s string) (*big.Rat, bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e > 400 || e < -400 {
			return nil, false
		}
	}
	if len(s) > 2000 {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// compare orders two things: numbers by value, everything else as text. comparable
// is false for a number beside a text.
func compare(a, b any) (order int, comparable bool) {
	x, xn := number(a)
	y, yn := number(b)
	switch {
	case xn && yn:
		return x.Cmp(y), true
	case xn != yn:
		// As in upstream, a number never equals a text; JSON text that is a number is
		// compared as what it shows.
		return strings.Compare(text(a), text(b)), text(a) == text(b)
	}
	return strings.Compare(text(a), text(b)), true
}
