package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/demo"
	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	var keep, noBrowser bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole job on this machine, without any account",
		Long: `Show the whole job on this machine, without any account.

It starts a small sample API on loopback and makes a throw-away home and profile;
everything else is done by this very program as a person and a client would do
it: credentials are stored by "login", tools are listed and called over stdio by
"serve". One tool wants a person who has signed in: the API's own sign-in page opens in
the browser, or with --no-browser the demonstration follows its address by itself. In
the end everything is taken away again.`,
		Example: "  mcp-bridge demo\n  mcp-bridge demo --no-browser\n  mcp-bridge demo --keep",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.demo(c.Context(), keep, noBrowser)
		},
	}
	c.Flags().BoolVar(&keep, "keep", false, "leave the sample API and the profile running, and print how to add it to a client")
	c.Flags().BoolVar(&noBrowser, "no-browser", false, "open no browser: the demonstration signs in automatically")
	return c
}

// show is a running demonstration.
type show struct {
	a      *app
	out    io.Writer
	api    *demo.API
	dir    string // the throw-away home
	binary string
	alone  bool // nobody is there to sign in
}

func (a *app) demo(ctx context.Context, keep, noBrowser bool) (err error) {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's own path: %w", err)
	}
	dir, err := os.MkdirTemp("", "mcp-bridge-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	api, err := demo.Start()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, api.Close()) }()
	s := &show{a: a, out: a.sys.Out, api: api, dir: dir, binary: binary, alone: noBrowser || a.noScreen()}
	for _, step := range []func(context.Context) error{s.prepare, s.store, s.serve} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if keep {
		return s.keep(ctx)
	}
	fmt.Fprintln(s.out, "\nDone; the sample API has stopped and its files are gone.\nNext: mcp-bridge add openapi.yaml (or a Higress server.yaml), or mcp-bridge profiles new NAME")
	return nil
}

// run runs this program like a person would, in the throw-away home.
func (s *show) run(ctx context.Context, stdin string, args ...string) (string, error) {
	out, _, err := s.both(ctx, stdin, args...)
	return out, err
}

// say is run for what is said to a person.
func (s *show) say(ctx context.Context, args ...string) (string, error) {
	_, said, err := s.both(ctx, "", args...)
	return said, err
}

func (s *show) both(ctx context.Context, stdin string, args ...string) (stdout, stderr string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary, append(args, "--home", s.dir)...)
	cmd.Env = s.environ()
	cmd.Stdin = strings.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", "", fmt.Errorf("mcp-bridge %s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	return out.String(), said.String(), nil
}

// environ is the environment that clients give to servers, and this client's own
// credential for the passthrough tool.
func (s *show) environ() []string {
	var env []string
	for _, name := range []string{"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "USERPROFILE", "TEMP"} {
		if v := s.a.sys.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// prepare makes the home: a profile, and an encrypted file store so that nothing
// of this stays in the person's keychain.
func (s *show) prepare(ctx context.Context) error {
	fmt.Fprintf(s.out, "1. A sample API      %s\n", s.api.URL())
	profiles := filepath.Join(s.dir, "profiles")
	if err := os.MkdirAll(profiles, 0o700); err != nil {
		return err
	}
	file := filepath.Join(profiles, "library.toml")
	err := errors.Join(os.WriteFile(file, []byte(s.api.Profile()), 0o600),
		os.WriteFile(filepath.Join(s.dir, "config.toml"), s.settings(), 0o600))
	if err != nil {
		return err
	}
	if _, err := s.run(ctx, "", "keychain", "new-key", filepath.Join(s.dir, "key")); err != nil {
		return err
	}
	if _, err := s.run(ctx, "", "check", "library"); err != nil {
		return err
	}
	if _, err := s.run(ctx, "", "use", "library"); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "2. A profile         %s\n", file)
	return nil
}

// settings is config.toml of the throw-away home. The browser is the person's own.
func (s *show) settings() []byte {
	text := "keychain = \"file\"\nkeyFile = \"key\"\n"
	if command := s.a.config.Browser.Command; len(command) > 0 {
		words := make([]string, len(command))
		for i, word := range command {
			words[i] = fmt.Sprintf("%q", word)
		}
		text += "browser = [" + strings.Join(words, ", ") + "]\n"
	}
	return []byte(text)
}

// store gives each scheme its credential by login.
func (s *show) store(ctx context.Context) error {
	fmt.Fprintln(s.out, "3. Credentials       stored encrypted by `mcp-bridge login library --scheme ID --with-token`")
	for _, id := range []string{demo.HeaderKey, demo.QueryKey, demo.CookieKey, demo.BasicUser, demo.Token} {
		if _, err := s.run(ctx, s.api.Credential(id).Reveal()+"\n", "login", "library", "--scheme", id, "--with-token"); err != nil {
			return err
		}
	}
	return nil
}

// serve starts the server as a client does and calls every tool.
func (s *show) serve(ctx context.Context) error {
	env := append(s.environ(), "MCP_BRIDGE_CLIENT_AUTHORIZATION=Bearer "+s.api.Credential(demo.ClientUser).Reveal())
	c, version, err := demo.Connect(ctx, s.binary, []string{"serve", "--no-input", "--home", s.dir}, env, s.a.sys.Err)
	if err != nil {
		return err
	}
	err = s.calls(ctx, c, version)
	return errors.Join(err, c.Close())
}

func (s *show) calls(ctx context.Context, c *demo.Client, version string) error {
	tools, err := c.Tools(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "4. A client          starts `mcp-bridge serve` over stdio, speaks MCP %s and sees %d tools\n", version, len(tools))
	for _, t := range tools {
		mark := "writes"
		if t.Annotations.ReadOnly {
			mark = "reads "
		}
		fmt.Fprintf(s.out, "     %s  %-12s %s\n", mark, t.Name, t.Description)
	}
	fmt.Fprintln(s.out, "5. It calls them; what the API received stands behind >, with each secret masked")
	var failed []error
	for _, step := range demo.Steps() {
		if err := s.call(ctx, c, step); err != nil {
			failed = append(failed, err)
		}
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return s.signInTour(ctx, c)
}

// call makes one call and shows the request that the API received and the result.
func (s *show) call(ctx context.Context, c *demo.Client, step demo.Step) error {
	fmt.Fprintf(s.out, "\n   %s\n   %s %s\n", step.Title, step.Tool, step.Arguments)
	before := s.api.Requests()
	r, err := c.Call(ctx, step.Tool, step.Arguments)
	if err != nil {
		return err
	}
	if s.api.Requests() == before {
		fmt.Fprintln(s.out, "     > nothing was sent")
	} else {
		for _, line := range s.api.Lines(s.api.Last()) {
			fmt.Fprintln(s.out, "     > "+line)
		}
	}
	for _, item := range r.Content {
		text := item.Text
		if item.Type != "text" {
			text = fmt.Sprintf("[%s, %s, %d bytes]", item.Type, item.MIMEType, len(item.Data))
		}
		for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
			fmt.Fprintln(s.out, "     < "+line)
		}
		if s.api.Leaks(text) {
			return fmt.Errorf("the result of %s holds a credential", step.Tool)
		}
	}
	if r.IsError != step.Fails {
		return fmt.Errorf("%s: isError is %v, which was not expected", step.Tool, r.IsError)
	}
	return nil
}

// keep waits until the person has had enough.
func (s *show) keep(ctx context.Context) error {
	fmt.Fprintf(s.out, `
The sample API and the profile stay until you press Ctrl+C. To add them to a client:

  %[1]s install cursor --home %[2]s --profile library --print

To call a tool from another terminal:

  %[1]s call find_books --arg query=sea --home %[2]s
`, s.binary, s.dir)
	<-ctx.Done()
	fmt.Fprintln(s.out, "\nTaking it away.")
	return nil
}
