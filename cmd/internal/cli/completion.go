package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/regular"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
	"github.com/spf13/cobra"
)

type completer = func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// completions are words for the shell. One that cannot be typed, or that a terminal would
// act on, is left out: names come from documents.
func completions(words []string) ([]string, cobra.ShellCompDirective) {
	out := slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return w == "" || strings.ContainsFunc(w, func(r rune) bool { return r < ' ' || plaintext.IsHidden(r) })
	})
	slices.Sort(out)
	return slices.Compact(out), cobra.ShellCompDirectiveNoFileComp
}

// completeView completes from the profile that is named by the first argument where the
// command takes one, else by --profile, else the current one. Nothing is sent.
func (a *app) completeView(named bool, words func(v *session.View) []string) completer {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		ref := ""
		if named {
			ref = first(args)
		}
		if a.open(c) != nil {
			return completions(nil)
		}
		v, err := a.view(ref, "")
		if err != nil {
			return completions(nil)
		}
		return completions(words(v))
	}
}

// completeCredential completes --account and, where the command has it, --scheme.
func (a *app) completeCredential(c *cobra.Command, named bool) {
	_ = c.RegisterFlagCompletionFunc("account", a.completeView(named, a.accounts))
	if c.Flags().Lookup("scheme") != nil {
		_ = c.RegisterFlagCompletionFunc("scheme", a.completeView(named, func(v *session.View) []string {
			var out []string
			for _, r := range v.Records() {
				out = append(out, r.Name)
			}
			return out
		}))
	}
}

// accounts are those of a profile for which something is stored, and the current one.
func (a *app) accounts(v *session.View) []string {
	out := []string{session.DefaultAccount, v.Account}
	index, err := a.home.ReadIndex()
	if err != nil {
		return out
	}
	identity := session.Identity(a.home, v.Profile)
	for _, e := range index.Entries {
		if e.Profile == identity {
			out = append(out, e.Account)
		}
	}
	for _, r := range oauthSchemes(v) {
		if more, err := v.Resolver.TokenAccounts(v.Profile.Scheme(r.Scheme)); err == nil {
			out = append(out, more...)
		}
	}
	return out
}

// completeUse lists the profiles, and the accounts of one after its slash.
func (a *app) completeUse(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	name, _, ok := strings.Cut(typed, "/")
	if !ok || len(args) > 0 || profiles.CheckName(name) != nil {
		return a.completeProfiles(c, args, typed)
	}
	return a.completeView(true, func(v *session.View) []string {
		out := a.accounts(v)
		for i := range out {
			out[i] = name + "/" + out[i]
		}
		return out
	})(c, []string{name}, typed)
}

// completeTags lists the tags of the document that add is about: of a file on this
// machine, or the kept one of a profile. Nothing is read from an address.
func (a *app) completeTags(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 || args[0] == "-" || strings.Contains(args[0], "://") || a.open(c) != nil {
		return completions(nil)
	}
	var d *openapi.Document
	if p, _, err := session.Dir(a.home).Load(args[0]); err == nil && p.OpenAPI != nil {
		if d, err = a.wholeDocument(p); err != nil {
			return completions(nil)
		}
	} else {
		data, err := regular.Read(args[0], session.MaxSpec)
		if err != nil {
			return completions(nil)
		}
		ctx, stop := context.WithTimeout(context.Background(), session.ReadTime)
		defer stop()
		if d, err = openapi.Read(ctx, openapi.Source{Name: filepath.Base(args[0]), Data: data, Open: session.Beside(args[0], nil)}, openapi.Options{}); err != nil {
			return completions(nil)
		}
	}
	var tags []string
	for _, o := range d.Operations {
		tags = append(tags, o.Tags...)
	}
	return completions(tags)
}
