package catalog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/search"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

const document = `{"openapi": "3.1.0", "info": {"title": "Library", "version": "1"}, "servers": [{"url": "https://api.example.com"}],
"components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}, "security": [{"key": []}],
"paths": {"/books": {
 "get": {"operationId": "books/list", "summary": "List books", "tags": ["books"]},
 "post": {"operationId": "books/create", "summary": "Create a book", "requestBody": {"content": {"application/json": {"schema":
  {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}}}}}},
 "/books/{id}": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
 "delete": {"operationId": "books/delete", "summary": "Delete a book", "deprecated": true}}}}`

const profile = `[server]
name = "library"
[[server.securitySchemes]]
id = "key"
type = "apiKey"
in = "header"
name = "X-Key"
defaultCredential = "never-in-the-cache"
[openapi]
source = "library.json"
[[tools]]
name = "hello"
[tools.requestTemplate]
url = "https://api.example.com/hello"
method = "GET"
headers = [{ key = "X-Other", value = "never-in-the-cache" }]
`

func load(t testing.TB, text string) *profiles.Profile {
	t.Helper()
	p, _, err := profiles.Load("library.toml", []byte(text), profiles.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// made is a compiled profile and its key.
func made(t testing.TB, text string) (*profiles.Profile, Key, *tool.Set) {
	t.Helper()
	p := load(t, text)
	d, err := openapi.Read(t.Context(), openapi.Source{Name: "library.json", Data: []byte(document)}, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := tool.CompileWith(p, Tools(d))
	if err != nil {
		t.Fatal(err)
	}
	key, err := KeyOf(p, "1", "digest")
	if err != nil {
		t.Fatal(err)
	}
	return p, key, set
}

func entriesOf(set *tool.Set) []search.Entry {
	var entries []search.Entry
	for _, t := range set.Tools() {
		entries = append(entries, search.Entry{Name: t.Name, Summary: t.Description, Method: t.Request.Method, Path: t.Path})
	}
	return entries
}

func newHome(t testing.TB) *home.Home {
	t.Helper()
	h, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// same fails the test unless the catalog is what was compiled.
func same(t *testing.T, c *Catalog, set *tool.Set) {
	t.Helper()
	index := search.Build(entriesOf(set))
	if c.Set.Version() != set.Version() || !bytes.Equal(c.Set.List(), set.List()) {
		t.Errorf("the list is %s, want %s", c.Set.List(), set.List())
	}
	for _, query := range []string{"list books", "remove a book", "hello"} {
		got, _ := c.Index().Search(query, 10)
		if want, _ := index.Search(query, 10); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
	for i, one := range set.Tools() {
		if got := c.Set.At(i); got == nil || got.Name != one.Name || got.Request.URL != one.Request.URL || !reflect.DeepEqual(got.Params, one.Params) {
			t.Errorf("%s is %+v", one.Name, got)
		}
	}
}

func TestWriteAndOpen(t *testing.T) {
	h := newHome(t)
	p, key, set := made(t, profile)
	_, err := Open(h, p, "library", key, entriesOf)
	var e *Error
	if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &e) || e.Hint() == "" || !strings.Contains(err.Error(), "cache") {
		t.Errorf("before: %v", err)
	}
	if h.Exists() {
		t.Error("looking made a folder")
	}
	c, err := Write(h, "library", key, set, entriesOf)
	if err != nil {
		t.Fatal(err)
	}
	same(t, c, set)
	again := load(t, profile) // another process
	if c, err = Open(h, again, "library", key, entriesOf); err != nil {
		t.Fatal(err)
	}
	same(t, c, set)
	got, ok := c.Set.Tool("books_list")
	if !ok || got.Security[0][0].Scheme != &again.Server.SecuritySchemes[0] {
		t.Errorf("%+v", got)
	}
	data, err := os.ReadFile(h.Join(fileName("library", key)))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("never-in-the-cache")) {
		t.Error("a credential is in the file")
	}
	if _, err := Open(h, p, "other", key, entriesOf); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another profile: %v", err)
	}
}

func TestKey(t *testing.T) {
	seen := map[Key]string{}
	for _, c := range []struct {
		name, text, version string
		documents           []string
		equal               string
	}{
		{"first", profile, "1", []string{"a"}, ""},
		{"again", "# a comment\n" + profile, "1", []string{"a"}, "first"},
		{"changed", strings.Replace(profile, "hello", "goodbye", 1), "1", []string{"a"}, ""},
		{"another credential", strings.Replace(profile, "never", "always", 1), "1", []string{"a"}, ""},
		{"another version", profile, "2", []string{"a"}, ""},
		{"another document", profile, "1", []string{"b"}, ""},
		{"an overlay", profile, "1", []string{"a", ""}, ""},
		{"two documents", profile, "1", []string{"a", "b"}, ""},
		{"two others", profile, "1", []string{"ab"}, ""},
	} {
		key, err := KeyOf(load(t, c.text), c.version, c.documents...)
		if err != nil {
			t.Fatal(err)
		}
		if other := seen[key]; other != c.equal {
			t.Errorf("%s has the key of %q, want of %q", c.name, other, c.equal)
		}
		if seen[key] == "" {
			seen[key] = c.name
		}
	}
}

// spoilt reads every part of a catalog and reports whether one is damaged.
func spoilt(c *Catalog) bool {
	c.Index()
	c.Set.List()
	c.Set.All()
	return c.Damaged()
}

// TestDamage: no byte of the file can change, and none can be missing or too many,
// without being noticed; the next Write mends it.
func TestDamage(t *testing.T) {
	h := newHome(t)
	p, key, set := made(t, profile)
	if _, err := Write(h, "library", key, set, entriesOf); err != nil {
		t.Fatal(err)
	}
	file := h.Join(fileName("library", key))
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		damaged := bytes.Clone(data)
		damaged[i] ^= 1 << (i % 8)
		if c, err := open(p, key, entriesOf, ofBytes(damaged)); err == nil && !spoilt(c) {
			t.Fatalf("byte %d of %d can be anything", i, len(data))
		}
		if _, err := open(p, key, entriesOf, ofBytes(data[:i])); err == nil {
			t.Fatalf("%d of %d bytes are enough", i, len(data))
		}
	}
	newer := bytes.Clone(data)
	newer[len(magic)-1]++
	for what, bad := range map[string][]byte{"another version": newer, "damaged": data[:len(data)/2]} {
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(h, p, "library", key, entriesOf)
		var e *Error
		if !errors.As(err, &e) || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := Write(h, "library", key, set, entriesOf); err != nil {
			t.Fatal(err)
		}
		c, err := Open(h, p, "library", key, entriesOf)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c, set)
	}
	if _, err := open(p, Key{}, entriesOf, ofBytes(data)); !errors.Is(err, errOtherKey) {
		t.Error(err)
	}
}

// TestManyProcesses: whoever writes or opens meanwhile gets a whole catalog.
func TestManyProcesses(t *testing.T) {
	h := newHome(t)
	_, key, set := made(t, profile)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			p := load(t, profile)
			if i%4 == 0 { // a disturber
				_ = os.MkdirAll(h.Join(home.CacheDir), 0o700)
				_ = os.WriteFile(h.Join(fileName("library", Key{byte(i)})), []byte("MBCATAL1"), 0o600)
			}
			c, err := Write(h, "library", key, set, entriesOf)
			if err != nil {
				t.Error(err)
			}
			same(t, c, set)
			if c, err = Open(h, p, "library", key, entriesOf); err != nil {
				t.Error(err)
				return
			}
			same(t, c, set)
		})
	}
	all.Wait()
}

func TestOldCatalogsGo(t *testing.T) {
	h := newHome(t)
	_, _, set := made(t, profile)
	count := func(identity string) (n int) {
		entries, err := h.ReadDir(home.CacheDir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), prefix(identity)) {
				n++
			}
		}
		return n
	}
	for i := range 6 {
		for _, identity := range []string{"library", "other"} {
			if _, err := Write(h, identity, Key{byte(i)}, set, entriesOf); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := h.WriteFile(home.CacheDir+"/"+prefix("library")+"notes.txt", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if n := count("library"); n != kept+2 {
		t.Errorf("%d files stay", n)
	}
	Remove(h, "library")
	if n := count("library"); n != 1 {
		t.Errorf("%d files stay after Remove", n)
	}
	if n := count("other"); n != kept+1 {
		t.Errorf("%d files of the other profile stay", n)
	}
}

// TestNoRoom: without a place to keep it, the catalog serves all the same.
func TestNoRoom(t *testing.T) {
	h := newHome(t)
	_, key, set := made(t, profile)
	if err := h.WriteFile(home.CacheDir, []byte("a file where the folder should be")); err != nil {
		t.Fatal(err)
	}
	c, err := Write(h, "library", key, set, entriesOf)
	var e *Error
	if !errors.As(err, &e) || e.Op != "write" || e.Hint() == "" {
		t.Errorf("%v", err)
	}
	same(t, c, set)
}

// FuzzOpen: bytes with the right checksum give an error, or a catalog that can be used
// without a panic.
func FuzzOpen(f *testing.F) {
	p, key, set := made(f, profile)
	tools, err := set.Pack()
	if err != nil {
		f.Fatal(err)
	}
	words, _ := search.Build(entriesOf(set)).AppendBinary(nil)
	data, err := encode(key, tools, words)
	if err != nil {
		f.Fatal(err)
	}
	for i := atSizes; i < len(data); i += 61 {
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x55
		f.Add(damaged, "list books")
	}
	f.Add(data, "hello")
	f.Fuzz(func(t *testing.T, data []byte, query string) {
		if len(data) >= headerSize {
			data = bytes.Clone(data)
			at := headerSize
			for i := range parts {
				size := int(binary.LittleEndian.Uint32(data[atSizes+4*i:]))
				if size > len(data)-at {
					return
				}
				binary.LittleEndian.PutUint32(data[atSums+4*i:], checksum(data[at:at+size]))
				at += size
			}
			binary.LittleEndian.PutUint32(data[atChecksum:], checksum(data[:atChecksum]))
		}
		c, err := open(p, key, entriesOf, ofBytes(data))
		if err != nil {
			return
		}
		hits, _ := c.Index().Search(query, 10)
		for _, h := range hits {
			if one := c.Set.At(h.Index); one != nil {
				_, _ = c.Set.Tool(one.Name)
			}
		}
		_ = c.Set.All()
	})
}

// BenchmarkOpen opens what GitHub's document gives, and makes no tool of it.
func BenchmarkOpen(b *testing.B) {
	h := newHome(b)
	_, set := compile(b, filepath.Join(corpus(b), "github-api.json"), openapi.Options{})
	p := set.Profile()
	if _, err := Write(h, "github", Key{}, set, entriesOf); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(h.Join(fileName("github", Key{})))
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		use  func(*Catalog) bool
	}{
		{"open", func(c *Catalog) bool { return c.Set.Len() > 0 }},
		{"one tool", func(c *Catalog) bool { _, ok := c.Set.Tool("issues_create"); return ok }},
		{"search", func(c *Catalog) bool { hits, _ := c.Index().Search("create an issue", 10); return len(hits) > 0 }},
		{"all tools", func(c *Catalog) bool { return len(c.Set.Tools()) > 0 }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				one, err := Open(h, p, "github", Key{}, entriesOf)
				if err != nil || !c.use(one) {
					b.Fatal(err, fmt.Sprint(one))
				}
			}
			b.ReportMetric(float64(info.Size()), "file-bytes")
		})
	}
}
