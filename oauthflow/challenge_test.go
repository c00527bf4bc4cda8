package oauthflow

import (
	"fmt"
	"strings"
	"testing"
)

// challenges are headers and how they read.
var challenges = map[string]string{
	``:       ``,
	`Bearer`: `Bearer`,
	`Bearer realm="x", error="invalid_token", error_description="a \"b\" \\"`: `Bearer error=invalid_token error_description=a "b" \ realm=x`,
	`Bearer resource_metadata="https://a.example/m?x=1,2", scope="a b"`:       `Bearer resource_metadata=https://a.example/m?x=1,2 scope=a b`,
	`Basic realm="\\", Bearer scope=a`:                                        `Basic realm=\; Bearer scope=a`,
	`Negotiate YWJj==, Bearer realm=x`:                                        `Negotiate 68:YWJj==; Bearer realm=x`,
	`Negotiate YWJj, Bearer`:                                                  `Negotiate 68:YWJj; Bearer`,
	`Negotiate, NTLM , Bearer realm=x`:                                        `Negotiate; NTLM; Bearer realm=x`,
	`Bearer Realm = "x" , SCOPE = y`:                                          `Bearer realm=x scope=y`,
	`Bearer realm=x realm=y`:                                                  `Bearer realm=x`,
	`Bearer scope="a", scope="b"`:                                             `Bearer scope=a`,
	`DPoP algs="ES256 RS256", error="use_dpop_nonce"`:                         `DPoP algs=ES256 RS256 error=use_dpop_nonce`,
	`, ,Bearer realm=x, ,`:                                                    `Bearer realm=x`,
	`Bearer realm="no end`:                                                    `Bearer`,
	`Bearer realm="ends\`:                                                     `Bearer`,
	`"junk, more" , Bearer realm=x`:                                           `Bearer realm=x`,
	`Bearer =x, realm=y`:                                                      `Bearer realm=y`,
	`Bearer realm="", scope=`:                                                 `Bearer realm= scope=`,
	`Bearer a=b, Basic`:                                                       `Bearer a=b; Basic`,
	`Digest qop="auth, auth-int", nonce="d/c+="`:                              `Digest nonce=d/c+= qop=auth, auth-int`,
	"Bearer\trealm=\"x\"":                                                     `Bearer realm=x`,
}

func show(all []Challenge) string {
	var out []string
	for _, c := range all {
		text := c.Scheme
		if c.Token68 != "" {
			text += " 68:" + c.Token68
		}
		if len(c.Params) > 0 {
			text += " " + strings.TrimSuffix(strings.TrimPrefix(strings.ReplaceAll(fmt.Sprint(c.Params), ":", "="), "map["), "]")
			text = strings.ReplaceAll(text, "https=", "https:") // fmt sorts the keys
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestParseChallenges(t *testing.T) {
	for header, want := range challenges {
		if got := show(ParseChallenges([]string{header})); got != want {
			t.Errorf("%s\n got %s\nwant %s", header, got, want)
		}
	}
	if got := show(ParseChallenges([]string{"Bearer realm=x", `Basic realm="y"`})); got != "Bearer realm=x; Basic realm=y" {
		t.Errorf("two headers: %s", got)
	}
	if n := len(ParseChallenges([]string{strings.Repeat("A,", 1000), strings.Repeat("B,", 1000)})); n != maxChallenges {
		t.Errorf("%d challenges", n)
	}
}

// What is read holds no byte that the header does not have, is bounded, and reads the
// same when it is written out again.
func FuzzParseChallenges(f *testing.F) {
	for header := range challenges {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		all := ParseChallenges([]string{header})
		if len(all) > maxChallenges {
			t.Fatalf("%d challenges", len(all))
		}
		var again []string
		for _, c := range all {
			if c.Scheme == "" || strings.ContainsFunc(c.Scheme, func(r rune) bool { return !isTokenByte(r) }) || len(c.Params) > maxParams || c.Token68 != "" && len(c.Params) > 0 {
				t.Fatalf("%+v", c)
			}
			text := c.Scheme
			if c.Token68 != "" {
				text += " " + c.Token68
			}
			first := true
			for name, value := range c.Params {
				if name != strings.ToLower(name) || strings.Count(header, "") < strings.Count(value, "") {
					t.Fatalf("%q = %q", name, value)
				}
				if !first {
					text += ","
				}
				first = false
				text += " " + name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
			}
			again = append(again, text)
		}
		if got := show(ParseChallenges([]string{strings.Join(again, ", ")})); got != show(all) {
			t.Fatalf("%q reads %s, and written out %s", header, show(all), got)
		}
	})
}
