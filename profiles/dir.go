package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/regular"
)

// maxFile is the most bytes of a profile.
const maxFile = 16 << 20

// Dir is the folder of the person's profiles. This file is the only one of the
// package that reads files.
type Dir struct {
	Path string
	// Private is passed on to [Options].
	Private func(file string) (private bool, reason string)

	known map[string]Entry // see Listed
}

// Entry is one file of a Dir.
type Entry struct {
	Name string
	File string
	Err  error // why the profile cannot be used by its name; nil when it can
}

// List returns the profiles in the folder, by name. What they say is not read. A
// folder that does not exist holds none.
func (d Dir) List() ([]Entry, error) {
	files, err := os.ReadDir(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Entry
	first := map[string]string{} // of the names that differ only by case
	for _, f := range files {
		e, ok := d.entry(f.Name(), first)
		if !ok {
			continue
		}
		if e.Err == nil {
			e.Err = checkRegular(e.File)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) }) // petstore before petstore-2
	return out, nil
}

// entry returns what a file of the folder is, without looking at the file; false for what
// is no profile. first keeps the names that came before.
func (d Dir) entry(file string, first map[string]string) (Entry, bool) {
	if !isPath(file) || strings.HasPrefix(file, ".") {
		return Entry{}, false
	}
	e := Entry{Name: NameOf(file), File: filepath.Join(d.Path, file)}
	e.Err = CheckName(e.Name)
	folded := strings.ToLower(e.Name) // the names that are allowed have ASCII letters only
	if other, taken := first[folded]; !taken {
		first[folded] = e.Name
	} else if e.Err == nil {
		e.Err = &NameError{Name: e.Name, Message: "differs only by case from the profile " + quote(other), Type: "rename one of the two files"}
	}
	return e, true
}

// Listed returns a Dir that resolves the names of a listing which List has just made
// without reading the folder again: for what goes through many profiles.
func (d Dir) Listed(entries []Entry) Dir {
	d.known = make(map[string]Entry, len(entries))
	for _, e := range entries {
		d.known[e.Name] = e
	}
	return d
}

// Names returns the names of the profiles that can be used.
func (d Dir) Names() ([]string, error) {
	entries, err := d.List()
	var names []string
	for _, e := range entries {
		if e.Err == nil {
			names = append(names, e.Name)
		}
	}
	return names, err
}

// File returns where the profile of a name stands or would stand.
func (d Dir) File(name string) string { return filepath.Join(d.Path, name+extension) }

// Resolve returns the file and the name of what a person typed: a name, or a path
// that ends in .toml. The error is a *NameError that tells what to type instead,
// or what the file system said.
func (d Dir) Resolve(nameOrPath string) (file, name string, err error) {
	if isPath(nameOrPath) {
		if err := checkRegular(nameOrPath); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return "", "", &NameError{nameOrPath, "there is no such file", "type the name of a profile, or the path of one"}
			}
			return "", "", err
		}
		return nameOrPath, NameOf(nameOrPath), nil
	}
	if e, ok := d.known[nameOrPath]; ok {
		return e.File, e.Name, e.Err
	}
	files, err := os.ReadDir(d.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	first := map[string]string{}
	var names []string
	for _, f := range files {
		e, ok := d.entry(f.Name(), first)
		if ok && e.Name == nameOrPath {
			if e.Err == nil {
				e.Err = checkRegular(e.File) // of this one alone: a folder may have thousands
			}
			return e.File, e.Name, e.Err
		}
		if ok && e.Err == nil {
			names = append(names, e.Name)
		}
	}
	if err := CheckName(nameOrPath); err != nil && !hasSlash(nameOrPath) {
		return "", "", err
	}
	failure := &NameError{nameOrPath, "there is no such profile", nearestName(nameOrPath, names)}
	if hasSlash(nameOrPath) {
		failure.Type = "the path of a profile ends in .toml"
	}
	return "", "", failure
}

func hasSlash(s string) bool { return strings.ContainsAny(s, `/\`) }

// Load resolves what a person typed and loads it. The profile's own errors are
// [Errors].
func (d Dir) Load(nameOrPath string) (*Profile, []Warning, error) {
	file, _, err := d.Resolve(nameOrPath)
	if err != nil {
		return nil, nil, err
	}
	return LoadFile(file, Options{Folder: d.Path, Private: d.Private})
}

// LoadText is Load for a file whose content is, or will be, text. A file of the folder
// itself that is not there yet counts as private.
func (d Dir) LoadText(file string, text []byte) (*Profile, []Warning, error) {
	private := d.Private
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) && filepath.Dir(file) == d.Path {
		private = func(string) (bool, string) { return true, "" }
	}
	return Load(file, text, Options{Folder: d.Path, Private: private, Read: ReadFile})
}

// LoadFile reads file and loads it. Without opts.Read the files that it extends
// are read in the same way.
func LoadFile(file string, opts Options) (*Profile, []Warning, error) {
	if opts.Read == nil {
		opts.Read = ReadFile
	}
	data, err := opts.Read(file)
	if err != nil {
		return nil, nil, err
	}
	return Load(file, data, opts)
}

// ReadFile returns the content of a regular file of at most 16 MiB. The errors are
// those of [regular.Read].
func ReadFile(file string) ([]byte, error) {
	return regular.Read(file, maxFile)
}

// checkRegular reports why file is no regular file.
func checkRegular(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w", file, regular.ErrNotRegular)
	}
	return nil
}
