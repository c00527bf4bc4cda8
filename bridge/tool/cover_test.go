package tool

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// TestCover holds that an argument which a scheme of the tool fills is not listed, and
// no other one is touched.
func TestCover(t *testing.T) {
	for scheme, want := range map[string]string{
		`type = "apiKey"` + "\nin = \"header\"\nname = \"x-auth-token\"": "appid cookie_sid key q",
		`type = "apiKey"` + "\nin = \"query\"\nname = \"appid\"":         "X-Auth-Token cookie_sid key q",
		`type = "apiKey"` + "\nin = \"query\"\nname = \"APPID\"":         "X-Auth-Token appid cookie_sid key q",
		`type = "apiKey"` + "\nin = \"cookie\"\nname = \"sid\"":          "X-Auth-Token appid key q",
		`type = "apiKey"` + "\nin = \"query\"\nname = \"key\"":           "X-Auth-Token appid cookie_sid key q",
		`type = "http"` + "\nscheme = \"bearer\"":                        "X-Auth-Token appid cookie_sid key q",
	} {
		p := load(t, "[server]\nname = \"s\"\nbaseUrl = \"https://h.example\"\n[[server.securitySchemes]]\nid = \"s\"\n"+scheme+"\ndefaultCredential = { env = \"K\" }\n[server.defaultUpstreamSecurity]\nid = \"s\"\n")
		one := &Tool{Name: "t", Imported: true, Request: Request{Method: "GET", URL: "https://h.example/{key}"}, Params: []Param{
			{Name: "X-Auth-Token", Wire: "X-Auth-Token", In: InHeader, Required: true}, {Name: "appid", Wire: "appid", In: InQuery, Required: true},
			{Name: "cookie_sid", Wire: "sid", In: InCookie}, {Name: "key", Wire: "key", In: InPath, Required: true}, {Name: "q", Wire: "q", In: InQuery}},
			InputSchema: json.RawMessage(`{"type":"object","properties":{"X-Auth-Token":{"type":"string"},"appid":{"type":"string"},"cookie_sid":{"type":"string"},"key":{"type":"string"},"q":{"type":"string"}},"required":["X-Auth-Token","appid","key"],"additionalProperties":false}`)}
		if _, err := CompileWith(p, []*Tool{one}); err != nil {
			t.Fatal(err)
		}
		var names []string
		var schema struct {
			Properties map[string]any
			Required   []string
		}
		if err := json.Unmarshal(one.InputSchema, &schema); err != nil {
			t.Fatal(err)
		}
		for _, p := range one.Params {
			names = append(names, p.Name)
			if schema.Properties[p.Name] == nil {
				t.Errorf("%s is not listed", p.Name)
			}
		}
		if len(schema.Properties) != len(names) {
			t.Errorf("%s: %s", scheme, one.InputSchema)
		}
		for _, name := range schema.Required {
			if schema.Properties[name] == nil {
				t.Errorf("%s is required and not listed", name)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", scheme, got, want)
		}
	}
	if s := (&profiles.SecurityScheme{Type: profiles.OAuth2}); !s.Fills("header", "authorization") || s.Fills("query", "Authorization") {
		t.Error("an oauth2 scheme fills the Authorization header alone")
	}
}
