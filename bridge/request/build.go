package request

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

// builder makes one plan, in the order of Higress's RestMCPTool.Call.
type builder struct {
	tool   *tool.Tool
	args   tool.Args
	env    template.Env
	open   Open
	config json.RawMessage // template data .config; empty: {}
	data   []byte          // template data, made on first use
	plan   *Plan
}

func (b *builder) build() *Error {
	if b.tool.Request.URL == "" {
		return b.direct()
	}
	p := b.plan
	p.Security = b.tool.Security
	p.Method = strings.ToUpper(b.tool.Request.Method)
	if p.Method == "" {
		p.Method = http.MethodGet
	}
	if !isToken(p.Method) || p.Method == http.MethodConnect {
		return profileError("method", "cannot be sent", `use a method such as "GET" or "POST"`)
	}
	for _, step := range []func() *Error{b.url, b.headers, b.cookies, b.body} {
		if err := step(); err != nil {
			return err
		}
	}
	if len(p.Header["Accept"]) == 0 {
		p.Header.Set("Accept", b.accept())
	}
	return nil
}

func (b *builder) accept() string {
	if b.tool.Imported {
		return "application/json, */*;q=0.8"
	}
	return "*/*"
}

// direct renders the answer of a tool without a URL.
func (b *builder) direct() *Error {
	text, err := b.render("responseTemplate.body", b.tool.Response.Body, nil)
	if err != nil {
		return err
	}
	b.plan.Direct, b.plan.DirectText = true, text
	return nil
}

func (b *builder) url() *Error {
	source := b.tool.Request.URL
	text, err := b.render("url", source, nil)
	if err != nil {
		return err
	}
	origin, err := b.origin(source, text)
	if err != nil {
		return err
	}
	a, err := split(text)
	if err != nil {
		return err
	}
	if a.path, err = fill(a.path, b.tool, b.args); err != nil {
		return err
	}
	if a.query, err = fill(a.query, b.tool, b.args); err != nil {
		return err
	}
	if climbs(a.path) && !climbs(source) {
		return &Error{Kind: InvalidArguments, Part: "url", Message: `an argument puts a "." or ".." segment into the path`}
	}
	fields, err := b.query()
	if err != nil {
		return err
	}
	a.authority = origin // what is compared is what is dialled
	a.path = legalize(a.path, inPath)
	a.query = editQuery(legalize(a.query, inQuery), fields)
	b.plan.URL, b.plan.Origin = a.String(), origin
	return nil
}

// origin returns the origin of the rendered URL and refuses one whose scheme,
// host or port an argument decided. Most templates begin with a literal host and
// cannot; the others are rendered once more without any argument.
func (b *builder) origin(source, text string) (string, *Error) {
	refused := &Error{Kind: InvalidArguments, Part: "url", hint: hostHint,
		Message: "an argument would decide scheme, host or port"}
	fixed, ok := fixedAuthority(source)
	if name, in := holdsPlaceholder(fixed, b.tool.Params); ok && in {
		return "", argError("url", name, "stands in the host of the URL", hostHint)
	}
	if !ok {
		data, err := b.dataWith(nil)
		if err != nil {
			return "", err
		}
		if fixed, err = b.render("url", source, data); err != nil {
			return "", refused
		}
	}
	want, err := originOf(fixed)
	if err != nil && !ok && strings.Contains(source, ".args") {
		return "", refused
	}
	if err != nil {
		return "", err
	}
	if got, err := originOf(text); err != nil || got != want {
		return "", refused
	}
	return want, nil
}

// query writes the arguments that belong in the query, sorted by name.
func (b *builder) query() ([]field, *Error) {
	var out []field
	for _, p := range b.tool.Params {
		raw, given := b.args[p.Name]
		placed := p.In == tool.InQuery || b.tool.Request.Bulk == tool.BulkToURL && unplaced(p)
		if !given || !placed {
			continue
		}
		fields, err := queryFields(p, raw)
		if err != nil {
			return nil, argError("query", p.Name, err.Error(), "")
		}
		out = append(out, fields...)
	}
	sortFields(out)
	return out, nil
}

// unplaced reports an argument without a position of its own.
func unplaced(p tool.Param) bool {
	switch p.In {
	case tool.InPath, tool.InQuery, tool.InHeader, tool.InCookie, tool.InBody:
		return false
	}
	return true
}

// dataWith returns the data of the request's templates, with these arguments.
// Templates know an argument by its name in the profile, which is the wire name;
// the listed one may differ because clients refuse some names.
func (b *builder) dataWith(args tool.Args) ([]byte, *Error) {
	named := make(tool.Args, len(args))
	for _, p := range b.tool.Params {
		if raw, given := args[p.Name]; given {
			named[wire(p)] = raw
		}
	}
	config := b.config
	if len(config) == 0 {
		config = json.RawMessage("{}")
	}
	data, err := json.Marshal(struct {
		Config json.RawMessage `json:"config"`
		Args   tool.Args       `json:"args"`
	}{config, named})
	if err != nil {
		return nil, &Error{Kind: InvalidArguments, Message: "the arguments or server.config are not JSON"}
	}
	return data, nil
}
