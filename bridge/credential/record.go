package credential

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// record is what the keychain keeps of a static credential.
type record struct {
	Version int      `json:"version"`
	Value   string   `json:"value"`
	Origins []string `json:"origins"`
}

func (rec record) allows(origin string) bool {
	origin = outbound.Origin(origin)
	return origin != "" && slices.ContainsFunc(rec.Origins, func(o string) bool { return outbound.Origin(o) == origin })
}

// mayApprove reports whether a credential may be approved for an origin without a
// typed login: the profile's base origin, and what a person has approved before.
func (r *Resolver) mayApprove(origin string, before []string) bool {
	return r.o.Base == nil || record{Origins: before}.allows(origin) || origin != "" && r.o.Base() == outbound.Origin(origin)
}

// needsLogin marks an error that only a typed login cures, because a document alone
// names the origin.
func (r *Resolver) needsLogin(e *Error, before []string) {
	if e.Origin == "" || r.mayApprove(e.Origin, before) {
		return
	}
	e.Unapproved = true
	why := fmt.Errorf("%s is not the base address of the API, so that only a typed login lets a credential be sent there", e.Origin)
	if e.Err != nil {
		why = fmt.Errorf("%w; %w", e.Err, why)
	}
	e.Err = why
}

func (rec record) approved() string {
	if len(rec.Origins) == 0 {
		return "no address"
	}
	return strings.Join(rec.Origins, ", ")
}

// Key is the keychain name of a static record: it tells the kind, and for the rest
// a hash, so that listing a keychain shows neither profiles nor accounts.
func (r *Resolver) Key(name string) string {
	sum := sha256.New()
	for _, part := range []string{r.o.Identity, name, r.o.Account, r.o.Home.Path()} {
		fmt.Fprintf(sum, "%d:%s\n", len(part), part)
	}
	return "static-" + hex.EncodeToString(sum.Sum(nil)[:20])
}

// read returns the record of a name. The errors are keychain.ErrNotFound and
// *keychain.Error.
func (r *Resolver) read(ctx context.Context, name string) (record, error) {
	v, err := r.o.Store.Get(ctx, r.Key(name))
	if err != nil {
		return record{}, err
	}
	var rec record
	if err := json.Unmarshal([]byte(v.Reveal()), &rec); err != nil || rec.Version != 1 || rec.Value == "" {
		return record{}, &keychain.Error{Kind: keychain.Corrupt, Op: "get", Path: r.o.Store.Name()}
	}
	return rec, nil
}

// Save stores a credential under a record's name, for requests to the origins. It
// replaces what was stored; the index lists it before and after. The error is a *keychain.Error or a
// *home.Error.
func (r *Resolver) Save(ctx context.Context, scheme, name string, value secret.Value, origins []string) error {
	slices.Sort(origins)
	origins = slices.Compact(origins)
	text, err := json.Marshal(record{Version: 1, Value: value.Reveal(), Origins: origins})
	if err != nil {
		return err
	}
	e := home.Entry{Key: r.Key(name), Profile: r.o.Identity, Scheme: scheme, Record: name, Account: r.o.Account, Kind: home.KindStatic,
		Store: r.o.Store.Name(), Origins: origins, Updated: time.Now(), Extra: generation()}
	defer r.forget(name)
	err = listed(ctx, r.o.Home, e, func() error { return r.o.Store.Set(ctx, e.Key, secret.New(string(text))) })
	if err != nil {
		return err
	}
	e.Extra = generation()
	return r.o.Home.UpdateIndex(ctx, func(x *home.Index) error {
		x.Put(e)
		return nil
	})
}

// listed calls set, which writes the record of e to the keychain, after the index lists
// e: a program that is killed between the two leaves no record that status and logout do
// not know. When set fails, an entry that was not there before goes again. The error is
// that of set, or a *home.Error before set was called.
func listed(ctx context.Context, h *home.Home, e home.Entry, set func() error) error {
	added := false
	err := h.UpdateIndex(ctx, func(x *home.Index) error {
		if _, there := x.Find(e.Key); !there {
			x.Put(e)
			added = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err = set(); err == nil || !added {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), indexTime)
	defer cancel()
	_ = h.UpdateIndex(ctx, func(x *home.Index) error { // an entry without a record is shown as signed out
		if now, there := x.Find(e.Key); there && bytes.Equal(compacted(now.Extra), compacted(e.Extra)) {
			x.Delete(e.Key)
		}
		return nil
	})
	return err
}

// compacted writes JSON without white space: the index is indented.
func compacted(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// generation makes the index another one with every record that is written: times
// are kept to the second, and other processes look at nothing else.
func generation() json.RawMessage { return json.RawMessage(`{"generation":"` + rand.Text() + `"}`) }

// Raw returns the stored record as it is, so that it can be put back by Restore;
// false when there is none.
func (r *Resolver) Raw(ctx context.Context, name string) (secret.Value, bool, error) {
	v, err := r.o.Store.Get(ctx, r.Key(name))
	if errors.Is(err, keychain.ErrNotFound) {
		return secret.Value{}, false, nil
	}
	return v, err == nil, err
}

// Restore puts a record back that Raw returned. What the index says of it stays,
// but for its generation.
func (r *Resolver) Restore(ctx context.Context, name string, v secret.Value) error {
	defer r.forget(name)
	key := r.Key(name)
	if err := r.o.Store.Set(ctx, key, v); err != nil {
		return err
	}
	return r.o.Home.UpdateIndex(ctx, func(x *home.Index) error {
		if e, ok := x.Find(key); ok {
			e.Extra = generation()
			x.Put(e)
		}
		return nil
	})
}

// Delete forgets a record and its entry in the index. It reports whether there was
// one. With a keychain that cannot be asked nothing is forgotten.
func Delete(ctx context.Context, h *home.Home, store keychain.Store, key string) (bool, error) {
	// A store that cannot read a record could often still remove it; but trouble must
	// never look like a sign-out. What is damaged may go.
	_, err := store.Get(ctx, key)
	var trouble *keychain.Error
	if errors.As(err, &trouble) && trouble.Kind == keychain.Unavailable {
		return false, err
	}
	err = store.Delete(ctx, key)
	there := err == nil
	if err != nil && !errors.Is(err, keychain.ErrNotFound) {
		return false, err
	}
	return there, h.UpdateIndex(ctx, func(x *home.Index) error {
		x.Delete(key)
		return nil
	})
}

// State is what is known of a stored credential, for status.
type State string

// The states of status --json.
const (
	SignedIn    State = "signed-in"
	Expired     State = "expired"
	SignedOut   State = "signed-out"
	Unavailable State = "unavailable"
)

// Look returns the state of a record without handing it out. The error says why a
// keychain could not be read.
func (r *Resolver) Look(ctx context.Context, name string) (State, error) {
	_, err := r.read(ctx, name)
	switch {
	case err == nil:
		return SignedIn, nil
	case errors.Is(err, keychain.ErrNotFound):
		return SignedOut, nil
	}
	return Unavailable, err
}

// Value returns the stored credential whatever it is approved for, so that a
// person may approve it for more; false when there is none.
func (r *Resolver) Value(ctx context.Context, name string) (secret.Value, bool, error) {
	rec, err := r.read(ctx, name)
	if errors.Is(err, keychain.ErrNotFound) {
		return secret.Value{}, false, nil
	}
	return secret.New(rec.Value), err == nil, err
}

// Approved returns the origins that the stored credential of a record may be sent to, in
// the form of [outbound.Origin]; none when nothing is stored or can be read.
func (r *Resolver) Approved(ctx context.Context, s *profiles.SecurityScheme, name string) []string {
	if IsOAuth(s) && name == s.ID {
		look, err := r.LookSignIn(ctx, s, nil)
		if err != nil {
			return nil
		}
		return approvable(look.Origins)
	}
	rec, err := r.read(ctx, name)
	if err != nil {
		return nil
	}
	return approvable(rec.Origins)
}

// Forget is Delete for a record of this resolver's profile and account.
func (r *Resolver) Forget(ctx context.Context, name string) error {
	defer r.forget(name)
	_, err := Delete(ctx, r.o.Home, r.o.Store, r.Key(name))
	return err
}
