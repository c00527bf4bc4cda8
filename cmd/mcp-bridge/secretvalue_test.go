package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

// echo is a backend that says what it was asked.
type echo struct {
	*httptest.Server
	mu  sync.Mutex
	all []string // the requests: their lines, headers and bodies
}

func newEcho(t *testing.T) *echo {
	e := &echo{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var text strings.Builder
		_ = r.Header.Write(&text)
		all := r.Method + " " + r.URL.String() + "\n" + text.String() + "\n" + string(body)
		e.mu.Lock()
		e.all = append(e.all, all)
		e.mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]string{"echo": all})
	}))
	t.Cleanup(e.Close)
	return e
}

// last returns the last request, and how many there were.
func (e *echo) last() (string, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == 0 {
		return "", 0
	}
	return e.all[len(e.all)-1], len(e.all)
}

// everyFile is the content of every file of the home but the encrypted ones.
func (p *person) everyFile() string {
	var b strings.Builder
	_ = filepath.WalkDir(p.home, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasPrefix(d.Name(), "source") {
			data, _ := os.ReadFile(path)
			b.Write(data)
		}
		return nil
	})
	return b.String()
}

const higressSecrets = `server:
  name: api
  config:
    appCode: "CODE-0123456789"
    region: eu
    nested: {access_token: "NEST-0123456789"}
    id: "IDID-0123456789"
tools:
- name: q
  description: q
  args:
  - {name: q, description: q, type: string, position: query}
  - {name: secretKey, description: k, type: string, position: query, default: "DFLT-0123456789"}
  requestTemplate:
    url: "URL/x/{{.config.region}}?jr-api-key=QURY-01234%2B6789&place={{.config.region}}"
    method: POST
    headers:
    - {key: Authorization, value: "APPCODE {{.config.appCode}}"}
    - {key: X-Token, value: "HEAD-0123456789"}
    - {key: X-User, value: "{{printf \"%s:%s\" .config.region .config.nested.access_token | b64enc}}"}
    - {key: X-App-Id, value: "{{.config.id}}"}
    - {key: Cookie, value: "lang=en; session=COOK-0123456789"}
    body: '{"client_secret": "BODY-0123456789", "sign": "{{sha256sum .config.appCode}}", "q": "{{.args.q}}"}'
`

// secretsOf are the credentials in higressSecrets, as the backend gets them.
var secretsOf = []string{"CODE-0123456789", "NEST-0123456789", "IDID-0123456789", "DFLT-0123456789", "QURY-01234+6789", "HEAD-0123456789", "COOK-0123456789", "BODY-0123456789"}

// TestHigressSecrets: wherever a Higress configuration holds a credential, it is moved
// or dropped as --credentials says, the request has it, and nobody is shown it.
func TestHigressSecrets(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"keychain", "keep", "drop"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			e, p := newEcho(t), newPerson(t)
			source := p.write("source.yaml", strings.ReplaceAll(higressSecrets, "URL", e.URL))
			_, said, code := p.try(nil, "add", source, "--credentials", mode, "--name", "api")
			if code != 0 {
				t.Fatalf("exit %d: %s", code, said)
			}
			for _, s := range append([]string{"QURY-01234%2B6789"}, secretsOf...) {
				if strings.Contains(said, s) {
					t.Errorf("add prints %s", s)
				}
				if mode != "keep" && strings.Contains(p.everyFile(), s) {
					t.Errorf("%s stands in a file", s)
				}
			}
			if mode == "keep" && strings.Count(said, "stays readable in the profile") != len(secretsOf) {
				t.Errorf("add says: %s", said)
			}
			dry, said, code := p.try(nil, "call", "q", "--profile", "api", "--arg", "q=1", "--dry-run")
			for _, s := range append([]string{"QURY-01234%2B6789"}, secretsOf...) {
				if strings.Contains(dry+said, s) {
					t.Errorf("a dry run shows %s", s)
				}
			}
			if code != 0 || !strings.Contains(dry, "APPCODE [secret]") || !strings.Contains(dry, "/x/eu?jr-api-key=%5Bsecret%5D&place=eu") {
				t.Errorf("a dry run: exit %d %s%s", code, dry, said)
			}
			out, said, code := p.try(nil, "call", "q", "--profile", "api", "--arg", "q=1", "-v")
			got, n := e.last()
			if mode == "drop" {
				if code != 4 || n != 0 || !strings.Contains(said, "mcp-bridge login api --scheme config:") {
					t.Errorf("exit %d, %d requests: %s", code, n, said)
				}
				return
			}
			if code != 0 || n != 1 {
				t.Fatalf("exit %d, %d requests: %s%s", code, n, out, said)
			}
			pair := base64.StdEncoding.EncodeToString([]byte("eu:NEST-0123456789"))
			for _, s := range append([]string{pair}, secretsOf...) {
				if want := strings.ReplaceAll(s, "+", "%2B"); !strings.Contains(got, want) && !strings.HasPrefix(s, "NEST") {
					t.Errorf("%s was not sent: %s", want, got)
				}
				if strings.Contains(out+said, s) {
					t.Errorf("%s is shown", s)
				}
			}
			if tools := p.run("", "tools", "api", "--client", "--json"); strings.Contains(tools, "secretKey") || strings.Contains(tools, "0123456789") {
				t.Errorf("a client sees %s", tools)
			}
		})
	}
}

// TestEmptyHigressSecret: the form of the published configurations: the place for the
// credential is there and empty.
func TestEmptyHigressSecret(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, place string }{
		{`""`, `{key: Authorization, value: "APPCODE {{.config.appCode}}"}`},
		{`YOUR_APP_CODE`, `{key: Authorization, value: "APPCODE {{.config.appCode}}"}`},
		{``, `{key: X-Token, value: "{{ .config.appCode }}"}`},
		{`"<app code>"`, `{key: X-Other, value: "{{ .config.appCode }}"}`},
	} {
		t.Run(c.value, func(t *testing.T) {
			t.Parallel()
			e, p := newEcho(t), newPerson(t)
			source := p.write("source.yaml", "server:\n  name: api\n  config:\n    appCode: "+c.value+"\ntools:\n- name: q\n  description: q\n  args: []\n  requestTemplate:\n    url: "+e.URL+
				"/x\n    method: GET\n    headers:\n    - "+c.place+"\n  responseTemplate: {}\n")
			const login = "mcp-bridge login api --scheme config:appCode"
			_, said, code := p.try(nil, "add", source, "--name", "api")
			if code != 0 || !strings.Contains(said, login) {
				t.Fatalf("exit %d: %s", code, said)
			}
			_, said, code = p.try(nil, "call", "q", "--profile", "api")
			if _, n := e.last(); code != 4 || n != 0 || !strings.Contains(said, login) {
				t.Fatalf("before: exit %d, %d requests: %s", code, n, said)
			}
			if status := p.run("", "status", "--json"); !strings.Contains(status, `"scheme": "config:appCode"`) || !strings.Contains(status, `"signed-out"`) {
				t.Error(status)
			}
			p.run("CODE-canary-1", "login", "api", "--with-token")
			out := p.run("", "call", "q", "--profile", "api")
			if got, _ := e.last(); !strings.Contains(got, "CODE-canary-1") || strings.Contains(out, "CODE-canary") {
				t.Errorf("sent %s, shown %s", got, out)
			}
			if status := p.run("", "status", "--json"); !strings.Contains(status, `"signed-in"`) || !strings.Contains(status, e.URL) {
				t.Error(status)
			}
			// What is stored is for this address alone, until the person says otherwise.
			other := newEcho(t)
			file := filepath.Join(p.home, ".mcp-bridge", "profiles", "api.toml")
			text, _ := os.ReadFile(file)
			p.write(".mcp-bridge/profiles/api.toml", strings.ReplaceAll(string(text), e.URL, other.URL))
			_, said, code = p.try(nil, "call", "q", "--profile", "api")
			if _, n := other.last(); code != 4 || n != 0 || !strings.Contains(said, login) {
				t.Errorf("at another address: exit %d, %d requests: %s", code, n, said)
			}
			p.run("", "logout", "api", "--scheme", "config:appCode")
			if _, said, code = p.try(nil, "call", "q", "--profile", "api"); code != 4 {
				t.Errorf("after logout: exit %d: %s", code, said)
			}
		})
	}
}

// TestSecretValuesOfAProfile: the reference forms, by hand.
func TestSecretValuesOfAProfile(t *testing.T) {
	t.Parallel()
	e, p := newEcho(t), newPerson(t)
	p.write(".mcp-bridge/profiles/key.txt", "FILE-canary-1\n")
	p.write(".mcp-bridge/profiles/api.toml", `[server]
name = "api"
baseUrl = "`+e.URL+`"
[server.config]
kept = { keychain = true }
file = { file = "key.txt" }
shown = "plain"
unused = { env = "NOT_SET" }
deep = { list = [{ command = ["echo", "CMD-canary-1"] }] }
variable = { env = "THE_KEY" }
[http.headers]
X-Kept = { keychain = true }
X-Plain = "plain"
[[tools]]
name = "all"
[tools.requestTemplate]
url = "/all?f={{urlquery .config.file}}"
method = "POST"
headers = [{ key = "X-Sign", value = "{{.config.kept | b64enc}}" }, { key = "X-Cmd", value = "{{with index .config.deep.list 0}}{{.}}{{end}}" }, { key = "X-Shown", value = "{{.config.shown}}" }]
body = "{{.config.variable}}"
[[tools]]
name = "plain"
[tools.requestTemplate]
url = "/plain"
method = "GET"
security = []
[[tools]]
name = "direct"
[tools.responseTemplate]
body = "{{.config.kept}} {{.config.shown}}"
`)
	p.run("KEPT-canary-1", "login", "api", "--scheme", "config:kept", "--with-token")
	if _, said, code := p.try(nil, "call", "plain", "--profile", "api"); code != 4 || !strings.Contains(said, "--scheme header:X-Kept") || !strings.Contains(said, "http.headers.X-Kept") {
		t.Errorf("without the header: exit %d: %s", code, said)
	}
	p.run("HEAD-canary-1", "login", "api", "--scheme", "header:X-Kept", "--with-token")
	if _, said, code := p.try(nil, "call", "all", "--profile", "api"); code != 4 || !strings.Contains(said, "THE_KEY is not set") {
		t.Errorf("without the variable: exit %d: %s", code, said)
	}
	out, said, code := p.try([]string{"THE_KEY=ENVI-canary-1"}, "call", "all", "--profile", "api")
	got, _ := e.last()
	for _, want := range []string{"/all?f=FILE-canary-1", "X-Sign: " + base64.StdEncoding.EncodeToString([]byte("KEPT-canary-1")), "X-Cmd: CMD-canary-1", "X-Shown: plain", "\n\nENVI-canary-1", "X-Kept: HEAD-canary-1", "X-Plain: plain"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	if code != 0 || strings.Contains(out+said, "canary") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	if out := p.run("", "call", "plain", "--profile", "api"); strings.Contains(out, "canary") {
		t.Error(out)
	}
	if got, _ := e.last(); !strings.Contains(got, "X-Kept: HEAD-canary-1") || strings.Contains(got, "X-Sign") {
		t.Error(got)
	}
	if out := p.run("", "call", "direct", "--profile", "api"); strings.TrimSpace(out) != "[secret] plain" {
		t.Error(out)
	}
	out, said, _ = p.try([]string{"THE_KEY=ENVI-canary-1"}, "call", "all", "--profile", "api", "--dry-run", "--json")
	if strings.Contains(out+said, "canary") || !strings.Contains(out, `"config:kept"`) || !strings.Contains(out, `"X-Kept": "[secret]"`) {
		t.Errorf("%s%s", out, said)
	}
}

// TestSecretValueTypedInACall: a client's call lets the person type what is missing.
func TestSecretValueTypedInACall(t *testing.T) {
	t.Parallel()
	r := newSigner(t, oauthtest.Options{})
	r.profile("api", r.API(), r.public(), `[http.headers]
X-One = { keychain = true }
[[tools]]
name = "valued"
[tools.requestTemplate]
url = "/whoami"
method = "GET"
`)
	r.login()
	typed := make(chan error, 1)
	go func() {
		until(t, "the page for the value is open", func() bool { return len(r.tabs()) == 2 })
		typed <- typeKey(r.tabs()[1].Address, "value-canary-12345")
	}()
	got := r.serve().call("valued")
	if err := <-typed; err != nil {
		t.Fatal(err)
	}
	if got.IsError || !strings.Contains(got.text(), "X-One") || strings.Contains(got.text(), "value-canary-12345") {
		t.Errorf("after it was typed: %+v", got)
	}
}

// TestSignedRequest: signatures over a secret, as Chinese APIs want them, are right.
func TestSignedRequest(t *testing.T) {
	t.Parallel()
	e, p := newEcho(t), newPerson(t)
	p.write(".mcp-bridge/profiles/api.toml", `[server]
name = "api"
baseUrl = "`+e.URL+`"
config = { appSecret = { keychain = true }, appKey = "public-0123" }
[[tools]]
name = "sign"
args = [{ name = "q", type = "string" }]
[tools.requestTemplate]
url = "/s?q={{urlquery .args.q}}&sign={{printf \"%s%s%s\" .config.appKey .args.q .config.appSecret | sha256sum | upper}}"
method = "GET"
`)
	p.run("SIGN-canary-1", "login", "api", "--scheme", "config:appSecret", "--with-token")
	p.run("", "call", "sign", "--profile", "api", "--arg", "q=x")
	got, _ := e.last()
	sum := sha256.Sum256([]byte("public-0123xSIGN-canary-1"))
	if !strings.Contains(got, "sign="+strings.ToUpper(hex.EncodeToString(sum[:]))) {
		t.Error(got)
	}
}
