package credential

import (
	"cmp"
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
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// stored is one sign-in as the keychain keeps it. Its generation is another one with
// every token that is stored.
type stored struct {
	generation string
	origins    []string // API origins that the token may be sent to
	missing    []string // scopes that were asked for and not granted
	profile    []string // scopes that the profile asked for at the sign-in
	token      oauthflow.Token
}

func (s stored) allows(origin string) bool { return record{Origins: s.origins}.allows(origin) }

// with returns the sign-in with another token, for which asked was asked, as a new
// generation.
func (s stored) with(t oauthflow.Token, asked []string, origins ...string) stored {
	all := union(s.origins, origins)
	slices.Sort(all)
	return stored{generation: rand.Text(), origins: all, missing: without(asked, t.Scopes), profile: s.profile, token: t}
}

// wanted returns the scopes that a new sign-in asks for beyond those of the profile:
// what is granted, because backends may have demanded it, but not what the profile
// has asked for and does not ask for any more.
func (s stored) wanted(configured []string) []string {
	return without(s.token.Scopes, without(s.profile, configured))
}

// wire is the text of a stored sign-in. It is kept small, because keychains are, and
// leaves out what only a sign-in in the browser needs.
type wire struct {
	Version    int      `json:"v"`
	Generation string   `json:"g"`
	Origins    []string `json:"o"`
	Access     string   `json:"a"`
	Refresh    string   `json:"r,omitempty"`
	Type       string   `json:"t,omitempty"` // empty: Bearer
	Issued     int64    `json:"b"`           // seconds since 1970
	Expiry     int64    `json:"e,omitempty"`
	Scopes     string   `json:"s,omitempty"` // with blanks between them, as on the wire
	Missing    string   `json:"sm,omitempty"`
	Profile    string   `json:"sp,omitempty"`
	Issuer     string   `json:"i,omitempty"`
	Resource   string   `json:"res,omitempty"`
	Redirect   string   `json:"uri,omitempty"`
	ClientID   string   `json:"c,omitempty"`
	Secret     string   `json:"cs,omitempty"`
	Register   string   `json:"rt,omitempty"`
	Key        string   `json:"k,omitempty"`
	Identity   string   `json:"id,omitempty"`
	Method     string   `json:"m,omitempty"`
	Token      string   `json:"et,omitempty"` // endpoints: it is renewed and revoked where it was granted
	Renew      string   `json:"er,omitempty"`
	Revoke     string   `json:"ev,omitempty"`
	Introspect string   `json:"ei,omitempty"`
}

const wireVersion = 2 // 1 is that of static records

// encode returns the record's text. Together with [decode] it is the one place where
// the tokens of a sign-in are revealed for the keychain.
func (s stored) encode() secret.Value {
	t := s.token
	w := wire{Version: wireVersion, Generation: s.generation, Origins: s.origins, Access: t.Access.Reveal(), Refresh: t.Refresh.Reveal(),
		Issued: seconds(t.Issued), Expiry: seconds(t.Expiry), Scopes: strings.Join(t.Scopes, " "), Missing: strings.Join(s.missing, " "), Profile: strings.Join(s.profile, " "), Issuer: t.Issuer,
		Resource: t.Resource, Redirect: t.RedirectURI, ClientID: t.ClientID, Secret: t.ClientSecret.Reveal(), Register: t.RegistrationToken.Reveal(),
		Key: t.Key.Reveal(), Identity: t.Identity, Method: t.AuthMethod,
		Token: t.Endpoints.Token, Renew: t.Endpoints.Refresh, Revoke: t.Endpoints.Revocation, Introspect: t.Endpoints.Introspection}
	if t.Type != bearerType {
		w.Type = t.Type
	}
	text, _ := json.Marshal(w) // strings and integers: cannot fail
	return secret.New(string(text))
}

const bearerType = "Bearer"

// decode is the inverse of encode; ok is false for what is no record of ours.
func decode(v secret.Value) (s stored, ok bool) {
	var w wire
	if err := json.Unmarshal([]byte(v.Reveal()), &w); err != nil || w.Version != wireVersion || w.Generation == "" {
		return stored{}, false
	}
	return stored{generation: w.Generation, origins: w.Origins, missing: strings.Fields(w.Missing), profile: strings.Fields(w.Profile), token: oauthflow.Token{
		Access: secret.New(w.Access), Refresh: secret.New(w.Refresh), Type: cmp.Or(w.Type, bearerType),
		Issued: at(w.Issued), Expiry: at(w.Expiry), Scopes: strings.Fields(w.Scopes), Issuer: w.Issuer, Resource: w.Resource,
		RedirectURI: w.Redirect, ClientID: w.ClientID, ClientSecret: secret.New(w.Secret), RegistrationToken: secret.New(w.Register),
		Key: secret.New(w.Key), Identity: w.Identity, AuthMethod: w.Method,
		Endpoints: oauthflow.Endpoints{Token: w.Token, Refresh: w.Renew, Revocation: w.Revoke, Introspection: w.Introspect}}}, true
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func at(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

// tokenKey is the name of a sign-in's record, and of its entry in the index: equal for
// every profile that is the same client of the same authorization server. Neither
// scopes nor the profile are part of it; who may get the token the record's origins
// say. The endpoints are part of it, because a token goes nowhere but to those that
// the profile named when it was granted.
func (r *Resolver) tokenKey(c *oauthflow.Config) string { return r.tokenKeyOf(c, r.o.Account) }

func (r *Resolver) tokenKeyOf(c *oauthflow.Config, account string) string {
	where := []string{c.Issuer, c.DiscoveryURL, c.Endpoints.Authorization, c.Endpoints.Token, c.Endpoints.Device}
	if strings.Join(where, "") == "" {
		where[0] = "of " + outbound.Origin(c.API)
	}
	who := ""
	if c.Grant == oauthflow.ClientCredentials {
		who = string(c.Grant) // nobody's: never the token of a person
	}
	sum := sha256.New()
	for _, part := range append(where, c.ClientID, c.Resource, who, account, r.o.Home.Path()) {
		fmt.Fprintf(sum, "%d:%s\n", len(part), part)
	}
	return "oauth-" + hex.EncodeToString(sum.Sum(nil)[:20])
}

// facts are what the index says of a sign-in beside its entry: no secrets, so that
// status works offline, and that other processes notice what happens.
type facts struct {
	Generation  string     `json:"generation"`
	Issuer      string     `json:"issuer,omitempty"`
	Identity    string     `json:"identity,omitempty"`
	Type        string     `json:"type,omitempty"`
	Scopes      []string   `json:"scopes,omitempty"`
	Missing     []string   `json:"missing,omitempty"`   // asked for and not granted
	Wanted      []string   `json:"wanted,omitempty"`    // asked for by a backend
	Rejected    bool       `json:"rejected,omitempty"`  // a backend has refused the access token, and nothing renews it
	Forgotten   bool       `json:"forgotten,omitempty"` // the server does not know the client any more that was registered
	Plain       bool       `json:"plain,omitempty"`     // the server has refused more than the profile's scopes
	ExpiresAt   *time.Time `json:"expiresAt,omitempty"`
	Refreshable bool       `json:"refreshable,omitempty"`
	Warning     string     `json:"warning,omitempty"`

	// The marker of the generation's refresh token. Sent counts the requests with it
	// whose outcome nobody knows. Consumed: a process has its successor in memory only.
	Sent      int        `json:"sent,omitempty"`
	Consumed  bool       `json:"consumed,omitempty"`
	Expired   bool       `json:"expired,omitempty"` // only a new sign-in helps
	NotBefore *time.Time `json:"notBefore,omitempty"`
}

// describe makes the facts those of a sign-in, without any mark.
func (f *facts) describe(s stored) {
	t := s.token
	*f = facts{Generation: s.generation, Issuer: t.Issuer, Identity: t.Identity, Type: t.Type, Scopes: t.Scopes, Missing: s.missing,
		Wanted: without(f.Wanted, t.Scopes), Refreshable: !t.Refresh.IsZero(), Warning: t.Warning}
	if !t.Expiry.IsZero() {
		expiry := t.Expiry.UTC()
		f.ExpiresAt = &expiry
	}
}

// become replaces the facts, but for what backends have asked for, which may be
// noted at any time.
func (f *facts) become(g facts) {
	g.Wanted = f.Wanted
	*f = g
}

// about returns what the index says of s; the facts of s itself when the index is
// older than that.
func (w *work) about(s stored) facts {
	f := w.listed()
	if f.Generation != s.generation {
		f.describe(s)
	}
	return f
}

// listed returns what the index says of the sign-in; the zero facts when it is not
// there or cannot be read.
func (w *work) listed() facts {
	f, _, _, _ := w.entry()
	return f
}

// entry returns what the index says; there is false when it lists nothing. The error
// is a *home.Error.
func (w *work) entry() (f facts, e home.Entry, there bool, err error) {
	x, err := w.r.o.Home.ReadIndex()
	if err != nil {
		return facts{}, home.Entry{}, false, err
	}
	e, there = x.Find(w.client.key)
	return factsOf(e), e, there, nil
}

func factsOf(e home.Entry) facts {
	var f facts
	if json.Unmarshal(e.Extra, &f) != nil {
		return facts{}
	}
	return f
}

// note changes what the index says of the sign-in. The error is a *home.Error.
func (w *work) note(ctx context.Context, change func(e *home.Entry, f *facts)) error {
	ctx, cancel := context.WithTimeout(ctx, indexTime)
	defer cancel()
	return w.r.o.Home.UpdateIndex(ctx, func(x *home.Index) error {
		e, ok := x.Find(w.client.key)
		if !ok {
			e = w.newEntry()
		}
		f := factsOf(e)
		change(&e, &f)
		extra, err := json.Marshal(f)
		if err != nil {
			return err
		}
		e.Extra = extra
		x.Put(e)
		return nil
	})
}

// set writes a sign-in to the keychain, after the index lists it. The error is a
// *keychain.Error, or a *home.Error: then nothing was written.
func (w *work) set(ctx context.Context, s stored) error {
	extra, err := json.Marshal(facts{}) // nobody is signed in by it yet
	if err != nil {
		return err
	}
	e := w.newEntry()
	e.Extra = extra
	return listed(ctx, w.r.o.Home, e, func() error { return w.r.o.Store.Set(ctx, w.client.key, s.encode()) })
}

// newEntry is the index's entry of the sign-in before anything is known of it.
func (w *work) newEntry() home.Entry {
	id := w.client.scheme.ID
	return home.Entry{Key: w.client.key, Profile: w.r.o.Identity, Scheme: id, Record: id, Account: w.r.o.Account,
		Kind: home.KindOAuth, Store: w.r.o.Store.Name(), Updated: w.now()}
}

// indexTime bounds one change of the index.
const indexTime = 5 * time.Second

// stored reads the record. The errors are keychain.ErrNotFound and *keychain.Error.
func (w *work) stored(ctx context.Context) (stored, error) {
	v, err := w.r.o.Store.Get(ctx, w.client.key)
	if err != nil {
		return stored{}, err
	}
	s, ok := decode(v)
	if !ok {
		return stored{}, &keychain.Error{Kind: keychain.Corrupt, Op: "get", Path: w.r.o.Store.Name()}
	}
	return s, nil
}

func notStored(err error) bool { return errors.Is(err, keychain.ErrNotFound) }

// union returns the members of both, each once, in their order.
func union(a, b []string) []string {
	out := make([]string, 0, len(a)+len(b))
	for _, s := range append(slices.Clone(a), b...) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// without returns the members of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
