package bridge

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
)

// maxUpload is the most bytes of a local file that a tool sends.
const maxUpload = 64 << 20

// fileError is why a local file is not read.
type fileError struct{ message, hint string }

func (e *fileError) Error() string { return e.message }

// Hint says what to do.
func (e *fileError) Hint() string { return e.hint }

// open reads a local file that an argument names: "file:" with a path or an address,
// or a path that begins with a folder of policy.files. Nothing is read outside of
// these folders, through a symbolic link neither.
func (b *Bridge) open(text string) (request.File, bool, error) {
	const longestPath = 4096
	p := b.o.Set.Profile()
	path, named := "", false
	if len(text) <= longestPath {
		path, named = namedFile(text)
	}
	if len(p.Policy.Files) == 0 || !p.Private {
		if !named {
			return request.File{}, false, nil
		}
		hint := "a person may allow a folder in the profile " + b.o.Profile + `: policy.files = ["FOLDER"]`
		if !p.Private {
			hint = "files are read only for a profile that nobody but its owner can write"
		}
		return request.File{}, false, &fileError{"names a local file, and the profile allows none", hint}
	}
	if !named && (len(text) > longestPath || !filepath.IsAbs(text)) {
		return request.File{}, false, nil
	}
	for i := range p.Policy.Files {
		folder := expand(p.Policy.Files[i], p.Dir("policy.files["+strconv.Itoa(i)+"]"))
		if filepath.Clean(path) == folder { // it may look like base64
			return request.File{}, false, &fileError{"names something that is no file", ""}
		}
		if rel, ok := below(folder, path); ok {
			f, err := readBelow(folder, rel)
			if errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(path) {
				continue // in another folder, perhaps
			}
			return f, err == nil, err
		}
	}
	if !named {
		return request.File{}, false, nil // base64 may begin with a slash, too
	}
	return request.File{}, false, &fileError{"names a local file that is in no folder of policy.files", "allowed are files in: " + strings.Join(p.Policy.Files, ", ")}
}

// namedFile returns the path behind "file:". Other text is a path itself, perhaps.
func namedFile(text string) (path string, named bool) {
	rest, ok := strings.CutPrefix(text, "file:")
	if !ok {
		return text, false
	}
	if address, ok := strings.CutPrefix(rest, "//"); ok {
		rest = strings.TrimPrefix(address, "localhost")
		if plain, err := url.PathUnescape(rest); err == nil {
			rest = plain
		}
	}
	if runtime.GOOS == "windows" && len(rest) > 2 && rest[0] == '/' && rest[2] == ':' { // file:///C:/x
		rest = rest[1:]
	}
	return filepath.FromSlash(rest), true
}

// expand returns a folder of a profile as an absolute path.
func expand(folder, base string) string {
	if rest, ok := strings.CutPrefix(folder, "~/"); ok {
		if user, err := os.UserHomeDir(); err == nil {
			folder = filepath.Join(user, rest)
		}
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(base, folder)
	}
	return filepath.Clean(folder)
}

// below returns a path relative to the folder that it is in.
func below(folder, path string) (rel string, ok bool) {
	if !filepath.IsAbs(path) {
		rel = filepath.Clean(path)
		return rel, filepath.IsLocal(rel) && rel != "."
	}
	rel, err := filepath.Rel(folder, filepath.Clean(path))
	return rel, err == nil && filepath.IsLocal(rel) && rel != "."
}

// readBelow reads a regular file in a folder.
func readBelow(folder, rel string) (request.File, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return request.File{}, &fileError{"is in a folder that cannot be read", "check policy.files in the profile: " + folder}
	}
	defer func() { _ = root.Close() }()
	refuse := func(err error) (request.File, error) {
		return request.File{}, fmt.Errorf("names a file that cannot be read: %w", err)
	}
	info, err := root.Stat(rel) // before it is opened: opening a pipe waits for a writer
	if err != nil {
		return refuse(err)
	}
	if !info.Mode().IsRegular() {
		return request.File{}, &fileError{"names something that is no file", ""}
	}
	f, err := root.Open(rel)
	if err != nil {
		return refuse(err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxUpload+1))
	if err != nil {
		return refuse(err)
	}
	if len(data) > maxUpload {
		return request.File{}, &fileError{"names a file of more than " + strconv.Itoa(maxUpload>>20) + " MiB", ""}
	}
	name := filepath.Base(rel)
	return request.File{Name: name, Type: typeOf(name), Data: data}, nil
}

// typeOf is the media type that a file's name says; empty when it says none. The
// system's own table differs from machine to machine.
func typeOf(name string) string {
	ext := strings.ToLower(filepath.Ext(name))
	for _, known := range endings() {
		if known.ending == ext {
			return known.kind
		}
	}
	return ""
}

type ending struct{ ending, kind string }

func endings() []ending {
	return []ending{{".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"}, {".webp", "image/webp"},
		{".svg", "image/svg+xml"}, {".pdf", "application/pdf"}, {".json", "application/json"}, {".xml", "application/xml"}, {".txt", "text/plain"},
		{".csv", "text/csv"}, {".md", "text/markdown"}, {".html", "text/html"}, {".yaml", "application/yaml"}, {".zip", "application/zip"},
		{".gz", "application/gzip"}, {".tar", "application/x-tar"}, {".mp3", "audio/mpeg"}, {".wav", "audio/wav"}, {".ogg", "audio/ogg"},
		{".mp4", "video/mp4"}, {".webm", "video/webm"}, {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}, {".bin", "application/octet-stream"}}
}
