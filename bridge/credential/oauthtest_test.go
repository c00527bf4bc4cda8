package credential

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// real is a full authorization server, and the profile of one of its clients.
type real struct {
	*house
	server *oauthtest.Server
	clock  *clock
}

func newReal(t *testing.T, set func(*oauthtest.Behaviour)) *real {
	t.Helper()
	s, err := oauthtest.Start(oauthtest.Options{Set: func(b *oauthtest.Behaviour) {
		b.Consent = oauthtest.Allow
		if set != nil {
			set(b)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &real{newHouse(t), s, newClock()}
}

func (r *real) process(client string) *process {
	r.t.Helper()
	text := fmt.Sprintf(`[server]
name = "p"
baseUrl = %q
[[server.securitySchemes]]
id = "signIn"
type = "openIdConnect"
openIdConnectUrl = %q
[server.securitySchemes.client]
id = "desktop"
scopes = ["openid", "email", "read"]
resource = %[1]q
%[3]s
[server.defaultUpstreamSecurity]
id = "signIn"
[[tools]]
name = "t"
[tools.requestTemplate]
url = "/"
method = "GET"
`, r.server.API(), r.server.URL(oauthtest.MetadataOIDC), client)
	p, _, err := profiles.Load(filepath.Join(r.dir, "p.toml"), []byte(text), profiles.Options{Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		r.t.Fatal(err)
	}
	own, err := home.Open(r.home.Path())
	if err != nil {
		r.t.Fatal(err)
	}
	return &process{New(Options{Profile: p, Home: own, Store: r.store, Now: r.clock.Now}), r.t, &p.Server.SecuritySchemes[0]}
}

func (p *process) signInForReal() {
	p.t.Helper()
	c := must(p.OAuthConfig(p.t.Context(), p.scheme))
	token, err := must(oauthflow.New(c)).Login(p.t.Context(), oauthflow.LoginOptions{Open: oauthtest.Robot{}.Open})
	if err == nil {
		err = p.SaveToken(p.t.Context(), p.scheme, token, []string{outbound.Origin(p.o.Profile.Server.BaseURL)})
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// advance moves both clocks.
func (r *real) advance(d time.Duration) {
	r.clock.add(d)
	r.server.Advance(d)
}

// alive holds that a call would be let in.
func (r *real) alive(p *process) {
	r.t.Helper()
	if token, err := p.token(); err != nil || !r.server.Alive(token) {
		r.t.Errorf("the token is good for nothing: %v", err)
	}
}

// Many programs, many calls, many hours: one refresh each time, and the server never
// sees a token twice.
func TestRotation(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"", "dpop = true"} {
		r := newReal(t, func(b *oauthtest.Behaviour) { b.DPoP.ServerNonce = client != "" })
		var processes []*process
		for range 8 {
			processes = append(processes, r.process(client))
		}
		processes[0].signInForReal()
		for hour := range 5 {
			if r.clock.add(time.Hour); client == "" { // a server whose clock differs takes no proof
				r.server.Advance(time.Hour)
			}
			var all sync.WaitGroup
			for _, p := range processes {
				for range 20 {
					all.Go(func() { r.alive(p) })
				}
			}
			all.Wait()
			n := 0
			for _, q := range r.server.Requests(oauthtest.Token) {
				if q.Form.Get("grant_type") == "refresh_token" && q.Status == 200 {
					n++
				}
			}
			if n != hour+1 || r.server.Reuses() != 0 {
				t.Fatalf("hour %d: %d refreshes, %d tokens came twice", hour, n, r.server.Reuses())
			}
		}
		if in := must(processes[3].LookSignIn(t.Context(), processes[3].scheme, nil)); in.State != SignedIn || in.Identity == "" || in.Issuer != r.server.Issuer() || !in.Refreshable {
			t.Errorf("%+v", in)
		}
		for _, q := range r.server.Requests(oauthtest.Token) {
			if q.Form.Get("grant_type") == "refresh_token" && q.Form.Get("resource") != r.server.API() {
				t.Errorf("the resource is %q", q.Form.Get("resource"))
			}
		}
		for range 2 {
			out, err := processes[1].SignOut(t.Context(), processes[1].scheme)
			if err != nil || out.There && !out.Revoked {
				t.Errorf("%+v, %v", out, err)
			}
			processes[7].fails(SignInNeeded, "")
		}
		if len(r.server.RefreshTokens())+len(r.server.AccessTokens()) > 0 {
			t.Error("the server still knows a token")
		}
		if v := r.server.Violations(); len(v) > 0 {
			t.Errorf("violations: %v", v)
		}
	}
}

// The faults of a token endpoint at a refresh, and what becomes of the sign-in.
func TestFaultsAtRefresh(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		set  func(b *oauthtest.Behaviour)
		want Reason // of the first call after the token's end; empty: it works
		then Reason // once the fault is over
	}{
		"drop":             {fault(oauthtest.Fault{Drop: true}), Unreachable, ""},
		"503":              {fault(oauthtest.Fault{Status: 503}), Unreachable, ""},
		"429":              {fault(oauthtest.Fault{Status: 429, RetryAfter: "1"}), Unreachable, ""},
		"redirect":         {fault(oauthtest.Fault{Status: 307, Location: "{other}/x"}), Refused, ""},
		"garbage":          {fault(oauthtest.Fault{Body: "<html>"}), Refused, ""},
		"huge":             {fault(oauthtest.Fault{Body: "{", Pad: 5 << 20}), Refused, ""},
		"echo":             {fault(oauthtest.Fault{Status: 400, Echo: true}), Refused, ""},
		"answer lost":      {fault(oauthtest.Fault{After: true, Drop: true}), Unreachable, SignInNeeded},
		"invalid_client":   {func(b *oauthtest.Behaviour) { b.Refresh.Error = "invalid_client" }, Refused, ""},
		"invalid_grant":    {func(b *oauthtest.Behaviour) { b.Refresh.Error = "invalid_grant" }, SignInNeeded, SignInNeeded},
		"mac":              {func(b *oauthtest.Behaviour) { b.Tokens.Type = "mac" }, Refused, SignInNeeded},
		"no id token":      {func(b *oauthtest.Behaviour) { b.RefreshIDToken.BadSignature = true }, "", ""},
		"bad id token":     {func(b *oauthtest.Behaviour) { b.RefreshIDToken.Override = map[string]any{"iss": "https://x"} }, "", ""},
		"no refresh token": {func(b *oauthtest.Behaviour) { b.Refresh.Rotate = false }, "", ""},
		"narrower":         {func(b *oauthtest.Behaviour) { b.Tokens.Override = map[string]any{"scope": "read"} }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReal(t, nil)
			p := r.process("")
			p.signInForReal()
			r.advance(2 * time.Hour)
			r.server.Set(tt.set)
			if tt.want == "" {
				r.alive(p)
			} else {
				e := p.fails(tt.want, "")
				if strings.Contains(fmt.Sprint(e, e.Hint()), oauthtest.Marker) {
					t.Errorf("a secret is in %v", e)
				}
			}
			r.server.Set(func(b *oauthtest.Behaviour) {
				fresh := oauthtest.Default()
				b.Faults, b.Refresh, b.Tokens = fresh.Faults, fresh.Refresh, fresh.Tokens
			})
			r.advance(10 * time.Second)
			if tt.then == "" {
				r.alive(p)
				r.alive(r.process(""))
			} else {
				p.fails(tt.then, "")
			}
			if in := must(p.LookSignIn(t.Context(), p.scheme, nil)); name == "narrower" && strings.Join(in.Missing, " ") != "openid email" {
				t.Errorf("%+v", in)
			}
		})
	}
}

func fault(f oauthtest.Fault) func(*oauthtest.Behaviour) {
	return func(b *oauthtest.Behaviour) { b.Faults[oauthtest.Token] = f }
}

// Some servers renew nothing that is still good.
func TestAServerThatRefusesEarly(t *testing.T) {
	t.Parallel()
	r := newReal(t, func(b *oauthtest.Behaviour) { b.Refresh.RefuseEarly = true })
	p := r.process("")
	p.signInForReal()
	r.advance(time.Hour - 30*time.Second)
	for range 3 {
		r.alive(p)
	}
	if n := r.server.Grants("refresh_token"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	r.advance(31 * time.Second)
	r.alive(p)
}

// BenchmarkResolve is what a call pays for a token that is good.
func BenchmarkResolve(b *testing.B) {
	h, s := newHouse(b), newAuthServer(b)
	p := h.process(s, processOptions{})
	if err := p.SaveToken(b.Context(), p.scheme, oauthflow.Token{Access: secret.New("access"), Issued: time.Now(), Expiry: time.Now().Add(time.Hour)}, []string{origin}); err != nil {
		b.Fatal(err)
	}
	time.Sleep(2 * settledFor)
	req := tool.Requirement{Scheme: p.scheme, Record: p.scheme.ID}
	for b.Loop() {
		if _, err := p.Resolve(b.Context(), req, origin); err != nil {
			b.Fatal(err)
		}
	}
}

// A client that the server registered is handed to the next sign-in, and renews.
func TestARegistrationIsKept(t *testing.T) {
	t.Parallel()
	r := newReal(t, nil)
	p := r.process("")
	own := *p.scheme.Client
	own.ID = ""
	p.scheme.Client = &own
	p.signInForReal()
	r.advance(2 * time.Hour)
	r.alive(p)
	c := must(p.OAuthConfig(t.Context(), p.scheme))
	if g := c.Registered; !r.server.Registered(g.ClientID) || g.Issuer != r.server.Issuer() || g.RedirectURI == "" || g.Token.IsZero() || r.server.Count(oauthtest.Register) != 1 {
		t.Errorf("%+v", g)
	}
	if out, err := p.SignOut(t.Context(), p.scheme); err != nil || !out.Revoked {
		t.Errorf("%+v, %v", out, err)
	}
}
