package template

import (
	"maps"
	"slices"
	"strings"
	"text/template/parse"
)

// ArgUse is one place where a template uses an argument.
type ArgUse struct {
	Name string // of .args.NAME
	// Escaped holds where the argument cannot change the meaning of a URL it stands
	// in: it goes through urlquery or a digest, is only counted or compared, or only
	// decides what is printed.
	Escaped bool
}

// harmless are the functions whose output cannot change the meaning of a URL.
func harmless(function string) bool {
	switch function {
	case "urlquery", "b32enc", "sha1sum", "sha256sum", "sha512sum", "adler32sum",
		"len", "int", "int64", "float64", "atoi", "toDecimal", "add", "add1", "sub", "mul", "div", "mod", "min", "max", "biggest", "floor", "ceil", "round",
		"eq", "ne", "lt", "le", "gt", "ge", "not", "empty", "all", "any", "contains", "hasPrefix", "hasSuffix", "has", "mustHas", "hasKey",
		"regexMatch", "mustRegexMatch", "kindIs", "typeIs", "typeIsLike", "deepEqual", "semverCompare", "isAbs", "unixEpoch":
		return true
	}
	return false
}

// argUses finds the uses of arguments in templates: below .args, $.args, a variable
// or a dot that stands for them, and by index and gjson with a literal name.
func argUses(trees map[string]*parse.Tree) []ArgUse {
	f := &useFinder{trees: trees}
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		if name != rootName {
			f.list(trees[name].Root, scope{dot: []string{}, root: []string{}}, false)
		}
	}
	f.list(trees[rootName].Root, scope{dot: []string{}, root: []string{}}, false)
	return f.uses
}

// scope is what paths begin from. A path is nil when it is not known.
type scope struct {
	dot, root []string
	vars      map[string][]string
}

// with returns the scope in which a variable stands for a path.
func (s scope) with(name string, path []string) scope {
	vars := maps.Clone(s.vars)
	if vars == nil {
		vars = map[string][]string{}
	}
	vars[name] = path
	s.vars = vars
	return s
}

type useFinder struct {
	trees map[string]*parse.Tree
	uses  []ArgUse
	calls int // of templates, followed with a dot that is known
}

// list looks through a block. Variables that it declares are known behind that.
func (f *useFinder) list(l *parse.ListNode, s scope, escaped bool) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			f.pipe(n.Pipe, s, escaped || len(n.Pipe.Decl) > 0 && f.path(n.Pipe, s) != nil) // a use is where the variable prints
			s = f.declare(n.Pipe, s)
		case *parse.IfNode:
			f.pipe(n.Pipe, s, true)
			f.branch(&n.BranchNode, f.declare(n.Pipe, s), s, escaped)
		case *parse.WithNode:
			inner := f.declare(n.Pipe, s)
			inner.dot = f.path(n.Pipe, s)
			f.pipe(n.Pipe, s, escaped || inner.dot != nil) // a use is where the dot prints
			f.branch(&n.BranchNode, inner, s, escaped)
		case *parse.RangeNode:
			inner := s
			if inner.dot = f.path(n.Pipe, s); len(inner.dot) < 2 {
				inner.dot = nil
			}
			for _, v := range n.Pipe.Decl { // items count as the argument that they are of
				inner = inner.with(v.Ident[0], inner.dot)
			}
			f.pipe(n.Pipe, s, escaped || inner.dot != nil)
			f.branch(&n.BranchNode, inner, s, escaped)
		case *parse.TemplateNode:
			f.call(n, s, escaped)
		case *parse.ListNode:
			f.list(n, s, escaped)
		}
	}
}

func (f *useFinder) branch(b *parse.BranchNode, inner, outer scope, escaped bool) {
	f.list(b.List, inner, escaped)
	f.list(b.ElseList, outer, escaped)
}

// declare returns the scope behind a pipeline.
func (f *useFinder) declare(p *parse.PipeNode, s scope) scope {
	for _, v := range p.Decl {
		s = s.with(v.Ident[0], f.path(p, s))
	}
	return s
}

// call follows a template into which a part of the arguments is passed; that it uses
// them itself has been seen.
func (f *useFinder) call(n *parse.TemplateNode, s scope, escaped bool) {
	if n.Pipe == nil {
		return
	}
	dot := f.path(n.Pipe, s)
	tree := f.trees[n.Name]
	if len(dot) != 1 || dot[0] != "args" || tree == nil || f.calls > 100 {
		f.pipe(n.Pipe, s, escaped)
		return
	}
	f.calls++
	f.list(tree.Root, scope{dot: dot, root: dot}, escaped)
}

// pipe looks through a pipeline: what goes into a harmless function, also by way of
// later ones, is escaped.
func (f *useFinder) pipe(p *parse.PipeNode, s scope, escaped bool) {
	if p == nil {
		return
	}
	for i, c := range p.Cmds {
		inside := escaped
		for _, later := range p.Cmds[i:] {
			if id, ok := later.Args[0].(*parse.IdentifierNode); ok && harmless(id.Ident) {
				inside = true
			}
		}
		if path := f.commandPath(c, s); path != nil {
			f.use(path, inside)
			continue
		}
		for _, arg := range c.Args {
			if inner, ok := arg.(*parse.PipeNode); ok {
				f.pipe(inner, s, inside)
			} else {
				f.use(f.nodePath(arg, s), inside)
			}
		}
	}
}

func (f *useFinder) use(path []string, escaped bool) {
	if len(path) > 1 && path[0] == "args" {
		f.uses = append(f.uses, ArgUse{path[1], escaped})
	}
}

// path returns the path that a pipeline stands for, nil when it is no path.
func (f *useFinder) path(p *parse.PipeNode, s scope) []string {
	if p == nil || len(p.Cmds) != 1 {
		return nil
	}
	return f.commandPath(p.Cmds[0], s)
}

// commandPath returns the path that a command stands for: a path itself, or index
// and gjson with literals.
func (f *useFinder) commandPath(c *parse.CommandNode, s scope) []string {
	name, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		if len(c.Args) > 1 {
			return nil
		}
		return f.nodePath(c.Args[0], s)
	}
	switch {
	case name.Ident == "gjson" && len(c.Args) == 2:
		if text, ok := c.Args[1].(*parse.StringNode); ok && !strings.ContainsAny(text.Text, `\|#@*?{[!`) {
			return strings.Split(text.Text, ".")
		}
	case name.Ident == "index" && len(c.Args) > 2:
		path := f.nodePath(c.Args[1], s)
		for _, key := range c.Args[2:] {
			text, ok := key.(*parse.StringNode)
			if path == nil || !ok {
				return nil
			}
			path = below(path, text.Text)
		}
		return path
	}
	return nil
}

// nodePath returns the path that an operand stands for.
func (f *useFinder) nodePath(n parse.Node, s scope) []string {
	switch n := n.(type) {
	case *parse.DotNode:
		return s.dot
	case *parse.FieldNode:
		return below(s.dot, n.Ident...)
	case *parse.VariableNode:
		if n.Ident[0] == "$" {
			return below(s.root, n.Ident[1:]...)
		}
		return below(s.vars[n.Ident[0]], n.Ident[1:]...)
	case *parse.PipeNode:
		return f.path(n, s)
	case *parse.ChainNode:
		return below(f.nodePath(n.Node, s), n.Field...)
	}
	return nil
}

// below returns the path of a member; nil below what is not known.
func below(path []string, members ...string) []string {
	if path == nil {
		return nil
	}
	out := slices.Clone(path)
	for _, m := range members {
		out = append(out, unmarked(m))
	}
	return out
}
