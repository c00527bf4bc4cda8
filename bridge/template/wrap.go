package template

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/tidwall/gjson"
)

// counted counts the steps of one of our own functions.
func (i *instance) counted(name string, f func([]any) (any, error)) function {
	return func(args ...any) (any, error) {
		if len(args) == 0 && !withoutArguments(name) {
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

// withoutArguments holds for our own functions that may be called alone.
func withoutArguments(name string) bool {
	switch name {
	case "getSocketIP", "getRealIP", "print", "println", "quote", "squote", "cat", "coalesce", "all", "any":
		return true
	}
	return false
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
	return i.step(4 + n/256) // a call takes as long as four lookups
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
func (i *instance) wrap(name string, f any) function {
	fn := reflect.ValueOf(f)
	typ := fn.Type()
	return func(args ...any) (out any, err error) {
		defer func() {
			if p := recover(); p != nil {
				out, err = nil, &fault{name, "does not take these arguments"}
			}
		}()
		if len(args) != typ.NumIn() && !typ.IsVariadic() || len(args) < typ.NumIn()-1 {
			return nil, &fault{name, wanted(typ, len(args))}
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
		work, err := bounded(name, in)
		if err == nil {
			err = i.step(work)
		}
		if err != nil {
			return nil, err
		}
		results := fn.Call(in)
		if len(results) == 2 && !results[1].IsNil() {
			if err := results[1].Interface().(error); errors.Is(err, errSteps) {
				return nil, err
			}
			return nil, &fault{name, "does not take these arguments"}
		}
		out = results[0].Interface()
		return out, i.afterwards(out)
	}
}

// wanted says how many arguments a function takes.
func wanted(typ reflect.Type, got int) string {
	n, more := typ.NumIn(), ""
	if typ.IsVariadic() {
		n, more = n-1, " or more"
	}
	if n == 1 {
		return fmt.Sprintf("wants 1 argument%s, not %d", more, got)
	}
	return fmt.Sprintf("wants %d arguments%s, not %d", n, more, got)
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
		return reflect.ValueOf(yes(a)), nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		n, err := whole(a)
		return reflect.ValueOf(n).Convert(want), err
	case reflect.Float64:
		f, err := strconv.ParseFloat(text(a), 64)
		if err != nil {
			return reflect.Value{}, errors.New("must be a number")
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
			if t, ok := moment(a); ok {
				return reflect.ValueOf(t), nil
			}
			return reflect.Value{}, errors.New("must be a time")
		}
	}
	if v.IsValid() && v.Type().ConvertibleTo(want) && v.Kind() != reflect.String {
		return v.Convert(want), nil
	}
	return reflect.Value{}, fmt.Errorf("must be %s", want)
}

// yes is a condition that is an argument: also the texts true and false.
func yes(a any) bool {
	if s := text(a); s == "true" || s == "false" {
		return s == "true"
	}
	return truth(a)
}
