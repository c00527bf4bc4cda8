package keychain

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/regular"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// keySize is that of an AES-256 key.
const keySize = 32

// NewKey makes the key file of a file store: 32 random bytes in one line of base64,
// mode 0600, in a folder that is made if need be. An existing file is never
// overwritten: then the *Error wraps fs.ErrExist.
func NewKey(path string) error {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = home.CreateAt(path, []byte(base64.StdEncoding.EncodeToString(key)+"\n"))
	}
	if err == nil {
		return nil
	}
	reason := Files
	if errors.Is(err, fs.ErrExist) {
		reason = KeyExists
	}
	return fail("new-key", reason, path, err)
}

// readKey returns the key in the file at path, or an *Error without Op.
func readKey(path string) ([]byte, error) {
	if path == "" {
		return nil, fail("", NoKey, "", errors.New("keyFile is not set"))
	}
	info, err := os.Lstat(path)
	if err != nil {
		reason := Other
		if errors.Is(err, fs.ErrNotExist) {
			reason = NoKey
		}
		return nil, fail("", reason, path, cause(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fail("", OpenKey, path, errors.New("not a regular file"))
	}
	f, err := regular.Open(path)
	if err != nil {
		return nil, fail("", Other, path, cause(err))
	}
	defer func() { _ = f.Close() }()
	if err := checkKeyFile(path, info, f); err != nil {
		return nil, err
	}
	const longest = 4096 // a file of that size is anything but a key
	text, err := io.ReadAll(io.LimitReader(f, longest))
	if err != nil {
		return nil, fail("", Other, path, cause(err))
	}
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keySize {
		// The decoder's own error would quote from the file.
		return nil, fail("", BadKey, path, fmt.Errorf("want %d bytes in base64", keySize))
	}
	return key, nil
}

// checkKeyFile sees to it that the opened file is the one looked at, and that
// nobody else can read or replace its content.
func checkKeyFile(path string, looked fs.FileInfo, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fail("", Other, path, cause(err))
	}
	if !os.SameFile(looked, info) {
		return fail("", OpenKey, path, errors.New("replaced while it was opened"))
	}
	if runtime.GOOS == "windows" {
		return nil // access lists; the user's profile folder is private
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fail("", OpenKey, path, fmt.Errorf("mode %04o", perm))
	}
	if ok, reason := home.OwnedAndPrivate(path); !ok {
		return fail("", OpenKey, path, errors.New(reason))
	}
	return nil
}

// cause drops the path that package os repeats in its errors.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
