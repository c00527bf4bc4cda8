//go:build !windows

package keychaintest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	secretsName = "org.freedesktop.secrets"
	secretsPath = "/org/freedesktop/secrets"
	collection  = secretsPath + "/collection/login"
)

// patience bounds everything that the test itself waits for.
const patience = 20 * time.Second

// Service is a private session bus, with GNOME Keyring on it where the state asks
// for it. It ends with the test, also when the test process is killed.
type Service struct {
	// Env is what a child has to find in its environment to meet this service, and
	// no other. The test's own environment is left alone.
	Env []string
	// RunDir is the service's XDG_RUNTIME_DIR; the bus is the socket RunDir/bus.
	RunDir string

	dir string
}

// SecretService is [Start] for tests that need the environment only.
func SecretService(t testing.TB, state State) []string {
	t.Helper()
	return Start(t, state).Env
}

// Start starts a private Secret Service in the given state. It needs dbus-daemon,
// dbus-send and gnome-keyring-daemon; without them the test is skipped, see [Need].
// It works for root too.
func Start(t testing.TB, state State) *Service {
	t.Helper()
	s := newService(t)
	switch state {
	case NoBus:
		return s
	case DeadBus:
		s.deadBus(t)
		return s
	}
	needPrograms(t, "dbus-daemon", "dbus-send")
	s.startBus(t)
	if state == Absent {
		return s
	}
	needPrograms(t, "gnome-keyring-daemon")
	s.startKeyring(t)
	switch state {
	case Unlocked:
	case Locked:
		s.Lock(t)
	case Frozen:
		s.Freeze(t)
	default:
		t.Fatalf("no such state: %s", state)
	}
	return s
}

func newService(t testing.TB) *Service {
	t.Helper()
	// The path of a socket has at most 108 bytes: t.TempDir may be too long.
	dir, err := os.MkdirTemp("", "keyring")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Service{dir: dir, RunDir: filepath.Join(dir, "run")}
	for _, sub := range []string{s.RunDir, filepath.Join(dir, "data")} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.Env = []string{
		"DBUS_SESSION_BUS_ADDRESS=" + s.address(),
		"XDG_RUNTIME_DIR=" + s.RunDir,
		"DISPLAY=", "WAYLAND_DISPLAY=",
	}
	return s
}

func (s *Service) socket() string  { return filepath.Join(s.RunDir, "bus") }
func (s *Service) address() string { return "unix:path=" + s.socket() }

func needPrograms(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		_, err := exec.LookPath(p)
		Need(t, err == nil, p)
	}
}

func (s *Service) deadBus(t testing.TB) {
	t.Helper()
	l, err := net.Listen("unix", s.socket())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }() // when the bus ends, and not before
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
}

// A bus without service folders starts nothing on its own: neither a second
// keyring nor a dialog.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

func (s *Service) startBus(t testing.TB) {
	t.Helper()
	config := filepath.Join(s.dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, s.address()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, os.DevNull, "dbus-daemon", "--nofork", "--nosyslog", "--config-file="+config)
	s.until(t, "the bus to answer", func() bool {
		_, err := s.send(t, "org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetId")
		return err == nil
	})
}

func (s *Service) startKeyring(t testing.TB) {
	t.Helper()
	password := filepath.Join(s.dir, "password") // an empty one makes no keyring
	if err := os.WriteFile(password, []byte("test"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, password, "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	// The daemon takes its name before the keyring is there.
	s.until(t, "the keyring to be unlocked", func() bool {
		out, err := s.send(t, secretsName, collection, "org.freedesktop.DBus.Properties.Get",
			"string:org.freedesktop.Secret.Collection", "string:Locked")
		return err == nil && strings.Contains(out, "boolean false")
	})
}

// Lock locks the keyring. In this state a client gets an answer, and the answer is
// that nobody can be asked for the password.
func (s *Service) Lock(t testing.TB) {
	t.Helper()
	if out, err := s.send(t, secretsName, secretsPath, "org.freedesktop.Secret.Service.Lock", "array:objpath:"+collection); err != nil {
		t.Fatalf("lock the keyring: %v\n%s", err, out)
	}
}

// Freeze stops the keyring's process: calls to it get no answer until Thaw.
func (s *Service) Freeze(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGSTOP)
}

// Thaw lets a frozen keyring go on.
func (s *Service) Thaw(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGCONT)
}

// signal asks the bus for the process id, so it works on a stopped process too.
func (s *Service) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	out, err := s.send(t, "org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetConnectionUnixProcessID", "string:"+secretsName)
	m := regexp.MustCompile(`uint32 (\d+)`).FindStringSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("find the keyring's process: %v\n%s", err, out)
	}
	pid, err := strconv.Atoi(m[1])
	if err == nil {
		err = syscall.Kill(pid, sig)
	}
	if err != nil {
		t.Fatalf("signal the keyring's process: %v", err)
	}
}

// Lookup returns what the keyring holds under the bridge's service name and the
// given account, as secret-tool sees it.
func (s *Service) Lookup(t testing.TB, account string) (text string, found bool) {
	t.Helper()
	needPrograms(t, "secret-tool")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "secret-tool", "lookup", "service", "mcp-bridge", "username", account)
	cmd.Env = append(os.Environ(), s.Env...)
	out, err := cmd.Output()
	return string(out), err == nil
}

func (s *Service) send(t testing.TB, dest, path, method string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	args = append([]string{"--bus=" + s.address(), "--print-reply", "--dest=" + dest, path, method}, args...)
	out, err := exec.CommandContext(ctx, "dbus-send", args...).CombinedOutput()
	return string(out), err
}

// run starts a program that ends with the test. A shell stands between: it kills
// the program when its own standard input ends, which happens even when the test
// process is killed and no cleanup runs.
func (s *Service) run(t testing.TB, stdin string, argv ...string) {
	t.Helper()
	const script = `in=$1; shift
"$@" <"$in" & child=$!
cat >/dev/null
kill -CONT $child; kill -KILL $child; wait $child`
	cmd := exec.Command("sh", append([]string{"-c", script, "sh", stdin}, argv...)...)
	data := filepath.Join(s.dir, "data")
	cmd.Env = append(os.Environ(), s.Env...)
	cmd.Env = append(cmd.Env, "HOME="+s.dir, "XDG_DATA_HOME="+data, "XDG_CONFIG_HOME="+data, "XDG_CACHE_HOME="+data)
	log, err := os.Create(filepath.Join(s.dir, argv[0]+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	leash, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("start %s: %v", argv[0], err)
	}
	t.Cleanup(func() {
		_ = leash.Close()
		_ = cmd.Wait()
	})
}

func (s *Service) until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s\n%s", what, s.logs())
		}
	}
}

func (s *Service) logs() []byte {
	var all bytes.Buffer
	names, _ := filepath.Glob(filepath.Join(s.dir, "*.log"))
	for _, name := range names {
		data, _ := os.ReadFile(name)
		fmt.Fprintf(&all, "%s:\n%s", filepath.Base(name), data)
	}
	return all.Bytes()
}
