package bridge

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/keychain"
)

// within ends the test when a call hangs: a deadline, no measurement.
func within(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the call hangs")
	}
}

// TestSwitchingProtocols: after a 101 net/http hands over the bare connection,
// which no context closes.
func TestSwitchingProtocols(t *testing.T) {
	stop := make(chan struct{})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ok" {
			fmt.Fprint(w, "fine")
			return
		}
		c, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nx")
		<-stop
		_ = c.Close()
	})
	defer close(stop)
	r := newRig(t, s.URL, bearer+quick+toolTOML("switch", "ok"))
	within(t, func() { r.fails("switch", "{}", result.BackendUnreachable, "another protocol") })
	r.works("ok", "{}", "fine")
}

// TestRedirectCarriesNothing: a redirect that copies the query key, or anything
// else secret, into an address elsewhere is refused.
func TestRedirectCarriesNothing(t *testing.T) {
	var reached atomic.Int32
	other := server(t, func(w http.ResponseWriter, r *http.Request) { reached.Add(1); echo(w, r) })
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/there?"+r.URL.RawQuery, http.StatusFound)
	})
	scheme := "[[server.securitySchemes]]\nid = \"k\"\ntype = \"apiKey\"\nin = \"query\"\nname = \"key\"\n"
	for _, value := range []string{canary, "short"} {
		r := newRig(t, s.URL, scheme+"[http]\nfollowRedirects = true\n"+toolTOML("a")+"security = { id = \"k\" }\n")
		r.save("k", value, s.URL)
		r.fails("a", "{}", result.RedirectRefused, "credential")
	}
	if reached.Load() != 0 {
		t.Error("the other origin was reached")
	}
}

// TestImportedRedirects: an imported tool that reads is followed without a setting.
func TestImportedRedirects(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/end" {
			http.Redirect(w, r, "/end", http.StatusFound)
			return
		}
		echo(w, r)
	})
	for setting, kind := range map[string]result.Kind{"": "", "[http]\nfollowRedirects = false\n": result.HTTPStatus} {
		r := newRig(t, s.URL, bearer+setting+toolTOML("a"))
		found, _ := r.o.Set.Tool("a")
		found.Imported = true
		if out := r.get("a", "{}"); out.Kind != kind {
			t.Errorf("%q: %s %s", setting, out.Kind, all(out))
		}
	}
}

// TestPrivateRedirects: a redirect leads into a private network only where the
// profile allows the host, whether it is named by number or by a name.
func TestPrivateRedirects(t *testing.T) {
	var reached atomic.Int32
	other := server(t, func(w http.ResponseWriter, r *http.Request) { reached.Add(1); fmt.Fprint(w, "inside") })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(other.URL, "http://"))
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	at := func(to, more string) *rig {
		tools := strings.Replace(toolTOML("a"), "BASE/a", "BASE/a?to="+url.QueryEscape(to), 1)
		return newRig(t, s.URL, "[http]\ntimeout = \"5s\"\nretries = 0\nfollowRedirects = true\n"+more+tools)
	}
	for _, to := range []string{"http://localhost:" + port, "http://LOCALHOST:" + port, "http://[::1]:" + port,
		"http://localho\u017ft:" + port, "http://\uff4cocalhost:" + port, "https://[::ffff:127.0.0.2]:" + port, "https://\uff11\uff10.0.0.5/",
		"https://[64:ff9b::a9fe:a9fe]/", "https://db.internal/", "https://127\u30020\u30020\u30022:" + port, "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data"} {
		at(to, "").fails("a", "{}", result.RedirectRefused, "private")
	}
	if reached.Load() != 0 {
		t.Error("the other server was reached")
	}
	at("http://localhost:"+port, "allowPrivate = [\"localhost\"]\n").works("a", "{}", "inside")
	// A name that turns out to be an address of this machine, once it is resolved.
	r := at("https://localhost.localdomain:"+port, "")
	if ips, err := net.DefaultResolver.LookupHost(context.Background(), "localhost.localdomain"); err == nil && len(ips) > 0 {
		r.fails("a", "{}", result.RedirectRefused, "private")
	}
}

// TestClientCertificateStaysHome: another origin is not offered the certificate.
func TestClientCertificateStaysHome(t *testing.T) {
	certificates := make(chan int, 2)
	tlsServer := func(h http.HandlerFunc) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	other := tlsServer(func(w http.ResponseWriter, r *http.Request) {
		certificates <- len(r.TLS.PeerCertificates)
		fmt.Fprint(w, "other")
	})
	s := tlsServer(func(w http.ResponseWriter, r *http.Request) {
		certificates <- len(r.TLS.PeerCertificates)
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	dir := t.TempDir()
	ca, both := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "both.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	key, err := marshalKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, ca, certificate)
	writeFile(t, both, append(certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...))
	r := newRig(t, s.URL, fmt.Sprintf("[http]\nfollowRedirects = true\ncaFile = %q\nclientCert = %q\nclientKey = %q\n", ca, both, both)+toolTOML("a"))
	r.works("a", "{}", "other")
	if home, away := <-certificates, <-certificates; home != 1 || away != 0 {
		t.Errorf("certificates: home %d, away %d", home, away)
	}
}

// TestGuard: whatever asks the transport, another origin than the plan's gets
// nothing that is not known to be harmless.
func TestGuard(t *testing.T) {
	var reached atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) { reached.Add(1) })
	r := newRig(t, s.URL, bearer+toolTOML("a"))
	b, err := r.sender()
	if err != nil {
		t.Fatal(err)
	}
	origin := func(o string) context.Context {
		return context.WithValue(outbound.WithNamed(context.Background(), true), originKey{}, o)
	}
	for name, c := range map[string]struct {
		ctx    context.Context
		header string
		ok     bool
	}{
		"home":                 {origin(s.URL), "Authorization", true},
		"no origin":            {context.Background(), "", false},
		"away, credential":     {origin("https://api.example.com"), "Authorization", false},
		"away, cookie":         {origin("https://api.example.com"), "Cookie", false},
		"away, own header":     {origin("https://api.example.com"), "X-Team", false},
		"away, with nothing":   {origin("https://api.example.com"), "", true},
		"away, accept":         {origin("https://api.example.com"), "Accept", true},
		"another port":         {origin(s.URL + "1"), "Authorization", false},
		"https is not http":    {origin(strings.Replace(s.URL, "http:", "https:", 1)), "Authorization", false},
		"an origin with paths": {origin(""), "Authorization", false},
	} {
		req, _ := http.NewRequestWithContext(c.ctx, http.MethodGet, s.URL, nil)
		if c.header != "" {
			req.Header.Set(c.header, "x")
		}
		reached.Store(0)
		res, err := b.client.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		if sent := reached.Load() == 1; sent != c.ok || (err == nil) != c.ok {
			t.Errorf("%s: sent %v, %v", name, sent, err)
		}
	}
}

// TestTimeoutIsTheBackends: http.timeout does not count the time that a credential
// takes.
func TestTimeoutIsTheBackends(t *testing.T) {
	s := server(t, echo)
	r := newRig(t, s.URL, "[[server.securitySchemes]]\nid = \"k\"\ntype = \"http\"\nscheme = \"bearer\"\ndefaultCredential = { command = [\"sh\", \"-c\", \"sleep 1; echo "+
		"token-1\"] }\n[http]\ntimeout = \"900ms\"\nretries = 0\n"+toolTOML("a")+"security = { id = \"k\" }\n", "PATH=/usr/bin:/bin")
	r.works("a", "{}", "Authorization: Bearer [secret]")
}

// TestCancelDuringCredential: the person's own cancellation is not a missing
// credential.
func TestCancelDuringCredential(t *testing.T) {
	r := newRig(t, "https://api.example.com", "[[server.securitySchemes]]\nid = \"k\"\ntype = \"http\"\nscheme = \"bearer\"\ndefaultCredential = { command = [\"sleep\", \"3\"] }\n"+
		toolTOML("a")+"security = { id = \"k\" }\n", "PATH=/usr/bin:/bin")
	for kind, ctx := range map[result.Kind]func() (context.Context, context.CancelFunc){
		result.Interrupted: func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx, cancel
		},
		result.Timeout: func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 50*time.Millisecond)
		},
	} {
		c, cancel := ctx()
		if out := r.calls(c, Call{Tool: "a"}); out.Kind != kind {
			t.Errorf("%s, want %s: %s", out.Kind, kind, all(out))
		}
		cancel()
	}
}

// TestNoRetryOfRefusals: what the bridge itself refuses is not tried again.
func TestNoRetryOfRefusals(t *testing.T) {
	r := newRig(t, "http://api.example.com", toolTOML("a"))
	b, err := r.sender()
	if err != nil {
		t.Fatal(err)
	}
	b.pause = func(context.Context, time.Duration) error { t.Error("it waits to try again"); return nil }
	r.fails("a", "{}", result.BackendUnreachable, "allowInsecure")
}

// TestRetryAfterRefusedConnection: a refused connection is tried again, for a
// method that only reads.
func TestRetryAfterRefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	_ = l.Close()
	r := newRig(t, base, toolTOML("a")+strings.ReplaceAll(toolTOML("post"), "GET", "POST"))
	b, err := r.sender()
	if err != nil {
		t.Fatal(err)
	}
	pauses := 0
	b.pause = func(context.Context, time.Duration) error { pauses++; return nil }
	if r.fails("post", "{}", result.BackendUnreachable, "refused"); pauses != 0 {
		t.Errorf("POST: %d", pauses)
	}
	if r.fails("a", "{}", result.BackendUnreachable, "refused"); pauses != 2 {
		t.Errorf("GET: %d", pauses)
	}
}

// TestLongConfirmation: the command to type is whole, or it is another one.
func TestLongConfirmation(t *testing.T) {
	r := newRig(t, "https://api.example.com", toolTOML("a")+"[[tools.args]]\nname = \"x\"\n[policy]\nconfirm = [\"a\"]\n")
	out := r.fails("a", `{"x":"`+strings.Repeat("long ", 1000)+`"}`, result.NotConfirmed, "--args - --yes")
	if strings.Contains(all(out), "long long") {
		t.Error("the command was cut in the middle")
	}
}

// TestMostUsefulError: trouble with the keychain is never hidden behind another
// alternative's absence.
func TestMostUsefulError(t *testing.T) {
	scheme := func(id, more string) string {
		return "[[server.securitySchemes]]\nid = \"" + id + "\"\ntype = \"http\"\nscheme = \"bearer\"\n" + more
	}
	r := newRig(t, "https://api.example.com", scheme("absent", "defaultCredential = { env = \"NOT_SET\" }\n")+scheme("foreign", "")+scheme("none", "")+
		toolTOML("two")+"security = [ { id = \"absent\" }, { id = \"foreign\" }, { id = \"none\" } ]\n"+
		toolTOML("one")+"security = [ { id = \"absent\" }, { id = \"none\" } ]\n"+
		toolTOML("and")+"security = [ [ { id = \"foreign\" }, { id = \"absent\" } ], { id = \"absent\" } ]\n")
	r.save("foreign", canary, "https://elsewhere.example")
	r.fails("two", "{}", result.SignInNeeded, "has not been approved")
	r.fails("one", "{}", result.CredentialMissing, "NOT_SET")
	r.fails("and", "{}", result.SignInNeeded, "")
	for _, c := range []struct {
		less, more error
	}{
		{reason("unusable"), reason("missing")},
		{reason("missing"), reason("sign-in-pending")},
		{reason("sign-in-pending"), reason("keychain-unavailable")},
		{reason("sign-in-needed"), reason("keychain-unavailable")},
	} {
		if rank(c.less) >= rank(c.more) {
			t.Errorf("%v is not less than %v", c.less, c.more)
		}
	}
}

// TestKinds: each reason has a kind of its own.
func TestKinds(t *testing.T) {
	for err, want := range map[error]result.Kind{
		reason("missing"):                       result.CredentialMissing,
		reason("sign-in-needed"):                result.SignInNeeded,
		reason("sign-in-pending"):               result.SignInPending,
		reason("keychain-unavailable"):          result.KeychainUnavailable,
		fmt.Errorf("a: %w", context.Canceled):   result.Interrupted,
		context.DeadlineExceeded:                result.Timeout,
		&ConfigError{Key: "http.caFile"}:        result.TLSFailed,
		&ConfigError{Key: "http.proxy"}:         result.BackendUnreachable,
		&keychain.Error{}:                       result.Internal,
		&request.Error{Kind: "template-failed"}: result.TemplateFailed,
	} {
		if got := kindOf(err); got != want {
			t.Errorf("%T: %s, want %s", err, got, want)
		}
	}
}

// TestRejectedFile: what comes from a file that the profile names is not replaced
// by a login.
func TestRejectedFile(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	file := filepath.Join(t.TempDir(), "token")
	writeFile(t, file, []byte(canary+"\n"))
	r := newRig(t, s.URL, fmt.Sprintf("[[server.securitySchemes]]\nid = \"k\"\ntype = \"http\"\nscheme = \"bearer\"\ndefaultCredential = { file = %q }\n", file)+
		toolTOML("a")+"security = { id = \"k\" }\n")
	if out := r.fails("a", "{}", result.HTTPStatus, "which comes from a file"); strings.Contains(all(out), "mcp-bridge login") {
		t.Error(all(out))
	}
}

// TestRejectedToolRecord: the hint names the record that the tool uses.
func TestRejectedToolRecord(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	r := newRig(t, s.URL, "[[server.securitySchemes]]\nid = \"k\"\ntype = \"http\"\nscheme = \"bearer\"\n"+
		toolTOML("a")+"security = { id = \"k\", credential = { keychain = true } }\n")
	r.save("tool:a", canary, s.URL)
	r.fails("a", "{}", result.HTTPStatus, "mcp-bridge login p --scheme tool:a")
}

// TestMaskedForms: a credential is masked with and without its scheme's word, and
// what is in it.
func TestMaskedForms(t *testing.T) {
	said := ""
	s := server(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, said) })
	meta := func(authorization string) map[string]json.RawMessage {
		text, _ := json.Marshal(map[string]string{"Authorization": authorization})
		return map[string]json.RawMessage{request.MetaHeaders: text}
	}
	basic := base64.StdEncoding.EncodeToString([]byte("ada:pass-" + canary))
	text := strings.Replace(passthrough, "scheme = \"bearer\"", "scheme = \"basic\"", 1)
	r := newRig(t, s.URL, text)
	said = "you are ada, your password is pass-" + canary + " and " + basic
	out := r.calls(context.Background(), Call{Tool: "me", Meta: meta("Basic " + basic)})
	if out.IsError || strings.Contains(all(out), basic) || strings.Contains(all(out), "pass-") {
		t.Error(all(out))
	}
	r = newRig(t, s.URL, strings.Replace(bearer, canary, "Bearer word-"+canary, 1)+toolTOML("a"))
	said = "your token is word-" + canary
	if out := r.get("a", "{}"); strings.Contains(all(out), "word-") {
		t.Error(all(out))
	}
}

// TestHTTP2: it is spoken where the backend can, with the same limits.
func TestHTTP2(t *testing.T) {
	stop := make(chan struct{})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			<-stop
		case "/header":
			for i := range 40 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("h", 64<<10))
			}
		case "/endless":
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = io.CopyN(w, zeros{}, 1<<30)
		default:
			fmt.Fprint(w, r.Proto)
		}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	defer close(stop)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	r := newRig(t, s.URL, bearer+quick+fmt.Sprintf("caFile = %q\n", ca)+toolTOML("ok", "hang", "header", "endless"))
	r.works("ok", "{}", "HTTP/2.0")
	r.fails("hang", "{}", result.Timeout, "")
	r.works("ok", "{}", "HTTP/2.0")
	// net/http ends the connection and does not say why.
	r.fails("header", "{}", result.BackendUnreachable, "no usable answer")
	r.works("ok", "{}", "HTTP/2.0")
	r.fails("endless", "{}", result.TooLarge, "")
	r.works("ok", "{}", "HTTP/2.0")
}

// TestProxyTrouble: what the proxy does wrong is not said of the backend, and its
// password is shown nowhere.
func TestProxyTrouble(t *testing.T) {
	refuses := server(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })
	at := func(proxy string) *rig {
		return newRig(t, "https://example.com", fmt.Sprintf("[http]\nretries = 0\nproxy = %q\n", proxy)+toolTOML("a"))
	}
	at(strings.Replace(refuses.URL, "http://", "http://u:"+url.QueryEscape(canary)+"@", 1)).fails("a", "{}", result.BackendUnreachable, "the proxy")
	busy := server(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	at(busy.URL).fails("a", "{}", result.BackendUnreachable, "the proxy makes no connection to it: 502 Bad Gateway")
	at("http://127.0.0.1:1").fails("a", "{}", result.BackendUnreachable, "the proxy cannot be reached")
	at("http://no-such-proxy.invalid:1").fails("a", "{}", result.BackendUnreachable, "the proxy cannot be reached")
	r := newRig(t, "https://example.com", "[http]\nretries = 0\n"+toolTOML("a"), "HTTPS_PROXY=ftp://u:"+url.QueryEscape(canary)+"@x")
	r.fails("a", "{}", result.BackendUnreachable, "HTTPS_PROXY")
	if r.Ready() != nil {
		t.Error("a proxy of the environment is looked at when it is needed")
	}
	var loop *http.Request
	for _, address := range []string{"http://127.0.0.1", "http://127.9.9.9", "http://[::1]", "http://localhost"} {
		loop, _ = http.NewRequest(http.MethodGet, address, nil)
		for _, o := range []Options{{Set: r.o.Set, Proxy: "http://proxy.example"}, {Set: r.o.Set, Environ: []string{"HTTP_PROXY=http://proxy.example"}}} {
			proxy, err := proxyFor(o)
			if err != nil {
				t.Fatal(err)
			}
			if u, err := proxy.For(loop); u != nil || err != nil {
				t.Errorf("%s goes through %v, %v", address, u, err)
			}
		}
	}
}

func reason(r credential.Reason) error { return &credential.Error{Reason: r} }
