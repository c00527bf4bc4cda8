package credential

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const (
	maxCredential = 64 << 10         // bytes of a file or of a command's output
	commandTime   = 20 * time.Second // password managers ask for a fingerprint
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
func (r *Resolver) fromFile(path string, scheme *profiles.SecurityScheme) (secret.Value, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		user, err := os.UserHomeDir()
		if err != nil {
			return secret.Value{}, err
		}
		path = filepath.Join(user, rest)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.folder(scheme), path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return secret.Value{}, fmt.Errorf("the credential's file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxCredential {
		return secret.Value{}, fmt.Errorf("%s is not a file of at most %d bytes", path, maxCredential)
	}
	f, err := os.Open(path)
	if err != nil {
		return secret.Value{}, fmt.Errorf("the credential's file: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxCredential))
	if err != nil {
		return secret.Value{}, fmt.Errorf("the credential's file: %w", err)
	}
	return one(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), path+" is empty")
}

// folder is where a scheme's relative paths begin.
func (r *Resolver) folder(scheme *profiles.SecurityScheme) string {
	for i := range r.o.Profile.Server.SecuritySchemes {
		if scheme == &r.o.Profile.Server.SecuritySchemes[i] {
			return r.o.Profile.Dir(fmt.Sprintf("server.securitySchemes[%d]", i))
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
func (r *Resolver) fromCommand(ctx context.Context, command []string) (secret.Value, string, error) {
	key := strings.Join(command, "\x00")
	r.mu.Lock()
	kept, running := r.commands[key]
	if !running {
		kept = &commandResult{ready: make(chan struct{})}
		r.commands[key] = kept
		// The run outlives the call that started it: others wait for it too.
		go r.run(context.WithoutCancel(ctx), key, kept, command)
	}
	r.mu.Unlock()
	select {
	case <-kept.ready:
		return kept.value, key, kept.err
	case <-ctx.Done():
		return secret.Value{}, "", fmt.Errorf("%s: %w", command[0], ctx.Err())
	}
}

func (r *Resolver) run(ctx context.Context, key string, into *commandResult, command []string) {
	value, err := r.output(ctx, command)
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
func (r *Resolver) output(ctx context.Context, command []string) (secret.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = ChildEnvironment(r.o.Environ, r.o.Profile)
	cmd.Dir = filepath.Dir(r.o.Profile.File)
	cmd.WaitDelay = time.Second
	group(cmd)
	out := &bounded{}
	cmd.Stdout = out
	err := cmd.Run()
	line, _, _ := strings.Cut(string(out.kept), "\n")
	switch {
	case ctx.Err() != nil:
		return secret.Value{}, fmt.Errorf("%s did not answer in %s", command[0], commandTime)
	case err != nil:
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

// ChildEnvironment returns the environment for a program that the bridge starts:
// without the variables that the profile takes credentials from, and without the
// client's own credentials.
func ChildEnvironment(environ []string, p *profiles.Profile) []string {
	hidden := map[string]bool{}
	for _, ref := range references(p) {
		if ref != nil && ref.Env != "" {
			hidden[ref.Env] = true
		}
	}
	out := []string{}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !hidden[name] && !strings.HasPrefix(name, "MCP_BRIDGE_CLIENT_") {
			out = append(out, pair)
		}
	}
	return out
}

// references lists every credential reference of a profile.
func references(p *profiles.Profile) []*profiles.Reference {
	var out []*profiles.Reference
	down := func(d *profiles.Downstream) {
		if d != nil {
			out = append(out, d.Credential)
		}
	}
	up := func(s profiles.Security) {
		for _, all := range s {
			for i := range all {
				out = append(out, all[i].Credential)
			}
		}
	}
	for i := range p.Server.SecuritySchemes {
		s := &p.Server.SecuritySchemes[i]
		out = append(out, s.DefaultCredential)
		if s.Client != nil {
			out = append(out, s.Client.Secret)
		}
	}
	down(p.Server.DefaultDownstreamSecurity)
	up(p.Server.DefaultUpstreamSecurity)
	for i := range p.Tools {
		down(p.Tools[i].Security)
		up(p.Tools[i].RequestTemplate.Security)
	}
	return out
}

// Quote quotes a word for a POSIX shell where it needs it, so that a command in a
// hint can be copied.
func Quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@+=,") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
