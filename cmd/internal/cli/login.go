package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/signin"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/spf13/cobra"
)

type loginFlags struct {
	account   string
	scheme    string
	withToken bool
	web       bool
	device    bool
	noBrowser bool
	timeout   time.Duration
	yes       bool
}

// unlockTime is how long a person has to unlock the keychain when it asks.
const unlockTime = time.Minute

func (a *app) loginCommand() *cobra.Command {
	var f loginFlags
	c := &cobra.Command{
		Use:   "login [PROFILE]",
		Short: "Sign in, or store a key, a password or a token",
		Long: `Sign in with the browser, or store a key, a password or a token in the keychain, for
the API addresses of the profile.

A scheme of type oauth2 or openIdConnect opens the authorization server's page in the
browser; --no-browser only prints its address, --device shows a code to type on
another device. A key or password is asked for without being shown, typed into a page
of this machine with --web, or read from standard input with --with-token
(user:password for http basic).

--scheme names the security scheme, "tool:NAME" a credential of one tool's own,
"client:SCHEME" the client secret of an OAuth scheme, "config:NAME" and "header:NAME"
a value of server.config or http.headers. Without it the profile's one
OAuth or OpenID Connect scheme is meant, or its only scheme.`,
		Example: `  mcp-bridge login github
  mcp-bridge login github --account work --device
  mcp-bridge login petstore --scheme apiKey --web
  pass show petstore | mcp-bridge login petstore --with-token`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfiles,
		RunE: func(c *cobra.Command, args []string) error {
			return a.login(c.Context(), first(args), f)
		},
	}
	c.Flags().StringVar(&f.account, "account", "", "a label for whose credential it is (default: the current account)")
	c.Flags().StringVar(&f.scheme, "scheme", "", "the security scheme, when there are several")
	c.Flags().BoolVar(&f.withToken, "with-token", false, "read the credential from standard input")
	c.Flags().BoolVar(&f.web, "web", false, "type the key or password into a page of this machine")
	c.Flags().BoolVar(&f.device, "device", false, "sign in on another device, with a code")
	c.Flags().BoolVar(&f.noBrowser, "no-browser", false, "only print the address to open")
	c.Flags().DurationVar(&f.timeout, "timeout", signin.DefaultTimeout, "how long to wait for the person")
	c.Flags().BoolVar(&f.yes, "yes", false, "let another person take the place of the one who is signed in, without asking")
	a.completeCredential(c, true)
	return c
}

func (a *app) login(ctx context.Context, ref string, f loginFlags) error {
	if f.withToken && f.web || f.web && f.device || f.device && f.withToken {
		return usage("see mcp-bridge login --help", "--with-token, --web and --device are three ways: choose one")
	}
	if f.timeout <= 0 {
		return usage("as in --timeout 15m", "--timeout has to be longer than nothing")
	}
	o, err := a.options(ref, f.account, true)
	if err != nil {
		return err
	}
	if !f.withToken { // somebody is there to unlock the keychain
		if o.Store, err = keychain.Open(a.settings(), a.home, keychain.Options{Unlock: a.unlock()}); err != nil {
			return err
		}
	}
	v, err := session.Load(o)
	if err != nil {
		return err
	}
	r, scheme, err := a.chooseRecord(ctx, v, choice{name: f.scheme, ask: !f.withToken, typed: f.withToken || f.web})
	if err != nil {
		return err
	}
	s := &visit{a: a, v: v, r: r, scheme: scheme, device: f.device, timeout: f.timeout, yes: f.yes}
	s.show = s.prompt
	switch {
	case s.oauth() && f.withToken:
		return usage(commandLine("mcp-bridge", "login", v.Profile.Name, "--device")+" signs in without a browser on this machine",
			"%s is signed in at its authorization server: there is no token to read", r.Name)
	case !s.oauth() && f.device:
		return usage("--web opens a page to type it into", "%s is a key or a password: there is no device to sign in on", r.Name)
	}
	if err := s.hosts(ctx, f.withToken); err != nil {
		return err
	}
	if s.oauth() || f.web {
		err = s.typed(ctx, f)
	} else {
		err = a.storeStatic(ctx, s, f)
	}
	if err != nil {
		return err
	}
	a.suggestUse(v, f.account)
	return nil
}

// hosts lists where the credential may be sent, before anything is opened, and asks
// when there is more than one place of which some are new. piped: standard input holds
// the credential, so that nobody can answer.
func (s *visit) hosts(ctx context.Context, piped bool) error {
	if len(s.r.Origins) == 1 {
		s.a.say("The credential for %s will be sent to %s.", s.r.Name, s.r.Origins[0])
		return nil
	}
	before := s.v.Resolver.Approved(ctx, s.scheme, s.r.Name)
	isNew := func(origin string) bool { return !slices.Contains(before, outbound.Origin(origin)) }
	s.a.say("The credential for %s will be sent to each of these:", s.r.Name)
	for _, origin := range s.r.Origins {
		mark := ""
		if len(before) > 0 && isNew(origin) {
			mark = " (new)"
		}
		s.a.say("  %s%s", origin, mark)
	}
	if piped || !s.a.canAsk() || !slices.ContainsFunc(s.r.Origins, isNew) {
		return nil
	}
	yes, err := s.a.confirm(ctx, "May it be sent to all of them?")
	if err == nil && !yes {
		err = fail(exitFailed, "see which tools call them: mcp-bridge tools "+commandLine(s.v.Profile.Name)+"; leave them out under [openapi.exclude] of "+s.v.Profile.File,
			"nothing was stored and nobody was signed in")
	}
	return err
}

// unlock is how long the keychain may ask the person to unlock it.
func (a *app) unlock() time.Duration {
	if a.canAsk() {
		return unlockTime
	}
	return 0
}

// storeStatic reads a key or password from the terminal or standard input, and stores it.
func (a *app) storeStatic(ctx context.Context, s *visit, f loginFlags) error {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	ask := !f.withToken
	if ask && !a.canAsk() {
		return usage("pipe the credential in: … | "+s.command()+" --with-token, or type it into a page: "+s.command()+" --web", "there is no terminal to ask for the credential")
	}
	if err := keychain.Writable(ctx, s.v.Resolver.Store()); err != nil {
		return err
	}
	typed, err := a.credential(ctx, s.v, s.r, s.scheme, ask)
	if err != nil {
		return err
	}
	value, removed, err := credential.Pasted(s.scheme, typed.Reveal())
	if err != nil {
		return err
	}
	if len(removed) > 0 {
		a.say("stored without %s", strings.Join(removed, ", "))
	}
	if err := s.v.Resolver.Save(ctx, s.r.Scheme, s.r.Name, value, s.r.Origins); err != nil {
		return err
	}
	s.stored()
	return nil
}

func (s *visit) stored() {
	s.a.say("stored the credential for %s of %s in the %s store; it may be sent to %s", s.r.Name, describe(s.v.Profile.Name, s.v.Account),
		s.v.Resolver.Store().Name(), strings.Join(s.r.Origins, ", "))
}

// suggestUse says how to use the account that has just signed in.
func (a *app) suggestUse(v *session.View, account string) {
	state, err := a.home.ReadState()
	if err != nil {
		return
	}
	identity := session.Identity(a.home, v.Profile)
	if current := state.Accounts[identity]; account != "" && current != account && (current != "" || account != session.DefaultAccount) {
		a.say("to use this account: mcp-bridge use %s/%s", identity, account)
	}
}

// choice is how a credential of a profile is chosen.
type choice struct {
	name  string // as --scheme takes it; empty: the one that is meant most likely
	ask   bool   // a person may be asked
	typed bool   // without a name: one that can be typed, not a sign-in at a server
}

// chooseRecord returns the credential that is meant: the one of --scheme; the one
// scheme that is signed in at an authorization server; the only one there is; or the
// one that the person chooses.
func (a *app) chooseRecord(ctx context.Context, v *session.View, c choice) (session.Record, *profiles.SecurityScheme, error) {
	none := session.Record{}
	var names []string
	var candidates []session.Record
	signIns := oauthSchemes(v)
	for _, r := range v.Records() {
		names = append(names, r.Name)
		if c.typed && slices.ContainsFunc(signIns, func(s session.Record) bool { return s.Name == r.Name }) && c.name == "" {
			continue
		}
		if c.name == "" && r.Keychain && len(r.Origins) > 0 && !strings.HasPrefix(r.Name, session.ClientPrefix) || r.Name == c.name {
			candidates = append(candidates, r)
		}
	}
	if c.name == "" && !c.typed && len(signIns) > 0 {
		candidates = signIns
	}
	switch {
	case len(names) == 0:
		return none, nil, fail(exitFailed, "", "%s has no security scheme: its tools need no credential", v.Profile.Name)
	case len(candidates) == 0 && c.name != "":
		return none, nil, usage(didYouMean(c.name, names), "%s has no security scheme %q", v.Profile.Name, c.name)
	case len(candidates) == 0:
		if message, hint := v.Unused(); message != "" {
			return none, nil, fail(exitFailed, hint, "%s: %s", v.Profile.Name, message)
		}
		return none, nil, fail(exitFailed, "mcp-bridge status shows where its credentials come from", "%s takes no credential from the keychain", v.Profile.Name)
	case len(candidates) == 1:
		scheme := v.Profile.Scheme(candidates[0].Scheme)
		return candidates[0], scheme, a.canStore(v, candidates[0], scheme)
	}
	if one, ok := alone(v, candidates); ok {
		c.name = one
		return a.chooseRecord(ctx, v, c)
	}
	var ids []string
	for _, one := range candidates {
		ids = append(ids, one.Name)
	}
	if !c.ask || !a.canAsk() {
		return none, nil, usage("add --scheme with one of "+strings.Join(ids, ", "), "%s has several security schemes", v.Profile.Name)
	}
	answer, err := a.ask(ctx, "Scheme ("+strings.Join(ids, ", ")+"): ", true)
	if err != nil {
		return none, nil, err
	}
	c.name = strings.TrimSpace(answer)
	return a.chooseRecord(ctx, v, c)
}

// alone returns the credential that is enough for every tool which needs any: the one that
// is stored already, else by [credential.SchemePreference].
func alone(v *session.View, candidates []session.Record) (name string, ok bool) {
	if slices.ContainsFunc(candidates, func(r session.Record) bool {
		s := v.Profile.Scheme(r.Scheme)
		return s != nil && s.Type == profiles.ValueScheme
	}) {
		return "", false // it is needed beside the others
	}
	one := func(q tool.Requirement) bool {
		return slices.ContainsFunc(candidates, func(r session.Record) bool { return r.Name == q.Record })
	}
	enough := func(r session.Record) bool {
		for _, t := range v.Set.All() {
			needs := slices.ContainsFunc(t.Security, func(all []tool.Requirement) bool { return slices.ContainsFunc(all, one) })
			if needs && !slices.ContainsFunc(t.Security, func(all []tool.Requirement) bool { return len(all) == 1 && all[0].Record == r.Name }) {
				return false
			}
		}
		return true
	}
	fit := slices.DeleteFunc(slices.Clone(candidates), func(r session.Record) bool { return v.Profile.Scheme(r.Scheme) == nil || !enough(r) })
	slices.SortStableFunc(fit, func(x, y session.Record) int {
		order := func(r session.Record) int {
			s := v.Profile.Scheme(r.Scheme)
			if v.Resolver.Recorded(s, r.Name) {
				return -1
			}
			return credential.SchemePreference(s)
		}
		return cmp.Compare(order(x), order(y))
	})
	if len(fit) == 0 {
		return "", false
	}
	return fit[0].Name, true
}

// neededScheme returns the scheme of that id: the profile's own, or, when it has none, the
// one that a tool of its document needs.
func neededScheme(v *session.View, own *profiles.SecurityScheme, id string) *profiles.SecurityScheme {
	if own != nil {
		return own
	}
	for _, t := range v.Set.All() {
		for _, all := range t.Security {
			for _, r := range all {
				if r.Scheme.ID == id {
					return r.Scheme
				}
			}
		}
	}
	return &profiles.SecurityScheme{ID: id}
}

// canStore refuses what a stored credential would not help.
func (a *app) canStore(v *session.View, r session.Record, scheme *profiles.SecurityScheme) error {
	if bad := v.Profile.Unusable(neededScheme(v, scheme, r.Scheme)); bad != nil {
		return fail(exitFailed, bad.Hint(), "%w", bad)
	}
	switch {
	case scheme.Type == profiles.MutualTLS:
		return fail(exitFailed, "nothing has to be stored", "the client certificate of %s is read from http.clientCert", scheme.ID)
	case !r.Keychain:
		return fail(exitFailed, inKeychain(scheme)+" at "+v.Profile.File, "%s takes its credential from the profile, not from the keychain", r.Name)
	case len(r.Origins) == 0:
		if message, hint := v.Unused(); message != "" {
			return fail(exitFailed, hint, "%s: %s", v.Profile.Name, message)
		}
		return fail(exitFailed, "mcp-bridge check", "no tool of %s sends %s anywhere", v.Profile.Name, r.Name)
	}
	return nil
}

// inKeychain is the line that keeps a credential in the keychain.
func inKeychain(scheme *profiles.SecurityScheme) string {
	if scheme.Type == profiles.ValueScheme {
		return "write { keychain = true } for " + scheme.Description
	}
	return "write defaultCredential = { keychain = true }"
}

// credential asks for the credential, or reads it. A person may keep the one that
// is stored, for new addresses.
func (a *app) credential(ctx context.Context, v *session.View, r session.Record, scheme *profiles.SecurityScheme, ask bool) (secret.Value, error) {
	basic := isBasic(scheme)
	if !ask {
		value, err := a.readSecret()
		if err == nil && basic && !strings.Contains(value.Reveal(), ":") {
			a.say("warning: no colon in it: it is sent as text that is encoded already, not as user:password")
		}
		return value, err
	}
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
	case s.Type == profiles.ValueScheme:
		return "Value of " + s.Description
	case s.Type == profiles.APIKey:
		return fmt.Sprintf("Key (%s %s)", s.In, s.Name)
	case s.Scheme == "basic":
		return "Password"
	}
	return "Token"
}
