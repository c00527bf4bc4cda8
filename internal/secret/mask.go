package secret

import (
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// minMasked is the length from which a secret is masked, in characters: shorter
// ones would mask ordinary words.
const minMasked = 6

// Masker replaces the secrets that it knows, in every form in which they may
// stand in a text: raw, percent-encoded, JSON-escaped, and as the base64 of
// user:password. It is safe for concurrent use, also while secrets are added.
type Masker struct {
	mu    sync.RWMutex
	forms []*form
	known map[string]bool
	most  int // bytes that a form takes at most
}

// NewMasker returns a Masker that knows the values.
func NewMasker(values ...Value) *Masker {
	m := &Masker{known: map[string]bool{}}
	for _, v := range values {
		m.Add(v)
	}
	return m
}

// Add makes a secret known. One of fewer than 6 characters is not masked.
func (m *Masker) Add(v Value) { m.add(v.Reveal()) }

// AddBasic makes user:password known, also as the Authorization header carries it,
// and the password alone.
func (m *Masker) AddBasic(v Value) {
	s := v.Reveal()
	if utf8.RuneCountInString(s) < minMasked {
		return
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		m.add(enc.EncodeToString([]byte(s)))
	}
	_, password, _ := strings.Cut(s, ":")
	m.add(s, password)
}

func (m *Masker) add(secrets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		if utf8.RuneCountInString(s) < minMasked || strings.Contains(Mask, s) {
			continue
		}
		s = apart(s)
		if m.known[s] {
			continue
		}
		m.known[s] = true
		f := newForm(s)
		m.most = max(m.most, f.longest())
		m.forms = append(m.forms, f)
	}
}

// apart shortens a secret that begins as Mask ends, or ends as Mask begins: beside
// a Mask it could come to stand in a text that has been masked. What is cut off is
// in every Mask, so that it tells nothing.
func apart(s string) string {
	short := s
	for k := len(Mask) - 1; k > 0; k-- {
		if rest, ok := strings.CutSuffix(short, Mask[:k]); ok {
			short, k = rest, len(Mask)
		} else if rest, ok := strings.CutPrefix(short, Mask[k:]); ok {
			short, k = rest, len(Mask)
		}
	}
	if len(short) < 4 || strings.Contains(Mask, short) {
		return s
	}
	return short
}

// Bytes returns b with every known secret replaced by [Mask]; where secrets
// overlap, the first one, and of those that begin at one place the longest. Without
// one it returns b itself; b is never changed. It takes time in proportion to b's
// length and the number of secrets, however often they occur. Masking a second
// time changes nothing.
func (m *Masker) Bytes(b []byte) []byte {
	out, _ := m.replace(b, true)
	return out
}

// String is Bytes for a string.
func (m *Masker) String(s string) string {
	// replace only reads, and returns other memory as soon as something is masked.
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	out, _ := m.replace(b, true)
	if len(out) == len(s) && unsafe.SliceData(out) == unsafe.SliceData(b) {
		return s
	}
	return string(out)
}

// replace masks b. Unless b is final, it ends where a secret could begin of which
// the rest is still to come; done is how much of b it has dealt with.
func (m *Masker) replace(b []byte, final bool) (out []byte, done int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	limit := len(b)
	if !final {
		limit = m.undecided(b, 0)
	}
	var next []span // where each form stands next
	for i, f := range m.forms {
		at := f.find(b, 0)
		if at.start == len(b) {
			continue
		}
		if next == nil {
			next = slices.Repeat([]span{{len(b), len(b)}}, len(m.forms))
		}
		next[i] = at
	}
	if next == nil {
		return b[:limit], limit
	}
	out = make([]byte, 0, len(b))
	for {
		first := next[0]
		for _, at := range next {
			if at.start < first.start || at.start == first.start && at.end > first.end {
				first = at
			}
		}
		if first.start >= limit {
			return append(out, b[done:max(done, limit)]...), max(done, limit)
		}
		out = append(append(out, b[done:first.start]...), Mask...)
		if done = first.end; done > limit {
			limit = m.undecided(b, done)
		}
		for i := range next {
			if next[i].start < done {
				next[i] = m.forms[i].find(b, done)
			}
		}
	}
}

// undecided returns the first place of b, at or behind from, where a secret may
// begin of which the rest is still to come.
func (m *Masker) undecided(b []byte, from int) int {
	for at := max(from, len(b)-m.most); at < len(b); at++ {
		for _, f := range m.forms {
			if !f.starts[b[at]] {
				continue
			}
			if _, more := f.match(b[at:]); more {
				return at
			}
		}
	}
	return len(b)
}

// Writer returns a writer that masks what is written to w, also a secret that
// comes in several pieces: the pieces give what Bytes makes of the whole. What could
// be the beginning of a secret is held back until more comes or the writer is
// closed. Closing it does not close w. It is safe for concurrent use.
func (m *Masker) Writer(w io.Writer) io.WriteCloser { return &maskedWriter{m: m, w: w} }

type maskedWriter struct {
	mu   sync.Mutex
	m    *Masker
	w    io.Writer
	held []byte
}

func (w *maskedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := p
	if len(w.held) > 0 {
		all = append(w.held, p...)
	}
	out, done := w.m.replace(all, false)
	w.held = bytes.Clone(all[done:])
	if len(out) == 0 {
		return len(p), nil
	}
	if _, err := w.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *maskedWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.m.Bytes(w.held)
	w.held = nil
	if len(out) == 0 {
		return nil
	}
	_, err := w.w.Write(out)
	return err
}
