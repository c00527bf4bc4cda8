package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/demo"
)

// patience is how long the demonstration waits for a person at the browser before
// it goes on by itself.
const patience = 2 * time.Minute

// noScreen reports that nobody would see a browser window.
func (a *app) noScreen() bool {
	if a.noInput || a.config.Browser.None || !a.sys.errTerminal() {
		return true
	}
	unix := runtime.GOOS != "windows" && runtime.GOOS != "darwin"
	return unix && a.sys.Getenv("DISPLAY") == "" && a.sys.Getenv("WAYLAND_DISPLAY") == ""
}

// signInTour signs in, calls as the person, lets the token expire, and signs out.
func (s *show) signInTour(ctx context.Context, c *demo.Client) error {
	fmt.Fprintln(s.out, "\n6. One tool requires a person who has signed in; nobody has yet")
	if err := s.call(ctx, c, demo.Step{Title: "what the model is told", Tool: demo.Shelf, Arguments: []byte("{}"), Fails: true}); err != nil {
		return err
	}
	if err := s.login(ctx); err != nil {
		return err
	}
	if err := s.call(ctx, c, demo.Step{Title: "the server that is running goes on, with the token", Tool: demo.Shelf, Arguments: []byte("{}")}); err != nil {
		return err
	}
	if err := s.expire(ctx, c); err != nil {
		return err
	}
	status, err := s.run(ctx, "", "status", "--profile", "library")
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "\n9. `mcp-bridge status`")
	for line := range strings.Lines(status) {
		if strings.Contains(line, "PROFILE") || strings.Contains(line, demo.SignIn) {
			fmt.Fprint(s.out, "     < "+line)
		}
	}
	said, err := s.say(ctx, "logout", "library", "--scheme", demo.SignIn)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "10. `mcp-bridge logout library --scheme %s`\n     < %s\n", demo.SignIn, strings.TrimSpace(said))
	return s.call(ctx, c, demo.Step{Title: "the server notices", Tool: demo.Shelf, Arguments: []byte("{}"), Fails: true})
}

// expire waits until the access token has expired and calls again.
func (s *show) expire(ctx context.Context, c *demo.Client) error {
	fmt.Fprintf(s.out, "\n8. The access token lives %s. It expires …\n", s.api.TokenLife())
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.api.TokenLife() + 200*time.Millisecond):
	}
	before := s.api.Renewals()
	if err := s.call(ctx, c, demo.Step{Title: "… and the next call renews it without anybody noticing", Tool: demo.Shelf, Arguments: []byte("{}")}); err != nil {
		return err
	}
	renewed := s.api.Renewals() - before
	fmt.Fprintf(s.out, "     (the authorization server renewed %d token)\n", renewed)
	if renewed != 1 {
		return fmt.Errorf("the token was renewed %d times, not once", renewed)
	}
	return nil
}

// login runs `mcp-bridge login` and shows what it says. A person signs in at the
// page that it opens; with nobody there the demonstration follows the address.
func (s *show) login(ctx context.Context) error {
	args := []string{"login", "library"}
	if s.alone {
		args = append(args, "--no-browser")
	}
	fmt.Fprintf(s.out, "\n7. Signing in         `mcp-bridge %s`\n", strings.Join(args, " "))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary, append(args, "--home", s.dir)...)
	cmd.Env = s.environ()
	if !s.alone {
		cmd.Env = s.a.sys.Environ // the browser needs the screen
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	visited := s.follow(ctx, said)
	return errors.Join(cmd.Wait(), <-visited)
}

// follow shows what login says, and follows the address in it when nobody else does.
// The result is there when login has ended.
func (s *show) follow(ctx context.Context, said io.Reader) <-chan error {
	done := make(chan error, 1)
	visit := make(chan error, 1)
	lines := bufio.NewScanner(said)
	found := false
	for lines.Scan() {
		fmt.Fprintln(s.out, "     < "+lines.Text())
		address := strings.TrimSpace(lines.Text())
		if found || !strings.HasPrefix(address, "http") {
			continue
		}
		found = true
		wait := patience
		if s.alone {
			wait = 0
		}
		go func() {
			select {
			case <-ctx.Done():
			case <-done: // somebody has signed in
			case <-time.After(wait):
				visit <- s.api.Visit(ctx, address)
				return
			}
			visit <- nil
		}()
	}
	if !found {
		visit <- nil
	}
	close(done)
	return visit
}
