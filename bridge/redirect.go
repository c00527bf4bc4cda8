package bridge

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

const maxRedirects = 5

// redirect returns the request that follows a redirect; nil when the response is
// to be taken as it is. The error is a *SendError of kind RedirectRefused.
func (s *sender) redirect(plan *request.Plan, creds []request.Credential, req *http.Request, res *http.Response, hops int) (*http.Request, error) {
	location := res.Header.Get("Location")
	if !isRedirect(res.StatusCode) || location == "" || !s.follows(plan) {
		return nil, nil
	}
	to, err := req.URL.Parse(location)
	if err == nil {
		err = outbound.Canonical(to)
	}
	refuse := func(why string) error {
		return &SendError{Kind: result.RedirectRefused, Host: req.URL.Host, Message: why, hint: "set server.baseUrl to the address that the API has now"}
	}
	switch {
	case err != nil:
		return nil, refuse("it redirects to an address that cannot be read")
	case hops >= maxRedirects:
		return nil, refuse("it redirects more than " + strconv.Itoa(maxRedirects) + " times")
	case req.URL.Scheme == "https" && to.Scheme != "https":
		return nil, refuse("it redirects from https to " + s.brief(to.Scheme, 20))
	case to.User != nil || s.allowed(to) != nil:
		return nil, refuse("it redirects to " + s.shown(to) + ", which is not called")
	}
	to.Fragment, to.RawFragment = "", ""
	next := req.Clone(req.Context())
	next.URL, next.Host = to, ""
	next.Body, next.ContentLength, next.GetBody = http.NoBody, 0, nil
	named := s.named(plan, to)
	next = next.WithContext(outbound.WithNamed(next.Context(), named))
	if outbound.OriginOf(to) == outbound.OriginOf(req.URL) {
		return next, nil
	}
	switch {
	case carries(to, creds) || s.mask.String(to.String()) != to.String():
		return nil, refuse("it redirects to " + s.shown(to) + " with a credential in the address")
	case !named && outbound.Private(to.Hostname()):
		return nil, s.refusePrivate(req.URL.Host, to)
	}
	// Another origin gets neither a credential nor what the profile configured: these
	// three are of the plan and of this program, whatever a scheme has put over them.
	next.Header = http.Header{"Accept": {"*/*"}, "Accept-Encoding": {"gzip"}, "User-Agent": {s.agent}}
	if accept := plan.Header.Get("Accept"); accept != "" {
		next.Header.Set("Accept", accept)
	}
	return next, nil
}

func (s *sender) refusePrivate(from string, to *url.URL) error {
	return &SendError{Kind: result.RedirectRefused, Host: from, Message: "it redirects to " + s.shown(to) + ", which is inside of a private network",
		hint: "if that is meant, allow it in the profile: http.allowPrivate = [" + strconv.Quote(s.brief(to.Hostname(), 100)) + "]"}
}

// shown is the host of an address that a backend chose, for a message.
func (s *sender) shown(to *url.URL) string {
	return s.brief(to.Host, 100)
}

// carries reports a query that holds one of the credentials, however short it is.
func carries(to *url.URL, creds []request.Credential) bool {
	values := to.Query()
	for _, c := range creds {
		for _, list := range values {
			if !c.Value.IsZero() && slices.Contains(list, c.Value.Reveal()) {
				return true
			}
		}
	}
	return false
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
