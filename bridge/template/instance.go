package template

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
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
			out, err = "", &Error{Name: name, Message: "it cannot be rendered"} // p may hold data
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
		"__out": func(x any) (string, error) {
			if size([]any{x}) > maxProduct {
				return "", errOutput
			}
			return text(x), i.look(x)
		},
		"__truth": func(x any) (bool, error) { return truth(x), i.look(x) },
		"__with": func(x any) (any, error) {
			if truth(x) {
				return x, i.look(x)
			}
			return nil, i.look(x)
		},
		"__items":   func(x any) (any, error) { return items(x), i.look(x) },
		"__members": func(x any) (any, error) { return members(x), i.look(x) },
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
			if len(path) > maxPath || times(growth(path), len(v.r.Raw)) > maxProduct {
				return nil, &fault{"gjson", "the path would make too much"}
			}
			if err := i.step((1 + len(v.r.Raw)/256) * (1 + len(path)/32)); err != nil {
				return nil, err
			}
			found := value{v.r.Get(path)}
			return found, i.afterwards(found)
		},
	}
}

// look counts the reading of a value.
func (i *instance) look(x any) error {
	switch x := x.(type) {
	case value:
		return i.step(1 + len(x.r.Raw)/2048)
	case string, int, bool, nil:
		return i.step(1)
	}
	return i.step(1 + size([]any{x})/256)
}

// maxPath bounds a GJSON path, in bytes.
const maxPath = 4096

// growth is how many times the document a GJSON path could make of it: every item
// of a multipath may be the whole document, and some modifiers write text longer.
func growth(path string) int {
	n, commas := 1, 0
	for j := range len(path) {
		switch path[j] {
		case ',':
			commas++
		case '{', '[':
			n, commas = times(n, commas+1), 0
		case '@':
			n = times(n, 2)
			if strings.HasPrefix(path[j:], "@pretty") {
				n = times(n, 8+len(path))
			}
		}
	}
	return times(n, commas+1)
}

// maxLevels bounds the data: functions and GJSON recurse.
const maxLevels = 1000

// deep reports whether a JSON document has more than maxLevels levels.
func deep(data []byte) bool {
	if len(data) <= maxLevels {
		return false
	}
	level, quoted := 0, false
	for j := 0; j < len(data); j++ {
		switch c := data[j]; {
		case quoted && c == '\\':
			j++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if level++; level > maxLevels {
				return true
			}
		case c == ']' || c == '}':
			level--
		}
	}
	return false
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
	i.steps++ // the function that draws looks at them afterwards
	sum := sha256.Sum256(b[:])
	return binary.BigEndian.Uint64(sum[:8]) % n
}

func (i *instance) now() time.Time { return i.env.Now }
