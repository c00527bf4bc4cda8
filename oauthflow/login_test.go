package oauthflow

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// The page says what became of the sign-in, at an address that says nothing.
func TestThePageTellsTheTruth(t *testing.T) {
	broken := errors.New("the keychain is locked")
	for _, c := range []struct {
		name, query string
		exchange    error
		store       error
		status      int
		says        string
		kind        Kind
		err         error
	}{
		{name: "success", query: "code=c0de-canary", status: 200, says: "signed in"},
		{name: "denial", query: "error=access_denied&error_description=%3Cscript%3Eevil%3C%2Fscript%3E", status: 403, says: "declined", kind: Denied},
		{name: "server error", query: "error=server_error&error_description=%3Cscript%3Eevil%3C%2Fscript%3E", status: 502, says: "did not work", kind: Refused},
		{name: "exchange refused", query: "code=c0de-canary", exchange: fail(InvalidGrant, "exchange", nil), status: 502, says: "did not work", kind: InvalidGrant},
		{name: "unreachable", query: "code=c0de-canary", exchange: fail(Unreachable, "exchange", nil), status: 502, says: "did not answer", kind: Unreachable},
		{name: "issuer", query: "code=c0de-canary", exchange: fail(IssuerMismatch, "authorize", nil), status: 502, says: "another sign-in server", kind: IssuerMismatch},
		{name: "not stored", query: "code=c0de-canary", store: broken, status: 500, says: "could not be saved", err: broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newAuthority()
			s.err, s.token = c.exchange, Token{Access: secret.New("access-canary"), Refresh: secret.New("refresh-canary"), Identity: "ada@example.com"}
			stored := 0
			p := begun(t, t.Context(), s, LoginOptions{
				AppName: "Sample <API>", Account: "work", Command: "mcp-bridge login sample",
				Store: func(_ context.Context, got Token) error {
					stored++
					if got.Access != s.token.Access {
						t.Error("another token is stored")
					}
					return c.store
				},
			})
			got := browse(t, p.callback(c.query+"&state="+p.state))
			if got.status != c.status || got.path != "/done" || !strings.Contains(got.body, c.says) {
				t.Errorf("page %d at %s:\n%s", got.status, got.path, got.body)
			}
			isGuarded(t, "page", got.header)
			for _, never := range []string{"canary", p.state, "<script", "<API>"} {
				if strings.Contains(got.body, never) {
					t.Errorf("the page has %q", never)
				}
			}
			if wantCommand := c.status != 200; wantCommand != strings.Contains(got.body, "mcp-bridge login sample") {
				t.Errorf("command on the page: %t", !wantCommand)
			}
			if c.says != "could not be saved" && !strings.Contains(got.body, "Sample &lt;API&gt;") {
				t.Error("the page does not say for what it is")
			}
			token, err := p.end()
			if c.kind != "" && kindOf(err) != c.kind || c.kind == "" && !errors.Is(err, c.err) {
				t.Errorf("error %v", err)
			}
			if wantToken := c.kind == ""; wantToken == token.Access.IsZero() || wantToken != (stored == 1) {
				t.Errorf("token %t, stored %d times", !token.Access.IsZero(), stored)
			}
			if listens(p.authority) {
				t.Error("still listens")
			}
			noneLeft(t)
		})
	}
}

// A3: one use. A reload while the exchange runs waits for the same page.
func TestOneAnswerIsUsedOnce(t *testing.T) {
	s := newAuthority()
	s.hold = make(chan struct{})
	asked := make(chan struct{})
	p := begun(t, t.Context(), s, LoginOptions{Store: func(context.Context, Token) error { close(asked); return nil }})
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			req, _ := http.NewRequest("GET", p.callback(p.good()), nil)
			resp, err := (&http.Transport{}).RoundTrip(req)
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusSeeOther && resp.StatusCode != http.StatusGone {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	close(s.hold)
	all.Wait()
	<-asked
	if got := browse(t, p.callback(p.good())); got.status != http.StatusGone || !strings.Contains(got.body, "already finished") || !strings.Contains(got.body, "signed in") {
		t.Errorf("replayed: %d\n%s", got.status, got.body)
	}
	if got := browse(t, p.callback("error=access_denied&state="+p.state)); got.status != http.StatusGone {
		t.Errorf("a late denial: %d", got.status)
	}
	if got := browse(t, "http://"+p.authority+"/done"); got.status != 200 || got.header.Get("Connection") == "keep-alive" {
		t.Errorf("the last page: %d", got.status)
	}
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
	if n := s.exchanges.Load(); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

// A browser that goes away in the middle ends nothing: the exchange belongs to the
// sign-in.
func TestReloadDoesNotEndTheExchange(t *testing.T) {
	s := newAuthority()
	s.hold = make(chan struct{})
	p := begun(t, t.Context(), s, LoginOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		req, _ := http.NewRequestWithContext(ctx, "GET", p.callback(p.good()), nil)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
	}()
	for s.exchanges.Load() == 0 {
		time.Sleep(time.Millisecond) // until the request has arrived, not for how long
	}
	cancel()
	<-gone
	close(s.hold)
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
}

// A server that does not answer the exchange in time is one that cannot be reached.
func TestExchangeHasABudget(t *testing.T) {
	s := newAuthority()
	s.hold = make(chan struct{})
	l := &login{ctx: t.Context(), attempt: s.steps(), budget: 20 * time.Millisecond}
	if p := l.settle("code", nil); kindOf(l.err) != Unreachable || p.Tone != "failed" || exchangeTime != 15*time.Second {
		t.Errorf("error %v, page %q", l.err, p.Title)
	}
}

// A pushed request that ran out is pushed again, once, and the browser goes there.
func TestPushedAgain(t *testing.T) {
	s := newAuthority()
	s.pushes.Store(1)
	p := begun(t, t.Context(), s, LoginOptions{})
	expired := p.callback("error=invalid_request_uri&state=" + p.state)
	req, _ := http.NewRequest("GET", expired, nil)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if to := resp.Header.Get("Location"); resp.StatusCode != 303 || to != s.steps().address() {
		t.Errorf("%d to %q", resp.StatusCode, to)
	}
	p.waits()
	if got := browse(t, p.callback(p.good())); got.status != 200 {
		t.Errorf("page %d", got.status)
	}
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
}

// A6: an address that must not reach a browser is not told either.
func TestBadAddressIsNotShown(t *testing.T) {
	l, err := listen(Redirect{Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	bad := newAuthority().steps()
	bad.address = func() string { return "javascript:alert(1)" }
	never := func(string) { t.Error("the address is told") }
	_, err = complete(t.Context(), l, "/cb", bad, LoginOptions{Started: never, Open: func(_ context.Context, a string) error { never(a); return nil }})
	if kindOf(err) != Unusable {
		t.Errorf("error %v", err)
	}
}

// A configured path is the only one, whatever characters it has.
func TestConfiguredPath(t *testing.T) {
	for _, path := range []string{"/", "/cb", "/a b/ü", "/done", "/x%2fy"} {
		t.Run(path, func(t *testing.T) {
			l, err := listen(Redirect{Host: "127.0.0.1"})
			if err != nil {
				t.Fatal(err)
			}
			s := newAuthority()
			result := make(chan error, 1)
			go func() {
				_, err := complete(t.Context(), l, path, s.steps(), LoginOptions{})
				l.close()
				result <- err
			}()
			u := url.URL{Scheme: "http", Host: l.authority, Path: path, RawQuery: "code=x&state=" + s.state}
			if got := browse(t, u.String()); got.status != 200 || strings.Contains(got.path, "code") {
				t.Errorf("page %d at %s", got.status, got.path)
			}
			if err := <-result; err != nil {
				t.Error(err)
			}
		})
	}
}
