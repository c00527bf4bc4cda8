package openapi

import (
	"bytes"
	"regexp"
)

// Detect reports whether a document says that it is one of OpenAPI or Swagger, of any
// version, without reading it. [Read] says what is wrong with one that is not.
func Detect(data []byte) bool {
	if bytes.IndexByte(data[:min(len(data), 64)], 0) >= 0 { // UTF-16
		data = bytes.ReplaceAll(data, []byte{0}, nil)
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), "\xff\xfe \t\r\n")
	if len(start) > 0 && start[0] == '{' {
		return regexp.MustCompile(`["'{,\s](openapi|swagger|swaggerVersion)["']?\s*:`).Match(start)
	}
	return regexp.MustCompile(`(?m)^["']?(openapi|swagger|swaggerVersion)["']?\s*:`).Match(start)
}
