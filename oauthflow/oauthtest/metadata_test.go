package oauthtest

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// TestMetadataLocations asks for every location, with and without a path issuer.
func TestMetadataLocations(t *testing.T) {
	all := []Endpoint{MetadataOAuth, MetadataOAuthAppended, MetadataOIDC, MetadataOIDCInserted}
	for _, path := range []string{"", "/tenant/one"} {
		s := start(t, Options{IssuerPath: path})
		for _, e := range all {
			a := get(t, s.URL(e))
			if a.status != http.StatusOK || a.text("issuer") != s.Issuer() {
				t.Errorf("%q %s: %d %s", path, e, a.status, a.body)
			}
			if path != "" && s.Count(e) != 1 {
				t.Errorf("%s was recorded %d times", e, s.Count(e))
			}
		}
		s.Set(func(b *Behaviour) { b.Metadata.At = []Endpoint{MetadataOIDC} })
		for _, e := range all {
			want := http.StatusNotFound
			if e == MetadataOIDC || path == "" && e == MetadataOIDCInserted {
				want = http.StatusOK
			}
			if a := get(t, s.URL(e)); a.status != want {
				t.Errorf("%q %s: %d, want %d", path, e, a.status, want)
			}
		}
	}
	s := start(t, Options{IssuerPath: "/t"})
	for e, want := range map[Endpoint]string{
		MetadataOAuth: "/.well-known/oauth-authorization-server/t", MetadataOAuthAppended: "/t/.well-known/oauth-authorization-server",
		MetadataOIDC: "/t/.well-known/openid-configuration", MetadataOIDCInserted: "/.well-known/openid-configuration/t",
	} {
		if got := strings.TrimPrefix(s.URL(e), strings.TrimSuffix(s.Issuer(), "/t")); got != want {
			t.Errorf("%s stands at %s, want %s", e, got, want)
		}
	}
}

// TestMetadataShapes changes the document.
func TestMetadataShapes(t *testing.T) {
	s := start(t, Options{})
	pkce := "code_challenge_methods_supported"
	for _, c := range []struct {
		name   string
		set    func(*Metadata)
		member string
		want   any
	}{
		{"good", func(*Metadata) {}, pkce, []any{"S256"}},
		{"no PKCE", func(m *Metadata) { m.PKCE = nil }, pkce, nil},
		{"plain", func(m *Metadata) { m.PKCE = []string{"plain"} }, pkce, []any{"plain"}},
		{"issuer", func(m *Metadata) { m.Issuer = s.Issuer() + "/" }, "issuer", s.Issuer() + "/"},
		{"script", func(m *Metadata) { m.Override = map[string]any{"authorization_endpoint": "javascript:alert(1)"} }, "authorization_endpoint", "javascript:alert(1)"},
		{"removed", func(m *Metadata) { m.Override = map[string]any{"token_endpoint": nil} }, "token_endpoint", nil},
		{"client documents", func(m *Metadata) { m.CIMD = true }, "client_id_metadata_document_supported", true},
		{"raw", func(m *Metadata) { m.Raw = "{" }, "issuer", nil},
		{"huge", func(m *Metadata) { m.Pad = 5 << 20 }, "filler", strings.Repeat("x", 5<<20)},
	} {
		s.Set(func(b *Behaviour) { b.Metadata = Default().Metadata; c.set(&b.Metadata) })
		if a := get(t, s.URL(MetadataOAuth)); !reflect.DeepEqual(a.doc[c.member], c.want) {
			t.Errorf("%s: %s is not as wanted in %.300s", c.name, c.member, a.body)
		}
	}
}

// TestResourceMetadata follows a challenge to each of the three locations.
func TestResourceMetadata(t *testing.T) {
	s := start(t, Options{})
	a := get(t, s.API()+"/x")
	if want := `Bearer resource_metadata="` + s.URL(ResourceChallenged) + `"`; a.status != 401 || a.header.Get("WWW-Authenticate") != want {
		t.Errorf("challenge %d %q", a.status, a.header.Get("WWW-Authenticate"))
	}
	for e, want := range map[Endpoint]string{
		ResourceChallenged: s.API(), ResourceAtPath: s.API(), ResourceAtRoot: strings.TrimSuffix(s.API(), "/api"),
	} {
		if a := get(t, s.URL(e)); a.text("resource") != want || !reflect.DeepEqual(a.doc["authorization_servers"], []any{s.Issuer()}) {
			t.Errorf("%s: %s", e, a.body)
		}
	}
	s.Set(func(b *Behaviour) {
		b.ResourceMetadata.Resource, b.ResourceMetadata.At = "https://other.example", []Endpoint{ResourceAtRoot}
	})
	if a := get(t, s.URL(ResourceAtRoot)); a.text("resource") != "https://other.example" {
		t.Errorf("answer %s", a.body)
	}
	if a := get(t, s.URL(ResourceAtPath)); a.status != 404 {
		t.Errorf("status %d", a.status)
	}
}
