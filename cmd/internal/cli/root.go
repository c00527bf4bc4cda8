package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/signin"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/regular"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// app is one run of the command line.
type app struct {
	sys         System
	homeFlag    string
	profileFlag string
	noInput     bool
	verbose     bool

	home   *home.Home
	config profiles.Config
	log    *slog.Logger
	tokens *credential.Tokens // what this process remembers of sign-ins
	asked  signin.Asked       // about which sign-ins the client was asked
	dir    profiles.Dir       // a listing of the profiles, for a command that goes through all of them; zero: none
	pages  pages              // that lead browsers to sign-ins of this command
	opened keychain.Store     // what store returned: one that gives no answer is waited for once in a command
}

// Run runs one command line and returns its exit code. It prints what went wrong
// on standard error, with what to type next.
func Run(ctx context.Context, sys System, args []string) int {
	a := &app{sys: sys, tokens: credential.NewTokens()}
	args = a.defaultCommand(args)
	root := a.root(len(args) > 0 && args[0] == serveName)
	root.SetArgs(args)
	ran, err := root.ExecuteContextC(ctx)
	a.close()
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(sys.Err, "mcp-bridge: interrupted")
		return exitStopped
	}
	asJSON, _ := ran.Flags().GetBool("json")
	dryRun, _ := ran.Flags().GetBool("dry-run")
	if asJSON && !dryRun { // a dry run prints the request or nothing: its reader sends it on
		a.reportJSON(err)
	}
	report(sys.Err, err)
	return code(err)
}

// close lets a sign-in that is being renewed reach the keychain: the old one may be
// worth nothing any more.
func (a *app) close() {
	const longest = 900 * time.Millisecond // clients kill what does not end
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	a.tokens.Close(ctx)
	a.pages.remove()
}

// defaultCommand serves when a client starts the program without a command.
func (a *app) defaultCommand(args []string) []string {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") || arg == "-h" || arg == "--help" || arg == "--version" {
			return args
		}
	}
	if a.sys.In != nil && !term.IsTerminal(int(a.sys.In.Fd())) {
		return append([]string{serveName}, args...)
	}
	return args
}

// root makes the commands. A client that starts a server waits for it and for nothing
// else: with onlyServe the others are not made.
func (a *app) root(onlyServe bool) *cobra.Command {
	c := &cobra.Command{
		Use:   "mcp-bridge",
		Short: "Any HTTP API as MCP tools, called as you",
		Long: `mcp-bridge turns an HTTP API into MCP tools for desktop AI clients and calls it as
you: credentials stay in the OS keychain, never in the client's configuration and
never before the model.

Started by a client (standard input is not a terminal) it serves MCP on stdio.

Exit codes: 0 done, 1 failed, 2 usage, 3 invalid profile or document,
4 sign-in needed, 5 backend or network unreachable, 6 keychain unavailable,
130 interrupted.`,
		Example: `  mcp-bridge demo
  mcp-bridge add server.yaml
  mcp-bridge login petstore
  mcp-bridge install claude-desktop cursor`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          a.unknownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return a.open(c)
		},
	}
	if !onlyServe {
		c.Version = a.versionLine()
	}
	c.SetVersionTemplate("{{.Version}}")
	c.SetOut(a.sys.Out)
	c.SetErr(a.sys.Err)
	c.SetIn(a.sys.In)
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("see "+c.CommandPath()+" --help", "%w", err)
	})
	f := c.PersistentFlags()
	f.StringVar(&a.homeFlag, "home", "", "the bridge's folder (MCP_BRIDGE_HOME; usually ~/.mcp-bridge)")
	f.StringVar(&a.profileFlag, "profile", "", "a profile's NAME[/ACCOUNT] or PATH.toml (MCP_BRIDGE_PROFILE)")
	f.BoolVar(&a.noInput, "no-input", false, "never ask and never open a browser")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "say more on standard error")
	if onlyServe {
		c.CompletionOptions.DisableDefaultCmd = true
		c.AddCommand(a.serveCommand())
		usageErrors(c.Commands()[0])
		return c
	}
	c.SetHelpCommand(a.helpCommand())
	c.AddCommand(a.serveCommand(), a.addCommand(), a.checkCommand(), a.toolsCommand(), a.callCommand(),
		a.loginCommand(), a.logoutCommand(), a.statusCommand(), a.useCommand(), a.profilesCommand(),
		a.installCommand(), a.uninstallCommand(), a.keychainCommand(), a.demoCommand(), a.versionCommand(), a.signInCommand(), a.removeAlias())
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
	_ = c.RegisterFlagCompletionFunc("profile", func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		names, _ := a.completeProfiles(c, nil, "")
		return names, cobra.ShellCompDirectiveDefault // or a file
	})
	c.InitDefaultCompletionCmd()
	for _, sub := range c.Commands() {
		if sub.Name() == "completion" {
			sub.Example = "  source <(mcp-bridge completion bash)\n  mcp-bridge completion fish > ~/.config/fish/completions/mcp-bridge.fish"
		}
	}
	return c
}

// usageErrors makes a wrong number of arguments a mistake in the command line.
func usageErrors(c *cobra.Command) {
	check := c.Args
	if check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usage("see "+c.CommandPath()+" --help", "%s", argumentsProblem(c, args, err))
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
}

// argumentsProblem says which argument is missing or too many. A command's Use line
// names them in capitals.
func argumentsProblem(c *cobra.Command, args []string, err error) string {
	var failed *failure
	if errors.As(err, &failed) {
		return err.Error()
	}
	names := strings.Fields(strings.TrimSuffix(c.Use, " [flags]"))[1:]
	switch {
	case len(names) > len(args):
		return strings.Join(names[len(args):], " ") + " is missing"
	case len(args) > len(names):
		return fmt.Sprintf("unexpected argument %q", args[len(names)])
	}
	return err.Error()
}

func (a *app) unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return usage(didYouMean(args[0], names), "unknown command %q", args[0])
}

// helpCommand prints the help of a command, and refuses one that there is not.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Help about a command",
		Example: "  mcp-bridge help add",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if of, _, err := c.Root().Find(args); err == nil {
				for _, sub := range of.Commands() {
					if !sub.Hidden {
						names = append(names, sub.Name()+"\t"+sub.Short)
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			of, rest, err := c.Root().Find(args)
			if err != nil || of == c.Root() && len(args) > 0 {
				return a.unknownCommand(c.Root(), args)
			}
			if of.HasSubCommands() && len(rest) > 0 {
				return a.unknownCommand(of, rest)
			}
			return of.Help()
		},
	}
}

// didYouMean is a hint for a word that is none of those known.
func didYouMean(word string, known []string) string {
	if near := plaintext.Nearest(word, known); near != "" {
		return "did you mean " + near + "?"
	}
	return "there are: " + strings.Join(known, ", ")
}

// open finds the home and reads the settings. Nothing is created.
func (a *app) open(c *cobra.Command) error {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	}
	a.log = slog.New(slog.NewTextHandler(a.sys.Err, &slog.HandlerOptions{Level: level, ReplaceAttr: withoutTime}))
	if a.profileFlag == "" {
		a.profileFlag = a.sys.Getenv("MCP_BRIDGE_PROFILE")
	}
	path, err := home.Locate(a.homeFlag, a.sys.Getenv, os.UserHomeDir)
	if err != nil && !needsNoHome(c) {
		return err
	}
	if a.home, err = home.Open(path); err != nil {
		if needsNoHome(c) {
			return nil
		}
		return fail(exitKeychain, "", "%w", err)
	}
	a.pages.home = a.home
	data, file, err := a.home.ReadConfig()
	if needsNoHome(c) {
		return nil
	}
	if err != nil {
		return err
	}
	if a.config, err = profiles.ParseConfig(file, data); err != nil {
		return fail(exitInvalid, "", "%w", err)
	}
	return nil
}

// needsNoHome reports whether a command works whatever the home and its settings
// are like.
func needsNoHome(c *cobra.Command) bool {
	for ; c.HasParent(); c = c.Parent() {
		if c.Name() == "version" || c.Name() == "completion" || c.Name() == "help" {
			return true
		}
	}
	return false
}

// withoutTime leaves the time out of logs: clients add their own.
func withoutTime(_ []string, attr slog.Attr) slog.Attr {
	if attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}

// options are what a session of this command needs. ref is the positional
// argument, which wins over --profile.
func (a *app) options(ref, account string, followProject bool) (session.Options, error) {
	if ref == "" {
		ref = a.profileFlag
	}
	if ref == "" && followProject {
		name, err := a.projectProfile()
		if err != nil {
			return session.Options{}, err
		}
		ref = name
	}
	store, err := a.store()
	if err != nil {
		return session.Options{}, err
	}
	return session.Options{Home: a.home, Pinned: ref, Account: account, Config: a.config, Environ: a.sys.Environ,
		Version: a.sys.Version(), Logger: a.log, Store: store, Tokens: a.tokens, Dir: a.dir}, nil
}

// sessionOptions are those that need no profile and no keychain.
func (a *app) sessionOptions() session.Options {
	return session.Options{Home: a.home, Config: a.config, Environ: a.sys.Environ, Version: a.sys.Version(), Logger: a.log}
}

// projectProfile returns the profile that .mcp-bridge.toml of this folder names.
func (a *app) projectProfile() (string, error) {
	const file, most = ".mcp-bridge.toml", 64 << 10
	data, err := regular.Read(file, most)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fail(exitInvalid, "remove "+file+" from this folder, or name a profile with --profile", "%w", err)
	}
	p, err := profiles.ParseProject(file, data)
	if err != nil {
		return "", fail(exitInvalid, "", "%w", err)
	}
	return p.Profile, nil
}

// view opens the profile that a command is about.
func (a *app) view(ref, account string) (*session.View, error) {
	o, err := a.options(ref, account, true)
	if err != nil {
		return nil, err
	}
	return session.Load(o)
}

// say tells a person something.
func (a *app) say(format string, args ...any) {
	fmt.Fprintln(a.sys.Err, plaintext.Show(fmt.Sprintf(format, args...)))
}
