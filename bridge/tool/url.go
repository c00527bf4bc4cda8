package tool

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// masked returns a URL template of the same length without anything that stands
// inside an action, so that what is left can be read as a URL.
func masked(url string) string {
	b := []byte(url)
	for i := 0; ; {
		open := strings.Index(url[i:], "{{")
		if open < 0 {
			return string(b)
		}
		from, to := i+open, len(url)
		if end := strings.Index(url[from:], "}}"); end >= 0 {
			to = from + end + 2
			for to < len(url) && url[to] == '}' { // of a literal inside the action
				to++
			}
		}
		for j := from; j < to; j++ {
			b[j] = 'x'
		}
		i = to
	}
}

// pathOf returns the path of a URL template, without its origin and query. A host
// may come from an action: what follows it is the path.
func pathOf(url string) string {
	if url == "" {
		return ""
	}
	from, to := pathRange(url)
	if from == to {
		return "/"
	}
	return url[from:to]
}

// pathRange returns where the path of a URL template begins and ends.
func pathRange(url string) (from, to int) {
	plain := masked(url)
	if i := strings.Index(plain, "://"); i >= 0 && !strings.ContainsAny(plain[:i], "/?#") {
		from = i + len("://")
	}
	if from > 0 || !strings.HasPrefix(plain, "/") {
		end := strings.IndexAny(plain[from:], "/?#")
		if end < 0 {
			return len(url), len(url)
		}
		from += end
	}
	to = len(url)
	if end := strings.IndexAny(plain[from:], "?#"); end >= 0 {
		to = from + end
	}
	return from, to
}

// variables writes the variables of a URL template that are arguments as plain
// placeholders, {name}: what stands beside the name says what values are like. A
// variable that asks for slashes keeps those of its argument.
func (t *Tool) variables() {
	url, at := t.Request.URL, 0
	var out strings.Builder
	for _, piece := range profiles.SplitPath(masked(url)) {
		if at+len(piece.Text) > len(url) {
			return // pieces that share braces
		}
		text := url[at : at+len(piece.Text)]
		at += len(piece.Text)
		if piece.Name != "" && t.param(strings.Trim(text, "{}")) == nil {
			if p := t.param(piece.Name); p != nil && p.In == InPath {
				p.Reserved = p.Reserved || piece.Slash
				text = "{" + piece.Name + "}"
			}
		}
		out.WriteString(text)
	}
	if at == len(url) {
		t.Request.URL = out.String()
	}
}

// placeholders warns of a {name} that no path argument fills: it is sent as it
// stands. (An argument without its placeholder is for profiles.Check to tell.)
func (c *compiler) placeholders(t *Tool) {
	url, plain := t.Request.URL, masked(t.Request.URL)
	host, _ := pathRange(url)
	for at := 0; ; {
		open := strings.IndexByte(plain[at:], '{')
		if open < 0 {
			return
		}
		from := at + open + 1
		length := strings.IndexAny(plain[from:], "{}/")
		at = from
		if length <= 0 || plain[from+length] != '}' {
			continue
		}
		name := url[from : from+length]
		switch p := t.param(name); {
		case p != nil && p.In == InPath && from < host:
			c.warn("requestTemplate.url", "the argument "+name+" stands in the host: calls will be refused; use server.config for what differs")
		case p != nil && p.In == InPath:
		case p != nil:
			c.warn("requestTemplate.url", "{"+name+"} is sent as it stands: give the argument "+name+` position = "path"`)
		default:
			c.warn("requestTemplate.url", "{"+name+"} is sent as it stands: there is no argument "+quoted(name)+` with position = "path"`)
		}
	}
}

// param returns the parameter with that name in the request, or nil.
func (t *Tool) param(wire string) *Param {
	for i := range t.Params {
		if t.Params[i].Wire == wire {
			return &t.Params[i]
		}
	}
	return nil
}

// uses warns of templates that use an argument in a way that cannot be meant.
func (c *compiler) uses(t *Tool, args []profiles.Arg) {
	safe := map[string]bool{}
	for i := range args {
		safe[args[i].Name] = harmless(&args[i])
	}
	ts := &t.compiled.templates
	c.unescaped(t, ts.URL, safe)
	c.unknownUses(t, "requestTemplate.url", ts.URL)
	for i, h := range ts.Headers {
		c.unknownUses(t, headerKey(i), h)
	}
	c.unknownUses(t, "requestTemplate.body", ts.Body)
	if t.Request.URL == "" { // else its data is the response
		c.unknownUses(t, "responseTemplate.body", ts.Response)
	}
}

// harmless reports an argument none of whose values changes the meaning of a URL:
// no text, or one of a list of plain words.
func harmless(a *profiles.Arg) bool {
	switch a.Type {
	case "integer", "number", "boolean":
		return true
	case "", "string":
	default:
		return false
	}
	for _, raw := range a.Enum {
		if v := parsed(raw); v == nil || v.Kind == doc.String && !jsonschema.LegalKey(v.Text) || strings.Trim(v.Text, ".") == "" && v.Text != "" {
			return false
		}
	}
	return len(a.Enum) > 0
}

// unescaped warns of text that can change the meaning of the URL it stands in.
func (c *compiler) unescaped(t *Tool, url *template.Template, safe map[string]bool) {
	told := map[string]bool{}
	for _, use := range url.Args() {
		if use.Escaped || told[use.Name] || safe[use.Name] || t.param(use.Name) == nil {
			continue
		}
		told[use.Name] = true
		c.warn("requestTemplate.url", "the text {{.args."+use.Name+"}} stands unescaped: it can add segments or parameters; write {{urlquery .args."+
			use.Name+`}}, or take it out and give the argument position = "path" or "query"`)
	}
}

// unknownUses warns of an argument that is not declared: it is always empty.
func (c *compiler) unknownUses(t *Tool, key string, in *template.Template) {
	told := map[string]bool{}
	for _, use := range in.Args() {
		if told[use.Name] || t.param(use.Name) != nil {
			continue
		}
		told[use.Name] = true
		names := make([]string, len(t.Params))
		for i := range t.Params {
			names[i] = t.Params[i].Wire
		}
		message := "uses .args." + use.Name + ", which is no argument of the tool: it is always empty"
		if near := plaintext.Nearest(use.Name, names); near != "" {
			message += " (did you mean " + near + "?)"
		}
		c.warn(key, message)
	}
}
