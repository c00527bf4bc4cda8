package profiles

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNamesSecret(t *testing.T) {
	for _, name := range strings.Fields(`apiKey api_key API-KEY apikey X-Api-Key x-api-key Ocp-Apim-Subscription-Key jr-api-key appCode APP_CODE appKey appSecret
		token accessToken access_token X-Auth-Token tokens apiKeys client_secret CLIENT_SECRET password passwd db.password ak SK key pwd credential credentials
		Authorization authorizationHeader privateKey signingKey apiKey2 API_KEY_1 tokenValue passphrase 密钥 接口密钥`) {
		if !NamesSecret(name) {
			t.Errorf("%s is none", name)
		}
	}
	for _, name := range strings.Fields(`region tokenizer maxTokens max_token nextPageToken pageToken keyword tenant primaryKey projectKey sortKey publicKey monkey appName codes
		baseUrl secretary author passengers tokenLimit`) {
		if NamesSecret(name) {
			t.Errorf("%s is one", name)
		}
	}
}

// found is the profile's secret values, each "RECORD=LITERAL" or "RECORD:PLACE".
func found(p *Profile) string {
	var out []string
	for _, v := range p.Secrets {
		r := v.Reference
		switch {
		case !r.Literal.IsZero():
			out = append(out, v.Record+"="+r.Literal.Reveal())
		default:
			out = append(out, v.Record+":"+r.Env+r.File+strings.Join(r.Command, " ")+map[bool]string{true: "keychain"}[r.Keychain])
		}
	}
	return strings.Join(out, " ")
}

const oneTool = "[[tools]]\nname = \"t\"\n[tools.requestTemplate]\nmethod = \"POST\"\n"

func TestSecretValues(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"by name", `config = { appCode = "0123", region = "eu", api_key = "k", nested = { token = "t", list = [{ password = "p" }] }, tokens = ["a", "b"] }`,
			"config:appCode=0123 config:api_key=k config:nested.token=t config:nested.list[0].password=p config:tokens[0]=a config:tokens[1]=b"},
		{"numbers", `config = { apiKey = 1234567, token = 12, port = 1234567 }`, "config:apiKey=1234567"},
		{"what tells nothing", `config = { token = "Bearer", auth = "header", password = "", keyword = "x" }`, ""},
		{"references", `config = { a = { keychain = true }, b = { env = "B" }, c = [{ file = "f" }], d = { e = { command = ["op", "read"] } } }`,
			"config:a:keychain config:b:B config:c[0]:f config:d.e:op read"},
		{"config itself is none", `config = { env = "prod" }`, ""},
		{"other tables are none", `config = { place = { env = "prod", region = "eu" } }`, ""},
		{"text", `config = '{"appCode": {"keychain": true}, "x.y": {"env": "X"}}'`, `config:appCode:keychain config:"x.y":X`},
		{"by use in a header", "config = { id = \"abc123\", place = \"eu\", user = \"ada\" }\n" + oneTool +
			"url = \"https://x.test/{{.config.place}}\"\nheaders = [{ key = \"Authorization\", value = \"APPCODE {{ .config.id }}{{.config.user}}\" }, { key = \"X-Place\", value = \"{{.config.place}}\" }]", "config:id=abc123"},
		{"by use in a query", "config = { id = \"abc123\", place = \"eu\" }\n" + oneTool + "url = \"https://x.test/?place={{.config.place}}&jr-api-key={{urlquery .config.id}}\"", "config:id=abc123"},
		{"by use in a cookie", "config = { id = \"abc123\" }\n" + oneTool + "url = \"https://x.test/\"\nheaders = [{ key = \"Cookie\", value = \"lang=en; JSESSIONID={{.config.id}}\" }]", "config:id=abc123"},
		{"by use in JSON", "config = { id = \"abc123\", name = \"n\" }\n" + oneTool + "url = \"https://x.test/\"\nbody = '''{\"name\": \"{{.config.name}}\", \"access_token\" : \"{{.config.id}}\"}'''", "config:id=abc123"},
		{"by use in a form", "config = { id = \"abc123\", name = \"n\" }\n" + oneTool + "url = \"https://x.test/\"\nbody = \"name={{.config.name}}&password={{index .config \\\"id\\\"}}\"", "config:id=abc123"},
		{"headers", "[http.headers]\nX-Key = { keychain = true }\nX-Api-Key = \"literal\"\nX-Tenant = \"acme\"", "header:X-Api-Key=literal header:X-Key:keychain"},
	} {
		text := "[server]\nname = \"s\"\n" + c.text
		p, warnings, err := Load("/p/p.toml", []byte(text), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := found(p); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		literals := strings.Count(fmt.Sprint(warnings), "literal credential")
		if want := strings.Count(c.want, "="); literals != want {
			t.Errorf("%s: %d warnings of literal credentials, want %d: %v", c.name, literals, want, warnings)
		}
		for _, v := range p.Secrets {
			if p.Scheme(v.Record) == nil || p.Pos(v.Key).Line == 0 {
				t.Errorf("%s: %s is not found again", c.name, v.Record)
			}
		}
		again, err := Encode(p)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if q, _, err := Load("/p/p.toml", again, Options{}); err != nil || found(q) != c.want {
			t.Errorf("%s: written and read again: %v\n%s", c.name, err, again)
		}
	}
}

// TestReferenceForms: what is meant as a reference and is none is an error at its place,
// and never sent as JSON text.
func TestReferenceForms(t *testing.T) {
	for text, want := range map[string]string{
		`config = { a = { keychain = false } }`:                      "p.toml:3:16: server.config.a: keychain must be true",
		`config = { a = { env = 5 } }`:                               "p.toml:3:16: server.config.a: env must be a string",
		`config = { a = { command = "op read" } }`:                   "p.toml:3:16: server.config.a: command must be a list of strings",
		`config = { a = { env = "A", file = "b" } }`:                 "server.config.a: must name exactly one place",
		`config = { b = [1, { env = "no name" }] }`:                  "server.config.b[1]: env must be the name of an environment variable",
		"[http.headers]\nX-A = { keychain = \"yes\" }":               "http.headers.X-A.keychain: must be true or false",
		"[http.headers]\nX-A = [\"a\"]":                              "http.headers.X-A: must be a string",
		oneTool + "url = \"https://x.test\"\nbody = { env = \"A\" }": "tools[0].requestTemplate.body: must be a string, not a table",
		"[[tools]]\nname = \"t\"\nargs = [{ name = \"a\", default = { env = \"HOME\" } }]\n[tools.requestTemplate]\nurl = \"https://x.test\"\nmethod = \"GET\"": "tools[0].args[0].default: a reference to a credential cannot stand here",
	} {
		_, _, err := Load("p.toml", []byte("[server]\nname = \"s\"\n"+text), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestReferencesReplace: half of one reference with half of another would be neither.
func TestReferencesReplace(t *testing.T) {
	base := "[server]\nname = \"s\"\nconfig = { a = { env = \"A\" }, b = \"x\", c = { keychain = true }, d = { e = 1 } }\n[http.headers]\nX-Key = { env = \"H\" }"
	child := "extends = \"./base.toml\"\n[server]\nconfig = { a = { keychain = true }, c = { file = \"f\" }, d = { f = 2 } }\n[http.headers]\nX-Key = { keychain = true }"
	p, _, err := Load("/p/p.toml", []byte(child), Options{Read: func(string) ([]byte, error) { return []byte(base), nil }})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(p.Server.Config), `{"b":"x","a":{"keychain":true},"c":{"file":"f"},"d":{"e":1,"f":2}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := found(p); got != "config:a:keychain config:c:f header:X-Key:keychain" {
		t.Error(got)
	}
}

func TestConfigWith(t *testing.T) {
	p, _, err := Load("p.toml", []byte("[server]\nname = \"s\"\nconfig = { a = { keychain = true }, \"x.y\" = [{ token = \"geheim\" }], n = 12345678901234567890 }"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := string(p.ConfigWith(func(v SecretValue) string { return "<" + v.Record + ">" }))
	if want := `{"a":"<config:a>","x.y":[{"token":"<config:\"x.y\"[0].token>"}],"n":12345678901234567890}`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if strings.Contains(string((&Profile{}).ConfigWith(nil)), "null") {
		t.Error("no config is no object")
	}
}

func TestSecretsOf(t *testing.T) {
	p := &Profile{Server: Server{Name: "s", Config: []byte(`{"a":{"keychain":true},"b":{"keychain":true},"c":{"d":{"keychain":true}}}`)}}
	if _, err := Check(p); err != nil {
		t.Fatal(err)
	}
	for template, want := range map[string]string{
		"https://x.test/":               "",
		"https://x.test/?q={{.args.a}}": "",
		"{{.config.a}}":                 "config:a",
		"{{ b64enc (printf \"%s:%s\" .config.b $.config.a) }}": "config:a config:b",
		"{{with .config.c}}{{.d}}{{end}}":                      "config:c.d",
		"{{index .config \"b\"}}":                              "config:b",
		"{{gjson \"config.c.d\"}}":                             "config:c.d",
		"{{range $k, $v := .config}}{{$v}}{{end}}":             "config:a config:b config:c.d",
		"{{index .config .args.name}}":                         "config:a config:b config:c.d",
		"{{$c := .config}}{{$c.a}}":                            "config:a config:b config:c.d",
	} {
		for i, tool := range []Tool{{RequestTemplate: RequestTemplate{URL: template}}, {RequestTemplate: RequestTemplate{Body: template}},
			{RequestTemplate: RequestTemplate{Headers: []Header{{Key: "A", Value: template}}}}} {
			var got []string
			for _, v := range p.SecretsOf(&tool) {
				got = append(got, v.Record)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%d, %s: %v, want %s", i, template, got, want)
			}
		}
	}
}

func TestWrittenSecrets(t *testing.T) {
	header := func(name, value string) Tool {
		return Tool{RequestTemplate: RequestTemplate{Headers: []Header{{Key: name, Value: value}}}}
	}
	body := func(text string) Tool { return Tool{RequestTemplate: RequestTemplate{Body: text}} }
	address := func(text string) Tool { return Tool{RequestTemplate: RequestTemplate{URL: text}} }
	for i, c := range []struct {
		tool Tool
		want string // "NAME=VALUE …"
	}{
		{header("Authorization", "APPCODE abc123"), "Authorization=abc123"},
		{header("authorization", "abc123"), "authorization=abc123"},
		{header("Proxy-Authorization", "Basic dTpw"), "Proxy-Authorization=dTpw"},
		{header("X-Api-Key", "two words"), "X-Api-Key=two words"},
		{header("X-Api-Key", "{{.args.k}}"), ""},
		{header("Authorization", "Bearer {{.config.t}}"), ""},
		{header("X-Tenant", "acme"), ""},
		{header("Authorization", "Bearer"), ""},
		{header("Cookie", "lang=en; session=abc; token=def"), "session=abc token=def"},
		{address("https://x.test/?q=a&key=abc%2B1&token={{.args.t}}&appid=9#key=z"), "key=abc%2B1 appid=9"},
		{address("https://x.test/key=abc"), ""},
		{body(`{"q": "a", "api_key" : "ab\"c", "auth": {"token":"Bearer def"}, "key": {{toJson .args.k}}}`), `api_key=ab\"c token=def`},
		{body("grant_type=x&client_secret=abc"), "client_secret=abc"},
		{body("no credential: token is nice"), ""},
	} {
		p := &Profile{Tools: []Tool{c.tool}}
		var got []string
		for _, w := range p.WrittenSecrets() {
			got = append(got, w.Name+"="+w.Value())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
}

func TestEmptySecrets(t *testing.T) {
	p := &Profile{Server: Server{Config: []byte(`{"appCode":"","token":null,"optional_key":"","region":"","unusedKey":"","id":" ","set":"x"}`)}, Tools: []Tool{{RequestTemplate: RequestTemplate{
		URL: "https://x.test/?region={{.config.region}}&appid={{.config.id}}", Headers: []Header{{Key: "Authorization", Value: "APPCODE {{.config.appCode}}"},
			{Key: "X-Token", Value: "{{.config.token}}"}, {Key: "X-Key", Value: "{{if .config.optional_key}}{{.config.optional_key}}{{end}}"}}}}}}
	if got := p.EmptySecrets(); !slices.Equal(got, []string{"appCode", "token", "id"}) {
		t.Error(got)
	}
}
