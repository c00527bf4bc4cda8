package keychain

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/zalando/go-keyring"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// service is the name under which all items of the bridge stand in a keychain.
// Account names are "v1/" and the record's name or hash.
const service = "mcp-bridge"

// The largest item, in bytes. Credential Manager takes 2560; on macOS the whole
// command that go-keyring types to `security`, base64 included, takes 4096.
const (
	windowsLimit = 2400
	darwinLimit  = 2000
)

// osStore is the operating system's keychain.
type osStore struct {
	guard   *guard
	records records
	where   string // for messages
	// exclude keeps writers of one record apart, where a record is many items. Nil
	// where every record is one.
	exclude func(ctx context.Context, name string) (release func(), err error)
}

// OS returns the operating system's keychain. On Linux it asks the Secret Service
// on the session bus: DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus, else
// /run/user/UID/bus; it never starts a bus, and if the variable is unset it sets it
// for this process, since that is all that go-keyring can be told. Without
// [Options.Unlock] a locked keyring is unavailable at once and nobody is asked.
//
// A call that gets no answer within [Options.Timeout] fails, with it those beside
// it, and for 10 seconds every later one without asking. h is used for locks, on
// platforms where records have to be split over several items.
func OS(h *home.Home, o Options) Store {
	g := newGuard(o)
	s := &osStore{guard: g, where: "the operating system's keychain"}
	s.records = records{items: systemItems(g, newBus())}
	switch runtime.GOOS {
	case "windows":
		s.records.limit = windowsLimit
	case "darwin":
		s.records.limit = darwinLimit
		s.records.items = verified(s.records.items)
	}
	if s.records.limit > 0 {
		s.exclude = func(ctx context.Context, name string) (func(), error) {
			return h.Lock(ctx, "keychain "+name)
		}
	}
	return s
}

// Name returns KindOS.
func (s *osStore) Name() string { return KindOS }

// Get implements Store.
func (s *osStore) Get(ctx context.Context, name string) (secret.Value, error) {
	ctx, cancel := s.guard.within(ctx)
	defer cancel()
	value, err := s.records.get(ctx, account(name))
	if err != nil {
		return secret.Value{}, s.error("get", err)
	}
	return secret.New(value), nil
}

// Set implements Store.
func (s *osStore) Set(ctx context.Context, name string, value secret.Value) error {
	text := value.Reveal()
	if len(text) > MaxSize {
		return fail("set", TooLarge, s.where, nil)
	}
	return s.write(ctx, "set", name, func(ctx context.Context) error {
		return s.records.set(ctx, account(name), text)
	})
}

// Delete implements Store.
func (s *osStore) Delete(ctx context.Context, name string) error {
	return s.write(ctx, "delete", name, func(ctx context.Context) error {
		return s.records.remove(ctx, account(name))
	})
}

func (s *osStore) write(ctx context.Context, op, name string, do func(context.Context) error) error {
	ctx, cancel := s.guard.within(ctx)
	defer cancel()
	if s.exclude != nil {
		release, err := s.exclude(ctx, name)
		if err != nil {
			return fail(op, Other, "", err)
		}
		defer release()
	}
	return s.error(op, do(ctx))
}

// error completes the errors of the floors below with operation and place.
func (s *osStore) error(op string, err error) error {
	if err == nil || errors.Is(err, ErrNotFound) && !errors.As(err, new(*Error)) {
		return err
	}
	if bad, ok := errors.AsType[damaged](err); ok {
		return &Error{Kind: Corrupt, Op: op, Path: s.where, Err: bad.error}
	}
	return complete(err, op, s.where)
}

// What can be known of the keychain before it is asked for a record. When it is
// not unlocked, the person may be asked.
const (
	unlocked = "unlocked"
	locked   = "locked"
	unknown  = "unknown"
)

// systemItems asks go-keyring, under guard, after bus has said that there is
// something to ask.
func systemItems(g *guard, b *bus) items {
	ask := func(ctx context.Context, writes string, question func() (string, error)) (string, error) {
		short, cancel := g.promptly(ctx)
		defer cancel()
		state, err := g.do(short, "", func() (string, error) { return b.ready(short) })
		if err != nil {
			return "", err
		}
		if state == locked && g.unlock == 0 {
			return "", fail("", Locked, "", nil)
		}
		if state != unlocked {
			short = ctx
		}
		return g.do(short, writes, func() (string, error) {
			text, err := steadily(question)
			return text, classify(runtime.GOOS, err)
		})
	}
	return items{
		get: func(ctx context.Context, account string) (string, error) {
			return ask(ctx, "", func() (string, error) { return keyring.Get(service, account) })
		},
		set: func(ctx context.Context, account, text string) error {
			_, err := ask(ctx, account, func() (string, error) { return "", keyring.Set(service, account, text) })
			return err
		},
		del: func(ctx context.Context, account string) error {
			_, err := ask(ctx, account, func() (string, error) { return "", keyring.Delete(service, account) })
			return err
		},
	}
}

// steadily asks again when another program has removed the item between the search
// for it and its use.
func steadily(question func() (string, error)) (text string, err error) {
	const tries = 5
	for range tries {
		if text, err = question(); !vanished(err) {
			break
		}
	}
	return text, err
}

// verified reads back every item it writes: `security -i`, which go-keyring runs on
// macOS, may exit with 0 though the command typed to it failed.
func verified(i items) items {
	set := i.set
	i.set = func(ctx context.Context, account, text string) error {
		if err := set(ctx, account, text); err != nil {
			return err
		}
		got, err := i.get(ctx, account)
		if err == nil && got != text || errors.Is(err, ErrNotFound) {
			return fail("", Locked, "", errors.New("the keychain did not keep what it was given"))
		}
		return err
	}
	return i
}

// classify turns go-keyring's error into ErrNotFound or an *Error without Op.
func classify(goos string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, keyring.ErrNotFound) {
		return ErrNotFound
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return fail("", reasonOf(goos, err), "", err)
}

func reasonOf(goos string, err error) Reason {
	const (
		noSuchLogonSession    = syscall.Errno(1312) // Windows: ERROR_NO_SUCH_LOGON_SESSION
		interactionNotAllowed = 36                  // macOS: errSecInteractionNotAllowed, low byte
		authFailed            = 51                  // macOS: errSecAuthFailed, low byte
	)
	if goos == "windows" && errors.Is(err, noSuchLogonSession) {
		return NoSession
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && goos == "darwin" {
		if code := exit.ExitCode(); code == interactionNotAllowed || code == authFailed {
			return Locked
		}
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "failed to unlock"):
		return Locked
	case strings.Contains(text, "was not provided by any .service files"):
		return NoService
	case goos != "windows" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)):
		return NoBus
	}
	return Other
}
