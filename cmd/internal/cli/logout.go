package cli

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/spf13/cobra"
)

// keychainTime bounds everything that a command does with the keychain.
const keychainTime = 5500 * time.Millisecond

func (a *app) logoutCommand() *cobra.Command {
	var account, scheme string
	var all bool
	c := &cobra.Command{
		Use:               "logout [PROFILE]",
		Short:             "Forget stored credentials",
		Long:              "Forget the stored credentials of a profile: those of its current account, those of\n--account, or with --all those of every account. --scheme forgets only one of them.",
		Example:           "  mcp-bridge logout petstore\n  mcp-bridge logout petstore --account work --scheme apiKey\n  mcp-bridge logout petstore --all",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfiles,
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), keychainTime)
			defer cancel()
			return a.logout(ctx, first(args), account, scheme, all)
		},
	}
	c.Flags().StringVar(&account, "account", "", "the account (default: the current one)")
	c.Flags().StringVar(&scheme, "scheme", "", "forget only this security scheme's credential")
	c.Flags().BoolVar(&all, "all", false, "forget those of every account")
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
	store, err := a.store()
	if err != nil {
		return err
	}
	index, err := a.home.ReadIndex()
	if err != nil {
		return err
	}
	forgotten := 0
	for _, e := range index.Entries {
		if e.Profile != identity || (!all && e.Account != account) || (scheme != "" && e.Record != scheme && e.Scheme != scheme) {
			continue
		}
		if _, err := credential.Delete(ctx, a.home, store, e.Key); err != nil {
			return err
		}
		forgotten++
		a.say("forgot the credential for %s of %s", e.Record, describe(identity, e.Account))
	}
	if forgotten == 0 {
		a.say("nothing was stored for %s", describe(identity, account))
	}
	return nil
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
