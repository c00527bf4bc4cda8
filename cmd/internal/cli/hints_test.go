package cli

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const moduleRoot = "../../.."

// saying is a text that a person may read, and where it is written.
type saying struct{ at, text string }

// sayings are the texts in the program's source, in the documents, and in what tests
// expect. What is put into a text at run time stands in it as "X".
func sayings(t *testing.T) []saying {
	t.Helper()
	var out []saying
	err := filepath.WalkDir(moduleRoot, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); name == "node_modules" || name == "dist" || name == "oauthtest" || name == "keychaintest" || path != moduleRoot && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			out = append(out, spoken(t, path)...)
		case strings.HasSuffix(path, ".md") && d.Name() != "CHANGELOG.md":
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for i, line := range strings.Split(string(data), "\n") {
				out = append(out, saying{path + ":" + strconv.Itoa(i+1), line})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// spoken are the texts of one source file; a sum of texts and other things is one text.
func spoken(t *testing.T, path string) []saying {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []saying
	visit := func(n ast.Node) bool {
		e, isExpr := n.(ast.Expr)
		if !isExpr {
			_, isImport := n.(*ast.ImportSpec)
			_, isField := n.(*ast.Field) // its tag
			return !isImport && !isField
		}
		if text, ok := textOf(e); ok {
			out = append(out, saying{set.Position(n.Pos()).String(), text})
			return false
		}
		return true
	}
	ast.Inspect(f, visit)
	return out
}

// textOf returns a text, or a sum that has one in it.
func textOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.ParenExpr:
		return textOf(e.X)
	case *ast.BinaryExpr:
		left, l := textOf(e.X)
		right, r := textOf(e.Y)
		if e.Op != token.ADD || !l && !r {
			return "", false
		}
		if !l {
			left = "X"
		}
		if !r {
			right = "X"
		}
		return left + right, true
	}
	return "", false
}

var verb = regexp.MustCompile(`%(\[\d\])?[sdqvw]`)

// inFormat is a text with what its verbs stand for.
func inFormat(s string) string { return verb.ReplaceAllString(s, "X") }

// prose are words that follow the program's name in a sentence.
var prose = []string{"turns", "serves", "is", "needs", "can", "cannot", "on", "opens", "key", "availability", "X", "XX", "without", "./cmd/"}

// TestCommandsInMessages: each command that a message, a help text or a document names
// exists, with its flags.
func TestCommandsInMessages(t *testing.T) {
	root := (&app{}).root(false)
	root.InitDefaultHelpCmd()
	found := 0
	for _, s := range sayings(t) {
		for _, command := range commandsIn(inFormat(s.text)) {
			if problem := try(root, command); problem != "" {
				t.Errorf("%s: mcp-bridge %s: %s", s.at, strings.Join(command, " "), problem)
			}
			found++
		}
	}
	if found < 150 {
		t.Errorf("only %d commands were found", found)
	}
	for _, bad := range []string{"mcp-bridge doctor", "type `mcp-bridge doctor` for more", "mcp-bridge login P --schema b", "mcp-bridge keychain mend", "mcp-bridge add X --update --scheme b"} {
		if commands := commandsIn(bad); len(commands) != 1 || try(root, commands[0]) == "" {
			t.Errorf("%s passes: %q", bad, commands)
		}
	}
}

// commandsIn returns the words of each command in a text.
func commandsIn(text string) [][]string {
	var out [][]string
	for _, rest := range strings.Split(text, "mcp-bridge ")[1:] {
		rest, _, _ = strings.Cut(rest, "\n")
		var words []string
		for _, w := range strings.Fields(rest) {
			if strings.HasPrefix(w, "(") {
				break
			}
			clean := strings.TrimRight(w, "`\"',;:.)]!?…")
			ends := clean != w || strings.ContainsAny(w, "`|<>&#(")
			if clean = strings.Trim(clean, "`'\"[("); clean != "" && !strings.ContainsAny(clean, "|<>&#") {
				words = append(words, clean)
			}
			if ends && !strings.HasSuffix(w, "]") && !strings.HasSuffix(w, "'") && !strings.HasSuffix(w, "\"") || len(words) == 0 {
				break
			}
		}
		if len(words) > 0 && !slices.Contains(prose, words[0]) && !slices.Contains(prose, strings.Fields(words[0])[0]) {
			out = append(out, words)
		}
	}
	return out
}

// try says what is wrong with a command; empty when it exists.
func try(root *cobra.Command, words []string) string {
	c, rest := root, words
	for len(rest) > 0 {
		i := slices.IndexFunc(c.Commands(), func(sub *cobra.Command) bool { return sub.Name() == rest[0] || slices.Contains(sub.Aliases, rest[0]) })
		if i < 0 {
			break
		}
		c, rest = c.Commands()[i], rest[1:]
	}
	isWord := len(rest) > 0 && regexp.MustCompile(`^[a-z-]+$`).MatchString(rest[0]) && !strings.HasPrefix(rest[0], "-")
	if c == root && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && rest[0] != "COMMAND" {
		return "there is no such command"
	}
	if c.HasSubCommands() && c != root && isWord {
		return "there is no such subcommand"
	}
	for _, w := range rest {
		name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
		var f *pflag.Flag
		switch {
		case strings.HasPrefix(w, "--") && len(w) > 2:
			if strings.HasSuffix(name, "*") || strings.HasSuffix(name, "-") || name == "help" {
				continue
			}
			if f = c.Flags().Lookup(name); f == nil {
				f = c.InheritedFlags().Lookup(name)
			}
		case strings.HasPrefix(w, "-") && len(w) == 2:
			if name == "h" {
				continue
			}
			if f = c.Flags().ShorthandLookup(name); f == nil {
				f = c.InheritedFlags().ShorthandLookup(name)
			}
		default:
			continue
		}
		if f == nil {
			return "there is no flag " + w
		}
	}
	return ""
}

// keysOf are the paths of all keys below a type, such as "server.baseUrl".
func keysOf(t reflect.Type, prefix string, deep int, out map[string]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || deep > 8 {
		return
	}
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("key"); key != "" && key != "-" {
			out[prefix+key] = true
			keysOf(t.Field(i).Type, prefix+key+".", deep+1, out)
		}
	}
}

var (
	dotted  = regexp.MustCompile(`\b(?:server|http|openapi|exposure|policy|client|flows|securitySchemes|requestTemplate)\.[a-zA-Z.]*[a-zA-Z]`)
	written = regexp.MustCompile(`(?:^|[\s(,;:` + "`" + `])([a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)*) = ("[^"]*"|true|false|\[[^\]]*\]|\{[^}]*\}|[0-9]+)`)
)

// TestKeysInMessages: each key that a message names exists, and each line that it says to
// write can be read.
func TestKeysInMessages(t *testing.T) {
	keys := map[string]bool{}
	keysOf(reflect.TypeFor[profiles.Profile](), "", 0, keys)
	keysOf(reflect.TypeFor[profiles.Config](), "", 0, keys)
	known := func(key string) bool {
		for k := range keys {
			if k == key || strings.HasSuffix(k, "."+key) {
				return true
			}
		}
		return false
	}
	names, lines := 0, 0
	for _, s := range sayings(t) {
		if strings.HasSuffix(s.at, ".sum") || strings.Contains(s.at, "oauthflow/page") {
			continue
		}
		text := inFormat(s.text)
		for _, key := range dotted.FindAllString(text, -1) {
			if slices.ContainsFunc([]string{".toml", ".yaml", ".json", ".com", ".go", ".mcp", ".py"}, func(end string) bool { return strings.HasSuffix(key, end) }) {
				continue
			}
			if strings.Contains(key, ".X") {
				continue // put in at run time
			}
			names++
			if !known(key) && !known(key[:max(0, strings.LastIndex(key, "."))]) {
				t.Errorf("%s: there is no key %s: %s", s.at, key, s.text)
			}
		}
		if strings.Contains(s.at, "/doc/") || strings.Contains(s.at, "/clientconfig/") || !strings.Contains(text, " = ") {
			continue
		}
		for _, m := range written.FindAllStringSubmatch(text, -1) {
			lines++
			if problem := decode(keys, m[1], m[2]); problem != "" {
				t.Errorf("%s: %s = %s: %s", s.at, m[1], m[2], problem)
			}
		}
	}
	if names < 60 || lines < 60 {
		t.Errorf("only %d keys and %d lines were found", names, lines)
	}
	for line, ok := range map[string]bool{`mode = "search"`: true, `http.allowPrivate = ["h"]`: true, `modus = "search"`: false, `readOnly = "yes"`: false, `defaultUpstreamSecurity = { name = "x" }`: false} {
		m := written.FindStringSubmatch(line)
		if problem := decode(keys, m[1], m[2]); (problem == "") != ok {
			t.Errorf("%s: %s", line, problem)
		}
	}
}

// decode says why a key cannot be written with a value, in any of the places that it may
// have; empty when it can.
func decode(keys map[string]bool, key, value string) string {
	if slices.Contains([]string{"keychain", "env", "file", "command"}, key) && !(key == "keychain" && strings.HasPrefix(value, `"`)) { // of a reference
		key, value = "defaultCredential", "{ "+key+" = "+strings.ReplaceAll(value, "…", `"x"`)+" }"
	}
	unknown := strings.Contains(value, "…") || strings.Contains(value, "X") // what stands there is put in at run time
	last := "there is no such key"
	for path := range keys {
		if path != key && !strings.HasSuffix(path, "."+key) {
			continue
		}
		if unknown {
			return ""
		}
		problem := ""
		if _, err := profiles.ParseConfig("config.toml", []byte(path+" = "+value)); err == nil {
			return ""
		}
		_, _, err := profiles.Load("p.toml", []byte(inPlace(path, value)), profiles.Options{Private: func(string) (bool, string) { return true, "" }})
		var many profiles.Errors
		if errors.As(err, &many) {
			for _, e := range many { // what else is missing there does not matter
				if text := e.Error(); strings.Contains(text, "unknown key") || strings.Contains(text, "must be") || strings.Contains(text, "has to be") || strings.Contains(text, "not a ") {
					problem = text
				}
			}
		}
		if problem == "" {
			return ""
		}
		last = problem
	}
	return last
}

// inPlace is a profile with one key.
func inPlace(path, value string) string {
	var b strings.Builder
	for _, list := range []string{"server.securitySchemes", "openapi.overrides", "tools.args", "tools"} {
		if rest, ok := strings.CutPrefix(path, list+"."); ok {
			if list == "tools.args" {
				b.WriteString("[[tools]]\n")
			}
			return b.String() + "[[" + list + "]]\n" + rest + " = " + value + "\n"
		}
	}
	return path + " = " + value + "\n"
}
