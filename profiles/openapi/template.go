package openapi

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// url makes the address of the operation, and settles which parameters stand in it.
func (b *builder) url() string {
	b.o.Server = b.r.out.Server
	if b.r.options.BaseURL == "" && !b.r.swagger {
		for _, of := range []node{b.f.op, b.f.item} {
			if of.get("servers").size(1) > 0 {
				b.o.Server = b.r.servers(of) // "" when it cannot be used: the API's own is another one
				break
			}
		}
	}
	t := &pathTemplate{b: b, pieces: profiles.SplitPath(b.plainPath()), used: map[string]bool{}}
	t.match()
	path, query := t.write()
	b.o.URL = b.o.Server + path
	if query != "" {
		b.o.URL += "?" + query
	}
	b.params = slices.DeleteFunc(b.params, func(p parameter) bool {
		if p.In == "path" && !t.used[p.Wire] {
			b.r.warn(p.at(), "the path "+quote(b.f.path)+" has no place for the parameter "+quote(p.Wire)+": it is left out")
			return true
		}
		return false
	})
	if strings.ContainsAny(b.o.Server, "{}") {
		return "its server cannot be used"
	}
	return ""
}

// plainPath returns the path key with its placeholders in braces, from the slash on. A
// key that is a whole address names the operation's server, too.
func (b *builder) plainPath() string {
	path := strings.TrimSpace(b.f.path)
	if scheme, rest, ok := strings.Cut(path, "://"); ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http")) {
		host, after, _ := strings.Cut(rest, "/")
		path = "/" + after
		if b.r.options.BaseURL == "" {
			b.o.Server = b.r.address(b.f.at, scheme+"://"+host)
		}
		b.r.warn(b.o.At, "the path "+quote(b.f.path)+" holds a server's address: it is taken for the operation's server")
	}
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "{/") { // RFC 6570's operator writes the slash
		b.r.warn(b.o.At, "the path "+quote(b.f.path)+" does not begin with a slash")
		path = "/" + path
	}
	return b.inBraces(path)
}

// forms are the other forms of placeholders that documents have.
type forms struct{ encoded, angle, group, colon, bracket, star *regexp.Regexp }

var otherForms = sync.OnceValue(func() *forms {
	return &forms{
		encoded: regexp.MustCompile(`(?i)%7B([a-z_][a-z0-9_.-]*)%7D`),
		angle:   regexp.MustCompile(`<(?:([a-z_]+)(?:\([^)<>]*\))?:)?([A-Za-z_][\w-]*)>`), // Flask: <int:id>
		group:   regexp.MustCompile(`\(\?P<([A-Za-z_]\w*)>[^()]*\)`),                      // Django
		colon:   regexp.MustCompile(`(^|[-.~]):([A-Za-z_]\w*)(\([^()]*\))?([?*+]?)`),      // Express, Rails
		bracket: regexp.MustCompile(`^\[{1,2}(\.\.\.)?([A-Za-z_]\w*)\]{1,2}$`),            // Next.js
		star:    regexp.MustCompile(`^\*{1,2}([A-Za-z_]\w*)?$`),                           // gin: *path; Ant: **
	}
})

// inBraces writes placeholders of other forms in braces.
func (b *builder) inBraces(path string) string {
	if strings.Contains(path, "%7") {
		path = otherForms().encoded.ReplaceAllString(path, "{$1}")
	}
	if !strings.ContainsAny(path, ":<[*$") {
		return path
	}
	path = otherForms().group.ReplaceAllString(path, "{$1}")
	braces := strings.Contains(path, "{")
	depth, stars := 0, 0
	segments := strings.Split(path, "/")
	for i, s := range segments {
		inside := depth > 0
		depth += strings.Count(s, "{") - strings.Count(s, "}")
		switch {
		case inside:
		case strings.HasPrefix(s, "${"): // JavaScript
			segments[i] = s[1:]
		case otherForms().star.MatchString(s):
			stars++
			segments[i] = starred(s, stars, i == len(segments)-1)
		case !strings.ContainsAny(s, "{}?#"):
			segments[i] = b.inBrace(s, braces)
		}
	}
	return strings.Join(segments, "/")
}

// starred is a segment that is one star or two, with a name or without.
func starred(s string, number int, last bool) string {
	name := strings.TrimLeft(s, "*")
	slash := last || name != "" || len(s) > 1
	if name == "" {
		if name = "path"; number > 1 {
			name += "_" + strconv.Itoa(number)
		}
	}
	if slash {
		name += "+"
	}
	return "{" + name + "}"
}

// inBrace rewrites one segment without braces. Where the path has some elsewhere, only
// what the document declares is a placeholder: /{name}/:cancel names a method.
func (b *builder) inBrace(s string, braces bool) string {
	s = otherForms().angle.ReplaceAllString(s, "{$2:$1}")
	s = strings.ReplaceAll(s, ":}", "}")
	if m := otherForms().bracket.FindStringSubmatch(s); m != nil && (!braces || b.declares(m[2])) {
		return "{" + m[2] + m[1] + "}"
	}
	return otherForms().colon.ReplaceAllStringFunc(s, func(found string) string {
		m := otherForms().colon.FindStringSubmatch(found)
		if braces && !b.declares(m[2]) {
			return found
		}
		return m[1] + "{" + m[2] + m[4] + "}"
	})
}

// declares reports a parameter of the path with that name.
func (b *builder) declares(name string) bool {
	return slices.ContainsFunc(b.params, func(p parameter) bool { return p.In == "path" && alike(p.Wire, name) })
}

// alike reports names that differ only in case and in marks between words.
func alike(a, b string) bool { return plainName(a) == plainName(b) }

func plainName(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c == '-' || c == '.' || c == ' ' {
			return -1
		}
		return c
	}, strings.ToLower(s))
}

// pathTemplate is a path key taken apart, with the parameters that its variables mean.
type pathTemplate struct {
	b      *builder
	pieces []profiles.PathPiece
	wires  []string // of the parameters, for each piece; empty: not matched yet
	used   map[string]bool
}

// match finds the parameter of each variable: that of its name; else one whose name
// differs in case; else the only one that is left when one variable is; else one that
// the document puts into the query by mistake; else one that is made for it.
func (t *pathTemplate) match() {
	t.wires = make([]string, len(t.pieces))
	t.each(func(p *profiles.PathPiece) int {
		whole := strings.TrimSpace(strings.Trim(p.Text, "{}"))
		if at := t.find(func(w string) bool { return w == whole }); at >= 0 {
			return at
		}
		return t.find(func(w string) bool { return w == p.Name })
	}, "")
	t.each(func(p *profiles.PathPiece) int {
		return t.find(func(w string) bool { return !t.used[w] && alike(w, p.Name) })
	}, "is taken for")
	left := 0
	for i, p := range t.pieces {
		if p.Name != "" && !p.Query && t.wires[i] == "" {
			left++
		}
	}
	if free := func(w string) bool { return !t.used[w] }; left == 1 && t.count(free) == 1 {
		t.each(func(*profiles.PathPiece) int { return t.find(free) }, "is taken for")
	}
}

// each looks for the parameters of variables that have none yet. told says that a
// parameter found has another name; empty: it has the same.
func (t *pathTemplate) each(find func(*profiles.PathPiece) int, told string) {
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.Name == "" || p.Query || t.wires[i] != "" {
			continue
		}
		if at := find(p); at >= 0 {
			wire := t.b.params[at].Wire
			if told != "" {
				t.b.r.warn(t.b.params[at].at(), "the path "+quote(t.b.f.path)+" names "+quote(p.Name)+", which "+told+" the parameter "+quote(wire))
			}
			t.take(i, at)
		}
	}
}

func (t *pathTemplate) find(is func(wire string) bool) int {
	return slices.IndexFunc(t.b.params, func(p parameter) bool { return p.In == "path" && is(p.Wire) })
}

func (t *pathTemplate) count(is func(wire string) bool) int {
	n := 0
	for i := range t.b.params {
		if p := &t.b.params[i]; p.In == "path" && is(p.Wire) {
			n++
		}
	}
	return n
}

// take lets a parameter stand for a variable.
func (t *pathTemplate) take(piece, param int) {
	p, v := &t.b.params[param], &t.pieces[piece]
	if strings.ContainsAny(p.Wire, "{}") { // such a name cannot stand in braces
		p.Wire = v.Name
	}
	p.Required = true
	p.Reserved = p.Reserved || v.Slash
	if v.Style != "" && p.Style == "simple" {
		p.Style, p.Explode = v.Style, p.Explode || v.Explode
	}
	t.wires[piece] = p.Wire
	t.used[p.Wire] = true
}

// declare returns the place of the parameter of a variable that no parameter of the path is for.
func (t *pathTemplate) declare(p *profiles.PathPiece) int {
	b := t.b
	if at := t.find(func(w string) bool { return w == p.Name }); at >= 0 { // it stands in the path twice
		return at
	}
	at := slices.IndexFunc(b.params, func(q parameter) bool { return q.In == "query" && q.Wire == p.Name })
	if at >= 0 {
		b.r.warn(b.params[at].at(), "the parameter "+quote(p.Name)+" stands in the query, and the path "+quote(b.f.path)+" names it: it is put there")
		b.params[at].In, b.params[at].Style, b.params[at].Explode = "path", "simple", false
		return at
	}
	b.r.warn(b.o.At, "the path "+quote(b.f.path)+" has no parameter "+quote(p.Name)+": it is taken for text")
	b.params = append(b.params, parameter{Param: Param{Wire: p.Name, In: "path", Type: "string", Style: "simple"}})
	return len(b.params) - 1
}

// write makes everything legal but the placeholders.
func (t *pathTemplate) write() (path, query string) {
	var out, after strings.Builder
	to, make := &out, legal
	for i := range t.pieces {
		p := &t.pieces[i]
		switch {
		case p.Query:
			t.b.queryParam(p.Name, p.Name)
			continue
		case p.Name != "":
			if to == &after && t.wires[i] == "" && t.isValue(i) {
				after.WriteString("{" + p.Name + "}") // pairs takes it out
				continue
			}
			if t.wires[i] == "" {
				t.take(i, t.declare(p))
			}
			to.WriteString("{" + t.wires[i] + "}")
			continue
		}
		text, _, fragment := strings.Cut(p.Text, "#")
		if to == &out {
			if first, rest, ok := strings.Cut(text, "?"); ok {
				out.WriteString(legal(first))
				to, make, text = &after, legalQuery, rest
			}
		}
		to.WriteString(make(text))
		if fragment {
			break
		}
	}
	return out.String(), t.pairs(after.String())
}

// isValue reports a variable that is the whole value of a pair of the query.
func (t *pathTemplate) isValue(i int) bool {
	ends := i+1 == len(t.pieces) || t.pieces[i+1].Query || t.pieces[i+1].Name == "" && strings.IndexByte("&#", t.pieces[i+1].Text[0]) >= 0
	return ends && i > 0 && t.pieces[i-1].Name == "" && strings.HasSuffix(t.pieces[i-1].Text, "=")
}

// pairs takes the pairs out of a query whose values are parameters of the query.
func (t *pathTemplate) pairs(query string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		inner, opened := strings.CutPrefix(value, "{")
		inner, closed := strings.CutSuffix(inner, "}")
		if pair == "" || opened && closed && !t.used[inner] && t.b.queryParam(name, inner) {
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&")
}

// queryParam reports whether a variable of the path key is a parameter of the query,
// which it makes where there is none of that name.
func (b *builder) queryParam(wire, name string) bool {
	for _, p := range b.params {
		if p.In == "query" && (p.Wire == wire || p.Wire == name) {
			return true
		}
	}
	if strings.ContainsAny(wire, "{}") || wire == "" {
		return false
	}
	b.r.warn(b.o.At, "the path "+quote(b.f.path)+" has no parameter "+quote(name)+": it is taken for text in the query")
	b.params = append(b.params, parameter{Param: Param{Wire: wire, In: "query", Type: "string", Style: "form", Explode: true}})
	return true
}

// legalQuery is legal for the query part of a path key.
func legalQuery(s string) string { return escape(s, "?[]") }
