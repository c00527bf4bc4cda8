//go:build unix

package regular

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestWhatIsNoFile: nothing here may wait; a test that hangs is the failure.
func TestWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("pipe", link); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	for _, path := range []string{pipe, link, socket, dir, "/dev/zero", "/dev/null"} {
		if _, err := Read(path, 10); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, name := range []string{"pipe", "link", "s", "."} {
		if _, err := ReadIn(root, name, 10); !errors.Is(err, ErrNotRegular) {
			t.Errorf("below a root, %s: %v", name, err)
		}
	}
}

// TestSwapped: what is looked at is not what is opened.
func TestSwapped(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	lookAndSwap := func(path string) (fs.FileInfo, error) {
		info, err := os.Stat(path)
		if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
			t.Fatal(err)
		}
		return info, err
	}
	if _, err := open(file, lookAndSwap, os.OpenFile); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a pipe in the place of a file: %v", err)
	}
}
