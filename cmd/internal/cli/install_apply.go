package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

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

// install adds the entry to one file, or brings the one that is there up to date.
func (a *app) install(ctx context.Context, c clientconfig.Client, file string, e clientconfig.Entry, dry bool) (change, error) {
	done := change{Client: c.ID, File: file, Action: "unchanged"}
	data, isNew, err := readClientFile(file)
	if err != nil {
		return done, err
	}
	// From the file as it was before us, so that one edit takes everything back.
	base, created := data, isNew
	if r := a.remembered(file, e.Name); r != nil {
		if back, ok := r.Edit.Undo(data); ok {
			base, created = back, r.Created
		}
	}
	edit, err := c.Add(base, e)
	if err != nil {
		return done, err
	}
	after := edit.Apply(base)
	if bytes.Equal(after, data) {
		return done, nil
	}
	_, before, err := c.Find(data, e.Name)
	if err != nil {
		return done, err
	}
	done.Action, done.After = "added", c.After
	if before {
		done.Action = "changed"
	}
	done.diff = clientconfig.Diff(file, data, clientconfig.Edit{Old: string(data), New: string(after)})
	if dry {
		return done, nil
	}
	if done.Backup, err = a.replace(file, data, after, isNew); err != nil {
		return done, err
	}
	if _, still, _ := c.Find(base, e.Name); still {
		return done, nil // an entry that was not of our making: there is nothing to go back to
	}
	return done, a.remember(ctx, func(list []installed) []installed {
		return append(forget(list, file, e.Name), installed{File: file, Name: e.Name, Created: created, Edit: edit})
	})
}

// uninstall takes the entry out of one file: to the byte when the inserted text
// still stands there, otherwise the entry as it is now.
func (a *app) uninstall(ctx context.Context, c clientconfig.Client, file, name string, dry bool) (change, error) {
	done := change{Client: c.ID, File: file, Action: "absent"}
	data, isNew, err := readClientFile(file)
	if err != nil || isNew {
		return done, err
	}
	entry, found, err := c.Find(data, name)
	if err != nil || !found {
		return done, err
	}
	remembered := a.remembered(file, name)
	if !entry.Ours() && remembered == nil {
		return done, fail(exitFailed, "take it out by hand, or name ours with --name", "the server %q is not mcp-bridge", name)
	}
	edit, _, err := c.Remove(data, name)
	if err != nil {
		return done, err
	}
	after := edit.Apply(data)
	if remembered != nil {
		if back, ok := remembered.Edit.Undo(data); ok {
			after = back
		}
	}
	done.Action, done.After = "removed", c.Removed
	done.diff = clientconfig.Diff(file, data, clientconfig.Edit{Old: string(data), New: string(after)})
	if dry {
		return done, nil
	}
	if remembered != nil && remembered.Created && len(bytes.TrimSpace(after)) == 0 {
		err = os.Remove(file)
	} else {
		done.Backup, err = a.replace(file, data, after, false)
	}
	if err != nil {
		return done, err
	}
	return done, a.remember(ctx, func(list []installed) []installed { return forget(list, file, name) })
}

// readClientFile reads a client's file; isNew when there is none.
func readClientFile(file string) (data []byte, isNew bool, err error) {
	data, err = os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true, nil
	}
	return data, false, err
}

// replace writes the new content by rename, after the old one was put beside it,
// and refuses when the file was changed in between.
func (a *app) replace(file string, before, after []byte, isNew bool) (backup string, err error) {
	if isNew {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return "", err
		}
		return "", home.CreateAt(file, after)
	}
	backup = file + "." + time.Now().Format("20060102-150405.000") + ".mcp-bridge.bak"
	if err := home.CreateAt(backup, before); err != nil {
		return "", err
	}
	now, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(now, before) {
		_ = os.Remove(backup)
		return "", fail(exitFailed, "run the command again", "the file was changed by another program just now")
	}
	return backup, home.ReplaceAt(file, after, 0o600)
}

func forget(list []installed, file, name string) []installed {
	var out []installed
	for _, i := range list {
		if i.File != file || i.Name != name {
			out = append(out, i)
		}
	}
	return out
}

func (a *app) installs() []installed {
	var list []installed
	if data, err := a.home.ReadFile(installsFile); err == nil {
		_ = json.Unmarshal(data, &list) // without it uninstall still removes the entry
	}
	return list
}

func (a *app) remembered(file, name string) *installed {
	for _, i := range a.installs() {
		if i.File == file && i.Name == name {
			return &i
		}
	}
	return nil
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
