package openapi

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"unicode/utf16"
)

const head = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\nservers: [{url: https://api.example.com}]\n"

// post is a document with one operation whose body has the schema.
func post(schema, rest string) string {
	return head + "paths:\n  /x:\n    post:\n      requestBody: {content: {application/json: {schema: " + schema + "}}}\n" + rest
}

// TestRefused holds that what is no OpenAPI document is an error with a place.
func TestRefused(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	for name, c := range map[string]struct{ text, says, at string }{
		"empty":            {"", "no OpenAPI document", "d:1:1"},
		"blank":            {"\n  \n", "no OpenAPI document", "d:1:1"},
		"text":             {"hello, world\n", "no OpenAPI document", "d:1:1"},
		"list":             {"[1, 2]", "no OpenAPI document", "d:1:1"},
		"HTML":             {"<!DOCTYPE html>\n<html><body>sign in</body></html>\n", "", ""},
		"truncated":        {`{"openapi": "3.0.0", "paths": {"/a": {"get": {`, "", "d:1:"},
		"tabs":             {"openapi: 3.0.0\npaths:\n\t/a: {}\n", "", "d:"},
		"AsyncAPI":         {"asyncapi: 2.6.0\ninfo: {title: T}\nchannels: {}\n", "AsyncAPI", "d:1:11"},
		"Swagger 1.2":      {`{"swaggerVersion": "1.2", "apis": []}`, "too old", "d:1:20"},
		"swagger 1":        {`{"swagger": "1.2", "paths": {}}`, "too old", "d:1:13"},
		"OpenAPI 4":        {"openapi: 4.0.0\npaths: {}\n", "not known", "d:1:10"},
		"version table":    {"openapi: {a: b}\npaths: {}\n", "not known", "d:1:10"},
		"an overlay":       {"overlay: 1.0.0\nactions: []\n", "overlay", "d:1:10"},
		"paths a list":     {head + "paths: []\n", "paths must be", "d:4:8"},
		"paths a text":     {head + "paths: none\n", "paths must be", "d:4:8"},
		"JSON 10,000 deep": {`{"openapi": "3.0.0", "paths": {}, "x": ` + deep + "}", "levels", "d:1:"},
		"YAML 10,000 deep": {"openapi: 3.0.0\nx: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "\n", "levels", "d:2:"},
		"billion laughs": {head + "paths: {}\nx-a: &a [x, x, x, x, x, x, x, x, x]\nx-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nx-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n" +
			"x-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\nx-e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nx-f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\nx-g: [*f, *f, *f, *f, *f, *f, *f, *f, *f]\n", "million", "d:"},
		"alias in itself": {head + "paths: {}\nx: &x [*x]\n", "alias", "d:5:"},
	} {
		t.Run(name, func(t *testing.T) {
			e := failure(t, Source{Name: "d", Data: []byte(c.text)}, Options{})
			if c.says != "" && !strings.Contains(strings.ReplaceAll(e.Message, "1000000", "a million"), c.says) || !strings.HasPrefix(e.At, c.at) {
				t.Errorf("%s: %s", e.At, e.Message)
			}
		})
	}
}

// TestOdd holds that what is odd is read, with a warning where it is wrong.
func TestOdd(t *testing.T) {
	good := `{"openapi": "3.0.3", "info": {"title": "Tïtle", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "paths": {"/a": {"get": {"operationId": "a"}}}}`
	wide := func(order func(b []byte, u uint16) []byte, bom bool) string {
		var b []byte
		if bom {
			b = order(b, 0xfeff)
		}
		for _, u := range utf16.Encode([]rune(good)) {
			b = order(b, u)
		}
		return string(b)
	}
	little := func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) }
	big := func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) }
	for name, c := range map[string]struct{ text, warns string }{
		"JSON":               {good, ""},
		"CRLF":               {strings.ReplaceAll(good, ", ", ",\r\n"), ""},
		"BOM":                {"\xef\xbb\xbf" + good, "byte order mark"},
		"UTF-16 LE":          {wide(little, true), "UTF-16"},
		"UTF-16 BE":          {wide(big, true), "UTF-16"},
		"UTF-16 without BOM": {wide(little, false), "UTF-16"},
		"trailing comma":     {strings.Replace(good, `"a"}`, `"a",}`, 1), "trailing comma"},
		"two documents":      {"openapi: 3.0.3\nservers: [{url: https://api.example.com}]\ninfo: {title: Tïtle}\npaths: {/a: {get: {operationId: a}}}\n---\nopenapi: 3.0.3\n", "several YAML documents"},
		"duplicate keys":     {"openapi: 3.0.3\nservers: [{url: https://api.example.com}]\ninfo: {title: no}\ninfo: {title: Tïtle}\npaths: {/a: {get: {operationId: a}}}\n", "duplicate key"},
		"duplicate in JSON":  {strings.Replace(good, `"info"`, `"info": {"title": "no"}, "info"`, 1), "duplicate key"},
		"version a number":   {"openapi: 3.0\nservers: [{url: https://api.example.com}]\ninfo: {title: Tïtle}\npaths: {/a: {get: {operationId: a}}}\n", ""},
		"an unknown minor":   {strings.Replace(good, "3.0.3", "3.7.0", 1), "read as 3.2"},
		"no servers":         {strings.Replace(good, "https://api.example.com", "/v1", 1), "no server address"},
		"lone surrogate":     {strings.Replace(good, `"operationId"`, `"summary": "\ud800 x", "operationId"`, 1), ""},
		"escapes":            {strings.Replace(good, `"operationId"`, `"summary": "\u0000\u001f\/", "operationId"`, 1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := read(t, Source{Name: "d", Data: []byte(c.text)}, Options{})
			if len(d.Operations) != 1 || d.Operations[0].ID != "a" || d.Title != "Tïtle" {
				t.Errorf("read %+v", d)
			}
			said := fmt.Sprint(d.Warnings)
			if c.warns == "" && len(d.Warnings) > 0 || !strings.Contains(said, c.warns) {
				t.Errorf("warnings %v, want %q", d.Warnings, c.warns)
			}
		})
	}
	if d := read(t, Source{Name: "d", Data: []byte("openapi: 3.1.0\ninfo: {title: T}\n")}, Options{}); d.Total != 0 || !strings.Contains(fmt.Sprint(d.Warnings), "no operations") {
		t.Errorf("a document without paths: %+v", d)
	}
}

// bombs are documents that make a careless reader work without end.
func bombs() map[string]string {
	out := map[string]string{}
	fan := "components:\n  schemas:\n"
	for i := range 39 {
		fan += fmt.Sprintf("    L%d: {type: object, properties: {a: {$ref: '#/components/schemas/L%d'}, b: {$ref: '#/components/schemas/L%d'}, c: {$ref: '#/components/schemas/L%d'}}}\n", i, i+1, i+1, i+1)
	}
	out["references that fan out"] = post("{$ref: '#/components/schemas/L0'}", fan+"    L39: {type: string}\n")
	all := "components:\n  schemas:\n"
	for i := range 39 {
		all += fmt.Sprintf("    L%d: {allOf: [{$ref: '#/components/schemas/L%d'}, {$ref: '#/components/schemas/L%d'}, {$ref: '#/components/schemas/L%d'}]}\n", i, i+1, i+1, i+1)
	}
	out["allOf that fans out"] = post("{$ref: '#/components/schemas/L0'}", all+"    L39: {type: object}\n")
	mesh := "components:\n  schemas:\n"
	for i := range 40 {
		mesh += fmt.Sprintf("    M%d: {type: object, properties: {", i)
		for j := range 40 {
			mesh += fmt.Sprintf("p%d: {$ref: '#/components/schemas/M%d'}, ", j, j)
		}
		mesh += "}}\n"
	}
	out["schemas that all hold each other"] = post("{$ref: '#/components/schemas/M0'}", mesh)
	many := head + "paths:\n"
	for i := range 2000 {
		many += fmt.Sprintf("  /%d: {post: {requestBody: {content: {application/json: {schema: {type: object, properties: {a: {$ref: '#/components/schemas/M%d'}}}}}}}}\n", i, i%40)
	}
	out["2,000 operations with these"] = many + mesh
	alias := head + "paths: {}\nx-0: &a0 {type: string}\n"
	for i := range 18 {
		alias += fmt.Sprintf("x-%d: &a%d {type: object, properties: {a: *a%d, b: *a%d}}\n", i+1, i+1, i, i)
	}
	out["aliases that fan out"] = alias
	long := "components:\n  schemas:\n"
	for i := range 5000 {
		long += fmt.Sprintf("    C%d: {$ref: '#/components/schemas/C%d'}\n", i, i+1)
	}
	out["a long chain of references"] = post("{$ref: '#/components/schemas/C0'}", long+"    C5000: {type: string}\n")
	nest := "{type: string}"
	for range 200 {
		nest = "{type: object, properties: {a: " + nest + "}}"
	}
	out["a schema of 200 levels"] = post(nest, "")
	out["a path item in itself"] = head + "paths:\n  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n  /c: {get: {parameters: [{$ref: '#/paths/~1c/get/parameters/0'}]}}\n"
	out["an operation in itself"] = head + "paths:\n  /a: {get: {$ref: '#/paths/~1a/get'}}\n"
	out["many values in enums"] = post("{type: object, properties: {a: {enum: ["+strings.Repeat("abcdefgh, ", 50_000)+"z]}}}", "")
	out["a long text"] = post("{type: string, description: '"+strings.Repeat("word ", 400_000)+"'}", "")
	out["a thousand schemes"] = head + "paths: {/a: {get: {security: [{a: []}]}}}\ncomponents: {securitySchemes: {" + strings.Repeat("s: {type: http}, ", 1000) + "}}\n"
	wide := func(n int, one func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(one(i))
		}
		return b.String()
	}
	out["an object of 100,000 properties"] = post("{type: object, properties: {"+wide(100_000, func(i int) string { return fmt.Sprintf("p%d: {}, ", i) })+"}, required: ["+
		wide(100_000, func(i int) string { return fmt.Sprintf("p%d, ", i) })+"]}", "")
	out["100,000 parameters"] = head + "paths: {/a: {get: {parameters: [" + wide(100_000, func(i int) string { return fmt.Sprintf("{name: p%d, in: query}, ", i) }) + "]}}}\n"
	out["100,000 placeholders"] = head + "paths: {'/" + wide(100_000, func(i int) string { return fmt.Sprintf("{p%d}", i) }) + "': {get: {}}}\n"
	out["references into a long list"] = post("{type: object, properties: {"+wide(50_000, func(i int) string { return fmt.Sprintf("p%d: {$ref: '#/x/%d'}, ", i, i) })+"}}", "x: ["+strings.Repeat("{}, ", 50_000)+"]\n")
	out["references to anchors"] = post("{type: object, properties: {"+wide(50_000, func(i int) string { return fmt.Sprintf("p%d: {$ref: '#a%d'}, ", i, i) })+"}}",
		"x: ["+wide(50_000, func(i int) string { return fmt.Sprintf("{$anchor: a%d}, ", i) })+"]\n")
	out["50,000 dangling references"] = post("{type: object, properties: {"+wide(50_000, func(i int) string { return fmt.Sprintf("p%d: {$ref: '#/x/%d'}, ", i, i) })+"}}", "")
	out["a long text in many places"] = post("{type: object, properties: {"+wide(4000, func(i int) string { return fmt.Sprintf("p%d: {allOf: [{$ref: '#/x'}], minLength: 1}, ", i) })+"}}",
		"x: {type: string, description: '"+strings.Repeat("word ", 400_000)+"'}\n")
	out["many schemes in many operations"] = head + "security: [" + wide(20_000, func(i int) string { return fmt.Sprintf("{s%d: []}, ", i) }) + "]\npaths: {" +
		wide(2000, func(i int) string { return fmt.Sprintf("/%d: {get: {}}, ", i) }) + "}\n"
	return out
}

// TestBombs holds that hostile documents are read or refused with bounded work, and
// that what comes out is small.
func TestBombs(t *testing.T) {
	for name, text := range bombs() {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			debug.FreeOSMemory()
			runtime.ReadMemStats(&before)
			held := func(m runtime.MemStats) int64 { return int64(m.HeapSys-m.HeapReleased) >> 20 }
			d, err := Read(t.Context(), Source{Name: "d", Data: []byte(text)}, Options{})
			runtime.ReadMemStats(&after)
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 3000 { // all of it together, not at once
				t.Errorf("%d MiB were needed", used)
			}
			if err != nil {
				return
			}
			holds(t, d)
			if n := held(after) - held(before); n > 450 {
				t.Errorf("%d MiB were needed at once", n)
			}
			for i := range d.Operations {
				if n := len(d.Operations[i].InputSchema); n > maxSchema+4096 {
					t.Errorf("%s has %d bytes", d.Operations[i].Name, n)
				}
			}
		})
	}
}

// TestOutside holds that no file is asked for outside of the document's folder.
func TestOutside(t *testing.T) {
	for _, ref := range []string{"../x", "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x", "https://example.com/x", "//host/x", `..\x`, `\\host\x`,
		"a/../../x", "%2e%2e/x", "..%2fx", "%2fetc/passwd", "C:/x", "a/%2e%2e/%2e%2e/x", "a\x00b", "./../x", "..", "a/../..", "ftp:x", "sub/../../x#/a"} {
		var asked []string
		s := Source{Name: "dir/d.yaml", Data: []byte(post("{$ref: "+fmt.Sprintf("%q", ref)+"}", "")), Open: func(rel string) ([]byte, error) {
			asked = append(asked, rel)
			return []byte("type: string\ndescription: SECRET\n"), nil
		}}
		d, err := Read(context.Background(), s, Options{})
		if len(asked) > 0 {
			t.Errorf("%q: asked for %q", ref, asked)
		}
		if err == nil && strings.Contains(fmt.Sprintf("%+v", d), "SECRET") {
			t.Errorf("%q: the content came through", ref)
		}
	}
	// From a file deeper down the entry's folder is still the bound.
	d := read(t, memory("d.yaml", post("{$ref: sub/a.yaml}", ""), map[string]string{
		"sub/a.yaml": "type: object\nproperties: {in: {$ref: ../b.yaml}, out: {$ref: ../../b.yaml}}\n", "b.yaml": "{type: integer}"}), Options{})
	if got := string(d.Operations[0].InputSchema); !strings.Contains(got, `"in":{"type":"integer"}`) || !strings.Contains(got, `"out":{}`) {
		t.Errorf("the bound is the entry's folder: %s", got)
	}
	if len(d.Files) != 2 {
		t.Errorf("the files that were read: %v", d.Files)
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, Source{Name: "d", Data: []byte(post("{}", ""))}, Options{}); err == nil || ctx.Err() == nil || !strings.Contains(err.Error(), "stopped") {
		t.Errorf("a stopped reading: %v", err)
	}
}
