package oauthtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is one request as it arrived, and how it was answered.
type Request struct {
	Time     time.Time // of the virtual clock
	Endpoint Endpoint
	Method   string
	Host     string // of the request line or Host header
	Target   string // path and query as they were sent
	Path     string
	Query    url.Values
	Form     url.Values // of a form body
	Header   http.Header
	Body     []byte // at most 1 MiB
	Status   int    // of the answer; 0: none was given
	Error    string // the OAuth error code of the answer
	Gone     bool   // the client had closed the connection when the work ended
}

// Value returns a parameter from the form or else from the query.
func (r Request) Value(name string) string {
	if v := r.Form.Get(name); v != "" {
		return v
	}
	return r.Query.Get(name)
}

// Requests returns what has arrived, in order, at the given endpoints or at all.
func (s *Server) Requests(at ...Endpoint) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Request
	for _, r := range s.requests {
		if len(at) == 0 || slices.Contains(at, r.Endpoint) {
			out = append(out, *r)
		}
	}
	return out
}

// Count returns how many requests have arrived at an endpoint.
func (s *Server) Count(e Endpoint) int { return len(s.Requests(e)) }

// Await waits until n requests have arrived at an endpoint, or the context ends.
func (s *Server) Await(ctx context.Context, e Endpoint, n int) error {
	for {
		s.mu.Lock()
		next := s.arrived
		s.mu.Unlock()
		if s.Count(e) >= n {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return fmt.Errorf("oauthtest: %d of %d requests at %s: %w", s.Count(e), n, e, ctx.Err())
		}
	}
}

// Grants returns how many requests with the grant type have arrived at the token
// endpoint.
func (s *Server) Grants(grantType string) int {
	n := 0
	for _, r := range s.Requests(Token) {
		if r.Form.Get("grant_type") == grantType {
			n++
		}
	}
	return n
}

// Forget empties the record of requests and violations. Secrets are kept.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.violations = nil, nil
}

// Violations returns what clients have done that a careful one does not, in order.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// violate notes a violation. The lock must be held.
func (s *Server) violate(what string) { s.violations = append(s.violations, what) }

// call is one request in work.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	b    Behaviour
	now  time.Time
	form url.Values
	rec  *Request

	metadata string // of another resource server, for its challenges
}

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// at makes a handler that records the request, plays faults and then works.
func (s *Server) at(e Endpoint, work func(*call)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.begin() {
			panic(http.ErrAbortHandler)
		}
		defer s.working.Done()
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		sw := &statusWriter{ResponseWriter: w}
		b, now := s.current()
		c := &call{w: sw, r: r, b: b, now: now, form: url.Values{}}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/x-www-form-urlencoded" {
			if form, err := url.ParseQuery(string(body)); err == nil {
				c.form = form
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c.rec = &Request{
			Time: now, Endpoint: e, Method: r.Method, Host: r.Host, Target: r.RequestURI, Path: r.URL.Path, Query: r.URL.Query(),
			Form: c.form, Header: r.Header.Clone(), Body: body,
		}
		s.mu.Lock()
		if !s.options.Unrecorded {
			s.requests = append(s.requests, c.rec)
		}
		close(s.arrived)
		s.arrived = make(chan struct{})
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			c.rec.Status, c.rec.Gone = sw.status, r.Context().Err() != nil
		}()
		s.play(c, e, work)
	})
}

// routes finds handlers by the exact path, as it was sent: unlike http.ServeMux it
// never redirects.
type routes struct {
	s     *Server
	exact map[string]http.Handler
	other http.Handler
}

func (s *Server) newRoutes() *routes { return &routes{s: s, exact: map[string]http.Handler{}} }

// add serves one path.
func (r *routes) add(path string, e Endpoint, work func(*call)) { r.exact[path] = r.s.at(e, work) }

// rest serves every other path.
func (r *routes) rest(e Endpoint, work func(*call)) http.Handler {
	r.other = r.s.at(e, work)
	return r
}

func (r *routes) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if h := r.exact[q.URL.Path]; h != nil {
		h.ServeHTTP(w, q)
	} else if id, ok := strings.CutPrefix(q.URL.Path, "/"+string(Registration)+"/"); ok && r.exact["/"+string(Register)] != nil {
		q.SetPathValue("id", id)
		r.s.at(Registration, r.s.registration).ServeHTTP(w, q)
	} else {
		r.other.ServeHTTP(w, q)
	}
}
