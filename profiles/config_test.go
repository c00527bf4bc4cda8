package profiles

import (
	"reflect"
	"testing"
)

func TestParseConfig(t *testing.T) {
	got, err := ParseConfig("config.toml", []byte(`
keychain = "file"
keyFile = "key"
proxy = "off"
caFile = "ca.pem"
browser = 'firefox --new-window "{url}" "two words" '
`))
	want := Config{"config.toml", "file", "key", "off", "ca.pem", Browser{Command: []string{"firefox", "--new-window", "{url}", "two words"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := ParseConfig("c", nil); err != nil || !reflect.DeepEqual(got, Config{File: "c"}) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestBrowser(t *testing.T) {
	for in, want := range map[string]Browser{
		`"none"`:                  {None: true},
		`"None"`:                  {None: true},
		`"firefox"`:               {Command: []string{"firefox", "{url}"}},
		`'C:\x\f.exe -u={url}'`:   {Command: []string{`C:\x\f.exe`, "-u={url}"}},
		`'"C:\a b\f.exe" ""'`:     {Command: []string{`C:\a b\f.exe`, "", "{url}"}},
		`["open", "-a", "{url}"]`: {Command: []string{"open", "-a", "{url}"}},
	} {
		got, err := ParseConfig("c", []byte("browser = "+in))
		if err != nil || !reflect.DeepEqual(got.Browser, want) {
			t.Errorf("%s: %+v %v", in, got.Browser, err)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for in, want := range map[string]string{
		`keychain = "fiel"`:  `c:1:12: keychain: unknown value "fiel" (allowed: os, file; did you mean file?)`,
		`keychian = "file"`:  `c:1:1: keychian: unknown key (allowed: keychain, keyFile, proxy, caFile, browser; did you mean keychain?)`,
		`proxy = "x"`:        `c:1:9: proxy: must be "off" or the address of a proxy, such as "http://127.0.0.1:3128"`,
		`browser = ""`:       `c:1:11: browser: must be "none" or a command such as "firefox {url}"`,
		`browser = true`:     `c:1:11: browser: must be "none" or a command such as "firefox {url}"`,
		`browser = ["a", 1]`: `c:1:17: browser: must be "none" or a command such as "firefox {url}"`,
		`browser = [""]`:     `c:1:11: browser: must be "none" or a command such as "firefox {url}"`,
		`browser = `:         `c:1:11: expected a value, found the end of the document`,
	} {
		if _, err := ParseConfig("c", []byte(in)); errorText(err) != want {
			t.Errorf("%s\n got %v\nwant %s", in, err, want)
		}
	}
}

func TestParseProject(t *testing.T) {
	got, err := ParseProject("p", []byte(`profile = "github"`))
	if err != nil || got != (Project{"p", "github"}) {
		t.Errorf("%+v %v", got, err)
	}
	for in, want := range map[string]string{
		``:                        `p:1:1: profile: missing: the file names a profile`,
		`profile = "../x.toml"`:   `p:1:11: profile: "../x.toml": a name begins with a letter or a digit`,
		`profile = "x.toml"`:      `p:1:11: profile: "x.toml": a name is written without .toml`,
		`profile = "a/b"`:         `p:1:11: profile: "a/b": a name has only letters without accents, digits, dots, - and _`,
		"profile = 'a'\nhome='b'": `p:2:1: home: unknown key (allowed: profile)`,
		`profile = 1`:             `p:1:11: profile: must be a string, not a number`,
	} {
		_, err := ParseProject("p", []byte(in))
		if errorText(err) != want {
			t.Errorf("%s\n got %v\nwant %s", in, err, want)
		}
	}
}

func TestSample(t *testing.T) {
	for _, name := range []string{"x", "github", "v1.2_a-b"} {
		p, warns, err := Load(name+".toml", Sample(name), Options{Private: owned})
		if err != nil || len(warns) > 0 || p.Server.Name != name || len(p.Tools) != 1 {
			t.Errorf("%s: %v %v", name, warns, err)
		}
	}
}
