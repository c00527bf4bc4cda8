package oauthflow

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// tab is a page of a real browser, driven through its debugging pipe.
type tab struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	id      int
	session string
	loaded  int      // pages so far
	said    []string // what the browser complained about
}

// newTab starts a headless Chromium of its own and opens a tab.
func newTab(t *testing.T) *tab {
	t.Helper()
	name := needs(t, "chromium")
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirsToo, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, name, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--no-first-run", "--user-data-dir="+home, "--remote-debugging-pipe", "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.ExtraFiles = []*os.File{theirs, theirsToo}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), theirsToo.Close()
	c := &tab{t: t, to: to, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		c.session = ""
		c.call("Browser.close", nil, nil)
		_ = cmd.Wait()
		cancel()
		_, _ = to.Close(), from.Close()
	})
	var made struct{ TargetID, SessionID string }
	c.call("Target.createTarget", map[string]any{"url": "about:blank"}, &made)
	c.call("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &made)
	c.session = made.SessionID
	for _, domain := range []string{"Page", "Log", "Runtime"} {
		c.call(domain+".enable", nil, nil)
	}
	c.loaded = 0
	return c
}

// message is what the browser says: the answer to a call, or an event.
type message struct {
	ID     int
	Method string
	Params struct {
		Entry struct{ Source, Level, Text, URL string }
	}
	Result, Error json.RawMessage
}

func (c *tab) read() message {
	c.t.Helper()
	line, err := c.from.ReadBytes(0)
	if err != nil {
		c.t.Fatalf("the browser went away: %v", err)
	}
	var m message
	if err := json.Unmarshal(line[:len(line)-1], &m); err != nil {
		c.t.Fatal(err)
	}
	switch m.Method {
	case "Page.loadEventFired":
		c.loaded++
	case "Log.entryAdded":
		if e := m.Params.Entry; e.Level == "error" || e.Source == "security" {
			c.said = append(c.said, e.Text+" "+e.URL)
		}
	}
	return m
}

// call is try, and fails the test in place of returning an error.
func (c *tab) call(method string, params map[string]any, result any) {
	c.t.Helper()
	if err := c.try(method, params, result); err != nil {
		c.t.Fatal(err)
	}
}

// try sends a command and reads its result.
func (c *tab) try(method string, params map[string]any, result any) error {
	c.t.Helper()
	c.id++
	doc := map[string]any{"id": c.id, "method": method}
	if params != nil {
		doc["params"] = params
	}
	if c.session != "" {
		doc["sessionId"] = c.session
	}
	data, _ := json.Marshal(doc)
	if _, err := c.to.Write(append(data, 0)); err != nil {
		c.t.Fatal(err)
	}
	for {
		m := c.read()
		if m.ID != c.id {
			continue
		}
		if m.Error != nil {
			return fmt.Errorf("%s: %s", method, m.Error)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	}
}

// then does something and waits for the page that it leads to.
func (c *tab) then(do func()) {
	c.t.Helper()
	before := c.loaded
	do()
	for c.loaded == before {
		c.read()
	}
}

func (c *tab) open(address string) {
	c.t.Helper()
	c.then(func() { c.call("Page.navigate", map[string]any{"url": address}, nil) })
}

func (c *tab) typed(text string) {
	c.t.Helper()
	c.call("Input.insertText", map[string]any{"text": text}, nil)
}

func (c *tab) enter() {
	c.t.Helper()
	c.then(func() {
		for _, kind := range []string{"keyDown", "keyUp"} {
			c.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}, nil)
		}
	})
}

// eval returns what an expression is on the page, as text; "" while pages change.
func (c *tab) eval(expression string) string {
	c.t.Helper()
	var r struct{ Result struct{ Value any } }
	if c.try("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r) != nil {
		return ""
	}
	return fmt.Sprint(r.Result.Value)
}

// history are the addresses that the person could go back to.
func (c *tab) history() string {
	c.t.Helper()
	var h struct{ Entries []struct{ URL string } }
	c.call("Page.getNavigationHistory", nil, &h)
	return fmt.Sprint(h.Entries)
}

// A person signs in with a real browser: nothing of the answer stays in the address
// bar or the history, and the browser has nothing to complain about.
func TestLoginInChromium(t *testing.T) {
	for decision, says := range map[oauthtest.Decision]string{oauthtest.Allow: "signed in", oauthtest.Deny: "declined"} {
		t.Run(says, func(t *testing.T) {
			c := newTab(t)
			s, f := withServer(t, func(b *oauthtest.Behaviour) { b.Consent = decision })
			address := make(chan string, 1)
			result := make(chan error, 1)
			go func() {
				_, err := f.Login(t.Context(), LoginOptions{Timeout: time.Minute, AppName: "Sample API", Started: func(a string) { address <- a }})
				result <- err
			}()
			c.open(<-address)
			if html := c.eval("document.body.innerText"); !strings.Contains(html, says) || !strings.Contains(html, "Sample API") {
				t.Errorf("Chromium shows:\n%s", html)
			}
			if at := c.eval("location.pathname + location.search + document.referrer"); at != "/done" {
				t.Errorf("it is at %s", at)
			}
			if h := c.history(); strings.Contains(h, "state=") || strings.Contains(h, "code=") {
				t.Errorf("its history is %s", h)
			}
			// Transitions and colours come from the style sheet that the policy permits.
			if radius := c.eval("getComputedStyle(document.querySelector('main')).borderRadius"); radius == "0px" {
				t.Error("the page has no style")
			}
			if len(c.said) > 0 && decision == oauthtest.Allow {
				t.Errorf("it says %q", c.said)
			}
			if err := <-result; kindOf(err) != map[oauthtest.Decision]Kind{oauthtest.Deny: Denied}[decision] || decision == oauthtest.Allow && err != nil {
				t.Errorf("error %v", err)
			}
			if v := s.Violations(); len(v) > 0 {
				t.Errorf("violations: %q", v)
			}
		})
	}
}

// A person types a key into the form, forgets it first, and presses Enter.
func TestFormInChromium(t *testing.T) {
	c := newTab(t)
	a := ask(t, FormOptions{Origins: []string{"https://api.example"}}, nil)
	const focus = "document.querySelector('[type=password]').focus()" // autofocus may come later
	c.open(a.address)
	c.eval(focus)
	c.enter()
	if text := c.eval("document.body.innerText"); !strings.Contains(text, "the field was empty") {
		t.Errorf("Chromium shows:\n%s", text)
	}
	c.eval(focus)
	c.typed("key-of-chromium")
	if kind := c.eval("document.activeElement.type + document.activeElement.value"); kind != "passwordkey-of-chromium" {
		t.Errorf("typed into %s", kind)
	}
	c.enter()
	if text := c.eval("document.body.innerText"); !strings.Contains(text, "Saved") {
		t.Errorf("Chromium shows:\n%s", text)
	}
	if at := c.eval("location.pathname + location.search"); at != "/done" {
		t.Errorf("it is at %s", at)
	}
	if value, err := a.end(); err != nil || value.Reveal() != "key-of-chromium" {
		t.Errorf("error %v", err)
	}
}

// A hostile page knows everything, address, state and token, and still gets nowhere
// from a browser: frames, images, fetches and posts of another origin are refused.
func TestHostilePageInChromium(t *testing.T) {
	c := newTab(t)
	s := newAuthority()
	p := begun(t, t.Context(), s, LoginOptions{})
	a := ask(t, FormOptions{}, nil)
	token := a.token()
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/frame":
			fmt.Fprintf(w, `<iframe src="%s"></iframe><img src="%[1]s"><object data="%[1]s"></object>`, p.callback("code=evil&amp;state="+p.state))
		case "/post":
			fmt.Fprintf(w, `<form method="post" action="%s"><input name="token" value="%s"><input name="secret" value="evil"></form><script>document.forms[0].submit()</script>`, a.address, token)
		}
	}))
	defer evil.Close()
	for _, origin := range []string{evil.URL, strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)} {
		c.open(origin + "/frame")
		for _, target := range []string{p.callback("code=evil&state=" + p.state), a.address} {
			got := c.eval(fmt.Sprintf(`fetch(%q, {mode: "no-cors", credentials: "include"}).then(() => "sent", () => "refused")`, target))
			got += " " + c.eval(fmt.Sprintf(`fetch(%q).then(r => r.text(), () => "unreadable")`, target))
			if !strings.HasSuffix(got, " unreadable") {
				t.Errorf("%s reads %s", origin, got)
			}
		}
		c.call("Page.navigate", map[string]any{"url": origin + "/post"}, nil)
		for c.eval("location.href") != a.address || c.eval("document.readyState") != "complete" {
			c.read()
		}
		if text := c.eval("document.body.innerText"); !strings.Contains(text, "not the answer we are waiting for") {
			t.Errorf("a post from %s leads to:\n%s", origin, text)
		}
	}
	p.waits()
	select {
	case <-a.stored:
		t.Error("the form took another page's value")
	default:
	}
	if n := s.exchanges.Load(); n != 0 {
		t.Errorf("%d exchanges", n)
	}
	if u, _ := url.Parse(a.address); u != nil {
		a.post(url.Values{"action": {"cancel"}})
	}
	browse(t, p.callback(p.good()))
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
	_, _ = a.end()
}
