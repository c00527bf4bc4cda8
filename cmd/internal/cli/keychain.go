package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/spf13/cobra"
)

func (a *app) keychainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "keychain",
		Short:   "Where credentials are kept: status, new-key, move",
		Example: "  mcp-bridge keychain status\n  mcp-bridge keychain new-key ~/.mcp-bridge/key\n  mcp-bridge keychain move file",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var asJSON bool
	status := &cobra.Command{Use: "status", Short: "Say which store is used and whether it answers", Example: "  mcp-bridge keychain status --json", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.keychainStatus(c.Context(), asJSON) }}
	status.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	newKey := &cobra.Command{Use: "new-key PATH", Short: "Make a key file for the encrypted file store", Example: "  mcp-bridge keychain new-key ~/.mcp-bridge/key", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.newKey(args[0]) }}
	move := &cobra.Command{Use: "move os|file", Short: "Move all credentials to the other store", Example: "  mcp-bridge keychain move file", Args: cobra.ExactArgs(1),
		ValidArgs: []string{keychain.KindOS, keychain.KindFile},
		RunE:      func(c *cobra.Command, args []string) error { return a.move(c.Context(), args[0]) }}
	c.AddCommand(status, newKey, move)
	return c
}

// settings are the store's settings of this run.
func (a *app) settings() keychain.Settings {
	return keychain.Settings{Kind: a.config.Keychain, KeyFile: a.config.KeyFile}.Override(a.sys.Getenv)
}

// store opens the store that the settings name; nothing is touched yet.
func (a *app) store() (keychain.Store, error) {
	if a.opened != nil {
		return a.opened, nil
	}
	var err error
	a.opened, err = keychain.Open(a.settings(), a.home, keychain.Options{})
	return a.opened, err
}

func (a *app) keychainStatus(ctx context.Context, asJSON bool) error {
	s, err := a.store()
	if err != nil {
		return err
	}
	problem := keychain.Available(ctx, s)
	index, err := a.home.ReadIndex()
	if err != nil {
		return err
	}
	if asJSON {
		row := struct {
			Store       string `json:"store"`
			Available   bool   `json:"available"`
			Credentials int    `json:"credentials"`
			Problem     string `json:"problem,omitempty"`
			Hint        string `json:"hint,omitempty"`
		}{Store: s.Name(), Available: problem == nil, Credentials: len(index.Entries), Hint: hintOf(problem)}
		if problem != nil {
			row.Problem = problem.Error()
		}
		if err := printJSON(a.sys.Out, row); err != nil {
			return err
		}
		if problem != nil {
			return silent(exitKeychain)
		}
		return nil
	}
	if problem != nil {
		return problem
	}
	where := "the operating system's keychain"
	if s.Name() == keychain.KindFile {
		where = "encrypted files in " + a.home.Join(home.SecretsDir)
	}
	_, err = fmt.Fprintf(a.sys.Out, "%s: %s; it answers; %s\n", s.Name(), where, count(len(index.Entries), "credential"))
	return err
}

func (a *app) newKey(path string) error {
	if err := keychain.NewKey(path); err != nil {
		return err
	}
	a.say("made %s; keep it private, and keep a copy: without it the credentials are lost", path)
	if a.settings().Kind != keychain.KindFile {
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		a.say("to use it, put two lines into %s:\n  keychain = \"file\"\n  keyFile = %q", a.home.Join(home.ConfigFile), filepath.ToSlash(abs))
	}
	return nil
}

// move copies every record to the other store, then removes it from the first.
// Nothing is removed unless everything was copied.
func (a *app) move(ctx context.Context, to string) error {
	if to != keychain.KindOS && to != keychain.KindFile {
		return usage("type os or file", "there is no store %q", to)
	}
	settings := a.settings()
	other := map[string]string{keychain.KindOS: keychain.KindFile, keychain.KindFile: keychain.KindOS}[to]
	source, err := keychain.Open(keychain.Settings{Kind: other, KeyFile: settings.KeyFile}, a.home, keychain.Options{})
	if err != nil {
		return err
	}
	target, err := keychain.Open(keychain.Settings{Kind: to, KeyFile: settings.KeyFile}, a.home, keychain.Options{})
	if err != nil {
		return err
	}
	if err := keychain.Writable(ctx, target); err != nil {
		return err
	}
	var moved []string
	err = a.home.UpdateIndex(ctx, func(x *home.Index) error {
		for i, e := range x.Entries {
			if e.Store == to {
				continue
			}
			v, err := source.Get(ctx, e.Key)
			if errors.Is(err, keychain.ErrNotFound) {
				continue // forgotten by hand; status will say signed-out
			}
			if err == nil {
				err = target.Set(ctx, e.Key, v)
			}
			if err != nil {
				return err
			}
			x.Entries[i].Store = to
			moved = append(moved, e.Key)
		}
		return nil
	})
	if err != nil {
		for _, key := range moved {
			_ = target.Delete(ctx, key)
		}
		return err
	}
	for _, key := range moved {
		if err := source.Delete(ctx, key); err != nil && !errors.Is(err, keychain.ErrNotFound) {
			a.say("warning: a copy could not be removed from the %s store: %s", other, err)
		}
	}
	a.say("moved %s to the %s store", count(len(moved), "credential"), to)
	if settings.Kind != to && !(settings.Kind == "" && to == keychain.KindOS) {
		a.say("to use it from now on, set in %s:\n  keychain = %q", a.home.Join(home.ConfigFile), to)
	}
	return nil
}
