package template

import (
	"strings"
	"text/template/parse"
)

// rewriter changes parsed templates so that the engine only ever evaluates our own
// functions: paths, conditions, loops and output go through them.
type rewriter struct {
	template *Template
	tree     *parse.Tree
	trees    map[string]*parse.Tree
	used     map[string]bool // functions that the trees call
}

// rewrite changes one tree and counts its calls.
func (r *rewriter) rewrite(tree *parse.Tree) {
	r.tree = tree
	r.list(tree.Root)
	tree.Root.Nodes = append([]parse.Node{r.action("__enter")}, append(tree.Root.Nodes, r.action("__leave"))...)
}

func (r *rewriter) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for j, n := range l.Nodes {
		r.node(n)
		l.Nodes[j] = r.apart(n)
	}
}

func (r *rewriter) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ActionNode:
		r.pipe(n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			r.then(n.Pipe, "__out")
		}
	case *parse.IfNode:
		r.branch(&n.BranchNode, "__truth")
	case *parse.WithNode:
		r.branch(&n.BranchNode, "__with")
	case *parse.RangeNode:
		function := "__items" // the engine gives one variable the first of two values
		if len(n.Pipe.Decl) > 1 {
			function = "__members"
		}
		r.branch(&n.BranchNode, function)
		n.List.Nodes = append([]parse.Node{r.action("__step")}, n.List.Nodes...)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			r.pipe(n.Pipe)
		}
	case *parse.ListNode:
		r.list(n)
	}
}

func (r *rewriter) branch(b *parse.BranchNode, function string) {
	r.pipe(b.Pipe)
	r.then(b.Pipe, function)
	r.list(b.List)
	r.list(b.ElseList)
}

// apart declares the variables of a block before it, so that they hold the value and
// not what the engine goes by: if and with that of a condition, range a function. (The
// engine's own variables would hold the value, too.)
func (r *rewriter) apart(n parse.Node) parse.Node {
	var b *parse.BranchNode
	switch n := n.(type) {
	case *parse.IfNode:
		b = &n.BranchNode
	case *parse.WithNode:
		b = &n.BranchNode
	case *parse.RangeNode:
		b = &n.BranchNode
	default:
		return n
	}
	if len(b.Pipe.Decl) == 0 {
		return n
	}
	last := len(b.Pipe.Cmds) - 1
	declare := &parse.PipeNode{NodeType: parse.NodePipe, Pos: b.Pipe.Pos, Line: b.Pipe.Line, IsAssign: b.Pipe.IsAssign, Decl: b.Pipe.Decl, Cmds: b.Pipe.Cmds[:last]}
	x := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: b.Pipe.Pos, Ident: b.Pipe.Decl[0].Ident}
	b.Pipe.Cmds = []*parse.CommandNode{{NodeType: parse.NodeCommand, Pos: b.Pipe.Pos, Args: []parse.Node{x}}, b.Pipe.Cmds[last]}
	if loop, ok := n.(*parse.RangeNode); ok {
		n = r.when(r.operation(b.Pipe.Pos, "__any", x), b.ElseList, loop)
		b.ElseList = nil
	} else {
		b.Pipe.Decl = nil
	}
	always := r.operation(b.Pipe.Pos, "__truth", &parse.BoolNode{NodeType: parse.NodeBool, Pos: b.Pipe.Pos, True: true})
	return r.when(always, nil, &parse.ActionNode{NodeType: parse.NodeAction, Pos: b.Pipe.Pos, Pipe: declare}, n)
}

// when is an if.
func (r *rewriter) when(p *parse.PipeNode, otherwise *parse.ListNode, then ...parse.Node) *parse.IfNode {
	n := &parse.IfNode{}
	n.NodeType, n.Pos, n.Pipe, n.ElseList = parse.NodeIf, p.Pos, p, otherwise
	n.List = &parse.ListNode{NodeType: parse.NodeList, Pos: p.Pos, Nodes: then}
	return n
}

// then puts a function behind a pipeline.
func (r *rewriter) then(p *parse.PipeNode, function string) {
	p.Cmds = append(p.Cmds, r.call(p.Pos, function))
}

// call is a call of one of our functions.
func (r *rewriter) call(pos parse.Pos, function string, args ...parse.Node) *parse.CommandNode {
	r.used[function] = true
	id := parse.NewIdentifier(function).SetPos(pos).SetTree(r.tree)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: append([]parse.Node{id}, args...)}
}

func (r *rewriter) operation(pos parse.Pos, function string, args ...parse.Node) *parse.PipeNode {
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{r.call(pos, function, args...)}}
}

// action is a node that calls one of our functions, which print nothing.
func (r *rewriter) action(function string) *parse.ActionNode {
	return &parse.ActionNode{NodeType: parse.NodeAction, Pipe: r.operation(0, function)}
}

func (r *rewriter) pipe(p *parse.PipeNode) {
	var cmds []*parse.CommandNode
	for i, c := range p.Cmds {
		for j, arg := range c.Args {
			c.Args[j] = r.operand(arg)
		}
		id, ok := c.Args[0].(*parse.IdentifierNode)
		switch {
		case ok && (id.Ident == "and" || id.Ident == "or"):
			cmds = append(cmds, r.logic(id, c, i > 0)...)
			continue
		case ok && id.Ident == "gjson":
			// The path may come by a pipe, as the last argument.
			dot := &parse.DotNode{NodeType: parse.NodeDot, Pos: id.Pos}
			root := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: id.Pos, Ident: []string{"$"}}
			c.Args = append([]parse.Node{id, dot, root}, c.Args[1:]...)
		case ok && id.Ident == "fail" && len(c.Args) == 2 && i == 0:
			if _, literal := c.Args[1].(*parse.StringNode); literal { // the author's words and no data
				c = r.call(c.Pos, "__fail", c.Args[1])
			}
		}
		cmds = append(cmds, c)
	}
	p.Cmds = cmds
}

// logic leaves and and or to Go, which evaluates no more arguments than it needs; it
// sees the truth of our values when they come as conditions.
func (r *rewriter) logic(id *parse.IdentifierNode, c *parse.CommandNode, piped bool) []*parse.CommandNode {
	for j, arg := range c.Args[1:] {
		c.Args[j+1] = r.operation(arg.Position(), "__condition", arg)
	}
	out := []*parse.CommandNode{c, r.call(c.Pos, "__unconditioned")}
	if piped {
		out = append([]*parse.CommandNode{r.call(c.Pos, "__condition")}, out...)
	}
	return out
}

// operand replaces a path by a call that looks it up.
func (r *rewriter) operand(n parse.Node) parse.Node {
	switch n := n.(type) {
	case *parse.IdentifierNode:
		r.used[n.Ident] = true
	case *parse.FieldNode:
		return r.get(n.Pos, &parse.DotNode{NodeType: parse.NodeDot, Pos: n.Pos}, n.Ident)
	case *parse.VariableNode:
		if len(n.Ident) > 1 {
			base := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: n.Pos, Ident: n.Ident[:1]}
			return r.get(n.Pos, base, n.Ident[1:])
		}
	case *parse.ChainNode:
		return r.get(n.Pos, r.operand(n.Node), n.Field)
	case *parse.PipeNode:
		r.pipe(n)
	}
	return n
}

func (r *rewriter) get(pos parse.Pos, base parse.Node, path []string) parse.Node {
	text := unmarked(strings.Join(path, "."))
	return r.operation(pos, "__get", base, &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: text, Text: text})
}
