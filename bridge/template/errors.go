package template

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template/parse"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// Error says what is wrong with a template, or what went wrong in rendering it. It
// never holds data.
type Error struct {
	Name      string // of the template
	Line, Col int    // 1-based; 0 when unknown
	Message   string
	hint      string
}

// Error returns "template line LINE: MESSAGE".
func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("template line %d: %s", e.Line, e.Message)
	}
	return "template: " + e.Message
}

// Hint says what to write instead.
func (e *Error) Hint() string { return e.hint }

var (
	errSteps  = errors.New("it takes too many steps")
	errOutput = fmt.Errorf("its output is larger than %d MiB", MaxOutput>>20)
	errDepth  = errors.New("templates call each other too deeply")
)

// fault is a function that refused its arguments.
type fault struct{ function, message string }

func (f *fault) Error() string { return f.function + ": " + f.message }

// whereRE is how an error of Go's parser begins.
var whereRE = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^template: [^:]*:(\d+): `)
})

// parseError is an error of Go's parser in our words, with its line.
func (t *Template) parseError(err error) *Error {
	text := err.Error()
	e := &Error{Name: t.name}
	if m := whereRE().FindStringSubmatch(text); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		text = strings.TrimPrefix(text, m[0])
	}
	e.Message = shorten(unmarked(text))
	if strings.Contains(e.Message, `bad character`) && strings.Contains(e.Message, "'-'") {
		e.hint = `write a path with a hyphen as {{gjson "a.b-c"}}`
	}
	return e
}

// place returns the line and the column, in the template without marks.
func (t *Template) place(pos parse.Pos) (line, col int) {
	before := t.source[:min(int(pos), len(t.source))]
	start := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + len(unmarked(before[start:]))
}

// shorten keeps an error that quotes a template readable.
func shorten(s string) string { return plaintext.ShortenBytes(s, 500) }
