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
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/higress"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
	"github.com/spf13/cobra"
)

type addFlags struct {
	name        string
	baseURL     string
	credentials string
	update      bool
	force       bool
	json        bool

	// For OpenAPI documents.
	include, exclude  profiles.Selection
	excludeDeprecated bool
	overlays          []string
	mode              string
	auth              string
	clientID          string
	allowTools        []string
	readOnly          bool
}

func (a *app) addCommand() *cobra.Command {
	var f addFlags
	c := &cobra.Command{
		Use:   "add SOURCE",
		Short: "Make a profile from an OpenAPI document or a Higress configuration",
		Long: `Make a profile from an OpenAPI document (Swagger 2.0, OpenAPI 3.0, 3.1, 3.2; JSON or
YAML) or a Higress MCP server configuration: a file, an https address, or - for standard
input. It says what became of every operation, and what is needed to sign in. If anything
fails, nothing is made.

Of an OpenAPI document, --include-* and --exclude-* pick operations, --overlay changes the
document before, --auth says how the API is called when the document does not, or says it
otherwise, and --mode how tools are shown. --update reads the document of a profile again and keeps your edits.

Of a Higress configuration, credentials move into the keychain (--credentials keychain),
stay in the profile (keep) or are left out (drop).`,
		Example: `  mcp-bridge add openapi.yaml
  mcp-bridge add https://api.example.com/openapi.json --name shop --include-tag orders
  mcp-bridge add github.json --auth bearer --exclude-deprecated
  mcp-bridge add shop --update
  mcp-bridge add server.yaml --credentials drop
  mcp-bridge add - --name petstore --json < openapi.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			err := a.add(c.Context(), args[0], f)
			if err != nil && f.json {
				return a.addFailed(err)
			}
			return err
		},
	}
	c.Flags().StringVar(&f.name, "name", "", "the profile's name (default: from the document)")
	c.Flags().StringVar(&f.baseURL, "base-url", "", "the API's address, in place of the document's")
	c.Flags().StringVar(&f.credentials, "credentials", higress.Keychain, "what to do with credentials in it: keychain, keep or drop")
	c.Flags().BoolVar(&f.update, "update", false, "replace the profile that was made from it before")
	c.Flags().BoolVar(&f.force, "force", false, "replace an existing profile of that name")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
	for _, one := range []struct {
		to   *[]string
		name string
		what string
	}{
		{&f.include.Tags, "include-tag", "only operations with this tag"}, {&f.exclude.Tags, "exclude-tag", "no operations with this tag"},
		{&f.include.Methods, "include-method", "only operations of this method"}, {&f.exclude.Methods, "exclude-method", "no operations of this method"},
		{&f.include.Paths, "include-path", "only operations on this path; * and ** stand for parts of it"}, {&f.exclude.Paths, "exclude-path", "no operations on this path"},
		{&f.include.Operations, "include-operation", "only operations with this id; * stands for any part"}, {&f.exclude.Operations, "exclude-operation", "no operations with this id"},
		{&f.allowTools, "allow-tool", "only tools of this name; * stands for any part"},
		{&f.overlays, "overlay", "an OpenAPI Overlay document to apply"},
	} {
		c.Flags().StringArrayVar(one.to, one.name, nil, one.what+" (may be repeated)")
	}
	c.Flags().BoolVar(&f.excludeDeprecated, "exclude-deprecated", false, "no deprecated operations")
	c.Flags().StringVar(&f.mode, "mode", "", "how tools are shown: list, search, or auto by their number and size")
	c.Flags().StringVar(&f.auth, "auth", "", "how the API is called: bearer, basic, header=NAME, query=NAME or cookie=NAME")
	c.Flags().StringVar(&f.clientID, "client-id", "", "the client id that the API's authorization server gave you")
	c.Flags().BoolVar(&f.readOnly, "read-only", false, "only tools that read (policy.readOnly)")
	return c
}

func (a *app) add(ctx context.Context, source string, f addFlags) error {
	if !slices.Contains([]string{higress.Keychain, higress.Keep, higress.Drop}, f.credentials) {
		return usage("type --credentials keychain, keep or drop", "unknown --credentials %q", f.credentials)
	}
	if f.mode != "" && !slices.Contains([]string{"list", "search", "auto"}, f.mode) {
		return usage("type --mode list, search or auto", "unknown --mode %q", f.mode)
	}
	if f.update {
		p, err := a.updated(source, f)
		if err != nil {
			return err
		}
		if p != nil {
			return a.updateOpenAPI(ctx, p, source, f)
		}
	}
	file, data, err := a.readSource(ctx, source)
	if err != nil {
		return err
	}
	if openapi.Detect(data) || !higressLike(file, data) {
		return a.addOpenAPI(ctx, source, file, data, f)
	}
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
	report.Profile, report.Path = name, p.File
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

// higressLike reports whether a document that is not OpenAPI is a Higress
// configuration, or at least no other kind of document: its errors say best what is
// wrong with it.
func higressLike(file string, data []byte) bool {
	tree, _, err := doc.Parse(file, data)
	return err == nil && higress.Detect(tree)
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
