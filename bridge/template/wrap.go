package template

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxProduct bounds what an operation could make out of its arguments, in bytes.
const maxProduct = 64 << 20

// counted counts the steps of one of our own functions.
func (i *instance) counted(name string, f func([]any) (any, error)) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if len(args) == 0 && name != "getSocketIP" && name != "getRealIP" && name != "print" && name != "println" {
			return nil, &fault{name, "wants an argument"}
		}
		if err := i.step(1 + size(args)/256); err != nil {
			return nil, err
		}
		out, err := f(args)
		if err != nil {
			return nil, &fault{name, err.Error()}
		}
		return out, i.afterwards(out)
	}
}

// afterwards counts what a function made.
func (i *instance) afterwards(out any) error {
	n := size([]any{out})
	if n > MaxOutput {
		return errOutput
	}
	return i.step(n / 256)
}

// size is about the number of bytes that things take.
func size(args []any) int {
	n := 0
	for _, a := range args {
		switch a := a.(type) {
		case string:
			n += len(a)
		case []byte:
			n += len(a)
		case value:
			n += len(a.r.Raw)
		case []string:
			for _, s := range a {
				n += len(s) + 16
			}
		case []any:
			n += 16*len(a) + size(a)
		case map[string]any:
			for k, v := range a {
				n += len(k) + 32 + size([]any{v})
			}
		default:
			n += 16
			if v := reflect.ValueOf(a); v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
				n += 16 * v.Len()
			}
		}
		if n > maxProduct {
			return n
		}
	}
	return n
}

// wrap makes a function of sprig take our values: each argument is converted to
// what the function wants, what it could make is bounded, and a panic is an error.
func (i *instance) wrap(name string, f any) func(...any) (any, error) {
	fn := reflect.ValueOf(f)
	typ := fn.Type()
	return func(args ...any) (out any, err error) {
		defer func() {
			if p := recover(); p != nil {
				out, err = nil, &fault{name, "does not take these arguments"}
			}
		}()
		if len(args) < typ.NumIn() && !typ.IsVariadic() || len(args) > typ.NumIn() && !typ.IsVariadic() || len(args) < typ.NumIn()-1 {
			return nil, &fault{name, fmt.Sprintf("wants %d arguments, not %d", typ.NumIn(), len(args))}
		}
		in := make([]reflect.Value, len(args))
		for j, a := range args {
			want := typ.In(min(j, typ.NumIn()-1))
			if typ.IsVariadic() && j >= typ.NumIn()-1 {
				want = want.Elem()
			}
			if in[j], err = convert(a, want); err != nil {
				return nil, &fault{name, "argument " + strconv.Itoa(j+1) + " " + err.Error()}
			}
		}
		if err := bounded(name, in); err != nil {
			return nil, err
		}
		if err := i.step(1 + size(args)/256); err != nil {
			return nil, err
		}
		results := fn.Call(in)
		if len(results) == 2 && !results[1].IsNil() {
			return nil, &fault{name, "does not take these arguments"}
		}
		out = results[0].Interface()
		return out, i.afterwards(out)
	}
}

// convert makes of an argument what a function wants.
func convert(a any, want reflect.Type) (reflect.Value, error) {
	if want.Kind() == reflect.Interface && want.NumMethod() == 0 {
		if v, ok := a.(value); ok {
			a = v.native()
		}
		if a == nil {
			return reflect.Zero(want), nil
		}
		return reflect.ValueOf(a), nil
	}
	v := reflect.ValueOf(a)
	if v.IsValid() && v.Type().AssignableTo(want) {
		return v, nil
	}
	switch want.Kind() {
	case reflect.String:
		return reflect.ValueOf(text(a)).Convert(want), nil
	case reflect.Bool:
		if s := text(a); s == "true" || s == "false" {
			return reflect.ValueOf(s == "true"), nil
		}
		return reflect.ValueOf(truth(a)), nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		n, err := whole(a)
		return reflect.ValueOf(n).Convert(want), err
	case reflect.Float64:
		f, err := strconv.ParseFloat(text(a), 64)
		if err != nil {
			return reflect.Value{}, fmt.Errorf("must be a number")
		}
		return reflect.ValueOf(f), nil
	case reflect.Slice, reflect.Map:
		if x, ok := a.(value); ok {
			if n := reflect.ValueOf(x.native()); n.Type().AssignableTo(want) {
				return n, nil
			}
		}
	case reflect.Struct:
		if want == reflect.TypeFor[time.Time]() {
			if t, err := time.Parse(time.RFC3339, text(a)); err == nil {
				return reflect.ValueOf(t), nil
			}
			return reflect.Value{}, fmt.Errorf("must be a time")
		}
	}
	if v.IsValid() && v.Type().ConvertibleTo(want) && v.Kind() != reflect.String {
		return v.Convert(want), nil
	}
	return reflect.Value{}, fmt.Errorf("must be %s", want)
}

func whole(a any) (int64, error) {
	if r, ok := number(a); ok {
		if r.IsInt() && r.Num().IsInt64() {
			return r.Num().Int64(), nil
		}
		if f, _ := r.Float64(); math.Abs(f) < 1<<62 {
			return int64(f), nil
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text(a)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("must be a whole number")
	}
	return n, nil
}

// bounded refuses what could make much more than it was given.
func bounded(name string, in []reflect.Value) error {
	str := func(j int) string {
		if j < len(in) && in[j].Kind() == reflect.String {
			return in[j].String()
		}
		return ""
	}
	total, largest := 0, int64(0)
	for _, v := range in {
		switch {
		case v.Kind() == reflect.String:
			total += v.Len()
		case v.CanInt():
			largest = max(largest, v.Int(), -v.Int())
		case v.Kind() == reflect.Interface || v.IsValid() && v.CanInterface():
			if n, err := whole(v.Interface()); err == nil && v.Kind() != reflect.Slice && v.Kind() != reflect.Map {
				largest = max(largest, n, -n)
			}
		}
	}
	product := 0
	switch name {
	case "repeat", "indent", "nindent":
		product = int(min(largest, maxProduct+1)) * max(1, total)
		if name != "repeat" {
			product = int(min(largest, maxProduct+1)) * (1 + strings.Count(str(1), "\n"))
		}
	case "until", "untilStep", "seq", "randAlpha", "randAlphaNum", "randAscii", "randNumeric", "randBytes":
		product = int(min(largest, maxProduct+1)) * 64
	case "replace":
		product = (strings.Count(str(2), str(0)) + 1) * len(str(1))
	case "regexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAll", "mustRegexReplaceAllLiteral":
		product = (utf8.RuneCountInString(str(1)) + 1) * (1 + len(str(2))*(1+strings.Count(str(2), "$")))
	case "wrapWith":
		product = (len(str(2)) + 1) * (1 + len(str(1)))
	case "join":
		if in[1].IsValid() {
			v := in[1]
			if v.Kind() == reflect.Interface {
				v = v.Elem()
			}
			if v.Kind() == reflect.Slice {
				product = v.Len() * (1 + len(str(0)))
			}
		}
	}
	if product > maxProduct || product < 0 {
		return &fault{name, "would make too much"}
	}
	return nil
}
