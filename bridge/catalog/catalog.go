package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	Set *tool.Set
	// Index returns the search index of the set's listed tools, in their order. It is
	// read when it is asked for first; when it is damaged it is made of the set.
	Index func() *search.Index

	broken *atomic.Bool // the search index is damaged
}

// Damaged reports whether a part could not be read, or was not what had been written.
// What is not read is not looked at. Then [Remove] it, compile, and [Write].
func (c *Catalog) Damaged() bool { return c.Set.Damaged() || c.broken != nil && c.broken.Load() }

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
// made of; the set refers to it. Only the beginning of the file is read; the rest when
// it is asked for, each part checked then ([Catalog.Damaged]). entries is as for [Write].
// The error is an *Error, whatever is wrong: there is none, or the file is damaged, cut
// off or of another version. Then compile, and [Write].
func Open(h *home.Home, p *profiles.Profile, identity string, key Key, entries Entries) (*Catalog, error) {
	name := fileName(identity, key)
	c, err := open(p, key, entries, func(at int64, size int) ([]byte, int64, error) { return h.ReadPart(name, at, size) })
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.Join(errNone, fs.ErrNotExist)
	}
	if err != nil {
		return nil, &Error{"open", h.Join(name), err}
	}
	return c, nil
}

// Entries are what a set's tools are found by, in their order.
type Entries func(*tool.Set) []search.Entry

// reader reads up to so many bytes of a catalog from an offset on, and says how long
// it is.
type reader func(at int64, most int) (data []byte, size int64, err error)

// first is how much is read at once for a start: the head of most catalogs is in it.
const first = 8 << 10

func open(p *profiles.Profile, key Key, entries Entries, read reader) (*Catalog, error) {
	start, size, err := read(0, first)
	if err != nil {
		return nil, err
	}
	h, err := decodeHeader(key, start, size)
	if err != nil {
		return nil, err
	}
	part := func(i int) ([]byte, error) {
		data, _, err := read(h.at[i], h.size[i])
		if err == nil && (len(data) != h.size[i] || checksum(data) != h.sum[i]) {
			err = errDamaged
		}
		return data, err
	}
	var head []byte
	if end := headerSize + h.size[headPart]; end <= len(start) {
		if head = start[headerSize:end]; checksum(head) != h.sum[headPart] {
			return nil, errDamaged
		}
	} else if head, err = part(headPart); err != nil {
		return nil, err
	}
	c := &Catalog{broken: &atomic.Bool{}}
	c.Set, err = tool.Unpack(p, tool.Source{Head: head,
		List:  func() ([]byte, error) { return part(listPart) },
		Index: func() ([]byte, error) { return part(indexPart) },
		Details: func(at, size int) ([]byte, error) {
			if at < 0 || size < 0 || at+size > h.size[detailsPart] {
				return nil, errDamaged
			}
			data, _, err := read(h.at[detailsPart]+int64(at), size)
			return data, err
		}})
	if err != nil {
		return nil, err
	}
	c.Index = sync.OnceValue(func() *search.Index {
		data, err := part(searchPart)
		if err == nil {
			if index, err := search.Open(data); err == nil && index.Len() == c.Set.Len() {
				return index
			}
		}
		c.broken.Store(true)
		return search.Build(entries(c.Set))
	})
	return c, nil
}

// ofBytes reads a catalog that is in memory.
func ofBytes(data []byte) reader {
	return func(at int64, most int) ([]byte, int64, error) {
		if at > int64(len(data)) {
			return nil, 0, errDamaged
		}
		return data[at:min(at+int64(most), int64(len(data)))], int64(len(data)), nil
	}
}

// Write keeps a compiled profile for [Open] and removes older catalogs of the same
// profile. The catalog that it returns is never nil: it is the one that the next start
// will open, or, when the error says that it could not be kept, one of the set itself
// and the index of its entries. Several processes may write the same catalog at once;
// an existing file is replaced only when it is no whole catalog.
func Write(h *home.Home, identity string, key Key, set *tool.Set, entries Entries) (*Catalog, error) {
	name := fileName(identity, key)
	var index *search.Index
	var words []byte
	var wordsErr error
	indexed := make(chan struct{})
	go func() { // beside the packing: each takes about as long
		defer close(indexed)
		index = search.Build(entries(set))
		words, wordsErr = index.AppendBinary(nil)
	}()
	tools, err := set.Pack()
	<-indexed
	fail := func(err error) (*Catalog, error) {
		return &Catalog{Set: set, Index: func() *search.Index { return index }}, &Error{"write", h.Join(name), err}
	}
	if err = errors.Join(err, wordsErr); err != nil {
		return fail(err)
	}
	data, err := encode(key, tools, words)
	if err != nil {
		return fail(err)
	}
	if c, err := open(set.Profile(), key, entries, ofBytes(data)); err != nil { // what cannot be opened is not written
		return fail(err)
	} else if err := create(h, name, data); err != nil {
		return c, &Error{"write", h.Join(name), err}
	}
	clean(h, identity, name, kept)
	c, err := Open(h, set.Profile(), identity, key, entries)
	if err != nil {
		return fail(err)
	}
	return c, nil
}

// create writes a file that is not there, or is no whole catalog.
func create(h *home.Home, name string, data []byte) error {
	err := h.CreateFile(name, data)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if existing, err := h.ReadFile(name); err == nil && bytes.Equal(existing, data) {
		return nil // another process was first
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
