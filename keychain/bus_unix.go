//go:build !windows && !darwin

package keychain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	addressVariable = "DBUS_SESSION_BUS_ADDRESS"
	// goodFor is how long one look at the bus counts. A keyring that is locked
	// within that time meets go-keyring, and the guard's time limit.
	goodFor = time.Second
)

// Names of the Secret Service API.
const (
	secretsName       = "org.freedesktop.secrets"
	secretsPath       = "/org/freedesktop/secrets"
	secretsService    = "org.freedesktop.Secret.Service"
	secretsCollection = "org.freedesktop.Secret.Collection"
	loginCollection   = secretsPath + "/collection/login"
)

// bus looks at the session bus before go-keyring does, with a connection of its
// own that can be given up: go-keyring would start a bus where there is none, and
// wait for ever on one that does not answer or for a dialog that nobody sees.
type bus struct {
	runDir string
	uid    int

	mu   sync.Mutex
	good time.Time // when the last look found everything in order
}

func newBus() *bus {
	return &bus{runDir: "/run/user", uid: os.Getuid()}
}

// ready returns unlocked, locked or unknown, which is what go-keyring would meet,
// or an *Error without Op when it must not be called. It returns when ctx ends.
func (b *bus) ready(ctx context.Context) (string, error) {
	b.mu.Lock()
	good := time.Since(b.good) < goodFor
	b.mu.Unlock()
	if good {
		return unlocked, nil
	}
	address := busAddress(os.Getenv, b.runDir, b.uid, ownSocket)
	if address == "" {
		return "", fail("", NoBus, "", nil)
	}
	if socket := foreignSocket(address, b.uid); socket != "" {
		return "", fail("", NoBus, address, fmt.Errorf("%s belongs to another user", socket))
	}
	if os.Getenv(addressVariable) != address {
		if err := os.Setenv(addressVariable, address); err != nil {
			return "", fail("", NoBus, address, err)
		}
	}
	state, err := look(ctx, address)
	if err == nil && state == unlocked {
		b.mu.Lock()
		b.good = time.Now()
		b.mu.Unlock()
	}
	return state, err
}

// busAddress returns the address of the session bus, or "". An address that asks
// for a bus to be started is none.
func busAddress(getenv func(string) string, runDir string, uid int, own func(path string, uid int) bool) string {
	if address := getenv(addressVariable); address != "" && !strings.HasPrefix(address, "autolaunch:") {
		return address
	}
	dirs := []string{getenv("XDG_RUNTIME_DIR"), filepath.Join(runDir, fmt.Sprint(uid))}
	for _, dir := range dirs {
		if socket := filepath.Join(dir, "bus"); filepath.IsAbs(dir) && own(socket, uid) {
			return "unix:path=" + dbus.EscapeBusAddressValue(socket)
		}
	}
	return ""
}

// FindsBus reports whether the session bus is found without DBUS_SESSION_BUS_ADDRESS and
// XDG_RUNTIME_DIR, as a server has to that a client starts.
func FindsBus() bool {
	b := newBus()
	return busAddress(func(string) string { return "" }, b.runDir, b.uid, ownSocket) != ""
}

// ownSocket reports whether the path is a socket that belongs to uid, or to root.
// Whoever owns it gets every secret that is stored or read through it.
func ownSocket(path string, uid int) bool {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return false
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(sys.Uid) == uid || sys.Uid == 0)
}

// foreignSocket returns the first path of an address that is there and belongs to
// another user; "" when there is none.
func foreignSocket(address string, uid int) string {
	for _, one := range strings.Split(address, ";") {
		rest, ok := strings.CutPrefix(one, "unix:")
		if !ok {
			continue
		}
		for _, pair := range strings.Split(rest, ",") {
			value, ok := strings.CutPrefix(pair, "path=")
			if !ok {
				continue
			}
			path, err := dbus.UnescapeBusAddressValue(value)
			if err != nil {
				continue // it cannot be connected to either
			}
			if _, err := os.Lstat(path); err == nil && !ownSocket(path, uid) {
				return path
			}
		}
	}
	return ""
}

// look connects, and asks the Secret Service for the state of the collection that
// go-keyring would use. Nothing here makes anybody prompt.
func look(ctx context.Context, address string) (string, error) {
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		return "", lookError(ctx, NoBus, address, err)
	}
	defer func() { _ = conn.Close() }()
	secrets := conn.Object(secretsName, secretsPath)
	collection, err := defaultCollection(ctx, secrets)
	if err != nil {
		return "", lookError(ctx, NoService, address, err)
	}
	if collection == "/" {
		return "", fail("", NoCollection, address, nil)
	}
	var isLocked bool
	err = property(ctx, conn.Object(secretsName, collection), secretsCollection, "Locked", &isLocked)
	switch {
	case ctx.Err() != nil:
		return "", lookError(ctx, Silent, address, ctx.Err())
	case err != nil:
		return unknown, nil // a service that cannot tell
	case isLocked:
		return locked, nil
	}
	return unlocked, nil
}

// lookError is the caller's context's error if that is why looking failed, and a
// silent service's as far as the bus itself noticed the silence.
func lookError(ctx context.Context, reason Reason, address string, err error) error {
	if ctx.Err() != nil {
		err, reason = ctx.Err(), endOf(ctx)
	}
	if e, ok := errors.AsType[dbus.Error](err); ok && strings.HasSuffix(e.Name, ".NoReply") {
		reason = Silent
	}
	return fail("", reason, address, err)
}

// defaultCollection makes go-keyring's choice: the collection "login", else the
// one that the alias "default" stands for; "/" when there is none.
func defaultCollection(ctx context.Context, secrets dbus.BusObject) (dbus.ObjectPath, error) {
	var all []dbus.ObjectPath
	if err := property(ctx, secrets, secretsService, "Collections", &all); err != nil {
		return "", err
	}
	for _, c := range all {
		if c == loginCollection {
			return c, nil
		}
	}
	var path dbus.ObjectPath
	err := secrets.CallWithContext(ctx, secretsService+".ReadAlias", 0, "default").Store(&path)
	return path, err
}

func property(ctx context.Context, object dbus.BusObject, iface, name string, into any) error {
	var v dbus.Variant
	err := object.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, iface, name).Store(&v)
	if err != nil {
		return err
	}
	return v.Store(into)
}

// vanished reports an error about an item that is not there any more.
func vanished(err error) bool {
	e, ok := errors.AsType[dbus.Error](err)
	return ok && slices.Contains([]string{
		"org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface",
		"org.freedesktop.DBus.Error.UnknownObject", "org.freedesktop.Secret.Error.NoSuchObject",
	}, e.Name)
}
