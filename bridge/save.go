package bridge

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

// saver returns what puts a binary response into a file in policy.saveTo; nil when
// the profile names no folder.
func (b *Bridge) saver(t *tool.Tool) func(header http.Header, kind string, data []byte) (string, error) {
	p := b.o.Set.Profile()
	if p.Policy.SaveTo == "" {
		return nil
	}
	return func(header http.Header, kind string, data []byte) (string, error) {
		if !p.Private {
			return "", &fileError{"files are written only for a profile that nobody but its owner can write", ""}
		}
		folder := expand(p.Policy.SaveTo, p.Dir("policy.saveTo"))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "", err
		}
		name, err := save(folder, b.mask.String(fileName(t, header, kind)), data)
		return filepath.Join(folder, name), err
	}
}

// save writes a new file, under another name when there is one of that name.
func save(folder, name string, data []byte) (string, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for n := 2; ; n++ {
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) && n < 10_000 {
			name = stem + "-" + strconv.Itoa(n) + ext
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(data)
		if closing := f.Close(); err == nil {
			err = closing
		}
		if err != nil {
			_ = root.Remove(name)
		}
		return name, err
	}
}

// fileName is what the backend calls its file, without anything that leads
// elsewhere; else the tool's name with the ending of the type.
func fileName(t *tool.Tool, header http.Header, kind string) string {
	const most = 100
	name := result.FileName(header)
	name = name[strings.LastIndexAny(name, `/\:`)+1:]
	name = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || strings.ContainsRune(`<>"|?*`, c) {
			return '_'
		}
		return c
	}, strings.ToValidUTF8(name, "_"))
	name = strings.Trim(name, ". ")
	if len(name) > most {
		ext := filepath.Ext(name)
		name = strings.ToValidUTF8(name[:most-min(len(ext), 20)], "") + ext[:min(len(ext), 20)]
	}
	if name == "" || device(name) {
		name = t.Name
		for _, known := range endings() {
			if known.kind == kind {
				return name + known.ending
			}
		}
		name += ".bin"
	}
	return name
}

// device reports names that are no files on Windows.
func device(name string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem = strings.TrimSpace(stem); stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt"))
}
