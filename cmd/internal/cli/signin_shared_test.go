package cli

import (
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// TestHintNamesTheRedirectAddress: what add says about a scheme names the redirect
// address to register exactly where a person has to register one.
func TestHintNamesTheRedirectAddress(t *testing.T) {
	client := func(c profiles.OAuthClient) *profiles.OAuthClient { return &c }
	const login = "mcp-bridge login shop"
	for name, one := range map[string]struct {
		client *profiles.OAuthClient
		want   []string
		not    string
	}{
		"no client":  {nil, []string{"http://127.0.0.1/oauth/callback (with any port)", "mcp-bridge add shop --update --client-id ID", login}, ""},
		"scopes":     {client(profiles.OAuthClient{Scopes: []string{"a"}}), []string{"http://127.0.0.1/oauth/callback (with any port)", "--client-id ID", login}, ""},
		"an id":      {client(profiles.OAuthClient{ID: "me"}), []string{"for the client me: redirect address http://127.0.0.1/oauth/callback (with any port)", login}, "--client-id"},
		"a port":     {client(profiles.OAuthClient{ID: "me", Redirect: profiles.Redirect{Port: 8765, Path: "/cb"}}), []string{"http://127.0.0.1:8765/cb. Type"}, "any port"},
		"a host":     {client(profiles.OAuthClient{ID: "me", Redirect: profiles.Redirect{Host: "localhost"}}), []string{"http://localhost/oauth/callback (with"}, "--client-id"},
		"IPv6":       {client(profiles.OAuthClient{Redirect: profiles.Redirect{Host: "::1", Port: 9}}), []string{"http://[::1]:9/oauth/callback", "--client-id ID"}, "any port"},
		"a document": {client(profiles.OAuthClient{ID: "https://me.example.com/client.json"}), []string{login}, "edirect"},
		"a device":   {client(profiles.OAuthClient{ID: "me", Grant: "deviceAuthorization"}), []string{login}, "edirect"},
		"a machine":  {client(profiles.OAuthClient{ID: "me", Grant: "clientCredentials"}), []string{login}, "edirect"},
	} {
		t.Run(name, func(t *testing.T) {
			scheme := profiles.SecurityScheme{ID: "signIn", Type: profiles.OpenIDConnect, Client: one.client}
			p := &profiles.Profile{Name: "shop", File: "shop.toml", OpenAPI: &profiles.OpenAPI{}, Server: profiles.Server{SecuritySchemes: []profiles.SecurityScheme{scheme}}}
			hint := loginHint(p, &scheme, map[string]bool{"signIn": true})
			for _, want := range one.want {
				if !strings.Contains(hint, want) {
					t.Errorf("no %q in: %s", want, hint)
				}
			}
			if one.not != "" && strings.Contains(hint, one.not) {
				t.Errorf("%q in: %s", one.not, hint)
			}
			if p.OpenAPI = nil; !strings.Contains(hint, "--client-id") {
				return
			}
			if hint := loginHint(p, &scheme, map[string]bool{"signIn": true}); strings.Contains(hint, "--client-id") || !strings.Contains(hint, "in shop.toml") {
				t.Errorf("--client-id is for OpenAPI documents: %s", hint)
			}
		})
	}
}
