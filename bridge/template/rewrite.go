package template

import (
	"strings"
	"text/template/parse"
)

// rewriter changes a parsed template so that the engine only ever evaluates our
// own functions: paths, conditions, loops and output go through them.
type rewriter struct{ refused *string } // the name of a function that is refused

func (r rewriter) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		r.node(n)
	}
}

func (r rewriter) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ActionNode:
		r.pipe(n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			r.then(n.Pipe, "__out")
		}
	case *parse.IfNode:
		function := "__truth"
		if len(n.Pipe.Decl) > 0 {
			function = "__with" // the variable is the value, not its truth
		}
		r.branch(&n.BranchNode, function)
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

func (r rewriter) branch(b *parse.BranchNode, function string) {
	r.pipe(b.Pipe)
	r.then(b.Pipe, function)
	r.list(b.List)
	r.list(b.ElseList)
}

// then puts a function behind a pipeline.
func (r rewriter) then(p *parse.PipeNode, function string) {
	p.Cmds = append(p.Cmds, r.command(p.Pos, p.Line, ident(function, p.Pos)))
}

func (r rewriter) command(pos parse.Pos, _ int, args ...parse.Node) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: args}
}

func ident(name string, pos parse.Pos) *parse.IdentifierNode {
	return parse.NewIdentifier(name).SetPos(pos)
}

// action is a node that calls one of our functions, which print nothing.
func (r rewriter) action(function string) *parse.ActionNode {
	return &parse.ActionNode{NodeType: parse.NodeAction, Pipe: &parse.PipeNode{NodeType: parse.NodePipe,
		Cmds: []*parse.CommandNode{r.command(0, 0, ident(function, 0))}}}
}

func (r rewriter) pipe(p *parse.PipeNode) {
	for _, c := range p.Cmds {
		for i, arg := range c.Args {
			c.Args[i] = r.operand(arg)
		}
		id, ok := c.Args[0].(*parse.IdentifierNode)
		if ok && id.Ident == "gjson" && len(c.Args) == 2 {
			// A path counts from the root, which is $ everywhere.
			c.Args = append(c.Args, &parse.VariableNode{NodeType: parse.NodeVariable, Pos: id.Pos, Ident: []string{"$"}})
		}
	}
}

// operand replaces a path by a call that looks it up.
func (r rewriter) operand(n parse.Node) parse.Node {
	switch n := n.(type) {
	case *parse.IdentifierNode:
		if strings.HasPrefix(n.Ident, "__") || refused()[n.Ident] != "" {
			*r.refused = n.Ident // ours, or a built-in one, which the parser knows
		}
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

func (r rewriter) get(pos parse.Pos, base parse.Node, path []string) parse.Node {
	text := strings.Join(path, ".")
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{r.command(pos, 0,
		ident("__get", pos), base, &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: text, Text: text})}}
}

// escapers are the functions whose output cannot change the meaning of a URL.
func escapers() map[string]bool {
	return map[string]bool{"urlquery": true, "b64enc": true, "b32enc": true, "sha1sum": true, "sha256sum": true, "adler32sum": true,
		"len": true, "int": true, "int64": true, "float64": true, "toJson": false}
}

// argUses finds the uses of .args.NAME below n. escaped holds for what n stands in.
func argUses(n parse.Node, escaped bool) []ArgUse {
	switch n := n.(type) {
	case *parse.ListNode:
		var out []ArgUse
		if n != nil {
			for _, c := range n.Nodes {
				out = append(out, argUses(c, escaped)...)
			}
		}
		return out
	case *parse.ActionNode:
		return pipeUses(n.Pipe, escaped)
	case *parse.IfNode: // a condition prints nothing
		return append(argUses(n.List, escaped), argUses(n.ElseList, escaped)...)
	case *parse.WithNode:
		return branchUses(&n.BranchNode, escaped)
	case *parse.RangeNode:
		return branchUses(&n.BranchNode, escaped)
	case *parse.TemplateNode:
		return pipeUses(n.Pipe, escaped)
	case *parse.PipeNode:
		return pipeUses(n, escaped)
	case *parse.FieldNode:
		if len(n.Ident) > 1 && n.Ident[0] == "args" {
			return []ArgUse{{Name: n.Ident[1], Escaped: escaped}}
		}
	case *parse.VariableNode:
		if len(n.Ident) > 2 && n.Ident[0] == "$" && n.Ident[1] == "args" {
			return []ArgUse{{Name: n.Ident[2], Escaped: escaped}}
		}
	}
	return nil
}

func branchUses(b *parse.BranchNode, escaped bool) []ArgUse {
	out := pipeUses(b.Pipe, escaped)
	return append(append(out, argUses(b.List, escaped)...), argUses(b.ElseList, escaped)...)
}

func pipeUses(p *parse.PipeNode, escaped bool) []ArgUse {
	if p == nil {
		return nil
	}
	var out []ArgUse
	for i, c := range p.Cmds {
		inside := escaped
		for _, later := range p.Cmds[i:] {
			if id, ok := later.Args[0].(*parse.IdentifierNode); ok && escapers()[id.Ident] {
				inside = true
			}
		}
		for _, arg := range c.Args {
			out = append(out, argUses(arg, inside)...)
		}
	}
	return out
}
