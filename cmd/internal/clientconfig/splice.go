package clientconfig

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// file is a JSON file with the style that it is written in.
type file struct {
	data    []byte
	skip    int    // length of the byte order mark; offsets of the parser are behind it
	indent  string // one level
	newline string // empty for a file on one line
}

// detect finds out the file's line ends and indentation.
func (f *file) detect(root *hujson.Value) {
	f.indent, f.newline = "  ", "\n"
	if bytes.Contains(f.data, []byte("\r\n")) {
		f.newline = "\r\n"
	}
	if root == nil {
		return
	}
	o := root.Value.(*hujson.Object)
	if len(o.Members) > 0 && !bytes.Contains(f.data, []byte("\n")) {
		f.newline = ""
		return
	}
	if len(o.Members) > 0 {
		if in := lineIndent(o.Members[0].Name.BeforeExtra); in != "" {
			f.indent = in
		}
	}
}

// lineIndent returns the white space between the last line end of an extra and
// its end; empty when there is no line end.
func lineIndent(extra []byte) string {
	i := bytes.LastIndexByte(extra, '\n')
	if i < 0 {
		return ""
	}
	rest := extra[i+1:]
	if len(bytes.TrimSpace(rest)) > 0 {
		return ""
	}
	return string(rest)
}

// style returns the newline to use between the members of o: none when o is
// written on one line.
func (f *file) style(o *hujson.Object) string {
	if len(o.Members) > 0 && !bytes.ContainsRune(o.Members[0].Name.BeforeExtra, '\n') {
		return ""
	}
	return f.newline
}

// indentAt returns the indentation of the line that holds offset.
func (f *file) indentAt(offset int) string {
	start := bytes.LastIndexByte(f.data[:offset], '\n') + 1
	if start == 0 {
		start = f.skip
	}
	line := f.data[start:]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// replace returns the edit that puts body in the place of v.
func (f *file) replace(v hujson.Value, body func(prefix string) (string, error)) (Edit, error) {
	from, to := v.StartOffset+f.skip, v.EndOffset+f.skip
	text, err := body(f.indentAt(from))
	return Edit{Offset: from, Old: string(f.data[from:to]), New: text}, err
}

// insert returns the edit that adds a member behind the last one of o.
func (f *file) insert(at hujson.Value, o *hujson.Object, key string, body func(prefix, newline string) (string, error)) (Edit, error) {
	name, err := marshal(key)
	if err != nil {
		return Edit{}, err
	}
	if len(o.Members) == 0 {
		return f.insertFirst(at, o, name, body)
	}
	newline, last := f.style(o), o.Members[len(o.Members)-1].Value
	// A comment on the last member's line belongs to that member: ours goes behind it.
	kept := sameLine(o.AfterExtra)
	if newline == "" && strings.Contains(kept, "//") {
		newline = "\n"
	}
	prefix := ""
	if newline != "" {
		prefix = lineIndent(o.Members[0].Name.BeforeExtra)
	}
	text, err := body(prefix, newline)
	if err != nil {
		return Edit{}, err
	}
	member := newline + prefix + name + ": " + text
	if newline == "" {
		member = " " + name + ": " + text
	}
	from := last.EndOffset + f.skip
	if last.AfterExtra == nil { // no trailing comma
		return Edit{Offset: from, Old: kept, New: "," + kept + member}, nil
	}
	from += len(last.AfterExtra) + 1
	return Edit{Offset: from, Old: kept, New: kept + member + ","}, nil
}

// insertFirst fills an object that has no members; its comments stay.
func (f *file) insertFirst(at hujson.Value, o *hujson.Object, name string, body func(prefix, newline string) (string, error)) (Edit, error) {
	newline := f.newline
	outer := f.indentAt(at.StartOffset + f.skip)
	prefix := outer + f.indent
	if newline == "" {
		prefix = ""
	}
	text, err := body(prefix, newline)
	if err != nil {
		return Edit{}, err
	}
	white := string(trailingIndent(o.AfterExtra))
	end := at.EndOffset - 1 + f.skip
	inserted := name + ": " + text
	if newline != "" {
		inserted = newline + prefix + inserted + newline + outer
	}
	return Edit{Offset: end - len(white), Old: white, New: inserted}, nil
}

// sameLine returns the part of an extra that holds a comment on the same line,
// up to but without the line end.
func sameLine(extra []byte) string {
	line, _, _ := bytes.Cut(extra, []byte("\n"))
	line = bytes.TrimRight(line, " \t\r")
	if i := bytes.Index(line, []byte("/*")); i >= 0 && bytes.Count(line, []byte("*/")) == 0 {
		return "" // a block comment that goes on below belongs to what follows
	}
	return string(line)
}

func (f *file) notAnObject(c Client, v *hujson.Value, key string) (Edit, error) {
	line, col := place(f.data, v.StartOffset+f.skip)
	return Edit{}, &Error{Client: c.ID, Line: line, Col: col, Message: fmt.Sprintf("%q is not an object", key),
		hint: c.byHand("repair it")}
}

// Diff returns a unified diff of one edit of a file; empty when nothing changes.
func Diff(path string, data []byte, e Edit) string {
	after := e.Apply(data)
	if bytes.Equal(data, after) {
		return ""
	}
	a, b := lines(data), lines(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	const context = 3
	from, until := max(0, head-context), min(tail, context)
	var out strings.Builder
	span := func(lines int) string { // of nothing, the line before it
		if lines == 0 {
			return fmt.Sprintf("%d,0", from)
		}
		return fmt.Sprintf("%d,%d", from+1, lines)
	}
	fmt.Fprintf(&out, "--- %s\n+++ %s\n@@ -%s +%s @@\n", path, path, span(len(a)-tail+until-from), span(len(b)-tail+until-from))
	write := func(sign string, part []string) {
		for _, l := range part {
			out.WriteString(sign + strings.TrimRight(l, "\r\n") + "\n")
		}
	}
	write(" ", a[from:head])
	write("-", a[head:len(a)-tail])
	write("+", b[head:len(b)-tail])
	write(" ", a[len(a)-tail:len(a)-tail+until])
	return out.String()
}

func lines(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	return strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
}
