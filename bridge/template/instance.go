package template

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"
	tt "text/template"
	"time"

	"github.com/tidwall/gjson"
)

// instance is a template whose functions count the steps of one rendering. It is
// used by one rendering at a time.
type instance struct {
	tree  *tt.Template
	steps int
	depth int
	env   Env
	drawn uint64 // random blocks taken from the seed
}

// errInstance is what a template that cannot be copied always answers; Go copies
// every template that it has parsed.
var errInstance = errors.New("it cannot be copied")

func newInstance(tree *tt.Template) *instance {
	i := &instance{}
	if c, err := tree.Clone(); err == nil {
		i.tree = c.Funcs(i.functions())
	}
	return i
}

// run renders once.
func (i *instance) run(name string, data value, env Env) (out string, err error) {
	i.steps, i.depth, i.env, i.drawn = 0, 0, env, 0
	if i.tree == nil {
		return "", &Error{Name: name, Message: errInstance.Error()}
	}
	w := &limited{}
	defer func() {
		if p := recover(); p != nil {
			out, err = "", &Error{Name: name, Message: fmt.Sprint("it cannot be rendered: ", p)}
		}
	}()
	if err := i.tree.Execute(w, data); err != nil {
		return "", runError(name, err)
	}
	return w.b.String(), nil
}

// runError keeps what a function said and leaves the data out.
func runError(name string, err error) *Error {
	e := &Error{Name: name, Message: "it cannot be rendered"}
	var fault *fault
	for _, bound := range []error{errSteps, errOutput, errDepth} {
		if errors.Is(err, bound) {
			e.Message = bound.Error()
		}
	}
	if errors.As(err, &fault) {
		e.Message = fault.Error()
	}
	if m := whereRE.FindStringSubmatch(err.Error()); m != nil {
		p := parseError(name, err)
		e.Line, e.Col = p.Line, p.Col
	}
	return e
}

// fault is a function that refused its arguments.
type fault struct{ function, message string }

func (f *fault) Error() string { return f.function + ": " + f.message }

// limited collects output up to MaxOutput.
type limited struct{ b strings.Builder }

func (w *limited) Write(p []byte) (int, error) {
	if w.b.Len()+len(p) > MaxOutput {
		return 0, errOutput
	}
	return w.b.Write(p)
}

// step counts work; n is about 256 bytes of it.
func (i *instance) step(n int) error {
	if i.steps += n; i.steps > MaxSteps {
		return errSteps
	}
	return nil
}

// engine returns the functions that rewritten templates call.
func (i *instance) engine() tt.FuncMap {
	return tt.FuncMap{
		"__get": func(base any, path string) (any, error) {
			if v, ok := base.(value); ok {
				// Looking a path up reads the text before it.
				if err := i.step(1 + len(v.r.Raw)/2048); err != nil {
					return nil, err
				}
			}
			return get(base, path), i.step(1)
		},
		"__out":   func(x any) string { return text(x) },
		"__truth": truth,
		"__with": func(x any) any {
			if truth(x) {
				return x
			}
			return nil
		},
		"__items":   items,
		"__members": members,
		"__step":    func() (string, error) { return "", i.step(1) },
		"__enter": func() (string, error) {
			if i.depth++; i.depth > maxDepth {
				return "", errDepth
			}
			return "", i.step(1)
		},
		"__leave": func() string { i.depth--; return "" },
		"gjson": func(path string, root any) (any, error) {
			v, ok := root.(value)
			if !ok {
				return nil, &fault{"gjson", "there is no document here"}
			}
			if err := i.step(1 + len(v.r.Raw)/256); err != nil {
				return nil, err
			}
			return value{v.r.Get(path)}, nil
		},
	}
}

// members returns what range goes over with two variables: the items of an array
// with their numbers, the members of an object with their keys, or what a function
// made. Anything else has nothing in it, as in upstream.
func members(x any) any {
	v, ok := x.(value)
	if !ok {
		return x
	}
	return iter.Seq2[any, any](func(yield func(any, any) bool) {
		at := 0
		v.r.ForEach(func(key, item gjson.Result) bool {
			var k any = at
			if v.r.IsObject() {
				k = key.Str
			} else if !v.r.IsArray() {
				return false
			}
			at++
			return yield(k, value{item})
		})
	})
}

// items is members without the numbers and keys.
func items(x any) any {
	all, ok := members(x).(iter.Seq2[any, any])
	if !ok {
		return x
	}
	return iter.Seq[any](func(yield func(any) bool) {
		all(func(_, item any) bool { return yield(item) })
	})
}

// random returns the next number below n from the seed (n > 0).
func (i *instance) random(n uint64) uint64 {
	var b [40]byte
	copy(b[:], i.env.Seed[:])
	binary.BigEndian.PutUint64(b[32:], i.drawn)
	i.drawn++
	sum := sha256.Sum256(b[:])
	return binary.BigEndian.Uint64(sum[:8]) % n
}

func (i *instance) now() time.Time { return i.env.Now }
