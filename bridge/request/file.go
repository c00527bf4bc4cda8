package request

import (
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/url"
	"strings"
)

// File is a local file that an argument names.
type File struct {
	Name string // without its folder
	Type string // media type, or "" when nobody knows
	Data []byte
}

// Open reads the local file that an argument's text names. ok is false when the text
// names no file, so that it is base64; the error says why a file that is named
// cannot be read, as the end of a sentence about the argument, and may have a Hint.
// [LocalPath] says which texts name a file by their form.
type Open func(text string) (f File, ok bool, err error)

const bytesHint = "give the path of a file in a folder that policy.files names, or the bytes as data:application/octet-stream;base64,BYTES"

// content returns the bytes that an argument stands for: base64, or a local file.
func (b *builder) content(name string, raw json.RawMessage) (File, *Error) {
	text, err := scalarText(raw)
	if err != nil {
		return File{}, argError("body", name, err.Error(), "")
	}
	if f, ok := dataURL(text); ok {
		if f.Data == nil {
			return File{}, argError("body", name, "is a data: URL that cannot be read", bytesHint)
		}
		return f, nil
	}
	if b.open != nil {
		f, ok, err := b.open(text)
		if err != nil {
			hint := ""
			if h, ok := err.(interface{ Hint() string }); ok {
				hint = h.Hint()
			}
			return File{}, argError("body", name, err.Error(), hint)
		}
		if ok {
			return f, nil
		}
	}
	if _, named := LocalPath(text); named {
		return File{}, argError("body", name, "names a local file, and none can be read here", bytesHint)
	}
	data, ok := fromBase64(text)
	if !ok {
		return File{}, argError("body", name, "is neither base64 nor the path of a file; it is sent as bytes", bytesHint)
	}
	return File{Data: data}, nil
}

// dataURL reads a data: URL (RFC 2397). ok is false for other text; Data is nil when
// the URL cannot be read.
func dataURL(text string) (f File, ok bool) {
	const scheme = "data:"
	text = strings.TrimSpace(text)
	if len(text) < len(scheme) || !strings.EqualFold(text[:len(scheme)], scheme) {
		return File{}, false
	}
	head, rest, found := strings.Cut(text[len(scheme):], ",")
	if !found {
		return File{}, true
	}
	if plain, isBase64 := cutFold(head, ";base64"); isBase64 {
		head = plain
		if unescaped, err := url.PathUnescape(rest); err == nil {
			rest = unescaped
		}
		f.Data, ok = fromBase64(rest)
	} else {
		plain, err := url.PathUnescape(rest)
		f.Data, ok = []byte(plain), err == nil
	}
	if !ok {
		return File{}, true
	}
	if kind, params, err := mime.ParseMediaType(head); err == nil && strings.Contains(kind, "/") {
		f.Type = mime.FormatMediaType(kind, params)
	}
	return f, true
}

func cutFold(s, suffix string) (string, bool) {
	if at := len(s) - len(suffix); at >= 0 && strings.EqualFold(s[at:], suffix) {
		return s[:at], true
	}
	return s, false
}

// fromBase64 reads base64 in either alphabet, with or without padding and white space.
func fromBase64(text string) (data []byte, ok bool) {
	text = strings.TrimRight(unwrapped(text), "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	data, err := encoding.DecodeString(text)
	return data, err == nil
}

func unwrapped(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\r' || c == ' ' || c == '\t' {
			return -1
		}
		return c
	}, text)
}
