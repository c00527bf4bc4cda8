package credential

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

var (
	bearer = &profiles.SecurityScheme{ID: "b", Type: profiles.HTTPScheme, Scheme: "bearer"}
	basic  = &profiles.SecurityScheme{ID: "p", Type: profiles.HTTPScheme, Scheme: "basic"}
	apiKey = &profiles.SecurityScheme{ID: "k", Type: profiles.APIKey, In: "header", Name: "X-API-Key"}
	whole  = &profiles.SecurityScheme{ID: "a", Type: profiles.APIKey, In: "header", Name: "Authorization"}
	query  = &profiles.SecurityScheme{ID: "q", Type: profiles.APIKey, In: "query", Name: "appid"}
)

// What people copy with a credential is removed, and said; what cannot be one is refused,
// and neither error nor words show it.
func TestPasted(t *testing.T) {
	const key = "sk_live-abc.DEF/123+456=="
	for _, c := range []struct {
		scheme  *profiles.SecurityScheme
		text    string
		want    string // empty: refused
		removed string // or why it is refused
	}{
		{bearer, key, key, ""},
		{bearer, key + "\n", key, ""},
		{bearer, key + "\r\n", key, ""},
		{bearer, "\ufeff" + key, key, "byte order mark"},
		{bearer, "  " + key + "\u00a0", key, "blanks"},
		{bearer, "\"" + key + "\"", key, "quotes"},
		{bearer, "“" + key + "”", key, "quotes"},
		{bearer, "Bearer " + key, key, "Bearer"},
		{bearer, "bearer   " + key, key, "bearer"},
		{bearer, "token " + key, key, "token"},
		{bearer, "Authorization: Bearer " + key, key, "Authorization"},
		{bearer, "-H 'Authorization: Bearer " + key + "'", key, "Authorization"},
		{bearer, "export API_TOKEN=\"" + key + "\"", key, "API_TOKEN"},
		{bearer, "GITHUB_TOKEN=" + key, key, "GITHUB_TOKEN"},
		{bearer, "$env:X='" + key + "'", key, "X"},
		{bearer, "sk\u200b_live\u00ad-1", "sk_live-1", "invisible"},
		{bearer, "abc=def", "abc=def", ""},
		{bearer, "QUJDRA==", "QUJDRA==", ""},
		{bearer, "Basic dXNlcjpwYXNz", "", "takes a token"},
		{bearer, key + " " + key, "", "a blank"},
		{bearer, "abc\ndef", "", "line break"},
		{profiles.SecretValue{Record: "config:key"}.Scheme(), "geheim – 密码 1\n", "geheim – 密码 1", ""},
		{profiles.SecretValue{Record: "config:key"}.Scheme(), "YOUR_API_KEY", "", "placeholder"},
		{profiles.SecretValue{Record: "header:X-Key"}.Scheme(), "Bearer abc", "Bearer abc", ""},
		{profiles.SecretValue{Record: "header:X-Key"}.Scheme(), "abc–def", "", "– (U+2013)"},
		{bearer, "abc\x00def", "", "U+0000"},
		{bearer, "abc–def", "", "– (U+2013)"},
		{bearer, "\xff\xfea\x00", "", "UTF-8"},
		{bearer, " \n", "", "empty"},
		{bearer, "\"\"", "\"\"", ""},
		{bearer, "$API_TOKEN", "", "placeholder"},
		{bearer, "<your token>", "", "placeholder"},
		{bearer, "YOUR_API_KEY", "", "placeholder"},
		{bearer, "••••••••", "", "placeholder"},
		{apiKey, "X-API-Key: " + key, key, "X-API-Key"},
		{apiKey, "x-api-key:" + key, key, "x-api-key"},
		{apiKey, "Bearer " + key, "Bearer " + key, ""},
		{whole, "Authorization: Token " + key, "Token " + key, "Authorization"},
		{whole, "Token " + key, "Token " + key, ""},
		{apiKey, "schlüssel-geheim", "", "ü (U+00FC)"},
		{query, "appid=" + key, key, "appid"},
		{query, "schlüssel", "schlüssel", ""},
		{basic, "ada:secret pass ", "ada:secret pass ", ""},
		{basic, "ada:sécret:x\n", "ada:sécret:x", ""},
		{basic, "\ufeffada:x", "ada:x", "byte order mark"},
		{basic, "ada:\"quoted\"", "ada:\"quoted\"", ""},
		{basic, "Basic dXNlcjpwYXNz", "dXNlcjpwYXNz", "Basic"},
		{basic, "Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz", "Basic"},
		{basic, "ada:geheim\u200b", "", "U+200B"},
		{basic, "ada:ge\nheim", "", "line break"},
		{nil, " client secret ", "client secret", "blanks"},
		{nil, "a\nb", "", "line break"},
	} {
		v, removed, err := Pasted(c.scheme, c.text)
		said := strings.Join(removed, ", ")
		if c.want == "" {
			var bad *PastedError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.removed) || !v.IsZero() {
				t.Errorf("%q: %q, %v", c.text, v.Reveal(), err)
			}
			said = err.Error()
		} else if err != nil || v.Reveal() != c.want || !strings.Contains(said, c.removed) || c.removed == "" && said != "" {
			t.Errorf("%q: %q, removed %q, %v", c.text, v.Reveal(), said, err)
		}
		if strings.Contains(said, "live") || strings.Contains(said, "geheim") {
			t.Errorf("the credential is shown: %s", said)
		}
		if again, more, err := Pasted(c.scheme, v.Reveal()); c.want != "" && (err != nil || again.Reveal() != c.want || len(more) > 0) {
			t.Errorf("%q is changed when it is read once more: %q, %v, %v", c.want, again.Reveal(), more, err)
		}
	}
}

// A file, a variable and a command are read as what is typed is.
func TestReferencesArePasted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	for text, want := range map[string]string{"\ufeffBearer abc-123\r\n": "abc-123", "'abc-123'": "abc-123", "abc\ndef\n": "", "ab\u2013c": "", "  ": ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		refs := map[string]*profiles.Reference{"file": {File: path}, "env": {Env: "SECRET_OF_TEST"}}
		if one, _, more := strings.Cut(strings.TrimRight(text, "\r\n"), "\n"); !more && one != "" {
			refs["command"] = &profiles.Reference{Command: []string{"cat", path}}
		}
		for name, ref := range refs {
			r := New(Options{Profile: &profiles.Profile{Name: "p", Private: true, File: filepath.Join(dir, "p.toml")}, Environ: append(os.Environ(), "SECRET_OF_TEST="+text)})
			u, err := r.Resolve(t.Context(), tool.Requirement{Scheme: bearer, Credential: ref}, "https://a.example")
			if want == "" {
				var bad *PastedError
				if !errors.As(err, &bad) {
					t.Errorf("%s %q: %q, %v", name, text, u.Value.Reveal(), err)
				}
			} else if err != nil || u.Value.Reveal() != want {
				t.Errorf("%s %q: %q, %v", name, text, u.Value.Reveal(), err)
			}
		}
	}
}
