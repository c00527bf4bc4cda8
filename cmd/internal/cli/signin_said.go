package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow"
)

// signedIn says what a sign-in gave.
func (s *visit) signedIn() {
	t := s.token
	who := ""
	if t.Identity != "" {
		who = " as " + t.Identity
	}
	at := ""
	if t.Issuer != "" {
		at = " at " + t.Issuer
	}
	s.a.say("signed in%s%s for %s", who, at, describe(s.v.Profile.Name, s.v.Account))
	if len(t.Scopes) > 0 {
		s.a.say("  scopes: %s", strings.Join(t.Scopes, " "))
	}
	s.a.say("  kept in the %s store, and sent to %s only", s.v.Resolver.Store().Name(), strings.Join(s.r.Origins, ", "))
	if t.Warning != "" {
		s.a.say("warning: %s", t.Warning)
	}
	if look, err := s.v.Resolver.LookSignIn(context.Background(), s.scheme, s.r.Origins); err == nil && len(look.Missing) > 0 {
		s.a.say("warning: the server did not grant %s: tools that need it will be refused", strings.Join(look.Missing, " "))
	}
	if t.Refresh.IsZero() && !t.Expiry.IsZero() {
		s.a.say("  it ends at %s: the server gave nothing to renew it with", t.Expiry.Local().Format(time.DateTime))
	}
}

// purpose is what the person does at the address.
func (s *visit) purpose() string {
	if s.oauth() {
		return "sign in"
	}
	return "enter the credential for " + s.r.Name
}

// prompt shows a person where to sign in.
func (s *visit) prompt(address, code, complete string) {
	if code == "" {
		how := "To " + s.purpose() + ", open this address in a browser:"
		if s.opens {
			how = "Opening your browser to " + s.purpose() + ". If no window appears, open this address:"
		}
		s.a.say("%s\n\n  %s\n\nWaiting until you have. Ctrl+C ends it.", how, address)
		return
	}
	s.a.say("To sign in, open this address on any device and type the code:\n\n  %s\n\n  code: %s\n", address, code)
	if complete != "" {
		s.a.say("Or open this one, and compare the code that it shows:\n\n  %s\n", complete)
	}
	if picture, err := oauthflow.QR(firstOf(complete, address)); err == nil && s.a.sys.errTerminal() {
		fmt.Fprintln(s.a.sys.Err, picture)
	}
	s.a.say("Waiting until you have. Ctrl+C ends it.")
}
