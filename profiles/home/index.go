package home

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// The kinds of credential that an Entry names.
const (
	KindStatic = "static" // an API key, a password, a fixed token
	KindOAuth  = "oauth"  // what a sign-in gave
)

// Entry says that one credential record exists. It holds no secret.
type Entry struct {
	Key     string          // the record's name in the keychain, unique in the index
	Profile string          // the profile it was stored for
	Scheme  string          // id of the security scheme
	Record  string          // what distinguishes records of one scheme, such as "tool:NAME"
	Account string          // the account's label
	Kind    string          // KindStatic or KindOAuth
	Store   string          // name of the store that holds it: "os" or "file"
	Origins []string        // API origins that it may be sent to
	Updated time.Time       // when the record was written, in UTC, to the second
	Extra   json.RawMessage // what the owner of the record adds; a JSON value or nil

	unknown object
}

// Index is the content of credentials.json: keychains cannot list what they hold.
type Index struct {
	Entries []Entry // sorted by profile, scheme, record, account and key when read

	home    string // path of the home that wrote it
	unknown object
}

// Find returns a copy of the entry with that key.
func (x *Index) Find(key string) (Entry, bool) {
	for i := range x.Entries {
		if x.Entries[i].Key == key {
			return x.Entries[i], true
		}
	}
	return Entry{}, false
}

// Put adds e, or replaces the entry with e's key. What a newer version of the
// bridge wrote into the replaced entry is kept.
func (x *Index) Put(e Entry) {
	i := slices.IndexFunc(x.Entries, func(old Entry) bool { return old.Key == e.Key })
	if i < 0 {
		x.Entries = append(x.Entries, e)
		return
	}
	e.unknown = x.Entries[i].unknown
	x.Entries[i] = e
}

// Delete removes the entry with that key and reports whether there was one.
func (x *Index) Delete(key string) bool {
	before := len(x.Entries)
	x.Entries = slices.DeleteFunc(x.Entries, func(e Entry) bool { return e.Key == key })
	return len(x.Entries) < before
}

// ReadIndex returns the index, an empty one when there is none, or when the file is a
// copy of another home's: the records that it names are the other home's, and must not
// be forgotten from here. It takes no lock. A file that does not hold an index gives an
// *Error of Kind Corrupt.
// The entries are shared with other callers, who only read them.
func (h *Home) ReadIndex() (Index, error) {
	info, statErr := os.Lstat(h.Join(IndexFile))
	h.mu.Lock()
	last := h.index
	h.mu.Unlock()
	if statErr == nil && last != nil && last.holds(info) {
		return last.index, nil
	}
	x, err := h.readIndex()
	if err == nil && statErr == nil {
		x.Entries = slices.Clip(x.Entries)
		h.mu.Lock()
		h.index = &indexRead{info: info, at: time.Now(), index: x}
		h.mu.Unlock()
	}
	return x, err
}

// indexRead is the index as it was read: a command that goes through many profiles asks
// for it with each.
type indexRead struct {
	info  fs.FileInfo // of the file, before it was read
	at    time.Time
	index Index
}

// holds reports whether the file is still the one that was read. One that was young then
// may have been replaced within the resolution of its time stamp.
func (r *indexRead) holds(now fs.FileInfo) bool {
	const resolution = 2 * time.Second
	return r.at.Sub(r.info.ModTime()) > resolution && r.info.Size() == now.Size() && r.info.ModTime().Equal(now.ModTime()) && os.SameFile(r.info, now)
}

func (h *Home) readIndex() (Index, error) {
	data, err := h.ReadFile(IndexFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Index{}, nil
	}
	if err != nil {
		return Index{}, err
	}
	x, err := parseIndex(data)
	if err != nil {
		return Index{}, &Error{Kind: Corrupt, Op: "read index", Path: h.Join(IndexFile), Err: err}
	}
	if x.home != "" && x.home != h.path {
		return Index{}, nil
	}
	return x, nil
}

// UpdateIndex is to the index what [Home.UpdateState] is to the state.
func (h *Home) UpdateIndex(ctx context.Context, change func(*Index) error) error {
	return h.update(ctx, IndexFile, func([]byte) ([]byte, error) {
		x, err := h.readIndex()
		if err != nil {
			return nil, err
		}
		if err := change(&x); err != nil {
			return nil, err
		}
		x.home = h.path
		return x.text()
	})
}

func parseIndex(data []byte) (Index, error) {
	o, err := parseObject(data)
	if err != nil {
		return Index{}, err
	}
	var list []json.RawMessage
	if err := o.take("entries", &list); err != nil {
		return Index{}, err
	}
	x := Index{unknown: o}
	if err := o.take("home", &x.home); err != nil {
		return Index{}, err
	}
	at := make(map[string]int, len(list))
	for i, raw := range list {
		e, err := parseEntry(raw)
		if err != nil {
			return Index{}, fmt.Errorf("entries[%d]: %w", i, err)
		}
		if first, twice := at[e.Key]; twice { // the last one counts
			e.unknown = x.Entries[first].unknown
			x.Entries[first] = e
			continue
		}
		at[e.Key] = len(x.Entries)
		x.Entries = append(x.Entries, e)
	}
	x.sort()
	return x, nil
}

func parseEntry(data []byte) (Entry, error) {
	o, err := parseObject(data)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{unknown: o}
	err = errors.Join(
		o.take("key", &e.Key),
		o.take("profile", &e.Profile),
		o.take("scheme", &e.Scheme),
		o.take("record", &e.Record),
		o.take("account", &e.Account),
		o.take("kind", &e.Kind),
		o.take("store", &e.Store),
		o.take("origins", &e.Origins),
		o.take("updated", &e.Updated),
		o.take("extra", &e.Extra),
	)
	if err == nil && e.Key == "" {
		err = errors.New("key: missing")
	}
	return e, err
}

func (x Index) text() ([]byte, error) {
	x.Entries = slices.Clone(x.Entries)
	x.sort()
	list := make([]object, len(x.Entries))
	for i, e := range x.Entries {
		o, err := e.object()
		if err != nil {
			return nil, err
		}
		list[i] = o
	}
	known := map[string]any{"entries": list}
	if x.home != "" {
		known["home"] = x.home
	}
	o, err := x.unknown.with(known)
	if err != nil {
		return nil, err
	}
	return o.text()
}

func (e Entry) object() (object, error) {
	if e.Key == "" {
		return nil, errors.New("an index entry has no key")
	}
	known := map[string]any{
		"key": e.Key, "profile": e.Profile, "scheme": e.Scheme, "record": e.Record,
		"account": e.Account, "kind": e.Kind, "store": e.Store,
		"updated": e.Updated.UTC().Truncate(time.Second),
	}
	if e.Origins != nil {
		known["origins"] = e.Origins
	}
	if e.Extra != nil {
		known["extra"] = e.Extra
	}
	return e.unknown.with(known)
}

func (x *Index) sort() {
	slices.SortStableFunc(x.Entries, func(a, b Entry) int {
		return cmp.Or(
			cmp.Compare(a.Profile, b.Profile),
			cmp.Compare(a.Scheme, b.Scheme),
			cmp.Compare(a.Record, b.Record),
			cmp.Compare(a.Account, b.Account),
			cmp.Compare(a.Key, b.Key),
		)
	})
}
