package oauthflow

import (
	"net/http"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

func TestRevoke(t *testing.T) {
	for name, row := range map[string]struct {
		refresh, access int
		code            string
		kind            Kind
	}{
		"both":                   {200, 200, "", ""},
		"refresh tokens only":    {200, 400, "unsupported_token_type", ""},
		"access refused":         {200, 400, "invalid_client", Refused},
		"refresh refused":        {400, 200, "unsupported_token_type", Refused},
		"outage":                 {503, 503, "", Unreachable},
		"redirected":             {307, 307, "", Unusable},
		"outage for the access":  {200, 503, "", Unreachable},
		"outage for the refresh": {503, 200, "", Unreachable},
	} {
		s := newServer(t)
		s.on("/revoke", func(w http.ResponseWriter, r *http.Request) {
			status := row.access
			if r.Form.Get("token_type_hint") == "refresh_token" {
				status = row.refresh
			}
			w.Header().Set("Retry-After", "3")
			w.Header().Set("Location", s.URL+"/elsewhere")
			write(w, status, map[string]any{"error": row.code})
		})
		err := s.flow(t).Revoke(t.Context(), s.granted())
		switch {
		case row.kind == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case row.kind != "":
			if e := wants(t, err, row.kind); row.kind == Unreachable && e.RetryAfter != 3*time.Second {
				t.Errorf("%s: %+v", name, e)
			}
		}
		got := s.of("/revoke")
		if len(got) != 2 || got[0].form.Encode() != "client_id=client&token=refresh-0&token_type_hint=refresh_token" ||
			got[1].form.Encode() != "client_id=client&token=access-0&token_type_hint=access_token" {
			t.Errorf("%s: sent %v", name, got)
		}
		if s.paths() != "/revoke /revoke" {
			t.Errorf("%s: asked %s", name, s.paths())
		}
	}
}

func TestRevokeWithoutEndpoint(t *testing.T) {
	s := newServer(t)
	token := s.granted()
	token.Endpoints.Revocation = ""
	if err := s.flow(t).Revoke(t.Context(), token); err != ErrNoRevocation || s.paths() != "" {
		t.Errorf("%v, asked %q", err, s.paths())
	}
	if err := s.flow(t, func(c *Config) { c.Endpoints.Revocation = s.URL + "/revoke" }).Revoke(t.Context(), token); err != nil {
		t.Error(err)
	}
	token.Endpoints.Revocation = "http://as.example/"
	wants(t, s.flow(t).Revoke(t.Context(), token), Unusable)
	s.Close()
	wants(t, s.flow(t).Revoke(t.Context(), s.granted()), Unreachable)
}

func TestIntrospect(t *testing.T) {
	s := newServer(t)
	_, err := s.flow(t).Introspect(t.Context(), s.granted())
	if wants(t, err, Configuration); s.paths() != "" {
		t.Errorf("a public client asked %s", s.paths())
	}
	var says any
	s.on("/introspect", func(w http.ResponseWriter, r *http.Request) { write(w, 200, says) })
	f := s.flow(t, func(c *Config) { c.ClientSecret = secret.New("s-e-c-r-e-t") })
	for _, row := range []struct {
		says   any
		active bool
		kind   Kind
	}{
		{map[string]any{"active": true}, true, ""}, {map[string]any{"active": false}, false, ""}, {map[string]any{}, false, Unusable}, {"x", false, Unusable},
	} {
		says = row.says
		active, err := f.Introspect(t.Context(), s.granted())
		if row.kind != "" {
			wants(t, err, row.kind)
		} else if err != nil || active != row.active {
			t.Errorf("%v: %v, %v", row.says, active, err)
		}
	}
	if user, password, _ := basic(s.of("/introspect")[0].header); user != "client" || password != "s-e-c-r-e-t" {
		t.Errorf("asked as %q", user)
	}
	delete(s.own, "/introspect")
	_, err = f.Introspect(t.Context(), s.granted())
	wants(t, err, Refused)
	token := s.granted()
	token.Endpoints.Introspection = ""
	_, err = f.Introspect(t.Context(), token)
	wants(t, err, Unusable)
}

func TestClientCredentials(t *testing.T) {
	s := newServer(t)
	grant := func(c *Config) {
		c.Grant, c.ClientSecret, c.ExtraParams = ClientCredentials, secret.New("s-e-c-r-e-t"), map[string]string{"audience": "x"}
		c.Resource = "https://api.example.com"
	}
	token, err := s.flow(t, grant).ClientCredentials(t.Context(), []string{"write"})
	if err != nil || token.Access.Reveal() != "access-1" || !token.Refresh.IsZero() || token.AuthMethod != authBasic {
		t.Errorf("%+v, %v", token, err)
	}
	want := "audience=x&grant_type=client_credentials&resource=https%3A%2F%2Fapi.example.com&scope=read+write"
	if got := s.of("/token")[0].form.Encode(); got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	_, err = s.flow(t).ClientCredentials(t.Context(), nil)
	wants(t, err, Configuration)
	_, err = s.flow(t, grant).begin(t.Context(), callback, nil)
	wants(t, err, Configuration)
	s.token["token_type"] = "mac"
	_, err = s.flow(t, grant).ClientCredentials(t.Context(), nil)
	if wants(t, err, Unusable); len(s.of("/revoke")) != 1 {
		t.Errorf("asked %s", s.paths())
	}
}
