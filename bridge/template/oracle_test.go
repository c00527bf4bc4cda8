package template

import (
	"errors"
	"iter"
	"regexp"
	"strconv"
	"strings"
	tt "text/template"
	"text/template/parse"
)

// The oracle renders with Go's own executor. It changes the parsed templates so that
// this only ever evaluates functions of ours: paths, conditions, loops and output go
// through them.

// oracle renders a template as Render does.
func oracle(name, source string, data []byte, env Env) (out string, err error) {
	t, err := Parse(name, source)
	if err != nil || t.static {
		return source, err
	}
	i := newInstance(t)
	i.env = env
	r := &rewriter{template: t, used: map[string]bool{}}
	r.trees = map[string]*parse.Tree{}
	root := parse.New(rootName)
	root.Mode = parse.SkipFuncCheck
	if _, err := root.Parse(t.source, "", "", r.trees); err != nil {
		return "", err
	}
	for _, tree := range r.trees {
		r.rewrite(tree)
	}
	functions, own, named := tt.FuncMap{}, i.engineFunctions(), i.named()
	for name := range r.used {
		if f, ok := own[name]; ok {
			functions[name] = f
		} else if f := named(name); f != nil { // and and or are Go's own
			functions[name] = f
		}
	}
	engine := tt.New(rootName).Funcs(functions)
	for name, tree := range r.trees {
		if _, err := engine.AddParseTree(name, tree); err != nil {
			return "", err
		}
	}
	w := &limited{}
	defer func() {
		if p := recover(); p != nil {
			out, err = "", &Error{Name: name, Message: "it cannot be rendered"}
		}
	}()
	if err := engine.Execute(w, value{documentOf(data)}); err != nil {
		return "", oracleError(t, err)
	}
	return w.b.String(), nil
}

// oracleError keeps what a function said, and where.
func oracleError(t *Template, err error) *Error {
	e := &Error{Name: t.name, Message: "it cannot be rendered"}
	if m := regexp.MustCompile(`^template: [^:]*:(\d+):(\d+): `).FindStringSubmatch(err.Error()); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		n, _ := strconv.Atoi(m[2])
		e.Col = len(unmarked(strings.Split(t.source, "\n")[e.Line-1][:n])) + 1
	}
	if m := regexp.MustCompile(`(can't give argument to non-function|nil is not a command)`).FindString(err.Error()); m != "" {
		e.Message = m
	}
	for _, bound := range []error{errSteps, errOutput, errDepth} {
		if errors.Is(err, bound) {
			e.Message = bound.Error()
		}
	}
	if f, ok := errors.AsType[*fault](err); ok {
		e.Message = shorten(f.Error())
	}
	return e
}

// limited collects output up to MaxOutput.
type limited struct{ b strings.Builder }

func (w *limited) Write(p []byte) (int, error) {
	if w.b.Len()+len(p) > MaxOutput {
		return 0, errOutput
	}
	return w.b.Write(p)
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
		"__any": func(x any) (bool, error) {
			seq, ok := members(x)
			if !ok {
				return false, &fault{"range", "wants a list, a dictionary, a number or a text"}
			}
			for range seq {
				return true, nil
			}
			return false, i.look(x)
		},
		"__items": func(x any) (any, error) {
			seq, err := i.oracleLoop(x)
			return iter.Seq[any](func(yield func(any) bool) {
				for _, item := range seq {
					if !yield(item) {
						return
					}
				}
			}), err
		},
		"__members": func(x any) (any, error) { return i.oracleLoop(x) },
		"__step":    func() (string, error) { return "", i.step(1) },
		"__fail":    func(message string) (any, error) { return nil, &fault{"fail", shorten(message)} },
		"__enter": func() (string, error) {
			if i.depth++; i.depth > maxDepth {
				return "", errDepth
			}
			return "", i.step(1)
		},
		"__leave": func() string { i.depth--; return "" },
		"gjson": func(dot, root any, args ...any) (any, error) {
			if len(args) != 1 {
				return nil, &fault{"gjson", "wants 1 argument, not " + strconv.Itoa(len(args))}
			}
			return i.gjson(dot, root, args[0])
		},
	}
}

// oracleLoop gives range what it goes over.
func (i *instance) oracleLoop(x any) (iter.Seq2[any, any], error) {
	if err := i.look(x); err != nil {
		return nil, err
	}
	seq, ok := members(x)
	if !ok {
		return nil, &fault{"range", "wants a list, a dictionary, a number or a text"}
	}
	return seq, nil
}

// falsy carries a value that is false to Go's and and or: a slice without items
// is false, whatever stands in its room.
type falsy []any

// condition returns x as something that Go takes for true or false as we do.
func condition(x any) any {
	if truth(x) {
		return x
	}
	return falsy{x}[:0]
}

// unconditioned returns what condition was given.
func unconditioned(x any) any {
	if f, ok := x.(falsy); ok {
		return f[:1][0]
	}
	return x
}
