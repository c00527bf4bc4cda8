package oauthflow

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestExchange(t *testing.T) {
	s := newServer(t)
	f := s.flow(t, func(c *Config) { c.Resource = "https://api.example.com" })
	f.now = func() time.Time { return time.Unix(1000, 0) }
	a := begin(t, f)
	token, err := a.exchange(t.Context(), "code-1")
	if err != nil {
		t.Fatal(err)
	}
	r := s.of("/token")[0]
	if r.header.Get("Authorization") != "" || r.method != "POST" {
		t.Errorf("sent %v", r.header)
	}
	want := map[string]string{"grant_type": "authorization_code", "code": "code-1", "redirect_uri": callback, "client_id": "client",
		"code_verifier": a.verifier, "resource": "https://api.example.com"}
	for name, value := range want {
		if r.form.Get(name) != value {
			t.Errorf("%s = %q, want %q", name, r.form.Get(name), value)
		}
	}
	if len(r.form) != len(want) {
		t.Errorf("sent %v", r.form)
	}
	if token.Access.Reveal() != "access-1" || token.Refresh.Reveal() != "refresh-1" || token.Type != "Bearer" || token.Expiry.Unix() != 1060 ||
		token.Issued.Unix() != 1000 || token.Issuer != s.URL || token.Resource != "https://api.example.com" || token.RedirectURI != callback ||
		token.ClientID != "client" || token.AuthMethod != authNone || token.Endpoints.Revocation != s.URL+"/revoke" ||
		strings.Join(token.Scopes, " ") != "read" || token.Warning != "" {
		t.Errorf("%+v", token)
	}
	if text, _ := json.Marshal(token); strings.Contains(fmt.Sprintf("%v %+v %#v %s", token, token, token, text), "access-1") {
		t.Error("a token shows its secret")
	}
	if _, err := a.exchange(t.Context(), "code-1"); err == nil || len(s.of("/token")) != 1 {
		t.Error("a code was exchanged twice")
	}
}

func TestTokenResponses(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for name, row := range map[string]struct {
		kind, body string
		bad        Kind
		check      func(Token) bool
	}{
		"form":               {form, "access_token=a-1&token_type=bEaReR&scope=read%2Cwrite", "", func(t Token) bool { return t.Type == "Bearer" && len(t.Scopes) == 2 }},
		"text form":          {"text/plain; charset=utf-8", "access_token=a-1&token_type=bearer&expires_in=5", "", life(5 * time.Second)},
		"no expiry":          {"", `{"access_token":"a","token_type":"bearer"}`, "", life(0)},
		"expiry as text":     {"", `{"access_token":"a","token_type":"bearer","expires_in":"7"}`, "", life(7 * time.Second)},
		"expiry as fraction": {"", `{"access_token":"a","token_type":"bearer","expires_in":7.0}`, "", life(7 * time.Second)},
		"no real expiry":     {"", `{"access_token":"a","token_type":"bearer","expires_in":-1}`, "", life(0)},
		"giant expiry":       {"", `{"access_token":"a","token_type":"bearer","expires_in":1e300}`, "", life(10 * 365 * 24 * time.Hour)},
		"no type":            {"", `{"access_token":"a"}`, "", func(t Token) bool { return t.Type == "Bearer" }},
		"mac":                {"", `{"access_token":"a","token_type":"mac"}`, Unusable, nil},
		"bound":              {"", `{"access_token":"a","token_type":"DPoP"}`, Unusable, nil},
		"no token":           {"", `{"token_type":"bearer"}`, Unusable, nil},
		"number":             {"", `{"access_token":1,"token_type":"bearer"}`, Unusable, nil},
		"line end":           {"", `{"access_token":"a\r\nb","token_type":"bearer"}`, Unusable, nil},
		"large":              {"", `{"access_token":"` + strings.Repeat("x", 5<<20) + `"}`, Unusable, nil},
		"large form":         {form, "access_token=a&token_type=bearer&x=" + strings.Repeat("x", 5<<20), Unusable, nil},
		"page":               {"text/html", "<html>", Unusable, nil},
		"nothing":            {"", "", Unusable, nil},
		"error in success":   {"", `{"error":"bad_verification_code"}`, InvalidGrant, nil},
		"narrower": {"", `{"access_token":"a","token_type":"bearer","scope":"other"}`, "", func(t Token) bool {
			return t.Warning == "the server did not grant read" && t.Scopes[0] == "other"
		}},
		"scopes as list": {"", `{"access_token":"a","token_type":"bearer","scope":["read","x"]}`, "", func(t Token) bool { return len(t.Scopes) == 2 }},
		"Slack": {"", `{"ok":true,"authed_user":{"id":"U1","scope":"read,write","access_token":"xoxp-1","token_type":"user"}}`, "", func(t Token) bool {
			return t.Access.Reveal() == "xoxp-1" && t.Type == "Bearer" && len(t.Scopes) == 2
		}},
		"a type of Slack's":  {"", `{"access_token":"a","token_type":"user"}`, Unusable, nil},
		"BearerToken":        {"", `{"access_token":"a","token_type":"BearerToken"}`, "", isBearer},
		"blank after it":     {"", `{"access_token":"a","token_type":"bearer "}`, "", isBearer},
		"line after it":      {"", `{"access_token":"a","token_type":"Bearer\n"}`, "", isBearer},
		"null type":          {"", `{"access_token":"a","token_type":null}`, "", isBearer},
		"word in the token":  {"", `{"access_token":"Bearer a-1\n","token_type":"bearer"}`, "", func(t Token) bool { return t.Access.Reveal() == "a-1" }},
		"type N_A":           {"", `{"access_token":"a","token_type":"N_A"}`, Unusable, nil},
		"nested":             {"", `{"code":0,"data":{"access_token":"a-1","expires_in":9}}`, "", life(9 * time.Second)},
		"nested camel":       {"", `{"result":{"accessToken":"a-1","expiresIn":9}}`, "", life(9 * time.Second)},
		"nested, partly":     {"", `{"expires_in":9,"token":{"access_token":"a-1"}}`, "", life(9 * time.Second)},
		"two nested":         {"", `{"bot":{"access_token":"a"},"app":{"access_token":"b"}}`, Unusable, nil},
		"both":               {"", `{"access_token":"top","data":{"access_token":"in"}}`, "", func(t Token) bool { return t.Access.Reveal() == "top" }},
		"expiry zero":        {"", `{"access_token":"a","expires_in":0}`, "", life(0)},
		"expiry null":        {"", `{"access_token":"a","expires_in":null}`, "", life(0)},
		"expiry in words":    {"", `{"access_token":"a","expires_in":"soon"}`, "", life(0)},
		"expiry blank":       {"", `{"access_token":"a","expires_in":" 60 "}`, "", life(time.Minute)},
		"expiry as date":     {"", `{"access_token":"a","expires_in":"2027-01-15T08:03:20Z"}`, "", life(200 * time.Second)},
		"expiry as a time":   {"", `{"access_token":"a","expires_in":1800000060}`, "", life(time.Minute)},
		"and in ms":          {"", `{"access_token":"a","expires_in":"1800000060000"}`, "", life(time.Minute)},
		"scopes, blanks":     {"", `{"access_token":"a","scope":"read, write, x"}`, "", func(t Token) bool { return strings.Join(t.Scopes, " ") == "read write x" }},
		"scopes, one item":   {"", `{"access_token":"a","scope":["read write"]}`, "", func(t Token) bool { return len(t.Scopes) == 2 }},
		"scopes, strange":    {"", `{"access_token":"a","scope":{"a":1}}`, "", func(t Token) bool { return strings.Join(t.Scopes, " ") == "read" }},
		"form, no type":      {"text/html; charset=utf-8", "access_token=a-1&scope=&token_type=bearer", "", isBearer},
		"form, a refusal":    {form, "error=bad_verification_code&error_description=old", InvalidGrant, nil},
		"Slack's refusal":    {"", `{"ok":false,"error":"invalid_grant"}`, InvalidGrant, nil},
		"another dialect":    {"", `{"errcode":40029,"errmsg":"invalid code"}`, Refused, nil},
		"error that is none": {"", `{"access_token":"a","error":null,"error_description":""}`, "", isBearer},
		"BOM":                {"", "\ufeff" + `{"access_token":"a","token_type":"bearer"}`, "", func(t Token) bool { return true }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.on("/token", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", row.kind)
				_, _ = w.Write([]byte(row.body))
			})
			f := s.flow(t)
			f.now = func() time.Time { return time.Unix(1_800_000_000, 0) }
			token, err := begin(t, f).exchange(t.Context(), "code-1")
			if row.bad != "" {
				wants(t, err, row.bad)
				if !token.Access.IsZero() {
					t.Error("a token comes with an error")
				}
				return
			}
			if err != nil || !row.check(token) {
				t.Errorf("%+v, %v", token, err)
			}
		})
	}
}

func isBearer(t Token) bool { return t.Type == "Bearer" }

// The words of a server that refuses are told whatever their dialect; what is a page is
// not.
func TestRefusalsInDialects(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		kind, body string
		says       string
	}{
		"numbers":    {200, "application/json", `{"errcode":40029,"errmsg":"invalid code"}`, `refused: 40029; the server says: "invalid code"`},
		"message":    {400, "application/json", `{"code":"E17","msg":"unknown app"}`, `E17; the server says: "unknown app"`},
		"problem":    {403, "application/problem+json", `{"title":"Forbidden","detail":"client is disabled"}`, `"client is disabled"`},
		"text":       {400, "text/plain", "client not\nfound \x1b[1m", `"client not found [1m"`},
		"page":       {400, "text/html", "<h1>Bad</h1>", "status 400"},
		"nested":     {400, "application/json", `{"error":{"code":"invalid_client","message":"no"}}`, `invalid_client; the server says: "no"`},
		"no members": {200, "application/json", `{"state":"x","user":{}}`, "no access_token; it has state, user"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.on("/token", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			if _, err := begin(t, s.flow(t)).exchange(t.Context(), "code-1"); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v has no %s", err, c.says)
			}
		})
	}
}

// A renewal whose answer has no refresh token keeps the one that there is.
func TestRefreshTokenThatIsNotTold(t *testing.T) {
	for _, told := range []any{nil, "", 7} {
		s := newServer(t)
		f := s.flow(t)
		first, err := begin(t, f).exchange(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		s.token["refresh_token"] = told
		if next, err := f.Refresh(t.Context(), first); err != nil || next.Refresh.Reveal() != "refresh-1" {
			t.Errorf("%v: %+v, %v", told, next, err)
		}
	}
}

func life(want time.Duration) func(Token) bool {
	return func(t Token) bool {
		if want == 0 { // none was told and nothing renews it
			return t.Expiry.IsZero()
		}
		return t.Expiry.Sub(t.Issued) == want
	}
}

func TestExpiryThatNobodyTells(t *testing.T) {
	s := newServer(t)
	delete(s.token, "expires_in")
	for assumed, want := range map[time.Duration]time.Duration{0: time.Hour, time.Minute: time.Minute} {
		token, err := begin(t, s.flow(t, func(c *Config) { c.ExpiresIn = assumed })).exchange(t.Context(), "c")
		if err != nil || token.Expiry.Sub(token.Issued) != want {
			t.Errorf("%v: %v, %v", assumed, token.Expiry, err)
		}
	}
	refresh := s.token["refresh_token"]
	delete(s.token, "refresh_token")
	for assumed, want := range map[time.Duration]time.Duration{0: 0, time.Minute: time.Minute} {
		token, err := begin(t, s.flow(t, func(c *Config) { c.ExpiresIn = assumed })).exchange(t.Context(), "c")
		if err != nil || token.Expiry.IsZero() != (want == 0) || want != 0 && token.Expiry.Sub(token.Issued) != want {
			t.Errorf("without a refresh token, %v: %v, %v", assumed, token.Expiry, err)
		}
	}
	s.token["refresh_token"] = refresh
	token, err := begin(t, s.flow(t, func(c *Config) { c.ExpiresIn = -1 })).exchange(t.Context(), "c")
	if err != nil || !token.Expiry.IsZero() {
		t.Errorf("%v, %v", token.Expiry, err)
	}
}

func TestExchangeRefused(t *testing.T) {
	for name, row := range map[string]struct {
		status int
		body   any
		kind   Kind
		code   string
	}{
		"used":       {400, map[string]any{"error": "invalid_grant", "error_description": "code CODE used"}, InvalidGrant, "invalid_grant"},
		"client":     {401, map[string]any{"error": "invalid_client"}, Refused, "invalid_client"},
		"outage":     {502, nil, Unreachable, ""},
		"too many":   {429, map[string]any{"error": "slow"}, Unreachable, "slow"},
		"page":       {403, "<html>", Refused, ""},
		"redirected": {307, nil, Unusable, ""},
		"nested":     {400, map[string]any{"error": map[string]any{"code": "X", "message": "m"}}, Refused, "X"},
		"temporary":  {400, map[string]any{"error": "temporarily_unavailable"}, Unreachable, "temporarily_unavailable"},
	} {
		other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a code was sent elsewhere") }))
		s := newServer(t)
		a := begin(t, s.flow(t))
		s.on("/token", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", other.URL)
			if m, ok := row.body.(map[string]any); ok && name == "used" {
				m["error_description"] = "code " + r.Form.Get("code") + " " + r.Form.Get("code_verifier")
			}
			write(w, row.status, row.body)
		})
		_, err := a.exchange(t.Context(), "code-123456")
		e := wants(t, err, row.kind)
		if e.Code != row.code || strings.Contains(e.Error(), "code-123456") || strings.Contains(e.Error(), a.verifier) {
			t.Errorf("%s: %v", name, e)
		}
		if n := len(s.of("/token")); n != 1 {
			t.Errorf("%s: %d token requests", name, n)
		}
		other.Close()
	}
}

func TestIDTokenAtSignIn(t *testing.T) {
	hour := time.Now().Add(time.Hour).Unix()
	for name, row := range map[string]struct {
		claims map[string]any
		who    string // empty: refused
	}{
		"subject":         {nil, "subject"},
		"preferred name":  {map[string]any{"preferred_username": "jo"}, "jo"},
		"address":         {map[string]any{"preferred_username": "jo", "email": "jo@example.com\x1b"}, "jo@example.com"},
		"audiences":       {map[string]any{"aud": []string{"x", "client"}, "azp": "client"}, "subject"},
		"issuer":          {map[string]any{"iss": "https://other.example"}, ""},
		"no issuer":       {map[string]any{"iss": nil}, ""},
		"audience":        {map[string]any{"aud": "other"}, ""},
		"no audience":     {map[string]any{"aud": nil}, ""},
		"party":           {map[string]any{"aud": []string{"client", "x"}, "azp": "x"}, ""},
		"expired":         {map[string]any{"exp": hour - 3600 - 301}, ""},
		"just expired":    {map[string]any{"exp": hour - 3600 - 60}, "subject"},
		"no expiry":       {map[string]any{"exp": nil}, ""},
		"expiry far away": {map[string]any{"exp": 1e300}, "subject"},
		"nonce":           {map[string]any{"nonce": "other"}, ""},
		"no nonce":        {map[string]any{"nonce": nil}, ""},
		"nobody":          {map[string]any{"sub": nil}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			a := begin(t, s.flow(t), "openid")
			s.token["id_token"] = idToken(s.URL, a.deal.nonce, row.claims)
			token, err := a.exchange(t.Context(), "code-1")
			if row.who != "" {
				if err != nil || token.Identity != row.who {
					t.Errorf("%q, %v", token.Identity, err)
				}
				return
			}
			wants(t, err, Unusable)
			if !token.Access.IsZero() {
				t.Error("a token comes with an error")
			}
			if got := s.of("/revoke"); len(got) != 2 || got[0].form.Get("token") != "refresh-1" || got[1].form.Get("token") != "access-1" {
				t.Errorf("revoked %v", got)
			}
		})
	}
}

func TestNoIDToken(t *testing.T) {
	s := newServer(t)
	token, err := begin(t, s.flow(t), "openid").exchange(t.Context(), "c")
	if err != nil || token.Warning == "" {
		t.Errorf("%+v, %v", token, err)
	}
	for _, broken := range []string{"x", "a.b.c", "....", "e30.e30.", "e30.bnVsbA.x"} {
		s.token["id_token"] = broken
		_, err := begin(t, s.flow(t), "openid").exchange(t.Context(), "c")
		wants(t, err, Unusable)
	}
	// Where openid was not asked, nobody looks.
	if _, err := begin(t, s.flow(t)).exchange(t.Context(), "c"); err != nil {
		t.Error(err)
	}
}
