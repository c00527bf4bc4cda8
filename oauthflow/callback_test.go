package oauthflow

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// L5, L7, A3: what is refused leaves the sign-in waiting for the real answer.
func TestOnlyTheAnswerCounts(t *testing.T) {
	s := newAuthority()
	p := begun(t, t.Context(), s, LoginOptions{})
	navigate := http.Header{"Sec-Fetch-Mode": {"navigate"}}
	with := func(name, value string) http.Header { return http.Header{name: {value}} }
	for _, c := range []struct {
		name, method, target string
		header               http.Header
		want                 int
	}{
		{"foreign host", "GET", p.path + "?" + p.good(), with("Host", "attacker.example"), 400},
		{"host without port", "GET", p.path + "?" + p.good(), with("Host", "127.0.0.1"), 400},
		{"localhost", "GET", p.path + "?" + p.good(), with("Host", strings.Replace(p.authority, "127.0.0.1", "localhost", 1)), 400},
		{"other path", "GET", "/", nil, 404},
		{"path below", "GET", p.path + "/?" + p.good(), nil, 404},
		{"path above", "GET", "/oauth?" + p.good(), nil, 404},
		{"encoded path", "GET", "/oauth%2fcallback?" + p.good(), nil, 404},
		{"doubled slash", "GET", "//oauth/callback?" + p.good(), nil, 404},
		{"upper case", "GET", "/OAuth/callback?" + p.good(), nil, 404},
		{"icon", "GET", "/favicon.ico", nil, 404},
		{"too early", "GET", "/done", navigate, 404},
		{"post", "POST", p.path + "?" + p.good(), nil, 405},
		{"head", "HEAD", p.path + "?" + p.good(), nil, 405},
		{"options", "OPTIONS", p.path + "?" + p.good(), nil, 405},
		{"script", "GET", p.path + "?" + p.good(), with("Sec-Fetch-Mode", "no-cors"), 400},
		{"fetch", "GET", p.path + "?" + p.good(), with("Sec-Fetch-Mode", "cors"), 400},
		{"frame", "GET", p.path + "?" + p.good(), with("Sec-Fetch-Dest", "iframe"), 400},
		{"two modes", "GET", p.path + "?" + p.good(), http.Header{"Sec-Fetch-Mode": {"navigate", "navigate"}}, 400},
		{"no query", "GET", p.path, navigate, 400},
		{"no state", "GET", p.path + "?code=x", navigate, 400},
		{"empty state", "GET", p.path + "?code=x&state=", navigate, 400},
		{"wrong state", "GET", p.path + "?code=x&state=" + p.state + "x", navigate, 400},
		{"state twice", "GET", p.path + "?code=x&state=" + p.state + "&state=" + p.state, navigate, 400},
		{"code twice", "GET", p.path + "?code=x&code=y&state=" + p.state, navigate, 400},
		{"unknown twice", "GET", p.path + "?" + p.good() + "&x=1&x=2", navigate, 400},
		{"nothing but state", "GET", p.path + "?state=" + p.state, navigate, 400},
		{"empty code", "GET", p.path + "?code=&state=" + p.state, navigate, 400},
		{"bad escape", "GET", p.path + "?" + p.good() + "&x=%zz", navigate, 400},
		{"semicolons", "GET", p.path + "?code=x;state=" + p.state, navigate, 400},
		{"denial of a stranger", "GET", p.path + "?error=access_denied&state=guess", navigate, 400},
		{"error without state", "GET", p.path + "?error=access_denied", navigate, 400},
	} {
		got := request1(t, c.method, "http://"+p.authority+c.target, "", c.header)
		if got.status != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.status, c.want)
		}
		isGuarded(t, c.name, got.header)
		p.waits()
	}
	if n := s.exchanges.Load(); n != 0 {
		t.Errorf("%d exchanges", n)
	}
	if got := browse(t, p.callback(p.good())); got.status != 200 {
		t.Errorf("the answer: %d", got.status)
	}
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
}

// isGuarded holds an answer to what every answer has.
func isGuarded(t *testing.T, name string, h http.Header) {
	t.Helper()
	for header, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
	} {
		if got := h.Get(header); got != want {
			t.Errorf("%s: %s: %q", name, header, got)
		}
	}
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("%s: policy %q", name, csp)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") {
		t.Errorf("%s: policy %q", name, csp)
	}
}

// L5: a hundred forged callbacks, then the real one.
func TestForgedCallbacks(t *testing.T) {
	s := newAuthority()
	p := begun(t, t.Context(), s, LoginOptions{})
	for i := range 100 {
		q := url.Values{"code": {fmt.Sprint("forged", i)}, "state": {strings.Repeat("A", i)}}
		if i%3 == 0 {
			q = url.Values{"error": {"access_denied"}, "state": {fmt.Sprint(i)}}
		}
		if got := browse(t, p.callback(q.Encode())); got.status != 400 {
			t.Fatalf("forged callback %d: %d", i, got.status)
		}
	}
	p.waits()
	if got := browse(t, p.callback(p.good())); got.status != 200 {
		t.Errorf("the real one: %d", got.status)
	}
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
	if n, code := s.exchanges.Load(), s.code.Load(); n != 1 || code != "c0de-canary" {
		t.Errorf("%d exchanges, of %v", n, code)
	}
}

// No query of a stranger ends a sign-in, reaches the exchange or comes back in the page.
func FuzzCallback(f *testing.F) {
	for _, seed := range []string{
		"", "code=a&state=b", "state=%00", "error=access_denied&state=x", "code=a&code=b", ";", "%zz", "state[]=a",
		"state=a&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "a=b=c&&=", "state=" + strings.Repeat("é", 500),
	} {
		f.Add(seed)
	}
	s := newAuthority()
	v := newVisit(&loopback{authority: "127.0.0.1:1"}, "/oauth/callback")
	l := &login{visit: v, ctx: context.Background(), attempt: s.steps()}
	v.answer = l.callback
	var tags []int // of the pages that strangers get
	for _, harmless := range []string{"", "code=a", "error=a", "error=a&error_description=b"} {
		w := &recorder{header: http.Header{}}
		q, _ := url.ParseQuery(harmless)
		l.unverified(w, q)
		tags = append(tags, bytes.Count(w.body, []byte("<")))
	}
	f.Fuzz(func(t *testing.T, query string) {
		if q, err := url.ParseQuery(query); err == nil && q.Get("state") == s.state {
			return // not a stranger
		}
		w := &recorder{header: http.Header{}}
		l.ServeHTTP(w, &http.Request{Method: "GET", Host: "127.0.0.1:1", URL: &url.URL{Path: v.path, RawQuery: query}, Header: http.Header{}})
		if w.status != 400 || v.phase != waiting || s.exchanges.Load() != 0 {
			t.Errorf("status %d, phase %d, %d exchanges", w.status, v.phase, s.exchanges.Load())
		}
		if n := bytes.Count(w.body, []byte("<")); !slices.Contains(tags, n) {
			t.Errorf("the page has %d tags: what the stranger wrote is not only text", n)
		}
	})
}

type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(n int)   { r.status = n }
func (r *recorder) Write(p []byte) (int, error) {
	r.body = append(r.body, p...)
	return len(p), nil
}
