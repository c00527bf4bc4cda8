package result

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/template"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// MetaSource is the key in a content item's _meta that says who wrote the item.
// FromBackend marks text that comes from outside and must not be taken for an
// instruction; FromBridge marks a hint of this program.
const (
	MetaSource  = "mcp-bridge/source"
	FromBackend = "backend"
	FromBridge  = "bridge"
)

// Response is what the backend sent, its body decompressed.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte
	Truncated bool   // the body is not whole: it was cut at http.maxResponseBytes
	Note      string // why it is not whole, if for another reason
}

// Options say how a response becomes a result. The zero Options mask nothing and
// cut at the default length.
type Options struct {
	// Mask replaces every known credential. It is applied to the body and to
	// header values before anything else reads them. nil: none is known.
	Mask func([]byte) []byte
	// MaskBeginning is Mask for the beginning of a body that was cut: it leaves out what
	// could be the beginning of a credential at its end. nil: Mask.
	MaskBeginning func([]byte) []byte
	// Env is the clock and the randomness of the templates.
	Env template.Env
	// MaxChars is the most characters (Unicode code points) that the text of a
	// result may have, the note about the cut and the hints included.
	// 0: profiles.DefaultMaxResultChars.
	MaxChars int
	// MaxBlob is the most bytes that an image, a sound or a file may have; it is not
	// part of the text. 0: any number.
	MaxBlob int
	// Save puts a body that is an image, a sound or bytes into a file and returns its
	// path. nil: the body is part of the result.
	Save func(header http.Header, kind string, data []byte) (path string, err error)
	// Select is a jq expression that is applied to a JSON body in place of the
	// tool's response template. Empty: none. Context bounds it; nil: a second.
	Select  string
	Context context.Context
	// More is called when text was cut, with the whole text and the number of
	// characters that are shown, and says in at most 250 characters how the rest is
	// had. It may keep the text. nil or "": the note only says that there was more.
	More func(whole string, shown int) string
}

// shaper makes one result.
type shaper struct {
	tool     *tool.Tool
	response Response
	options  Options
	kind     string   // the response's media type, in lower case
	notes    []string // what has to be said of the response beside its text
}

// decoded returns the body's text as UTF-8.
func (s *shaper) decoded() string {
	text, note := decodeText(s.response.Body, s.response.Header.Get("Content-Type"), s.response.Truncated)
	if note != "" {
		s.notes = append(s.notes, note)
	}
	return string(text)
}

// FromResponse turns a response into a result. A status outside 200–299 gives an
// error result of kind http-status. It never fails: a template that cannot be
// rendered and a body that is too large give error results too.
//
// For Higress and hand-written tools the first text item is what Higress
// answers; for imported ones it is the body, or the part of an error that tells
// most. Text is valid UTF-8 without control characters other than tab and line
// ends, and at most Options.MaxChars long. An image or audio body becomes content
// of that type, other bytes an embedded resource. Structured content is there
// only when the body conforms to the tool's output schema and nothing was cut.
func FromResponse(t *tool.Tool, r Response, o Options) *Result {
	s := &shaper{tool: t, response: r, options: withDefaults(o)}
	s.kind = mediaType(r.Header.Get("Content-Type"))
	failed := r.Status < 200 || r.Status > 299
	form := s.form()
	if form == formText {
		s.response.Body = []byte(plaintext.CleanJSON(s.decoded()))
	}
	s.response.Body = s.mask(s.response.Body, r.Truncated)
	switch {
	case failed:
		return s.failure(form)
	case form != formText:
		return s.media(form)
	}
	return s.success()
}

// Direct is the result of a tool that sends no request: text is what its
// response template rendered.
func Direct(t *tool.Tool, text string, o Options) *Result {
	s := &shaper{tool: t, options: withDefaults(o)}
	masked := s.options.Mask([]byte(text))
	out, cut := s.fit(s.clean(string(masked)), "", 0)
	r := &Result{Content: []Content{{Type: "text", Text: out}}}
	if !cut {
		r.Structured = s.structured(masked)
	}
	return r
}

func withDefaults(o Options) Options {
	if o.Mask == nil {
		o.Mask = func(b []byte) []byte { return b }
	}
	if o.MaskBeginning == nil {
		o.MaskBeginning = o.Mask
	}
	if o.MaxChars <= 0 {
		o.MaxChars = profiles.DefaultMaxResultChars
	}
	return o
}

func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// success makes the result of a text body with a good status.
func (s *shaper) success() *Result {
	body := s.response.Body
	var text string
	var err error
	switch source := s.tool.Response.Body; {
	case s.response.Truncated && (s.options.Select != "" || source != ""):
		return s.tooLarge("the response template or select needs all of it")
	case s.options.Select != "":
		if body, err = s.selected(body); err != nil {
			return s.selectFailed(err)
		}
		text = string(body)
	case source != "":
		if text, err = s.render(responseTemplate, source, body); err != nil {
			return s.errorf(TemplateFailed, "", "responseTemplate.body cannot be rendered: %v", err)
		}
	default:
		text = s.tool.Response.Prepend + string(body) + s.tool.Response.Append
	}
	if text = s.clean(text); text == "" {
		text = s.nothing()
	}
	notes := append(append(s.nextPage(), s.named()...), s.notes...)
	if told := s.told(); s.tool.Imported && len(s.response.Body) == 0 && s.options.Select == "" {
		text = strings.Join(append([]string{text}, told...), "\n")
	} else {
		notes = append(told, notes...)
	}
	items, reserved := s.hints(notes)
	text, cut := s.fit(text, s.truncatedNote(), reserved)
	r := &Result{Content: append([]Content{outside(text)}, items...)}
	if !cut {
		r.Structured = s.structured(body)
	}
	return r
}

// nothing is the text of an empty response.
func (s *shaper) nothing() string {
	switch {
	case s.options.Select != "":
		return "select gave no output"
	case !s.tool.Imported:
		return "success" // as in Higress
	}
	return "done: HTTP " + statusLine(s.response.Status) + ", the response has no body"
}

func (s *shaper) truncatedNote() string {
	if !s.response.Truncated {
		return ""
	}
	if s.response.Note != "" {
		return "[cut: " + s.response.Note + "]"
	}
	return "[cut: the response is larger than http.maxResponseBytes (" + strconv.Itoa(len(s.response.Body)) + " bytes were read)]"
}

// structured returns the body when it may stand as structured content: when it
// satisfies the tool's output schema, and nothing of it is missing.
func (s *shaper) structured(body []byte) json.RawMessage {
	if s.tool.OutputSchema == nil || s.response.Truncated || runes(string(body)) > s.options.MaxChars ||
		!json.Valid(body) || s.tool.Conforms(body) != nil {
		return nil
	}
	return json.RawMessage(body)
}

func (s *shaper) tooLarge(why string) *Result {
	if s.response.Note != "" {
		return s.errorf(TooLarge, "", "%s, and %s", s.response.Note, why)
	}
	return s.errorf(TooLarge, "ask for less, or raise http.maxResponseBytes in the profile",
		"the response is larger than http.maxResponseBytes, and %s", why)
}

func outside(text string) Content {
	return Content{Type: "text", Text: text, Meta: map[string]any{MetaSource: FromBackend}}
}

func statusLine(status int) string {
	if text := http.StatusText(status); text != "" {
		return strconv.Itoa(status) + " " + text
	}
	return strconv.Itoa(status)
}
