package openapi

import (
	"net/url"
	"path"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

const (
	maxHops = 100 // from one reference to the next
	// maxFiles is how many other files one document may have.
	maxFiles = 20_000
)

// ref returns what $ref of a value says, and whether there is one: it is text.
func (n node) ref() (string, bool) {
	r := n.get("$ref")
	return r.str(), r.isText()
}

// target is where a chain of references ends.
type target struct {
	node   node
	reason string // why node does not exist
}

// refKey is a reference as it is written, in the file where it stands.
type refKey struct {
	t   *tree
	ref string
}

// resolve follows the reference of a value, if it has one, to a value that has none.
// reason says why there is none.
func (r *reader) resolve(n node) (to node, reason string) {
	for hops := 0; ; hops++ {
		ref, ok := n.ref()
		if !ok {
			return n, ""
		}
		if hops >= maxHops {
			return node{}, "the reference " + quote(ref) + " leads back to itself"
		}
		if n, reason = r.follow(n.t, ref); reason != "" {
			return node{}, reason
		}
	}
}

// follow finds what one reference in a file stands for.
func (r *reader) follow(from *tree, ref string) (node, string) {
	k := refKey{from, ref}
	if known, ok := r.refs[k]; ok {
		return known.node, known.reason
	}
	n, reason := r.find(from, ref)
	r.refs[k] = target{n, reason}
	return n, reason
}

func (r *reader) find(from *tree, ref string) (node, string) {
	file, fragment, _ := strings.Cut(ref, "#")
	t := from
	if file != "" {
		var reason string
		if t, reason = r.file(from, file); reason != "" {
			return node{}, "the reference " + quote(ref) + " " + reason
		}
	}
	if decoded, err := url.PathUnescape(fragment); err == nil {
		fragment = decoded
	}
	root := node{t, 0}
	if fragment == "" {
		return root, ""
	}
	if fragment[0] != '/' {
		if n := r.anchor(root, fragment); n.exists() {
			return n, ""
		}
	} else if n := root.pointer(fragment); n.exists() {
		return n, ""
	}
	return node{}, "the reference " + quote(ref) + " points at nothing"
}

// anchor finds the schema with that $anchor.
func (r *reader) anchor(root node, name string) node {
	t := root.t
	if t.anchors == nil {
		t.anchors = map[string]uint32{}
		t.findAnchors()
	}
	if i, ok := t.anchors[name]; ok {
		return node{t, i}
	}
	return node{}
}

// findAnchors notes every table that has an $anchor.
func (t *tree) findAnchors() {
	var open []uint32 // tables around the entry
	for i := range uint32(len(t.entries)) {
		for len(open) > 0 && t.entries[open[len(open)-1]].next <= i {
			open = open[:len(open)-1]
		}
		switch e := t.entries[i]; {
		case e.kind == table:
			open = append(open, i)
		case e.kind == key && t.is(i, "$anchor") && len(open) > 0:
			if name := (node{t, i + 1}).str(); name != "" {
				t.anchors[name] = open[len(open)-1]
			}
		}
	}
}

// file returns another file of the document. reason says why there is none, as the
// end of a sentence about the reference.
func (r *reader) file(from *tree, ref string) (t *tree, reason string) {
	if decoded, err := url.PathUnescape(ref); err == nil {
		ref = decoded
	}
	switch {
	case strings.Contains(ref, ":") || strings.HasPrefix(ref, "//"):
		return nil, "is not followed: only files beside the document are read"
	case strings.HasPrefix(ref, "/") || strings.ContainsAny(ref, "\\\x00"):
		return nil, "is not followed: it is no relative path"
	}
	rel := path.Join(path.Dir(from.rel), ref)
	switch {
	case rel == ".." || strings.HasPrefix(rel, "../"):
		return nil, "is not followed: it leads out of the document's folder"
	case rel == r.root.t.rel:
		return r.root.t, ""
	}
	if known, ok := r.files[rel]; ok {
		return known.tree, known.reason
	}
	t, reason = r.open(rel)
	r.files[rel] = opened{t, reason}
	return t, reason
}

// opened is another file, or why it is not there.
type opened struct {
	tree   *tree
	reason string
}

func (r *reader) open(rel string) (t *tree, reason string) {
	switch {
	case r.source.Open == nil:
		return nil, "is not followed: the document's other files are not at hand"
	case len(r.files) >= maxFiles:
		return nil, "is not followed: the document has too many files"
	case r.ctx.Err() != nil:
		return nil, "is not followed: reading was stopped"
	}
	data, err := r.source.Open(rel)
	if err != nil {
		return nil, "cannot be read: " + err.Error()
	}
	name := path.Join(path.Dir(filepathSlash(r.source.Name)), rel)
	t, warnings, err := parse(rel, name, data)
	for _, w := range warnings {
		r.warn(w.Pos.String(), w.Message)
	}
	if err != nil {
		return nil, "cannot be read: " + err.Error()
	}
	r.out.Files = append(r.out.Files, rel)
	return t, ""
}

func filepathSlash(name string) string { return strings.ReplaceAll(name, `\`, "/") }

// quote returns a word of the document for a message: short, on one line.
func quote(s string) string { return plaintext.Quote(s, 100) }
