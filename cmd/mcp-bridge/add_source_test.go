//go:build linux

package main

import (
	"compress/gzip"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestAddFromAddress reads documents from addresses: over http from this machine, over
// https with the authority that config.toml names, and nothing else.
func TestAddFromAddress(t *testing.T) {
	var elsewhere atomic.Int32 // connections to where only a redirect leads
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	private := httptest.NewUnstartedServer(http.NotFoundHandler())
	_ = private.Listener.Close()
	private.Listener = listener
	private.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			elsewhere.Add(1)
		}
	}
	private.StartTLS()
	defer private.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	handler := http.NewServeMux()
	handler.HandleFunc("/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		if name, password, ok := r.BasicAuth(); ok && (name != "ada" || password != "canaryPassword") {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, smallAPI)
	})
	redirect := func(path, to string) {
		handler.Handle(path, http.RedirectHandler(to, http.StatusFound))
	}
	redirect("/here", "/openapi.json")
	redirect("/loop", "/loop")
	redirect("/http", "http://example.com/openapi.json")
	redirect("/file", "file:///etc/passwd")
	redirect("/private", "https://10.0.0.1/openapi.json")
	redirect("/mapped", "https://[::ffff:127.0.0.2]:"+port+"/openapi.json")
	redirect("/metadata", "http://169.254.169.254/latest")
	redirect("/other", "https://127.0.0.2:"+port+"/openapi.json")
	redirect("/name", "https://localtest.localhost:"+port+"/openapi.json")
	handler.HandleFunc("/gone", http.NotFound)
	handler.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	handler.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for range 200 {
			if _, err := z.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
		_ = z.Close()
	})
	handler.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, smallAPI)
	})
	handler.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>sign in</html>") })
	handler.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("a", 4<<20))
		_, _ = io.WriteString(w, smallAPI)
	})
	plain, safe := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer safe.Close()
	p := newPerson(t)
	if a := p.add("", safe.URL+"/openapi.json"); a.code != 5 || !strings.Contains(a.said, "certificate") {
		t.Errorf("an authority that nobody knows: %d %s", a.code, a.said)
	}
	config := "keychain = \"file\"\nkeyFile = \"key\"\nbrowser = \"none\"\n"
	p.write(".mcp-bridge/config.toml", config+"caFile = \"authority.pem\"\n")
	if a := p.add("", safe.URL+"/openapi.json"); a.code == 0 || !strings.Contains(a.said, "caFile in config.toml") {
		t.Errorf("a caFile that is not there: %d %s", a.code, a.said)
	}
	p.write(".mcp-bridge/authority.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: safe.Certificate().Raw})))
	for path, code := range map[string]int{"/openapi.json": 0, "/here": 0, "/loop": 5, "/http": 5, "/file": 5, "/private": 5, "/mapped": 5, "/metadata": 5, "/other": 5, "/name": 5, "/gone": 5,
		"/endless": 3, "/bomb": 3, "/cut": 5, "/page": 3, "/headers": 5} {
		for _, base := range []string{safe.URL, plain.URL, strings.Replace(plain.URL, "127.0.0.1", "localhost", 1)} {
			t.Run(path, func(t *testing.T) {
				p := *newPerson(t)
				p.write(".mcp-bridge/config.toml", config+"caFile = \"authority.pem\"\n")
				p.write(".mcp-bridge/authority.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: safe.Certificate().Raw})))
				p.add("", base+path).holds(t, code)
			})
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d connections went where only a redirect leads", n)
	}
	if a := p.add("", "http://example.com/openapi.json"); a.code != 1 || !strings.Contains(a.said, "use https") {
		t.Errorf("plain http: %d %s", a.code, a.said)
	}
	withPassword := strings.Replace(plain.URL, "http://", "http://ada:canaryPassword@", 1) + "/openapi.json"
	a := p.add("", withPassword, "--name", "closed")
	a.holds(t, 0)
	for _, file := range a.left {
		if strings.Contains(read(t, file), "canaryPassword") {
			t.Errorf("%s has the password of the address", file)
		}
	}
	if strings.Contains(a.said, "canaryPassword") {
		t.Error("the password of the address is printed")
	}
}

// TestAddOverProxy reads a document over the proxy of config.toml.
func TestAddOverProxy(t *testing.T) {
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.Host)
		w.WriteHeader(http.StatusForbidden)
	}))
	defer proxy.Close()
	p := newPerson(t)
	p.write(".mcp-bridge/config.toml", fmt.Sprintf("keychain = \"file\"\nkeyFile = \"key\"\nproxy = %q\n", proxy.URL))
	p.add("", "https://api.example.com/openapi.json").holds(t, 5)
	if got := asked.Load(); got != "CONNECT api.example.com:443" {
		t.Errorf("the proxy was asked %v", got)
	}
}
