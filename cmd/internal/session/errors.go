package session

import (
	"errors"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// CompileError is one thing that is wrong with a profile's tools, and where.
type CompileError struct {
	Pos     doc.Pos
	Key     string
	Message string
	Hint    string
}

// CompileErrors is everything that is wrong with a profile's tools.
type CompileErrors []CompileError

// Error returns one line for each: "FILE:LINE:COL: KEY: message".
func (e CompileErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = (&doc.Error{Pos: one.Pos, Key: one.Key, Message: one.Message}).Error()
	}
	return strings.Join(lines, "\n")
}

// Hint says what to do about the first one.
func (e CompileErrors) Hint() string {
	if len(e) == 0 {
		return ""
	}
	return e[0].Hint
}

// Located gives the errors of tool.Compile their places in the profile's file.
// Any other error is returned as it is.
func Located(p *profiles.Profile, err error) error {
	var list tool.Errors
	if !errors.As(err, &list) {
		return err
	}
	out := make(CompileErrors, len(list))
	for i, e := range list {
		out[i] = CompileError{Pos: p.Pos(e.Key), Key: e.Key, Message: e.Message, Hint: e.Hint}
	}
	return out
}
