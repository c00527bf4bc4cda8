package openapi

import (
	"fmt"
	"strings"
	"testing"
)

// said writes requirements as text: alternatives apart by " | ".
func said(o *Operation) string {
	if o.Security == nil {
		return "nothing"
	}
	var out []string
	for _, all := range o.Security {
		var names []string
		for _, r := range all {
			names = append(names, r.ID+fmt.Sprint(r.Scopes))
		}
		out = append(out, strings.Join(names, " & "))
	}
	return strings.Join(out, " | ")
}

// TestRequirements holds that a malformed requirement is what is plainly meant, or one
// that cannot be satisfied, and never none.
func TestRequirements(t *testing.T) {
	const one = `"bearerAuth":{"type":"http","scheme":"bearer"}`
	const two = one + `,"api-key":{"type":"apiKey","in":"header","name":"X-Key"}`
	for _, c := range []struct{ schemes, security, want, warning string }{
		{one, `["bearerAuth"]`, "bearerAuth[]", "text in place of an object"},
		{two, `["bearerAuth","api-key"]`, "bearerAuth[] | api-key[]", "text in place of an object"},
		{two, `["bearer_auth"]`, "bearerAuth[]", "is taken for"},
		{one, `"bearerAuth"`, "bearerAuth[]", "is no list"},
		{one, `{"bearerAuth":[]}`, "bearerAuth[]", "is no list"},
		{two, `{"bearerAuth":[],"api-key":[]}`, "bearerAuth[] & api-key[]", "is no list"},
		{two, `[["bearerAuth","api-key"]]`, "bearerAuth[] & api-key[]", "list in place of an object"},
		{two, `[[{"bearerAuth":[]},{"api-key":[]}]]`, "bearerAuth[] & api-key[]", "list in place of an object"},
		{two, `[{"bearerAuth":[],"api-key":[]}]`, "bearerAuth[] & api-key[]", ""},
		{two, `[{},{"bearerAuth":[]}]`, " | bearerAuth[]", ""},
		{two, `[]`, "", ""},
		{two, `null`, "api-key[]", ""},
		{two, `{}`, "api-key[]", "empty object"},
		{two, `[null]`, "unreadable[]", "cannot be read"},
		{one, `[null]`, "bearerAuth[]", "the only scheme"},
		{two, `[true]`, "unreadable[]", "cannot be read"},
		{two, `false`, "unreadable[]", "is no list"},
		{two, `[""]`, "[]", "there is no security scheme"},
		{two, `[[]]`, "unreadable[]", "cannot be read"},
		{two, `[[[["bearerAuth"]]]]`, "unreadable[]", "cannot be read"},
		{two, `[{"BearerAuth":null}]`, "bearerAuth[]", "is taken for"},
		{two, `[{"ApiKey":[]}]`, "api-key[]", "is taken for"},
		{two, `[{"jwt":[]}]`, "bearerAuth[]", "is taken for"},
		{two, `[{"nobody":[]}]`, "nobody[]", "refused when they are called"},
		{two, `[{"bearerAuht":[]}]`, "bearerAuth[]", "is taken for"},
		{two, `[{"$ref":"#/components/securitySchemes/bearerAuth"}]`, "bearerAuth[]", "as a value"},
		{two, `[{"name":"api-key","scopes":["a"]}]`, "api-key[a]", "as a value"},
		{two, `[{"type":"http","scheme":"bearer"}]`, "bearerAuth[]", "defines its scheme"},
		{two, `[{"type":"apiKey","in":"header","name":"X-Other"}]`, "unreadable[]", "cannot be read"},
		{two, `[{"bearerAuth":"read write"}]`, "bearerAuth[read write]", "scopes"},
		{two, `[{"bearerAuth":{"read":"Read"}}]`, "bearerAuth[read]", "scopes"},
		{two, `[{"bearerAuth":null}]`, "bearerAuth[]", ""},
		{"", `["bearerAuth"]`, "bearerAuth[]", "there is no security scheme"},
	} {
		text := `{"openapi":"3.0.3","info":{},"servers":[{"url":"https://api.example.com"}],"security":[{"api-key":[]}],
"components":{"securitySchemes":{` + c.schemes + `}},"paths":{"/x":{"get":{"security":` + c.security + `}}}}`
		d := read(t, Source{Name: "d.json", Data: []byte(text)}, Options{})
		if got := said(&d.Operations[0]); got != c.want {
			t.Errorf("%s: %q, want %q", c.security, got, c.want)
		}
		var told []string
		for _, w := range d.Warnings {
			if strings.HasPrefix(w.At, "d.json:2:") {
				told = append(told, w.Message)
			}
		}
		if all := strings.Join(told, "\n"); c.warning != "" && !strings.Contains(all, c.warning) || c.warning == "" && all != "" {
			t.Errorf("%s: the warnings %q, want %q", c.security, all, c.warning)
		}
	}
}

// TestSchemesAsWritten holds how schemes of odd shapes are read.
func TestSchemesAsWritten(t *testing.T) {
	for _, c := range []struct{ scheme, want, warning string }{
		{`{"type":"bearer"}`, "http bearer true", "read as http bearer"},
		{`{"type":"HTTP","scheme":"Bearer "}`, "http bearer true", ""},
		{`{"type":"http","scheme":"bearer JWT"}`, "http bearer true", "read as http bearer"},
		{`{"type":"http","scheme":"JWT"}`, "http bearer true", "read as http bearer"},
		{`{"type":"http","bearerFormat":"JWT"}`, "http bearer true", "read as http bearer"},
		{`{"scheme":"bearer"}`, "http bearer true", "read as http bearer"},
		{`{"type":"basic"}`, "http basic true", "read as http basic"},
		{`{"type":"http"}`, "http false", ""},
		{`{"type":"http","scheme":"digest"}`, "http digest false", ""},
		{`{"type":"apiKey","in":"Header","name":" X-Key "}`, "apiKey header X-Key true", ""},
		{`{"type":"api_key","in":"headers","name":"X-Key"}`, "apiKey header X-Key true", ""},
		{`{"type":"apiKey","name":"X-Key"}`, "apiKey header X-Key true", "taken for the header"},
		{`{"type":"apiKey","name":"key"}`, "apiKey key false", ""},
		{`{"in":"query","name":"key"}`, "apiKey query key true", "read as apikey"},
		{`{"type":"apiKey","in":"header","name":"Authorization","scheme":"bearer"}`, "http bearer true", "read as http bearer"},
		{`{"type":"apiKey","in":"header","name":"Authorization"}`, "apiKey header Authorization true", ""},
		{`{"type":"oauth","flows":{"authorizationCode":{"authorizationUrl":"https://a.example/a","tokenUrl":"https://a.example/t"}}}`, "oauth2 true", "read as oauth2"},
		{`{"flows":{"clientCredentials":{"tokenUrl":"https://a.example/t"}}}`, "oauth2 true", "read as oauth2"},
		{`{"openIdConnectUrl":"https://a.example/.well-known/openid-configuration"}`, "openIdConnect true", "read as openidconnect"},
		{`{"type":"hmac"}`, "hmac false", ""},
		{`{}`, "false", ""},
		{`{"$ref":"#/components/x"}`, "http bearer true", ""},
	} {
		text := `{"openapi":"3.0.3","info":{},"servers":[{"url":"https://api.example.com"}],"paths":{},
"components":{"x":{"type":"http","scheme":"bearer"},"securitySchemes":{"s":` + c.scheme + `}}}`
		d := read(t, Source{Name: "d.json", Data: []byte(text)}, Options{})
		s := d.Schemes[0]
		got := strings.Join(strings.Fields(fmt.Sprint(s.Type, " ", s.Scheme, " ", s.In, " ", s.Name, " ", d.Notes[0].Usable)), " ")
		if told := warnings(d); got != c.want || c.warning != "" && !strings.Contains(told, c.warning) || c.warning == "" && strings.Contains(told, "d.json:2") {
			t.Errorf("%s: %q, want %q; %s", c.scheme, got, c.want, told)
		}
	}
}

// TestSchemesElsewhere holds that schemes are found where another version has them.
func TestSchemesElsewhere(t *testing.T) {
	const schemes = `{"b":{"type":"http","scheme":"bearer"}}`
	for _, text := range []string{
		`{"openapi":"3.0.3","securityDefinitions":` + schemes + `,`, `{"swagger":"2.0","host":"a.example","components":{"securitySchemes":` + schemes + `},`,
		`{"openapi":"3.1.0","securitySchemes":` + schemes + `,`, `{"openapi":"3.1.0","components":{"securityDefinitions":` + schemes + `},`,
	} {
		d := read(t, Source{Name: "d.json", Data: []byte(text + `"info":{},"paths":{"/x":{"get":{"security":[{"b":[]}]}}}}`)}, Options{})
		if len(d.Schemes) != 1 || said(&d.Operations[0]) != "b[]" || !strings.Contains(warnings(d), "this version of OpenAPI has none") {
			t.Errorf("%s: %+v %s", text, d.Schemes, warnings(d))
		}
	}
}

// TestOneSignIn holds which schemes stand for one sign-in.
func TestOneSignIn(t *testing.T) {
	oauth := func(flow, at string) string {
		return `{"type":"oauth2","flows":{"` + flow + `":{"authorizationUrl":"` + at + `","tokenUrl":"https://a.example/token","scopes":{}}}}`
	}
	const google, oidc = "https://accounts.example/o/oauth2/auth", `{"type":"openIdConnect","openIdConnectUrl":"https://accounts.example/.well-known/openid-configuration"}`
	realm := func(name string) string {
		return `{"type":"openIdConnect","openIdConnectUrl":"https://k.example/realms/` + name + `/.well-known/openid-configuration"}`
	}
	for _, c := range []struct{ a, b, security, want string }{
		{oauth("implicit", google), oauth("authorizationCode", google), `[{"a":["s"],"b":["s"]}]`, "b[s]"},
		{oauth("authorizationCode", google), oauth("implicit", google+"?x=1"), `[{"a":["s"]},{"b":["s"]}]`, "a[s]"},
		{oauth("implicit", google), oauth("authorizationCode", "https://accounts.example/other"), `[{"a":["s"]},{"b":["t"]}]`, "b[s] | b[t]"},
		{oauth("authorizationCode", google), oidc, `[{"a":["s"],"b":["openid"]}]`, "b[s openid]"},
		{oauth("authorizationCode", "https://k.example/realms/one/protocol/openid-connect/auth"), realm("one"), `[{"a":[]}]`, "b[]"},
		{oauth("authorizationCode", "https://k.example/realms/two/protocol/openid-connect/auth"), realm("one"), `[{"a":[]}]`, "a[]"},
		{oauth("authorizationCode", google), oauth("authorizationCode", "https://other.example/auth"), `[{"a":[]},{"b":[]}]`, "a[] | b[]"},
		{oauth("authorizationCode", google), oauth("clientCredentials", google), `[{"a":[]},{"b":[]}]`, "a[] | b[]"},
		{oauth("authorizationCode", google), `{"type":"http","scheme":"bearer"}`, `[{"a":[]},{"b":[]}]`, "a[] | b[]"},
		{oauth("implicit", google), oauth("implicit", "https://other.example/auth"), `[{"a":[]},{"b":[]}]`, "a[] | b[]"},
	} {
		text := `{"openapi":"3.0.3","info":{},"servers":[{"url":"https://api.example.com"}],"components":{"securitySchemes":{"a":` + c.a + `,"b":` + c.b + `}},
"paths":{"/x":{"get":{"security":` + c.security + `}}}}`
		d := read(t, Source{Name: "d.json", Data: []byte(text)}, Options{})
		if got := said(&d.Operations[0]); got != c.want {
			t.Errorf("%s and %s: %q, want %q", c.a, c.b, got, c.want)
		}
		if united := strings.Contains(warnings(d), "one sign-in"); united != (len(d.Schemes) == 1) {
			t.Errorf("%s: %d schemes and %s", c.security, len(d.Schemes), warnings(d))
		}
	}
}
