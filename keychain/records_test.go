package keychain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
)

// limited is a keychain in memory with a limit on items. Its fault, if set, is
// asked before every call.
type limited struct {
	limit int
	mu    sync.Mutex
	held  map[string]string
	calls int
	fault func(call int, op string) fault
}

// fault is what happens to one call.
type fault int

const (
	none   fault = iota
	before       // fails, and nothing is done
	after        // fails, though it is done
)

var errFault = errors.New("fault")

func (l *limited) call(op string, do func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	f := none
	if l.fault != nil {
		f = l.fault(l.calls, op)
	}
	if f == before {
		return errFault
	}
	err := do()
	if f == after {
		return errFault
	}
	return err
}

func (l *limited) items() items {
	return items{
		get: func(_ context.Context, account string) (text string, err error) {
			err = l.call("get", func() error {
				var ok bool
				if text, ok = l.held[account]; !ok {
					return ErrNotFound
				}
				return nil
			})
			return text, err
		},
		set: func(_ context.Context, account, text string) error {
			return l.call("set", func() error {
				if l.limit > 0 && len(text) > l.limit {
					return fmt.Errorf("item of %d bytes", len(text))
				}
				l.held[account] = text
				return nil
			})
		},
		del: func(_ context.Context, account string) error {
			return l.call("del", func() error {
				if _, ok := l.held[account]; !ok {
					return ErrNotFound
				}
				delete(l.held, account)
				return nil
			})
		},
	}
}

func newLimited(limit int) (*limited, records) {
	l := &limited{limit: limit, held: map[string]string{}}
	return l, records{items: l.items(), limit: limit}
}

// The real limits, and one that makes many parts.
func TestRecordsFitTheLimits(t *testing.T) {
	for _, limit := range []int{0, 200, darwinLimit, windowsLimit} {
		l, r := newLimited(limit)
		for _, size := range []int{0, 1, 170, 190, 1400, 1900, 2000, 2385, 2400, 2560, 2994, 16 << 10, 64 << 10, 200_000} {
			value := strings.Repeat("t", size)
			if err := r.set(t.Context(), "b", value); err != nil {
				t.Fatalf("limit %d, %d bytes: %v", limit, size, err)
			}
			got, err := r.get(t.Context(), "b")
			if err != nil || got != value {
				t.Errorf("limit %d, %d bytes: read %d, %v", limit, size, len(got), err)
			}
		}
		if err := r.set(t.Context(), "b", "small"); err != nil {
			t.Fatal(err)
		}
		if len(l.held) != 1 {
			t.Errorf("limit %d: a small value leaves %d items", limit, len(l.held))
		}
	}
}

// Whatever call fails, and whether or not it took effect, a reader sees the old
// value or the new one; the next write succeeds and leaves nothing else behind.
func TestInterruptedWrites(t *testing.T) {
	big := func(c string) string { return strings.Repeat(c, 700) }
	values := map[string]string{"none": "", "small": "s", "large": big("a"), "larger": big("bc"), "less": big("d")[:400]}
	for from, old := range values {
		for to, value := range values {
			if to == "none" {
				continue
			}
			for _, how := range []fault{before, after} {
				for at := 1; ; at++ {
					l, r := newLimited(200)
					if from != "none" {
						must(t, r.set(t.Context(), "b", old))
					}
					name := fmt.Sprintf("%s to %s, fault %d at call %d", from, to, how, at)
					if !interrupt(t, name, l, r, at, how, value) {
						break
					}
					checkWhole(t, name, r, from != "none", old, value)
					checkHeals(t, name, l, r)
				}
			}
		}
	}
}

// interrupt makes one write fail at a call; false when it has fewer calls.
func interrupt(t *testing.T, name string, l *limited, r records, at int, how fault, value string) bool {
	t.Helper()
	first := l.calls
	l.fault = func(call int, _ string) fault {
		if call-first == at {
			return how
		}
		return none
	}
	err := r.set(t.Context(), "b", value)
	happened := l.calls-first >= at
	l.fault = nil
	if happened && !errors.Is(err, errFault) {
		t.Errorf("%s: the fault was swallowed: %v", name, err)
	}
	return happened
}

func checkWhole(t *testing.T, name string, r records, existed bool, old, value string) {
	t.Helper()
	got, err := r.get(t.Context(), "b")
	switch {
	case errors.Is(err, ErrNotFound) && !existed:
	case err != nil:
		t.Errorf("%s: %v", name, err)
	case got != value && (!existed || got != old):
		t.Errorf("%s: read %d bytes that nobody wrote", name, len(got))
	}
}

func checkHeals(t *testing.T, name string, l *limited, r records) {
	t.Helper()
	must(t, r.set(t.Context(), "b", strings.Repeat("z", 300)))
	got, err := r.get(t.Context(), "b")
	if err != nil || got != strings.Repeat("z", 300) {
		t.Errorf("%s: after another write: %v", name, err)
	}
	m, _, err := decodeManifest(l.held["b"])
	must(t, err)
	if len(l.held) != 1+m.Parts {
		t.Errorf("%s: leftovers: %d items", name, len(l.held))
	}
	must(t, r.remove(t.Context(), "b"))
	if len(l.held) != 0 {
		t.Errorf("%s: removed, but %d items stay", name, len(l.held))
	}
}

// A removal that fails half-way has removed the record, or not; never half of it.
func TestInterruptedRemoval(t *testing.T) {
	value := strings.Repeat("v", 700)
	for _, how := range []fault{before, after} {
		for at := 1; ; at++ {
			l, r := newLimited(200)
			must(t, r.set(t.Context(), "b", value))
			first := l.calls
			l.fault = func(call int, _ string) fault {
				if call-first == at {
					return how
				}
				return none
			}
			err := r.remove(t.Context(), "b")
			done := l.calls-first < at
			l.fault = nil
			if done {
				must(t, err)
				break
			}
			if !errors.Is(err, errFault) {
				t.Errorf("fault %d at %d was swallowed: %v", how, at, err)
			}
			if got, err := r.get(t.Context(), "b"); !errors.Is(err, ErrNotFound) && (err != nil || got != value) {
				t.Errorf("fault %d at %d: %d bytes, %v", how, at, len(got), err)
			}
			if err := r.remove(t.Context(), "b"); err != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("fault %d at %d: removed again: %v", how, at, err)
			}
			if len(l.held) != 0 {
				t.Errorf("fault %d at %d: %d items stay", how, at, len(l.held))
			}
		}
	}
}

// Damage of any item is damage, not absence and not another value.
func TestDamagedRecords(t *testing.T) {
	for _, value := range []string{"small", "\x00\xff", strings.Repeat("large", 200)} {
		l, r := newLimited(200)
		must(t, r.set(t.Context(), "b", value))
		whole := maps.Clone(l.held)
		for account, item := range whole {
			for i := range item {
				l.held[account] = item[:i] + string(item[i]^1) + item[i+1:]
				wantDamaged(t, r, fmt.Sprintf("%s, byte %d", account, i))
				l.held[account] = item[:i]
				wantDamaged(t, r, fmt.Sprintf("%s, cut at %d", account, i))
			}
			l.held[account] = item + "x"
			wantDamaged(t, r, account+", longer")
			if account != "b" {
				delete(l.held, account)
				wantDamaged(t, r, account+", missing")
			}
			l.held = maps.Clone(whole)
		}
	}
}

func wantDamaged(t *testing.T, r records, what string) {
	t.Helper()
	got, err := r.get(t.Context(), "b")
	if _, bad := errors.AsType[damaged](err); !bad {
		t.Errorf("%s: %q, %v", what, got, err)
	}
}

// A damaged record can be replaced and removed.
func TestDamageHeals(t *testing.T) {
	l, r := newLimited(200)
	must(t, r.set(t.Context(), "b", strings.Repeat("v", 700)))
	l.held["b"] = "what?"
	must(t, r.set(t.Context(), "b", "new"))
	if got, err := r.get(t.Context(), "b"); got != "new" || err != nil || len(l.held) != 1 {
		t.Errorf("%q, %v, %d items", got, err, len(l.held))
	}
}

// A reader that is overtaken by a writer between two calls looks again.
func TestReaderIsOvertaken(t *testing.T) {
	l, r := newLimited(200)
	one, two := strings.Repeat("1", 700), strings.Repeat("2", 700)
	must(t, r.set(t.Context(), "b", one))
	writer := records{items: (&limited{limit: 200, held: l.held}).items(), limit: 200}
	gets := 0
	l.fault = func(_ int, op string) fault {
		if op == "get" {
			if gets++; gets == 3 { // the manifest and one part have been read
				must(t, writer.set(t.Context(), "b", two))
			}
		}
		return none
	}
	got, err := r.get(t.Context(), "b")
	if got != two || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// What the keychain says when it cannot be asked is passed on as it is.
func TestRecordsPassErrors(t *testing.T) {
	l, r := newLimited(200)
	l.fault = func(int, string) fault { return before }
	_, get := r.get(t.Context(), "b")
	for _, err := range []error{get, r.set(t.Context(), "b", "v"), r.set(t.Context(), "b", strings.Repeat("v", 700)), r.remove(t.Context(), "b")} {
		if !errors.Is(err, errFault) {
			t.Errorf("%v", err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
