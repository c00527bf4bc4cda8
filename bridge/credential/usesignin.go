package credential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// DPoP is the type of a token that is bound to a key (RFC 9449).
const DPoP = "DPoP"

// Proof returns the DPoP proof for one request with a token of that type: for its
// method and its address, whose query does not count, with the nonce that its origin
// wants. Every request needs one of its own.
func (u Usable) Proof(method, address, nonce string, now time.Time) (string, error) {
	return u.token.Proof(method, address, nonce, now)
}

// signedIn returns the token of a scheme for a request to origin, renewed where that
// is needed. scopes are what the tool needs.
func (r *Resolver) signedIn(ctx context.Context, s *profiles.SecurityScheme, origin string, scopes []string) (Usable, error) {
	c, err := r.client(s)
	if err != nil {
		return Usable{}, err
	}
	if !r.o.Profile.Private {
		return Usable{}, r.notPrivate(s, s.ID)
	}
	w := &work{r: r, client: c, origin: origin, scopes: scopes}
	h, p := w.load(ctx)
	if p == nil {
		w.had = h.generation
	}
	switch {
	case p == nil && w.personal() && !h.allows(origin): // before anything is sent for a profile that may not have it
		return Usable{}, w.fail(h, p)
	case p == nil && (w.personal() || w.covers(h.stored)) && w.suffices(h):
	case p == nil:
		h, p = w.renew(ctx, need{generation: h.generation})
	case !w.personal() && (p.reason == SignInNeeded || p.reason == KeychainUnavailable):
		h, p = w.renew(ctx, need{blind: p.reason == KeychainUnavailable})
	}
	if p == nil && (!h.allows(origin) || c.config.DPoP && h.token.Type != DPoP) {
		return Usable{}, w.fail(h, nil)
	}
	if p != nil {
		return Usable{}, w.fail(h, p)
	}
	return Usable{Scheme: s, Value: h.token.Access, Store: r.o.Store.Name(), Record: s.ID, Type: h.token.Type,
		Scopes: h.token.Scopes, generation: h.generation, token: h.token}, nil
}

// suffices reports whether a sign-in is used as it is: fresh, or good enough as long
// as it is too early for another try to renew it.
func (w *work) suffices(h *held) bool {
	now := w.now()
	if h.unmarked {
		return false
	}
	return h.fresh(now, h.latest) || h.usable(now) && h.failure.recent(now, true)
}

// Renew says that the backend refused a token that was believed to be good. nil means
// that there is another one by now, which the next Resolve returns. The error is an
// *Error: SignInNeeded where only a person can help.
func (r *Resolver) Renew(ctx context.Context, u Usable, origin, metadata string) error {
	c, err := r.client(u.Scheme)
	if err != nil {
		return err
	}
	w := &work{r: r, client: c, origin: origin, had: u.generation}
	h := w.inMemory()
	if h != nil && h.generation != u.generation {
		return nil
	}
	p := &problem{reason: Refused, err: errors.New("it has just been renewed, and is refused all the same"), hint: "see whether the token is for this API: client.resource and client.scopes in " + r.o.Profile.File}
	if h == nil || !h.hopeless(w.now()) {
		h, p = w.renew(ctx, need{generation: u.generation, rejected: true})
	}
	if p == nil {
		r.o.Tokens.change(c.key, h.generation, func(h *held) { h.forced = w.now() })
		return nil
	}
	e := w.fail(h, p)
	if e.Metadata = metadata; e.Reason == SignInNeeded {
		e.Err = fmt.Errorf("the backend refused the token: %w", cmp.Or(e.Err, errors.New("and there is no other")))
	}
	return e
}

// Worked says that the backend took a token.
func (r *Resolver) Worked(u Usable) {
	if c, err := r.client(u.Scheme); err == nil {
		taken := false
		r.o.Tokens.change(c.key, u.generation, func(h *held) { taken, h.worked, h.rejected = h.rejected, true, false })
		if w := (&work{r: r, client: c}); taken { // by another backend, or by the same one after all
			w.log(w.note(context.Background(), func(_ *home.Entry, f *facts) { f.Rejected = f.Rejected && f.Generation != u.generation }), "the index says still that the token was refused")
		}
	}
}

// Outdated reports whether another token has been stored since u was returned, which
// has all these scopes.
func (r *Resolver) Outdated(u Usable, scopes []string) bool {
	c, err := r.client(u.Scheme)
	if err != nil {
		return false
	}
	h := (&work{r: r, client: c}).inMemory()
	return h != nil && h.generation != u.generation && len(without(scopes, h.token.Scopes)) == 0
}

// StepUp says that the backend requires scopes that the token does not have. They are
// noted, so that the next login asks for them, too. nil means that there is another
// token by now: one of the client itself needs no person. The error is an *Error with
// the Reason SignInNeeded and StepUp set, or what keeps the client from its token.
func (r *Resolver) StepUp(ctx context.Context, u Usable, origin string, scopes []string, metadata string) error {
	c, err := r.client(u.Scheme)
	if err != nil {
		return err
	}
	w := &work{r: r, client: c, origin: origin, scopes: scopes, had: u.generation}
	if !w.personal() {
		if h := w.inMemory(); h != nil && len(without(scopes, union(h.token.Scopes, h.missing))) == 0 {
			return w.fail(nil, &problem{reason: Refused, err: errors.New("the backend requires scopes that the server does not grant, or that the token has"), hint: "see client.scopes in " + r.o.Profile.File})
		}
		_, p := w.renew(ctx, need{generation: u.generation, rejected: true})
		if p != nil {
			return w.fail(nil, p)
		}
		return nil
	}
	if f, _, ok, _ := w.entry(); ok && len(without(scopes, f.Wanted)) > 0 {
		w.log(w.note(ctx, func(_ *home.Entry, f *facts) { f.Wanted = atMostWanted(union(f.Wanted, without(scopes, f.Scopes))) }), "the scopes that are wanted are not noted")
	}
	e := w.fail(nil, &problem{reason: SignInNeeded, err: errors.New("the backend requires more scopes: " + strings.Join(without(scopes, u.Scopes), " "))})
	e.StepUp, e.Metadata, e.Scopes = true, metadata, union(union(w.keeps(u), e.Scopes), scopes)
	return e
}

// keeps are the scopes of a token that a new one has to have, too.
func (w *work) keeps(u Usable) []string {
	if h := w.inMemory(); h != nil && h.generation == u.generation {
		return h.wanted(w.client.config.Scopes)
	}
	return u.Scopes
}

// maxWanted is how many scopes backends can ask for.
const maxWanted = 50

func atMostWanted(scopes []string) []string { return scopes[:min(len(scopes), maxWanted)] }

// fail turns a problem into the Error of this profile. h, which may be nil, is the
// sign-in that there is; without a problem it is not approved, or of the wrong type.
func (w *work) fail(h *held, p *problem) *Error {
	c, r := w.client, w.r
	unapproved := p == nil && h != nil && !h.allows(w.origin)
	if p == nil {
		p = &problem{reason: SignInNeeded, err: errors.New("the token is not bound to a key, which the profile requires: client.dpop")}
	}
	if unapproved {
		p.err = fmt.Errorf("the sign-in is for %s, and has not been approved for %s", record{Origins: h.origins}.approved(), w.origin)
	}
	e := r.fail(c.scheme, c.scheme.ID, p.reason, p.err, p.hint)
	var inner *Error
	if errors.As(p.err, &inner) { // of the client's secret
		copied := *inner
		e = &copied
	}
	e.Generation = w.had
	if e.Unapproved = unapproved; inner == nil {
		e.OAuth, e.Origin = true, w.origin
		e.Scopes = union(c.config.Scopes, w.scopes)
	}
	if h != nil {
		e.Origins, e.Scopes = slices.Clone(h.origins), union(e.Scopes, h.wanted(c.config.Scopes))
	}
	e.Scopes = union(e.Scopes, w.listed().Wanted)
	if e.Reason == SignInNeeded && e.OAuth && !e.Unapproved {
		_, entry, _, _ := w.entry()
		r.needsLogin(e, union(e.Origins, entry.Origins))
	}
	if e.hint == "" && e.Reason == SignInNeeded {
		e.hint = "type: " + r.LoginCommand(c.scheme)
	}
	return e
}

// Cured reports whether what an Error was about is in the keychain by now: another
// sign-in than the one that did not do, or a key. A keychain that cannot be asked has
// nothing.
func (r *Resolver) Cured(ctx context.Context, s *profiles.SecurityScheme, e *Error) bool {
	if !e.OAuth {
		_, there, err := r.Value(ctx, e.Record)
		return err == nil && there
	}
	look, err := r.LookSignIn(ctx, s, []string{e.Origin})
	if e.StepUp && len(without(e.Scopes, look.Scopes)) > 0 { // renewed, perhaps, but no wider
		return false
	}
	return err == nil && look.State == SignedIn && look.Generation != e.Generation
}

// LoginCommand is the command that signs in: it names the scheme only where the
// profile has several.
func (r *Resolver) LoginCommand(s *profiles.SecurityScheme) string {
	n := 0
	for i := range r.o.Profile.Server.SecuritySchemes {
		if IsOAuth(&r.o.Profile.Server.SecuritySchemes[i]) {
			n++
		}
	}
	if n == 1 {
		return LoginCommand(r.o.Identity, "", r.o.Account)
	}
	return LoginCommand(r.o.Identity, s.ID, r.o.Account)
}
