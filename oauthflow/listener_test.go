package oauthflow

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func portNumber(t *testing.T, l net.Listener) int {
	t.Helper()
	n, err := strconv.Atoi(portOf(l))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// needIPv6 is needs for the second family.
func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		needs(t, "an IPv6 loopback interface")
	}
	_ = l.Close()
}

// L1, L2, L3: loopback alone, the literal or both families, a port before the address.
func TestListen(t *testing.T) {
	for host, want := range map[string][]string{
		"127.0.0.1": {"127.0.0.1"},
		"[::1]":     {"::1"},
		"::1":       {"::1"},
		"localhost": {"127.0.0.1", "::1"},
	} {
		t.Run(host, func(t *testing.T) {
			if strings.Contains(host, ":") || host == "localhost" {
				needIPv6(t)
			}
			l, err := listen(Redirect{Host: host})
			if err != nil {
				t.Fatal(err)
			}
			defer l.close()
			port := portOf(l.listeners[0])
			if wantHost := strings.Trim(host, "[]"); l.authority != net.JoinHostPort(wantHost, port) {
				t.Errorf("authority %q", l.authority)
			}
			var got []string
			for _, listener := range l.listeners {
				address := listener.Addr().(*net.TCPAddr)
				got = append(got, address.IP.String())
				if !address.IP.IsLoopback() || strconv.Itoa(address.Port) != port {
					t.Errorf("bound %v", address)
				}
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("bound %v, want %v", got, want)
			}
		})
	}
	for _, host := range []string{"", "0.0.0.0", "example.com", "127.0.0.2", "::"} {
		if l, err := listen(Redirect{Host: host}); kindOf(err) != Configuration {
			t.Errorf("host %q: %v, %v", host, l, err)
		}
	}
}

// L1: another interface of this machine does not answer.
func TestOnlyLoopbackAnswers(t *testing.T) {
	l, err := listen(Redirect{Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.serve(http.NotFoundHandler())
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			if to := net.JoinHostPort(n.IP.String(), portOf(l.listeners[0])); listens(to) {
				t.Errorf("%s answers", to)
			}
		}
	}
}

// L3: a pinned port that is taken is an immediate error, whichever family has it.
func TestPinnedPortIsNeverAnother(t *testing.T) {
	for _, c := range []struct{ taken, host string }{
		{"127.0.0.1", "127.0.0.1"}, {"127.0.0.1", "localhost"}, {"::1", "localhost"}, {"::1", "::1"},
	} {
		t.Run(c.taken+" "+c.host, func(t *testing.T) {
			needIPv6(t)
			other, err := net.Listen("tcp", net.JoinHostPort(c.taken, "0"))
			if err != nil {
				t.Fatal(err)
			}
			port := portNumber(t, other)
			l, err := listen(Redirect{Host: c.host, Port: port})
			if kindOf(err) != PortBusy {
				t.Fatalf("%v, %v", l, err)
			}
			if !strings.Contains(err.Error(), strconv.Itoa(port)) {
				t.Errorf("%v does not name the port", err)
			}
			_ = other.Close()
			l, err = listen(Redirect{Host: c.host, Port: port})
			if err != nil {
				t.Fatalf("after it was freed: %v", err)
			}
			l.close()
		})
	}
}

// L3: fifty sign-ins at once never share a port.
func TestManyListenAtOnce(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for i := range 50 {
		host := []string{"127.0.0.1", "localhost"}[i%2]
		all.Go(func() {
			l, err := listen(Redirect{Host: host})
			if err != nil {
				t.Errorf("%s: %v", host, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if port := portOf(l.listeners[0]); seen[port] {
				t.Errorf("port %s twice", port)
			} else {
				seen[port] = true
			}
			t.Cleanup(l.close)
		})
	}
	all.Wait()
}

func TestDefaultPortIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		authority, host string
		want            bool
	}{
		{"127.0.0.1:80", "127.0.0.1", true},
		{"127.0.0.1:80", "127.0.0.1:80", true},
		{"127.0.0.1:8080", "127.0.0.1", false},
		{"127.0.0.1:8080", "127.0.0.1:8080", true},
		{"127.0.0.1:8080", "localhost:8080", false},
		{"127.0.0.1:8080", "attacker.example:8080", false},
		{"127.0.0.1:8080", "", false},
	} {
		if got := (&loopback{authority: c.authority}).isHost(c.host); got != c.want {
			t.Errorf("%s asked as %q: %t", c.authority, c.host, got)
		}
	}
}
