package home

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/mcp-bridge/mcp-bridge/internal/regular"
)

// maxFile bounds what ReadFile reads into memory.
const maxFile = 64 << 20

// maxConfig is the most bytes of config.toml.
const maxConfig = 1 << 20

// ReadFile returns the content of the file with that relative name. The error
// wraps fs.ErrNotExist when the file or the home is absent; it has Kind Symlink
// when a link stands anywhere below the home on the way to it.
func (h *Home) ReadFile(rel string) ([]byte, error) {
	var data []byte
	err := h.within("read", rel, false, func(root *os.Root, name string) error {
		var err error
		data, err = regular.ReadIn(root, name, maxFile)
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// ReadPart returns up to most bytes of the file with that relative name from the
// offset at on, and the file's size. The errors are those of ReadFile, and io.EOF
// within one when the file ends before at.
func (h *Home) ReadPart(rel string, at int64, most int) (data []byte, size int64, err error) {
	err = h.within("read", rel, false, func(root *os.Root, name string) error {
		f, err := regular.OpenIn(root, name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if size = info.Size(); at < 0 || most < 0 || at > size {
			return io.EOF
		}
		data = make([]byte, min(int64(most), size-at))
		_, err = io.ReadFull(io.NewSectionReader(f, at, int64(len(data))), data)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return data, size, nil
}

// WriteFile creates or replaces the file with that relative name, mode 0600, and
// makes the folders on the way, mode 0700. It is atomic and durable: at any
// moment, also after a crash, a reader sees the old content or the new one.
// Existing links are refused, never followed or replaced.
func (h *Home) WriteFile(rel string, data []byte) error {
	return h.within("write", rel, true, func(root *os.Root, name string) error {
		if err := root.MkdirAll(filepath.Dir(name), dirPerm); err != nil {
			return err
		}
		h.sweepAll(root)
		sweep(root, filepath.Dir(name), isTemp)
		return replaceFile(root, name, data, filePerm)
	})
}

// CreateFile is WriteFile for a file that must not exist yet: otherwise the error
// wraps fs.ErrExist and the existing file is untouched. Of several concurrent
// calls, in any processes, exactly one succeeds.
func (h *Home) CreateFile(rel string, data []byte) error {
	return h.within("create", rel, true, func(root *os.Root, name string) error {
		if err := root.MkdirAll(filepath.Dir(name), dirPerm); err != nil {
			return err
		}
		h.sweepAll(root)
		sweep(root, filepath.Dir(name), isTemp)
		return createFile(root, name, data, filePerm)
	})
}

// sweepAll sweeps the home and the folders in it, once in the life of a process: most
// folders are seldom written to.
func (h *Home) sweepAll(root *os.Root) {
	h.swept.Do(func() {
		sweep(root, ".", isTemp)
		entries, _ := fs.ReadDir(root.FS(), ".") // none: nothing to sweep
		for _, e := range entries {
			if e.IsDir() {
				sweep(root, e.Name(), isTemp)
			}
		}
	})
}

// Remove deletes the file (or empty folder) with that relative name. The error
// wraps fs.ErrNotExist when there is none.
func (h *Home) Remove(rel string) error {
	return h.within("remove", rel, false, func(root *os.Root, name string) error {
		return retryBusy(func() error { return root.Remove(name) })
	})
}

// ReadDir lists the folder with that relative name, sorted by name, without the
// temporary files of writes in progress. An absent folder or home is an empty list.
func (h *Home) ReadDir(rel string) ([]fs.DirEntry, error) {
	var list []fs.DirEntry
	err := h.within("list", rel, false, func(root *os.Root, name string) error {
		entries, err := fs.ReadDir(root.FS(), filepath.ToSlash(name))
		for _, e := range entries {
			if !isTemp(e.Name()) {
				list = append(list, e)
			}
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return list, err
}

// ReadConfig returns the bytes of config.toml and its path. The bytes are nil
// when there is no such file. Other than the bridge's own files it may be a
// symbolic link: people keep their settings elsewhere. It names programs, proxies and
// certificates, so one that another user owns or can write is an error of Kind NotPrivate,
// and so is a home that another user can write.
func (h *Home) ReadConfig() ([]byte, string, error) {
	file := h.Join(ConfigFile)
	data, err := regular.Read(file, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, file, nil
	}
	if err == nil {
		if ok, reason := OwnedAndPrivate(h.path); !ok {
			return nil, file, &Error{Kind: NotPrivate, Op: "read", Path: h.path, Err: errors.New(reason)}
		}
		if ok, reason := OwnedAndPrivate(file); !ok {
			return nil, file, &Error{Kind: NotPrivate, Op: "read", Path: file, Err: errors.New(reason)}
		}
	}
	if err != nil {
		return nil, file, &Error{Kind: Unusable, Op: "read", Path: file, Err: cause(err)}
	}
	return data, file, nil
}

// within runs one access below the home, with rel checked and every error as *Error.
func (h *Home) within(op, rel string, create bool, access func(*os.Root, string) error) error {
	name := filepath.FromSlash(path.Clean(rel))
	if !filepath.IsLocal(name) || (name == "." && op != "list") {
		return &Error{Kind: Outside, Op: op, Path: rel}
	}
	root, err := h.root(create)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if link := firstLink(root, name); link != "" {
		return &Error{Kind: Symlink, Op: op, Path: filepath.Join(h.path, link)}
	}
	if err := access(root, name); err != nil {
		return &Error{Kind: Unusable, Op: op, Path: filepath.Join(h.path, name), Err: cause(err)}
	}
	return nil
}

// firstLink returns the first symbolic link on the way to name, or "". os.Root
// already keeps links from leading out; this names the culprit, and refuses
// links that stay inside.
func firstLink(root *os.Root, name string) string {
	var names []string
	for dir := name; dir != "."; dir = filepath.Dir(dir) {
		names = append(names, dir)
	}
	for i := len(names) - 1; i >= 0; i-- {
		info, err := root.Lstat(names[i])
		if err != nil {
			return ""
		}
		if isLink(info) {
			return names[i]
		}
	}
	return ""
}

// cause drops the path that package os repeats in its errors.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
