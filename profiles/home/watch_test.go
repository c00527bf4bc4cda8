package home

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

const beat = 10 * time.Millisecond

// signalled waits generously: a missing signal is the failure, not a late one.
func signalled(t *testing.T, ch <-chan struct{}) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(20 * time.Second):
		t.Fatal("no signal")
	}
}

func TestWatch(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "p.toml")
	write := func(text string) { must(t, os.WriteFile(file, []byte(text), 0o600)) }

	ch := Watch(t.Context(), func() []string { return []string{file} }, beat)
	write("one")
	signalled(t, ch)
	write("two") // same size, perhaps the same time stamp
	signalled(t, ch)
	info, err := os.Stat(file)
	must(t, err)
	write("six")
	must(t, os.Chtimes(file, info.ModTime(), info.ModTime())) // surely the same
	signalled(t, ch)
	must(t, os.Remove(file))
	signalled(t, ch)
	write("one")
	signalled(t, ch)
}

func TestWatchFolderAndChangingPaths(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(t.TempDir(), "other")
	must(t, os.WriteFile(other, nil, 0o600))
	var both atomic.Bool
	ch := Watch(t.Context(), func() []string {
		if both.Load() {
			return []string{dir, other}
		}
		return []string{dir}
	}, beat)
	must(t, os.WriteFile(filepath.Join(dir, "new.toml"), nil, 0o600))
	signalled(t, ch)
	both.Store(true)
	signalled(t, ch)
	must(t, os.WriteFile(other, []byte("x"), 0o600))
	signalled(t, ch)
}

// look is the whole of the decision; these are the changes that are none.
func TestLookSeesNoChange(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	must(t, os.WriteFile(file, []byte("same"), 0o600))
	paths := []string{file, filepath.Join(dir, "absent")}
	before := look(nil, paths)
	must(t, os.WriteFile(file, []byte("same"), 0o600))
	later := time.Now().Add(time.Hour)
	must(t, os.Chtimes(file, later, later))
	after := look(before, paths)
	for _, p := range paths {
		if !before[p].sameContent(after[p]) {
			t.Errorf("%s looks changed", p)
		}
	}
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(file, old, old))
	settled := look(after, paths)
	if !settled[file].settled {
		t.Error("an old file is read at every beat")
	}
	folder := look(nil, []string{dir})
	must(t, os.WriteFile(filepath.Join(dir, tempPrefix+"x"), nil, 0o600))
	if !folder[dir].sameContent(look(folder, []string{dir})[dir]) {
		t.Error("a write in progress looks like a change")
	}
}

// A pipe has no content that could be read without waiting.
func TestLookDoesNotOpenPipes(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skipf("no sockets here: %v", err)
	}
	defer func() { _ = l.Close() }()
	seen := look(nil, []string{socket})
	if !seen[socket].sameContent(look(seen, []string{socket})[socket]) {
		t.Error("a socket looks changed")
	}
	h := open(t)
	must(t, h.WriteFile("x", nil))
	must(t, os.Remove(h.Join("x")))
	if l, err := net.Listen("unix", h.Join("x")); err == nil {
		defer func() { _ = l.Close() }()
		_, err := h.ReadFile("x")
		wantKind(t, err, Unusable)
	}
}

func TestWatchEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ch := Watch(ctx, func() []string { return nil }, beat)
	cancel()
	select {
	case _, open := <-ch:
		if open {
			t.Error("a signal without a change")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the channel was not closed")
	}
}

func BenchmarkLook(b *testing.B) {
	dir := b.TempDir()
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, make([]byte, 10_000), 0o600); err != nil {
		b.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	_ = os.Chtimes(file, old, old)
	seen := look(nil, []string{file})
	for b.Loop() {
		seen = look(seen, []string{file})
	}
}
