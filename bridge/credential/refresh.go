package credential

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// refreshTime bounds one request to the authorization server.
const refreshTime = 30 * time.Second

func (w *work) send(ctx context.Context, c oauthflow.Config, t oauthflow.Token) (oauthflow.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	next, err := w.r.o.Tokens.refresh(ctx, bound(c, t), t)
	if err != nil {
		return oauthflow.Token{}, masked(err, c, t)
	}
	if next.Identity == "" {
		next.Identity = t.Identity
	}
	return w.dated(next), nil
}

// dated gives a token that has just come the times of this package's clock.
func (w *work) dated(t oauthflow.Token) oauthflow.Token {
	life, known := t.Expiry.Sub(t.Issued), !t.Expiry.IsZero()
	if t.Issued = w.now(); known {
		t.Expiry = t.Issued.Add(life)
	}
	return t
}

// masked keeps the secrets of a request out of what its server says.
func masked(err error, c oauthflow.Config, t oauthflow.Token) error {
	m := secret.NewMasker()
	for _, v := range []secret.Value{c.ClientSecret, t.ClientSecret, t.Refresh, t.Access} {
		m.Add(v)
	}
	if text := m.String(err.Error()); text != err.Error() {
		return &maskedError{text, err}
	}
	return err
}

type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

// judge says what a failed request means for the sign-in; nil when another writer has
// stored a new one meanwhile.
func (w *work) judge(ctx context.Context, h *held, f facts, n need, err error) *problem {
	var e *oauthflow.Error
	now := w.now()
	p := &problem{reason: Unreachable, err: err, hint: "try again"}
	var until time.Time
	switch {
	case !errors.As(err, &e) || e.Kind == oauthflow.Unreachable:
		if e != nil && e.RetryAfter > 0 {
			until = now.Add(min(e.RetryAfter, longestWait))
		}
	case e.Kind == oauthflow.InvalidGrant:
		if s, readErr := w.stored(ctx); readErr == nil && s.generation != h.generation && h.unsaved == nil {
			return nil
		}
		p = expired("the server refused to renew the sign-in: " + err.Error())
		if early := h.usable(now) && !n.rejected && f.Sent == 0; !early {
			w.expire(ctx, h.stored)
			return p
		}
		until = h.token.Expiry // some servers renew nothing that is still good
	case w.forgotten(e.Code):
		p = expired("the server has forgotten the client that was registered: " + err.Error())
		if !h.usable(now) || n.rejected {
			w.log(w.note(ctx, func(_ *home.Entry, now *facts) { now.Forgotten = true }), "the index does not say that the client is forgotten")
			w.expire(ctx, h.stored)
			return p
		}
	default:
		p = &problem{reason: Refused, err: err, hint: hintOf(err)}
	}
	w.failed(failure{problem: p, at: now, until: until})
	if h.unsaved != nil {
		return p
	}
	settle := f
	if e != nil && e.Kind == oauthflow.Unusable && e.Stage == "refresh" {
		settle.Sent++ // the server has answered: the token may be consumed
	}
	if settle.NotBefore = nil; !until.IsZero() {
		settle.NotBefore = &until
	}
	w.log(w.note(ctx, func(_ *home.Entry, now *facts) { now.become(settle) }), "the index does not say how the renewal ended")
	return p
}

// forgotten reports that the server does not know a client that it had registered
// itself: a new sign-in registers another one. A client of the profile's stays what the
// person has written.
func (w *work) forgotten(code string) bool {
	return (code == "invalid_client" || code == "unauthorized_client") && w.client.config.ClientID == ""
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

func problemOf(err error) *problem {
	var e *Error
	if errors.As(err, &e) {
		return &problem{reason: e.Reason, err: e, hint: e.Hint()}
	}
	return &problem{reason: Refused, err: err, hint: hintOf(err)}
}

func (w *work) log(err error, message string) {
	if err != nil {
		w.r.o.Logger.Warn(message, "scheme", w.client.scheme.ID, "error", err)
	}
}
