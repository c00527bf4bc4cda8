package oauthflow

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What comes without the proof that it belongs to the sign-in is told at once, on the
// page and to the caller, ends nothing, and stands in the error of a sign-in that nobody
// finished.
func TestUnverifiedAnswersAreTold(t *testing.T) {
	for name, c := range map[string]struct{ query, told, page string }{
		"no state":          {"error=invalid_scope&error_description=Unknown+scope+a", "invalid_scope: Unknown scope a", "Unknown scope a"},
		"empty state":       {"error=unauthorized_client&state=", "unauthorized_client", "unauthorized_client"},
		"another state":     {"error=server_error&state=x", "server_error", "server_error"},
		"no description":    {"error=invalid_request", "invalid_request", "invalid_request"},
		"markup":            {"error=a%22b&error_description=%3Cb%3Ehi%0A%1b%5b31m%E2%80%AE", `a?b: <b>hi [31m`, "&lt;b&gt;hi [31m"},
		"long":              {"error=e&error_description=" + strings.Repeat("x", 5000), strings.Repeat("x", maxUnverified) + "…", strings.Repeat("x", maxUnverified) + "…"},
		"fragment":          {"", "implicit flow", "implicit"},
		"code without":      {"code=c", "without the state", "not the answer"},
		"code of another":   {"code=c&state=x", "another sign-in", "not the answer"},
		"neither":           {"state=STATE&foo=1", "neither a code nor an error", "not the answer"},
		"access_denied too": {"error=access_denied", "access_denied", "access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var told []string
			s := newAuthority()
			p := begun(t, t.Context(), s, LoginOptions{Timeout: 500 * time.Millisecond, Ignored: func(what string) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, what)
			}})
			query := strings.ReplaceAll(c.query, "STATE", s.state)
			for range 2 {
				if got := browse(t, p.callback(query)); got.status != 400 || !strings.Contains(got.body, c.page) {
					t.Errorf("page %d has no %q:\n%s", got.status, c.page, got.body)
				}
			}
			mu.Lock()
			if len(told) != 1 || !strings.Contains(told[0], c.told) {
				t.Errorf("told %q", told)
			}
			mu.Unlock()
			_, err := p.end()
			if e, ok := errors.AsType[*Error](err); !ok || e.Kind != TimedOut || !slices.Equal(e.Unverified, told) {
				t.Errorf("error %v, %+v", err, e)
			}
		})
	}
}
