package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
	"unicode/utf16"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// The exit codes that scripts rely on.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitInvalid  = 3 // profile or document
	exitSignIn   = 4
	exitNetwork  = 5 // backend or network unreachable
	exitKeychain = 6
	exitStopped  = 130
)

// failure is an error that knows its exit code, and what to type next when its
// cause does not say so itself.
type failure struct {
	code int
	err  error
	hint string
	at   string // FILE:LINE:COL, when there is one
	// said is true when everything has been printed already.
	said bool
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// Hint returns what to type next.
func (f *failure) Hint() string {
	if f.hint != "" {
		return f.hint
	}
	return hintOf(f.err)
}

// fail makes an error with an exit code and a hint.
func fail(code int, hint, format string, args ...any) error {
	return &failure{code: code, err: fmt.Errorf(format, args...), hint: hint}
}

// commandLine is a command for a hint, written for the shells of this system.
func commandLine(words ...string) string { return plaintext.ShellOf(runtime.GOOS).Command(words...) }

// usage is a mistake in the command line.
func usage(hint, format string, args ...any) error { return fail(exitUsage, hint, format, args...) }

// silent ends the command with a code after everything has been said.
func silent(code int) error {
	return &failure{code: code, err: errors.New("said already"), said: true}
}

// hintOf returns the hint of the outermost error in the chain that has one.
func hintOf(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
			return h.Hint()
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				if h := hintOf(e); h != "" {
					return h
				}
			}
		}
	}
	return ""
}

// code returns the exit code that an error means.
func code(err error) int {
	var f *failure
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &f):
		return f.code
	case errors.Is(err, context.Canceled):
		return exitStopped
	}
	return codeOf(err)
}

// report says on w what went wrong and what to type.
func report(w io.Writer, err error) {
	var f *failure
	if err == nil || errors.As(err, &f) && f.said {
		return
	}
	fmt.Fprintf(w, "mcp-bridge: %s\n", plaintext.Show(err.Error()))
	if h := hintOf(err); h != "" {
		fmt.Fprintln(w, "  "+strings.ReplaceAll(plaintext.Show(h), "\n", "\n  "))
	}
}

// printJSON writes v as indented JSON without escaping <, > and &, and with every hidden
// character escaped: a terminal must not act on what a document or a server says.
func printJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escaped(b.String()))
	return err
}

// escaped returns a JSON text with its hidden characters as escapes.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || !plaintext.IsHidden(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// print writes a line of a command's result.
func (a *app) print(format string, args ...any) error {
	_, err := fmt.Fprintln(a.sys.Out, plaintext.Show(fmt.Sprintf(format, args...)))
	return err
}

// table writes the rows of a command's result in columns.
func (a *app) table(rows [][]string) error {
	w, oneLine := tabwriter.NewWriter(a.sys.Out, 0, 0, 2, ' ', 0), strings.NewReplacer("\n", " ", "\t", " ")
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, oneLine.Replace(plaintext.Show(cell)))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
