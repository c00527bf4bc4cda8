package openapi

import (
	"slices"
	"strings"
)

// offer is one media type in which a body may be sent.
type offer struct {
	name     string // as the document writes it
	kind     string // its media type, repaired ([repaired])
	schema   node
	bytes    bool // the schema says that it is bytes
	encoding node // of the members of a form
}

// The places of offers, best first.
const (
	exactJSON  = 0
	otherJSON  = 10
	patchJSON  = 11 // a list of commands: the hardest to write
	formPlace  = 20
	partsPlace = 30
	wildPlace  = 35
	restPlace  = 40
	unsendable = 100
)

func (o offer) place() int {
	switch m := mediaType(o.kind); {
	case !sendable(o.kind):
		return unsendable
	case o.bytes && (isWild(m) || isBytesType(m)):
		return restPlace
	case m == jsonType:
		return exactJSON
	case strings.HasSuffix(m, "json-patch+json"):
		return patchJSON
	case isJSON(m) && !isWild(m):
		return otherJSON
	case m == formType:
		return formPlace
	case m == multipartType, m == "multipart/*":
		return partsPlace
	case strings.HasPrefix(m, "multipart/"): // mixed, related: nobody describes what a part is
		return unsendable
	case isJSON(m):
		return wildPlace
	}
	return restPlace
}

// choose picks the media type that a body is sent in: JSON before forms, multipart, what
// stands for every type, and the rest; the first of equals. A body with files goes as
// multipart where it may.
func (b *builder) choose(of []offer) (offer, bool) {
	best := slices.MinFunc(append(of, offer{}), func(x, y offer) int { return x.place() - y.place() })
	if place := best.place(); place == unsendable {
		return offer{}, false
	} else if place < partsPlace {
		parts := slices.IndexFunc(of, func(o offer) bool { return o.place() == partsPlace })
		if parts >= 0 && b.holdsFile(best.schema) && b.holdsFile(of[parts].schema) {
			best = of[parts]
		}
	}
	if !best.bytes || best.place() != restPlace {
		return best, true
	}
	const most = 8
	var all []string
	for _, o := range of {
		if o.bytes && o.place() == restPlace && len(all) < most && !contains(all, o.kind) {
			all = append(all, o.kind)
		}
	}
	best.kind = strings.Join(all, ", ") // the file's own one decides
	return best, true
}

// repaired returns the media type that is meant by what documents write in its place.
func repaired(s string) string {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "", "*":
		return "*/*"
	case "json":
		return jsonType
	case "xml":
		return "application/xml"
	case "text", "plain":
		return "text/plain"
	case "form", "urlencoded", "x-www-form-urlencoded":
		return formType
	case "multipart", "form-data", "formdata":
		return multipartType
	case "binary", "octet-stream", "file":
		return bytesType
	}
	if first, _, ok := strings.Cut(s, ","); ok && !sendable(s) && sendable(first) { // several in one
		return strings.TrimSpace(first)
	}
	return s
}

func isWild(m string) bool { return strings.Contains(m, "*") }

// sendable reports a media type that can stand in a header, and in a template.
func sendable(s string) bool {
	m := mediaType(s)
	kind, sub, ok := strings.Cut(m, "/")
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '{' || c == '}' {
			return false
		}
	}
	return ok && kind != "" && sub != "" && !strings.ContainsAny(m, ` "(),:;<=>?@[\]`)
}

func mediaType(s string) string {
	m, _, _ := strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(m))
}

// isJSON reports JSON by its media type, and wildcards that include it.
func isJSON(m string) bool {
	return m == jsonType || m == "text/json" || strings.HasSuffix(m, "+json") || m == "*/*" || m == "application/*"
}

func isTextType(m string) bool {
	if strings.HasPrefix(m, "text/") || strings.HasSuffix(m, "+xml") || strings.HasSuffix(m, "+yaml") {
		return true
	}
	switch m {
	case "application/xml", "application/yaml", "application/x-yaml", "application/x-ndjson", "application/ndjson",
		"application/jsonl", "application/graphql", "application/javascript", "application/sql", "application/toml":
		return true
	}
	return false
}

func isBytesType(m string) bool {
	for _, begin := range []string{"image/", "audio/", "video/", "font/", "model/", "application/octet-stream", "application/zip", "application/pdf",
		"application/gzip", "application/x-gzip", "application/x-tar", "application/tar"} {
		if strings.HasPrefix(m, begin) {
			return true
		}
	}
	return false
}
