// Package credential turns a security requirement into a usable credential: from
// the profile's reference or from the keychain, for one profile and account. It
// also stores and forgets credentials.
//
// # Terminology
//
// A reference says where a credential comes from: the profile itself (literal), an
// environment variable, a file, a command, or the keychain. A record is what the
// keychain keeps: the credential together with the API origins that it may be sent
// to. A usable credential is one for a certain origin. The index lists records,
// because keychains cannot.
//
// A sign-in is what an authorization server gave to a person, or to this program
// itself: an access token, most often a refresh token, and what is needed to use them.
// It belongs to a client of a server and to an account, not to a profile. A generation
// is one state of it; every token that is stored makes another. The marker, in the
// index and without secrets, says how often a generation's refresh token was sent
// without a known end, so that no two programs send it and a crash does not make it
// be sent again and again. To approve is to let a sign-in's token be sent to an origin.
package credential

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// DefaultAccount is the account of a profile for which none was chosen.
const DefaultAccount = "default"

// Usable is a credential that may be sent to the origin it was asked for.
type Usable struct {
	Scheme *profiles.SecurityScheme
	Value  secret.Value // a token, a key, or user:password
	Store  string       // "literal", "env", "file", "command", or with a Record the keychain's name: "os", "file"
	Record string       // the keychain record that it was read from; empty for what the profile configures

	// Of a sign-in.
	Type   string   // "Bearer" or DPoP; empty for other credentials
	Scopes []string // granted

	command    string // key of a cached command result
	generation string // of a sign-in
	token      oauthflow.Token
}

// OAuth reports whether it is what a sign-in gave.
func (u Usable) OAuth() bool { return u.generation != "" }

// Options is what a Resolver needs. Profile, Home and Store are required.
type Options struct {
	Profile  *profiles.Profile
	Identity string // stands for the profile in record names: its name, or its path
	Account  string // empty: DefaultAccount
	Home     *home.Home
	Store    keychain.Store
	Environ  []string          // the environment that { env } references read and commands get
	Logger   *slog.Logger      // nil: nothing is logged
	Tokens   *Tokens           // shared by all Resolvers of a process; nil: one of its own
	Network  oauthflow.Network // how authorization servers are reached; hosts of the profile are added
	Now      func() time.Time  // nil: time.Now
	// Base returns the origin that a credential may be approved for without a typed
	// login; empty for none. nil: every origin.
	Base func() string
}

// Resolver finds the credentials of one profile and account. It is safe for
// concurrent use.
type Resolver struct {
	o           Options
	commandTime time.Duration

	mu       sync.Mutex
	commands map[string]*commandResult
	records  map[string]keptRecord
	clients  map[string]*client // by the scheme's id
}

// New returns a Resolver. It reads nothing yet.
func New(o Options) *Resolver {
	if o.Account == "" {
		o.Account = DefaultAccount
	}
	if o.Identity == "" {
		o.Identity = o.Profile.Name
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Tokens == nil {
		o.Tokens = NewTokens()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Resolver{o: o, commandTime: commandTime, commands: map[string]*commandResult{}, records: map[string]keptRecord{},
		clients: map[string]*client{}}
}

// Account returns the account whose credentials these are.
func (r *Resolver) Account() string { return r.o.Account }

// Resolve returns the credential for a requirement, for a request to origin: the
// requirement's own, else the scheme's default, else the keychain record. A
// configured reference that cannot be read is an error; nothing else is tried in
// its place. The error is an *Error.
func (r *Resolver) Resolve(ctx context.Context, req tool.Requirement, origin string) (Usable, error) {
	ref := req.Credential
	if ref == nil {
		ref = req.Scheme.DefaultCredential
	}
	switch {
	case IsOAuth(req.Scheme) && (ref == nil || ref.Keychain):
		return r.signedIn(ctx, req.Scheme, origin, req.Scopes)
	case ref != nil:
		return r.Reference(ctx, req.Scheme, ref, req.Record, origin)
	}
	return r.Stored(ctx, req.Scheme, req.Record, origin)
}

// Configured reports whether the profile refers to a credential for the
// requirement that is not in the keychain.
func (r *Resolver) Configured(req tool.Requirement) bool {
	ref := req.Credential
	if ref == nil {
		ref = req.Scheme.DefaultCredential
	}
	return ref != nil && !ref.Keychain
}

// Reference returns the credential that one reference means. A reference other
// than a literal is honoured only from a file that the person owns and nobody else
// can write.
func (r *Resolver) Reference(ctx context.Context, scheme *profiles.SecurityScheme, ref *profiles.Reference, record, origin string) (Usable, error) {
	if IsOAuth(scheme) && ref != nil && ref.Keychain {
		return r.Stored(ctx, scheme, record, origin)
	}
	return r.reference(ctx, scheme, ref, record, origin)
}

// reference is Reference for what is in the keychain as it is, also a client secret.
func (r *Resolver) reference(ctx context.Context, scheme *profiles.SecurityScheme, ref *profiles.Reference, record, origin string) (Usable, error) {
	u := Usable{Scheme: scheme}
	var err error
	switch {
	case ref == nil:
		return Usable{}, r.fail(scheme, record, SignInNeeded, nil, "")
	case !ref.Literal.IsZero():
		u.Value, u.Store = ref.Literal, "literal"
		return u, nil
	case !r.o.Profile.Private:
		return Usable{}, r.notPrivate(scheme, record)
	case ref.Keychain:
		return r.static(ctx, scheme, record, origin)
	case ref.Env != "":
		u.Value, u.Store, err = r.fromEnv(ref.Env), "env", nil
		if u.Value.IsZero() {
			err = fmt.Errorf("the environment variable %s is not set", ref.Env)
		} else {
			u.Value, err = r.pasted(scheme, u.Value, "the environment variable "+ref.Env)
		}
	case ref.File != "":
		u.Store = "file"
		if u.Value, err = fromFile(ref.File, r.folder(ref)); err == nil {
			u.Value, err = r.pasted(scheme, u.Value, ref.File)
		}
	case len(ref.Command) > 0:
		u.Store = "command"
		if u.Value, u.command, err = r.fromCommand(ctx, ref.Command, r.folder(ref)); err == nil {
			u.Value, err = r.pasted(scheme, u.Value, ref.Command[0])
		}
	default:
		err = errors.New("the reference names no place")
	}
	if err != nil {
		return Usable{}, r.fail(scheme, record, Missing, err, r.referenceHint(ref, record, err))
	}
	return u, nil
}

// pasted is [Pasted] for what a reference names.
func (r *Resolver) pasted(scheme *profiles.SecurityScheme, v secret.Value, where string) (secret.Value, error) {
	clean, removed, err := Pasted(scheme, v.Reveal())
	if err != nil {
		return secret.Value{}, fmt.Errorf("%s: %w", where, err)
	}
	if len(removed) > 0 {
		r.o.Logger.Warn("the credential is used without what is around it", "from", where, "removed", strings.Join(removed, ", "))
	}
	return clean, nil
}

func (r *Resolver) referenceHint(ref *profiles.Reference, record string, err error) string {
	var bad *PastedError
	switch {
	case errors.As(err, &bad):
		return bad.Hint()
	case errors.Is(err, exec.ErrNotFound):
		return "name the program by its whole path in " + r.o.Profile.File + ": clients start servers with a short PATH"
	case ref.Env != "":
		return "clients start servers with almost no environment: keep it in the keychain instead, { keychain = true } in " + r.o.Profile.File + " and " + LoginCommand(r.o.Identity, record, r.o.Account)
	case ref.File != "":
		return "make the file, or name another in " + r.o.Profile.File
	}
	return "try the command in a terminal, or name another in " + r.o.Profile.File
}

// Stored returns the credential that is signed in for a scheme: the keychain
// record, or for OAuth the sign-in, alone.
func (r *Resolver) Stored(ctx context.Context, scheme *profiles.SecurityScheme, record, origin string) (Usable, error) {
	if IsOAuth(scheme) {
		return r.signedIn(ctx, scheme, origin, nil)
	}
	return r.static(ctx, scheme, record, origin)
}

func (r *Resolver) static(ctx context.Context, scheme *profiles.SecurityScheme, record, origin string) (Usable, error) {
	if !r.o.Profile.Private {
		return Usable{}, r.notPrivate(scheme, record)
	}
	if record == "" {
		record = scheme.ID
	}
	rec, err := r.recent(ctx, record)
	switch {
	case errors.Is(err, keychain.ErrNotFound):
		e := r.fail(scheme, record, Missing, nil, "")
		e.absent, e.Origin = !isSecretRecord(record), origin
		if e.absent {
			r.needsLogin(e, nil)
		}
		return Usable{}, e
	case err != nil:
		return Usable{}, r.fail(scheme, record, KeychainUnavailable, err, "")
	case !rec.allows(origin):
		e := r.fail(scheme, record, SignInNeeded,
			fmt.Errorf("the stored credential is for %s, and has not been approved for %s", rec.approved(), origin), "")
		e.Origin, e.Origins, e.Unapproved = origin, rec.Origins, true
		return Usable{}, e
	}
	return Usable{Scheme: scheme, Value: secret.New(rec.Value), Store: r.o.Store.Name(), Record: record}, nil
}

// Rejected says that the backend answered 401 to a credential. The result is true
// when another one may be had by resolving again: a command's result is kept only
// until then.
func (r *Resolver) Rejected(_ context.Context, u Usable) bool {
	if u.Record != "" {
		r.forget(u.Record)
	}
	if u.command == "" {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.commands[u.command]
	if kept == nil || !kept.done || kept.value.Reveal() != u.Value.Reveal() {
		return true // another call has replaced it already
	}
	if time.Since(kept.at) < freshFor {
		return false // it was made just now: the next one would be the same
	}
	delete(r.commands, u.command)
	return true
}

// notPrivate refuses a profile that others can write: it could send a credential
// wherever they like below the approved address.
func (r *Resolver) notPrivate(scheme *profiles.SecurityScheme, record string) error {
	return r.fail(scheme, record, Missing, errors.New("the profile's file is not yours alone, so no credential is used for it"),
		"make it yours: "+shell().Command("chmod", "go-w", r.o.Profile.File))
}

func (r *Resolver) fail(scheme *profiles.SecurityScheme, record string, reason Reason, err error, hint string) *Error {
	e := &Error{Profile: r.o.Identity, Record: record, Account: r.o.Account, Reason: reason, Err: err, hint: hint}
	if scheme != nil {
		e.Scheme = scheme.ID
		if record == "" {
			e.Record = scheme.ID
		}
	}
	return e
}
