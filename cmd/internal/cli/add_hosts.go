package cli

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/importer"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/higress"
)

// named are the hosts that the command line of add names.
func (f addFlags) named(source string) outbound.Hosts {
	hosts := outbound.Hosts{}
	hosts.AddURL(f.baseURL)
	hosts.AddURL(source) // a file or - has no host
	return hosts
}

// judged judges the hosts of an OpenAPI document of which p is made.
func (i *importedAPI) judged(p *profiles.Profile) importer.Hosts {
	var signIn []string
	for n := range p.Server.SecuritySchemes {
		signIn = append(signIn, p.Server.SecuritySchemes[n].Addresses()...)
	}
	for n := range i.auth.Schemes {
		typed := i.auth.Schemes[n].Addresses()
		signIn = slices.DeleteFunc(signIn, func(address string) bool { return slices.Contains(typed, address) })
	}
	return importer.JudgeHosts(outbound.Origin(i.read.Server), i.calls(), signIn, i.f.named(i.source), i.f.allowPrivate)
}

// calls are the origins of the document's operations, in its order.
func (i *importedAPI) calls() []string {
	var out []string
	for n := range i.read.Operations {
		if origin := outbound.Origin(i.read.Operations[n].URL); origin != "" && !slices.Contains(out, origin) {
			out = append(out, origin)
		}
	}
	return out
}

// judgedTools judges the hosts of a Higress configuration. What the profile that it
// updates names is named.
func (a *app) judgedTools(i *higress.Imported, source string, f addFlags) (importer.Hosts, error) {
	set, err := tool.Compile(i.Profile)
	if err != nil {
		return importer.Hosts{}, placed(i, err)
	}
	var signIn []string
	for n := range i.Profile.Server.SecuritySchemes {
		signIn = append(signIn, i.Profile.Server.SecuritySchemes[n].Addresses()...)
	}
	calls := session.Origins(set)
	base := outbound.Origin(i.Profile.Server.BaseURL)
	if base == "" && len(calls) > 0 {
		base = calls[0]
	}
	named := f.named(source)
	if f.update {
		if old, _, err := session.Dir(a.home).Load(cmp.Or(f.name, profiles.MakeName(i.Title))); err == nil {
			maps.Copy(named, old.NamedHosts())
		}
	}
	return importer.JudgeHosts(base, calls, signIn, named, f.allowPrivate), nil
}

// judgeNew judges the hosts that an update brings, which are refused when they are
// doubtful.
func (i *importedAPI) judgeNew(ctx context.Context, p *profiles.Profile, before []*tool.Tool) error {
	var old []string
	for _, t := range before {
		old = append(old, outbound.Origin(t.Request.URL))
	}
	fresh := slices.DeleteFunc(i.calls(), func(origin string) bool { return slices.Contains(old, origin) })
	i.hosts = importer.JudgeHosts(outbound.Origin(i.read.Server), fresh, nil, p.NamedHosts(), i.f.allowPrivate)
	_, err := i.a.admit(ctx, i.hosts, i.source, i.f)
	return err
}

// admit lets a person decide about the doubtful hosts of a document, and returns what
// has to be said of those that were taken without being asked for. Those of a file that
// the command line names are asked for on a terminal, and otherwise taken; those of an
// address, of standard input, and that an update brings, are refused.
func (a *app) admit(ctx context.Context, h importer.Hosts, source string, f addFlags) ([]addWarning, error) {
	var warned []addWarning
	for _, origin := range h.Refused {
		warned = append(warned, addWarning{At: display(source), Message: "nobody signs in at " + origin + ", which only the document names: it is on this machine or in a private network, and the API is not; --allow-private " +
			commandLine(importer.HostPort(origin)) + " allows it"})
	}
	if len(h.Doubtful) == 0 {
		return warned, nil
	}
	lines, flags := "", ""
	for _, origin := range h.Doubtful {
		lines += "\n  " + origin + " (" + importer.Doubt(origin) + ")"
		flags += " --allow-private " + commandLine(importer.HostPort(origin))
	}
	if f.update || source == "-" || strings.Contains(source, "://") {
		return nil, fail(exitFailed, "if that is meant, add"+flags, "the document names hosts that are on this machine, in a private network or not encrypted:%s", lines)
	}
	if a.canAsk() && !f.json {
		yes, err := a.confirm(ctx, "The document names hosts that are on this machine, in a private network or not encrypted:"+lines+"\nMay its tools call them?")
		if err == nil && !yes {
			err = fail(exitFailed, "--base-url names another address for the API", "nothing was made")
		}
		return warned, err
	}
	for _, origin := range h.Doubtful {
		warned = append(warned, addWarning{At: display(source), Message: "the document's tools call " + origin + " (" + importer.Doubt(origin) + ")"})
	}
	return warned, nil
}

// printHosts says where the tools send their requests.
func (a *app) printHosts(r addReport) {
	switch {
	case len(r.Hosts) == 0:
	case r.Changes != nil:
		a.say("new: its tools also call %s; a credential goes there only after a typed mcp-bridge login", few(r.Hosts, mostShown))
	case len(r.Hosts) == 1:
		a.say("its tools call %s", r.Hosts[0])
	default:
		a.say("its tools call %s: %s", count(len(r.Hosts), "host"), few(r.Hosts, mostShown))
	}
}
