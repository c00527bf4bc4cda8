//go:build !windows

package home

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// OwnedAndPrivate reports whether the file or folder belongs to the current user
// and neither its group nor others may write to it; if not, reason says why. Links
// are followed. On Windows it reports whether the path is inside the user's
// profile folder.
func OwnedAndPrivate(path string) (ok bool, reason string) {
	info, err := os.Stat(path)
	if err != nil {
		return false, fmt.Sprintf("cannot be looked at: %v", cause(err))
	}
	if !ownedByUser(info) {
		return false, "belongs to another user"
	}
	if perm := info.Mode().Perm(); perm&0o022 != 0 {
		return false, fmt.Sprintf("can be written by others (mode %04o; `chmod go-w` it)", perm)
	}
	return true, ""
}

func ownedByUser(info fs.FileInfo) bool {
	sys, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Geteuid()
}

func tooOpen(mode fs.FileMode) bool { return mode.Perm()&0o077 != 0 }

func chmodFile(f *os.File, perm fs.FileMode) error { return f.Chmod(perm) }

func sharingViolation(error) bool { return false }

// lockFlags keep a link from being followed in the place of a lock file.
const lockFlags = os.O_CREATE | os.O_RDONLY | syscall.O_NOFOLLOW
