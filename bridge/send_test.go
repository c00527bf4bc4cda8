package bridge

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

const quick = "[http]\ntimeout = \"1s\"\nretries = 0\nmaxResponseBytes = 100000\n"

// TestHostileBackends: each gives a clear result in bounded time and memory, leaks
// nothing, and the next call works.
func TestHostileBackends(t *testing.T) {
	bomb := new(bytes.Buffer)
	z := gzip.NewWriter(bomb)
	_, _ = io.CopyN(z, zeros{}, 16<<20)
	_ = z.Close()
	stop := make(chan struct{})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		flush := func() { _ = http.NewResponseController(w).Flush() }
		switch r.URL.Path {
		case "/ok":
			fmt.Fprint(w, "fine")
		case "/hang":
			<-stop
		case "/hangbody":
			fmt.Fprint(w, "beginning")
			flush()
			<-stop
		case "/drip":
			for {
				if _, err := fmt.Fprint(w, "."); err != nil {
					return
				}
				flush()
				time.Sleep(10 * time.Millisecond)
			}
		case "/endless":
			w.Header().Set("Content-Type", "text/plain")
			line := strings.Repeat("x", 32<<10)
			for {
				if _, err := io.WriteString(w, line); err != nil {
					return
				}
			}
		case "/huge":
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Content-Length", "1073741824")
			_, _ = io.CopyN(w, zeros{}, 1<<30)
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			for range 64 { // 1 GiB in all: gzip members may follow each other
				if _, err := w.Write(bomb.Bytes()); err != nil {
					return
				}
			}
		case "/badgzip":
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "this is no gzip at all")
		case "/cutgzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, strings.Repeat("text ", 10_000))
			_ = z.Flush()
		case "/brotli":
			w.Header().Set("Content-Encoding", "br")
			fmt.Fprint(w, "?")
		case "/header":
			for i := range 40 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("h", 64<<10))
			}
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "short")
			flush()
			panic(http.ErrAbortHandler)
		case "/garbage":
			c, _, _ := http.NewResponseController(w).Hijack()
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n")
			_ = c.Close()
		case "/empty":
			w.WriteHeader(http.StatusOK)
		case "/nocontent":
			w.WriteHeader(http.StatusNoContent)
		case "/redirect":
			http.Redirect(w, r, "https://evil.example/steal", http.StatusFound)
		case "/401", "/403", "/404", "/429", "/500", "/503":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(map[string]int{"/401": 401, "/403": 403, "/404": 404, "/429": 429, "/500": 500, "/503": 503}[r.URL.Path])
			fmt.Fprintf(w, `{"error":"no","you":%q}`, r.Header.Get("Authorization"))
		}
	})
	defer close(stop)
	names := []string{"ok", "hang", "hangbody", "drip", "endless", "huge", "bomb", "badgzip", "cutgzip", "brotli", "header", "cut", "garbage", "empty", "nocontent",
		"redirect", "401", "403", "404", "429", "500", "503"}
	r := newRig(t, s.URL, bearer+quick+toolTOML(names...))
	r.works("ok", "{}", "fine") // the client is warm
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, c := range []struct {
		name string
		kind result.Kind // empty: no error
		says string
	}{
		{"hang", result.Timeout, "no whole answer within 1s"},
		{"hangbody", result.Timeout, "within 1s"},
		{"drip", result.Timeout, "within 1s"},
		{"endless", "", "cut"},
		{"huge", result.TooLarge, "maxResponseBytes"},
		{"bomb", result.TooLarge, "maxResponseBytes"},
		{"badgzip", result.BackendUnreachable, "broke off"},
		{"cutgzip", result.BackendUnreachable, "broke off"},
		{"brotli", result.BackendUnreachable, "encoding br"},
		{"header", result.TooLarge, "headers"},
		{"cut", result.BackendUnreachable, "broke off"},
		{"garbage", result.BackendUnreachable, "no usable answer"},
		{"empty", "", "success"},
		{"nocontent", "", "success"},
		{"redirect", result.HTTPStatus, "302"},
		{"401", result.HTTPStatus, "401"},
		{"403", result.HTTPStatus, "403"},
		{"404", result.HTTPStatus, "404"},
		{"429", result.HTTPStatus, "429"},
		{"500", result.HTTPStatus, "500"},
		{"503", result.HTTPStatus, "503"},
	} {
		out := r.get(c.name, "{}")
		if out.Kind != c.kind || !strings.Contains(all(out), c.says) {
			t.Errorf("%s: %q %.300s, want %q with %q", c.name, out.Kind, all(out), c.kind, c.says)
		}
		if c.kind != "" && c.kind != result.HTTPStatus && c.kind != result.TooLarge && !strings.Contains(all(out), strings.TrimPrefix(s.URL, "http://")) {
			t.Errorf("%s: the host is not named in %s", c.name, all(out))
		}
		r.works("ok", "{}", "fine")
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 100<<20 {
		t.Errorf("%d MiB were allocated", grown>>20)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	newRig(t, "http://"+addr, quick+toolTOML("a")).fails("a", "{}", result.BackendUnreachable, "the connection was refused")
	newRig(t, "https://no-such-host.invalid", quick+toolTOML("a")).fails("a", "{}", result.BackendUnreachable, "no-such-host.invalid")
	newRig(t, "http://api.example.com", strings.Replace(quick, "[http]", "[http]\nallowInsecure = [\"other:80\"]", 1)+toolTOML("a")).
		fails("a", "{}", result.BackendUnreachable, `allowInsecure = ["api.example.com:80"]`)
}

// TestCertificates: a certificate that is not trusted ends the call before anything
// is sent, and says what to do.
func TestCertificates(t *testing.T) {
	received := new(atomic.Int32)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { received.Add(1); fmt.Fprint(w, "secure") }))
	defer s.Close()
	s.Config.ErrorLog = nil
	ca := filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	newRig(t, s.URL, bearer+quick+toolTOML("a")).fails("a", "{}", result.TLSFailed, "http.caFile")
	if received.Load() != 0 {
		t.Error("a request was sent")
	}
	withCA := bearer + quick + fmt.Sprintf("caFile = %q\n", ca) + toolTOML("a")
	newRig(t, s.URL, withCA).works("a", "{}", "secure")
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL, "https://"))
	newRig(t, "https://localhost:"+port, withCA).fails("a", "{}", result.TLSFailed, "another name")
	plain := server(t, echo)
	newRig(t, strings.Replace(plain.URL, "http:", "https:", 1), withCA).fails("a", "{}", result.TLSFailed, "does not speak TLS")
	newRig(t, s.URL, bearer+quick+"caFile = \"absent.pem\"\n"+toolTOML("a")).fails("a", "{}", result.TLSFailed, "http.caFile")
	writeFile(t, ca, []byte("no certificate"))
	newRig(t, s.URL, withCA).fails("a", "{}", result.TLSFailed, "holds no certificate")
}

func TestClientCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello client") }))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	defer s.Close()
	dir := t.TempDir()
	ca, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "key.pem")
	writeFile(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	keyDER, err := marshalKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	text := quick + fmt.Sprintf("caFile = %q\n", ca)
	newRig(t, s.URL, text+toolTOML("a")).fails("a", "{}", result.TLSFailed, "http.clientCert")
	newRig(t, s.URL, text+fmt.Sprintf("clientCert = %q\nclientKey = %q\n", ca, key)+toolTOML("a")).works("a", "{}", "hello client")
}

// TestRetries: only safe methods, only what may be better the next time, and never
// beyond the time there is.
func TestRetries(t *testing.T) {
	var hits atomic.Int32
	status, header := 503, ""
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if hits.Add(1) < 3 {
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			w.WriteHeader(status)
			return
		}
		fmt.Fprint(w, "at last")
	})
	text := "[http]\ntimeout = \"5s\"\n" + toolTOML("a") + strings.ReplaceAll(toolTOML("post"), "GET", "POST")
	r := newRig(t, s.URL, text)
	r.works("a", "{}", "at last")
	for _, c := range []struct {
		tool   string
		status int
		header string
		hits   int32
		kind   result.Kind
	}{
		{"post", 503, "", 1, result.HTTPStatus},
		{"a", 500, "", 1, result.HTTPStatus},
		{"a", 429, "0", 3, ""},
		{"a", 429, "1000", 1, result.HTTPStatus}, // there is not so much time
		{"a", 502, "nonsense", 3, ""},
	} {
		hits.Store(0)
		status, header = c.status, c.header
		if out := r.get(c.tool, "{}"); out.Kind != c.kind || hits.Load() != c.hits {
			t.Errorf("%s %d %s: %d requests, %q", c.tool, c.status, c.header, hits.Load(), out.Kind)
		}
	}
	none := newRig(t, s.URL, "[http]\nretries = 0\n"+toolTOML("a"))
	hits.Store(0)
	if none.get("a", "{}"); hits.Load() != 1 {
		t.Errorf("%d requests without retries", hits.Load())
	}
}

// TestCancel: the cancellation reaches the socket.
func TestCancel(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(gone)
	})
	r := newRig(t, s.URL, toolTOML("a"))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan *result.Result)
	go func() { done <- r.Call(ctx, Call{Tool: "a"}) }()
	<-arrived
	cancel()
	if out := <-done; out.Kind != result.Interrupted {
		t.Errorf("%s %s", out.Kind, all(out))
	}
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Error("the backend did not see it")
	}
}

// TestRedirects: by default never; when the profile follows them, nothing secret
// goes to another origin, and never from https to http.
func TestRedirects(t *testing.T) {
	other := server(t, echo)
	var self *httptest.Server
	self = server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/end?x=1", http.StatusMovedPermanently)
		case "/other":
			http.Redirect(w, r, other.URL+"/there", http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, self.URL+"/loop", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/user":
			http.Redirect(w, r, "http://a:b@127.0.0.1/", http.StatusFound)
		case "/post":
			http.Redirect(w, r, "/end", http.StatusFound)
		default:
			echo(w, r)
		}
	})
	text := bearer + "[http]\nfollowRedirects = true\nheaders = { X-Team = \"" + canary + "\" }\n" + toolTOML("same", "other", "loop", "file", "user") + strings.ReplaceAll(toolTOML("post"), "GET", "POST")
	r := newRig(t, self.URL, text)
	r.mask.Add(secretOf(canary))
	r.works("same", "{}", "GET /end?x=1")
	r.works("same", "{}", "Authorization: Bearer [secret]")
	out := r.get("other", "{}")
	if text := all(out); out.IsError || !strings.Contains(text, "GET /there") || strings.Contains(text, "secret") || strings.Contains(text, "X-Team") || strings.Contains(text, "Authorization") {
		t.Error(text)
	}
	r.fails("loop", "{}", result.RedirectRefused, "more than 5 times")
	r.fails("file", "{}", result.RedirectRefused, "")
	r.fails("user", "{}", result.RedirectRefused, "")
	r.fails("post", "{}", result.HTTPStatus, "302")
	none := newRig(t, self.URL, bearer+toolTOML("same"))
	none.fails("same", "{}", result.HTTPStatus, "301")

	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer secure.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}))
	newRig(t, secure.URL, bearer+fmt.Sprintf("[http]\nfollowRedirects = true\ncaFile = %q\n", ca)+toolTOML("a")).fails("a", "{}", result.RedirectRefused, "from https to http")
}

// TestProxy: a real proxy is asked to connect, and never for this machine.
func TestProxy(t *testing.T) {
	backend := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "through the proxy") }))
	defer backend.Close()
	asked := make(chan string, 10)
	proxy := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization")
		up, err := net.Dial("tcp", strings.TrimPrefix(backend.URL, "https://"))
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		down, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(up, rw); _ = up.Close() }()
		_, _ = io.Copy(down, bufio.NewReader(up))
		_ = down.Close()
	})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: backend.Certificate().Raw}))
	http1 := fmt.Sprintf("[http]\ncaFile = %q\n", ca)
	withUser := strings.Replace(proxy.URL, "http://", "http://u:proxy-"+canary+"@", 1)
	r := newRig(t, "https://example.com", http1+fmt.Sprintf("proxy = %q\n", strings.ReplaceAll(withUser, "/+", ""))+toolTOML("a"))
	r.works("a", "{}", "through the proxy")
	if got := <-asked; !strings.HasPrefix(got, "CONNECT example.com:443 Basic ") {
		t.Error(got)
	}
	newRig(t, "https://example.com", http1+toolTOML("a"), "https_proxy="+proxy.URL).works("a", "{}", "through the proxy")
	<-asked
	local := server(t, echo)
	newRig(t, local.URL, http1+fmt.Sprintf("proxy = %q\n", proxy.URL)+toolTOML("a")).works("a", "{}", "GET /a")
	if len(asked) != 0 {
		t.Error("the proxy was asked for this machine")
	}
	newRig(t, "https://example.com", "[http]\nretries = 0\nproxy = \"http://127.0.0.1:1\"\n"+toolTOML("a")).fails("a", "{}", result.BackendUnreachable, "example.com")
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 0, "5": 5 * time.Second, "-1": 0, "x": 0, "99999999999": 24 * time.Hour, "2000000": 24 * time.Hour, "1048576": 24 * time.Hour,
		"99999999999999999999999999": 24 * time.Hour, "1.5": 2 * time.Second, " 7 ": 7 * time.Second, "3.0": 3 * time.Second, "1e9": 0, "+5": 0, "5,6": 0,
		time.Now().AddDate(100, 0, 0).UTC().Format(http.TimeFormat): 24 * time.Hour,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):    0} {
		if got := retryAfter(http.Header{"Retry-After": {text}}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := retryAfter(http.Header{"Retry-After": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}); got < 59*time.Minute {
		t.Error(got)
	}
}

func TestHint(t *testing.T) {
	if Hint(nil) != "" || Hint(errors.New("x")) != "" || Hint(fmt.Errorf("a: %w", &SendError{hint: "do"})) != "do" {
		t.Error("Hint is wrong")
	}
}

// BenchmarkCall makes whole calls to a backend on loopback, and BenchmarkDirect the
// same request with net/http alone.
func BenchmarkCall(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"id":1,"name":"x"}`) }))
	defer s.Close()
	r := newRig(b, s.URL, bearer+toolTOML("a"))
	b.ReportAllocs()
	for b.Loop() {
		if out := r.Call(context.Background(), Call{Tool: "a"}); out.IsError {
			b.Fatal(all(out))
		}
	}
}

// BenchmarkDirect is the yardstick of BenchmarkCall.
func BenchmarkDirect(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"id":1,"name":"x"}`) }))
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		req, _ := http.NewRequest(http.MethodGet, s.URL+"/a", nil)
		req.Header.Set("Authorization", "Bearer x")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
}
