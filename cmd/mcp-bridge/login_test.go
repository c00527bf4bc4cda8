package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// scoped writes the profile "api" for a client that asks for these scopes.
func (r *signer) scoped(scopes string) {
	r.t.Helper()
	r.profile("api", r.API(), fmt.Sprintf("id = %q\nscopes = [%s]\nresource = %q\n", oauthtest.PublicClient, scopes, r.API()), "[[tools]]\nname = \"write\"\nrequestTemplate = { url = \"/scoped/write\", method = \"GET\" }\n"+
		"[[tools]]\nname = \"admin\"\nrequestTemplate = { url = \"/scoped/admin\", method = \"GET\" }\n")
}

// asked are the scopes of the last authorization request.
func (r *signer) asked() string {
	r.t.Helper()
	all := r.Requests(oauthtest.Authorize)
	if len(all) == 0 {
		r.t.Fatal("nothing was asked for")
	}
	return all[len(all)-1].Value("scope")
}

// TestScopesOfTheNextLogin: what the profile does not name any more is not asked for
// again; what a backend demanded is, until the server refuses it.
func TestScopesOfTheNextLogin(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.scoped(`"openid", "read"`)
	r.login()
	r.scoped(`"openid"`)
	r.login()
	if got := r.asked(); got != "openid" {
		t.Errorf("a scope was taken out of the profile, and asked for is %q", got)
	}

	r.demand("write")
	r.login()
	if got := r.asked(); got != "openid write" {
		t.Errorf("the backend demanded write, and asked for is %q", got)
	}
	r.login()
	if got := r.asked(); got != "openid write" {
		t.Errorf("write is kept, and asked for is %q", got)
	}

	r.demand("admin")
	_, said, code := r.try(nil, "login")
	if code != 1 || !strings.Contains(said, "the profile does not name") || !strings.Contains(said, "admin") || !strings.Contains(said, "mcp-bridge login api") {
		t.Errorf("refused scopes: exit %d\n%s", code, said)
	}
	r.login()
	if got := r.asked(); got != "openid" {
		t.Errorf("after the refusal asked for is %q", got)
	}
}

// demand makes one call for which the backend wants another scope.
func (r *signer) demand(scope string) {
	r.t.Helper()
	if _, said, code := r.try(nil, "call", scope); code == 0 || !strings.Contains(said, scope) {
		r.t.Errorf("a call without the scope: exit %d\n%s", code, said)
	}
}

// TestLoginThatNobodyFinishes: the end is told in words, whatever the flow.
func TestLoginThatNobodyFinishes(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	for _, flag := range []string{"--no-browser", "--device"} {
		_, said, code := r.try(nil, "login", flag, "--timeout", "1s")
		if code != 1 || !strings.Contains(said, "nobody finished the sign-in within 1s") || !strings.Contains(said, "--timeout") {
			t.Errorf("%s: exit %d\n%s", flag, code, said)
		}
	}
	if _, said, code := r.try(nil, "login", "--timeout", "0s"); code != 2 {
		t.Errorf("no time at all: exit %d\n%s", code, said)
	}
}

// TestSchemesThatNobodyCanSignInTo: check says so, and login and call fail alike.
func TestSchemesThatNobodyCanSignInTo(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	for flow, why := range map[string]string{
		fmt.Sprintf("flows.password = { tokenUrl = \"%s/token\" }", r.Issuer()):             "password",
		fmt.Sprintf("flows.implicit = { authorizationUrl = \"%s/authorize\" }", r.Issuer()): "implicit",
	} {
		r.write(".mcp-bridge/profiles/old.toml", fmt.Sprintf("[server]\nname = \"old\"\nbaseUrl = %q\n[[server.securitySchemes]]\nid = \"s\"\ntype = \"oauth2\"\n%s\n[server.defaultUpstreamSecurity]\nid = \"s\"\n"+
			"[[tools]]\nname = \"whoami\"\nrequestTemplate = { url = \"/whoami\", method = \"GET\" }\n", r.API(), flow))
		out, _, code := r.try(nil, "check", "old")
		if code != 0 || !strings.Contains(out, "the security scheme \"s\" cannot be used") || !strings.Contains(out, why) {
			t.Errorf("check: exit %d\n%s", code, out)
		}
		for _, args := range [][]string{{"login", "old"}, {"call", "whoami", "--profile", "old"}} {
			if _, said, code := r.try(nil, args...); code != 1 || !strings.Contains(said, why) {
				t.Errorf("%q: exit %d\n%s", args, code, said)
			}
		}
	}
	// Found by the API (RFC 9728): nothing to warn of.
	r.found("found")
	if out, _, _ := r.try(nil, "check", "found"); !strings.Contains(out, "0 warnings") {
		t.Errorf("check: %s", out)
	}
	r.login("found")
	if _, said, code := r.try(nil, "call", "whoami", "--profile", "found"); code != 0 {
		t.Errorf("call: exit %d\n%s", code, said)
	}
}

// TestLogoutOfAProfileThatIsGone: its tokens are revoked at a server that only the
// profile had named.
func TestLogoutOfAProfileThatIsGone(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.login()
	if err := os.Remove(filepath.Join(r.home, ".mcp-bridge/profiles/api.toml")); err != nil {
		t.Fatal(err)
	}
	_, out, _ := r.try(nil, "status")
	if !strings.Contains(out, "mcp-bridge logout api --scheme signIn") {
		t.Errorf("status: %s", out)
	}
	_, said, code := r.try(nil, "logout", "api")
	if code != 0 || !strings.Contains(said, "the server has taken the tokens back") || r.Count(oauthtest.Revoke) != 2 {
		t.Errorf("logout: exit %d, %d revocations\n%s\n%s", code, r.Count(oauthtest.Revoke), out, said)
	}
}

// TestTokenWithoutAnEnd: what a server gives without an end and without a way to renew
// it, as GitHub's OAuth apps do, is used until a backend refuses it; then status says
// so, and a backend that takes it after all is believed.
func TestTokenWithoutAnEnd(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{Set: func(b *oauthtest.Behaviour) { b.Tokens.OmitExpiresIn, b.Tokens.NoRefresh = true, true }})
	r.login()
	state := func() string {
		t.Helper()
		out, _, _ := r.try(nil, "status")
		return strings.Fields(strings.Split(out, "\n")[1])[4] + " " + strings.Fields(strings.Split(out, "\n")[1])[6]
	}
	if got := state(); got != "signed-in -" {
		t.Errorf("after login: %q", got)
	}
	s := r.serve("--no-input")
	r.Advance(2 * time.Hour) // the server ends it after an hour
	if got := s.call("whoami"); !got.IsError || !strings.Contains(got.text(), "sign-in needed") {
		t.Errorf("the backend refuses it: %+v", got)
	}
	if got := state(); got != "expired -" {
		t.Errorf("refused: %q", got)
	}
	r.Advance(-2 * time.Hour)
	if got := s.call("whoami"); got.IsError {
		t.Errorf("the backend takes it: %+v", got)
	}
	if got := state(); got != "signed-in -" {
		t.Errorf("taken again: %q", got)
	}
}

// TestAPIThatAsksForDPoP: its resource metadata say that it takes bound tokens alone,
// and the profile says nothing.
func TestAPIThatAsksForDPoP(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{Set: func(b *oauthtest.Behaviour) {
		b.API.NeedDPoP, b.DPoP.Require, b.DPoP.ServerNonce, b.DPoP.APINonce = true, true, true, true
		b.ResourceMetadata.Override = map[string]any{"dpop_bound_access_tokens_required": true}
	}})
	r.found("found")
	r.run("", "use", "found")
	r.login()
	for range 2 {
		if _, said, code := r.try(nil, "call", "whoami"); code != 0 {
			t.Fatalf("call: exit %d\n%s", code, said)
		}
		r.Advance(2 * time.Minute) // within what the server bears
	}
}

// found writes a profile that says nothing about the authorization server.
func (r *signer) found(name string) {
	r.t.Helper()
	r.write(".mcp-bridge/profiles/"+name+".toml", fmt.Sprintf("[server]\nname = %q\nbaseUrl = %q\n[[server.securitySchemes]]\nid = \"s\"\ntype = \"oauth2\"\n[server.defaultUpstreamSecurity]\nid = \"s\"\n"+
		"[[tools]]\nname = \"whoami\"\nrequestTemplate = { url = \"/whoami\", method = \"GET\" }\n", name, r.API()))
}

// TestTwoCredentialsOfOneCall: a tool that needs a sign-in and a key together asks the
// person for both within one call.
func TestTwoCredentialsOfOneCall(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.profile("api", r.API(), r.public(), `[[server.securitySchemes]]
id = "one"
type = "apiKey"
in = "header"
name = "X-One"
[[tools]]
name = "both"
[tools.requestTemplate]
url = "/whoami"
method = "GET"
security = [[{ id = "signIn" }, { id = "one" }]]
`)
	typed := make(chan error, 1)
	go func() {
		until(t, "the page for the key is open", func() bool { return len(r.tabs()) == 2 })
		typed <- typeKey(r.tabs()[1].Address, "key-canary-12345")
	}()
	got := r.serve().call("both")
	if err := <-typed; err != nil {
		t.Fatal(err)
	}
	if got.IsError || !strings.Contains(got.text(), "X-One") || strings.Contains(got.text(), "key-canary-12345") {
		t.Errorf("after both: %+v", got)
	}
	if first := r.tabs()[0].Address; !strings.Contains(first, "/authorize?") {
		t.Errorf("the first tab: %s", first)
	}
}

// typeKey fills in the form of the page at that address, as a browser does.
func typeKey(address, key string) error {
	client := &http.Client{Timeout: patience}
	res, err := client.Get(address)
	if err != nil {
		return err
	}
	page, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return err
	}
	form := url.Values{"secret": {key}, "action": {"save"}}
	for _, m := range regexp.MustCompile(`name="(token)" value="([^"]+)"`).FindAllStringSubmatch(string(page), -1) {
		form.Set(m[1], m[2])
	}
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	at, err := url.Parse(address)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "http://"+at.Host)
	if res, err = client.Do(req); err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the form: %s", res.Status)
	}
	return nil
}

// TestLoginOnARemoteMachine: a code where the server has one, else how the person's
// browser reaches this machine; no window is opened there.
func TestLoginOnARemoteMachine(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.write(".mcp-bridge/config.toml", fileStore)
	ssh := []string{"SSH_CONNECTION=203.0.113.5 50000 198.51.100.7 22", "USER=ada"}
	for _, row := range []struct {
		args     []string
		endpoint any
		want     string
	}{
		{[]string{"login", "--timeout", "1s"}, r.URL(oauthtest.Device), "  code: "},
		{[]string{"login", "--timeout", "1s", "--no-browser"}, r.URL(oauthtest.Device), ":127.0.0.1:"},
		{[]string{"login", "--timeout", "1s"}, nil, " ada@198.51.100.7\n"},
	} {
		r.Set(func(b *oauthtest.Behaviour) {
			b.Metadata.Override = map[string]any{"device_authorization_endpoint": row.endpoint}
		})
		if _, said, code := r.try(ssh, row.args...); code != 1 || !strings.Contains(said, row.want) {
			t.Errorf("%q: exit %d\n%s", row.args, code, said)
		}
	}
	if _, said, code := r.try(nil, "use", "api/nobody"); code != 0 || !strings.Contains(said, "mcp-bridge login api --account nobody") {
		t.Errorf("use: exit %d\n%s", code, said)
	}
}

// TestStatusKeepsWhatATypoHides: whatever makes a profile or a scheme disappear for a
// moment, nobody is told to forget what is stored for it.
func TestStatusKeepsWhatATypoHides(t *testing.T) {
	const scheme = "[[server.securitySchemes]]\nid = \"%s\"\ntype = \"http\"\nscheme = \"bearer\"\n"
	const rest = "[[tools]]\nname = \"t\"\n[tools.requestTemplate]\nurl = \"https://api.example.com/\"\n[tools.requestTemplate.security]\nid = \"%s\"\n"
	profile := func(id string) string {
		return "[server]\nname = \"s\"\n" + fmt.Sprintf(scheme, id) + fmt.Sprintf(rest, id)
	}
	for name, c := range map[string]struct {
		change func(p *person)
		want   string
		forget bool
	}{
		"syntax":      {func(p *person) { p.write(".mcp-bridge/profiles/orders.toml", "[server\n") }, "mcp-bridge check orders", false},
		"unknown key": {func(p *person) { p.write(".mcp-bridge/profiles/orders.toml", "nmae = 1\n"+profile("apiToken")) }, "mcp-bridge check orders", false},
		"base is gone": {func(p *person) {
			p.write(".mcp-bridge/profiles/orders.toml", "extends = \"base\"\n"+profile("apiToken"))
		}, "mcp-bridge check orders", false},
		"document is gone": {func(p *person) {
			p.write(".mcp-bridge/profiles/orders.toml", profile("apiToken")+"[openapi]\nsource = \"x.yaml\"\n")
		}, "mcp-bridge check orders", false},
		"not a file":          {func(p *person) { p.rename("orders.toml", "x"); p.write(".mcp-bridge/profiles/orders.toml/x", "") }, "mcp-bridge check orders", false},
		"scheme is misspelt":  {func(p *person) { p.write(".mcp-bridge/profiles/orders.toml", profile("apiTokn")) }, "did you mean apiTokn", false},
		"profile is misspelt": {func(p *person) { p.rename("orders.toml", "order.toml") }, "renamed to order", false},
		"scheme is gone":      {func(p *person) { p.write(".mcp-bridge/profiles/orders.toml", profile("somethingElse")) }, "mcp-bridge logout orders", true},
		"profile is gone":     {func(p *person) { p.rename("orders.toml", "x") }, "mcp-bridge logout orders", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t)
			p.write(".mcp-bridge/profiles/orders.toml", profile("apiToken"))
			p.run("secret-4711\n", "login", "orders", "--with-token")
			c.change(p)
			out, _ := p.in(p.home, "status")
			if !strings.Contains(out, c.want) || strings.Contains(out, "logout") != c.forget || !strings.Contains(out, "stored") {
				t.Errorf("%s", out)
			}
			if name == "syntax" { // what is stored is still there
				p.write(".mcp-bridge/profiles/orders.toml", profile("apiToken"))
				if out, _ := p.in(p.home, "status"); !strings.Contains(out, "stored") || strings.Contains(out, "check") {
					t.Errorf("when it is fixed: %s", out)
				}
			}
		})
	}
	// A profile outside of the home's folder is not gone.
	p := newPerson(t)
	file := p.write("elsewhere/mine.toml", profile("apiToken"))
	p.run("secret-4711\n", "login", file, "--with-token")
	if out, _ := p.in(p.home, "status"); !strings.Contains(out, "stored") || strings.Contains(out, "logout") {
		t.Errorf("%s", out)
	}
}

// rename moves a file of the profiles' folder.
func (p *person) rename(from, to string) {
	p.t.Helper()
	dir := filepath.Join(p.home, ".mcp-bridge", "profiles")
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		p.t.Fatal(err)
	}
}
