package home

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/regular"
)

// Watch looks at the paths that paths returns, once before it returns and then
// every given time (at least 10 ms), and sends on the channel when a path's
// content has changed, it came or went, or the set of paths is another. For a
// folder the content is the names, sizes and time stamps of what is directly in
// it. Rewriting a file with the same content is no change. Several changes
// between two receives are one signal, so a receiver reads again everything it
// depends on. The channel is closed when ctx ends. paths is called from one
// goroutine at a time, first from within Watch.
func Watch(ctx context.Context, paths func() []string, every time.Duration) <-chan struct{} {
	const least = 10 * time.Millisecond
	changed := make(chan struct{}, 1)
	seen := look(nil, paths())
	go func() {
		defer close(changed)
		tick := time.NewTicker(max(every, least))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := look(seen, paths())
			if !maps.EqualFunc(seen, now, sight.sameContent) {
				select {
				case changed <- struct{}{}:
				default:
				}
			}
			seen = now
		}
	}()
	return changed
}

// sight is what was last seen of one path. The zero sight is a path that does
// not exist or cannot be read.
type sight struct {
	size    int64
	modTime time.Time
	sum     [sha256.Size]byte
	settled bool // modTime was old enough to prove that the content cannot change under it
}

func (s sight) sameContent(t sight) bool { return s.sum == t.sum }

// look reads only what may have changed: within the resolution of time stamps a
// file can change twice and keep size and time, so a young file is read again.
func look(before map[string]sight, paths []string) map[string]sight {
	const resolution = 3 * time.Second
	now := make(map[string]sight, len(paths))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			now[path] = sight{}
			continue
		}
		old := before[path]
		if !info.IsDir() && old.settled && old.size == info.Size() && old.modTime.Equal(info.ModTime()) {
			now[path] = old
			continue
		}
		s := sight{size: info.Size(), modTime: info.ModTime()}
		s.settled = time.Since(s.modTime) > resolution
		// Opening a pipe or a device may wait for ever.
		if info.IsDir() || info.Mode().IsRegular() {
			s.sum, err = sum(path, info.IsDir())
		}
		if err != nil {
			s = sight{}
		}
		now[path] = s
	}
	return now
}

func sum(path string, folder bool) (total [sha256.Size]byte, err error) {
	hash := sha256.New()
	if folder {
		entries, err := os.ReadDir(path)
		if err != nil {
			return total, err
		}
		for _, e := range entries {
			if info, err := e.Info(); err == nil && !isTemp(e.Name()) {
				_, _ = fmt.Fprintf(hash, "%q %d %d\n", e.Name(), info.Size(), info.ModTime().UnixNano())
			}
		}
		return [sha256.Size]byte(hash.Sum(nil)), nil
	}
	f, err := regular.Open(path)
	if err != nil {
		return total, err
	}
	defer func() { _ = f.Close() }()
	if _, err := io.Copy(hash, f); err != nil {
		return total, err
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}
