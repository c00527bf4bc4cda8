//go:build windows

package home

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// OwnedAndPrivate reports whether the path exists inside the user's profile
// folder, which Windows keeps from other users; if not, reason says why. Links are
// followed. Elsewhere than on Windows it looks at owner and mode.
func OwnedAndPrivate(path string) (ok bool, reason string) {
	real, err := resolved(path)
	if err != nil {
		return false, fmt.Sprintf("cannot be looked at: %v", cause(err))
	}
	user, err := os.UserHomeDir()
	if err == nil {
		user, err = resolved(user)
	}
	if err != nil {
		return false, "the user's profile folder is not known"
	}
	if !strings.HasPrefix(strings.ToLower(real), strings.ToLower(user)+`\`) {
		return false, "is not inside your user profile folder"
	}
	return true, ""
}

func resolved(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

// Ownership and modes are access lists on Windows; the profile folder's protect
// what is in it.
func ownedByUser(fs.FileInfo) bool { return true }

func tooOpen(fs.FileMode) bool { return false }

func chmodFile(*os.File, fs.FileMode) error { return nil }

func sharingViolation(err error) bool {
	const sharing, lock = syscall.Errno(32), syscall.Errno(33)
	return errors.Is(err, sharing) || errors.Is(err, lock) || errors.Is(err, syscall.ERROR_ACCESS_DENIED)
}

const lockFlags = os.O_CREATE | os.O_RDONLY
