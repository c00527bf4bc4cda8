// Package home is the bridge's folder on disk: where it lies, who may read it,
// how files in it are replaced, how processes exclude each other, and the small
// files that hold no secret (state.json, credentials.json, config.toml).
//
// # Terminology
//
// The home is one folder, ~/.mcp-bridge unless told otherwise. A relative name
// is a slash-separated path below the home. State is what `use` chooses: the
// current profile and the current account of each profile. The index says which
// credential records exist and where; it never holds one. A lock is a kernel
// lock on a file below locks/; the file itself stays for ever and means nothing.
//
// Nothing is created by opening or reading a home: a command that only looks
// leaves no trace. The first write makes the folder with mode 0700, and files
// have mode 0600.
package home

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Variable names the environment variable that moves the home.
const Variable = "MCP_BRIDGE_HOME"

// Folder is the home's name inside the user's home directory.
const Folder = ".mcp-bridge"

// Names of files and folders inside the home, relative to it.
const (
	ConfigFile  = "config.toml"
	StateFile   = "state.json"
	IndexFile   = "credentials.json"
	ProfilesDir = "profiles"
	SpecsDir    = "specs"
	CacheDir    = "cache"
	LocksDir    = "locks"
	SecretsDir  = "secrets"
)

const (
	dirPerm  fs.FileMode = 0o700
	filePerm fs.FileMode = 0o600
)

// Home is one opened home folder. It holds no file descriptor, so it may be kept
// for the life of a process. All methods are safe for concurrent use.
type Home struct {
	path string

	swept sync.Once // see sweepAll

	mu    sync.Mutex
	turns map[string]chan struct{} // one token per lock name: the turn within this process
	index *indexRead               // what ReadIndex read last
}

// Locate returns the absolute path of the home: flag, else MCP_BRIDGE_HOME, else
// .mcp-bridge in the folder that userHome returns (os.UserHomeDir in commands).
// A leading "~/" in flag or variable is expanded, because clients pass their
// configuration's text without a shell. It touches no file. The error is an
// *Error when the folder cannot be determined.
func Locate(flag string, getenv func(string) string, userHome func() (string, error)) (string, error) {
	path := flag
	if path == "" {
		path = getenv(Variable)
	}
	if path != "" && path != "~" && !strings.HasPrefix(path, "~/") && !strings.HasPrefix(path, `~\`) {
		return absolute(path)
	}
	user, err := userHome()
	if err != nil || user == "" {
		if err == nil {
			err = errors.New("no home directory")
		}
		return "", &Error{Kind: Unusable, Op: "locate", Path: cmp.Or(path, "~/"+Folder), Err: err}
	}
	if path == "" {
		return absolute(filepath.Join(user, Folder))
	}
	return absolute(filepath.Join(user, path[1:]))
}

func absolute(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", &Error{Kind: Unusable, Op: "locate", Path: path, Err: err}
	}
	return abs, nil
}

// Open returns the home at path, which need not exist yet; nothing is created.
// The errors are *Error: Symlink when a symbolic link stands in the folder's
// place, Foreign when another user owns it, Unusable when it is no folder or
// cannot be looked at. The same checks are made again on every access.
func Open(path string) (*Home, error) {
	abs, err := absolute(path)
	if err != nil {
		return nil, err
	}
	h := &Home{path: abs, turns: map[string]chan struct{}{}}
	info, err := os.Lstat(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return nil, &Error{Kind: Unusable, Op: "open", Path: abs, Err: cause(err)}
	}
	if err := checkFolder(abs, info); err != nil {
		return nil, err
	}
	return h, nil
}

// Path returns the absolute, clean path of the home.
func (h *Home) Path() string { return h.path }

// Join returns the absolute path of a relative name, for messages and for
// packages that read a file on their own. It checks nothing.
func (h *Home) Join(rel string) string {
	return filepath.Join(h.path, filepath.FromSlash(rel))
}

// Exists reports whether the home folder has been created.
func (h *Home) Exists() bool {
	info, err := os.Lstat(h.path)
	return err == nil && info.IsDir()
}

func checkFolder(path string, info fs.FileInfo) error {
	switch {
	case isLink(info):
		return &Error{Kind: Symlink, Op: "open", Path: path}
	case !info.IsDir():
		return &Error{Kind: Unusable, Op: "open", Path: path, Err: errors.New("not a folder")}
	case !ownedByUser(info):
		return &Error{Kind: Foreign, Op: "open", Path: path}
	case info.Mode()&fs.ModeSticky != 0 || filepath.Dir(path) == path:
		// Root owns /tmp and /, but they are not root's to close to others.
		return &Error{Kind: Unusable, Op: "open", Path: path, Err: errors.New("a folder that all users share")}
	}
	return nil
}

// closes reports whether the folder is to be closed to group and others. The user's
// whole home directory, should somebody name it, is not ours to change.
func (h *Home) closes(mode fs.FileMode) bool {
	user, err := os.UserHomeDir()
	return tooOpen(mode) && (err != nil || filepath.Clean(user) != h.path)
}

// isLink also counts Windows junctions and mount points, which Go reports as
// irregular.
func isLink(info fs.FileInfo) bool {
	return info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0
}

// root opens the home for one access. With create it makes the folder, and takes
// away what rights group and others have on one that exists. Without create, the
// error of a home that does not exist is fs.ErrNotExist.
func (h *Home) root(create bool) (*os.Root, error) {
	info, err := os.Lstat(h.path)
	if create && errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(h.path, dirPerm); err != nil {
			return nil, &Error{Kind: Unusable, Op: "create", Path: h.path, Err: cause(err)}
		}
		info, err = os.Lstat(h.path)
	}
	if err != nil {
		return nil, &Error{Kind: Unusable, Op: "open", Path: h.path, Err: cause(err)}
	}
	if err := checkFolder(h.path, info); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(h.path)
	if err != nil {
		return nil, &Error{Kind: Unusable, Op: "open", Path: h.path, Err: cause(err)}
	}
	// Between Lstat and OpenRoot somebody may have put a link in the place.
	opened, err := root.Stat(".")
	if err != nil || !os.SameFile(info, opened) {
		_ = root.Close()
		return nil, &Error{Kind: Symlink, Op: "open", Path: h.path, Err: err}
	}
	if create && h.closes(opened.Mode()) {
		if err := root.Chmod(".", dirPerm); err != nil {
			_ = root.Close()
			return nil, &Error{Kind: Unusable, Op: "close to others", Path: h.path, Err: cause(err)}
		}
	}
	return root, nil
}
