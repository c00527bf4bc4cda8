// Package keychain keeps named secrets in the operating system's keychain, or in
// encrypted files when the person asks for that, and hides size limits and hangs.
//
// # Terminology
//
// A record is one secret under one name. A store keeps records. An item is what
// the operating system's keychain keeps: a record is one item, or, where items are
// limited in size, several parts and a manifest. The keychain is Credential
// Manager on Windows, the login keychain on macOS, and the Secret Service
// (GNOME Keyring, KWallet, KeePassXC) elsewhere; a collection of the Secret
// Service is what its users call a keyring. The key file holds the key of the
// file store.
//
// A read has four outcomes that are never confused: the value; [ErrNotFound];
// an [*Error] of Kind Unavailable, when the store could not be asked; and one of
// Kind Corrupt, when what it holds is not what was written. Nothing is ever
// written in clear.
package keychain

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// ErrNotFound is what Get and Delete return for a record that the store was able
// to look for and does not have.
var ErrNotFound = errors.New("no such record in the keychain")

// MaxSize is the size of the largest record, in bytes.
const MaxSize = 1 << 20

// Store keeps records under names. A name is any text; equal names are equal byte
// by byte, on every platform. A record is any bytes, at most MaxSize, also none.
// Records outlive the process and are shared with other processes of the user.
// Every error other than ErrNotFound is an *Error, which also wraps the error of
// a context that ended. No call waits longer than the store's time limit. All
// methods are safe for concurrent use.
type Store interface {
	// Get returns the record, or ErrNotFound.
	Get(ctx context.Context, name string) (secret.Value, error)
	// Set creates or replaces the record. After an error, or a crash, the store
	// holds the old record or the new one, never a mix.
	Set(ctx context.Context, name string, value secret.Value) error
	// Delete removes the record, or returns ErrNotFound.
	Delete(ctx context.Context, name string) error
	// Name is the kind of store, KindOS or KindFile: constant, and a word that
	// people type.
	Name() string
}

// The kinds of store, as config.toml and MCP_BRIDGE_KEYCHAIN name them.
const (
	KindOS   = "os"
	KindFile = "file"
)

// The environment variables that override config.toml.
const (
	Variable        = "MCP_BRIDGE_KEYCHAIN"
	KeyFileVariable = "MCP_BRIDGE_KEYCHAIN_KEY_FILE"
)

// Settings choose a store. They are the keys "keychain" and "keyFile" of config.toml.
type Settings struct {
	Kind    string // KindOS, KindFile, or empty for KindOS
	KeyFile string // absolute, relative to the home, or with a leading ~/; for KindFile
}

// Override returns the settings with MCP_BRIDGE_KEYCHAIN and
// MCP_BRIDGE_KEYCHAIN_KEY_FILE in the place of what they name; empty is absent.
func (s Settings) Override(getenv func(string) string) Settings {
	if kind := getenv(Variable); kind != "" {
		s.Kind = kind
	}
	if file := getenv(KeyFileVariable); file != "" {
		s.KeyFile = file
	}
	return s
}

// Options say how long a store may take. The zero Options suit everything that
// nobody waits for.
type Options struct {
	// Timeout bounds one call of a Store method; 0 means 5 seconds.
	Timeout time.Duration
	// Unlock, when positive, lets the operating system ask the person to unlock the
	// keychain, and is how much longer a call may take while it asks. Where nothing
	// has to be unlocked, Timeout alone holds. 0 asks nobody: a locked keychain is
	// unavailable at once.
	Unlock time.Duration
}

// Open returns the store that the settings choose. It touches neither keychain nor
// disk, so it succeeds where the store will turn out to be unavailable; the one
// error is an *Error for a kind that does not exist. File records lie below
// h's secrets folder.
func Open(s Settings, h *home.Home, o Options) (Store, error) {
	switch s.Kind {
	case "", KindOS:
		return OS(h, o), nil
	case KindFile:
		return File(h.Join(home.SecretsDir), keyPath(s.KeyFile, h)), nil
	}
	return nil, &Error{Kind: Unavailable, Reason: UnknownKind, Op: "open", Path: s.Kind}
}

func keyPath(file string, h *home.Home) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	if rest, ok := strings.CutPrefix(file, "~/"); ok {
		if user, err := os.UserHomeDir(); err == nil {
			return filepath.Join(user, rest)
		}
	}
	return h.Join(file)
}

// Available returns nil when the store answers a question, else the *Error that
// any other call would return now. It changes nothing; with [Options.Unlock] it may
// make the operating system ask for the keychain's password.
func Available(ctx context.Context, s Store) error {
	_, err := s.Get(ctx, probe)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// probe names the record that Writable writes. There is one for all programs, so that
// one that is killed meanwhile leaves one behind at most, for the next to remove.
const probe = "mcp-bridge availability"

// Writable is Available for a command that is about to store something: it also
// writes a record of random bytes, reads it back and removes it.
func Writable(ctx context.Context, s Store) error {
	// Another program may remove the record between our two steps, and many that look at
	// once do so to each other: each waits for a moment of its own and looks again.
	const tries = 50
	var err error
	for try := range tries {
		if err = tryProbe(ctx, s); !errors.Is(err, ErrNotFound) {
			return err
		}
		pause(ctx, mathrand.N(time.Duration(try+1)*time.Millisecond))
	}
	return &Error{Kind: Unavailable, Reason: Other, Op: "probe", Path: s.Name(), Err: err}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// tryProbe returns nil, an *Error, or ErrNotFound when the record has gone.
func tryProbe(ctx context.Context, s Store) error {
	const mark = "probe " // another program may have put its own in the place of ours
	want := mark + rand.Text()
	if err := s.Set(ctx, probe, secret.New(want)); err != nil {
		return err
	}
	got, err := s.Get(ctx, probe)
	if err != nil {
		return err
	}
	if err := s.Delete(ctx, probe); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if text := got.Reveal(); len(text) != len(want) || !strings.HasPrefix(text, mark) {
		return &Error{Kind: Corrupt, Op: "probe", Path: s.Name(), Err: errors.New("a record reads back different")}
	}
	return nil
}
