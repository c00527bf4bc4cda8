package result

import (
	"mime"
	"net/http"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// told are the headers of a good answer that the next call needs: where what was made
// stands, where a job is asked for, when, and what a file is called. What the body
// carries is not said twice.
func (s *shaper) told() []string {
	names := []string{"Location", "Operation-Location", "Azure-AsyncOperation", "Retry-After"}
	if s.response.Status != http.StatusOK {
		names = append(names, "Content-Location")
	}
	var out []string
	var said []string
	for _, name := range names {
		value := s.header(name)
		if value == "" || s.carries(value) && name != "Retry-After" || name == "Content-Location" && value == s.header("Location") {
			continue
		}
		if name == "Retry-After" {
			value += unitOf(value)
		}
		said = append(said, name+": "+value)
	}
	if len(said) > 0 {
		out = append(out, strings.Join(said, "\n"))
	}
	return out
}

// named says what the backend calls the file that it answered with.
func (s *shaper) named() []string {
	name := plaintext.First(plaintext.OneLine(s.masked(FileName(s.response.Header))), 200)
	if name == "" || s.carries(name) {
		return nil
	}
	return []string{"The file's name: " + name}
}

// header returns a header's value, masked, on one line and not longer than a hint.
func (s *shaper) header(name string) string {
	return plaintext.First(plaintext.OneLine(s.masked(s.response.Header.Get(name))), hintChars/2)
}

// masked is Options.Mask for text.
func (s *shaper) masked(text string) string { return string(s.options.Mask([]byte(text))) }

// carries reports whether the text of the body shows a value, as it is or with the
// slashes of JSON escaped.
func (s *shaper) carries(value string) bool {
	body := string(s.response.Body)
	return strings.Contains(body, value) || strings.Contains(body, strings.ReplaceAll(value, "/", `\/`))
}

// unitOf is what stands behind Retry-After's number of seconds; a date needs nothing.
func unitOf(after string) string {
	switch {
	case strings.Trim(after, "0123456789") != "":
		return ""
	case after == "1":
		return " second"
	}
	return " seconds"
}

// FileName returns what the backend calls the file of its answer (Content-Disposition,
// RFC 6266), without a path; empty when it says nothing.
func FileName(header http.Header) string {
	value := header.Get("Content-Disposition")
	_, params, err := mime.ParseMediaType(value)
	name := params["filename"]
	if err != nil || name == "" { // as many write it: filename=a b.csv
		if _, rest, ok := strings.Cut(value, "filename="); ok {
			name, _, _ = strings.Cut(rest, ";")
			name = strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return strings.TrimSpace(name[strings.LastIndexAny(name, `/\`)+1:])
}
