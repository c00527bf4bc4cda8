//go:build unix && !darwin

package oauthflow

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// A program that is started with the six variables that clients leave finds the
// session's bus and screen; what the environment says stays as it is.
func TestDesktop(t *testing.T) {
	short, err := os.MkdirTemp("", "d") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	p := places{runDir: filepath.Join(short, "run"), x11: filepath.Join(short, "x"), uid: os.Getuid()}
	run := filepath.Join(p.runDir, strconv.Itoa(p.uid))
	socket := func(path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
	}
	file := func(path string, age time.Duration) {
		t.Helper()
		when := time.Now().Add(-age)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	six := []string{"HOME=/h", "PATH=/bin"}
	expect := func(what string, environ, want []string) {
		t.Helper()
		before := slices.Clone(environ)
		got := p.complete(environ)
		if !slices.Equal(got, append(slices.Clone(environ), want...)) || !slices.Equal(environ, before) {
			t.Errorf("%s: %q is completed to %q", what, environ, got)
		}
	}
	expect("no session", six, nil)
	if noScreen(p.complete(six)) == nil {
		t.Error("a screen where there is none")
	}

	socket(filepath.Join(run, "bus"))
	bus := []string{"XDG_RUNTIME_DIR=" + run, "DBUS_SESSION_BUS_ADDRESS=unix:path=" + run + "/bus"}
	expect("a bus alone", six, bus)
	expect("another bus", []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=/x"}, bus[:1])

	file(filepath.Join(run, "wayland-0.lock"), 0)
	file(filepath.Join(run, "wayland-0"), 0) // no socket
	socket(filepath.Join(run, "wayland-10"))
	socket(filepath.Join(run, "wayland-2"))
	expect("Wayland", six, append(slices.Clone(bus), "WAYLAND_DISPLAY=wayland-2"))

	socket(filepath.Join(p.x11, "X11"))
	socket(filepath.Join(p.x11, "X1"))
	socket(filepath.Join(p.x11, "X01"))
	all := append(slices.Clone(bus), "WAYLAND_DISPLAY=wayland-2", "DISPLAY=:1")
	expect("Wayland and X", six, all)
	file(filepath.Join(run, ".mutter-Xwaylandauth.AAAA"), time.Hour)
	file(filepath.Join(run, "gdm", "Xauthority"), time.Minute)
	expect("with an authority", six, append(slices.Clone(all), "XAUTHORITY="+filepath.Join(run, "gdm", "Xauthority")))
	expect("with its own authority", append(slices.Clone(six), "XAUTHORITY=/a"), all)
	expect("with its own display", append(slices.Clone(six), "DISPLAY=:7"), bus)
	expect("with its own compositor", append(slices.Clone(six), "WAYLAND_DISPLAY=w"), bus)
	expect("a remote session", append(slices.Clone(six), "SSH_CONNECTION=1 2 3 4"), bus)
	expect("another runtime folder", []string{"XDG_RUNTIME_DIR=/nowhere"}, []string{"DISPLAY=:1"})
	if err := noScreen(p.complete(six)); err != nil {
		t.Error(err)
	}

	stranger := p
	stranger.uid++
	if got := stranger.complete(six); !slices.Equal(got, six) && p.uid != 0 {
		t.Errorf("another person's session: %q", got)
	}
}
