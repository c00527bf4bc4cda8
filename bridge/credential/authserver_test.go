package credential

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// authServer is the token side of an authorization server: it rotates refresh tokens
// and revokes everything when one comes twice.
type authServer struct {
	t       testing.TB
	address string

	mu       sync.Mutex
	sent     []string // refresh tokens, in the order in which they came
	grants   int      // of the client itself
	revoked  []string
	used     map[string]bool
	dead     bool // a refresh token came twice
	n        int
	lifetime int                                               // seconds; 0: not told
	answer   func(w http.ResponseWriter, r *http.Request) bool // instead of the ordinary answer
	scope    string
}

func newAuthServer(t testing.TB) *authServer {
	s := &authServer{t: t, used: map[string]bool{}, lifetime: 3600}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.address = server.URL
	return s
}

func (s *authServer) set(change func(*authServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *authServer) serve(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/revoke" {
		s.revoked = append(s.revoked, r.PostForm.Get("token"))
		if s.answer != nil {
			s.answer(w, r)
		}
		return
	}
	token := r.PostForm.Get("refresh_token")
	switch r.PostForm.Get("grant_type") {
	case "refresh_token":
		s.sent = append(s.sent, token)
	default:
		s.grants++
	}
	if s.answer != nil && s.answer(w, r) {
		return
	}
	if token != "" && (s.used[token] || s.dead) {
		s.dead = true
		refuse(w, 400, "invalid_grant")
		return
	}
	s.used[token] = true
	s.n++
	out := map[string]any{"access_token": fmt.Sprintf("access-canary-%d", s.n), "token_type": "bearer"}
	if token != "" {
		out["refresh_token"] = fmt.Sprintf("refresh-canary-%d", s.n)
	}
	if s.lifetime > 0 {
		out["expires_in"] = s.lifetime
	}
	if s.scope != "" {
		out["scope"] = s.scope
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":%q}`, code)
}

// requests returns the refresh tokens that came.
func (s *authServer) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

func (s *authServer) wantSent(want ...string) {
	s.t.Helper()
	if got := s.requests(); !slices.Equal(got, want) {
		s.t.Errorf("the server got %v, want %v", got, want)
	}
}

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// client is what stands for one process: a Resolver with a memory and a home of its
// own.
type process struct {
	*Resolver
	t      testing.TB
	scheme *profiles.SecurityScheme
}

type processOptions struct {
	name, api, client string // of the profile
	extra             string // lines of the client table
	account           string
	store             keychain.Store
	clock             *clock
	environ           []string
	flow              string // its key below flows
}

// process starts one. Everything but the home on disk is its own.
func (h *house) process(s *authServer, o processOptions) *process {
	h.t.Helper()
	if o.name == "" {
		o.name = "p"
	}
	if o.api == "" {
		o.api = origin
	}
	if o.client == "" {
		o.client = "our-client"
	}
	if o.flow == "" {
		o.flow = "authorizationCode"
	}
	text := fmt.Sprintf(`[server]
name = "p"
baseUrl = %q
[[server.securitySchemes]]
id = "signIn"
type = "oauth2"
[server.securitySchemes.flows.%s]
authorizationUrl = "%[3]s/authorize"
tokenUrl = "%[3]s/token"
revocationUrl = "%[3]s/revoke"
[server.securitySchemes.client]
id = %[4]q
%[5]s
[server.defaultUpstreamSecurity]
id = "signIn"
[[tools]]
name = "t"
[tools.requestTemplate]
url = "/"
method = "GET"
`, o.api, o.flow, s.address, o.client, o.extra)
	p, _, err := profiles.Load(filepath.Join(h.dir, o.name+".toml"), []byte(text), profiles.Options{Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		h.t.Fatal(err)
	}
	own, err := home.Open(h.home.Path())
	if err != nil {
		h.t.Fatal(err)
	}
	options := Options{Profile: p, Account: o.account, Home: own, Store: o.store, Environ: o.environ}
	if options.Store == nil {
		options.Store = h.store
	}
	if o.clock != nil {
		options.Now = o.clock.Now
	}
	return &process{New(options), h.t, &p.Server.SecuritySchemes[0]}
}

// signIn stores a first sign-in whose access token ends after life.
func (p *process) signIn(s *authServer, life time.Duration) {
	p.t.Helper()
	now := p.o.Now()
	t := oauthflow.Token{Access: secret.New("access-canary-0"), Refresh: secret.New("refresh-canary-0"), Type: "Bearer",
		Issued: now.Add(-time.Hour), Expiry: now.Add(life), ClientID: "our-client", AuthMethod: "none", Identity: "ada@example.com",
		Scopes:    []string{"read"},
		Endpoints: oauthflow.Endpoints{Token: s.address + "/token", Revocation: s.address + "/revoke"}}
	if err := p.SaveToken(p.t.Context(), p.scheme, t, []string{outbound.Origin(p.o.Profile.Server.BaseURL)}); err != nil {
		p.t.Fatal(err)
	}
}

// token is what the next call would send.
func (p *process) token() (string, error) {
	u, err := p.Resolve(p.t.Context(), requirement(p.scheme), outbound.Origin(p.o.Profile.Server.BaseURL))
	return u.Value.Reveal(), err
}

func (p *process) wants(access string) {
	p.t.Helper()
	if got, err := p.token(); err != nil || got != access {
		p.t.Errorf("got %q, %v; want %q", got, err, access)
	}
}

func (p *process) fails(want Reason, says string) *Error {
	p.t.Helper()
	got, err := p.token()
	e, ok := err.(*Error)
	if !ok || e.Reason != want || !strings.Contains(e.Error(), says) || e.Hint() == "" {
		p.t.Errorf("got %q, %v; want %s with %q", got, err, want, says)
		return &Error{}
	}
	if strings.Contains(e.Error()+e.Hint(), "canary") {
		p.t.Errorf("a secret is in %q", e)
	}
	return e
}
