package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

func seeds(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatalf("no golden files (%v)", err)
	}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			if file.Name != "want" && file.Name != "options.json" {
				f.Add(file.Data)
			}
		}
	}
}

// FuzzRead holds that any bytes are a document that keeps what it promises, or an
// error with a place.
func FuzzRead(f *testing.F) {
	seeds(f)
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/{a}{{a}}?{b}#{c}":{"get":{"parameters":[{"name":"a","in":"path"},{"name":"a","in":"query"},{"name":"query_a","in":"query"}]}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 20_000 {
			return
		}
		s := Source{Name: "d", Data: data, Open: func(rel string) ([]byte, error) {
			if !filepath.IsLocal(rel) || strings.Contains(rel, "..") && strings.Contains("/"+rel+"/", "/../") {
				t.Errorf("asked for %q", rel)
			}
			return data, nil
		}}
		d, err := Read(context.Background(), s, Options{})
		if err != nil {
			if e, ok := err.(*Error); !ok || e.At == "" || e.Message == "" || !utf8.ValidString(e.Message) {
				t.Errorf("the error %+v", err)
			}
			return
		}
		holds(t, d)
	})
}

// FuzzScan holds that what the scanner reads, package doc reads as the same values
// at the same places.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,true,false,null,"x\n\u00e9\ud83d\ude00\ud800"],"b":{},"c":[]}`, "[\n {\"é\": \"ü\"},\r\n\t\"x\"]", `{"a":1,"a":2}`, `{"a":1,}`, "[01]", `["\x"]`, "{} x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fast, _ := scan("", "d", data)
		if fast == nil {
			return
		}
		slow, warnings, err := doc.ParseJSON("d", data)
		if err != nil || !json.Valid(data) {
			t.Fatalf("%q is read, but it is %v", data, err)
		}
		if len(warnings) > 0 {
			return // a repetition in another spelling
		}
		same(t, node{fast, 0}, slow)
		// A tree of nodes says the same.
		if again := fromDoc("", "d", slow); len(again.entries) != len(fast.entries) {
			t.Errorf("%d entries, %d of nodes", len(fast.entries), len(again.entries))
		} else {
			same(t, node{again, 0}, slow)
		}
	})
}

func same(t *testing.T, a node, b *doc.Node) {
	t.Helper()
	if a.t.pos(a.i) != b.Pos {
		t.Errorf("a value at %v and %v", a.t.pos(a.i), b.Pos)
	}
	kinds := map[kind]doc.Kind{null: doc.Null, truth: doc.Bool, falsehood: doc.Bool, number: doc.Number, text: doc.String, list: doc.List, table: doc.Table}
	if kinds[a.kind()] != b.Kind || a.isTrue() != b.Bool || (a.isText() || a.kind() == number) && a.text() != b.Text {
		t.Errorf("a value is %v %q and %v %q", a.kind(), a.text(), b.Kind, b.Text)
	}
	i := 0
	for item := range a.items {
		same(t, item, b.Items[i])
		i++
	}
	if i != len(b.Items) {
		t.Errorf("%d items of %d", i, len(b.Items))
	}
	i = 0
	for k, v := range a.members {
		if m := b.Members[i]; k.text() != m.Key || k.t.pos(k.i) != m.KeyPos {
			t.Errorf("a key is %q at %v and %q at %v", k.text(), k.t.pos(k.i), m.Key, m.KeyPos)
		} else if got := a.get(m.Key); got != v {
			t.Errorf("the key %q leads elsewhere", m.Key)
		}
		same(t, v, b.Members[i].Value)
		i++
	}
	if i != len(b.Members) {
		t.Errorf("%d members of %d", i, len(b.Members))
	}
}

// FuzzSchema holds that any schema comes out as JSON without references, not deeper
// and not larger than it may be, and the same twice.
func FuzzSchema(f *testing.F) {
	for _, s := range []string{`{"type":"object","properties":{"a":{"$ref":"#/x/S"}}}`, `{"allOf":[{"$ref":"#/x/S"},{"$ref":"#/x/S"}],"nullable":true}`,
		`{"oneOf":[{"$ref":"#/x/S"}],"discriminator":{"propertyName":"k","mapping":{"v":"S"}}}`, `{"$ref":"#/paths/~1x/post/requestBody/content/a~1b/schema"}`,
		`{"enum":[1,"a",null,{"$ref":"x"}],"default":{},"items":[{}],"type":["a","null"]}`, `true`, `[]`} {
		f.Add([]byte(s), []byte(`{"type":"object","properties":{"k":{"type":"string"},"s":{"$ref":"#/x/S"}}}`), true)
	}
	f.Fuzz(func(t *testing.T, schema, other []byte, form bool) {
		if !json.Valid(schema) || !json.Valid(other) || len(schema)+len(other) > 10_000 {
			return
		}
		media := "application/json"
		if form {
			media = "multipart/form-data"
		}
		text := `{"openapi":"3.1.0","servers":[{"url":"https://a.example"}],"paths":{"/x":{"post":{"requestBody":{"content":{"` + media + `":{"schema":` + string(schema) + `}}}}}},"x":{"S":` + string(other) + `}}`
		one, err := Read(context.Background(), Source{Name: "d", Data: []byte(text)}, Options{})
		if err != nil {
			return
		}
		holds(t, one)
		two, err := Read(context.Background(), Source{Name: "d", Data: []byte(text)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range one.Operations {
			in := one.Operations[i].InputSchema
			if !bytes.Equal(in, two.Operations[i].InputSchema) {
				t.Errorf("read twice, and not the same")
			}
			if len(in) > maxSchema+4096 {
				t.Errorf("%d bytes", len(in))
			}
		}
	})
}

// FuzzPath holds that any JSONPath is read or refused, and selects only what is there.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"$", "$.a.b", "$['a']['b c']", "$..a", "$.*", "$.a[0,-1,1:3,::2]", "$.a[?@.b=='c' && (@.d>1 || !@.e)]", "$..[?length(@.x)>=2]", "$[?match(@.a,'x.*')]", "$[?count(@.*)==1]", "$.a[?@['x-y']==$.b]", "$[::0]", "$[?"} {
		f.Add(s, []byte(`{"a":[{"b":"c","d":2},{"b":null}],"b c":{"x-y":true},"b":1}`))
	}
	f.Fuzz(func(t *testing.T, path string, data []byte) {
		if len(path) > 200 || len(data) > 2000 {
			return
		}
		segments, problem := parsePath(path)
		if problem != "" {
			return
		}
		root, _, err := doc.ParseJSON("d", data)
		if err != nil {
			return
		}
		found, ok := selectPath(root, segments, new(int))
		if !ok {
			return
		}
		for _, m := range found {
			at := root
			for _, s := range m.at {
				if s.index >= 0 {
					at = at.Items[s.index]
				} else {
					at = at.Get(s.key)
				}
			}
			if at != m.n {
				t.Errorf("%q: a match is not where it says", path)
			}
		}
	})
}

// FuzzNames holds that every operation gets a name that every client takes and no
// other operation has, and the same one beside others.
func FuzzNames(f *testing.F) {
	f.Add("getPet", "get_pet", "/a")
	f.Add("", "日本", "/{id}")
	f.Add(strings.Repeat("long", 30), strings.Repeat("long", 30), "/b")
	f.Add("search_tools", "Search-Tools", "x")
	f.Fuzz(func(t *testing.T, a, b, path string) {
		r := &reader{}
		text, _ := json.Marshal(map[string]any{"a": map[string]string{"operationId": a}, "b": map[string]string{"operationId": b}})
		tree, _ := scan("", "", text)
		if tree == nil {
			return
		}
		root := node{tree, 0}
		make := func(n node, method string) found {
			return found{method: method, path: path, op: n, id: n.get("operationId").str()}
		}
		all := []found{make(root.get("a"), "GET"), make(root.get("b"), "GET"), make(root.get("b"), "POST")}
		r.name(all)
		seen := map[string]bool{}
		for _, one := range all {
			name := strings.ToLower(one.name)
			if seen[name] || name == "" || len(name) > maxName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
				t.Errorf("the name %q of %q", one.name, one.id)
			}
			seen[name] = true
		}
		alone := []found{make(root.get("a"), "GET")}
		r.name(alone)
		if alone[0].name != all[0].name {
			t.Errorf("the name %q alone, %q beside others", alone[0].name, all[0].name)
		}
	})
}
