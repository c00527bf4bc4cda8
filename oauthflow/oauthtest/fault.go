package oauthtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Fault is how an endpoint fails. The parts that are set work together, in the order
// of the fields.
type Fault struct {
	Skip  int       // requests that are spared first
	Times int       // requests that meet the fault after those; 0: all
	Until time.Time // of the virtual clock; zero: for ever

	After bool            // the work is done first, its answer is thrown away
	Delay time.Duration   // of the real clock
	Hold  <-chan struct{} // nothing happens before it is closed or the client has gone
	Hang  bool            // no answer until the client goes
	Drop  bool            // the connection ends without an answer
	Cut   int             // the real answer ends with the connection after so many bytes

	Status      int    // answered in place of the work; 0 with a Body: 200
	RetryAfter  string // header
	Location    string // header; {other} stands for Other()
	ContentType string // empty: application/json
	Body        string
	Echo        bool // the body is an error that repeats the request, with control characters
	Pad         int  // bytes of filler behind the body
}

func (f Fault) answers() bool {
	return f.Status != 0 || f.Body != "" || f.Echo || f.Pad != 0 || f.Hang || f.Drop || f.After
}

// takeFault returns the fault that this request meets, and uses it up.
func (s *Server) takeFault(e Endpoint) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := e
	if _, named := s.behaviour.Faults[e]; !named && e != API && e != Other && e != Hop && !strings.HasPrefix(string(e), "oauth-protected-resource") {
		key = Any
	}
	f, ok := s.behaviour.Faults[key]
	if !ok || !f.Until.IsZero() && !s.now().Before(f.Until) {
		return Fault{}, false
	}
	left := f
	switch {
	case f.Skip > 0:
		left.Skip--
		s.behaviour.Faults[key] = left
		return Fault{}, false
	case f.Times == 1:
		delete(s.behaviour.Faults, key)
	case f.Times > 1:
		left.Times--
		s.behaviour.Faults[key] = left
	}
	return f, true
}

// play does the work of an endpoint, or what its fault makes of it.
func (s *Server) play(c *call, e Endpoint, work func(*call)) {
	f, ok := s.takeFault(e)
	if !ok {
		work(c)
		return
	}
	if f.After {
		thrown := *c
		thrown.w = newMemo()
		work(&thrown)
	}
	s.pause(c, f)
	switch {
	case f.Cut > 0:
		s.cut(c, f, work)
	case !f.answers():
		c.b, c.now = s.current() // the pause may have been long
		work(c)
	case f.Hang:
		select {
		case <-c.r.Context().Done():
		case <-s.stop:
		}
	case f.Drop, f.After && f.Status == 0 && f.Body == "" && !f.Echo && f.Pad == 0:
		drop(c)
	default:
		s.answerFault(c, f)
	}
}

func (s *Server) pause(c *call, f Fault) {
	if f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.r.Context().Done():
		case <-s.stop:
		}
	}
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-c.r.Context().Done():
		case <-s.stop:
		}
	}
}

// drop ends the connection.
func drop(c *call) {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}

// memo is an answer that is not sent.
type memo struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newMemo() *memo { return &memo{header: http.Header{}, status: http.StatusOK} }

func (m *memo) Header() http.Header         { return m.header }
func (m *memo) WriteHeader(status int)      { m.status = status }
func (m *memo) Write(p []byte) (int, error) { return m.body.Write(p) }

// cut gives the first bytes of the real answer.
func (s *Server) cut(c *call, f Fault, work func(*call)) {
	whole := newMemo()
	full := *c
	full.w = whole
	work(&full)
	body := whole.body.Bytes()
	for name, values := range whole.header {
		c.w.Header()[name] = values
	}
	c.w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	c.w.WriteHeader(whole.status)
	_, _ = c.w.Write(body[:min(f.Cut, len(body))])
	_ = http.NewResponseController(c.w).Flush()
	drop(c)
}

func (s *Server) answerFault(c *call, f Fault) {
	h := c.w.Header()
	if f.RetryAfter != "" {
		h.Set("Retry-After", f.RetryAfter)
	}
	if f.Location != "" {
		h.Set("Location", strings.ReplaceAll(f.Location, "{other}", s.Other()))
	}
	if f.ContentType == "" {
		f.ContentType = "application/json"
	}
	h.Set("Content-Type", f.ContentType)
	if f.Status == 0 {
		f.Status = http.StatusOK
	}
	c.w.WriteHeader(f.Status)
	if f.Echo {
		f.Body = echoed(c)
	}
	_, _ = c.w.Write([]byte(f.Body))
	pad(c.w, f.Pad)
}

// echoed is an error that repeats all it was sent.
func echoed(c *call) string {
	said := "\x1b[31mrefused\x1b[0m\r\n\x07" + c.form.Encode() + " " + c.r.Header.Get("Authorization") + " <script>alert(1)</script>"
	for _, values := range c.form {
		said += " " + strings.Join(values, " ")
	}
	doc, _ := json.Marshal(map[string]string{"error": "invalid_request", "error_description": said})
	return string(doc)
}

// pad writes filler until n bytes or the client has gone.
func pad(w http.ResponseWriter, n int) {
	filler := []byte(strings.Repeat(" ", 32<<10))
	for n > 0 {
		part := filler[:min(n, len(filler))]
		if _, err := w.Write(part); err != nil {
			return
		}
		n -= len(part)
	}
}
