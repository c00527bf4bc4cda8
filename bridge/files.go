package bridge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/internal/regular"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// maxUpload is the most bytes of a local file that a tool sends.
const maxUpload = 64 << 20

// fileError is why a local file is not read.
type fileError struct{ message, hint string }

func (e *fileError) Error() string { return e.message }

// Hint says what to do.
func (e *fileError) Hint() string { return e.hint }

// open reads a local file that an argument names: by its form ([request.LocalPath]), or
// by a path in a folder of policy.files. Nothing is read outside of these folders,
// through a symbolic link neither. A relative path begins in one of them.
func (b *Bridge) open(text string) (request.File, bool, error) {
	p := b.o.Set.Profile()
	path, named := request.LocalPath(text)
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
	if !named && !filepath.IsAbs(path) {
		return request.File{}, false, nil
	}
	if runtime.GOOS != "windows" && request.IsForeign(path) {
		return request.File{}, false, outside(p)
	}
	path, missing := inHome(filepath.FromSlash(path)), ""
	for i := range p.Policy.Files {
		folder := expand(p.Policy.Files[i], p.Dir("policy.files["+strconv.Itoa(i)+"]"))
		if filepath.Clean(path) == folder { // it may look like base64
			return request.File{}, false, &fileError{"names something that is no file", ""}
		}
		rel, ok := below(folder, path)
		if !ok {
			continue
		}
		f, err := readBelow(folder, rel)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err == nil, err
		}
		missing = rel // there may be another folder
	}
	switch {
	case missing != "":
		return request.File{}, false, &fileError{"names a local file that is not there: no such file " + strconv.Quote(missing),
			"files are looked for in: " + strings.Join(p.Policy.Files, ", ")}
	case !named:
		return request.File{}, false, nil // base64 may begin with a slash, too
	}
	return request.File{}, false, outside(p)
}

func outside(p *profiles.Profile) error {
	return &fileError{"names a local file that is in no folder of policy.files", "allowed are files in: " + strings.Join(p.Policy.Files, ", ")}
}

// inHome returns a path with the person's home folder in place of "~".
func inHome(path string) string {
	if path == "~" || strings.HasPrefix(path, "~"+string(filepath.Separator)) || strings.HasPrefix(path, "~/") {
		if user, err := os.UserHomeDir(); err == nil {
			return filepath.Join(user, path[1:])
		}
	}
	return path
}

// expand returns a folder of a profile as an absolute path.
func expand(folder, base string) string {
	if folder = inHome(folder); !filepath.IsAbs(folder) {
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
	data, err := regular.ReadIn(root, rel, maxUpload)
	if limit, ok := errors.AsType[*regular.LimitError](err); ok {
		return request.File{}, &fileError{"names a file " + limit.Error(), ""}
	}
	if errors.Is(err, regular.ErrNotRegular) {
		return request.File{}, &fileError{"names something that is no file", ""}
	}
	if err != nil {
		return refuse(err)
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
		{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"}, {".odt", "application/vnd.oasis.opendocument.text"},
		{".ods", "application/vnd.oasis.opendocument.spreadsheet"}, {".doc", "application/msword"}, {".xls", "application/vnd.ms-excel"},
		{".ppt", "application/vnd.ms-powerpoint"}, {".rtf", "application/rtf"}, {".epub", "application/epub+zip"}, {".eml", "message/rfc822"},
		{".heic", "image/heic"}, {".avif", "image/avif"}, {".bmp", "image/bmp"}, {".tif", "image/tiff"}, {".tiff", "image/tiff"}, {".ico", "image/vnd.microsoft.icon"},
		{".m4a", "audio/mp4"}, {".aac", "audio/aac"}, {".flac", "audio/flac"}, {".opus", "audio/ogg"}, {".mov", "video/quicktime"}, {".m4v", "video/mp4"},
		{".avi", "video/x-msvideo"}, {".mkv", "video/matroska"}, {".tgz", "application/gzip"}, {".bz2", "application/x-bzip2"}, {".xz", "application/x-xz"},
		{".7z", "application/x-7z-compressed"}, {".htm", "text/html"}, {".css", "text/css"}, {".js", "text/javascript"}, {".tsv", "text/tab-separated-values"},
		{".ics", "text/calendar"}, {".vcf", "text/vcard"}, {".log", "text/plain"}, {".yml", "application/yaml"}, {".toml", "application/toml"},
		{".jsonl", "application/jsonl"}, {".ndjson", "application/x-ndjson"}, {".geojson", "application/geo+json"}, {".wasm", "application/wasm"},
		{".ttf", "font/ttf"}, {".otf", "font/otf"}, {".woff", "font/woff"}, {".woff2", "font/woff2"}, {".parquet", "application/vnd.apache.parquet"},
		{".bin", "application/octet-stream"}}
}
