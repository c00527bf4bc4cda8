package cli

import (
	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/higress"
)

// addReport is what add --json prints; the names are relied upon by scripts.
type addReport struct {
	Profile    string        `json:"profile"`
	Path       string        `json:"path"`
	Source     string        `json:"source"`
	Format     string        `json:"format"`
	Operations int           `json:"operations"`
	Tools      int           `json:"tools"`
	Skipped    []addSkipped  `json:"skipped"`
	Warnings   []addWarning  `json:"warnings"`
	Schemes    []schemeEntry `json:"schemes"`
	Tokens     int           `json:"tokens,omitempty"` // that listing every tool would cost
	Listed     int           `json:"listed,omitempty"` // that what clients are shown costs
	compact    bool          // the list is brief
	same       bool          // an update that changed nothing
	Mode       string        `json:"mode,omitempty"` // list or search
	Changes    *changes      `json:"changes,omitempty"`
	Hosts      []string      `json:"hosts"` // origins that the tools call; of an update, the new ones
}

type addSkipped struct {
	Operation string `json:"operation"`
	At        string `json:"at"`
	Reason    string `json:"reason"`
}

type addWarning struct {
	At      string `json:"at"`
	Message string `json:"message"`
}

type schemeEntry struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Usable bool   `json:"usable"`
	Hint   string `json:"hint"`
}

func newAddReport(i *higress.Imported, set *tool.Set, source string) addReport {
	r := addReport{Source: source, Format: "higress", Operations: i.Operations, Tools: len(set.All()),
		Skipped: []addSkipped{}, Warnings: []addWarning{}, Schemes: []schemeEntry{}}
	for _, s := range i.Skipped {
		r.Skipped = append(r.Skipped, addSkipped{Operation: s.Name, At: s.At, Reason: s.Reason})
	}
	for _, w := range i.Warnings {
		r.Warnings = append(r.Warnings, addWarning{At: w.At, Message: keyed(w.Key, w.Message)})
	}
	for _, w := range set.Warnings() {
		r.Warnings = append(r.Warnings, addWarning{At: i.At(w.Key), Message: keyed(w.Key, w.Message)})
	}
	return r
}

func keyed(key, message string) string {
	if key == "" {
		return message
	}
	return key + ": " + message
}

// schemeEntries says for each scheme, and each credential of server.config, whether its
// tools can authenticate now.
func schemeEntries(p *profiles.Profile, set *tool.Set, secrets []higress.Secret, mode string) []schemeEntry {
	client := passedOn(set)
	stored := map[string]bool{}
	for _, s := range secrets {
		stored[s.Record] = true
	}
	out := []schemeEntry{}
	for i := range p.Server.SecuritySchemes {
		s := &p.Server.SecuritySchemes[i]
		e := schemeEntry{ID: s.ID, Type: string(s.Type), Usable: true}
		switch {
		case s.Type == profiles.OAuth2 || s.Type == profiles.OpenIDConnect:
			e.Usable, e.Hint = false, loginHint(p, s, usedSchemes(set))
		case p.Unusable(s) != nil:
			bad := p.Unusable(s)
			e.Usable, e.Hint = false, bad.Error()+"; "+bad.Hint()
		case stored[s.ID] && mode == higress.Keychain:
		case s.DefaultCredential != nil && !s.DefaultCredential.Keychain:
		case client[s.ID] == carriesIn:
			e.Hint = "the client's own credential, or one that you store: " + credential.LoginCommand(p.Name, s.ID, "")
		case client[s.ID] == carriesOn:
			e.Hint = "the client's own credential is passed on to the backend"
		default:
			e.Usable, e.Hint = false, credential.LoginCommand(p.Name, s.ID, "")
		}
		out = append(out, e)
	}
	for _, v := range p.Secrets {
		e := schemeEntry{ID: v.Record, Type: string(profiles.ValueScheme), Usable: true}
		if v.Reference.Keychain && !stored[v.Record] {
			e.Usable, e.Hint = false, credential.LoginCommand(p.Name, v.Record, "")
		}
		out = append(out, e)
	}
	return out
}

// role is what a scheme does in passthrough.
type role int

const (
	carriesIn role = iota + 1 // takes the client's credential
	carriesOn                 // hands it on to the backend
)

// passedOn returns the schemes that only carry the client's own credential.
func passedOn(set *tool.Set) map[string]role {
	out := map[string]role{}
	needed := map[string]bool{} // by a tool without passthrough
	for _, t := range set.All() {
		passes := t.Downstream != nil && t.Downstream.Passthrough && t.Downstream.Scheme != nil
		if passes {
			out[t.Downstream.Scheme.ID] = carriesIn
		}
		for _, all := range t.Security {
			for _, r := range all {
				needed[r.Scheme.ID] = needed[r.Scheme.ID] || !passes
				if passes && out[r.Scheme.ID] == 0 {
					out[r.Scheme.ID] = carriesOn
				}
			}
		}
	}
	for id := range needed {
		if needed[id] {
			delete(out, id)
		}
	}
	return out
}

// warn tells what was noted on the way to an error.
func (a *app) warn(list []higress.Warning) {
	for _, w := range list {
		a.say("warning: %s: %s", w.At, keyed(w.Key, w.Message))
	}
}

func (a *app) printAdd(r addReport, i *higress.Imported, stored int, mode string) {
	for _, w := range r.Warnings {
		a.say("warning: %s: %s", w.At, w.Message)
	}
	for _, s := range r.Skipped {
		a.say("skipped: %s: %s: %s", s.At, s.Operation, s.Reason)
	}
	a.say("made %s: %s of %s", r.Path, count(r.Tools, "tool"), count(r.Operations, "operation"))
	a.printHosts(r)
	if stored > 0 {
		a.say("%s moved into the keychain", count(stored, "credential"))
	}
	for _, s := range r.Schemes {
		if s.Hint != "" {
			a.say("%s: %s", s.ID, s.Hint)
		}
	}
	for _, s := range i.Secrets {
		if mode == higress.Drop && s.Record != s.Scheme {
			a.say("%s: %s", s.Record, credential.LoginCommand(r.Profile, s.Record, ""))
		}
	}
}
