package template

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
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

// The shapes of Go's errors.
var (
	whereRE = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^template: [^:]*:(\d+)(?::(\d+))?: `)
	})
	// What Go says of the template alone, without data.
	harmlessRE = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(wrong number of args for \w+: want .*|can't give argument to non-function|nil is not a command)`)
	})
)

// errorAt is an error of Go's template packages in our words, with its place.
func (t *Template) errorAt(err error, message string) *Error {
	e := &Error{Name: t.name, Message: message}
	text := err.Error()
	if m := whereRE().FindStringSubmatch(text); m != nil {
		e.place(t.source, m[1], m[2])
		text = strings.TrimPrefix(text, m[0])
	}
	if message == "" {
		e.Message = shorten(unmarked(text))
	}
	return e
}

// place sets line and column, which Go counts from 0 and in the marked template.
func (e *Error) place(source, line, col string) {
	e.Line, _ = strconv.Atoi(line)
	n, err := strconv.Atoi(col)
	if err != nil {
		return
	}
	lines := strings.SplitN(source, "\n", e.Line+1)
	if e.Line > len(lines) || n > len(lines[e.Line-1]) {
		return
	}
	e.Col = len(unmarked(lines[e.Line-1][:n])) + 1
}

// parseError turns an error of Go's parser into ours.
func (t *Template) parseError(err error) *Error {
	e := t.errorAt(err, "")
	if strings.Contains(e.Message, `bad character`) && strings.Contains(e.Message, "'-'") {
		e.hint = `write a path with a hyphen as {{gjson "a.b-c"}}`
	}
	return e
}

// runError keeps what a function said and leaves the data out.
func (t *Template) runError(err error) *Error {
	message := "it cannot be rendered"
	if m := harmlessRE().FindString(err.Error()); m != "" {
		message = shorten(unmarked(m))
	}
	for _, bound := range []error{errSteps, errOutput, errDepth} {
		if errors.Is(err, bound) {
			message = bound.Error()
		}
	}
	if f := (*fault)(nil); errors.As(err, &f) {
		message = f.Error()
	}
	return t.errorAt(err, message)
}

// shorten keeps an error that quotes a template readable.
func shorten(s string) string {
	const most = 500
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
