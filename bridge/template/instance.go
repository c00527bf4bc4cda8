package template

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"
	"text/template/parse"
	"time"
)

// instance is one rendering of a template at a time: what it has counted and
// declared, and functions that count its steps.
type instance struct {
	of        *Template
	functions map[string]function // that the template calls
	out       strings.Builder
	vars      []variable // declared, the newest last
	base      int        // where those of the running template begin
	steps     int
	depth     int
	env       Env
	drawn     uint64 // random blocks taken from the seed
	zones     map[string]*time.Location
}

func newInstance(t *Template) *instance {
	i := &instance{of: t, functions: map[string]function{}}
	all := i.named()
	for _, name := range t.functions {
		if f := all(name); f != nil {
			i.functions[name] = f
		}
	}
	return i
}

// run renders once.
func (i *instance) run(data value, env Env) (out string, err error) {
	i.steps, i.depth, i.env, i.drawn = 0, 0, env, 0
	i.env.Now = env.Now.Round(0) // without the monotonic clock, which would print
	i.base, i.out = 0, strings.Builder{}
	defer func() {
		if p := recover(); p != nil {
			out, err = "", &Error{Name: i.of.name, Message: "it cannot be rendered"} // p may hold data
		}
		clear(i.vars[:cap(i.vars)]) // the instance waits for its next use without data
		i.vars, i.out = i.vars[:0], strings.Builder{}
	}()
	if err := i.template(i.of.trees[rootName], 0, data); err != nil {
		if placed, ok := errors.AsType[*Error](err); ok {
			return "", placed
		}
		return "", &Error{Name: i.of.name, Message: err.Error()}
	}
	return i.out.String(), nil
}

// failed returns an error with the place where it happened. It keeps what a function
// said and leaves the data out. One that has a place, or is too much output, which
// has none, stays as it is.
func (i *instance) failed(pos parse.Pos, err error) error {
	if _, placed := errors.AsType[*Error](err); placed {
		return err
	}
	f, ok := errors.AsType[*fault](err)
	switch {
	case ok:
		return i.refuse(pos, f.Error())
	case errors.Is(err, errSteps), errors.Is(err, errOutput), errors.Is(err, errDepth):
		return i.refuse(pos, err.Error())
	}
	return i.refuse(pos, "it cannot be rendered")
}

// refuse is an error of the template alone.
func (i *instance) refuse(pos parse.Pos, message string) error {
	e := &Error{Name: i.of.name, Message: shorten(unmarked(message))}
	e.Line, e.Col = i.of.place(pos)
	return e
}

// step counts work; n is about 256 bytes of it.
func (i *instance) step(n int) error {
	if i.steps += n; i.steps > MaxSteps {
		return errSteps
	}
	return nil
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
