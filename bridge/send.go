package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const (
	longest      = 55 * time.Second // of one call: clients give up after 60
	firstPause   = 200 * time.Millisecond
	maxRedirects = 5
	maxHeader    = 1 << 20 // bytes of response headers
	maxDrain     = 64 << 10
)

// sender sends requests by the rules of one profile.
type sender struct {
	client     *http.Client
	timeout    time.Duration
	maxBody    int64
	retries    int
	follow     *bool
	plainHosts []string // host:port of http.allowInsecure
	headers    map[string]string
	log        *slog.Logger
	mask       *secret.Masker
	pause      func(ctx context.Context, d time.Duration) error
}

func newSender(o Options, mask *secret.Masker) (*sender, error) {
	h := o.Set.Profile().HTTP
	s := &sender{timeout: time.Duration(h.Timeout), maxBody: h.MaxResponseBytes, retries: profiles.DefaultRetries,
		follow: h.FollowRedirects, plainHosts: h.AllowInsecure, headers: h.Headers, log: o.Logger, mask: mask, pause: sleep}
	if s.timeout <= 0 {
		s.timeout = profiles.DefaultTimeout
	}
	s.timeout = min(s.timeout, longest)
	if s.maxBody <= 0 {
		s.maxBody = profiles.DefaultMaxResponseBytes
	}
	if h.Retries != nil {
		s.retries = *h.Retries
	}
	transport, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send sends the plan's request, again where that is safe and helps. The errors
// are *SendError and *request.Error.
func (s *sender) send(ctx context.Context, plan *request.Plan, creds []request.Credential) (result.Response, error) {
	pause := firstPause
	for attempt := 0; ; attempt++ {
		response, after, err := s.once(ctx, plan, creds)
		if attempt >= s.retries || !retryable(plan.Method, response, err) {
			return response, err
		}
		wait := max(after, pause+time.Duration(time.Now().UnixNano())%(pause/2))
		deadline, ok := ctx.Deadline()
		if ok && time.Until(deadline) < wait+firstPause {
			return response, err // there is no time left for another attempt
		}
		s.log.Debug("trying again", "host", plan.Origin, "attempt", attempt+1, "wait", wait)
		if s.pause(ctx, wait) != nil {
			return response, err
		}
		pause *= 2
	}
}

// retryable reports whether a request may be sent again: only a safe method (RFC
// 9110 section 9.2.1), after a refused connection or an answer that says later.
func retryable(method string, r result.Response, err error) bool {
	if !safe(method) {
		return false
	}
	var sent *SendError
	if errors.As(err, &sent) {
		return sent.Kind == result.BackendUnreachable
	}
	return err == nil && (r.Status == http.StatusTooManyRequests || r.Status == http.StatusBadGateway ||
		r.Status == http.StatusServiceUnavailable || r.Status == http.StatusGatewayTimeout)
}

func safe(method string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions, "QUERY"}, method)
}

// once makes one attempt, redirects included. after is what Retry-After asks for.
func (s *sender) once(ctx context.Context, plan *request.Plan, creds []request.Credential) (r result.Response, after time.Duration, err error) {
	req, err := plan.Request(ctx, creds)
	if err != nil {
		return r, 0, err
	}
	if err := s.allowed(req.URL); err != nil {
		return r, 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	for hops := 0; ; hops++ {
		res, err := s.client.Do(req) //nolint:bodyclose // read and closed by body
		if err != nil {
			return r, 0, s.explain(ctx, req.URL, err)
		}
		next, err := s.redirect(plan, req, res, hops)
		if next == nil || err != nil {
			if err != nil {
				drain(res.Body)
				return r, 0, err
			}
			r, err = s.response(ctx, req, res)
			return r, retryAfter(res.Header), err
		}
		drain(res.Body)
		req = next
	}
}

// allowed refuses plain http to a host that is not this machine and that the
// profile does not allow by name.
func (s *sender) allowed(u *url.URL) error {
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return &SendError{Kind: result.TemplateFailed, Host: u.Host, Message: "only https addresses are called", hint: "correct server.baseUrl or the tool's url"}
	case profiles.LoopbackHost(u.Hostname()) || slices.Contains(s.plainHosts, hostPort(u)):
		return nil
	}
	return &SendError{Kind: result.BackendUnreachable, Host: u.Host, Message: "plain http would show the credential to everybody on the way",
		hint: fmt.Sprintf("use https, or allow it in the profile: http.allowInsecure = [%q]", hostPort(u))}
}

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "https" {
		return u.Host + ":443"
	}
	return u.Host + ":80"
}

// redirect returns the request that follows a redirect; nil when the response is
// to be taken as it is.
func (s *sender) redirect(plan *request.Plan, req *http.Request, res *http.Response, hops int) (*http.Request, error) {
	location := res.Header.Get("Location")
	if !isRedirect(res.StatusCode) || location == "" || !s.follows(plan) {
		return nil, nil
	}
	to, err := req.URL.Parse(location)
	refuse := func(why string) error {
		return &SendError{Kind: result.RedirectRefused, Host: req.URL.Host, Message: why, hint: "set server.baseUrl to the address that the API has now"}
	}
	switch {
	case err != nil:
		return nil, refuse("it redirects to an address that cannot be read")
	case hops >= maxRedirects:
		return nil, refuse("it redirects more than " + strconv.Itoa(maxRedirects) + " times")
	case req.URL.Scheme == "https" && to.Scheme != "https":
		return nil, refuse("it redirects from https to " + to.Scheme)
	case to.User != nil || s.allowed(to) != nil:
		return nil, refuse("it redirects to " + to.Host + ", which is not called")
	}
	next := req.Clone(req.Context())
	next.URL, next.Host = to, ""
	if credential.Origin(to.String()) != credential.Origin(req.URL.String()) {
		if private(to.Hostname()) && !private(req.URL.Hostname()) {
			return nil, refuse("it redirects to " + to.Host + ", which is inside of a private network")
		}
		// Another origin gets neither a credential nor what the profile configured.
		next.Header = http.Header{}
		for _, name := range []string{"Accept", "Accept-Encoding", "User-Agent"} {
			if v := req.Header.Get(name); v != "" {
				next.Header.Set(name, v)
			}
		}
	}
	next.Body, next.ContentLength, next.GetBody = http.NoBody, 0, nil
	return next, nil
}

func isRedirect(status int) bool {
	return slices.Contains([]int{301, 302, 303, 307, 308}, status)
}

// follows reports whether redirects are followed: for imported tools that only
// read, unless the profile decides.
func (s *sender) follows(plan *request.Plan) bool {
	reads := plan.Method == http.MethodGet || plan.Method == http.MethodHead
	if s.follow != nil {
		return *s.follow && reads
	}
	return plan.Tool.Imported && reads
}

// retryAfter reads Retry-After (RFC 9110 section 10.2.3): seconds or a date.
func retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < 1<<20 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxDrain)
	_ = body.Close()
}
