package template

import (
	"strings"
	"text/template/parse"
)

// checker looks at parsed templates before they run: the functions and templates
// that they call exist and may be called. It writes the paths for the executor.
type checker struct {
	template *Template
	used     map[string]bool // functions that are called
	err      *Error          // the first thing that is wrong
}

// fail keeps the first error, with the place of n.
func (c *checker) fail(n parse.Node, message, hint string) {
	if c.err != nil {
		return
	}
	c.err = &Error{Name: c.template.name, Message: shorten(unmarked(message)), hint: hint}
	c.err.Line, c.err.Col = c.template.place(n.Position())
}

func (c *checker) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		c.node(n)
	}
}

func (c *checker) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ActionNode:
		c.pipe(n.Pipe)
	case *parse.IfNode:
		c.branch(&n.BranchNode)
	case *parse.WithNode:
		c.branch(&n.BranchNode)
	case *parse.RangeNode:
		c.branch(&n.BranchNode)
	case *parse.TemplateNode:
		if c.template.trees[n.Name] == nil {
			c.fail(n, "there is no template "+n.Name, `define it: {{define "`+n.Name+`"}}…{{end}}`)
		}
		if n.Pipe != nil {
			c.pipe(n.Pipe)
		}
	case *parse.ListNode:
		c.list(n)
	}
}

func (c *checker) branch(b *parse.BranchNode) {
	c.pipe(b.Pipe)
	c.list(b.List)
	c.list(b.ElseList)
}

func (c *checker) pipe(p *parse.PipeNode) {
	for i, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			c.operand(arg)
		}
		id, ok := cmd.Args[0].(*parse.IdentifierNode)
		if ok && (id.Ident == "and" || id.Ident == "or") && len(cmd.Args) == 1 && i == 0 {
			c.fail(id, id.Ident+": wants an argument", "")
		}
	}
}

// operand checks a part of a command. The names of a path become one GJSON path.
func (c *checker) operand(n parse.Node) {
	switch n := n.(type) {
	case *parse.IdentifierNode:
		c.function(n)
	case *parse.FieldNode:
		n.Ident = []string{pathOf(n.Ident)}
	case *parse.VariableNode:
		if len(n.Ident) > 1 {
			n.Ident = []string{n.Ident[0], pathOf(n.Ident[1:])}
		}
	case *parse.ChainNode:
		c.operand(n.Node)
		n.Field = []string{pathOf(n.Field)}
	case *parse.PipeNode:
		c.pipe(n)
	}
}

func pathOf(names []string) string { return unmarked(strings.Join(names, ".")) }

// function checks that a function may be called.
func (c *checker) function(n *parse.IdentifierNode) {
	if why := refused(n.Ident); why != "" {
		c.fail(n, "the function "+n.Ident+" is not allowed: "+why, "")
		return
	}
	if !known()[n.Ident] {
		hint := ""
		if near := nearest(n.Ident); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.fail(n, "there is no function "+n.Ident, hint)
		return
	}
	c.used[n.Ident] = true
}
