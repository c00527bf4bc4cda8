package credential

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// TokenKey returns the name of a scheme's sign-in in keychain and index, which is the
// same for all profiles that are one client. The error is an *Error.
func (r *Resolver) TokenKey(s *profiles.SecurityScheme) (string, error) {
	c, err := r.client(s)
	if err != nil {
		return "", err
	}
	return c.key, nil
}

// Generation returns what changes whenever a token of the scheme is stored; empty when
// nobody is signed in. Only the index is read: it is for waiting until another process
// has signed a person in.
func (r *Resolver) Generation(s *profiles.SecurityScheme) string {
	c, err := r.client(s)
	if err != nil {
		return ""
	}
	return (&work{r: r, client: c}).listed().Generation
}

// SaveToken stores what a sign-in gave. The token may be sent to origins, and to
// those that the sign-in before it was approved for. Running processes use it from
// their next call on. The error is an *Error, a *keychain.Error or a *home.Error. After
// one of the keychain's the sign-in before it is as it was; after one of the index's the
// new one is there, and running processes notice it late.
func (r *Resolver) SaveToken(ctx context.Context, s *profiles.SecurityScheme, t oauthflow.Token, origins []string) error {
	c, err := r.client(s)
	if err != nil {
		return err
	}
	w := &work{r: r, client: c}
	release, err := w.lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	old, err := w.stored(ctx)
	var trouble *keychain.Error
	if errors.As(err, &trouble) && trouble.Kind == keychain.Unavailable {
		return err // what it was approved for must not be lost
	}
	f := w.listed()
	next := old.with(t, union(c.config.Scopes, f.Wanted), approvable(origins)...)
	next.profile = c.config.Scopes
	if err := w.set(ctx, next); err != nil {
		return err
	}
	w.hold(held{stored: next})
	return w.note(context.WithoutCancel(ctx), func(e *home.Entry, f *facts) {
		f.describe(next)
		f.Wanted = nil // asked for; what was not granted now would not be granted again
		e.Profile, e.Scheme, e.Record, e.Account = r.o.Identity, s.ID, s.ID, r.o.Account
		e.Origins, e.Store, e.Updated = next.origins, r.o.Store.Name(), w.now()
	})
}

// DropScopes says that the server refused a sign-in because of its scopes. What was
// asked for beyond the profile's own is returned, and not asked for at the next one:
// a backend's demand must not keep a person from signing in. The error is an *Error or
// a *home.Error.
func (r *Resolver) DropScopes(ctx context.Context, s *profiles.SecurityScheme, asked []string) ([]string, error) {
	c, err := r.client(s)
	if err != nil {
		return nil, err
	}
	w := &work{r: r, client: c}
	beyond := without(asked, c.config.Scopes)
	if _, _, there, err := w.entry(); err != nil || !there || len(beyond) == 0 {
		return nil, err
	}
	return beyond, w.note(ctx, func(_ *home.Entry, f *facts) { f.Wanted, f.Plain = nil, true })
}

// DropRegistration says that the server does not seem to know the client any more that
// it registered for the sign-in before: the next one registers anew. The error is an
// *Error or a *home.Error.
func (r *Resolver) DropRegistration(ctx context.Context, s *profiles.SecurityScheme) error {
	c, err := r.client(s)
	if err != nil {
		return err
	}
	w := &work{r: r, client: c}
	if _, _, there, err := w.entry(); err != nil || !there {
		return err
	}
	return w.note(ctx, func(_ *home.Entry, f *facts) { f.Forgotten = true })
}

// approvable returns the origins in the form of [Origin].
func approvable(origins []string) []string {
	out := make([]string, 0, len(origins))
	for _, o := range origins {
		if o = outbound.Origin(o); o != "" {
			out = append(out, o)
		}
	}
	return out
}

// Approve lets the token of a sign-in be sent to origins, too. It reports false when
// no sign-in is there that could be used: then a person has to sign in. Only what a
// person typed may lead here. The error is an *Error, a *keychain.Error or a
// *home.Error.
func (r *Resolver) Approve(ctx context.Context, s *profiles.SecurityScheme, origins []string) (bool, error) {
	c, err := r.client(s)
	if err != nil {
		return false, err
	}
	w := &work{r: r, client: c}
	release, err := w.lock(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	old, err := w.stored(ctx)
	if err != nil {
		if notStored(err) {
			return false, nil
		}
		return false, err
	}
	f := w.about(old)
	if w.stateOf(old, f) != SignedIn || len(f.Wanted) > 0 || c.config.DPoP && old.token.Type != DPoP {
		return false, nil
	}
	if f.Consumed {
		p := w.orphaned(ctx, &held{stored: old})
		if p.reason == SignInNeeded {
			return false, nil
		}
		return false, r.fail(s, s.ID, p.reason, p.err, p.hint)
	}
	next := old.with(old.token, union(old.token.Scopes, old.missing), approvable(origins)...)
	if slices.Equal(next.origins, old.origins) {
		return true, nil
	}
	if err := r.o.Store.Set(ctx, c.key, next.encode()); err != nil {
		return false, err
	}
	w.hold(held{stored: next})
	return true, w.note(context.WithoutCancel(ctx), func(e *home.Entry, now *facts) {
		now.become(f) // with what is known of its refresh token
		now.Generation = next.generation
		e.Origins = next.origins
	})
}

// SignIn is what is known of a sign-in. It holds no secret.
type SignIn struct {
	Key         string // of keychain and index
	Store       string
	State       State
	Identity    string // as the server told it: an address, a name or a number
	Issuer      string
	Type        string    // "Bearer" or "DPoP"
	Scopes      []string  // granted
	Missing     []string  // asked for, by the profile or a backend, and not granted
	ExpiresAt   time.Time // of the access token; zero: not known, or never
	Refreshable bool      // it is renewed without a person
	Origins     []string  // that the token may be sent to
	Unapproved  []string  // of the origins that were asked about
	Generation  string
	Warning     string
	Updated     time.Time
}

// LookSignIn returns what index and keychain say of a scheme's sign-in, for a profile
// that would send its token to origins: signed in, if it may be sent to one of them at
// least. The network is not used. The error, with the State Unavailable, says why the
// keychain could not be read.
func (r *Resolver) LookSignIn(ctx context.Context, s *profiles.SecurityScheme, origins []string) (SignIn, error) {
	c, err := r.client(s)
	if err != nil {
		return SignIn{State: SignedOut, Store: r.o.Store.Name()}, nil // nobody ever can; check says so
	}
	w := &work{r: r, client: c}
	f, e, _, err := w.entry()
	if err != nil {
		return SignIn{Key: c.key, Store: r.o.Store.Name(), State: Unavailable}, err
	}
	out := SignIn{Key: c.key, Store: r.o.Store.Name(), Identity: f.Identity, Issuer: f.Issuer, Type: f.Type, Scopes: f.Scopes, Origins: e.Origins,
		Generation: f.Generation, Warning: f.Warning, Refreshable: f.Refreshable, Updated: e.Updated}
	if f.ExpiresAt != nil {
		out.ExpiresAt = *f.ExpiresAt
	}
	st, err := w.stored(ctx)
	if err != nil {
		out.State = SignedOut
		if notStored(err) {
			return SignIn{Key: c.key, Store: out.Store, State: SignedOut, Missing: f.Wanted}, nil
		}
		out.State = Unavailable
		return out, err
	}
	f = w.about(st)
	t := st.token
	out.Identity, out.Issuer, out.Type, out.Scopes, out.Origins, out.Generation = t.Identity, t.Issuer, t.Type, t.Scopes, st.origins, st.generation
	out.ExpiresAt, out.Refreshable, out.Missing = t.Expiry, !t.Refresh.IsZero() && !f.Expired, union(st.missing, f.Wanted)
	if out.State = w.stateOf(st, f); f.Consumed && !f.Expired {
		if w.holderGone() {
			out.State = Expired
			return out, nil
		}
		out.State = Unavailable
		return out, w.waiting().err
	}
	out.Unapproved = slices.DeleteFunc(approvable(origins), st.allows)
	if len(origins) > 0 && len(out.Unapproved) == len(approvable(origins)) {
		out.State = SignedOut
	}
	return out, nil
}

// stateOf says whether a sign-in can be used, or renewed, without a person.
func (w *work) stateOf(s stored, f facts) State {
	if f.Rejected && s.token.Refresh.IsZero() && w.personal() {
		return Expired
	}
	ended := f.Expired || s.token.Refresh.IsZero() || f.Sent >= mostSent
	if ended && w.personal() && !s.usable(w.now()) {
		return Expired
	}
	return SignedIn
}

// TokenAccounts returns the accounts that have signed in as this client: only the
// index is read. The error is an *Error or a *home.Error.
func (r *Resolver) TokenAccounts(s *profiles.SecurityScheme) ([]string, error) {
	c, err := r.client(s)
	if err != nil {
		return nil, err
	}
	x, err := r.o.Home.ReadIndex()
	if err != nil {
		return nil, err
	}
	var out []string
	keys := map[string]string{} // by account
	for i := range x.Entries {
		e := &x.Entries[i]
		if e.Kind != home.KindOAuth {
			continue
		}
		key, known := keys[e.Account]
		if !known {
			key = r.tokenKeyOf(&c.config, e.Account)
			keys[e.Account] = key
		}
		if key == e.Key && !slices.Contains(out, e.Account) {
			out = append(out, e.Account)
		}
	}
	return out, nil
}

// listedSignIn reports whether the index lists a sign-in. It is true also when the
// index cannot be read.
func (r *Resolver) listedSignIn(s *profiles.SecurityScheme) bool {
	c, err := r.client(s)
	if err != nil {
		return false
	}
	_, _, there, err := (&work{r: r, client: c}).entry()
	return there || err != nil
}
