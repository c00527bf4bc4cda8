package template

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// counted counts the steps of one of our own functions.
func (i *instance) counted(name string, f func([]any) (any, error)) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if len(args) == 0 && name != "getSocketIP" && name != "getRealIP" && name != "print" && name != "println" {
			return nil, &fault{name, "wants an argument"}
		}
		if err := i.before(name, args); err != nil {
			return nil, err
		}
		out, err := f(args)
		if err != nil {
			return nil, &fault{name, err.Error()}
		}
		return out, i.afterwards(out)
	}
}

// before counts the work that a function has with its arguments. Documents cost
// more than text, because functions get them as lists and maps.
func (i *instance) before(name string, args []any) error {
	n := size(args)
	if n > maxProduct {
		return &fault{name, "would make too much"}
	}
	for _, a := range args {
		if v, ok := a.(value); ok && v.r.Type == gjson.JSON {
			n += 3 * len(v.r.Raw)
		}
	}
	return i.step(1 + n/256)
}

// afterwards counts what a function made.
func (i *instance) afterwards(out any) error {
	n := size([]any{out})
	if n > MaxOutput {
		return errOutput
	}
	return i.step(n / 256)
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
		if err := i.before(name, args); err != nil {
			return nil, err
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
