package tool

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

const cutNote = "Nested more deeply than is shown here."

// limiter writes one schema for listing.
type limiter struct {
	limits
	source   *doc.Node
	output   bool
	imported bool
	notes    []string
	warnings []Warning
	renamed  map[string]string // wire to listed
	taken    map[string]bool
	patterns bool // some are checked and not listed
	negated  int  // schemas around this one whose values are refused
}

func (l *limiter) note(s string) {
	if !slices.Contains(l.notes, s) {
		l.notes = append(l.notes, s)
	}
}

func (l *limiter) warn(key, message string) {
	const most = 20 // of one schema
	if len(l.warnings) < most {
		l.warnings = append(l.warnings, Warning{Key: key, Message: message})
	}
}

// schema writes a schema and what it holds. at is its key in the profile.
func (l *limiter) schema(n *doc.Node, level int, at string) *doc.Node {
	if n == nil || n.Kind != doc.Table {
		return boolean(n)
	}
	n = jsonschema.Normal(n)
	out := &doc.Node{Kind: doc.Table, Members: make([]doc.Member, 0, len(n.Members)+1)}
	cut, within := false, false
	for _, m := range n.Members {
		switch {
		case jsonschema.Unlisted(m.Key):
			if strings.HasSuffix(strings.ToLower(m.Key), "ref") {
				l.note("references are left out")
			}
		case l.bare && jsonschema.Subschemas(m.Key) == 0 && !jsonschema.Essential(m.Key):
			l.note("details are left out")
		case jsonschema.Subschemas(m.Key) != 0 && level >= l.levels:
			cut, within = true, within || m.Key == "properties"
		case jsonschema.Subschemas(m.Key) != 0:
			if v := l.child(n, m, level, doc.Join(at, m.Key)); v != nil {
				out.Members = append(out.Members, doc.Member{Key: m.Key, Value: v})
			}
		default:
			l.keyword(out, m, at)
		}
	}
	l.rename(n, out)
	l.reconcile(out, within || level >= l.levels)
	if out.Get("if") == nil {
		jsonschema.Drop(out, "then")
		jsonschema.Drop(out, "else")
	}
	if cut {
		l.note("deep levels are cut")
		describe(out, cutNote)
	}
	return out
}

// reconcile mends what contradicts itself. cut: it has no schemas of its own inside.
func (l *limiter) reconcile(n *doc.Node, cut bool) {
	undeclared := jsonschema.Declare
	switch {
	case l.negated > 0:
		undeclared = jsonschema.Keep
	case cut:
		undeclared = jsonschema.Release
	}
	notes := jsonschema.Reconcile(n, undeclared)
	l.patterns = l.patterns || n.Get(jsonschema.UnlistedPattern) != nil
	if l.negated > 0 {
		return // nobody reads it, and it must stay as strict as it is
	}
	for _, note := range notes {
		if l.description > 0 {
			describe(n, note)
		}
	}
	if !l.output {
		loosen(n)
	}
}

// boolean writes a schema that is no table: true, false, or nothing that is one.
func boolean(n *doc.Node) *doc.Node {
	if n != nil && n.Kind == doc.Bool && !n.Bool {
		return jsonschema.Table("not", &doc.Node{Kind: doc.Table})
	}
	return &doc.Node{Kind: doc.Table}
}

// keyword writes a keyword that holds no schema, unless it is unlawful.
func (l *limiter) keyword(out *doc.Node, m doc.Member, at string) {
	v, want := jsonschema.Lawful(m.Key, m.Value)
	switch known := jsonschema.Misspelt(m.Key); {
	case known != "":
		l.warn(doc.Join(at, m.Key), "is left out: did you mean "+known+"?")
		return
	case want != "" && v != nil:
		l.warn(doc.Join(at, m.Key), "is read as "+string(v.JSON())+": it must be "+want)
	case want != "":
		l.warn(doc.Join(at, m.Key), "is left out: it must be "+want)
		return
	case m.Key == "description":
		s := plaintext.ShortenBytes(v.Text, l.description)
		if s == "" {
			return
		}
		v = jsonschema.Text(s)
	}
	out.Members = append(out.Members, doc.Member{Key: m.Key, Value: v})
}

func isArray(n *doc.Node) bool {
	k, ok := jsonschema.Declared(n)
	return ok && k.Has(jsonschema.Array)
}

// describe appends a sentence to the description.
func describe(n *doc.Node, sentence string) {
	if old := n.Get("description"); old != nil {
		sentence = old.Text + " " + sentence
	}
	jsonschema.Put(n, "description", jsonschema.Text(sentence))
}

// child writes what a keyword of the schema n holds; nil when that cannot be.
func (l *limiter) child(n *doc.Node, m doc.Member, level int, at string) *doc.Node {
	v := m.Value
	switch jsonschema.Subschemas(m.Key) {
	case 'l':
		if v.Kind != doc.List || len(v.Items) == 0 {
			l.warn(at, "is left out: it must be a list of schemas")
			return nil
		}
		out := &doc.Node{Kind: doc.List}
		for i, item := range v.Items {
			out.Items = append(out.Items, l.schema(item, level+1, doc.Index(at, i)))
		}
		return out
	case 't':
		if v.Kind != doc.Table {
			l.warn(at, "is left out: it must be a table of schemas")
			return nil
		}
		return l.members(n, m, level, at)
	}
	switch {
	case m.Key == "additionalProperties" && v.Kind == doc.Bool:
		return v
	case v.Kind == doc.List && m.Key == "items": // a tuple of old drafts
		forms := make([]*doc.Node, len(v.Items))
		for i, item := range v.Items {
			forms[i] = l.schema(item, level+1, doc.Index(at, i))
		}
		return jsonschema.Union(forms)
	case m.Key == "not" || m.Key == "if":
		return l.negative(v, level, at)
	}
	return l.schema(v, level+1, at)
}

// negative writes a schema whose values are refused, or decide: as it is or not at all,
// because a looser one would refuse more.
func (l *limiter) negative(v *doc.Node, level int, at string) *doc.Node {
	l.negated++
	out := l.schema(v, level+1, at)
	l.negated--
	if jsonschema.Key(assertions(v)) != jsonschema.Key(assertions(out)) {
		return nil
	}
	return out
}

// assertions returns a schema without what only describes.
func assertions(n *doc.Node) *doc.Node {
	out := &doc.Node{Kind: n.Kind, Text: n.Text, Bool: n.Bool}
	if n.Kind == doc.Bool {
		return boolean(n)
	}
	for _, item := range n.Items {
		out.Items = append(out.Items, assertions(item))
	}
	for _, m := range n.Members {
		switch m.Key {
		case "title", "description", "default", "example", "examples", "deprecated", "format":
			continue
		}
		out.Members = append(out.Members, doc.Member{Key: m.Key, Value: assertions(m.Value)})
	}
	return out
}

func (l *limiter) members(n *doc.Node, m doc.Member, level int, at string) *doc.Node {
	out := &doc.Node{Kind: doc.Table, Members: make([]doc.Member, 0, len(m.Value.Members))}
	for i, item := range m.Value.Members {
		key, inner := item.Key, doc.Join(at, item.Key)
		if level == 1 && m.Key == "properties" && !l.output && !l.imported {
			inner = doc.Index("args", i)
		}
		if m.Key == "properties" && !jsonschema.LegalKey(key) {
			if l.output {
				l.note("properties whose names clients refuse are left out")
				continue
			}
			key = l.listedName(key)
		}
		value := l.schema(item.Value, level+1, inner)
		if level == 1 && jsonschema.Never(value) {
			value = &doc.Node{Kind: doc.Table} // an argument is there to be given
		}
		m := doc.Member{Key: item.Key, Value: value}
		if key != item.Key {
			m = renamedMember(key, m)
		}
		out.Members = append(out.Members, m)
	}
	return out
}

// listedName returns the name under which a key inside an argument is listed: one
// that no other key of the tool has.
func (l *limiter) listedName(key string) string {
	if l.renamed == nil {
		l.renamed, l.taken = map[string]string{}, map[string]bool{}
		collectKeys(l.source, l.taken)
	}
	if l.renamed[key] == "" {
		l.renamed[key] = jsonschema.ListedKey(key, l.taken)
		l.taken[l.renamed[key]] = true
	}
	return l.renamed[key]
}

func collectKeys(n *doc.Node, into map[string]bool) {
	for _, item := range n.Items {
		collectKeys(item, into)
	}
	for _, m := range n.Members {
		into[m.Key] = true
		collectKeys(m.Value, into)
	}
}

// rename lets the keywords that name properties of n use their listed names.
func (l *limiter) rename(n, out *doc.Node) {
	properties := n.Get("properties")
	if kept := out.Get("properties"); l.output && kept != nil && len(kept.Members) < len(properties.Members) {
		jsonschema.Drop(out, "additionalProperties") // it would refuse what is left out
	}
	listed := func(name string) string {
		if other := l.renamed[name]; other != "" && properties.Get(name) != nil {
			return other
		}
		return name
	}
	if len(l.renamed) == 0 {
		return
	}
	for _, keyword := range [...]string{"required", "dependentRequired", "dependentSchemas"} {
		if v := out.Get(keyword); v != nil {
			jsonschema.Put(out, keyword, renamedNames(keyword, v, listed))
		}
	}
}

func renamedNames(keyword string, v *doc.Node, listed func(string) string) *doc.Node {
	out := &doc.Node{Kind: v.Kind}
	for _, item := range v.Items {
		out.Items = append(out.Items, jsonschema.Text(listed(item.Text)))
	}
	for _, m := range v.Members {
		value := m.Value
		if keyword == "dependentRequired" {
			value = renamedNames("required", value, listed)
		}
		out.Members = append(out.Members, doc.Member{Key: listed(m.Key), Value: value})
	}
	return out
}

func (l *limiter) renamedBack() map[string]string {
	if len(l.renamed) == 0 {
		return nil
	}
	back := make(map[string]string, len(l.renamed))
	for wire, listed := range l.renamed {
		back[listed] = wire
	}
	return back
}
