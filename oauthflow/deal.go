package oauthflow

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// deal is what was agreed before a token request: the answer is held against it.
type deal struct {
	stage       string
	issuer      string
	endpoints   Endpoints
	client      *client
	key         secret.Value
	asked       []string
	resource    string
	redirectURI string
	nonce       string // of the ID token
}

// newDeal agrees with a server on behalf of a client.
func (f *Flow) newDeal(stage string, s *Server, c *client, asked []string) (*deal, error) {
	d := &deal{stage: stage, issuer: s.Issuer, endpoints: s.Endpoints, client: c, asked: asked, resource: f.resourceFor(s)}
	if !f.config.DPoP && !s.ResourceBound {
		return d, nil
	}
	if len(s.DPoP) > 0 && !slices.Contains(s.DPoP, "ES256") {
		return nil, &Error{Kind: Unusable, Stage: stage, Host: host(s.Endpoints.Token), Err: errors.New("the server takes no DPoP proofs with ES256")}
	}
	var err error
	if d.key, err = newKey(); err != nil {
		return nil, fail(Configuration, stage, err)
	}
	return d, nil
}

// grant sends one token request and reads its answer. A nil granted comes with an
// error.
func (f *Flow) grant(ctx context.Context, d *deal, address string, form url.Values) (*granted, error) {
	a, mask, err := f.ask(ctx, question{stage: d.stage, address: address, form: form, client: d.client, key: d.key})
	if err != nil {
		return nil, err
	}
	if word, _ := a.words(); !a.ok() || word != "" {
		return nil, a.refusal(d.stage, mask, f.now())
	}
	g, err := readGranted(a, f.now())
	if err != nil {
		if code, words := a.anyWords(); code != "" || words != "" { // a refusal of a dialect of its own
			return nil, a.refusal(d.stage, mask, f.now())
		}
		return nil, &Error{Kind: Unusable, Stage: d.stage, Host: a.host, Err: err}
	}
	return g, nil
}

// token makes a Token of what was granted. The error says why it must not be used;
// the Token then only serves to be revoked.
func (f *Flow) token(d *deal, g *granted) (Token, error) {
	now := f.now()
	renewable := !g.refresh.IsZero() || d.stage == "refresh" || f.config.Grant == ClientCredentials
	t := Token{
		Access: g.access, Refresh: g.refresh, Issued: now, Expiry: f.expiry(g.life, now, renewable), Scopes: split(g.scopes, d.asked),
		Issuer: d.issuer, Resource: d.resource, RedirectURI: d.redirectURI, Endpoints: d.endpoints, Key: d.key,
		ClientID: d.client.id, ClientSecret: d.client.registration.ClientSecret,
		RegistrationToken: d.client.registration.Token, AuthMethod: d.client.method,
	}
	if g.scopes == nil {
		t.Scopes = slices.Clone(d.asked)
	}
	t.Warning = missing(d.asked, t.Scopes)
	var err error
	t.Type, err = tokenType(g.kind, !d.key.IsZero())
	return t, err
}

// login makes a Token of what a person's sign-in granted: the ID token, when openid
// was asked, is checked before anything of it counts. What must not be used is
// revoked.
func (f *Flow) login(ctx context.Context, d *deal, g *granted) (Token, error) {
	t, err := f.token(d, g)
	if err == nil {
		err = f.identify(&t, d, g)
	}
	if err == nil {
		return t, nil
	}
	f.discard(ctx, t)
	return Token{}, &Error{Kind: Unusable, Stage: d.stage, Host: host(d.endpoints.Token), Err: err}
}

// identify fills in who signed in.
func (f *Flow) identify(t *Token, d *deal, g *granted) error {
	switch {
	case !slices.Contains(d.asked, "openid"):
		return nil
	case g.id.IsZero():
		t.Warning = "the server sent no ID token although openid was asked"
		return nil
	}
	var err error
	t.Identity, err = readIDToken(g.id.Reveal(), expected{issuer: d.issuer, clientID: d.client.id, nonce: d.nonce, now: f.now()})
	return err
}

// discard revokes tokens that must not be used, as far as that works in short time.
func (f *Flow) discard(ctx context.Context, t Token) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = f.Revoke(ctx, t)
}
