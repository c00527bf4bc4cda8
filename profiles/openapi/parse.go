package openapi

import (
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// parse reads a file. Strict JSON goes through a scanner of our own; everything
// else, and JSON with anything odd in it, through package doc, which knows how to
// repair it and where it is wrong.
func parse(rel, name string, data []byte) (*tree, []doc.Warning, error) {
	t, full := scan(rel, name, data)
	switch {
	case full:
		return nil, nil, &doc.Error{Pos: doc.Pos{File: name, Line: 1, Col: 1}, Message: doc.TooMany}
	case t != nil:
		return t, nil, nil
	}
	root, warnings, err := doc.Parse(name, data)
	if err != nil {
		return nil, warnings, err
	}
	return fromDoc(rel, name, root), warnings, nil
}

// fromDoc makes a tree of nodes.
func fromDoc(rel, name string, root *doc.Node) *tree {
	t := &tree{rel: rel, name: name, texts: []string{""}, places: []doc.Pos{}}
	t.add(root)
	return t
}

func (t *tree) add(n *doc.Node) {
	i := len(t.entries)
	if n == nil {
		n = &doc.Node{}
	}
	t.entries = append(t.entries, entry{})
	t.places = append(t.places, n.Pos)
	e := entry{}
	switch n.Kind {
	case doc.Null:
		e.kind = null
	case doc.Bool:
		if e.kind = falsehood; n.Bool {
			e.kind = truth
		}
	case doc.Number:
		e.kind, e.start = number, t.store(string(n.JSON()))
	case doc.String:
		e.kind, e.start = text, t.store(n.Text)
	case doc.List:
		e.kind = list
		for _, item := range n.Items {
			t.add(item)
		}
	case doc.Table:
		e.kind = table
		for _, m := range n.Members {
			t.entries = append(t.entries, entry{kind: key, start: t.store(m.Key), next: uint32(len(t.entries) + 1)})
			t.places = append(t.places, m.KeyPos)
			t.add(m.Value)
		}
	}
	e.next = uint32(len(t.entries))
	t.entries[i] = e
}

func (t *tree) store(s string) uint32 {
	if s == "" {
		return 0
	}
	t.texts = append(t.texts, s)
	return uint32(len(t.texts) - 1)
}
