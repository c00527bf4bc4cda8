package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

const (
	longest    = 55 * time.Second // of one call: clients give up after 60
	firstPause = 200 * time.Millisecond
	maxHeader  = 1 << 20 // bytes of response headers
	maxDrain   = 64 << 10
)

// sender sends requests by the rules of one profile.
type sender struct {
	client     *http.Client
	timeout    time.Duration
	maxBody    int64
	stream     time.Duration // how long a stream is listened to
	retries    int
	follow     *bool
	insecure   outbound.Hosts // of http.allowInsecure
	persons    outbound.Hosts // that the person named
	onlyPublic outbound.Hosts // that only an imported document named
	agent      string         // User-Agent for other origins
	log        *slog.Logger
	mask       *secret.Masker
	pause      func(ctx context.Context, d time.Duration) error
	nonces     *nonces
}

func newSender(o Options, mask *secret.Masker) (*sender, error) {
	p := o.Set.Profile()
	h := p.HTTP
	s := &sender{timeout: time.Duration(h.Timeout), maxBody: h.MaxResponseBytes, stream: streamTime, retries: profiles.DefaultRetries,
		follow: h.FollowRedirects, insecure: outbound.NewHosts(h.AllowInsecure...),
		persons: p.NamedHosts(), onlyPublic: outbound.NewHosts(h.OnlyPublic...),
		agent: "mcp-bridge/" + o.Version, log: o.Logger, mask: mask, pause: sleep, nonces: &nonces{of: map[string]string{}}}
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
	base, proxy, err := newTransport(o, mask)
	if err != nil {
		return nil, err
	}
	s.client = &http.Client{Transport: newGuard(base, proxy, mask), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
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
func (s *sender) send(ctx context.Context, plan *request.Plan, auth authorization) (result.Response, error) {
	pause := firstPause
	for attempt, nonced := 0, false; ; attempt++ {
		response, after, err := s.once(ctx, plan, auth)
		if err == nil && !nonced && auth.wantsNonce(response) {
			nonced = true // the backend has not looked at more than the proof
			response, after, err = s.once(ctx, plan, auth)
		}
		if attempt >= s.retries || !retryable(plan.Method, response, err) {
			return response, err
		}
		wait := max(after, pause+rand.N(pause/2))
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
		return sent.again
	}
	return err == nil && (r.Status == http.StatusTooManyRequests || r.Status == http.StatusBadGateway ||
		r.Status == http.StatusServiceUnavailable || r.Status == http.StatusGatewayTimeout)
}

func safe(method string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions, "QUERY"}, method)
}

// once makes one attempt, redirects included. after is what Retry-After asks for.
func (s *sender) once(ctx context.Context, plan *request.Plan, auth authorization) (r result.Response, after time.Duration, err error) {
	creds, err := s.proven(auth, plan)
	if err != nil {
		return r, 0, err
	}
	way, sent := follow(context.WithValue(ctx, originKey{}, plan.Origin), plan)
	defer sent.cancel() // the body is read below
	defer func() { err = sent.told(err) }()
	req, err := plan.Request(way, creds)
	if err != nil {
		return r, 0, err
	}
	if err := s.allowed(req.URL); err != nil {
		return r, 0, err
	}
	req = req.WithContext(outbound.WithNamed(req.Context(), s.named(plan, req.URL)))
	req.Header.Set("Accept-Encoding", "gzip")
	for hops := 0; ; hops++ {
		res, err := s.client.Do(req) //nolint:bodyclose // read and closed by body
		if err != nil && hops == 0 && errors.Is(err, outbound.ErrPrivate) {
			return r, 0, refuseLearned(req.URL)
		}
		if err != nil {
			return r, 0, s.explain(ctx, req.URL, err)
		}
		s.nonces.keep(req.URL, res.Header)
		next, err := s.redirect(plan, creds, req, res, hops)
		if next != nil && err == nil {
			err = s.reprove(auth, next)
		}
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
	case outbound.Loopback(u.Hostname()) || s.insecure.Has(u):
		return nil
	}
	return &SendError{Kind: result.BackendUnreachable, Host: u.Host, Message: "plain http would show the credential to everybody on the way",
		hint: fmt.Sprintf("use https, or allow it in the profile: http.allowInsecure = [%q]", outbound.HostPort(u))}
}

// retryAfter reads Retry-After (RFC 9110 section 10.2.3): seconds or a date.
// However many digits it has, it is a day at most; 0 is no wish.
func retryAfter(h http.Header) time.Duration {
	const most = 24 * time.Hour
	text := strings.TrimSpace(h.Get("Retry-After"))
	if whole, fraction, _ := strings.Cut(text, "."); whole != "" && strings.Trim(whole+fraction, "0123456789") == "" {
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil || n >= int64(most/time.Second) {
			return most
		}
		if strings.Trim(fraction, "0") != "" {
			n++
		}
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, time.Until(at)), most)
	}
	return 0
}

func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxDrain)
	_ = body.Close()
}
