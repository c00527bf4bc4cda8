package template

import "testing"

// TestArgs: + is escaped, - is not.
func TestArgs(t *testing.T) {
	for text, want := range map[string]string{
		// Where an argument stands.
		`{{.args.a}}`:       "a-",
		`{{ .args.a.b.c }}`: "a-",
		`{{$.args.a}}`:      "a-",
		`{{.args.0.x}}`:     "0-",
		`{{(.args).a}}`:     "a-",
		`{{(.args.a).b}}`:   "a-",
		`text`:              "",
		`{{.config.a}}{{.args}}{{$.args}}{{"args"}}{{.}}`: "",
		// What escapes.
		`{{urlquery .args.a}}`:                    "a+",
		`{{.args.a | urlquery}}`:                  "a+",
		`{{.args.a | trim | urlquery | lower}}`:   "a+",
		`{{urlquery (print .args.a .args.b)}}`:    "a+b+",
		`{{print (urlquery .args.a) .args.b}}`:    "a+b-",
		`{{toJson .args.a}}`:                      "a-",
		`{{len .args.a}}`:                         "a+",
		`{{b64enc .args.a}}{{sha256sum .args.b}}`: "a-b+",
		`{{printf "%s" (urlquery .args.deep)}}`:   "deep+",
		`{{int .args.a}}{{add .args.b 1}}`:        "a+b+",
		`{{quote .args.a}}`:                       "a-",
		`{{default "x" .args.a | urlquery}}`:      "a+",
		// Conditions print nothing.
		`{{if .args.a}}{{.args.b}}{{else}}{{.args.c}}{{end}}`: "a+b-c-",
		`{{if eq .args.a "x"}}y{{end}}`:                       "a+",
		`{{if and .args.a (not .args.b)}}{{end}}`:             "a+b+",
		`{{with .args.a}}fixed{{end}}`:                        "a+",
		`{{range .args.a}}x{{end}}`:                           "a+",
		`{{eq .args.a 1}}`:                                    "a+",
		// Other names for it.
		`{{with .args.a}}{{.}}{{end}}`:                "a+a-",
		`{{with .args}}{{.a}}{{urlquery .b}}{{end}}`:  "a-b+",
		`{{with $x := .args.a}}{{$x}}{{end}}`:         "a+a-",
		`{{with upper .args.a}}{{.}}{{end}}`:          "a-",
		`{{$x := .args.a}}{{$x}}`:                     "a+a-",
		`{{$x := .args}}{{$x.a}}`:                     "a-",
		`{{$x := upper .args.a}}{{$x}}`:               "a-",
		`{{$x := .args.a}}{{urlquery $x}}`:            "a+a+",
		`{{range .args.a}}{{.}}{{$.args.b}}{{end}}`:   "a+a-b-",
		`{{range $i, $x := .args.a}}{{$x.id}}{{end}}`: "a+a-",
		`{{range .args}}{{.x}}{{end}}`:                "",
		`{{range upper .args.a}}{{.}}{{end}}`:         "a-",
		`{{with .config}}{{.args.a}}{{end}}`:          "",
		`{{if $x := .args.a}}{{$x}}{{end}}`:           "a+a-",
		`{{index .args "a"}}`:                         "a-",
		`{{index .args "a" "b" | urlquery}}`:          "a+",
		`{{urlquery (index .args "a")}}`:              "a+",
		`{{index .args .config.key}}`:                 "",
		`{{(index .args "a").b}}`:                     "a-",
		`{{gjson "args.a.b"}}`:                        "a-",
		`{{gjson "args.a" | urlquery}}`:               "a+",
		`{{gjson "args.#.x"}}`:                        "",
		`{{gjson "config.a"}}`:                        "",
		// Templates in templates.
		`{{define "t"}}{{.args.x}}{{end}}{{template "t" .}}`:                "x-",
		`{{define "t"}}{{.x}}{{urlquery $.y}}{{end}}{{template "t" .args}}`: "x-y+",
		`{{template "t" .args.a}}{{define "t"}}{{end}}`:                     "a-",
		`{{block "b" .args}}{{.x}}{{end}}`:                                  "x-",
		`{{define "t"}}{{.x}}{{end}}{{template "t"}}`:                       "",
	} {
		parsed, err := Parse("t", text)
		if err != nil {
			t.Fatal(text, err)
		}
		got := ""
		for _, use := range parsed.Args() {
			got += use.Name + map[bool]string{true: "+", false: "-"}[use.Escaped]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestArgsOfRecursion: a template that calls itself is followed, but not for ever.
func TestArgsOfRecursion(t *testing.T) {
	parsed, err := Parse("t", `{{define "r"}}{{.x}}{{template "r" .}}{{template "r" .}}{{end}}{{template "r" .args}}`)
	if err != nil || len(parsed.Args()) == 0 || len(parsed.Args()) > 1000 {
		t.Error(len(parsed.Args()), err)
	}
}
