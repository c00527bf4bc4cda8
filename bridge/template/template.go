// Package template renders the templates of Higress's MCP server: Go's template
// language over one JSON document, with GJSON paths and sprig's text functions. It
// is pure: the clock and the randomness that functions may ask for are inputs.
//
// # Terminology
//
// The data is one JSON document. A value is a part of it that a path names. A step
// is a unit of work: templates may come from strangers, so that the number of
// steps, the size of the output and the depth of templates within templates are
// bounded; a template that goes beyond is an error, never a hang.
//
// # Semantics
//
// They are those of higress-group/gjson_template: {{.a.b}} and {{gjson "a.#.b"}}
// are GJSON paths; what is absent prints nothing and is false; a text prints as it
// is, an object or an array as JSON. On purpose it differs in this: a number keeps
// its digits, functions work behind a pipe whether built in or not, toJson embeds
// a value as JSON, and functions that take lists see lists.
package template

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	tt "text/template"
	"text/template/parse"
	"time"

	"github.com/tidwall/gjson"
)

// The bounds of one rendering.
const (
	MaxSteps  = 1_000_000
	MaxOutput = 8 << 20 // bytes
	maxDepth  = 100     // templates within templates
	maxText   = 4 << 20 // bytes of a template
)

// Env is what a rendering may know of the world. Equal Envs give equal output.
type Env struct {
	Now  time.Time
	Seed [32]byte // of everything random
}

// Template is a parsed template. It is immutable and safe for concurrent use.
type Template struct {
	name, text string
	static     bool
	simple     []piece // when it is only text and plain paths
	args       []ArgUse
	tree       *tt.Template
	pool       sync.Pool // of *instance
}

// piece is literal text, or a GJSON path below the root.
type piece struct {
	text string
	path string
}

// ArgUse is one place where a template uses an argument.
type ArgUse struct {
	Name    string // of .args.NAME
	Escaped bool   // a function encodes it for where it stands
}

// Error says what is wrong with a template, or what went wrong in rendering it. It
// never holds data.
type Error struct {
	Name      string // of the template
	Line, Col int    // 1-based; 0 when unknown
	Message   string
	hint      string
}

// Error returns "template NAME:LINE: message".
func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("template line %d: %s", e.Line, e.Message)
	}
	return "template: " + e.Message
}

// Hint says what to write instead.
func (e *Error) Hint() string { return e.hint }

// Parse parses a template. name stands in errors. The error is an *Error: a
// mistake in the language, a function that is not known or not allowed.
func Parse(name, text string) (*Template, error) {
	t := &Template{name: name, text: text}
	if !strings.Contains(text, "{{") {
		t.static = true
		return t, nil
	}
	if len(text) > maxText {
		return nil, &Error{Name: name, Message: fmt.Sprintf("longer than %d MiB", maxText>>20)}
	}
	if depth := nesting(text); depth > maxNesting {
		return nil, &Error{Name: name, Message: fmt.Sprintf("nested more than %d levels deep", maxNesting)}
	}
	tree, err := tt.New("t").Option("missingkey=zero").Funcs(names()).Parse(text)
	if err != nil {
		return nil, parseError(name, err)
	}
	all := tree.Templates()
	slices.SortFunc(all, func(a, b *tt.Template) int { return strings.Compare(a.Name(), b.Name()) })
	for _, sub := range all {
		if sub.Tree == nil || sub.Tree.Root == nil {
			continue
		}
		if sub.Name() == "t" {
			t.simple = simplePieces(sub.Tree.Root)
		}
		t.args = append(t.args, argUses(sub.Tree.Root, false)...)
		bad := ""
		r := rewriter{refused: &bad}
		r.list(sub.Tree.Root)
		if bad != "" {
			return nil, parseError(name, fmt.Errorf("function %q not defined", bad))
		}
		sub.Tree.Root.Nodes = append([]parse.Node{r.action("__enter")}, append(sub.Tree.Root.Nodes, r.action("__leave"))...)
	}
	t.tree = tree
	t.pool.New = func() any { return newInstance(tree) }
	return t, nil
}

// maxNesting bounds the parentheses and blocks of a template: Go's parser recurses.
const maxNesting = 500

// nesting returns how deep the blocks or the parentheses of a template stand in
// each other. An "else if" is one level more, as in Go's parser.
func nesting(text string) int {
	if strings.Count(text, "{{") <= maxNesting && strings.Count(text, "(") <= maxNesting {
		return 0
	}
	deepest, now, chained := 0, 0, []int{0}
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		switch {
		case m[1] == "end":
			last := len(chained) - 1
			now = max(0, now-1-chained[last])
			if chained = chained[:last]; last == 0 {
				chained = []int{0}
			}
		case strings.HasPrefix(m[1], "else"):
			now++
			chained[len(chained)-1]++
		default:
			now++
			chained = append(chained, 0)
		}
		deepest = max(deepest, now)
	}
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			open++
			deepest = max(deepest, open)
		case ')':
			open = max(0, open-1)
		}
	}
	return deepest
}

var block = regexp.MustCompile(`\{\{-?\s*(if|range|with|block|define|end|else\s+if|else\s+with)\b`)

var (
	whereRE    = regexp.MustCompile(`^template: t:(\d+)(?::(\d+))?: (?:executing "[^"]*" at <[^>]*>: )?`)
	functionRE = regexp.MustCompile(`function "([^"]*)" not defined`)
	digitRE    = regexp.MustCompile(`unexpected "?\.\d`)
)

// parseError turns an error of Go's parser into ours.
func parseError(name string, err error) *Error {
	e := &Error{Name: name, Message: shorten(err.Error())}
	if m := whereRE.FindStringSubmatch(e.Message); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Col, _ = strconv.Atoi(m[2])
		e.Message = strings.TrimPrefix(e.Message, m[0])
	}
	if m := functionRE.FindStringSubmatch(e.Message); m != nil {
		e.Message = "there is no function " + m[1]
		if why := refused()[m[1]]; why != "" {
			e.Message = "the function " + m[1] + " is not allowed: " + why
		} else if near := nearest(m[1]); near != "" {
			e.hint = "did you mean " + near + "?"
		}
	}
	if digitRE.MatchString(e.Message) {
		e.hint = `write a path with numbers as {{gjson "items.0.id"}}`
	}
	return e
}

// shorten keeps an error that quotes a template readable.
func shorten(s string) string {
	const most = 500
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Text returns the template's source.
func (t *Template) Text() string { return t.text }

// IsStatic reports whether the template is text without any action.
func (t *Template) IsStatic() bool { return t.static }

// Args returns every use of an argument, .args.NAME.
func (t *Template) Args() []ArgUse { return t.args }

// Render renders the template over data, one JSON document; what is not valid JSON,
// or nested more than 1,000 levels deep, is taken for no data. The error is an *Error: a function that failed, or a bound
// that was passed.
func (t *Template) Render(data []byte, env Env) (string, error) {
	if t.static {
		return t.text, nil
	}
	root := gjson.Result{}
	if !deep(data) && gjson.ValidBytes(data) {
		root = gjson.ParseBytes(data)
	}
	if t.simple != nil {
		return t.renderSimple(root)
	}
	i := t.pool.Get().(*instance)
	defer t.pool.Put(i)
	return i.run(t.name, value{root}, env)
}

// renderSimple renders text and plain paths without the template engine.
func (t *Template) renderSimple(root gjson.Result) (string, error) {
	var b strings.Builder
	steps, cost := 0, 1+len(root.Raw)/2048
	for _, p := range t.simple {
		b.WriteString(p.text)
		if p.path != "" {
			if steps += cost; steps > MaxSteps {
				return "", &Error{Name: t.name, Message: errSteps.Error()}
			}
			b.WriteString(value{root.Get(p.path)}.String())
		}
		if b.Len() > MaxOutput {
			return "", &Error{Name: t.name, Message: errOutput.Error()}
		}
	}
	return b.String(), nil
}

// simplePieces returns the pieces of a template that is only text and plain
// paths, nil for any other.
func simplePieces(root *parse.ListNode) []piece {
	var out []piece
	for _, n := range root.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			out = append(out, piece{text: string(n.Text)})
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
				return nil
			}
			f, ok := n.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
			if !ok {
				return nil
			}
			out = append(out, piece{path: strings.Join(f.Ident, ".")})
		case *parse.CommentNode:
		default:
			return nil
		}
	}
	return out
}

var (
	errSteps  = errors.New("it takes too many steps")
	errOutput = fmt.Errorf("its output is larger than %d MiB", MaxOutput>>20)
	errDepth  = errors.New("templates call each other too deeply")
)
