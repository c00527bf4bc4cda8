package template

import (
	"encoding/json"
	"fmt"
	"log"
	"testing"
	"time"
)

func Example() {
	url, err := Parse("requestTemplate.url", `https://{{.config.host}}/users/{{urlquery .args.name}}?since={{now | date "2006-01-02"}}`)
	if err != nil {
		log.Fatal(err)
	}
	text, err := url.Render([]byte(`{"config":{"host":"api.example.com"},"args":{"name":"ada l"}}`), Env{Now: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	// Output: https://api.example.com/users/ada+l?since=2026-01-02
}

func ExampleParse_error() {
	_, err := Parse("requestTemplate.body", "{\n  \"name\": {{.args.name | tojson}}\n}")
	e := err.(*Error)
	fmt.Println(e)
	fmt.Println(e.Line, e.Col, e.Hint())
	// Output:
	// template line 2: there is no function tojson
	// 2 26 did you mean toJson?
}

// TestProfiles renders templates as profiles have them, over answers as services give
// them.
func TestProfiles(t *testing.T) {
	for _, c := range []struct{ name, text, data, want string }{
		{
			"a list of places",
			`# Places near {{.query | default "you"}}
{{- range $i, $p := .pois }}

## {{add $i 1}}. {{$p.name}}
{{- if $p.address }}
- **Address**: {{$p.address}}
{{- end }}
- **Distance**: {{printf "%.1f" (divf $p.meters 1000)}} km
{{- with $p.tags }}
- **Tags**: {{join ", " .}}
{{- end }}
{{- else }}
Nothing was found.
{{- end }}
`,
			`{"query":"","pois":[{"name":"Café <1>","address":"1 Road","meters":1250,"tags":["coffee","wifi"]},{"name":"B","address":[],"meters":80}]}`,
			`# Places near you

## 1. Café <1>
- **Address**: 1 Road
- **Distance**: 1.2 km
- **Tags**: coffee, wifi

## 2. B
- **Distance**: 0.1 km
`,
		},
		{
			"an empty list of places",
			"{{range .pois}}{{.name}}{{else}}Nothing was found.{{end}}",
			`{"pois":[]}`,
			"Nothing was found.",
		},
		{
			"a table by queries",
			"open: {{gjson `issues.#(state==\"open\")#|#`}}\n{{range gjson `issues.#(state==\"open\")#`}}#{{.number}} {{.title | trunc 10}} ({{.user.login}}{{if gt .comments 1}}, {{.comments}} comments{{end}})\n{{end}}",
			`{"issues":[{"number":1,"title":"A bug in the parser","state":"open","user":{"login":"ada"},"comments":3},
				{"number":2,"title":"Done","state":"closed","user":{"login":"bob"},"comments":0},{"number":3,"title":"Docs","state":"open","user":{"login":"eve"},"comments":1}]}`,
			"open: 2\n#1 A bug in t (ada, 3 comments)\n#3 Docs (eve)\n",
		},
		{
			"an error with headers",
			`{{gjson "_headers.\\:status"}}: {{.error.message | default "no message"}}{{if eq (gjson "_headers.\\:status") "429"}}, try again in {{gjson "_headers.retry-after"}} s{{end}}`,
			`{"error":{"message":"slow down"},"_headers":{":status":"429","retry-after":"30"}}`,
			"429: slow down, try again in 30 s",
		},
		{
			"a body with values of every kind",
			`{"filter": {{toJson .args.filter}}, "ids": {{.args.ids}}, "name": {{.args.name | toJson}}, "limit": {{.args.limit | default 20}}{{if .args.after}}, "after": {{quote .args.after}}{{end}}}`,
			`{"args":{"filter":{"a":["x",{"b":null}]},"ids":[1,12345678901234567890],"name":"q\"uote\n","after":"c1"},"config":{}}`,
			`{"filter": {"a":["x",{"b":null}]}, "ids": [1,12345678901234567890], "name": "q\"uote\n", "limit": 20, "after": "c1"}`,
		},
		{
			"a query with optional parameters",
			`https://{{.config.host}}/search?q={{urlquery .args.q}}{{range $k, $v := .args.extra}}&{{urlquery $k}}={{$v | urlquery}}{{end}}{{if .args.exact}}&exact=1{{end}}`,
			`{"args":{"q":"a&b c","extra":{"page":2,"sort by":"x/y"},"exact":true},"config":{"host":"h.example"}}`,
			`https://h.example/search?q=a%26b+c&page=2&sort+by=x%2Fy&exact=1`,
		},
		{
			"a signature",
			`{{$t := now | unixEpoch}}{{$t}}:{{printf "%s|%s|%s" .config.app $t .args.id | sha256sum | trunc 16}}`,
			`{"args":{"id":7},"config":{"app":"a1"}}`,
			"1767323045:196d2e521539453b",
		},
		{
			"a tree",
			`{{define "node"}}{{.name}}{{with .children}} ({{range $i, $c := .}}{{if $i}} {{end}}{{template "node" $c}}{{end}}){{end}}{{end}}{{template "node" .root}}`,
			`{"root":{"name":"a","children":[{"name":"b","children":[{"name":"c"}]},{"name":"d","children":[]}]}}`,
			"a (b (c) d)",
		},
		{
			"JSON in JSON",
			"{{with gjson `payload.@fromstr`}}{{.user.name}} {{range .items}}{{.id}};{{end}}{{end}}",
			`{"payload":"{\"user\":{\"name\":\"ada\"},\"items\":[{\"id\":1},{\"id\":2}]}"}`,
			"ada 1;2;",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(t, c.text, c.data)
			if err != nil || got != c.want {
				t.Errorf("got %s\nwant %s\n%v", got, c.want, err)
			}
			if c.want[0] == '{' && !json.Valid([]byte(got)) {
				t.Error("no JSON")
			}
		})
	}
}
