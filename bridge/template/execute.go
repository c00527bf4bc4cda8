package template

import "text/template/parse"

// The executor goes through the trees of Go's parser. Go's own executor would do, but
// it calls methods by names that are only known at run time, for which the linker
// keeps every exported method of every type: 2 MB of the binary. This one knows our
// values, so that it needs no reflection either.

// variable is a variable of a template that has been declared.
type variable struct {
	name string
	x    any
}

// flow is how a block has ended.
type flow int

const (
	onward flow = iota
	broken
	continued
)

// template executes the tree of one template, which is called at a place. The variables of the caller are not
// seen in it.
func (i *instance) template(tree *parse.Tree, at parse.Pos, dot any) error {
	if i.depth++; i.depth > maxDepth {
		return i.failed(at, errDepth)
	}
	if err := i.step(1); err != nil {
		return i.failed(at, err)
	}
	base, mark := i.base, len(i.vars)
	i.base = mark
	i.push("$", dot)
	_, err := i.list(tree.Root, dot)
	i.pop(mark)
	i.base = base
	i.depth--
	return err
}

func (i *instance) list(l *parse.ListNode, dot any) (flow, error) {
	if l == nil {
		return onward, nil
	}
	for _, n := range l.Nodes {
		if f, err := i.node(n, dot); f != onward || err != nil {
			return f, err
		}
	}
	return onward, nil
}

func (i *instance) node(n parse.Node, dot any) (flow, error) {
	switch n := n.(type) {
	case *parse.TextNode:
		return onward, i.write(n.Text)
	case *parse.ActionNode: // what it declares lasts until the block ends
		x, err := i.pipe(n.Pipe, dot)
		if err == nil && len(n.Pipe.Decl) == 0 {
			err = i.print(n.Pipe, x)
		}
		return onward, err
	case *parse.IfNode:
		return i.branch(&n.BranchNode, dot, false)
	case *parse.WithNode:
		return i.branch(&n.BranchNode, dot, true)
	case *parse.RangeNode:
		return i.loop(n, dot)
	case *parse.TemplateNode:
		return onward, i.include(n, dot)
	case *parse.BreakNode:
		return broken, nil
	case *parse.ContinueNode:
		return continued, nil
	case *parse.ListNode:
		return i.list(n, dot)
	}
	return onward, nil // a comment
}

// print writes what a pipeline made.
func (i *instance) print(p *parse.PipeNode, x any) error {
	if size([]any{x}) > maxProduct {
		return i.failed(p.Pos, errOutput)
	}
	s := text(x)
	if err := i.look(x); err != nil {
		return i.failed(p.Pos, err)
	}
	return i.writeString(s)
}

func (i *instance) write(text []byte) error {
	if i.out.Len()+len(text) > MaxOutput {
		return errOutput
	}
	i.out.Write(text)
	return nil
}

func (i *instance) writeString(s string) error {
	if i.out.Len()+len(s) > MaxOutput {
		return errOutput
	}
	i.out.WriteString(s)
	return nil
}

// branch is if, and with, of which the dot is the value.
func (i *instance) branch(b *parse.BranchNode, dot any, with bool) (flow, error) {
	mark := len(i.vars)
	x, err := i.pipe(b.Pipe, dot)
	if err != nil {
		return onward, err
	}
	yes := truth(x)
	if err := i.look(x); err != nil {
		return onward, i.failed(b.Pipe.Pos, err)
	}
	then := b.ElseList
	if yes {
		then = b.List
		if with {
			dot = x
		}
	}
	f, err := i.list(then, dot)
	i.pop(mark)
	return f, err
}

// loop is range.
func (i *instance) loop(n *parse.RangeNode, dot any) (flow, error) {
	mark := len(i.vars)
	x, err := i.pipe(n.Pipe, dot) // which declares the variables
	if err != nil {
		return onward, err
	}
	if err := i.look(x); err != nil {
		return onward, i.failed(n.Pipe.Pos, err)
	}
	seq, ok := members(x)
	if !ok {
		return onward, i.failed(n.Pipe.Pos, &fault{"range", "wants a list, a dictionary, a number or a text"})
	}
	inside, some, f := len(i.vars), false, onward
	for key, item := range seq {
		some = true
		if err := i.step(1); err != nil {
			return onward, i.failed(n.Pos, err)
		}
		if err := i.advance(n.Pipe, key, item); err != nil {
			return onward, err
		}
		f, err = i.list(n.List, item)
		i.pop(inside)
		if err != nil {
			return onward, err
		}
		if f == broken {
			break
		}
	}
	f = onward
	if !some {
		f, err = i.list(n.ElseList, dot)
	}
	i.pop(mark)
	if f == broken { // in else, as Go has it: it ends this loop and not the one around it
		f = onward
	}
	return f, err
}

// advance sets the variables of a loop: the item, before it the key when there are
// two.
func (i *instance) advance(p *parse.PipeNode, key, item any) error {
	last := len(p.Decl) - 1
	for j, v := range p.Decl {
		x := item
		if j < last {
			x = key
		}
		if !p.IsAssign {
			i.vars[len(i.vars)-1-last+j].x = x
		} else if err := i.assign(v, x); err != nil {
			return err
		}
	}
	return nil
}

// include executes another template.
func (i *instance) include(n *parse.TemplateNode, dot any) error {
	var x any
	if n.Pipe != nil {
		var err error
		if x, err = i.pipe(n.Pipe, dot); err != nil {
			return err
		}
	}
	return i.template(i.of.trees[n.Name], n.Pos, x)
}
