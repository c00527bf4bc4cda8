package openapi

import (
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// maxWarnings is how many warnings a document gets; the rest is counted.
const maxWarnings = 200

// Read reads a document. What is broken in one operation skips that operation. It
// is safe for concurrent use as far as s.Open is.
//
// The error is an *Error with its position: what is neither JSON nor YAML, what is
// no OpenAPI document or of an unknown major version, paths of a wrong type, an
// overlay that cannot be applied, and the end of ctx.
func Read(ctx context.Context, s Source, o Options) (*Document, error) {
	r := &reader{ctx: ctx, source: s, options: o, out: &Document{}, refs: map[refKey]target{}, files: map[string]opened{},
		told: map[string]bool{}, asked: map[string]bool{}, known: map[string]int{}, places: map[string]string{}}
	r.schemas.init(r)
	if err := r.load(); err != nil {
		return nil, err
	}
	if err := r.version(); err != nil {
		return nil, err
	}
	r.info()
	r.server()
	r.schemes()
	if err := r.paths(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{At: r.root.at(), Message: "reading was stopped", Err: err, hint: "try again"}
	}
	r.finish()
	return r.out, nil
}

// reader is one reading.
type reader struct {
	ctx     context.Context
	source  Source
	options Options
	out     *Document
	root    node
	swagger bool // 2.0
	minor   int  // of 3.x
	refs    map[refKey]target
	files   map[string]opened
	told    map[string]bool   // warnings, so that each is said once
	more    int               // warnings that are not said
	large   int               // operations whose schemas are cut
	asked   map[string]bool   // names of schemes that are asked for and are not there
	known   map[string]int    // schemes by their names; several may stand for one sign-in
	places  map[string]string // of schemes, by their names
	visits  int               // values that overlays have looked at
	values  int               // at most in the document, with what overlays added; 0: not counted
	schemas converter
	names   namer
}

func (r *reader) warn(at, message string) {
	if at == "" {
		at = r.root.at()
	}
	k := at + "\x00" + message
	switch {
	case r.told[k]:
	case len(r.out.Warnings) >= maxWarnings:
		r.more++
	default:
		r.told[k] = true
		r.out.Warnings = append(r.out.Warnings, Warning{At: at, Message: message})
	}
}

// maxLarge is how many large operations are named.
const maxLarge = 20

// cut says that the schema of an operation is not shown whole.
func (r *reader) cut(at, operation string) {
	if r.large++; r.large <= maxLarge {
		r.warn(at, "the schema of "+quote(operation)+" is too large: its deep levels are cut")
	}
}

// load parses the entry file and applies the overlays.
func (r *reader) load() error {
	name := r.source.Name
	rel := path.Base(filepathSlash(name))
	if len(r.options.Overlays) == 0 {
		t, warnings, err := parse(rel, name, r.source.Data)
		r.parsed(warnings)
		if err != nil {
			return failed(name, err)
		}
		r.root = node{t, 0}
		return nil
	}
	root, warnings, err := doc.Parse(name, r.source.Data)
	r.parsed(warnings)
	if err != nil {
		return failed(name, err)
	}
	for _, o := range r.options.Overlays {
		if root, err = r.overlay(root, o); err != nil {
			return err
		}
	}
	r.root = node{fromDoc(rel, name, root), 0}
	return nil
}

func (r *reader) parsed(warnings []doc.Warning) {
	for _, w := range warnings {
		r.warn(w.Pos.String(), w.Message)
	}
}

func failed(name string, err error) *Error {
	e := &Error{At: name + ":1:1", Message: err.Error(), Err: err, hint: "give an OpenAPI document in JSON or YAML"}
	if d, ok := err.(*doc.Error); ok {
		e.At, e.Message = d.Pos.String(), d.Message
	}
	return e
}

const notOpenAPI = "give an OpenAPI document: it begins with openapi: 3.1.0, or with swagger: \"2.0\""

// version finds out which specification the document follows.
func (r *reader) version() error {
	refuse := func(n node, message, hint string) error {
		if !n.exists() {
			n = r.root
		}
		return &Error{At: n.at(), Message: message, hint: hint}
	}
	if !r.root.isTable() {
		return refuse(r.root, "this is no OpenAPI document", notOpenAPI)
	}
	openapi, swagger := r.root.get("openapi"), r.root.get("swagger")
	switch v := openapi.text(); {
	case openapi.exists():
		major, rest, _ := strings.Cut(strings.TrimSpace(v), ".")
		minor, _, _ := strings.Cut(rest, ".")
		number, err := strconv.Atoi(minor)
		if major != "3" || err != nil && rest != "" {
			return refuse(openapi, "the version "+quote(v)+" of OpenAPI is not known", "there are 2.0, 3.0, 3.1 and 3.2")
		}
		if r.minor = number; number > 2 || number < 0 {
			r.warn(openapi.at(), "the version "+quote(v)+" of OpenAPI is not known: it is read as 3.2")
			r.minor = 2
		}
		r.out.Format = "openapi-3." + strconv.Itoa(r.minor)
	case swagger.exists():
		if v := strings.TrimSpace(swagger.text()); v != "2" && !strings.HasPrefix(v, "2.") {
			return refuse(swagger, "Swagger "+quote(v)+" is too old", "convert it to OpenAPI 3")
		}
		r.swagger, r.out.Format = true, "swagger-2.0"
	case r.root.get("asyncapi").exists():
		return refuse(r.root.get("asyncapi"), "this is an AsyncAPI document", notOpenAPI)
	case r.root.get("swaggerVersion").exists():
		return refuse(r.root.get("swaggerVersion"), "Swagger 1 is too old", "convert it to OpenAPI 3")
	case r.root.get("overlay").exists():
		return refuse(r.root.get("overlay"), "this is an overlay", "name it in openapi.overlays of a profile")
	default:
		return refuse(r.root, "this is no OpenAPI document", notOpenAPI)
	}
	return nil
}

func (r *reader) info() {
	info := r.root.get("info")
	r.out.Title = plaintext.OneLine(info.get("title").text())
	r.out.Version = plaintext.OneLine(info.get("version").text())
	r.out.Description = strings.TrimSpace(r.words(info.get("description")))
	for tag := range r.root.get("tags").items {
		if name := tag.get("name").str(); name != "" {
			r.out.Tags = append(r.out.Tags, Tag{name, strings.TrimSpace(r.words(tag.get("description")))})
		}
	}
}

// words returns a text, which some documents keep in a file of its own.
func (r *reader) words(n node) string {
	if n.isTable() {
		n, _ = r.resolve(n)
	}
	return n.str()
}

// finish says what holds for the document as a whole.
func (r *reader) finish() {
	r.settleKeys()
	r.out.Total = len(r.out.Operations) + len(r.out.Skipped)
	if r.out.Total == 0 {
		r.warn(r.root.at(), "the document has no operations")
	}
	if more := r.large - maxLarge; more > 0 {
		r.warn(r.root.at(), "the schemas of "+strconv.Itoa(more)+" further operations are too large: their deep levels are cut")
	}
	if r.more > 0 {
		r.out.Warnings = append(r.out.Warnings, Warning{At: r.root.at(), Message: "and " + strconv.Itoa(r.more) + " further warnings"})
	}
}
