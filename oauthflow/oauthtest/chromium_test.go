package oauthtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// chromium is a real browser, driven through its debugging pipe.
type chromium struct {
	t      *testing.T
	out    *os.File
	in     *bufio.Reader
	id     int
	target string
}

// startChromium starts the browser, or skips where there is none.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	name, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatal("chromium is not installed")
		}
		t.Skip("chromium is not installed")
	}
	theirs, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, theirsToo, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, name, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--no-first-run", "--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, theirsToo}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), theirsToo.Close()
	c := &chromium{t: t, out: out, in: bufio.NewReader(in)}
	t.Cleanup(func() {
		c.call("Browser.close", nil)
		_ = cmd.Wait()
		cancel()
		_, _ = out.Close(), in.Close()
	})
	var made struct {
		TargetID  string `json:"targetId"`
		SessionID string `json:"sessionId"`
	}
	c.read(c.call("Target.createTarget", map[string]any{"url": "about:blank"}), &made)
	c.read(c.call("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}), &made)
	c.target = made.SessionID
	c.call("Page.enable", nil)
	return c
}

func (c *chromium) read(raw json.RawMessage, to any) {
	c.t.Helper()
	if err := json.Unmarshal(raw, to); err != nil {
		c.t.Fatal(err)
	}
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func (c *chromium) next() (message, error) {
	line, err := c.in.ReadBytes(0)
	if err != nil {
		return message{}, err
	}
	var m message
	return m, json.Unmarshal(line[:len(line)-1], &m)
}

// call sends a command and returns its result.
func (c *chromium) call(method string, params map[string]any) json.RawMessage {
	c.t.Helper()
	c.id++
	doc := map[string]any{"id": c.id, "method": method, "params": params}
	if params == nil {
		doc["params"] = map[string]any{}
	}
	if c.target != "" && method != "Browser.close" {
		doc["sessionId"] = c.target
	}
	data, _ := json.Marshal(doc)
	if _, err := c.out.Write(append(data, 0)); err != nil {
		c.t.Fatal(err)
	}
	for {
		m, err := c.next()
		if err != nil {
			c.t.Fatalf("%s: %v", method, err)
		}
		if m.ID == c.id {
			if m.Error != nil {
				c.t.Fatalf("%s: %s", method, m.Error)
			}
			return m.Result
		}
	}
}

// open loads an address and waits until the page is there.
func (c *chromium) open(address string) {
	c.t.Helper()
	c.call("Page.navigate", map[string]any{"url": address})
	for range 1000 {
		m, err := c.next()
		if err != nil {
			c.t.Fatal(err)
		}
		if m.Method == "Page.loadEventFired" {
			return
		}
	}
	c.t.Fatal(errors.New("the page does not load"))
}

// TestRealBrowser signs in with a real browser and its keyboard: the name goes into
// the field that has the focus, and Enter allows.
func TestRealBrowser(t *testing.T) {
	c := startChromium(t)
	p := newSignIn(t, Options{})
	address, arrived := p.listen()
	c.open(address)
	c.call("Page.bringToFront", nil)
	c.call("Runtime.evaluate", map[string]any{"awaitPromise": true, "expression": `new Promise(done => {
		const look = () => document.activeElement.name == "user" ? done() : setTimeout(look, 10)
		look()
	})`})
	c.call("Input.insertText", map[string]any{"text": "grace"})
	for _, kind := range []string{"keyDown", "keyUp"} {
		c.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"})
	}
	select {
	case q := <-arrived:
		if !strings.HasPrefix(q.Get("code"), Marker) || q.Get("state") != "state-1" {
			t.Errorf("callback %v", q)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the browser did not come back")
	}
	if r := p.s.Requests(Consent); len(r) != 1 || r[0].Form.Get("user") != "grace" || r[0].Form.Get("decision") != "allow" {
		t.Errorf("the form sent %+v", r)
	}
}
