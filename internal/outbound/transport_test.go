package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// loopbackNames answers every question of a resolver with 127.0.0.1.
func loopbackNames(t *testing.T) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			end := 12
			for end < n && b[end] != 0 {
				end += int(b[end]) + 1
			}
			reply := append([]byte{b[0], b[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, b[12:end+5]...)
			if b[end+2] == 1 { // A
				reply[7] = 1
				reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
			}
			_, _ = conn.WriteTo(reply, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// counted starts a server that counts its connections.
func counted(t *testing.T) (port string, connections *atomic.Int32) {
	connections = new(atomic.Int32)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return port, connections
}

func get(t *testing.T, tr *Transport, named bool, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(WithNamed(t.Context(), named), http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	res, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

// A learned host, however it is written and whatever its name turns out to be, never
// leads to this machine; a named one does.
func TestLearnedHostsArePublic(t *testing.T) {
	port, connections := counted(t)
	tr := New(Options{Base: &http.Transport{}, Resolver: loopbackNames(t)})
	defer tr.CloseIdleConnections()
	addresses := []string{"rebinding.example", "xn--rebinding-6ya.example", "b\u00fccher.example", "10.0.0.1.nip.io"}
	for _, row := range spellings {
		if row.loopback {
			host := row.text
			if strings.Count(host, ":") > 1 && !strings.HasPrefix(host, "[") {
				host = "[" + host + "]"
			}
			addresses = append(addresses, host)
		}
	}
	for _, host := range addresses {
		if _, err := get(t, tr, false, "http://"+host+":"+port+"/"); !errors.Is(err, ErrPrivate) {
			t.Errorf("%q: %v", host, err)
		}
	}
	if connections.Load() != 0 {
		t.Fatal("a learned host was called")
	}
	for _, host := range []string{"rebinding.example", "127.0.0.1", "localho\u017ft", "\u2460\u2461\u2466.0.0.1", "b\u00fccher.example"} {
		if _, err := get(t, tr, true, "http://"+host+":"+port+"/"); err != nil {
			t.Errorf("named %q: %v", host, err)
		}
	}
	// The connection that a named request left behind is not used by a learned one.
	if _, err := get(t, tr, false, "http://rebinding.example:"+port+"/"); !errors.Is(err, ErrPrivate) {
		t.Errorf("after a named request: %v", err)
	}
	// Without a mark nobody named the host; a host that is none is refused either way.
	r, _ := http.NewRequest(http.MethodGet, "http://127.0.0.1:"+port, strings.NewReader("x"))
	if _, err := tr.RoundTrip(r); !errors.Is(err, ErrPrivate) {
		t.Errorf("without a mark: %v", err)
	}
	for _, host := range []string{"127.1", "0x7f.1", "2130706433"} {
		if _, err := get(t, tr, true, "http://"+host+":"+port+"/"); !errors.Is(err, errNumber) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// Only the proxy's own address is exempt, and private hosts are refused over it too.
func TestLearnedHostsOverAProxy(t *testing.T) {
	for _, tlsProxy := range []bool{false, true} {
		var asked atomic.Int32
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			_, _ = io.WriteString(w, "over the proxy")
		}))
		if tlsProxy {
			s.StartTLS()
		} else {
			s.Start()
		}
		defer s.Close()
		p, err := ReadProxy(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		tr := New(Options{Base: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, Proxy: p})
		defer tr.CloseIdleConnections()
		if body, err := get(t, tr, false, "http://api.example.com/"); err != nil || body != "over the proxy" {
			t.Errorf("%s: %q, %v", s.URL, body, err)
		}
		before := asked.Load()
		for _, address := range []string{"http://10.0.0.1/", "http://169.254.169.254/", "http://metadata.google.internal/", "http://127.0.0.1:1/", "http://[64:ff9b::a00:1]/", s.URL} {
			if _, err := get(t, tr, false, address); !errors.Is(err, ErrPrivate) {
				t.Errorf("%s: %v", address, err)
			}
		}
		if asked.Load() != before {
			t.Error("the proxy was asked for a private host")
		}
		if _, err := get(t, tr, true, "http://10.0.0.1/"); err != nil {
			t.Errorf("a named host: %v", err)
		}
	}
}

func TestProxies(t *testing.T) {
	request := func(address string) *http.Request {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{URL: u}
	}
	for text, ok := range map[string]bool{"off": true, "http://proxy.example:3128": true, "https://proxy.example": true, "socks5://u:p@10.0.0.1:1080": true,
		"socks5h://b\u00fccher.example:1": true,
		"":                                false, "of": false, "none": false, "proxy.example": false, "proxy.example:3128": false, "localhost:3128": false, "http://": false, "http:": false, "ftp://proxy.example": false,
		"http://u:p4ssw0rd@:80": false, "http://127.1:80": false, "http://h:0": false, "://x": false} {
		p, err := ReadProxy(text)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "p4ssw0rd") {
			t.Errorf("%q: %v", text, err)
		}
		if got, _ := p.For(request("https://api.example.com/")); err == nil && (got == nil) != (text == "off") {
			t.Errorf("%q: %v", text, got)
		}
		if got, _ := p.For(request("http://127.0.0.2:80/")); got != nil {
			t.Errorf("%q for this machine: %v", text, got)
		}
	}
	p, _ := ReadProxy("http://ada:lovelace@proxy.example")
	if got := p.Passwords(); len(got) != 1 || got[0] != "ada:lovelace" {
		t.Errorf("%v", got)
	}
	env := EnvironmentProxy([]string{"HTTPS_PROXY=http://upper.example", "https_proxy=lower.example:3128", "HTTP_PROXY=http://a:b@%zz",
		"NO_PROXY=inside.example, 192.0.2.0/24 ,exact.example:8443,*.wild.example"})
	for address, want := range map[string]string{
		"https://api.example.com/":       "http://lower.example:3128",
		"https://inside.example/":        "",
		"https://a.inside.example/":      "",
		"https://INSIDE.example./":       "http://lower.example:3128", // never asked so: Transport has made it canonical
		"https://notinside.example/":     "http://lower.example:3128",
		"https://192.0.2.7/":             "",
		"https://exact.example:8443/":    "",
		"https://exact.example/":         "http://lower.example:3128",
		"https://a.wild.example/":        "",
		"https://localhost/":             "",
		"https://[::1]/":                 "",
		"http://inside.example/":         "",
		"http://api.example.com/":        "error",
		"https://xn--bcher-kva.example/": "http://lower.example:3128",
	} {
		got, err := env.For(request(address))
		text := ""
		if got != nil {
			text = got.String()
		}
		if err != nil {
			if text = "error"; !strings.Contains(err.Error(), "HTTP_PROXY") || strings.Contains(err.Error(), "a:b") {
				t.Errorf("%v", err)
			}
		}
		if text != want {
			t.Errorf("%s: %q, want %q", address, text, want)
		}
	}
	for _, off := range [][]string{nil, {"HTTPS_PROXY=off"}, {"HTTPS_PROXY=http://p.example", "NO_PROXY=*"}, {"HTTPS_PROXY=http://p.example", "https_proxy=off"}} {
		if got, err := EnvironmentProxy(off).For(request("https://api.example.com/")); got != nil || err != nil {
			t.Errorf("%v: %v, %v", off, got, err)
		}
	}
}

// FuzzWhatIsJudgedIsDialled: whatever an address looks like, a learned one that is
// dialled is dialled under the host that was judged, and never as a private one.
func FuzzWhatIsJudgedIsDialled(f *testing.F) {
	for _, row := range spellings {
		f.Add("http://" + row.text + ":8080/x")
		f.Add("https://[" + row.text + "]/")
	}
	f.Add("http://localhost%E3%80%82:80/")
	errStop := errors.New("dialled")
	f.Fuzz(func(t *testing.T, address string) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil || r.URL.Scheme != "http" && r.URL.Scheme != "https" {
			return
		}
		dialled := ""
		tr := New(Options{Base: &http.Transport{}, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			dialled = address
			return nil, errStop
		}})
		_, err = tr.RoundTrip(r)
		if err == nil {
			t.Fatalf("%q was answered", address)
		}
		if dialled == "" {
			return
		}
		host, _, splitErr := net.SplitHostPort(dialled)
		if canonical, hostErr := Host(host); splitErr != nil || hostErr != nil || canonical != host || Private(host) {
			t.Errorf("%q: dialled %q", address, dialled)
		}
		if dialled != HostPort(r.URL) {
			t.Errorf("%q: dialled %q, judged %q", address, dialled, HostPort(r.URL))
		}
		if origin := OriginOf(r.URL); origin == "" || Origin(origin) != origin {
			t.Errorf("%q: origin %q", address, origin)
		}
	})
}
