package oauthflow

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestMetadataAreFoundInTheOrderOfTheRFC(t *testing.T) {
	for path, want := range map[string]string{
		"":       "/.well-known/oauth-authorization-server /.well-known/openid-configuration",
		"/":      "/.well-known/oauth-authorization-server /.well-known/openid-configuration",
		"/t%20a": "/.well-known/oauth-authorization-server/t a /.well-known/openid-configuration/t a /t a/.well-known/openid-configuration",
	} {
		s := newServer(t)
		delete(s.own, wellKnown)
		f := s.flow(t, func(c *Config) { c.Issuer = s.URL + path })
		_, err := f.Server(t.Context())
		wants(t, err, Unusable)
		if got := s.paths(); got != want {
			t.Errorf("issuer path %q: asked %s, want %s", path, got, want)
		}
		last := want[strings.LastIndex(want, " /")+1:]
		s.meta["issuer"] = s.URL + path
		s.on(last, func(w http.ResponseWriter, _ *http.Request) { write(w, 200, s.meta) })
		if _, err := f.Server(t.Context()); err != nil {
			t.Errorf("metadata at %s are not found: %v", last, err)
		}
	}
}

func TestIssuerMustBeIdentical(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"slash":        func(s string) string { return s + "/" },
		"case":         strings.ToUpper,
		"default port": func(s string) string { return s + ":443" },
		"other":        func(string) string { return "https://other.example" },
		"none":         func(string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.meta["issuer"] = change(s.URL)
			byAddress := s.config(func(c *Config) { c.DiscoveryURL = s.URL + wellKnown })
			if name != "slash" { // the address alone belongs to both issuers
				byAddress.Issuer = ""
			}
			for _, c := range []Config{s.config(), byAddress,
				s.config(func(c *Config) { c.Endpoints = Endpoints{Authorization: s.URL + "/a", Token: s.URL + "/t"} })} {
				f, err := New(c)
				if err != nil {
					t.Fatal(err)
				}
				_, err = f.Server(t.Context())
				if e := wants(t, err, IssuerMismatch); e.Description != "" {
					t.Errorf("words of a stranger: %q", e.Description)
				}
			}
		})
	}
}

// Auth0's issuers end in a slash, and their metadata lie where those of the issuer
// without one do: the document says which it is, and from then on it is that.
func TestIssuerWithASlash(t *testing.T) {
	s := newServer(t)
	s.meta["issuer"] = s.URL + "/"
	a := begin(t, s.flow(t, func(c *Config) { c.Issuer, c.DiscoveryURL = "", s.URL+wellKnown }))
	if _, err := a.verify(url.Values{"iss": {s.URL + "/"}, "code": {"c"}}); err != nil {
		t.Error(err)
	}
	_, err := a.verify(url.Values{"iss": {s.URL}, "code": {"c"}})
	wants(t, err, IssuerMismatch)
}

func TestIssuerOf(t *testing.T) {
	for address, want := range map[string]string{
		"https://a.example/.well-known/openid-configuration":         "https://a.example",
		"https://a.example/t/.well-known/openid-configuration":       "https://a.example/t",
		"https://a.example/.well-known/openid-configuration/t":       "https://a.example/t",
		"https://a.example/.well-known/oauth-authorization-server/t": "https://a.example/t",
		"https://a.example/.well-known/oauth-authorization-serverx":  "",
		"https://a.example/metadata.json":                            "",
	} {
		if got := issuerOf(address); got != want {
			t.Errorf("issuerOf(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestUnusableMetadata(t *testing.T) {
	for name, change := range map[string]func(*server){
		"http token endpoint":  func(s *server) { s.meta["token_endpoint"] = "http://as.example/token" },
		"file":                 func(s *server) { s.meta["authorization_endpoint"] = "file:///etc/passwd" },
		"javascript":           func(s *server) { s.meta["authorization_endpoint"] = "javascript:alert(1)" },
		"control character":    func(s *server) { s.meta["authorization_endpoint"] = s.URL + "/a\nb" },
		"user":                 func(s *server) { s.meta["token_endpoint"] = "https://u:p@as.example/" },
		"fragment":             func(s *server) { s.meta["token_endpoint"] = s.URL + "/token#x" },
		"private address":      func(s *server) { s.meta["token_endpoint"] = "https://10.1.2.3/token" },
		"link-local address":   func(s *server) { s.meta["revocation_endpoint"] = "https://169.254.169.254/latest" },
		"mapped address":       func(s *server) { s.meta["token_endpoint"] = "https://[::ffff:10.0.0.1]/token" },
		"name of this machine": func(s *server) { s.meta["token_endpoint"] = "https://x.localhost/token" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			change(s)
			_, err := s.flow(t).begin(t.Context(), callback, nil)
			wants(t, err, Unusable)
			if got := s.paths(); got != wellKnown {
				t.Errorf("asked %s", got)
			}
		})
	}
}

func TestStrangeBodies(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"large": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 10<<20)) },
		"page":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"array": func(w http.ResponseWriter, _ *http.Request) { write(w, 200, []int{1}) },
		"null":  func(w http.ResponseWriter, _ *http.Request) { write(w, 200, nil) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		},
		"chain": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, wellKnown, http.StatusFound) },
	} {
		s := newServer(t)
		s.on(wellKnown, h)
		if _, err := s.flow(t).Server(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s := newServer(t)
	s.on(wellKnown, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
	s.on("/elsewhere", func(w http.ResponseWriter, _ *http.Request) { write(w, 200, s.meta) })
	if _, err := s.flow(t).Server(t.Context()); err != nil {
		t.Errorf("a plain redirect of metadata: %v", err)
	}
}

func TestProfileWinsOverMetadata(t *testing.T) {
	s := newServer(t)
	f := s.flow(t, func(c *Config) { c.Endpoints = Endpoints{Token: s.URL + "/mine"} })
	got, err := f.Server(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Endpoints.Token != s.URL+"/mine" || got.Endpoints.Authorization != s.URL+"/authorize" {
		t.Errorf("endpoints %+v", got.Endpoints)
	}
	// Endpoints alone need no metadata, and an issuer without any does no harm then.
	delete(s.own, wellKnown)
	for _, issuer := range []string{"", s.URL} {
		f := s.flow(t, func(c *Config) {
			c.Issuer, c.Endpoints = issuer, Endpoints{Token: s.URL + "/mine", Authorization: s.URL + "/authorize"}
		})
		got, err := f.Server(t.Context())
		if err != nil || !got.Silent || got.Issuer != issuer {
			t.Errorf("issuer %q: %+v, %v", issuer, got, err)
		}
	}
	// A server that fails may have metadata.
	s.on(wellKnown, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "7"); w.WriteHeader(503) })
	_, err = s.flow(t).Server(t.Context())
	if e := wants(t, err, Unreachable); e.RetryAfter.Seconds() != 7 {
		t.Errorf("retry after %v", e.RetryAfter)
	}
}

func TestNoPlaceToSignIn(t *testing.T) {
	f, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Server(t.Context())
	wants(t, err, Configuration)
}

func TestServerIsAskedOnce(t *testing.T) {
	s := newServer(t)
	f := s.flow(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := f.Server(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := s.paths(); got != wellKnown {
		t.Errorf("asked %s", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.flow(t).Server(ctx); err != context.Canceled {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestPKCEMustBeAdvertised(t *testing.T) {
	for name, methods := range map[string]any{"absent": nil, "plain": []string{"plain"}, "text": "S256", "empty": []string{}} {
		s := newServer(t)
		s.meta["code_challenge_methods_supported"] = methods
		_, err := s.flow(t).begin(t.Context(), callback, nil)
		if e := wants(t, err, NoPKCE); !strings.Contains(e.Hint(), "assume-s256") {
			t.Errorf("%s: hint %q", name, e.Hint())
		}
		if got := s.paths(); got != wellKnown {
			t.Errorf("%s: asked %s", name, got)
		}
		f := s.flow(t, func(c *Config) { c.AssumePKCE = true })
		a := begin(t, f)
		if q := a.query(t); q.Get("code_challenge_method") != "S256" || !a.server.Assumed {
			t.Errorf("%s: %v, %+v", name, q, a.server)
		}
	}
}

// What is given as the address of metadata, or as the issuer, may be the other of them:
// the metadata are found, and are the issuer's own all the same.
func TestAddressAndIssuerMayChangePlaces(t *testing.T) {
	const oidc = "/.well-known/openid-configuration"
	for name, c := range map[string]struct{ given, lies, issuer string }{
		"issuer":                  {"", oidc, ""},
		"issuer with a slash":     {"/", oidc, "/"},
		"slash in one place":      {"/", oidc, ""},
		"slash in the other":      {"", oidc, "/"},
		"OAuth metadata":          {"", wellKnown, ""},
		"path":                    {"/t/a", "/t/a" + oidc, "/t/a"},
		"path, inserted":          {"/t", oidc + "/t", "/t"},
		"path, OAuth":             {"/t", wellKnown + "/t", "/t"},
		"address":                 {oidc, oidc, ""},
		"address, slash":          {oidc, oidc, "/"},
		"address with a path":     {"/t" + oidc, "/t" + oidc, "/t"},
		"address of a tenant":     {"/common/v2.0" + oidc, "/common/v2.0" + oidc, "/{tenantid}/v2.0"},
		"all tenants, no address": {"/organizations/v2.0", "/organizations/v2.0" + oidc, "/{tenantid}/v2.0"},
	} {
		for _, as := range []string{"openIdConnectUrl", "issuer"} {
			if as == "issuer" && strings.HasPrefix(name, "slash") {
				continue // letter by letter
			}
			t.Run(name+" as "+as, func(t *testing.T) {
				s := newServer(t)
				delete(s.own, wellKnown)
				s.meta["issuer"] = s.URL + c.issuer
				s.on(c.lies, func(w http.ResponseWriter, _ *http.Request) { write(w, 200, s.meta) })
				f := s.flow(t, func(f *Config) {
					f.Issuer, f.DiscoveryURL = "", s.URL+c.given
					if as == "issuer" {
						f.Issuer, f.DiscoveryURL = f.DiscoveryURL, ""
					}
				})
				got, err := f.Server(t.Context())
				if err != nil || got.Issuer != s.URL+c.issuer || got.Silent {
					t.Fatalf("%+v, %v; asked %s", got, err, s.paths())
				}
				if !f.config.isOf(got.Issuer) || as == "issuer" && f.config.isOf("https://other.example") {
					t.Error("a token of it would not be renewed, or one of another would")
				}
			})
		}
	}
}

// Metadata of another issuer are not used wherever they lie; the hint has the line to add.
func TestMetadataOfAnotherIssuer(t *testing.T) {
	const oidc = "/.well-known/openid-configuration"
	for name, c := range map[string]struct{ given, lies, says, hint string }{
		"found below":      {"/t", "/t" + oidc, "/other", `issuer = "URL/other"`},
		"more than tenant": {"/common/v2.0", "/common/v2.0" + oidc, "/{tenantid}/v1", "set issuer"},
		"not an address":   {"", oidc, "\"x", "set issuer"},
		"another host":     {"", oidc, "@", "issuer = \"https://other.example\""},
	} {
		s := newServer(t)
		delete(s.own, wellKnown)
		s.meta["issuer"] = s.URL + c.says
		if c.says == "@" {
			s.meta["issuer"] = "https://other.example"
		}
		s.on(c.lies, func(w http.ResponseWriter, _ *http.Request) { write(w, 200, s.meta) })
		_, err := s.flow(t, func(f *Config) { f.Issuer, f.DiscoveryURL = "", s.URL+c.given }).Server(t.Context())
		if e := wants(t, err, IssuerMismatch); !strings.Contains(e.Hint(), strings.ReplaceAll(c.hint, "URL", s.URL)) {
			t.Errorf("%s: hint %q", name, e.Hint())
		}
	}
}

// The issuer of an ID token is one tenant's where the metadata are for all of them.
func TestIssuerOfATenant(t *testing.T) {
	const pattern = "https://login.example/{tenantid}/v2.0"
	for tid, ok := range map[string]bool{"9188040d-6c67": true, "other": false, "": false, "../x": false} {
		if got := ofTenant(pattern, tid) == "https://login.example/9188040d-6c67/v2.0"; got != ok {
			t.Errorf("%q: %v", tid, got)
		}
	}
}
