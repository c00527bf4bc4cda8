package request

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"
)

// LocalPath reports whether the text of an argument of bytes names a local file, by its
// form alone, and returns the path as it is written, without "file:". A path is never
// taken for base64: what begins with a slash, a drive, "~", "." or ".." is one, unless it
// says that it is base64 or cannot be a path ([surelyBase64]). Separators stay as they
// are, and "~" is not expanded.
func LocalPath(text string) (path string, ok bool) {
	const longest = 4096 // of a path (PATH_MAX)
	text = strings.TrimSpace(text)
	switch {
	case text == "" || len(text) > longest || strings.ContainsAny(text, "\r\n\x00"):
		return "", false
	case len(text) >= 5 && strings.EqualFold(text[:5], "file:"):
		return fileURL(text[5:]), true
	case begins(text, "~", ".", ".."), IsForeign(text):
		return text, true
	case text[0] == '/':
		return text, !surelyBase64(text)
	case strings.Contains(text, "://"), len(text) >= 5 && strings.EqualFold(text[:5], "data:"):
		return "", false // another URL
	}
	if _, ok := fromBase64(text); ok {
		return text, words(text)
	}
	return text, strings.ContainsAny(text, `/\`) || hasEnding(text)
}

// IsForeign reports a path that only Windows knows: with a drive, or of a server.
func IsForeign(path string) bool {
	drive := len(path) >= 2 && path[1] == ':' && path[0]|0x20 >= 'a' && path[0]|0x20 <= 'z' &&
		(len(path) == 2 || path[2] == '/' || path[2] == '\\')
	return drive || strings.HasPrefix(path, `\\`)
}

// begins reports a path whose first segment is one of these.
func begins(path string, segments ...string) bool {
	first := path
	if i := strings.IndexAny(path, `/\`); i >= 0 {
		first = path[:i]
	}
	for _, s := range segments {
		if first == s {
			return true
		}
	}
	return false
}

// fileURL returns the path behind "file:": one of a URL (RFC 8089), or as it is.
func fileURL(rest string) string {
	address, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return rest
	}
	if host, path, ok := strings.Cut(address, "/"); ok && strings.EqualFold(host, "localhost") {
		address = "/" + path
	}
	if plain, err := url.PathUnescape(address); err == nil {
		address = plain
	}
	if address != "" && address[0] != '/' {
		return `\\` + address // file://server/share: of another machine
	}
	if len(address) > 2 && address[0] == '/' && IsForeign(address[1:]) { // file:///C:/x
		address = address[1:]
	}
	return address
}

// surelyBase64 reports text with a slash at its beginning that cannot be a path: it is
// padded, longer than a segment of a path may be or than paths are, or holds a file of a
// type whose first byte makes a slash.
func surelyBase64(text string) bool {
	const longestSegment, longestPath = 255, 1024
	plain := strings.TrimRight(text, "=")
	data, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return false
	}
	if len(plain) != len(text) {
		return len(text)%4 == 0
	}
	if len(text) > longestPath {
		return true
	}
	for s := range strings.SplitSeq(text, "/") {
		if len(s) > longestSegment {
			return true
		}
	}
	for _, magic := range []string{"\xff\xd8\xff", "\xfd7zXZ\x00", "\xff\x4f\xff\x51", "\xfe\xed\xfa", "\xfe\xed\xfe\xed"} { // JPEG, xz, JPEG 2000, Mach-O, Java keys
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	const short = 96                                                                                                         // a server's name and a folder: //server/share/…
	return strings.HasPrefix(text, "//") && len(text) > short && !words(strings.TrimLeft(text, "/")) && data[1]&0xe0 == 0xe0 // an MPEG frame, or UTF-16
}

// words reports a path of at least two segments that each read like a word: base64
// of that form is one in many thousands, and a file's path that has no ending is common.
func words(text string) bool {
	const least = 7
	if len(text) < least || !strings.Contains(text, "/") {
		return false
	}
	for s := range strings.SplitSeq(text, "/") {
		s = strings.TrimRight(s, "0123456789")
		if len(s) < 2 || strings.Trim(s[1:], "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return true
}

// hasEnding reports a name that ends like a file's: "report.pdf".
func hasEnding(text string) bool {
	i := strings.LastIndexByte(text, '.')
	if i <= 0 || i == len(text)-1 || len(text)-i > 9 {
		return false
	}
	for _, c := range []byte(text[i+1:]) {
		if !isUnreserved(c) || c == '.' || c == '~' {
			return false
		}
	}
	return true
}
