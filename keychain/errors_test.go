package keychain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/zalando/go-keyring"
)

// Every case has a message of one line and a hint that says what to type or do,
// on every platform.
func TestErrorsSpeak(t *testing.T) {
	reasons := []Reason{Other, UnknownKind, NoBus, NoService, NoCollection, Locked, NoSession, Silent, Ended, TooLarge, NoKey, BadKey, OpenKey, KeyExists, WrongKey, Files}
	seen := map[string]Reason{}
	for _, reason := range reasons {
		e := fail("get", reason, "/some/path", errors.New("the cause"))
		text := e.Error()
		if !strings.HasPrefix(text, "keychain get: ") || !strings.HasSuffix(text, " (/some/path): the cause") || strings.Contains(text, "\n") {
			t.Errorf("%q: %q", reason, text)
		}
		if other, ok := seen[text]; ok {
			t.Errorf("%q and %q read the same", reason, other)
		}
		seen[text] = reason
		for _, goos := range []string{"linux", "darwin", "windows"} {
			if h := e.hint(goos); h == "" || strings.HasSuffix(h, ".") {
				t.Errorf("%q on %s: hint %q", reason, goos, h)
			}
		}
	}
	for reason, want := range map[Reason]string{
		NoKey: "mcp-bridge keychain new-key", NoBus: `keychain = "file"`, NoSession: "ssh", OpenKey: "chmod 600",
		UnknownKind: "MCP_BRIDGE_KEYCHAIN", WrongKey: "mcp-bridge login",
	} {
		if h := fail("get", reason, "", nil).hint("linux"); !strings.Contains(h, want) {
			t.Errorf("%q: hint %q does not say %q", reason, h, want)
		}
	}
	if h := fail("get", Locked, "", nil).hint("darwin"); !strings.Contains(h, "security unlock-keychain") {
		t.Errorf("hint %q", h)
	}
	bad := &Error{Kind: Corrupt, Op: "get", Path: "p"}
	if bad.Error() != "keychain get: the stored record is damaged (p)" || !strings.Contains(bad.Hint(), "nothing was forgotten") {
		t.Errorf("%q, %q", bad.Error(), bad.Hint())
	}
}

func TestClassify(t *testing.T) {
	exit := func(code int) error {
		err := exec.Command("sh", "-c", fmt.Sprintf("exit %d", code)).Run()
		if err == nil {
			t.Fatal("no exit status")
		}
		return err
	}
	noReason := Reason("none")
	for _, tt := range []struct {
		name, goos string
		err        error
		want       Reason
	}{
		{"nothing", "linux", nil, noReason},
		{"not found", "linux", fmt.Errorf("x: %w", keyring.ErrNotFound), noReason},
		{"already ours", "linux", fail("", NoBus, "", nil), NoBus},
		{"unlock failed", "linux", errors.New("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'"), Locked},
		{"no service", "linux", errors.New("The name org.freedesktop.secrets was not provided by any .service files"), NoService},
		{"stale bus", "linux", &fs.PathError{Op: "dial", Err: syscall.ENOENT}, NoBus},
		{"refused", "linux", fmt.Errorf("dial: %w", syscall.ECONNREFUSED), NoBus},
		{"no logon", "windows", syscall.Errno(1312), NoSession},
		{"the same number elsewhere", "linux", syscall.Errno(1312), Other},
		{"too big", "windows", keyring.ErrSetDataTooBig, Other},
		{"unsupported", "plan9", keyring.ErrUnsupportedPlatform, Other},
		{"anything", "linux", errors.New("?"), Other},
	} {
		t.Run(tt.name, func(t *testing.T) { checkClass(t, tt.goos, tt.err, tt.want) })
	}
	if runtime.GOOS == "windows" {
		return
	}
	checkClass(t, "darwin", exit(36), Locked)
	checkClass(t, "darwin", exit(51), Locked)
	checkClass(t, "darwin", exit(1), Other)
	checkClass(t, "linux", exit(36), Other)
}

// checkClass takes the reason "none" for what is no *Error.
func checkClass(t *testing.T, goos string, err error, want Reason) {
	t.Helper()
	got := classify(goos, err)
	e, isError := errors.AsType[*Error](got)
	switch {
	case want == "none":
		if isError || (err == nil) != (got == nil) || (err != nil && !errors.Is(got, ErrNotFound)) {
			t.Errorf("%v became %v", err, got)
		}
	case !isError || e.Kind != Unavailable || e.Reason != want:
		t.Errorf("%v became %v, want %q", err, got, want)
	}
}

// A Corrupt record, one that is not there, and a keychain that cannot be asked stay
// apart on their way out.
func TestOSErrors(t *testing.T) {
	s := &osStore{guard: newGuard(Options{}), where: "here"}
	if err := s.error("get", nil); err != nil {
		t.Error(err)
	}
	if err := s.error("get", ErrNotFound); err != ErrNotFound {
		t.Error(err)
	}
	for _, tt := range []struct {
		err  error
		want Error
	}{
		{damaged{errors.New("x")}, Error{Kind: Corrupt, Op: "get", Path: "here"}},
		{fail("", Locked, "bus", nil), Error{Kind: Unavailable, Reason: Locked, Op: "get", Path: "bus"}},
		{fail("", Silent, "", nil), Error{Kind: Unavailable, Reason: Silent, Op: "get", Path: "here"}},
		{errors.New("x"), Error{Kind: Unavailable, Op: "get", Path: "here"}},
		{errors.Join(ErrNotFound, fail("", Locked, "", nil)), Error{Kind: Unavailable, Reason: Locked, Op: "get", Path: "here"}},
	} {
		e, ok := errors.AsType[*Error](s.error("get", tt.err))
		if !ok {
			t.Errorf("%v is no *Error", tt.err)
			continue
		}
		got := *e
		got.Err = nil
		if got != tt.want {
			t.Errorf("%v became %+v, want %+v", tt.err, got, tt.want)
		}
	}
}

func TestVerified(t *testing.T) {
	l, _ := newLimited(0)
	i := verified(l.items())
	if err := i.set(t.Context(), "a", "x"); err != nil || l.held["a"] != "x" {
		t.Errorf("%v, %q", err, l.held["a"])
	}
	forgets := l.items()
	forgets.set = func(context.Context, string, string) error { return nil }
	wantReason(t, verified(forgets).set(t.Context(), "b", "x"), Locked)
	wantReason(t, verified(forgets).set(t.Context(), "a", "y"), Locked)
	l.fault = func(_ int, op string) fault {
		if op == "get" {
			return before
		}
		return none
	}
	if err := i.set(t.Context(), "a", "z"); !errors.Is(err, errFault) {
		t.Errorf("%v", err)
	}
}
