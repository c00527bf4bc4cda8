package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/clientconfig"
	"github.com/spf13/cobra"
)

// installFlags are what install and uninstall have in common.
type installFlags struct {
	name  string
	scope string
	all   bool
	print bool
	diff  bool
	json  bool
}

func (f *installFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.name, "name", "mcp-bridge", "the server's name in the client")
	c.Flags().StringVar(&f.scope, "scope", "user", "user: the person's own file; project: the file in this folder")
	c.Flags().BoolVar(&f.all, "all", false, "every client that is on this machine")
	c.Flags().BoolVar(&f.diff, "diff", false, "show what would change, and change nothing")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

func (a *app) installCommand() *cobra.Command {
	var f installFlags
	c := &cobra.Command{
		Use:   "install CLIENT…",
		Short: "Add the bridge to the configuration of desktop clients",
		Long: `Add the bridge to the configuration of desktop clients.

The entry starts this binary. Without --profile it follows "mcp-bridge use"; with
--profile it is pinned. Every other byte of the file stays as it is, the file as
it was is kept beside it, and "mcp-bridge uninstall" takes exactly the entry out.

Clients: ` + strings.Join(clientconfig.IDs(), ", "),
		Example: `  mcp-bridge install cursor
  mcp-bridge install claude-desktop --profile github
  mcp-bridge install --all --diff
  mcp-bridge install vscode --scope project --print`,
		ValidArgs: clientconfig.IDs(),
		RunE: func(c *cobra.Command, args []string) error {
			clients, err := a.clients(args, f.all)
			if err != nil {
				return err
			}
			entry, err := a.entry(f)
			if err != nil {
				return err
			}
			if f.print {
				return a.printEntries(clients, entry)
			}
			return a.eachFile(c.Context(), clients, f, func(ctx context.Context, k clientconfig.Client, file string) (change, error) {
				return a.install(ctx, k, file, entry, f.diff)
			})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.print, "print", false, "print what to paste, and change nothing")
	return c
}

func (a *app) uninstallCommand() *cobra.Command {
	var f installFlags
	c := &cobra.Command{
		Use:       "uninstall CLIENT…",
		Short:     "Take the bridge out of the configuration of desktop clients",
		Example:   "  mcp-bridge uninstall cursor\n  mcp-bridge uninstall --all --diff",
		ValidArgs: clientconfig.IDs(),
		RunE: func(c *cobra.Command, args []string) error {
			clients, err := a.clients(args, f.all)
			if err != nil {
				return err
			}
			return a.eachFile(c.Context(), clients, f, func(ctx context.Context, k clientconfig.Client, file string) (change, error) {
				return a.uninstall(ctx, k, file, f.name, f.diff)
			})
		},
	}
	f.add(c)
	return c
}

// clients returns the clients that were named, or with all those on this machine.
func (a *app) clients(ids []string, all bool) ([]clientconfig.Client, error) {
	if all {
		var out []clientconfig.Client
		for _, c := range clientconfig.Clients() {
			if c.Installed(a.world()) {
				out = append(out, c)
			}
		}
		if len(out) == 0 {
			return nil, fail(exitFailed, "name one: "+strings.Join(clientconfig.IDs(), ", "), "no client was found on this machine")
		}
		return out, nil
	}
	if len(ids) == 0 {
		return nil, usage("name one or more of "+strings.Join(clientconfig.IDs(), ", ")+"; or --all", "no client named")
	}
	var out []clientconfig.Client
	for _, id := range ids {
		c, ok := clientconfig.ByID(id)
		if !ok {
			return nil, usage(didYouMean(id, clientconfig.IDs()), "unknown client %q", id)
		}
		out = append(out, c)
	}
	return out, nil
}

// entry is what a client will run. A home other than the usual one has to be
// named, because clients start servers without the person's environment.
func (a *app) entry(f installFlags) (clientconfig.Entry, error) {
	binary, err := os.Executable()
	if err != nil {
		return clientconfig.Entry{}, fmt.Errorf("find this program's own path: %w", err)
	}
	if !serverName(f.name) {
		return clientconfig.Entry{}, usage("use up to 64 letters, digits, - and _", "%q is no name for a server", f.name)
	}
	e := clientconfig.Entry{Name: f.name, Command: stablePath(binary), Args: []string{"serve"}}
	if a.profileFlag != "" {
		ref := a.profileFlag
		if _, _, err := a.resolve(ref); err != nil {
			a.say("warning: %s: the server will not start before that is mended", err)
		}
		if strings.HasSuffix(ref, ".toml") {
			if ref, err = filepath.Abs(ref); err != nil {
				return clientconfig.Entry{}, err
			}
		}
		e.Args = append(e.Args, "--profile", ref)
	}
	if usual, err := os.UserHomeDir(); err != nil || filepath.Join(usual, ".mcp-bridge") != a.home.Path() {
		e.Args = append(e.Args, "--home", a.home.Path())
	}
	return e, nil
}

// serverName reports whether every client takes the name: some put it before the
// names of tools.
func serverName(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

// stablePath prefers a link of the same name on a folder of the PATH that leads
// to this binary: package managers move the binary itself with each version.
func stablePath(binary string) string {
	real, err := filepath.EvalSymlinks(binary)
	if err != nil {
		return binary
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		link := filepath.Join(dir, filepath.Base(binary))
		if !filepath.IsAbs(link) {
			continue
		}
		if to, err := filepath.EvalSymlinks(link); err == nil && to == real {
			return link
		}
	}
	return binary
}

// world is what the places of clients' files depend on.
func (a *app) world() clientconfig.World {
	user, _ := os.UserHomeDir()
	return clientconfig.World{OS: runtime.GOOS, Home: user, Getenv: a.sys.Getenv,
		Glob:   func(p string) []string { m, _ := filepath.Glob(filepath.FromSlash(p)); return m },
		Exists: func(p string) bool { _, err := os.Stat(filepath.FromSlash(p)); return err == nil }}
}

func (a *app) printEntries(clients []clientconfig.Client, e clientconfig.Entry) error {
	for _, c := range clients {
		text, err := c.Snippet(e)
		if err != nil {
			return err
		}
		for _, f := range c.Files(a.world()) {
			fmt.Fprintf(a.sys.Err, "%s: in %s\n", c.Name, filepath.FromSlash(f))
		}
		if _, err := a.sys.Out.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// change is what became of one file.
type change struct {
	Client string `json:"client"`
	File   string `json:"file"`
	Action string `json:"action"` // added, changed, unchanged, removed, absent
	Backup string `json:"backup,omitempty"`
	After  string `json:"after,omitempty"`
	diff   string
}

// eachFile runs do for every file of every client and reports. One file that
// fails does not keep the others from being done.
func (a *app) eachFile(ctx context.Context, clients []clientconfig.Client, f installFlags,
	do func(context.Context, clientconfig.Client, string) (change, error)) error {
	var changes []change
	var failed []error
	for _, c := range clients {
		files, err := a.files(c, f.scope)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, file := range files {
			ch, err := do(ctx, c, filepath.FromSlash(file))
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %s: %w", c.Name, filepath.FromSlash(file), err))
				continue
			}
			changes = append(changes, ch)
		}
	}
	a.reportChanges(changes, f)
	return errors.Join(failed...)
}

func (a *app) reportChanges(changes []change, f installFlags) {
	if f.json {
		if changes == nil {
			changes = []change{}
		}
		_ = printJSON(a.sys.Out, changes)
		return
	}
	for _, ch := range changes {
		if f.diff {
			fmt.Fprint(a.sys.Out, ch.diff)
		}
		fmt.Fprintf(a.sys.Err, "%s: %s %s\n", ch.Client, ch.File, ch.Action)
		if ch.Backup != "" {
			fmt.Fprintf(a.sys.Err, "  as it was: %s\n", ch.Backup)
		}
		if ch.After != "" && !f.diff {
			fmt.Fprintf(a.sys.Err, "  next: %s\n", ch.After)
		}
	}
}

// files returns the files of a client in a scope. For the person's own scope the
// usual file is meant also when it does not exist yet.
func (a *app) files(c clientconfig.Client, scope string) ([]string, error) {
	switch scope {
	case "user":
		files := c.Files(a.world())
		if len(files) == 0 {
			return nil, fail(exitFailed, "see what to add by hand: mcp-bridge install "+c.ID+" --print", "%s has no known place on this system", c.Name)
		}
		if len(files) > 1 { // the app may be there in one form only
			files = slices.DeleteFunc(files, func(f string) bool { return !exists(filepath.Dir(filepath.FromSlash(f))) })
		}
		return files, nil
	case "project":
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		file, ok := c.ProjectFile(dir)
		if !ok {
			return nil, usage("use --scope user", "%s has no project file", c.Name)
		}
		return []string{file}, nil
	}
	return nil, usage("use --scope user or --scope project", "unknown scope %q", scope)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
