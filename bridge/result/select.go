package result

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"

	"github.com/itchyny/gojq"
)

// selectTime bounds a jq expression: one can loop for ever.
const selectTime = time.Second

// SelectError is a jq expression that cannot be applied.
type SelectError struct {
	Expression string
	Err        error
}

// Error returns what is wrong with the expression.
func (e *SelectError) Error() string {
	return fmt.Sprintf("select %q: %v", plaintext.First(e.Expression, 200), e.Err)
}

// Unwrap returns the cause.
func (e *SelectError) Unwrap() error { return e.Err }

// Hint says what an expression looks like.
func (e *SelectError) Hint() string {
	return "select is a jq expression over the JSON response, such as `.items[] | {id, name}`"
}

var errTooLarge = errors.New("the output is too large")

// Select applies a jq expression to a JSON document and returns the compact JSON
// of every output, each on a line of its own. Numbers that the expression only
// moves keep their digits. It reads no environment, files or further input,
// refuses to assign (=, |=, setpath and the like), and ends with ctx or after a
// second, or when it asks for too much memory or work. maxBytes bounds the output. The
// error is a [*SelectError].
func Select(ctx context.Context, expression string, document []byte, maxBytes int) ([]byte, error) {
	return selectWithin(ctx, selectTime, expression, document, maxBytes)
}

func selectWithin(ctx context.Context, longest time.Duration, expression string, document []byte, maxBytes int) ([]byte, error) {
	fail := func(err error) ([]byte, error) { return nil, &SelectError{expression, err} }
	if len(expression) > maxExpression {
		return fail(fmt.Errorf("the expression is longer than %d bytes", maxExpression))
	}
	query, err := gojq.Parse(expression)
	if err != nil {
		return fail(err)
	}
	if name := writes(reflect.ValueOf(query)); name != "" {
		return fail(fmt.Errorf("%s is not available: select only reads", name))
	}
	code, err := gojq.Compile(query, bounded(query)...)
	if err != nil {
		return fail(err)
	}
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return fail(errors.New("the response is not JSON"))
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	w := &writer{limit: maxBytes}
	for outputs := code.RunWithContext(watch(ctx), v); ; {
		v, ok := outputs.Next()
		if !ok {
			return w.Bytes(), nil
		}
		if err, ok := v.(error); ok {
			var halt *gojq.HaltError
			if errors.As(err, &halt) && halt.Value() == nil {
				return w.Bytes(), nil
			}
			return fail(err)
		}
		if w.Len() > 0 {
			w.WriteByte('\n')
		}
		if w.value(v); w.Len() > w.limit {
			return fail(errTooLarge)
		}
	}
}

// writes returns the first part of a query that changes a value by its path, or
// "". Such a part can fill an array up to any index, which takes gigabytes at
// once and cannot be interrupted. The internal functions (their names begin with
// "_") could do the same.
func writes(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || !v.CanInterface() {
			return ""
		}
		if name := writing(v.Interface()); name != "" {
			return name
		}
		return writes(v.Elem())
	case reflect.Struct:
		return firstOf(v.NumField(), v.Field)
	case reflect.Slice:
		return firstOf(v.Len(), v.Index)
	}
	return ""
}

func firstOf(n int, part func(int) reflect.Value) string {
	for i := range n {
		if name := writes(part(i)); name != "" {
			return name
		}
	}
	return ""
}

// writing names a node of a query that changes a value by its path.
func writing(node any) string {
	switch node := node.(type) {
	case *gojq.Query:
		if node.Op >= gojq.OpAssign && node.Op <= gojq.OpUpdateAlt {
			return node.Op.String()
		}
	case *gojq.Func:
		if strings.HasPrefix(node.Name, "_") || slices.Contains([]string{"setpath", "fromstream", "pick"}, node.Name) {
			return node.Name
		}
	}
	return ""
}

// writer writes jq values as JSON and stops soon after its limit, because a
// short expression can make a value of any size.
type writer struct {
	bytes.Buffer
	limit int
}

func (w *writer) value(v any) {
	if w.Len() > w.limit {
		return
	}
	switch v := v.(type) {
	case []any:
		w.WriteByte('[')
		for i, e := range v {
			if w.Len() > w.limit {
				return
			}
			if i > 0 {
				w.WriteByte(',')
			}
			w.value(e)
		}
		w.WriteByte(']')
	case map[string]any:
		w.WriteByte('{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				w.WriteByte(',')
			}
			w.value(k)
			w.WriteByte(':')
			w.value(v[k])
		}
		w.WriteByte('}')
	case json.Number:
		w.WriteString(v.String())
	case string:
		if len(v) > w.limit {
			w.limit = -1
			return
		}
		e := json.NewEncoder(&w.Buffer)
		e.SetEscapeHTML(false)
		_ = e.Encode(v)         // a string always encodes
		w.Truncate(w.Len() - 1) // the encoder's line end
	default:
		b, _ := gojq.Marshal(v)
		w.Write(b)
	}
}

// maxSelected bounds the text that a select may make before it is cut.
const maxSelected = 8 << 20

// selected applies the call's expression to the body, and masks what it decoded.
func (s *shaper) selected(body []byte) ([]byte, error) {
	ctx := s.options.Context
	if ctx == nil {
		ctx = context.Background()
	}
	out, err := Select(ctx, s.options.Select, body, maxSelected)
	return s.options.Mask(bytes.ToValidUTF8(out, []byte("\uFFFD"))), err
}

func (s *shaper) selectFailed(err error) *Result {
	text := string(s.options.Mask([]byte(err.Error())))
	return s.errorf(InvalidArguments, (&SelectError{}).Hint(), "%s", text)
}
