package tool

import (
	"sync"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// lazy holds what is made from a Tool on first use: its parsed templates and
// schemas. Thousands of tools can be compiled without any of it.
type lazy struct {
	templatesOnce sync.Once
	templates     Templates
	templatesErr  error

	inputOnce sync.Once
	input     *doc.Node
	inputErr  error

	outputOnce sync.Once
	output     *doc.Node
	outputErr  error
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
// *template.Error; for a tool of [Compile] there is none. It is safe for
// concurrent use.
func (t *Tool) Templates() (*Templates, error) {
	t.compiled.templatesOnce.Do(func() {
		t.compiled.templatesErr = t.parseTemplates(func(_ string, err error) error { return err })
	})
	if t.compiled.templatesErr != nil {
		return nil, t.compiled.templatesErr
	}
	return &t.compiled.templates, nil
}

// parseTemplates parses every template. fail gets the key of one that cannot be
// parsed, and its return value ends the work unless it is nil.
func (t *Tool) parseTemplates(fail func(key string, err error) error) error {
	ts := &t.compiled.templates
	ts.Headers = make([]*template.Template, len(t.Request.Headers))
	parts := []part{
		{"requestTemplate.url", t.Request.URL, &ts.URL},
		{"requestTemplate.body", t.Request.Body, &ts.Body},
		{"responseTemplate.body", t.Response.Body, &ts.Response},
		{"errorResponseTemplate", t.Response.ErrorBody, &ts.ErrorResponse},
	}
	for i, h := range t.Request.Headers {
		parts = append(parts, part{doc.Index("requestTemplate.headers", i) + ".value", h.Value, &ts.Headers[i]})
	}
	for _, p := range parts {
		parsed, err := template.Parse(p.key, p.text)
		if err != nil {
			if err = fail(p.key, err); err != nil {
				return err
			}
			continue
		}
		*p.to = parsed
	}
	return nil
}

type part struct {
	key, text string
	to        **template.Template
}

// inputSchema returns the listed input schema as a tree.
func (t *Tool) inputSchema() (*doc.Node, error) {
	t.compiled.inputOnce.Do(func() {
		t.compiled.input, t.compiled.inputErr = doc.FromJSON(t.InputSchema)
	})
	return t.compiled.input, t.compiled.inputErr
}

// outputSchema returns the output schema as a tree; nil when there is none.
func (t *Tool) outputSchema() (*doc.Node, error) {
	t.compiled.outputOnce.Do(func() {
		if t.OutputSchema != nil {
			t.compiled.output, t.compiled.outputErr = doc.FromJSON(t.OutputSchema)
		}
	})
	return t.compiled.output, t.compiled.outputErr
}
