package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"sort"
	"strings"
	"sync"
)

// minMasked is the length from which a secret is masked, in bytes: shorter ones
// would mask ordinary words.
const minMasked = 6

// Masker replaces the secrets that it knows, in every form in which they may
// stand in a text: raw, percent-encoded, JSON-escaped, and as the base64 of
// user:password. It is safe for concurrent use, also while secrets are added.
type Masker struct {
	mu    sync.RWMutex
	forms [][]byte // longest first
	known map[string]bool
	first [256]bool // the bytes that a form begins with
	most  int       // length of the longest form
}

// NewMasker returns a Masker that knows the values.
func NewMasker(values ...Value) *Masker {
	m := &Masker{known: map[string]bool{}}
	for _, v := range values {
		m.Add(v)
	}
	return m
}

// Add makes a secret known. One of fewer than 6 bytes is not masked.
func (m *Masker) Add(v Value) { m.add(formsOf(v.s)) }

// AddBasic makes user:password known, also as the Authorization header carries it.
func (m *Masker) AddBasic(v Value) {
	list := formsOf(v.s)
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		list = append(list, formsOf(enc.EncodeToString([]byte(v.s)))...)
		list = append(list, formsOf(enc.WithPadding(base64.NoPadding).EncodeToString([]byte(v.s)))...)
	}
	if _, password, ok := strings.Cut(v.s, ":"); ok {
		list = append(list, formsOf(password)...)
	}
	m.add(list)
}

// formsOf returns the ways in which a secret may be written.
func formsOf(s string) []string {
	if len(s) < minMasked {
		return nil
	}
	list := []string{s}
	query, path := url.QueryEscape(s), url.PathEscape(s)
	strict := strings.ReplaceAll(query, "+", "%20")
	list = append(list, query, path, strict, lowerHex(query), lowerHex(path), lowerHex(strict))
	if b, err := json.Marshal(s); err == nil {
		escaped := string(b[1 : len(b)-1])
		plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(escaped)
		for _, form := range []string{escaped, plain} {
			list = append(list, form, strings.ReplaceAll(form, "/", `\/`))
		}
		list = append(list, strings.NewReplacer(`\u003c`, `\u003C`, `\u003e`, `\u003E`).Replace(escaped))
	}
	return list
}

// lowerHex writes percent-encodings with lower-case digits.
func lowerHex(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
			i += 2
		}
	}
	return string(b)
}

func (m *Masker) add(list []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range list {
		if len(s) < minMasked || m.known[s] || strings.Contains(Mask, s) {
			continue
		}
		m.known[s] = true
		m.forms = append(m.forms, []byte(s))
		m.first[s[0]] = true
		m.most = max(m.most, len(s))
	}
	sort.SliceStable(m.forms, func(i, j int) bool { return len(m.forms[i]) > len(m.forms[j]) })
}

// Bytes returns b with every known secret replaced by [Mask]. Without one it
// returns b itself; b is never changed. It takes time in proportion to b's length
// and the number of secrets, however often they occur.
func (m *Masker) Bytes(b []byte) []byte {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var next []int // where each form occurs next; len(b) when it does not
	for i, form := range m.forms {
		at := bytes.Index(b, form)
		if at < 0 {
			continue
		}
		if next == nil {
			next = make([]int, len(m.forms))
			for j := range next {
				next[j] = len(b)
			}
		}
		next[i] = at
	}
	if next == nil {
		return b
	}
	out, done := make([]byte, 0, len(b)), 0
	for {
		first := 0 // of those at one place the longest, which stands before the others
		for i, at := range next {
			if at < next[first] {
				first = i
			}
		}
		if next[first] == len(b) {
			return append(out, b[done:]...)
		}
		out = append(append(out, b[done:next[first]]...), Mask...)
		done = next[first] + len(m.forms[first])
		for i, at := range next {
			if at < done {
				next[i] = len(b)
				if at := bytes.Index(b[done:], m.forms[i]); at >= 0 {
					next[i] = done + at
				}
			}
		}
	}
}

// String is Bytes for a string.
func (m *Masker) String(s string) string {
	b := []byte(s)
	masked := m.Bytes(b)
	if len(masked) == len(b) && (len(b) == 0 || &masked[0] == &b[0]) {
		return s
	}
	return string(masked)
}

// Writer returns a writer that masks what is written to w, also a secret that
// comes in several pieces. What could be the beginning of a secret is held back
// until more comes or the writer is closed. Closing it does not close w.
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
	all := w.m.Bytes(append(w.held, p...))
	keep := w.m.tail(all)
	if _, err := w.w.Write(all[:len(all)-keep]); err != nil {
		return 0, err
	}
	w.held = bytes.Clone(all[len(all)-keep:])
	return len(p), nil
}

func (w *maskedWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.w.Write(w.m.Bytes(w.held))
	w.held = nil
	return err
}

// tail returns how many bytes at the end could be the beginning of a secret.
func (m *Masker) tail(b []byte) int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for n := min(m.most-1, len(b)); n > 0; n-- {
		end := b[len(b)-n:]
		if !m.first[end[0]] {
			continue
		}
		for _, form := range m.forms {
			if bytes.HasPrefix(form, end) {
				return n
			}
		}
	}
	return 0
}
