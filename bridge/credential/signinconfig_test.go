package credential

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func loadScheme(t testing.TB, scheme string) (*profiles.Profile, *profiles.SecurityScheme) {
	t.Helper()
	text := "[server]\nname = \"p\"\nbaseUrl = \"https://api.corp.example/v1\"\n[[server.securitySchemes]]\nid = \"s\"\n" + scheme
	p, _, err := profiles.Load(filepath.Join(t.TempDir(), "p.toml"), []byte(text), profiles.Options{Private: func(string) (bool, string) { return true, "" }})
	if err != nil {
		t.Fatal(err)
	}
	return p, &p.Server.SecuritySchemes[0]
}

func TestConfig(t *testing.T) {
	const code = "[server.securitySchemes.flows.authorizationCode]\nauthorizationUrl = \"https://as.example/a\"\ntokenUrl = \"https://as.example/t\"\nissuer = \"https://as.example\"\n"
	for _, tt := range []struct {
		name, scheme string
		want         oauthflow.Grant
		refused      string
		check        func(c oauthflow.Config) bool
	}{
		{"code", "type = \"oauth2\"\n" + code, oauthflow.AuthorizationCode, "", func(c oauthflow.Config) bool {
			return c.Issuer == "https://as.example" && c.Endpoints.Authorization == "https://as.example/a" && c.Endpoints.Token == "https://as.example/t"
		}},
		{"the client table", "type = \"oauth2\"\n" + code + "[server.securitySchemes.client]\nid = \"c\"\npkce = \"assume-s256\"\ndpop = true\npar = true\nscopes = [\"a\"]\nresource = \"off\"\nscopeParam = \"user_scope\"\nexpiresIn = \"2h\"\nrefresh = { scope = true, redirectUri = true }\nredirect = { host = \"localhost\", port = 8080, path = \"/cb\" }\nextraParams = { audience = \"x\" }\n",
			oauthflow.AuthorizationCode, "", func(c oauthflow.Config) bool {
				return c.ClientID == "c" && c.AssumePKCE && c.DPoP && c.PAR && c.Scopes[0] == "a" && c.Resource == oauthflow.ResourceOff && c.ScopeParam == "user_scope" &&
					c.ExpiresIn.Hours() == 2 && c.RefreshScope && c.RefreshRedirectURI && c.Redirect == oauthflow.Redirect{Host: "localhost", Port: 8080, Path: "/cb"} && c.ExtraParams["audience"] == "x"
			}},
		{"openIdConnect", "type = \"openIdConnect\"\nopenIdConnectUrl = \"https://as.example/.well-known/openid-configuration\"\n", oauthflow.AuthorizationCode, "",
			func(c oauthflow.Config) bool { return c.DiscoveryURL != "" && strings.Join(c.Scopes, "") == "openid" }},
		{"no flows", "type = \"oauth2\"\n", oauthflow.AuthorizationCode, "", func(c oauthflow.Config) bool { return c.API == "https://api.corp.example/v1" }},
		{"implicit with an issuer", "type = \"oauth2\"\n[server.securitySchemes.flows.implicit]\nauthorizationUrl = \"https://as.example/a\"\nissuer = \"https://as.example\"\n", oauthflow.AuthorizationCode, "", nil},
		{"implicit", "type = \"oauth2\"\n[server.securitySchemes.flows.implicit]\nauthorizationUrl = \"https://as.example/a\"\n", "", "implicit flow", nil},
		{"password", "type = \"oauth2\"\n[server.securitySchemes.flows.password]\ntokenUrl = \"https://as.example/t\"\n", "", "password flow", nil},
		{"device", "type = \"oauth2\"\n[server.securitySchemes.flows.deviceAuthorization]\ntokenUrl = \"https://as.example/t\"\ndeviceAuthorizationUrl = \"https://as.example/d\"\n", oauthflow.DeviceAuthorization, "",
			func(c oauthflow.Config) bool { return c.Endpoints.Device == "https://as.example/d" }},
		{"client credentials", "type = \"oauth2\"\n[server.securitySchemes.flows.clientCredentials]\ntokenUrl = \"https://as.example/t\"\n[server.securitySchemes.client]\nid = \"c\"\nsecret = \"x\"\n", oauthflow.ClientCredentials, "", nil},
		{"client credentials of another flow", "type = \"oauth2\"\n" + code + "[server.securitySchemes.client]\nid = \"c\"\nsecret = \"x\"\ngrant = \"clientCredentials\"\n", oauthflow.ClientCredentials, "",
			func(c oauthflow.Config) bool { return c.Endpoints.Token == "https://as.example/t" }},
		{"no secret", "type = \"oauth2\"\n[server.securitySchemes.flows.clientCredentials]\ntokenUrl = \"https://as.example/t\"\n", "", "client.secret", nil},
		{"not a sign-in", "type = \"http\"\nscheme = \"bearer\"\n", "", "nobody signs in", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, s := loadScheme(t, tt.scheme)
			c, err := Config(p, s, oauthflow.Network{AllowPrivate: []string{"x"}})
			var e *Error
			switch {
			case tt.refused != "":
				if !errors.As(err, &e) || e.Reason != Refused || !strings.Contains(e.Error(), tt.refused) || e.Hint() == "" {
					t.Errorf("%v, want %q", err, tt.refused)
				}
			case err != nil || c.Grant != tt.want || tt.check != nil && !tt.check(c):
				t.Errorf("%+v, %v", c, err)
			case !strings.Contains(strings.Join(c.Network.Named, " "), "api.corp.example") || c.Network.AllowPrivate[0] != "x":
				t.Errorf("network %+v", c.Network)
			}
		})
	}
}

// A record reads back as it was written; whatever else a keychain may hold is told
// apart.
func FuzzDecodeSignIn(f *testing.F) {
	f.Add(`{"v":2,"g":"G","o":["https://a.example"],"a":"x","b":1}`)
	f.Add(`{"v":2,"g":"G","o":null,"a":"x","r":"y","t":"DPoP","b":1,"e":2,"s":"a b","sm":"c","k":"K"}`)
	f.Add(`{"version":1,"value":"x"}`)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := decode(secret.New(text))
		if !ok {
			return
		}
		again, ok := decode(s.encode())
		if !ok || again.generation != s.generation || again.encode() != s.encode() {
			t.Errorf("%q reads back different", text)
		}
	})
}
