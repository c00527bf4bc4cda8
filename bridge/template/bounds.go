package template

import (
	"math"
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxProduct bounds what an operation could make out of its arguments, in bytes.
const maxProduct = 64 << 20

// size is about the number of bytes that things take when they are written out.
// It stops counting beyond maxProduct: a list may hold another one many times. What
// is nested more deeply than data may be counts as too much: functions recurse.
func size(args []any) int {
	n := 0
	for _, a := range args {
		n = addSize(n, a, 0)
	}
	return n
}

func addSize(n int, a any, level int) int {
	if level > maxLevels {
		return maxProduct + 1
	}
	if n > maxProduct {
		return n
	}
	switch a := a.(type) {
	case string:
		return n + len(a)
	case []byte:
		return n + len(a)
	case value:
		return n + len(a.r.Raw)
	case []string:
		for _, s := range a {
			n += len(s) + 16
		}
		return n
	case []any:
		for _, item := range a {
			if n = addSize(n+16, item, level+1); n > maxProduct {
				return n
			}
		}
		return n
	case map[string]any:
		for k, v := range a {
			if n = addSize(n+len(k)+32, v, level+1); n > maxProduct {
				return n
			}
		}
		return n
	}
	n += 16
	if v := reflect.ValueOf(a); v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		n += 64 * v.Len()
	}
	return n
}

// operands are what bounded knows of a call.
type operands struct {
	in      []reflect.Value
	total   int   // bytes of text
	largest int64 // the largest number without its sign
}

// text returns an argument that is text.
func (o *operands) text(j int) string {
	if j < len(o.in) && o.in[j].Kind() == reflect.String {
		return o.in[j].String()
	}
	return ""
}

// length returns how many items an argument has.
func (o *operands) length(j int) int {
	if j >= len(o.in) || !o.in[j].IsValid() {
		return 0
	}
	v := o.in[j]
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len()
	}
	return 0
}

// size is about the bytes of an argument.
func (o *operands) size(j int) int {
	if j >= len(o.in) || !o.in[j].IsValid() {
		return 0
	}
	return size([]any{o.in[j].Interface()})
}

// times multiplies without overflow.
func times(a, b int) int {
	if a > 0 && b > maxProduct/a {
		return maxProduct + 1
	}
	return a * b
}

// steps returns how many steps a times b pieces of work are, per of them in each; at
// most more than there are.
func steps(a, b, per int) int {
	if a > 0 && b > MaxSteps*per/a {
		return MaxSteps + 1
	}
	return a * b / per
}

// bounded refuses what could make much more than it was given, or take much
// longer than its arguments are long. work is how many steps the call takes beside
// reading its arguments.
func bounded(name string, in []reflect.Value) (work int, err error) {
	o := &operands{in: in}
	for _, v := range in {
		switch {
		case v.Kind() == reflect.String:
			o.total += v.Len()
		case v.CanInt():
			o.largest = max(o.largest, magnitude(v.Int()))
		case v.IsValid() && v.Kind() != reflect.Slice && v.Kind() != reflect.Map && v.CanInterface():
			if n, err := whole(v.Interface()); err == nil {
				o.largest = max(o.largest, magnitude(n))
			}
		}
	}
	work = effort(name, o)
	if product(name, o) > maxProduct || work > MaxSteps {
		return 0, &fault{name, "would make too much"}
	}
	return work, nil
}

// effort estimates the work of functions that compare everything with everything.
func effort(name string, o *operands) int {
	switch name {
	case "trimAll", "trimall":
		return steps(len(o.text(0)), len(o.text(1)), 256)
	case "uniq", "mustUniq":
		return steps(o.size(0), o.length(0), 1024)
	case "without", "mustWithout":
		return steps(o.size(0), len(o.in), 1024)
	case "toDate", "mustToDate", "date", "dateInZone", "date_in_zone":
		return o.total / 16
	}
	if strings.Contains(name, "egex") {
		return patternEffort(o.text(0), len(o.text(1)))
	}
	return 0
}

// magnitude is the number without its sign; the smallest one has no other.
func magnitude(n int64) int64 {
	if n == math.MinInt64 {
		return math.MaxInt64
	}
	return max(n, -n)
}

// product estimates the bytes that a call makes, or its work in bytes.
func product(name string, o *operands) int {
	largest := int(min(o.largest, maxProduct+1))
	switch name {
	case "repeat":
		return times(max(1, o.total), largest)
	case "indent", "nindent":
		return times(1+strings.Count(o.text(1), "\n"), largest)
	case "until", "untilStep", "seq", "randAlpha", "randAlphaNum", "randAscii", "randNumeric", "randBytes":
		return times(64, largest)
	case "replace":
		return times(strings.Count(o.text(2), o.text(0))+1, len(o.text(1)))
	case "split", "splitList", "splitn":
		return times(strings.Count(o.text(len(o.in)-1), o.text(0))+1, 64)
	case "shuffle":
		return times(o.total, 64)
	case "fromJson", "mustFromJson": // an empty list is two bytes of JSON
		return times(o.total, 16)
	case "regexFindAll", "mustRegexFindAll", "regexSplit", "mustRegexSplit":
		return times(utf8.RuneCountInString(o.text(1))+1, 24)
	case "regexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAll", "mustRegexReplaceAllLiteral":
		return times(utf8.RuneCountInString(o.text(1))+1, 1+times(len(o.text(2)), 1+strings.Count(o.text(2), "$")))
	case "wrapWith":
		return times(len(o.text(2))+1, 1+len(o.text(1)))
	case "wrap":
		return o.total
	case "uniq", "mustUniq": // compares every item with every other
		return times(o.length(0), o.length(0)*4)
	case "without", "mustWithout":
		return times(o.length(0), len(o.in)*4)
	}
	return 0
}
