package bridge

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// TestRefusalWithoutItsBody: that the backend refused is said, and acted on, also
// when the body that explains it cannot be read.
func TestRefusalWithoutItsBody(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		kind := ""
		_, _ = fmt.Sscanf(r.URL.Path, "/%d%s", &status, &kind)
		switch kind {
		case "br":
			w.Header().Set("Content-Encoding", "br")
		case "zip":
			w.Header().Set("Content-Encoding", "gzip")
		case "cut":
			w.Header().Set("Content-Length", "1000")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, "no gzip, and short")
		if kind == "cut" {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	kinds := []string{"br", "zip", "cut"}
	names := []string{}
	for _, status := range []string{"200", "401", "403", "500"} {
		for _, kind := range kinds {
			names = append(names, status+kind)
		}
	}
	r := newRig(t, s.URL, "[[server.securitySchemes]]\nid = \"k\"\ntype = \"http\"\nscheme = \"bearer\"\n[server.defaultUpstreamSecurity]\nid = \"k\"\n"+quick+toolTOML(names...))
	r.save("k", canary, s.URL)
	for _, name := range names {
		switch name[:3] {
		case "200":
			r.fails(name, "{}", result.BackendUnreachable, "it")
		case "401":
			r.fails(name, "{}", result.HTTPStatus, "mcp-bridge login p --scheme k")
		default:
			r.fails(name, "{}", result.HTTPStatus, name[:3])
		}
	}
}

// TestOddCertificates: what is wrong with a certificate is said, each in its own way.
func TestOddCertificates(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, c := range map[string]struct {
		from, to time.Duration
		hosts    []net.IP
		usage    x509.ExtKeyUsage
		says     string
	}{
		"expired": {-2 * time.Hour, -time.Hour, []net.IP{net.IPv4(127, 0, 0, 1)}, x509.ExtKeyUsageServerAuth, "expired or is not valid yet"},
		"early":   {time.Hour, 2 * time.Hour, []net.IP{net.IPv4(127, 0, 0, 1)}, x509.ExtKeyUsageServerAuth, "check the clock"},
		"name":    {-time.Hour, time.Hour, []net.IP{net.IPv4(10, 0, 0, 1)}, x509.ExtKeyUsageServerAuth, "another name"},
		"usage":   {-time.Hour, time.Hour, []net.IP{net.IPv4(127, 0, 0, 1)}, x509.ExtKeyUsageClientAuth, "openssl s_client"},
	} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(c.from), NotAfter: time.Now().Add(c.to),
			IPAddresses: c.hosts, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{c.usage}}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Error(name + ": a request was sent") }))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
		s.StartTLS()
		ca := filepath.Join(dir, name+".pem")
		writeFile(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		newRig(t, s.URL, bearer+quick+fmt.Sprintf("caFile = %q\n", ca)+toolTOML("a")).fails("a", "{}", result.TLSFailed, c.says)
		s.Close()
	}
	old := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Error("a request was sent over TLS 1.1") }))
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	newRig(t, old.URL, bearer+quick+toolTOML("a")).fails("a", "{}", result.TLSFailed, "handshake")
}

// TestPassthroughKeychainTrouble: a call that somebody has signed in for is not made
// as somebody else because the keychain cannot be asked; where nobody has, the
// configured credential needs no keychain.
func TestPassthroughKeychainTrouble(t *testing.T) {
	got := ""
	s := server(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header.Get("X-Key") })
	text := strings.Replace(passthrough, `name = "X-Key"`, "name = \"X-Key\"\ndefaultCredential = \"configured-1\"", 1)
	for _, signedIn := range []bool{false, true} {
		r := newRig(t, s.URL, text)
		if signedIn {
			r.save("down", "of-the-person", s.URL)
			if r.get("me", "{}"); got != "of-the-person" {
				t.Error(got)
			}
			r.save("down", "of-the-person", s.URL) // nothing is kept any more
		}
		if err := os.Remove(r.key); err != nil {
			t.Fatal(err)
		}
		got = ""
		switch out := r.get("me", "{}"); {
		case signedIn && (out.Kind != result.KeychainUnavailable || got != ""):
			t.Errorf("%s, sent %q", out.Kind, got)
		case !signedIn && (out.IsError || got != "configured-1"):
			t.Errorf("%s, sent %q", all(out), got)
		}
		// The client's own needs no keychain at all.
		meta := map[string]json.RawMessage{"mcp-bridge/headers": json.RawMessage(`{"Authorization":"Bearer meta-token-1"}`)}
		if out := r.calls(context.Background(), Call{Tool: "me", Meta: meta}); out.IsError || got != "meta-token-1" {
			t.Errorf("%s, sent %q", all(out), got)
		}
	}
}

// TestRetryAfterIsWaitedFor: as long as the backend says, in seconds or as a date,
// and never less than what would be waited anyway.
func TestRetryAfterIsWaitedFor(t *testing.T) {
	header := ""
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", header)
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for _, c := range []struct {
		header    string
		from, to  time.Duration
		attempted int
	}{
		{"7", 7 * time.Second, 7 * time.Second, 2},
		{"0", firstPause, 3 * firstPause, 2},
		{"-5", firstPause, 3 * firstPause, 2},
		{time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat), time.Second, 9 * time.Second, 2},
		{time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), firstPause, 3 * firstPause, 2},
		{"31", 0, 0, 0},
	} {
		header = c.header
		r := newRig(t, s.URL, toolTOML("a"))
		b, err := r.sender()
		if err != nil {
			t.Fatal(err)
		}
		var waits []time.Duration
		b.pause = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
		r.fails("a", "{}", result.HTTPStatus, "429")
		if len(waits) != c.attempted {
			t.Errorf("%q: waited %v", c.header, waits)
		}
		for _, d := range waits {
			if d < c.from || d > c.to {
				t.Errorf("%q: waited %v, want %v to %v", c.header, d, c.from, c.to)
			}
		}
	}
}

// TestPauseEndsWithTheCall: a call that is cancelled while it waits to try again
// gives the answer it has.
func TestPauseEndsWithTheCall(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	r := newRig(t, s.URL, toolTOML("a"))
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, cancel)
	within(t, func() {
		if out := r.calls(ctx, Call{Tool: "a"}); !out.IsError {
			t.Error(all(out))
		}
	})
	if err := sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestAnnouncedSize: what a header announces is not believed.
func TestAnnouncedSize(t *testing.T) {
	for _, size := range []int64{-1, 0, 1, 4, 1 << 62} {
		data, err := read(strings.NewReader("text"), 100, size)
		if err != nil || string(data) != "text" || cap(data) > sized+2*bytes.MinRead {
			t.Errorf("%d: %q (%d), %v", size, data, cap(data), err)
		}
	}
	if data, err := read(zeros{}, 100, -1); len(data) != 100 || err != nil {
		t.Errorf("%d, %v", len(data), err)
	}
}

// FuzzPlain: whatever a body holds, reading it ends, with no more than was asked
// for; and what was compressed comes back.
func FuzzPlain(f *testing.F) {
	f.Add([]byte("text"), "", int64(4))
	f.Add([]byte("\x1f\x8b\x08\x00"), "gzip", int64(-1))
	f.Add([]byte{}, "br", int64(0))
	f.Fuzz(func(t *testing.T, body []byte, encoding string, size int64) {
		const limit = 1000
		get := func(body []byte, encoding string) ([]byte, http.Header, error) {
			res := &http.Response{Header: http.Header{"Content-Encoding": {encoding}, "X": {"y"}}, Body: io.NopCloser(bytes.NewReader(body))}
			out := result.Response{Header: res.Header}
			reader, err := plain(res, &out)
			if err != nil {
				return nil, out.Header, err
			}
			data, err := read(reader, limit, size)
			if len(data) > limit || out.Header.Get("X") != "y" {
				t.Errorf("%d bytes, %v", len(data), out.Header)
			}
			return data, out.Header, err
		}
		_, _, _ = get(body, encoding)
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		_, _ = z.Write(body)
		_ = z.Close()
		for encoding, content := range map[string][]byte{"": body, " GZip ": zipped.Bytes()} {
			data, header, err := get(content, encoding)
			if err != nil || !bytes.Equal(data, body[:min(len(body), limit)]) || encoding != "" && header.Get("Content-Encoding") != "" {
				t.Errorf("%q: %q, %v", encoding, data, err)
			}
		}
	})
}

// BenchmarkCallStored is BenchmarkCall with a credential of the keychain.
func BenchmarkCallStored(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"id":1,"name":"x"}`) }))
	defer s.Close()
	r := newRig(b, s.URL, "[[server.securitySchemes]]\nid = \"k\"\ntype = \"http\"\nscheme = \"bearer\"\n"+toolTOML("a")+"security = { id = \"k\" }\n")
	r.save("k", canary, s.URL)
	b.ReportAllocs()
	for b.Loop() {
		if out := r.Call(context.Background(), Call{Tool: "a"}); out.IsError {
			b.Fatal(all(out))
		}
	}
}

// BenchmarkRead reads bodies whose size was announced, and such whose size was not.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name string
		size int64
	}{{"announced", 500_000}, {"chunked", -1}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if data, err := read(zeros{}, 500_000, c.size); err != nil || len(data) != 500_000 {
					b.Fatal(len(data), err)
				}
			}
		})
	}
}
