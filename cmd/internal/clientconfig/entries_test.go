package clientconfig

import (
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func TestEntries(t *testing.T) {
	for _, c := range []struct{ client, data, want string }{
		{"cursor", `{"mcpServers": {"a": {"command": "/x/mcp-bridge"}, /* mine */ "b": {"url": "https://b"}, "c": {"command": "node"}, "b": {"command": "x"}}}`, "a b c"},
		{"cursor", `{}`, ""},
		{"cursor", ``, ""},
		{"cursor", `{"mcpServers": []}`, ""},
		{"codex", "[mcp_servers.a]\ncommand = 'x'\n[mcp_servers.b.env]\nX = '1'\n[other]\n", "a b"},
		{"codex", "model = 'x'\n", ""},
	} {
		list, err := client(t, c.client).Entries([]byte(c.data))
		if err != nil {
			t.Errorf("%s: %v", c.data, err)
		}
		var names []string
		for _, e := range list {
			names = append(names, e.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.data, got, c.want)
		}
	}
	if _, err := client(t, "cursor").Entries([]byte("{")); err == nil {
		t.Error("a broken file has entries")
	}
}

func TestOurs(t *testing.T) {
	for command, want := range map[string]bool{
		"/usr/bin/mcp-bridge": true, `C:\Tools\MCP-Bridge.EXE`: true, "mcp-bridge": true, "/opt/mcp-bridge-v1.2.0": true,
		"/opt/mcp-bridge_1.2.0_linux_amd64": true, "/opt/mcp-bridge-darwin-arm64": true,
		"node": false, "/usr/bin/mcp-bridge-proxy": false, "/opt/mcp-bridge/server": false, "": false, "/x/my-mcp-bridge": false,
	} {
		if got := (Entry{Command: command}).Ours(); got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
}

func TestStarts(t *testing.T) {
	for _, c := range []struct {
		e    Entry
		want Start
	}{
		{Entry{Args: []string{"serve"}}, Start{}},
		{Entry{Args: []string{"serve", "--profile", "a/b"}}, Start{Profile: "a/b"}},
		{Entry{Args: []string{"--profile=a", "serve", "--home=/h", "-v"}}, Start{Profile: "a", Home: "/h"}},
		{Entry{Args: []string{"serve"}, Env: map[string]string{"MCP_BRIDGE_PROFILE": "p", "MCP_BRIDGE_HOME": "/e"}}, Start{Profile: "p", Home: "/e"}},
		{Entry{Args: []string{"serve", "--profile", "a"}, Env: map[string]string{"MCP_BRIDGE_PROFILE": "p"}}, Start{Profile: "a"}},
		{Entry{Args: []string{"serve", "--profile"}}, Start{}},
	} {
		if got := c.e.Starts(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.e, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b Start
		want bool
	}{
		{Start{}, Start{Home: "/home/a/.mcp-bridge/"}, true},
		{Start{Profile: "a"}, Start{Profile: "a", Home: "/other"}, false},
		{Start{Profile: "a"}, Start{Profile: "a/work"}, false},
		{Start{Profile: "a"}, Start{}, false},
	} {
		if got := c.a.Same(c.b, "/home/a/.mcp-bridge"); got != c.want {
			t.Errorf("%+v %+v: %v", c.a, c.b, got)
		}
	}
}

func TestNameFor(t *testing.T) {
	for profile, want := range map[string]string{"github": "github", "a.b_C-1": "a-b_C-1", "": "mcp-bridge", "...": "mcp-bridge",
		strings.Repeat("x", 80): strings.Repeat("x", 64), "my api é": "my-api"} {
		if got := NameFor(profile); got != want || !GoodName(got) {
			t.Errorf("%q: %q, want %q", profile, got, want)
		}
	}
	for name, want := range map[string]bool{"a": true, "": false, "two words": false, "a.b": false, "ä": false, strings.Repeat("x", 65): false} {
		if GoodName(name) != want {
			t.Errorf("GoodName(%q) is not %v", name, want)
		}
	}
}

func TestPassing(t *testing.T) {
	linux := Places{OS: "linux", Temp: []string{"/tmp"}}
	windows := Places{OS: "windows", Temp: []string{`D:\Scratch`}}
	mac := Places{OS: "darwin", Temp: []string{"/var/folders/x/T", "/private/var/folders/x/T"}}
	hash := strings.Repeat("0a", 32)
	for _, c := range []struct {
		p          Places
		file, want string
	}{
		{linux, "/usr/local/bin/mcp-bridge", ""},
		{linux, "/home/a/tmp/mcp-bridge", ""},
		{linux, "/home/a/src/go-builder/mcp-bridge", ""},
		{linux, "/tmpfiles/mcp-bridge", ""},
		{linux, "/tmp/mcp-bridge", "a temporary folder"},
		{linux, "/tmp/go-build123/b001/exe/mcp-bridge", "the Go build cache"},
		{linux, "/home/a/.cache/go-build/0a/" + hash + "-d/mcp-bridge", "the Go build cache"},
		{linux, "/elsewhere/0a/" + hash + "-d/mcp-bridge", "the Go build cache"},
		{Places{OS: "linux", GoCache: "/big/cache"}, "/big/cache/x/mcp-bridge", "the Go build cache"},
		{linux, "/home/a/.npm/_npx/0123/node_modules/mcp-bridge/bin/mcp-bridge", "the cache of npx"},
		{linux, "/home/a/cli.test", "a test program of Go"},
		{linux, "/dev/shm/mcp-bridge", "a temporary folder"},
		{Places{OS: "linux", Temp: []string{"/"}}, "/usr/bin/mcp-bridge", ""},
		{windows, `C:\Users\A\AppData\Local\Temp\7zO1\mcp-bridge.exe`, "a temporary folder"},
		{windows, `C:\Users\A\AppData\Local\go-build\0a\mcp-bridge.exe`, "the Go build cache"},
		{windows, `d:\scratch\x\mcp-bridge.exe`, "a temporary folder"},
		{windows, `C:\Users\A\AppData\Local\Programs\mcp-bridge\mcp-bridge.exe`, ""},
		{windows, `C:\x\cli.test.exe`, "a test program of Go"},
		{mac, "/private/var/folders/x/T/mcp-bridge", "a temporary folder"},
		{mac, "/private/tmp/mcp-bridge", "a temporary folder"},
		{mac, "/Users/a/Library/Caches/go-build/ab/mcp-bridge", "the Go build cache"},
		{mac, "/opt/homebrew/bin/mcp-bridge", ""},
	} {
		if got := c.p.Passing(c.file); got != c.want {
			t.Errorf("%s: %q, want %q", c.file, got, c.want)
		}
	}
}

func TestLost(t *testing.T) {
	for _, c := range []struct {
		name  string
		env   map[string]string
		shell Shell
		want  []string // parts of the lines, in order
	}{
		{name: "nothing"},
		{name: "proxy", env: map[string]string{"https_proxy": "http://ada:secret@proxy:3128", "HTTP_PROXY": "http://b", "NO_PROXY": "x"},
			want: []string{`HTTPS_PROXY: put into /h/config.toml: proxy = "http://proxy:3128"`, `NO_PROXY: put into the profile`}},
		{name: "proxy is configured", env: map[string]string{"ALL_PROXY": "http://b"}, shell: Shell{Config: profiles.Config{Proxy: "http://c"}}},
		{name: "the profile has a proxy", env: map[string]string{"ALL_PROXY": "http://b"}, shell: Shell{Proxy: "off"}},
		{name: "certificates", env: map[string]string{"SSL_CERT_FILE": "/ca.pem"}, want: []string{`caFile = "/ca.pem"`}},
		{name: "certificates in a folder", env: map[string]string{"SSL_CERT_DIR": "/ca"}, want: []string{"SSL_CERT_DIR: put its certificates"}},
		{name: "keychain", env: map[string]string{"MCP_BRIDGE_KEYCHAIN": "file", "MCP_BRIDGE_KEYCHAIN_KEY_FILE": "/k"},
			want: []string{`keychain = "file"`, `keyFile = "/k"`}},
		{name: "keychain is configured", env: map[string]string{"MCP_BRIDGE_KEYCHAIN": "file"}, shell: Shell{Config: profiles.Config{Keychain: "file"}}},
		{name: "bus", env: map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}, want: []string{"DBUS_SESSION_BUS_ADDRESS: without it"}},
		{name: "bus that is found", env: map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}, shell: Shell{FindsBus: true}},
		{name: "browser", env: map[string]string{"BROWSER": "firefox"}, want: []string{`browser = "firefox"`}},
		{name: "browser is configured", env: map[string]string{"BROWSER": "firefox"}, shell: Shell{Config: profiles.Config{Browser: profiles.Browser{None: true}}}},
		{name: "credentials", shell: Shell{Profile: "p", ProfileFile: "/h/p.toml", Credentials: []string{"TOKEN", "KEY"}},
			want: []string{"TOKEN, from which p takes a credential: write defaultCredential = { keychain = true } in /h/p.toml, then type: mcp-bridge login p", "KEY, from which"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.shell
			s.Getenv, s.ConfigFile = func(k string) string { return c.env[k] }, "/h/config.toml"
			got := s.Lost()
			if len(got) != len(c.want) {
				t.Fatalf("%q", got)
			}
			for i, want := range c.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("%q does not hold %q", got[i], want)
				}
			}
			if slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, "secret") }) {
				t.Errorf("a password is shown: %q", got)
			}
		})
	}
}

func TestReplace(t *testing.T) {
	for _, c := range []struct{ client, data string }{
		{"cursor", `{"mcpServers": {"mcp-bridge": {"command": "node", "args": ["x"]}, "b": {"command": "b"}}}`},
		{"codex", "[mcp_servers.mcp-bridge]\ncommand = 'node'\n[mcp_servers.b]\ncommand = 'b'\n"},
		{"zed", `{"context_servers": {"mcp-bridge": {"command": "node"}}}`},
	} {
		edit, err := client(t, c.client).Replace([]byte(c.data), ours())
		if err != nil {
			t.Fatal(err)
		}
		after := edit.Apply([]byte(c.data))
		got, found, err := client(t, c.client).Find(after, "mcp-bridge")
		if err != nil || !found || !got.Ours() {
			t.Errorf("%+v %v %v in %s", got, found, err, after)
		}
		if strings.Contains(c.data, "'b'") || strings.Contains(c.data, `"b"`) {
			if _, found, _ := client(t, c.client).Find(after, "b"); !found {
				t.Errorf("another server is lost: %s", after)
			}
		}
	}
}
