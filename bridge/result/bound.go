package result

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"runtime/metrics"

	"github.com/itchyny/gojq"
)

// A jq expression comes from a model, and a few words of it can ask for more memory
// than the machine has, in one step that nothing can interrupt: text repeated a
// billion times, a value that holds itself twice, forty times over, written out. So
// what such a step is given is weighed before, by functions that are woven into the
// expression, and the steps are counted.

// maxExpression is the most bytes of an expression.
const maxExpression = 4000

// The most that a step may be given: values and bytes of text, each counted as often
// as it would be written.
const (
	heaviest = 16 << 20 // by what writes, compares or sorts it
	heavy    = 1 << 20  // by what makes several values of each character
	light    = 64 << 10 // by regular expressions, and by text with values in it
	pairs    = 10_000   // by what compares each element with each
	shortest = 100      // of a text that is written often
)

// maxHeap is by how much the memory of the process may grow meanwhile, in bytes.
const maxHeap = 256 << 20

var errTooMuch = errors.New("it asks for too much work: select less at once")

// weighed are the functions whose input is weighed, and how much they bear. Those
// that take values, and not expressions, have their arguments weighed as well.
func weighed(name string) (input, argument int) {
	switch name {
	case "tojson", "tostring", "fromjson", "format", "add", "flatten", "sort", "unique", "min", "max", "implode", "ascii_downcase",
		"ascii_upcase", "reverse", "transpose", "error", "halt_error", "from_entries", "bsearch", "del", "delpaths":
		return heaviest, 0
	case "sort_by", "group_by", "unique_by", "min_by", "max_by":
		return heaviest, light
	case "with_entries", "INDEX":
		return heaviest, heavy
	case "IN":
		return heavy, 0
	case "explode", "test":
		return heavy, light
	case "split", "match", "capture", "scan", "splits", "sub", "gsub":
		return light, 0
	case "join":
		return heavy, shortest
	case "tonumber", "toboolean", "strftime", "strflocaltime", "strptime", "todate", "fromdate":
		return shortest, shortest
	case "contains", "inside", "index", "rindex", "indices":
		return pairs, pairs
	}
	return 0, 0
}

// bounded weaves the weighing into a query. The names of the functions that weigh
// cannot be written in an expression.
func bounded(query *gojq.Query) []gojq.CompilerOption {
	weave(reflect.ValueOf(query))
	var options []gojq.CompilerOption
	for _, most := range []int{heaviest, heavy, light, pairs, shortest} {
		options = append(options, gojq.WithFunction(scale(most), 0, 0, func(v any, _ []any) any {
			if text, ok := v.(string); ok && most == pairs && len(text) <= heaviest {
				return v // text is searched, not compared with each
			}
			if weigh(v, most) < 0 {
				return errTooMuch
			}
			return v
		}))
	}
	return append(options, gojq.WithFunction(factor, 0, 0, func(v any, _ []any) any {
		switch v := v.(type) {
		case string:
			return errors.New("text is not repeated here")
		case *big.Int:
			if v.BitLen() > 64*shortest {
				return errTooMuch
			}
		}
		if weigh(v, heavy) < 0 {
			return errTooMuch
		}
		return v
	}))
}

const factor = "!factor"

func scale(most int) string { return fmt.Sprintf("!weigh %d", most) }

// weave goes through a query, the innermost parts first.
func weave(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || !v.CanInterface() {
			return
		}
		weave(v.Elem())
		switch node := v.Interface().(type) {
		case *gojq.Query:
			weaveOperator(node)
		case *gojq.Term:
			weaveTerm(node)
		case *gojq.Index:
			if node.Start != nil && !node.IsSlice && !isNumber(node.Start) {
				node.Start = after(node.Start, scale(pairs))
			}
		case *gojq.String:
			for i, q := range node.Queries {
				if q.Term == nil || q.Term.Str == nil {
					node.Queries[i] = after(q, scale(light))
				}
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			weave(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			weave(v.Index(i))
		}
	}
}

func weaveOperator(q *gojq.Query) {
	name := ""
	switch q.Op {
	case gojq.OpAdd, gojq.OpEq, gojq.OpNe, gojq.OpGt, gojq.OpLt, gojq.OpGe, gojq.OpLe:
		name = scale(heaviest)
	case gojq.OpSub:
		name = scale(pairs)
	case gojq.OpDiv:
		name = scale(light)
	case gojq.OpMul:
		name = factor
	default:
		return
	}
	for _, side := range []**gojq.Query{&q.Left, &q.Right} {
		if !isNumber(*side) {
			*side = after(*side, name)
		}
	}
}

// isNumber reports a number that is written down; there is nothing to weigh.
func isNumber(q *gojq.Query) bool {
	return q != nil && q.Term != nil && q.Term.Type == gojq.TermTypeNumber && len(q.Term.SuffixList) == 0 && len(q.Term.Number) < shortest
}

func weaveTerm(t *gojq.Term) {
	most := 0
	switch {
	case t.Type == gojq.TermTypeFunc && t.Func != nil:
		var argument int
		if most, argument = weighed(t.Func.Name); argument > 0 {
			for i, q := range t.Func.Args {
				t.Func.Args[i] = after(q, scale(argument))
			}
		}
	case t.Type == gojq.TermTypeFormat && t.Str == nil:
		most = heaviest
	}
	if most == 0 {
		return
	}
	inner := *t
	inner.SuffixList = nil
	*t = gojq.Term{Type: gojq.TermTypeQuery, SuffixList: t.SuffixList,
		Query: &gojq.Query{Left: call(scale(most)), Op: gojq.OpPipe, Right: &gojq.Query{Term: &inner}}}
}

// after returns a query whose every output is put through a function.
func after(q *gojq.Query, name string) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: &gojq.Query{Left: q, Op: gojq.OpPipe, Right: call(name)}}}
}

func call(name string) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name}}}
}

// weigh returns what is left of most when a value is written out; less than 0 when it
// is heavier. It takes no longer than that.
func weigh(v any, most int) int {
	most--
	switch v := v.(type) {
	case string:
		most -= len(v)
	case json.Number:
		most -= len(v)
	case *big.Int:
		most -= v.BitLen() / 8
	case []any:
		for _, e := range v {
			if most = weigh(e, most); most < 0 {
				return most
			}
		}
	case map[string]any:
		for k, e := range v {
			if most = weigh(e, most-len(k)); most < 0 {
				return most
			}
		}
	}
	return most
}

// watched is a context that is asked before each step of an expression, and ends it
// when memory grows too much.
type watched struct {
	context.Context
	steps  int
	sample []metrics.Sample
	most   uint64
	ended  bool
	closed chan struct{}
}

// look is after how many steps the memory is looked at.
const look = 256

func watch(ctx context.Context) *watched {
	w := &watched{Context: ctx, sample: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}, closed: make(chan struct{})}
	w.most = w.heap() + maxHeap
	close(w.closed)
	return w
}

// Done is asked by gojq before each step.
func (w *watched) Done() <-chan struct{} {
	if w.steps++; w.steps%look == 0 && w.heap() > w.most {
		w.ended = true
	}
	if w.ended {
		return w.closed
	}
	return w.Context.Done()
}

// Err says why it ended.
func (w *watched) Err() error {
	if w.ended {
		return errTooMuch
	}
	return w.Context.Err()
}

func (w *watched) heap() uint64 {
	metrics.Read(w.sample)
	if w.sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return w.sample[0].Value.Uint64()
}
