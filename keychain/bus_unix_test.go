//go:build !windows && !darwin

package keychain

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestBusAddress(t *testing.T) {
	all := func(string, int) bool { return true }
	none := func(string, int) bool { return false }
	only := func(want string) func(string, int) bool {
		return func(p string, uid int) bool { return p == want && uid == 7 }
	}
	for _, tt := range []struct {
		name, address, run string
		there              func(string, int) bool
		want               string
	}{
		{"the variable", "unix:abstract=/x", "/r", all, "unix:abstract=/x"},
		{"the variable, though nothing is there", "unix:path=/x", "", none, "unix:path=/x"},
		{"the runtime folder", "", "/r", all, "unix:path=/r/bus"},
		{"the user's folder", "", "", all, "unix:path=/run/user/7/bus"},
		{"the user's folder, the runtime folder being empty", "", "/r", only("/run/user/7/bus"), "unix:path=/run/user/7/bus"},
		{"a relative runtime folder", "", "r", only("r/bus"), ""},
		{"autolaunch is no address", "autolaunch:", "", none, ""},
		{"autolaunch with a scope", "autolaunch:scope=*user", "/r", all, "unix:path=/r/bus"},
		{"nothing", "", "/r", none, ""},
		{"an odd folder", "", "/r a,b", all, "unix:path=/r%20a%2cb/bus"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			getenv := func(name string) string {
				return map[string]string{"DBUS_SESSION_BUS_ADDRESS": tt.address, "XDG_RUNTIME_DIR": tt.run}[name]
			}
			if got := busAddress(getenv, "/run/user", 7, tt.there); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOwnSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "socket")
	must(t, err)
	defer func() { _ = os.RemoveAll(dir) }()
	file, socket := filepath.Join(dir, "file"), filepath.Join(dir, "socket")
	must(t, os.WriteFile(file, nil, 0o600))
	l, err := net.Listen("unix", socket)
	must(t, err)
	defer func() { _ = l.Close() }()
	me := os.Getuid()
	if ownSocket(file, me) || ownSocket(dir, me) || ownSocket(filepath.Join(dir, "absent"), me) || !ownSocket(socket, me) {
		t.Error("sockets are not told from other files")
	}
	link := filepath.Join(dir, "a link")
	must(t, os.Symlink(socket, link))
	for address, foreign := range map[string]string{
		"unix:path=" + socket:                           socket,
		"tcp:host=localhost;unix:guid=1,path=" + socket: socket,
		"unix:path=" + dbus.EscapeBusAddressValue(link): link,
		"unix:path=" + filepath.Join(dir, "absent"):     "",
		"unix:abstract=/x":                              "",
		"unix:path=" + socket + "%zz":                   "",
	} {
		if got := foreignSocket(address, me); got != "" {
			t.Errorf("mine, %s: %q", address, got)
		}
		if me == 0 {
			continue // root may be anybody
		}
		if got := foreignSocket(address, me+1); got != foreign {
			t.Errorf("another user's, %s: %q, want %q", address, got, foreign)
		}
	}
}

// TestForeignBus: nothing is said to a bus that another user owns.
func TestForeignBus(t *testing.T) {
	if os.Getuid() == 0 {
		dir, err := os.MkdirTemp("", "socket")
		must(t, err)
		defer func() { _ = os.RemoveAll(dir) }()
		socket := filepath.Join(dir, "bus")
		l, err := net.Listen("unix", socket)
		must(t, err)
		defer func() { _ = l.Close() }()
		must(t, os.Chown(socket, 12345, -1))
		t.Setenv(addressVariable, "unix:path="+socket)
		_, err = newBus().ready(t.Context())
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Reason != NoBus || !strings.Contains(e.Error(), "belongs to another user") {
			t.Errorf("%v", err)
		}
		t.Setenv(addressVariable, "")
		t.Setenv("XDG_RUNTIME_DIR", dir)
		b := newBus()
		b.runDir = filepath.Join(dir, "none")
		if _, err := b.ready(t.Context()); err == nil {
			t.Error("the bus of another user was taken")
		}
	}
}
