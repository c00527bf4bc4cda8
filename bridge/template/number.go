package template

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// nativeNumber returns a JSON number as functions see it.
func nativeNumber(raw string) any {
	if n, err := strconv.Atoi(raw); err == nil {
		return n
	}
	exact, ok := ratOf(raw)
	if !ok {
		return json.Number(raw)
	}
	f, _ := exact.Float64()
	if back, ok := ratOf(strconv.FormatFloat(f, 'g', -1, 64)); !ok || back.Cmp(exact) != 0 {
		return json.Number(raw)
	}
	if exact.IsInt() && exact.Num().IsInt64() {
		return int(exact.Num().Int64())
	}
	return f
}

// number reads anything that is a number or the text of one.
func number(x any) (*big.Rat, bool) {
	switch x := x.(type) {
	case value:
		if x.r.Type != gjson.Number {
			return nil, false
		}
		return ratOf(x.r.Raw)
	case json.Number:
		return ratOf(string(x))
	case nil, string, time.Duration:
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

// maxDigits bounds the numbers that are computed with: converting takes long.
const maxDigits = 2000

// ratOf reads a JSON number exactly, unless its exponent is huge.
func ratOf(s string) (*big.Rat, bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e > 400 || e < -400 {
			return nil, false
		}
	}
	if len(s) > maxDigits {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// compare orders two things: numbers by value, also beside a text that is a number,
// everything else as text. alike is false for what cannot be equal: a truth value or
// a number beside a text that is none.
func compare(a, b any) (order int, alike bool) {
	x, xn := number(a)
	y, yn := number(b)
	if xn && !yn {
		y, yn = numberIn(b)
	} else if yn && !xn {
		x, xn = numberIn(a)
	}
	if xn && yn {
		return x.Cmp(y), true
	}
	return strings.Compare(text(a), text(b)), xn == yn && isBool(a) == isBool(b)
}

// numberIn reads a text that is a number.
func numberIn(x any) (*big.Rat, bool) {
	s, ok := x.(string)
	if v, isValue := x.(value); isValue {
		s, ok = v.r.Str, v.r.Type == gjson.String
	}
	if !ok || len(s) > maxDigits || !gjson.Valid(s) || gjson.Parse(s).Type != gjson.Number {
		return nil, false
	}
	return ratOf(strings.TrimSpace(s))
}

func isBool(x any) bool {
	if v, ok := x.(value); ok {
		return v.r.IsBool()
	}
	_, ok := x.(bool)
	return ok
}

// whole returns a whole number; one with a fraction is cut off towards zero.
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
