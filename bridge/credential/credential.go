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
package credential

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/secret"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// Reason says why there is no usable credential.
type Reason string

// The reasons. Missing is for what a profile refers to and is not there;
// SignInNeeded for what `mcp-bridge login` gives.
const (
	Missing             Reason = "missing"
	SignInNeeded        Reason = "sign-in-needed"
	SignInPending       Reason = "sign-in-pending"
	KeychainUnavailable Reason = "keychain-unavailable"
)

// Error says that a requirement cannot be satisfied now. It never holds a secret.
type Error struct {
	Profile string // as a person types it
	Scheme  string
	Record  string // differs from Scheme for a credential of one tool's own
	Account string
	Reason  Reason
	Err     error // the cause; may be nil
	hint    string
}

// Error names the scheme and the reason.
func (e *Error) Error() string {
	text := "the scheme " + e.Scheme
	if e.Record != "" && e.Record != e.Scheme {
		text += " (" + e.Record + ")"
	}
	switch e.Reason {
	case KeychainUnavailable:
		text += ": its credential cannot be read from the keychain"
	case SignInPending:
		text += ": the sign-in is not finished"
	case SignInNeeded:
		text += ": sign-in needed"
	default:
		text += " has no credential"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns what to type or do.
func (e *Error) Hint() string {
	if e.hint != "" {
		return e.hint
	}
	if e.Reason == KeychainUnavailable {
		var h interface{ Hint() string }
		if errors.As(e.Err, &h) {
			return h.Hint()
		}
		return "mcp-bridge keychain status"
	}
	return "type: " + LoginCommand(e.Profile, e.Record, e.Account)
}

// LoginCommand is the command that stores a credential.
func LoginCommand(profile, record, account string) string {
	command := "mcp-bridge login " + Quote(profile)
	if record != "" {
		command += " --scheme " + Quote(record)
	}
	if account != "" && account != DefaultAccount {
		command += " --account " + Quote(account)
	}
	return command
}

// DefaultAccount is the account of a profile for which none was chosen.
const DefaultAccount = "default"

// Usable is a credential that may be sent to the origin it was asked for.
type Usable struct {
	Scheme *profiles.SecurityScheme
	Value  secret.Value // a token, a key, or user:password
	Store  string       // "literal", "env", "file", "command", or with a Record the keychain's name: "os", "file"
	Record string       // the keychain record that it was read from; empty for what the profile configures

	command string // key of a cached command result
}

// Options is what a Resolver needs. Profile, Home and Store are required.
type Options struct {
	Profile  *profiles.Profile
	Identity string // stands for the profile in record names: its name, or its path
	Account  string // empty: DefaultAccount
	Home     *home.Home
	Store    keychain.Store
	Environ  []string // the environment that { env } references read and commands get
	Logger   *slog.Logger
}

// Resolver finds the credentials of one profile and account. It is safe for
// concurrent use.
type Resolver struct {
	o           Options
	commandTime time.Duration

	mu       sync.Mutex
	commands map[string]*commandResult
	records  map[string]keptRecord
}

// New returns a Resolver. It reads nothing yet.
func New(o Options) *Resolver {
	if o.Account == "" {
		o.Account = DefaultAccount
	}
	if o.Identity == "" {
		o.Identity = o.Profile.Name
	}
	return &Resolver{o: o, commandTime: commandTime, commands: map[string]*commandResult{}, records: map[string]keptRecord{}}
}

// Account returns the account whose credentials these are.
func (r *Resolver) Account() string { return r.o.Account }

// Resolve returns the credential for a requirement, for a request to origin: the
// requirement's own, else the scheme's default, else the keychain record. A
// configured reference that cannot be read is an error; nothing else is tried in
// its place. The error is an *Error.
func (r *Resolver) Resolve(ctx context.Context, req tool.Requirement, origin string) (Usable, error) {
	if req.Credential != nil {
		return r.Reference(ctx, req.Scheme, req.Credential, req.Record, origin)
	}
	if req.Scheme.DefaultCredential != nil {
		return r.Reference(ctx, req.Scheme, req.Scheme.DefaultCredential, req.Record, origin)
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
		return r.Stored(ctx, scheme, record, origin)
	case ref.Env != "":
		u.Value, u.Store, err = r.fromEnv(ref.Env), "env", nil
		if u.Value.IsZero() {
			err = fmt.Errorf("the environment variable %s is not set", ref.Env)
		}
	case ref.File != "":
		u.Store = "file"
		u.Value, err = fromFile(ref.File, r.folder(ref))
	case len(ref.Command) > 0:
		u.Store = "command"
		u.Value, u.command, err = r.fromCommand(ctx, ref.Command, r.folder(ref))
	default:
		err = errors.New("the reference names no place")
	}
	if err != nil {
		return Usable{}, r.fail(scheme, record, Missing, err, r.referenceHint(ref, err))
	}
	return u, nil
}

func (r *Resolver) referenceHint(ref *profiles.Reference, err error) string {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "name the program by its whole path in " + r.o.Profile.File + ": clients start servers with a short PATH"
	case ref.Env != "":
		return "clients start servers with almost no environment: keep it in the keychain instead, { keychain = true } in " + r.o.Profile.File + " and mcp-bridge login " + Quote(r.o.Profile.Name)
	case ref.File != "":
		return "make the file, or name another in " + r.o.Profile.File
	}
	return "try the command in a terminal, or name another in " + r.o.Profile.File
}

// Stored returns the credential that is signed in for a scheme: the keychain
// record alone.
func (r *Resolver) Stored(ctx context.Context, scheme *profiles.SecurityScheme, record, origin string) (Usable, error) {
	if scheme.Type == profiles.OAuth2 || scheme.Type == profiles.OpenIDConnect {
		return Usable{}, r.fail(scheme, record, SignInNeeded, errors.New("this version cannot sign in with "+string(scheme.Type)), "")
	}
	if !r.o.Profile.Private {
		return Usable{}, r.notPrivate(scheme, record)
	}
	if record == "" {
		record = scheme.ID
	}
	rec, err := r.recent(ctx, record)
	switch {
	case errors.Is(err, keychain.ErrNotFound):
		return Usable{}, r.fail(scheme, record, Missing, nil, "")
	case err != nil:
		return Usable{}, r.fail(scheme, record, KeychainUnavailable, err, "")
	case !rec.allows(origin):
		return Usable{}, r.fail(scheme, record, SignInNeeded,
			fmt.Errorf("the stored credential is for %s, and has not been approved for %s", rec.approved(), origin), "")
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
		"make it yours: chmod go-w "+Quote(r.o.Profile.File))
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
