package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// stage is a bridge whose backend wants the tokens of an authorization server.
type stage struct {
	*rig
	server *oauthtest.Server
	scheme *profiles.SecurityScheme
	asked  []*credential.Error // what a person was asked to cure
}

// newStage builds one. client holds more lines of the client table; the tools are
// me, post and put below the API, and one for each path.
func newStage(t *testing.T, client, more string, paths ...string) *stage {
	t.Helper()
	s, err := oauthtest.Start(oauthtest.Options{Set: func(b *oauthtest.Behaviour) {
		b.Consent = oauthtest.Allow
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	text := strings.NewReplacer("API", s.API(), "TOKEN", s.URL(oauthtest.Token), "AUTHORIZE", s.URL(oauthtest.Authorize), "REVOKE", s.URL(oauthtest.Revoke),
		"ISSUER", s.Issuer(), "CLIENT", client).Replace(`
[server]
baseUrl = "API"
[[server.securitySchemes]]
id = "signIn"
type = "oauth2"
[server.securitySchemes.flows.authorizationCode]
tokenUrl = "TOKEN"
authorizationUrl = "AUTHORIZE"
revocationUrl = "REVOKE"
issuer = "ISSUER"
[server.securitySchemes.client]
id = "desktop"
resource = "API"
CLIENT
`) + more
	if !strings.Contains(more, "defaultUpstreamSecurity") {
		text += "[server.defaultUpstreamSecurity]\nid = \"signIn\"\n"
	}
	for _, name := range append([]string{"me", "post", "put"}, paths...) {
		method := map[string]string{"post": "POST", "put": "PUT"}[name]
		if method == "" {
			method = "GET"
		}
		tool := strings.NewReplacer("/", "_").Replace(name)
		text += "[[tools]]\nname = \"" + tool + "\"\n[tools.requestTemplate]\nurl = \"" + s.API() + "/" + name + "\"\nmethod = \"" + method + "\"\n"
	}
	r := newRig(t, s.API(), text)
	return &stage{rig: r, server: s, scheme: &r.o.Set.Profile().Server.SecuritySchemes[0]}
}

// signIn signs a person in, for more scopes if need be, and stores the token.
func (s *stage) signIn(scopes ...string) {
	s.t.Helper()
	ctx := context.Background()
	c, err := s.resolver.OAuthConfig(ctx, s.scheme)
	if err != nil {
		s.t.Fatal(err)
	}
	f, err := oauthflow.New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := f.Login(ctx, oauthflow.LoginOptions{Scopes: scopes, Open: oauthtest.Robot{}.Open})
	if err == nil {
		err = s.resolver.SaveToken(ctx, s.scheme, token, []string{outbound.Origin(s.server.API())})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// person is who is asked during a call: it signs in if it may.
func (s *stage) person(willing bool) func(context.Context, *credential.Error) (bool, *result.Result) {
	return func(_ context.Context, need *credential.Error) (bool, *result.Result) {
		s.asked = append(s.asked, need)
		if willing {
			s.signIn(need.Scopes...)
		}
		return willing, nil
	}
}

// call calls a tool; person may be nil.
func (s *stage) call(tool string, person func(context.Context, *credential.Error) (bool, *result.Result)) *result.Result {
	s.t.Helper()
	r := s.calls(context.Background(), Call{Tool: tool, Arguments: json.RawMessage(`{}`), SignIn: person})
	text, _ := json.Marshal(r)
	for _, token := range s.server.Secrets() {
		if strings.Contains(string(text)+s.log.String(), token) {
			s.t.Errorf("a secret was shown: %s", text)
		}
	}
	return r
}

func (s *stage) wants(r *result.Result, kind result.Kind, says string) {
	s.t.Helper()
	if r.Kind != kind || !strings.Contains(all(r), says) {
		s.t.Errorf("%q %s, want %q with %q", r.Kind, all(r), kind, says)
	}
}

// counts holds how often the backend was called and a token renewed.
func (s *stage) counts(api, refreshes int) {
	s.t.Helper()
	if a, r := s.server.Count(oauthtest.API), s.server.Grants("refresh_token"); a != api || r != refreshes {
		s.t.Errorf("%d calls and %d refreshes, want %d and %d", a, r, api, refreshes)
	}
	if v := s.server.Violations(); len(v) > 0 {
		s.t.Errorf("violations: %v", v)
	}
}

func TestASignInIsUsed(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", "")
	s.wants(s.call("me", nil), result.SignInNeeded, "mcp-bridge login p")
	s.counts(0, 0)
	s.signIn()
	r := s.call("me", nil)
	s.wants(r, "", `"user":"ada"`)
	s.wants(r, "", "Bearer "+secret.Mask)
	s.counts(1, 0)
	for _, q := range s.server.Requests(oauthtest.API) {
		if q.Header.Get("Authorization") == "" || strings.Contains(q.Target, "canary") {
			t.Errorf("the token is not in the header alone: %s", q.Target)
		}
	}
}

// A token that was believed to be good and is refused: one refresh, one more request.
func TestOneRefreshAndOneReplay(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", "", "always401")
	s.signIn()
	s.server.KillAll(true)
	s.wants(s.call("me", nil), "", `"user":"ada"`)
	s.counts(2, 1)
	s.wants(s.call("always401", nil), result.HTTPStatus, "sign in again: mcp-bridge login p")
	s.counts(4, 2)
	for range 3 { // the next token would be refused, too
		s.wants(s.call("always401", nil), result.HTTPStatus, "is refused all the same")
	}
	s.counts(7, 2)
	s.wants(s.call("me", nil), "", `"user":"ada"`)
	s.counts(8, 2)
	s.server.KillAll(true)
	s.wants(s.call("post", nil), "", `"user":"ada"`) // invalid_token: nothing was done
	s.counts(10, 3)
}

// A refusal that does not say why may have come after the work was done.
func TestNoBlindReplay(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", "")
	s.signIn()
	s.server.Set(func(b *oauthtest.Behaviour) { b.API.Challenges = []string{`Bearer realm="x"`} })
	s.server.KillAll(true)
	s.wants(s.call("post", nil), result.HTTPStatus, "make it again")
	s.counts(1, 1)
	s.wants(s.call("post", nil), "", `"user":"ada"`)
	s.server.KillAll(true)
	s.wants(s.call("put", nil), "", `"user":"ada"`) // twice is once
	s.counts(4, 2)
}

// Without a refresh token only a person can help.
func TestNothingToRenewWith(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", "")
	s.server.Set(func(b *oauthtest.Behaviour) { b.Tokens.NoRefresh = true })
	s.signIn()
	s.server.KillAll(true)
	s.wants(s.call("me", nil), result.SignInNeeded, "the backend refused the token")
	s.counts(1, 0)
	s.wants(s.call("me", s.person(false)), result.SignInNeeded, "mcp-bridge login p")
	s.wants(s.call("me", s.person(true)), "", `"user":"ada"`)
	if len(s.asked) != 2 || s.asked[1].Metadata != s.server.URL(oauthtest.ResourceChallenged) || !s.asked[1].OAuth {
		t.Errorf("asked %+v", s.asked)
	}
	s.counts(4, 0)
}

func TestTheServerIsDown(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", "")
	s.signIn()
	s.server.Set(func(b *oauthtest.Behaviour) { b.Faults[oauthtest.Token] = oauthtest.Fault{Status: 503, Times: 1} })
	s.server.KillAll(true)
	s.wants(s.call("me", s.person(true)), result.HTTPStatus, "could not be renewed")
	if len(s.asked) > 0 {
		t.Errorf("a person was asked: %v", s.asked)
	}
	s.counts(1, 1)
}

func TestSignInDuringACall(t *testing.T) {
	t.Parallel()
	s := newStage(t, `scopes = ["read"]`, "")
	s.wants(s.call("me", s.person(false)), result.SignInNeeded, "")
	answer := result.Errorf(result.SignInPending, "", "it goes on")
	r := s.call("me", func(context.Context, *credential.Error) (bool, *result.Result) { return false, answer })
	s.wants(r, result.SignInPending, "it goes on")
	s.counts(0, 0)
	s.wants(s.call("me", s.person(true)), "", `"user":"ada"`)
	if e := s.asked[0]; len(s.asked) != 2 || e.Reason != credential.SignInNeeded || e.Origin != outbound.Origin(s.server.API()) || !slices.Equal(e.Scopes, []string{"read"}) {
		t.Errorf("asked %+v", e)
	}
	// Who says that somebody signed in when nobody did is asked once.
	n := 0
	r = newStage(t, "", "").call("me", func(context.Context, *credential.Error) (bool, *result.Result) { n++; return true, nil })
	if s.wants(r, result.SignInNeeded, ""); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// The backend wants more scopes: a person is asked for all of them together, once for
// each tool, however many more the backend wants.
func TestStepUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, `scopes = ["read"]`, "", "scoped/write", "scoped/email", "ever-new")
	s.signIn()
	s.wants(s.call("scoped_write", nil), result.HTTPStatus, "mcp-bridge login p")
	s.wants(s.call("scoped_write", s.person(true)), "", `"user":"ada"`)
	if len(s.asked) != 1 || !s.asked[0].StepUp || !slices.Equal(s.asked[0].Scopes, []string{"read", "write"}) || s.asked[0].Metadata == "" {
		t.Errorf("asked %+v", s.asked)
	}
	s.wants(s.call("scoped_email", s.person(true)), "", `"user":"ada"`)
	if !slices.Equal(s.asked[1].Scopes, []string{"read", "write", "email"}) {
		t.Errorf("asked for %v", s.asked[1].Scopes)
	}
	s.wants(s.call("scoped_write", nil), "", `"user":"ada"`)
	for range 3 {
		s.wants(s.call("ever-new", s.person(true)), result.HTTPStatus, "mcp-bridge login p")
	}
	if len(s.asked) != 3 {
		t.Errorf("asked %d times", len(s.asked))
	}
}

// Every request proves the key: its method, its address, the nonce that is wanted.
func TestDPoP(t *testing.T) {
	t.Parallel()
	s := newStage(t, "dpop = true", "[http]\nfollowRedirects = true\n", "redirect")
	s.server.Set(func(b *oauthtest.Behaviour) { b.API.NeedDPoP, b.DPoP.APINonce, b.DPoP.ServerNonce = true, true, true })
	s.signIn()
	s.wants(s.call("me", nil), "", `"user":"ada"`)
	s.counts(2, 0) // the nonce is learned once
	s.wants(s.call("post", nil), "", `"user":"ada"`)
	s.counts(3, 0)
	s.server.ExpireNonces()
	s.wants(s.call("post", nil), "", "DPoP "+secret.Mask)
	s.counts(5, 0)
	s.server.KillAll(true)
	s.wants(s.call("post", nil), "", `"user":"ada"`)
	seen := map[string]bool{}
	for _, q := range s.server.Requests(oauthtest.API) {
		proof := q.Header.Get("DPoP")
		if proof == "" || seen[proof] {
			t.Errorf("proof %q", proof)
		}
		seen[proof] = true
	}
}

// A redirect within the origin is another request, with a proof of its own.
func TestDPoPRedirect(t *testing.T) {
	t.Parallel()
	s := newStage(t, "dpop = true", "[http]\nfollowRedirects = true\n")
	s.server.Set(func(b *oauthtest.Behaviour) {
		b.API.NeedDPoP = true
		b.Faults[oauthtest.API] = oauthtest.Fault{Status: http.StatusFound, Location: s.server.API() + "/post", Times: 1}
	})
	s.signIn()
	s.wants(s.call("me", nil), "", `"path":"/api/post"`)
	s.counts(2, 0)
}

// The account that is signed in for a downstream scheme is the client's credential.
func TestPassthroughOfASignIn(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", `
[[server.securitySchemes]]
id = "up"
type = "http"
scheme = "bearer"
[server.defaultUpstreamSecurity]
id = "up"
[server.defaultDownstreamSecurity]
id = "signIn"
passthrough = true
`)
	s.wants(s.call("me", nil), result.SignInNeeded, "mcp-bridge login p")
	s.wants(s.call("me", s.person(true)), "", `"user":"ada"`)
	s.server.KillAll(true)
	s.wants(s.call("me", nil), "", `"user":"ada"`)
	s.counts(3, 1)
}

// A profile whose addresses nobody approved asks nobody during a call.
func TestNobodyApprovesDuringACall(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", "")
	s.signIn()
	token := s.resolver
	ok, err := token.Approve(context.Background(), s.scheme, nil)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	elsewhere := server(t, echo)
	b := newRigAt(t, s.rig, strings.ReplaceAll(s.text, s.server.API()+"/me", elsewhere.URL+"/me"))
	n := 0
	r := b.Call(context.Background(), Call{Tool: "me", SignIn: func(context.Context, *credential.Error) (bool, *result.Result) { n++; return true, nil }})
	if s.wants(r, result.SignInNeeded, "has not been approved for "+elsewhere.URL); n > 0 {
		t.Error("a person was asked to sign in")
	}
}
