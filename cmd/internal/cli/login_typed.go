package cli

import (
	"context"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/signin"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
)

// typed signs in, or asks for a key on a page, because a person typed the command.
func (s *visit) typed(ctx context.Context, f loginFlags) error {
	a := s.a
	if err := keychain.Writable(ctx, s.v.Resolver.Store()); err != nil {
		return err
	}
	if s.oauth() {
		approved, err := s.approve(ctx)
		if err != nil || approved {
			return err
		}
		if s.device, err = s.onDevice(ctx, f); err != nil {
			return err
		}
	}
	task := signin.Task{Typed: true, Work: s.work, Declined: declined, TimedOut: timedOut, Timeout: f.timeout, Spare: afterwards, Late: s.registered()}
	if !f.noBrowser && !a.noInput && !a.config.Browser.None && !s.device && !a.remote() {
		task.Open, s.opens = a.openBrowser(s.v.Profile), true
	}
	desk, err := s.desk()
	if err != nil {
		return err
	}
	if err := desk.Run(ctx, task); err != nil {
		return err
	}
	if s.oauth() {
		s.signedIn()
	} else {
		s.stored()
	}
	return nil
}

// approve lets a sign-in that is good already be used for this profile's addresses.
func (s *visit) approve(ctx context.Context) (bool, error) {
	look, err := s.v.Resolver.LookSignIn(ctx, s.scheme, s.r.Origins)
	if err != nil || len(look.Unapproved) == 0 || len(look.Missing) > 0 {
		return false, err
	}
	approved, err := s.v.Resolver.Approve(ctx, s.scheme, s.r.Origins)
	if approved {
		s.a.say("already signed in%s; from now on it may also be sent to %s", asWhom(look.Identity), strings.Join(look.Unapproved, ", "))
	}
	return approved, err
}

func asWhom(identity string) string {
	if identity == "" {
		return ""
	}
	return " as " + identity
}

// onDevice decides whether the person signs in on another device: when they say so,
// or when this is a remote machine without a screen and the server offers it.
func (s *visit) onDevice(ctx context.Context, f loginFlags) (bool, error) {
	if f.device || f.noBrowser || !s.a.remote() {
		s.remote = !f.device && s.a.remote()
		return f.device, nil
	}
	cfg, err := s.config(ctx)
	if err != nil {
		return false, err
	}
	flow, err := oauthflow.New(cfg)
	if err != nil {
		return false, err
	}
	server, err := flow.Server(ctx)
	if err != nil {
		return false, err
	}
	if server.Endpoints.Device == "" {
		s.remote = true
		return false, nil
	}
	return true, nil
}

// remote reports a terminal on another machine, without a screen here.
func (a *app) remote() bool {
	ssh := a.sys.Getenv("SSH_CONNECTION") != "" || a.sys.Getenv("SSH_TTY") != ""
	return ssh && a.sys.Getenv("DISPLAY") == "" && a.sys.Getenv("WAYLAND_DISPLAY") == "" && len(a.config.Browser.Command) == 0
}
