package tool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sort"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Set is a compiled profile. It is immutable and safe for concurrent use.
type Set struct {
	profile  *profiles.Profile
	all      []*Tool // sorted by name
	tools    []*Tool // those that are listed and callable
	byName   map[string]*Tool
	denied   map[string]string // name to the reason
	list     []byte
	version  string
	warnings []Warning
}

// Warning is something about a profile's tools that a person should know.
type Warning struct {
	Key     string // such as "tools[2].requestTemplate.url"
	Message string
}

// Error is one thing that keeps a profile from being compiled.
type Error struct {
	Key     string // such as "tools[2].requestTemplate.url"
	Message string
	Hint    string // what to write instead, or empty
}

func (e *Error) Error() string { return e.Key + ": " + e.Message }

// Errors is everything that keeps a profile from being compiled.
type Errors []*Error

// Error returns one line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Hint says what to write instead, for the first error that knows it.
func (e Errors) Hint() string {
	for _, one := range e {
		if one.Hint != "" {
			return one.Hint
		}
	}
	return ""
}

// Compile compiles a profile that [profiles.Load] has accepted. The error is an
// [Errors] with everything that was found: templates that cannot be parsed,
// schemas that are none, tools of one name.
func Compile(p *profiles.Profile) (*Set, error) { return CompileWith(p, nil) }

// CompileWith is Compile with tools that were imported from the profile's
// document: they come with everything but security, which follows the profile.
func CompileWith(p *profiles.Profile, imported []*Tool) (*Set, error) {
	c := &compiler{profile: p, schemes: map[string]*profiles.SecurityScheme{}}
	for i := range p.Server.SecuritySchemes {
		c.schemes[p.Server.SecuritySchemes[i].ID] = &p.Server.SecuritySchemes[i]
	}
	s := &Set{profile: p, byName: map[string]*Tool{}, denied: map[string]string{}}
	for i := range p.Tools {
		c.at = doc.Index("tools", i)
		if t := c.tool(&p.Tools[i]); t != nil {
			c.place(s, t)
		}
	}
	for _, t := range imported {
		c.at = "openapi"
		c.place(s, t)
	}
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	sort.Slice(s.all, func(i, j int) bool { return s.all[i].Name < s.all[j].Name })
	s.warnings = c.warnings
	s.choose()
	s.list = listing(s.tools)
	s.version = s.hash()
	return s, nil
}

// place adds a tool unless its name is taken.
func (c *compiler) place(s *Set, t *Tool) {
	if _, taken := s.byName[t.Name]; taken {
		c.fail("name", "there is another tool of the name "+t.Name, "give each tool a name of its own")
		return
	}
	s.byName[t.Name] = t
	s.all = append(s.all, t)
}

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
	if p.Server.AllowTools != nil && !matchesAny(*p.Server.AllowTools, t) {
		return "server.allowTools does not name it"
	}
	if matchesAny(p.Policy.Deny, t) {
		return "policy.deny names it"
	}
	if p.Policy.ReadOnly && !t.ReadOnly {
		return "policy.readOnly allows only tools that read"
	}
	return ""
}

// matchesAny reports whether one of the rules means the tool. A rule is a tool
// glob or "METHOD path-glob".
func matchesAny(rules []string, t *Tool) bool {
	for _, rule := range rules {
		if profiles.MatchRule(rule, t.Name, t.Request.Method, t.Path) {
			return true
		}
	}
	return false
}

// Confirm reports whether the policy asks a person before the tool is called.
func (s *Set) Confirm(t *Tool) bool { return matchesAny(s.profile.Policy.Confirm, t) }

// Profile returns the profile that was compiled. It must not be changed.
func (s *Set) Profile() *profiles.Profile { return s.profile }

// Tools returns the tools that are listed and callable, sorted by name. The slice
// must not be changed.
func (s *Set) Tools() []*Tool { return s.tools }

// All returns every tool, also those that the policy denies, sorted by name.
func (s *Set) All() []*Tool { return s.all }

// Tool returns the listed tool of that name.
func (s *Set) Tool(name string) (*Tool, bool) {
	t, ok := s.byName[name]
	if _, denied := s.denied[name]; denied {
		return nil, false
	}
	return t, ok
}

// Denied returns why a tool that exists is not listed.
func (s *Set) Denied(name string) (reason string, ok bool) {
	reason, ok = s.denied[name]
	return reason, ok
}

// List returns the JSON array of tools for tools/list. It must not be changed.
func (s *Set) List() []byte { return s.list }

// Warnings returns what a person should know about the tools.
func (s *Set) Warnings() []Warning { return s.warnings }

// Version changes when a client would see another list.
func (s *Set) Version() string { return s.version }

func (s *Set) hash() string {
	sum := sha256.Sum256(s.list)
	return hex.EncodeToString(sum[:16])
}

// compiler collects what is found while a profile is compiled.
type compiler struct {
	profile  *profiles.Profile
	schemes  map[string]*profiles.SecurityScheme
	at       string // the key of the tool at work
	errs     Errors
	warnings []Warning
}

func (c *compiler) fail(key, message, hint string) {
	c.errs = append(c.errs, &Error{Key: c.key(key), Message: message, Hint: hint})
}

func (c *compiler) warn(key, message string) {
	c.warnings = append(c.warnings, Warning{Key: c.key(key), Message: message})
}

func (c *compiler) key(key string) string {
	if key == "" {
		return c.at
	}
	return c.at + "." + key
}

// failWith reports an error of another room, with its hint.
func (c *compiler) failWith(key string, err error) {
	var hinted interface{ Hint() string }
	hint := ""
	if errors.As(err, &hinted) {
		hint = hinted.Hint()
	}
	c.fail(key, err.Error(), hint)
}
