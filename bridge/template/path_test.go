package template

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestLookUpCosts: a lookup costs what was read, not how long the document is.
func TestLookUpCosts(t *testing.T) {
	filler := strings.Repeat(`"0123456789",`, 10_000)
	early := gjson.Parse(`{"config":{"host":"h"},"l":[` + filler + `1]}`)
	late := gjson.Parse(`{"l":[` + filler + `1],"config":{"host":"h"}}`)
	for _, c := range []struct {
		name        string
		in          gjson.Result
		path        string
		found       string
		least, most int
	}{
		{"early", early, "config.host", "h", 1, 3},
		{"late", late, "config.host", "h", 60, 70},
		{"absent", early, "nothing", "", 60, 70},
		{"all of it", late, "l", "", 60, 70},
		{"an item near the beginning", late, "l.3", "0123456789", 1, 3},
		{"inside of a part", late.Get("config"), "host", "h", 1, 3},
		{"empty", gjson.Result{}, "a", "", 1, 3},
	} {
		found, steps := lookUp(c.in, c.path)
		if steps < c.least || steps > c.most || c.found != "" && found.String() != c.found {
			t.Errorf("%s: %d steps, %.20s", c.name, steps, found.Raw)
		}
	}
	// So a loop may look at the configuration again and again.
	text := `{{range .l}}{{$.config.host}}{{end}}`
	if out, err := render(t, text, early.Raw); err != nil || len(out) != 10_001 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	if _, err := render(t, text+text, late.Raw); err == nil {
		t.Error("reading 130 kB 20,000 times takes no steps")
	}
}

func TestUnwrapping(t *testing.T) {
	for _, c := range []struct {
		path, head, rest string
		ok               bool
	}{
		{"", "", "", true},
		{"a.b", "a.b", "", true},
		{"a.#(b==1)#.c", "a.#(b==1)#.c", "", true},
		{"@fromstr", "@fromstr", "", true},
		{"a.@fromstr", "a.@fromstr", "", true},
		{"a.@fromstr.b.c", "a.@fromstr", "b.c", true},
		{"a|@fromstr|b", "a|@fromstr", "b", true},
		{"a.@fromstr.b.@fromstr.c", "a.@fromstr", "b.@fromstr.c", true},
		{"a.@fromstr.#.b", "a.@fromstr", "#.b", true},
		{"a.@fromstr:x.b", "a.@fromstr", "x.b", false},
		{"a.#.@fromstr", "a.#.@fromstr", "", false},
		{"[a.@fromstr]", "[a.@fromstr]", "", false},
		{"{\"x\":a.@fromstr}", "{\"x\":a.@fromstr}", "", false},
		{"a.#(b.@fromstr==1)", "a.#(b.@fromstr==1)", "", false},
	} {
		head, rest, ok := unwrapping(c.path)
		if ok != c.ok || ok && (head != c.head || rest != c.rest) {
			t.Errorf("%s: %q %q %v", c.path, head, rest, ok)
		}
	}
}

func TestOpenings(t *testing.T) {
	for s, want := range map[string]int{
		"":                      0,
		"[]":                    1,
		`{"a":[{}]}`:            3,
		`{"a":"[{"}`:            3,
		`"\u005b\u007B\u005B"`:  3,
		`"\\u005b\\\\u007b"`:    2,
		"]]}}":                  0,
		strings.Repeat("[", 50): 50,
	} {
		if got := openings(s); got != want {
			t.Errorf("%s: %d, want %d", s, got, want)
		}
	}
}

// TestGrowth holds the bound against what GJSON really makes.
func TestGrowth(t *testing.T) {
	data := `{"a":[1,{"b":"\"x\""}],"c":"` + strings.Repeat(`\"`, 50) + `"}`
	for _, path := range []string{
		"@this",
		"[@this,@this]",
		"{\"x\":@this,\"y\":[@this,a]}",
		"c|@tostr|@tostr",
		"@pretty",
		"a.#.b",
		"[[@this,@this],[@this,@this]]",
		"[@this,@this]|[@this,@this,@this]",
		`@pretty:{"indent":"          "}`,
		"@values|@flatten",
		"@tostr|@fromstr|@keys",
		"@join",
	} {
		out, err := render(t, "{{gjson `"+path+"`}}", data)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if most := growth(path) * (len(data) + len(path)); len(out) > most {
			t.Errorf("%s: %d bytes, expected at most %d", path, len(out), most)
		}
	}
	for path, most := range map[string]int{"a.b.c": 1, "a.#(b==1)": 1, "{a,b}": 4, "@reverse": 2} {
		if got := growth(path); got > most {
			t.Errorf("%s: %d, which would refuse more than it must", path, got)
		}
	}
}

// TestGJSONBases: a path is looked up below the dot, then from the root.
func TestGJSONBases(t *testing.T) {
	const data = `{"name":"root","only":"here","items":[{"name":"a","tags":["x","y"]},{"tags":[]}],"o":{"name":"inner","o":{"name":"deep"}}}`
	for text, want := range map[string]string{
		`{{gjson "name"}}`:                                                                          "root",
		`{{with .o}}{{gjson "name"}}{{end}}`:                                                        "inner",
		`{{with .o}}{{with .o}}{{gjson "name"}}{{end}}{{end}}`:                                      "deep",
		`{{with .o}}{{gjson "only"}}{{end}}`:                                                        "here",
		`{{with .o}}{{gjson "o.name"}}{{end}}`:                                                      "deep",
		`{{range .items}}{{gjson "tags.#"}}{{end}}`:                                                 "20",
		`{{range .items}}{{gjson "name"}} {{end}}`:                                                  "a root ",
		`{{range .items}}{{gjson "items.#"}}{{end}}`:                                                "22",
		`{{range list 1 2}}{{.}}{{gjson "name"}} {{end}}`:                                           "1root 2root ",
		`{{with dict "name" "made"}}{{gjson "name"}}{{.name}}{{end}}`:                               "rootmade",
		`{{define "t"}}{{gjson "name"}}{{end}}{{template "t" .o}}`:                                  "inner",
		`{{$p := "name"}}{{gjson $p}}{{gjson (print $p)}}`:                                          "rootroot",
		`{{.name | printf "o.%s" | gjson}}`:                                                         "",
		`{{"o.name" | gjson}}`:                                                                      "inner",
		`{{(gjson "o").name}}{{range $i, $t := gjson "items.0.tags"}}{{$i}}{{$t}}{{end}}`:           "inner0x1y",
		`{{if gjson "items.#(name==\"a\")"}}yes{{end}}{{if gjson "items.#(name==\"b\")"}}no{{end}}`: "yes",
	} {
		if got, err := render(t, text, data); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}
