package oauthflow

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// asked is a request that the server saw.
type asked struct {
	method, path string
	header       http.Header
	form         url.Values
	body         string
}

// server is an authorization server of the smallest kind: a table of paths.
type server struct {
	*httptest.Server
	meta  map[string]any // what the well-known places say; nil: nothing
	token map[string]any // what the token endpoint says

	mu   sync.Mutex
	seen []asked
	own  map[string]http.HandlerFunc
}

const wellKnown = "/.well-known/oauth-authorization-server"

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{own: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Server.EnableHTTP2 = true
	s.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	s.meta = map[string]any{"issuer": s.URL, "code_challenge_methods_supported": []string{"S256"}}
	for name, path := range map[string]string{"authorization_endpoint": "/authorize", "token_endpoint": "/token", "revocation_endpoint": "/revoke",
		"registration_endpoint": "/register", "pushed_authorization_request_endpoint": "/par", "device_authorization_endpoint": "/device",
		"introspection_endpoint": "/introspect"} {
		s.meta[name] = s.URL + path
	}
	s.token = map[string]any{"access_token": "access-1", "token_type": "Bearer", "expires_in": 60, "refresh_token": "refresh-1"}
	s.on(wellKnown, func(w http.ResponseWriter, _ *http.Request) { write(w, 200, s.meta) })
	s.on("/token", func(w http.ResponseWriter, _ *http.Request) { write(w, 200, s.token) })
	s.on("/revoke", func(w http.ResponseWriter, _ *http.Request) {})
	s.on("/register", func(w http.ResponseWriter, _ *http.Request) { write(w, 201, map[string]any{"client_id": "given"}) })
	return s
}

func (s *server) on(path string, h http.HandlerFunc) { s.own[path] = h }

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	s.mu.Lock()
	s.seen = append(s.seen, asked{r.Method, r.URL.Path, r.Header, form, string(body)})
	s.mu.Unlock()
	r.Form = form
	if h := s.own[r.URL.Path]; h != nil {
		h(w, r)
		return
	}
	http.NotFound(w, r)
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// of returns what was asked of a path.
func (s *server) of(path string) []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []asked
	for _, r := range s.seen {
		if r.path == path {
			out = append(out, r)
		}
	}
	return out
}

// paths returns what was asked, in order.
func (s *server) paths() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.seen {
		out = append(out, r.path)
	}
	return strings.Join(out, " ")
}

func (s *server) network() Network {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return Network{Roots: roots, Named: []string{"127.0.0.1"}}
}

func (s *server) config(change ...func(*Config)) Config {
	c := Config{Issuer: s.URL, ClientID: "client", Scopes: []string{"read"}, Network: s.network()}
	for _, f := range change {
		f(&c)
	}
	return c
}

func (s *server) flow(t *testing.T, change ...func(*Config)) *Flow {
	t.Helper()
	f, err := New(s.config(change...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.net.close)
	return f
}

const callback = "http://127.0.0.1:4711/oauth/callback"

// begin starts an attempt that must work.
func begin(t *testing.T, f *Flow, scopes ...string) *attempt {
	t.Helper()
	a, err := f.begin(t.Context(), callback, scopes)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// query returns the parameters of the address that the browser opens.
func (a *attempt) query(t *testing.T) url.Values {
	t.Helper()
	u, err := url.Parse(a.address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// wants fails the test unless err is an *Error of the kind, and returns it.
func wants(t *testing.T, err error, kind Kind) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != kind {
		t.Fatalf("error %v, want one of kind %q", err, kind)
	}
	if e.Hint() == "" || e.Error() == "" || e.Stage == "" {
		t.Errorf("an error without words: %#v", e)
	}
	return e
}

// idToken makes an ID token; claims override the good ones.
func idToken(issuer, nonce string, claims map[string]any) string {
	all := map[string]any{"iss": issuer, "aud": "client", "exp": time.Now().Add(time.Hour).Unix(), "sub": "subject", "nonce": nonce}
	maps.Copy(all, claims)
	text, _ := json.Marshal(all)
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(text) + ".c2ln"
}

// granted returns a token as a server like s gave it.
func (s *server) granted() Token {
	return Token{Access: secret.New("access-0"), Refresh: secret.New("refresh-0"), Type: "Bearer", Issuer: s.URL, ClientID: "client",
		AuthMethod: authNone, Scopes: []string{"read"}, Resource: "https://api.example.com/", RedirectURI: callback, Identity: "jo@example.com",
		Endpoints: Endpoints{Token: s.URL + "/token", Revocation: s.URL + "/revoke", Introspection: s.URL + "/introspect"}}
}

// clock is a time that passes only while somebody sleeps.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}
