package leaktest

import (
	"runtime/pprof"
	"strings"
	"testing"
)

// recorder keeps what a test would have failed with.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   int
}

func (r *recorder) Helper()               {}
func (r *recorder) Cleanup(f func())      { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(string, ...any) { r.errors++ }

// TestRunning: a goroutine that a labelled one started is seen until it ends, and no
// other one is.
func TestRunning(t *testing.T) {
	var r recorder
	stop, ended := make(chan struct{}), make(chan struct{})
	other := make(chan struct{})
	go func() { <-other }()
	defer close(other)
	var id string
	Do(&r, func() {
		go func() {
			go func() {
				defer close(ended)
				<-stop
			}()
		}()
	})
	for stack := range strings.SplitSeq(profile(t), "\n\n") {
		if _, rest, ok := strings.Cut(stack, `"`+label+`":"`); ok {
			id, _, _ = strings.Cut(rest, `"`)
		}
	}
	if left := running(id); len(left) == 0 {
		t.Error("the goroutine is not seen")
	}
	close(stop)
	<-ended
	for _, f := range r.cleanups {
		f()
	}
	if r.errors > 0 {
		t.Error("a goroutine that has ended is said to be left running")
	}
}

func profile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
