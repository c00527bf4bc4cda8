package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

const canary = "canary/p w+ü&<x>\"q"

// TestValueCannotBePrinted tries every way in which a value reaches a text.
func TestValueCannotBePrinted(t *testing.T) {
	v := New(canary)
	holder := struct {
		V Value
		P *Value
	}{v, &v}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T"} {
		fmt.Fprintf(&out, verb+verb, v, &v)
		fmt.Fprintf(&out, verb+verb, holder, &holder)
	}
	fmt.Fprintln(&out, v, holder, []Value{v}, map[string]Value{"a": v}, fmt.Errorf("x: %v", v))
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v, "h", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v, "h", holder)
	text, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	_ = gob.NewEncoder(&out).Encode(struct{ V Value }{v}) // refused or masked, both are right
	if s := out.String(); strings.Contains(s, "canary") || strings.Contains(s, fmt.Sprintf("%x", "canary")) || !strings.Contains(s, Mask) {
		t.Errorf("printed: %s", s)
	}
	if v.Reveal() != canary || v.IsZero() || !New("").IsZero() || New("").String() != "" {
		t.Error("the value itself is wrong")
	}
}

func TestMasker(t *testing.T) {
	m := NewMasker(New(canary), New("short"), New(""))
	m.AddBasic(New("ada:pass/word~1"))
	escaped, _ := json.Marshal(canary)
	for name, secret := range map[string]string{
		"raw":             canary,
		"query":           url.QueryEscape(canary),
		"path":            url.PathEscape(canary),
		"lower hex":       strings.ToLower(url.QueryEscape("/")) + "", // a part alone is not the secret
		"JSON":            strings.Trim(string(escaped), `"`),
		"JSON with \\/":   strings.ReplaceAll(strings.Trim(string(escaped), `"`), "/", `\/`),
		"basic":           base64.StdEncoding.EncodeToString([]byte("ada:pass/word~1")),
		"basic, unpadded": base64.RawURLEncoding.EncodeToString([]byte("ada:pass/word~1")),
		"password alone":  "pass/word~1",
	} {
		text := "before " + secret + " between " + secret + " after"
		want := "before " + Mask + " between " + Mask + " after"
		if name == "lower hex" {
			want = text
		}
		if got := m.String(text); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	lower := lowerHex(url.QueryEscape(canary))
	if got := m.String(lower); got != Mask {
		t.Errorf("lower-case hex: %s", got)
	}
	for _, text := range []string{"", "short", "nothing to see", Mask} {
		b := []byte(text)
		if got := m.Bytes(b); string(got) != text || len(b) > 0 && &got[0] != &b[0] {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestMaskerTakesTheLongest(t *testing.T) {
	m := NewMasker(New("secret-1"), New("secret-1-and-more"), New("and-more-of-it"))
	if got := m.String("x secret-1-and-more-of-it secret-1 y"); got != "x "+Mask+"-of-it "+Mask+" y" {
		t.Error(got)
	}
	for i := range 100 { // beyond what is searched one by one
		m.Add(New(fmt.Sprintf("another-secret-%d", i)))
	}
	if got := m.String("x secret-1-and-more another-secret-77!"); got != "x "+Mask+" "+Mask+"!" {
		t.Error(got)
	}
}

func TestWriterMasksPieces(t *testing.T) {
	m := NewMasker(New("the-secret-value"))
	var out bytes.Buffer
	w := m.Writer(&out)
	for _, c := range "a the-secret-value b the-secret the-secret-value" {
		if _, err := w.Write([]byte(string(c))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "a "+Mask+" b the-secret "+Mask {
		t.Error(got)
	}
}

func TestMaskerIsSafeForConcurrentUse(t *testing.T) {
	m := NewMasker()
	done := make(chan bool)
	for i := range 4 {
		go func() {
			for j := range 200 {
				m.Add(New(fmt.Sprintf("secret-%d-%d", i, j)))
				m.String("a secret-1-1 b")
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

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"Authorization: Bearer abcdefgh":                     "Authorization: " + Mask,
		"sent Bearer abc.def-ghi to it":                      "sent Bearer " + Mask + " to it",
		"https://x/cb?code=abc123&state=s":                   "https://x/cb?code=" + Mask + "&state=s",
		`{"access_token":"abc","expires_in":3}`:              `{"access_token":"` + Mask + `","expires_in":3}`,
		"proxy http://user:pass@proxy:3128 refused":          "proxy http://" + Mask + "@proxy:3128 refused",
		"dial tcp 127.0.0.1:80: connect: connection refused": "dial tcp 127.0.0.1:80: connect: connection refused",
		"plain": "plain",
	} {
		if got := Redact(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// FuzzMasker: what comes out holds no form of the secret, a second time changes
// nothing, and a text without the secret stays as it is.
func FuzzMasker(f *testing.F) {
	f.Add(canary, "x"+canary+"y")
	f.Add("ada:password", "Basic YWRhOnBhc3N3b3Jk")
	f.Fuzz(func(t *testing.T, s, text string) {
		m := NewMasker()
		m.AddBasic(New(s))
		got := m.String(text)
		if !strings.Contains(text, Mask) && got == text {
			for _, form := range formsOf(s) {
				if strings.Contains(text, form) && !strings.Contains(Mask, form) {
					t.Fatalf("%q stands in %q", form, text)
				}
			}
		}
		if strings.Contains(text, s) && len(s) >= minMasked && !strings.Contains(got, Mask) && !strings.Contains(Mask, s) {
			t.Fatalf("nothing was masked in %q", text)
		}
		if got != text && !strings.Contains(got, Mask) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func BenchmarkMaskerManyMatches(b *testing.B) {
	m := NewMasker(New(canary), New("another secret value"))
	text := bytes.Repeat([]byte(`{"id": 1, "name": "another secret value"}`), 20_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.Bytes(text)
	}
}

func BenchmarkMaskerNoMatch(b *testing.B) {
	m := NewMasker(New(canary), New("another secret value"))
	text := bytes.Repeat([]byte(`{"id": 1, "name": "something"}`), 2000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.Bytes(text)
	}
}
