package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/clientconfig"
	"github.com/spf13/cobra"
)

func (a *app) uninstallCommand() *cobra.Command {
	var f installFlags
	c := &cobra.Command{
		Use:   "uninstall CLIENT…",
		Short: "Remove the bridge from the configuration of desktop clients",
		Long: `Remove the bridge from the configuration of desktop clients: every entry that starts
this program, whatever its name. --name removes one, --profile those that are pinned to
that profile, --all removes them from every client.`,
		Example:   "  mcp-bridge uninstall cursor\n  mcp-bridge uninstall cursor --name github\n  mcp-bridge uninstall --all --diff",
		ValidArgs: clientconfig.IDs(),
		RunE: func(c *cobra.Command, args []string) error {
			if !f.all {
				if _, err := a.clients(args, false); err != nil {
					return err
				}
			}
			profile := ""
			if c.Flags().Changed("profile") {
				profile = a.profileFlag
			}
			return a.uninstallAll(c.Context(), args, f, profile)
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.name, "name", "", "only the entry of this name")
	return c
}

// uninstallAll removes the entries from the clients that were named, or from every file
// of every client that has one.
func (a *app) uninstallAll(ctx context.Context, ids []string, f installFlags, profile string) error {
	do := func(ctx context.Context, file clientFile) ([]change, error) {
		return a.uninstall(ctx, file, f, profile)
	}
	if !f.all {
		clients, err := a.clients(ids, false)
		if err != nil {
			return err
		}
		return a.eachFile(ctx, clients, f, do)
	}
	var changes []change
	var failed []error
	for _, file := range a.knownFiles() {
		done, err := do(ctx, file)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %s: %w", file.client.Name, file.path, err))
		}
		changes = append(changes, slices.DeleteFunc(done, func(ch change) bool { return ch.Action == "absent" })...)
	}
	a.reportChanges(changes, f)
	if len(changes) == 0 && len(failed) == 0 {
		a.say("no client has an entry that starts mcp-bridge")
	}
	return errors.Join(failed...)
}

// knownFiles returns every file of a client that is there: the person's own, those of
// this folder, and those that install has changed elsewhere.
func (a *app) knownFiles() []clientFile {
	var out []clientFile
	add := func(f clientFile) {
		known := slices.ContainsFunc(out, func(o clientFile) bool { return samePath(o.path, f.path) })
		if !known && exists(f.path) {
			out = append(out, f)
		}
	}
	for _, c := range clientconfig.Clients() {
		for _, scope := range []string{"user", "project"} {
			files, _ := a.files(c, scope) // none: the client has no such file
			for _, f := range files {
				add(f)
			}
		}
	}
	for _, i := range a.installs() {
		for _, c := range clientconfig.Clients() {
			if folder, ok := strings.CutSuffix(filepath.ToSlash(i.File), "/"+c.Project); ok && c.Project != "" {
				add(clientFile{client: c, path: i.File, folder: filepath.FromSlash(folder)})
			}
		}
	}
	return out
}

// uninstall removes entries from one file: to the byte when the inserted text still
// stands there, otherwise the entry as it is now.
func (a *app) uninstall(ctx context.Context, f clientFile, flags installFlags, profile string) ([]change, error) {
	return a.edit(ctx, f, flags.diff, func(data []byte, isNew bool) (plan, error) {
		names, err := a.toRemove(f, data, flags.name, profile)
		if err != nil || len(names) == 0 {
			return plan{after: data, changes: []change{{Client: f.client.ID, File: f.path, Name: flags.name, Action: "absent"}}}, err
		}
		after, rest, exact := a.withdraw(f.client, data, a.stack(f.path), names)
		p := plan{after: after, backup: !exact, clean: exact && len(rest) == 0, list: func(list []installed) []installed { return append(forget(list, f.path), rest...) },
			holds: func(now []byte) bool {
				return !slices.ContainsFunc(names, func(name string) bool { _, found, err := f.client.Find(now, name); return found || err != nil })
			}}
		for _, name := range names {
			edit, _, err := f.client.Remove(p.after, name) // nothing when it is out already
			if err != nil {
				return plan{}, err
			}
			p.after = edit.Apply(p.after)
			p.changes = append(p.changes, change{Client: f.client.ID, File: f.path, Name: name, Action: "removed"})
		}
		p.remove = a.created(f.path) && len(bytes.TrimSpace(p.after)) == 0
		p.changes[len(p.changes)-1].After = f.client.Removed
		return p, nil
	})
}

// toRemove returns the names of the entries that start this program, or the one that was
// named.
func (a *app) toRemove(f clientFile, data []byte, name, profile string) ([]string, error) {
	entries, err := f.client.Entries(data)
	if err != nil {
		return nil, err
	}
	stack := a.stack(f.path)
	made := func(name string) bool {
		return slices.ContainsFunc(stack, func(i installed) bool { return i.Name == name })
	}
	var names []string
	for _, e := range entries {
		switch own := e.Ours() || made(e.Name) || isThisProgram(e.Command); {
		case name != "" && e.Name != name, profile != "" && !a.pinnedTo(e, profile):
		case own:
			names = append(names, e.Name)
		case name != "":
			return nil, fail(exitFailed, "remove it by hand, or name ours with --name", "the server %q is not mcp-bridge", name)
		}
	}
	return names, nil
}

// pinnedTo reports whether an entry is pinned to the profile, with any account, in this
// home.
func (a *app) pinnedTo(e clientconfig.Entry, profile string) bool {
	s := e.Starts()
	here := clientconfig.Start{Home: a.home.Path()}.Same(clientconfig.Start{Home: s.Home}, a.usualHome())
	name, _, _ := strings.Cut(s.Profile, "/")
	return here && (s.Profile == profile || name == profile)
}

// isThisProgram reports whether a command is the program that runs now, under whatever
// name.
func isThisProgram(command string) bool {
	self, err := os.Executable()
	return err == nil && filepath.IsAbs(command) && samePath(self, command)
}

// use is an entry of a client that starts a profile.
type clientUse struct {
	file  clientFile
	entry clientconfig.Entry
}

// usesOf returns the entries of all clients that are pinned to a profile. A file that
// cannot be read has none.
func (a *app) usesOf(profile string) []clientUse {
	var out []clientUse
	for _, f := range a.knownFiles() {
		path, err := f.place()
		if err != nil {
			continue
		}
		data, _, err := readClientFile(path)
		if err != nil {
			continue
		}
		entries, _ := f.client.Entries(data)
		for _, e := range entries {
			if e.Ours() && a.pinnedTo(e, profile) {
				out = append(out, clientUse{f, e})
			}
		}
	}
	return out
}

// tellUses says which clients use a profile that goes.
func (a *app) tellUses(profile string) {
	for _, u := range a.usesOf(profile) {
		words := []string{"mcp-bridge", "uninstall", u.file.client.ID, "--name", u.entry.Name}
		if u.file.folder != "" {
			words = append(words, "--scope", "project")
		}
		a.say("%s uses it: the entry %q in %s; remove that with: %s", u.file.client.Name, u.entry.Name, u.file.path, commandLine(words...))
	}
}
