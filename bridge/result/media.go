package result

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// form is what a body becomes.
type form int

const (
	formText form = iota
	formImage
	formAudio
	formBytes
)

// form decides by the media type, and by the bytes where the type does not say.
func (s *shaper) form() form {
	body, kind := s.response.Body, s.kind
	switch {
	case len(body) == 0:
		return formText
	case strings.HasPrefix(kind, "image/"), strings.HasPrefix(kind, "audio/"):
		return s.picture()
	case isTextKind(kind):
		return formText
	case strings.HasPrefix(kind, "video/"), strings.HasPrefix(kind, "font/"), kind == "application/pdf",
		kind == "application/zip", kind == "application/gzip":
		return formBytes
	}
	if looksLikeText(body) {
		return formText
	}
	return formBytes
}

// picture decides about a body that is labelled as an image or a sound: its bytes say
// what it is. Then they say the media type, too; what they are not, it is not called.
func (s *shaper) picture() form {
	body := s.response.Body
	image, audio := imageType(body), audioType(body)
	switch {
	case strings.HasPrefix(s.kind, "image/") && image != "":
		s.kind = image
		return formImage
	case strings.HasPrefix(s.kind, "audio/") && audio != "":
		s.kind = audio
		return formAudio
	case image != "":
		s.kind = image
		return formImage
	case looksLikeText(body):
		return formText
	}
	switch s.kind {
	case "image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp":
		s.kind = "application/octet-stream"
	}
	return formBytes
}

func isTextKind(kind string) bool {
	if strings.HasPrefix(kind, "text/") {
		return true
	}
	for _, end := range []string{"json", "xml", "yaml", "javascript", "x-www-form-urlencoded", "graphql", "csv"} {
		if strings.HasSuffix(kind, end) {
			return true
		}
	}
	return false
}

// looksLikeText reports UTF-8 without a NUL in the first bytes. The last
// character may be cut.
func looksLikeText(body []byte) bool {
	if bytes.HasPrefix(body, []byte("\xFF\xFE")) || bytes.HasPrefix(body, []byte("\xFE\xFF")) {
		return true
	}
	head := body[:min(len(body), 4096)]
	for i := 1; i < utf8.UTFMax && len(head) > 0 && !utf8.Valid(head); i++ {
		head = head[:len(head)-1]
	}
	return len(head) > 0 && utf8.Valid(head) && bytes.IndexByte(head, 0) < 0
}

// media makes the result of a body that is not text.
func (s *shaper) media(f form) *Result {
	if s.response.Truncated {
		return s.tooLarge("part of a binary body is of no use")
	}
	if s.options.Save != nil {
		return s.saved()
	}
	if size := len(s.response.Body); s.options.MaxBlob > 0 && size > s.options.MaxBlob {
		return s.errorf(TooLarge, "ask for a smaller one; a person can have this one in a file: mcp-bridge call "+s.tool.Name+" > FILE",
			"the response is %s, and this client takes at most %d bytes", s.describe(), s.options.MaxBlob)
	}
	c := Content{Data: s.response.Body, MIMEType: s.mimeType(), Meta: map[string]any{MetaSource: FromBackend}}
	switch f {
	case formImage:
		c.Type = "image"
	case formAudio:
		c.Type = "audio"
	default:
		c.Type = "resource"
		c.URI = "mcp-bridge://response/" + url.PathEscape(s.tool.Name)
		items, _ := s.hints(append([]string{s.describe()}, s.named()...))
		return &Result{Content: append([]Content{c}, items...)}
	}
	items, _ := s.hints(s.named())
	return &Result{Content: append([]Content{c}, items...)}
}

// saved makes the result of a body that is put into a file.
func (s *shaper) saved() *Result {
	path, err := s.options.Save(s.response.Header, s.kind, s.response.Body)
	if err != nil {
		return s.errorf(Internal, "check policy.saveTo in the profile", "the response, %s, cannot be saved: %v", s.describe(), err)
	}
	return &Result{Content: []Content{{Type: "text", Text: plaintext.First("saved "+s.describe()+" to "+plaintext.Clean(path), s.options.MaxChars),
		Meta: map[string]any{MetaSource: FromBridge}}}}
}

// mimeType is the media type; for what is neither image nor sound the whole header
// value, as Higress has it, or the bare type for an imported tool.
func (s *shaper) mimeType() string {
	value := s.kind
	if header := strings.TrimSpace(s.response.Header.Get("Content-Type")); !s.tool.Imported && mediaType(header) == s.kind {
		value = header
	}
	if value == "" {
		return "application/octet-stream"
	}
	return plaintext.First(plaintext.OneLine(s.masked(value)), 200)
}

func (s *shaper) describe() string {
	return fmt.Sprintf("%d bytes of %s", len(s.response.Body), s.mimeType())
}
