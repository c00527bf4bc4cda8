package oauthflow

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// withServer starts a whole authorization server and returns a flow for it.
func withServer(t *testing.T, set func(*oauthtest.Behaviour)) (*oauthtest.Server, *Flow) {
	t.Helper()
	s, err := oauthtest.Start(oauthtest.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	f, err := New(Config{Issuer: s.Issuer(), ClientID: oauthtest.PublicClient, Scopes: []string{"openid", "email", "read"},
		Network: Network{Named: []string{"127.0.0.1"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

// by opens with a robot and hands on where it ended.
func by(r oauthtest.Robot) (func(context.Context, string) error, chan oauthtest.Visit) {
	ended := make(chan oauthtest.Visit, 1)
	return func(ctx context.Context, address string) error {
		// The sign-in ends as soon as the last page is sent: reading it must not.
		visit, err := r.Visit(context.WithoutCancel(ctx), address)
		ended <- visit
		return err
	}, ended
}

// A whole sign-in with a whole server, for every way in which it goes on and ends.
func TestLogin(t *testing.T) {
	for _, c := range []struct {
		name      string
		robot     oauthtest.Robot
		set       func(*oauthtest.Behaviour)
		kind      Kind
		exchanges int
		status    int
		says      string
	}{
		{name: "allowed", exchanges: 1, status: 200, says: "signed in"},
		{name: "forged first", robot: oauthtest.Robot{Forge: 100}, exchanges: 1, status: 200, says: "signed in"},
		{name: "loaded twice", robot: oauthtest.Robot{Twice: true}, exchanges: 1, status: 410, says: "already finished"},
		{name: "declined", robot: oauthtest.Robot{Deny: true}, kind: Denied, status: 403, says: "declined"},
		{name: "iss missing", set: func(b *oauthtest.Behaviour) { b.Authorization.ISS = oauthtest.ISSAbsent }, kind: IssuerMismatch, status: 502, says: "another sign-in server"},
		{name: "iss of another", set: func(b *oauthtest.Behaviour) { b.Authorization.ISS = oauthtest.ISSWrong }, kind: IssuerMismatch, status: 502, says: "another sign-in server"},
		{name: "iss of another, declined", robot: oauthtest.Robot{Deny: true}, set: func(b *oauthtest.Behaviour) { b.Authorization.ISS = oauthtest.ISSWrong }, kind: IssuerMismatch, status: 502, says: "another sign-in server"},
		{name: "code of another", set: func(b *oauthtest.Behaviour) { b.Authorization.AnswerPlainCode = "unknown" }, kind: InvalidGrant, exchanges: 1, status: 502, says: "refused"},
		{name: "wrong nonce", set: func(b *oauthtest.Behaviour) { b.LoginIDToken.Override = map[string]any{"nonce": "x"} }, kind: Unusable, exchanges: 1, status: 502, says: "did not work"},
		{name: "pushed", set: func(b *oauthtest.Behaviour) { b.Push.Required = true }, exchanges: 1, status: 200, says: "signed in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f := withServer(t, c.set)
			open, ended := by(c.robot)
			stored := 0
			started := func(address string) {
				u, _ := url.Parse(address)
				if to, _ := url.Parse(u.Query().Get("redirect_uri")); to.Host != "" && !listens(to.Host) {
					t.Error("the address is told before the listener is bound")
				}
			}
			token, err := f.Login(t.Context(), LoginOptions{Timeout: patience, Started: started, Open: open, AppName: "Sample API", Command: "mcp-bridge login sample",
				Store: func(context.Context, Token) error { stored++; return nil }})
			if kindOf(err) != c.kind || c.kind == "" && err != nil {
				t.Errorf("error %v", err)
			}
			visit := <-ended
			if visit.Status != c.status || !strings.Contains(visit.Page, c.says) {
				t.Errorf("page %d at %s:\n%s", visit.Status, visit.Address, visit.Page)
			}
			if c.kind == "" && (token.Identity == "" || stored != 1 || !s.Alive(token.Access.Reveal())) || c.kind != "" && (!token.Access.IsZero() || stored != 0) {
				t.Errorf("token %+v, stored %d times", token, stored)
			}
			if n := s.Grants("authorization_code"); n != c.exchanges {
				t.Errorf("%d exchanges", n)
			}
			for _, text := range append(s.Secrets(), oauthtest.Marker) {
				if strings.Contains(visit.Page, text) {
					t.Errorf("the page has a secret")
				}
				if err != nil && strings.Contains(err.Error(), text) {
					t.Errorf("%v has a secret", err)
				}
			}
			if v := s.Violations(); len(v) > 0 {
				t.Errorf("violations: %q", v)
			}
			if u, _ := url.Parse(visit.Callback); listens(u.Host) {
				t.Error("still listens")
			}
			noneLeft(t)
		})
	}
}

// L2, L3: a pinned port is the one that the server hears of; localhost works where it
// means the second family alone.
func TestLoginAtTheConfiguredRedirect(t *testing.T) {
	needIPv6(t)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			l, err := listen(Redirect{Host: "localhost"})
			if err != nil {
				t.Fatal(err)
			}
			port := portNumber(t, l.listeners[0])
			l.close()
			s, err := oauthtest.Start(oauthtest.Options{Clients: []oauthtest.Client{{ID: "pinned", Redirects: []string{fmt.Sprintf("http://%s:%d/cb", host, port)}}},
				Set: func(b *oauthtest.Behaviour) { b.Authorization.ExactPort = true }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			f, err := New(Config{Issuer: s.Issuer(), ClientID: "pinned", Redirect: Redirect{Host: host, Port: port, Path: "/cb"},
				Network: Network{Named: []string{"127.0.0.1"}}})
			if err != nil {
				t.Fatal(err)
			}
			six := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, strings.Replace(address, "localhost", "[::1]", 1))
			}}
			defer six.CloseIdleConnections()
			open, ended := by(oauthtest.Robot{Client: &http.Client{Transport: six}})
			token, err := f.Login(t.Context(), LoginOptions{Timeout: patience, Open: open})
			if visit := <-ended; err != nil || visit.Status != 200 {
				t.Errorf("error %v, page %d %s", err, visit.Status, visit.Page)
			}
			if want := fmt.Sprintf("http://%s:%d/cb", host, port); token.RedirectURI != want {
				t.Errorf("redirect URI %s", token.RedirectURI)
			}
		})
	}
}

// A pushed request that ran out while the person was away is pushed once more.
func TestLoginPushesAgain(t *testing.T) {
	s, f := withServer(t, func(b *oauthtest.Behaviour) { b.Push.Required, b.Consent = true, oauthtest.Allow })
	open, ended := by(oauthtest.Robot{})
	_, err := f.Login(t.Context(), LoginOptions{Timeout: patience, Open: open, Started: func(string) { s.Advance(2 * time.Minute) }})
	if visit := <-ended; err != nil || visit.Status != 200 {
		t.Errorf("error %v after %d %s", err, visit.Status, visit.Page)
	}
	if n := s.Count(oauthtest.Push); n != 2 {
		t.Errorf("pushed %d times", n)
	}
}

// Nothing is opened where there is nothing to sign in to, and the listener is closed.
func TestLoginThatCannotBegin(t *testing.T) {
	for name, set := range map[string]func(*oauthtest.Behaviour){
		"no PKCE": func(b *oauthtest.Behaviour) { b.Metadata.PKCE = nil },
		"unusable endpoint": func(b *oauthtest.Behaviour) {
			b.Metadata.Override = map[string]any{"authorization_endpoint": "javascript:alert(1)"}
		},
		"plain http elsewhere": func(b *oauthtest.Behaviour) {
			b.Metadata.Override = map[string]any{"authorization_endpoint": "http://as.example/authorize"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, f := withServer(t, set)
			never := func(address string) { t.Errorf("shown: %s", address) }
			_, err := f.Login(t.Context(), LoginOptions{Started: never, Open: func(_ context.Context, a string) error { never(a); return nil }})
			if kind := kindOf(err); kind != NoPKCE && kind != Unusable {
				t.Errorf("error %v", err)
			}
			if n := s.Grants("authorization_code"); n != 0 {
				t.Errorf("%d exchanges", n)
			}
			noneLeft(t)
		})
	}
	t.Run("port busy", func(t *testing.T) {
		l, err := listen(Redirect{Host: "127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.close()
		s, _ := withServer(t, nil)
		f, err := New(Config{Issuer: s.Issuer(), ClientID: oauthtest.PublicClient, Redirect: Redirect{Port: portNumber(t, l.listeners[0])},
			Network: Network{Named: []string{"127.0.0.1"}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Login(t.Context(), LoginOptions{}); kindOf(err) != PortBusy {
			t.Errorf("error %v", err)
		}
		if n := len(s.Requests()); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}
