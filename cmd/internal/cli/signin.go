package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/signin"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// signInName is the hidden command that owns a sign-in on behalf of a server.
const signInName = "sign-in"

// visit is one sign-in: a record of a profile and account, and how its person is
// reached.
type visit struct {
	a      *app
	v      *session.View
	r      session.Record
	scheme *profiles.SecurityScheme

	scopes   []string
	metadata string // resource_metadata of a challenge
	device   bool
	timeout  time.Duration
	show     func(address, code, complete string) // tells the person; nil: nobody is there
	remote   bool                                 // the person's browser is on another machine
	opens    bool                                 // the address is opened as it is shown
	yes      bool                                 // another person may take the place of the one who is signed in

	token oauthflow.Token // what the sign-in gave
}

// oauth reports whether a sign-in at an authorization server is meant, and not a
// key or password.
func (s *visit) oauth() bool { return credential.IsOAuth(s.scheme) && s.r.Name == s.scheme.ID }

// desk is where the processes agree about this sign-in.
func (s *visit) desk() (*signin.Desk, error) {
	key := s.v.Resolver.Key(s.r.Name)
	if s.oauth() {
		var err error
		if key, err = s.v.Resolver.TokenKey(s.scheme); err != nil {
			return nil, err
		}
	}
	return signin.NewDesk(s.a.home, key), nil
}

// work is what a signin.Task does.
func (s *visit) work(ctx context.Context, w *signin.Worker) error {
	if err := keychain.Writable(ctx, s.v.Resolver.Store()); err != nil {
		return err // found out before a window opens
	}
	if s.oauth() {
		return s.named(s.signIn(ctx, w))
	}
	_, err := oauthflow.AskKey(ctx, oauthflow.FormOptions{
		Title:   s.title(),
		Label:   what(s.scheme),
		Help:    s.scheme.Description,
		Link:    linkIn(s.scheme.Description),
		Profile: describe(s.v.Profile.Name, s.v.Account),
		Scheme:  s.kind(),
		User:    isBasic(s.scheme),
		Clean: func(typed string) (secret.Value, []string, error) {
			return credential.Pasted(s.scheme, typed)
		},
		Origins: s.r.Origins,
		Timeout: s.timeout,
		Command: s.command(),
		Started: s.started(w),
		Open:    s.opener(w),
		Store: func(ctx context.Context, v secret.Value) error {
			return s.v.Resolver.Save(ctx, s.r.Scheme, s.r.Name, v, s.r.Origins)
		},
	})
	return s.named(err)
}

func (s *visit) signIn(ctx context.Context, w *signin.Worker) error {
	cfg, err := s.config(ctx)
	if err != nil {
		return err
	}
	flow, err := oauthflow.New(cfg)
	if err != nil {
		return err
	}
	return s.refused(ctx, cfg, s.run(ctx, w, flow, cfg.Grant))
}

// run makes the sign-in by the grant of the client.
func (s *visit) run(ctx context.Context, w *signin.Worker, flow *oauthflow.Flow, grant oauthflow.Grant) error {
	store := func(ctx context.Context, t oauthflow.Token) error {
		if err := s.accept(ctx, t); err != nil {
			_ = flow.Revoke(ctx, t) // nobody keeps it
			return err
		}
		if err := s.v.Resolver.SaveToken(ctx, s.scheme, t, s.r.Origins); err != nil {
			return err
		}
		s.token = t
		return nil
	}
	waiting, stop := context.WithTimeout(ctx, s.timeout)
	defer stop()
	switch {
	case grant == oauthflow.ClientCredentials:
		return s.kept(ctx, store)(flow.ClientCredentials(waiting, s.scopes))
	case s.device || grant == oauthflow.DeviceAuthorization:
		return s.kept(ctx, store)(flow.Device(waiting, s.scopes, func(p oauthflow.DevicePrompt) {
			address := p.Address
			if s.show == nil && p.CompleteAddress != "" {
				address = p.CompleteAddress
			}
			w.Code(address, p.UserCode)
			if s.show != nil {
				s.show(p.Address, p.UserCode, p.CompleteAddress)
			}
			if open := s.opener(w); open != nil {
				go func() { _ = open(ctx, firstOf(p.CompleteAddress, p.Address)) }()
			}
		}))
	}
	_, err := flow.Login(ctx, oauthflow.LoginOptions{
		Scopes:  s.scopes,
		Timeout: s.timeout,
		Started: s.started(w),
		Open:    s.opener(w),
		Ignored: s.ignored,
		Store:   store,
		Command: s.command(),
		AppName: s.v.Profile.Name,
		Account: s.v.Account,
	})
	return err
}

// kept stores the token of a flow that knows no page.
func (s *visit) kept(ctx context.Context, store func(context.Context, oauthflow.Token) error) func(oauthflow.Token, error) error {
	return func(t oauthflow.Token, err error) error {
		switch {
		case err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && !isFlowError(err):
			return errLate
		case err != nil:
			return err
		}
		return store(ctx, t)
	}
}

// config is the scheme as a client of its server, with what this sign-in adds.
func (s *visit) config(ctx context.Context) (oauthflow.Config, error) {
	cfg, err := s.v.Resolver.OAuthConfig(ctx, s.scheme)
	if err != nil {
		return cfg, err
	}
	if s.metadata != "" {
		cfg.Metadata = s.metadata
	}
	return cfg, nil
}

func (s *visit) started(w *signin.Worker) func(string) {
	return func(address string) {
		w.Started(address)
		if s.show != nil {
			s.show(address, "", "")
		}
	}
}

// opener opens the address in the browser and counts it; nil when nothing is to be
// opened.
func (s *visit) opener(w *signin.Worker) func(context.Context, string) error {
	if !w.CanOpen() {
		return nil
	}
	return w.Open
}

// linkIn is the first https address in a description; empty: there is none.
func linkIn(description string) string {
	i := strings.Index(description, "https://")
	if i < 0 {
		return ""
	}
	link, _, _ := strings.Cut(description[i:], " ")
	if j := strings.IndexAny(link, "\n\t)<>]\"'`"); j >= 0 {
		link = link[:j]
	}
	return strings.TrimRight(link, ".,;:!?")
}

// kind says in words which scheme is meant and how its credential is sent.
func (s *visit) kind() string {
	how := "bearer token"
	switch {
	case s.scheme.Type == profiles.APIKey:
		how = "key, sent as " + s.scheme.In + " " + s.scheme.Name
	case isBasic(s.scheme):
		how = "user name and password"
	case s.oauth(), credential.IsOAuth(s.scheme):
		how = "client secret"
	}
	return s.r.Name + " (" + how + ")"
}

func (s *visit) title() string {
	return "Credential for " + describe(s.v.Profile.Name, s.v.Account)
}

// command does the same in a terminal.
func (s *visit) command() string {
	record := s.r.Name
	if s.oauth() && len(oauthSchemes(s.v)) == 1 {
		record = ""
	}
	return credential.LoginCommand(session.Identity(s.a.home, s.v.Profile), record, s.v.Account)
}

// openBrowser opens an address as config.toml says. What browsers print is for
// nobody, unless somebody asks for more.
func (a *app) openBrowser(p *profiles.Profile) func(context.Context, string) error {
	var output io.Writer
	if a.verbose {
		output = a.sys.Err
	}
	return func(ctx context.Context, address string) error {
		o := oauthflow.BrowserOptions{
			Command: a.config.Browser.Command,
			Environ: a.childEnvironment(p),
			Output:  output,
		}
		if !oauthflow.KnowsPeers() {
			o.Keep = a.pages.keep
		}
		return oauthflow.OpenBrowser(ctx, address, o)
	}
}

// childEnvironment is what a browser or a helper gets of the environment: nothing from
// which this profile or another one of the home takes a credential.
func (a *app) childEnvironment(p *profiles.Profile) []string {
	environ := credential.ChildEnvironment(a.sys.Environ, p)
	entries, err := session.Dir(a.home).List()
	if err != nil {
		return environ // what the profile itself names is gone
	}
	dir := session.Dir(a.home).Listed(entries)
	for _, e := range entries {
		if other, _, err := dir.Load(e.Name); err == nil {
			environ = credential.ChildEnvironment(environ, other)
		}
	}
	return environ
}

// oauthSchemes lists the schemes that are signed in at an authorization server.
func oauthSchemes(v *session.View) []session.Record {
	var out []session.Record
	for _, r := range v.Records() {
		if s := v.Profile.Scheme(r.Scheme); s != nil && credential.IsOAuth(s) && r.Name == s.ID && len(r.Origins) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func isBasic(s *profiles.SecurityScheme) bool {
	return s.Type == profiles.HTTPScheme && s.Scheme == "basic"
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
