package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// client writes the profile for a client with these keys; its one tool needs a sign-in.
func (r *signer) client(name, keys string) {
	r.t.Helper()
	r.write(".mcp-bridge/profiles/"+name+".toml", fmt.Sprintf("[server]\nname = %q\nbaseUrl = %q\n[[server.securitySchemes]]\nid = \"s\"\ntype = \"oauth2\"\nissuer = %q\n[server.securitySchemes.client]\n%s\n[server.defaultUpstreamSecurity]\nid = \"s\"\n"+
		"[[tools]]\nname = \"whoami\"\nrequestTemplate = { url = \"/whoami\", method = \"GET\" }\n", name, r.API(), r.Issuer(), keys))
}

// TestStayingSignedIn: what it takes to be renewed is asked for where the server says so,
// unless the scopes are written by hand without it; then the line to add is said, and
// works; after that status has no time that is over.
func TestStayingSignedIn(t *testing.T) {
	t.Parallel()
	id := fmt.Sprintf("id = %q\n", oauthtest.PublicClient)
	for name, c := range map[string]struct {
		keys   string
		change func(*oauthtest.Behaviour)
		asks   bool
		advice string
	}{
		"no scopes":      {id, nil, true, ""},
		"by hand with":   {id + `scopes = ["read", "offline_access"]`, nil, true, ""},
		"by hand":        {id + `scopes = ["read"]`, nil, false, `scopes = ["read", "offline_access"]`},
		"by add":         {id + "scopes = [\"read\"]\nofflineAccess = true", nil, true, ""},
		"not wanted":     {id + "offlineAccess = false", nil, false, "offline_access"},
		"not advertised": {id, func(b *oauthtest.Behaviour) { b.Metadata.Offline = false }, false, "no refresh token"},
		"registered":     {"", nil, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newSigner(t, oauthtest.Options{})
			r.Set(func(b *oauthtest.Behaviour) {
				b.Tokens.OfflineOnly = true
				if c.change != nil {
					c.change(b)
				}
			})
			r.client("api", c.keys)
			_, said, code := r.try(nil, "login")
			if code != 0 || slices.Contains(strings.Fields(r.asked()), "offline_access") != c.asks || !strings.Contains(said, c.advice) ||
				strings.Contains(said, "renewed automatically") != c.asks || strings.Contains(said, "sign in again at") == c.asks {
				t.Errorf("exit %d, asked for %q\n%s", code, r.asked(), said)
			}
			out, _, _ := r.try(nil, "status")
			if strings.Contains(out, "renewed automatically") != c.asks {
				t.Errorf("status:\n%s", out)
			}
			if _, line, found := strings.Cut(c.advice, "scopes"); found {
				r.client("api", id+"scopes"+line)
				if _, said, _ := r.try(nil, "login"); !strings.Contains(said, "renewed automatically") {
					t.Errorf("the line that was said does not help:\n%s", said)
				}
			}
		})
	}
}

// TestRefusedOfflineAccess: what nobody but this program asked for is left out when the
// server refuses it.
func TestRefusedOfflineAccess(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.Set(func(b *oauthtest.Behaviour) {
		b.Scopes = []string{"read"}
		b.Metadata.Override = map[string]any{"scopes_supported": []string{"read", "offline_access"}}
	})
	r.client("api", fmt.Sprintf("id = %q\nofflineAccess = true\nscopes = [\"read\"]", oauthtest.PublicClient))
	if _, said, code := r.try(nil, "login"); code != 0 || r.asked() != "read" {
		t.Errorf("exit %d, asked for %q\n%s", code, r.asked(), said)
	}
}

// TestRegistrationFollows: a client that the server registered by itself is registered
// anew when scopes or redirect change, once, without another command.
func TestRegistrationFollows(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	count := func() int { return len(r.Requests(oauthtest.Register)) }
	for i, c := range []struct {
		keys string
		want int
	}{
		{`scopes = ["openid"]`, 1}, {`scopes = ["openid"]`, 1}, {`scopes = ["openid", "read"]`, 2}, {`scopes = ["read"]`, 2},
		{"scopes = [\"read\"]\nredirect = { path = \"/other\" }", 3}, {"scopes = [\"read\"]\nredirect = { path = \"/other\" }", 3},
	} {
		r.client("api", c.keys)
		if _, said, code := r.try(nil, "login"); code != 0 || count() != c.want {
			t.Errorf("%d: exit %d, %d registrations\n%s", i, code, count(), said)
		}
	}
}

// TestRedirectIsTold: a person who registered a client learns which redirect address it
// has to have, when they sign in and when the browser never comes back.
func TestRedirectIsTold(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.browser("never")
	for keys, want := range map[string]string{
		"": "http://127.0.0.1/oauth/callback (with any port)",
		"redirect = { host = \"localhost\", port = 48765, path = \"/cb\" }": "http://localhost:48765/cb",
		"redirect = { path = \"/cb\" }":                                     "http://127.0.0.1/cb (with any port)",
	} {
		r.client("api", "id = \"mine\"\n"+keys)
		_, said, code := r.try(nil, "login", "--no-browser", "--timeout", "1s")
		if code != 1 || strings.Count(said, want) != 2 || !strings.Contains(said, "client.redirect") {
			t.Errorf("%s: exit %d\n%s", keys, code, said)
		}
	}
}

// TestAnotherPerson: who signs in does not take another's place without being asked, and
// profiles that share the sign-in are named.
func TestAnotherPerson(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	keys := fmt.Sprintf("id = %q\nscopes = [\"openid\", \"email\"]", oauthtest.PublicClient)
	r.client("api", keys)
	r.client("other", keys)
	_, said, code := r.try(nil, "login", "api")
	if code != 0 || !strings.Contains(said, "also used by: other") {
		t.Errorf("exit %d\n%s", code, said)
	}
	r.Set(func(b *oauthtest.Behaviour) { b.User = "grace" })
	r.Advance(time.Second)
	_, said, code = r.try(nil, "login", "api")
	if code != 1 || !strings.Contains(said, "grace@example.test") || !strings.Contains(said, "ada@example.test") || !strings.Contains(said, "other") || !strings.Contains(said, "mcp-bridge login api --yes") {
		t.Errorf("exit %d\n%s", code, said)
	}
	if out, _, _ := r.try(nil, "status"); !strings.Contains(out, "ada@example.test") || strings.Contains(out, "grace") {
		t.Errorf("status:\n%s", out)
	}
	if out, said, _ := r.try(nil, "call", "whoami"); !strings.Contains(out, `"user":"ada"`) {
		t.Errorf("the call is made as another: %s%s", out, said)
	}
	if _, said, code = r.try(nil, "login", "api", "--account", "second"); code != 0 || strings.Contains(said, "ada") {
		t.Errorf("another account: exit %d\n%s", code, said)
	}
	if _, said, code = r.try(nil, "login", "api", "--yes"); code != 0 || !strings.Contains(said, "signed in as grace@example.test") || !strings.Contains(said, "ada@example.test") {
		t.Errorf("exit %d\n%s", code, said)
	}
	if _, said, code = r.try(nil, "logout", "other"); code != 0 || !strings.Contains(said, "also the sign-in of: api") {
		t.Errorf("logout: exit %d\n%s", code, said)
	}
	if out, _, _ := r.try(nil, "status"); !strings.Contains(out, "default *  s       oauth2  signed-out") {
		t.Errorf("the current account has no row:\n%s", out)
	}
}
