// Package clientconfig adds the bridge to the configuration files of desktop AI
// clients and takes it out again, and leaves every other byte alone. It is pure:
// files, the environment and the operating system are inputs.
//
// # Terminology
//
// A client is a program that starts MCP servers over stdio. Its entry for a
// server holds a command and arguments under a name; the entries stand together
// in one object of the file, the servers. An edit is the one place of a file that
// changes: the bytes that go and the bytes that come. Undoing an edit puts the
// bytes back that went.
package clientconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Format is the syntax of a client's file.
type Format string

// The formats that clients use. A JSONC file may hold comments and trailing
// commas; a client that reads JSON ignores a file which does, in silence.
const (
	JSON  Format = "json"
	JSONC Format = "jsonc"
	TOML  Format = "toml"
)

// Entry is what a client runs. No field ever holds a secret.
type Entry struct {
	Name    string
	Command string // absolute path of the binary
	Args    []string
	Env     map[string]string
}

// Edit is one replaced range of a file: the bytes Old at Offset became New.
type Edit struct {
	Offset int    `json:"offset"`
	Old    string `json:"old"`
	New    string `json:"new"`
}

// Apply returns data with the edit made.
func (e Edit) Apply(data []byte) []byte {
	out := make([]byte, 0, len(data)+len(e.New))
	out = append(out, data[:e.Offset]...)
	out = append(out, e.New...)
	return append(out, data[e.Offset+len(e.Old):]...)
}

// Undo takes the edit back, wherever the inserted bytes stand now. The result is
// false when they do not stand in data exactly once.
func (e Edit) Undo(data []byte) ([]byte, bool) {
	at := e.Offset
	if at < 0 || at > len(data) || !bytes.HasPrefix(data[at:], []byte(e.New)) {
		if bytes.Count(data, []byte(e.New)) != 1 {
			return nil, false
		}
		at = bytes.Index(data, []byte(e.New))
	}
	return Edit{Offset: at, Old: e.New, New: e.Old}.Apply(data), true
}

// Error says why a client's file cannot be edited. Nothing has been changed.
type Error struct {
	Client  string // the client's id
	Line    int    // 1-based; 0 when there is no place
	Col     int
	Message string
	hint    string
	cause   error
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Col, e.Message)
	}
	return e.Message
}

// Hint says what to do.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns ErrTaken, or nil.
func (e *Error) Unwrap() error { return e.cause }

// ErrTaken is wrapped by the error of Add when the name belongs to a server that
// is not ours.
var ErrTaken = errors.New("the name is taken by another server")

// maxFile and maxDepth bound what is edited.
const (
	maxFile  = 64 << 20
	maxDepth = 1000
)

// Add returns the edit that makes e the client's entry of that name: inserted, or
// replaced when an entry of ours stands there already. data is the file's
// content, empty for a file that does not exist. An edit whose Old equals its New
// changes nothing. The errors are *Error, wrapping ErrTaken when another server
// has the name.
func (c Client) Add(data []byte, e Entry) (Edit, error) { return c.add(data, e, false) }

// Replace is Add that also replaces an entry which starts another program.
func (c Client) Replace(data []byte, e Entry) (Edit, error) { return c.add(data, e, true) }

func (c Client) add(data []byte, e Entry, force bool) (Edit, error) {
	if err := c.check(data); err != nil {
		return Edit{}, err
	}
	var (
		edit Edit
		err  error
	)
	if c.Format == TOML {
		edit, err = c.addTOML(data, e, force)
	} else {
		edit, err = c.addJSON(data, e, force)
	}
	if err != nil {
		return Edit{}, err
	}
	return edit, c.verify(edit.Apply(data), e)
}

// Remove returns the edit that takes the entry name out. It is used when the edit
// of Add is not known any more or its bytes have been changed since. The result
// is false when there is no such entry.
func (c Client) Remove(data []byte, name string) (Edit, bool, error) {
	if err := c.check(data); err != nil {
		return Edit{}, false, err
	}
	if c.Format == TOML {
		edit, found := removeTOML(data, name)
		return edit, found, nil
	}
	return c.removeJSON(data, name)
}

// Find returns the entry of that name. The result is false when there is none.
func (c Client) Find(data []byte, name string) (Entry, bool, error) {
	if err := c.check(data); err != nil {
		return Entry{}, false, err
	}
	if c.Format == TOML {
		return c.findTOML(data, name)
	}
	return c.findJSON(data, name)
}

// Runs reports whether the entry runs what o runs: then it stays as it is, with
// everything that the person added to it.
func (e Entry) Runs(o Entry) bool {
	return e.Command == o.Command && slices.Equal(e.Args, o.Args) && (len(o.Env) == 0 || maps.Equal(e.Env, o.Env))
}

// Snippet returns the entry as a person would paste it into an empty file.
func (c Client) Snippet(e Entry) ([]byte, error) {
	edit, err := c.Add(nil, e)
	return []byte(edit.New), err
}

func (c Client) check(data []byte) error {
	if len(data) > maxFile {
		return &Error{Client: c.ID, Message: fmt.Sprintf("the file is larger than %d MiB", maxFile>>20)}
	}
	return nil
}

// byHand is a hint: what to do first, or else what to paste.
func (c Client) byHand(first string) string {
	return first + ", or see what to add by hand: mcp-bridge install " + c.ID + " --print"
}

// verify holds that the edited file says what was meant.
func (c Client) verify(after []byte, e Entry) error {
	got, found, err := c.Find(after, e.Name)
	if err != nil || !found || got.Command != e.Command || !slices.Equal(got.Args, e.Args) {
		return &Error{Client: c.ID, Message: "the file has a shape that cannot be edited safely",
			hint: "add the entry by hand: mcp-bridge install " + c.ID + " --print"}
	}
	return nil
}

func (c Client) taken(name string, line, col int) error {
	return &Error{Client: c.ID, Line: line, Col: col, cause: ErrTaken,
		Message: fmt.Sprintf("there is a server %q already, and it is not mcp-bridge", name), hint: "choose another name with --name, or replace it with --force"}
}

// object returns the entry's own object as indented JSON: members in the order
// that people know.
func (c Client) object(e Entry, prefix, indent, newline string) (string, error) {
	var b strings.Builder
	b.WriteString("{")
	first := true
	put := func(key string, v any) error {
		text, err := marshal(v)
		if err != nil {
			return err
		}
		if !first {
			b.WriteString(",")
		}
		first = false
		if newline == "" {
			if b.Len() > 1 {
				b.WriteString(" ")
			}
		} else {
			b.WriteString(newline + prefix + indent)
		}
		b.WriteString(`"` + key + `": ` + text)
		return nil
	}
	for _, f := range c.Extra {
		if err := put(f.Key, f.Value); err != nil {
			return "", err
		}
	}
	args := e.Args
	if args == nil {
		args = []string{}
	}
	if err := errors.Join(put("command", e.Command), put("args", args)); err != nil {
		return "", err
	}
	if len(e.Env) > 0 {
		if err := put("env", e.Env); err != nil {
			return "", err
		}
	}
	if newline != "" {
		b.WriteString(newline + prefix)
	}
	b.WriteString("}")
	return b.String(), nil
}

// marshal writes v on one line, with a space after commas and colons.
func marshal(v any) (string, error) {
	if list, ok := v.([]string); ok {
		parts := make([]string, len(list))
		for i, s := range list {
			text, err := marshal(s)
			if err != nil {
				return "", err
			}
			parts[i] = text
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// place turns an offset into a line and a column, both 1-based.
func place(data []byte, offset int) (line, col int) {
	if offset > len(data) {
		offset = len(data)
	}
	before := data[:offset]
	return bytes.Count(before, []byte("\n")) + 1, offset - (bytes.LastIndexByte(before, '\n') + 1) + 1
}
