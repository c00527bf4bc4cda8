package request

import (
	"context"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// secretTool is a tool whose templates use a value of server.config that is a secret.
func secretTool(t *testing.T, r profiles.RequestTemplate) (*tool.Tool, *profiles.Profile) {
	t.Helper()
	r.Method = "POST"
	p := &profiles.Profile{Server: profiles.Server{Name: "s", Config: []byte(`{"key":{"keychain":true},"user":"ada","host":"h.example"}`)},
		HTTP:  profiles.HTTP{Headers: map[string]profiles.HTTPHeader{"X-Fixed": {Secret: &profiles.Reference{Keychain: true}}}},
		Tools: []profiles.Tool{{Name: "t", Args: []profiles.Arg{{Name: "q"}}, RequestTemplate: r}}}
	if _, err := profiles.Check(p); err != nil {
		t.Fatal(err)
	}
	set, err := tool.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := set.Tool("t")
	return one, p
}

// values are credentials for a profile's secret values.
func values(p *profiles.Profile, texts map[string]string) []Credential {
	var out []Credential
	for _, v := range p.Secrets {
		if text, ok := texts[v.Record]; ok {
			out = append(out, Credential{Scheme: v.Scheme(), Value: secret.New(text)})
		}
	}
	return out
}

func TestSecretValues(t *testing.T) {
	const key = "k+e/y=\"0123\\"
	for _, c := range []struct{ name, url, header, body, want string }{
		{"header", "https://h.example/", "APPCODE {{.config.key}}", "", "POST https://h.example/ APPCODE " + key + " "},
		{"query", "https://h.example/?k={{urlquery .config.key}}&q={{.args.q}}", "", "", `POST https://h.example/?k=k%2Be%2Fy%3D%220123%5C&q=x  `},
		{"path", "https://h.example/{{.config.key | urlquery}}/x", "", "", `POST https://h.example/k%2Be%2Fy%3D%220123%5C/x  `},
		{"body", "https://h.example/", "", `{"key":{{toJson .config.key}},"q":"{{.args.q}}"}`, `POST https://h.example/  {"key":"k+e/y=\"0123\\","q":"x"}`},
		{"derived", "https://h.example/", `Basic {{printf "%s:%s" .config.user .config.key | b64enc}}`, "", "POST https://h.example/ Basic " + base64.StdEncoding.EncodeToString([]byte("ada:"+key)) + " "},
		{"a part", "https://h.example/", `{{substr 0 9 .config.key}}`, "", "POST https://h.example/ k+e/y=\"01 "},
		{"in a block", "https://h.example/", `{{with .config.key}}T {{.}}{{end}}`, "", "POST https://h.example/ T " + key + " "},
		{"everything", "https://h.example/", "", `{{toJson .config}}`, `POST https://h.example/  {"key":"k+e/y=\"0123\\","user":"ada","host":"h.example"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := profiles.RequestTemplate{URL: c.url, Body: c.body}
			if c.header != "" {
				r.Headers = []profiles.Header{{Key: "X-H", Value: c.header}}
			}
			one, p := secretTool(t, r)
			plan, err := New(one, tool.Args{"q": []byte(`"x"`)}, template.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if plan, err = plan.WithHeaders(map[string]string{"X-Plain": "p"}, p.Secrets...); err != nil {
				t.Fatal(err)
			}
			shown, err := plan.MarshalJSON()
			if text := plan.String() + string(shown); err != nil || strings.Contains(text, "0123") || !strings.Contains(text, "secret values: config:key, header:X-Fixed") ||
				!strings.Contains(text, `"secrets":["config:key","header:X-Fixed"]`) || !strings.Contains(text, "X-Fixed: [secret]") {
				t.Errorf("the plan is shown as %s", text)
			}
			all := values(p, map[string]string{"config:key": key, "header:X-Fixed": "fixed"})
			for range 2 { // after a 401, too
				got, err := plan.Request(context.Background(), all)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(got.Body)
				text := strings.Join([]string{got.Method, got.URL.String(), got.Header.Get("X-H"), string(body)}, " ")
				if !strings.HasPrefix(text, strings.TrimSuffix(c.want, "}")) || got.Header.Get("X-Fixed") != "fixed" || got.Header.Get("X-Plain") != "p" {
					t.Errorf("sent %s, want %s; headers %v", text, c.want, got.Header)
				}
			}
			for i := range all {
				_, err := plan.Request(context.Background(), append(append([]Credential{}, all[:i]...), all[i+1:]...))
				if e, ok := err.(*Error); !ok || e.Kind != CredentialMissing {
					t.Errorf("without %s: %v", all[i].Scheme.ID, err)
				}
			}
		})
	}
}

// TestSecretValuesDecideNothing: no value leads elsewhere, adds a header, or stands in
// an error.
func TestSecretValuesDecideNothing(t *testing.T) {
	for _, c := range []struct{ name, url, header, value, want string }{
		{"host", "https://{{.config.key}}/x", "", "evil.example", "url"},
		{"beside the host", "https://h.example{{.config.key}}/x", "", ".evil.example", "url"},
		{"user", "https://h.example{{.config.key}}", "", "@evil.example/", "url"},
		{"a line", "https://h.example/", "{{.config.key}}", "geheim\r\nX-Evil: 1", "header X-H"},
		{"no value of a header", "https://h.example/", "{{.config.key}}", "geheim\x00", "header X-H"},
		{"a template that fails", "https://h.example/", `{{mustFromJson .config.key}}`, "geheim", ""},
	} {
		r := profiles.RequestTemplate{URL: c.url}
		if c.header != "" {
			r.Headers = []profiles.Header{{Key: "X-H", Value: c.header}}
		}
		p := &profiles.Profile{Server: profiles.Server{Name: "s", Config: []byte(`{"key":{"keychain":true}}`)}, Tools: []profiles.Tool{{Name: "t", RequestTemplate: r}}}
		_, _ = profiles.Check(p)
		set, err := tool.Compile(p)
		if err != nil {
			continue // it is refused before
		}
		one, _ := set.Tool("t")
		plan, err := New(one, nil, template.Env{})
		if err == nil {
			_, err = plan.Request(context.Background(), values(p, map[string]string{"config:key": c.value}))
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "evil") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
