package cli

import (
	"context"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/higress"
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
	auth, scopes      []string
	clientID          string
	redirect          string
	allowTools        []string
	allowPrivate      []string
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
document before, and --mode says how tools are shown. --auth says how the API is called
when the document does not, or says it otherwise: what it names is used for every
operation, and nothing else is. It takes bearer, basic, apiKey:header:NAME,
apiKey:query:NAME, apiKey:cookie:NAME, oidc=ISSUER, oauth2=DISCOVERY-URL or none. Given
several times, all of them are sent; those that use the same header are alternatives.

--update reads the document of a profile again and keeps your edits; --auth, --scope,
--client-id and --redirect then change the profile.

The hosts that the document names are printed. Those on this machine, in a private network
or without encryption are asked for; without a terminal those of a file are taken with a
warning, and those of an address, of standard input or that --update brings are refused
unless --allow-private names them.

Of a Higress configuration, credentials move into the keychain (--credentials keychain),
stay in the profile (keep) or are left out (drop).`,
		Example: `  mcp-bridge add openapi.yaml
  mcp-bridge add https://api.example.com/openapi.json --name shop --include-tag orders
  mcp-bridge add github.json --auth bearer --exclude-deprecated
  mcp-bridge add crm.yaml --auth oidc=https://auth.example.com --client-id ID --scope openid
  mcp-bridge add shop --update
  mcp-bridge add server.yaml --credentials drop
  mcp-bridge add - --name petstore --json < openapi.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.add(c.Context(), args[0], f)
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
		{&f.allowPrivate, "allow-private", "a host, or host:port, of the document that may be on this machine, in a private network or not encrypted"},
		{&f.auth, "auth", "how the API is called: bearer, basic, apiKey:header:NAME, apiKey:query:NAME, apiKey:cookie:NAME, oidc=ISSUER, oauth2=DISCOVERY-URL or none"},
		{&f.scopes, "scope", "a scope to ask for at the sign-in"},
	} {
		c.Flags().StringArrayVar(one.to, one.name, nil, one.what+" (may be repeated)")
	}
	c.Flags().BoolVar(&f.excludeDeprecated, "exclude-deprecated", false, "no deprecated operations")
	c.Flags().StringVar(&f.mode, "mode", "", "how tools are shown: list, search, or auto by their number and size")
	c.Flags().StringVar(&f.clientID, "client-id", "", "the client id that the API's authorization server gave you")
	c.Flags().StringVar(&f.redirect, "redirect", "", "the redirect address that is registered there: a port, a path, or http://127.0.0.1:PORT/PATH")
	c.Flags().BoolVar(&f.readOnly, "read-only", false, "only tools that read (policy.readOnly)")
	_ = c.RegisterFlagCompletionFunc("include-tag", a.completeTags)
	_ = c.RegisterFlagCompletionFunc("exclude-tag", a.completeTags)
	_ = c.RegisterFlagCompletionFunc("auth", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"bearer", "basic", "apiKey:header:", "apiKey:query:", "apiKey:cookie:", "oidc=https://", "oauth2=https://", "none"},
			cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
	return c
}

func (a *app) add(ctx context.Context, source string, f addFlags) error {
	if err := f.check(); err != nil {
		return err
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
	if name := f.forOpenAPI(); name != "" {
		return usage("leave it out; what it would change is in the profile that add makes", "--%s is for OpenAPI documents, and %s is a Higress configuration", name, display(source))
	}
	return a.addHigress(ctx, source, file, data, f)
}

// check refuses words that mean nothing.
func (f addFlags) check() error {
	if !slices.Contains([]string{higress.Keychain, higress.Keep, higress.Drop}, f.credentials) {
		return usage("type --credentials keychain, keep or drop", "unknown --credentials %q", f.credentials)
	}
	for _, host := range f.allowPrivate {
		if _, _, err := outbound.ReadHost(host); err != nil {
			return usage("as in --allow-private 10.0.0.5:8080", "--allow-private %q: %w", host, err)
		}
	}
	if f.mode != "" && !slices.Contains([]string{"list", "search", "auto"}, f.mode) {
		return usage("type --mode list, search or auto", "unknown --mode %q", f.mode)
	}
	return nil
}

// forOpenAPI returns the first flag that only OpenAPI documents have; empty: none was given.
func (f addFlags) forOpenAPI() string {
	for _, one := range []struct {
		name  string
		given bool
	}{
		{"auth", len(f.auth) > 0}, {"scope", len(f.scopes) > 0}, {"client-id", f.clientID != ""}, {"redirect", f.redirect != ""},
		{"include-tag, --include-method, --include-path or --include-operation", !f.include.IsZero()},
		{"exclude-tag, --exclude-method, --exclude-path or --exclude-operation", !f.exclude.IsZero()}, {"exclude-deprecated", f.excludeDeprecated},
		{"overlay", len(f.overlays) > 0}, {"mode", f.mode != ""}, {"allow-tool", len(f.allowTools) > 0}, {"read-only", f.readOnly},
	} {
		if one.given {
			return one.name
		}
	}
	return ""
}

// higressLike reports whether a document that is not OpenAPI is a Higress
// configuration, or at least no other kind of document: its errors say best what is
// wrong with it.
func higressLike(file string, data []byte) bool {
	tree, _, err := doc.Parse(file, data)
	return err == nil && higress.Detect(tree)
}
