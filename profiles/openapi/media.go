package openapi

import (
	"strings"
)

// best chooses a media type: JSON before forms, multipart and the rest.
func best(types []string) string {
	chosen, rank := "", 100
	for _, s := range types {
		n := 40
		switch m := mediaType(s); {
		case !sendable(s):
			continue
		case m == jsonType:
			n = 0
		case strings.HasSuffix(m, "json-patch+json"): // a list of commands: the hardest to write
			n = 11
		case isJSON(m):
			n = 10
		case m == formType:
			n = 20
		case m == multipartType:
			n = 30
		case strings.HasPrefix(m, "multipart/"): // mixed, related: nobody describes what a part is
			continue
		}
		if n < rank {
			chosen, rank = s, n
		}
	}
	return chosen
}

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
	for _, begin := range []string{"image/", "audio/", "video/", "font/", "application/octet-stream", "application/zip", "application/pdf",
		"application/gzip", "application/x-gzip", "application/x-tar", "application/tar"} {
		if strings.HasPrefix(m, begin) {
			return true
		}
	}
	return false
}
