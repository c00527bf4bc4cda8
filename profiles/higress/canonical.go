package higress

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// canonical returns n with the spelling of fields, and without the members that are
// null or not among them. What is of a wrong kind stays, for the strict decoder.
func (r *reader) canonical(n *doc.Node, fields []field, path string) *doc.Node {
	switch {
	case n.Kind == doc.List:
		out := *n
		out.Items = make([]*doc.Node, len(n.Items))
		for i, item := range n.Items {
			out.Items[i] = item
			if item.Kind == doc.Table {
				out.Items[i] = r.canonical(item, fields, doc.Index(path, i))
			}
		}
		return &out
	case n.Kind != doc.Table:
		return n
	}
	out := *n
	out.Members = make([]doc.Member, 0, len(n.Members))
	for _, m := range n.Members {
		if f := r.field(m, fields, path); f != nil {
			if v := r.value(m, *f, doc.Join(path, f.name)); v != nil {
				out.Members = put(out.Members, doc.Member{Key: f.name, KeyPos: m.KeyPos, Value: v})
			}
		}
	}
	return &out
}

// put appends m, in place of an earlier member of that key.
func put(members []doc.Member, m doc.Member) []doc.Member {
	for i := range members {
		if members[i].Key == m.Key {
			members[i] = m
			return members
		}
	}
	return append(members, m)
}

// field finds the field that a key names. It warns of a key that names none, of
// other spelling, and of a field without effect, and returns nil unless the field
// is to be read.
func (r *reader) field(m doc.Member, fields []field, path string) *field {
	at := doc.Join(path, m.Key)
	for _, f := range fields {
		if !strings.EqualFold(f.name, m.Key) {
			continue
		}
		switch {
		case f.note != "":
			r.warnOnce(m.KeyPos, at, f.note)
			return nil
		case f.name != m.Key:
			r.warnOnce(m.KeyPos, at, "is read as "+f.name)
		}
		return &f
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	message := "is not a field of Higress's and is left out, as Higress does"
	if slices.Contains(ofProfile(path), m.Key) {
		message += "; a profile has it: write it there"
	} else if near := plaintext.Nearest(m.Key, names); near != "" {
		message += "; did you mean " + near + "?"
	}
	r.warnOnce(m.KeyPos, at, message)
	return nil
}

// ofProfile lists the keys that a profile has at a path, Higress's and others.
func ofProfile(path string) []string {
	switch pattern(path) {
	case "":
		return doc.Keys(profiles.Profile{})
	case "server":
		return doc.Keys(profiles.Server{})
	case "server.securitySchemes[]", "securitySchemes[]":
		return doc.Keys(profiles.SecurityScheme{})
	case "tools[]":
		return doc.Keys(profiles.Tool{})
	case "tools[].args[]":
		return doc.Keys(profiles.Arg{})
	case "tools[].requestTemplate.security":
		return doc.Keys(profiles.Requirement{})
	}
	return nil
}

// value returns a field's value in the form that a profile has, or nil for none.
func (r *reader) value(m doc.Member, f field, path string) *doc.Node {
	n := m.Value
	switch {
	case n.Kind == doc.Null:
		return r.empty(m, f, path)
	case f.form == textForm && (n.Kind == doc.Number || n.Kind == doc.Bool):
		return &doc.Node{Kind: doc.String, Text: scalarText(n), Pos: n.Pos}
	case f.form == oneObject && n.Kind == doc.List:
		r.fail(n.Pos, path, "is a list, which Higress refuses: one scheme at a time",
			"write "+f.name+": { id: "+firstScheme(n)+" } at "+n.Pos.String())
		return nil
	case f.form == listForm && n.Kind == doc.Table:
		r.fail(n.Pos, path, "must be a list, not a table", "write "+f.name+" as a list, each entry with "+f.of()[0].name+": at "+n.Pos.String())
		return nil
	case f.form == noNulls:
		return r.withoutNulls(n, path)
	case f.of != nil:
		return r.canonical(n, f.of(), path)
	}
	return n
}

// empty returns what a field without a value stands for, which mostly is nothing.
func (r *reader) empty(m doc.Member, f field, path string) *doc.Node {
	switch f.name {
	case "args":
		r.warnOnce(m.KeyPos, path, "is empty: the tool takes no arguments (args: [] says so)")
	case "allowTools":
		r.warn(m.KeyPos, path, "is empty: no tool is allowed, as in Higress")
		return &doc.Node{Kind: doc.List, Pos: m.Value.Pos}
	}
	return nil
}

// withoutNulls leaves null out of an enum. Elsewhere it is refused: TOML does not
// have it.
func (r *reader) withoutNulls(n *doc.Node, path string) *doc.Node {
	out := *n
	out.Items = nil
	for i, item := range n.Items {
		if item.Kind == doc.Null && strings.HasSuffix(path, ".enum") {
			r.warn(item.Pos, doc.Index(path, i), "is null and is left out: null stands for an absent argument")
			continue
		}
		out.Items = append(out.Items, item)
	}
	if holdsNull(&out) {
		r.fail(n.Pos, path, "holds null, which a profile cannot say", "leave the null out at "+n.Pos.String())
	}
	return &out
}

func holdsNull(n *doc.Node) bool {
	for _, item := range n.Items {
		if holdsNull(item) {
			return true
		}
	}
	for _, m := range n.Members {
		if holdsNull(m.Value) {
			return true
		}
	}
	return n.Kind == doc.Null
}

func scalarText(n *doc.Node) string {
	if n.Kind == doc.Bool {
		return strconv.FormatBool(n.Bool)
	}
	return n.Text
}

// firstScheme returns the scheme that a list names first, as OpenAPI or as Higress
// would write it.
func firstScheme(n *doc.Node) string {
	for _, item := range n.Items {
		if id := item.Get("id"); id != nil && id.Kind == doc.String && id.Text != "" {
			return strconv.Quote(id.Text)
		}
		if item.Kind == doc.Table && len(item.Members) > 0 && item.Get("id") == nil {
			return strconv.Quote(item.Members[0].Key)
		}
	}
	return "SCHEME"
}
