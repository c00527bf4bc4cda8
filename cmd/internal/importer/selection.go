package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// Stray is a part of a selection that picks nothing.
type Stray struct {
	Flag  string // such as "include-tag"
	Key   string // such as "openapi.include.tags[0]"
	Value string
	near  string
	known []string // what it could have been
	what  string
}

// Error names the flag.
func (s *Stray) Error() string {
	return fmt.Sprintf("--%s %q matches no %s of the document", s.Flag, s.Value, s.what)
}

// InProfile is Error for a selection that is written in a profile.
func (s *Stray) InProfile() string {
	return fmt.Sprintf("%q matches no %s of the document", s.Value, s.what)
}

// Hint returns the nearest value, and those that there are.
func (s *Stray) Hint() string {
	const most = 40
	list := "the document has " + strings.Join(s.known[:min(most, len(s.known))], ", ")
	if more := len(s.known) - most; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	switch {
	case len(s.known) == 0:
		return "the document has none"
	case s.near != "" && len(s.known) <= most:
		return "did you mean " + s.near + "? There is: " + strings.Join(s.known, ", ")
	case s.near != "":
		return "did you mean " + s.near + "?"
	}
	return list
}

// CheckSelection returns the first part of a selection, and of the names of tools that are
// allowed, which picks nothing in a document that was read without any selection; nil when
// there is none. allowed are names and patterns.
func CheckSelection(include, exclude profiles.Selection, allowed []string, all *openapi.Document) *Stray {
	for _, s := range append(straysOf("include", include, all), straysOf("exclude", exclude, all)...) {
		return s
	}
	names := make([]string, 0, len(all.Operations))
	for _, o := range all.Operations {
		names = append(names, o.Name)
	}
	for _, pattern := range allowed {
		if !slices.ContainsFunc(names, func(name string) bool { return profiles.MatchGlob(pattern, name) }) {
			return &Stray{Flag: "allow-tool", Key: "server.allowTools", Value: pattern, near: plaintext.Nearest(pattern, names), known: names, what: "tool"}
		}
	}
	return nil
}

// Strays returns every part of what a profile selects and overrides which picks nothing in
// a document that was read without any selection.
func Strays(p *profiles.OpenAPI, all *openapi.Document) []*Stray {
	out := append(straysOf("include", p.Include, all), straysOf("exclude", p.Exclude, all)...)
	var ids, operations []string
	for _, o := range all.Operations {
		if o.ID != "" {
			ids = append(ids, o.ID)
		}
		operations = append(operations, o.Method+" "+o.Path)
	}
	for i, one := range p.Overrides {
		if slices.ContainsFunc(all.Operations, func(o openapi.Operation) bool { return one.Matches(o.Method, o.Path, o.ID) }) ||
			one.Operation == "" && one.Match == "" {
			continue
		}
		s := &Stray{Key: doc.Index("openapi.overrides", i) + ".match", Value: one.Match, known: operations, what: "operation"}
		if one.Operation != "" {
			s = &Stray{Key: doc.Index("openapi.overrides", i) + ".operation", Value: one.Operation, known: ids, what: "operation id"}
		}
		if skipped(s.Value, all) {
			continue
		}
		s.near = plaintext.Nearest(s.Value, s.known)
		out = append(out, s)
	}
	return out
}

// skipped reports whether a pattern is for an operation of the document that cannot be a
// tool: to exclude or to hide it is no mistake.
func skipped(pattern string, all *openapi.Document) bool {
	return slices.ContainsFunc(all.Skipped, func(s openapi.Skip) bool {
		method, path, _ := strings.Cut(s.Operation, " ")
		return profiles.MatchGlob(pattern, s.Operation) || profiles.MatchOperation(pattern, method, path) || profiles.MatchPath(pattern, path)
	})
}

func straysOf(word string, s profiles.Selection, all *openapi.Document) (out []*Stray) {
	for _, list := range []struct {
		flag, key, what string
		values          []string
		only            func(string) profiles.Selection
		of              func(openapi.Operation) []string
	}{
		{"tag", "tags", "tag", s.Tags, func(v string) profiles.Selection { return profiles.Selection{Tags: []string{v}} },
			func(o openapi.Operation) []string { return o.Tags }},
		{"method", "methods", "method", s.Methods, func(v string) profiles.Selection { return profiles.Selection{Methods: []string{v}} },
			func(o openapi.Operation) []string { return []string{o.Method} }},
		{"path", "paths", "path", s.Paths, func(v string) profiles.Selection { return profiles.Selection{Paths: []string{v}} },
			func(o openapi.Operation) []string { return []string{o.Path} }},
		{"operation", "operations", "operation id", s.Operations, func(v string) profiles.Selection { return profiles.Selection{Operations: []string{v}} },
			func(o openapi.Operation) []string { return []string{o.ID} }},
	} {
		var known []string
		seen := map[string]bool{"": true}
		for _, o := range all.Operations {
			for _, v := range list.of(o) {
				if !seen[v] {
					seen[v] = true
					known = append(known, v)
				}
			}
		}
		slices.Sort(known)
		for i, v := range list.values {
			picks := list.only(v)
			if slices.ContainsFunc(all.Operations, func(o openapi.Operation) bool { return picks.Matches(o.Method, o.Path, o.ID, o.Tags, o.Deprecated) }) {
				continue
			}
			if word == "exclude" && list.flag == "method" && slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"}, strings.ToUpper(v)) {
				continue // that there is none is what is wanted
			}
			if word == "exclude" && skipped(v, all) {
				continue
			}
			out = append(out, &Stray{Flag: word + "-" + list.flag, Key: doc.Index("openapi."+word+"."+list.key, i), Value: v, near: plaintext.Nearest(v, known), known: known, what: list.what})
		}
	}
	return out
}
