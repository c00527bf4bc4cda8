// Package leaktest finds goroutines that code under test leaves running. Goroutines are
// told apart by a profiler label, which each inherits from the one that starts it, and
// not by their number: other tests, also parallel ones, do not disturb it.
package leaktest

import (
	"context"
	"crypto/rand"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

const (
	label = "leaktest"
	// patience is how long goroutines may take to end, on a busy machine.
	patience = 20 * time.Second
)

// Do calls f. At the end of the test, after the cleanups that are registered later,
// the test fails when a goroutine that f started, itself or through others, is still
// running.
func Do(t testing.TB, f func()) {
	t.Helper()
	id := rand.Text()
	t.Cleanup(func() {
		t.Helper()
		left := running(id)
		for end := time.Now().Add(patience); len(left) > 0 && time.Now().Before(end); left = running(id) {
			time.Sleep(5 * time.Millisecond)
		}
		if len(left) > 0 {
			t.Errorf("goroutines are left running:\n%s", strings.Join(left, "\n\n"))
		}
	})
	pprof.Do(context.Background(), pprof.Labels(label, id), func(context.Context) { f() })
}

// running returns the stacks of the goroutines with the label.
func running(id string) []string {
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return []string{err.Error()}
	}
	var stacks []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, `"`+label+`":"`+id+`"`) {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
