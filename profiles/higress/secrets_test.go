package higress

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withSecrets has a literal credential at every place that takes one.
const withSecrets = `server:
  name: s
  securitySchemes:
    - {id: basic, type: http, scheme: basic, defaultCredential: "SECRET-user:SECRET-1"}
    - {id: bearer, type: http, scheme: bearer, defaultCredential: SECRET-2}
    - {id: none, type: http, scheme: bearer}
tools:
  - name: own
    requestTemplate: {url: 'https://x.example/', method: GET, security: {id: bearer, credential: SECRET-3}}
  - name: down
    security: {id: none, passthrough: true, credential: SECRET-4}
    requestTemplate: {url: 'https://x.example/', method: GET, security: {id: none}}
`

func secretsOf(t *testing.T, text string) *Imported {
	t.Helper()
	i, err := Import("f.yaml", []byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestSecrets(t *testing.T) {
	want := []string{
		"basic basic server.securitySchemes[0].defaultCredential f.yaml:4:65 SECRET-user:SECRET-1",
		"bearer bearer server.securitySchemes[1].defaultCredential f.yaml:5:67 SECRET-2",
		"tool:own bearer tools[0].requestTemplate.security.credential f.yaml:9:98 SECRET-3",
		"tool:down none tools[1].security.credential f.yaml:11:57 SECRET-4",
	}
	i := secretsOf(t, withSecrets)
	for n, s := range i.Secrets {
		if got := strings.Join([]string{s.Record, s.Scheme, s.Key, s.At, s.Value.Reveal()}, " "); n >= len(want) || got != want[n] {
			t.Errorf("secret %d: %s", n, got)
		}
	}
	if len(i.Secrets) != len(want) {
		t.Errorf("%d secrets", len(i.Secrets))
	}
	if text := fmt.Sprintf("%v %+v %#v", i.Secrets, i, i.Warnings); strings.Contains(text, "SECRET") {
		t.Error("a credential is printed")
	}
}

func TestSplitSecrets(t *testing.T) {
	for _, c := range []struct {
		mode             string
		stored, literals int
	}{{Keychain, 4, 0}, {Keep, 0, 4}, {Drop, 0, 0}} {
		i := secretsOf(t, withSecrets)
		stored, err := SplitSecrets(i, c.mode)
		text := encode(t, i.Profile)
		if err != nil || len(stored) != c.stored || strings.Count(text, "SECRET-user")+strings.Count(text, `"SECRET-`)-strings.Count(text, `"SECRET-user`) != c.literals {
			t.Errorf("%s: %d stored, %v\n%s", c.mode, len(stored), err, text)
		}
		if want := 4 - c.literals; strings.Count(text, "{ keychain = true }") != want {
			t.Errorf("%s: want %d references\n%s", c.mode, want, text)
		}
		if c.mode == Keep && !strings.Contains(text, "\ndefaultCredential = \"SECRET-2\"\n") {
			t.Errorf("keep: the credential is not on one line\n%s", text)
		}
		for n, s := range stored {
			if s.Value != i.Secrets[n].Value || s.Value.IsZero() {
				t.Errorf("%s: value %d was lost", c.mode, n)
			}
		}
		if i.Profile.Server.SecuritySchemes[2].DefaultCredential != nil {
			t.Errorf("%s: a credential where there was none", c.mode)
		}
		roundTrip(t, i)
	}
	_, err := SplitSecrets(secretsOf(t, withSecrets), "vault")
	var mode *ModeError
	if !errors.As(err, &mode) || mode.Mode != "vault" || mode.Hint() == "" || err.Error() == "" {
		t.Error(err)
	}
}

func TestRecordsDiffer(t *testing.T) {
	text := strings.NewReplacer("id: basic,", "id: 'tool:down',").Replace(withSecrets)
	_, err := Import("f.yaml", []byte(text), Options{})
	if err == nil || !strings.HasPrefix(err.Error(), `f.yaml:11:57: tools[1].security.credential: would be kept under "tool:down", as the credential on line 4 is`) {
		t.Error(err)
	}
}

// TestDefaultCredential is for server.defaultUpstreamSecurity.credential, which
// replaces the scheme's for the tools without security of their own, and only these.
func TestDefaultCredential(t *testing.T) {
	const head = "server:\n  name: s\n  defaultUpstreamSecurity: {id: a, credential: SECRET-new}\n  securitySchemes: [{id: a, type: http, scheme: bearer%s}%s]\ntools:\n- {name: falls-back, " + send + "}\n"
	const explicit = "- {name: explicit, requestTemplate: {url: 'https://x.example/', method: GET, security: {id: a}}}\n"
	for _, c := range []struct {
		name, scheme, more, tools string
		id                        string   // that the default names
		secrets                   []string // record and value
	}{
		{"the scheme has none", "", "", "", "a", []string{"a SECRET-new"}},
		{"the same", ", defaultCredential: SECRET-new", "", explicit, "a", []string{"a SECRET-new"}},
		{"another", ", defaultCredential: SECRET-old", "", explicit, "a-default", []string{"a SECRET-old", "a-default SECRET-new"}},
		{"a tool names the scheme without", "", "", explicit, "a-default", []string{"a-default SECRET-new"}},
		{"the id is taken", ", defaultCredential: SECRET-old", ", {id: a-default, type: http, scheme: basic}", "", "a-default2", []string{"a SECRET-old", "a-default2 SECRET-new"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := secretsOf(t, fmt.Sprintf(head, c.scheme, c.more)+c.tools)
			var got []string
			for _, s := range i.Secrets {
				got = append(got, s.Record+" "+s.Value.Reveal())
				if !strings.HasPrefix(s.At, "f.yaml:") {
					t.Errorf("at %s", s.At)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.secrets) {
				t.Errorf("secrets %v", got)
			}
			one := i.Profile.Server.DefaultUpstreamSecurity[0][0]
			if one.ID != c.id || one.Credential != nil {
				t.Errorf("default %v", one)
			}
			if c.tools != "" && i.Profile.Tools[1].RequestTemplate.Security[0][0].ID != "a" {
				t.Error("the tool that names the scheme was changed")
			}
			roundTrip(t, i)
		})
	}
}

// TestNoSecretInMessages imports files whose every credential stands at a place
// with something wrong.
func TestNoSecretInMessages(t *testing.T) {
	for _, text := range []string{
		server("name: s", "securitySchemes: [{id: a, type: http, scheme: bearer, defaultCredential: '${SECRET}'}]", "config: {token: SECRET}"),
		server("name: s", "securitySchemes: [{id: a, type: htp, defaultCredential: SECRET}]"),
		server("name: s", "securitySchemes: [{id: a, type: http, scheme: basic, defaultCredential: [SECRET]}]"),
		server("name: s", "defaultUpstreamSecurity: {id: b, credential: SECRET}"),
		server("name: s", "defaultUpstreamSecurity: {credential: SECRET}"),
		server("name: s", "defaultUpstreamSecurity: [{id: b, credential: SECRET}]"),
		tool("security: {id: a, credential: SECRET}", "requestTemplate: {url: 'https://x.example/', method: GET, security: {id: a, credential: SECRET}}"),
		tool("requestTemplate: {url: 'https://user:SECRET@x.example/', method: GET}"),
		tool("requestTemplate: {url: 'https://x.example/', method: GET, headers: [{key: Authorization, value: \"SECRET\\r\\nX: y\"}]}"),
	} {
		i, err := Import("f.yaml", []byte(text), Options{})
		if said := fmt.Sprint(i.Warnings, err); strings.Contains(said, "SECRET") || said == "[] <nil>" {
			t.Errorf("%s\n%s", text, said)
		}
	}
}

// TestExamplesHaveNoTwinSecrets sees that no profile among the examples holds a
// credential.
func TestExamplesHaveNoTwinSecrets(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(examples, "*.toml"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "not-a-real") {
			t.Errorf("%s holds a credential", file)
		}
	}
	if len(files) < 4 {
		t.Errorf("%d files", len(files))
	}
}
