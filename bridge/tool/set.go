package tool

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Set is a compiled profile. It is immutable and safe for concurrent use.
type Set struct {
	profile  *profiles.Profile
	all      []*Tool // sorted by name
	tools    []*Tool // those that are listed and callable
	byName   map[string]*Tool
	denied   map[string]string // name to the reason
	list     []byte
	size     int           // of the list when every tool is whole, in bytes
	compact  bool          // the list is shorter than that
	version  func() string // made when it is asked for
	warnings []Warning
	packed   *packed // the imported tools of a set that was unpacked; nil: all and tools have them
}

// Profile returns the profile that was compiled. It must not be changed.
func (s *Set) Profile() *profiles.Profile { return s.profile }

// Tools returns the tools that are listed and callable, sorted by name. The slice
// must not be changed.
func (s *Set) Tools() []*Tool {
	if s.packed != nil {
		return s.packed.listedTools(s.tools)
	}
	return s.tools
}

// Len returns the number of tools that are listed and callable.
func (s *Set) Len() int {
	if s.packed != nil {
		return len(s.tools) + s.packed.head.Listed
	}
	return len(s.tools)
}

// At returns tool i of [Set.Tools], without making the others of a set that was
// unpacked. It is nil when the packed tool is damaged.
func (s *Set) At(i int) *Tool {
	if s.packed == nil {
		return s.tools[i]
	}
	order := s.packed.ordered(s.tools)
	if i >= len(order) { // the index is damaged
		return nil
	}
	place := order[i]
	if place < 0 {
		return s.tools[^place]
	}
	return s.packed.tool(place)
}

// Writes reports whether any tool that is listed may change something.
func (s *Set) Writes() bool {
	if slices.ContainsFunc(s.tools, func(t *Tool) bool { return !t.ReadOnly }) {
		return true
	}
	return s.packed != nil && s.packed.head.Writes
}

// All returns every tool, also those that the policy denies, sorted by name. The
// slice must not be changed.
func (s *Set) All() []*Tool {
	if s.packed != nil {
		return s.packed.allTools(s.all)
	}
	return s.all
}

// Tool returns the listed tool of that name.
func (s *Set) Tool(name string) (*Tool, bool) {
	if _, denied := s.Denied(name); denied {
		return nil, false
	}
	t, ok := s.byName[name]
	if !ok && s.packed != nil {
		if i := s.packed.find(name); i >= 0 {
			t = s.packed.tool(i)
		}
		return t, t != nil
	}
	return t, ok
}

// Denied returns why a tool that exists is not listed, as part of a sentence:
// "policy.readOnly allows only tools that read".
func (s *Set) Denied(name string) (reason string, ok bool) {
	reason, ok = s.denied[name]
	if !ok && s.packed != nil {
		return s.packed.denied(name)
	}
	return reason, ok
}

// Confirm reports whether policy.confirm wants a person to be asked before the
// tool is called.
func (s *Set) Confirm(t *Tool) bool { return matchesAny(s.profile.Policy.Confirm, t) != "" }

// List returns the JSON array of the listed tools for tools/list: name, title,
// description, inputSchema, outputSchema and every annotation; what [Set.Compact]
// says is shorter. It must not be changed. That of an unpacked set is read anew each
// time.
func (s *Set) List() []byte {
	if s.packed == nil {
		return s.list
	}
	if list := s.packed.list(); len(list) > 0 {
		return list
	}
	return listing(s.Tools())
}

// Compact reports whether the list has less of each tool than the tool itself, because
// it would cost more than exposure.listTokens: schemas and descriptions are cut, for
// all tools alike. Arguments are checked against the whole schema all the same.
func (s *Set) Compact() bool { return s.compact }

// Size returns how many bytes the list has when every tool is whole.
func (s *Set) Size() int { return s.size }

// Warnings returns what a person should know about the tools, in the profile's
// order, beyond what [profiles.Load] and [profiles.Check] say already: those warn
// of names that some clients refuse and of literal credentials.
func (s *Set) Warnings() []Warning { return s.warnings }

// Version is a hash of the list and of everything else in the profile that decides
// about calls, without any credential. It changes when one of these does.
func (s *Set) Version() string { return s.version() }

// choose applies allowTools and the policy.
func (s *Set) choose() {
	for _, t := range s.all {
		if reason := s.reason(t); reason != "" {
			s.denied[t.Name] = reason
			continue
		}
		s.tools = append(s.tools, t)
	}
}

// reason says why a tool must not be called; empty when it may.
func (s *Set) reason(t *Tool) string {
	p := s.profile
	if p.Server.AllowTools != nil && !named(*p.Server.AllowTools, t.Name) {
		return "server.allowTools does not name it"
	}
	if rule := matchesAny(p.Policy.Deny, t); rule != "" {
		return "policy.deny has " + quoted(rule)
	}
	if p.Policy.ReadOnly && !t.ReadOnly {
		return "policy.readOnly allows only tools that read"
	}
	return ""
}

func named(globs []string, name string) bool {
	for _, glob := range globs {
		if profiles.MatchGlob(glob, name) {
			return true
		}
	}
	return false
}

// matchesAny returns the rule that means the tool, or "". A rule is a tool glob or
// "METHOD path-glob"; the path is that of the tool as it is written, or the whole
// one behind the base URL's: a rule that forbids must not miss for how it is put.
func matchesAny(rules []string, t *Tool) string {
	whole := pathOf(t.Request.URL)
	for _, rule := range rules {
		if rule != "" && (profiles.MatchRule(rule, t.Name, t.Request.Method, t.Path) || profiles.MatchRule(rule, t.Name, t.Request.Method, whole)) {
			return rule
		}
	}
	return ""
}

// hash covers what [Set.Version] says. Credentials are types that do not print.
func (s *Set) hash() string {
	type call struct {
		Name       string
		Request    Request
		Response   Response
		Params     []Param
		Renamed    map[string]string
		Config     json.RawMessage
		Security   [][]Requirement
		Downstream *Downstream
	}
	sum := sha256.New()
	sum.Write(s.list)
	write := func(v any) {
		data, err := json.Marshal(v)
		if err != nil { // a value of the profile that is no JSON; the list has it too
			data = []byte(err.Error())
		}
		sum.Write(data)
	}
	write(s.profile.HTTP)
	write(s.profile.Policy)
	for _, t := range s.tools {
		write(call{t.Name, t.Request, t.Response, t.Params, t.Renamed, t.Config, t.Security, t.Downstream})
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
