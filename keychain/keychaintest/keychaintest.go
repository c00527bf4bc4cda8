// Package keychaintest is the test suite that every keychain.Store has to pass, and
// a private Secret Service, in every state it can be in, for tests of whatever uses
// the operating system's keychain on Linux.
//
// # Terminology
//
// A state is what the desktop's keyring is like when a process meets it. The
// environment of a service is a list of KEY=value to append to a child's own.
package keychaintest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
)

// Run tests a store against the contract of keychain.Store. open returns a new
// handle on the same, available store every time. The names that the suite uses
// are random, and removed at the end.
func Run(t *testing.T, open func(t *testing.T) keychain.Store) {
	s := &suite{open: open, prefix: "test-" + strings.ToLower(rand.Text()) + "-"}
	t.Run("name", s.testName)
	t.Run("absent", s.testAbsent)
	t.Run("values", s.testValues)
	t.Run("names", s.testNames)
	t.Run("overwrite", s.testOverwrite)
	t.Run("delete", s.testDelete)
	t.Run("handles", s.testHandles)
	t.Run("many names at once", s.testManyNames)
	t.Run("one name at once", s.testOneName)
	t.Run("context", s.testContext)
	t.Run("too large", s.testTooLarge)
	t.Run("probes", s.testProbes)
}

type suite struct {
	open   func(t *testing.T) keychain.Store
	prefix string
}

// store opens the store and gives the record names of one test, which are removed
// at its end.
func (s *suite) store(t *testing.T, names ...string) (keychain.Store, []string) {
	t.Helper()
	store := s.open(t)
	full := make([]string, len(names))
	for i, name := range names {
		full[i] = s.prefix + name
	}
	t.Cleanup(func() {
		for _, name := range full {
			if err := store.Delete(context.Background(), name); err != nil && !errors.Is(err, keychain.ErrNotFound) {
				t.Errorf("clean up: %v", err)
			}
		}
	})
	return store, full
}

func set(t *testing.T, store keychain.Store, name, value string) {
	t.Helper()
	if err := store.Set(t.Context(), name, secret.New(value)); err != nil {
		t.Fatalf("set %q: %v", name, err)
	}
}

func want(t *testing.T, store keychain.Store, name, value string) {
	t.Helper()
	got, err := store.Get(t.Context(), name)
	if err != nil {
		t.Fatalf("get %q: %v", name, err)
	}
	if got.Reveal() != value {
		t.Errorf("get %q: %d bytes, want %d", name, len(got.Reveal()), len(value))
	}
}

func wantAbsent(t *testing.T, store keychain.Store, name string) {
	t.Helper()
	got, err := store.Get(t.Context(), name)
	if !errors.Is(err, keychain.ErrNotFound) || !got.IsZero() {
		t.Errorf("get %q: %v, want ErrNotFound and no value", name, err)
	}
}

func (s *suite) testName(t *testing.T) {
	switch name := s.open(t).Name(); name {
	case keychain.KindOS, keychain.KindFile:
	default:
		t.Errorf("name %q", name)
	}
}

func (s *suite) testAbsent(t *testing.T) {
	store, names := s.store(t, "absent")
	wantAbsent(t, store, names[0])
	if err := store.Delete(t.Context(), names[0]); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("delete: %v, want ErrNotFound", err)
	}
}

func (s *suite) testValues(t *testing.T) {
	random := make([]byte, 70_000)
	_, _ = rand.Read(random)
	for name, value := range map[string]string{
		"empty":        "",
		"one":          "x",
		"key":          "sk-live-0123456789",
		"json":         `{"access_token":"a.b.c","refresh_token":"r"}`,
		"spaces":       "  a  ",
		"line ends":    "a\r\nb\n",
		"colons":       "mcpb1t:00000000:x",
		"manifest":     `mcpb1m:{"slot":"a","parts":1,"length":1,"sha256":""}`,
		"encoded":      "go-keyring-base64:eHg=",
		"shell":        `'; "$(rm)" \`,
		"unicode":      "pässwörd 🔑 \u202e\ufffd",
		"all bytes":    allBytes(),
		"not utf-8":    "\xff\xfe\x80",
		"nul":          "\x00",
		"2,400 bytes":  strings.Repeat("k", 2400),
		"16 KiB":       strings.Repeat("token.", 16<<10/6),
		"64 KiB":       strings.Repeat("t", 64<<10),
		"binary":       string(random),
		"wide, 50,000": strings.Repeat("é", 25_000),
	} {
		t.Run(name, func(t *testing.T) {
			store, names := s.store(t, "value-"+name)
			set(t, store, names[0], value)
			want(t, store, names[0], value)
		})
	}
}

func allBytes() string {
	var b [256]byte
	for i := range b {
		b[i] = byte(i)
	}
	return string(b[:])
}

// Names are told apart byte by byte, whatever they hold.
func (s *suite) testNames(t *testing.T) {
	store, names := s.store(t, "a", "A", "a ", "a/a/0", "a/b", "../a", "ä", "a\u0308", "a\x00", "a\n", "a:b", "'a'", "\xff",
		strings.Repeat("n", 10_000), strings.Repeat("n", 10_001))
	for i, name := range names {
		set(t, store, name, fmt.Sprint(i))
	}
	for i, name := range names {
		want(t, store, name, fmt.Sprint(i))
	}
}

func (s *suite) testOverwrite(t *testing.T) {
	store, names := s.store(t, "over")
	large := strings.Repeat("0123456789", 1000)
	for _, value := range []string{"one", large, "two", large + "x", large[:5000], "", large} {
		set(t, store, names[0], value)
		want(t, store, names[0], value)
	}
}

func (s *suite) testDelete(t *testing.T) {
	store, names := s.store(t, "gone", "stays")
	for _, value := range []string{"small", strings.Repeat("large", 4000)} {
		set(t, store, names[0], value)
		set(t, store, names[1], value)
		if err := store.Delete(t.Context(), names[0]); err != nil {
			t.Fatal(err)
		}
		wantAbsent(t, store, names[0])
		want(t, store, names[1], value)
		if err := store.Delete(t.Context(), names[0]); !errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("deleted again: %v", err)
		}
	}
}

func (s *suite) testHandles(t *testing.T) {
	store, names := s.store(t, "shared")
	set(t, store, names[0], "seen")
	other := s.open(t)
	want(t, other, names[0], "seen")
	set(t, other, names[0], "changed")
	want(t, store, names[0], "changed")
}

func (s *suite) testManyNames(t *testing.T) {
	const n = 10
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("many-%d", i))
	}
	store, names := s.store(t, list...)
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			value := strings.Repeat(fmt.Sprint(i), 3000)
			if err := store.Set(t.Context(), name, secret.New(value)); err != nil {
				t.Errorf("set %d: %v", i, err)
				return
			}
			got, err := store.Get(t.Context(), name)
			if err != nil || got.Reveal() != value {
				t.Errorf("get %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

// A reader beside writers sees one of the values that were written.
func (s *suite) testOneName(t *testing.T) {
	store, names := s.store(t, "one")
	const writers = 4
	value := func(i int) string { return strings.Repeat(string(rune('a'+i)), 3000+1000*i) }
	written := map[string]bool{}
	for i := range writers {
		written[value(i)] = true
	}
	set(t, store, names[0], value(0))
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			if err := store.Set(t.Context(), names[0], secret.New(value(i))); err != nil {
				t.Errorf("set %d: %v", i, err)
			}
		})
		all.Go(func() {
			got, err := store.Get(t.Context(), names[0])
			if err != nil || !written[got.Reveal()] {
				t.Errorf("get beside writers: %d bytes, %v", len(got.Reveal()), err)
			}
		})
	}
	all.Wait()
}

func (s *suite) testContext(t *testing.T) {
	store, names := s.store(t, "context")
	set(t, store, names[0], "before")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := store.Get(ctx, names[0])
	for op, err := range map[string]error{
		"get":    get,
		"set":    store.Set(ctx, names[0], secret.New("after-canary")),
		"delete": store.Delete(ctx, names[0]),
	} {
		e, ok := errors.AsType[*keychain.Error](err)
		if !ok || e.Kind != keychain.Unavailable || !errors.Is(err, context.Canceled) || e.Hint() == "" {
			t.Errorf("%s: %v, want an unavailable store and a cancelled context", op, err)
		}
		if bytes.Contains(fmt.Appendf(nil, "%v %+v %#v", err, err, err), []byte("after-canary")) {
			t.Errorf("%s: the error holds the secret", op)
		}
	}
	want(t, store, names[0], "before")
}

func (s *suite) testTooLarge(t *testing.T) {
	store, names := s.store(t, "large")
	err := store.Set(t.Context(), names[0], secret.New(strings.Repeat("x", keychain.MaxSize+1)))
	if e, ok := errors.AsType[*keychain.Error](err); !ok || e.Reason != keychain.TooLarge {
		t.Errorf("got %v", err)
	}
	wantAbsent(t, store, names[0])
}

func (s *suite) testProbes(t *testing.T) {
	store := s.open(t)
	if err := keychain.Available(t.Context(), store); err != nil {
		t.Errorf("available: %v", err)
	}
	var group sync.WaitGroup
	for range 8 { // programs that look at once do not see each other
		group.Go(func() {
			if err := keychain.Writable(t.Context(), s.open(t)); err != nil {
				t.Errorf("writable: %v", err)
			}
		})
	}
	group.Wait()
}
