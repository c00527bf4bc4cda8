package home

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const tempPrefix = ".tmp-"

func isTemp(name string) bool { return strings.HasPrefix(name, tempPrefix) }

// ownTemp matches exactly the names that writeTemp makes: in a folder that others write
// in, too, nothing else is removed.
var ownTemp = regexp.MustCompile(`^\.tmp-[0-9a-f]{16}$`)

// ReplaceAt writes a file outside the home, atomically and durably: a client's
// configuration, for one. An existing file keeps its mode, and a symbolic link is
// followed so that the file it names is replaced; a new file gets perm. The folder
// must exist.
func ReplaceAt(file string, data []byte, perm fs.FileMode) error {
	target, err := filepath.EvalSymlinks(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		target = file
	case err != nil:
		return &Error{Kind: Unusable, Op: "write", Path: file, Err: cause(err)}
	}
	if info, err := os.Stat(target); err == nil {
		perm = info.Mode().Perm()
	}
	return at("write", target, func(root *os.Root, name string) error {
		return replaceFile(root, name, data, perm)
	})
}

// CreateAt writes a new file outside the home, mode 0600, whole or not at all. The
// error wraps fs.ErrExist when something is there already, also a dangling link.
// The folder must exist.
func CreateAt(file string, data []byte) error {
	return at("create", file, func(root *os.Root, name string) error {
		return createFile(root, name, data, filePerm)
	})
}

func at(op, file string, access func(*os.Root, string) error) error {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err == nil {
		sweep(root, ".", ownTemp.MatchString)
		err = access(root, filepath.Base(file))
		_ = root.Close()
	}
	if err != nil {
		return &Error{Kind: Unusable, Op: op, Path: file, Err: cause(err)}
	}
	return nil
}

// replaceFile puts data in the place of name by writing a sibling and renaming it.
func replaceFile(root *os.Root, name string, data []byte, perm fs.FileMode) error {
	const tries = 3 // a program that was asleep for long finds its temporary file swept
	for try := 1; ; try++ {
		temp, err := writeTemp(root, filepath.Dir(name), data, perm)
		if err != nil {
			return err
		}
		err = retryBusy(func() error { return root.Rename(temp, name) })
		if err == nil {
			syncFolder(root, filepath.Dir(name))
			return nil
		}
		_ = root.Remove(temp)
		if try == tries || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}

// createFile puts data at name unless something is there. A hard link is the one
// portable operation that creates a finished file and refuses to overwrite.
func createFile(root *os.Root, name string, data []byte, perm fs.FileMode) error {
	temp, err := writeTemp(root, filepath.Dir(name), data, perm)
	if err != nil {
		return err
	}
	err = root.Link(temp, name)
	_ = root.Remove(temp)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = createPlain(root, name, data, perm) // file systems without hard links
	}
	if err == nil {
		syncFolder(root, filepath.Dir(name))
	}
	return err
}

func createPlain(root *os.Root, name string, data []byte, perm fs.FileMode) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	if err := fill(f, data); err != nil {
		_ = root.Remove(name)
		return err
	}
	return nil
}

func writeTemp(root *os.Root, dir string, data []byte, perm fs.FileMode) (string, error) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	temp := filepath.Join(dir, tempPrefix+hex.EncodeToString(random[:]))
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return "", err
	}
	err = chmodFile(f, perm) // the umask may have taken bits of an existing file's mode
	if err = errors.Join(err, fill(f, data)); err != nil {
		_ = root.Remove(temp)
		return "", err
	}
	return temp, nil
}

// fill writes data to f, makes it durable and closes f.
func fill(f *os.File, data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolder makes a rename durable where the system can; where it cannot, the
// rename has still happened.
func syncFolder(root *os.Root, dir string) {
	if d, err := root.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// sweep removes temporary files that a killed process left behind: those that are older
// than any write takes.
func sweep(root *os.Root, dir string, temp func(name string) bool) {
	const old = 10 * time.Minute
	entries, err := fs.ReadDir(root.FS(), filepath.ToSlash(dir))
	if err != nil {
		return
	}
	for _, e := range entries {
		if !temp(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && ownedByUser(info) && time.Since(info.ModTime()) > old {
			_ = root.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// retryBusy repeats what Windows refuses while another process has the file
// open, for at most half a second.
func retryBusy(do func() error) error {
	const tries, pause = 50, 10 * time.Millisecond
	err := do()
	for i := 0; i < tries && err != nil && sharingViolation(err); i++ {
		time.Sleep(pause)
		err = do()
	}
	return err
}
