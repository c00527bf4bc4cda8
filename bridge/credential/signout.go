package credential

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// revokeTime bounds what an authorization server may take to revoke a token: a person
// waits for it, and the token is forgotten in any case.
const revokeTime = 8 * time.Second

// Ended is what became of a sign-in that was ended.
type Ended struct {
	There      bool // there was one
	Identity   string
	Revoked    bool  // the server has confirmed that its tokens are worth nothing now
	Revocation error // why it has not: of oauthflow, an *Error about the client's secret, or a context's
}

// SignOut revokes a scheme's sign-in, refresh token first (RFC 7009), and forgets it
// whatever the server says. Other processes stop using it with their next call. After
// an error nothing is forgotten: it is a *keychain.Error, a *home.Error or an *Error.
func (r *Resolver) SignOut(ctx context.Context, s *profiles.SecurityScheme) (Ended, error) {
	c, err := r.client(s)
	if err != nil {
		return Ended{}, err
	}
	w := &work{r: r, client: c}
	return w.signOut(ctx, w.config)
}

// SignOutEntry is [Resolver.SignOut] for an entry of the index whose profile or scheme
// is not there any more. The hosts of the server that granted the tokens may be
// private, as the profile had named them. A client whose secret only the profile knew
// cannot revoke.
func SignOutEntry(ctx context.Context, h *home.Home, store keychain.Store, n oauthflow.Network, e home.Entry) (Ended, error) {
	r := New(Options{Profile: &profiles.Profile{Name: e.Profile}, Account: e.Account, Home: h, Store: store, Network: n})
	w := &work{r: r, client: &client{scheme: &profiles.SecurityScheme{ID: e.Scheme}, config: oauthflow.Config{Network: n}, key: e.Key}}
	return w.signOut(ctx, func(ctx context.Context) (oauthflow.Config, error) {
		s, err := w.stored(ctx)
		if err != nil {
			return oauthflow.Config{}, err
		}
		// Its token endpoint was reached, so that the profile permitted it; what else
		// metadata named is as strange now as it was then.
		c := w.client.config
		c.Network.Named = slices.Clone(c.Network.Named)
		for _, address := range []string{s.token.Issuer, s.token.Endpoints.Token} {
			if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
				c.Network.Named = append(c.Network.Named, u.Hostname())
			}
		}
		return c, nil
	})
}

func (w *work) signOut(ctx context.Context, config func(context.Context) (oauthflow.Config, error)) (Ended, error) {
	// A keychain that is silent is found out before the wait for others, who wait for
	// it, too.
	var silent *keychain.Error
	if _, err := w.stored(ctx); errors.As(err, &silent) && silent.Kind == keychain.Unavailable {
		return Ended{}, err
	}
	release, err := w.lock(ctx)
	if err != nil {
		return Ended{}, err
	}
	defer release()
	s, err := w.stored(ctx)
	var trouble *keychain.Error
	switch {
	case notStored(err):
		_, err := w.remove(ctx)
		return Ended{}, err
	case errors.As(err, &trouble) && trouble.Kind == keychain.Corrupt:
		there, err := w.remove(ctx)
		return Ended{There: there, Revocation: trouble}, err
	case err != nil:
		return Ended{}, err
	}
	out := Ended{There: true, Identity: s.token.Identity}
	out.Revocation = w.revoke(ctx, config, s.token)
	out.Revoked = out.Revocation == nil
	// What a person wants forgotten is forgotten, also when the wait was cut short.
	forgetting, cancel := context.WithTimeout(context.WithoutCancel(ctx), indexTime)
	defer cancel()
	_, err = w.remove(forgetting)
	return out, err
}

// remove forgets the record and the entry.
func (w *work) remove(ctx context.Context) (bool, error) {
	w.forget()
	return Delete(ctx, w.r.o.Home, w.r.o.Store, w.client.key)
}

func (w *work) revoke(ctx context.Context, config func(context.Context) (oauthflow.Config, error), t oauthflow.Token) error {
	ctx, cancel := context.WithTimeout(ctx, revokeTime)
	defer cancel()
	c, err := config(ctx)
	if err != nil {
		return err
	}
	c = bound(c, t)
	if c.ClientID == "" {
		c.ClientID = t.ClientID
	}
	f, err := oauthflow.New(c)
	if err != nil {
		return err
	}
	if err := f.Revoke(ctx, t); err != nil {
		return masked(err, c, t)
	}
	return nil
}

// bound returns c for a request about t: it goes to where t came from, whatever the
// profile names by now.
func bound(c oauthflow.Config, t oauthflow.Token) oauthflow.Config {
	if e := t.Endpoints; e.Token != "" {
		if e.Revocation == "" && outbound.Origin(c.Endpoints.Revocation) == outbound.Origin(e.Token) {
			e.Revocation = c.Endpoints.Revocation
		}
		c.Endpoints.Token, c.Endpoints.Refresh, c.Endpoints.Revocation, c.Endpoints.Introspection = e.Token, e.Refresh, e.Revocation, e.Introspection
	}
	return c
}
