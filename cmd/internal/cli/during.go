package cli

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/mcpserver"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/signin"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/spf13/cobra"
)

// signInFor returns the hook by which a call of a client lets the person sign in.
func (a *app) signInFor(v *session.View, c mcpserver.Call) func(context.Context, *credential.Error) (bool, *result.Result) {
	if a.noInput {
		return nil
	}
	since := time.Now()
	return func(ctx context.Context, need *credential.Error) (bool, *result.Result) {
		s, err := a.visitFor(v, need)
		if err != nil {
			a.log.Debug("no sign-in during the call", "error", err)
			return false, nil // the error that the call has says what to type
		}
		desk, err := s.desk()
		if err != nil {
			return false, nil
		}
		return signin.During(ctx, signin.Need{
			Desk:    desk,
			What:    describe(v.Profile.Name, v.Account),
			Command: s.command(),
			Key:     !s.oauth(),
			Scopes:  need.Scopes,
			Asked:   &a.asked,
			Since:   since,
			There: func(ctx context.Context) bool {
				return v.Resolver.Cured(ctx, s.scheme, need)
			},
			Start: func(after string, open bool) (<-chan struct{}, error) {
				return a.startHelper(s, after, open)
			},
		}, signin.Caller{
			MayOpen:  !a.config.Browser.None,
			AsksURL:  c.Client.ElicitURL,
			Answers:  c.Answers,
			Progress: c.Progress,
			Complete: c.Complete,
		})
	}
}

// visitFor finds the record that a call lacks.
func (a *app) visitFor(v *session.View, need *credential.Error) (*visit, error) {
	r, scheme, err := a.chooseRecord(context.Background(), v, choice{name: need.Record})
	if err != nil {
		return nil, err
	}
	s := &visit{a: a, v: v, r: r, scheme: scheme, scopes: need.Scopes, metadata: need.Metadata}
	return s, s.only(context.Background(), need.Origin)
}

// only makes the sign-in one for the single origin that a call needs, beside what a
// person approved before. Nobody typed a login: only the base origin of the profile may
// be approved so.
func (s *visit) only(ctx context.Context, origin string) error {
	before := s.v.Resolver.Approved(ctx, s.scheme, s.r.Name)
	if origin = outbound.Origin(origin); origin == "" || origin != s.v.BaseOrigin() && !slices.Contains(before, origin) {
		return fail(exitSignIn, s.command(), "a sign-in during a call is for the base address of the API alone")
	}
	s.r.Origins = []string{origin}
	for _, one := range before {
		if one != origin {
			s.r.Origins = append(s.r.Origins, one)
		}
	}
	return nil
}

// startHelper starts the process that owns the sign-in: it outlives this one, which
// the client may end at any moment.
func (a *app) startHelper(s *visit, after string, open bool) (<-chan struct{}, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	order := signin.Order{Profile: session.Identity(a.home, s.v.Profile), Account: s.v.Account, Record: s.r.Name, Origin: s.r.Origins[0], Scopes: s.scopes,
		Metadata: s.metadata, After: after, Open: open}
	if c := s.scheme.Client; s.oauth() && c != nil && c.Secret != nil && c.Secret.Env != "" {
		order.SetSecret(c.Secret.Env, secret.New(a.sys.Getenv(c.Secret.Env)))
	}
	return signin.Helper{
		Program: program,
		Args:    []string{signInName, "--home", a.home.Path()},
		Environ: a.childEnvironment(s.v.Profile),
		Dir:     a.home.Path(),
	}.Start(order)
}

// signInCommand is what a server starts and what outlives it.
func (a *app) signInCommand() *cobra.Command {
	return &cobra.Command{
		Use:    signInName,
		Short:  "Own a sign-in on behalf of a server",
		Long:   "Own a sign-in on behalf of a server. The order is read from standard input.",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(c *cobra.Command, _ []string) error { return a.helpSignIn(c.Context()) },
	}
}

// helpSignIn makes the attempt that standard input orders.
func (a *app) helpSignIn(ctx context.Context) error {
	const maxOrder = 128 << 10
	data, err := io.ReadAll(io.LimitReader(a.sys.In, maxOrder))
	if err != nil {
		return err
	}
	var o signin.Order
	if err := json.Unmarshal(data, &o); err != nil {
		return usage("servers start it by themselves; a person types mcp-bridge login", "standard input holds no order")
	}
	options, err := a.options(o.Profile, o.Account, false)
	if err != nil {
		return err
	}
	if o.Variable != "" {
		options.Environ = append(slices.Clone(options.Environ), o.Variable+"="+o.Secret)
	}
	v, err := session.Load(options)
	if err != nil {
		return err
	}
	r, scheme, err := a.chooseRecord(ctx, v, choice{name: o.Record})
	if err != nil {
		return err
	}
	s := &visit{a: a, v: v, r: r, scheme: scheme, scopes: o.Scopes, metadata: o.Metadata, timeout: signin.DefaultTimeout}
	if err := s.only(ctx, o.Origin); err != nil {
		return err
	}
	desk, err := s.desk()
	if err != nil {
		return err
	}
	task := signin.Task{After: o.After, Work: s.work, Declined: declined, TimedOut: timedOut, Timeout: s.timeout, Spare: afterwards, Late: s.registered()}
	if o.Open && !a.config.Browser.None {
		task.Open = a.openBrowser(v.Profile)
	}
	return desk.Run(ctx, task)
}
