package home

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// childHome makes this test binary a second process that uses a home: it names
// the home's folder.
const childHome = "MCP_BRIDGE_TEST_CHILD_HOME"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childHome); dir != "" {
		child(dir, os.Args[1])
		return
	}
	os.Exit(m.Run())
}

func child(dir, job string) {
	h, err := Open(dir)
	if err != nil {
		panic(err)
	}
	switch job {
	case "count": // many updates of one number
		for range 20 {
			err = errors.Join(err, h.UpdateState(context.Background(), func(s *State) error {
				n, _ := strconv.Atoi(s.Current)
				s.Current = strconv.Itoa(n + 1)
				return nil
			}))
		}
	case "hold": // hold a lock until killed
		_, err = h.Lock(context.Background(), "held")
		fmt.Println("locked")
		if err == nil {
			time.Sleep(time.Minute)
		}
	case "write": // write until killed
		for i := 0; ; i++ {
			data := make([]byte, 50_000)
			for j := range data {
				data[j] = byte(i)
			}
			if err = h.WriteFile("f", data); err != nil {
				break
			}
			if i == 0 {
				fmt.Println("writing")
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func start(t *testing.T, h *Home, job string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], job)
	cmd.Env = append(os.Environ(), childHome+"="+h.Path())
	cmd.Stderr = os.Stderr
	if job != "count" {
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatalf("child %s: %v", job, err)
		}
		return cmd
	}
	must(t, cmd.Start())
	return cmd
}

func TestLockExcludesGoroutines(t *testing.T) {
	h := open(t)
	again, err := Open(h.Path()) // a second handle must exclude too
	must(t, err)
	// The race detector does not see that the kernel's lock orders the holders.
	var inside, total atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		user := h
		if i%2 == 1 {
			user = again
		}
		all.Go(func() {
			release, err := user.Lock(t.Context(), "x")
			if err != nil {
				t.Error(err)
				return
			}
			total.Add(1)
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d holders", n)
			}
			inside.Add(-1)
			release()
			release() // harmless
		})
	}
	all.Wait()
	if n := total.Load(); n != 20 {
		t.Errorf("%d of 20 got the lock", n)
	}
}

func TestLockNamesAreIndependent(t *testing.T) {
	h := open(t)
	for _, name := range []string{"a", "b", "", "ä/../x", "a\x00"} {
		release, err := h.Lock(t.Context(), name)
		must(t, err)
		defer release()
	}
}

func TestLockDeadline(t *testing.T) {
	h := open(t)
	release, err := h.Lock(t.Context(), "x")
	must(t, err)
	for name, other := range map[string]*Home{"same handle": h, "other handle": reopen(t, h)} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := other.Lock(ctx, "x")
		wantKind(t, err, Busy)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if _, ok, err := other.TryLock("x"); ok || err != nil {
			t.Errorf("%s: TryLock %v, %v", name, ok, err)
		}
		cancelled, stop := context.WithCancel(t.Context())
		stop()
		if _, err := other.Lock(cancelled, "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	release()
	for _, other := range []*Home{h, reopen(t, h)} {
		again, ok, err := other.TryLock("x")
		if !ok || err != nil {
			t.Fatalf("after release: %v, %v", ok, err)
		}
		again()
	}
	if _, err := os.Stat(h.Join(lockName("x"))); err != nil {
		t.Errorf("the lock file is gone: %v", err)
	}
}

func reopen(t *testing.T, h *Home) *Home {
	t.Helper()
	other, err := Open(h.Path())
	must(t, err)
	return other
}

func TestLockAcrossProcesses(t *testing.T) {
	h := open(t)
	cmd := start(t, h, "hold")
	if _, ok, err := h.TryLock("held"); ok || err != nil {
		t.Fatalf("TryLock while another process holds: %v, %v", ok, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := h.Lock(ctx, "held")
	wantKind(t, err, Busy)
	must(t, cmd.Process.Kill())
	release, err := h.Lock(t.Context(), "held")
	must(t, err)
	release()
}

func TestUpdatesOfProcessesAddUp(t *testing.T) {
	h := open(t)
	var cmds []*exec.Cmd
	for range 4 {
		cmds = append(cmds, start(t, h, "count"))
	}
	for _, cmd := range cmds {
		must(t, cmd.Wait())
	}
	s, err := h.ReadState()
	must(t, err)
	if s.Current != "80" {
		t.Errorf("counted %s of 80", s.Current)
	}
}

func TestKilledWriterLeavesAWholeFile(t *testing.T) {
	h := open(t)
	for i := range 8 {
		cmd := start(t, h, "write")
		time.Sleep(time.Duration(i) * 3 * time.Millisecond)
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		data, err := h.ReadFile("f")
		must(t, err)
		if len(data) != 50_000 {
			t.Fatalf("%d bytes", len(data))
		}
		for _, b := range data {
			if b != data[0] {
				t.Fatal("a mix of two writes")
			}
		}
	}
}
