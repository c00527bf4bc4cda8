package request

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// Plan is one request with no secret in it. It is a value to read: nothing here
// changes it, and it is safe for concurrent use.
type Plan struct {
	Tool   *tool.Tool
	Method string
	URL    string      // absolute, as it is sent, without a fragment
	Header http.Header // canonical names, one value each
	Body   []byte      // nil: no body

	// Direct reports a tool that sends no request: DirectText is its answer, and
	// Method, URL, Header, Body, Security and Origin are empty.
	Direct     bool
	DirectText string

	// Secrets lists the values of server.config and http.headers that the request needs.
	// Where it holds one, or what a template makes of it, the plan has [secret.Mask], or
	// what the template makes of that.
	Secrets []profiles.SecretValue
	// render makes the plan with other template data .config; nil when it needs no
	// secret value of server.config.
	render func(config json.RawMessage) (*Plan, *Error)

	// Security lists the alternatives (OR) of requirements (AND) of the tool.
	Security [][]tool.Requirement
	// Origin is scheme, host and port of URL in RFC 6454's form: lower case, the
	// default port left out. It never depends on the arguments.
	Origin string
}

// New plans one call. args are those that [tool.Tool.Arguments] returned; env is
// the clock and the randomness that templates may ask for. The same input gives
// the same plan.
//
// The error is an [*Error]: of kind InvalidArguments when an argument cannot be
// sent where the profile puts it, of kind TemplateFailed when the profile cannot
// be rendered to a request. A header that http.headers configures and User-Agent
// are not part of the plan yet: see [Plan.WithHeaders].
func New(t *tool.Tool, args tool.Args, env template.Env) (*Plan, error) {
	return NewWithFiles(t, args, env, nil)
}

// NewWithFiles is New for arguments whose bytes may come from local files. open may
// be nil: there are none.
func NewWithFiles(t *tool.Tool, args tool.Args, env template.Env, open Open) (*Plan, error) {
	p, err := render(t, args, env, open, t.Config)
	if err != nil && err.Kind == TemplateFailed && len(t.Secrets) > 0 { // a template may want a part that a mask does not have
		if again, longErr := render(t, args, env, open, configWith(t, func(profiles.SecretValue) string { return strings.Repeat(secret.Mask, 8) })); longErr == nil {
			p, err = again, nil
		}
	}
	if err != nil {
		err.Tool = t.Name
		return nil, err
	}
	if len(t.Secrets) > 0 && !p.Direct {
		p.Secrets = slices.Clone(t.Secrets)
		p.render = func(config json.RawMessage) (*Plan, *Error) { return render(t, args, env, open, config) }
	}
	return p, nil
}

func render(t *tool.Tool, args tool.Args, env template.Env, open Open, config json.RawMessage) (*Plan, *Error) {
	b := &builder{tool: t, args: args, env: env, open: open, config: config, plan: &Plan{Tool: t, Header: http.Header{}}}
	if err := b.build(); err != nil {
		return nil, err
	}
	return b.plan, nil
}

// configWith is the tool's template data .config with value's text in the place of
// each of its secret values.
func configWith(t *tool.Tool, value func(profiles.SecretValue) string) json.RawMessage {
	n, err := doc.FromJSON(t.Config)
	if err != nil {
		return t.Config
	}
	for _, v := range t.Secrets {
		if path, ok := v.InConfig(); ok {
			n = n.With(path, &doc.Node{Kind: doc.String, Text: value(v)})
		}
	}
	return n.JSON()
}

// WithHeaders returns a copy of the plan with the headers that the profile
// configures for every request (http.headers), and with [secret.Mask] for those that
// are secrets. A header that the plan already has stays. The error is an [*Error] of
// kind TemplateFailed for a name or value that cannot be sent.
func (p *Plan) WithHeaders(headers map[string]string, secrets ...profiles.SecretValue) (*Plan, error) {
	out := *p
	out.Header = p.Header.Clone()
	if out.Header == nil {
		out.Header = http.Header{}
	}
	for _, v := range secrets {
		if name, ok := v.InHeader(); ok && len(out.Header.Values(name)) == 0 && isToken(name) && !ownHeader(name) {
			out.Header.Set(name, secret.Mask)
			out.Secrets = append(slices.Clip(out.Secrets), v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		value, problem := headerValue(name, headers[name])
		if problem != "" {
			e := profileError("header "+quoteName(name), problem, "change http.headers in the profile")
			e.Tool = p.toolName()
			return nil, e
		}
		if len(out.Header.Values(name)) == 0 {
			out.Header.Set(name, value)
		}
	}
	return &out, nil
}

// Masked returns a copy of the plan whose texts went through mask, to be shown: a
// profile may hold a credential as text where none is looked for.
func (p *Plan) Masked(mask func(string) string) *Plan {
	out := *p
	out.URL, out.DirectText = mask(p.URL), mask(p.DirectText)
	out.Header = http.Header{}
	for name, values := range p.Header {
		for _, v := range values {
			out.Header.Add(name, mask(v))
		}
	}
	if p.Body != nil {
		out.Body = []byte(mask(string(p.Body)))
	}
	return &out
}

// records lists the records of the plan's secret values.
func (p *Plan) records() []string {
	var out []string
	for _, v := range p.Secrets {
		out = append(out, v.Record)
	}
	return out
}

func (p *Plan) toolName() string {
	if p.Tool == nil {
		return ""
	}
	return p.Tool.Name
}

// ids lists the ids of every scheme that the plan names, in their order, and the
// same by alternative.
func (p *Plan) ids() (flat []string, alternatives [][]string) {
	flat, alternatives = []string{}, [][]string{}
	for _, requirements := range p.Security {
		ids := []string{}
		for _, r := range requirements {
			id := schemeID(r)
			ids = append(ids, id)
			if !slices.Contains(flat, id) {
				flat = append(flat, id)
			}
		}
		alternatives = append(alternatives, ids)
	}
	return flat, alternatives
}

func schemeID(r tool.Requirement) string {
	if r.Scheme == nil {
		return ""
	}
	return r.Scheme.ID
}

// String returns the request as text: the request line, the headers sorted by
// name, a line each for the security schemes that will be applied and for the secret
// values that are masked, an empty line and the body. It is safe to print: a plan holds no credential.
func (p *Plan) String() string {
	if p.Direct {
		return "direct response\n\n" + p.DirectText + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", p.Method, p.URL)
	for _, name := range slices.Sorted(maps.Keys(p.Header)) {
		for _, value := range p.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if _, alternatives := p.ids(); len(alternatives) > 0 {
		texts := make([]string, len(alternatives))
		for i, ids := range alternatives {
			if texts[i] = strings.Join(ids, " + "); len(ids) == 0 {
				texts[i] = "none"
			}
		}
		fmt.Fprintf(&b, "(security: %s)\n", strings.Join(texts, " or "))
	}
	if len(p.Secrets) > 0 {
		fmt.Fprintf(&b, "(secret values: %s)\n", strings.Join(p.records(), ", "))
	}
	switch {
	case len(p.Body) == 0:
	case utf8.Valid(p.Body):
		fmt.Fprintf(&b, "\n%s\n", p.Body)
	default:
		fmt.Fprintf(&b, "\n(%d bytes that are not text)\n", len(p.Body))
	}
	return b.String()
}

// MarshalJSON returns the object that `call --dry-run --json` prints: method,
// url, headers, body and security (the ids of all schemes involved), with
// "alternatives" beside them when there is a choice. A body that is not text
// stands as base64 under "bodyBase64". It is safe to print.
func (p *Plan) MarshalJSON() ([]byte, error) {
	flat, alternatives := p.ids()
	headers := make(map[string]string, len(p.Header))
	for name, values := range p.Header {
		headers[name] = strings.Join(values, ", ")
	}
	out := struct {
		Method       string            `json:"method"`
		URL          string            `json:"url"`
		Headers      map[string]string `json:"headers"`
		Body         string            `json:"body"`
		BodyBase64   string            `json:"bodyBase64,omitempty"`
		Security     []string          `json:"security"`
		Alternatives [][]string        `json:"alternatives,omitempty"`
		Secrets      []string          `json:"secrets,omitempty"`
		Direct       bool              `json:"direct,omitempty"`
		Text         string            `json:"text,omitempty"`
	}{Method: p.Method, URL: p.URL, Headers: headers, Security: flat, Secrets: p.records(), Direct: p.Direct, Text: p.DirectText}
	if len(alternatives) > 1 {
		out.Alternatives = alternatives
	}
	if utf8.Valid(p.Body) {
		out.Body = string(p.Body)
	} else {
		out.BodyBase64 = base64.StdEncoding.EncodeToString(p.Body)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(out)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
