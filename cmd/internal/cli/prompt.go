package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"golang.org/x/term"
)

// maxSecret bounds what is read as a credential, in bytes.
const maxSecret = 64 << 10

// readSecret reads a credential from standard input up to its end; one line end
// at the end is not part of it.
func (a *app) readSecret() (secret.Value, error) {
	data, err := io.ReadAll(io.LimitReader(a.sys.In, maxSecret+1))
	if err != nil {
		return secret.Value{}, fmt.Errorf("read the credential from standard input: %w", err)
	}
	if len(data) > maxSecret {
		return secret.Value{}, fail(exitFailed, "", "the credential on standard input is larger than %d bytes", maxSecret)
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return secret.Value{}, fail(exitFailed, "pipe the credential in, for example: printf %s \"$TOKEN\" | mcp-bridge login … --with-token", "standard input holds no credential")
	}
	return secret.New(text), nil
}

// ask asks a person for one line. With echo false the answer is not shown.
func (a *app) ask(ctx context.Context, question string, echo bool) (string, error) {
	fmt.Fprint(a.sys.Err, question)
	type answer struct {
		text string
		err  error
	}
	fd := int(a.sys.In.Fd())
	before, stateErr := term.GetState(fd)
	done := make(chan answer, 1)
	go func() {
		if echo {
			line, err := bufio.NewReader(a.sys.In).ReadString('\n')
			done <- answer{strings.TrimRight(line, "\r\n"), err}
			return
		}
		line, err := term.ReadPassword(fd)
		fmt.Fprintln(a.sys.Err)
		done <- answer{string(line), err}
	}()
	select {
	case got := <-done:
		if got.err == io.EOF && got.text == "" { // Ctrl+D is no answer, not even an empty one
			return "", fail(exitFailed, "run the command again", "the input ended before an answer")
		}
		if got.err != nil && got.err != io.EOF {
			return "", fmt.Errorf("read the answer: %w", got.err)
		}
		return got.text, nil
	case <-ctx.Done():
		if stateErr == nil {
			_ = term.Restore(fd, before) // an interrupted prompt must not leave the terminal mute
		}
		fmt.Fprintln(a.sys.Err)
		return "", context.Canceled
	}
}

// confirm asks a yes-or-no question; anything but yes is no.
func (a *app) confirm(ctx context.Context, question string) (bool, error) {
	text, err := a.ask(ctx, question+" [y/N] ", true)
	if err != nil {
		return false, err
	}
	text = strings.ToLower(strings.TrimSpace(text))
	return text == "y" || text == "yes", nil
}

// canAsk reports whether questions are allowed and somebody is there.
func (a *app) canAsk() bool { return !a.noInput && a.sys.interactive() }

// isTerminal reports whether f is a terminal.
func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
