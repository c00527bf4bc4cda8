package openapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// maxValues is how many values a document may have with what overlays add.
const maxValues = 2_000_000

// overlay applies an OpenAPI Overlay 1.0 document: its actions in turn, each to
// everything that its target selects. The document's own nodes stay as they are.
func (r *reader) overlay(root *doc.Node, s Source) (*doc.Node, error) {
	o, warnings, err := doc.Parse(s.Name, s.Data)
	r.parsed(warnings)
	if err != nil {
		return nil, failed(s.Name, err)
	}
	refuse := func(n *doc.Node, message, hint string) error {
		if n == nil {
			n = o
		}
		return &Error{At: n.Pos.String(), Message: message, hint: hint}
	}
	version := o.Get("overlay")
	if version == nil || !strings.HasPrefix(version.Text, "1.") {
		return nil, refuse(version, "this is no overlay that is known", "an overlay begins with overlay: 1.0.0")
	}
	actions := o.Get("actions")
	if actions == nil || actions.Kind != doc.List {
		return nil, refuse(actions, "an overlay needs a list of actions", "write actions: with a target and an update or remove: true each")
	}
	for _, action := range actions.Items {
		target := action.Get("target")
		if target == nil || target.Kind != doc.String {
			return nil, refuse(action, "an action needs a target", "write target: with a JSONPath, such as $.paths['/pets'].get")
		}
		path, problem := parsePath(target.Text)
		if problem != "" {
			return nil, refuse(target, "the target "+quote(target.Text)+" cannot be read: "+problem, "write it as RFC 9535 has it, such as $.paths['/pets'].get")
		}
		found, ok := selectPath(root, path, &r.visits)
		if !ok {
			return nil, refuse(target, "the target "+quote(target.Text)+" looks at too many values", "name what it means more closely")
		}
		if len(found) == 0 {
			r.warn(target.Pos.String(), "the target "+quote(target.Text)+" selects nothing")
		}
		if !r.grows(root, action, len(found)) {
			return nil, refuse(action, "the document becomes too large with this action of the overlay: at most "+strconv.Itoa(maxValues)+" values are allowed", "name what the target means more closely")
		}
		if root, problem = act(root, action, found); problem != "" {
			return nil, refuse(action, problem, "write an update of the kind of the target")
		}
	}
	return root, nil
}

// grows reports whether there is room for an action on so many values. What the document
// has is counted only when the sum of all actions could be too much.
func (r *reader) grows(root, action *doc.Node, found int) bool {
	update := action.Get("update")
	if update == nil || found == 0 {
		return true
	}
	more, ok := within(update, maxValues/found)
	if more *= found; !ok {
		return false
	}
	if r.values += more; r.values <= maxValues && r.values > more {
		return true
	}
	values, _ := within(root, maxValues)
	r.visits += values
	r.values = values + more
	return r.values <= maxValues
}

// act applies one action to what its target has selected.
func act(root, action *doc.Node, found []match) (out *doc.Node, problem string) {
	remove, update := action.Get("remove"), action.Get("update")
	removes := remove != nil && remove.Kind == doc.Bool && remove.Bool
	if !removes && update == nil {
		return root, ""
	}
	for _, m := range found {
		if removes && len(m.at) == 0 {
			return nil, "an action would remove the whole document"
		}
	}
	if len(found) == 0 {
		return root, ""
	}
	return rewrite(root, found, 0, func(n *doc.Node) *doc.Node {
		if removes {
			return nil
		}
		return merge(n, update, true)
	}), ""
}

// rewrite returns a copy of n, at a level of the paths found, in which what they lead
// to is changed, or gone where change returns nil. What is inside is changed first.
func rewrite(n *doc.Node, found []match, level int, change func(*doc.Node) *doc.Node) *doc.Node {
	inside, itself := map[step][]match{}, false
	for _, m := range found {
		if len(m.at) == level {
			itself = true
		} else {
			inside[m.at[level]] = append(inside[m.at[level]], m)
		}
	}
	out := *n
	if len(inside) > 0 {
		out.Items, out.Members = nil, nil
		for i, item := range n.Items {
			if of := inside[step{"", i}]; of != nil {
				item = rewrite(item, of, level+1, change)
			}
			if item != nil {
				out.Items = append(out.Items, item)
			}
		}
		for _, m := range n.Members {
			if of := inside[step{m.Key, -1}]; of != nil {
				m.Value = rewrite(m.Value, of, level+1, change)
			}
			if m.Value != nil {
				out.Members = append(out.Members, m)
			}
		}
	}
	if itself {
		return change(&out)
	}
	return &out
}

// merge puts an update into a value: tables member by member, lists one behind the
// other, everything else in place of the old. An update of a list that is no list is
// an item more.
func merge(n, update *doc.Node, target bool) *doc.Node {
	switch {
	case n.Kind == doc.Table && update.Kind == doc.Table:
		out := *n
		out.Members = slices.Clone(n.Members)
		for _, m := range update.Members {
			i := slices.IndexFunc(out.Members, func(o doc.Member) bool { return o.Key == m.Key })
			if i < 0 {
				out.Members = append(out.Members, m)
			} else {
				out.Members[i].Value = merge(out.Members[i].Value, m.Value, false)
			}
		}
		return &out
	case n.Kind == doc.List && update.Kind == doc.List:
		out := *n
		out.Items = slices.Concat(n.Items, update.Items)
		return &out
	case n.Kind == doc.List && target:
		out := *n
		out.Items = append(slices.Clone(n.Items), update)
		return &out
	}
	return update
}

// within counts the values of a tree; ok reports that there are at most so many.
func within(n *doc.Node, most int) (values int, ok bool) {
	left := most
	var walk func(n *doc.Node)
	walk = func(n *doc.Node) {
		if left--; left < 0 {
			return
		}
		for _, item := range n.Items {
			walk(item)
		}
		for i := range n.Members {
			walk(n.Members[i].Value)
		}
	}
	walk(n)
	return most - left, left >= 0
}
