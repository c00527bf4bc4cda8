package request

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// render renders one template of the tool: "url", "body" or
// "responseTemplate.body", whose source text is given too. Text without an action
// is its own rendering. data nil means the call's own.
func (b *builder) render(part, source string, data []byte) (string, *Error) {
	if !strings.Contains(source, "{{") {
		return source, nil
	}
	return b.execute(part, data, func(ts *tool.Templates) *template.Template {
		switch part {
		case "url":
			return ts.URL
		case "body":
			return ts.Body
		}
		return ts.Response
	})
}

// renderHeader renders the i-th header template.
func (b *builder) renderHeader(i int, h profiles.Header) (string, *Error) {
	if !strings.Contains(h.Value, "{{") {
		return h.Value, nil
	}
	return b.execute("header "+quoteName(h.Key), nil, func(ts *tool.Templates) *template.Template {
		if i < len(ts.Headers) {
			return ts.Headers[i]
		}
		return nil
	})
}

func (b *builder) execute(part string, data []byte, pick func(*tool.Templates) *template.Template) (string, *Error) {
	ts, err := b.tool.Templates()
	if err != nil {
		return "", &Error{Kind: TemplateFailed, Part: part, Message: "cannot be parsed", Err: err}
	}
	tmpl := pick(ts)
	if tmpl == nil {
		return "", &Error{Kind: TemplateFailed, Part: part, Message: "has no template"}
	}
	if data == nil {
		if b.data == nil {
			made, err := b.dataWith(b.args)
			if err != nil {
				return "", err
			}
			b.data = made
		}
		data = b.data
	}
	text, err := tmpl.Render(data, b.env)
	if err != nil {
		return "", &Error{Kind: TemplateFailed, Part: part, Message: "cannot be rendered", Err: err}
	}
	return string(text), nil
}
