//go:build unix

package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// within ends the test when something hangs: a deadline, no measurement.
func within(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it hangs")
	}
}

// command returns a resolver whose credential a shell script prints.
func (h *house) command(script string) *Resolver {
	r, _ := h.resolver(fmt.Sprintf("{ command = [\"sh\", \"-c\", %q] }", script), "", "PATH="+os.Getenv("PATH"))
	return r
}

func resolve(r *Resolver) (string, error) {
	u, err := r.Resolve(context.Background(), requirement(&r.o.Profile.Server.SecuritySchemes[0]), origin)
	return u.Value.Reveal(), err
}

// TestDeadlineOfACommand: the command ends at its deadline, with everything that it
// has started, and the next call starts another one.
func TestDeadlineOfACommand(t *testing.T) {
	if _, err := exec.LookPath("ps"); err != nil {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("ps is missing")
	}
	h := newHouse(t)
	pids := filepath.Join(h.dir, "pids")
	r := h.command(fmt.Sprintf("sleep 600 & echo $! >> %[1]s; echo $$ >> %[1]s; echo early; wait", pids))
	r.commandTime = 500 * time.Millisecond
	for range 2 {
		within(t, func() {
			v, err := resolve(r)
			if err == nil || !strings.Contains(err.Error(), "did not answer in 500ms") || v != "" || reason(t, err) != Missing {
				t.Errorf("%q, %v", v, err)
			}
		})
	}
	data, err := os.ReadFile(pids)
	fields := strings.Fields(string(data))
	if err != nil || len(fields) != 4 {
		t.Fatalf("%q, %v", data, err)
	}
	for _, field := range fields {
		pid, _ := strconv.Atoi(field)
		within(t, func() {
			for running(pid) {
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
}

// running reports a process that is there and has not ended: an orphan that nobody
// has waited for yet has.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}

// TestCommandThatLeavesSomethingBehind: an agent that it started, and that holds its
// output open, does not make the credential worse.
func TestCommandThatLeavesSomethingBehind(t *testing.T) {
	h := newHouse(t)
	pid := filepath.Join(h.dir, "pid")
	r := h.command(fmt.Sprintf("sleep 600 & echo $! > %s; echo token", pid))
	within(t, func() {
		if v, err := resolve(r); v != "token" || err != nil {
			t.Errorf("%q, %v", v, err)
		}
	})
	data, _ := os.ReadFile(pid)
	if n, err := strconv.Atoi(strings.TrimSpace(string(data))); err != nil {
		t.Error(err)
	} else if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Errorf("the agent was ended: %v", err)
	}
}

// TestCommandsSurroundings: nothing to read, the profile's folder, output without
// bounds, errors that say nothing of the output.
func TestCommandsSurroundings(t *testing.T) {
	h := newHouse(t)
	folder, err := filepath.EvalSymlinks(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	for script, want := range map[string]string{
		"cat; echo nothing":              "nothing",
		"pwd -P":                         folder,
		"printf 'token\\r\\nmore'":       "token",
		"echo ' with spaces '":           "",
		"echo ' around '":                "around",
		"yes | head -c 3000000":          "y",
		"echo; echo late":                "",
		"echo on-stderr >&2; echo token": "token",
	} {
		within(t, func() {
			v, err := resolve(h.command(script))
			if v != want || (err == nil) != (want != "") {
				t.Errorf("%s: %q, %v", script, v, err)
			}
		})
	}
	for _, script := range []string{"echo secret-text; echo secret-text >&2; exit 1", "echo secret-text; kill -9 $$"} {
		if _, err := resolve(h.command(script)); err == nil || strings.Contains(err.Error(), "secret-text") {
			t.Errorf("%s: %v", script, err)
		}
	}
}

// TestAbsentProgram: clients start servers with a short PATH.
func TestAbsentProgram(t *testing.T) {
	h := newHouse(t)
	var e *Error
	r, _ := h.resolver(`{ command = ["no-such-program-at-all"] }`, "")
	if _, err := resolve(r); !errors.As(err, &e) || !strings.Contains(e.Hint(), "whole path") {
		t.Errorf("%v", err)
	}
	r, _ = h.resolver(`{ command = ["./no-such-program-at-all"] }`, "")
	if _, err := resolve(r); !errors.As(err, &e) || !strings.Contains(e.Hint(), "p.toml") {
		t.Errorf("%v", err)
	}
	script := filepath.Join(h.dir, "beside")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho token\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	r, _ = h.resolver(`{ command = ["./beside"] }`, "", "PATH="+os.Getenv("PATH"))
	if v, err := resolve(r); v != "token" || err != nil {
		t.Errorf("beside the profile: %q, %v", v, err)
	}
}

// TestFileThatIsNone: what would be waited for, or has no end, is refused at once.
func TestFileThatIsNone(t *testing.T) {
	h := newHouse(t)
	pipe := filepath.Join(h.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/zero", h.dir} {
		within(t, func() {
			r, _ := h.resolver(fmt.Sprintf("{ file = %q }", path), "")
			if v, err := resolve(r); err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("%s: %q, %v", path, v, err)
			}
		})
	}
	link := filepath.Join(h.dir, "link")
	if err := os.WriteFile(filepath.Join(h.dir, "token"), []byte("linked\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("token", link); err != nil {
		t.Fatal(err)
	}
	r, _ := h.resolver(`{ file = "link" }`, "")
	if v, err := resolve(r); v != "linked" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}
