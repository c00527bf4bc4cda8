package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/exposure"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// loginHint says what a scheme still needs. used are the schemes that tools need.
func loginHint(p *profiles.Profile, s *profiles.SecurityScheme, used map[string]bool) string {
	if !used[s.ID] {
		return "no tool uses it"
	}
	record, signIns := s.ID, 0
	for i := range p.Server.SecuritySchemes {
		if one := &p.Server.SecuritySchemes[i]; credential.IsOAuth(one) && used[one.ID] {
			signIns++
		}
	}
	if signIns == 1 && credential.IsOAuth(s) || signIns == 0 && len(used) == 1 {
		record = "" // login means it without being told
	}
	login := credential.LoginCommand(p.Name, record, "")
	if credential.IsOAuth(s) {
		return "needs a sign-in. " + clientHint(p, s, login)
	}
	needs := "a token"
	switch {
	case s.Type == profiles.APIKey:
		needs = "a key"
	case s.Scheme == "basic":
		needs = "a user name and password"
	}
	return "needs " + needs + ". Type: " + login
}

// clientHint says which client has to be registered at the authorization server of a
// scheme, with which redirect address, before login can be typed.
func clientHint(p *profiles.Profile, s *profiles.SecurityScheme, login string) string {
	hint := "Type: " + login
	address := ""
	if hasToRegister(s) {
		address = "redirect address " + toRegister(s)
	}
	switch {
	case s.Client != nil && s.Client.ID != "" && address != "":
		return "Register this at the server for the client " + s.Client.ID + ": " + address + ". " + hint
	case s.Client != nil && s.Client.ID != "":
		return hint
	}
	give := "mcp-bridge add " + p.Name + " --update --client-id ID"
	if p.OpenAPI == nil {
		give = "write id = \"ID\" under [server.securitySchemes.client] of " + s.ID + " in " + p.File
	}
	if address != "" {
		address = " with the " + address
	}
	return hint + " (if the server does not register clients automatically, first register an app there" + address + " and give its client id: " + give + ")"
}

// usedSchemes are the ids of the schemes that tools need.
func usedSchemes(set *tool.Set) map[string]bool {
	used := map[string]bool{}
	for _, t := range set.All() {
		for _, all := range t.Security {
			for _, r := range all {
				used[r.Scheme.ID] = true
			}
		}
	}
	return used
}

// report is what add says of an OpenAPI document.
func (i *importedAPI) report(p *profiles.Profile, set *tool.Set, warnings []profiles.Warning) addReport {
	d := i.read
	r := addReport{Profile: p.Name, Path: p.File, Source: i.source, Format: d.Format, Operations: d.Total, Tools: len(d.Operations),
		Skipped: []addSkipped{}, Warnings: paramKeys(p, d.Keys), Schemes: []schemeEntry{}}
	for _, s := range d.Skipped {
		r.Skipped = append(r.Skipped, addSkipped{Operation: s.Operation, At: s.At, Reason: s.Reason})
	}
	for _, w := range d.Warnings {
		r.Warnings = append(r.Warnings, addWarning{At: w.At, Message: w.Message})
	}
	r.Hosts = append([]string{}, i.hosts.Calls...)
	r.Warnings = append(r.Warnings, i.warned...)
	for _, w := range warnings {
		r.Warnings = append(r.Warnings, addWarning{At: w.Pos.String(), Message: keyed(w.Key, w.Message)})
	}
	for _, w := range set.Warnings() {
		r.Warnings = append(r.Warnings, addWarning{At: p.At(w.Key), Message: keyed(w.Key, w.Message)})
	}
	used := usedSchemes(set)
	i.name = p.Name
	if other := i.sameSource(p.Name); other != "" && !i.f.update {
		r.Warnings = append(r.Warnings, addWarning{At: i.spec.Name, Message: fmt.Sprintf("the profile %s is made of this document, too; to read it again for that one, type: mcp-bridge add %s --update", other, other)})
	}
	if w, ok := i.withoutSecurity(p); ok {
		r.Warnings = append(r.Warnings, w)
	}
	for n := range d.Notes {
		if i.auth.Given() && !used[d.Notes[n].ID] {
			continue // --auth is used in its place
		}
		r.Schemes = append(r.Schemes, i.schemeEntry(p, n, used))
	}
	for n := range p.Server.SecuritySchemes {
		s := &p.Server.SecuritySchemes[n]
		if used[s.ID] && !slices.ContainsFunc(r.Schemes, func(e schemeEntry) bool { return e.ID == s.ID }) {
			r.Schemes = append(r.Schemes, schemeEntry{ID: s.ID, Type: string(s.Type), Hint: loginHint(p, s, used)})
		}
	}
	x := exposure.New(set, nil)
	r.Tokens = tool.Tokens(set.Size())
	r.Mode, r.Listed, r.compact = "list", tool.Tokens(len(x.List())), x.Compact()
	if x.Searching() {
		r.Mode = "search"
	}
	return r
}

// withoutSecurity says how many operations the document marks as needing no credential
// although it has schemes: such marks are often wrong.
func (i *importedAPI) withoutSecurity(p *profiles.Profile) (addWarning, bool) {
	if i.auth.Given() || p.OpenAPI.ForceSecurity || len(p.Server.SecuritySchemes) == 0 {
		return addWarning{}, false
	}
	open := 0
	for _, o := range i.read.Operations {
		if o.Security != nil && len(o.Security) == 0 {
			open++
		}
	}
	if open == 0 {
		return addWarning{}, false
	}
	s := &p.Server.SecuritySchemes[0]
	for n := range p.Server.SecuritySchemes {
		if one := &p.Server.SecuritySchemes[n]; credential.SchemePreference(one) < credential.SchemePreference(s) {
			s = one
		}
	}
	return addWarning{At: i.spec.Name, Message: fmt.Sprintf("%d of %s are marked security: [] (no credential needed) although the document has security schemes; if their calls are answered with 401, type: %s",
		open, count(len(i.read.Operations), "operation"), p.RequireHint(s))}, true
}

// schemeEntry says of a scheme of the document whether its tools can authenticate, and
// what it still needs.
func (i *importedAPI) schemeEntry(p *profiles.Profile, n int, used map[string]bool) schemeEntry {
	note, own := i.read.Notes[n], &i.read.Schemes[n]
	e := schemeEntry{ID: note.ID, Type: string(own.Type), Usable: true, Hint: note.Hint}
	s := p.Scheme(note.ID)
	if s != nil {
		own = s
	}
	if bad := p.Unusable(own); bad != nil {
		e.Usable, e.Hint = false, bad.Error()+"; "+bad.Hint()
		return e
	}
	if own.Type == profiles.MutualTLS {
		e.Hint = ""
		return e
	}
	if s.DefaultCredential == nil || s.DefaultCredential.Keychain {
		hint := loginHint(p, s, used)
		if e.Hint != "" && !credential.IsOAuth(s) {
			hint = e.Hint + "; " + hint
		}
		e.Usable, e.Hint = false, hint
	}
	return e
}

// mostShown is how many of each kind are told a person: there may be thousands.
const mostShown = 20

// print tells a person.
func (i *importedAPI) print(r addReport, p *profiles.Profile) {
	say := i.a.say
	for n, w := range r.Warnings {
		if n == mostShown {
			say("… and %s more; mcp-bridge check %s lists them", count(len(r.Warnings)-mostShown, "warning"), p.Name)
			break
		}
		say("warning: %s: %s", w.At, w.Message)
	}
	if r.same {
		say("%s is up to date: %s", r.Profile, count(r.Tools, "tool"))
		return
	}
	left := i.printSkipped(r.Skipped)
	made := "made"
	if r.Changes != nil {
		made = "updated"
		i.printChanges(r.Changes)
	}
	say("%s %s: %s of %s%s", made, r.Path, count(r.Tools, "tool"), count(r.Operations, "operation"), left)
	i.a.printHosts(r)
	if r.Mode == "search" {
		say("listing them would cost about %d tokens, so clients are shown search tools for about %d (--mode list shows them all)", r.Tokens, r.Listed)
	} else {
		say("listing them costs about %d tokens", r.Listed)
	}
	for n, s := range r.Schemes {
		if n == mostShown {
			say("… and %s more", count(len(r.Schemes)-mostShown, "security scheme"))
			break
		}
		if s.Hint != "" && !slices.ContainsFunc(r.Warnings, func(w addWarning) bool { return strings.HasSuffix(w.Message, s.Hint) }) {
			say("%s (%s): %s", s.ID, s.Type, s.Hint)
		}
	}
	if len(r.Schemes) == 0 && r.Tools > 0 && !i.auth.None && len(i.read.Keys) == 0 {
		say("The document does not say how to authenticate. If the API requires a credential, type: mcp-bridge add %s --update --auth bearer (or basic, apiKey:header:NAME, oidc=ISSUER: see mcp-bridge add --help)", p.Name)
	}
	say("Next: mcp-bridge tools %s, and mcp-bridge install CLIENT --profile %s", p.Name, p.Name)
}

// printSkipped says of each reason a few operations that it holds for, and returns how
// many the person's own selection leaves out.
func (i *importedAPI) printSkipped(skipped []addSkipped) (left string) {
	const few = 3
	times, said, selected := map[string]int{}, 0, 0
	for _, s := range skipped {
		if strings.HasPrefix(s.Reason, "left out by openapi.include") || strings.HasPrefix(s.Reason, "left out by openapi.exclude") {
			selected++
			continue
		}
		if times[s.Reason]++; times[s.Reason] <= few && said < 3*mostShown {
			said++
			i.a.say("skipped: %s: %s: %s", s.At, s.Operation, s.Reason)
		}
	}
	if more := len(skipped) - said - selected; more > 0 {
		i.a.say("skipped: … and %s more; mcp-bridge check %s lists them", count(more, "operation"), i.name)
	}
	if selected > 0 {
		left = fmt.Sprintf(" (%d left out by the selection)", selected)
	}
	return left
}

func (i *importedAPI) printChanges(c *changes) {
	for _, one := range []struct {
		what  string
		names []string
	}{{"added", c.Added}, {"removed", c.Removed}, {"changed", c.Changed}} {
		if len(one.names) > 0 {
			i.a.say("%s: %s", one.what, few(one.names, mostShown))
		}
	}
	if len(c.Added)+len(c.Removed)+len(c.Changed) == 0 {
		i.a.say("the tools are the same")
	}
}

func few(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + ", … and " + count(len(names)-most, "more")
}
