package cli

import (
	"errors"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// reportJSON prints the failure of a command with --json as one object on standard output,
// unless the command has printed its own.
func (a *app) reportJSON(err error) {
	var f *failure
	if err == nil || errors.As(err, &f) && f.said {
		return
	}
	body := map[string]any{"error": map[string]string{"message": err.Error(), "hint": hintOf(err), "at": placeOf(err)}}
	_ = printJSON(a.sys.Out, body) // nobody is there to be told that nobody reads it
}

// placeOf returns FILE:LINE:COL of what is wrong, when it is known.
func placeOf(err error) string {
	var f *failure
	if errors.As(err, &f) && f.at != "" {
		return f.at
	}
	if read, ok := errors.AsType[*openapi.Error](err); ok && read.At != "" {
		return read.At
	}
	if spec, ok := errors.AsType[*session.SpecError](err); ok && spec.At != "" {
		return spec.At
	}
	if many, ok := errors.AsType[profiles.Errors](err); ok && len(many) > 0 {
		return many[0].Pos.String()
	}
	if placed, ok := errors.AsType[*doc.Error](err); ok {
		return placed.Pos.String()
	}
	return ""
}
