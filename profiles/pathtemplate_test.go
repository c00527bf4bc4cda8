package profiles

import (
	"strings"
	"testing"
)

func TestSplitPath(t *testing.T) {
	for path, want := range map[string]string{
		"/a":                                "/a",
		"/a/{id}":                           "/a/ <id>",
		"/a/{id:[0-9]+}":                    "/a/ <id ~[0-9]+>",
		"/a/{ id : [0-9]{4} }/b":            "/a/ <id ~[0-9]{4}> /b",
		"/{a}.{b}":                          "/ <a> . <b>",
		"/{owner}-{repo}:cancel":            "/ <owner> - <repo> :cancel",
		"/v1/{name=projects/*}:cancel":      "/v1/ <name ~projects/* slash> :cancel",
		"/v1/{name=*}":                      "/v1/ <name ~*>",
		"/v1/{name=**}":                     "/v1/ <name ~** slash>",
		"/{proxy+}":                         "/ <proxy slash>",
		"/{x*}":                             "/ <x slash explode>",
		"/{+x}":                             "/ <x slash>",
		"/{*path}":                          "/ <path slash>",
		"/{**path}":                         "/ <path slash>",
		"/{path...}":                        "/ <path slash>",
		"/{path:path}":                      "/ <path ~path slash>",
		"/{path:.*}":                        "/ <path ~.* slash>",
		"/{path:[^/]+}":                     "/ <path ~[^/]+>",
		"/{path:[^/.]+\\.json}":             "/ <path ~[^/.]+\\.json>",
		"/{v:v\\d+\\.\\d+}":                 "/ <v ~v\\d+\\.\\d+>",
		"/{a:[a-z/]+}":                      "/ <a ~[a-z/]+ slash>",
		"/{id:int:min(1)}":                  "/ <id ~int:min(1)>",
		"/{id<\\d+>}":                       "/ <id ~<\\d+>>",
		"/{id?}":                            "/ <id>",
		"/a{/x,y}":                          "/a / <x> / <y>",
		"/a{;x,y}":                          "/a <x matrix> <y matrix>",
		"/a{.x}":                            "/a <x label>",
		"/a{?q,lang}":                       "/a <q query> <lang query>",
		"/a/{x,y}":                          "/a/ <x> , <y>",
		"/{{id}}/b":                         "/ <id> /b",
		"/{filter[x]}/{$v}/{a.b}":           "/ <filter[x]> / <$v> / <a.b>",
		"/{}/{":                             "/{}/{",
		"/{/{id}":                           "/{/ <id>",
		"/a}b{c d}":                         "/a}b{c d}",
		"/{名前}":                             "/ <名前>",
		"/" + strings.Repeat("{", 50) + "x": "/" + strings.Repeat("{", 50) + "x",
	} {
		var got []string
		for _, p := range SplitPath(path) {
			if p.Name == "" {
				got = append(got, p.Text)
				continue
			}
			s := "<" + p.Name
			for _, one := range []struct {
				text string
				on   bool
			}{{"~" + p.Pattern, p.Pattern != ""}, {p.Style, p.Style != ""}, {"slash", p.Slash}, {"explode", p.Explode}, {"query", p.Query}} {
				if one.on {
					s += " " + one.text
				}
			}
			got = append(got, s+">")
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", path, text, want)
		}
	}
}

// FuzzSplitPath holds that nothing of a path is lost.
func FuzzSplitPath(f *testing.F) {
	for _, s := range []string{"/a/{id:[0-9]{4}}/b", "/{{x}}", "/{a}.{b}", "/{+x", "/{=}", "/{:}{<}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		var all strings.Builder
		for _, p := range SplitPath(path) {
			if p.Name != "" && strings.ContainsAny(p.Name, "{}/") {
				t.Errorf("the name %q", p.Name)
			}
			all.WriteString(p.Text)
		}
		if !strings.ContainsAny(path, ",/") && all.String() != path {
			t.Errorf("%q of %q", all.String(), path)
		}
	})
}
