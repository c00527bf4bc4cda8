package tool

import (
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// TestNestedArguments: members of an argument may be given beside it, where that is
// unambiguous; else the sender is told where they belong.
func TestNestedArguments(t *testing.T) {
	one := &Tool{Name: "t", Request: Request{Method: "POST", URL: "https://h.example/x"},
		Params: []Param{{Name: "owner", In: InQuery}, {Name: "filter", In: InQuery}, {Name: "body", In: InBody}},
		InputSchema: []byte(`{"type":"object","additionalProperties":false,"properties":{"owner":{"type":"string"},
			"filter":{"type":"object","properties":{"state":{"type":"string"},"sort":{"type":"string"}}},
			"body":{"type":"object","required":["title"],"properties":{"title":{"type":"string"},"owner":{"type":"string"},"sort":{"type":"string"},"count":{"type":"integer"},
				"a.b":{"type":"string"},"labels":{"type":"array","items":{"type":"string"}},"@id":{"type":"string"},
				"items":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}}}},
				"deep":{"type":"object","properties":{"far":{"type":"string"}}}}}}}`)}
	set, err := CompileWith(&profiles.Profile{}, []*Tool{one})
	if err != nil {
		t.Fatal(err)
	}
	one = set.All()[0]
	for _, c := range []struct{ in, want string }{
		{`{"body.title":"x"}`, `{"body":{"title":"x"}}`},
		{`{"body[title]":"x","body.count":"5"}`, `{"body":{"title":"x","count":5}}`},
		{`{"title":"x","count":"5"}`, `{"body":{"title":"x","count":5}}`},
		{`{"title":"x","state":"open"}`, `{"body":{"title":"x"},"filter":{"state":"open"}}`},
		{`{"title":"x","body":{"count":1}}`, `{"body":{"count":1,"title":"x"}}`},
		{`{"title":"x","body":"{\"count\":1}"}`, `{"body":{"count":1,"title":"x"}}`},
		{`{"title":"x","body":null}`, `{"body":{"title":"x"}}`},
		{`{"owner":"o","title":"x"}`, `{"body":{"title":"x"},"owner":"o"}`},
		{`{"title":"x","body.labels[0]":"a","body.labels[1]":"b"}`, `{"body":{"title":"x","labels":["a","b"]}}`},
		{`{"body.labels[1]":"b","body.labels[0]":"a","title":"x"}`, `{"body":{"labels":["a","b"],"title":"x"}}`},
		{`{"title":"x","body.items[0].n":"1","body.items.1.n":2}`, `{"body":{"title":"x","items":[{"n":1},{"n":2}]}}`},
		{`{"title":"x","body.a.b":"c","body.deep.far":"d"}`, `{"body":{"title":"x","a.b":"c","deep":{"far":"d"}}}`},
		{`{"title":"x","@id":"7"}`, `{"body":{"title":"x","@id":"7"}}`},
	} {
		got, err := one.Arguments([]byte(c.in))
		if err != nil || asJSON(t, got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.in, asJSON(t, got), err, c.want)
		}
	}
	for _, c := range []struct{ in, pointer, words string }{
		{`{"title":"x","sort":"up"}`, "/sort", `belongs to filter or body`},
		{`{"title":"x","far":"up"}`, "/far", `belongs to body.deep send {"body": {"deep": {"far": …}}}`},
		{`{"title":"x","body":{"title":"y"}}`, "/title", `belongs to body`},
		{`{"title":"x","body":5}`, "/title", `belongs to body`},
		{`{"title":"x","body.labels[2]":"a"}`, "/body.labels[2]", `cannot be put there`},
		{`{"titel":"x"}`, "/titel", `did you mean body.title?`},
		{`{"owner.x":"y","title":"x"}`, "/owner", `must be a string`},
	} {
		_, err := one.Arguments([]byte(c.in))
		e, _ := err.(*ArgumentError)
		if e == nil || e.Pointer != c.pointer || !strings.Contains(e.Message+" "+e.Hint(), c.words) {
			t.Errorf("%s: %+v", c.in, e)
		}
	}
}

// TestWrittenValues: what a model wrote inside a body is what is sent, unless the schema
// forbids it.
func TestWrittenValues(t *testing.T) {
	const schema = `{"type":"object","properties":{"n":{"type":"number"},"i":{"type":"integer"},"any":{},"s":{"type":"string"},"maybe":{"type":["string","null"]},
		"union":{"anyOf":[{"type":"string"},{"type":"integer"}]},"nullable":{"anyOf":[{"type":"string"},{"type":"null"}]},"must":{"type":"string"},
		"list":{"type":"array","items":{}},"map":{"type":"object","additionalProperties":{}}}}`
	one := importedTool(t, schema)
	for _, c := range []struct{ in, want string }{
		{`{"n":1.0,"any":0.10,"list":[1e3,1.50,12345678901234567890]}`, ``},
		{`{"i":12345678901234567890,"any":{"x":1.0,"y":null},"map":{"a":null,"b":-0.0}}`, ``},
		{`{"any":null,"maybe":null,"nullable":null,"list":[null],"map":{"k":null}}`, ``},
		{`{"any":[true,"1.0","null"],"s":"1.10","union":"007"}`, ``},
		{`{"s":null,"union":null,"i":null,"n":1.10}`, `{"n":1.10}`}, // null is forbidden, and nothing has to be there
		{`{"s":1.10}`, `{"s":"1.10"}`},
		{`{"union":9007199254740993}`, ``},
	} {
		got, err := one.Arguments([]byte(`{"a":` + c.in + `}`))
		want := c.want
		if want == "" {
			want = c.in
		}
		if err != nil || string(got["a"]) != want {
			t.Errorf("%s: %s, %v; want %s", c.in, got["a"], err, want)
		}
	}
}
