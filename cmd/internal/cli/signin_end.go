package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow"
)

// named is the error of a sign-in whose hint names the profile, and which says in plain
// words that the person declined.
func (s *visit) named(err error) error {
	e, ok := errors.AsType[*oauthflow.Error](err)
	hint := hintOf(err)
	switch {
	case declined(err) && s.oauth():
		err = fmt.Errorf("the sign-in was declined: %w", err)
	case declined(err):
		err = fmt.Errorf("nothing was entered: %w", err)
	}
	whole := strings.ReplaceAll(hint, "`mcp-bridge login`", "`"+s.command()+"`")
	whole = strings.Replace(whole, oauthflow.SchemeInProfile, fmt.Sprintf("the [[server.securitySchemes]] with id = %q in %s", s.scheme.ID, s.v.Profile.File), 1)
	if ok && whole != hint {
		return &failure{code: codeOf(e), err: err, hint: whole}
	}
	return err
}

// refused is the error of a sign-in. When the server refuses scopes that the profile
// does not name, they are not asked for again.
func (s *visit) refused(ctx context.Context, cfg oauthflow.Config, err error) error {
	e, ok := errors.AsType[*oauthflow.Error](err)
	unknown := ok && (e.Code == "invalid_client" || e.Code == "unauthorized_client")
	if cfg.Registered.ClientID != "" && (unknown || err != nil && timedOut(err)) {
		// It may be that the server's own page told the person that it does not know the client.
		return s.unregistered(ctx, err, unknown)
	}
	if !ok || e.Code != "invalid_scope" {
		return err
	}
	dropped, dropErr := s.v.Resolver.DropScopes(ctx, s.scheme, append(slices.Clone(cfg.Scopes), s.scopes...))
	if dropErr != nil || len(dropped) == 0 {
		return errors.Join(err, dropErr)
	}
	return fail(exitFailed, "to sign in without: "+s.command(), "%w; the profile does not name %s, so the next sign-in asks without", err, strings.Join(dropped, " "))
}

// unregistered lets the next sign-in register the client anew.
func (s *visit) unregistered(ctx context.Context, err error, known bool) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), keychainTime)
	defer stop()
	if dropErr := s.v.Resolver.DropRegistration(ctx, s.scheme); dropErr != nil || !known {
		return errors.Join(err, dropErr)
	}
	return fail(exitFailed, "to register anew: "+s.command(), "%w; the server has forgotten the client that it had registered, so the next sign-in registers another one", err)
}

// timedOut reports whether nobody finished the sign-in, or used the code, in time.
func timedOut(err error) bool {
	if e, ok := errors.AsType[*oauthflow.Error](err); ok {
		return e.Kind == oauthflow.TimedOut
	}
	return errors.Is(err, errLate)
}

func isFlowError(err error) bool {
	_, ok := errors.AsType[*oauthflow.Error](err)
	return ok
}

// errLate is why a flow ends that waits for a person without a page.
var errLate = errors.New("nobody finished in time")

// afterwards is how long a sign-in may go on after its time, when the person's answer came
// within it: the exchange and the keychain need some.
const afterwards = 3 * time.Minute

// declined reports whether the person said no.
func declined(err error) bool {
	var e *oauthflow.Error
	return errors.As(err, &e) && e.Kind == oauthflow.Denied
}
