package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// MetaHTTP is the key in an error result's _meta under which the status stands.
const MetaHTTP = "mcp-bridge/http"

// failure makes the error result of a status outside 200–299.
func (s *shaper) failure(f form) *Result {
	body := string(s.response.Body)
	if f != formText {
		body = s.describe()
	}
	text, hints := "", append(s.statusHints(), s.notes...)
	if source := s.tool.Response.ErrorBody; source != "" {
		rendered, err := s.render(errorTemplate, source, s.errorData(f))
		if err != nil {
			hints = append(hints, "errorResponseTemplate cannot be rendered: "+err.Error())
		}
		text = s.clean(rendered)
	}
	if text == "" {
		text = s.clean(s.failureText(body))
	}
	items, reserved := s.hints(hints)
	text, _ = s.fit(text, s.truncatedNote(), reserved)
	return &Result{
		Content: append([]Content{outside(text)}, items...),
		IsError: true,
		Kind:    HTTPStatus,
		Meta:    map[string]any{MetaHTTP: map[string]any{"status": s.response.Status}},
	}
}

// failureText is the reference's text, or for an imported tool our own.
func (s *shaper) failureText(body string) string {
	if !s.tool.Imported {
		return fmt.Sprintf("call failed, status: %d, response: %s", s.response.Status, body)
	}
	head := statusLine(s.response.Status)
	trimmed := strings.TrimSpace(body)
	switch {
	case trimmed == "":
		return head
	case s.isHTML(trimmed):
		return head + ": " + s.condense(trimmed)
	}
	if message := s.message([]byte(trimmed)); message != "" {
		return head + ": " + message + "\n" + trimmed
	}
	return head + ": " + trimmed
}

func (s *shaper) isHTML(body string) bool {
	if s.kind == "text/html" || s.kind == "application/xhtml+xml" {
		return true
	}
	start := strings.ToLower(plaintext.First(body, 15))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// condensedChars is how much of a page's text is kept: an error page says in one
// sentence what it has to say.
const condensedChars = 500

// condense returns the text of an HTML page on one line.
func (s *shaper) condense(page string) string {
	whole := page
	page = plaintext.First(page, 64<<10)
	for _, name := range []string{"script", "style", "head"} {
		kept := ""
		if name == "head" {
			if m := regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`).FindStringSubmatch(page); m != nil {
				kept = m[1] + " – "
			}
		}
		re := regexp.MustCompile(`(?is)<` + name + `(\s[^>]*)?>.*?</` + name + `\s*>`)
		page = re.ReplaceAllLiteralString(page, " "+kept)
	}
	page = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`).ReplaceAllLiteralString(page, " ")
	words := string(s.mask([]byte(plaintext.OneLine(html.UnescapeString(page))), len(page) < len(whole)))
	if words == "" {
		return "an HTML page without text"
	}
	if short := plaintext.First(words, condensedChars); short != words {
		return short + " … (HTML page, condensed)"
	}
	return words
}

// message finds the sentence of an error body in the shapes that are common:
// RFC 9457's detail and title, OAuth's error_description, and message, alone or
// inside error or errors.
func (s *shaper) message(body []byte) string {
	if len(body) > 64<<10 {
		return ""
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	return plaintext.First(strings.TrimSpace(s.masked(sentence(v, 0))), 1000)
}

func sentence(v any, depth int) string {
	if depth > 3 {
		return ""
	}
	switch v := v.(type) {
	case string:
		if depth > 0 {
			return v
		}
	case []any:
		if len(v) > 0 {
			return sentence(v[0], depth+1)
		}
	case map[string]any:
		for _, key := range []string{"message", "detail", "error_description", "error", "errors", "title", "msg", "reason"} {
			if s := sentence(v[key], depth+1); s != "" {
				return s
			}
		}
	}
	return ""
}

// errorData is the data of the error template: the members of a JSON object body
// and _headers, which a body cannot replace because the first member of a name
// counts. A body that is no object stands under _body.
func (s *shaper) errorData(f form) []byte {
	headers := map[string]string{":status": strconv.Itoa(s.response.Status)}
	for name, values := range s.response.Header {
		if len(values) > 0 {
			value := s.options.Mask([]byte(values[len(values)-1])) // the last wins, as in Higress
			headers[strings.ToLower(name)] = strings.ToValidUTF8(string(value), "\uFFFD")
		}
	}
	encoded, _ := json.Marshal(headers) // strings always encode
	body := bytes.TrimSpace(s.response.Body)
	var b bytes.Buffer
	b.WriteString(`{"_headers":`)
	b.Write(encoded)
	switch {
	case f != formText || len(body) == 0:
		b.WriteByte('}')
	case body[0] == '{' && json.Valid(body):
		if rest := bytes.TrimSpace(body[1:]); rest[0] != '}' {
			b.WriteByte(',')
		}
		b.Write(body[1:])
	default:
		text, _ := json.Marshal(strings.ToValidUTF8(string(body), "\uFFFD"))
		b.WriteString(`,"_body":`)
		b.Write(text)
		b.WriteByte('}')
	}
	return b.Bytes()
}

// statusHints says what a status asks for beyond its text.
func (s *shaper) statusHints() []string {
	var out []string
	status := s.response.Status
	if after := s.header("Retry-After"); after != "" {
		if status == http.StatusTooManyRequests || s.tool.ReadOnly || s.tool.Idempotent {
			out = append(out, "try again after "+after+unitOf(after))
		} else {
			out = append(out, "the backend asks to wait before the next request, Retry-After: "+after+unitOf(after))
		}
	}
	if to := s.header("Location"); to != "" && status >= 300 && status < 400 {
		out = append(out, "the backend redirects to "+to+"; redirects are not followed here (http.followRedirects)")
	}
	return out
}
