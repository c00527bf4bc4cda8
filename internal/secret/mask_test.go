package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

// writings returns the ways in which encoders write s, each made without the code
// that is tested.
func writings(s string) map[string]string {
	lower := func(s string) string {
		b := []byte(s)
		for i := range b {
			if i >= 2 && b[i-2] == '%' || i >= 1 && b[i-1] == '%' {
				b[i] = strings.ToLower(string(b[i]))[0]
			}
		}
		return string(b)
	}
	escape := func(format string, these func(r rune) bool) string {
		var b strings.Builder
		for _, r := range s {
			switch {
			case !these(r):
				b.WriteRune(r)
			case r > 0xffff:
				high, low := utf16.EncodeRune(r)
				fmt.Fprintf(&b, format+format, high, low)
			default:
				fmt.Fprintf(&b, format, r)
			}
		}
		return b.String()
	}
	marshalled := func(escapeHTML bool) string {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(escapeHTML)
		_ = e.Encode(s)
		return strings.TrimSuffix(b.String()[1:], "\"\n")
	}
	everything := ""
	for i := range len(s) {
		everything += fmt.Sprintf("%%%02X", s[i])
	}
	out := map[string]string{
		"raw":                       s,
		"query":                     url.QueryEscape(s),
		"path":                      url.PathEscape(s),
		"strict":                    strings.ReplaceAll(url.QueryEscape(s), "+", "%20"),
		"JSON":                      marshalled(true),
		"JSON without HTML":         marshalled(false),
		"JSON with \\/":             strings.ReplaceAll(marshalled(false), "/", `\/`),
		"JSON with HTML and \\/":    strings.ReplaceAll(marshalled(true), "/", `\/`),
		"JSON in ASCII":             escape(`\u%04x`, func(r rune) bool { return r > 126 || r < 32 || strings.ContainsRune(`"\`, r) }),
		"JSON in ASCII, upper case": escape(`\u%04X`, func(r rune) bool { return r > 126 || r < 32 || strings.ContainsRune("\"\\&'+<>`=", r) }),
	}
	for _, name := range []string{"query", "path", "strict"} {
		out[name+", lower case"] = lower(out[name])
	}
	if s[0] == '%' || !isPlain(s[0]) { // every byte encoded: only found where the beginning is not searched for
		out["every byte"] = everything
	}
	return out
}

func TestMasker(t *testing.T) {
	secrets := []string{canary, "plain-token_1.2", "/starts+with=a slash", "ünïcödé pass😀word", "tab\tand\nline\"quote\\", "100%sure%2F", "a%2", "++++++++",
		"aGVsbG8+d29ybGQ/Pw==", " leading", "'()*!~ rare"}
	for _, s := range secrets {
		m := NewMasker(New(s))
		if len(s) < minMasked {
			if m.String(s) != s {
				t.Errorf("%q is masked", s)
			}
			continue
		}
		for name, text := range writings(s) {
			for _, around := range []string{"before %s between %s after", "%s%s", `{"a":"%s","b":"%s"}`, "https://h/%s?q=%s#"} {
				want := fmt.Sprintf(around, Mask, Mask)
				if got := m.String(fmt.Sprintf(around, text, text)); got != want {
					t.Errorf("%q, %s: %s became %s", s, name, text, got)
				}
			}
			if n, limit := len(text), newForm(s).longest(); n > limit {
				t.Errorf("%q, %s: takes %d bytes, %d are expected at most", s, name, n, limit)
			}
		}
	}
}

func TestMaskerLeavesTheRest(t *testing.T) {
	m := NewMasker(New(canary), New("short"), New(""), New("äöüäö"), New("secret"), New("100%sure"))
	for _, text := range []string{"", "short", "nothing to see", Mask, "canary/p w+", "canary%2", "canary\\u00", "canary%zz", `canary\q`, "äöüäö", "100%sur", "100%25sur", "%", `\`, "\xff\xfe"} {
		b := []byte(text)
		if got := m.Bytes(b); string(got) != text || len(b) > 0 && &got[0] != &b[0] {
			t.Errorf("%q became %q", text, got)
		}
		if got := m.String(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	b := []byte("x " + canary)
	if m.Bytes(b); string(b) != "x "+canary {
		t.Error("the text itself was changed")
	}
}

func TestAddBasic(t *testing.T) {
	const pair = "ada:pass/word~1?>" // its base64 differs between the alphabets
	m := NewMasker()
	m.AddBasic(New(pair))
	m.AddBasic(New("a:b"))
	for _, text := range []string{
		base64.StdEncoding.EncodeToString([]byte(pair)), base64.RawStdEncoding.EncodeToString([]byte(pair)),
		base64.URLEncoding.EncodeToString([]byte(pair)), base64.RawURLEncoding.EncodeToString([]byte(pair)),
		url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(pair))), strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(pair)), "/", `\/`),
		pair, url.QueryEscape(pair), "pass/word~1?>", "pass%2fword~1%3f%3e",
	} {
		if got := m.String("Basic " + text + "."); got != "Basic "+Mask+"." {
			t.Errorf("%s became %s", text, got)
		}
	}
	if got := m.String("a:b YTpi"); got != "a:b YTpi" {
		t.Error(got)
	}
}

func TestMaskerTakesTheLongest(t *testing.T) {
	m := NewMasker(New("secret-1"), New("secret-1-and-more"), New("and-more-of-it"))
	if got := m.String("x secret-1-and-more-of-it secret-1 y"); got != "x "+Mask+"-of-it "+Mask+" y" {
		t.Error(got)
	}
	for i := range 100 {
		m.Add(New(fmt.Sprintf("another-secret-%d", i)))
	}
	if got := m.String("x secret-1-and-more another-secret-77!"); got != "x "+Mask+" "+Mask+"!" {
		t.Error(got)
	}
}

// TestApart: a secret that could arise from a mask and what stands beside it.
func TestApart(t *testing.T) {
	for s, want := range map[string]string{"abcdef": "abcdef", "abcde[": "abcde", "abcde[s": "abcde", "]abcde": "abcde", "t]abcd[[[": "abcd", "[[[[[[": "[[[[[[",
		"ab[[[[": "ab[[[[", "x[secret]y": "x[secret]y", "": ""} {
		if got := apart(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	m := NewMasker(New("12345[s"), New("abcdef"), New("et]678"))
	if got := m.String("12345abcdef678"); got != Mask+Mask+"678" {
		t.Error(got)
	}
}

func TestWriterMasksPieces(t *testing.T) {
	m := NewMasker(New("the-secret-value"), New("the-secret-value/and more"), New(canary))
	text := "a the-secret-value b the-secret the-secret-value/and%20mor the-secret-value/and%20more " + canary + url.QueryEscape(canary) + "the-secret-valu"
	want := m.String(text)
	if strings.Count(want, Mask) != 5 {
		t.Fatal(want)
	}
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := m.Writer(&out)
		for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
			p := []byte(rest[:min(size, len(rest))])
			if n, err := w.Write(p); err != nil || n != len(p) {
				t.Fatal(n, err)
			}
			clear(p) // a writer must not keep it
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want {
			t.Fatalf("pieces of %d: %s, want %s", size, got, want)
		}
	}
}

// TestWriterDoesNotWait: what can be no secret is written at once.
func TestWriterDoesNotWait(t *testing.T) {
	var out bytes.Buffer
	w := NewMasker(New("the-secret-value")).Writer(&out)
	for _, c := range []struct{ piece, want string }{{"a line\n", "a line\n"}, {"the-secret-value", "a line\n" + Mask}, {" t", "a line\n" + Mask + " "}, {"o", "a line\n" + Mask + " to"}} {
		if _, err := w.Write([]byte(c.piece)); err != nil || out.String() != c.want {
			t.Errorf("%q, want %q (%v)", out.String(), c.want, err)
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriterReportsErrors(t *testing.T) {
	w := NewMasker(New("the-secret-value")).Writer(brokenWriter{})
	if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, errBroken) {
		t.Error(n, err)
	}
	if n, err := w.Write([]byte("the-")); n != 4 || err != nil {
		t.Error("what is held back was written:", n, err)
	}
	if err := w.Close(); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error("closed twice:", err)
	}
}

func TestMaskerIsSafeForConcurrentUse(t *testing.T) {
	m := NewMasker()
	done := make(chan bool)
	var out bytes.Buffer
	w := m.Writer(&out)
	for i := range 4 {
		go func() {
			for j := range 200 {
				m.Add(New(fmt.Sprintf("secret-%d-%d", i, j)))
				m.String("a secret-1-1 b")
				_, _ = w.Write([]byte("a secret-2-2 b"))
			}
			done <- true
		}()
	}
	for range 4 {
		<-done
	}
	if m.String("secret-3-199") != Mask {
		t.Error("a secret was lost")
	}
}

func TestNoMatchDoesNotAllocate(t *testing.T) {
	m := NewMasker(New(canary), New("another secret value"), New("token-0123456789"))
	s := strings.Repeat(`{"id": 1, "name": "something%20\u00fc"}`, 100)
	b := []byte(s)
	if n := testing.AllocsPerRun(100, func() { m.Bytes(b); m.String(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzMasker holds the laws: what comes out holds no writing of a secret, masking
// again changes nothing, a text without a secret stays as it is, and pieces give
// what the whole gives.
func FuzzMasker(f *testing.F) {
	f.Add(canary, "ada:password", "x"+canary+"y", 3)
	f.Add("ada:password", "abcdef", "Basic YWRhOnBhc3N3b3Jk abcdef", 1)
	f.Add("100%sure", "100%25sure", "100%2525sure100%25sure", 2)
	f.Add("12345[s", "abcdef", "12345abcdef[secret]12345[secret]", 5)
	f.Add(`a\u0041\b`, "a/b+c d", `a\\u0041\\ba\/b+c+d`, 4)
	f.Add("secret-1", "secret-1-and-more", "secret-1-and-more", 8)
	f.Fuzz(func(t *testing.T, s, other, text string, size int) {
		m := NewMasker(New(s))
		m.AddBasic(New(other))
		got := m.String(text)
		if !strings.Contains(got, Mask) && got != text {
			t.Fatalf("%q became %q", text, got)
		}
		if string(m.Bytes([]byte(text))) != got {
			t.Fatal("Bytes and String differ")
		}
		for _, known := range []string{s, other} {
			if len([]rune(known)) < minMasked || strings.Contains(Mask, known) {
				continue
			}
			for name, form := range writings(known) {
				if strings.Contains(text, form) && got == text {
					t.Fatalf("%q, %s: not masked in %q", known, name, text)
				}
			}
		}
		var out bytes.Buffer
		w := m.Writer(&out)
		size = max(1, size%(len(text)+1))
		for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
			_, _ = w.Write([]byte(rest[:min(size, len(rest))]))
		}
		if _ = w.Close(); out.String() != got {
			t.Fatalf("in pieces of %d %q became %q, in one %q", size, text, out.String(), got)
		}
		for known := range m.known { // short ones beside a mask, see apart
			if strings.ContainsAny(known, "[]") {
				return
			}
		}
		if again := m.String(got); again != got {
			t.Fatalf("%q became %q", got, again)
		}
		for known := range m.known {
			for name, form := range writings(known) {
				if strings.Contains(got, form) {
					t.Fatalf("%q, %s: stands in %q", known, name, got)
				}
			}
		}
	})
}

func BenchmarkMasker(b *testing.B) {
	many := NewMasker()
	for i := range 20 {
		many.AddBasic(New(fmt.Sprintf("user%d:a+password/number%d", i, i)))
	}
	few := NewMasker(New(canary), New("another secret value"))
	for _, c := range []struct {
		name string
		m    *Masker
		text string
	}{
		{"no match", few, strings.Repeat(`{"id": 1, "name": "something"}`, 2000)},
		{"no match, escapes", few, strings.Repeat(`{"id": "a%20b", "name": "\u00fcber \"all\""}`, 2000)},
		{"no match, many secrets", many, strings.Repeat(`{"id": 1, "name": "something"}`, 2000)},
		{"many matches", few, strings.Repeat(`{"id": 1, "name": "another secret value"}`, 20_000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				c.m.String(c.text)
			}
		})
	}
}

func BenchmarkMaskedWriter(b *testing.B) {
	m := NewMasker(New(strings.Repeat("abcdefgh", 250)), New(canary))
	w := m.Writer(&bytes.Buffer{})
	line := []byte(`time=2026-01-02 level=INFO msg="a line of the log" tool=get_user status=200` + "\n")
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = w.Write(line)
	}
}
