package cli

import (
	"slices"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/clientconfig"
)

// withdraw takes the entries of these names out of a client's file: to the byte where
// the edits that made them stand there. It returns the file, and the edits that remain,
// and whether every entry went to the byte. An entry for which there is no such way stays
// in the file.
func (a *app) withdraw(c clientconfig.Client, data []byte, stack []installed, names []string) (after []byte, rest []installed, exact bool) {
	after, rest, exact = data, slices.Clone(stack), true
	for i := len(stack) - 1; i >= 0; i-- { // the last one first, as edits are taken back
		if !slices.Contains(names, stack[i].Name) {
			continue
		}
		if back, ok := undone(c, stack[i], after); ok {
			after, rest = back, inherit(slices.Delete(rest, i, i+1), stack[i].Created)
			continue
		}
		exact = false
	}
	if !exact {
		if back, kept, ok := rebuilt(c, data, stack, names); ok {
			after, rest, exact = back, kept, true
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(stack, func(i installed) bool { return i.Name == name }) {
			exact = false
		}
	}
	return after, rest, exact
}

// inherit marks the first edit that remains with who made the file.
func inherit(rest []installed, created bool) []installed {
	if created && len(rest) > 0 {
		rest[0].Created = true
	}
	return rest
}

// rebuilt takes all edits back and makes those anew that remain: one edit may stand
// inside of another.
func rebuilt(c clientconfig.Client, data []byte, stack []installed, names []string) (after []byte, rest []installed, ok bool) {
	after = data
	created := false
	for i := len(stack) - 1; i >= 0; i-- {
		if after, ok = undone(c, stack[i], after); !ok {
			return nil, nil, false
		}
		created = created || stack[i].Created
	}
	for _, one := range stack {
		if slices.Contains(names, one.Name) {
			continue
		}
		e, found, err := c.Find(data, one.Name)
		if err != nil || !found {
			return nil, nil, false
		}
		edit, err := c.Add(after, e)
		if err != nil {
			return nil, nil, false
		}
		after = edit.Apply(after)
		rest = append(rest, installed{File: one.File, Name: one.Name, Edit: edit})
	}
	return after, inherit(rest, created), true
}

// undone takes one edit back, when that leaves a file whose other entries are all there.
func undone(c clientconfig.Client, r installed, data []byte) ([]byte, bool) {
	back, ok := r.Edit.Undo(data)
	if !ok {
		return nil, false
	}
	before, err := c.Entries(data)
	if err != nil {
		return nil, false
	}
	after, err := c.Entries(back)
	if err != nil {
		return nil, false
	}
	for _, e := range before {
		kept := slices.ContainsFunc(after, func(o clientconfig.Entry) bool { return o.Name == e.Name })
		if kept == (e.Name == r.Name) {
			return nil, false
		}
	}
	return back, true
}
