package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/regular"
)

// maxClientFile is the most bytes of a client's file.
const maxClientFile = 64 << 20

// backupSuffix ends the name of the one copy of a client's file that is kept beside it.
const backupSuffix = ".mcp-bridge.bak"

// datedBackup is what the copies of earlier versions had between the file's name and the
// suffix.
var datedBackup = regexp.MustCompile(`^\.[0-9]{8}-[0-9]{6}\.[0-9]{3}$`)

// readClientFile reads a client's file; isNew when there is none.
func readClientFile(path string) (data []byte, isNew bool, err error) {
	data, err = regular.Read(path, maxClientFile)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err == nil {
			return nil, false, fail(exitFailed, "remove the link, or make the file that it leads to", "%s is a symbolic link to a file that does not exist", path)
		}
		return nil, true, nil
	}
	return data, false, err
}

// place returns where the file is. A file of a project that leads out of the project's
// folder is refused: whoever made the project would decide which file of the person is
// changed, or shown.
func (f clientFile) place() (string, error) {
	if f.folder == "" {
		return f.path, nil
	}
	folder, err := filepath.EvalSymlinks(f.folder)
	if err != nil {
		return "", err
	}
	there, missing := f.path, ""
	for {
		if _, err := os.Lstat(there); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		there, missing = filepath.Dir(there), filepath.Join(filepath.Base(there), missing)
	}
	real, err := filepath.EvalSymlinks(there)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fail(exitFailed, "remove it, then run the command again", "%s is a symbolic link that leads nowhere", there)
	}
	if err != nil {
		return "", err
	}
	if real != folder && !strings.HasPrefix(real, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator)) {
		return "", fail(exitFailed, "remove the link, or use --scope user", "%s leads out of this folder, to %s", there, real)
	}
	return filepath.Join(real, missing), nil
}

// removeOldBackups removes the copies that earlier versions made with each change.
func removeOldBackups(file string) {
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), filepath.Base(file))
		date, old := strings.CutSuffix(rest, backupSuffix)
		if ok && old && datedBackup.MatchString(date) && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(filepath.Dir(file), e.Name()))
		}
	}
}
