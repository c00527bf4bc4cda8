package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/search"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// kept is how many catalogs of one profile stay besides the one just written: another
// version of the program may use one.
const kept = 2

// suffix ends the names of catalogs.
const suffix = ".catalog"

// Catalog is a compiled profile. It is immutable and safe for concurrent use.
type Catalog struct {
	Set   *tool.Set
	Index *search.Index // of the set's listed tools, in their order
}

// Error says why there is no catalog, or why one could not be kept. A catalog can
// always be made again.
type Error struct {
	Op   string // "open" or "write"
	Path string
	Err  error // wraps fs.ErrNotExist when there is none
}

// Error returns operation, path and cause.
func (e *Error) Error() string { return e.Op + " catalog " + e.Path + ": " + e.Err.Error() }

// Hint says what to do.
func (e *Error) Hint() string {
	if e.Op == "write" {
		return "everything works without it, only the start takes longer; look at the folder: is it yours, and is there room?"
	}
	return "it is made again from the profile"
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Open returns the catalog of a profile. identity tells profiles apart: the name, or
// the path of one that is not in the home's folder. p must be the profile that key was
// made of; the set refers to it. Imported tools are not made until they are asked for.
// The error is an *Error, whatever is wrong: there is none, or the file is damaged, cut
// off or of another version. Then compile, and [Write].
func Open(h *home.Home, p *profiles.Profile, identity string, key Key) (*Catalog, error) {
	name := fileName(identity, key)
	data, err := h.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.Join(errNone, fs.ErrNotExist)
	}
	var c *Catalog
	if err == nil {
		c, err = open(p, key, data)
	}
	if err != nil {
		return nil, &Error{"open", h.Join(name), err}
	}
	return c, nil
}

func open(p *profiles.Profile, key Key, data []byte) (*Catalog, error) {
	tools, index, err := decode(key, data)
	if err != nil {
		return nil, err
	}
	c := &Catalog{}
	if c.Set, err = tool.Unpack(p, tools); err != nil {
		return nil, err
	}
	if c.Index, err = search.Open(index); err != nil {
		return nil, err
	}
	if c.Index.Len() != c.Set.Len() {
		return nil, errDamaged
	}
	return c, nil
}

// Write keeps a compiled profile for [Open] and removes older catalogs of the same
// profile. The catalog that it returns is never nil: it is the one that the next start
// will open, or, when the error says that it could not be kept, one of set and index
// themselves. Several processes may write the same catalog at once; an existing file is
// replaced only when it is no whole catalog.
func Write(h *home.Home, identity string, key Key, set *tool.Set, index *search.Index) (*Catalog, error) {
	name := fileName(identity, key)
	asGiven := &Catalog{Set: set, Index: index}
	fail := func(err error) (*Catalog, error) { return asGiven, &Error{"write", h.Join(name), err} }
	tools, err := set.Pack()
	if err != nil {
		return fail(err)
	}
	words, err := index.AppendBinary(nil)
	if err != nil {
		return fail(err)
	}
	data, err := encode(key, tools, words)
	if err != nil {
		return fail(err)
	}
	c, err := open(set.Profile(), key, data)
	if err != nil { // what cannot be opened is not written
		return fail(err)
	}
	if err := create(h, name, set.Profile(), key, data); err != nil {
		return c, &Error{"write", h.Join(name), err}
	}
	clean(h, identity, name, kept)
	return c, nil
}

// create writes a file that is not there, or is no whole catalog.
func create(h *home.Home, name string, p *profiles.Profile, key Key, data []byte) error {
	err := h.CreateFile(name, data)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	existing, err := h.ReadFile(name)
	if err == nil {
		if _, err = open(p, key, existing); err == nil {
			return nil // another process was first
		}
	}
	if err := h.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := h.CreateFile(name, data); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil // another process was first to replace it
}

// Remove removes every catalog of a profile. What cannot be removed stays: nobody will
// open it.
func Remove(h *home.Home, identity string) { clean(h, identity, "", 0) }

// clean removes a profile's catalogs besides the one named, but for the newest.
func clean(h *home.Home, identity, besides string, newest int) {
	entries, err := h.ReadDir(home.CacheDir)
	if err != nil {
		return
	}
	type file struct {
		name string
		time time.Time
	}
	var files []file
	for _, e := range entries {
		name := home.CacheDir + "/" + e.Name()
		if !strings.HasPrefix(e.Name(), prefix(identity)) || !strings.HasSuffix(e.Name(), suffix) || name == besides {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, file{name, info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return b.time.Compare(a.time) })
	for _, f := range files[min(newest, len(files)):] {
		_ = h.Remove(f.name) // a process that has it open on Windows keeps it
	}
}

// prefix begins the names of a profile's catalogs.
func prefix(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:8]) + "-"
}

func fileName(identity string, key Key) string {
	return home.CacheDir + "/" + prefix(identity) + key.String() + suffix
}
