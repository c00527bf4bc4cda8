package higress

import (
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

func TestDetect(t *testing.T) {
	for text, want := range map[string]bool{
		"server: {name: s}\n":                                   true,
		"tools: []\n":                                           true,
		"toolSet: {name: s}\n":                                  true,
		"Server: {Name: s}\n":                                   true,
		"securitySchemes: []\ntools: []\n":                      true,
		"defaultConfig: {server: {name: s}}\n":                  true,
		"spec: {defaultConfig: {tools: []}}\n":                  true,
		"spec: {matchRules: [{config: {server: {name: s}}}]}\n": true,
		"openapi: 3.1.0\ntools: []\n":                           false,
		"swagger: '2.0'\nserver: {}\n":                          false,
		"openapi: 3.1.0\nservers: []\npaths: {}\n":              false,
		"server: localhost\n":                                   false,
		"tools: {a: b}\n":                                       false,
		"spec: {defaultConfig: {a: b}}\n":                       false,
		"spec: [1]\nmatchRules: 7\n":                            false,
		"- server\n":                                            false,
		"":                                                      false,
	} {
		n, _, err := doc.Parse("f.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if Detect(n) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
	if Detect(nil) {
		t.Error("nil")
	}
}

const plugin = `apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: mcp-server}
spec:
  url: oci://registry.example/mcp-server:1.0.0
  defaultConfig: DEFAULT
  matchRules:
    - ingress: [one]
      config: FIRST
    - ingress: [two]
      configDisable: true
      config: SECOND
`

func TestWrapped(t *testing.T) {
	const config = "{server: {name: s}, tools: [{name: t, " + send + "}]}"
	for _, c := range []struct{ name, first, second, third, want, err string }{
		{"defaultConfig", config, "{}", "{}", "f.yaml:6:18: spec.defaultConfig: is the configuration that is read", ""},
		{"matchRules", "{}", config, "{a: b}", "f.yaml:9:15: spec.matchRules[0].config: is the configuration that is read", ""},
		{"two", "{}", config, config, "", "f.yaml:12:15: spec.matchRules[1].config: the file holds 2 configurations: spec.matchRules[0].config on line 9, spec.matchRules[1].config on line 12"},
		{"none", "{}", "{}", "{}", "", "f.yaml:1:1: server: is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.NewReplacer("DEFAULT", c.first, "FIRST", c.second, "SECOND", c.third).Replace(plugin)
			i, err := Import("f.yaml", []byte(text), Options{})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil || len(i.Warnings) != 1 {
				t.Fatal(err, i.Warnings)
			}
			if w := i.Warnings[0]; !strings.HasPrefix(w.At+": "+w.Key+": "+w.Message, c.want) {
				t.Errorf("warning %v", w)
			}
			if i.Profile.Tools[0].Name != "t" || !strings.HasPrefix(i.At("tools[0].name"), "f.yaml:") {
				t.Errorf("tools %v", i.Profile.Tools)
			}
		})
	}
	// The spec by itself, as the console shows it.
	i, err := Import("f.yaml", []byte("defaultConfig: "+config+"\n"), Options{})
	if err != nil || i.Title != "s" || i.Warnings[0].Key != "defaultConfig" {
		t.Error(err, i.Warnings)
	}
}

// TestJSON reads the form in which the gateway itself gets the configuration.
func TestJSON(t *testing.T) {
	i, err := Import("f.json", []byte(`{"server":{"name":"s","config":{"n":12345678901234567890}},"tools":[{"name":"t","args":[{"name":"a","type":"integer","default":1e3}],"requestTemplate":{"url":"https://x.example/","method":"GET"}}]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(i.Profile.Server.Config) + string(i.Profile.Tools[0].Args[0].Default); got != `{"n":12345678901234567890}1e3` {
		t.Error(got)
	}
	if at := i.At("tools[0].args[0].type"); at != "f.json:1:108" {
		t.Error(at)
	}
}

// TestAnchors sees that what YAML shares is not shared in the profile.
func TestAnchors(t *testing.T) {
	i, err := Import("f.yaml", []byte(`server:
  name: s
  securitySchemes: [{id: a, type: http, scheme: bearer}]
tools:
- name: one
  requestTemplate: &r {url: 'https://x.example/', method: GET, security: {id: a, credential: SECRET}}
- name: two
  requestTemplate: *r
- name: three
  requestTemplate: {<<: *r, method: POST}
`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	records := ""
	for _, s := range i.Secrets {
		records += s.Record + " "
	}
	if records != "tool:one tool:two tool:three " || i.Profile.Tools[2].RequestTemplate.Method != "POST" {
		t.Error(records)
	}
	i.Profile.Tools[0].RequestTemplate.Security[0][0].ID = "changed"
	if i.Profile.Tools[1].RequestTemplate.Security[0][0].ID != "a" {
		t.Error("shared")
	}
}

func TestOddDocuments(t *testing.T) {
	good := "server: {name: s}\ntools: [{name: t, " + send + "}]\n"
	i, err := Import("f.yaml", []byte("\xef\xbb\xbf"+good), Options{})
	if err != nil || len(i.Warnings) != 1 || !strings.Contains(i.Warnings[0].Message, "byte order mark") {
		t.Error(err, i.Warnings)
	}
	i, err = Import("f.yaml", []byte(good+"---\nserver: {name: other}\n"), Options{})
	if err != nil || len(i.Warnings) != 1 || !strings.Contains(i.Warnings[0].Message, "several YAML documents") {
		t.Error(err, i.Warnings)
	}
	i, err = Import("f.yaml", []byte(good+"tools: [{name: u, "+send+"}]\n"), Options{})
	if err != nil || i.Profile.Tools[0].Name != "u" || len(i.Warnings) != 1 {
		t.Error(err, i.Warnings)
	}
	i, err = Import("f.yaml", []byte(strings.Repeat("[", 2000)), Options{})
	if err == nil || i.Profile != nil || !strings.HasPrefix(err.Error(), "f.yaml:1:") {
		t.Error(err)
	}
}

func TestPattern(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "tools[12].args[0].x": "tools[].args[].x", "a[": "a[", "]a[1]": "]a[1]"} {
		if got := pattern(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestAlsoOn(t *testing.T) {
	for want, lines := range map[string][]int{"": nil, " (also on line 3)": {3}, " (also on line 1, 2, 3, 4, 5 and at 2 more places)": {1, 2, 3, 4, 5, 6, 7}} {
		if got := alsoOn(lines); got != want {
			t.Errorf("%q", got)
		}
	}
}
