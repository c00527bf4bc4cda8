// Package template renders the templates of Higress's MCP server: Go's template
// language over one JSON document, with GJSON paths and sprig's text functions. It
// is pure: the clock and the randomness that functions may ask for are inputs. (The
// one thing it reads is the system's time zone data, for dateInZone.)
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
// They are those of higress-group/gjson_template: {{.a.b}}, {{.a.0.b}} and
// {{gjson "a.#.b"}} are GJSON paths; what is absent prints nothing and is false; a
// text prints as it is, a number as it is written, an object or an array as JSON.
// On purpose it differs in this: numbers of any size compare exactly, functions
// work behind a pipe whether built in or not, toJson embeds a value as JSON,
// functions that take lists see lists, and what a gjson path does not find below
// the dot is looked up from the root.
package template

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"text/template/parse"
	"time"

	"github.com/tidwall/gjson"
)

// The bounds of one rendering.
const (
	MaxSteps   = 1_000_000
	MaxOutput  = 8 << 20 // bytes
	maxDepth   = 100     // templates within templates
	maxText    = 1 << 20 // bytes of a template
	maxNesting = 500     // blocks or parentheses in each other
)

// Env is what a rendering may know of the world. Equal Envs give equal output.
type Env struct {
	Now  time.Time // its zone is the local one of the template
	Seed [32]byte  // of everything random
}

// Template is a parsed template. It is immutable and safe for concurrent use.
type Template struct {
	name, text string
	static     bool
	source     string  // text with marks
	simple     []piece // when it is only text and plain paths
	args       []ArgUse
	trees      map[string]*parse.Tree
	functions  []string // that the trees call
	pool       sync.Pool
}

// rootName is the template itself among those that it defines.
const rootName = "\x00"

// piece is literal text, or a GJSON path below the root.
type piece struct {
	text   string
	path   string
	escape func(value) string // nil: as it prints
}

// Parse parses a template. name stands in errors. The error is an *Error with the
// place: a mistake in the language, or a function that is not known or not allowed.
func Parse(name, text string) (*Template, error) {
	t := &Template{name: name, text: text}
	if !strings.Contains(text, "{{") {
		t.static = true
		return t, nil
	}
	if len(text) > maxText {
		return nil, &Error{Name: name, Message: fmt.Sprintf("longer than %d MiB", maxText>>20)}
	}
	depth := 0
	if t.source, depth = scan(text); depth > maxNesting {
		return nil, &Error{Name: name, Message: fmt.Sprintf("nested more than %d levels deep", maxNesting)}
	}
	t.trees = map[string]*parse.Tree{}
	root := parse.New(rootName)
	root.Mode = parse.SkipFuncCheck // the checker does, and knows where
	if _, err := root.Parse(t.source, "", "", t.trees); err != nil {
		return nil, t.parseError(err)
	}
	t.simple = simplePieces(root.Root)
	t.args = argUses(t.trees)
	c := &checker{template: t, used: map[string]bool{}}
	for _, sub := range slices.Sorted(maps.Keys(t.trees)) {
		c.list(t.trees[sub].Root)
	}
	if c.err != nil {
		return nil, c.err
	}
	t.functions = slices.Sorted(maps.Keys(c.used))
	t.pool.New = func() any { return newInstance(t) }
	return t, nil
}

// Text returns the template's source.
func (t *Template) Text() string { return t.text }

// IsStatic reports whether the template is text without any action.
func (t *Template) IsStatic() bool { return t.static }

// Args returns the uses of arguments, .args.NAME, in the order of the text, those of
// defined templates first. The caller must not change it.
func (t *Template) Args() []ArgUse { return t.args }

// Render renders the template over data, one JSON document; what is not valid JSON,
// or nested more than 1,000 levels deep, is taken for no data. The error is an
// *Error: a function that failed, or a bound that was passed. Then the text is empty.
func (t *Template) Render(data []byte, env Env) (string, error) {
	if t.static {
		return t.text, nil
	}
	root := documentOf(data)
	if t.simple != nil {
		return t.renderSimple(root)
	}
	i := t.pool.Get().(*instance)
	defer t.pool.Put(i)
	return i.run(value{root}, env)
}

// documentOf reads data, which is nothing when it is not valid.
func documentOf(data []byte) gjson.Result {
	if deep(data) || !gjson.ValidBytes(data) {
		return gjson.Result{}
	}
	return gjson.ParseBytes(bytes.Trim(data, " \t\r\n")) // GJSON would keep what follows
}

// renderSimple renders text and plain paths without the executor.
func (t *Template) renderSimple(root gjson.Result) (string, error) {
	var b strings.Builder
	b.Grow(len(t.text) + 64)
	steps := 0
	for _, p := range t.simple {
		b.WriteString(p.text)
		if p.path != "" {
			found, cost := lookUp(root, p.path)
			if steps += cost; steps > MaxSteps {
				return "", &Error{Name: t.name, Message: errSteps.Error()}
			}
			v := value{found}
			if b.Len()+len(v.r.Raw) > MaxOutput {
				return "", &Error{Name: t.name, Message: errOutput.Error()}
			}
			if p.escape != nil {
				b.WriteString(p.escape(v))
			} else {
				b.WriteString(v.String())
			}
		}
		if b.Len() > MaxOutput {
			return "", &Error{Name: t.name, Message: errOutput.Error()}
		}
	}
	return b.String(), nil
}

// simplePieces returns the pieces of a template that is only text and plain
// paths, also escaped ones; nil for any other.
func simplePieces(root *parse.ListNode) []piece {
	out := make([]piece, 0, len(root.Nodes))
	for _, n := range root.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			out = append(out, piece{text: string(n.Text)})
		case *parse.ActionNode:
			p, ok := simplePiece(n.Pipe)
			if !ok {
				return nil
			}
			out = append(out, p)
		case *parse.CommentNode:
		default:
			return nil
		}
	}
	return out
}

// simplePiece reads .a.b, urlquery .a.b and .a.b | urlquery; likewise for toJson.
func simplePiece(p *parse.PipeNode) (piece, bool) {
	if len(p.Decl) > 0 || len(p.Cmds) > 2 {
		return piece{}, false
	}
	words := slices.Clone(p.Cmds[0].Args)
	if len(p.Cmds) == 2 {
		words = append(slices.Clone(p.Cmds[1].Args), words...)
	}
	f, ok := words[len(words)-1].(*parse.FieldNode)
	if !ok || len(words) > 2 {
		return piece{}, false
	}
	out := piece{path: unmarked(strings.Join(f.Ident, "."))}
	if len(words) == 2 {
		name, _ := words[0].(*parse.IdentifierNode)
		switch {
		case name == nil:
			return piece{}, false
		case name.Ident == "urlquery":
			out.escape = func(v value) string { return url.QueryEscape(v.String()) }
		case name.Ident == "toJson":
			out.escape = func(v value) string { return v.json() }
		default:
			return piece{}, false
		}
	}
	return out, true
}
