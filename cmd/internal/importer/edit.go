package importer

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Edit returns the text of a profile with what [Auth.Apply] changed between was and want,
// and every other byte as it is. ok is false when the text is written in a way that this
// cannot be done: the caller loads the result and compares it with want in any case.
func Edit(text string, was, want *profiles.Profile) (out string, ok bool) {
	e := &edit{data: []byte(text), newline: "\n", ok: true}
	if strings.Contains(text, "\r\n") {
		e.newline = "\r\n"
	}
	for i := range want.Server.SecuritySchemes {
		s := want.Server.SecuritySchemes[i]
		if i >= len(was.Server.SecuritySchemes) {
			e.append(s)
			continue
		}
		e.client(i, was.Server.SecuritySchemes[i].Client, s.Client)
	}
	e.override(was.OpenAPI.Overrides, want.OpenAPI.Overrides)
	if want.OpenAPI.ForceSecurity != was.OpenAPI.ForceSecurity {
		e.set("openapi", 0, "forceSecurity", strconv.FormatBool(want.OpenAPI.ForceSecurity))
	}
	if !equal(was.Server.DefaultUpstreamSecurity, want.Server.DefaultUpstreamSecurity) || (was.Server.DefaultUpstreamSecurity == nil) != (want.Server.DefaultUpstreamSecurity == nil) {
		if t, ok := e.table("server.defaultUpstreamSecurity", 0); ok { // written as a table of its own
			e.splice(t.Start, t.End, "")
		}
		e.set("server", 0, "defaultUpstreamSecurity", member(&profiles.Profile{Server: profiles.Server{DefaultUpstreamSecurity: want.Server.DefaultUpstreamSecurity}}, "defaultUpstreamSecurity"))
	}
	e.http("allowPrivate", was.HTTP.AllowPrivate, want.HTTP.AllowPrivate, &profiles.Profile{HTTP: profiles.HTTP{AllowPrivate: want.HTTP.AllowPrivate}})
	e.http("allowInsecure", was.HTTP.AllowInsecure, want.HTTP.AllowInsecure, &profiles.Profile{HTTP: profiles.HTTP{AllowInsecure: want.HTTP.AllowInsecure}})
	return string(e.data), e.ok
}

// http writes one list of [http], which p holds alone, when it has changed.
func (e *edit) http(key string, was, want []string, p *profiles.Profile) {
	if slices.Equal(was, want) {
		return
	}
	if _, ok := e.table("http", 0); !ok {
		e.insert(len(e.data), "\n[http]\n")
	}
	e.set("http", 0, key, member(p, key))
}

// edit changes one text.
type edit struct {
	data    []byte
	newline string
	ok      bool
}

// member returns the value of a key in what a profile is encoded to.
func member(p *profiles.Profile, key string) string {
	text, err := profiles.Encode(p)
	if err != nil {
		return ""
	}
	for _, t := range doc.TOMLTables(text) {
		if from, to, ok := doc.TOMLValue(text, t.Body, t.End, key); ok {
			return string(text[from:to])
		}
	}
	return ""
}

// table returns the nth table of that name.
func (e *edit) table(name string, n int) (doc.TOMLTable, bool) {
	for _, t := range doc.TOMLTables(e.data) {
		if strings.Join(t.Name, ".") == name {
			if n == 0 {
				return t, true
			}
			n--
		}
	}
	return doc.TOMLTable{}, false
}

// set gives a key of the nth table of that name a value: in place of the old one, or on a
// new line at the table's end.
func (e *edit) set(name string, n int, key, value string) {
	t, ok := e.table(name, n)
	if !ok || value == "" {
		e.ok = false
		return
	}
	if from, to, ok := doc.TOMLValue(e.data, t.Body, t.End, key); ok {
		e.splice(from, to, e.lines(value))
		return
	}
	e.insert(t.End, key+" = "+value+"\n")
}

func (e *edit) splice(from, to int, text string) {
	e.data = slices.Concat(e.data[:from], []byte(text), e.data[to:])
}

// insert puts lines at an offset where a line begins, or the text ends.
func (e *edit) insert(at int, text string) {
	if at > 0 && e.data[at-1] != '\n' {
		text = "\n" + text
	}
	e.splice(at, at, e.lines(text))
}

// lines gives a text the line ends of the file.
func (e *edit) lines(text string) string { return strings.ReplaceAll(text, "\n", e.newline) }

// append adds a security scheme behind the others.
func (e *edit) append(s profiles.SecurityScheme) {
	text, err := profiles.Encode(&profiles.Profile{Server: profiles.Server{SecuritySchemes: []profiles.SecurityScheme{s}}})
	if err != nil {
		e.ok = false
		return
	}
	at := -1
	for _, t := range doc.TOMLTables(e.data) {
		if len(t.Name) > 0 && t.Name[0] == "server" && (at < 0 || len(t.Name) > 1 && t.Name[1] == "securitySchemes") {
			at = t.End
		}
	}
	if at < 0 {
		at = len(bytes.TrimRight(e.data, "\r\n\t "))
	}
	e.insert(at, "\n"+string(text))
}

// client changes the client of the nth scheme: the keys that flags can change.
func (e *edit) client(n int, was, want *profiles.OAuthClient) {
	if want == nil {
		return
	}
	old := profiles.OAuthClient{}
	if was != nil {
		old = *was
	}
	header, next := e.clientTable(n)
	if header < 0 { // no table yet: all of it is new
		if was != nil && old.ID == want.ID && slices.Equal(old.Scopes, want.Scopes) && old.Redirect == want.Redirect {
			return
		}
		if was != nil { // written inline
			e.ok = false
			return
		}
		e.insert(next, "\n[server.securitySchemes.client]\n")
		header, _ = e.clientTable(n)
	}
	as := func(c profiles.OAuthClient, key string) string {
		return member(&profiles.Profile{Server: profiles.Server{SecuritySchemes: []profiles.SecurityScheme{{ID: "x", Client: &c}}}}, key)
	}
	if old.ID != want.ID {
		e.set("server.securitySchemes.client", header, "id", doc.TOMLText(want.ID))
	}
	if !slices.Equal(old.Scopes, want.Scopes) {
		e.set("server.securitySchemes.client", header, "scopes", as(profiles.OAuthClient{Scopes: want.Scopes}, "scopes"))
	}
	if old.Redirect != want.Redirect {
		e.set("server.securitySchemes.client", header, "redirect", as(profiles.OAuthClient{Redirect: want.Redirect}, "redirect"))
	}
}

// clientTable returns which of all client tables is that of the nth scheme, or -1, and
// the end of the scheme's own table.
func (e *edit) clientTable(n int) (which, end int) {
	which, end = -1, len(e.data)
	clients := 0
	for _, t := range doc.TOMLTables(e.data) {
		switch name := strings.Join(t.Name, "."); {
		case name == "server.securitySchemes":
			if n--; n == -1 {
				end = t.End
			}
		case name == "server.securitySchemes.client":
			if n == -1 {
				which = clients
			}
			clients++
		}
	}
	return which, end
}

// override changes the override that --auth writes, or puts it before the others, so that
// the person's own still win.
func (e *edit) override(was, want []profiles.Override) {
	i, j := slices.IndexFunc(was, ours), slices.IndexFunc(want, ours)
	switch {
	case j < 0 && i < 0:
	case j < 0: // the document's own requirements are the same
		if t, ok := e.table("openapi.overrides", i); ok {
			e.splice(t.Start, t.End, "")
		} else {
			e.ok = false
		}
	default:
		p := &profiles.Profile{OpenAPI: &profiles.OpenAPI{Overrides: want[j : j+1]}}
		if i >= 0 {
			e.set("openapi.overrides", i, "security", member(p, "security"))
			return
		}
		e.insertOverride(want[j])
	}
}

func (e *edit) insertOverride(o profiles.Override) {
	text, err := profiles.Encode(&profiles.Profile{OpenAPI: &profiles.OpenAPI{Overrides: []profiles.Override{o}}})
	if err != nil {
		e.ok = false
		return
	}
	block := text[bytes.Index(text, []byte("[[openapi.overrides]]")):]
	if t, ok := e.table("openapi.overrides", 0); ok {
		e.insert(t.Start, string(block)+"\n")
		return
	}
	t, ok := e.table("openapi", 0)
	if !ok {
		e.ok = false
		return
	}
	e.insert(t.End, "\n"+string(block))
}
