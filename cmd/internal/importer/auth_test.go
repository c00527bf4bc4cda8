package importer

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func TestParseAuth(t *testing.T) {
	key := func(in, name string) profiles.SecurityScheme {
		return profiles.SecurityScheme{ID: "apiKey", Type: profiles.APIKey, In: in, Name: name}
	}
	at := func(kind profiles.SchemeType, address string) profiles.SecurityScheme {
		return profiles.SecurityScheme{ID: "signIn", Type: kind, OpenIDConnectURL: address}
	}
	for text, want := range map[string]profiles.SecurityScheme{
		"bearer":                           {ID: "bearer", Type: profiles.HTTPScheme, Scheme: "bearer"},
		"Basic":                            {ID: "basic", Type: profiles.HTTPScheme, Scheme: "basic"},
		"apiKey:header:X-Key":              key("header", "X-Key"),
		"apikey:query:app id":              key("query", "app id"),
		"apiKey=cookie:session":            key("cookie", "session"),
		"apiKey:query:a:b":                 key("query", "a:b"),
		"header=X-Key":                     key("header", "X-Key"),
		"query=appid":                      key("query", "appid"),
		"cookie:session":                   key("cookie", "session"),
		"oidc=https://a.example":           at(profiles.OpenIDConnect, "https://a.example/.well-known/openid-configuration"),
		"oidc=https://a.example/realms/x/": at(profiles.OpenIDConnect, "https://a.example/realms/x/.well-known/openid-configuration"),
		"oidc=https://a.example/.well-known/openid-configuration":         at(profiles.OpenIDConnect, "https://a.example/.well-known/openid-configuration"),
		"oidc=http://127.0.0.1:9/x":                                       at(profiles.OpenIDConnect, "http://127.0.0.1:9/x/.well-known/openid-configuration"),
		"oauth2=https://a.example/tenant":                                 at(profiles.OAuth2, "https://a.example/.well-known/oauth-authorization-server/tenant"),
		"oauth2=https://a.example/.well-known/oauth-authorization-server": at(profiles.OAuth2, "https://a.example/.well-known/oauth-authorization-server"),
	} {
		a, err := ParseAuth([]string{text}, nil, "", "")
		if err != nil || len(a.Schemes) != 1 || !same(a.Schemes[0], want) || a.Schemes[0].ID != want.ID {
			t.Errorf("%s: %+v, %v", text, a.Schemes, err)
		}
	}
	if a, err := ParseAuth([]string{"none"}, nil, "", ""); err != nil || !a.None || len(a.Schemes) > 0 {
		t.Errorf("none: %+v, %v", a, err)
	}
}

func TestAuthThatMeansNothing(t *testing.T) {
	for text, hint := range map[string]string{
		"":                         "apiKey:header:NAME",
		"barer":                    "did you mean bearer?",
		"token":                    "--auth bearer, basic",
		"apiKey":                   "--auth apiKey:header:NAME",
		"apiKey:X-Key":             "--auth apiKey:header:X-Key",
		"apiKey=X-Key":             "--auth apiKey:header:X-Key",
		"apiKey:body:x":            "--auth apiKey:header:x",
		"header":                   "--auth apiKey:header:NAME",
		"header=a b":               "--auth apiKey:header:NAME",
		"cookie=":                  "--auth apiKey:cookie:NAME",
		"bearer:SECRET":            "mcp-bridge login",
		"oidc":                     "--auth oidc=https://auth.example.com",
		"oidc=auth.example.com":    "--auth oidc=https://auth.example.com",
		"oidc=http://a.example":    "--auth oidc=https://a.example",
		"oauth2=https://u:p@a.com": "--auth oauth2=https://auth.example.com",
		"nonee":                    "did you mean none?",
	} {
		_, err := ParseAuth([]string{text}, nil, "", "")
		var e *FlagError
		if !errors.As(err, &e) || !strings.Contains(e.Hint(), hint) || strings.Contains(e.Hint(), "SECRET") {
			t.Errorf("%q: %v, hint %q", text, err, hintOf(err))
		}
	}
	if _, err := ParseAuth([]string{"none", "bearer"}, nil, "", ""); err == nil {
		t.Error("none beside another is taken")
	}
}

func hintOf(err error) string {
	var e *FlagError
	if errors.As(err, &e) {
		return e.Hint()
	}
	return ""
}

func TestRedirect(t *testing.T) {
	for text, want := range map[string]profiles.Redirect{
		"":                               {},
		"8765":                           {Port: 8765},
		":8765":                          {Port: 8765},
		"/callback":                      {Path: "/callback"},
		"8765/cb":                        {Port: 8765, Path: "/cb"},
		"127.0.0.1:8765":                 {Host: "127.0.0.1", Port: 8765},
		"localhost":                      {Host: "localhost"},
		"[::1]:9/x":                      {Host: "::1", Port: 9, Path: "/x"},
		"http://localhost:8765/callback": {Host: "localhost", Port: 8765, Path: "/callback"},
	} {
		a, err := ParseAuth(nil, nil, "", text)
		if err != nil || a.Redirect != want {
			t.Errorf("%q: %+v, %v", text, a.Redirect, err)
		}
	}
	for _, text := range []string{"https://127.0.0.1/cb", "http://example.com/cb", "example.com", "99999", "0", "http://127.0.0.1/cb?x=1", "http://u@127.0.0.1/", "app://callback", "127.0.0.1:x"} {
		if _, err := ParseAuth(nil, nil, "", text); hintOf(err) == "" {
			t.Errorf("%q is taken: %v", text, err)
		}
	}
}

// TestTogether: what goes into the same place is an alternative, the rest holds together.
func TestTogether(t *testing.T) {
	for flags, want := range map[string]string{
		"bearer":       "bearer",
		"bearer basic": "bearer | basic",
		"apiKey:header:X-User apiKey:header:X-Token":               "apiKey+apiKey2",
		"bearer apiKey:header:X-App basic":                         "bearer+apiKey | basic+apiKey",
		"apiKey:header:authorization oidc=https://a.example":       "apiKey | signIn",
		"apiKey:query:key apiKey:query:KEY apiKey:cookie:key none": "",
		"bearer Bearer": "bearer",
	} {
		a, err := ParseAuth(strings.Fields(flags), nil, "", "")
		if err != nil {
			if want != "" {
				t.Errorf("%s: %v", flags, err)
			}
			continue
		}
		var alternatives []string
		for _, all := range together(a.Schemes) {
			var ids []string
			for _, r := range all {
				ids = append(ids, r.ID)
			}
			alternatives = append(alternatives, strings.Join(ids, "+"))
		}
		if got := strings.Join(alternatives, " | "); got != want {
			t.Errorf("%s: %s, want %s", flags, got, want)
		}
	}
}

func TestScopes(t *testing.T) {
	a, err := ParseAuth(nil, []string{"openid read:x", "write:x"}, "me", "")
	if err != nil || !slices.Equal(a.Scopes, []string{"openid", "read:x", "write:x"}) || a.ClientID != "me" || a.Given() || a.IsZero() {
		t.Errorf("%+v, %v", a, err)
	}
}
