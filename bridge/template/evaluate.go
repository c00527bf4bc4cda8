package template

import (
	"fmt"
	"strings"
	"text/template/parse"
)

// function is a function as templates call it.
type function = func(args ...any) (any, error)

func (i *instance) push(name string, x any) { i.vars = append(i.vars, variable{name, x}) }

func (i *instance) pop(mark int) { i.vars = i.vars[:mark] }

// declared returns a variable. Go's parser has seen its declaration, which may stand
// where it has not been evaluated: {{or true ($x := 1)}}{{$x}}.
func (i *instance) declared(name *parse.VariableNode) (*variable, error) {
	for j := len(i.vars) - 1; j >= i.base; j-- {
		if i.vars[j].name == name.Ident[0] {
			return &i.vars[j], nil
		}
	}
	return nil, i.failed(name.Pos, &fault{name.Ident[0], "it has no value here"})
}

func (i *instance) assign(name *parse.VariableNode, x any) error {
	v, err := i.declared(name)
	if err == nil {
		v.x = x
	}
	return err
}

// pipe evaluates a pipeline. What it declares stays until the caller pops it.
func (i *instance) pipe(p *parse.PipeNode, dot any) (x any, err error) {
	for j, c := range p.Cmds {
		if x, err = i.command(c, dot, x, j > 0); err != nil {
			return nil, err
		}
	}
	for _, v := range p.Decl {
		if !p.IsAssign {
			i.push(v.Ident[0], x)
		} else if err := i.assign(v, x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// command evaluates one part of a pipeline; last is what came by the pipe.
func (i *instance) command(c *parse.CommandNode, dot, last any, piped bool) (any, error) {
	first := c.Args[0]
	if id, ok := first.(*parse.IdentifierNode); ok {
		return i.call(id, c.Pos, c.Args[1:], dot, last, piped)
	}
	if len(c.Args) > 1 || piped {
		return nil, i.refuse(c.Pos, "can't give argument to non-function")
	}
	if first.Type() == parse.NodeNil {
		return nil, i.refuse(first.Position(), "nil is not a command")
	}
	return i.operand(first, dot)
}

// operand evaluates what stands alone or is an argument.
func (i *instance) operand(n parse.Node, dot any) (any, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return i.get(n.Pos, dot, n.Ident[0])
	case *parse.VariableNode:
		v, err := i.declared(n)
		if err != nil {
			return nil, err
		}
		if len(n.Ident) > 1 {
			return i.get(n.Pos, v.x, n.Ident[1])
		}
		return v.x, nil
	case *parse.ChainNode:
		x, err := i.operand(n.Node, dot)
		if err != nil {
			return nil, err
		}
		return i.get(n.Pos, x, n.Field[0])
	case *parse.PipeNode:
		return i.pipe(n, dot)
	case *parse.IdentifierNode:
		return i.call(n, n.Pos, nil, dot, nil, false)
	}
	return i.constant(n)
}

// constant returns a literal. The form of a number decides what it is, as in Go.
func (i *instance) constant(n parse.Node) (any, error) {
	switch n := n.(type) {
	case *parse.StringNode:
		return n.Text, nil
	case *parse.BoolNode:
		return n.True, nil
	case *parse.NilNode:
		return nil, nil
	case *parse.NumberNode:
		hex := len(n.Text) > 2 && n.Text[0] == '0' && (n.Text[1] == 'x' || n.Text[1] == 'X') && !strings.ContainsAny(n.Text, "pP")
		switch {
		case n.IsComplex:
			return n.Complex128, nil
		case n.IsFloat && !hex && n.Text[0] != '\'' && strings.ContainsAny(n.Text, ".eEpP"):
			return n.Float64, nil
		case n.IsInt && int64(int(n.Int64)) == n.Int64:
			return int(n.Int64), nil
		}
		return nil, i.refuse(n.Pos, "the number is too large")
	}
	return nil, i.refuse(n.Position(), "it cannot be rendered")
}

// get looks a path up below base.
func (i *instance) get(pos parse.Pos, base any, path string) (x any, err error) {
	if v, ok := base.(value); ok {
		found, cost := lookUp(v.r, path)
		x, err = value{found}, i.step(cost)
	} else {
		x, err = get(base, path), i.step(2)
	}
	if err != nil {
		return nil, i.failed(pos, err)
	}
	return x, nil
}

// call calls a function with its arguments and, behind them, what came by the pipe.
func (i *instance) call(id *parse.IdentifierNode, pos parse.Pos, args []parse.Node, dot, last any, piped bool) (any, error) {
	switch id.Ident {
	case "and", "or":
		return i.logic(id, args, dot, last, piped)
	case "fail":
		if len(args) == 1 && !piped { // the author's words and no data
			if s, literal := args[0].(*parse.StringNode); literal {
				return nil, i.refuse(pos, "fail: "+shorten(s.Text))
			}
		}
	}
	in := make([]any, len(args), len(args)+1)
	for j, arg := range args {
		var err error
		if in[j], err = i.operand(arg, dot); err != nil {
			return nil, err
		}
	}
	if piped {
		in = append(in, last)
	}
	out, err := i.apply(id.Ident, in, dot)
	if err != nil {
		return nil, i.failed(pos, err)
	}
	return out, nil
}

func (i *instance) apply(name string, in []any, dot any) (any, error) {
	if name != "gjson" {
		return i.functions[name](in...)
	}
	if len(in) != 1 {
		return nil, &fault{name, fmt.Sprintf("wants 1 argument, not %d", len(in))}
	}
	return i.gjson(dot, i.vars[i.base].x, in[0])
}

// logic is and and or, which evaluate no more arguments than they need.
func (i *instance) logic(id *parse.IdentifierNode, args []parse.Node, dot, last any, piped bool) (x any, err error) {
	if len(args) == 0 && !piped {
		return nil, i.refuse(id.Pos, id.Ident+": wants an argument")
	}
	for _, arg := range args {
		if x, err = i.operand(arg, dot); err != nil {
			return nil, err
		}
		yes := truth(x)
		if err := i.look(x); err != nil {
			return nil, i.failed(arg.Position(), err)
		}
		if yes == (id.Ident == "or") {
			return x, nil
		}
	}
	if piped {
		x = last
	}
	return x, nil
}
