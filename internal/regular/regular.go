// Package regular opens and reads regular files that somebody else may have put in
// their place: in a project's folder, in a client's folder, at a path that a document
// or a person named. A pipe, a device or a socket there neither makes the program wait
// nor fills its memory. It is the one place that opens files by their path.
//
// # Terminology
//
// A regular file is what has bytes and an end. The limit is the most bytes that a
// reader accepts.
package regular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular is wrapped by the error for a path that leads to a folder, a pipe, a
// device or a socket.
var ErrNotRegular = errors.New("not a regular file")

// LimitError says that a file is longer than its reader accepts.
type LimitError struct{ Limit int64 } // in bytes

// Error names the limit in the largest unit that divides it.
func (e *LimitError) Error() string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if e.Limit >= unit.size && e.Limit%unit.size == 0 {
			return fmt.Sprintf("larger than %d %s", e.Limit/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("larger than %d bytes", e.Limit)
}

// Read returns the content of the file at path, which may be a symbolic link. The
// error is a *fs.PathError: what the operating system said, ErrNotRegular, or a
// *LimitError. Safe for concurrent use, as is everything here.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	return drain(f, path, limit)
}

// Open opens the file at path for reading, without waiting for anybody. The errors are
// those of Read.
func Open(path string) (*os.File, error) {
	return open(path, os.Stat, os.OpenFile)
}

// ReadIn is Read for a file below root. A link that leads out of root is an error.
func ReadIn(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := OpenIn(root, name)
	if err != nil {
		return nil, err
	}
	return drain(f, name, limit)
}

// OpenIn is Open for a file below root.
func OpenIn(root *os.Root, name string) (*os.File, error) {
	return open(name, root.Stat, root.OpenFile)
}

// open looks before it opens, because opening a device may have effects, and again at
// what it opened, because a path may mean something else a moment later.
func open(path string, stat func(string) (fs.FileInfo, error), openFile func(string, int, fs.FileMode) (*os.File, error)) (*os.File, error) {
	info, err := stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	f, err := openFile(path, os.O_RDONLY|withoutWaiting, 0)
	if err != nil {
		return nil, err
	}
	info, err = f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// drain reads f to its end and closes it.
func drain(f *os.File, path string, limit int64) ([]byte, error) {
	defer func() { _ = f.Close() }()
	var size int64
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	into := bytes.NewBuffer(make([]byte, 0, min(max(size, 0), limit)+bytes.MinRead))
	if _, err := into.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(into.Len()) > limit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: &LimitError{Limit: limit}}
	}
	return into.Bytes(), nil
}
