package regular

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, text := range []string{"", "x", strings.Repeat("y", 1024)} {
		if data, err := Read(write("ok", text), 1024); err != nil || string(data) != text {
			t.Errorf("%d bytes: %d bytes, %v", len(text), len(data), err)
		}
	}
	_, err := Read(write("long", strings.Repeat("y", 1025)), 1024)
	if limit, ok := errors.AsType[*LimitError](err); !ok || limit.Error() != "larger than 1 KiB" {
		t.Errorf("too long: %v", err)
	}
	if _, err := Read(filepath.Join(dir, "none"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	if data, err := ReadIn(root, "ok", 1024); err != nil || len(data) != 1024 {
		t.Errorf("below a root: %d bytes, %v", len(data), err)
	}
	if _, err := ReadIn(root, filepath.Join("..", filepath.Base(dir), "ok"), 1024); err == nil {
		t.Error("a name that leads out of the root was read")
	}
}

func TestLimitError(t *testing.T) {
	for limit, want := range map[int64]string{10: "larger than 10 bytes", 64 << 10: "larger than 64 KiB", 16 << 20: "larger than 16 MiB", 1025: "larger than 1025 bytes"} {
		if got := (&LimitError{limit}).Error(); got != want {
			t.Errorf("%d: %q", limit, got)
		}
	}
}
