package oauthflow

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// Refresh renews a token with one request (RFC 6749, section 6), which is repeated
// only when the connection failed before anything was written: a server may have used
// the refresh token up. It goes where the token came from, and nowhere when the Config
// names another issuer. A result without a new refresh token keeps t's. Trouble with
// an ID token does not cost the new tokens: it is told in Warning.
//
// Errors are *Errors. Of kind InvalidGrant: the refresh token is not good any more.
// Refused, Configuration, IssuerMismatch: nothing was used up, the configuration does
// not fit. Unreachable: nothing is known; RetryAfter is the server's wish. Unusable:
// the server answered what must not be used, and the refresh token may be used up.
func (f *Flow) Refresh(ctx context.Context, t Token) (Token, error) {
	defer f.net.close()
	if t.Refresh.IsZero() {
		return Token{}, fail(Configuration, "refresh", errors.New("there is no refresh token"))
	}
	d, err := f.deal(ctx, "refresh", t)
	if err != nil {
		return Token{}, err
	}
	address := d.endpoints.Refresh
	if address == "" {
		address = d.endpoints.Token
	}
	if err := f.usable("refresh", address); err != nil {
		return Token{}, err
	}
	g, err := f.grant(ctx, d, address, f.refreshForm(t))
	if err != nil {
		return Token{}, err
	}
	fresh, err := f.token(d, g)
	if err != nil {
		return Token{}, &Error{Kind: Unusable, Stage: "refresh", Host: host(address), Err: err}
	}
	return f.succeed(t, fresh, g), nil
}

func (f *Flow) refreshForm(t Token) url.Values {
	form := url.Values{"grant_type": {grantRefresh}, "refresh_token": {t.Refresh.Reveal()}}
	if t.Resource != "" && f.config.Resource != ResourceOff {
		form.Set("resource", t.Resource)
	}
	if f.config.RefreshScope && len(t.Scopes) > 0 {
		form.Set("scope", strings.Join(t.Scopes, " ")) // never more than was granted
	}
	if f.config.RefreshRedirectURI && t.RedirectURI != "" {
		form.Set("redirect_uri", t.RedirectURI)
	}
	return form
}

// succeed carries over what a refresh does not tell again.
func (f *Flow) succeed(t, fresh Token, g *granted) Token {
	fresh.Identity = t.Identity
	if fresh.Refresh.IsZero() {
		fresh.Refresh = t.Refresh
	}
	fresh.ClientSecret, fresh.RegistrationToken, fresh.RedirectURI = t.ClientSecret, t.RegistrationToken, t.RedirectURI
	if g.id.IsZero() {
		return fresh
	}
	who, err := readIDToken(g.id.Reveal(), expected{issuer: t.Issuer, clientID: t.ClientID, now: f.now()})
	switch {
	case err != nil:
		fresh.Warning = "after the refresh: " + err.Error()
	case t.Identity == "":
		fresh.Identity = who
	}
	return fresh
}

// deal returns what was agreed when t was granted. A record without addresses gets
// them from discovery.
func (f *Flow) deal(ctx context.Context, stage string, t Token) (*deal, error) {
	if !f.config.isOf(t.Issuer) {
		return nil, fail(IssuerMismatch, stage, errors.New("the token is of another issuer than the profile names"))
	}
	d := &deal{stage: stage, issuer: t.Issuer, endpoints: t.Endpoints, key: t.Key, resource: t.Resource, redirectURI: t.RedirectURI,
		asked: slices.Clone(t.Scopes)}
	if t.Endpoints.Token == "" {
		s, err := f.Server(ctx)
		if err != nil {
			return nil, err
		}
		if t.Issuer != s.Issuer {
			return nil, fail(IssuerMismatch, stage, errors.New("the token is of another issuer than the profile's server"))
		}
		d.endpoints = s.Endpoints
	}
	d.client = f.clientOf(t)
	return d, nil
}

// clientOf returns the client that t was granted to.
func (f *Flow) clientOf(t Token) *client {
	c := &client{id: t.ClientID, secret: f.secretOf(t.ClientID, t.ClientSecret), method: t.AuthMethod}
	switch {
	case c.secret.IsZero():
		c.method = authNone
	case c.method != authPost:
		c.method = authBasic
	}
	return c
}

// usable checks an address of a stored token before something is sent there.
func (f *Flow) usable(stage, address string) error {
	if _, err := f.net.check(address, ""); err != nil {
		return fail(Unusable, stage, err)
	}
	return nil
}

// ClientCredentials gets a token for the client itself (RFC 6749, section 4.4): there
// is no person and no refresh token. scopes are asked beyond the Config's.
func (f *Flow) ClientCredentials(ctx context.Context, scopes []string) (Token, error) {
	if f.config.Grant != ClientCredentials {
		return Token{}, fail(Configuration, "exchange", errors.New("the profile's grant is not clientCredentials"))
	}
	s, err := f.Server(ctx)
	if err != nil {
		return Token{}, err
	}
	defer f.net.close()
	if err := need("exchange", "token endpoint", s.Endpoints.Token); err != nil {
		return Token{}, err
	}
	asked, err := f.scopes(s, scopes)
	if err != nil {
		return Token{}, err
	}
	c, err := f.client(ctx, s, "", asked)
	if err != nil {
		return Token{}, err
	}
	d, err := f.newDeal("exchange", s, c, asked)
	if err != nil {
		return Token{}, err
	}
	g, err := f.grant(ctx, d, s.Endpoints.Token, f.askForm(d, grantClient))
	if err != nil {
		return Token{}, err
	}
	g.refresh = secret.Value{} // section 4.4.3: there should be none
	t, err := f.token(d, g)
	if err != nil {
		f.discard(ctx, t)
		return Token{}, &Error{Kind: Unusable, Stage: "exchange", Host: host(s.Endpoints.Token), Err: err}
	}
	return t, nil
}

// askForm is a request for scopes that no browser carries.
func (f *Flow) askForm(d *deal, grant string) url.Values {
	form := url.Values{}
	for name, value := range f.config.ExtraParams {
		form.Set(name, value)
	}
	if grant != "" {
		form.Set("grant_type", grant)
	}
	if len(d.asked) > 0 {
		form.Set("scope", strings.Join(d.asked, " "))
	}
	if d.resource != "" {
		form.Set("resource", d.resource)
	}
	return form
}
