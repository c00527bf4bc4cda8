package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/higress"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// addHigress makes a profile from a Higress configuration.
func (a *app) addHigress(ctx context.Context, source, file string, data []byte, f addFlags) error {
	imported, err := importDocument(file, data, f)
	if err != nil {
		if imported != nil && !f.json { // a misspelt key is often why another one is missing
			a.warn(imported.Warnings)
		}
		return err
	}
	secrets, err := higress.SplitSecrets(imported, f.credentials)
	if err != nil {
		return err
	}
	p := imported.Profile
	hosts, err := a.judgedTools(imported, source, f)
	if err != nil {
		return err
	}
	warned, err := a.admit(ctx, hosts, source, f)
	if err != nil {
		return err
	}
	hosts.Record(p, true)
	release, err := a.home.Lock(ctx, "add") // two at once must not choose one name
	if err != nil {
		return err
	}
	defer release()
	name, replace, err := a.newName(f, imported)
	if err != nil {
		return err
	}
	p.Name, p.File, p.Private = name, session.Dir(a.home).File(name), true
	set, err := tool.Compile(p)
	if err != nil {
		return placed(imported, err)
	}
	report := newAddReport(imported, set, source)
	report.Profile, report.Path, report.Hosts = name, p.File, hosts.Calls
	report.Warnings = append(report.Warnings, warned...)
	text, err := profiles.Encode(p, "Made by mcp-bridge add from "+display(source)+". It is yours to edit.")
	if err != nil {
		return err
	}
	if err := a.commit(ctx, p, set, secrets, text, replace); err != nil {
		return err
	}
	report.Schemes = schemeEntries(p, set, secrets, f.credentials)
	if !f.json {
		a.printAdd(report, imported, len(secrets), f.credentials)
	}
	if err := a.adopt(ctx, name); err != nil {
		return err
	}
	if f.json {
		return printJSON(a.sys.Out, report)
	}
	a.say("next: mcp-bridge tools %s, then mcp-bridge install CLIENT", name)
	return nil
}

// importDocument reads the document; nothing else is touched.
func importDocument(file string, data []byte, f addFlags) (*higress.Imported, error) {
	imported, err := higress.Import(file, data, higress.Options{Name: f.name, BaseURL: f.baseURL})
	if err != nil {
		return imported, fail(exitInvalid, "", "%w", err)
	}
	return imported, nil
}

// newName decides the profile's name and whether an existing one is replaced.
func (a *app) newName(f addFlags, i *higress.Imported) (name string, replace bool, err error) {
	return a.chooseName(f, i.Title)
}

// chooseName is newName for a document of that title.
func (a *app) chooseName(f addFlags, title string) (name string, replace bool, err error) {
	known, err := session.Dir(a.home).Names()
	if err != nil {
		return "", false, err
	}
	name = f.name
	if name == "" {
		name = profiles.MakeName(title)
		if !f.force && !f.update {
			name = profiles.MakeName(title, known...)
		}
	}
	if slices.Contains(known, name) && (f.force || f.update) {
		return name, true, nil
	}
	if slices.Contains(known, name) {
		return "", false, fail(exitFailed, "--force replaces it, --name gives another name", "there is a profile %q already", name)
	}
	return name, false, profiles.CheckNewName(name, known)
}

// commit writes the credentials and the profile, or neither.
func (a *app) commit(ctx context.Context, p *profiles.Profile, set *tool.Set, secrets []higress.Secret, text []byte, replace bool) (err error) {
	undo, err := a.storeSecrets(ctx, p, set, secrets)
	if err == nil {
		rel := home.ProfilesDir + "/" + p.Name + ".toml"
		if replace {
			err = a.home.WriteFile(rel, text)
		} else {
			err = a.home.CreateFile(rel, text)
		}
	}
	if err != nil {
		undo()
	}
	return err
}

// storeSecrets puts the credentials into the keychain. undo puts everything back
// as it was; it may be called after an error too.
func (a *app) storeSecrets(ctx context.Context, p *profiles.Profile, set *tool.Set, secrets []higress.Secret) (undo func(), err error) {
	var steps []func()
	undo = func() {
		for _, step := range slices.Backward(steps) {
			step()
		}
	}
	if len(secrets) == 0 {
		return undo, nil
	}
	store, err := a.store()
	if err != nil {
		return undo, err
	}
	if err := keychain.Writable(ctx, store); err != nil {
		return undo, err
	}
	v := session.Detached(a.home, store, p, set)
	origins := map[string][]string{}
	for _, r := range v.Records() {
		origins[r.Name] = r.Origins
	}
	for _, s := range secrets {
		before, was, err := v.Resolver.Raw(ctx, s.Record)
		if err != nil {
			return undo, err
		}
		steps = append(steps, func() {
			clean := context.WithoutCancel(ctx)
			if was {
				_ = v.Resolver.Restore(clean, s.Record, before)
			} else {
				_ = v.Resolver.Forget(clean, s.Record)
			}
		})
		if err := v.Resolver.Save(ctx, s.Scheme, s.Record, s.Value, origins[s.Record]); err != nil {
			return undo, err
		}
	}
	return undo, nil
}

// placed gives the errors of compiling a place in the document.
func placed(i *higress.Imported, err error) error {
	var list tool.Errors
	if !errors.As(err, &list) {
		return err
	}
	var lines []string
	for _, e := range list {
		lines = append(lines, i.At(e.Key)+": "+e.Key+": "+e.Message)
	}
	return &failure{code: exitInvalid, err: errors.New(strings.Join(lines, "\n")), hint: list.Hint(), at: i.At(list[0].Key)}
}

// display shortens a source for a comment: no user part or query of an address.
func display(source string) string {
	if strings.Contains(source, "://") {
		source, _, _ = strings.Cut(source, "?")
		if at := strings.LastIndex(source, "@"); at >= 0 {
			source = source[:strings.Index(source, "://")+3] + source[at+1:]
		}
		return source
	}
	return filepath.Base(source)
}
