package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// TestRowL5: a hundred callbacks that others have made up neither finish nor end a
// login that waits; the right one does.
func TestRowL5(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	ready := r.home + "/go"
	r.browser("forge=100 hold=" + ready)
	done := r.start("login")
	until(t, "a tab is open", func() bool { return len(r.tabs()) == 1 })
	page, err := url.Parse(r.tabs()[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	to, state := page.Query().Get("redirect_uri"), page.Query().Get("state")
	client := &http.Client{Timeout: patience}
	for i := range 100 { // besides those of the robot, which comes with the right one
		method, address := http.MethodGet, to+fmt.Sprintf("?code=forged-%d&state=forged-%d", i, i)
		switch i % 8 {
		case 1:
			method = http.MethodPost
		case 2:
			address = to + "?code=forged"
		case 3:
			address = to + "?error=access_denied&state=" + strings.ToLower(state) + "x"
		case 4:
			address = strings.Replace(to, "/oauth/callback", "/oauth/callbac", 1) + "?code=forged&state=" + state
		case 5:
			address = to + "?code=forged&state=" + state + "&state=" + state
		case 6:
			address = to + "?state=" + state // neither a code nor an error
		case 7:
			method = http.MethodHead
		}
		req, err := http.NewRequest(method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if i%8 == 7 {
			req.Host = "evil.example"
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatalf("callback %d: %v", i, err)
		}
		_ = res.Body.Close()
		if res.StatusCode/100 != 4 {
			t.Errorf("callback %d: status %d", i, res.StatusCode)
		}
	}
	r.write("go", "")
	if said, code := done(); code != 0 || !strings.Contains(said, "signed in as ada@example.test") {
		t.Fatalf("login: exit %d\n%s", code, said)
	}
	if r.Grants("authorization_code") != 1 || len(r.Violations()) != 0 {
		t.Errorf("%d exchanges, %q", r.Grants("authorization_code"), r.Violations())
	}
	if _, said, code := r.try(nil, "call", "whoami"); code != 0 {
		t.Errorf("call: exit %d\n%s", code, said)
	}
}

// start starts a command and returns how to wait for its end.
func (p *person) start(args ...string) func() (said string, code int) {
	p.t.Helper()
	_, done := p.started(args...)
	return done
}

func (p *person) started(args ...string) (*os.Process, func() (said string, code int)) {
	p.t.Helper()
	cmd := exec.Command(binary(p.t), args...)
	cmd.Env = p.environ()
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	p.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	return cmd.Process, func() (string, int) {
		p.t.Helper()
		select {
		case <-ended:
		case <-time.After(patience):
			p.t.Fatalf("mcp-bridge %s does not end", strings.Join(args, " "))
		}
		return said.String(), cmd.ProcessState.ExitCode()
	}
}

// TestRowL6: the issuer of an authorization response (RFC 9207), for successes and
// errors. On a mismatch the token endpoint is not touched, and the text of the error
// is not shown.
func TestRowL6(t *testing.T) {
	t.Parallel()
	const told = "told-by-nobody-known"
	for _, c := range []struct {
		name       string
		advertised bool
		iss        oauthtest.ISS
		good       bool
	}{
		{"advertised, right", true, oauthtest.ISSRight, true},
		{"advertised, wrong", true, oauthtest.ISSWrong, false},
		{"advertised, a slash more", true, oauthtest.ISSSlash, false},
		{"advertised, absent", true, oauthtest.ISSAbsent, false},
		{"unadvertised, right", false, oauthtest.ISSRight, true},
		{"unadvertised, wrong", false, oauthtest.ISSWrong, false},
		{"unadvertised, absent", false, oauthtest.ISSAbsent, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newSigner(t, oauthtest.Options{})
			for _, fault := range []string{"access_denied", ""} { // the success comes last: it stays signed in
				r.Set(func(b *oauthtest.Behaviour) {
					b.Authorization.ISSAdvertised, b.Authorization.ISS = c.advertised, c.iss
					b.Authorization.Error, b.Authorization.Description = fault, ""
					if fault != "" {
						b.Authorization.Description = told
					}
				})
				_, said, code := r.try(nil, "login")
				if want := map[bool]int{true: 0, false: 1}[c.good && fault == ""]; code != want {
					t.Errorf("error %q: exit %d\n%s", fault, code, said)
				}
				if fault != "" && strings.Contains(said, told) && !c.good {
					t.Errorf("the text of an unknown sender is shown:\n%s", said)
				}
				if n, want := r.Count(oauthtest.Token), map[bool]int{true: 1, false: 0}[c.good && fault == ""]; n != want {
					t.Errorf("error %q: %d requests at the token endpoint", fault, n)
				}
			}
			if len(r.tabs()) != 2 {
				t.Errorf("%d tabs", len(r.tabs()))
			}
		})
	}
}

// TestRowL9: eight servers with ten calls each that all need the same sign-in open one
// tab, and all go on after consent. A no is shared by all, and an hour sees three tabs.
func TestRowL9(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.browser("hold=" + r.home + "/go")
	all := r.servers(8)
	done := make(chan struct{})
	failed := 0
	go func() {
		defer close(done)
		everyone(all, 10, func(c called) {
			if c.IsError {
				failed++
				t.Logf("%+v", c)
			}
		})
	}()
	until(t, "a tab is open", func() bool { return len(r.tabs()) > 0 })
	r.write("go", "")
	<-done
	if n := len(r.tabs()); n != 1 || failed != 0 || r.Grants("authorization_code") != 1 {
		t.Fatalf("%d tabs, %d calls failed, %d exchanges", n, failed, r.Grants("authorization_code"))
	}

	// Signed out again and again: two more tabs in this hour, whoever asks, and no fourth.
	for i := range 3 {
		r.run("", "logout")
		everyone(all, 2, func(c called) {
			if c.IsError != (i == 2) || c.IsError && c.kind() != "sign-in-needed" {
				t.Errorf("after logout %d: %+v", i+1, c)
			}
		})
	}
	if n := len(r.tabs()); n != 3 {
		t.Errorf("%d tabs in an hour", n)
	}

	// A typed login is nothing of that, and begins the hour anew. Then the person says
	// no, once for all.
	r.login()
	r.run("", "logout")
	r.browser("deny")
	r.Set(func(b *oauthtest.Behaviour) { b.Consent = oauthtest.Ask })
	before := len(r.tabs())
	again := r.servers(8) // the browser of config.toml is read at the start
	for range 2 {
		everyone(again, 10, func(c called) {
			if !c.IsError || c.kind() != "sign-in-needed" || !strings.Contains(c.text(), "mcp-bridge login api") {
				t.Errorf("after a no: %+v", c)
			}
		})
	}
	if n := len(r.tabs()) - before; n != 1 {
		t.Errorf("%d tabs for a person who declined", n)
	}
	r.browser("")
	r.Set(func(b *oauthtest.Behaviour) { b.Consent = oauthtest.Allow })
	r.login()
	everyone(again, 1, func(c called) {
		if c.IsError {
			t.Errorf("after login: %+v", c)
		}
	})
}

// TestSignInOutlivesServer: the client kills the server, without warning, while the
// person signs in. The person finishes, and the next server has the token.
func TestSignInOutlivesServer(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.browser("hold=" + r.home + "/go")
	h := r.serve()
	h.send(toolCall("1", "whoami", ""))
	until(t, "a tab is open", func() bool { return len(r.tabs()) == 1 })
	h.kill()
	next := r.serve() // waits for the same sign-in
	c := make(chan called, 1)
	go func() { c <- next.call("whoami") }()
	r.write("go", "")
	if got := <-c; got.IsError {
		t.Errorf("the next server: %+v", got)
	}
	if got := r.serve().call("whoami"); got.IsError || len(r.tabs()) != 1 || r.Grants("authorization_code") != 1 {
		t.Errorf("%+v, %d tabs", got, len(r.tabs()))
	}
}

// TestSignInHelperKilled: what owns the sign-in is killed. All who wait for it hear so,
// and the next call begins another.
func TestSignInHelperKilled(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.browser("hold=" + r.home + "/go")
	all := r.servers(4)
	done := make(chan struct{})
	go func() {
		defer close(done)
		everyone(all, 3, func(c called) {
			if !c.IsError || c.kind() != "sign-in-needed" || !strings.Contains(c.text(), "mcp-bridge login api") {
				t.Errorf("after the helper was killed: %+v", c)
			}
		})
	}()
	until(t, "a tab is open and all wait", func() bool { return len(r.tabs()) == 1 && waiting(all) == 12 })
	helper, err := os.FindProcess(r.tabs()[0].PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Kill(); err != nil {
		t.Fatal(err)
	}
	<-done
	r.write("go", "")
	everyone(all, 3, func(c called) {
		if c.IsError {
			t.Errorf("the next call: %+v", c)
		}
	})
	if n := len(r.tabs()); n != 2 || r.Grants("authorization_code") != 1 {
		t.Errorf("%d tabs, %d exchanges", n, r.Grants("authorization_code"))
	}
}
