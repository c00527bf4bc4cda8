package secret

import (
	"strings"
	"testing"
)

// redactions are texts, and what stays of them; # stands for the mask.
var redactions = []struct{ text, want string }{
	// Headers.
	{"Authorization: Bearer abcdefgh", "Authorization: #"},
	{"authorization=Token abc, next", "authorization=#"},
	{"GET /x\r\nProxy-Authorization: Basic YTpi\r\nHost: h", "GET /x\r\nProxy-Authorization: #\r\nHost: h"},
	{`{"Authorization":"Bearer abc","id":1}`, `{"Authorization":"#","id":1}`},
	{"map[Authorization:[Bearer abc]]", "map[Authorization:#"},
	{"Cookie: a=b; c=d", "Cookie: #"},
	{"Set-Cookie: sid=1; Path=/", "Set-Cookie: #"},
	{"X-Api-Key: 12345", "X-Api-Key: #"},
	{"x-auth-token = 12345", "x-auth-token = #"},
	{"HTTP_AUTHORIZATION=abc", "HTTP_AUTHORIZATION=#"},
	// Schemes.
	{"sent Bearer abc.def-ghi to it", "sent Bearer # to it"},
	{"sent bearer lowercase to it", "sent bearer # to it"},
	{"Basic YWRhOnBhc3M= refused", "Basic # refused"},
	{"DPoP eyJhbGciOiJF.eyJzdWIi.c2ln sent", "DPoP # sent"},
	{"the token eyJhbGciOiJF.eyJzdWIi.c2ln is old", "the token # is old"},
	// Parameters and members.
	{"https://x/cb?code=abc123&state=s", "https://x/cb?code=#&state=s"},
	{"code=abc&grant_type=x", "code=#&grant_type=x"},
	{"https://x/?a=1&access_token=abc#f", "https://x/?a=1&access_token=#"},
	{"grant_type=refresh_token&refresh_token=abc&client_secret=d%2Fe", "grant_type=refresh_token&refresh_token=#&client_secret=#"},
	{"client_assertion=a.b.c&code_verifier=v-e_r&device_code=d", "client_assertion=#&code_verifier=#&device_code=#"},
	{"https://x/?api_key=abc&apikey=d&key=e&token=f&sig=g", "https://x/?api_key=#&apikey=#&key=#&token=#&sig=#"},
	{"https://x/?my_access_token=abc", "https://x/?my_access_token=#"},
	{`{"access_token":"abc","expires_in":3}`, `{"access_token":"#","expires_in":3}`},
	{`{"token": "abc", "secret" : "d e f"}`, `{"token": "#", "secret" : "#"}`},
	{`{\"id_token\":\"abc\"}`, `{\"id_token\":\"#"}`},
	{"password: hunter2, user: ada", "password: #, user: ada"},
	{"PASSWORD=hunter[2]x", "PASSWORD=#"},
	// Users in URLs.
	{"proxy http://user:pass@proxy:3128 refused", "proxy http://#@proxy:3128 refused"},
	{"https://token@h/p", "https://#@h/p"},
	// No credentials.
	{"dial tcp 127.0.0.1:80: connect: connection refused", ""},
	{`Get "https://h.example/a?b=c": context deadline exceeded`, ""},
	{"https://h/path?mail=a@b.example", ""},
	{"https://h/path#a@b.example", ""},
	{"status code: 404", ""},
	{`{"code":"not_found","message":"no such key: abc"}`, ""},
	{"rpc error: code = Unavailable desc = x", ""},
	{"invalid token: unexpected end of input", ""},
	{"the server asks for basic authentication", ""},
	{`WWW-Authenticate: Bearer realm="x", error="invalid_token"`, ""},
	{"Bearer tokens are not supported", ""},
	{"plain", ""},
	{"", ""},
}

func TestRedact(t *testing.T) {
	for _, c := range redactions {
		want := strings.ReplaceAll(c.want, "#", Mask)
		if c.want == "" {
			want = c.text
		}
		if got := Redact(c.text); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.text, got, want)
		}
	}
}

// FuzzRedact: redacting twice changes nothing, and a value behind a name that says
// what it is does not stay.
func FuzzRedact(f *testing.F) {
	for _, c := range redactions {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := Redact(text)
		if again := Redact(once); again != once {
			t.Fatalf("%q became %q, then %q", text, once, again)
		}
		for _, name := range []string{"?access_token=", "&client_secret=", "Authorization: Bearer ", "http://user:"} {
			end := map[bool]string{true: "@h/", false: ""}[strings.HasPrefix(name, "http")]
			if got := Redact(text + "\n" + name + "c4n4ry" + end); strings.Contains(got, "c4n4ry") {
				t.Fatalf("%q", got)
			}
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	const text = `Post "https://auth.example.com/token?client_id=a": dial tcp 192.0.2.1:443: connect: connection refused`
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Redact(text)
	}
}
