package credential

import (
	"context"
	"io/fs"
	"os"
	"time"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// keptFor is how long a record that was read is used again. Calls often come in
// numbers, and a keychain may take longer than the backend; what is locked or
// removed outside of this program is seen this much later.
const keptFor = 2 * time.Second

// keptRecord is a record as it was when the index was as seen says.
type keptRecord struct {
	record record
	seen   fs.FileInfo
	at     time.Time
}

// recent is read, or what read said within keptFor. Every login and logout, also
// one of another process, writes the index, so that both are seen at once. Failures
// are not kept.
func (r *Resolver) recent(ctx context.Context, name string) (record, error) {
	seen, at, key := r.index(), time.Now(), r.Key(name) // before the record, which may change meanwhile
	r.mu.Lock()
	kept, ok := r.records[key]
	r.mu.Unlock()
	if ok && same(kept.seen, seen) && at.Sub(kept.at) < keptFor {
		return kept.record, nil
	}
	rec, err := r.read(ctx, name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		delete(r.records, key)
		return record{}, err
	}
	r.records[key] = keptRecord{record: rec, seen: seen, at: at}
	return rec, nil
}

// forget drops what is kept of a record.
func (r *Resolver) forget(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.records, r.Key(name))
}

// index returns what the index's file looks like; nil when there is none.
func (r *Resolver) index() fs.FileInfo {
	info, err := os.Lstat(r.o.Home.Join(home.IndexFile))
	if err != nil {
		return nil
	}
	return info
}

// same reports whether a file has not been replaced. Without one nothing is the same.
func same(a, b fs.FileInfo) bool {
	return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}

// Recorded reports whether somebody has signed in: whether the index lists the
// record, or for OAuth the sign-in. It is true also when the index cannot be read, so
// that trouble is never taken for being signed out. The keychain is not asked.
func (r *Resolver) Recorded(scheme *profiles.SecurityScheme, name string) bool {
	if IsOAuth(scheme) {
		return r.listedSignIn(scheme)
	}
	x, err := r.o.Home.ReadIndex()
	if err != nil {
		return true
	}
	_, there := x.Find(r.Key(name))
	return there
}
