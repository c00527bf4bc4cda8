package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/spf13/cobra"
)

func (a *app) useCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "use PROFILE[/ACCOUNT] | -",
		Short: "Switch profile or account; running servers follow",
		Long: `Switch profile or account; running servers follow.

"use P" makes P the current profile, "use P/A" also makes A the current account of
P, and "use -" goes back to the profile and account before. A server that was started with
--profile keeps its profile and follows that profile's current account.`,
		Example:           "  mcp-bridge use petstore\n  mcp-bridge use petstore/work\n  mcp-bridge use -",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeUse,
		RunE:              func(c *cobra.Command, args []string) error { return a.use(c.Context(), args[0]) },
	}
}

func (a *app) use(ctx context.Context, text string) error {
	var now string
	err := a.home.UpdateState(ctx, func(s *home.State) error {
		if text == "-" {
			if s.Previous == "" {
				return fail(exitFailed, "mcp-bridge use PROFILE", "there is no profile to go back to")
			}
			if _, _, err := session.Dir(a.home).Resolve(s.Previous); err != nil {
				return err
			}
			profile, account := s.Previous, s.PreviousAccount
			choose(s, profile, account)
			now = describe(profile, s.Accounts[profile])
			return nil
		}
		p, account, err := a.resolve(text)
		if err != nil {
			return err
		}
		choose(s, p, account)
		now = describe(p, s.Accounts[p])
		return nil
	})
	if err != nil {
		return err
	}
	a.say("now using %s", now)
	v, err := a.view(text2ref(text), "")
	if err == nil {
		a.hintNobody(v)
	}
	if err != nil && text != "-" {
		a.say("warning: this profile is not usable yet: %s", err)
		a.say("  mcp-bridge check %s", text2ref(text))
	}
	return nil
}

// hintNobody says how to sign in as an account that nobody has stored anything for: its
// name may be mistyped. Only the index is read.
func (a *app) hintNobody(v *session.View) {
	if v.Account == session.DefaultAccount || len(v.Records()) == 0 {
		return
	}
	index, err := a.home.ReadIndex()
	if err != nil {
		return
	}
	identity, signIns := session.Identity(a.home, v.Profile), oauthSchemes(v)
	known := slices.ContainsFunc(index.Entries, func(e home.Entry) bool { return e.Profile == identity && e.Account == v.Account })
	for _, r := range signIns {
		accounts, err := v.Resolver.TokenAccounts(v.Profile.Scheme(r.Scheme))
		known = known || err != nil || slices.Contains(accounts, v.Account)
	}
	if !known {
		a.say("nobody has signed in as it yet: %s", credential.LoginCommand(identity, "", v.Account))
	}
}

// choose makes a profile current, and an account of it unless that is empty. What
// was in use before is kept for "use -".
func choose(s *home.State, profile, account string) {
	accountOf := func(p string) string {
		if a := s.Accounts[p]; a != "" {
			return a
		}
		return session.DefaultAccount
	}
	if profile == s.Current && (account == "" || account == accountOf(profile)) {
		return
	}
	if s.Previous, s.PreviousAccount = s.Current, ""; s.Current != "" {
		s.PreviousAccount = accountOf(s.Current)
	}
	s.Current = profile
	if account != "" && account != accountOf(profile) {
		s.Accounts[profile] = account
	}
}

func text2ref(text string) string {
	if text == "-" {
		return ""
	}
	return text
}

// resolve turns what a person typed into the profile's identity and an account.
func (a *app) resolve(text string) (profile, account string, err error) {
	ref, err := profiles.ParseRef(text)
	if err != nil {
		return "", "", usage("", "%w", err)
	}
	file, name, err := session.Dir(a.home).Resolve(ref.Profile)
	if err != nil {
		return "", "", err
	}
	if name == ref.Profile {
		return name, ref.Account, nil
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", "", err
	}
	return session.Identity(a.home, &profiles.Profile{Name: name, File: file}), ref.Account, nil
}

func describe(profile, account string) string {
	if account == "" || account == session.DefaultAccount {
		return profile
	}
	return fmt.Sprintf("%s, account %s", profile, account)
}

// completeProfiles lists the profiles for the shell's completion.
func (a *app) completeProfiles(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || a.open(c) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := session.Dir(a.home).Names()
	return names, cobra.ShellCompDirectiveNoFileComp
}
