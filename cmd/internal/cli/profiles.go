package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/catalog"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/spf13/cobra"
)

func (a *app) profilesCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "profiles",
		Aliases: []string{"ls", "list"},
		Short:   "List, show, make, edit and remove profiles",
		Example: "  mcp-bridge profiles\n  mcp-bridge profiles new petstore\n  mcp-bridge profiles edit petstore",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.listProfiles(asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	list := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List the profiles", Example: "  mcp-bridge profiles list --json", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listProfiles(asJSON) }}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	show := &cobra.Command{Use: "show [PROFILE]", Short: "Print a profile's file", Example: "  mcp-bridge profiles show petstore",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error { return a.showProfile(first(args)) }}
	create := &cobra.Command{Use: "new NAME", Short: "Make a profile to start from", Example: "  mcp-bridge profiles new petstore", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.newProfile(c.Context(), args[0]) }}
	edit := &cobra.Command{Use: "edit [PROFILE]", Short: "Open a profile in $VISUAL or $EDITOR, then check it", Example: "  mcp-bridge profiles edit petstore",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeProfiles,
		RunE: func(c *cobra.Command, args []string) error { return a.editProfile(c.Context(), first(args)) }}
	c.AddCommand(list, show, create, edit, a.removeCommand())
	return c
}

func (a *app) removeCommand() *cobra.Command {
	var yes bool
	remove := &cobra.Command{Use: "remove PROFILE", Aliases: []string{"rm"}, Short: "Delete a profile's file; its credentials stay until logout", Example: "  mcp-bridge profiles remove petstore --yes",
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeProfiles,
		RunE: func(c *cobra.Command, args []string) error { return a.removeProfile(c.Context(), args[0], yes) }}
	remove.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return remove
}

// removeAlias is the command by which people of other programs look for `profiles remove`.
func (a *app) removeAlias() *cobra.Command {
	c := a.removeCommand()
	c.Hidden = true
	return c
}

// profileRow is one profile in profiles --json.
type profileRow struct {
	Name        string `json:"name"`
	Path        string `json:"path"`
	Current     bool   `json:"current"`
	Account     string `json:"account"`
	Description string `json:"description"`
	Tools       int    `json:"tools"`
	Problem     string `json:"problem,omitempty"`
}

func (a *app) listProfiles(asJSON bool) error {
	entries, err := session.Dir(a.home).List()
	if err != nil {
		return err
	}
	state, err := a.home.ReadState()
	if err != nil {
		return err
	}
	rows := []profileRow{}
	a.dir = session.Dir(a.home).Listed(entries)
	for _, e := range entries {
		r := profileRow{Name: e.Name, Path: e.File, Current: e.Name == state.Current, Account: session.DefaultAccount}
		if account := state.Accounts[e.Name]; account != "" {
			r.Account = account
		}
		o, _ := a.options(e.Name, "", false)
		if v, err := session.Load(o); err != nil {
			r.Problem, _, _ = strings.Cut(err.Error(), "\n")
		} else {
			r.Description, r.Tools = v.Profile.Description, len(v.Set.Tools())
		}
		rows = append(rows, r)
	}
	if asJSON {
		return printJSON(a.sys.Out, rows)
	}
	var table [][]string
	for _, r := range rows {
		mark, note := " ", r.Description
		if r.Current {
			mark = "*"
		}
		if r.Problem != "" {
			note = "not usable: " + r.Problem
		}
		table = append(table, []string{mark + " " + r.Name, r.Account, count(r.Tools, "tool"), note})
	}
	if len(rows) == 0 {
		a.say("no profiles yet; make one: mcp-bridge add SOURCE, or mcp-bridge profiles new NAME")
	}
	return a.table(table)
}

// fileOf returns the file of the profile that was named, or of the current one.
func (a *app) fileOf(text string) (string, error) {
	o, err := a.options(text, "", true)
	if err != nil {
		return "", err
	}
	name, err := session.Name(o)
	if err != nil {
		return "", err
	}
	file, _, err := session.Dir(a.home).Resolve(name)
	return file, err
}

func (a *app) showProfile(text string) error {
	file, err := a.fileOf(text)
	if err != nil {
		return err
	}
	data, err := profiles.ReadFile(file)
	if err != nil {
		return err
	}
	if f, ok := a.sys.Out.(*os.File); ok && isTerminal(f) {
		data = []byte(plaintext.Show(string(data)))
	}
	_, err = a.sys.Out.Write(data)
	return err
}

func (a *app) newProfile(ctx context.Context, name string) error {
	known, err := session.Dir(a.home).Names()
	if err != nil {
		return err
	}
	if slices.Contains(known, name) {
		return fail(exitFailed, "type another name, or mcp-bridge profiles edit "+name, "there is a profile %q already", name)
	}
	if err := profiles.CheckNewName(name, known); err != nil {
		return err
	}
	if err := a.home.CreateFile(home.ProfilesDir+"/"+name+".toml", profiles.Sample(name)); err != nil {
		return err
	}
	a.say("made %s", session.Dir(a.home).File(name))
	if err := a.adopt(ctx, name); err != nil {
		return err
	}
	a.say("next: mcp-bridge profiles edit %s", name)
	return nil
}

// adopt makes a new profile the current one when there is none.
func (a *app) adopt(ctx context.Context, name string) error {
	return a.home.UpdateState(ctx, func(s *home.State) error {
		if s.Current == "" {
			s.Current = name
			a.say("%s is now the current profile", name)
		}
		return nil
	})
}

func (a *app) editProfile(ctx context.Context, text string) error {
	file, err := a.fileOf(text)
	if err != nil {
		return err
	}
	editor := a.sys.Getenv("VISUAL")
	if editor == "" {
		editor = a.sys.Getenv("EDITOR")
	}
	if a.noInput || editor == "" && !a.canAsk() {
		return usage("edit "+file+", then type: "+strings.TrimSpace("mcp-bridge check "+text), "there is no terminal for an editor")
	}
	if editor == "" {
		editor = "vi"
		if runtime.GOOS == "windows" {
			editor = "notepad"
		}
	}
	words := strings.Fields(editor) // "code --wait" is usual
	cmd := exec.CommandContext(ctx, words[0], append(words[1:], file)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.sys.In, a.sys.Out, a.sys.Err
	if err := cmd.Run(); err != nil {
		return fail(exitFailed, "set EDITOR to your editor, or edit "+file, "%s: %w", editor, err)
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	return a.check(abs, false)
}

func (a *app) removeProfile(ctx context.Context, text string, yes bool) error {
	file, name, err := session.Dir(a.home).Resolve(text)
	if err != nil {
		return err
	}
	if file != session.Dir(a.home).File(name) {
		return usage("delete the file yourself", "%s is not in the folder of profiles", file)
	}
	a.tellUses(name)
	if !yes {
		if !a.canAsk() {
			return usage("to delete it, type: mcp-bridge profiles remove "+name+" --yes", "%s was not deleted: there is nobody to ask", name)
		}
		if ok, err := a.confirm(ctx, "Delete "+file+"?"); err != nil || !ok {
			a.say("nothing was removed")
			return err
		}
	}
	p, _, _ := session.Dir(a.home).Load(name) // nil when it is broken
	if err := os.Remove(file); err != nil {
		return err
	}
	catalog.Remove(a.home, name)
	if p != nil && p.OpenAPI != nil {
		a.dropSpec(p.OpenAPI.Digest)
	}
	err = a.home.UpdateState(ctx, func(s *home.State) error {
		if s.Current == name {
			s.Current = ""
		}
		if s.Previous == name {
			s.Previous, s.PreviousAccount = "", ""
		}
		delete(s.Accounts, name)
		return nil
	})
	if err != nil {
		return err
	}
	a.say("removed %s", file)
	index, err := a.home.ReadIndex()
	if err != nil {
		return err
	}
	for _, e := range index.Entries {
		if e.Profile == name {
			a.say("its credentials are still stored; forget them with: mcp-bridge logout %s --all", name)
			break
		}
	}
	return nil
}
