package template

import (
	"strings"
	"testing"
)

const document = `{"args":{"name":"a b&c","n":0,"one":1,"f":1.5,"big":12345678901234567890,"bigger":12345678901234567891,"e":1e3,"yes":true,"no":false,"null":null,"empty":"",
"list":["x","y"],"nums":[3,1,2],"obj":{"k":"v<","deep":{"a":[{"id":7,"n":"p"},{"id":8,"n":"q"}]}},"none":[],"digits":"42","html":"\u003cb\u003e\u0026",
"markup":{"a":"\u003cb\u003e\u0026"}},"config":{"host":"h.example"},"_headers":{":status":"404","x-a":"1"}}`

// The relation of a case to what higress-group/gjson_template does.
const (
	same     = "same"
	improved = "improved"
)

// higressRows has a case for each statement about the template engine of Higress's
// MCP server (exec.go and funcs.go of gjson_template): what is the same here, and
// what is better on purpose.
var higressRows = []struct{ row, name, how, text, want string }{
	{"data", "the configuration and the arguments", same, `https://{{.config.host}}/{{.args.name}}`, "https://h.example/a b&c"},
	{"data", "headers beside the body of an error", same, `{{gjson "_headers.\\:status"}} {{gjson "_headers.x-a"}}`, "404 1"},

	{"dot paths", "members", same, `{{.args.obj.k}}`, "v<"},
	{"dot paths", "items by number", same, `{{.args.list.1}} {{.args.obj.deep.a.1.n}}`, "y q"},
	{"dot paths", "a GJSON query from the root", same, `{{gjson "args.obj.deep.a.#(id==8).n"}}`, "q"},
	{"dot paths", "GJSON of every item", same, `{{gjson "args.obj.deep.a.#.id"}} {{gjson "args.obj.deep.a.#(id>0)#.n"}}`, `[7,8] ["p","q"]`},
	{"dot paths", "GJSON below the dot", same, `{{range .args.obj.deep.a}}{{gjson "id"}}{{end}}`, "78"},
	{"dot paths", "GJSON from the root inside range", improved, `{{range .args.list}}{{.}}{{gjson "args.one"}}{{end}}`, "x1y1"},
	{"dot paths", "modifiers, multipaths and literals", same, "{{gjson `args.nums.@reverse`}} {{gjson `{\"n\":args.one,\"c\":!\"x\"}`}}", `[2,1,3] {"n":1,"c":"x"}`},
	{"dot paths", "what is absent prints nothing", same, `[{{.args.absent}}{{.args.absent.deeper}}{{.args.list.9}}{{gjson "x.y"}}]`, "[]"},
	{"dot paths", "what is absent is false", same, `{{if .args.absent}}yes{{else}}no{{end}}{{with .args.absent}}yes{{else}}no{{end}}`, "nono"},
	{"dot paths", "range over what is absent", improved, `{{range .args.absent}}x{{else}}none{{end}}`, "none"},
	{"dot paths", "the value of variables and parentheses", same, `{{$x := .args.obj}}{{$x.k}} {{(index .args.obj.deep.a 0).n}}`, "v< p"},

	{"printing", "a text as it is", same, `{{.args.name}} {{.args.html}}`, "a b&c <b>&"},
	{"printing", "a number as it is written", same, `{{.args.one}} {{.args.f}} {{.args.e}}`, "1 1.5 1e3"},
	{"printing", "a number of many digits", improved, `{{.args.big}}`, "12345678901234567890"},
	{"printing", "a truth value, and null", improved, `{{.args.yes}} {{.args.no}} [{{.args.null}}]`, "true false []"},
	{"printing", "an array as its JSON", same, `{{.args.list}} {{.args.none}}`, `["x","y"] []`},
	{"printing", "an object as its JSON, as it is written", same, `{{.args.obj.deep}}`, `{"a":[{"id":7,"n":"p"},{"id":8,"n":"q"}]}`},
	{"printing", "escaped characters of JSON text stay", same, `{{.args.markup}}`, `{"a":"\u003cb\u003e\u0026"}`},

	{"functions", "sprig's text functions", same, `{{upper .args.name}} {{trunc 3 .args.name}} {{.args.list | join "-"}}`, "A B&C a b x-y"},
	{"functions", "no client address", same, `[{{getRealIP}}{{getSocketIP}}]`, "[]"},
	{"functions", "toJson of an object or an array", improved, `{"o":{{toJson .args.obj.deep}},"l":{{.args.list | toJson}}}`, `{"o":{"a":[{"id":7,"n":"p"},{"id":8,"n":"q"}]},"l":["x","y"]}`},
	{"functions", "toJson of anything else", same, `{{toJson .args.name}} {{toJson .args.yes}} {{toJson .args.null}} {{toJson .args.one}}`, `"a b&c" true null 1`},
	{"functions", "toJson of many digits", improved, `{{toJson .args.big}}`, "12345678901234567890"},
	{"functions", "join of an array", improved, `{{join ", " .args.list}} {{join "-" .args.nums}}`, "x, y 3-1-2"},
	{"functions", "an object in a function for text", same, `{{quote .args.obj.k}} {{upper .args.markup}} {{trunc 4 .args.list}}`, `"v<" {"A":"\U003CB\U003E\U0026"} ["x"`},
	{"functions", "numbers come as numbers", same, `{{add .args.one 2}} {{kindOf .args.one}} {{kindOf .args.f}} {{default 5 .args.n}} {{max .args.one 3}}`, "3 int float64 5 3"},
	{"functions", "truth values and null come as such", same, `{{default "d" .args.no}} {{kindOf .args.yes}} {{default "d" .args.null}} {{ternary "a" "b" .args.yes}}`, "d bool d a"},
	{"functions", "results with a fraction", improved, `{{divf 3 2}} {{mulf 2 1.25}}`, "1.5 2.5"}, // upstream: 1.500000
	{"functions", "lists that functions make", improved, `{{list 1 "a"}} {{dict "a" .args.one}} {{splitList "," "a,b"}}`, `[1,"a"] {"a":1} ["a","b"]`},
	{"functions", "len", same, `{{len .args.list}} {{len .args.obj}} {{len .args.name}} {{len .args.one}} {{len .args.null}}`, "2 2 5 0 0"},
	{"functions", "range over an array", same, `{{range .args.list}}{{.}}{{end}} {{range $i, $v := .args.list}}{{$i}}={{$v}};{{end}}`, "xy 0=x;1=y;"},
	{"functions", "range over an object", same, `{{range $k, $v := .args.obj}}{{$k}} {{end}}`, "k deep "},
	{"functions", "range over a number", same, `{{range 3}}{{.}}{{end}}{{range .args.one}}{{.}}{{end}}`, "0120"},
	{"functions", "range over a text", same, `{{range $i, $c := .args.digits}}{{$i}}{{$c}} {{end}}`, "04 12 "},
	{"functions", "range over nothing", same, `{{range .args.none}}x{{else}}none{{end}}`, "none"},
	{"functions", "index", same, `{{index .args.list 1}} {{index .args.obj "k"}}`, "y v<"},
	{"functions", "index by several", improved, `{{index .args.obj "deep" "a" 1 "n"}} [{{index .args.list 9}}]`, "q []"},
	{"functions", "eq", same, `{{eq .args.one 1}} {{eq .args.name "a b&c"}} {{eq .args.yes true}} {{eq .args.f 1.5}} {{ne .args.one 2}} {{eq .args.yes "true"}}`, "true true true true true false"},
	{"functions", "eq of a number and a text", same, `{{eq .args.digits 42}} {{eq 42.0 .args.digits}} {{eq .args.name 42}}`, "true true false"},
	{"functions", "eq with several", improved, `{{eq .args.one 3 1}}`, "true"},
	{"functions", "eq of many digits", improved, `{{eq .args.big .args.bigger}} {{lt .args.big .args.bigger}}`, "false true"},
	{"functions", "order", same, `{{lt .args.one 2}} {{gt .args.big 5}} {{le .args.f 1.5}} {{ge .args.n 1}} {{lt "a" "b"}}`, "true true true false true"},
	{"functions", "print puts spaces", same, `{{print "a" .args.one "b"}}|{{println .args.one}}`, "a 1 b|1\n"},
	{"functions", "printf", same, `{{printf "%s|%v|%d|%5.1f|%q" .args.name .args.list .args.one .args.f .args.digits}}`, `a b&c|["x","y"]|1|  1.5|"42"`},
	{"functions", "html, js and urlquery", same, `{{html .args.html}} {{js "it's"}} {{urlquery .args.name}}`, `&lt;b&gt;&amp; it\'s a+b%26c`},
	{"functions", "and and or stop early", same, `{{or .args.name (fail "no")}} {{and .args.n (fail "no")}} {{not .args.n}}`, "a b&c 0 true"},
	{"functions", "variables, with, templates and blocks", same,
		`{{$y := 1}}{{$y = 2}}{{$y}}{{with .args.obj}}{{.k}}{{end}}{{define "x"}}<{{.}}>{{end}}{{template "x" .args.one}}{{block "y" .args.f}}({{.}}){{end}}`, "2v<<1>(1.5)"},
	{"functions", "comments, trim marks, break and continue", same,
		"a {{- /* note */ -}} b{{range .args.nums}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}", "ab3"},
	{"functions", "the clock", same, `{{now | date "2006-01-02"}}`, "2026-01-02"},

	{"pipes", "into sprig's functions", same, `{{.args.name | upper | trunc 3}} {{.args.empty | default "d"}}`, "A B d"},
	{"pipes", "into built-in functions", improved, `{{.args.name | urlquery}} {{.args.list | len}} {{.args.one | eq 1}} {{.args.html | html}} {{.args.name | print "x"}}`,
		"a+b%26c 2 true &lt;b&gt;&amp; x a b&c"},
	{"pipes", "into printf", same, `{{.args.one | printf "%04d"}}`, "0001"},
}

func TestHigress(t *testing.T) {
	for _, c := range higressRows {
		t.Run(c.row+": "+c.name+" ("+c.how+")", func(t *testing.T) {
			parsed, err := Parse("url", c.text)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // an instance is used again
				if got, err := parsed.Render([]byte(document), env()); err != nil || got != c.want {
					t.Fatalf("got %q, %v; want %q", got, err, c.want)
				}
			}
		})
	}
}

// TestHigressErrors: row "errors". A mistake is found when the template is read,
// before any request; what goes wrong in rendering is an error and no text.
func TestHigressErrors(t *testing.T) {
	for _, text := range []string{`{{`, `{{.a`, `{{if .a}}`, `{{end}}`, `{{nofunction .a}}`, `{{.a | nofunction}}`, `{{env "HOME"}}`, `{{template "nowhere"}}`} {
		if _, err := Parse("url", text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
	for _, text := range []string{`a{{fail "x"}}`, `a{{index 5 1}}`, `a{{div 1 .zero}}`, `a{{range true}}{{end}}`} {
		parsed, err := Parse("url", text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if out, err := parsed.Render([]byte(`{}`), env()); err == nil || out != "" {
			t.Errorf("%s: %q, %v", text, out, err)
		}
	}
}

// TestRootThatIsNoObject: upstream refuses such data; a response may be anything.
func TestRootThatIsNoObject(t *testing.T) {
	for _, c := range []struct{ data, text, want string }{
		{`[{"a":1},{"a":2}]`, `{{range .}}{{.a}}{{end}} {{.0.a}} {{gjson "#"}} {{len .}}`, "12 1 2 2"},
		{`"text"`, `{{.}}`, "text"},
		{`12`, `{{.}}`, "12"},
		{`no JSON`, `[{{.}}{{.a}}]`, "[]"},
	} {
		if got, err := render(t, c.text, c.data); err != nil || got != c.want {
			t.Errorf("%s over %s: %q, %v; want %q", c.text, c.data, got, err, c.want)
		}
	}
}

// TestHigressValuesInPlaces renders the kinds of JSON values where profiles use them.
func TestHigressValuesInPlaces(t *testing.T) {
	body := `{"name":{{toJson .args.name}},"tags":{{.args.list}},"o":{{toJson .args.obj}},"n":{{.args.big}},"b":{{.args.yes}},"absent":{{toJson .args.absent}}}`
	got, err := render(t, body, document)
	if want := `{"name":"a b&c","tags":["x","y"],"o":{"k":"v<","deep":{"a":[{"id":7,"n":"p"},{"id":8,"n":"q"}]}},"n":12345678901234567890,"b":true,"absent":null}`; err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
	// toJson puts a value on one line, as it must be in a header.
	if got, err := render(t, `{{toJson .a}}{{.a | toJson}}{{upper (toJson .a)}}`, "{\"a\": {\"b\" :\n\t[1, \"x y\"]}}"); err != nil || got != `{"b":[1,"x y"]}{"b":[1,"x y"]}`+strings.ToUpper(`{"b":[1,"x y"]}`) {
		t.Errorf("%s, %v", got, err)
	}
}
