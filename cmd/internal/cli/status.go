package cli

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/spf13/cobra"
)

func (a *app) statusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "status",
		Aliases: []string{"whoami"},
		Short:   "Say who is signed in where; works offline",
		Long: `Say who is signed in where: one row for each profile, account and scheme. Nothing is
sent. STATE is signed-in, stored (a key or password that nobody has checked; signed-in
in the JSON), expired (only a new sign-in helps), signed-out or unavailable (the store
does not answer; exit code 6). STORE is where the credential lies: os or file (the
keychain), or env, file, command or literal, as the profile says.`,
		Example: "  mcp-bridge status\n  mcp-bridge status --profile petstore --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.status(c.Context(), asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// statusRow is one credential in status --json; the names are relied upon by
// scripts.
type statusRow struct {
	Profile   string           `json:"profile"`
	Account   string           `json:"account"`
	Identity  string           `json:"identity"`
	Scheme    string           `json:"scheme"`
	Type      string           `json:"type"`
	State     credential.State `json:"state"`
	Issuer    string           `json:"issuer"`
	Scopes    []string         `json:"scopes"`
	ExpiresAt string           `json:"expiresAt,omitempty"`
	Store     string           `json:"store"`
	Origins   []string         `json:"origins"`
	Current   bool             `json:"current"`
	Warning   string           `json:"warning,omitempty"`
	Hint      string           `json:"hint,omitempty"`

	renews bool // there is a refresh token
	static bool // a key or password that no server has confirmed
	gone   bool // the profile or the scheme is not there any more
}

// statusReport collects rows, and the first trouble with the keychain.
type statusReport struct {
	a       *app
	ctx     context.Context
	store   keychain.Store
	index   home.Index
	rows    []statusRow
	shown   map[string]bool     // keys of index entries that have a row
	broken  map[string]string   // profiles that are there and cannot be used, by identity: why
	schemes map[string][]string // the credentials that profiles name, by the profile's identity
	trouble error
	waited  time.Duration // for answers of the keychain that did not come promptly
}

// asking returns the context of one question to the keychain, and what ends it. Only what
// the keychain takes beyond a prompt answer counts against the command's time: not the
// reading of profiles, however many there are.
func (r *statusReport) asking() (context.Context, func()) {
	const prompt = 100 * time.Millisecond
	began := time.Now()
	ctx, cancel := context.WithTimeout(r.ctx, max(keychainTime-r.waited, prompt))
	return ctx, func() {
		cancel()
		r.waited += max(time.Since(began)-prompt, 0)
	}
}

// get asks the keychain for a record.
func (r *statusReport) get(key string) (secret.Value, error) {
	ctx, done := r.asking()
	defer done()
	return r.store.Get(ctx, key)
}

func (a *app) status(ctx context.Context, asJSON bool) error {
	r := &statusReport{a: a, ctx: ctx, rows: []statusRow{}, shown: map[string]bool{}, broken: map[string]string{}, schemes: map[string][]string{}}
	var err error
	if r.store, err = a.store(); err != nil {
		return err
	}
	if r.index, err = a.home.ReadIndex(); err != nil {
		return err
	}
	if _, err := a.home.ReadState(); err != nil {
		return err
	}
	if err := r.collect(); err != nil {
		return err
	}
	if asJSON {
		if err := printJSON(a.sys.Out, r.rows); err != nil {
			return err
		}
	} else if err := r.print(); err != nil {
		return err
	}
	if r.trouble != nil {
		report(a.sys.Err, r.trouble)
		return silent(exitKeychain)
	}
	return nil
}

func (r *statusReport) collect() error {
	refs := []string{r.a.profileFlag}
	if r.a.profileFlag == "" {
		entries, err := session.Dir(r.a.home).List()
		if err != nil {
			return err
		}
		r.a.dir = session.Dir(r.a.home).Listed(entries)
		refs = nil
		for _, e := range entries {
			if e.Err != nil {
				r.unusable(e.Name, e.Err)
				continue
			}
			refs = append(refs, e.Name)
		}
		refs = append(refs, r.elsewhere()...)
	}
	for _, ref := range refs {
		v, err := r.a.view(ref, "")
		if err != nil {
			if r.a.profileFlag != "" {
				return r.only(ref, err)
			}
			r.unusable(ref, err)
			continue
		}
		for _, host := range v.Profile.HTTP.AllowInsecure {
			r.a.say("warning: %s sends to %s without encryption", v.Profile.Name, host)
		}
		if message, hint := v.Unused(); message != "" {
			r.a.say("warning: %s: %s; %s", v.Profile.Name, message, hint)
		}
		identity := session.Identity(r.a.home, v.Profile)
		for _, rec := range v.Records() {
			r.schemes[identity] = append(r.schemes[identity], rec.Name)
			r.record(v, rec)
		}
	}
	if r.a.profileFlag == "" {
		r.leftOver("")
	}
	return nil
}

// only reports on the one profile that was asked for and cannot be used. The error is err
// when there is no such profile.
func (r *statusReport) only(ref string, err error) error {
	identity, _, missing := r.a.resolve(ref)
	if missing != nil || findings(err) == nil {
		return err
	}
	r.unusable(identity, err)
	r.a.say("  mcp-bridge check %s", commandLine(identity))
	r.leftOver(identity)
	return nil
}

// unusable says that a profile cannot be used. What is stored for it stays.
func (r *statusReport) unusable(identity string, err error) {
	problem, _, _ := strings.Cut(err.Error(), "\n")
	r.broken[identity] = problem
	r.a.say("warning: %s is not usable: %s", identity, problem)
}

// elsewhere returns the profiles outside of the home's folder for which something is
// stored and whose files are there.
func (r *statusReport) elsewhere() []string {
	var out []string
	for _, e := range r.index.Entries {
		if filepath.IsAbs(e.Profile) && !slices.Contains(out, e.Profile) && exists(e.Profile) {
			out = append(out, e.Profile)
		}
	}
	return out
}

// advice says what to type about a credential that no profile names, and why. To forget
// it is advised only where neither a profile that cannot be read nor a misspelt name can
// be the reason.
func (r *statusReport) advice(e home.Entry) string {
	if why, broken := r.broken[e.Profile]; broken {
		if filepath.IsAbs(e.Profile) || profiles.CheckName(e.Profile) == nil {
			return "mcp-bridge check " + commandLine(e.Profile) + " (the profile cannot be used now)"
		}
		return "mcp-bridge profiles (" + why + ")"
	}
	names, there := r.schemes[e.Profile]
	if there {
		if near := plaintext.Nearest(e.Record, names); near != "" {
			return "mcp-bridge profiles edit " + commandLine(e.Profile) + " (it has no scheme " + e.Record + " any more; did you mean " + near + "?)"
		}
		return forgetCommand(e) + " to forget it (the scheme is not there any more)"
	}
	known := append(slices.Collect(maps.Keys(r.schemes)), slices.Collect(maps.Keys(r.broken))...)
	if near := plaintext.Nearest(e.Profile, known); near != "" {
		return "mcp-bridge profiles (there is no profile " + e.Profile + "; was it renamed to " + near + "?)"
	}
	return forgetCommand(e) + " to forget it (the profile is not there any more)"
}

// leftOver adds what is stored for a profile or a scheme that is not there any
// more, or cannot be read. only is the identity of the one profile that is asked for;
// empty: all.
func (r *statusReport) leftOver(only string) {
	type place struct{ profile, record, account string }
	told := map[place]bool{}
	for i := range r.rows {
		told[place{r.rows[i].Profile, r.rows[i].Scheme, r.rows[i].Account}] = true
	}
	for _, e := range r.index.Entries {
		if only != "" && e.Profile != only || r.shown[e.Key] || told[place{e.Profile, e.Record, e.Account}] {
			continue
		}
		row := statusRow{Profile: e.Profile, Account: e.Account, Scheme: e.Record, Scopes: []string{}, Origins: e.Origins, Store: e.Store, State: credential.SignedIn, static: e.Kind == home.KindStatic, gone: true}
		row.Hint = r.advice(e)
		switch _, err := r.get(e.Key); {
		case errors.Is(err, keychain.ErrNotFound):
			row.State = credential.SignedOut
		case err != nil:
			row.State = credential.Unavailable
			if r.trouble == nil {
				r.trouble = err
			}
		}
		r.rows = append(r.rows, row)
	}
}

// forgetCommand is the command that forgets an entry of the index.
func forgetCommand(e home.Entry) string {
	words := []string{"mcp-bridge", "logout", e.Profile}
	if e.Account != session.DefaultAccount {
		words = append(words, "--account", e.Account)
	}
	return commandLine(append(words, "--scheme", e.Record)...)
}

// record adds the rows of one credential: one for each account that has it, or one
// that says that nobody does.
func (r *statusReport) record(v *session.View, rec session.Record) {
	scheme := neededScheme(v, v.Profile.Scheme(rec.Scheme), rec.Scheme)
	row := statusRow{Profile: session.Identity(r.a.home, v.Profile), Account: v.Account, Scheme: rec.Name, Type: string(scheme.Type), Scopes: []string{}, Origins: rec.Origins, Current: true}
	if row.Origins == nil {
		row.Origins = []string{}
	}
	if bad := v.Profile.Unusable(scheme); bad != nil && (rec.Reference == nil || rec.Keychain) {
		row.State, row.Store, row.Warning = credential.SignedOut, r.store.Name(), bad.Error()+"; "+bad.Hint()
		r.rows = append(r.rows, row)
		return
	}
	if credential.IsOAuth(scheme) && rec.Name == scheme.ID {
		r.signIns(v, rec, scheme, row)
		return
	}
	if ref := rec.Reference; !rec.Keychain && ref != nil {
		row.Store, row.State = outside(r.a, v, ref)
		r.rows = append(r.rows, row)
		return
	}
	accounts := []string{v.Account}
	for i := range r.index.Entries {
		if e := &r.index.Entries[i]; e.Profile == row.Profile && e.Record == rec.Name && !slices.Contains(accounts, e.Account) {
			accounts = append(accounts, e.Account)
		}
	}
	var signedOut []statusRow
	before := len(r.rows)
	for _, account := range accounts {
		row.static = true
		row.Account, row.Current, row.Store = account, account == v.Account, r.store.Name()
		resolver := credential.New(credential.Options{Profile: v.Profile, Identity: row.Profile, Account: account, Home: r.a.home, Store: r.store})
		var err error
		ctx, done := r.asking()
		row.State, err = resolver.Look(ctx, rec.Name)
		done()
		if err != nil && r.trouble == nil {
			r.trouble = err
		}
		if row.State == credential.SignedOut && !row.Current && !r.listed(row) { // the current one is what calls use

			signedOut = append(signedOut, row)
			continue
		}
		r.rows = append(r.rows, row)
	}
	if len(r.rows) == before {
		r.rows = append(r.rows, signedOut...)
	}
}

// listed reports whether the index knows the credential of the row.
func (r *statusReport) listed(row statusRow) bool {
	return slices.ContainsFunc(r.index.Entries, func(e home.Entry) bool {
		return e.Profile == row.Profile && e.Record == row.Scheme && e.Account == row.Account
	})
}

// outside says where a credential that is not in the keychain comes from, and
// whether it is there. A command is not run for that.
func outside(a *app, v *session.View, ref *profiles.Reference) (store string, state credential.State) {
	switch {
	case ref.Env != "":
		if a.sys.Getenv(ref.Env) == "" {
			return "env", credential.SignedOut
		}
		return "env", credential.SignedIn
	case ref.File != "":
		_, err := v.Resolver.Reference(context.Background(), nil, ref, "", "")
		var missing *credential.Error
		if errors.As(err, &missing) {
			return "file", credential.SignedOut
		}
		return "file", credential.SignedIn
	case len(ref.Command) > 0:
		return "command", credential.SignedIn
	}
	return "literal", credential.SignedIn
}

func (r *statusReport) print() error {
	if len(r.rows) == 0 {
		if r.a.profileFlag != "" && len(r.broken) > 0 {
			return nil // which has been said
		}
		names, err := session.Dir(r.a.home).Names()
		if err == nil && len(names) == 0 && r.a.profileFlag == "" {
			r.a.say("no profiles yet; make one: mcp-bridge add SOURCE, or mcp-bridge profiles new NAME")
			return nil
		}
		r.a.say("no profile needs a credential")
		return nil
	}
	table := [][]string{{"PROFILE", "ACCOUNT", "SCHEME", "TYPE", "STATE", "IDENTITY", "UNTIL", "STORE"}}
	several := slices.ContainsFunc(r.rows, func(row statusRow) bool { return !row.Current && !row.gone })
	for _, row := range r.rows {
		account := row.Account
		if several && row.Current {
			account += " *"
		}
		table = append(table, []string{row.Profile, account, row.Scheme, orDash(row.Type), row.state(),
			orDash(row.Identity), orDash(row.until()), row.Store})
	}
	if err := r.a.table(table); err != nil {
		return err
	}
	if several {
		r.a.say("* the account that calls use")
	}
	for _, row := range r.rows {
		name := describe(row.Profile, row.Account) + ", " + row.Scheme
		if row.Warning != "" {
			r.a.say("warning: %s: %s", name, row.Warning)
		}
		if row.Hint != "" {
			r.a.say("%s: type %s", name, row.Hint)
		}
	}
	return nil
}

// state is the state in the table: of a key or password nobody knows more than that it is
// there, while a server has confirmed a sign-in.
func (row statusRow) state() string {
	if row.static && row.State == credential.SignedIn {
		return "stored"
	}
	return string(row.State)
}

// until is when what is signed in ends, in local time; of what is renewed without a
// person nobody needs to know it.
func (row statusRow) until() string {
	t, err := time.Parse(time.RFC3339, row.ExpiresAt)
	if err != nil {
		return ""
	}
	if row.renews {
		return "renewed automatically"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
