package credential

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

func owned(string) (bool, string) { return true, "" }

// load reads profiles from a map of files below dir; the first one is p.toml.
func load(t testing.TB, dir string, files map[string]string) *profiles.Profile {
	t.Helper()
	p, _, err := profiles.Load(filepath.Join(dir, "p.toml"), []byte(files["p.toml"]), profiles.Options{Private: owned,
		Read: func(path string) ([]byte, error) {
			rel, err := filepath.Rel(dir, path)
			if text, ok := files[filepath.ToSlash(rel)]; ok && err == nil {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const everywhere = `
[http.headers]
X-Key = { env = "HEADER" }
[server]
name = "p"
config = { key = { env = "CONFIG" }, list = [{ deep = { env = "DEEP" } }] }
[server.defaultUpstreamSecurity]
id = "s"
credential = { env = "DEFAULT_UP" }
[server.defaultDownstreamSecurity]
id = "s"
passthrough = true
credential = { env = "DEFAULT_DOWN" }
[[server.securitySchemes]]
id = "s"
type = "http"
scheme = "bearer"
defaultCredential = { env = "SCHEME" }
[[server.securitySchemes]]
id = "o"
type = "oauth2"
[server.securitySchemes.client]
id = "me"
secret = { env = "CLIENT" }
[server.securitySchemes.flows.clientCredentials]
tokenUrl = "https://a.example/t"
[openapi]
source = "x.yaml"
[[openapi.overrides]]
operation = "x"
security = { id = "s", credential = { env = "OVERRIDE" } }
[[tools]]
name = "t"
security = { id = "s", credential = { env = "TOOL_DOWN" } }
[tools.requestTemplate]
url = "https://api.example.com/"
method = "GET"
security = [ { id = "s", credential = { env = "FIRST" } }, [ { id = "s", credential = { env = "SECOND" } } ] ]
`

// TestEveryReferenceIsHidden: a child sees no variable that any part of the profile
// takes a credential from.
func TestEveryReferenceIsHidden(t *testing.T) {
	p := load(t, t.TempDir(), map[string]string{"p.toml": everywhere})
	names := []string{"DEFAULT_UP", "DEFAULT_DOWN", "SCHEME", "CLIENT", "OVERRIDE", "TOOL_DOWN", "FIRST", "SECOND", "CONFIG", "DEEP", "HEADER"}
	if n := len(p.References()); n != len(names) {
		t.Errorf("%d references, want %d", n, len(names))
	}
	environ := []string{"HOME=/h"}
	for _, n := range names {
		environ = append(environ, n+"=x", n+"_MORE=y")
	}
	for _, pair := range ChildEnvironment(environ, p) {
		if strings.HasSuffix(pair, "=x") {
			t.Errorf("%s is shown", pair)
		}
	}
	if n := len(ChildEnvironment(environ, p)); n != 1+len(names) {
		t.Errorf("%d variables are left", n)
	}
}

// TestClientCredentialsAreHidden: in every writing in which they would be read.
func TestClientCredentialsAreHidden(t *testing.T) {
	p := load(t, t.TempDir(), map[string]string{"p.toml": everywhere})
	environ := []string{"MCP_BRIDGE_CLIENT_AUTHORIZATION=x", "mcp_bridge_client_query_key=x", "Mcp-Bridge.Client-Header_X=x", "MCP_BRIDGE_CLIENT_=x",
		"MCP_BRIDGE_CLIENT=kept", "MCP_BRIDGE_HOME=kept", "X_MCP_BRIDGE_CLIENT_Y=kept", "NAME_ALONE", "=C:=C:\\"}
	if got := ChildEnvironment(environ, p); !slices.Equal(got, environ[4:]) {
		t.Errorf("%q", got)
	}
}

// TestFolders: a relative path begins in the folder of the file that wrote it.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"token", "base/token"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	scheme := func(id, more string) string {
		return fmt.Sprintf("[[server.securitySchemes]]\nid = %q\ntype = \"http\"\nscheme = \"bearer\"\n%s\n", id, more)
	}
	request := func(name, security string) string {
		return fmt.Sprintf("[[tools]]\nname = %q\n[tools.requestTemplate]\nurl = \"https://api.example.com/\"\nmethod = \"GET\"\nsecurity = %s\n", name, security)
	}
	file := `{ file = "token" }`
	p := load(t, dir, map[string]string{
		"p.toml": "extends = \"./base/b.toml\"\n[server]\nname = \"p\"\n" + scheme("here", "defaultCredential = "+file) + request("here", `{ id = "here", credential = `+file+` }`),
		"base/b.toml": scheme("there", "defaultCredential = "+file) + request("there", `{ id = "there", credential = `+file+` }`) +
			request("either", `[ { id = "there", credential = `+file+` }, [ { id = "there" }, { id = "there", credential = `+file+` } ] ]`),
	})
	r := New(Options{Profile: p})
	all := p.References()
	if len(all) != 6 {
		t.Fatalf("%d references", len(all))
	}
	for _, at := range all {
		want := "of base/token"
		if at.Reference == p.Server.SecuritySchemes[index(p, "here")].DefaultCredential || at.Reference == named(p, "here").RequestTemplate.Security[0][0].Credential {
			want = "of token"
		}
		u, err := r.Reference(context.Background(), nil, at.Reference, "", origin)
		if err != nil || u.Value.Reveal() != want {
			t.Errorf("%s: %q, %v, want %q", at.Key, u.Value.Reveal(), err, want)
		}
	}
	// A reference that is not of the profile begins beside it.
	if u, err := r.Reference(context.Background(), nil, &profiles.Reference{File: "token"}, "", origin); err != nil || u.Value.Reveal() != "of token" {
		t.Error(err)
	}
}

func index(p *profiles.Profile, id string) int {
	return slices.IndexFunc(p.Server.SecuritySchemes, func(s profiles.SecurityScheme) bool { return s.ID == id })
}

func named(p *profiles.Profile, name string) *profiles.Tool {
	return &p.Tools[slices.IndexFunc(p.Tools, func(t profiles.Tool) bool { return t.Name == name })]
}

// TestHomeFolder: ~/ is the person's own folder.
func TestHomeFolder(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("USERPROFILE", dir)
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("at home\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := fromFile("~/token", "/nowhere"); err != nil || v.Reveal() != "at home" {
		t.Errorf("%q, %v", v.Reveal(), err)
	}
	t.Setenv("HOME", "")
	t.Setenv("USERPROFILE", "")
	if _, err := fromFile("~/token", "/nowhere"); err == nil {
		t.Error("there is no home")
	}
	if _, err := fromFile(filepath.Join(dir, "absent"), dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// upper is strings.ToUpper for ASCII alone, with _ for hyphens and dots.
func upper(s string) string {
	return strings.NewReplacer("-", "_", ".", "_").Replace(strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s))
}

// FuzzChildEnvironment: what is left is a part of what was there, in its order; no
// carrier of the client's credentials is in it, and nothing else is missing.
func FuzzChildEnvironment(f *testing.F) {
	for _, s := range []string{"A=b\nSCHEME=x", "mcp_bridge_client_x=1\nB=2", "MCP-BRIDGE-CLIENT-\n=\n=C:=d", "scheme=1"} {
		f.Add(s)
	}
	p := load(f, f.TempDir(), map[string]string{"p.toml": everywhere})
	f.Fuzz(func(t *testing.T, text string) {
		environ := strings.Split(text, "\n")
		rest, kept := environ, map[string]bool{}
		for _, pair := range ChildEnvironment(environ, p) {
			kept[pair] = true
			at := slices.Index(rest, pair)
			if at < 0 {
				t.Fatalf("%q is new, or out of order", pair)
			}
			rest = rest[at+1:]
		}
		for _, pair := range environ {
			name, _, _ := strings.Cut(pair, "=")
			upper := upper(name)
			shown := kept[pair]
			if shown && (strings.HasPrefix(upper, "MCP_BRIDGE_CLIENT_") || name == "SCHEME") {
				t.Errorf("%q is shown", pair)
			}
			if !shown && len(name) < 6 {
				t.Errorf("%q is missing", pair)
			}
		}
	})
}
