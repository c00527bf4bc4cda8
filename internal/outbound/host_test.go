package outbound

import (
	"net/url"
	"testing"
)

// spellings is the one table of addresses: how a host is written, what it is called by,
// and how it is judged. An empty host is refused.
var spellings = []struct {
	text, host        string
	loopback, private bool
}{
	// This machine.
	{"127.0.0.1", "127.0.0.1", true, true},
	{"localhost", "localhost", true, true},
	{"LOCALHOST", "localhost", true, true},
	{"localhost.", "localhost", true, true},
	{"::1", "::1", true, true},
	{"[::1]", "::1", true, true},
	{"0:0:0:0:0:0:0:1", "::1", true, true},
	{"::ffff:127.0.0.1", "127.0.0.1", true, true},
	{"::ffff:7f00:1", "127.0.0.1", true, true},
	{"127.0.0.2", "127.0.0.2", false, true},
	{"127.255.255.254", "127.255.255.254", false, true},
	{"a.localhost", "a.localhost", false, true},
	{"localhost.localdomain", "localhost.localdomain", false, true},
	{"0.0.0.0", "0.0.0.0", false, true},
	{"::", "::", false, true},
	// Other characters that mean the same.
	{"localho\u017ft", "localhost", true, true},
	{"loca\u217chost", "localhost", true, true},
	{"\uff4cocalhost", "localhost", true, true},
	{"local\u00adhost", "localhost", true, true},
	{"local\u200bhost", "localhost", true, true},
	{"localhost\u3002", "localhost", true, true},
	{"\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3", "localhost", true, true},
	{"127\u30020\u30020\u30021", "127.0.0.1", true, true},
	{"\u2460\u2461\u2466.0.0.1", "127.0.0.1", true, true},
	{"\uff11\uff10.0.0.5", "10.0.0.5", false, true},
	{"169\uff0e254\uff61169.254", "169.254.169.254", false, true},
	{"metadata.goo\u24d6le.internal", "metadata.google.internal", false, true},
	{"\u212aube.local", "kube.local", false, true},
	{"\u212aelvin.example", "kelvin.example", false, false},
	{"b\u00fccher.example", "xn--bcher-kva.example", false, false},
	{"B\u00dcCHER.example.", "xn--bcher-kva.example", false, false},
	{"xn--bcher-kva.example", "xn--bcher-kva.example", false, false},
	// Private, shared, link-local and reserved networks.
	{"10.0.0.1", "10.0.0.1", false, true},
	{"172.16.0.1", "172.16.0.1", false, true},
	{"172.31.255.255", "172.31.255.255", false, true},
	{"172.32.0.1", "172.32.0.1", false, false},
	{"192.168.1.1", "192.168.1.1", false, true},
	{"169.254.169.254", "169.254.169.254", false, true},
	{"100.64.0.1", "100.64.0.1", false, true},
	{"100.127.255.255", "100.127.255.255", false, true},
	{"100.128.0.1", "100.128.0.1", false, false},
	{"198.18.0.1", "198.18.0.1", false, true},
	{"198.19.255.255", "198.19.255.255", false, true},
	{"198.20.0.1", "198.20.0.1", false, false},
	{"192.0.0.8", "192.0.0.8", false, true},
	{"192.0.1.1", "192.0.1.1", false, false},
	{"0.0.0.5", "0.0.0.5", false, true},
	{"0.1.2.3", "0.1.2.3", false, true},
	{"224.0.0.1", "224.0.0.1", false, true},
	{"240.0.0.1", "240.0.0.1", false, true},
	{"255.255.255.255", "255.255.255.255", false, true},
	{"8.8.8.8", "8.8.8.8", false, false},
	{"8.8.8.8.", "8.8.8.8", false, false},
	// IPv6, and IPv4 inside of it.
	{"fe80::1", "fe80::1", false, true},
	{"fe80::1%eth0", "fe80::1%eth0", false, true},
	{"fc00::1", "fc00::1", false, true},
	{"fd12:3456::1", "fd12:3456::1", false, true},
	{"fec0::1", "fec0::1", false, true},
	{"ff02::1", "ff02::1", false, true},
	{"::10.0.0.1", "::a00:1", false, true},
	{"::7f00:1", "::7f00:1", false, true},
	{"::ffff:0:a00:1", "::ffff:0:a00:1", false, true},
	{"::ffff:8.8.8.8", "8.8.8.8", false, false},
	{"64:ff9b::10.0.0.1", "64:ff9b::a00:1", false, true},
	{"64:ff9b::a9fe:a9fe", "64:ff9b::a9fe:a9fe", false, true},
	{"64:ff9b::7f00:1", "64:ff9b::7f00:1", false, true},
	{"64:ff9b::8.8.8.8", "64:ff9b::808:808", false, false},
	{"64:ff9b:1::8.8.8.8", "64:ff9b:1::808:808", false, true},
	{"2002:7f00:1::", "2002:7f00:1::", false, true},
	{"2002:a00:1::1", "2002:a00:1::1", false, true},
	{"2002:0808:0808::1", "2002:808:808::1", false, false},
	{"2001:0:7f00:1::1", "2001:0:7f00:1::1", false, true}, // Teredo
	{"100::1", "100::1", false, true},
	{"2606:4700:4700::1111", "2606:4700:4700::1111", false, false},
	{"2001:4860:4860::8888", "2001:4860:4860::8888", false, false},
	// Names.
	{"api.example.com", "api.example.com", false, false},
	{"API.Example.COM.", "api.example.com", false, false},
	{"10.example", "10.example", false, false},
	{"10.0.0.1.nip.io", "10.0.0.1.nip.io", false, false}, // the dialer looks at what it is
	{"a_b.example.com", "a_b.example.com", false, false},
	{"r3---sn-x.example.com", "r3---sn-x.example.com", false, false},
	{"intranet", "intranet", false, true},
	{"db.internal", "db.internal", false, true},
	{"printer.local", "printer.local", false, true},
	{"nas.home.arpa", "nas.home.arpa", false, true},
	{"local.example", "local.example", false, false},
	// What is no host.
	{"", "", false, true},
	{".", "", false, true},
	{"..", "", false, true},
	{"a..example", "", false, true},
	{"0177.0.0.1", "", false, true},
	{"0x7f.0.0.1", "", false, true},
	{"0x7f000001", "", false, true},
	{"0X7F000001", "", false, true},
	{"2130706433", "", false, true},
	{"017700000001", "", false, true},
	{"127.1", "", false, true},
	{"127.0.1", "", false, true},
	{"10.1", "", false, true},
	{"1.2.3.4.5", "", false, true},
	{"256.0.0.1", "", false, true},
	{"127.0.0.01", "", false, true},
	{"api.example.0x1", "", false, true},
	{"\uff10x7f.1", "", false, true},
	{"127.0.0.1%eth0", "", false, true},
	{"%31%32%37.0.0.1", "", false, true},
	{"[127.0.0.1]", "", false, true},
	{"[::1", "", false, true},
	{"::1]", "", false, true},
	{"::g", "", false, true},
	{"\uff1a\uff1a1", "", false, true},
	{"a b.example", "", false, true},
	{"a/b", "", false, true},
	{"a@b", "", false, true},
	{"a\x00b", "", false, true},
	{"<host>", "", false, true},
	{"{host}", "", false, true},
	{"*.example.com", "", false, true},
	{"\xff.example", "", false, true},
	{"fe80::1%a b", "", false, true},
}

func TestHosts(t *testing.T) {
	for _, row := range spellings {
		host, err := Host(row.text)
		if (err != nil) != (row.host == "") || err == nil && host != row.host {
			t.Errorf("Host(%q) = %q, %v; want %q", row.text, host, err, row.host)
		}
		if got := Loopback(row.text); got != row.loopback {
			t.Errorf("Loopback(%q) = %v", row.text, got)
		}
		if got := Private(row.text); got != row.private {
			t.Errorf("Private(%q) = %v", row.text, got)
		}
	}
}

func TestOrigin(t *testing.T) {
	for raw, want := range map[string]string{
		"https://API.Example.com":                    "https://api.example.com",
		"HTTPS://api.example.com:443/a?b#c":          "https://api.example.com",
		"https://api.example.com:0443":               "https://api.example.com",
		"https://api.example.com./x":                 "https://api.example.com",
		"https://api.example.com:8443/a":             "https://api.example.com:8443",
		"http://api.example.com:443":                 "http://api.example.com:443",
		"http://localho\u017ft:2375/x":               "http://localhost:2375",
		"https://[::FFFF:10.0.0.1]/":                 "https://10.0.0.1",
		"https://[2606:4700:4700:0::1111]:443/{id}":  "https://[2606:4700:4700::1111]",
		"https://b\u00fccher.example/":               "https://xn--bcher-kva.example",
		"https://api.example.com/{a}%zz?x=http://b/": "https://api.example.com",
		"https://api.example.com:":                   "https://api.example.com",
		"https://api.example.com\\@evil.example/":    "",
		"http://[fe80::1%25eth0]:80/":                "http://[fe80::1%25eth0]",
		"https://user@api.example.com":               "",
		"https://user:pass@api.example.com":          "",
		"https://0x7f.1":                             "",
		"https://api.example.com:0":                  "",
		"https://api.example.com:65536":              "",
		"https://{host}/":                            "",
		"ftp://api.example.com":                      "",
		"api.example.com":                            "",
		"https://":                                   "",
		"":                                           "",
	} {
		if got := Origin(raw); got != want {
			t.Errorf("Origin(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	for raw, want := range map[string]string{
		"https://B\u00dcCHER.example:443/A?b=1": "https://xn--bcher-kva.example/A?b=1",
		"http://\u2460\u2461\u2466.0.0.1:80/x":  "http://127.0.0.1/x",
		"https://[fe80::1%25eth0]:8443/":        "https://[fe80::1%25eth0]:8443/",
		"https://a.example/%2e#f":               "https://a.example/%2e#f",
		"https://%31%32%37.0.0.1/":              "",
		"https://%E2%91%A0.example/":            "https://1.example/",
		"https://u@a.example/":                  "",
		"https://a.example:99999/":              "",
		"https:a.example":                       "",
		"ws://a.example":                        "",
		"https://a b.example/":                  "",
		"https://127.1/":                        "",
		"/relative":                             "",
	} {
		u, err := Parse(raw)
		if (err != nil) != (want == "") || err == nil && u.String() != want {
			t.Errorf("Parse(%q) = %v, %v; want %q", raw, u, err, want)
		}
	}
}

func TestHostLists(t *testing.T) {
	h := Hosts{}
	for _, one := range []string{"Intranet.Example", "10.0.0.5:8443", "[::1]:9000", "fd00::1", "b\u00fccher.example:443", "a b", "x:", "x:0", "/", "u@h", ""} {
		h.Add(one)
	}
	h.AddURL("https://API.example.com:8443/v1/{x}")
	h.AddURL("http://ada:pass@word@[fd00::2]:80/@x")
	h.AddURL("no address")
	if len(h) != 7 {
		t.Errorf("%v", h.List())
	}
	for raw, want := range map[string]bool{
		"https://intranet.example/":        true,
		"http://INTRANET.example.:81/":     true,
		"https://10.0.0.5:8443/":           true,
		"https://[::ffff:10.0.0.5]:8443/":  true,
		"https://10.0.0.5/":                false,
		"https://[::1]:9000":               true,
		"https://[::1]:9001":               false,
		"https://[fd00::1]:1":              true,
		"https://xn--bcher-kva.example/":   true,
		"https://b\u00fccher.example:444/": false,
		"https://api.example.com/":         true,
		"http://[fd00:0::2]:9/":            true,
		"https://other.example/":           false,
		"https://127.1/":                   false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Has(u); got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
	var none Hosts
	if none.Has(&url.URL{Scheme: "https", Host: "a.example"}) || none.HasHost("a.example") {
		t.Error("an empty set holds something")
	}
}

// FuzzOrigin: an origin is one of its own origin, has no more than scheme, host and
// port, and is the same for every address below it.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://API.Example.com:443/x?y#z", "http://[::1]:80", "https://u:p@h/", "https://h:", "https://h:443:443", "ftp://a", "http://a%41", "https://:443", "http://[fe80::1%25eth0]:80/", "https://É/", "http://[::%25\x8c]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		o := Origin(raw)
		if o == "" {
			return
		}
		if Origin(o) != o {
			t.Errorf("%q: %q is of origin %q", raw, o, Origin(o))
		}
		u, err := url.Parse(o)
		if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q: %q is more than an origin", raw, o)
		}
		if was, err := url.Parse(raw); err == nil && (OriginOf(was) != o || HostPort(was) != HostPort(u)) {
			t.Errorf("%q: %q is another place", raw, o)
		}
		if Origin(o+"/x?y=z") != o {
			t.Errorf("%q: below it is %q", o, Origin(o+"/x?y=z"))
		}
	})
}
