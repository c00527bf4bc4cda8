package openapi

import (
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// maxOperations is how many operations become tools.
const maxOperations = 20_000

// found is an operation of the document before it is read.
type found struct {
	method, path string
	at           node // of its key
	op, item     node // the operation, and the path item that it stands in
	id, name     string
}

// paths reads every operation.
func (r *reader) paths() error {
	var all []found
	for _, k := range [...]string{"paths", "x-ms-paths"} {
		paths := r.root.get(k)
		if !paths.exists() || paths.kind() == null {
			continue
		}
		if !paths.isTable() {
			return &Error{At: paths.at(), Message: k + " must be a table of paths", hint: notOpenAPI}
		}
		for path, item := range paths.members {
			if s := path.text(); !strings.HasPrefix(s, "x-") {
				all = r.item(all, s, path, item)
			}
		}
	}
	r.name(all)
	for i := range all {
		if r.ctx.Err() != nil {
			return nil // Read says so
		}
		r.operation(&all[i])
	}
	return nil
}

// item lists the operations of one path.
func (r *reader) item(all []found, path string, at, item node) []found {
	items := []node{item}
	for hops := 0; ; hops++ { // beside a reference a path item may have more
		last := items[len(items)-1]
		ref, ok := last.ref()
		if !ok {
			break
		}
		to, reason := r.follow(last.t, ref)
		if hops >= maxHops {
			reason = "the reference " + quote(ref) + " leads back to itself"
		}
		if reason != "" {
			r.warn(at.at(), "the path "+quote(path)+" cannot be read whole: "+reason)
			break
		}
		items = append(items, to)
	}
	taken := map[string]bool{}
	for _, one := range items {
		if !one.isTable() && one.kind() != null {
			r.warn(at.at(), "the path "+quote(path)+" is no table: it has no operations")
		}
		for k, op := range one.members {
			if name := k.text(); r.isMethod(name) {
				all = r.found(all, found{method: strings.ToUpper(name), path: path, at: k, op: op, item: one}, taken)
			}
		}
		if r.minor < 2 {
			continue
		}
		for k, op := range one.get("additionalOperations").members {
			all = r.found(all, found{method: strings.ToUpper(k.text()), path: path, at: k, op: op, item: one}, taken)
		}
	}
	return all
}

func (r *reader) isMethod(name string) bool {
	switch name {
	case "get", "put", "post", "delete", "options", "head", "patch", "trace":
		return true
	}
	return name == "query" && r.minor >= 2
}

func (r *reader) found(all []found, f found, taken map[string]bool) []found {
	if taken[f.method] {
		return all
	}
	taken[f.method] = true
	if to, reason := r.resolve(f.op); reason == "" {
		f.op = to
	}
	f.id = strings.TrimSpace(f.op.get("operationId").text())
	return append(all, f)
}

func (f *found) skip(r *reader, reason string) {
	name := f.id
	if name == "" {
		name = f.method + " " + f.path
	}
	r.out.Skipped = append(r.out.Skipped, Skip{Operation: name, Method: f.method, Path: f.path, At: f.at.at(), Reason: reason})
}

// operation reads one operation, or skips it.
func (r *reader) operation(f *found) {
	reason := r.left(f)
	if reason == "" && len(r.out.Operations) == maxOperations {
		reason = "there are more than 20000 operations before it: pick some with openapi.include"
	}
	if reason != "" {
		f.skip(r, reason)
		return
	}
	o := &Operation{ID: f.id, Method: f.method, Path: f.path, Name: f.name, At: f.at.at()}
	o.Tags = f.op.get("tags").strings()
	o.Deprecated = f.op.get("deprecated").isTrue()
	o.ReadOnly, o.Destructive, o.Idempotent = hints(f.method)
	b := &builder{r: r, f: f, o: o}
	if reason := b.build(); reason != "" {
		f.skip(r, reason)
		return
	}
	b.describe()
	r.override(f, o)
	r.out.Operations = append(r.out.Operations, *o)
}

// left says why an operation is left out although it could be read, or that it
// cannot.
func (r *reader) left(f *found) string {
	tags, deprecated := f.op.get("tags").strings(), f.op.get("deprecated").isTrue()
	if _, ok := f.op.ref(); ok {
		_, reason := r.resolve(f.op)
		return reason
	}
	switch in, out := r.options.Include, r.options.Exclude; {
	case !f.op.isTable():
		return "the operation is no table"
	case !profiles.ValidMethod(f.method):
		return "the method " + quote(f.method) + " cannot be used"
	case !in.Matches(f.method, f.path, f.id, tags, deprecated):
		return "left out by openapi.include"
	case !out.IsZero() && out.Matches(f.method, f.path, f.id, tags, deprecated):
		return "left out by openapi.exclude"
	}
	for i := range r.options.Overrides {
		if o := &r.options.Overrides[i]; o.Hidden && o.Matches(f.method, f.path, f.id) {
			return "openapi.overrides hides it"
		}
	}
	for _, k := range [...]string{"x-internal", "x-hidden"} {
		if f.op.get(k).isTrue() || f.item.get(k).isTrue() {
			return k + " marks it"
		}
	}
	if mcp := f.op.get("x-speakeasy-mcp"); mcp.get("disabled").isTrue() {
		return "x-speakeasy-mcp disables it"
	}
	return ""
}

// override applies what the profile says of an operation.
func (r *reader) override(f *found, o *Operation) {
	for i := range r.options.Overrides {
		one := &r.options.Overrides[i]
		if !one.Matches(f.method, f.path, f.id) {
			continue
		}
		if one.Description != "" {
			o.Description = one.Description
		}
		if one.ReadOnly != nil {
			o.ReadOnly = *one.ReadOnly
			if o.ReadOnly {
				o.Destructive, o.Idempotent = false, true
			}
		}
	}
}

// hints returns what a method promises (RFC 9110, section 9.2).
func hints(method string) (readOnly, destructive, idempotent bool) {
	switch method {
	case "GET", "HEAD", "OPTIONS", "QUERY":
		return true, false, true
	case "TRACE":
		return false, false, true
	case "PUT", "DELETE":
		return false, true, true
	}
	return false, true, false
}

// describe writes what a model and a person read of the operation.
func (b *builder) describe() {
	o, op := b.o, b.f.op
	mcp := op.get("x-speakeasy-mcp")
	o.Summary = cut(plaintext.OneLine(first(op.get("summary"), b.f.item.get("summary")).begin(1000)), 200)
	text := strings.TrimSpace(first(mcp.get("description"), op.get("description"), b.f.item.get("description")).begin(4 * maxOperationText))
	if o.Summary == "" {
		o.Summary, _, _ = strings.Cut(text, "\n")
		o.Summary = cut(plaintext.OneLine(o.Summary), 200)
	} else if !strings.HasPrefix(strings.ToLower(plaintext.OneLine(text)), strings.ToLower(o.Summary)) {
		text = strings.TrimSpace(o.Summary + "\n\n" + text)
	}
	if text == "" { // nobody wrote any
		text = o.Method + " " + o.Path
		if len(o.Tags) > 0 {
			text += " (" + strings.Join(o.Tags[:min(len(o.Tags), 3)], ", ") + ")"
		}
		o.Summary = cut(plaintext.OneLine(text), 200)
	}
	text = cut(text, maxOperationText)
	if o.Deprecated && !strings.Contains(strings.ToLower(text), "deprecated") {
		text = "Deprecated. " + text
	}
	if id := cut(plaintext.OneLine(b.f.id), 200); schema.Latin(id) != id && !strings.Contains(text, id) { // its name is in Latin letters
		text += "\n\n" + id
	}
	if b.note != "" {
		text += "\n\n" + b.note
	}
	o.Description = strings.TrimSpace(plaintext.Clean(text))
	if title := strings.TrimSuffix(o.Summary, "."); len(title) <= 80 && title != o.Method+" "+o.Path {
		o.Title = title
	}
}

const maxOperationText = 1024 // bytes

func first(of ...node) node {
	i := slices.IndexFunc(of, func(n node) bool { return n.isText() && strings.TrimSpace(n.str()) != "" })
	if i < 0 {
		return node{}
	}
	return of[i]
}
