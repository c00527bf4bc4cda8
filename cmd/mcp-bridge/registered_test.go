package main

import (
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// TestServerForgetsTheClient: a server that forgets clients which registered by
// themselves costs a person one sign-in, not their patience.
func TestServerForgetsTheClient(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.found("api")
	r.login()
	client := func() string {
		t.Helper()
		all := r.Requests(oauthtest.Authorize)
		return all[len(all)-1].Value("client_id")
	}
	first := client()
	r.login()
	if client() != first {
		t.Errorf("registered again without need: %s, %s", first, client())
	}

	r.RemoveClient(first)
	r.Advance(2 * time.Hour)
	if _, said, code := r.try(nil, "call", "whoami"); code != 4 || !strings.Contains(said, "mcp-bridge login api") {
		t.Errorf("call: exit %d\n%s", code, said)
	}
	r.login()
	second := client()
	if second == first {
		t.Error("the forgotten client is used again")
	}
	if _, said, code := r.try(nil, "call", "whoami"); code != 0 {
		t.Errorf("call: exit %d\n%s", code, said)
	}

	// A server that says so on a page of its own: the person sees it, we see nobody.
	r.RemoveClient(second)
	if _, said, code := r.try(nil, "login", "--timeout", "2s"); code != 1 {
		t.Errorf("login: exit %d\n%s", code, said)
	}
	r.login()
	if client() == second {
		t.Error("the forgotten client is used again")
	}

	// A server that says so before a page is shown.
	r.RemoveClient(client())
	r.Set(func(b *oauthtest.Behaviour) { b.Push.Required = true })
	if _, said, code := r.try(nil, "login"); code != 0 {
		t.Errorf("login: exit %d\n%s", code, said)
	}
}

// TestStepUpDuringACall: the backend wants more than was granted, the person agrees, and
// the result says nothing of what was wrong before.
func TestStepUpDuringACall(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.scoped(`"openid", "read"`)
	r.login()
	s := r.serve()
	got := s.call("write")
	if got.IsError || !strings.Contains(got.text(), "/scoped/write") || strings.Contains(got.text(), "sign-in needed") {
		t.Errorf("%+v", got)
	}
	if want := "openid read write"; r.asked() != want {
		t.Errorf("asked for %q, not the union %q", r.asked(), want)
	}
	if got := s.call("whoami"); got.IsError || len(r.tabs()) != 2 {
		t.Errorf("%d tabs, %+v", len(r.tabs()), got)
	}
}

// TestWaysOfLogin: flags that mean different ways are a mistake in the command line.
func TestWaysOfLogin(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	for _, flags := range [][]string{{"--web", "--device"}, {"--with-token", "--web"}, {"--with-token", "--device"}} {
		if _, said, code := r.try(nil, append([]string{"login"}, flags...)...); code != 2 {
			t.Errorf("%q: exit %d\n%s", flags, code, said)
		}
	}
}
