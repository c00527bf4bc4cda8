package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/mcp-bridge/mcp-bridge"

// room is one package of the house: the floor it stands on (-1 is the ground, which
// imports nothing of ours), whether it is pure
// and which third-party modules it alone may import. Imports only go down.
type room struct {
	floor int
	pure  bool
	owns  []string
	// beside lists rooms of the same floor that this one may use.
	beside []string
}

// house is the architecture as data. A package that is not in it, an import
// that does not go down, a module outside its owner and an impure import of a
// pure room each fail TestArchitecture.
var house = map[string]room{
	"cmd/mcp-bridge": {floor: 6},
	"cmd/internal/importer": {
		floor: 4},
	"cmd/internal/cli": {floor: 5, owns: []string{
		"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"}},
	"cmd/internal/demo":    {floor: 4},
	"cmd/internal/session": {floor: 4},
	"cmd/internal/signin":  {floor: 4},
	"bridge/mcpserver":     {floor: 4, owns: []string{"github.com/modelcontextprotocol/go-sdk"}},
	"bridge":               {floor: 3},
	"bridge/exposure":      {floor: 3, pure: true},
	"bridge/request":       {floor: 2, pure: true},
	"bridge/result":        {floor: 2, pure: true, owns: []string{"github.com/itchyny/gojq", "golang.org/x/text"}},
	"bridge/credential":    {floor: 2},
	"bridge/catalog":       {floor: 2},
	"bridge/tool":          {floor: 1, pure: true, owns: []string{"github.com/google/jsonschema-go"}},
	"bridge/search":        {floor: 1, pure: true, owns: []string{"golang.org/x/text/unicode/norm"}},
	"profiles/higress":     {floor: 1, pure: true},
	"profiles/openapi":     {floor: 1, pure: true},
	"internal/secret":      {floor: -1, pure: true},
	"internal/leaktest":    {floor: -1},
	"internal/plaintext":   {floor: -1, pure: true},
	// The judgement of addresses, and the only dialer: it has to reach the network.
	"internal/outbound": {floor: -1, owns: []string{"golang.org/x/net/idna", "golang.org/x/net/http/httpproxy"}},
	"profiles":          {floor: 0, beside: []string{"profiles/doc"}},
	"profiles/schema":   {floor: 0, pure: true, owns: []string{"github.com/mozillazg/go-unidecode"}, beside: []string{"profiles/doc"}},
	"internal/regular":  {floor: -1}, // opens files, which all rooms that read any need
	"profiles/doc": {floor: 0, pure: true, owns: []string{
		"github.com/BurntSushi/toml", "go.yaml.in/yaml/v3"}},
	"profiles/home": {floor: 0, owns: []string{"github.com/gofrs/flock"}},
	"bridge/template": {floor: 0, pure: true, owns: []string{
		"github.com/tidwall/gjson", "github.com/huandu/xstrings"}},
	"keychain": {floor: 0, owns: []string{
		"github.com/zalando/go-keyring", "github.com/godbus/dbus"}, beside: []string{"profiles/home"}},
	"keychain/keychaintest": {floor: 1},
	"oauthflow": {floor: 0, owns: []string{"golang.org/x/oauth2", "github.com/pkg/browser", "rsc.io/qr"},
		beside: []string{"profiles/home", "oauthflow/internal/markup"}},
	"oauthflow/internal/markup": {floor: 0, pure: true},
	"oauthflow/oauthtest":       {floor: 1},
	"cmd/internal/clientconfig": {floor: 1, pure: true, owns: []string{"github.com/tailscale/hujson"}},
}

// shared are third-party modules that several rooms may import: they hold no
// policy of ours, only access to the operating system.
var shared = []string{"golang.org/x/sys"}

// impure are the standard packages that a pure room must not import, with the
// names it may still use from one. net/http and net/url count as vocabulary:
// what of them reaches the network is listed in forbiddenNames.
var impure = []string{"os", "os/exec", "os/signal", "os/user", "io/ioutil", "net", "log", "log/slog", "math/rand", "math/rand/v2",
	"crypto/rand", "syscall", "runtime/debug", "net/http/httptest", "net/http/cookiejar"}

// forbiddenNames are identifiers of otherwise permitted packages that reach the
// clock or the network.
var forbiddenNames = map[string][]string{
	"time":     {"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"},
	"net/http": {"Get", "Post", "PostForm", "Head", "DefaultClient", "DefaultTransport", "ListenAndServe", "Serve", "Client", "Transport"},
}

// heavy are standard packages that no room may import, each with its reason.
var heavy = map[string]string{
	"text/template": "its executor makes the linker keep every exported method of every type, 2 MB; text/template/parse does not",
	"html/template": "it runs text/template; oauthflow/internal/markup writes pages",
}

// opening are the names by which a file is opened by its path. Only internal/regular
// uses them, and test servers: what stands at a path may be a pipe or a device.
var opening = map[string]bool{"Open": true, "ReadFile": true, "OpenFile": true}

// TestFilesAreOpenedInOnePlace holds that no room opens files on its own.
func TestFilesAreOpenedInOnePlace(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir == "internal/regular" || s.dir == "keychain/keychaintest" {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && opening[sel.Sel.Name] {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "os" {
					t.Errorf("%s: uses os.%s: package internal/regular opens files", s.file, sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// allowedImpure lists the exceptions, each with its reason.
var allowedImpure = map[string]map[string]string{
	"internal/secret": {"log/slog": "secret.Value implements slog.LogValuer so that it cannot be logged"},
	"bridge/request":  {"log/slog": "Incoming implements slog.LogValuer so that it cannot be logged"},
}

type source struct {
	dir  string // of the package, slash-separated, relative to the module
	file string
	ast  *ast.File
}

// sources parses every Go file of the module that is not a test.
func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	var out []source
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if name := d.Name(); rel != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "dist") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{dir: filepath.ToSlash(filepath.Dir(rel)), file: rel, ast: f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestArchitecture(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		r, known := house[s.dir]
		if !known {
			t.Errorf("%s: package %s has no room: add it to the table with its floor", s.file, s.dir)
			continue
		}
		seen[s.dir] = true
		for _, imp := range s.ast.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			if problem := judge(s.dir, r, path); problem != "" {
				t.Errorf("%s: imports %s: %s", s.file, path, problem)
			}
		}
		if r.pure {
			for _, problem := range impureUses(s.ast) {
				t.Errorf("%s: %s", s.file, problem)
			}
		}
		for _, problem := range forbiddenDeclarations(s.ast) {
			t.Errorf("%s: %s", s.file, problem)
		}
	}
	for dir := range house {
		if !seen[dir] {
			t.Errorf("the table has a room %s that does not exist", dir)
		}
	}
}

// judge says what is wrong with package dir importing path; "" when nothing is.
func judge(dir string, r room, path string) string {
	if rest, ours := strings.CutPrefix(path, module+"/"); ours {
		other, known := house[rest]
		if !known {
			return "no such room in the table"
		}
		if other.floor < r.floor || has(r.beside, rest) {
			return ""
		}
		return "an import must go down: floor " + strconv.Itoa(r.floor) + " to floor " + strconv.Itoa(other.floor)
	}
	if !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
		if r.pure && has(impure, path) && allowedImpure[dir][path] == "" {
			return "the package is pure"
		}
		return heavy[path]
	}
	if under(r.owns, path) || under(shared, path) {
		return ""
	}
	var owners []string
	for name, o := range house {
		if under(o.owns, path) {
			owners = append(owners, name)
		}
	}
	sort.Strings(owners)
	if len(owners) == 0 {
		return "the module has no owner in the table"
	}
	return "the module belongs to " + strings.Join(owners, ", ")
}

// impureUses lists the uses of names that reach the clock or the network.
func impureUses(f *ast.File) []string {
	local := map[string]string{}
	for _, imp := range f.Imports {
		path, _ := strconv.Unquote(imp.Path.Value)
		name := path[strings.LastIndex(path, "/")+1:]
		if imp.Name != nil {
			name = imp.Name.Name
		}
		local[name] = path
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && has(forbiddenNames[local[x.Name]], sel.Sel.Name) {
			out = append(out, "the package is pure and uses "+x.Name+"."+sel.Sel.Name)
		}
		return true
	})
	return out
}

// forbiddenDeclarations lists init functions and package variables that are
// assigned to somewhere in the file.
func forbiddenDeclarations(f *ast.File) []string {
	var out []string
	vars := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "init" && d.Recv == nil {
				out = append(out, "has an init function")
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
			for _, s := range d.Specs {
				v := s.(*ast.ValueSpec)
				for _, name := range v.Names {
					vars[name.Name] = true
				}
				if len(v.Values) == 0 && !isBlank(v.Names) && !embedded(d, v) {
					out = append(out, "package variable "+v.Names[0].Name+" has no value: it can only be a mutable one")
				}
			}
		}
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		local := declaredIn(fn)
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			as, ok := n.(*ast.AssignStmt)
			if !ok || as.Tok == token.DEFINE {
				return true
			}
			for _, l := range as.Lhs {
				if x, ok := l.(*ast.Ident); ok && vars[x.Name] && !local[x.Name] {
					out = append(out, "assigns to package variable "+x.Name)
				}
			}
			return true
		})
	}
	return out
}

// embedded reports whether the variable is filled by a go:embed directive.
func embedded(d *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{d.Doc, v.Doc} {
		if doc == nil {
			continue
		}
		for _, c := range doc.List {
			if strings.HasPrefix(c.Text, "//go:embed ") {
				return true
			}
		}
	}
	return false
}

func isBlank(names []*ast.Ident) bool { return len(names) == 1 && names[0].Name == "_" }

// declaredIn collects every name declared inside fn, so that a local variable is
// not mistaken for a package variable of the same name.
func declaredIn(fn *ast.FuncDecl) map[string]bool {
	out := map[string]bool{}
	add := func(l *ast.FieldList) {
		if l == nil {
			return
		}
		for _, f := range l.List {
			for _, n := range f.Names {
				out[n.Name] = true
			}
		}
	}
	add(fn.Recv)
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			add(n.Params)
			add(n.Results)
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, l := range n.Lhs {
					if x, ok := l.(*ast.Ident); ok {
						out[x.Name] = true
					}
				}
			}
		case *ast.ValueSpec:
			for _, x := range n.Names {
				out[x.Name] = true
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if x, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					out[x.Name] = true
				}
			}
		}
		return true
	})
	return out
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// under reports whether path is one of the modules or below one.
func under(modules []string, path string) bool {
	for _, m := range modules {
		if path == m || strings.HasPrefix(path, m+"/") {
			return true
		}
	}
	return false
}

// TestTheArchitectureTestCanFail holds the judgement to cases that must fail.
func TestTheArchitectureTestCanFail(t *testing.T) {
	for _, c := range []struct {
		dir, path string
		wrong     bool
	}{
		{"bridge/tool", module + "/profiles", false},
		{"bridge/tool", module + "/bridge", true},
		{"bridge/tool", module + "/profiles/higress", true},
		{"bridge/tool", "os", true},
		{"bridge/tool", "strings", false},
		{"bridge/tool", "github.com/google/jsonschema-go/jsonschema", false},
		{"bridge/request", "github.com/google/jsonschema-go/jsonschema", true},
		{"bridge", "github.com/nobody/nothing", true},
		{"bridge", "os", false},
		{"bridge/template", "text/template", true},
		{"bridge/template", "text/template/parse", false},
		{"oauthflow", "html/template", true},
		{"profiles", module + "/profiles/doc", false},
		{"profiles", module + "/profiles/home", true},
		{"profiles/doc", module + "/profiles", true},
	} {
		if got := judge(c.dir, house[c.dir], c.path); (got != "") != c.wrong {
			t.Errorf("judge(%s imports %s) = %q", c.dir, c.path, got)
		}
	}
	bad := "package p\nimport \"time\"\nvar count int\nvar x = 1\nfunc init() {}\nfunc f() { x = 2; _ = time.Now() }\n"
	f, err := parser.ParseFile(token.NewFileSet(), "bad.go", bad, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(forbiddenDeclarations(f)); n != 3 {
		t.Errorf("found %d forbidden declarations, want 3: %v", n, forbiddenDeclarations(f))
	}
	if n := len(impureUses(f)); n != 1 {
		t.Errorf("found %d impure uses, want 1", n)
	}
}

// TestNoLongFiles: a file is one thought, which takes no more than 500 lines.
func TestNoLongFiles(t *testing.T) {
	for _, s := range sources(t) {
		data, err := os.ReadFile(filepath.Join("..", "..", s.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(data), "\n"); n > 500 {
			t.Errorf("%s has %d lines: split it", s.file, n)
		}
	}
}
