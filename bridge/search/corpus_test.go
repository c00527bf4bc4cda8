package search

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// documents are the API descriptions that are searched, below the folder of
// [corpusDir].
var documents = map[string]string{
	"github":       "github-api.json",
	"stripe":       "stripe.yaml",
	"digitalocean": "digitalocean/specification/DigitalOcean-public.v2.yaml",
}

// corpusDir is where the documents lie, or a skip; a failure where all parts must
// be there.
func corpusDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MCP_BRIDGE_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "openapi")
	}
	if _, err := os.Stat(dir); err != nil {
		reason := "the API descriptions are not there: name their folder in MCP_BRIDGE_OPENAPI"
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	return dir
}

var loaded = struct {
	sync.Mutex
	entries map[string][]Entry
}{entries: map[string][]Entry{}}

// corpus returns the operations of one API.
func corpus(t testing.TB, name string) []Entry {
	t.Helper()
	dir := corpusDir(t)
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.entries[name] == nil {
		r := &reader{t: t, files: map[string]*doc.Node{}}
		loaded.entries[name] = r.operations(filepath.Join(dir, filepath.FromSlash(documents[name])))
	}
	return loaded.entries[name]
}

// reader walks a document of one or many files, as far as an index needs it.
type reader struct {
	t     testing.TB
	files map[string]*doc.Node
}

func (r *reader) file(path string) *doc.Node {
	if n, ok := r.files[path]; ok {
		return n
	}
	data, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	n, _, err := doc.Parse(path, data)
	if err != nil {
		r.t.Fatal(err)
	}
	r.files[path] = n
	return n
}

// place is a node and the file that its references are relative to.
type place struct {
	node *doc.Node
	file string
}

func (p place) get(key string) place { return place{p.node.Get(key), p.file} }

func (p place) text(key string) string {
	if n := p.node.Get(key); n != nil {
		return n.Text
	}
	return ""
}

// resolve follows references.
func (r *reader) resolve(p place) place {
	for range 20 {
		ref := p.text("$ref")
		if ref == "" {
			return p
		}
		file, pointer, _ := strings.Cut(ref, "#")
		if file != "" {
			p.file = filepath.Join(filepath.Dir(p.file), filepath.FromSlash(file))
		}
		p.node = r.file(p.file).Pointer(pointer)
	}
	return place{}
}

func (r *reader) operations(path string) (out []Entry) {
	for _, m := range r.file(path).Get("paths").Members {
		item := r.resolve(place{m.Value, path})
		for _, op := range item.node.Members {
			method := strings.ToUpper(op.Key)
			if strings.Contains(" GET PUT POST DELETE PATCH HEAD OPTIONS ", " "+method+" ") {
				out = append(out, r.entry(method, m.Key, item, r.resolve(place{op.Value, item.file})))
			}
		}
	}
	return out
}

func (r *reader) entry(method, path string, item, op place) Entry {
	e := Entry{Name: toolName(op.text("operationId")), Summary: op.text("summary"), Description: op.text("description"), Method: method, Path: path,
		ReadOnly: method == "GET" || method == "HEAD"}
	if e.Summary == "" {
		e.Summary, _, _ = strings.Cut(strings.TrimPrefix(e.Description, "<p>"), ".")
	}
	if n := op.node.Get("deprecated"); n != nil {
		e.Deprecated = n.Bool
	}
	if tags := op.node.Get("tags"); tags != nil {
		for _, t := range tags.Items {
			e.Tags = append(e.Tags, t.Text)
		}
	}
	seen := map[string]bool{}
	for _, list := range []place{op.get("parameters"), item.get("parameters")} {
		if list.node == nil {
			continue
		}
		for _, n := range list.node.Items {
			p := r.resolve(place{n, list.file})
			if name := p.text("name"); name != "" && !seen[name] {
				seen[name] = true
				required := p.node.Get("required")
				e.Arguments = append(e.Arguments, Argument{name, required != nil && required.Bool})
			}
		}
	}
	e.Arguments = append(e.Arguments, r.body(op)...)
	return e
}

// body names the members of the request body.
func (r *reader) body(op place) (out []Argument) {
	content := r.resolve(op.get("requestBody")).get("content")
	if content.node == nil || len(content.node.Members) == 0 {
		return nil
	}
	schema := r.resolve(place{content.node.Members[0].Value, content.file}.get("schema"))
	required := map[string]bool{}
	if n := schema.node.Get("required"); n != nil {
		for _, one := range n.Items {
			required[one.Text] = true
		}
	}
	if properties := schema.node.Get("properties"); properties != nil {
		for _, m := range properties.Members {
			out = append(out, Argument{"body." + m.Key, required[m.Key]})
		}
	}
	return out
}

// toolName makes a tool's name as importers do.
func toolName(id string) string {
	name := []byte(id)
	for i, c := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", rune(c)) {
			name[i] = '_'
		}
	}
	return string(name[:min(len(name), 48)])
}
