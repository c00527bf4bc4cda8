package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

// encoders are what frameworks do to a text before they show it.
var encoders = map[string]func(string) string{
	"as it is": func(s string) string { return s },
	"query":    url.QueryEscape,
	"path":     url.PathEscape,
	"every byte": func(s string) string {
		return "%" + strings.ToUpper(strings.Join(pairs(hex.EncodeToString([]byte(s))), "%"))
	},
	"JSON": func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
	"JSON slashes": func(s string) string {
		b, _ := json.Marshal(s)
		return strings.ReplaceAll(string(b[1:len(b)-1]), "/", `\/`)
	},
	"HTML":         html.EscapeString,
	"HTML decimal": func(s string) string { return references(s, "&#%d;", `+&<>"'/=`) },
	"HTML hex":     func(s string) string { return references(s, "&#x%x;", `+&<>"'/= %\`) },
	"HTML every":   func(s string) string { return references(s, "&#x%X;", "") },
}

func pairs(s string) (out []string) {
	for ; s != ""; s = s[2:] {
		out = append(out, s[:2])
	}
	return out
}

func references(s, format, these string) string {
	var b strings.Builder
	for _, r := range s {
		if these == "" || strings.ContainsRune(these, r) {
			fmt.Fprintf(&b, format, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// carriers are what frameworks put a secret into.
var carriers = map[string]func(string) string{
	"raw":         func(s string) string { return s },
	"hex":         func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":         func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"base64":      func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64raw":   func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64url":   func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"in base64 1": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s)) },
	"in base64 2": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("api:" + s + ":x")) },
	"in base64 3": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("key:x" + s + "more and more")) },
}

// TestFormsInOneAnother: every carrier in every two encoders.
func TestFormsInOneAnother(t *testing.T) {
	for _, s := range []string{"sk+live/secret&value==", `pa"ss'<w>ord\x`, "ünï+cödé/😀pass", "Plain.Token_0-9abc", "100%sure+%2B"} {
		m := NewMasker(New(s))
		for carrier, put := range carriers {
			for one, inner := range encoders {
				for two, outer := range encoders {
					if strings.HasSuffix(two, "every byte") || strings.HasSuffix(two, "every") && strings.HasPrefix(one, "HTML") || two == "HTML every" && one != "as it is" {
						continue // nobody escapes the digits of an escape
					}
					text := outer(inner(put(s)))
					got := m.String(">" + text + "<")
					if !strings.Contains(got, Mask) {
						t.Errorf("%q, %s, %s, %s: not masked: %s", s, carrier, one, two, text)
					}
					if !strings.HasPrefix(carrier, "in ") && got != ">"+Mask+"<" && !leaves(got) {
						t.Errorf("%q, %s, %s, %s: %s became %s", s, carrier, one, two, text, got)
					}
				}
			}
		}
	}
}

// leaves allows the padding of base64 that stays behind a shorter writing.
func leaves(got string) bool {
	rest := strings.TrimSuffix(strings.TrimPrefix(got, ">"+Mask), "<")
	for _, pad := range []string{"=", "%", "3", "D", "d", "2", "5", "&", "#", "6", "1", ";", "x", "0", "u", `\`, "a", "m", "p"} {
		rest = strings.ReplaceAll(rest, pad, "")
	}
	return rest == ""
}

func TestBase64OfALongerText(t *testing.T) {
	const key = "sk_live_0123456789"
	m := NewMasker(New(key))
	for before := range 4 {
		for after := range 4 {
			text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + key + strings.Repeat("y", after)))
			got := m.String(text)
			decoded, _ := base64.StdEncoding.DecodeString(strings.ReplaceAll(got, Mask, strings.Repeat("A", len(Mask))))
			if !strings.Contains(got, Mask) || bytes.Contains(decoded, []byte(key[:2])) || len(got) > len(Mask)+8+after*2 {
				t.Errorf("%d before, %d behind: %s", before, after, got)
			}
		}
	}
}

func TestLease(t *testing.T) {
	m := NewMasker(New("for-ever-known"))
	one, two := m.Lease(), m.Lease()
	one.Add(New("token-of-a-call"))
	one.Add(New("token-of-a-call"))
	two.Add(New("token-of-a-call"))
	two.AddBasic(New("ada:for-ever-known"))
	const text = "for-ever-known token-of-a-call ada:for-ever-known"
	if got := m.String(text); got != Mask+" "+Mask+" "+Mask {
		t.Error(got)
	}
	one.Release()
	one.Release()
	if got := m.String(text); got != Mask+" "+Mask+" "+Mask {
		t.Error("released too early: " + got)
	}
	two.Release()
	two.Add(New("too-late-for-it"))
	if got := m.String(text + " too-late-for-it"); got != Mask+" token-of-a-call ada:"+Mask+" too-late-for-it" {
		t.Error(got)
	}
}

func TestBeginning(t *testing.T) {
	const key = "sk+live/0123456789"
	m := NewMasker(New(key))
	for name, encode := range encoders {
		for carrier, put := range carriers {
			if strings.HasPrefix(carrier, "in ") {
				continue
			}
			whole := "text " + encode(put(key))
			for n := 5; n < len(whole); n++ {
				if got := string(m.Beginning([]byte(whole[:n]))); got != "text " && !strings.HasPrefix(got, "text "+Mask) {
					t.Fatalf("%s, %s: cut at %d %s became %s", name, carrier, n, whole[:n], got)
				}
			}
		}
	}
	if got := string(m.Beginning([]byte("nothing at all"))); got != "nothing at all" {
		t.Error(got)
	}
}

// TestEscapesWithoutEnd: a text of nothing but escapes takes time in proportion.
func TestEscapesWithoutEnd(t *testing.T) {
	ordinary := NewMasker(New("sk+live/secret&value=="))
	for _, unit := range []string{`\`, "&amp;", "%25", "+", `\u005c`, "&#x26;", "%", "&", `\/`} {
		text := strings.Repeat(unit, 50_000)
		if got := ordinary.String(text); got != text {
			t.Errorf("%q is masked", unit)
		}
	}
	m := NewMasker(New(`\\\\\\\\`), New("&amp;&amp;&amp;"), New("%25%25%25%25"), New("++++++++"), New(`\u005c\u005c`))
	for _, unit := range []string{`\`, "&amp;", "%25", "+", `\u005c`, "&#x26;", "%"} {
		text := strings.Repeat(unit, 1000)
		if got := m.String(text); len(got) > len(text)+len(Mask)*len(text) {
			t.Error(len(got))
		}
	}
}

func BenchmarkMaskerManySecrets(b *testing.B) {
	text := strings.Repeat(`{"id": 1, "name": "something", "url": "https://host/a%20b"}`, 2000)
	for _, n := range []int{1, 100, 10_000} {
		m := NewMasker()
		for i := range n {
			m.Add(New(fmt.Sprintf("token-%d-%x", i, i*7919)))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				m.String(text)
			}
		})
	}
}
