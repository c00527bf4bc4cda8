package oauthflow

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A6: what may be given to a browser.
func TestCheckAddress(t *testing.T) {
	for _, good := range []string{
		"https://as.example/authorize?state=a%20b&x=%22", "https://as.example:8443/", "https://[2001:db8::1]/a", "HTTPS://as.example/",
		"http://127.0.0.1:8080/key/x", "http://[::1]:8080/", "http://localhost:1/", "https://as.example/#f", "https://as.example/it's(1)!$&*+,;=@:~",
		"https://as.example/?" + strings.Repeat("a", 8<<10-len("https://as.example/?")),
	} {
		if err := CheckAddress(good); err != nil {
			t.Errorf("%.60q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", " ", "as.example", "/authorize", "//as.example/", "https:", "https://", "https:///path", "https:as.example", "https://:443/",
		"http://as.example/", "http://127.0.0.2/", "http://127.0.0.1.example/", "http://localhost.example/", "http://10.0.0.1/", "http://2130706433/",
		"javascript:alert(1)", "javascript://as.example/%0aalert(1)", "file:///etc/passwd", "smb://host/share", "ms-msdt:/id", "data:text/html,x",
		"ftp://as.example/", "vscode://x/y", "x-apple.systempreferences:", "-https://as.example/", "--help", "about:blank", "view-source:https://as.example/",
		"https://user@as.example/", "https://user:pass@as.example/", "https://@as.example/", "https://as.example@evil.example/",
		"https://as.example/a b", " https://as.example/", "https://as.example/\n", "https://as.example/\r\nx", "https://as.example/\t", "https://as.example/\x00",
		"https://as.example/\x7f", "https://as.example/é", "https://ａｓ.example/", "https://as.example/\"", "https://as.example/<x>", "https://as.example\\evil",
		"https://as.example/`id`", "https://as.example/{x}", "https://as.example/^|", "https://as.example/%zz", "https://as.example:0/", "https://as.example:99999/",
		"https://as.example:/", "https://as.example:x/", "https://[::1/", "http://[::1%25eth0]/",
		"https://as.example/?" + strings.Repeat("a", 8<<10),
	} {
		err := CheckAddress(bad)
		if kindOf(err) != Unusable {
			t.Errorf("%.60q: %v", bad, err)
		} else if len(bad) > 3 && strings.Contains(err.Error(), bad) {
			t.Errorf("%v repeats the address", err)
		}
	}
}

// What is permitted has one of two schemes, no user, and no character that a shell or
// a terminal would act on beyond those of every address.
func FuzzCheckAddress(f *testing.F) {
	for _, seed := range []string{"https://a.example/", "http://127.0.0.1:1/", "javascript:x", "https://u@h/", "https://h/%0a", "http://[::1]/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if CheckAddress(address) != nil {
			return
		}
		lower := strings.ToLower(address)
		if !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "http://") {
			t.Errorf("scheme of %q", address)
		}
		for _, c := range []byte(address) {
			if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
				t.Errorf("character %q of %q", c, address)
			}
		}
		if authority, _, _ := strings.Cut(address[strings.Index(address, "//")+2:], "/"); strings.Contains(strings.SplitN(authority, "?", 2)[0], "@") && !strings.Contains(authority, "#") {
			t.Errorf("user of %q", address)
		}
	})
}

func TestCommand(t *testing.T) {
	const address = "https://as.example/authorize?a=1&b=$(id)"
	for _, c := range []struct{ words, want []string }{
		{[]string{"firefox", "{url}"}, []string{"firefox", address}},
		{[]string{"firefox"}, []string{"firefox", address}},
		{[]string{"firefox", "--new-window", "{url}"}, []string{"firefox", "--new-window", address}},
		{[]string{"chromium", "--app={url}"}, []string{"chromium", "--app=" + address}},
		{[]string{"b", "{url}", "{url}"}, []string{"b", address, address}},
		{[]string{`C:\Program Files\b.exe`, "{url}"}, []string{`C:\Program Files\b.exe`, address}},
		{[]string{"b", "", "", "{url}"}, []string{"b", "", "", address}},
		{[]string{"b", ";", "rm", "-rf", "{url}"}, []string{"b", ";", "rm", "-rf", address}},
		{[]string{"sh", "open.sh", "{url}"}, []string{"sh", "open.sh", address}},
	} {
		before := slices.Clone(c.words)
		got, err := command(c.words, address)
		if err != nil || !slices.Equal(got, c.want) || !slices.Equal(c.words, before) {
			t.Errorf("%q: %q, %v", c.words, got, err)
		}
	}
	for _, words := range [][]string{
		nil, {""}, {"{url}"}, {"{url}", "--x"}, {"sh", "-c", "firefox {url}"}, {"/bin/bash", "-c", "{url}"}, {"env", "zsh", "-c", "{url}"}, {"sh", "{url}"}, {"sh"},
		{`C:\Windows\System32\cmd.exe`, "/c", "start", "{url}"}, {"powershell", "-c", "{url}"}, {"open.bat", "{url}"}, {"BASH", "-x", "{url}"}, {"osascript", "-e", "{url}"},
	} {
		got, err := command(words, address)
		if kindOf(err) != Configuration {
			t.Errorf("%q: %q, %v", words, got, err)
		}
	}
}

// buffer is a writer that several programs may share.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// program writes a shell script that stands for an opener, and returns its path.
func program(t *testing.T, dir, name, script string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		needs(t, "a shell for programs of the tests")
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

const shown = "https://as.example/authorize?a=1&b=2"

// The person's command gets the address as one word, and prints where it may.
func TestOpenWithTheCommand(t *testing.T) {
	dir := t.TempDir()
	file := program(t, dir, "my browser", `echo "out $# $1 $SEEN"; echo "err" >&2`)
	var out buffer
	err := OpenBrowser(t.Context(), shown, BrowserOptions{Command: []string{file, "{url}"}, Environ: []string{"SEEN=yes", "PATH=" + os.Getenv("PATH")}, Output: &out})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "out 1 "+shown+" yes\n") || !strings.Contains(got, "err\n") {
		t.Errorf("printed %q", got)
	}
	failing := program(t, dir, "failing", "exit 3")
	if _, ok := errors.AsType[*exec.ExitError](OpenBrowser(t.Context(), shown, BrowserOptions{Command: []string{failing}})); !ok {
		t.Error("a failing opener is no error")
	}
	if err := OpenBrowser(t.Context(), shown, BrowserOptions{Command: []string{filepath.Join(dir, "absent")}}); err == nil {
		t.Error("an absent opener is no error")
	}
	if err := OpenBrowser(t.Context(), "file:///etc/passwd", BrowserOptions{Command: []string{program(t, dir, "never", "touch "+dir+"/ran")}}); kindOf(err) != Unusable {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("the opener ran")
	}
}

// The system's opener, by package browser with our environment and by us with another;
// nothing it prints is on standard output.
func TestOpenWithTheSystem(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // the openers of other systems cannot be replaced
	}
	dir := t.TempDir()
	program(t, dir, "xdg-open", `echo "out $# $1 ${HIDDEN:-clean}"; echo err >&2`)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("HIDDEN", "canary")
	without := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "HIDDEN=") })
	for name, c := range map[string]struct {
		environ []string
		says    string
	}{
		"process": {nil, "canary"}, "the same": {os.Environ(), "canary"}, "less": {without, "clean"},
	} {
		t.Run(name, func(t *testing.T) {
			var out buffer
			if err := OpenBrowser(t.Context(), shown, BrowserOptions{Environ: c.environ, Output: &out}); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); !strings.Contains(got, "out 1 "+shown+" "+c.says+"\n") || !strings.Contains(got, "err\n") {
				t.Errorf("printed %q", got)
			}
			if err := OpenBrowser(t.Context(), shown, BrowserOptions{Environ: c.environ}); err != nil {
				t.Errorf("without an output: %v", err)
			}
		})
	}
	t.Setenv("PATH", t.TempDir())
	for _, environ := range [][]string{nil, {"A=b"}} {
		if err := OpenBrowser(t.Context(), shown, BrowserOptions{Environ: environ}); !errors.Is(err, exec.ErrNotFound) {
			t.Errorf("without an opener: %v", err)
		}
	}
}

// An opener that hangs is left alone when the context ends: it may be the browser.
func TestHangingOpenerIsLeft(t *testing.T) {
	dir := t.TempDir()
	gate, done := filepath.Join(dir, "gate"), filepath.Join(dir, "done")
	file := program(t, dir, "hangs", `echo started; while [ ! -e "`+gate+`" ]; do sleep 0.05; done; echo > "`+done+`"`)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	out := &buffer{}
	go func() { result <- OpenBrowser(ctx, shown, BrowserOptions{Command: []string{file}, Output: out}) }()
	for out.String() == "" {
		time.Sleep(time.Millisecond) // until it has started
	}
	cancel()
	select {
	case err := <-result:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	case <-time.After(patience):
		t.Fatal("a hanging opener is waited for")
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if _, err := os.Stat(done); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the opener was ended")
}
