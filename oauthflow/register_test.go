package oauthflow

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

func TestWhoWeAre(t *testing.T) {
	const document = "https://jo.example/client.json"
	for _, row := range []struct {
		name             string
		id               string
		takes, registers bool
		want             string
	}{
		{"own id", "client", true, true, "client"},
		{"document", document, true, true, document},
		{"document not taken", document, false, true, "given"},
		{"document nowhere", document, false, false, ""},
		{"registration", "", false, true, "given"},
		{"registration with documents", "", true, true, "given"},
		{"nothing", "", false, false, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newServer(t)
			s.meta["client_id_metadata_document_supported"] = row.takes
			if !row.registers {
				delete(s.meta, "registration_endpoint")
			}
			a, err := s.flow(t, func(c *Config) { c.ClientID = row.id }).begin(t.Context(), callback, nil)
			if row.want == "" {
				if e := wants(t, err, Configuration); e.Stage != "register" || row.id == "" && !strings.Contains(e.Error(), "http://127.0.0.1/oauth/callback with any port") {
					t.Errorf("%v", e)
				}
				return
			}
			if err != nil || a.query(t).Get("client_id") != row.want {
				t.Fatalf("%v, %v", a, err)
			}
			if registered := len(s.of("/register")) > 0; registered != (row.want == "given") {
				t.Errorf("registered: %v", registered)
			}
		})
	}
}

func TestRegistration(t *testing.T) {
	s := newServer(t)
	f := s.flow(t, func(c *Config) { c.ClientID, c.ClientName = "", "Jo's API" })
	s.on("/register", func(w http.ResponseWriter, _ *http.Request) {
		write(w, 201, map[string]any{"client_id": fmt.Sprint("given-", len(s.of("/register"))), "registration_access_token": "manage-me"})
	})
	a := begin(t, f)
	var got map[string]any
	if err := json.Unmarshal([]byte(s.of("/register")[0].body), &got); err != nil {
		t.Fatal(err)
	}
	want := `{"application_type":"native","client_name":"Jo's API","grant_types":["authorization_code","refresh_token"],` +
		`"redirect_uris":["` + callback + `"],"response_types":["code"],"scope":"read","token_endpoint_auth_method":"none"}`
	if text, _ := json.Marshal(got); string(text) != want {
		t.Errorf("sent %s, want %s", text, want)
	}
	token, err := a.exchange(t.Context(), "code-1")
	if err != nil || token.ClientID != "given-1" || token.RegistrationToken.Reveal() != "manage-me" || token.AuthMethod != authNone {
		t.Errorf("%+v, %v", token, err)
	}
	// The same place needs no new client, another one does.
	begin(t, f)
	if n := len(s.of("/register")); n != 1 {
		t.Errorf("registered %d times", n)
	}
	b, err := f.begin(t.Context(), "http://127.0.0.1:5000/oauth/callback", nil)
	if err != nil || b.query(t).Get("client_id") != "given-2" {
		t.Errorf("a client of another port is used: %v, %v", b.address, err)
	}
}

func TestRegistrationOfBefore(t *testing.T) {
	s := newServer(t)
	old := Registration{Issuer: s.URL, ClientID: "old", ClientSecret: secret.New("old-secret"), RedirectURI: callback}
	with := func(change func(*Registration)) func(*Config) {
		return func(c *Config) {
			c.ClientID, c.Registered = "", old
			change(&c.Registered)
		}
	}
	a := begin(t, s.flow(t, with(func(*Registration) {})))
	if a.query(t).Get("client_id") != "old" {
		t.Fatalf("not used: %s", a.address)
	}
	token, err := a.exchange(t.Context(), "code-1")
	if user, password, _ := basic(s.of("/token")[0].header); err != nil || user != "old" || password != "old-secret" || token.ClientSecret.Reveal() != "old-secret" {
		t.Errorf("%v, %v, %v", user, token, err)
	}
	for name, change := range map[string]func(*Registration){
		"other issuer":   func(r *Registration) { r.Issuer = "https://other.example" },
		"no issuer":      func(r *Registration) { r.Issuer = "" },
		"other redirect": func(r *Registration) { r.RedirectURI = "http://127.0.0.1:1/oauth/callback" },
	} {
		if a := begin(t, s.flow(t, with(change))); a.query(t).Get("client_id") != "given" {
			t.Errorf("%s: %s", name, a.address)
		}
	}
	// One that the server does not know any more is made anew at the next attempt.
	f := s.flow(t, with(func(*Registration) {}))
	s.on("/token", func(w http.ResponseWriter, _ *http.Request) { write(w, 401, map[string]any{"error": "invalid_client"}) })
	_, err = begin(t, f).exchange(t.Context(), "code-1")
	wants(t, err, Refused)
	if a := begin(t, f); a.query(t).Get("client_id") != "given" {
		t.Errorf("a lost client is used again: %s", a.address)
	}
}

func basic(h http.Header) (user, password string, ok bool) {
	r := http.Request{Header: h}
	return r.BasicAuth()
}

func TestRegistrationFails(t *testing.T) {
	for name, row := range map[string]struct {
		status int
		body   map[string]any
		kind   Kind
	}{
		"redirect refused": {400, map[string]any{"error": "invalid_redirect_uri", "error_description": "no " + callback}, Refused},
		"outage":           {503, nil, Unreachable},
		"redirected":       {307, nil, Unusable},
		"no id":            {201, map[string]any{"client_secret": "x"}, Unusable},
		"other redirect":   {201, map[string]any{"client_id": "x", "redirect_uris": []string{"https://x"}}, Unusable},
		"other method":     {201, map[string]any{"client_id": "x", "token_endpoint_auth_method": "private_key_jwt"}, Unusable},
		"strange id":       {201, map[string]any{"client_id": "a\nb"}, Unusable},
	} {
		s := newServer(t)
		s.on("/register", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", s.URL+"/elsewhere")
			write(w, row.status, row.body)
		})
		_, err := s.flow(t, func(c *Config) { c.ClientID = "" }).begin(t.Context(), callback, nil)
		e := wants(t, err, row.kind)
		if e.Stage != "register" || name == "redirect refused" && !strings.Contains(e.Description, callback) {
			t.Errorf("%s: %v", name, e)
		}
		if len(s.of("/elsewhere")) > 0 {
			t.Errorf("%s: a redirect was followed", name)
		}
	}
}

func TestSecretIsShownAsTheServerLikes(t *testing.T) {
	for _, row := range []struct {
		methods any
		want    string
	}{
		{nil, authBasic}, {[]string{authPost, authBasic}, authBasic}, {[]string{authPost}, authPost}, {[]string{"private_key_jwt"}, ""},
	} {
		s := newServer(t)
		s.meta["token_endpoint_auth_methods_supported"] = row.methods
		f := s.flow(t, func(c *Config) { c.ClientID, c.ClientSecret = "cl:ient", secret.New("s%cr t") })
		if row.want == "" {
			_, err := f.begin(t.Context(), callback, nil)
			wants(t, err, Configuration)
			continue
		}
		token, err := begin(t, f).exchange(t.Context(), "code-1")
		if err != nil || token.AuthMethod != row.want || !token.ClientSecret.IsZero() {
			t.Fatalf("%+v, %v", token, err)
		}
		r := s.of("/token")[0]
		user, password, has := basic(r.header)
		if row.want == authBasic && (user != "cl%3Aient" || password != "s%25cr+t" || r.form.Has("client_secret")) {
			t.Errorf("%v: sent %q, %q and %v", row.methods, user, password, r.form)
		}
		if row.want == authPost && (has || r.form.Get("client_secret") != "s%cr t" || r.form.Get("client_id") != "cl:ient") {
			t.Errorf("%v: sent %v", row.methods, r.form)
		}
	}
}
