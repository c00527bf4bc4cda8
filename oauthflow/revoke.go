package oauthflow

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

const revokeTimeout = 20 * time.Second // for both tokens together

// Revoke takes the refresh token back, then the access token (RFC 7009). An *Error
// says what the server said to the first that it did not take; the other one has been
// tried all the same. A server that revokes refresh tokens only is satisfied with
// that. ErrNoRevocation: the server has no endpoint for it.
func (f *Flow) Revoke(ctx context.Context, t Token) error {
	defer f.net.close()
	d, err := f.deal(ctx, "revoke", t)
	if err != nil {
		return err
	}
	address := f.config.Endpoints.Revocation
	if address == "" {
		address = d.endpoints.Revocation
	}
	if address == "" {
		return ErrNoRevocation
	}
	if err := f.usable("revoke", address); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	first := f.revokeOne(limited, d, address, t.Refresh, "refresh_token")
	second := f.revokeOne(limited, d, address, t.Access, "access_token")
	if e, ok := errors.AsType[*Error](second); ok && first == nil && !t.Refresh.IsZero() && e.Code == "unsupported_token_type" {
		second = nil
	}
	err = errors.Join(first, second)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return &Error{Kind: Unreachable, Stage: "revoke", Host: host(address), Err: errors.New("no answer in time")}
	case first != nil:
		return first
	}
	return second
}

func (f *Flow) revokeOne(ctx context.Context, d *deal, address string, token secret.Value, kind string) error {
	if token.IsZero() {
		return nil
	}
	form := url.Values{"token": {token.Reveal()}, "token_type_hint": {kind}}
	a, mask, err := f.ask(ctx, question{stage: "revoke", address: address, form: form, client: d.client, key: d.key})
	if err != nil {
		return err
	}
	if !a.ok() {
		return a.refusal("revoke", mask, f.now())
	}
	return nil
}

// Introspect asks whether the server still takes the access token for good (RFC 7662).
// A public client cannot ask: *Error of kind Configuration, and nothing is sent.
func (f *Flow) Introspect(ctx context.Context, t Token) (active bool, err error) {
	defer f.net.close()
	d, err := f.deal(ctx, "introspect", t)
	if err != nil {
		return false, err
	}
	if d.client.method == authNone {
		return false, fail(Configuration, "introspect", errors.New("only a client with a secret may ask about tokens"))
	}
	address := f.config.Endpoints.Introspection
	if address == "" {
		address = d.endpoints.Introspection
	}
	if err := need("introspect", "introspection endpoint", address); err != nil {
		return false, err
	}
	if err := f.usable("introspect", address); err != nil {
		return false, err
	}
	form := url.Values{"token": {t.Access.Reveal()}, "token_type_hint": {"access_token"}}
	a, mask, err := f.ask(ctx, question{stage: "introspect", address: address, form: form, client: d.client, key: d.key})
	if err != nil {
		return false, err
	}
	if !a.ok() {
		return false, a.refusal("introspect", mask, f.now())
	}
	o := a.object()
	if o == nil || o["active"] == nil {
		return false, &Error{Kind: Unusable, Stage: "introspect", Host: a.host, Err: errors.New("the answer does not say whether the token is active")}
	}
	return o.flag("active"), nil
}
