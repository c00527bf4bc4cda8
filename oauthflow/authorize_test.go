package oauthflow

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAuthorizationRequest(t *testing.T) {
	s := newServer(t)
	s.meta["authorization_endpoint"] = s.URL + "/authorize?tenant=a&state=old"
	f := s.flow(t, func(c *Config) {
		c.Scopes, c.Resource = []string{"openid", "read"}, "https://api.example.com/v1"
		c.ExtraParams = map[string]string{"audience": "a b&c"}
	})
	a := begin(t, f, "write", "read", "offline_access")
	got := a.query(t)
	sum := sha256.Sum256([]byte(a.verifier))
	want := url.Values{"tenant": {"a"}, "response_type": {"code"}, "client_id": {"client"}, "redirect_uri": {callback}, "state": {a.state},
		"code_challenge": {b64(sum[:])}, "code_challenge_method": {"S256"}, "scope": {"openid read write offline_access"},
		"nonce": {a.deal.nonce}, "resource": {"https://api.example.com/v1"}, "audience": {"a b&c"}, "prompt": {"consent"}}
	if got.Encode() != want.Encode() {
		t.Errorf("asked\n%s, want\n%s", got.Encode(), want.Encode())
	}
	if len(a.state) < 43 || len(a.deal.nonce) < 43 || a.state == a.deal.nonce {
		t.Error("a state or nonce of less than 256 bits")
	}
	if !a.matches(a.state) || a.matches("") || a.matches(a.state+"x") || a.matches(a.state[1:]) || a.matches(a.state[1:]+a.state[:1]) {
		t.Error("states are not compared")
	}
}

func TestAuthorizationRequestSettings(t *testing.T) {
	s := newServer(t)
	for name, row := range map[string]struct {
		change  func(*Config)
		key     string
		want    string
		present bool
	}{
		"scope parameter": {func(c *Config) { c.ScopeParam = "user_scope" }, "user_scope", "read", true},
		"no scope beside": {func(c *Config) { c.ScopeParam = "user_scope" }, "scope", "", false},
		"no nonce":        {func(*Config) {}, "nonce", "", false},
		"no resource":     {func(*Config) {}, "resource", "", false},
		"no prompt":       {func(*Config) {}, "prompt", "", false},
		"own prompt": {func(c *Config) {
			c.Scopes, c.ExtraParams = []string{"offline_access"}, map[string]string{"prompt": "login"}
		}, "prompt", "login", true},
		"no key of DPoP": {func(c *Config) { c.DPoP = true }, "dpop_jkt", "", false},
	} {
		q := begin(t, s.flow(t, row.change)).query(t)
		if q.Has(row.key) != row.present || q.Get(row.key) != row.want {
			t.Errorf("%s: %s = %q", name, row.key, q[row.key])
		}
	}
}

func TestEachAttemptIsFresh(t *testing.T) {
	s := newServer(t)
	f := s.flow(t)
	seen := map[string]bool{}
	for range 1000 {
		a := begin(t, f)
		if n := len(a.verifier); n < 43 || n > 128 || strings.Trim(a.verifier, token68Bytes) != "" || strings.ContainsAny(a.verifier, "+/") {
			t.Fatalf("a verifier of %d characters", n)
		}
		if seen[a.verifier] || seen[a.state] {
			t.Fatal("the same again")
		}
		seen[a.verifier], seen[a.state] = true, true
	}
}

func TestIssTable(t *testing.T) {
	const right, wrong, none = "right", "https://attacker.example", ""
	for _, row := range []struct {
		advertised bool
		iss        string
		accepted   bool
	}{
		{true, right, true}, {true, wrong, false}, {true, none, false},
		{false, right, true}, {false, wrong, false}, {false, none, true},
	} {
		for _, failure := range []bool{false, true} {
			s := newServer(t)
			s.meta["authorization_response_iss_parameter_supported"] = row.advertised
			a := begin(t, s.flow(t))
			q := url.Values{"state": {a.state}, "code": {"code-1"}}
			if failure {
				q = url.Values{"state": {a.state}, "error": {"access_denied"}, "error_description": {"send money to"}}
			}
			switch row.iss {
			case right:
				q.Set("iss", s.URL)
			case wrong:
				q.Set("iss", wrong)
			}
			code, err := a.verify(q)
			switch {
			case !row.accepted:
				e := wants(t, err, IssuerMismatch)
				if e.Description != "" || strings.Contains(e.Error(), "money") || strings.Contains(e.Error(), "attacker") {
					t.Errorf("%+v: shows the words of a stranger: %v", row, e)
				}
			case failure:
				if e := wants(t, err, Denied); e.Description != "send money to" {
					t.Errorf("%+v: description %q", row, e.Description)
				}
			case err != nil || code != "code-1":
				t.Errorf("%+v: %q, %v", row, code, err)
			}
			if len(s.of("/token")) > 0 {
				t.Errorf("%+v: the token endpoint was asked", row)
			}
		}
	}
}

func TestIssIsComparedPlainly(t *testing.T) {
	s := newServer(t)
	a := begin(t, s.flow(t))
	for _, iss := range [][]string{{s.URL + "/"}, {strings.ToUpper(s.URL)}, {s.URL, s.URL}, {""}, {s.URL + "#"}} {
		_, err := a.verify(url.Values{"iss": iss, "code": {"c"}})
		wants(t, err, IssuerMismatch)
	}
}

func TestAnswersOfTheServer(t *testing.T) {
	s := newServer(t)
	a := begin(t, s.flow(t))
	for name, row := range map[string]struct {
		q    url.Values
		kind Kind
		text string
	}{
		"denied":      {url.Values{"error": {"access_denied"}}, Denied, ""},
		"scope":       {url.Values{"error": {"invalid_scope"}, "error_description": {"no such scope"}}, Refused, "no such scope"},
		"escape":      {url.Values{"error": {"x\x1b[31m"}, "error_description": {"a\x1b[2J\u202eb\n\nc"}}, Refused, "a[2Jb c"},
		"echo":        {url.Values{"error": {"server_error"}, "error_description": {"state " + a.state}}, Refused, "state [secret]"},
		"long":        {url.Values{"error": {"x"}, "error_description": {strings.Repeat("é", 1<<20)}}, Refused, strings.Repeat("é", 300) + "…"},
		"both":        {url.Values{"error": {"x"}, "code": {"c"}}, Refused, ""},
		"nothing":     {url.Values{}, Unusable, ""},
		"two codes":   {url.Values{"code": {"a", "b"}}, Unusable, ""},
		"no error":    {url.Values{"error": {""}}, Refused, ""},
		"giant code":  {url.Values{"code": {strings.Repeat("x", 1<<20)}}, Unusable, ""},
		"description": {url.Values{"error_description": {"x"}}, Unusable, ""},
	} {
		_, err := a.verify(row.q)
		e := wants(t, err, row.kind)
		if e.Description != row.text {
			t.Errorf("%s: description %q, want %q", name, e.Description, row.text)
		}
		if strings.ContainsAny(e.Error(), "\x1b\n\u202e") || strings.Contains(e.Error(), a.state) {
			t.Errorf("%s: %q", name, e.Error())
		}
	}
}

func TestPushedRequest(t *testing.T) {
	s := newServer(t)
	s.meta["require_pushed_authorization_requests"] = true
	s.on("/par", func(w http.ResponseWriter, _ *http.Request) {
		write(w, 201, map[string]any{"request_uri": "urn:x:" + string(rune('0'+len(s.of("/par")))), "expires_in": 60})
	})
	a := begin(t, s.flow(t))
	if q := a.query(t); q.Encode() != "client_id=client&request_uri=urn%3Ax%3A1" {
		t.Errorf("the browser opens %v", q)
	}
	if got := s.of("/par")[0].form; got.Get("code_challenge") == "" || got.Get("state") != a.state || got.Get("client_id") != "client" {
		t.Errorf("pushed %v", got)
	}
	_, err := a.verify(url.Values{"error": {"invalid_request_uri"}})
	if !a.again(t.Context(), err) || a.query(t).Get("request_uri") != "urn:x:2" {
		t.Error("a request that ran out is not pushed again")
	}
	if a.again(t.Context(), err) || len(s.of("/par")) != 2 {
		t.Error("a request is pushed a third time")
	}

	s.on("/par", func(w http.ResponseWriter, r *http.Request) {
		write(w, 400, map[string]any{"error": "invalid_request", "error_description": "bad " + r.Form.Get("state")})
	})
	_, err = s.flow(t).begin(t.Context(), callback, nil)
	if e := wants(t, err, Refused); e.Code != "invalid_request" || e.Description != "bad [secret]" {
		t.Errorf("%v", e)
	}
	delete(s.meta, "pushed_authorization_request_endpoint")
	_, err = s.flow(t).begin(t.Context(), callback, nil)
	wants(t, err, Unusable)
}

func TestPushOnlyWhenItWasPushed(t *testing.T) {
	s := newServer(t)
	a := begin(t, s.flow(t))
	_, err := a.verify(url.Values{"error": {"invalid_request_uri"}})
	if a.again(t.Context(), err) || len(s.of("/par")) != 0 {
		t.Error("a request that was never pushed is pushed")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"password":      func(c *Config) { c.Grant = "password" },
		"implicit":      func(c *Config) { c.Grant = "implicit" },
		"unknown grant": func(c *Config) { c.Grant = "x" },
		"no secret":     func(c *Config) { c.Grant = ClientCredentials },
		"redirect_uri":  func(c *Config) { c.ExtraParams = map[string]string{"redirect_uri": "x"} },
		"challenge":     func(c *Config) { c.ExtraParams = map[string]string{"Code_Challenge": "x"} },
		"jkt":           func(c *Config) { c.ExtraParams = map[string]string{"dpop_jkt": "x"} },
		"no name":       func(c *Config) { c.ExtraParams = map[string]string{"": "x"} },
		"scope param":   func(c *Config) { c.ScopeParam = "state" },
		"scope":         func(c *Config) { c.Scopes = []string{"a b"} },
		"client id":     func(c *Config) { c.ClientID = "a\nb" },
		"resource":      func(c *Config) { c.Resource = "/v1" },
		"fragment":      func(c *Config) { c.Resource = "https://a.example/#" },
		"issuer":        func(c *Config) { c.Issuer = "http://as.example" },
		"endpoint":      func(c *Config) { c.Endpoints.Token = "ftp://as.example" },
		"private":       func(c *Config) { c.Endpoints.Token = "https://10.0.0.1/token" },
		"loopback":      func(c *Config) { c.Endpoints.Token = "http://127.0.0.1/token" },
		"user":          func(c *Config) { c.Endpoints.Token = "https://user:password@as.example/token" },
		"host":          func(c *Config) { c.Redirect.Host = "0.0.0.0" },
		"port":          func(c *Config) { c.Redirect.Port = 70000 },
		"path":          func(c *Config) { c.Redirect.Path = "/a?b" },
	} {
		c := Config{Issuer: "https://as.example", ClientID: "client"}
		change(&c)
		_, err := New(c)
		if e := wants(t, err, Configuration); strings.Contains(e.Error(), "user:password") {
			t.Errorf("%s: %v", name, e)
		}
	}
	for _, c := range []Config{{}, {Issuer: "https://10.0.0.1", Network: Network{AllowPrivate: []string{"10.0.0.1"}}},
		{Endpoints: Endpoints{Token: "http://localhost:1/t"}, Network: Network{Named: []string{"localhost"}}},
		{Resource: ResourceOff, Redirect: Redirect{Host: "[::1]", Port: 1, Path: "/cb"}, ScopeParam: "scope"}} {
		if _, err := New(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestRedirectDefaults(t *testing.T) {
	f, err := New(Config{})
	if err != nil || f.redirect() != (Redirect{"127.0.0.1", 0, "/oauth/callback"}) {
		t.Errorf("%+v, %v", f.redirect(), err)
	}
	own := Redirect{"localhost", 8080, "/cb"}
	if f, err = New(Config{Redirect: own}); err != nil || f.redirect() != own {
		t.Errorf("%+v, %v", f.redirect(), err)
	}
}
