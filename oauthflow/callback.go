package oauthflow

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	showTime  = 3 * time.Second // for the browser to ask for the last page
	storeTime = 2 * time.Minute // for the caller's Store, which may ask the person to unlock a keychain
	// exchangeTime bounds the token request while the person looks at a blank page.
	exchangeTime = 15 * time.Second
	defaultTime  = 5 * time.Minute
)

// visit is the person's visit with their browser: it waits for one answer at one
// path, and when that has been dealt with shows one last page at a clean address, so
// that nothing of the answer stays in the address bar. Whatever else arrives is
// refused and changes nothing.
type visit struct {
	*loopback
	path     string                                   // where the answer comes
	clean    string                                   // where the last page is shown
	referrer string                                   // Referrer-Policy
	form     string                                   // form-action of the Content-Security-Policy
	answer   func(http.ResponseWriter, *http.Request) // of a request for path with the right Host

	mu    sync.Mutex
	phase phase
	last  page

	ended chan struct{} // closed when last is set
	shown chan struct{} // closed when last has been sent
}

type phase int

const (
	waiting phase = iota
	claimed       // the answer has come and is being dealt with
	over          // last is set; or nobody waits any more
	seen          // last was sent
)

func newVisit(l *loopback, path string) *visit {
	clean := "/done"
	if path == clean {
		clean = "/finished"
	}
	return &visit{
		loopback: l, path: path, clean: clean, referrer: "no-referrer", form: "'none'",
		ended: make(chan struct{}), shown: make(chan struct{}),
	}
}

// move goes from one phase to another and reports whether it was in the first.
func (v *visit) move(from, to phase) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.phase != from {
		return false
	}
	v.phase = to
	return true
}

// finish sets the last page; the visit is claimed.
func (v *visit) finish(last page) {
	v.mu.Lock()
	v.last = last
	v.mu.Unlock()
	if v.move(claimed, over) {
		close(v.ended)
	}
}

// ServeHTTP answers one request.
func (v *visit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", v.referrer)
	w.Header().Set("Content-Security-Policy", policy(v.form))
	switch {
	case !v.isHost(r.Host):
		send(w, strangePage)
	case r.URL.EscapedPath() == (&url.URL{Path: v.path}).EscapedPath():
		v.answer(w, r)
	case r.URL.EscapedPath() == v.clean:
		v.done(w, r)
	default:
		send(w, nowherePage)
	}
}

// done sends the last page once there is one.
func (v *visit) done(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	phase, last := v.phase, v.last
	v.mu.Unlock()
	switch {
	case phase < over || last.Title == "":
		send(w, nowherePage)
	case navigates(w, r):
		w.Header().Set("Connection", "close")
		send(w, last)
		if v.move(over, seen) {
			close(v.shown)
		}
	}
}

// leave sends the browser to the last page.
func (v *visit) leave(w http.ResponseWriter) { redirect(w, v.clean) }

// repeated answers the answer's second coming: a reload while the first is dealt
// with waits for the same page, later ones learn that it is over.
func (v *visit) repeated(w http.ResponseWriter, r *http.Request) {
	select {
	case <-v.ended:
		v.mu.Lock()
		p := gonePage
		p.Facts = facts("Result", v.last.Title)
		v.mu.Unlock()
		send(w, p)
		return
	default:
	}
	select {
	case <-v.ended:
		v.leave(w)
	case <-r.Context().Done():
	}
}

// await waits until the answer has been dealt with and its page been sent. It returns
// an *Error of kind TimedOut when there was no answer within limit, and the error of
// a context that ended. spare is how long dealing with an answer may take.
func (v *visit) await(ctx context.Context, limit, spare time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-v.ended:
	case <-ctx.Done():
		// What has been claimed sees the same context end.
		return v.end(ctx.Err(), requestTime)
	case <-timer.C:
		if err := v.end(fail(TimedOut, "authorize", errors.New("nobody finished signing in in "+limit.String())), spare); err != nil {
			return err
		}
	}
	timer.Reset(showTime)
	select {
	case <-v.shown:
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// end closes the visit to answers and returns why; but one that has come before is
// waited for, for at most spare, and then it is nil.
func (v *visit) end(why error, spare time.Duration) error {
	if v.move(waiting, over) {
		close(v.ended)
		return why
	}
	timer := time.NewTimer(spare)
	defer timer.Stop()
	select {
	case <-v.ended:
		return nil
	case <-timer.C:
		return why
	}
}

// navigates lets a GET pass that a person's browser makes to show a page, and answers
// anything else. A page of the web cannot send these headers at will.
func navigates(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		p := strangePage
		p.status = http.StatusMethodNotAllowed
		send(w, p)
		return false
	}
	if !isOnly(r.Header["Sec-Fetch-Mode"], "navigate") || !isOnly(r.Header["Sec-Fetch-Dest"], "document") {
		send(w, strangePage)
		return false
	}
	return true
}

// isOnly reports whether a header is absent or has this one value.
func isOnly(values []string, want string) bool {
	return len(values) == 0 || len(values) == 1 && values[0] == want
}

// single reads a query or form in which no parameter may occur twice (RFC 6749,
// section 3.1) and nothing may be malformed.
func single(query string) (url.Values, bool) {
	if strings.Contains(query, ";") {
		return nil, false
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, false
	}
	for _, values := range q {
		if len(values) != 1 {
			return nil, false
		}
	}
	return q, true
}
