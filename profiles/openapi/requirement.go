package openapi

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// requirements reads what a document or an operation asks for: alternatives (OR) of
// schemes (AND). ok is false when it says nothing. What is malformed never means that
// no credential is needed: it is taken for what is plainly meant, or for a scheme that
// is not there, so that calls are refused; a warning says which.
func (r *reader) requirements(n node) (out profiles.Security, ok bool) {
	switch {
	case !n.exists() || n.kind() == null:
		return nil, false
	case n.isTable() && n.size(1) == 0:
		r.warn(n.at(), "security is an empty object in place of a list: it is left out")
		return nil, false
	case n.kind() != list:
		r.warn(n.at(), "security is no list: it is read as a list of one")
		return profiles.Security{r.alternative(n)}, true
	}
	const most = 100
	out = profiles.Security{}
	for alternative := range n.items {
		if len(out) >= most {
			r.warn(n.at(), "there are more than 100 alternatives of security: the others are left out")
			break
		}
		all := r.alternative(alternative)
		if !slices.ContainsFunc(out, func(old []profiles.Requirement) bool { return sameRequirements(old, all) }) {
			out = append(out, all)
		}
	}
	return out, true
}

func sameRequirements(a, b []profiles.Requirement) bool {
	return slices.EqualFunc(a, b, func(x, y profiles.Requirement) bool { return x.ID == y.ID && slices.Equal(x.Scopes, y.Scopes) })
}

// alternative reads requirements that must hold together; none: no credential is needed.
func (r *reader) alternative(n node) []profiles.Requirement {
	all := []profiles.Requirement{}
	switch {
	case n.isTable():
		for _, one := range r.requirement(n) {
			all = joined(all, one)
		}
	case n.isText():
		id := r.named(n, n.str())
		r.warn(n.at(), "a security requirement is a text in place of an object: it is read as {"+id+": []}")
		all = joined(all, profiles.Requirement{ID: id})
	case n.kind() == list && n.size(1) > 0:
		r.warn(n.at(), "a security requirement is a list in place of an object: its schemes must hold together")
		for one := range n.items {
			if one.kind() == list { // no deeper
				all = joined(all, r.unreadable(one))
				continue
			}
			for _, requirement := range r.alternative(one) {
				all = joined(all, requirement)
			}
		}
	default:
		all = joined(all, r.unreadable(n))
	}
	return all
}

// joined adds a requirement, or its scopes to that of the same scheme.
func joined(all []profiles.Requirement, one profiles.Requirement) []profiles.Requirement {
	i := slices.IndexFunc(all, func(old profiles.Requirement) bool { return old.ID == one.ID })
	if i < 0 {
		return append(all, one)
	}
	for _, s := range one.Scopes {
		if !slices.Contains(all[i].Scopes, s) {
			all[i].Scopes = append(all[i].Scopes, s)
		}
	}
	return all
}

// unreadable is the requirement of what cannot be read: the document's one scheme, or one
// that is not there.
func (r *reader) unreadable(n node) profiles.Requirement {
	if len(r.out.Schemes) == 1 {
		id := r.out.Schemes[0].ID
		r.warn(n.at(), "a security requirement cannot be read: it is taken for "+quote(id)+", the only scheme there is")
		return profiles.Requirement{ID: id}
	}
	r.warn(n.at(), "a security requirement cannot be read: operations that need it are refused when they are called")
	return profiles.Requirement{ID: "unreadable"}
}

// requirement reads an object, also one of the forms that people write in place of
// {NAME: [SCOPE]}: a reference to the scheme, its name as a value, its definition.
func (r *reader) requirement(n node) []profiles.Requirement {
	unknown := func(key string) bool { _, ok := r.known[key]; return !ok }
	if n.get("type").isText() && unknown("type") {
		inline, _ := r.scheme("", n)
		for i := range r.out.Schemes {
			if s := &r.out.Schemes[i]; s.Type == inline.Type && s.Scheme == inline.Scheme && s.In == inline.In && strings.EqualFold(s.Name, inline.Name) {
				r.warn(n.at(), "a security requirement defines its scheme: it is taken for "+quote(s.ID))
				return []profiles.Requirement{{ID: s.ID}}
			}
		}
		return []profiles.Requirement{r.unreadable(n)}
	}
	for _, key := range [...]string{"$ref", "name", "id", "scheme", "schemeName"} {
		v := n.get(key)
		if !v.isText() || !unknown(key) {
			continue
		}
		if id, ok := r.meant(lastToken(v.str())); ok {
			r.warn(n.at(), "a security requirement names its scheme as a value: it is read as {"+id+": []}")
			return []profiles.Requirement{{ID: id, Scopes: r.scopes(n.get("scopes"))}}
		}
	}
	var all []profiles.Requirement
	for key, scopes := range n.members {
		all = append(all, profiles.Requirement{ID: r.named(key, key.text()), Scopes: r.scopes(scopes)})
	}
	return all
}

// scopes reads the scopes of a requirement.
func (r *reader) scopes(n node) []string {
	switch {
	case n.isText():
		r.warn(n.at(), "the scopes of a security requirement are a text in place of a list")
		return strings.FieldsFunc(n.str(), func(c rune) bool { return c == ' ' || c == ',' })
	case n.isTable():
		var out []string
		for name := range n.members {
			out = append(out, name.text())
		}
		if len(out) > 0 {
			r.warn(n.at(), "the scopes of a security requirement are an object in place of a list")
		}
		return out
	}
	return n.strings()
}

// named returns the id of the scheme that a requirement names: itself where there is none.
func (r *reader) named(at node, name string) string {
	if id, ok := r.meant(name); ok {
		if _, exact := r.known[name]; !exact {
			r.warn(at.at(), "there is no security scheme "+quote(name)+": it is taken for "+quote(id))
		}
		return id
	}
	if !r.asked[name] {
		r.asked[name] = true
		ids := make([]string, len(r.out.Schemes))
		for i := range r.out.Schemes {
			ids[i] = r.out.Schemes[i].ID
		}
		near := plaintext.Nearest(name, ids)
		if near != "" {
			near = " (did you mean " + near + "?)"
		}
		r.warn(at.at(), "there is no security scheme "+quote(name)+near+": operations that need it are refused when they are called")
	}
	return name
}

// meant finds the scheme that a name plainly means: its own; the only one whose name is
// alike; the only one of the kind that the name says.
func (r *reader) meant(name string) (id string, ok bool) {
	if i, ok := r.known[name]; ok {
		return r.out.Schemes[i].ID, true
	}
	one := func(is func(*profiles.SecurityScheme) bool) (string, bool) {
		found, n := "", 0
		for i := range r.out.Schemes {
			if is(&r.out.Schemes[i]) {
				found = r.out.Schemes[i].ID
				n++
			}
		}
		return found, n == 1
	}
	if id, ok := one(func(s *profiles.SecurityScheme) bool { return alike(s.ID, name) }); ok {
		return id, true
	}
	kind := kindIn(name)
	return one(func(s *profiles.SecurityScheme) bool { return kind != "" && kindOf(s) == kind })
}

// kindIn returns the kind of scheme that a name says; empty when it says none.
func kindIn(name string) string {
	name = plainName(name)
	for _, one := range [...]struct{ word, kind string }{{"bearer", "bearer"}, {"jwt", "bearer"}, {"basic", "basic"}, {"apikey", "apiKey"},
		{"openid", "openIdConnect"}, {"oidc", "openIdConnect"}, {"oauth", "oauth2"}} {
		if strings.Contains(name, one.word) {
			return one.kind
		}
	}
	return ""
}

func kindOf(s *profiles.SecurityScheme) string {
	switch {
	case s.Type == profiles.HTTPScheme:
		return s.Scheme
	case s.Type == profiles.APIKey && s.In == "header" && strings.EqualFold(s.Name, "Authorization") && kindIn(s.ID) != "apiKey":
		return "bearer"
	}
	return string(s.Type)
}
