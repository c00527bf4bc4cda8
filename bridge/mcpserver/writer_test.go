package mcpserver

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestNow: lines that their makers write themselves and lines that are queued stay whole,
// each comes once, and those of one maker in their order.
func TestNow(t *testing.T) {
	r, pipe := io.Pipe()
	w := newWriter(pipe)
	const makers, each = 8, 200
	var all sync.WaitGroup
	for m := range makers {
		all.Go(func() {
			for i := range each {
				text := []byte(strconv.Itoa(m) + " " + strconv.Itoa(i))
				if (m+i)%2 == 0 {
					w.now(text)
				} else {
					w.line(text)
				}
			}
		})
	}
	go func() {
		all.Wait()
		_ = w.close(time.Minute)
		_ = pipe.Close()
	}()
	next := map[string]int{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		maker, number, ok := strings.Cut(lines.Text(), " ")
		if !ok || number != strconv.Itoa(next[maker]) {
			t.Fatalf("%q, after %d of its maker", lines.Text(), next[maker])
		}
		next[maker]++
	}
	for m, n := range next {
		if n != each {
			t.Errorf("%d lines of %s", n, m)
		}
	}
	if len(next) != makers {
		t.Errorf("lines of %d makers", len(next))
	}
}

// TestNowFails: a client that is gone is noticed by whoever writes.
func TestNowFails(t *testing.T) {
	r, pipe := io.Pipe()
	_ = r.CloseWithError(errors.New("gone"))
	w := newWriter(pipe)
	w.now([]byte("x"))
	<-w.broken
	<-w.ended
	w.now([]byte("y"))
	if err := w.close(time.Minute); err == nil || err.Error() != "gone" {
		t.Error(err)
	}
}
