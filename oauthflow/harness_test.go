package oauthflow

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// patience bounds what a test waits for and never gets.
const patience = 20 * time.Second

// needs skips a test whose real part is missing, or fails it where all parts must be
// there.
func needs(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
		t.Fatal(program + " is not installed")
	}
	t.Skip(program + " is not installed")
	return ""
}

// kindOf returns the kind of an *Error, or "".
func kindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// authority is an authorization server reduced to what a sign-in asks of it.
type authority struct {
	state     string
	token     Token
	err       error         // of the exchange
	hold      chan struct{} // the exchange waits for it; nil: does not
	exchanges atomic.Int32
	code      atomic.Value // the last one exchanged
	pushes    atomic.Int32 // how often a request may still run out
}

func newAuthority() *authority { return &authority{state: rand.Text()} }

func (s *authority) steps() steps {
	return steps{
		address: func() string { return "https://as.example/authorize?state=" + s.state },
		matches: func(state string) bool { return state == s.state },
		verify: func(q url.Values) (string, error) {
			switch q.Get("error") {
			case "":
				return q.Get("code"), nil
			case "access_denied":
				return "", fail(Denied, "authorize", nil)
			}
			return "", &Error{Kind: Refused, Stage: "authorize", Code: q.Get("error"), Description: q.Get("error_description")}
		},
		again: func(context.Context, error) bool { return s.pushes.Add(-1) >= 0 },
		exchange: func(ctx context.Context, code string) (Token, error) {
			s.exchanges.Add(1)
			s.code.Store(code)
			if s.hold != nil {
				select {
				case <-s.hold:
				case <-ctx.Done():
					return Token{}, ctx.Err()
				}
			}
			return s.token, s.err
		},
	}
}

// pending is a sign-in that runs while the test plays the browser.
type pending struct {
	t         *testing.T
	authority string
	path      string
	state     string
	result    chan outcome
}

type outcome struct {
	token Token
	err   error
}

// begun starts a sign-in on a port of the kernel's choice.
func begun(t *testing.T, ctx context.Context, s *authority, o LoginOptions) *pending {
	t.Helper()
	l, err := listen(Redirect{Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	p := &pending{t: t, authority: l.authority, path: "/oauth/callback", state: s.state, result: make(chan outcome, 1)}
	started := make(chan struct{})
	then := o.Started
	o.Started = func(address string) {
		if then != nil {
			then(address)
		}
		close(started)
	}
	go func() {
		ctx, cancel := context.WithCancel(ctx)
		token, err := complete(ctx, l, p.path, s.steps(), o)
		l.close() // as Login does before it returns, and
		cancel()
		p.result <- outcome{token, err}
	}()
	<-started
	return p
}

// end waits for the sign-in's end.
func (p *pending) end() (Token, error) {
	p.t.Helper()
	select {
	case o := <-p.result:
		return o.token, o.err
	case <-time.After(patience):
		p.t.Fatal("the sign-in does not end")
		panic("unreachable")
	}
}

// waits fails the test when the sign-in has ended.
func (p *pending) waits() {
	p.t.Helper()
	select {
	case o := <-p.result:
		p.t.Fatalf("the sign-in ended: %v", o.err)
	default:
	}
}

// shownPage is what a browser got, after redirects.
type shownPage struct {
	status int
	header http.Header
	body   string
	path   string // where it ended
}

// browse is what a browser does with an address: it follows redirects.
func browse(t *testing.T, address string) shownPage {
	t.Helper()
	return request1(t, http.MethodGet, address, "", http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}})
}

func request1(t *testing.T, method, address, body string, header http.Header) shownPage {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return shownPage{resp.StatusCode, resp.Header, string(text), resp.Request.URL.RequestURI()}
}

// callback is the address to which the server sends the browser.
func (p *pending) callback(query string) string {
	return "http://" + p.authority + p.path + "?" + query
}

// good is the query of a server that agrees.
func (p *pending) good() string { return "code=c0de-canary&state=" + p.state }

// listens reports whether somebody listens at the address.
func listens(authority string) bool {
	c, err := net.DialTimeout("tcp", authority, time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// noneLeft fails when a goroutine of a sign-in still runs.
func noneLeft(t *testing.T) {
	t.Helper()
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
	for stack := range strings.SplitSeq(b.String(), "\n\n") {
		for _, name := range []string{"oauthflow.(*visit)", "oauthflow.(*login)", "oauthflow.(*keyForm)", "oauthflow.(*loopback)", "oauthflow.announce"} {
			if strings.Contains(stack, name) {
				t.Errorf("still runs:\n%s", stack)
			}
		}
	}
}
