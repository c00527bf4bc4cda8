package keychain_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/keychain/keychaintest"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// childJob makes this test binary a second process that uses the operating
// system's keychain, in whatever environment it is started with.
const childJob = "MCP_BRIDGE_TEST_CHILD_JOB"

func TestMain(m *testing.M) {
	if job := os.Getenv(childJob); job != "" {
		child(job)
		return
	}
	os.Exit(m.Run())
}

// report is what a child says about its calls.
type report struct {
	Outcomes []string // "found", "not found", or KIND/REASON
	Value    string   // what the last get found
	Seconds  float64  // from first to last
	Hint     string
	Bus      string // the bus address in the environment at the end
}

// patience is the children's time limit: what a keychain needs that answers, and
// short enough for the tests of those that do not.
const patience = 2 * time.Second

func child(job string) {
	h, err := home.Open(os.Getenv("MCP_BRIDGE_TEST_CHILD_HOME"))
	if err != nil {
		panic(err)
	}
	store := keychain.OS(h, keychain.Options{Timeout: patience})
	ctx := context.Background()
	var r report
	note := func(value secret.Value, err error) {
		outcome := "found"
		if e, ok := errors.AsType[*keychain.Error](err); ok {
			outcome, r.Hint = string(e.Kind)+"/"+string(e.Reason), e.Hint()
		} else if errors.Is(err, keychain.ErrNotFound) {
			outcome = "not found"
		} else if err != nil {
			outcome = err.Error()
		}
		r.Outcomes, r.Value = append(r.Outcomes, outcome), value.Reveal()
	}
	start := time.Now()
	switch job {
	case "get":
		note(store.Get(ctx, "record"))
	case "set":
		note(secret.Value{}, store.Set(ctx, "record", secret.New("from a child")))
	case "command": // as a command does: probe, several reads, a write, a removal
		note(secret.Value{}, keychain.Available(ctx, store))
		for i := range 5 {
			note(store.Get(ctx, fmt.Sprint(i)))
		}
		note(secret.Value{}, store.Set(ctx, "record", secret.New("x")))
		note(secret.Value{}, store.Delete(ctx, "record"))
	case "ten":
		var all sync.WaitGroup
		var mu sync.Mutex
		for i := range 10 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				value, err := store.Get(ctx, "record")
				mu.Lock()
				defer mu.Unlock()
				note(value, err)
			})
		}
		all.Wait()
	case "midway": // the parent freezes the keyring between two calls
		note(store.Get(ctx, "record"))
		fmt.Println("ready")
		_, _ = fmt.Scanln()
		note(store.Get(ctx, "record"))
		note(secret.Value{}, store.Set(ctx, "record", secret.New("x")))
	case "unlock": // a person is there to be asked
		store = keychain.OS(h, keychain.Options{Timeout: patience, Unlock: 2 * time.Second})
		note(store.Get(ctx, "record"))
	}
	r.Seconds, r.Bus = time.Since(start).Seconds(), os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	_ = json.NewEncoder(os.Stdout).Encode(r)
}

// run starts a child with exactly that environment, and reads its report.
func run(t *testing.T, job string, env []string) report {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(env, childJob+"="+job, "MCP_BRIDGE_TEST_CHILD_HOME="+filepath.Join(t.TempDir(), "home"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("child %s: %v\n%s", job, err, out)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("child %s: %v\n%s", job, err, out)
	}
	return r
}

func wantOutcomes(t *testing.T, r report, want string) {
	t.Helper()
	for _, got := range r.Outcomes {
		if got != want {
			t.Errorf("outcomes %q, want %q", r.Outcomes, want)
			return
		}
	}
	if len(r.Outcomes) == 0 {
		t.Error("no outcome")
	}
}

func needLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the Secret Service is for Linux")
	}
}

// The suite runs in a child, so that this process's environment, and go-keyring's
// shared connection in it, stay what they are.
func TestOSConforms(t *testing.T) {
	t.Parallel()
	const inside = "MCP_BRIDGE_TEST_INSIDE"
	if runtime.GOOS != "linux" && os.Getenv(keychaintest.All) != "1" {
		t.Skip("would write into this computer's real keychain; " + keychaintest.All + "=1 allows it")
	}
	if runtime.GOOS != "linux" || os.Getenv(inside) != "" {
		h, err := home.Open(filepath.Join(t.TempDir(), "home"))
		if err != nil {
			t.Fatal(err)
		}
		keychaintest.Run(t, func(*testing.T) keychain.Store {
			return keychain.OS(h, keychain.Options{Timeout: 20 * time.Second})
		})
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOSConforms$", "-test.v")
	cmd.Env = append(append(os.Environ(), keychaintest.SecretService(t, keychaintest.Unlocked)...), inside+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestOSConforms/probes") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Each state of the keyring has an outcome of its own, and a hint.
func TestOSStates(t *testing.T) {
	t.Parallel()
	needLinux(t)
	for _, tt := range []struct {
		state keychaintest.State
		want  string
		hint  string
	}{
		{keychaintest.Unlocked, "not found", ""},
		{keychaintest.Locked, "unavailable/locked", "unlock the keyring"},
		{keychaintest.Frozen, "unavailable/silent", "dialog"},
		{keychaintest.DeadBus, "unavailable/silent", "dialog"},
		{keychaintest.Absent, "unavailable/no service", "gnome-keyring"},
		{keychaintest.NoBus, "unavailable/no bus", "new-key"},
	} {
		t.Run(string(tt.state), func(t *testing.T) {
			t.Parallel()
			r := run(t, "get", append(os.Environ(), keychaintest.SecretService(t, tt.state)...))
			wantOutcomes(t, r, tt.want)
			if !strings.Contains(r.Hint, tt.hint) {
				t.Errorf("hint %q does not say %q", r.Hint, tt.hint)
			}
		})
	}
}

// A keychain that does not answer is waited for once, not once per call. (How
// long is for the guard's tests, whose clock is not this one.)
func TestOSWaitsOnce(t *testing.T) {
	t.Parallel()
	needLinux(t)
	const twice = 2 * patience
	for _, state := range []keychaintest.State{keychaintest.Frozen, keychaintest.DeadBus, keychaintest.Locked, keychaintest.Absent} {
		for _, job := range []string{"command", "ten"} {
			t.Run(string(state)+"/"+job, func(t *testing.T) {
				t.Parallel()
				r := run(t, job, append(os.Environ(), keychaintest.SecretService(t, state)...))
				for _, got := range r.Outcomes {
					if !strings.HasPrefix(got, "unavailable/") {
						t.Errorf("outcomes %q", r.Outcomes)
					}
				}
				if r.Seconds >= twice.Seconds() {
					t.Errorf("took %.1f s", r.Seconds)
				}
			})
		}
	}
}

// A keyring that freezes after it was found in order meets go-keyring itself, which
// has no time limit.
func TestOSFreezesMidway(t *testing.T) {
	t.Parallel()
	needLinux(t)
	s := keychaintest.Start(t, keychaintest.Unlocked)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(append(os.Environ(), s.Env...), childJob+"=midway", "MCP_BRIDGE_TEST_CHILD_HOME="+filepath.Join(t.TempDir(), "home"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	pipe, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	out := bufio.NewReader(pipe)
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	s.Freeze(t)
	_, err = in.Write([]byte("\n"))
	must(t, err)
	var r report
	must(t, json.NewDecoder(out).Decode(&r))
	must(t, cmd.Wait())
	if got := strings.Join(r.Outcomes, ", "); got != "not found, unavailable/silent, unavailable/silent" {
		t.Errorf("outcomes %s", got)
	}
	s.Thaw(t)
	wantOutcomes(t, run(t, "get", append(os.Environ(), s.Env...)), "not found")
}

// Where a person may be asked, a keyring that cannot ask is still locked, at once,
// and one that never answers is not waited for longer.
func TestOSMayUnlock(t *testing.T) {
	t.Parallel()
	needLinux(t)
	locked := run(t, "unlock", append(os.Environ(), keychaintest.SecretService(t, keychaintest.Locked)...))
	wantOutcomes(t, locked, "unavailable/locked")
	dead := run(t, "unlock", append(os.Environ(), keychaintest.SecretService(t, keychaintest.DeadBus)...))
	wantOutcomes(t, dead, "unavailable/silent")
}

// Other programs see the record under the documented names, and nothing of it is
// in any file of the home.
func TestOSRecordIsInTheKeyring(t *testing.T) {
	t.Parallel()
	needLinux(t)
	s := keychaintest.Start(t, keychaintest.Unlocked)
	wantOutcomes(t, run(t, "set", append(os.Environ(), s.Env...)), "found")
	text, found := s.Lookup(t, "v1/record")
	if !found || !strings.HasSuffix(text, ":from a child") {
		t.Errorf("secret-tool sees %q, %v", text, found)
	}
	r := run(t, "get", append(os.Environ(), s.Env...))
	if r.Value != "from a child" {
		t.Errorf("another process reads %q, %q", r.Value, r.Outcomes)
	}
	s.Lock(t)
	wantOutcomes(t, run(t, "get", append(os.Environ(), s.Env...)), "unavailable/locked")
}

// A client hands a server six variables. The bus is found without its address, and
// never started: a dbus-launch in PATH is not run.
func TestOSFindsTheBus(t *testing.T) {
	t.Parallel()
	needLinux(t)
	s := keychaintest.Start(t, keychaintest.Unlocked)
	trap := filepath.Join(t.TempDir(), "bin")
	trace := filepath.Join(trap, "was-run")
	if err := os.MkdirAll(trap, 0o700); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ntouch '" + trace + "'\necho DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent\n"
	if err := os.WriteFile(filepath.Join(trap, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	six := []string{"HOME=" + t.TempDir(), "LOGNAME=ada", "PATH=" + trap + ":" + os.Getenv("PATH"), "SHELL=/bin/sh", "TERM=dumb", "USER=ada"}

	t.Run("XDG_RUNTIME_DIR", func(t *testing.T) {
		r := run(t, "get", append(six, "XDG_RUNTIME_DIR="+s.RunDir))
		wantOutcomes(t, r, "not found")
		if r.Bus != "unix:path="+s.RunDir+"/bus" {
			t.Errorf("used %s", r.Bus)
		}
	})
	t.Run("autolaunch", func(t *testing.T) {
		r := run(t, "get", append(six, "DBUS_SESSION_BUS_ADDRESS=autolaunch:", "XDG_RUNTIME_DIR="+s.RunDir))
		wantOutcomes(t, r, "not found")
	})
	t.Run("six variables", func(t *testing.T) {
		socket := fmt.Sprintf("/run/user/%d/bus", os.Getuid())
		if _, err := os.Stat(socket); err == nil {
			t.Skip("this computer has a session bus of its own")
		}
		r := run(t, "get", six)
		wantOutcomes(t, r, "unavailable/no bus")
	})
	t.Run("six variables and a bus", func(t *testing.T) {
		dir := fmt.Sprintf("/run/user/%d", os.Getuid())
		if _, err := os.Stat(dir); err == nil {
			t.Skip("this user has a run folder that is not the test's to change")
		}
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			t.Skipf("cannot make the run folder: %v", err)
		}
		if err := os.Symlink(s.RunDir, dir); err != nil {
			t.Skipf("cannot make the run folder: %v", err)
		}
		defer func() { _ = os.Remove(dir) }()
		r := run(t, "get", six)
		wantOutcomes(t, r, "not found")
	})
	if _, err := os.Stat(trace); err == nil {
		t.Error("dbus-launch was run")
	}
}
