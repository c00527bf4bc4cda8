package bridge

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/leaktest"
)

// forever writes a text until the other side goes away or the test ends.
func forever(c net.Conn, text string, stop <-chan struct{}) {
	block := []byte(strings.Repeat(text, 1+4096/len(text)))
	for {
		select {
		case <-stop:
			return
		default:
		}
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := c.Write(block); err != nil {
			return
		}
	}
}

// TestHostileWire: bytes that no HTTP server would send. Each call ends with an
// error that says something, or a bounded result, and the next call works.
func TestHostileWire(t *testing.T) {
	var member bytes.Buffer
	_ = gzip.NewWriter(&member).Close()
	const ok, chunked = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	cases := []struct {
		name, head, repeat string
		kind               result.Kind
	}{
		{"earlyhints", "", "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", result.TooLarge},
		{"statusline", "", "H", result.TooLarge},
		{"oneheader", ok + "X: ", "x", result.TooLarge},
		{"manyheaders", ok, "X: x\r\n", result.TooLarge},
		{"emptygzip", ok + "Content-Encoding: gzip\r\n\r\n", member.String(), result.Timeout},
		{"gzipheader", ok + "Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03", "n", result.BackendUnreachable},
		{"chunkextension", chunked + "1;", "x", result.BackendUnreachable},
		{"tinychunks", chunked, "1\r\nx\r\n", ""},
		{"badchunk", chunked + "zz\r\n", "", result.BackendUnreachable},
		{"hugechunk", chunked + "ffffffffffffffffff\r\n", "", result.BackendUnreachable},
		{"trailer", chunked + "1\r\nx\r\n0\r\nX: ", "x", result.BackendUnreachable},
		{"negative", ok + "Content-Length: -1\r\n\r\n", "", result.BackendUnreachable},
		{"twolengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "", result.BackendUnreachable},
		{"status", "HTTP/1.1 99999 Odd\r\n\r\n", "", result.BackendUnreachable},
		{"zero", "HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n", "", result.HTTPStatus},
		{"nul", ok + "X: a\x00b\r\n\r\n", "", result.BackendUnreachable},
		{"http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", result.BackendUnreachable},
		{"gone", "", "", result.BackendUnreachable},
	}
	stop := make(chan struct{})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		for _, c := range cases {
			if r.URL.Path == "/"+c.name {
				conn, _, _ := http.NewResponseController(w).Hijack()
				_, _ = io.WriteString(conn, c.head)
				if c.repeat != "" {
					forever(conn, c.repeat, stop)
				}
				_ = conn.Close()
				return
			}
		}
		fmt.Fprint(w, "fine")
	})
	defer close(stop)
	names := []string{"ok"}
	for _, c := range cases {
		names = append(names, c.name)
	}
	r := newRig(t, s.URL, bearer+quick+toolTOML(names...))
	for _, c := range cases {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		within(t, func() {
			out := r.get(c.name, "{}")
			if out.Kind != c.kind || len(all(out)) == 0 {
				t.Errorf("%s: %q %.200s", c.name, out.Kind, all(out))
			}
		})
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 40<<20 {
			t.Errorf("%s: %d MiB were allocated", c.name, grown>>20)
		}
		r.works("ok", "{}", "fine")
	}
}

// TestRedirectChain: what was left behind at the first other origin does not come
// back, not even at home.
func TestRedirectChain(t *testing.T) {
	var home string
	other := server(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header) != 3 {
			t.Errorf("the other origin got %v", r.Header)
		}
		w.Header().Set("Set-Cookie", "session=1")
		http.Redirect(w, r, home+"/end", http.StatusSeeOther)
	})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			echo(w, r)
			return
		}
		w.Header().Set("Set-Cookie", "session=1")
		http.Redirect(w, r, other.URL, http.StatusPermanentRedirect)
	})
	home = s.URL
	schemes := bearer + "[[server.securitySchemes]]\nid = \"accept\"\ntype = \"apiKey\"\nin = \"header\"\nname = \"Accept\"\n"
	r := newRig(t, s.URL, schemes+"[http]\nfollowRedirects = true\nheaders = { X-Team = \"blue\", User-Agent = \"mine\" }\n"+
		toolTOML("a")+toolTOML("b")+"security = { id = \"accept\" }\n")
	r.save("accept", canary, s.URL)
	for _, name := range []string{"a", "b"} {
		out := r.get(name, "{}")
		for _, not := range []string{"secret", "Authorization", "X-Team", "mine", "Cookie"} {
			if out.IsError || strings.Contains(all(out), not) {
				t.Errorf("%s: %s", not, all(out))
			}
		}
	}
}

// TestManyAtOnce: calls that succeed, fail and are cancelled at the same time, with
// Close in between, leave nothing behind.
func TestManyAtOnce(t *testing.T) {
	stop := make(chan struct{})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			select {
			case <-r.Context().Done():
			case <-stop:
			}
		case "/fail":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			fmt.Fprint(w, "fine")
		}
	})
	defer close(stop)
	r := newRig(t, s.URL, bearer+quick+toolTOML("ok", "hang", "fail"))
	leaktest.Do(t, func() {
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				c := Call{Tool: []string{"ok", "hang", "fail"}[i%3]}
				want := []result.Kind{"", result.Timeout, result.HTTPStatus}[i%3]
				if i%6 == 1 {
					time.AfterFunc(20*time.Millisecond, cancel)
					want = result.Interrupted
				}
				if out := r.Call(ctx, c); out.Kind != want {
					t.Errorf("%s: %s, want %q", c.Tool, all(out), want)
				}
				if i%10 == 0 {
					r.Close()
				}
			})
		}
		wg.Wait()
		r.Close()
		s.CloseClientConnections()
	})
}

// TestConnectionsAreKept: a thousand calls need one connection, also after answers
// that were read to their end.
func TestConnectionsAreKept(t *testing.T) {
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fail" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, strings.Repeat("x", 20_000))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	r := newRig(t, s.URL, toolTOML("ok", "fail"))
	for range 100 {
		r.works("ok", "{}", "xxx")
		r.fails("fail", "{}", result.HTTPStatus, "404")
	}
	if n := connections.Load(); n > 2 {
		t.Errorf("%d connections", n)
	}
}

// TestRenewedOnce: a command's credential that has become old is made again after a
// 401, once, whether that helps or not.
func TestRenewedOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits until a credential counts as old")
	}
	t.Parallel()
	for later, want := range map[string]result.Kind{"Bearer token-xx": "", "Bearer nothing": result.HTTPStatus} {
		t.Run(later, func(t *testing.T) {
			t.Parallel()
			count := filepath.Join(t.TempDir(), "count")
			var requests atomic.Int32
			var good atomic.Value
			good.Store("Bearer token-x")
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				if r.Header.Get("Authorization") != good.Load() {
					w.WriteHeader(http.StatusUnauthorized)
				}
			})
			command := "printf x >> " + count + "; echo token-$(cat " + count + ")"
			r := newRig(t, s.URL, fmt.Sprintf("[[server.securitySchemes]]\nid = \"k\"\ntype = \"http\"\nscheme = \"bearer\"\ndefaultCredential = { command = [\"sh\", \"-c\", %q] }\n",
				command)+toolTOML("a")+"security = { id = \"k\" }\n", "PATH=/usr/bin:/bin")
			r.works("a", "{}", "")
			good.Store(later)
			r.fails("a", "{}", result.HTTPStatus, "which comes from a command that the profile names") // it was made just now
			if n := requests.Load(); n != 2 {
				t.Errorf("%d requests", n)
			}
			time.Sleep(5200 * time.Millisecond)
			if out := r.get("a", "{}"); out.Kind != want {
				t.Errorf("%s, want %q", all(out), want)
			}
			if n := requests.Load(); n != 4 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
