package higress

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// profile decodes the tree, settles what Higress leaves open, and checks the result
// as any profile is checked.
func (r *reader) profile() {
	p := &profiles.Profile{}
	for _, e := range doc.Decode(r.out.tree, p) {
		r.errs = append(r.errs, &Error{Detail: *e})
	}
	if len(r.errs) > 0 {
		return
	}
	p.Server.BaseURL = r.options.BaseURL
	p.Server.Version = strings.TrimSpace(p.Server.Version)
	for i := range p.Tools {
		r.settle(&p.Tools[i], doc.Index("tools", i))
	}
	r.defaultCredential(p)
	r.lift(p)
	r.check(p)
	r.literals(p)
	if len(r.errs) == 0 {
		r.values(p)
	}
	r.out.Profile, r.out.Title = p, p.Server.Name
}

// check adds what is wrong with the profile, at its places in the configuration.
// What would be said of the credentials is left to those who put them somewhere.
func (r *reader) check(p *profiles.Profile) {
	warnings, err := profiles.Check(p)
	var list profiles.Errors
	if errors.As(err, &list) {
		for _, e := range list {
			one := &Error{Detail: *e, Next: advice(e)}
			one.Detail.Pos = r.out.tree.PosAt(e.Key)
			r.errs = append(r.errs, one)
		}
	}
	for _, w := range warnings {
		if !strings.HasPrefix(w.Message, "literal credential") {
			r.warnOnce(r.out.tree.PosAt(w.Key), w.Key, w.Message)
		}
	}
}

// advice says what to write where the check does not name the words that may stand
// there.
func advice(e *doc.Error) string {
	if len(e.Allowed) > 0 || e.Nearest != "" {
		return ""
	}
	for _, a := range []struct{ end, next string }{
		{".openIdConnectUrl", "write openIdConnectUrl: https://ISSUER/.well-known/openid-configuration in the scheme"},
		{".requestTemplate.url", "write an absolute https URL as requestTemplate.url, or responseTemplate.body alone"},
		{".responseTemplate", "leave out body, or prependBody and appendBody"},
		{".argsToUrlParam", oneBulk}, {".argsToFormBody", oneBulk},
		{".security.passthrough", "write security: { id: SCHEME } in the tool's requestTemplate"},
		{".security.id", "define the scheme in server.securitySchemes"},
		{"Security.id", "define the scheme in server.securitySchemes"},
		{".name", "write name: NAME"},
	} {
		if strings.HasSuffix(e.Key, a.end) {
			return a.next
		}
	}
	return ""
}

const oneBulk = "keep one of argsToJsonBody, argsToUrlParam and argsToFormBody"

// settle reads one tool's words as Higress does: any case, and unknown ones as
// none.
func (r *reader) settle(t *profiles.Tool, key string) {
	for i := range t.Args {
		r.argType(&t.Args[i], doc.Index(key+".args", i))
		r.position(&t.Args[i], doc.Index(key+".args", i))
	}
	q := &t.RequestTemplate
	q.URL = r.oneLine(q.URL, key+".requestTemplate.url")
	for i := range q.Headers {
		q.Headers[i].Value = r.oneLine(q.Headers[i].Value, doc.Index(key+".requestTemplate.headers", i)+".value")
	}
	for _, o := range []struct {
		name string
		on   *bool
	}{{"argsToJsonBody", &q.ArgsToJSONBody}, {"argsToFormBody", &q.ArgsToFormBody}} {
		if *o.on && q.Body != "" {
			at := key + ".requestTemplate." + o.name
			r.warnOnce(r.out.tree.PosAt(at), at, "has no effect beside body, as in Higress, and is left out")
			*o.on = false
		}
	}
	if q.URL == "" && t.ResponseTemplate.Body != "" && (q.Method != "" || len(q.Headers) > 0 || q.Body != "" || q.Security != nil) {
		r.warn(r.out.tree.PosAt(key+".requestTemplate"), key+".requestTemplate", "has no url, so nothing is sent: the tool answers by responseTemplate.body alone")
	}
}

// unusedBaseURL warns when the base URL that was given changes nothing: URLs of
// tools are whole in most configurations.
func (r *reader) unusedBaseURL() {
	uses := func(t profiles.Tool) bool { return strings.HasPrefix(t.RequestTemplate.URL, "/") }
	if r.options.BaseURL != "" && !slices.ContainsFunc(r.out.Profile.Tools, uses) {
		r.warn(r.out.tree.PosAt("tools"), "server.baseUrl", "is used by no tool: their URLs are whole ones; edit them in the profile")
	}
}

// oneLine leaves out the line break with which YAML's block texts end.
func (r *reader) oneLine(s, key string) string {
	short := strings.TrimRight(s, "\r\n")
	if short != s {
		r.warnOnce(r.out.tree.PosAt(key), key, "ends with a line break, which is left out")
	}
	return short
}

func (r *reader) argType(a *profiles.Arg, key string) {
	known := []string{"string", "integer", "number", "boolean", "array", "object"}
	if a.Type == "" || slices.Contains(known, a.Type) {
		return
	}
	word := strings.ToLower(a.Type)
	switch word {
	case "int", "int32", "int64", "long":
		word = "integer"
	case "float", "double", "decimal":
		word = "number"
	case "bool":
		word = "boolean"
	case "list":
		word = "array"
	case "map", "dict", "json":
		word = "object"
	case "str", "text":
		word = "string"
	}
	message := quote(a.Type) + " is no JSON schema type; it is read as "
	if !slices.Contains(known, word) {
		word = "string"
	}
	r.warnOnce(r.out.tree.PosAt(key+".type"), key+".type", message+word)
	a.Type = word
}

func (r *reader) position(a *profiles.Arg, key string) {
	known := []string{"", "path", "query", "header", "cookie", "body"}
	a.Position = strings.ToLower(a.Position)
	if slices.Contains(known, a.Position) {
		return
	}
	message := quote(a.Position) + " is no position; the argument has none, as in Higress"
	if near := plaintext.Nearest(a.Position, known[1:]); near != "" {
		message += "; did you mean " + near + "?"
	}
	r.warnOnce(r.out.tree.PosAt(key+".position"), key+".position", message)
	a.Position = ""
}

// defaultCredential gives the credential of server.defaultUpstreamSecurity a scheme
// of its own, because a credential is kept by scheme or by tool. Only tools without
// security of their own used it, and so it stays.
func (r *reader) defaultCredential(p *profiles.Profile) {
	up := p.Server.DefaultUpstreamSecurity
	if len(up) != 1 || len(up[0]) != 1 || up[0][0].Credential == nil {
		return
	}
	one := &up[0][0]
	credential := one.Credential
	one.Credential = nil
	at := slices.IndexFunc(p.Server.SecuritySchemes, func(s profiles.SecurityScheme) bool { return s.ID == one.ID })
	if at < 0 {
		return // the check says so
	}
	scheme := &p.Server.SecuritySchemes[at]
	alone := !slices.ContainsFunc(p.Tools, func(t profiles.Tool) bool { return named(t.RequestTemplate.Security, one.ID) })
	switch {
	case scheme.DefaultCredential != nil && scheme.DefaultCredential.Literal == credential.Literal:
	case scheme.DefaultCredential == nil && alone:
		scheme.DefaultCredential = credential
	default:
		own := *scheme
		own.DefaultCredential = credential
		own.ID = freeID(p, scheme.ID+"-default")
		p.Server.SecuritySchemes = append(p.Server.SecuritySchemes, own)
		one.ID = own.ID
		const key = "server.defaultUpstreamSecurity.credential"
		r.warn(r.out.tree.PosAt(key), key, "became the credential of a scheme of its own, "+quote(own.ID))
	}
}

func named(s profiles.Security, id string) bool {
	return slices.ContainsFunc(s, func(all []profiles.Requirement) bool {
		return slices.ContainsFunc(all, func(q profiles.Requirement) bool { return q.ID == id })
	})
}

// freeID returns id, made another one by a number while a scheme has it.
func freeID(p *profiles.Profile, id string) string {
	free := id
	for n := 2; slices.ContainsFunc(p.Server.SecuritySchemes, func(s profiles.SecurityScheme) bool { return s.ID == free }); n++ {
		free = id + strconv.Itoa(n)
	}
	return free
}

// literals lists the credentials of the profile.
func (r *reader) literals(p *profiles.Profile) {
	for i := range p.Server.SecuritySchemes {
		s := &p.Server.SecuritySchemes[i]
		key := doc.Index("server.securitySchemes", i) + ".defaultCredential"
		if r.out.tree.At(doc.Index("server.securitySchemes", i)) == nil || r.out.tree.At(key) == nil {
			key = "server.defaultUpstreamSecurity.credential"
		}
		r.found(s.DefaultCredential, s.ID, s.ID, key)
	}
	for i := range p.Tools {
		t := &p.Tools[i]
		record, key := "tool:"+t.Name, doc.Index("tools", i)
		own := false
		for _, all := range t.RequestTemplate.Security {
			for j := range all {
				own = own || all[j].Credential != nil
				r.found(all[j].Credential, record, all[j].ID, key+".requestTemplate.security.credential")
			}
		}
		if d := t.Security; d != nil && d.Credential != nil {
			if own {
				at := key + ".security.credential"
				r.warn(r.out.tree.PosAt(at), at, "is left out: the tool has requestTemplate.security.credential, which is the one that Higress uses")
				d.Credential = nil
				continue
			}
			r.found(d.Credential, record, d.ID, key+".security.credential")
		}
	}
}

// found adds one credential, if it is there.
func (r *reader) found(ref *profiles.Reference, record, scheme, key string) {
	if ref == nil || ref.Literal.IsZero() {
		return
	}
	for _, other := range r.out.Secrets {
		if other.Record == record {
			r.fail(r.out.tree.PosAt(key), key, "would be kept under "+quote(record)+", as the credential on line "+strconv.Itoa(r.out.tree.PosAt(other.Key).Line)+" is",
				"give the scheme "+quote(other.Scheme)+" another id")
			return
		}
	}
	text := ref.Literal.Reveal()
	if strings.Contains(text, "${") || strings.Contains(text, "{{") {
		r.warn(r.out.tree.PosAt(key), key, "looks like a placeholder; it is taken literally, as Higress does")
	}
	r.out.Secrets = append(r.out.Secrets, Secret{Record: record, Scheme: scheme, Key: key,
		At: r.out.At(key), Value: secret.New(text), place: ref})
}

func quote(s string) string { return strconv.Quote(plaintext.ShortenBytes(s, 60)) }
