//go:build linux

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// keyOf is a key with every character that encoders change.
const keyOf = "sk+live/c4n&ry'\"<v1>=="

// keyed is a person with a profile whose tools, GET and POST of each path, send keyOf to
// the backend.
func keyed(t *testing.T, backend string, paths ...string) *person {
	t.Helper()
	p := newPerson(t)
	var tools strings.Builder
	for _, path := range paths {
		for _, method := range []string{"get", "post"} {
			fmt.Fprintf(&tools, "%q:{%q:{\"operationId\":%q,\"responses\":{\"200\":{\"description\":\"ok\"}}}},", "/"+path+"/"+method, method, path+"_"+method)
		}
	}
	doc := p.write("doc.json", `{"openapi":"3.0.3","info":{"title":"T","version":"1"},"security":[{"key":[]}],"paths":{`+strings.TrimSuffix(tools.String(), ",")+
		`},"components":{"securitySchemes":{"key":{"type":"apiKey","in":"header","name":"X-Api-Key"}}}}`)
	p.run("", "add", doc, "--name", "t", "--base-url", backend)
	p.run(keyOf, "login", "t", "--scheme", "key", "--with-token")
	return p
}

// shown fails when a line shows the key, as it is or one step of decoding away.
func shown(t *testing.T, where, line string) {
	t.Helper()
	for _, text := range []string{line, html.UnescapeString(line), strings.ReplaceAll(line, `\`, "")} {
		if strings.Contains(text, keyOf) || strings.Contains(text, keyOf[:8]) {
			t.Errorf("%s shows the key: %s", where, line)
		}
	}
}

// TestNoWritingOfTheKeyLeaves: a backend that echoes what it got, as frameworks do.
func TestNoWritingOfTheKeyLeaves(t *testing.T) {
	page := func(s string) string { return "<html><title>Error</title><p>bad key: " + s }
	entities := strings.NewReplacer("&", "&amp;", "+", "&#43;", "/", "&#x2F;", "'", "&#39;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
	answers := map[string]struct {
		status     int
		kind, body string
	}{
		"html":      {500, "text/html", page(html.EscapeString(keyOf))},
		"entities":  {403, "text/html", page(entities.Replace(keyOf))},
		"twice":     {400, "text/html", page(html.EscapeString(html.EscapeString(keyOf)))},
		"nested":    {400, "application/json", `{"error":` + strconv.Quote(`{"message":`+strconv.Quote(keyOf)+`}`) + `}`},
		"query":     {400, "application/json", `{"url":"/x?key=` + url.QueryEscape(url.QueryEscape(keyOf)) + `"}`},
		"hex":       {200, "application/json", `{"dump":"` + hex.EncodeToString([]byte(keyOf)) + `"}`},
		"base64":    {200, "application/json", `{"auth":"` + base64.StdEncoding.EncodeToString([]byte(keyOf)) + `"}`},
		"within":    {200, "text/plain", base64.URLEncoding.EncodeToString([]byte("user:" + keyOf + ":more"))},
		"mediatype": {200, "image/" + "sk+live/c4n&ry", "\x89PNG\r\n\x1a\n\x00"},
		"hidden":    {200, "application/json", `{"a":"sk+li\u200bve/c4n&ry'\"<v\u00ad1\udb40\udc41>=="}`},
	}
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != keyOf {
			t.Errorf("the backend got %q", r.Header)
		}
		a := answers[strings.Split(r.URL.Path, "/")[1]]
		w.Header().Set("Content-Type", a.kind)
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	defer b.Close()
	var names []string
	for name := range answers {
		names = append(names, name)
	}
	h := keyed(t, b.URL, names...).serve("--profile", "t")
	for name, a := range answers {
		m := h.ask(`"`+name+`"`, toolCall(`"`+name+`"`, name+"_get", ""))
		shown(t, name, m.raw)
		for _, coded := range []string{hex.EncodeToString([]byte(keyOf)), base64.RawStdEncoding.EncodeToString([]byte(keyOf))[:16], "c4n&ry'", "%252Bc4n"} {
			if strings.Contains(m.raw, coded) {
				t.Errorf("%s: %s", name, m.raw)
			}
		}
		if c := m.called(t); name != "mediatype" && !strings.Contains(m.raw, "[secret]") || c.IsError != (a.status >= 400) {
			t.Errorf("%s: %s", name, m.raw)
		}
	}
}

// TestCutBodyShowsNoBeginningOfTheKey: a body ends in the middle of the key, at whichever
// of its characters.
func TestCutBodyShowsNoBeginningOfTheKey(t *testing.T) {
	const limit = 200_000
	var cut atomic.Int64
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, strings.Repeat("x", limit-int(cut.Load()))+keyOf+strings.Repeat("y", 1000))
	}))
	defer b.Close()
	p := keyed(t, b.URL, "long")
	file := p.home + "/.mcp-bridge/profiles/t.toml"
	profile, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p.write(".mcp-bridge/profiles/t.toml", string(profile)+"\n[http]\nmaxResponseBytes = "+strconv.Itoa(limit)+"\n")
	h := p.serve("--profile", "t")
	for n := 4; n < len(keyOf); n += 3 {
		cut.Store(int64(n))
		c := h.call("long_get")
		var kept struct {
			ID string
		}
		if err := json.Unmarshal(c.Meta["mcp-bridge/kept"], &kept); err != nil {
			t.Fatal(err, c)
		}
		m := h.ask("7", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_result","arguments":{"id":"`+kept.ID+`","offset":`+strconv.Itoa(limit-500)+`}}}`)
		if !strings.Contains(m.raw, "xxxx") || strings.Contains(m.raw, "xsk") {
			t.Errorf("cut behind %d characters of the key: %s", n, tail(m.raw))
		}
	}
}

// TestLibrariesDoNotLogTheBackend: net/http writes what comes behind an answer to package
// log, and that is the key here.
func TestLibrariesDoNotLogTheBackend(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				buf := make([]byte, 64<<10)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					if !bytes.Contains(buf[:n], []byte(keyOf)) {
						t.Error("the backend got no key")
					}
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"+"{\"x-api-key\":\""+keyOf+"\"}")
				}
			}()
		}
	}()
	p := keyed(t, "http://"+l.Addr().String(), "echo")
	h := p.serve("--profile", "t", "-v")
	for range 5 {
		shown(t, "a result", h.call("echo_get").text())
	}
	_ = h.in.Close()
	h.ended()
	if said := h.said.String(); strings.Contains(said, "Unsolicited") || strings.Contains(said, keyOf[:7]) {
		t.Errorf("standard error: %s", said)
	}
}

// TestLostAnswers: what may have been done is said, and only the rest is to be tried
// again. Each request is seen by the backend at most once unless it only reads.
func TestLostAnswers(t *testing.T) {
	var seen atomic.Int64
	ways := map[string]func(c net.Conn){
		"eof":    func(c net.Conn) {},
		"reset":  func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) },
		"header": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le") },
		"body":   func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf") },
		"garble": func(c net.Conn) { _, _ = io.WriteString(c, "no HTTP at all\r\n\r\n") },
	}
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		ways[strings.Split(r.URL.Path, "/")[1]](c)
		_ = c.Close()
	}))
	defer b.Close()
	var names []string
	for name := range ways {
		names = append(names, name)
	}
	p := keyed(t, b.URL, names...)
	h := p.serve("--profile", "t")
	for _, name := range names {
		seen.Store(0)
		if c := h.call(name + "_post"); !strings.Contains(c.text(), "it may have been done") || strings.Contains(c.text(), "try again") || seen.Load() != 1 {
			t.Errorf("POST, %s, sent %d times: %s", name, seen.Load(), c.text())
		}
		if c := h.call(name + "_get"); strings.Contains(c.text(), "it may have been done") || !strings.Contains(c.text(), "try again") {
			t.Errorf("GET, %s: %s", name, c.text())
		}
	}
	b.Close()
	if c := h.call("eof_post"); strings.Contains(c.text(), "may have been done") || !strings.Contains(c.text(), "refused") {
		t.Errorf("never sent: %s", c.text())
	}
}

// TestStoppedCalls: a server that is stopped says of each call what is known of it.
func TestStoppedCalls(t *testing.T) {
	arrived, release := make(chan bool, 2), make(chan bool)
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- true
		<-release
	}))
	defer b.Close()
	defer close(release)
	h := keyed(t, b.URL, "slow").serve("--profile", "t")
	h.send(toolCall(`"read"`, "slow_get", ""))
	h.send(toolCall(`"write"`, "slow_post", ""))
	<-arrived
	<-arrived
	_ = h.in.Close()
	h.ended()
	for _, line := range h.all() {
		done := strings.Contains(line, "it may have been done")
		if strings.Contains(line, `"id":"write"`) && !done || strings.Contains(line, `"id":"read"`) && (done || !strings.Contains(line, `"isError":true`)) {
			t.Error(line)
		}
	}
}

// TestTooManyFilesIsSaid: without a free descriptor calls say so, and come back.
func TestTooManyFilesIsSaid(t *testing.T) {
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond) // so that the calls stand side by side
		_, _ = io.WriteString(w, "ok")
	}))
	defer b.Close()
	p := keyed(t, b.URL, "one")
	h := p.hostWith(func(cmd *exec.Cmd) {
		cmd.Args = append([]string{"sh", "-c", `ulimit -n 24; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
	}, "--profile", "t")
	h.handshake("{}")
	refused := make(chan string, 60)
	done := make(chan bool)
	for range 60 {
		go func() {
			if c := h.call("one_post"); c.IsError {
				refused <- c.text()
			}
			done <- true
		}()
	}
	for range 60 {
		<-done
	}
	close(refused)
	for text := range refused {
		if !strings.Contains(text, "too many open files") {
			t.Errorf("%s", text)
		}
	}
	if c := h.call("one_post"); c.IsError {
		t.Errorf("afterwards: %s", c.text())
	}
}
