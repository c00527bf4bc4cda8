package tool

import (
	"regexp"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// lazy holds what is made from a Tool on first use: its parsed templates and
// schemas. Thousands of tools can be compiled without any of it.
type lazy struct {
	templatesOnce sync.Once
	templates     Templates
	templatesErr  error

	inputOnce sync.Once
	input     schema
	names     map[string]string // wire names of arguments to listed ones, where they differ

	outputOnce sync.Once
	output     schema
}

// schema is a JSON schema that is ready for checking.
type schema struct {
	root     *doc.Node
	patterns map[string]*regexp.Regexp // every pattern that Go's regexp knows
	enums    map[*doc.Node]enum        // what a schema lists
	wide     map[*doc.Node]members     // tables with many members
	err      error
}

// enum is what a schema lists, ready for long lists of either.
type enum struct {
	values map[string]bool // by key
	kinds  jsonschema.Kinds
}

// members finds the members of a table.
type members map[string]*doc.Node

// lookup returns a function that finds a table's members, as doc.Node.Get does in
// time that grows with the table.
func lookup(n *doc.Node) func(key string) *doc.Node {
	const many = 16
	if n == nil || len(n.Members) <= many {
		return n.Get
	}
	m := indexed(n)
	return func(key string) *doc.Node { return m[key] }
}

func indexed(n *doc.Node) members {
	m := make(members, len(n.Members))
	for _, one := range n.Members {
		m[one.Key] = one.Value
	}
	return m
}

// Templates are a tool's parsed templates. One that the tool does not have is the
// template of the empty text.
type Templates struct {
	URL           *template.Template
	Headers       []*template.Template // as Request.Headers
	Body          *template.Template
	Response      *template.Template
	ErrorResponse *template.Template
}

// Templates parses the tool's templates on first use. The error is a
// *template.Error; for a hand-written tool of [Compile] there is none. It is safe
// for concurrent use.
func (t *Tool) Templates() (*Templates, error) {
	l := &t.compiled
	l.templatesOnce.Do(func() {
		t.parseTemplates(template.Parse, func(_ string, err error) {
			if l.templatesErr == nil {
				l.templatesErr = err
			}
		})
	})
	if l.templatesErr != nil {
		return nil, l.templatesErr
	}
	return &l.templates, nil
}

// checkTemplates is the first use. It reports every template that cannot be
// parsed. Tools often have a template in common; it is parsed once.
func (c *compiler) checkTemplates(t *Tool) {
	l := &t.compiled
	l.templatesOnce.Do(func() {
		t.parseTemplates(c.parse, func(key string, err error) {
			l.templatesErr = err
			c.failWith(key, err)
		})
	})
}

func (c *compiler) parse(name, text string) (*template.Template, error) {
	key := name + "\x00" + text // errors tell the name
	if known := c.templates[key]; known != nil {
		return known, nil
	}
	parsed, err := template.Parse(name, text)
	if err == nil {
		c.templates[key] = parsed
	}
	return parsed, err
}

func (t *Tool) parseTemplates(with func(name, text string) (*template.Template, error), fail func(key string, err error)) {
	ts := &t.compiled.templates
	ts.Headers = make([]*template.Template, len(t.Request.Headers))
	parse := func(key, text string, to **template.Template) {
		parsed, err := with(key, text)
		if err != nil {
			fail(key, err)
			return
		}
		*to = parsed
	}
	parse("requestTemplate.url", t.Request.URL, &ts.URL)
	for i, h := range t.Request.Headers {
		parse(headerKey(i), h.Value, &ts.Headers[i])
	}
	parse("requestTemplate.body", t.Request.Body, &ts.Body)
	parse("responseTemplate.body", t.Response.Body, &ts.Response)
	parse("errorResponseTemplate", t.Response.ErrorBody, &ts.ErrorResponse)
}

func headerKey(i int) string { return doc.Index("requestTemplate.headers", i) + ".value" }

// inputSchema returns the listed input schema, made ready on first use.
func (t *Tool) inputSchema() *schema {
	t.compiled.inputOnce.Do(func() {
		t.compiled.input = readSchema(t.InputSchema, t.Patterns)
		for i := range t.Params {
			if p := &t.Params[i]; p.Wire != "" && p.Wire != p.Name {
				if t.compiled.names == nil {
					t.compiled.names = map[string]string{}
				}
				t.compiled.names[p.Wire] = p.Name
			}
		}
	})
	return &t.compiled.input
}

// outputSchema returns the output schema, which is the empty one when there is none.
func (t *Tool) outputSchema() *schema {
	t.compiled.outputOnce.Do(func() { t.compiled.output = readSchema(t.OutputSchema, nil) })
	return &t.compiled.output
}

func readSchema(raw []byte, patterns map[string]string) schema {
	if len(raw) == 0 {
		return schema{}
	}
	root, err := doc.FromJSON(raw)
	putPatterns(root, patterns)
	return prepared(root, err)
}

// prepared compiles every pattern of a schema once.
func prepared(root *doc.Node, err error) schema {
	s := schema{root: root, err: err}
	s.compile(root)
	return s
}

func (s *schema) compile(n *doc.Node) {
	if n == nil {
		return
	}
	for _, item := range n.Items {
		s.compile(item)
	}
	for _, m := range n.Members {
		switch {
		case m.Key == "properties" && len(m.Value.Members) > 16:
			if s.wide == nil {
				s.wide = map[*doc.Node]members{}
			}
			s.wide[m.Value] = indexed(m.Value)
		case m.Key == "enum" && m.Value.Kind == doc.List:
			s.enum(n, m.Value.Items)
		case (m.Key == "pattern" || m.Key == jsonschema.UnlistedPattern) && m.Value.Kind == doc.String:
			s.pattern(m.Value.Text)
		case m.Key == "patternProperties":
			for _, p := range m.Value.Members {
				s.pattern(p.Key)
			}
		}
		s.compile(m.Value)
	}
}

// property returns a member of the properties of one of the schemas.
func (s *schema) property(properties *doc.Node, name string) *doc.Node {
	if m := s.wide[properties]; m != nil {
		return m[name]
	}
	return properties.Get(name)
}

func (s *schema) enum(n *doc.Node, items []*doc.Node) {
	if s.enums == nil {
		s.enums = map[*doc.Node]enum{}
	}
	e := enum{values: make(map[string]bool, len(items))}
	for _, item := range items {
		e.values[jsonschema.Key(item)] = true
		e.kinds |= jsonschema.KindOfValue(item)
	}
	s.enums[n] = e
}

// pattern compiles one regular expression. One that Go does not know is not checked.
func (s *schema) pattern(text string) {
	re := jsonschema.CompilePattern(text)
	if re == nil {
		return
	}
	if s.patterns == nil {
		s.patterns = map[string]*regexp.Regexp{}
	}
	s.patterns[text] = re
}
