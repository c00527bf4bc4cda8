//go:build linux

package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// target is a server on this machine that nobody but a document or a redirect names.
type target struct {
	port string
	hits atomic.Int32
}

func newTarget(t *testing.T) *target {
	t.Helper()
	s := &target{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"reached":true}`) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.hits.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	_, s.port, _ = net.SplitHostPort(server.Listener.Addr().String())
	return s
}

// thisMachine are ways to write a host of this machine.
var thisMachine = []string{"127.0.0.1", "localhost", "LOCALHOST.", "localho\u017ft", "\uff4cocalhost", "local\u00adhost", "\u2460\u2461\u2466.0.0.1",
	"127\u30020\u30020\u30021", "\uff11\uff12\uff17.0.0.1", "[::ffff:127.0.0.1]"}

// kinds are documents with one operation on another host than the API's own.
var kinds = map[string]string{
	"openapi": `{"openapi":"3.0.3","info":{"title":"doc","version":"1"},"servers":[{"url":"https://api.example.com"}],"paths":{
"/me":{"get":{"operationId":"me","responses":{"200":{"description":"ok"}}}},
"/x":{"post":{"operationId":"reach","servers":[{"url":"ADDRESS"}],"responses":{"200":{"description":"ok"}}}}}}`,
	"swagger": `{"swagger":"2.0","info":{"title":"doc","version":"1"},"host":"HOST","schemes":["http"],"paths":{
"/x":{"post":{"operationId":"reach","responses":{"200":{"description":"ok"}}}}}}`,
	"higress": `{"server":{"name":"doc"},"tools":[{"name":"reach","description":"d","requestTemplate":{"url":"ADDRESS/x","method":"POST"}}]}`,
	"higress, configured": `{"server":{"name":"doc","config":{"base":"ADDRESS"}},"tools":[{"name":"reach","description":"d",
"requestTemplate":{"url":"{{.config.base}}/x","method":"POST"}}]}`,
}

// TestHostsOfDocuments: a document leads to this machine only when it is a file that the
// person named, with a word about it, or when --allow-private allows the host.
func TestHostsOfDocuments(t *testing.T) {
	t.Parallel()
	source := newDocuments(t)
	for kind, text := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t)
			for n, host := range thisMachine {
				if kind != "openapi" && n%4 != 3 {
					continue // they differ in how a host enters alone
				}
				document := strings.NewReplacer("ADDRESS", "http://"+host+":"+s.port, "HOST", host+":"+s.port).Replace(text)
				p := newPerson(t)
				refused := func(a added) {
					t.Helper()
					if a.code != 1 || len(a.left) != 0 || !strings.Contains(a.said, "--allow-private ") || !strings.Contains(a.said, s.port) {
						t.Errorf("%s: exit %d, %v\n%s", host, a.code, a.left, a.said)
					}
				}
				refused(p.add(document, "-"))
				refused(p.add("", source(document), "--name", "doc"))
				if _, said, code := p.try(nil, "call", "reach", "--yes"); code == 0 || s.hits.Load() != 0 {
					t.Fatalf("%s: exit %d, %d connections\n%s", host, code, s.hits.Load(), said)
				}
				for _, args := range [][]string{{"-", "--allow-private", "127.0.0.1", "--allow-private", "localhost:" + s.port}, {p.write("doc.json", document), "--no-input"}} {
					a := p.add(document, append(args, "--force", "--name", "doc")...)
					if a.code != 0 || !strings.Contains(a.said, ":"+s.port) || args[0] != "-" && !strings.Contains(a.said, "this machine") {
						t.Fatalf("%s: exit %d\n%s", host, a.code, a.said)
					}
					before := s.hits.Load()
					if out, said, code := p.try(nil, "call", "reach", "--yes"); code != 0 || s.hits.Load() == before {
						t.Errorf("%s: %v: exit %d, not reached\n%s%s", host, args, code, out, said)
					}
					s.hits.Store(0)
				}
			}
		})
	}
}

// newDocuments serves documents on this machine under a host that no document uses, and
// returns how one is put there.
func newDocuments(t *testing.T) func(text string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	var texts sync.Map
	var n atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := texts.Load(r.URL.Path)
		fmt.Fprint(w, text)
	}))
	_ = s.Listener.Close()
	s.Listener = listener
	s.Start()
	t.Cleanup(s.Close)
	return func(text string) string {
		path := fmt.Sprintf("/%d.json", n.Add(1))
		texts.Store(path, text)
		return s.URL + path
	}
}

// TestRedirectsToThisMachine: no spelling of a host in a redirect leads to this machine.
func TestRedirectsToThisMachine(t *testing.T) {
	t.Parallel()
	inside := newTarget(t)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusFound)
	}))
	defer backend.Close()
	p := newPerson(t)
	document := `{"openapi":"3.0.3","info":{"title":"doc","version":"1"},"paths":{"/go":{"get":{"operationId":"go",
"parameters":[{"name":"to","in":"query","schema":{"type":"string"}}],"responses":{"200":{"description":"ok"}}}}}}`
	if a := p.add(document, "-", "--base-url", backend.URL); a.code != 0 {
		t.Fatal(a.said)
	}
	for _, host := range thisMachine {
		if strings.HasSuffix(host, ".1") || strings.Contains(host, "127") {
			continue // the backend's own host, which the person named
		}
		for _, to := range []string{"http://" + host + ":" + inside.port + "/", "//" + host + ":" + inside.port} {
			out, said, code := p.try(nil, "call", "go", "--arg", "to="+to)
			if code == 0 || !strings.Contains(out+said, "private network") {
				t.Errorf("%s: exit %d\n%s%s", to, code, out, said)
			}
		}
	}
	for _, to := range []string{"http://0x7f.1:" + inside.port, "http://2130706433:" + inside.port, "http://127.1:" + inside.port, "http://[::1]:" + inside.port, "http://127.0.0.2:" + inside.port,
		"https://[64:ff9b::7f00:1]:" + inside.port, "http://0:" + inside.port} {
		if _, said, code := p.try(nil, "call", "go", "--arg", "to="+to); code == 0 {
			t.Errorf("%s was followed\n%s", to, said)
		}
	}
	if n := inside.hits.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// TestSignInAddressesOfDocuments: where a document's security schemes point to this
// machine and its API does not, nothing is asked there, by a call or by a login.
func TestSignInAddressesOfDocuments(t *testing.T) {
	t.Parallel()
	inside := newTarget(t)
	at := "http://127.0.0.1:" + inside.port
	flow := func(kind, more string) string {
		return fmt.Sprintf(`{"type":"oauth2","flows":{%q:{%s,"scopes":{}}}}`, kind, more)
	}
	for name, scheme := range map[string]string{
		"discovery":     fmt.Sprintf(`{"type":"openIdConnect","openIdConnectUrl":"%s/rest/system/shutdown?x=1"}`, at),
		"authorization": flow("authorizationCode", fmt.Sprintf(`"authorizationUrl":"%[1]s/a","tokenUrl":"https://as.example.com/t"`, at)),
		"token":         flow("authorizationCode", fmt.Sprintf(`"authorizationUrl":"https://as.example.com/a","tokenUrl":"%s/t"`, at)),
		"device":        flow("deviceAuthorization", fmt.Sprintf(`"deviceAuthorizationUrl":"%[1]s/d","tokenUrl":"%[1]s/t"`, at)),
		"other letters": strings.Replace(fmt.Sprintf(`{"type":"openIdConnect","openIdConnectUrl":"%s/x"}`, at), "127.0.0.1", "localhoſt", 1),
	} {
		t.Run(name, func(t *testing.T) {
			document := `{"openapi":"3.1.0","info":{"title":"doc","version":"1"},"servers":[{"url":"https://api.example.com"}],"components":{"securitySchemes":{"s":` + scheme +
				`}},"security":[{"s":[]}],"paths":{"/me":{"get":{"operationId":"me","responses":{"200":{"description":"ok"}}}}}}`
			p := newPerson(t)
			file := p.write("doc.json", document)
			a := p.add("", file, "--client-id", "app")
			if a.code != 0 || !strings.Contains(a.said, "nobody signs in at http://") {
				t.Fatalf("exit %d\n%s", a.code, a.said)
			}
			if out, said, code := p.try(nil, "check", "doc"); code != 0 || !strings.Contains(out+said, "add it to http.allowPrivate") {
				t.Errorf("check: exit %d\n%s%s", code, out, said)
			}
			h := p.serve()
			if c := h.call("me"); !c.IsError {
				t.Errorf("%+v", c)
			}
			h.kill()
			for _, more := range [][]string{nil, {"--device"}} {
				_, said, code := p.try(nil, append([]string{"login", "doc", "--timeout", "2s"}, more...)...)
				if code == 0 || strings.Contains(said, "open this address") {
					t.Errorf("login %v: exit %d\n%s", more, code, said)
				}
			}
			if n := inside.hits.Load(); n != 0 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// TestUpdateBringsHosts: an update names its new hosts, and refuses those on this machine
// unless they are allowed.
func TestUpdateBringsHosts(t *testing.T) {
	t.Parallel()
	s := newTarget(t)
	p := newPerson(t)
	one := strings.Replace(kinds["openapi"], "ADDRESS", "https://api.example.com", 1)
	file := p.write("doc.json", one)
	if a := p.add("", file); a.code != 0 || !strings.Contains(a.said, "its tools call https://api.example.com\n") {
		t.Fatal(a.said)
	}
	p.write("doc.json", strings.Replace(kinds["openapi"], "ADDRESS", "https://uploads.example.com", 1))
	if _, said, code := p.try(nil, "add", "doc", "--update"); code != 0 || !strings.Contains(said, "also call https://uploads.example.com;") {
		t.Errorf("exit %d\n%s", code, said)
	}
	if _, said, code := p.try(nil, "add", "doc", "--update"); code != 0 || strings.Contains(said, "also call") {
		t.Errorf("nothing new: exit %d\n%s", code, said)
	}
	p.write("doc.json", strings.Replace(kinds["openapi"], "ADDRESS", "http://localhost:"+s.port, 1))
	profile := filepath.Join(p.home, ".mcp-bridge", "profiles", "doc.toml")
	before := read(t, profile)
	if _, said, code := p.try(nil, "add", "doc", "--update"); code != 1 || !strings.Contains(said, "--allow-private localhost:"+s.port) || read(t, profile) != before {
		t.Errorf("exit %d\n%s", code, said)
	}
	if _, said, code := p.try(nil, "add", "doc", "--update", "--allow-private", "localhost:"+s.port); code != 0 {
		t.Errorf("exit %d\n%s", code, said)
	}
	if out, said, code := p.try(nil, "call", "reach", "--yes"); code != 0 || s.hits.Load() == 0 {
		t.Errorf("exit %d\n%s%s\n%s", code, out, said, read(t, profile))
	}
}

// manyHosts is a document with an operation on a host beside the API's own.
const manyHosts = `{"openapi":"3.1.0","info":{"title":"doc","version":"1"},"servers":[{"url":"API"}],"components":{"securitySchemes":{"s":SCHEME}},
"security":[{"s":[]}],"paths":{"/aside":{"get":{"operationId":"aside","servers":[{"url":"OTHER"}],"responses":{"200":{"description":"ok"}}}},
"/whoami":{"get":{"operationId":"whoami","responses":{"200":{"description":"ok"}}}}}}`

// TestACallApprovesOneOrigin: what a call starts approves the base origin alone; another
// host of the document gets a token only after a typed login, which lists both.
func TestACallApprovesOneOrigin(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		r := newSigner(t, oauthtest.Options{TLS: secure})
		document := strings.NewReplacer("API", r.API(), "OTHER", r.Other(), "SCHEME", `{"type":"openIdConnect","openIdConnectUrl":"`+r.Issuer()+`/.well-known/openid-configuration"}`).Replace(manyHosts)
		if _, said, code := r.try(nil, "add", r.write("doc.json", document), "--client-id", oauthtest.PublicClient); code != 0 || !strings.Contains(said, r.Other()) {
			t.Fatalf("add: exit %d\n%s", code, said)
		}
		carried := func() (n int) {
			for _, q := range r.Requests(oauthtest.Other) {
				if q.Header.Get("Authorization") != "" {
					n++
				}
			}
			return n
		}
		h := r.serve("--profile", "doc")
		refused := func(when string) {
			t.Helper()
			c := h.call("aside")
			if c.kind() != "sign-in-needed" || !strings.Contains(fmt.Sprint(c.Content), "mcp-bridge login doc") || !strings.Contains(fmt.Sprint(c.Content), r.Other()) || carried() != 0 {
				t.Errorf("%s: %+v, %d requests with a token", when, c, carried())
			}
		}
		refused("signed out")
		if len(r.tabs()) != 0 {
			t.Error("a tab was opened for another host")
		}
		if c := h.call("whoami"); c.IsError {
			t.Fatalf("%+v", c)
		}
		refused("signed in by a call")
		_, said, code := r.try(nil, "login", "doc")
		if code != 0 || !strings.Contains(said, r.Other()+" (new)") || !strings.Contains(said, outbound.Origin(r.API())+"\n") || strings.Index(said, r.Other()) > strings.Index(said, "already signed in") {
			t.Errorf("login: exit %d\n%s", code, said)
		}
		if c := h.call("aside"); carried() == 0 {
			t.Errorf("after a typed login: %+v", c)
		}
		h.kill()
	}
}

// TestKeysOfOtherHosts: the same for a key, which no call asks for on behalf of another
// host.
func TestKeysOfOtherHosts(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	document := strings.NewReplacer("API", r.API(), "OTHER", r.Other(), "SCHEME", `{"type":"apiKey","in":"header","name":"X-Key"}`).Replace(manyHosts)
	if _, said, code := r.try(nil, "add", r.write("doc.json", document)); code != 0 {
		t.Fatalf("add: exit %d\n%s", code, said)
	}
	h := r.serve("--profile", "doc")
	defer h.kill()
	if c := h.call("aside"); !c.IsError || !strings.Contains(fmt.Sprint(c.Content), "mcp-bridge login doc") || !strings.Contains(fmt.Sprint(c.Content), r.Other()) || len(r.tabs()) != 0 {
		t.Errorf("%+v, %d tabs", c, len(r.tabs()))
	}
	said := r.attempts("key-canary-4711", "login doc --with-token")[0].out
	if !strings.Contains(said, "each of these") || !strings.Contains(said, r.Other()) || !strings.Contains(said, outbound.Origin(r.API())) {
		t.Errorf("%s", said)
	}
}
