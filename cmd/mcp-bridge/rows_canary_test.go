package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// TestSignInCanaries: no code, verifier, token, client secret or key of DPoP appears in
// what is printed with -v, in results, in files, in what a browser or a helper is
// started with, or in the dump of a process that is told to dump itself.
func TestSignInCanaries(t *testing.T) {
	t.Parallel()
	const noted = "secret-of-the-client-4711"
	r := newSigner(t, oauthtest.Options{Clients: []oauthtest.Client{
		{ID: "backend", Secret: noted, Confidential: true, Redirects: []string{"http://127.0.0.1/oauth/callback"}},
		{ID: oauthtest.PublicClient, Redirects: []string{"http://127.0.0.1/oauth/callback"}},
	}})
	r.Set(func(b *oauthtest.Behaviour) {
		b.Push.Required = true
		b.DPoP.ServerNonce, b.DPoP.APINonce = true, true
		b.Device.Decision, b.Device.Interval = oauthtest.Allow, time.Second
	})
	scopes := fmt.Sprintf("scopes = [\"openid\", \"offline_access\", \"read\"]\nresource = %q\n", r.API())
	r.profile("api", r.API(), "id = \"backend\"\nsecret = { env = \"APP_SECRET\" }\ndpop = true\n"+scopes, "")
	r.profile("public", r.API(), "id = \"desktop\"\n"+scopes, "")
	r.profile("dynamic", r.API(), scopes, "")
	r.more = []string{"APP_SECRET=" + noted} // whatever profile is meant, children do not get it
	w := &watched{signer: r}
	for _, name := range []string{"api", "public", "dynamic"} {
		w.run(0, "login", name)
		w.run(0, "call", "whoami", "--profile", name)
		r.KillAll(true)
		w.run(0, "call", "whoami", "--profile", name, "--json")
		w.run(0, "call", "whoami", "--profile", name, "--dry-run")
		w.run(0, "status", "--json")
		w.run(0, "logout", name)
	}
	w.run(0, "login", "public", "--device")
	w.run(0, "logout", "public")
	opened := len(r.tabs())
	w.helped()
	w.dumped()

	for i, one := range r.tabs() {
		w.seen.WriteString(strings.Join(one.Seen, "\n"))
		if strings.Contains(strings.Join(one.Seen, "\n"), noted) {
			t.Errorf("the browser of tab %d was given the client secret", i)
		}
		if i == opened && strings.Contains(strings.Join(one.Parent, "\n"), noted) {
			t.Errorf("the helper was given the client secret where others can see it")
		}
		if i == opened && !strings.Contains(strings.Join(one.Parent, "\n"), "sign-in") && runtime.GOOS == "linux" {
			t.Errorf("no helper: %q", one.Parent)
		}
	}
	if len(r.tabs()) <= opened {
		t.Error("no helper has opened a tab")
	}
	r.leaks("what was printed", w.seen.String())
	err := filepath.WalkDir(r.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if path != r.log { // it holds the environment of commands
			r.leaks(path, string(data))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if n := len(r.Secrets()); n < 40 {
		t.Errorf("only %d secrets were looked for", n)
	}
}

// watched is a person of whose commands everything is kept that they print.
type watched struct {
	*signer
	seen bytes.Buffer
}

// run runs a command that ends with that code; a failure may also be one of the network.
func (w *watched) run(want int, args ...string) {
	w.t.Helper()
	out, said, code := w.try(nil, append(args, "-v")...)
	w.seen.WriteString(out + said)
	if code != want && (want != 1 || code != 5) {
		w.t.Errorf("%q: exit %d\n%s%s", args, code, out, said)
	}
}

// serving starts a server for the profile api.
func (w *watched) serving() *host {
	w.t.Helper()
	return w.serve("-v", "--profile", "api")
}

// ends waits for the end of a server and keeps what it has said.
func (w *watched) ends(h *host) {
	h.ended()
	w.seen.WriteString(strings.Join(h.all(), "\n") + h.said.String())
}

// helped is a server that signs in by its helper, renews, and meets every failure.
func (w *watched) helped() {
	w.t.Helper()
	h := w.serving()
	if c := h.call("whoami"); c.IsError {
		w.t.Errorf("signing in during a call: %+v", c)
	}
	w.KillAll(true)
	h.call("whoami")
	for _, fault := range []oauthtest.Fault{{Echo: true, Status: 400}, {Echo: true, Status: 500}, {Body: "{\"access_token\":\"broken", Status: 200}} {
		w.Set(func(b *oauthtest.Behaviour) { b.Faults[oauthtest.Token] = fault })
		w.KillAll(true)
		h.call("whoami")
		w.run(1, "login", "public")
		w.Set(func(b *oauthtest.Behaviour) { delete(b.Faults, oauthtest.Token) })
	}
	w.Set(func(b *oauthtest.Behaviour) { b.Faults[oauthtest.API] = oauthtest.Fault{Echo: true, Status: 500} })
	h.call("whoami")
	w.Set(func(b *oauthtest.Behaviour) { delete(b.Faults, oauthtest.API) })
	_ = h.in.Close()
	w.ends(h)
}

// dumped are a server in the middle of a call and a login that waits, told to dump
// themselves.
func (w *watched) dumped() {
	w.t.Helper()
	if runtime.GOOS == "windows" {
		return // there is no such signal
	}
	w.run(0, "login", "api")
	h := w.serving()
	n := w.Count(oauthtest.API)
	h.send(toolCall("7", "hold", ""))
	if err := w.Await(w.t.Context(), oauthtest.API, n+2); err != nil { // the first is told the nonce
		w.t.Fatal(err)
	}
	_ = h.cmd.Process.Signal(syscall.SIGQUIT)
	w.ends(h)
	w.browser("hold=" + w.home + "/go")
	tabs := len(w.tabs())
	login, done := w.started("login", "api", "-v")
	until(w.t, "a tab is open", func() bool { return len(w.tabs()) > tabs })
	_ = login.Signal(syscall.SIGQUIT)
	w.write("go", "") // the browser has the same standard error
	said, _ := done()
	w.seen.WriteString(said)
	for _, dump := range []string{h.said.String(), said} {
		if !strings.Contains(dump, "goroutine ") {
			w.t.Errorf("no dump: %s", tail(dump))
		}
	}
}

// leaks looks for every secret, in every form in which it travels.
func (r *signer) leaks(where, text string) {
	r.t.Helper()
	for _, secret := range r.Secrets() {
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte("backend:" + secret))} {
			if i := strings.Index(text, form); i >= 0 {
				r.t.Errorf("%s holds a secret: %q", where, text[max(0, i-200):min(len(text), i+len(form)+20)])
				break
			}
		}
	}
	for _, mark := range []string{"PRIVATE KEY", `"d":"`} { // of the keys of DPoP, which the server does not know
		if strings.Contains(text, mark) {
			r.t.Errorf("%s holds a key", where)
		}
	}
}
