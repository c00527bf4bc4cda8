// Package demo is a small sample API on loopback that asks for a credential in
// every way the bridge knows, and the profile that turns it into tools.
//
// # Terminology
//
// The sample API is a backend like any other: it sees only HTTP requests. What
// it received is kept, so that the demonstration can show the request as it
// arrived and not as somebody meant to send it.
package demo

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// The ids of the sample profile's security schemes.
const (
	HeaderKey  = "headerKey"
	QueryKey   = "queryKey"
	CookieKey  = "cookieKey"
	BasicUser  = "basicUser"
	Token      = "token"
	ClientUser = "clientUser"
	SignIn     = "signIn"
)

// tokenLife is how long an access token of the sample's authorization server lives:
// so short that the demonstration sees one expire.
const tokenLife = 3 * time.Second

// maxBody bounds what the sample API reads of a request.
const maxBody = 1 << 20

// API is a running sample API. Its methods are safe for concurrent use.
type API struct {
	url    string
	server *http.Server
	creds  map[string]string
	as     *oauthtest.Server // its authorization server
	done   chan struct{}

	mu    sync.Mutex
	last  Received
	count int
	loans []loan
}

// Received is one request as the API got it.
type Received struct {
	Method, Target string
	Header         http.Header
	Body           string
}

type book struct {
	ID     int64    `json:"id"`
	Title  string   `json:"title"`
	Author string   `json:"author"`
	Year   int      `json:"year"`
	Tags   []string `json:"tags"`
}

type loan struct {
	Number int64  `json:"number"`
	Book   int64  `json:"book"`
	Reader string `json:"reader"`
	Note   string `json:"note,omitempty"`
}

func catalogue() []book {
	return []book{
		{9007199254740993, "Twenty Thousand Leagues under the Seas", "Jules Verne", 1870, []string{"sea", "novel"}},
		{9007199254740995, "Moby-Dick; or, The Whale", "Herman Melville", 1851, []string{"sea", "novel"}},
		{9007199254740997, "The Origin of Species", "Charles Darwin", 1859, []string{"science"}},
		{9007199254740999, "Frankenstein", "Mary Shelley", 1818, []string{"novel"}},
	}
}

// Start starts a sample API with fresh random credentials on a free port of
// 127.0.0.1. The caller closes it.
func Start() (*API, error) { return StartAt("127.0.0.1:0") }

// StartAt is Start on a given loopback address.
func StartAt(addr string) (*API, error) {
	creds := map[string]string{BasicUser: "librarian:" + random()}
	for _, id := range []string{HeaderKey, QueryKey, CookieKey, Token, ClientUser} {
		creds[id] = "demo-" + strings.ToLower(id) + "-" + random()
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start the sample API: %w", err)
	}
	as, err := oauthtest.Start(oauthtest.Options{Set: func(b *oauthtest.Behaviour) { b.Tokens.Lifetime = tokenLife }})
	if err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("start the sample API: %w", err)
	}
	a := &API{url: "http://" + l.Addr().String(), creds: creds, as: as, done: make(chan struct{})}
	as.Set(func(b *oauthtest.Behaviour) { b.Resources = []string{a.url} })
	a.server = &http.Server{Handler: a.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(a.done)
		_ = a.server.Serve(l)
	}()
	return a, nil
}

func random() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// URL is the API's origin, such as http://127.0.0.1:41873.
func (a *API) URL() string { return a.url }

// Issuer is the issuer of the API's authorization server.
func (a *API) Issuer() string { return a.as.Issuer() }

// Renewals returns how often a token was renewed.
func (a *API) Renewals() int { return a.as.Grants("refresh_token") }

// TokenLife returns how long an access token lives.
func (a *API) TokenLife() time.Duration { return tokenLife }

// Visit follows an address of a sign-in as a person with a browser would who agrees
// to everything, in case nobody is there to do it.
func (a *API) Visit(ctx context.Context, address string) error {
	return oauthtest.Robot{User: "ada"}.Open(ctx, address)
}

// Close stops the API and waits for it.
func (a *API) Close() error {
	a.as.Close()
	err := a.server.Close()
	<-a.done
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Credential returns what the API accepts for a scheme of its profile;
// user:password for basic.
func (a *API) Credential(scheme string) secret.Value { return secret.New(a.creds[scheme]) }

// Last returns the request that the API received last.
func (a *API) Last() Received {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

// Requests returns how many requests the API has received.
func (a *API) Requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// Leaks reports whether text holds one of the API's credentials.
func (a *API) Leaks(text string) bool {
	for _, c := range a.creds {
		if strings.Contains(text, c) {
			return true
		}
	}
	for _, s := range a.as.Secrets() {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// Lines returns the request as it was received, one header a line, sorted, with
// every credential of the API masked.
func (a *API) Lines(r Received) []string {
	m := secret.NewMasker()
	for id, c := range a.creds {
		if id == BasicUser {
			m.AddBasic(secret.New(c))
			continue
		}
		m.Add(secret.New(c))
	}
	for _, c := range a.as.Secrets() {
		m.Add(secret.New(c))
	}
	lines := []string{r.Method + " " + r.Target}
	var names []string
	for name := range r.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, v := range r.Header[name] {
			lines = append(lines, name+": "+v)
		}
	}
	if r.Body != "" {
		lines = append(lines, "", r.Body)
	}
	for i, l := range lines {
		lines[i] = m.String(l)
	}
	return lines
}

// handler is the whole API: every path with the credential that it asks for.
func (a *API) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /books", a.with(HeaderKey, a.findBooks))
	mux.HandleFunc("GET /books/{id}", a.with(QueryKey, a.getBook))
	mux.HandleFunc("GET /desk", a.with(CookieKey, a.desk))
	mux.HandleFunc("GET /stats", a.with(BasicUser, a.stats))
	mux.HandleFunc("POST /loans", a.with(Token, a.lend))
	mux.HandleFunc("GET /me", a.with(ClientUser, a.me))
	mux.HandleFunc("GET /shelf", func(w http.ResponseWriter, r *http.Request) {
		if who, ok := a.as.Check(w, r, a.url, "read"); ok {
			a.shelf(w, who.User)
		}
	})
	mux.Handle("GET /.well-known/oauth-protected-resource", a.as.Metadata(a.url, "read"))
	mux.HandleFunc("GET /cover", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(cover())
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.record(w, r, mux) })
}

func (a *API) record(w http.ResponseWriter, r *http.Request, next http.Handler) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	got := Received{Method: r.Method, Target: a.url + r.RequestURI, Header: r.Header.Clone(), Body: string(body)}
	a.mu.Lock()
	a.last, a.count = got, a.count+1
	a.mu.Unlock()
	next.ServeHTTP(w, r)
}

// with lets a request through when it carries the credential of the scheme.
func (a *API) with(scheme string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given := presented(scheme, r)
		if subtle.ConstantTimeCompare([]byte(given), []byte(a.creds[scheme])) != 1 {
			answer(w, http.StatusUnauthorized, map[string]string{"error": "this needs the credential of scheme " + scheme})
			return
		}
		h(w, r)
	}
}

// presented returns the credential that the request carries for the scheme.
func presented(scheme string, r *http.Request) string {
	switch scheme {
	case HeaderKey:
		return r.Header.Get("X-Library-Key")
	case QueryKey:
		return r.URL.Query().Get("key")
	case CookieKey:
		if c, err := r.Cookie("desk"); err == nil {
			return c.Value
		}
	case BasicUser:
		if user, password, ok := r.BasicAuth(); ok {
			return user + ":" + password
		}
	case Token, ClientUser:
		if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			return t
		}
	}
	return ""
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
