package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// sharing lists the other profiles of the home that are the same client of the same
// authorization server with the same account, so that one sign-in is that of all.
func (a *app) sharing(v *session.View, scheme *profiles.SecurityScheme) []string {
	key, err := v.Resolver.TokenKey(scheme)
	if err != nil {
		return nil
	}
	dir := session.Dir(a.home)
	names, err := dir.Names()
	if err != nil {
		return nil
	}
	var out []string
	for _, name := range names {
		other, _, err := dir.Load(name)
		if err != nil || other.File == v.Profile.File {
			continue
		}
		r := credential.New(credential.Options{Profile: other, Account: v.Account, Home: a.home, Store: v.Resolver.Store()})
		if slices.ContainsFunc(other.Server.SecuritySchemes, func(s profiles.SecurityScheme) bool {
			k, err := r.TokenKey(&s)
			return err == nil && credential.IsOAuth(&s) && k == key
		}) {
			out = append(out, name)
		}
	}
	return out
}

// accept asks whether another person may take the place of the one who is signed in:
// somebody else may have answered, or the browser may have been somebody else's. Without
// anybody to ask the sign-in is refused, unless --yes was typed.
func (s *visit) accept(ctx context.Context, t oauthflow.Token) error {
	look, err := s.v.Resolver.LookSignIn(ctx, s.scheme, nil)
	if err != nil || !changed(look.Identity, t.Identity) {
		return nil // trouble with the keychain shows when the token is stored
	}
	where := describe(s.v.Profile.Name, s.v.Account)
	if others := s.a.sharing(s.v, s.scheme); len(others) > 0 {
		where += " (and " + strings.Join(others, ", ") + ")"
	}
	what := fmt.Sprintf("this sign-in is as %s, but %s is signed in as %s", t.Identity, where, look.Identity)
	if s.yes {
		s.a.say("warning: %s, whose place it takes", what)
		return nil
	}
	if s.show != nil && s.a.canAsk() {
		yes, err := s.a.confirm(ctx, strings.ToUpper(what[:1])+what[1:]+". Replace it?")
		if err != nil || yes {
			return err
		}
	}
	login := s.command()
	return fail(exitFailed, "to replace it: "+login+" --yes; to keep both: "+credential.LoginCommand(session.Identity(s.a.home, s.v.Profile), "", "NAME"),
		"%w", &oauthflow.NotAcceptedError{Why: what + "; nothing was stored"})
}

// changed reports whether two identities are those of two persons: an address and the
// number of an account may be the same one's.
func changed(was, is string) bool {
	return was != "" && is != "" && was != is && strings.Contains(was, "@") == strings.Contains(is, "@")
}

// toRegister is the redirect address that the client of a scheme has to have at the
// server, in words.
func toRegister(s *profiles.SecurityScheme) string {
	r := oauthflow.Redirect{}
	if s.Client != nil {
		r = oauthflow.Redirect{Host: s.Client.Redirect.Host, Port: s.Client.Redirect.Port, Path: s.Client.Redirect.Path}
	}
	address, anyPort := r.Registered()
	if anyPort {
		address += " (with any port)"
	}
	return address
}

// hasToRegister reports whether a person has to register a redirect address at the server
// for the client of a scheme: the browser is sent back to it, and no document at the
// client's id names it.
func hasToRegister(s *profiles.SecurityScheme) bool {
	if !credential.IsOAuth(s) {
		return false
	}
	c := s.Client
	return c == nil || (c.Grant == "" || c.Grant == string(oauthflow.AuthorizationCode)) && !strings.HasPrefix(c.ID, "https://")
}

// registered is what a person should look at when the server never sent the browser
// back; empty for a client that the server registers automatically.
func (s *visit) registered() string {
	if !s.oauth() || s.scheme.Client == nil || s.scheme.Client.ID == "" || !hasToRegister(s.scheme) {
		return ""
	}
	return fmt.Sprintf("if the server complained about the redirect address: register %s there for the client %s, or set client.redirect (host, port, path) in %s to what is registered",
		toRegister(s.scheme), s.scheme.Client.ID, s.v.Profile.File)
}
