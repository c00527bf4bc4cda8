package oauthtest

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Client is a registered client.
type Client struct {
	ID        string
	Secret    string // made by the server where Confidential is set and it is empty
	Name      string // shown on the consent page
	Redirects []string
	Grants    []string // nil: all
	Scopes    []string // nil: all
	// Confidential clients must authenticate.
	Confidential bool

	registrationToken string
}

// grant is what a person, or the server for itself, has allowed.
type grant struct {
	client, user     string
	scopes, resource []string
	redirect         string
	challenge, nonce string
	params           url.Values // of the authorization request
	jkt              string     // the key that a code is bound to (RFC 9449, section 10)
	openTime         time.Time
}

// code is an authorization code.
type code struct {
	grant
	issued time.Time
	used   bool
	family *family
}

// family is everything that one consent has led to.
type family struct {
	grant
	revoked bool
}

// token is an access or a refresh token.
type token struct {
	family   *family
	access   bool
	scopes   []string
	audience []string
	jkt      string
	issued   time.Time
	expires  time.Time // zero: never
	revoked  bool
	replaced time.Time // zero: not replaced
}

// alive reports whether a token works at the time.
func (t *token) alive(now time.Time) bool {
	return !t.revoked && !t.family.revoked && t.replaced.IsZero() && (t.expires.IsZero() || now.Before(t.expires))
}

// mint makes a secret and remembers it. The lock must be held.
func (s *Server) mint(kind string, filler int) string {
	secret := Marker + kind + "-" + rand.Text()
	if filler > 0 {
		secret += "-" + strings.Repeat("x", filler)
	}
	s.secrets = append(s.secrets, secret)
	return secret
}

// Secrets returns every secret that the server has made so far, and the verifiers
// that it was shown.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secrets)
}

// Password returns the password of a person.
func (s *Server) Password(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.password(user)
}

func (s *Server) password(user string) string {
	if s.passwords[user] == "" {
		s.passwords[user] = s.mint("password", 0)
	}
	return s.passwords[user]
}

// InitialToken returns what Registrations.NeedToken demands.
func (s *Server) InitialToken() string { return s.Password("initial access token") }

// Secret returns the secret of a client, empty for one that has none.
func (s *Server) Secret(clientID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clients[clientID]; c != nil {
		return c.Secret
	}
	return ""
}

// Registered reports whether a client is known.
func (s *Server) Registered(clientID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients[clientID] != nil
}

// AddClient registers a client, in place of one with the same id.
func (s *Server) AddClient(c Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addClient(c)
}

// RemoveClient forgets a client, as servers do with those that registered by themselves.
func (s *Server) RemoveClient(clientID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, clientID)
}

func (s *Server) addClient(c Client) {
	if c.Confidential && c.Secret == "" {
		c.Secret = s.mint("client-secret", 0)
	} else if c.Secret != "" && !slices.Contains(s.secrets, c.Secret) {
		s.secrets = append(s.secrets, c.Secret)
	}
	s.clients[c.ID] = &c
}

func (s *Server) registerFirst(clients []Client) {
	if clients == nil {
		redirects := []string{"http://127.0.0.1/oauth/callback", "http://[::1]/oauth/callback", "http://localhost/oauth/callback"}
		clients = []Client{
			{ID: PublicClient, Name: "mcp-bridge", Redirects: redirects},
			{ID: ConfidentialClient, Name: "mcp-bridge for teams", Redirects: redirects, Confidential: true},
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range clients {
		s.addClient(c)
	}
}

// newCode issues an authorization code. The lock must be held.
func (s *Server) newCode(g grant) string {
	for _, name := range []string{"state", "code_challenge", "nonce"} {
		key := name + " " + g.params.Get(name)
		if g.params.Has(name) && s.seen[key] {
			s.violate("authorize: " + name + " of an earlier sign-in")
		}
		s.seen[key] = true
	}
	value := s.mint("code", 0)
	s.codes[value] = &code{grant: g, issued: s.now()}
	return value
}

// newAccess issues an access token. The lock must be held.
func (s *Server) newAccess(b Behaviour, f *family, scopes, audience []string, jkt string) string {
	value := s.mint("access", b.Tokens.AccessPad)
	now := s.now()
	s.tokens[value] = &token{
		family: f, access: true, scopes: scopes, audience: audience, jkt: jkt, issued: now, expires: now.Add(b.Tokens.Lifetime),
	}
	return value
}

// newRefresh issues a refresh token. The lock must be held.
func (s *Server) newRefresh(b Behaviour, f *family, jkt string) string {
	value := s.mint("refresh", b.Tokens.RefreshPad)
	t := &token{family: f, scopes: f.scopes, audience: f.resource, jkt: jkt, issued: s.now()}
	if b.Refresh.Lifetime > 0 {
		t.expires = t.issued.Add(b.Refresh.Lifetime)
	}
	s.tokens[value] = t
	return value
}

// Alive reports whether an access or refresh token works at the moment.
func (s *Server) Alive(value string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[value]
	return t != nil && t.alive(s.now())
}

// Kill makes a token invalid without telling anybody.
func (s *Server) Kill(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tokens[value]; t != nil {
		t.revoked = true
	}
}

// KillAll makes every token of one kind invalid: all access tokens, or everything.
func (s *Server) KillAll(accessOnly bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		t.revoked = t.revoked || t.access || !accessOnly
	}
}

// Reuses returns how often a replaced refresh token was presented outside its grace.
func (s *Server) Reuses() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reuses
}

// AccessTokens returns the access tokens that work at the moment, oldest first.
func (s *Server) AccessTokens() []string { return s.living(true) }

// RefreshTokens returns the refresh tokens that work at the moment, oldest first.
func (s *Server) RefreshTokens() []string { return s.living(false) }

func (s *Server) living(access bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, value := range s.secrets {
		if t := s.tokens[value]; t != nil && t.access == access && t.alive(s.now()) {
			out = append(out, value)
		}
	}
	return out
}
