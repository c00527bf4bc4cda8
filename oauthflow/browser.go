package oauthflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/pkg/browser"
)

// BrowserOptions say how an address is opened.
type BrowserOptions struct {
	// Command is the person's own, `browser` of config.toml: a program and its
	// arguments. {url} in an argument stands for the address; without it the address
	// is the last one. No shell reads it. Empty: the system's browser.
	Command []string
	// Environ is the program's environment; nil: this process's own. On Windows the
	// system's browser gets what the desktop gives it; elsewhere what is missing to
	// find the person's screen and session bus is added.
	Environ []string
	// Output takes what the program prints; nil: nothing does. Standard output belongs
	// to the protocol and must not be given.
	Output io.Writer
	// Keep, unless it is nil, keeps a page that leads to the address where only this
	// user can read it, and returns its absolute path. The program is then given the
	// page's file address: other users may read the command lines of programs.
	Keep func(page []byte) (path string, err error)
}

// OpenBrowser opens an address that CheckAddress permits. It returns when the program
// that does so has ended, which for some browsers is when the person closes them, or
// with ctx's error when ctx ends; the program then goes on, because it may be the
// window in which the person is signing in. Other errors are an *Error of kind
// Configuration for a command that cannot be run, of kind Unusable for the address,
// or an error of os/exec. It is safe for concurrent use.
func OpenBrowser(ctx context.Context, address string, o BrowserOptions) error {
	if err := CheckAddress(address); err != nil {
		return err
	}
	if o.Keep != nil {
		path, err := o.Keep(redirectPage(address))
		if err != nil {
			return fmt.Errorf("keep a page that leads to the address: %w", err)
		}
		address = fileAddress(path)
	}
	open, err := opener(address, o)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- open() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// opener chooses how to open. Package browser runs its programs with the environment
// of this process, as a whole. Where the caller leaves something out of it, as it does
// with credentials, the same programs are run here; on Windows nothing is run, since
// the address goes to the desktop.
func opener(address string, o BrowserOptions) (func() error, error) {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	o.Environ = desktop(o.Environ)
	if len(o.Command) > 0 {
		words, err := command(o.Command, address)
		if err != nil {
			return nil, err
		}
		return func() error { return start(words, o) }, nil
	}
	if runtime.GOOS != "windows" && !sameSet(o.Environ, os.Environ()) {
		for _, program := range openers(runtime.GOOS) {
			if _, err := exec.LookPath(program); err == nil {
				return func() error { return explained(start([]string{program, address}, o), o.Environ) }, nil
			}
		}
		return nil, &exec.Error{Name: strings.Join(openers(runtime.GOOS), ", "), Err: exec.ErrNotFound}
	}
	return func() error {
		system.use(o.Output)
		return explained(browser.OpenURL(address), o.Environ)
	}, nil
}

// explained gives the error of a system's opener its most likely cause.
func explained(err error, environ []string) error {
	if err == nil {
		return nil
	}
	if cause := noScreen(environ); cause != nil {
		return &unseenError{cause, err}
	}
	return fmt.Errorf("the program that opens browsers failed: %w", err)
}

// unseenError is that of an opener that had nowhere to open a window.
type unseenError struct{ why, err error }

func (e *unseenError) Error() string { return e.why.Error() }
func (e *unseenError) Unwrap() error { return e.err }

// openers are the programs that package browser looks for.
func openers(goos string) []string {
	if goos == "darwin" {
		return []string{"open"}
	}
	return []string{"xdg-open", "x-www-browser", "www-browser"}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// start runs a program to its end. It is in a group of its own: the person's Ctrl-C
// to a waiting sign-in must not close their browser.
func start(words []string, o BrowserOptions) error {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = o.Environ, o.Output, o.Output
	apart(cmd)
	return cmd.Run()
}

// system is where package browser's programs print. Its variables are process-wide
// and read without a lock, so they are set once, to a writer that can be turned.
var system = &outlet{}

type outlet struct {
	once sync.Once
	mu   sync.Mutex
	to   io.Writer
}

func (s *outlet) use(w io.Writer) {
	s.mu.Lock()
	s.to = w
	s.mu.Unlock()
	s.once.Do(func() { browser.Stdout, browser.Stderr = s, s })
}

// Write passes on what an opener prints. It never fails: that would end the opener.
func (s *outlet) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to != nil {
		_, _ = s.to.Write(p)
	}
	return len(p), nil
}

const placeholder = "{url}"

// command puts the address into the person's command.
func command(words []string, address string) ([]string, error) {
	if err := runnable(words); err != nil {
		return nil, fail(Configuration, "authorize", fmt.Errorf("browser = %q in config.toml: %w", words, err))
	}
	if !strings.Contains(strings.Join(words[1:], " "), placeholder) {
		return append(slices.Clone(words), address), nil
	}
	words = slices.Clone(words)
	for i := range words[1:] {
		words[i+1] = strings.ReplaceAll(words[i+1], placeholder, address)
	}
	return words, nil
}

// runnable refuses a command that would read the address as a program: a server chose
// it, and nobody has looked at it.
func runnable(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("there is no program in it")
	}
	if strings.Contains(words[0], placeholder) {
		return errors.New("the first word has to be a program, not the address")
	}
	for i, word := range words {
		if reads(word, words[i+1:]) {
			return fmt.Errorf("%s would run parts of the address as commands; name the browser itself", word)
		}
	}
	return nil
}

// reads reports whether a program would read its arguments as commands. A shell that
// runs a script gives it the address as an argument, which is well.
func reads(program string, arguments []string) bool {
	name := strings.ToLower(filepath.Base(strings.ReplaceAll(program, `\`, "/")))
	ext := filepath.Ext(name)
	name = strings.TrimSuffix(name, ".exe")
	switch {
	case ext == ".bat" || ext == ".cmd", slices.Contains([]string{"cmd", "powershell", "pwsh", "osascript"}, name):
		return true
	case slices.Contains([]string{"sh", "bash", "dash", "zsh", "ksh", "fish", "csh", "tcsh", "busybox"}, name):
		return len(arguments) == 0 || strings.HasPrefix(arguments[0], "-") || strings.Contains(arguments[0], placeholder)
	}
	return false
}

// CheckAddress returns nil for an address that may be given to a browser: https, or
// http to 127.0.0.1, [::1] or localhost; written in the characters of RFC 3986 alone,
// without user name or password, of at most 8 KiB. Anything else is an *Error of kind
// Unusable, which does not repeat the address.
func CheckAddress(address string) error {
	if problem := problemOf(address); problem != "" {
		return fail(Unusable, "authorize", errors.New("the address for the browser "+problem))
	}
	return nil
}

func problemOf(address string) string {
	if len(address) > maxAddress {
		return "is longer than " + strconv.Itoa(maxAddress) + " bytes"
	}
	if strings.ContainsFunc(address, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r)
	}) {
		return "has characters that do not belong into one"
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Opaque != "" || outbound.OriginOf(u) == "" && (u.Scheme == "http" || u.Scheme == "https") || strings.HasSuffix(u.Host, ":"):
		return "is not a complete one"
	case u.User != nil:
		return "names a user"
	case u.Scheme == "https":
		return ""
	case u.Scheme != "http":
		return "is neither https nor http to this machine"
	case !outbound.Loopback(u.Hostname()):
		return "is plain http to another machine"
	}
	return ""
}
