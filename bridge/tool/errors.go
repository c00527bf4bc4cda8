package tool

import (
	"errors"
	"strings"
)

// Warning is something about a profile's tools that a person should know.
type Warning struct {
	Key     string // such as "tools[2].requestTemplate.url"
	Message string
}

// Error is one thing that keeps a profile from being compiled.
type Error struct {
	Key     string // such as "tools[2].requestTemplate.url"
	Message string
	Hint    string // what to write instead, or empty
}

// Error returns "KEY: message".
func (e *Error) Error() string {
	if e.Key == "" {
		return e.Message
	}
	return e.Key + ": " + e.Message
}

// Errors is everything that keeps a profile from being compiled, in the profile's
// order. It is never empty when it is returned as an error.
type Errors []*Error

// Error returns one line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Hint says what to write instead, for the first error that knows it.
func (e Errors) Hint() string {
	for _, one := range e {
		if one.Hint != "" {
			return one.Hint
		}
	}
	return ""
}

// Unwrap returns the single errors.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

func (c *compiler) fail(key, message, hint string) {
	c.errs = append(c.errs, &Error{Key: c.key(key), Message: message, Hint: hint})
}

func (c *compiler) warn(key, message string) {
	c.warnings = append(c.warnings, Warning{Key: c.key(key), Message: message})
}

func (c *compiler) key(key string) string {
	switch {
	case key == "":
		return c.at
	case c.at == "":
		return key
	}
	return c.at + "." + key
}

// failWith reports an error of another room, with its hint.
func (c *compiler) failWith(key string, err error) {
	var hinted interface{ Hint() string }
	hint := ""
	if errors.As(err, &hinted) {
		hint = hinted.Hint()
	}
	c.fail(key, err.Error(), hint)
}
