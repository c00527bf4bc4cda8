package oauthtest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// begin asks for a device code; the answer's poll function asks for its token.
func (p *signIn) begin() (code, userCode string, poll func() answer) {
	p.t.Helper()
	a := post(p.t, p.s.URL(Device), "client_id", PublicClient, "scope", "read")
	if a.status != http.StatusOK || !strings.HasSuffix(a.text("verification_uri_complete"), a.text("user_code")) {
		p.t.Fatalf("answer %d %s", a.status, a.body)
	}
	return a.text("device_code"), a.text("user_code"), func() answer {
		return post(p.t, p.s.URL(Token), "grant_type", deviceGrant, "client_id", PublicClient, "device_code", a.text("device_code"))
	}
}

// TestDeviceStates goes through every answer of RFC 8628, section 3.5.
func TestDeviceStates(t *testing.T) {
	p := newSignIn(t, Options{})
	_, userCode, poll := p.begin()
	wantError(t, poll(), "authorization_pending")
	wantError(t, poll(), "slow_down")
	p.s.Advance(5 * time.Second)
	wantError(t, poll(), "slow_down") // the interval is ten seconds now
	p.s.Advance(15 * time.Second)
	wantError(t, poll(), "authorization_pending")
	if len(p.s.Violations()) != 2 {
		t.Errorf("violations %q", p.s.Violations())
	}
	v, err := Browser(nil, p.s.URL(Verify), func(r *Robot) { r.User, r.UserCode = "grace", strings.ToLower(strings.ReplaceAll(userCode, "-", "")) })
	if err != nil || !strings.Contains(v.Page, "Device connected") {
		t.Fatalf("%v, %s", err, v.Page)
	}
	p.s.Advance(15 * time.Second)
	a := poll()
	if got := get(t, p.s.API(), "Authorization", "Bearer "+a.text("access_token")); got.text("user") != "grace" {
		t.Errorf("token %s, API %s", a.body, got.body)
	}
	p.s.Advance(15 * time.Second)
	wantError(t, poll(), "invalid_grant")

	_, userCode, poll = p.begin()
	if v, err := Browser(nil, p.s.URL(Verify)+"?user_code="+userCode, func(r *Robot) { r.Deny = true }); err != nil || !strings.Contains(v.Page, "Access refused") {
		t.Errorf("%v, %s", err, v.Page)
	}
	wantError(t, poll(), "access_denied")

	_, userCode, poll = p.begin()
	p.s.Advance(time.Hour)
	wantError(t, poll(), "expired_token")
	if p.s.Decide(userCode, "ada", Allow) {
		t.Error("an expired code was waiting")
	}
	if v, err := Browser(nil, p.s.URL(Verify)+"?user_code="+userCode); err != nil || v.Status != http.StatusForbidden {
		t.Errorf("%v, %d", err, v.Status)
	}
}

// TestDeviceWithOAuth2 lets x/oauth2 poll a server that decides by itself.
func TestDeviceWithOAuth2(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) { b.Device.Decision, b.Device.Interval = Allow, time.Second }})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, err := p.config.DeviceAuth(ctx)
	if err != nil {
		t.Fatal(err)
	}
	token, err := p.config.DeviceAccessToken(ctx, d)
	if err != nil || token.RefreshToken == "" {
		t.Errorf("token %+v, %v", token, err)
	}
}

// TestDeviceRules are polls that the server answers by count.
func TestDeviceRules(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) {
		b.Device = DeviceRules{Decision: Deny, After: 2, SlowDown: 1, Lifetime: time.Minute, OmitInterval: true, Interval: time.Second}
	}})
	_, _, poll := p.begin()
	for _, want := range []string{"slow_down", "authorization_pending", "access_denied"} {
		wantError(t, poll(), want)
		p.s.Advance(11 * time.Second)
	}
	a := post(t, p.s.URL(Device), "client_id", PublicClient)
	if _, there := a.doc["interval"]; there {
		t.Errorf("answer %s", a.body)
	}
}

// TestPush checks pushed authorization requests.
func TestPush(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) { b.Push.Required = true }})
	verifier := oauth2.GenerateVerifier()
	push := func(more ...string) answer {
		return post(t, p.s.URL(Push), append([]string{
			"client_id", PublicClient, "response_type", "code", "redirect_uri", p.config.RedirectURL, "scope", "read", "state", "a-state-of-enough-characters",
			"code_challenge", oauth2.S256ChallengeFromVerifier(verifier), "code_challenge_method", "S256",
		}, more...)...)
	}
	open := func(uri, more string) Visit {
		t.Helper()
		v, err := Browser(nil, p.s.URL(Authorize)+"?client_id="+PublicClient+"&request_uri="+uri+more, func(r *Robot) { r.Callback = func(string) string { return "" } })
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a := push()
	if a.status != http.StatusCreated || a.doc["expires_in"] != 60.0 {
		t.Fatalf("answer %d %s", a.status, a.body)
	}
	if v := open(a.text("request_uri"), ""); !strings.Contains(v.Callback, "code=canary-code-") {
		t.Errorf("callback %q, page %s", v.Callback, v.Page)
	}
	if v := open(a.text("request_uri"), "&scope=write"); !strings.Contains(v.Callback, "error=invalid_request_uri") || len(p.s.Violations()) != 1 {
		t.Errorf("used again: %q, violations %q", v.Callback, p.s.Violations())
	}
	a = push()
	p.s.Advance(2 * time.Minute)
	if v := open(a.text("request_uri"), ""); !strings.Contains(v.Callback, "error=invalid_request_uri") {
		t.Errorf("expired: %q", v.Callback)
	}
	if v := open("urn:ietf:params:oauth:request_uri:nothing", ""); v.Callback != "" || v.Status != http.StatusBadRequest {
		t.Errorf("unknown: %q", v.Callback)
	}
	wantError(t, push("request_uri", "urn:x"), "invalid_request")
	wantError(t, push("resource", "https://unknown.example"), "invalid_target")
	wantError(t, push("scope", "twice"), "invalid_request")
}
