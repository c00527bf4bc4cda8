package cli

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/importer"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// imported is an OpenAPI document on its way to a profile.
type importedAPI struct {
	a      *app
	f      addFlags
	auth   importer.Auth
	name   string // of the profile, once it is known
	source string // as it will stand in the profile
	spec   session.Spec
	read   *openapi.Document
	hosts  importer.Hosts // that the document names
	warned []addWarning   // about them
	packed []byte         // what is kept of the document
	digest string         // of packed; empty: not packed yet
}

// addOpenAPI makes a profile from an OpenAPI document.
func (a *app) addOpenAPI(ctx context.Context, source, file string, data []byte, f addFlags) error {
	saveMemory()
	auth, err := importer.ParseAuth(f.auth, f.scopes, f.clientID, f.redirect)
	if err != nil {
		return err
	}
	i := &importedAPI{a: a, f: f, auth: auth, source: source, spec: session.Spec{Name: file, Data: data, Files: map[string][]byte{}}}
	if err := i.locate(); err != nil {
		return err
	}
	p, err := i.profile(ctx)
	if err == nil {
		err = i.checkSelection(ctx, p)
	}
	if err != nil {
		return err
	}
	if err := i.complete(p); err != nil {
		return err
	}
	if i.warned, err = a.admit(ctx, i.hosts, source, f); err != nil {
		return err
	}
	release, err := a.home.Lock(ctx, "add") // two at once must not choose one name
	if err != nil {
		return err
	}
	defer release()
	name, replace, err := a.chooseName(f, i.title())
	if err != nil {
		return err
	}
	p.Name, p.File, p.Private = name, session.Dir(a.home).File(name), true
	if p.Server.Name == "" {
		p.Server.Name = shortName(name)
	}
	text, err := profiles.Encode(p, "Made by mcp-bridge add from "+display(source)+". It is yours to edit; `mcp-bridge add "+name+" --update` reads the document again.")
	if err != nil {
		return err
	}
	return i.commit(ctx, name, text, replace)
}

// locate makes the source what a profile can name: an address, or an absolute path.
func (i *importedAPI) locate() error {
	switch {
	case i.source == "-":
		i.source, i.spec.Name = "stdin", "stdin"
	case strings.Contains(i.source, "://"):
		u, err := url.Parse(i.source)
		if err != nil {
			return err
		}
		u.User = nil
		i.source = u.String()
	default:
		abs, err := filepath.Abs(i.source)
		if err != nil {
			return err
		}
		i.source, i.spec.Name = abs, filepath.Base(abs)
	}
	return nil
}

// profile reads the document and writes down what the flags say.
func (i *importedAPI) profile(ctx context.Context) (*profiles.Profile, error) {
	p := &profiles.Profile{OpenAPI: &profiles.OpenAPI{Source: i.source, Include: i.f.include, Exclude: i.f.exclude}}
	p.Server.BaseURL = strings.TrimSuffix(i.f.baseURL, "/")
	p.Exposure.Mode = i.f.mode
	p.Policy.ReadOnly = i.f.readOnly
	if len(i.f.allowTools) > 0 {
		p.Server.AllowTools = &i.f.allowTools
	}
	if i.f.excludeDeprecated {
		yes := true
		p.OpenAPI.Exclude.Deprecated = &yes
	}
	for _, file := range i.f.overlays {
		abs, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		p.OpenAPI.Overlays = append(p.OpenAPI.Overlays, abs)
	}
	return p, i.open(ctx, p)
}

// open reads the document as the profile selects from it.
func (i *importedAPI) open(ctx context.Context, p *profiles.Profile) error {
	o, err := session.ReadOptions(p)
	if err != nil {
		return err
	}
	s := openapi.Source{Name: i.spec.Name, Data: i.spec.Data}
	if filepath.IsAbs(i.source) {
		s.Open = session.Beside(i.source, i.spec.Files)
	}
	ctx, stop := context.WithTimeout(ctx, session.ReadTime)
	defer stop()
	i.read, err = openapi.Read(ctx, s, o)
	return err
}

// checkSelection refuses flags that pick nothing, and a selection that leaves nothing.
func (i *importedAPI) checkSelection(ctx context.Context, p *profiles.Profile) error {
	if i.f.include.IsZero() && i.f.exclude.IsZero() && len(i.f.allowTools) == 0 {
		return nil
	}
	all := *p
	imports := *p.OpenAPI
	imports.Include, imports.Exclude = profiles.Selection{}, profiles.Selection{}
	all.OpenAPI = &imports
	whole := &importedAPI{a: i.a, source: i.source, spec: session.Spec{Name: i.spec.Name, Data: i.spec.Data, Files: map[string][]byte{}}}
	if err := whole.open(ctx, &all); err != nil {
		return err
	}
	if stray := importer.CheckSelection(i.f.include, i.f.exclude, i.f.allowTools, whole.read); stray != nil {
		return usage("", "%w", stray)
	}
	if len(i.read.Operations) == 0 && len(whole.read.Operations) > 0 {
		return usage("each of the flags picks some, but none is picked by all of them; leave one out", "the selection leaves none of the document's %s", count(len(whole.read.Operations), "operation"))
	}
	return nil
}

// sameSource returns the other profile that was made from the document; empty: none.
func (i *importedAPI) sameSource(name string) string {
	dir := session.Dir(i.a.home)
	names, err := dir.Names()
	if err != nil {
		return ""
	}
	for _, other := range names {
		if p, _, err := dir.Load(other); other != name && err == nil && p.OpenAPI != nil && p.OpenAPI.Source == i.source && i.source != "stdin" {
			return other
		}
	}
	return ""
}

// complete takes over what the document says, where the person said nothing.
func (i *importedAPI) complete(p *profiles.Profile) error {
	d := i.read
	p.Description = firstLine(d.Title)
	if u, err := url.Parse(d.Server); err == nil && p.Server.BaseURL == "" {
		if outbound.Loopback(u.Hostname()) && filepath.IsAbs(i.source) {
			p.Server.BaseURL = d.Server // the person is asked about it, see admit
		} else {
			p.OpenAPI.Server = outbound.Origin(d.Server)
		}
	}
	for _, s := range d.Schemes {
		if s.Usable() {
			p.Server.SecuritySchemes = append(p.Server.SecuritySchemes, i.asClient(s))
		}
	}
	if err := i.auth.Apply(p, d, true); err != nil {
		return err
	}
	i.hosts = i.judged(p)
	i.hosts.Record(p, false)
	if !i.auth.Given() && len(p.Server.DefaultUpstreamSecurity) == 0 && len(p.Server.SecuritySchemes) == 1 && d.Security == nil && unspecified(d) {
		p.Server.DefaultUpstreamSecurity = profiles.Security{{{ID: p.Server.SecuritySchemes[0].ID}}}
	}
	var err error
	_, p.OpenAPI.Digest, err = i.pack()
	return err
}

// asClient writes down the scopes that the operations need of a scheme.
func (i *importedAPI) asClient(s profiles.SecurityScheme) profiles.SecurityScheme {
	const most = 40 // more than a person would agree to: the rest is asked for when it is needed
	if !credential.IsOAuth(&s) {
		return s
	}
	var scopes []string
	for _, o := range i.read.Operations {
		for _, all := range o.Security {
			for _, r := range all {
				if r.ID == s.ID {
					scopes = append(scopes, r.Scopes...)
				}
			}
		}
	}
	slices.Sort(scopes)
	if scopes = slices.Compact(scopes); len(scopes) > most {
		scopes = nil
	}
	if len(scopes) > 0 {
		yes := true // nobody has chosen these scopes by hand
		s.Client = &profiles.OAuthClient{Scopes: scopes, OfflineAccess: &yes}
	}
	return s
}

// unspecified reports operations about whose security the document says nothing.
func unspecified(d *openapi.Document) bool {
	return slices.ContainsFunc(d.Operations, func(o openapi.Operation) bool { return o.Security == nil })
}
