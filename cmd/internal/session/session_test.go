package session

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// house is a home with profiles in it.
type house struct {
	t *testing.T
	o Options
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := keychain.Open(keychain.Settings{Kind: keychain.KindFile, KeyFile: "key"}, h, keychain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &house{t, Options{Home: h, Store: store, Version: "1", Logger: slog.New(slog.DiscardHandler)}}
}

func (h *house) write(name, text string) {
	h.t.Helper()
	if err := h.o.Home.WriteFile(home.ProfilesDir+"/"+name+".toml", []byte(text)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) use(profile, account string) {
	h.t.Helper()
	err := h.o.Home.UpdateState(context.Background(), func(s *home.State) error {
		s.Current = profile
		if account != "" {
			s.Accounts[profile] = account
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func hello(tool string) string {
	return "[server]\nname = \"s\"\n[[tools]]\nname = \"" + tool + "\"\n[tools.responseTemplate]\nbody = \"hello\"\n"
}

func names(v *View) string {
	var out []string
	for _, t := range v.Set.Tools() {
		out = append(out, t.Name)
	}
	return strings.Join(out, " ")
}

func TestLoadChooses(t *testing.T) {
	h := newHouse(t)
	var none *NoProfileError
	if _, err := Load(h.o); !errors.As(err, &none) || none.Known != nil || !strings.Contains(none.Hint(), "mcp-bridge add") {
		t.Fatal(err)
	}
	h.write("a", hello("one"))
	if _, err := Load(h.o); !errors.As(err, &none) || !strings.Contains(none.Hint(), "mcp-bridge use a") {
		t.Fatal(err)
	}
	h.write("b", hello("two"))
	h.use("a", "work")
	path := filepath.Join(t.TempDir(), "b.toml")
	if err := os.WriteFile(path, []byte(hello("three")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ pinned, account, tools, want, identity string }{
		{"", "", "one", "work", "a"},
		{"a", "", "one", "work", "a"},
		{"a/home", "", "one", "home", "a"},
		{"a/home", "typed", "one", "typed", "a"},
		{"b", "", "two", "default", "b"},
		{path, "", "three", "default", path}, // of the same name, but not the same
	} {
		o := h.o
		o.Pinned, o.Account = c.pinned, c.account
		v, err := Load(o)
		if err != nil {
			t.Fatal(err)
		}
		if names(v) != c.tools || v.Account != c.want || Identity(h.o.Home, v.Profile) != c.identity {
			t.Errorf("%+v: %s as %s, %s", c, names(v), v.Account, Identity(h.o.Home, v.Profile))
		}
	}
	for _, bad := range []string{"absent", "../a", "a/b/c", "absent.toml"} {
		o := h.o
		o.Pinned = bad
		if _, err := Load(o); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestErrorsHavePlaces: what compiling finds is told with file and line.
func TestErrorsHavePlaces(t *testing.T) {
	h := newHouse(t)
	h.write("a", "[server]\nname = \"s\"\n[[tools]]\nname = \"t\"\n[tools.responseTemplate]\nbody = \"{{nofunc}}\"\n")
	h.use("a", "")
	_, err := Load(h.o)
	var list CompileErrors
	if !errors.As(err, &list) || list[0].Pos.Line != 6 || !strings.Contains(err.Error(), "a.toml:6:") {
		t.Errorf("%v", err)
	}
	s, err := New(h.o)
	if err != nil {
		t.Fatal(err)
	}
	if v := s.View(); !errors.As(v.Problem, &list) || v.Profile != nil || len(v.Set.All()) != 0 {
		t.Errorf("%+v", v)
	}
}

// TestFollow: edits and switches are seen, a broken edit changes nothing, and what
// is written in pieces is never read half-way.
func TestFollow(t *testing.T) {
	h := newHouse(t)
	s, err := New(h.o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	changed := s.Follow(ctx)
	wait := func(want string) {
		t.Helper()
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing was told, want %s", want)
		}
		if got := names(s.View()); got != want {
			t.Fatalf("the tools are %s, want %s", got, want)
		}
	}
	h.write("a", hello("one"))
	h.use("a", "")
	if got := names(s.View()); got != "one" { // at once
		t.Errorf("at once: %q", got)
	}
	wait("one")
	h.write("a", hello("two"))
	wait("two")
	h.write("a", "[server]\nname = \"s\"\nbroken")
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got := names(s.View()); got != "two" {
			t.Fatalf("after a broken edit: %q", got)
		}
	}
	h.write("a", hello("three"))
	wait("three")
	h.use("a", "work")
	wait("three")
	if v := s.View(); v.Account != "work" {
		t.Error(v.Account)
	}
	// A file that grows is read when it has come to rest.
	file, err := os.OpenFile(h.o.Home.Join("profiles/a.toml"), os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range strings.SplitAfter(hello("four")+strings.TrimPrefix(hello("five"), "[server]\nname = \"s\"\n"), "\n") {
		if _, err := file.WriteString(piece); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
		if got := names(s.View()); got != "three" && got != "five four" {
			t.Fatalf("half-way: %q", got)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	wait("five four")
	// A switch to a profile that is broken keeps the tools until it is mended.
	h.write("b", "broken")
	h.use("b", "")
	if got := names(s.View()); got != "five four" {
		t.Fatalf("with a broken profile: %q", got)
	}
	h.write("b", hello("six"))
	wait("six")
	h.use("a", "")
	wait("five four")
	if err := os.Remove(h.o.Home.Join("profiles/a.toml")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if got := names(s.View()); got != "five four" { // the last good tools stay
		t.Errorf("after the file is gone: %q", got)
	}
}

func TestRecords(t *testing.T) {
	h := newHouse(t)
	h.write("a", `[server]
name = "s"
baseUrl = "https://API.example.com:443/v1"
config = { host = "from-config.example" }
[[server.securitySchemes]]
id = "key"
type = "http"
scheme = "bearer"
[[server.securitySchemes]]
id = "env"
type = "http"
scheme = "bearer"
defaultCredential = { env = "X" }
[[server.securitySchemes]]
id = "client"
type = "http"
scheme = "bearer"
[[server.securitySchemes]]
id = "unused"
type = "http"
scheme = "bearer"
[[tools]]
name = "one"
[tools.requestTemplate]
url = "/x/{id}?a=b"
method = "GET"
security = { id = "key" }
[[tools]]
name = "two"
[tools.requestTemplate]
url = "https://{{.config.host}}/y"
method = "GET"
security = { id = "key", credential = { keychain = true } }
[[tools]]
name = "three"
security = { id = "client", passthrough = true }
[tools.requestTemplate]
url = "/me"
method = "GET"
security = { id = "unused" }
[[tools]]
name = "four"
[tools.requestTemplate]
url = "/env"
method = "GET"
security = { id = "env" }
[[tools]]
name = "five"
[tools.requestTemplate]
url = "/five"
method = "GET"
security = { id = "key", credential = { env = "FIVE" } }
`)
	h.use("a", "")
	v, err := Load(h.o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Record{}
	for _, r := range v.Records() {
		got[r.Name] = r
	}
	for name, want := range map[string]Record{
		"key":       {"key", "key", []string{"https://api.example.com"}, true, nil},
		"tool:two":  {"tool:two", "key", []string{"https://from-config.example"}, true, nil},
		"client":    {"client", "client", []string{"https://api.example.com"}, true, nil},
		"env":       {"env", "env", []string{"https://api.example.com"}, false, nil},
		"unused":    {"unused", "unused", nil, true, nil},
		"tool:five": {"tool:five", "key", []string{"https://api.example.com"}, false, nil},
	} {
		if r := got[name]; r.Scheme != want.Scheme || !slices.Equal(r.Origins, want.Origins) || r.Keychain != want.Keychain {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
	if len(got) != 6 || got["tool:five"].Reference == nil || got["tool:five"].Reference.Env != "FIVE" {
		t.Errorf("%+v", got)
	}
}

func TestUnreadDocumentIsSaid(t *testing.T) {
	h := newHouse(t)
	h.write("a", "[server]\nname = \"s\"\n[openapi]\nsource = \"x.yaml\"\n")
	h.use("a", "")
	v, err := Load(h.o)
	var spec *SpecError
	if !errors.As(err, &spec) || !strings.Contains(err.Error(), "x.yaml") {
		t.Errorf("%v %v", v, err)
	}
}
