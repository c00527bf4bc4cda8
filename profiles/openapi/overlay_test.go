package openapi

import (
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// TestPath holds what RFC 9535 says of its examples, and of what overlays use.
func TestPath(t *testing.T) {
	const store = `{"store": {"book": [
 {"category": "reference", "author": "Rees", "title": "Sayings", "price": 8.95},
 {"category": "fiction", "author": "Waugh", "title": "Sword", "price": 12.99},
 {"category": "fiction", "author": "Melville", "title": "Moby", "isbn": "0-553", "price": 8.99},
 {"category": "fiction", "author": "Tolkien", "title": "Lord", "isbn": "0-395", "price": 22.99}],
 "bicycle": {"color": "red", "price": 399}}, "a.b": {"it's": [1, [2], {"x-y": null}]}, "é": "ü"}`
	root, _, err := doc.ParseJSON("d", []byte(store))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"$.store.book[*].author":       `"Rees" "Waugh" "Melville" "Tolkien"`,
		"$..author":                    `"Rees" "Waugh" "Melville" "Tolkien"`,
		"$.store..price":               `8.95 12.99 8.99 22.99 399`,
		"$..book[2].title":             `"Moby"`,
		"$..book[-1].title":            `"Lord"`,
		"$..book[0,1].title":           `"Sayings" "Sword"`,
		"$..book[:2].title":            `"Sayings" "Sword"`,
		"$..book[::-2].title":          `"Lord" "Sword"`,
		"$..book[5].title":             ``,
		"$..book[?@.isbn].title":       `"Moby" "Lord"`,
		"$..book[?(@.price<10)].title": `"Sayings" "Moby"`,
		"$..book[?@.price > $.store.book[1].price].title":       `"Lord"`,
		"$..book[?!@.isbn && @.category=='fiction'].title":      `"Sword"`,
		"$..book[?@.author=='Rees' || @.author=='Waugh'].price": `8.95 12.99`,
		"$..book[?match(@.author, '.*e.*e.*')].title":           `"Sayings" "Moby"`,
		"$..book[?search(@.title, 'o')].title":                  `"Sword" "Moby" "Lord"`,
		"$..book[?length(@.author) == 4].title":                 `"Sayings"`,
		"$..book[?count(@.*) >= 5].title":                       `"Moby" "Lord"`,
		"$.store.bicycle[?@ == 'red']":                          `"red"`,
		"$['a.b']['it\\'s'][2]['x-y']":                          `null`,
		`$["a.b"]["it's"][1][0]`:                                `2`,
		"$.é":                                                   `"ü"`,
		"$['a.b'].*[?@ > 1]":                                    ``,
		"$.store.book[0]['title','price']":                      `"Sayings" 8.95`,
		"$ .store .bicycle .color":                              `"red"`,
		"$..[?@.nothing != 1 && @.color]":                       `{"color":"red","price":399}`,
		"$..[?@.nothing == @.nowhere && @.color].color":         `"red"`,
	} {
		segments, problem := parsePath(path)
		if problem != "" {
			t.Errorf("%s: %s", path, problem)
			continue
		}
		found, ok := selectPath(root, segments, new(int))
		var got []string
		for _, m := range found {
			got = append(got, string(m.n.JSON()))
		}
		if s := strings.Join(got, " "); s != want || !ok {
			t.Errorf("%s selects %s, want %s", path, s, want)
		}
	}
	for _, path := range []string{"", "store", "$.", "$..", "$[", "$[]", "$['a", "$[?]", "$[?@.a=]", "$[?(@.a]", "$.a b", "$[1.5]", "$[?@.a==]", "$[?foo(@)]", "$[99999999999999999999]",
		"$[?match(@.a,'(')]", "$[?match(@.a,@.b)]", "$." + strings.Repeat("a", 10) + "[", "$[?" + strings.Repeat("(", 200) + "@" + strings.Repeat(")", 200) + "]", "$[?" + strings.Repeat("!", 200) + "@]", "$[?length(@.a)]"} {
		if _, problem := parsePath(path); problem == "" {
			t.Errorf("%q is read", path)
		}
	}
}

func TestOverlay(t *testing.T) {
	const text = "openapi: 3.0.3\ninfo: {title: T}\nservers: [{url: https://api.example.com}]\nx-a: &a {k: 1}\nx-b: *a\npaths: {/a: {get: {tags: [x], operationId: a}}}\n"
	over := func(actions string) Options {
		return Options{Overlays: []Source{{Name: "o", Data: []byte("overlay: 1.0.0\ninfo: {title: O, version: '1'}\nactions:\n" + actions)}}}
	}
	for _, c := range []struct{ actions, says string }{
		{"  - {target: $, remove: true}\n", "whole document"},
		{"  - {update: {}}\n", "needs a target"},
		{"  - {target: 5, update: {}}\n", "needs a target"},
		{"  - {target: $.., update: {}}\n", "a name is missing"},
	} {
		if e := failure(t, Source{Name: "d", Data: []byte(text)}, over(c.actions)); !strings.Contains(e.Message, c.says) || !strings.HasPrefix(e.At, "o:") {
			t.Errorf("%s: %s: %s", c.actions, e.At, e.Message)
		}
	}
	for _, bad := range []string{"overlay: 2.0.0\nactions: []\n", "actions: []\n", "overlay: 1.0.0\n", "overlay: 1.0.0\nactions: {}\n", "[", "text"} {
		failure(t, Source{Name: "d", Data: []byte(text)}, Options{Overlays: []Source{{Name: "o", Data: []byte(bad)}}})
	}
	d := read(t, Source{Name: "d", Data: []byte(text)}, over("  - {target: '$..tags', update: y}\n  - {target: \"$.paths['/a'].get.operationId\", update: b}\n  - {target: $.info, update: {title: U, version: 2}}\n  - {target: '$.paths.*.get', update: {summary: S, tags: [z]}}\n"))
	if o := d.Operations[0]; strings.Join(o.Tags, " ") != "x y z" || o.ID != "b" || o.Summary != "S" || d.Title != "U" || d.Version != "2" {
		t.Errorf("%+v of %q %q", o, d.Title, d.Version)
	}
	// An overlay that makes a document very large is refused.
	big := "  - {target: '$..*', update: {a: [" + strings.Repeat("0, ", 30_000) + "0]}}\n"
	if e := failure(t, Source{Name: "d", Data: []byte(text + "x-c: [" + strings.Repeat("{}, ", 1000) + "{}]\n")}, over(big)); !strings.Contains(e.Message, "values") {
		t.Errorf("a large overlay: %v", e)
	}
	// What aliases share is changed in one place only.
	root, _, err := doc.ParseYAML("d", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{out: &Document{}, told: map[string]bool{}}
	out, err := r.overlay(root, over("  - {target: $.x-b, update: {k: 2}}\n").Overlays[0])
	if err != nil || out.At("x-a.k").Text != "1" || out.At("x-b.k").Text != "2" || root.At("x-b.k").Text != "1" {
		t.Errorf("%s (%v)", out.JSON(), err)
	}
}

func TestDetect(t *testing.T) {
	for text, want := range map[string]bool{
		"openapi: 3.0.0\n": true, "info: {}\n\"swagger\": '2.0'\n": true, `{"info":{},"openapi":"3.1.0"}`: true, "{\n \"swagger\" : \"2.0\"}": true, "{openapi: 3.0.0}": true,
		"\xef\xbb\xbfopenapi: 3.0.0\n": true, "\xff\xfe{\x00\"\x00o\x00p\x00e\x00n\x00a\x00p\x00i\x00\"\x00:\x00": true, `{"swaggerVersion":"1.2"}`: true,
		"": false, "server:\n  openapi: 1\n": false, "{}": false, "asyncapi: 2.0.0\n": false, "<html>": false, "tools: []\n": false,
	} {
		if got := Detect([]byte(text)); got != want {
			t.Errorf("Detect(%q) = %v", text, got)
		}
	}
}
