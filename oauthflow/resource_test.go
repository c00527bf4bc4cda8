package oauthflow

import (
	"net/http"
	"strings"
	"testing"
)

const wellKnownResource = "/.well-known/oauth-protected-resource"

func withAPI(api string) func(*Config) {
	return func(c *Config) { c.Issuer, c.API, c.Scopes = "", api, nil }
}

func TestResourceMetadataAreFoundInOrder(t *testing.T) {
	for _, row := range []struct{ name, path, challenge, want string }{
		{"root", "", "", wellKnownResource},
		{"root with slash", "/", "", wellKnownResource},
		{"path", "/v1", "", wellKnownResource + "/v1 " + wellKnownResource},
		{"path with slash", "/v1/", "", wellKnownResource + "/v1 " + wellKnownResource},
		{"challenge", "/v1", "/meta", "/meta " + wellKnownResource + "/v1 " + wellKnownResource},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newServer(t)
			change := withAPI(s.URL + row.path)
			f := s.flow(t, change, func(c *Config) {
				if row.challenge != "" {
					c.Metadata = s.URL + row.challenge
				}
			})
			_, err := f.Server(t.Context())
			wants(t, err, Unusable)
			if got := s.paths(); got != row.want {
				t.Errorf("asked %s, want %s", got, row.want)
			}
			places := strings.Fields(row.want)
			s.on(places[len(places)-1], func(w http.ResponseWriter, _ *http.Request) {
				write(w, 200, map[string]any{"resource": s.URL, "authorization_servers": []string{s.URL}, "scopes_supported": []string{"r", "w"}})
			})
			got, err := f.Server(t.Context())
			if err != nil || got.Issuer != s.URL || got.Resource != s.URL {
				t.Fatalf("%+v, %v", got, err)
			}
			if q := begin(t, f).query(t); q.Get("resource") != s.URL || q.Get("scope") != "r w" {
				t.Errorf("asked for %v", q)
			}
		})
	}
}

func TestResourceMustBeTheOneAsked(t *testing.T) {
	for _, resource := range []string{"https://other.example", "", "BASE/v2", "BASE/v1/", "BASE", "BASE/v1?x"} {
		s := newServer(t)
		s.on(wellKnownResource+"/v1", func(w http.ResponseWriter, _ *http.Request) {
			write(w, 200, map[string]any{"resource": strings.Replace(resource, "BASE", s.URL, 1), "authorization_servers": []string{s.URL}})
		})
		_, err := s.flow(t, withAPI(s.URL+"/v1")).Server(t.Context())
		wants(t, err, Unusable)
		if strings.Contains(s.paths(), wellKnown) {
			t.Errorf("%q: the server of another resource was asked", resource)
		}
	}
}

func TestResourceMetadataLeadNowherePrivate(t *testing.T) {
	for _, issuer := range []string{"https://10.0.0.1", "http://as.example", "https://[fe80::1]", "file:///etc", ""} {
		s := newServer(t)
		s.on(wellKnownResource, func(w http.ResponseWriter, _ *http.Request) {
			write(w, 200, map[string]any{"resource": s.URL, "authorization_servers": []string{issuer}})
		})
		_, err := s.flow(t, withAPI(s.URL)).Server(t.Context())
		if err == nil {
			t.Errorf("%q: no error", issuer)
		}
	}
	s := newServer(t)
	s.on(wellKnownResource, func(w http.ResponseWriter, _ *http.Request) { write(w, 200, map[string]any{"resource": s.URL}) })
	_, err := s.flow(t, withAPI(s.URL)).Server(t.Context())
	wants(t, err, Unusable)
}

func TestChallengeNamesTheResourceOfAKnownServer(t *testing.T) {
	s := newServer(t)
	s.on("/meta", func(w http.ResponseWriter, _ *http.Request) {
		write(w, 200, map[string]any{"resource": s.URL + "/v1", "authorization_servers": []string{"https://ignored.example"}})
	})
	known := func(c *Config) { c.API, c.Metadata = s.URL+"/v1", s.URL+"/meta" }
	if q := begin(t, s.flow(t, known)).query(t); q.Get("resource") != s.URL+"/v1" {
		t.Errorf("asked for %v", q)
	}
	off := func(c *Config) { c.Resource = ResourceOff }
	if q := begin(t, s.flow(t, known, off)).query(t); q.Has("resource") {
		t.Errorf("asked for %v", q)
	}
	// What must not be used is not used, and costs nothing.
	delete(s.own, "/meta")
	if q := begin(t, s.flow(t, known)).query(t); q.Has("resource") {
		t.Errorf("asked for %v", q)
	}
}
