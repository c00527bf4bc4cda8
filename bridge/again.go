package bridge

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// again decides whether a refused call is made again, with another credential. A
// result is the call's answer.
func (s *sending) again(ctx context.Context, response result.Response, used []credential.Usable) (bool, *result.Result) {
	if response.Status != http.StatusUnauthorized {
		for _, u := range used {
			if u.OAuth() {
				s.b.o.Resolver.Worked(u)
			}
		}
	}
	if s.left <= 0 {
		return false, nil
	}
	switch response.Status {
	case http.StatusUnauthorized:
		return s.rejected(ctx, response, used)
	case http.StatusForbidden:
		return s.insufficient(ctx, response, used)
	}
	return false, nil
}

// rejected renews what the backend has rejected: once, and never in a loop (RFC 6750
// section 3.1).
func (s *sending) rejected(ctx context.Context, response result.Response, used []credential.Usable) (again bool, r *result.Result) {
	if s.renewed {
		return false, nil
	}
	s.renewed = true
	for _, u := range used {
		var one bool
		if u.OAuth() {
			one, r = s.renew(ctx, response, u)
		} else {
			one = s.b.o.Resolver.Rejected(ctx, u)
		}
		if r != nil {
			return false, r
		}
		again = again || one
	}
	return again, nil
}

// renew gets another token for one that the backend rejected, and reports whether the
// call may be made with it.
func (s *sending) renew(ctx context.Context, response result.Response, u credential.Usable) (bool, *result.Result) {
	repeatable := s.repeatable(response)
	err := s.b.o.Resolver.Renew(ctx, u, s.plan.Origin, metadata(challenged(response, "")))
	var e *credential.Error
	switch {
	case err == nil && repeatable:
		return true, nil
	case err == nil:
		s.hint = "the sign-in has been renewed; the call was not made again, because it may have had an effect: make it again if that does no harm"
		return false, nil
	case !errors.As(err, &e) || e.Reason != credential.SignInNeeded:
		s.hint = "the backend refused the token, and it could not be renewed: " + err.Error() + "; " + Hint(err)
		return false, nil
	case repeatable:
		if signedIn, r := s.signIn(ctx, err); signedIn || r != nil {
			return signedIn, r
		}
	}
	return false, s.b.failed(ended(ctx, s.plan, err))
}

// repeatable reports whether the request may be sent again: it has the same effect
// twice as once (RFC 9110 section 9.2.2), or the backend says that it looked at
// nothing but the token.
func (s *sending) repeatable(response result.Response) bool {
	return repeatable(s.plan) || challenged(response, "invalid_token") != nil
}

// insufficient asks for the scopes that the backend wants: at most once for each tool,
// because a backend may want ever more.
func (s *sending) insufficient(ctx context.Context, response result.Response, used []credential.Usable) (bool, *result.Result) {
	challenge := challenged(response, "insufficient_scope")
	i := slices.IndexFunc(used, credential.Usable.OAuth)
	if challenge == nil || i < 0 || s.stepped {
		return false, nil
	}
	s.stepped = true
	u := used[i]
	scopes := s.wanted(u, challenge["scope"])
	switch {
	case s.b.o.Resolver.Outdated(u, scopes): // another call has asked for them meanwhile
		return true, nil
	case !s.b.mayAsk(s.plan.Tool.Name):
		s.hint = "a sign-in for more scopes has not helped; sign in again: " + s.b.o.Resolver.LoginCommand(u.Scheme)
		return false, nil
	}
	err := s.b.o.Resolver.StepUp(ctx, u, s.plan.Origin, scopes, metadata(challenge))
	if err == nil {
		s.b.hasAsked(s.plan.Tool.Name)
		return true, nil
	}
	s.hint = err.Error() + "; " + Hint(err)
	if s.call.SignIn == nil || slices.Contains(s.asked, u.Record) {
		return false, nil
	}
	s.b.hasAsked(s.plan.Tool.Name)
	return s.signIn(ctx, err)
}

// wanted are the scopes of a challenge (RFC 6750 section 3), and those that the tool
// names for the scheme.
func (s *sending) wanted(u credential.Usable, challenge string) []string {
	const most, longest = 50, 200
	var out []string
	for _, scope := range strings.Fields(challenge) {
		legal := !strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
		if legal && len(scope) <= longest && len(out) < most {
			out = append(out, scope)
		}
	}
	for _, alternative := range s.plan.Security {
		for _, req := range alternative {
			if req.Scheme == u.Scheme {
				out = append(out, req.Scopes...)
			}
		}
	}
	return out
}

func (b *Bridge) mayAsk(tool string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.asked[tool]
}

func (b *Bridge) hasAsked(tool string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked[tool] = true
}

// metadata is the address of the resource's metadata in a challenge (RFC 9728 section
// 5.1); whoever asks there looks at it closely.
func metadata(challenge map[string]string) string {
	const longest = 2048
	if address := challenge["resource_metadata"]; len(address) <= longest {
		return address
	}
	return ""
}
