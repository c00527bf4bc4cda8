package oauthflow

import (
	"html"
	"net/url"
	"path/filepath"
	"strings"
)

// redirectPage is a page that leads a browser to the address at once, and by a link
// where it does not follow.
func redirectPage(address string) []byte {
	to := html.EscapeString(address)
	return []byte(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=` + to + `"><title>mcp-bridge: sign in</title></head>
<body><p><a href="` + to + `">Continue to sign in</a></p></body></html>
`)
}

// fileAddress is the file URL (RFC 8089) of an absolute path.
func fileAddress(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
