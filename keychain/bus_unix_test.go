//go:build !windows && !darwin

package keychain

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestBusAddress(t *testing.T) {
	all := func(string) bool { return true }
	none := func(string) bool { return false }
	only := func(want string) func(string) bool { return func(p string) bool { return p == want } }
	for _, tt := range []struct {
		name, address, run string
		there              func(string) bool
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

func TestIsSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "socket")
	must(t, err)
	defer func() { _ = os.RemoveAll(dir) }()
	file, socket := filepath.Join(dir, "file"), filepath.Join(dir, "socket")
	must(t, os.WriteFile(file, nil, 0o600))
	l, err := net.Listen("unix", socket)
	must(t, err)
	defer func() { _ = l.Close() }()
	if isSocket(file) || isSocket(dir) || isSocket(filepath.Join(dir, "absent")) || !isSocket(socket) {
		t.Error("sockets are not told from other files")
	}
}
