package home

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// open returns a home in a fresh folder that does not exist yet.
func open(t *testing.T) *Home {
	t.Helper()
	h, err := Open(filepath.Join(t.TempDir(), "a", "home"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantKind fails unless err is an *Error of that kind with a usable hint.
func wantKind(t *testing.T, err error, kind Kind) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != kind {
		t.Fatalf("error %v, want kind %s", err, kind)
	}
	if e.Hint() == "" || e.Error() == "" || strings.HasSuffix(e.Error(), ".") {
		t.Errorf("message %q, hint %q", e.Error(), e.Hint())
	}
	return e
}

func TestLocate(t *testing.T) {
	user := func() (string, error) { return "/home/ada", nil }
	none := func() (string, error) { return "", errors.New("HOME is not set") }
	wd, err := os.Getwd()
	must(t, err)
	for _, tt := range []struct {
		name, flag, env string
		user            func() (string, error)
		want            string
	}{
		{"default", "", "", user, "/home/ada/.mcp-bridge"},
		{"variable", "", "/srv/b", user, "/srv/b"},
		{"flag over variable", "/srv/a", "/srv/b", user, "/srv/a"},
		{"flag without a home", "/srv/a", "", none, "/srv/a"},
		{"relative", "x/../y", "", none, filepath.Join(wd, "y")},
		{"unclean", "/srv//a/./b/../c/", "", none, "/srv/a/c"},
		{"tilde", "", "~/bridge", user, "/home/ada/bridge"},
		{"tilde alone", "~", "", user, "/home/ada"},
		{"not a tilde", "/srv/~x", "", none, "/srv/~x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("the table holds Unix paths")
			}
			got, err := Locate(tt.flag, func(name string) string {
				if name != Variable {
					t.Errorf("asked for %s", name)
				}
				return tt.env
			}, tt.user)
			must(t, err)
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	_, err = Locate("", func(string) string { return "" }, none)
	if e := wantKind(t, err, Unusable); !strings.Contains(e.Hint(), Variable) {
		t.Errorf("hint %q does not name %s", e.Hint(), Variable)
	}
}

func TestReadingCreatesNothing(t *testing.T) {
	h := open(t)
	if _, err := h.ReadFile("profiles/x.toml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadFile: %v", err)
	}
	if s, err := h.ReadState(); err != nil || s.Current != "" || s.Accounts == nil {
		t.Errorf("ReadState: %+v, %v", s, err)
	}
	if x, err := h.ReadIndex(); err != nil || len(x.Entries) != 0 {
		t.Errorf("ReadIndex: %+v, %v", x, err)
	}
	if data, file, err := h.ReadConfig(); err != nil || data != nil || file != h.Join("config.toml") {
		t.Errorf("ReadConfig: %q, %s, %v", data, file, err)
	}
	if list, err := h.ReadDir("profiles"); err != nil || len(list) != 0 {
		t.Errorf("ReadDir: %v, %v", list, err)
	}
	if err := h.Remove("x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Remove: %v", err)
	}
	if h.Exists() {
		t.Error("the home exists after reading")
	}
	if _, err := os.Lstat(filepath.Dir(h.Path())); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the folder above the home exists after reading")
	}
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has access lists in the place of modes")
	}
	h := open(t)
	must(t, h.WriteFile("cache/deep/x.bin", []byte("x")))
	must(t, h.CreateFile("profiles/p.toml", []byte("y")))
	release, err := h.Lock(t.Context(), "l")
	must(t, err)
	release()
	must(t, filepath.WalkDir(h.Path(), func(path string, d fs.DirEntry, err error) error {
		must(t, err)
		info, err := d.Info()
		must(t, err)
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		return nil
	}))

	loose := filepath.Join(t.TempDir(), "loose")
	must(t, os.Mkdir(loose, 0o700))
	must(t, os.Chmod(loose, 0o775))
	h, err = Open(loose)
	must(t, err)
	_, err = h.ReadState()
	must(t, err)
	if info, _ := os.Stat(loose); info.Mode().Perm() != 0o775 {
		t.Error("reading changed the home's mode")
	}
	must(t, h.WriteFile("x", nil))
	if info, _ := os.Stat(loose); info.Mode().Perm() != 0o700 {
		t.Errorf("mode after the first write %v", info.Mode().Perm())
	}
}

func TestLinksAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs a privilege on Windows")
	}
	elsewhere := t.TempDir()
	must(t, os.WriteFile(filepath.Join(elsewhere, "f"), []byte("theirs"), 0o600))

	t.Run("home", func(t *testing.T) {
		link := filepath.Join(t.TempDir(), "home")
		must(t, os.Symlink(elsewhere, link))
		_, err := Open(link)
		if e := wantKind(t, err, Symlink); !strings.Contains(e.Error(), link) {
			t.Errorf("%q does not name the path", e.Error())
		}
		dangling := filepath.Join(t.TempDir(), "home")
		must(t, os.Symlink(filepath.Join(elsewhere, "absent"), dangling))
		_, err = Open(dangling)
		wantKind(t, err, Symlink)
	})
	t.Run("home after opening", func(t *testing.T) {
		h := open(t)
		must(t, os.MkdirAll(filepath.Dir(h.Path()), 0o700))
		must(t, os.Symlink(elsewhere, h.Path()))
		wantKind(t, h.WriteFile("x", []byte("x")), Symlink)
		_, err := h.ReadFile("f")
		wantKind(t, err, Symlink)
		_, err = h.Lock(t.Context(), "x")
		wantKind(t, err, Symlink)
	})
	t.Run("inside", func(t *testing.T) {
		h := open(t)
		must(t, h.WriteFile("x", []byte("x")))
		must(t, os.Symlink(elsewhere, h.Join("cache")))
		must(t, os.Symlink(filepath.Join(elsewhere, "f"), h.Join(StateFile)))
		must(t, os.Symlink("x", h.Join("alias")))
		e := wantKind(t, h.WriteFile("cache/new", []byte("x")), Symlink)
		if e.Path != h.Join("cache") {
			t.Errorf("names %s, want the link itself", e.Path)
		}
		wantKind(t, h.WriteFile(StateFile, []byte("x")), Symlink)
		wantKind(t, h.CreateFile("alias", []byte("x")), Symlink)
		_, err := h.ReadState()
		wantKind(t, err, Symlink)
		_, err = h.ReadFile("alias")
		wantKind(t, err, Symlink)
	})
	t.Run("locks", func(t *testing.T) {
		h := open(t)
		must(t, h.WriteFile(LocksDir+"/x", nil))
		must(t, os.Symlink(filepath.Join(elsewhere, "f"), h.Join(lockName("n"))))
		_, err := h.Lock(t.Context(), "n")
		wantKind(t, err, Symlink)
		_, _, err = h.TryLock("n")
		wantKind(t, err, Symlink)
	})
	if data, _ := os.ReadFile(filepath.Join(elsewhere, "f")); string(data) != "theirs" {
		t.Errorf("a file behind a link was changed: %q", data)
	}
	if list, _ := os.ReadDir(elsewhere); len(list) != 1 {
		t.Errorf("files were made behind a link: %v", list)
	}
}

func TestHomeIsNotAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "home")
	must(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(file)
	wantKind(t, err, Unusable)
}

func TestSharedFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has access lists in the place of modes")
	}
	shared := filepath.Join(t.TempDir(), "tmp")
	must(t, os.Mkdir(shared, 0o700))
	must(t, os.Chmod(shared, 0o777|fs.ModeSticky))
	_, err := Open(shared)
	wantKind(t, err, Unusable)
	if _, err := Open("/"); err == nil {
		t.Error("opened the root of the file system")
	}

	user := t.TempDir()
	must(t, os.Chmod(user, 0o755))
	t.Setenv("HOME", user)
	h, err := Open(user)
	must(t, err)
	must(t, h.WriteFile("cache/x", nil))
	if info, _ := os.Stat(user); info.Mode().Perm() != 0o755 {
		t.Errorf("the user's own folder now has mode %v", info.Mode())
	}
}

func TestErrorsSpeak(t *testing.T) {
	seen := map[string]Kind{}
	for _, kind := range []Kind{Unusable, Symlink, Foreign, Outside, Corrupt, Busy} {
		for _, err := range []error{nil, fs.ErrPermission} {
			e := &Error{Kind: kind, Op: "open", Path: "/p", Err: err}
			text := e.Error()
			if !strings.HasPrefix(text, "open /p: ") || strings.HasSuffix(text, ": ") || strings.Contains(text, "\n") {
				t.Errorf("%s: %q", kind, text)
			}
			if other, ok := seen[text]; ok {
				t.Errorf("%s and %s read the same", kind, other)
			}
			seen[text] = kind
			if h := e.Hint(); h == "" || strings.HasSuffix(h, ".") {
				t.Errorf("%s: hint %q", kind, h)
			}
			if !errors.Is(e, err) && err != nil {
				t.Errorf("%s does not wrap its cause", kind)
			}
		}
	}
}

// One error names its path once.
func TestErrorsNameThePathOnce(t *testing.T) {
	h := open(t)
	must(t, h.WriteFile("x", nil))
	_, absent := h.ReadFile("absent")
	below := h.WriteFile("x/y", nil)
	for _, err := range []error{absent, below, h.Remove("absent")} {
		if n := strings.Count(err.Error(), h.Path()); n != 1 {
			t.Errorf("%q names the home %d times", err, n)
		}
	}
}

func TestTryLockBesideLock(t *testing.T) {
	h := open(t)
	release, ok, err := h.TryLock("x")
	if !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	got := make(chan error)
	go func() {
		release, err := h.Lock(t.Context(), "x")
		if err == nil {
			release()
		}
		got <- err
	}()
	if _, ok, err := h.TryLock("x"); ok || err != nil {
		t.Errorf("taken twice: %v, %v", ok, err)
	}
	release()
	must(t, <-got)
}

func BenchmarkWriteFile(b *testing.B) {
	h, err := Open(filepath.Join(b.TempDir(), "home"))
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 4096)
	for b.Loop() {
		if err := h.WriteFile("f", data); err != nil {
			b.Fatal(err)
		}
	}
}

func TestForeignHome(t *testing.T) {
	if os.Geteuid() != 0 || runtime.GOOS == "windows" {
		t.Skip("only root can give a folder away")
	}
	h := open(t)
	must(t, h.WriteFile("x", nil))
	must(t, os.Chown(h.Path(), 65534, 65534))
	_, err := Open(h.Path())
	wantKind(t, err, Foreign)
	wantKind(t, h.WriteFile("x", nil), Foreign)
}

func TestNamesOutside(t *testing.T) {
	h := open(t)
	for _, rel := range []string{"", ".", "..", "../x", "a/../../x", "/etc/x", "a/../.."} {
		wantKind(t, h.WriteFile(rel, nil), Outside)
		wantKind(t, h.CreateFile(rel, nil), Outside)
		wantKind(t, h.Remove(rel), Outside)
		_, err := h.ReadFile(rel)
		wantKind(t, err, Outside)
	}
	if h.Exists() {
		t.Error("a refused write made the home")
	}
}

func TestWriteReadRemove(t *testing.T) {
	h := open(t)
	for _, data := range []string{"one", "", "three\x00\xff"} {
		must(t, h.WriteFile("a/b", []byte(data)))
		got, err := h.ReadFile("a/b")
		must(t, err)
		if string(got) != data {
			t.Errorf("got %q, want %q", got, data)
		}
	}
	list, err := h.ReadDir("a")
	must(t, err)
	if len(list) != 1 || list[0].Name() != "b" {
		t.Errorf("folder holds %v", list)
	}
	list, err = h.ReadDir(".")
	must(t, err)
	if len(list) != 1 || list[0].Name() != "a" {
		t.Errorf("home holds %v", list)
	}
	must(t, h.Remove("a/b"))
	if _, err := h.ReadFile("a/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Remove: %v", err)
	}
	must(t, os.Mkdir(h.Join("folder"), 0o700))
	_, err = h.ReadFile("folder")
	wantKind(t, err, Unusable)
	wantKind(t, h.WriteFile("folder", nil), Unusable)
}

func TestCreateFileOnce(t *testing.T) {
	h := open(t)
	const callers = 16
	var made atomic.Int32
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			err := h.CreateFile("p/x", fmt.Append(nil, i))
			switch {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("%d callers made the file", made.Load())
	}
	entries, err := os.ReadDir(h.Join("p"))
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// Readers see one whole content at any time.
func TestWriteFileIsAtomic(t *testing.T) {
	h := open(t)
	contents := [][]byte{bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 70_000)}
	must(t, h.WriteFile("f", contents[0]))
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := h.ReadFile("f")
				if err != nil || (!bytes.Equal(got, contents[0]) && !bytes.Equal(got, contents[1])) {
					t.Errorf("read %d bytes, %v", len(got), err)
					return
				}
			}
		})
	}
	for i := range 60 {
		must(t, h.WriteFile("f", contents[i%2]))
	}
	close(stop)
	all.Wait()
}

func TestLeftoversAreSwept(t *testing.T) {
	h := open(t)
	must(t, h.WriteFile("d/x", nil))
	old, young := h.Join("d/.tmp-old"), h.Join("d/.tmp-young")
	must(t, os.WriteFile(old, nil, 0o600))
	must(t, os.WriteFile(young, nil, 0o600))
	long := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(old, long, long))
	must(t, h.WriteFile("d/x", nil))
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an old leftover stayed")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("another process's write in progress was removed")
	}
	if list, _ := h.ReadDir("d"); len(list) != 1 {
		t.Errorf("ReadDir shows temporary files: %v", list)
	}
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	h := open(t)
	must(t, h.WriteFile("d/keep/x", nil))
	if err := h.WriteFile("d/keep", []byte("x")); err == nil {
		t.Fatal("a folder was replaced by a file")
	}
	entries, err := os.ReadDir(h.Join("d"))
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestReadConfig(t *testing.T) {
	h := open(t)
	must(t, h.WriteFile(ConfigFile, nil))
	data, _, err := h.ReadConfig()
	must(t, err)
	if data == nil {
		t.Error("an empty file reads as an absent one")
	}
	if runtime.GOOS == "windows" {
		return
	}
	real := filepath.Join(t.TempDir(), "settings.toml")
	must(t, os.WriteFile(real, []byte("browser = \"none\""), 0o600))
	must(t, h.Remove(ConfigFile))
	must(t, os.Symlink(real, h.Join(ConfigFile)))
	data, _, err = h.ReadConfig()
	must(t, err)
	if string(data) != "browser = \"none\"" {
		t.Errorf("got %q", data)
	}
	must(t, os.Remove(real))
	must(t, os.Mkdir(real, 0o700))
	_, _, err = h.ReadConfig()
	wantKind(t, err, Unusable)
}

func TestReplaceAtAndCreateAt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "client.json")
	must(t, CreateAt(file, []byte("{}")))
	if err := CreateAt(file, []byte("[]")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("CreateAt over a file: %v", err)
	}
	must(t, os.Chmod(file, 0o640))
	must(t, ReplaceAt(file, []byte(`{"a":1}`), 0o600))
	data, err := os.ReadFile(file)
	must(t, err)
	info, err := os.Stat(file)
	must(t, err)
	if string(data) != `{"a":1}` || (runtime.GOOS != "windows" && info.Mode().Perm() != 0o640) {
		t.Errorf("got %q, mode %v", data, info.Mode())
	}
	fresh := filepath.Join(dir, "new.json")
	must(t, ReplaceAt(fresh, []byte("x"), 0o644))
	wantKind(t, ReplaceAt(filepath.Join(dir, "no", "such"), nil, 0o644), Unusable)
	wantKind(t, CreateAt(filepath.Join(dir, "no", "such"), nil), Unusable)
	if runtime.GOOS == "windows" {
		return
	}
	link := filepath.Join(dir, "link.json")
	must(t, os.Symlink(file, link))
	must(t, ReplaceAt(link, []byte("through"), 0o600))
	if data, _ := os.ReadFile(file); string(data) != "through" {
		t.Errorf("the link's target holds %q", data)
	}
	if info, _ := os.Lstat(link); info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
	dangling := filepath.Join(dir, "dangling")
	must(t, os.Symlink(filepath.Join(dir, "absent"), dangling))
	if err := CreateAt(dangling, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("CreateAt over a dangling link: %v", err)
	}
}

func TestOwnedAndPrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.toml")
	if ok, reason := OwnedAndPrivate(file); ok || reason == "" {
		t.Errorf("absent file: %v, %q", ok, reason)
	}
	must(t, os.WriteFile(file, nil, 0o600))
	if runtime.GOOS == "windows" {
		if ok, reason := OwnedAndPrivate(file); !ok {
			t.Errorf("a file in the profile folder: %s", reason)
		}
		return
	}
	for perm, want := range map[fs.FileMode]bool{
		0o600: true, 0o644: true, 0o400: true, 0o755: true,
		0o620: false, 0o602: false, 0o666: false, 0o664: false, 0o777: false,
	} {
		must(t, os.Chmod(file, perm))
		if ok, reason := OwnedAndPrivate(file); ok != want || (reason == "") != want {
			t.Errorf("mode %04o: %v, %q", perm, ok, reason)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	must(t, os.Chmod(file, 0o600))
	must(t, os.Chown(file, 65534, 65534))
	if ok, reason := OwnedAndPrivate(file); ok || !strings.Contains(reason, "another user") {
		t.Errorf("another user's file: %v, %q", ok, reason)
	}
}

// Law: whatever the name, a write ends below the home or is refused, and what was
// written is what is read.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"a", "a/b", "../x", "/x", "a/../../x", "..\\x", "a\x00b", ".", "", "a//b/", "locks/x", "C:x", "ä/\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rel string) {
		outer := t.TempDir()
		h, err := Open(filepath.Join(outer, "home"))
		must(t, err)
		err = h.WriteFile(rel, []byte(rel))
		if err == nil {
			got, err := h.ReadFile(rel)
			if err != nil || string(got) != rel {
				t.Errorf("%q reads back as %q, %v", rel, got, err)
			}
		} else if _, ok := errors.AsType[*Error](err); !ok {
			t.Errorf("%q: %T", rel, err)
		}
		entries, err := os.ReadDir(outer)
		must(t, err)
		for _, e := range entries {
			if e.Name() != "home" {
				t.Errorf("%q made %s outside", rel, e.Name())
			}
		}
	})
}
