package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/regular"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const (
	maxCredential = 64 << 10         // bytes of a file or of a command's output
	commandTime   = 10 * time.Second // the backend needs its share of a call, too
	freshFor      = 5 * time.Second  // a rejected result younger than this is not made again
)

func (r *Resolver) fromEnv(name string) secret.Value {
	for i := len(r.o.Environ) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(r.o.Environ[i], name+"="); ok {
			return secret.New(v)
		}
	}
	return secret.Value{}
}

// fromFile reads a regular file; one line end at its end is not part of it. A
// relative path is relative to the folder of the file that names it.
func fromFile(path, folder string) (secret.Value, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		user, err := os.UserHomeDir()
		if err != nil {
			return secret.Value{}, err
		}
		path = filepath.Join(user, rest)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	data, err := regular.Read(path, maxCredential)
	if err != nil {
		return secret.Value{}, fmt.Errorf("the credential's file: %w", err)
	}
	return one(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), path+" is empty")
}

// folder is where the relative paths of a reference begin: the folder of the file
// that wrote it, which may be one that the profile extends.
func (r *Resolver) folder(ref *profiles.Reference) string {
	for _, at := range r.o.Profile.References() {
		if at.Reference == ref {
			return r.o.Profile.Dir(at.Key)
		}
	}
	return filepath.Dir(r.o.Profile.File)
}

func one(s, empty string) (secret.Value, error) {
	if s == "" {
		return secret.Value{}, errors.New(empty)
	}
	return secret.New(s), nil
}

// commandResult is what a command said, or will say: calls that need it at once
// wait for one run.
type commandResult struct {
	ready chan struct{}
	done  bool
	value secret.Value
	err   error
	at    time.Time
}

// fromCommand returns the first line that a command prints. The result is kept
// until a backend rejects it; a failure is not kept.
func (r *Resolver) fromCommand(ctx context.Context, command []string, folder string) (secret.Value, string, error) {
	key := strings.Join(append([]string{folder}, command...), "\x00")
	r.mu.Lock()
	kept, running := r.commands[key]
	if !running {
		kept = &commandResult{ready: make(chan struct{})}
		r.commands[key] = kept
		// The run outlives the call that started it: others wait for it too.
		go r.run(context.WithoutCancel(ctx), key, kept, command, folder)
	}
	r.mu.Unlock()
	select {
	case <-kept.ready:
		return kept.value, key, kept.err
	case <-ctx.Done():
		return secret.Value{}, "", fmt.Errorf("%s: %w", command[0], ctx.Err())
	}
}

func (r *Resolver) run(ctx context.Context, key string, into *commandResult, command []string, folder string) {
	value, err := r.output(ctx, command, folder)
	r.mu.Lock()
	defer r.mu.Unlock()
	into.value, into.err, into.done, into.at = value, err, true, time.Now()
	if err != nil && r.commands[key] == into {
		delete(r.commands, key)
	}
	close(into.ready)
}

// output runs the command without a shell, in an environment without the other
// credentials, and ends it and what it started at the deadline.
func (r *Resolver) output(ctx context.Context, command []string, folder string) (secret.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, r.commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = ChildEnvironment(r.o.Environ, r.o.Profile)
	cmd.Dir = folder
	cmd.WaitDelay = time.Second
	group(cmd)
	out := &bounded{}
	cmd.Stdout = out
	err := cmd.Run()
	line, _, _ := strings.Cut(string(out.kept), "\n")
	switch {
	case ctx.Err() != nil:
		return secret.Value{}, fmt.Errorf("%s did not answer in %s", command[0], r.commandTime)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // it ended well, and left something running that holds its output
		return secret.Value{}, fmt.Errorf("%s: %w", command[0], err)
	}
	return one(strings.TrimSuffix(line, "\r"), command[0]+" printed nothing")
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ kept []byte }

func (b *bounded) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(maxCredential-len(b.kept), len(p))]...)
	return len(p), nil
}
