package template

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	tt "text/template"
	"time"
)

// instance is a template whose functions count the steps of one rendering. It is
// used by one rendering at a time.
type instance struct {
	engine *tt.Template
	err    error // of making the engine
	steps  int
	depth  int
	env    Env
	drawn  uint64 // random blocks taken from the seed
	zones  map[string]*time.Location
}

func newInstance(t *Template) *instance {
	i := &instance{}
	functions := tt.FuncMap{}
	all := i.functions()
	for _, name := range t.functions {
		if f := all(name); f != nil { // and and or are Go's own
			functions[name] = f
		}
	}
	i.engine, i.err = engineOf(t, functions)
	return i
}

// run renders once.
func (i *instance) run(t *Template, data value, env Env) (out string, err error) {
	i.steps, i.depth, i.env, i.drawn = 0, 0, env, 0
	i.env.Now = env.Now.Round(0) // without the monotonic clock, which would print
	if i.err != nil {
		return "", t.errorAt(i.err, "")
	}
	w := &limited{}
	defer func() {
		if p := recover(); p != nil {
			out, err = "", &Error{Name: t.name, Message: "it cannot be rendered"} // p may hold data
		}
	}()
	if err := i.engine.Execute(w, data); err != nil {
		return "", t.runError(err)
	}
	return w.b.String(), nil
}

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

// engineFunctions returns the functions that rewritten templates call.
func (i *instance) engineFunctions() map[string]any {
	return map[string]any{
		"__get": func(base any, path string) (any, error) {
			if v, ok := base.(value); ok {
				found, cost := lookUp(v.r, path)
				return value{found}, i.step(cost)
			}
			return get(base, path), i.step(2)
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
		"__condition":     func(x any) (any, error) { return condition(x), i.look(x) },
		"__unconditioned": unconditioned,
		"__items":         func(x any) (any, error) { return i.loop(x, items) },
		"__members":       func(x any) (any, error) { return i.loop(x, members) },
		"__step":          func() (string, error) { return "", i.step(1) },
		"__fail":          func(message string) (any, error) { return nil, &fault{"fail", shorten(message)} },
		"__enter": func() (string, error) {
			if i.depth++; i.depth > maxDepth {
				return "", errDepth
			}
			return "", i.step(1)
		},
		"__leave": func() string { i.depth--; return "" },
		"gjson":   i.gjson,
	}
}

// loop gives range what it goes over.
func (i *instance) loop(x any, over func(any) (any, bool)) (any, error) {
	if err := i.look(x); err != nil {
		return nil, err
	}
	seq, ok := over(x)
	if !ok {
		return nil, &fault{"range", "wants a list, a dictionary, a number or a text"}
	}
	return seq, nil
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
