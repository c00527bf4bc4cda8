package cli

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
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
	if others := s.a.sharing(s.v, s.scheme); len(others) > 0 {
		s.a.say("  also used by: %s", strings.Join(others, ", "))
	}
	switch {
	case !t.Refresh.IsZero():
		s.a.say("  renewed automatically")
	case t.Expiry.IsZero(), s.scheme.Client != nil && s.scheme.Client.Grant == string(oauthflow.ClientCredentials):
	case t.Staying != "":
		s.a.say("You will have to sign in again at %s. To stay signed in, write this line under [server.securitySchemes.client] of %s in %s, and sign in once more:\n  %s",
			t.Expiry.Local().Format(time.DateTime), s.scheme.ID, s.v.Profile.File, t.Staying)
	default:
		s.a.say("You will have to sign in again at %s: the server gave no refresh token.", t.Expiry.Local().Format(time.DateTime))
	}
}

// here is this machine as the person reached it by SSH.
func (a *app) here() string {
	host := "HOST"
	if parts := strings.Fields(a.sys.Getenv("SSH_CONNECTION")); len(parts) == 4 {
		host = parts[2]
	}
	if user := a.sys.Getenv("USER"); user != "" {
		return user + "@" + host
	}
	return host
}

// portOf is the port to which the address sends the browser back. With a request that
// was pushed the address does not say it: then it is the profile's, or unknown.
func (s *visit) portOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		if back, err := url.Parse(u.Query().Get("redirect_uri")); err == nil && back.Port() != "" {
			return back.Port()
		}
	}
	if c := s.scheme.Client; c != nil && c.Redirect.Port != 0 {
		return strconv.Itoa(c.Redirect.Port)
	}
	return "PORT"
}

// ignored tells the person of an answer that is not acted on.
func (s *visit) ignored(what string) {
	if s.show != nil {
		s.a.say("warning: %s; the sign-in still waits", what)
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
		if s.remote {
			s.a.say("This is a remote session, and the browser has to reach this machine. On yours, type first:\n\n  ssh -N -L %[1]s:127.0.0.1:%[1]s %[2]s\n", s.portOf(address), s.a.here())
		}
		s.a.say("%s\n\n  %s\n", how, address)
		if s.registered() != "" {
			s.a.say("The client %s has to have this redirect address at the server: %s", s.scheme.Client.ID, toRegister(s.scheme))
		}
		s.a.say("Waiting until you have. Ctrl+C ends it.")
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
