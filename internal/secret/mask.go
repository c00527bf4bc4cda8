package secret

import (
	"bytes"
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

// Masker replaces the secrets that it knows, in the forms in which they may stand in
// a text: raw, in hexadecimal digits, in base64 (either alphabet, padded or not, alone
// or within the base64 of a longer text such as user:password), each of these also
// with some or all characters percent-encoded, as JSON escapes or as character
// references of HTML, up to three times over (%252B, \\/, &amp;amp;). Not found is
// what is changed otherwise: another case, reversed, split, compressed, encrypted.
//
// What it takes to mask grows with the text, not with the number of secrets. It is
// safe for concurrent use, also while secrets are added.
type Masker struct {
	mu    sync.RWMutex
	known map[string]*entry
	made  *index // of known; nil when it has to be made anew
}

// entry is a text to mask, and how many need it.
type entry struct {
	form *form
	uses int
}

// NewMasker returns a Masker that knows the values.
func NewMasker(values ...Value) *Masker {
	m := &Masker{known: map[string]*entry{}}
	for _, v := range values {
		m.Add(v)
	}
	return m
}

// Add makes a secret known for ever. One of fewer than 6 characters is not masked.
func (m *Masker) Add(v Value) { m.Lease().Add(v) }

// AddBasic makes user:password known for ever, and the password alone.
func (m *Masker) AddBasic(v Value) { m.Lease().AddBasic(v) }

// Lease returns a set of secrets that the Masker knows until the set is released:
// those of one call, which must not outlive it. It is empty at first.
func (m *Masker) Lease() *Lease { return &Lease{m: m} }

// Lease is a set of secrets that a [Masker] knows for a time. A secret that several
// leases hold is known until the last of them is released. It is safe for concurrent
// use.
type Lease struct {
	m     *Masker
	mu    sync.Mutex
	texts []string
	ended bool
}

// Add makes a secret known. One of fewer than 6 characters is not masked.
func (l *Lease) Add(v Value) { l.add(v.Reveal()) }

// AddBasic makes user:password known, and the password alone.
func (l *Lease) AddBasic(v Value) {
	s := v.Reveal()
	if utf8.RuneCountInString(s) < minMasked {
		return
	}
	_, password, _ := strings.Cut(s, ":")
	l.add(s, password)
}

// Release forgets the secrets that no other lease holds. Nothing can be added after.
func (l *Lease) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	for _, text := range l.texts {
		e := l.m.known[text]
		if e.uses--; e.uses == 0 {
			delete(l.m.known, text)
			l.m.made = nil
		}
	}
	l.texts, l.ended = nil, true
}

func (l *Lease) add(secrets ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range secrets {
		if utf8.RuneCountInString(s) < minMasked || l.ended {
			continue
		}
		if slices.Contains(l.texts, apart(s)) {
			continue
		}
		l.texts = l.m.learn(s, l.texts)
	}
}

// learn makes the forms of s known and appends their texts to those of a lease.
func (m *Masker) learn(s string, texts []string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range written(s) {
		if strings.Contains(Mask, text) {
			continue
		}
		text = apart(text)
		e := m.known[text]
		if e == nil {
			e = &entry{form: newForm(text)}
			m.known[text], m.made = e, nil
		}
		e.uses++
		texts = append(texts, text)
	}
	return texts
}

// index returns the index of what is known now.
func (m *Masker) index() *index {
	m.mu.RLock()
	made := m.made
	m.mu.RUnlock()
	if made != nil {
		return made
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made == nil {
		forms := make([]*form, 0, len(m.known))
		for _, e := range m.known {
			forms = append(forms, e.form)
		}
		m.made = newIndex(forms)
	}
	return m.made
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
// one it returns b itself; b is never changed. Masking a second time changes nothing.
func (m *Masker) Bytes(b []byte) []byte {
	out, _ := m.index().replace(b, true)
	return out
}

// Beginning is Bytes for the beginning of a text that goes on: what could be the
// beginning of a secret at its end is left out.
func (m *Masker) Beginning(b []byte) []byte {
	out, _ := m.index().replace(b, false)
	return out
}

// String is Bytes for a string.
func (m *Masker) String(s string) string {
	// replace only reads, and returns other memory as soon as something is masked.
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	out, _ := m.index().replace(b, true)
	if len(out) == len(s) && unsafe.SliceData(out) == unsafe.SliceData(b) {
		return s
	}
	return string(out)
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
	out, done := w.m.index().replace(all, false)
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
