package exposure

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// library is a profile with three tools.
const library = `
description = "A library"
[[tools]]
name = "find_books"
description = "Finds books. By words of their titles."
[[tools.args]]
name = "query"
description = "words"
required = true
[[tools.args]]
name = "limit"
type = "integer"
[tools.requestTemplate]
url = "https://api.test/books"
method = "GET"
[[tools]]
name = "delete_book"
description = "Deletes a book."
[[tools.args]]
name = "id"
required = true
position = "path"
[tools.requestTemplate]
url = "https://api.test/books/{id}"
method = "DELETE"
[[tools]]
name = "hidden_one"
description = "Secret."
[tools.requestTemplate]
url = "https://api.test/hidden"
method = "GET"
`

func compile(t testing.TB, text string) *tool.Set {
	t.Helper()
	if !strings.Contains(text, "[server]") {
		text += "\n[server]\nname = \"p\"\n"
	}
	p, _, err := profiles.Load("p.toml", []byte(text), profiles.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := tool.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func names(t testing.TB, list []byte) []string {
	t.Helper()
	var tools []struct {
		Name        string
		InputSchema struct{ Type string }
		Annotations map[string]any
	}
	if err := json.Unmarshal(list, &tools); err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	var out []string
	for _, one := range tools {
		if one.InputSchema.Type != "object" || len(one.Annotations) != 5 || !regexp.MustCompile(`^[a-z_]{1,40}$`).MatchString(one.Name) {
			t.Errorf("%+v", one)
		}
		out = append(out, one.Name)
	}
	return out
}

const (
	searched = "[exposure]\nmode = \"search\"\n[policy]\ndeny = [\"hidden*\"]\n"
	imported = "[openapi]\nsource = \"openapi.yaml\"\n"
)

// TestModes: what a client is shown.
func TestModes(t *testing.T) {
	all := []string{"delete_book", "find_books", "hidden_one"}
	metas := []string{SearchTools, DescribeTool, CallReadTool, CallWriteTool, ReadResult}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"by hand":             {library, all},
		"by hand, much":       {library + "[exposure]\nmaxTools = 1\nbudgetTokens = 1\n", all},
		"imported":            {library + imported, append(slices.Clone(all), ReadResult)},
		"imported, listed":    {library + imported + "[exposure]\nmode = \"list\"\nmaxTools = 1\n", append(slices.Clone(all), ReadResult)},
		"imported, many":      {library + imported + "[exposure]\nmaxTools = 2\n", metas},
		"imported, not many":  {library + imported + "[exposure]\nmaxTools = 3\n", append(slices.Clone(all), ReadResult)},
		"imported, expensive": {library + imported + "[exposure]\nbudgetTokens = 100\n", metas},
		"searched":            {library + searched, metas},
		"only reading":        {library + searched + "readOnly = true\n", []string{SearchTools, DescribeTool, CallReadTool, ReadResult}},
		"no tools":            {imported + "[exposure]\nmode = \"search\"\n", nil},
	} {
		e := New(compile(t, c.text), nil)
		if got := names(t, e.List()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
		for _, n := range c.want {
			if !e.Has(n) {
				t.Errorf("%s: %s is listed and cannot be called", name, n)
			}
		}
		if e.Searching() != slices.Contains(c.want, SearchTools) && name != "no tools" {
			t.Errorf("%s: searching is %v", name, e.Searching())
		}
	}
	e := New(compile(t, library+searched), nil)
	if len(e.List()) > 1500*4 || e.Has("no_such_tool") || !e.Has("find_books") || !e.Has("hidden_one") {
		t.Errorf("%d bytes", len(e.List()))
	}
	for _, name := range e.meta {
		if a := e.metaTool(name).Annotations; a.ReadOnly == (name == CallWriteTool) || a.Destructive != (name == CallWriteTool) || a.OpenWorld != strings.HasPrefix(name, "call_") {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if listed := New(compile(t, library), nil); listed.Version() == e.Version() {
		t.Error("the mode does not change the version")
	}
}

// calls notes what is handed on.
type calls []string

func (c *calls) call(name string, arguments json.RawMessage, selection string) *result.Result {
	*c = append(*c, fmt.Sprintf("%s %s %s", name, arguments, selection))
	return &result.Result{Content: []result.Content{{Type: "text", Text: "done"}}}
}

func texts(r *result.Result) string {
	var b strings.Builder
	for _, c := range r.Content {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

func TestSearchTools(t *testing.T) {
	e := New(compile(t, library+searched), nil)
	r := e.Call(SearchTools, json.RawMessage(`{"query":"find books by title"}`), 0, nil)
	var got struct {
		Tools []found
		Total int
	}
	if err := json.Unmarshal(r.Structured, &got); err != nil || got.Total < 1 || r.Content[0].Text != string(r.Structured) {
		t.Fatalf("%+v, %v", r, err)
	}
	if want := (found{"find_books", "Finds books.", "query*, limit", true}); got.Tools[0] != want {
		t.Errorf("%+v", got.Tools)
	}
	if strings.Contains(texts(r), "hidden") {
		t.Errorf("a denied tool is found: %s", texts(r))
	}
	for arguments, want := range map[string]string{
		`{"query":"book","limit":1}`:    `"total":2`,
		`{"query":"book","limit":"1"}`:  `"total":2`,
		`{"query":"book","limit":-5}`:   `"total":2`,
		`{"query":"book","limit":9999}`: `delete_book`,
		`{"query":"book","limit":null}`: `delete_book`,
		`{"query":"zzzqqq"}`:            `nothing was found`,
	} {
		r := e.Call(SearchTools, json.RawMessage(arguments), 0, nil)
		if r.IsError || !strings.Contains(texts(r), want) || strings.Contains(arguments, "1\"}") && strings.Count(texts(r), `"name"`) != 1 {
			t.Errorf("%s: %s", arguments, texts(r))
		}
	}
	for _, arguments := range []string{``, `{}`, `{"query":" "}`, `{"query":5}`, `{"query":"x","limit":"many"}`, `{"query":"x","limit":[]}`, `{"q":"x"}`, `[]`} {
		if r := e.Call(SearchTools, json.RawMessage(arguments), 0, nil); r.Kind != result.InvalidArguments {
			t.Errorf("%s: %+v", arguments, r)
		}
	}
}

func TestDescribeTool(t *testing.T) {
	e := New(compile(t, library+searched), nil)
	for _, arguments := range []string{`{"names":["find_books","delete_book"]}`, `{"names":"[\"find_books\",\"delete_book\"]"}`} {
		r := e.Call(DescribeTool, json.RawMessage(arguments), 0, nil)
		var one describedTool
		if len(r.Content) != 2 || json.Unmarshal([]byte(r.Content[1].Text), &one) != nil || one.Name != "delete_book" || one.CallWith != CallWriteTool || one.Method != "DELETE" ||
			!strings.Contains(string(one.InputSchema), `"required":["id"]`) {
			t.Errorf("%s: %s", arguments, texts(r))
		}
	}
	for arguments, want := range map[string]string{
		`{"name":"find_books"}`:                `"callWith":"call_read_tool"`,
		`{"names":["find_book"]}`:              `there is no tool "find_book"; near it are find_books`,
		`{"names":["hidden_one"]}`:             `not allowed: policy.deny`,
		`{"names":["zzzqqq","find_books"]}`:    `"name":"find_books"`,
		`{"names":["zz\u0000\n<script>","a"]}`: `there is no tool "zz\u0000\n<script>"`,
	} {
		if r := e.Call(DescribeTool, json.RawMessage(arguments), 0, nil); r.IsError || !strings.Contains(texts(r), want) {
			t.Errorf("%s: %s", arguments, texts(r))
		}
	}
	r := e.Call(DescribeTool, json.RawMessage(`{"names":["find_books","delete_book"]}`), 900, nil)
	if got := texts(r); len(got) > 900 || !strings.Contains(got, "ask for them by themselves: delete_book") {
		t.Errorf("%d: %s", len(got), got)
	}
	if r := e.Call(DescribeTool, json.RawMessage(`{"names":`+strings.ReplaceAll(fmt.Sprintf("%q", slices.Repeat([]string{"find_books"}, 12)), " ", ",")+`}`), 0, nil); len(r.Content) != maxDescribed+1 {
		t.Errorf("%d items", len(r.Content))
	}
	for _, arguments := range []string{`{}`, `{"names":[]}`, `{"names":5}`, `{"names":[5]}`} {
		if r := e.Call(DescribeTool, json.RawMessage(arguments), 0, nil); r.Kind != result.InvalidArguments {
			t.Errorf("%s: %+v", arguments, r)
		}
	}
}

func TestCallTools(t *testing.T) {
	e := New(compile(t, library+searched), nil)
	for _, c := range []struct{ meta, arguments, handedOn, says string }{
		{CallReadTool, `{"name":"find_books","arguments":{"query":"sea","limit":10000000000000000001}}`, `find_books {"query":"sea","limit":10000000000000000001} `, "done"},
		{CallReadTool, `{"name":"find_books","arguments":"{\"query\": \"sea\"}","select":".[0]"}`, `find_books {"query": "sea"} .[0]`, "done"},
		{CallReadTool, `{"name":"find_books"}`, `find_books {} `, "done"},
		{CallReadTool, `{"name":"find_books","arguments":"","select":null}`, `find_books {} `, "done"},
		{CallWriteTool, `{"name":"delete_book","arguments":{"id":"7"}}`, `delete_book {"id":"7"} `, "done"},
		{CallWriteTool, `{"name":"find_books","arguments":{"query":"a"}}`, `find_books {"query":"a"} `, "done"},
		{CallReadTool, `{"name":"delete_book","arguments":{"id":"7"}}`, ``, "call_write_tool"},
		{CallReadTool, `{"name":"hidden_one"}`, `hidden_one {} `, "done"}, // the bridge says why not
		{CallReadTool, `{"name":"find_boks"}`, ``, "near it are find_books"},
		{CallReadTool, `{"name":"search_tools"}`, ``, "no tool"},
		{CallReadTool, `{}`, ``, "no tool"},
		{CallReadTool, `{"name":"find_books","arguments":[1]}`, ``, "the arguments of find_books: {"},
		{CallReadTool, `{"name":"find_books","arguments":"sea"}`, ``, "the arguments of find_books: {"},
		{CallReadTool, `{"name":"find_books","query":"sea"}`, ``, "belong into arguments"},
		{CallReadTool, `{"name":"find_books","query":"sea"}`, ``, "the arguments of find_books: {"},
		{CallReadTool, `{"name":5}`, ``, "wrong type"},
		{ReadResult, `{"id":"x"}`, `read_result {"id":"x"} `, "done"},
		{"delete_book", `{"id":"7"}`, `delete_book {"id":"7"} `, "done"},
	} {
		var handed calls
		r := e.Call(c.meta, json.RawMessage(c.arguments), 0, handed.call)
		if strings.Join(handed, ";") != c.handedOn || !strings.Contains(texts(r), c.says) || r.IsError != (c.handedOn == "") {
			t.Errorf("%s %s: %q, %s", c.meta, c.arguments, handed, texts(r))
		}
	}
	wrong := func(string, json.RawMessage, string) *result.Result {
		return result.Errorf(result.InvalidArguments, "", "no")
	}
	if r := e.Call(CallReadTool, json.RawMessage(`{"name":"find_books"}`), 0, wrong); !strings.Contains(texts(r), `the arguments of find_books: {`) || r.Content[1].Meta[result.MetaSource] != result.FromBridge {
		t.Errorf("%+v", r)
	}
	if r := e.Call(CallReadTool, json.RawMessage(`{"name":"find_books"}`), 100, wrong); !strings.Contains(texts(r), "describe_tool") {
		t.Errorf("%+v", r)
	}
}

// FuzzCall: no arguments make a meta tool fail, and a tool that writes is never reached
// through the one that reads.
func FuzzCall(f *testing.F) {
	e := New(compile(f, library+searched), nil)
	for _, s := range []string{`{}`, `{"name":"delete_book"}`, `{"name":"find_books","arguments":"{}"}`, `{"query":"x","limit":1e300}`, `{"names":"x"}`, `null`, `5`} {
		f.Add(uint8(0), s)
		f.Add(uint8(1), s)
		f.Add(uint8(2), s)
	}
	f.Fuzz(func(t *testing.T, which uint8, arguments string) {
		name := []string{SearchTools, DescribeTool, CallReadTool}[which%3]
		r := e.Call(name, json.RawMessage(arguments), 5000, func(name string, a json.RawMessage, _ string) *result.Result {
			if name == "delete_book" || !json.Valid(a) || a[0] != '{' {
				t.Fatalf("%s reached %s %s", arguments, name, a)
			}
			return &result.Result{}
		})
		if r == nil || !json.Valid(r.AppendMCP(nil, "2025-11-25")) {
			t.Fatalf("%s: %+v", arguments, r)
		}
	})
}
