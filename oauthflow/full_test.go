package oauthflow

import (
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// These tests sign a robot in at the complete server of oauthtest, which judges what
// we send.

type full struct {
	*oauthtest.Server
	t *testing.T
}

func startFull(t *testing.T, set func(*oauthtest.Behaviour), options ...func(*oauthtest.Options)) *full {
	t.Helper()
	o := oauthtest.Options{TLS: true, Set: set}
	for _, f := range options {
		f(&o)
	}
	s, err := oauthtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &full{s, t}
}

func (s *full) flow(change ...func(*Config)) *Flow {
	s.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA())
	c := Config{Issuer: s.Issuer(), ClientID: oauthtest.PublicClient, Network: Network{Roots: roots, Named: []string{"127.0.0.1"}}}
	for _, f := range change {
		f(&c)
	}
	f, err := New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(f.net.close)
	return f
}

// callback lets the robot sign in and returns what the browser brings back.
func (s *full) callback(a *attempt) url.Values {
	s.t.Helper()
	var got url.Values
	robot := oauthtest.Robot{Client: oauthtest.Trusting(s.CA()), Callback: func(address string) string {
		if u, err := url.Parse(address); err == nil {
			got = u.Query()
		}
		return ""
	}}
	visit, err := robot.Visit(s.t.Context(), a.address)
	if err != nil || got == nil {
		s.t.Fatalf("no callback: %v, %+v", err, visit)
	}
	return got
}

// login is a whole sign-in.
func (s *full) login(f *Flow, scopes ...string) (Token, error) {
	s.t.Helper()
	a, err := f.begin(s.t.Context(), callback, scopes)
	if err != nil {
		return Token{}, err
	}
	code, err := a.verify(s.callback(a))
	if err != nil {
		return Token{}, err
	}
	return a.exchange(s.t.Context(), code)
}

// careful fails the test when the server saw something that a careful client does not
// do.
func (s *full) careful() {
	s.t.Helper()
	if v := s.Violations(); len(v) > 0 {
		s.t.Errorf("violations: %q", v)
	}
}

func TestFullSignIn(t *testing.T) {
	for name, row := range map[string]struct {
		set    func(*oauthtest.Behaviour)
		change func(*full) func(*Config)
	}{
		"plain": {},
		"strict": {func(b *oauthtest.Behaviour) {
			b.Authorization.ExactPort, b.Clients.BurnOnBasic, b.Refresh.Rotate = true, true, true
			b.Registration.Offered, b.Registration.NeedNative, b.Authorization.ISSAdvertised = true, true, true
		}, func(*full) func(*Config) { return func(c *Config) { c.ClientID = "" } }},
		"resource everywhere": {func(b *oauthtest.Behaviour) { b.Authorization.NeedResource, b.Refresh.Rotate = true, true },
			func(s *full) func(*Config) { return func(c *Config) { c.Resource = s.API() } }},
		"no resource": {func(b *oauthtest.Behaviour) { b.Authorization.RefuseResource = true },
			func(s *full) func(*Config) {
				return func(c *Config) {
					c.Resource, c.API, c.Metadata = ResourceOff, s.API(), s.URL(oauthtest.ResourceChallenged)
				}
			}},
		"scope and redirect at refresh": {func(b *oauthtest.Behaviour) { b.Refresh.NeedScope, b.Refresh.NeedRedirectURI = true, true },
			func(*full) func(*Config) {
				return func(c *Config) { c.RefreshScope, c.RefreshRedirectURI = true, true }
			}},
		"form": {func(b *oauthtest.Behaviour) { b.Tokens.Form = true }, nil},
		"text": {func(b *oauthtest.Behaviour) { b.Tokens.StringExpiresIn = true }, nil},
		"pushed": {func(b *oauthtest.Behaviour) {
			b.Push.Offered, b.Push.Required, b.Push.Lifetime = true, true, time.Minute
		},
			nil},
		"bound": {func(b *oauthtest.Behaviour) {
			b.DPoP.Require, b.DPoP.ServerNonce, b.DPoP.RenewNonce, b.API.NeedDPoP = true, true, true, true
			b.DPoP.Algorithms, b.DPoP.NonceLifetime = []string{"ES256"}, time.Hour
		}, func(*full) func(*Config) { return func(c *Config) { c.DPoP = true } }},
		"confidential": {nil, func(s *full) func(*Config) {
			return func(c *Config) {
				c.ClientID, c.ClientSecret = oauthtest.ConfidentialClient, secret.New(s.Secret(oauthtest.ConfidentialClient))
			}
		}},
		"posted": {func(b *oauthtest.Behaviour) { b.Clients.Methods = []string{"none", "client_secret_post"} }, func(s *full) func(*Config) {
			return func(c *Config) {
				c.ClientID, c.ClientSecret = oauthtest.ConfidentialClient, secret.New(s.Secret(oauthtest.ConfidentialClient))
			}
		}},
		"secret from registration": {func(b *oauthtest.Behaviour) { b.Registration.Offered, b.Registration.Secret = true, true },
			func(*full) func(*Config) { return func(c *Config) { c.ClientID = "" } }},
		"assumed PKCE": {func(b *oauthtest.Behaviour) { b.Metadata.PKCE = nil },
			func(*full) func(*Config) { return func(c *Config) { c.AssumePKCE = true } }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startFull(t, row.set)
			change := func(*Config) {}
			if row.change != nil {
				change = row.change(s)
			}
			f := s.flow(change)
			token, err := s.login(f, "openid")
			if err != nil {
				t.Fatal(err)
			}
			s.serves(token)
			if token.Identity == "" || token.Warning != "" || token.Expiry.IsZero() {
				t.Errorf("%+v", token)
			}
			// A new process has nothing but the record.
			next, err := s.flow(change).Refresh(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			s.serves(next)
			if n := s.Grants("refresh_token"); n != 1 && name != "bound" {
				t.Errorf("%d refreshes", n)
			}
			if err := f.Revoke(t.Context(), next); err != nil {
				t.Error(err)
			}
			if s.Alive(next.Access.Reveal()) || s.Alive(next.Refresh.Reveal()) || len(s.RefreshTokens()) > 0 {
				t.Error("a token lives on")
			}
			if n := s.Grants("authorization_code"); n != 1 && name != "bound" {
				t.Errorf("%d exchanges", n)
			}
			s.careful()
		})
	}
}

// serves fails the test unless the API takes the token.
func (s *full) serves(token Token) {
	s.t.Helper()
	address := s.API() + "/things?q=1"
	for nonce, try := "", 0; ; try++ {
		r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		r.Header.Set("Authorization", token.Type+" "+token.Access.Reveal())
		if token.Type == "DPoP" {
			proof, err := token.Proof(http.MethodGet, address, nonce, s.Now())
			if err != nil {
				s.t.Fatal(err)
			}
			r.Header.Set("DPoP", proof)
		}
		resp, err := oauthtest.Trusting(s.CA()).Do(r)
		if err != nil {
			s.t.Fatal(err)
		}
		_ = resp.Body.Close()
		if nonce = resp.Header.Get("DPoP-Nonce"); resp.StatusCode == http.StatusUnauthorized && nonce != "" && try == 0 {
			continue
		}
		if resp.StatusCode/100 != 2 {
			s.t.Errorf("the API says %s: %v", resp.Status, resp.Header["Www-Authenticate"])
		}
		return
	}
}

func TestFullDiscovery(t *testing.T) {
	oauth := []oauthtest.Endpoint{oauthtest.MetadataOAuth, oauthtest.MetadataOIDCInserted, oauthtest.MetadataOIDC}
	for last := range oauth {
		s := startFull(t, func(b *oauthtest.Behaviour) { b.Metadata.At = oauth[last : last+1] }, func(o *oauthtest.Options) { o.IssuerPath = "/tenant/one" })
		if _, err := s.flow().Server(t.Context()); err != nil {
			t.Error(err)
		}
		for i, r := range s.Requests() {
			if i > last || r.Endpoint != oauth[i] {
				t.Errorf("request %d went to %s", i, r.Endpoint)
			}
		}
	}
	resource := []oauthtest.Endpoint{oauthtest.ResourceChallenged, oauthtest.ResourceAtPath, oauthtest.ResourceAtRoot}
	for last := range resource {
		s := startFull(t, func(b *oauthtest.Behaviour) { b.ResourceMetadata.At = resource[last : last+1] })
		if last == 2 {
			origin := strings.TrimSuffix(s.API(), "/api")
			s.Set(func(b *oauthtest.Behaviour) { b.ResourceMetadata.Resource = origin })
		}
		// The client learns the address from the challenge, as the API sends it.
		resp, err := oauthtest.Trusting(s.CA()).Get(s.API() + "/things")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		metadata := ""
		for _, c := range ParseChallenges(resp.Header.Values("WWW-Authenticate")) {
			if strings.EqualFold(c.Scheme, "Bearer") {
				metadata = c.Params["resource_metadata"]
			}
		}
		s.Forget()
		f := s.flow(func(c *Config) { c.Issuer, c.API, c.Metadata = "", s.API(), metadata })
		got, err := f.Server(t.Context())
		if err != nil || got.Issuer != s.Issuer() {
			t.Errorf("%v, %v", got, err)
		}
		for i, r := range s.Requests(resource...) {
			if i > last || r.Endpoint != resource[i] {
				t.Errorf("request %d went to %s", i, r.Endpoint)
			}
		}
		s.careful()
	}
}
