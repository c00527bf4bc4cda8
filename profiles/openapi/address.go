package openapi

import (
	"slices"
	"strconv"
	"strings"
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
	path := b.f.path
	if !strings.HasPrefix(path, "/") {
		b.r.warn(b.o.At, "the path "+quote(path)+" does not begin with a slash")
		path = "/" + path
	}
	path, _, _ = strings.Cut(path, "#")
	path, query, _ := strings.Cut(path, "?")
	used := map[string]bool{}
	b.o.URL = b.o.Server + b.fill(path, legal, used)
	if query != "" {
		b.o.URL += "?" + b.fill(query, legalQuery, used)
	}
	b.params = slices.DeleteFunc(b.params, func(p parameter) bool {
		if p.In == "path" && !used[p.Wire] {
			b.r.warn(p.at(), "the path "+quote(b.f.path)+" has no place for the parameter "+quote(p.Wire)+": it is left out")
			return true
		}
		return false
	})
	if strings.ContainsAny(b.o.URL[:len(b.o.Server)], "{}") {
		return "its server cannot be used"
	}
	return ""
}

// fill makes everything legal but the placeholders of path parameters. What has no
// parameter gets one.
func (b *builder) fill(path string, legal func(string) string, used map[string]bool) string {
	var out strings.Builder
	for {
		open := strings.IndexByte(path, '{')
		if open < 0 {
			out.WriteString(legal(path))
			return out.String()
		}
		end := strings.IndexAny(path[open+1:], "{}")
		if end <= 0 || path[open+1+end] != '}' { // a brace that is only a brace
			out.WriteString(legal(path[:open+1]))
			path = path[open+1:]
			continue
		}
		out.WriteString(legal(path[:open]))
		name := path[open+1 : open+1+end]
		path = path[open+end+2:]
		out.WriteString("{" + b.placeholder(name) + "}")
		used[b.placeholder(name)] = true
	}
}

// placeholder returns the name of the path parameter that a placeholder means.
func (b *builder) placeholder(name string) string {
	for _, candidate := range []string{name, strings.TrimSpace(name), strings.TrimRight(name, "+*"), strings.TrimLeft(name, "*+;./")} {
		for i := range b.params {
			if p := &b.params[i]; p.In == "path" && p.Wire == candidate {
				p.Required = true
				return candidate
			}
		}
	}
	b.r.warn(b.o.At, "the path "+quote(b.f.path)+" has no parameter "+quote(name)+": it is taken for text")
	b.params = append(b.params, parameter{Param: Param{Wire: name, In: "path", Type: "string", Required: true, Style: "simple"}})
	return name
}

// legalQuery is legal for the query part of a path key.
func legalQuery(s string) string { return escape(s, "?[]") }

// accept writes the Accept header: the types of good answers, JSON first; "" when
// JSON is all there is.
func (b *builder) accept() string {
	if of := slices.DeleteFunc(slices.Clone(b.accepts), func(s string) bool { return !sendable(mediaType(s)) }); len(of) > 0 {
		return of[max(0, slices.IndexFunc(of, func(s string) bool { return isJSON(mediaType(s)) }))]
	}
	good, errors := b.answers()
	var first, then []string
	for _, m := range good {
		if isJSON(m) {
			first = append(first, m)
		} else {
			then = append(then, m)
		}
	}
	if len(good) == 0 || len(then) == 0 && len(first) == 1 && first[0] == jsonType {
		return ""
	}
	const most = 6
	out := first[:min(len(first), most)]
	for i, m := range then[:min(len(then), most)] {
		if len(first) > 0 {
			m += ";q=0." + strconv.Itoa(9-i)
		}
		out = append(out, m)
	}
	if len(first) == 0 && slices.Contains(errors, jsonType) {
		out = append(out, jsonType+";q=0.3")
	}
	if !slices.Contains(out, "*/*") {
		out = append(out, "*/*;q=0.1")
	}
	return strings.Join(out, ", ")
}

// answers lists the media types of good answers and of errors.
func (b *builder) answers() (good, errors []string) {
	add := func(to []string, m string) []string {
		const most = 50
		if m = mediaType(m); strings.HasSuffix(m, "/*+json") { // no range of RFC 9110
			m = jsonType
		}
		if len(to) < most && sendable(m) && !slices.Contains(to, m) {
			to = append(to, m)
		}
		return to
	}
	if b.r.swagger {
		produces := b.f.op.get("produces")
		if produces.kind() != list {
			produces = b.r.root.get("produces")
		}
		for _, m := range produces.strings() {
			good = add(good, m)
		}
		return good, nil
	}
	for code, answer := range b.f.op.get("responses").members {
		to, reason := b.r.resolve(answer)
		if reason != "" {
			continue
		}
		for media := range to.get("content").members {
			if strings.HasPrefix(code.text(), "2") {
				good = add(good, media.text())
			} else {
				errors = add(errors, media.text())
			}
		}
	}
	return good, errors
}
