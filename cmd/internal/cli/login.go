package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/secret"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/spf13/cobra"
)

type loginFlags struct {
	account   string
	scheme    string
	withToken bool
	timeout   time.Duration
}

// unlockTime is how long a person has to unlock the keychain when it asks.
const unlockTime = time.Minute

func (a *app) loginCommand() *cobra.Command {
	var f loginFlags
	c := &cobra.Command{
		Use:   "login [PROFILE]",
		Short: "Store a key, a password or a token in the keychain",
		Long: `Store a key, a password or a token in the keychain, for the API addresses of the
profile. It is asked for without being shown, or read from standard input with
--with-token (user:password for http basic).

--scheme names the security scheme, or "tool:NAME" for a credential of one tool's own.`,
		Example: `  mcp-bridge login petstore
  mcp-bridge login petstore --scheme apiKey --account work
  pass show petstore | mcp-bridge login petstore --with-token`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfiles,
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), f.timeout)
			defer cancel()
			return a.login(ctx, first(args), f)
		},
	}
	c.Flags().StringVar(&f.account, "account", "", "a label for whose credential it is (default: the current account)")
	c.Flags().StringVar(&f.scheme, "scheme", "", "the security scheme, when there are several")
	c.Flags().BoolVar(&f.withToken, "with-token", false, "read the credential from standard input")
	c.Flags().DurationVar(&f.timeout, "timeout", 5*time.Minute, "how long to wait for the answer")
	return c
}

func (a *app) login(ctx context.Context, ref string, f loginFlags) error {
	o, err := a.options(ref, f.account, true)
	if err != nil {
		return err
	}
	ask := !f.withToken
	if ask && !a.canAsk() {
		return usage("pipe the credential in: … | mcp-bridge login P --with-token", "there is no terminal to ask for the credential")
	}
	if ask { // somebody is there to unlock the keychain
		if o.Store, err = keychain.Open(a.settings(), a.home, keychain.Options{Unlock: unlockTime}); err != nil {
			return err
		}
	}
	v, err := session.Load(o)
	if err != nil {
		return err
	}
	r, scheme, err := a.chooseRecord(ctx, v, f.scheme, ask)
	if err != nil {
		return err
	}
	if err := keychain.Writable(ctx, o.Store); err != nil {
		return err
	}
	value, err := a.credential(ctx, v, r, scheme, ask)
	if err != nil {
		return err
	}
	if err := v.Resolver.Save(ctx, r.Scheme, r.Name, value, r.Origins); err != nil {
		return err
	}
	a.say("stored the credential for %s of %s in the %s store; it may be sent to %s", r.Name, describe(v.Profile.Name, v.Account), o.Store.Name(), strings.Join(r.Origins, ", "))
	if state, err := a.home.ReadState(); err == nil {
		identity := session.Identity(a.home, v.Profile)
		if current := state.Accounts[identity]; f.account != "" && current != f.account && (current != "" || f.account != session.DefaultAccount) {
			a.say("to use this account: mcp-bridge use %s/%s", identity, f.account)
		}
	}
	return nil
}

// chooseRecord returns the credential that is meant: the one of --scheme, the only
// one there is, or the one that the person chooses.
func (a *app) chooseRecord(ctx context.Context, v *session.View, name string, ask bool) (session.Record, *profiles.SecurityScheme, error) {
	var names []string
	var candidates []session.Record
	for _, r := range v.Records() {
		names = append(names, r.Name)
		if name == "" && r.Keychain && len(r.Origins) > 0 || r.Name == name {
			candidates = append(candidates, r)
		}
	}
	switch {
	case len(names) == 0:
		return session.Record{}, nil, fail(exitFailed, "", "%s has no security scheme: its tools need no credential", v.Profile.Name)
	case len(candidates) == 0 && name != "":
		return session.Record{}, nil, usage(didYouMean(name, names), "%s has no security scheme %q", v.Profile.Name, name)
	case len(candidates) == 0:
		return session.Record{}, nil, fail(exitFailed, "mcp-bridge status", "%s takes no credential from the keychain", v.Profile.Name)
	}
	r := candidates[0]
	if len(candidates) > 1 {
		var ids []string
		for _, c := range candidates {
			ids = append(ids, c.Name)
		}
		if !ask {
			return session.Record{}, nil, usage("add --scheme with one of "+strings.Join(ids, ", "), "%s has several security schemes", v.Profile.Name)
		}
		answer, err := a.ask(ctx, "Scheme ("+strings.Join(ids, ", ")+"): ", true)
		if err != nil {
			return session.Record{}, nil, err
		}
		return a.chooseRecord(ctx, v, strings.TrimSpace(answer), ask)
	}
	scheme := schemeOf(v.Profile, r.Scheme)
	return r, scheme, a.canStore(v, r, scheme)
}

func schemeOf(p *profiles.Profile, id string) *profiles.SecurityScheme {
	for i := range p.Server.SecuritySchemes {
		if p.Server.SecuritySchemes[i].ID == id {
			return &p.Server.SecuritySchemes[i]
		}
	}
	return nil
}

// canStore refuses what a stored credential would not help.
func (a *app) canStore(v *session.View, r session.Record, scheme *profiles.SecurityScheme) error {
	switch {
	case scheme == nil:
		return fail(exitInvalid, "mcp-bridge check", "there is no scheme %q", r.Scheme)
	case scheme.Type == profiles.OAuth2 || scheme.Type == profiles.OpenIDConnect:
		return fail(exitFailed, "follow the changelog: sign-in in the browser comes with the next version", "this version cannot sign in with %s yet", scheme.Type)
	case scheme.Type == profiles.MutualTLS:
		return fail(exitFailed, "name them as http.clientCert and http.clientKey", "a client certificate is not stored in the keychain")
	case !r.Keychain:
		return fail(exitFailed, "write defaultCredential = { keychain = true } at "+v.Profile.File, "%s takes its credential from the profile, not from the keychain", r.Name)
	case len(r.Origins) == 0:
		return fail(exitFailed, "mcp-bridge check", "no tool of %s sends %s anywhere", v.Profile.Name, r.Name)
	}
	return nil
}

// credential asks for the credential, or reads it. A person may keep the one that
// is stored, for new addresses.
func (a *app) credential(ctx context.Context, v *session.View, r session.Record, scheme *profiles.SecurityScheme, ask bool) (secret.Value, error) {
	basic := scheme.Type == profiles.HTTPScheme && scheme.Scheme == "basic"
	if !ask {
		value, err := a.readSecret()
		if err == nil && basic && !strings.Contains(value.Reveal(), ":") {
			a.say("warning: no colon in it: it is sent as text that is encoded already, not as user:password")
		}
		return value, err
	}
	a.say("The credential for %s will be sent to %s.", r.Name, strings.Join(r.Origins, ", "))
	stored, kept, err := v.Resolver.Value(ctx, r.Name)
	if err != nil {
		return secret.Value{}, err
	}
	enter := ""
	if kept {
		enter = " (Enter keeps the stored one)"
	}
	user := ""
	if basic {
		if user, err = a.ask(ctx, "User name"+enter+": ", true); err != nil {
			return secret.Value{}, err
		}
		if user == "" && kept {
			return stored, nil
		}
		enter = ""
	}
	text, err := a.ask(ctx, what(scheme)+enter+": ", false)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return secret.Value{}, fail(exitFailed, "run the command again; --timeout gives more time", "nobody answered")
	case err != nil:
		return secret.Value{}, err
	case text == "" && kept && !basic:
		return stored, nil
	case text == "":
		return secret.Value{}, fail(exitFailed, "run the command again", "nothing was typed; nothing was stored")
	case basic:
		return secret.New(user + ":" + text), nil
	}
	return secret.New(text), nil
}

// what names what a scheme wants, for the question.
func what(s *profiles.SecurityScheme) string {
	switch {
	case s.Type == profiles.APIKey:
		return fmt.Sprintf("Key (%s %s)", s.In, s.Name)
	case s.Scheme == "basic":
		return "Password"
	}
	return "Token"
}
