package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/spf13/cobra"
)

// keychainTime bounds everything that a command does with the keychain.
const keychainTime = 5 * time.Second

// logoutTime bounds a logout: the authorization server gets its share.
const logoutTime = 30 * time.Second

func (a *app) logoutCommand() *cobra.Command {
	var account, scheme string
	var all bool
	c := &cobra.Command{
		Use:               "logout [PROFILE]",
		Short:             "Sign out, and forget stored credentials",
		Long:              "Sign out of a profile and forget its stored credentials: those of its current account,\nthose of --account, or with --all those of every account. --scheme means only one of\nthem. The authorization server is asked to take its tokens back; they are forgotten\nhere whatever it answers.",
		Example:           "  mcp-bridge logout petstore\n  mcp-bridge logout petstore --account work --scheme apiKey\n  mcp-bridge logout petstore --all",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfiles,
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), logoutTime)
			defer cancel()
			return a.logout(ctx, first(args), account, scheme, all)
		},
	}
	c.Flags().StringVar(&account, "account", "", "the account (default: the current one)")
	c.Flags().StringVar(&scheme, "scheme", "", "forget only this security scheme's credential")
	c.Flags().BoolVar(&all, "all", false, "forget those of every account")
	a.completeCredential(c, true)
	return c
}

func (a *app) logout(ctx context.Context, ref, account, scheme string, all bool) error {
	identity, current, err := a.identity(ref)
	if err != nil {
		return err
	}
	if account == "" {
		account = current
	}
	o := &signOut{a: a, identity: identity, account: account, scheme: scheme, all: all}
	if o.store, err = a.store(); err != nil {
		return err
	}
	if o.index, err = a.home.ReadIndex(); err != nil {
		return err
	}
	if err := o.signIns(ctx, ref); err != nil {
		return err
	}
	if err := o.entries(ctx); err != nil {
		return err
	}
	if o.forgotten == 0 {
		a.say("nothing was stored for %s", describe(identity, account))
	}
	return nil
}

// signOut forgets what is stored for a profile.
type signOut struct {
	a                         *app
	store                     keychain.Store
	index                     home.Index
	identity, account, scheme string
	all                       bool
	forgotten                 int
	done                      []string // keys of entries
}

// signIns ends the sign-ins of the profile's schemes, also those that another
// profile with the same client made.
func (o *signOut) signIns(ctx context.Context, ref string) error {
	v, err := o.a.view(ref, o.account)
	if err != nil {
		return nil // the profile cannot be read: what the index has of it goes all the same
	}
	for _, r := range v.Records() {
		s := v.Profile.Scheme(r.Scheme)
		if s == nil || !credential.IsOAuth(s) || !s.Usable() || r.Name != s.ID || o.scheme != "" && o.scheme != s.ID {
			continue
		}
		accounts := []string{o.account}
		if o.all {
			if accounts, err = v.Resolver.TokenAccounts(s); err != nil {
				return err
			}
		}
		for _, account := range accounts {
			resolver := v.Resolver.For(account)
			key, err := resolver.TokenKey(s)
			if err != nil {
				return err
			}
			o.done = append(o.done, key)
			shared := o.a.sharing(&session.View{Profile: v.Profile, Account: account, Resolver: resolver}, s)
			out, err := resolver.SignOut(ctx, s)
			if err != nil {
				return err
			}
			o.tell(out, s.ID, account)
			if out.There && len(shared) > 0 {
				o.a.say("  this was also the sign-in of: %s", strings.Join(shared, ", "))
			}
		}
	}
	return nil
}

// entries forgets what the index has besides.
func (o *signOut) entries(ctx context.Context) error {
	for _, e := range o.index.Entries {
		if slices.Contains(o.done, e.Key) || e.Profile != o.identity || (!o.all && e.Account != o.account) || (o.scheme != "" && e.Record != o.scheme && e.Scheme != o.scheme) {
			continue
		}
		if e.Kind == home.KindOAuth {
			n, err := session.Options{Home: o.a.home, Config: o.a.config, Environ: o.a.sys.Environ}.Network()
			if err != nil {
				return err
			}
			out, err := credential.SignOutEntry(ctx, o.a.home, o.store, n, e)
			if err != nil {
				return err
			}
			o.tell(out, e.Record, e.Account)
			continue
		}
		if _, err := credential.Delete(ctx, o.a.home, o.store, e.Key); err != nil {
			return err
		}
		o.forgotten++
		o.a.say("forgot the credential for %s of %s", e.Record, describe(o.identity, e.Account))
	}
	return nil
}

// tell says what became of a sign-in: here, and at the server.
func (o *signOut) tell(out credential.Ended, scheme, account string) {
	if !out.There {
		return
	}
	o.forgotten++
	who := describe(o.identity, account) + ", " + scheme
	switch {
	case out.Revoked:
		o.a.say("signed out%s of %s: the server has taken the tokens back, and they are forgotten here", asWhom(out.Identity), who)
	case errors.Is(out.Revocation, oauthflow.ErrNoRevocation):
		o.a.say("signed out%s of %s: the tokens are forgotten here; the server has no way to take them back, so they end by themselves", asWhom(out.Identity), who)
	case errors.Is(out.Revocation, context.DeadlineExceeded):
		o.a.say("signed out%s of %s: the tokens are forgotten here, but the server gave no answer in time, so it did not confirm that it took them back", asWhom(out.Identity), who)
	default:
		o.a.say("signed out%s of %s: the tokens are forgotten here, but the server did not confirm that it took them back: %v", asWhom(out.Identity), who, out.Revocation)
	}
}

// identity returns what a profile's credentials are stored under, and its current
// account. A profile whose file is gone still has them.
func (a *app) identity(text string) (identity, account string, err error) {
	o, err := a.options(text, "", true)
	if err != nil {
		return "", "", err
	}
	name, err := session.Name(o)
	if err != nil {
		return "", "", err
	}
	state, err := a.home.ReadState()
	if err != nil {
		return "", "", err
	}
	ref := name
	if text != "" {
		ref = text
	}
	identity, account, err = a.resolve(ref)
	var unknown *profiles.NameError
	if errors.As(err, &unknown) {
		index, indexErr := a.home.ReadIndex()
		if indexErr != nil {
			return "", "", indexErr
		}
		if hasProfile(index, name) {
			identity, err = name, nil
		}
	}
	if err != nil {
		return "", "", err
	}
	if account == "" {
		account = state.Accounts[identity]
	}
	if account == "" {
		account = session.DefaultAccount
	}
	return identity, account, nil
}

func hasProfile(x home.Index, name string) bool {
	for _, e := range x.Entries {
		if e.Profile == name {
			return true
		}
	}
	return false
}
