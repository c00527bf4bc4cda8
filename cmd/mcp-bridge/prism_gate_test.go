package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate stands between the program and Prism, and keeps what goes through: a result
// does not show what Prism found wrong, a header of its answer does.
type gate struct {
	*httptest.Server
	t    *testing.T
	to   string
	mu   sync.Mutex
	seen []exchange
}

// exchange is a request with Prism's answer.
type exchange struct {
	method     string
	url        *url.URL
	header     http.Header
	body       []byte
	status     int
	answer     []byte
	violations string
}

func newGate(t *testing.T, to string) *gate {
	g := &gate{t: t, to: to}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := g.forward(r)
	g.mu.Lock()
	g.seen = append(g.seen, x)
	g.mu.Unlock()
	// What is mocked is not looked at: one short answer, and no waiting for another try.
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}"))
}

// forward asks Prism.
func (g *gate) forward(r *http.Request) exchange {
	x := exchange{method: r.Method, url: r.URL, header: r.Header.Clone()}
	if r.Body != nil {
		x.body, _ = io.ReadAll(r.Body)
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+g.to+r.URL.RequestURI(), bytes.NewReader(x.body))
	if err != nil {
		panic(err)
	}
	req.Header = r.Header
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		x.violations = err.Error()
		return x
	}
	defer res.Body.Close()
	x.answer, _ = io.ReadAll(res.Body)
	x.status, x.violations = res.StatusCode, res.Header.Get("Sl-Violations")
	return x
}

// byHand is a request that a person wrote, and what Prism says of it.
type byHand struct {
	request, kind, body, says string
	noCredential              bool
}

func (g *gate) send(h byHand) exchange {
	g.t.Helper()
	method, target, _ := strings.Cut(h.request, " ")
	req, err := http.NewRequestWithContext(g.t.Context(), method, "http://"+g.to+target, strings.NewReader(h.body))
	if err != nil {
		g.t.Fatal(err)
	}
	if h.kind != "" {
		req.Header.Set("Content-Type", h.kind)
	}
	if !h.noCredential {
		req.Header.Set("Authorization", "Bearer token")
		if strings.Contains(target, "/2010-04-01/") {
			req.SetBasicAuth("AC1", "token")
		}
	}
	return g.forward(req)
}

// take returns what went through since the last take.
func (g *gate) take() []exchange {
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := g.seen
	g.seen = nil
	return seen
}

// wait waits until Prism listens.
func (g *gate) wait() {
	g.t.Helper()
	for range 1200 {
		c, err := net.DialTimeout("tcp", g.to, time.Second)
		if err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	g.t.Fatal("Prism does not listen after two minutes")
}

// accepted reports a request in which Prism found nothing wrong. That what Prism then
// makes up as an answer does not keep to the document is no fault of the request; it
// names the faults of the request first.
func (x exchange) accepted() bool {
	if x.violations == "" {
		return x.status < 400
	}
	return !wrongRequest.MatchString(x.violations) && (x.status < 400 || strings.Contains(x.violations, `"location":["response"`))
}

// wrongRequest finds a complaint that is no mere warning; the list may be cut.
var wrongRequest = regexp.MustCompile(`"location":\["request"[^\]]*\],"severity":"Error"`)

func (x exchange) String() string {
	clip := func(s string) string {
		if len(s) > 4000 {
			s = s[:4000] + "…"
		}
		return strings.ReplaceAll(s, "\n", "\n      ")
	}
	return fmt.Sprintf("%s %s %v\n   %s\n   %d %s\n   %s", x.method, clip(x.url.String()), x.header, clip(string(x.body)), x.status, clip(string(x.answer)), clip(x.violations))
}
