package oauthtest_test

import (
	"fmt"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// A test starts a server, lets it fail in one way, and looks at what arrived.
func Example() {
	s, err := oauthtest.Start(oauthtest.Options{Set: func(b *oauthtest.Behaviour) {
		b.Authorization.ISS = oauthtest.ISSWrong
		b.Faults[oauthtest.Token] = oauthtest.Fault{Skip: 1, Status: 503, RetryAfter: "120"}
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	address := s.URL(oauthtest.Authorize) + "?response_type=code&client_id=" + oauthtest.PublicClient +
		"&redirect_uri=http://127.0.0.1:4711/oauth/callback&state=some-state-that-is-long-enough" +
		"&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
	v, err := oauthtest.Browser(nil, address, func(r *oauthtest.Robot) {
		r.User = "grace"
		r.Callback = func(string) string { return "" } // nobody listens there
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(v.Callback, "iss="), s.Count(oauthtest.Consent), s.Count(oauthtest.Token), s.Violations())
	// Output: true 1 0 []
}
