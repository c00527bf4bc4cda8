package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// certified is an authorization server that nobody here wrote (npm oidc-provider,
// OpenID certified), with rotation of refresh tokens and detection of their reuse,
// and an API that asks it about each token.
type certified struct {
	t           *testing.T
	Issuer, API string
	RobotSecret string
}

// counts is what the server has seen since it was asked to forget.
type counts struct {
	Refreshes, Codes, Devices, Revocations, Registrations, Pushed, Refused int
	Resources                                                              []string
}

func startCertified(t *testing.T, settings string) *certified {
	t.Helper()
	dir := nodeModules(t)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider")); err != nil {
		missing(t, "oidc-provider is not installed: npm ci in .ci/node")
	}
	cmd := exec.Command("node", filepath.Join(dir, "oidc.mjs"), settings)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", tail(said.String()))
		}
	})
	c := &certified{t: t}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, c) != nil {
		t.Fatalf("the server did not start: %v %s %s", err, line, said.String())
	}
	return c
}

func (c *certified) control(change string) (n counts) {
	c.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if change != "" {
		method, body = http.MethodPost, strings.NewReader(change)
	}
	req, err := http.NewRequest(method, c.API+"/control", body)
	if err != nil {
		c.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// profile is a profile with one tool that says who calls it.
func (c *certified) profile(client string) string {
	return fmt.Sprintf(`[server]
name = "certified"
baseUrl = %q
[[server.securitySchemes]]
id = "signIn"
type = "openIdConnect"
openIdConnectUrl = "%s/.well-known/openid-configuration"
[server.securitySchemes.client]
%s
[server.defaultUpstreamSecurity]
id = "signIn"
[[tools]]
name = "whoami"
description = "who calls"
[tools.requestTemplate]
url = "/whoami"
method = "GET"
`, c.API, c.Issuer, client)
}

const desktop = "id = \"desktop\"\nscopes = [\"openid\", \"email\", \"offline_access\", \"books:read\"]\n"

// withBrowser gives a person a real browser, which follows what it is told.
func withBrowser(t *testing.T, profile string) *person {
	t.Helper()
	dir := nodeModules(t)
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	p := newPerson(t)
	node := need(t, "node")
	p.write(".mcp-bridge/config.toml", fmt.Sprintf("keychain = \"file\"\nkeyFile = \"key\"\nbrowser = [%q, %q, \"{url}\"]\n", node, filepath.Join(dir, "browser.mjs")))
	p.write(".mcp-bridge/profiles/certified.toml", profile)
	p.more = []string{"CHROMIUM=" + chromium}
	p.run("", "use", "certified")
	return p
}

// try runs one command with more variables, and returns its exit code.
func (p *person) try(env []string, args ...string) (stdout, stderr string, code int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(p.t), args...)
	cmd.Env = append(p.environ(), env...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	_ = cmd.Run()
	return out.String(), said.String(), cmd.ProcessState.ExitCode()
}

// who calls whoami and returns what the API says.
func (p *person) who() (who map[string]string) {
	p.t.Helper()
	out, said, code := p.try(nil, "call", "whoami")
	if code != 0 || json.Unmarshal([]byte(out), &who) != nil {
		p.t.Fatalf("whoami: exit %d\n%s%s", code, out, said)
	}
	return who
}

// TestCertifiedServer signs in through real Chromium, refreshes, is denied, revokes.
func TestCertifiedServer(t *testing.T) {
	t.Parallel()
	s := startCertified(t, `{"accessTokenSeconds": 4}`)
	p := withBrowser(t, s.profile(desktop+fmt.Sprintf("resource = %q\n", s.API)))
	if _, said, code := p.try(nil, "call", "whoami"); code != 4 || !strings.Contains(said, "mcp-bridge login certified") {
		t.Fatalf("exit %d, %s", code, said)
	}
	if _, said, code := p.try([]string{"BROWSER_SAYS=no"}, "login"); code != 1 || !strings.Contains(said, "declined") {
		t.Fatalf("a denial: exit %d, %s", code, said)
	}
	_, said, code := p.try(nil, "login")
	if code != 0 || !strings.Contains(said, "signed in as ada@example.com at "+s.Issuer) {
		t.Fatalf("login: exit %d, %s", code, said)
	}
	if who := p.who(); who["who"] != "ada" || who["audience"] != s.API || who["kind"] != "Bearer" || !strings.Contains(who["scope"], "books:read") {
		t.Errorf("%v", who)
	}
	if n := s.control(""); n.Codes != 1 || !slices.Contains(n.Resources, s.API) {
		t.Errorf("%+v", n)
	}

	// Eight servers notice at once that the token has expired: one refresh, nobody is
	// logged out.
	servers := make([]*sdk, 8)
	for i := range servers {
		servers[i] = p.typescript("serve", "--no-input")
	}
	asking := p.typescript()
	time.Sleep(4100 * time.Millisecond)
	var group sync.WaitGroup
	for _, one := range servers {
		group.Go(func() {
			for range 5 {
				if got := one.call("whoami", "{}"); got.IsError {
					t.Errorf("%+v", got)
				}
			}
		})
	}
	group.Wait()
	if n := s.control(""); n.Refreshes != 1 || n.Refused != 0 {
		t.Errorf("after 8 × 5 calls: %+v", n)
	}

	if _, said, code := p.try(nil, "logout"); code != 0 || !strings.Contains(said, "taken the tokens back") {
		t.Errorf("logout: exit %d, %s", code, said)
	}
	if got := servers[3].call("whoami", "{}"); !got.IsError || !strings.Contains(got.text(), "login") {
		t.Errorf("after the logout: %+v", got)
	}
	if n := s.control(""); n.Revocations == 0 {
		t.Errorf("%+v", n)
	}
	// A server that may open a browser does so during the call, and the person who signs
	// in there gets the answer.
	if got := asking.call("whoami", "{}"); got.IsError || !strings.Contains(got.text(), `"ada"`) {
		t.Errorf("signing in during a call: %+v", got)
	}
	if n := s.control(""); n.Codes != 2 {
		t.Errorf("%+v", n)
	}
	if got := servers[5].call("whoami", "{}"); got.IsError {
		t.Errorf("another server after that: %+v", got)
	}
}

// TestCertifiedDevice signs in on another device.
func TestCertifiedDevice(t *testing.T) {
	t.Parallel()
	s := startCertified(t, `{}`)
	p := withBrowser(t, s.profile(desktop))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), "login", "--device")
	cmd.Env = p.environ()
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	address, code := "", ""
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		all.WriteString(lines.Text() + "\n")
		line := strings.TrimSpace(lines.Text())
		if address == "" && strings.HasPrefix(line, "http") {
			address = line
		}
		if m := regexp.MustCompile(`^code: (\S+)$`).FindStringSubmatch(line); m != nil && code == "" {
			code = m[1]
			phone := exec.CommandContext(ctx, need(t, "node"), filepath.Join(nodeModules(t), "browser.mjs"), address)
			phone.Env = append(p.environ(), "BROWSER_CODE="+code)
			if out, err := phone.CombinedOutput(); err != nil {
				t.Errorf("the other device: %v %s", err, out)
			}
		}
	}
	if err := cmd.Wait(); err != nil || code == "" || !strings.Contains(all.String(), "signed in as ada") {
		t.Fatalf("%v: %s", err, all.String())
	}
	if who := p.who(); who["who"] != "ada" {
		t.Errorf("%v", who)
	}
	if n := s.control(""); n.Devices != 1 || n.Codes != 0 {
		t.Errorf("%+v", n)
	}
}

// TestCertifiedExtensions: pushed authorization requests, sender-constrained tokens,
// dynamic registration and the client's own credentials.
func TestCertifiedExtensions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, settings, client string
		check                  func(t *testing.T, s *certified, p *person, who map[string]string)
	}{
		{"PAR", `{"requirePAR": true}`, desktop, func(t *testing.T, s *certified, _ *person, _ map[string]string) {
			if n := s.control(""); n.Pushed != 1 {
				t.Errorf("%+v", n)
			}
		}},
		{"DPoP", `{"dpop": true, "accessTokenSeconds": 3}`, desktop + "dpop = true\n", func(t *testing.T, s *certified, p *person, who map[string]string) {
			if who["kind"] != "DPoP" {
				t.Errorf("%v", who)
			}
			time.Sleep(3100 * time.Millisecond)
			if who := p.who(); who["kind"] != "DPoP" || s.control("").Refreshes != 1 {
				t.Errorf("after a refresh: %v, %+v", who, s.control(""))
			}
		}},
		{"DCR", `{}`, "scopes = [\"openid\", \"email\", \"offline_access\"]\n", func(t *testing.T, s *certified, p *person, who map[string]string) {
			if n := s.control(""); n.Registrations != 1 || !strings.HasPrefix(who["client"], "dynamic-") {
				t.Errorf("%+v, %v", n, who)
			}
			// The registration is used again.
			if _, said, code := p.try(nil, "login"); code != 0 || s.control("").Registrations != 1 {
				t.Errorf("exit %d, %s, %+v", code, said, s.control(""))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startCertified(t, c.settings)
			p := withBrowser(t, s.profile(c.client))
			if _, said, code := p.try(nil, "login"); code != 0 {
				t.Fatalf("login: exit %d, %s", code, said)
			}
			who := p.who()
			if who["who"] != "ada" {
				t.Errorf("%v", who)
			}
			c.check(t, s, p, who)
		})
	}
	t.Run("client credentials", func(t *testing.T) {
		s := startCertified(t, `{}`)
		p := withBrowser(t, s.profile("id = \"robot\"\ngrant = \"clientCredentials\"\nsecret = { keychain = true }\n"))
		if _, said, code := p.try(nil, "call", "whoami"); code != 4 || !strings.Contains(said, "--scheme client:signIn") {
			t.Errorf("without its secret: exit %d, %s", code, said)
		}
		p.run(s.RobotSecret, "login", "certified", "--scheme", "client:signIn", "--with-token")
		if who := p.who(); who["who"] != "robot" {
			t.Errorf("%v", who)
		}
	})
}
