package oauthflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

const (
	readTimeout = 10 * time.Second
	postTimeout = 15 * time.Second
	maxBody     = 1 << 20
	maxWait     = 24 * time.Hour // of Retry-After
)

// answer is a response, read.
type answer struct {
	host   string
	status int
	header http.Header
	body   []byte
}

// ok reports a status of success.
func (a *answer) ok() bool { return a.status/100 == 2 }

// object reads the body as a JSON object; nil when it is none.
func (a *answer) object() object {
	var o object
	if json.Unmarshal(bytes.TrimPrefix(a.body, []byte("\ufeff")), &o) != nil {
		return nil
	}
	return o
}

// form reads the body as a form, which some servers send instead of JSON, and not all
// of them say so.
func (a *answer) form() url.Values {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	form, formErr := url.ParseQuery(strings.TrimSpace(string(bytes.TrimPrefix(a.body, []byte("\ufeff")))))
	switch {
	case formErr != nil, len(a.body) == 0:
		return nil
	case err == nil && (kind == "application/x-www-form-urlencoded" || kind == "text/plain"), form.Has("access_token"), form.Has("error"):
		return form
	}
	return nil
}

// get reads a metadata document. The address must have been checked.
func (f *Flow) get(ctx context.Context, stage, address string) (*answer, error) {
	ask, cancel := context.WithTimeout(ctx, f.readTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ask, http.MethodGet, address, nil)
	if err != nil {
		return nil, fail(Configuration, stage, errors.New("bad address"))
	}
	r.Header.Set("Accept", "application/json")
	resp, err := f.net.reader.Do(r)
	return read(ctx, stage, r.URL.Hostname(), resp, err)
}

// post sends a form with the headers, and once more when the first connection failed
// before the request was written: then the server has not seen it.
func (f *Flow) post(ctx context.Context, stage, address string, header http.Header, body []byte) (*answer, error) {
	for try := 1; ; try++ {
		var written atomic.Bool
		ask, cancel := context.WithTimeout(ctx, f.postTimeout)
		ask = httptrace.WithClientTrace(ask, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
		r, err := http.NewRequestWithContext(ask, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			cancel()
			return nil, fail(Configuration, stage, errors.New("bad address"))
		}
		r.Header = header.Clone()
		r.Header.Set("Accept", "application/json")
		resp, err := f.net.poster.Do(r)
		if err != nil && try == 1 && !written.Load() && ask.Err() == nil && !errors.Is(err, outbound.ErrPrivate) {
			cancel()
			continue
		}
		a, err := read(ctx, stage, r.URL.Hostname(), resp, err)
		cancel()
		return a, err
	}
}

// read takes the response in, at most maxBody of it, and turns what goes wrong into an
// *Error; when ctx has ended, into ctx's error.
func read(ctx context.Context, stage, host string, resp *http.Response, err error) (*answer, error) {
	if err == nil {
		defer resp.Body.Close()
		var body []byte
		body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
		if err == nil && len(body) > maxBody {
			return nil, &Error{Kind: Unusable, Stage: stage, Host: host, Err: fmt.Errorf("the answer is larger than %d bytes", maxBody)}
		}
		if err == nil {
			return &answer{host: host, status: resp.StatusCode, header: resp.Header, body: body}, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	kind := Unreachable
	if errors.Is(err, outbound.ErrPrivate) {
		kind = Unusable
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address: its query may hold a key
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("no answer in time")
	}
	return nil, &Error{Kind: kind, Stage: stage, Host: host, Err: err}
}

// retryAfter reads the server's wish (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return min(time.Duration(max(0, min(n, int64(maxWait/time.Second))))*time.Second, maxWait)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(now), maxWait))
}

// object is a JSON object whose members are read one by one, so that a strange one
// costs itself only.
type object map[string]json.RawMessage

// text returns a member that is a string; "" when it is none.
func (o object) text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// flag returns a member that is a boolean; false when it is none. Some servers write
// it as text.
func (o object) flag(name string) bool {
	var b bool
	return json.Unmarshal(o[name], &b) == nil && b || o.text(name) == "true"
}

// list returns a member that is an array of strings; nil when it is none.
func (o object) list(name string) []string {
	var l []string
	if json.Unmarshal(o[name], &l) != nil {
		return nil
	}
	return l
}

// number returns a member that is a number, or one as text; 0 when it is none.
func (o object) number(name string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(strings.Trim(string(o[name]), `"`)), 64)
	if err != nil || math.IsNaN(n) {
		return 0
	}
	return n
}

// seconds returns a member that is a positive number of seconds, ten years at most; 0
// when it is none.
func (o object) seconds(name string) time.Duration {
	return time.Duration(max(0, min(o.number(name), 10*365*86400))) * time.Second
}
