package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/importer"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// changes are what an update did to the tools, by name.
type changes struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []string `json:"changed"`
}

// updated returns the profile that an update is about: the one of --name, the one that
// source names, or the one that was made from source; nil when it imports nothing.
func (a *app) updated(source string, f addFlags) (*profiles.Profile, error) {
	dir := session.Dir(a.home)
	names, err := dir.Names()
	if err != nil {
		return nil, err
	}
	wanted := f.name
	if wanted == "" && slices.Contains(names, source) {
		wanted = source
	}
	located := source
	if abs, err := filepath.Abs(source); err == nil && !strings.Contains(source, "://") {
		located = abs
	}
	for _, name := range names {
		if wanted != "" && name != wanted {
			continue
		}
		p, _, err := dir.Load(name)
		if err != nil {
			if name == wanted {
				return nil, err
			}
			continue
		}
		if p.OpenAPI != nil && (name == wanted || p.OpenAPI.Source == located) {
			return p, nil
		}
	}
	return nil, nil
}

// updateOpenAPI reads the document of a profile again. Of the profile's file only the
// digest changes, and the source when it is another one: the rest is the person's.
func (a *app) updateOpenAPI(ctx context.Context, p *profiles.Profile, source string, f addFlags) error {
	if f.selects() {
		return usage("edit [openapi] in "+p.File+", then type: mcp-bridge check "+p.Name, "--update keeps what the profile selects; it takes no other selection")
	}
	if source == p.Name {
		source = p.OpenAPI.Source
	}
	if source == "stdin" {
		return usage("… | mcp-bridge add - --update --name "+p.Name, "the document of %s came from standard input", p.Name)
	}
	if !strings.Contains(source, "://") && source != "-" && !filepath.IsAbs(source) {
		if _, err := os.Stat(source); err != nil { // as the profile writes it
			source = filepath.Join(p.Dir("openapi.source"), source)
		}
	}
	file, data, err := a.readSource(ctx, source)
	if err != nil {
		return err
	}
	auth, err := importer.ParseAuth(f.auth, f.scopes, f.clientID, f.redirect)
	if err != nil {
		return err
	}
	i := &importedAPI{a: a, f: f, auth: auth, source: source, spec: session.Spec{Name: file, Data: data, Files: map[string][]byte{}}}
	if err := i.locate(); err != nil {
		return err
	}
	if err := i.open(ctx, p); err != nil {
		return err
	}
	return i.replace(ctx, p)
}

// selects reports whether the flags choose operations or how they look.
func (f addFlags) selects() bool {
	return !f.include.IsZero() || !f.exclude.IsZero() || f.excludeDeprecated || len(f.overlays) > 0 || f.mode != "" || f.baseURL != "" || len(f.allowTools) > 0 || f.readOnly
}

// replace writes the new digest, and says what has changed.
func (i *importedAPI) replace(ctx context.Context, p *profiles.Profile) error {
	a := i.a
	release, err := a.home.Lock(ctx, "add")
	if err != nil {
		return err
	}
	defer release()
	old, err := profiles.ReadFile(p.File)
	if err != nil {
		return err
	}
	if p, _, err = session.Dir(a.home).LoadText(p.File, old); err != nil { // as it is by now
		return err
	}
	o, err := a.options(p.Name, "", false)
	if err != nil {
		return err
	}
	var before []*tool.Tool
	if v, err := session.Load(o); err == nil {
		before = v.Set.All()
	}
	if err := i.judgeNew(ctx, p, before); err != nil {
		return err
	}
	_, digest, err := i.pack()
	if err != nil {
		return err
	}
	text, fresh, warnings, err := a.edited(p, string(old), digest, i.source)
	if err == nil && (!i.auth.IsZero() || len(i.f.allowPrivate) > 0) {
		text, fresh, warnings, err = i.authenticated(fresh, text)
	}
	if err != nil {
		return err
	}
	kept := i.keepAside()
	set, err := o.Keep(fresh, i.read)
	undo, specErr := kept()
	if err == nil {
		err = specErr
	}
	if err == nil && text != string(old) {
		err = a.home.WriteFile(home.ProfilesDir+"/"+filepath.Base(p.File), []byte(text))
	}
	if err != nil {
		undo()
		return err
	}
	if strings.TrimPrefix(p.OpenAPI.Digest, "sha256:") != digest {
		a.dropSpec(p.OpenAPI.Digest)
	}
	r := i.report(fresh, set, warnings)
	r.Changes = difference(before, set.All())
	r.same = text == string(old) && len(r.Changes.Added)+len(r.Changes.Removed)+len(r.Changes.Changed) == 0
	if i.f.json {
		return printJSON(a.sys.Out, r)
	}
	i.print(r, fresh)
	return nil
}

// difference compares tools by name and by what is listed of them.
func difference(before, after []*tool.Tool) *changes {
	c := &changes{Added: []string{}, Removed: []string{}, Changed: []string{}}
	old := map[string]*tool.Tool{}
	for _, t := range before {
		old[t.Name] = t
	}
	for _, t := range after {
		was, ok := old[t.Name]
		delete(old, t.Name)
		switch {
		case !ok:
			c.Added = append(c.Added, t.Name)
		case was.Description != t.Description || string(was.InputSchema) != string(t.InputSchema) || was.Request.Method != t.Request.Method || was.Request.URL != t.Request.URL:
			c.Changed = append(c.Changed, t.Name)
		}
	}
	for name := range old {
		c.Removed = append(c.Removed, name)
	}
	slices.Sort(c.Removed)
	return c
}
