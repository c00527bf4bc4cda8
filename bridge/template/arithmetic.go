package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// numberFunctions are those that count and calculate.
func numberFunctions() map[string]any {
	largest, smallest := choose(func(a, b int64) bool { return a > b }), choose(func(a, b int64) bool { return a < b })
	return map[string]any{
		"atoi": func(s string) int { n, _ := strconv.Atoi(s); return n },
		"int":  func(x any) int { return int(integer(x)) }, "int64": integer, "float64": float,
		"toDecimal": func(x any) int64 { // of an octal number
			n, err := strconv.ParseInt(fmt.Sprint(x), 8, 64)
			if err != nil {
				return 0
			}
			return n
		},
		"add1": func(x any) int64 { return integer(x) + 1 },
		"add": func(all ...any) (sum int64) {
			for _, x := range all {
				sum += integer(x)
			}
			return sum
		},
		"sub": func(a, b any) int64 { return integer(a) - integer(b) },
		"div": func(a, b any) int64 { return integer(a) / integer(b) },
		"mod": func(a, b any) int64 { return integer(a) % integer(b) },
		"mul": func(a any, all ...any) int64 {
			product := integer(a)
			for _, x := range all {
				product *= integer(x)
			}
			return product
		},
		"max": largest, "biggest": largest, "min": smallest,
		"maxf": chooseFloat(math.Max), "minf": chooseFloat(math.Min),
		"floor": func(x any) float64 { return math.Floor(float(x)) },
		"ceil":  func(x any) float64 { return math.Ceil(float(x)) },
		"round": round,
		"addf":  func(all ...any) (float64, error) { return exactly((*big.Rat).Add, 0, all) },
		"add1f": func(x any) (float64, error) { return exactly((*big.Rat).Add, x, []any{1}) },
		"subf":  func(a any, all ...any) (float64, error) { return exactly((*big.Rat).Sub, a, all) },
		"mulf":  func(a any, all ...any) (float64, error) { return exactly((*big.Rat).Mul, a, all) },
		"divf":  func(a any, all ...any) (float64, error) { return exactly(quotient, a, all) },
		"until": func(n int) []int {
			if n < 0 {
				return untilStep(0, n, -1)
			}
			return untilStep(0, n, 1)
		},
		"untilStep": untilStep, "seq": seq,
	}
}

// integer reads a whole number as sprig does: what is none is 0, a text may be
// hexadecimal or octal.
func integer(x any) int64 {
	switch x := x.(type) {
	case int:
		return int64(x)
	case int64:
		return x
	case int32:
		return int64(x)
	case float64:
		return int64(x)
	case float32:
		return int64(x)
	case uint8:
		return int64(x)
	case bool:
		if x {
			return 1
		}
	case json.Number:
		return integer(string(x))
	case string:
		if whole, fraction, found := strings.Cut(x, "."); found && fraction != "" && strings.Trim(fraction, "0") == "" {
			x = whole
		}
		if n, err := strconv.ParseInt(x, 0, 64); err == nil {
			return n
		}
	}
	return 0
}

// float reads a number as sprig does: what is none is 0.
func float(x any) float64 {
	switch x := x.(type) {
	case float64:
		return x
	case float32:
		return float64(x)
	case string:
		if f, err := strconv.ParseFloat(x, 64); err == nil {
			return f
		}
		return 0
	case json.Number:
		f, _ := x.Float64()
		return f
	}
	return float64(integer(x))
}

func choose(better func(a, b int64) bool) func(a any, all ...any) int64 {
	return func(a any, all ...any) int64 {
		best := integer(a)
		for _, x := range all {
			if n := integer(x); better(n, best) {
				best = n
			}
		}
		return best
	}
}

func chooseFloat(best func(a, b float64) float64) func(a any, all ...any) float64 {
	return func(a any, all ...any) float64 {
		out := float(a)
		for _, x := range all {
			out = best(out, float(x))
		}
		return out
	}
}

// round rounds to places behind the point; from says from which fraction on it goes up.
func round(x any, places int, from ...float64) float64 {
	up := .5
	if len(from) > 0 {
		up = from[0]
	}
	power := math.Pow(10, float64(places))
	scaled := power * float(x)
	if _, fraction := math.Modf(scaled); fraction >= up {
		return math.Ceil(scaled) / power
	}
	return math.Floor(scaled) / power
}

// exactly calculates with decimal numbers, so that 0.1 and 0.2 are 0.3.
func exactly(operation func(z, x, y *big.Rat) *big.Rat, a any, all []any) (float64, error) {
	decimal := func(x any) (*big.Rat, error) {
		r, ok := new(big.Rat).SetString(strconv.FormatFloat(float(x), 'g', -1, 64))
		if !ok {
			return nil, errors.New("no number")
		}
		return r, nil
	}
	z, err := decimal(a)
	for _, x := range all {
		if err != nil {
			return 0, err
		}
		var y *big.Rat
		if y, err = decimal(x); err == nil {
			z = operation(new(big.Rat), z, y)
		}
	}
	if err != nil {
		return 0, err
	}
	f, _ := z.Float64()
	return f, nil
}

// quotient has 16 digits behind the point.
func quotient(z, x, y *big.Rat) *big.Rat {
	z, _ = z.SetString(z.Quo(x, y).FloatString(16))
	return z
}

// untilStep counts from from, step by step, as long as that is before to.
func untilStep(from, to, step int) []int {
	out := []int{}
	for n := from; step > 0 && n < to || step < 0 && n > to; n += step {
		out = append(out, n)
	}
	return out
}

// seq writes the numbers as the Unix command does: to, from to, or from step to.
func seq(params ...int) string {
	if len(params) == 0 || len(params) > 3 {
		return ""
	}
	from, to := 1, params[len(params)-1]
	if len(params) > 1 {
		from = params[0]
	}
	one := 1
	if to < from {
		one = -1
	}
	step := one
	if len(params) == 3 {
		step = params[1]
	}
	list := untilStep(from, to+one, step)
	out := make([]string, len(list))
	for j, n := range list {
		out[j] = strconv.Itoa(n)
	}
	return strings.Join(out, " ")
}
