package cli

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	// spare is how much memory a server may use beside what it holds before it
	// collects more often than it would by itself.
	spare = 16 << 20
	// leastMemory is the limit of a server with few tools.
	leastMemory = 22 << 20
	// calm is how long after a start or a change memory is given back: a client's
	// first questions come first.
	calm = time.Second
)

// tuneMemory trades the garbage collector's eagerness against memory: an idle
// server stays small, a busy one collects less often. It is called before the profile
// is read, which then needs hardly a collection; the limit that settleMemory sets later
// depends on what the profile takes.
func tuneMemory() { debug.SetGCPercent(300) }

// saveMemory is for reading a document: most of what it makes is garbage at once, and
// collecting that costs little.
func saveMemory() { debug.SetGCPercent(60) }

func limitMemory() { debug.SetMemoryLimit(max(leastMemory, heap()+spare)) }

// settleMemory gives back what reading a profile took, now and after every change,
// and makes room beside what the tools need: a limit below that would keep the
// collector busy for ever. It passes the changes on until ctx ends.
func settleMemory(ctx context.Context, changes <-chan struct{}) <-chan struct{} {
	out := make(chan struct{}, 1)
	go func() {
		timer := time.NewTimer(calm)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-changes:
				timer.Reset(calm)
				select {
				case out <- struct{}{}:
				default:
				}
			case <-timer.C:
				if heap() > leastMemory/3 {
					debug.FreeOSMemory()
				}
				limitMemory()
			}
		}
	}()
	return out
}

// heap returns how many bytes the heap's objects take, garbage included.
func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
