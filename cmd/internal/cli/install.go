package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	force bool
}

func (f *installFlags) add(c *cobra.Command) {
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

The entry starts this program. With --profile it is pinned to that profile and named
after it, so that a client can have one entry for each profile; without, it follows
"mcp-bridge use" and is named mcp-bridge. An entry of the same name that starts
something else is replaced only with --force. Every other byte of the file stays as it
is, the file as it was is kept beside it (one copy), and "mcp-bridge uninstall" removes
exactly the entry.

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
			entry, err := a.entry(f, args)
			if err != nil {
				return err
			}
			if f.print {
				return a.printEntries(clients, entry)
			}
			err = a.eachFile(c.Context(), clients, f, func(ctx context.Context, file clientFile) ([]change, error) {
				return a.install(ctx, file, entry, f)
			})
			if !f.diff {
				a.tellLost(entry)
			}
			return err
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.name, "name", "", "the server's name in the client (default: the profile's name, or mcp-bridge without --profile)")
	c.Flags().BoolVar(&f.force, "force", false, "replace an entry of the same name that starts something else")
	c.Flags().BoolVar(&f.print, "print", false, "print what to paste, and change nothing")
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
	a.tellLost(e)
	return nil
}

// clientFile is one file of a client.
type clientFile struct {
	client clientconfig.Client
	path   string
	folder string // of the project whose file it is; empty: the person's own file
}

// change is what became of one entry of a file.
type change struct {
	Client string `json:"client"`
	File   string `json:"file"`
	Name   string `json:"name,omitempty"` // of the entry
	Action string `json:"action"`         // added, changed, unchanged, removed, absent
	DryRun bool   `json:"dryRun,omitempty"`
	Backup string `json:"backup,omitempty"`
	After  string `json:"after,omitempty"`
	diff   string
}

// eachFile runs do for every file of every client and reports. One file that
// fails does not keep the others from being done.
func (a *app) eachFile(ctx context.Context, clients []clientconfig.Client, f installFlags,
	do func(context.Context, clientFile) ([]change, error)) error {
	var changes []change
	var failed []error
	for _, c := range clients {
		files, err := a.files(c, f.scope)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, file := range files {
			done, err := do(ctx, file)
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %s: %w", c.Name, file.path, err))
			}
			changes = append(changes, done...)
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
		a.say("%s", ch)
		if ch.Backup != "" {
			a.say("  the file as it was: %s", ch.Backup)
		}
		if ch.After != "" && !f.diff {
			a.say("  next: %s", ch.After)
		}
	}
}

// String says what became of the entry, or would become of it.
func (ch change) String() string {
	where := ch.Client + ": " + ch.File + " "
	switch {
	case ch.Action == "absent":
		return where + "absent: it has no entry that starts mcp-bridge"
	case !ch.DryRun || ch.Action == "unchanged":
		return fmt.Sprintf("%s%s %q", where, ch.Action, ch.Name)
	}
	return fmt.Sprintf("%swould change: %q would be %s", where, ch.Name, ch.Action)
}

// files returns the files of a client in a scope. For the person's own scope the
// usual file is meant also when it does not exist yet.
func (a *app) files(c clientconfig.Client, scope string) ([]clientFile, error) {
	switch scope {
	case "user":
		files := c.Files(a.world())
		if len(files) == 0 {
			return nil, fail(exitFailed, "see what to add by hand: mcp-bridge install "+c.ID+" --print", "%s has no known place on this system", c.Name)
		}
		if len(files) > 1 { // the app may be there in one form only
			files = slices.DeleteFunc(files, func(f string) bool { return !exists(filepath.Dir(filepath.FromSlash(f))) })
		}
		var out []clientFile
		for _, f := range files {
			out = append(out, clientFile{client: c, path: filepath.FromSlash(f)})
		}
		return out, nil
	case "project":
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		file, ok := c.ProjectFile(dir)
		if !ok {
			return nil, usage("use --scope user", "%s has no project file", c.Name)
		}
		return []clientFile{{client: c, path: filepath.FromSlash(file), folder: dir}}, nil
	}
	return nil, usage("use --scope user or --scope project", "unknown scope %q", scope)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
