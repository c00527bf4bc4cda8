//go:build unix && !darwin

package oauthflow

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// places are where a desktop session keeps its sockets.
type places struct {
	runDir string // of all users' runtime folders
	x11    string // of the X servers' sockets
	uid    int
}

func usualPlaces() places {
	return places{runDir: "/run/user", x11: "/tmp/.X11-unix", uid: os.Getuid()}
}

// desktop adds what a program needs to find the person's desktop session, where the
// environment does not say it: clients start servers with half a dozen variables, and
// the program that opens the browser would find neither screen nor session bus. What
// the environment says is kept, and a remote session gets no screen of this machine.
func desktop(environ []string) []string { return usualPlaces().complete(environ) }

func (p places) complete(environ []string) []string {
	env := environment(slices.Clone(environ))
	run := env.get("XDG_RUNTIME_DIR")
	if run == "" {
		if own := filepath.Join(p.runDir, strconv.Itoa(p.uid)); p.own(own, fs.ModeDir) {
			run = own
			env.add("XDG_RUNTIME_DIR", run)
		}
	}
	if bus := filepath.Join(run, "bus"); run != "" && env.get("DBUS_SESSION_BUS_ADDRESS") == "" && p.own(bus, fs.ModeSocket) {
		env.add("DBUS_SESSION_BUS_ADDRESS", "unix:path="+bus)
	}
	if env.screen() || env.get("SSH_CONNECTION") != "" || env.get("SSH_TTY") != "" {
		return env
	}
	if run != "" {
		env.add("WAYLAND_DISPLAY", p.wayland(run))
	}
	env.add("DISPLAY", p.display())
	if run != "" && env.get("DISPLAY") != "" && env.get("XAUTHORITY") == "" {
		env.add("XAUTHORITY", p.authority(run))
	}
	return env
}

// wayland returns the first compositor's socket in the runtime folder.
func (p places) wayland(run string) string {
	return p.first(run, "wayland-", p.uid)
}

// display returns the X server of this person; the machine's first, run by root, where
// they have none of their own. Never another person's.
func (p places) display() string {
	name := cmp.Or(p.first(p.x11, "X", p.uid), p.first(p.x11, "X", 0))
	if name == "" {
		return ""
	}
	return ":" + strings.TrimPrefix(name, "X")
}

// first returns the socket with the lowest number behind the prefix that belongs to uid.
func (p places) first(dir, prefix string, uid int) string {
	entries, _ := os.ReadDir(dir)
	lowest := -1
	for _, e := range entries {
		n, err := strconv.Atoi(strings.TrimPrefix(e.Name(), prefix))
		if err == nil && e.Name() == prefix+strconv.Itoa(n) && (lowest < 0 || n < lowest) && owned(filepath.Join(dir, e.Name()), fs.ModeSocket, uid) {
			lowest = n
		}
	}
	if lowest < 0 {
		return ""
	}
	return prefix + strconv.Itoa(lowest)
}

// authority returns the newest file by which display managers and compositors let the
// person's programs in; without one, programs look into ~/.Xauthority by themselves.
func (p places) authority(run string) string {
	newest, when := "", int64(0)
	for _, pattern := range []string{".mutter-Xwaylandauth.*", "xauth_*", "gdm/Xauthority"} {
		found, _ := filepath.Glob(filepath.Join(run, pattern)) // the patterns are well-formed
		for _, file := range found {
			if info, err := os.Stat(file); err == nil && p.own(file, 0) && info.ModTime().UnixNano() > when {
				newest, when = file, info.ModTime().UnixNano()
			}
		}
	}
	return newest
}

func (p places) own(path string, kind fs.FileMode) bool { return owned(path, kind, p.uid) }

// owned reports whether a path is of that kind and belongs to uid.
func owned(path string, kind fs.FileMode, uid int) bool {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Type() != kind {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == uid
}

// noScreen is why a window cannot be seen, for an opener that has failed.
func noScreen(environ []string) error {
	if environment(environ).screen() {
		return nil
	}
	return errors.New("no screen was found on this machine")
}

// environment is a list of NAME=value.
type environment []string

func (e environment) get(name string) string {
	for _, pair := range slices.Backward(e) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

func (e *environment) add(name, value string) {
	if value != "" {
		*e = append(*e, name+"="+value)
	}
}

func (e environment) screen() bool { return e.get("DISPLAY") != "" || e.get("WAYLAND_DISPLAY") != "" }
