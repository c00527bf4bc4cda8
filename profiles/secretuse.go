package profiles

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// secretPlace is a text of a tool in which credentials are written: a template that becomes
// the URL, a header or the body of its request.
type secretPlace struct {
	key  string  // such as "tools[0].requestTemplate.headers[1].value"
	name string  // of a header; empty for others
	text *string // the template
}

// places lists the texts of the profile's own tools in which credentials are written.
func (p *Profile) places() []secretPlace {
	var out []secretPlace
	for i := range p.Tools {
		r, key := &p.Tools[i].RequestTemplate, doc.Index("tools", i)+".requestTemplate"
		out = append(out, secretPlace{key + ".url", "", &r.URL})
		for j := range r.Headers {
			out = append(out, secretPlace{doc.Index(key+".headers", j) + ".value", r.Headers[j].Key, &r.Headers[j].Value})
		}
		out = append(out, secretPlace{key + ".body", "", &r.Body})
	}
	return out
}

// usedAsSecret returns the paths below server.config whose values templates put where
// a credential stands: in a header, a parameter, a cookie or a field whose name says so.
func (p *Profile) usedAsSecret() map[string]bool {
	out := map[string]bool{}
	for _, at := range p.places() {
		for _, a := range actions(*at.text) {
			name := fieldBefore((*at.text)[:a.start])
			if name == "" {
				name = at.name
			}
			if !CarriesSecret(name) {
				continue
			}
			for _, path := range configPaths((*at.text)[a.start:a.end]) {
				if !besideSecret(path[strings.LastIndexByte(path, '.')+1:]) {
					out[path] = true
				}
			}
		}
	}
	return out
}

// SecretsOf lists the SecretValues of server.config that the templates of a tool's
// request may use: those whose first key an action names, and all where an action
// names .config without saying which of its values.
func (p *Profile) SecretsOf(t *Tool) []SecretValue {
	all, names := false, map[string]bool{}
	texts := []string{t.RequestTemplate.URL, t.RequestTemplate.Body}
	for _, h := range t.RequestTemplate.Headers {
		texts = append(texts, h.Value)
	}
	for _, text := range texts {
		for _, a := range actions(text) {
			action := text[a.start:a.end]
			paths := configPaths(action)
			all = all || strings.Count(action, "config") > len(paths)
			for _, path := range paths {
				all = all || path[0] == '"'
				names[firstKey(path)] = true
			}
		}
	}
	var out []SecretValue
	for _, v := range p.Secrets {
		if path, ok := v.InConfig(); ok && (all || names[firstKey(path)]) {
			out = append(out, v)
		}
	}
	return out
}

// firstKey returns the first key of a path.
func firstKey(path string) string {
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end]
	}
	return path
}

// span is a part of a text.
type span struct{ start, end int }

// actions returns where the actions of a template stand.
func actions(text string) []span {
	var out []span
	for at := 0; ; {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			return out
		}
		end := strings.Index(text[at+open:], "}}")
		if end < 0 {
			return out
		}
		out = append(out, span{at + open, at + open + end + 2})
		at += open + end + 2
	}
}

// configPaths returns the paths below .config that an action names, as .config.a.b or
// as index .config "a" does.
func configPaths(action string) []string {
	var out []string
	for at := 0; ; {
		found := strings.Index(action[at:], "config")
		if found < 0 {
			return out
		}
		at += found + len("config")
		rest, path := action[at:], ""
		switch {
		case strings.HasPrefix(rest, "."):
			end := 1
			for end < len(rest) && (isAlnum(rest[end]) || rest[end] == '_' || rest[end] == '.' || rest[end] >= 0x80) {
				end++
			}
			path = strings.Trim(rest[:end], ".")
		default:
			for quoted, ok := strings.CutPrefix(rest, ` "`); ok; quoted, ok = strings.CutPrefix(rest, ` "`) {
				key, after, closed := strings.Cut(quoted, `"`)
				if !closed {
					break
				}
				path, rest = doc.Join(path, key), after
			}
		}
		if path != "" {
			out = append(out, path)
		}
	}
}

// fieldBefore returns the name of the parameter, the cookie or the JSON member whose
// value goes on behind a text; "" when the text ends in no value.
func fieldBefore(text string) string {
	text = text[:len(text)-tailWords(text)]
	text = strings.TrimRight(text, "\"' \t\r\n")
	if text == "" || text[len(text)-1] != '=' && text[len(text)-1] != ':' {
		return ""
	}
	text = strings.TrimRight(text[:len(text)-1], " \t\r\n\"'")
	from := len(text)
	for from > 0 && (isAlnum(text[from-1]) || strings.IndexByte("_-.%", text[from-1]) >= 0 || text[from-1] >= 0x80) {
		from--
	}
	return text[from:]
}

// tailWords returns how many bytes at the end of a text are the word of HTTP
// authentication before a credential: those of "Bearer " in `"auth": "Bearer `.
func tailWords(text string) int {
	rest := strings.TrimRight(text, " ")
	word := rest[strings.LastIndexAny(rest, "\"'=: \t\n")+1:]
	if len(rest) < len(text) && authWord(word) {
		return len(text) - len(rest) + len(word)
	}
	return 0
}

// WrittenSecret is a credential that stands as text in a template of a tool.
type WrittenSecret struct {
	Key        string  // of the text, such as "tools[0].requestTemplate.url"
	Name       string  // of the header, the parameter or the field that carries it
	Start, End int     // where it stands in the text
	Text       *string // the profile's own text
}

// Value returns the credential.
func (w WrittenSecret) Value() string { return (*w.Text)[w.Start:w.End] }

// WrittenSecrets lists the credentials that the templates of the profile's own tools
// hold as text: the values of headers, of parameters and cookies, and of fields of a
// body whose names say so. Several of one text stand in its order.
func (p *Profile) WrittenSecrets() []WrittenSecret {
	var out []WrittenSecret
	for _, at := range p.places() {
		for _, one := range at.literals() {
			out = append(out, WrittenSecret{Key: at.key, Name: one.name, Start: one.start, End: one.end, Text: at.text})
		}
	}
	return out
}

type named struct {
	span
	name string
}

// literals finds the credentials that stand in a place as text.
func (at secretPlace) literals() []named {
	text := *at.text
	switch {
	case strings.HasSuffix(at.key, ".url"):
		_, query, ok := strings.Cut(text, "?")
		if !ok {
			return nil
		}
		from := len(text) - len(query)
		query, _, _ = strings.Cut(query, "#")
		return pairs(text, span{from, from + len(query)}, "&")
	case at.name == "":
		return append(pairs(text, span{0, len(text)}, "&\n"), members(text)...)
	case strings.EqualFold(at.name, "Cookie"):
		return pairs(text, span{0, len(text)}, ";")
	case !CarriesSecret(at.name) || strings.Contains(text, "{{"):
		return nil
	}
	from := 0
	if word := secretWord(at.name); strings.HasSuffix(word, "authorization") || strings.HasSuffix(word, "auth") {
		from = schemeWord(text)
	}
	return worth(text, named{span{from, len(text)}, at.name})
}

// worth returns what could be a credential: text that is not empty, no template, and
// no word that only says how something is sent.
func worth(text string, n named) []named {
	value := text[n.start:n.end]
	n.start += len(value) - len(strings.TrimLeft(value, " \t\r\n"))
	n.end = n.start + len(strings.TrimSpace(value))
	if value = text[n.start:n.end]; value == "" || strings.Contains(value, "{{") || authWord(value) || strings.HasPrefix(value, "{") {
		return nil
	}
	return []named{n}
}

// pairs finds credentials among name=value in a part of a text.
func pairs(text string, in span, separator string) []named {
	var out []named
	if in.start == 0 && !strings.Contains(text, "=") || strings.HasPrefix(strings.TrimSpace(text[in.start:in.end]), "{") {
		return nil
	}
	for at := in.start; at < in.end; {
		end := in.end
		if n := strings.IndexAny(text[at:in.end], separator); n >= 0 {
			end = at + n
		}
		name, _, ok := strings.Cut(text[at:end], "=")
		if trimmed := strings.TrimSpace(name); ok && CarriesSecret(trimmed) {
			out = append(out, worth(text, named{span{at + len(name) + 1, end}, trimmed})...)
		}
		at = end + 1
	}
	return out
}

// members finds credentials among "name": "value" in a text that may be JSON.
func members(text string) []named {
	var out []named
	for at := 0; at < len(text); {
		open := strings.IndexByte(text[at:], '"')
		if open < 0 {
			return out
		}
		from := at + open + 1
		end := closing(text, from)
		if end < 0 {
			return out
		}
		at = end + 1
		rest := strings.TrimLeft(text[at:], " \t\r\n")
		value, ok := strings.CutPrefix(rest, ":")
		if !ok {
			continue
		}
		value = strings.TrimLeft(value, " \t\r\n")
		if !strings.HasPrefix(value, `"`) {
			continue
		}
		start := len(text) - len(value) + 1
		stop := closing(text, start)
		if stop < 0 {
			return out
		}
		if name := text[from:end]; CarriesSecret(name) {
			out = append(out, worth(text, named{span{start + wordBefore(text[start:stop]), stop}, name})...)
		}
		at = stop + 1
	}
	return out
}

// wordBefore is schemeWord for what names a known way of authentication.
func wordBefore(value string) int {
	if n := schemeWord(value); n > 0 && authWord(value[:n]) {
		return n
	}
	return 0
}

// closing returns where the JSON string that begins at from ends; -1: nowhere.
func closing(text string, from int) int {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
