package keychain_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/keychain/keychaintest"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// files is a file store with its folder and key, which exist.
type files struct {
	dir, key string
	keychain.Store
}

func newFiles(t *testing.T) files {
	t.Helper()
	root := t.TempDir()
	f := files{dir: filepath.Join(root, "secrets"), key: filepath.Join(root, "keys", "key")}
	must(t, keychain.NewKey(f.key))
	f.Store = keychain.File(f.dir, f.key)
	return f
}

// record returns the path of the only record.
func (f files) record(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(f.dir)
	must(t, err)
	if len(entries) != 1 {
		t.Fatalf("%d files", len(entries))
	}
	return filepath.Join(f.dir, entries[0].Name())
}

// want fails unless every method fails in this way, naming the path.
func (f files) want(t *testing.T, kind keychain.Kind, reason keychain.Reason, path string) {
	t.Helper()
	_, get := f.Get(t.Context(), "record")
	errs := map[string]error{"get": get}
	if kind == keychain.Unavailable && reason != keychain.WrongKey {
		errs["set"] = f.Set(t.Context(), "record", secret.New("canary-value"))
		errs["delete"] = f.Delete(t.Context(), "record")
		errs["available"] = keychain.Available(t.Context(), f.Store)
		errs["writable"] = keychain.Writable(t.Context(), f.Store)
	}
	for op, err := range errs {
		e, ok := errors.AsType[*keychain.Error](err)
		switch {
		case !ok || e.Kind != kind || e.Reason != reason || e.Path != path:
			t.Errorf("%s: %v (%+v), want %s, %q, %s", op, err, e, kind, reason, path)
		case e.Hint() == "" || strings.Contains(e.Error(), "canary"):
			t.Errorf("%s: %q, hint %q", op, e.Error(), e.Hint())
		}
	}
}

func TestFileConforms(t *testing.T) {
	f := newFiles(t)
	keychaintest.Run(t, func(*testing.T) keychain.Store { return keychain.File(f.dir, f.key) })
	if entries, _ := os.ReadDir(f.dir); len(entries) != 0 {
		t.Errorf("%d files stay", len(entries))
	}
}

// Neither the value nor the name is in any file, and nobody else may read them.
func TestFileHoldsNoSecretInClear(t *testing.T) {
	f := newFiles(t)
	const value, name = "canary-of-the-value", "canary-of-the-name"
	must(t, f.Set(t.Context(), name, secret.New(value)))
	must(t, f.Set(t.Context(), name, secret.New(value+value)))
	encoded := base64.StdEncoding.EncodeToString([]byte(value))[:20]
	must(t, filepath.WalkDir(filepath.Dir(f.dir), func(path string, d fs.DirEntry, err error) error {
		must(t, err)
		info, err := d.Info()
		must(t, err)
		if runtime.GOOS != "windows" && path != filepath.Dir(f.dir) && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if d.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path)
		must(t, err)
		for _, canary := range []string{value, name, encoded} {
			if bytes.Contains(data, []byte(canary)) || strings.Contains(path, canary) {
				t.Errorf("%s holds %s", path, canary)
			}
		}
		return nil
	}))
}

// One value, written twice, is two different files: nonces are not repeated.
func TestFileIsRandomized(t *testing.T) {
	f := newFiles(t)
	must(t, f.Set(t.Context(), "record", secret.New("value")))
	one, err := os.ReadFile(f.record(t))
	must(t, err)
	must(t, f.Set(t.Context(), "record", secret.New("value")))
	two, err := os.ReadFile(f.record(t))
	must(t, err)
	if bytes.Equal(one, two) {
		t.Error("equal files")
	}
}

func TestFileTampering(t *testing.T) {
	f := newFiles(t)
	must(t, f.Set(t.Context(), "record", secret.New("canary-value")))
	path := f.record(t)
	whole, err := os.ReadFile(path)
	must(t, err)
	const keyID = 8 // bytes 8 to 15 say which key it was
	for i := range whole {
		data := bytes.Clone(whole)
		data[i] ^= 1
		must(t, os.WriteFile(path, data, 0o600))
		if i >= keyID && i < 2*keyID {
			f.want(t, keychain.Unavailable, keychain.WrongKey, path)
		} else {
			f.want(t, keychain.Corrupt, keychain.Other, path)
		}
		must(t, os.WriteFile(path, whole[:i], 0o600))
		f.want(t, keychain.Corrupt, keychain.Other, path)
	}
	must(t, os.WriteFile(path, append(bytes.Clone(whole), 0), 0o600))
	f.want(t, keychain.Corrupt, keychain.Other, path)

	// Another record's file, moved here.
	must(t, os.Remove(path))
	must(t, f.Set(t.Context(), "another", secret.New("canary-value")))
	must(t, os.Rename(f.record(t), path))
	f.want(t, keychain.Corrupt, keychain.Other, path)

	// It can be replaced.
	must(t, f.Set(t.Context(), "record", secret.New("new")))
	if got, err := f.Get(t.Context(), "record"); err != nil || got.Reveal() != "new" {
		t.Errorf("%v", err)
	}
}

func TestFileWrongKey(t *testing.T) {
	f := newFiles(t)
	must(t, f.Set(t.Context(), "record", secret.New("v")))
	must(t, os.Remove(f.key))
	must(t, keychain.NewKey(f.key))
	f.want(t, keychain.Unavailable, keychain.WrongKey, f.record(t))
}

func TestFileKeyFile(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	for name, tt := range map[string]struct {
		make func(t *testing.T, key string)
		want keychain.Reason
	}{
		"absent":     {func(*testing.T, string) {}, keychain.NoKey},
		"empty":      {func(t *testing.T, key string) { must(t, os.WriteFile(key, nil, 0o600)) }, keychain.BadKey},
		"short":      {func(t *testing.T, key string) { must(t, os.WriteFile(key, []byte(good[:40]+"\n"), 0o600)) }, keychain.BadKey},
		"not base64": {func(t *testing.T, key string) { must(t, os.WriteFile(key, []byte("canary-"+good), 0o600)) }, keychain.BadKey},
		"huge":       {func(t *testing.T, key string) { must(t, os.WriteFile(key, bytes.Repeat([]byte("a"), 1<<20), 0o600)) }, keychain.BadKey},
		"a folder":   {func(t *testing.T, key string) { must(t, os.Mkdir(key, 0o700)) }, keychain.OpenKey},
		"for all to read": {func(t *testing.T, key string) {
			must(t, os.WriteFile(key, []byte(good), 0o600))
			must(t, os.Chmod(key, 0o644))
		}, keychain.OpenKey},
		"for the group to read": {func(t *testing.T, key string) {
			must(t, os.WriteFile(key, []byte(good), 0o600))
			must(t, os.Chmod(key, 0o640))
		}, keychain.OpenKey},
		"a link": {func(t *testing.T, key string) {
			must(t, os.WriteFile(key+"-real", []byte(good), 0o600))
			must(t, os.Symlink(key+"-real", key))
		}, keychain.OpenKey},
		"of another user": {func(t *testing.T, key string) {
			if os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			must(t, os.WriteFile(key, []byte(good), 0o600))
			must(t, os.Chown(key, 65534, 65534))
		}, keychain.OpenKey},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && tt.want == keychain.OpenKey {
				t.Skip("modes and links are different on Windows")
			}
			f := newFiles(t)
			must(t, f.Set(t.Context(), "record", secret.New("v")))
			must(t, os.Remove(f.key))
			tt.make(t, f.key)
			f.want(t, keychain.Unavailable, tt.want, f.key)
		})
	}
	f := newFiles(t)
	f.Store = keychain.File(f.dir, "")
	f.want(t, keychain.Unavailable, keychain.NoKey, "")
	must(t, os.WriteFile(f.key, []byte("  "+good+"\r\n\n"), 0o600))
	must(t, keychain.Writable(t.Context(), keychain.File(f.dir, f.key)))
}

func TestFileLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs a privilege on Windows")
	}
	f := newFiles(t)
	must(t, f.Set(t.Context(), "record", secret.New("v")))
	record := f.record(t)
	moved := f.dir + "-moved"
	must(t, os.Rename(f.dir, moved))
	must(t, os.Symlink(moved, f.dir))
	f.want(t, keychain.Unavailable, keychain.Files, f.dir)
	must(t, os.Remove(f.dir))
	must(t, os.Rename(moved, f.dir))
	must(t, os.Rename(record, moved))
	must(t, os.Symlink(moved, record))
	_, err := f.Get(t.Context(), "record")
	if e, ok := errors.AsType[*keychain.Error](err); !ok || e.Reason != keychain.Files || e.Path != record {
		t.Errorf("a link in the place of a record: %v", err)
	}
	if err := f.Set(t.Context(), "record", secret.New("w")); err == nil {
		t.Error("wrote through a link")
	}
}

func TestNewKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "key")
	must(t, keychain.NewKey(path))
	text, err := os.ReadFile(path)
	must(t, err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(string(text), "\n"))
	if err != nil || len(key) != 32 || bytes.Equal(key, make([]byte, 32)) {
		t.Errorf("%d bytes, %v", len(key), err)
	}
	if info, _ := os.Stat(path); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	err = keychain.NewKey(path)
	e, ok := errors.AsType[*keychain.Error](err)
	if !ok || e.Reason != keychain.KeyExists || !errors.Is(err, fs.ErrExist) || e.Path != path {
		t.Errorf("over an existing file: %v", err)
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(again, text) {
		t.Error("an existing key was changed")
	}
	other := filepath.Join(t.TempDir(), "key")
	must(t, keychain.NewKey(other))
	if second, _ := os.ReadFile(other); bytes.Equal(second, text) {
		t.Error("two equal keys")
	}
	if err := keychain.NewKey(filepath.Join(path, "key")); err == nil || errors.Is(err, fs.ErrExist) {
		t.Errorf("below a file: %v", err)
	}
}

func TestSettings(t *testing.T) {
	h, err := home.Open(filepath.Join(t.TempDir(), "home"))
	must(t, err)
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	got := keychain.Settings{Kind: "os", KeyFile: "a"}.Override(env())
	if got != (keychain.Settings{Kind: "os", KeyFile: "a"}) {
		t.Errorf("%+v", got)
	}
	got = keychain.Settings{KeyFile: "a"}.Override(env("MCP_BRIDGE_KEYCHAIN", "file", "MCP_BRIDGE_KEYCHAIN_KEY_FILE", "b"))
	if got != (keychain.Settings{Kind: "file", KeyFile: "b"}) {
		t.Errorf("%+v", got)
	}
	for kind, want := range map[string]string{"": "os", "os": "os", "file": "file"} {
		store, err := keychain.Open(keychain.Settings{Kind: kind}, h, keychain.Options{})
		if err != nil || store.Name() != want {
			t.Errorf("%q: %v", kind, err)
		}
	}
	_, err = keychain.Open(keychain.Settings{Kind: "vault"}, h, keychain.Options{})
	if e, ok := errors.AsType[*keychain.Error](err); !ok || e.Reason != keychain.UnknownKind || e.Path != "vault" {
		t.Errorf("%v", err)
	}
	if h.Exists() {
		t.Error("opening a store made the home")
	}
}

// The key file is relative to the home, and the records are below it.
func TestOpenFile(t *testing.T) {
	h, err := home.Open(filepath.Join(t.TempDir(), "home"))
	must(t, err)
	t.Setenv("HOME", filepath.Dir(h.Path()))
	must(t, keychain.NewKey(h.Join("key")))
	for _, keyFile := range []string{"key", h.Join("key"), "~/home/key"} {
		if runtime.GOOS == "windows" && keyFile[0] == '~' {
			continue
		}
		store, err := keychain.Open(keychain.Settings{Kind: "file", KeyFile: keyFile}, h, keychain.Options{})
		must(t, err)
		must(t, store.Set(t.Context(), keyFile, secret.New("v")))
		if _, err := store.Get(t.Context(), keyFile); err != nil {
			t.Errorf("%s: %v", keyFile, err)
		}
	}
	if entries, _ := h.ReadDir(home.SecretsDir); len(entries) == 0 {
		t.Error("nothing below secrets/")
	}
}
