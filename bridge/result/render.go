package result

import (
	"errors"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
)

// which names one of the two templates that are rendered over a response.
type which int

const (
	responseTemplate which = iota
	errorTemplate
)

// render renders a template over data and masks what came out: a template can
// decode what the mask could not see.
func (s *shaper) render(w which, source string, data []byte) (string, error) {
	if !strings.Contains(source, "{{") {
		return source, nil
	}
	ts, err := s.tool.Templates()
	if err != nil {
		return "", err
	}
	var t *template.Template
	if t = ts.Response; w == errorTemplate {
		t = ts.ErrorResponse
	}
	if t == nil {
		return "", errors.New("has no template")
	}
	text, err := t.Render(data, s.options.Env)
	if err != nil {
		return "", errors.New(string(s.options.Mask([]byte(err.Error()))))
	}
	return string(s.options.Mask([]byte(text))), nil
}
