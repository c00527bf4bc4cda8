package oauthflow

import (
	"context"
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

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

func TestAddressesThatMayBeAsked(t *testing.T) {
	const here, there = "http://127.0.0.1:80/meta", "https://as.example/meta"
	for _, row := range []struct {
		address, from string
		named, ok     bool // named: the profile names 127.0.0.1
	}{
		{"https://as.example/token", there, false, true},
		{"https://as.example:8443/token?p=a", there, false, true},
		{"http://as.example/token", there, true, false},
		{"http://as.example/token", "", true, false},
		{"http://127.0.0.1:1/token", "", true, true},
		{"http://127.0.0.1:1/token", "", false, false},
		{"http://localhost:1/token", here, true, true},
		{"http://[::1]:1/token", here, true, true},
		{"http://localhost:1/token", there, true, false},
		{"https://[::1]:1/token", there, true, false},
		{"https://127.0.0.1:1/token", there, true, true}, // the very host that the person named
		{"http://127.0.0.2:1/token", here, true, false},
		{"https://10.0.0.1/token", here, true, false},
		{"https://10.0.0.1/token", "", false, false},
		{"https://as.example/a b", "", true, false},
		{"https://as.example/a\x00", "", true, false},
		{"https://as.example/é", "", true, false},
		{"https://a:b@as.example/", "", true, false},
		{"https://@as.example/", "", true, false},
		{"https:///token", "", true, false},
		{"https:as.example", "", true, false},
		{"//as.example/token", "", true, false},
		{"/token", "", true, false},
		{"", "", true, false},
		{"data:text/html,x", there, true, false},
		{"smb://as.example/", there, true, false},
		{"HTTPS://as.example/", there, true, true},
		{"https://as.example/" + strings.Repeat("x", maxAddress), there, true, false},
	} {
		var c Network
		if row.named {
			c.Named = []string{"127.0.0.1"}
		}
		if _, err := newNetwork(c).check(row.address, row.from); (err == nil) != row.ok {
			t.Errorf("%.60q from %q, named %v: %v", row.address, row.from, row.named, err)
		} else if err != nil && strings.Contains(err.Error(), "a:b") {
			t.Errorf("%v", err)
		}
	}
}

func TestRedirectsOfMetadata(t *testing.T) {
	n := newNetwork(Network{Named: []string{"127.0.0.1"}})
	for _, row := range []struct {
		from, to string
		ok       bool
	}{
		{"https://as.example/a", "https://other.example/b", true},
		{"https://as.example/a", "https://localhost:1/b", false},
		{"https://as.example/a", "https://10.0.0.1/b", false},
		{"https://as.example/a", "http://127.0.0.1/b", false},
		{"https://as.example/a", "https://u:p@other.example/b", false},
		{"http://127.0.0.1/a", "http://localhost:1/b", true},
		{"http://127.0.0.1/a", "http://as.example/b", false},
	} {
		var pair [2]*http.Request
		for i, address := range []string{row.from, row.to} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			pair[i] = r
		}
		if err := n.follow(pair[1], pair[:1]); (err == nil) != row.ok {
			t.Errorf("%s to %s: %v", row.from, row.to, err)
		}
	}
}

// names answers every question of a resolver with 127.0.0.1.
func names(t *testing.T) *net.Resolver {
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

func TestNamesThatLeadInside(t *testing.T) {
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(net.Conn, http.ConnState) { connections.Add(1) }
	s.StartTLS()
	defer s.Close()
	u, _ := url.Parse(s.URL)
	f, err := New(Config{Issuer: "https://rebinding.test:" + u.Port(), Network: Network{Named: []string{"other.test"}, Resolver: names(t)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Server(t.Context())
	if e := wants(t, err, Unusable); !errors.Is(err, outbound.ErrPrivate) || !strings.Contains(e.Hint(), "allowPrivate") {
		t.Errorf("%v, hint %q", err, e.Hint())
	}
	if connections.Load() != 0 {
		t.Error("a connection was made")
	}
	// Where the person names the host, it is asked: only its certificate is wrong.
	f.net.trusted.Add("rebinding.test")
	_, err = f.Server(t.Context())
	if wants(t, err, Unreachable); connections.Load() == 0 {
		t.Errorf("no connection to a named host: %v", err)
	}
}

// The query of an address may hold a key.
func TestErrorsShowNoQuery(t *testing.T) {
	s := newServer(t)
	s.Close()
	f := s.flow(t, func(c *Config) { c.DiscoveryURL = s.URL + "/.well-known/openid-configuration?key=canary" })
	_, err := f.Server(t.Context())
	if e := wants(t, err, Unreachable); strings.Contains(e.Error(), "canary") || e.Host != "127.0.0.1" {
		t.Errorf("%v", e)
	}
}

func TestProxy(t *testing.T) {
	var through []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through = append(through, r.Method+" "+r.Host)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	over, err := outbound.ReadProxy(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	f, err := New(Config{Issuer: "https://as.example", Network: Network{Proxy: over}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Server(t.Context())
	if wants(t, err, Unreachable); len(through) != 1 || through[0] != "CONNECT as.example:443" {
		t.Errorf("asked the proxy %v", through)
	}
	f, err = New(Config{Issuer: "https://as.example", Network: Network{
		Proxy: outbound.EnvironmentProxy([]string{"HTTPS_PROXY=ftp://proxy.example"})}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Server(t.Context())
	wants(t, err, Unreachable)
}

// localhost is this machine whatever a resolver says.
func TestLocalhost(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, map[string]any{"issuer": "http://" + r.Host})
	}))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	f, err := New(Config{Issuer: "http://localhost:" + u.Port(), Network: Network{Named: []string{"localhost"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Server(t.Context()); err != nil {
		t.Error(err)
	}
}
