package profiles

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"github", "a", "9", "GitHub_v3.1-x", "com", "com10", "console", strings.Repeat("a", 64), "a..b", "nullable"} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"":                      "a profile needs a name",
		".":                     `".": a name begins with a letter or a digit`,
		"..":                    `"..": a name begins with a letter or a digit`,
		"-":                     `"-": a name begins with a letter or a digit`,
		".hidden":               `".hidden": a name begins with a letter or a digit`,
		"../x":                  `"../x": a name begins with a letter or a digit`,
		"a/b":                   `"a/b": a name has only letters without accents, digits, dots, - and _`,
		`a\b`:                   `"a\\b": a name has only letters without accents, digits, dots, - and _`,
		"a b":                   `"a b": a name has only letters without accents, digits, dots, - and _`,
		"a ":                    `"a ": a name has only letters without accents, digits, dots, - and _`,
		"a:b":                   `"a:b": a name has only letters without accents, digits, dots, - and _`,
		"ü":                     `"ü": a name begins with a letter or a digit`,
		"aü":                    `"aü": a name has only letters without accents, digits, dots, - and _`,
		"a\x00":                 `"a\x00": a name has only letters without accents, digits, dots, - and _`,
		"a.":                    `"a.": a name cannot end with a dot`,
		"a.toml":                `"a.toml": a name is written without .toml`,
		"CON":                   `"CON": Windows keeps this name for a device`,
		"nul.txt":               `"nul.txt": Windows keeps this name for a device`,
		"Com1":                  `"Com1": Windows keeps this name for a device`,
		"lpt9.a.b":              `"lpt9.a.b": Windows keeps this name for a device`,
		"aux":                   `"aux": Windows keeps this name for a device`,
		"prn":                   `"prn": Windows keeps this name for a device`,
		strings.Repeat("a", 65): `"` + strings.Repeat("a", 65) + `": the name is longer than 64 characters`,
	} {
		err := CheckName(name)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", name, err, want)
			continue
		}
		var e *NameError
		if !errors.As(err, &e) || e.Hint() == "" {
			t.Errorf("%q: no hint", name)
		}
	}
}

func TestCheckNewName(t *testing.T) {
	existing := []string{"github", "Petstore"}
	for name, want := range map[string]string{
		"gitlab":   "",
		"github":   `"github": there is a profile of this name`,
		"GitHub":   `"GitHub": differs only by case from the profile "github"`,
		"petstore": `"petstore": differs only by case from the profile "Petstore"`,
		"a/b":      `"a/b": a name has only letters without accents, digits, dots, - and _`,
	} {
		err := CheckNewName(name, existing)
		if got := errorText(err); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestMakeName(t *testing.T) {
	for title, want := range map[string]string{
		"GitHub v3 REST API": "github-v3-rest-api", "": "api", "日本語": "api", "  --x--  ": "x", "Twilio - Api": "twilio-api",
		"CON": "api-con", "nul.x": "api-nul.x", "api.example.com": "api.example.com", "petstore.toml": "petstore", "a.toml.toml": "a",
		"Bob's API": "bobs-api", strings.Repeat("long ", 20): "long-long-long-long-long-long-long-long", "é a": "a",
	} {
		got := MakeName(title)
		if got != want {
			t.Errorf("MakeName(%q) = %q, want %q", title, got, want)
		}
		if err := CheckName(got); err != nil {
			t.Errorf("MakeName(%q): %v", title, err)
		}
	}
	if got := MakeName("GitHub", "github", "GITHUB-2"); got != "github-3" {
		t.Error(got)
	}
}

// FuzzMakeName: whatever the title, the name is legal and new.
func FuzzMakeName(f *testing.F) {
	f.Add("GitHub v3", "github-v3")
	f.Add("con.toml", "con")
	f.Add("a.toml.toml", "")
	f.Fuzz(func(t *testing.T, title, taken string) {
		if err := CheckNewName(MakeName(title, taken), []string{taken}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestParseRef(t *testing.T) {
	for in, want := range map[string]Ref{
		"github":                        {"github", ""},
		"github/work":                   {"github", "work"},
		"github/me@example.com":         {"github", "me@example.com"},
		"x.toml":                        {"x.toml", ""},
		"./dir/x.toml":                  {"./dir/x.toml", ""},
		"/a/x.TOML":                     {"/a/x.TOML", ""},
		"/a/x.toml/work":                {"/a/x.toml", "work"},
		"/a/x.toml/y.toml/my account ü": {"/a/x.toml/y.toml", "my account ü"},
		`C:\p\x.toml/work`:              {`C:\p\x.toml`, "work"},
	} {
		got, err := ParseRef(in)
		if err != nil || got != want || got.String() != in {
			t.Errorf("ParseRef(%q) = %#v, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"":                                   "a profile needs a name",
		"/work":                              "a profile needs a name",
		"github/":                            "the account has no name",
		"github/a/b":                         `"a/b": an account's name has no slashes`,
		`github/a\b`:                         `"a\\b": an account's name has no slashes`,
		"github/ a":                          `" a": an account's name is text without blanks around it`,
		"github/a\x01b":                      `"a\x01b": an account's name has only printable characters`,
		"github/\xff":                        `"\xff": an account's name is text without blanks around it`,
		"x.toml/":                            "the account has no name",
		"../x":                               `"..": a name begins with a letter or a digit`,
		"github/" + strings.Repeat("a", 129): `"` + strings.Repeat("a", 80) + `…": an account's name has at most 128 bytes`,
	} {
		if _, err := ParseRef(in); errorText(err) != want {
			t.Errorf("ParseRef(%q): %v, want %s", in, err, want)
		}
	}
}

func TestNearestName(t *testing.T) {
	many := strings.Fields("a b c d e f g h i j k l m")
	for _, c := range []struct {
		name  string
		known []string
		want  string
	}{
		{"gihtub", []string{"github", "x"}, "did you mean github?"},
		{"q", []string{"github", "x1"}, "there are: github, x1"},
		{"q", nil, "make a profile: mcp-bridge add SOURCE"},
		{"zzzzzz", many, "see them with: mcp-bridge profiles"},
	} {
		if got := nearestName(c.name, c.known); got != c.want {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
	}
}
