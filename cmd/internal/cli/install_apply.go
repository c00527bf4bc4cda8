package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/clientconfig"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// installsFile keeps, in the home, the edits that install made, so that
// uninstall can take them back to the byte. It holds no secret.
const installsFile = "installs.json"

// installed is one edit of a client's file.
type installed struct {
	File    string            `json:"file"`
	Name    string            `json:"name"`
	Created bool              `json:"created"` // the file did not exist before
	Edit    clientconfig.Edit `json:"edit"`
}

// plan is what is to become of a client's file.
type plan struct {
	after   []byte
	remove  bool // the file goes: it was made by install and would be empty
	backup  bool // what is there is kept: the edit cannot be taken back to the byte
	clean   bool // the file is as it was before install ever changed it: no copy is needed
	changes []change
	// list changes the edits that are remembered.
	list func([]installed) []installed
	// holds reports whether a file's content has what was wanted.
	holds func([]byte) bool
}

// install adds the entry to one file, or brings the one that is there up to date.
func (a *app) install(ctx context.Context, f clientFile, e clientconfig.Entry, flags installFlags) ([]change, error) {
	return a.edit(ctx, f, flags.diff, func(data []byte, isNew bool) (plan, error) {
		e, err := a.agreed(f.client, data, e, flags)
		if err != nil {
			return plan{}, err
		}
		done := change{Client: f.client.ID, File: f.path, Name: e.Name, Action: "unchanged"}
		old, before, err := f.client.Find(data, e.Name)
		if err != nil || before && old.Runs(e) {
			return plan{after: data, changes: []change{done}}, err
		}
		p := plan{backup: true, holds: func(now []byte) bool {
			got, found, err := f.client.Find(now, e.Name)
			return err == nil && found && got.Runs(e)
		}}
		// From the file as it was before us, so that everything can be taken back.
		base, rest := data, a.stack(f.path)
		if before {
			base, rest, _ = a.withdraw(f.client, data, rest, []string{e.Name})
		}
		add := f.client.Add
		if flags.force {
			add = f.client.Replace
		}
		edit, err := add(base, e)
		if err != nil {
			return plan{}, err
		}
		p.after = edit.Apply(base)
		done.Action, done.After = "added", f.client.After
		if before {
			done.Action = "changed"
		}
		p.changes = []change{done}
		// An entry that was not of our making: there is nothing to go back to.
		if _, foreign, _ := f.client.Find(base, e.Name); !foreign {
			rest = append(rest, installed{File: f.path, Name: e.Name, Created: isNew || before && len(rest) == 0 && a.created(f.path), Edit: edit})
		}
		p.list = func(list []installed) []installed { return append(forget(list, f.path), rest...) }
		return p, nil
	})
}

// agreed returns the entry as it is to stand in the file, or an error when that would
// replace an entry that starts something else and --force was not given. An entry that
// starts the same under another name is the one that is meant, unless a name was typed.
func (a *app) agreed(c clientconfig.Client, data []byte, e clientconfig.Entry, flags installFlags) (clientconfig.Entry, error) {
	entries, err := c.Entries(data)
	if err != nil {
		return e, err
	}
	same := func(o clientconfig.Entry) bool { return o.Ours() && o.Starts().Same(e.Starts(), a.usualHome()) }
	named := slices.IndexFunc(entries, func(o clientconfig.Entry) bool { return o.Name == e.Name })
	if named < 0 && flags.name == "" {
		if i := slices.IndexFunc(entries, same); i >= 0 {
			e.Name, e.Env = entries[i].Name, entries[i].Env
		}
		return e, nil
	}
	if named < 0 {
		return e, nil
	}
	old := entries[named]
	switch {
	case same(old):
		e.Env = old.Env // what the person added to it stays
	case !old.Ours() && old.Command == e.Command, flags.force:
	case old.Ours():
		return e, fail(exitFailed, a.otherName(entries, e, c), "the entry %q starts %s, not %s", old.Name, old.Starts(), e.Starts())
	default:
		return e, fail(exitFailed, a.otherName(entries, e, c), "there is a server %q already, and it is not mcp-bridge", old.Name)
	}
	return e, nil
}

// otherName is the hint for a name that is taken.
func (a *app) otherName(entries []clientconfig.Entry, e clientconfig.Entry, c clientconfig.Client) string {
	served := e.Starts().Profile
	free := ""
	for n := 2; free == ""; n++ {
		name := clientconfig.NameFor(served)
		if served == "" || name == e.Name {
			name = clientconfig.NameFor(fmt.Sprintf("%s-%d", e.Name, n))
		}
		if n > 9 || !slices.ContainsFunc(entries, func(o clientconfig.Entry) bool { return o.Name == name }) {
			free = name
		}
	}
	words := []string{"mcp-bridge", "install", c.ID}
	if served != "" {
		words = append(words, "--profile", served)
	}
	words = words[:len(words):len(words)]
	return "choose another name with --name, or replace it with --force:\n" + commandLine(append(words, "--name", free)...) + "\n" + commandLine(append(words, "--force")...)
}

// errChanged says that another program wrote the file meanwhile.
var errChanged = errors.New("the file was changed by another program just now")

// edit reads a file, plans and writes, as one step among all programs of this home, and
// again when another program wrote the file at the same time. With dry nothing is
// written.
func (a *app) edit(ctx context.Context, f clientFile, dry bool, make func(data []byte, isNew bool) (plan, error)) ([]change, error) {
	const tries = 20
	path, err := f.place()
	if err != nil {
		return nil, err
	}
	if !dry {
		release, err := a.home.Lock(ctx, "client "+path)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	for range tries {
		data, isNew, err := readClientFile(path)
		if err != nil {
			return nil, err
		}
		p, err := make(data, isNew)
		if err != nil {
			return nil, err
		}
		if !p.remove && bytes.Equal(p.after, data) {
			return p.changes, nil
		}
		for i := range p.changes {
			p.changes[i].DryRun = dry
		}
		if dry {
			p.changes[0].diff = clientconfig.Diff(f.path, data, clientconfig.Edit{Old: string(data), New: string(p.after)})
			return p.changes, nil
		}
		err = a.write(f, path, data, isNew, &p)
		if errors.Is(err, errChanged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return p.changes, a.remember(ctx, p.list)
	}
	return nil, fail(exitFailed, "quit "+f.client.Name+", then run the command again", "%w", errChanged)
}

// write carries a plan out. The error is errChanged when the file is not what was read
// any more, before or after it was written.
func (a *app) write(f clientFile, path string, before []byte, isNew bool, p *plan) error {
	if isNew {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		err := home.CreateAt(path, p.after)
		if errors.Is(err, fs.ErrExist) {
			return errChanged
		}
		return err
	}
	backup := ""
	if p.backup && f.folder == "" { // a project's folder is shared, and the file may hold secrets
		backup = f.path + backupSuffix
		if err := home.ReplaceAt(backup, before, 0o600); err != nil {
			return err
		}
		removeOldBackups(f.path)
	}
	now, _, err := readClientFile(path)
	if err != nil || !bytes.Equal(now, before) {
		return errors.Join(err, errChanged)
	}
	if p.remove {
		err = os.Remove(path)
	} else {
		err = home.ReplaceAt(path, p.after, 0o600)
	}
	if err != nil {
		return err
	}
	if p.clean {
		removeOldBackups(f.path)
		_ = os.Remove(f.path + backupSuffix)
	}
	p.changes[0].Backup = backup
	now, _, err = readClientFile(path)
	if err != nil || !p.holds(now) {
		return errors.Join(err, errChanged)
	}
	return nil
}

// forget returns the list without the edits of a file.
func forget(list []installed, file string) []installed {
	return slices.DeleteFunc(list, func(i installed) bool { return i.File == file })
}

// stack returns the edits of a file that are remembered, in the order in which they were
// made.
func (a *app) stack(file string) []installed {
	return slices.DeleteFunc(a.installs(), func(i installed) bool { return i.File != file })
}

// created reports whether install made the file.
func (a *app) created(file string) bool {
	return slices.ContainsFunc(a.stack(file), func(i installed) bool { return i.Created })
}

func (a *app) installs() []installed {
	var list []installed
	if data, err := a.home.ReadFile(installsFile); err == nil {
		_ = json.Unmarshal(data, &list) // without it uninstall still removes the entry
	}
	return list
}

// remember changes the list of edits under a lock.
func (a *app) remember(ctx context.Context, update func([]installed) []installed) error {
	release, err := a.home.Lock(ctx, installsFile)
	if err != nil {
		return err
	}
	defer release()
	data, err := json.MarshalIndent(update(a.installs()), "", "  ")
	if err != nil {
		return err
	}
	return a.home.WriteFile(installsFile, append(data, '\n'))
}
